"""The special functions of float64 against scipy, which the package itself does not use."""

import numpy as np
import pytest

from tfcompat.graph.special import bessel, error, gamma, incomplete, integrals

scipy_special = pytest.importorskip("scipy.special", reason="scipy is needed to compare with")

RANDOM = np.random.default_rng(7)
WIDE = np.concatenate([RANDOM.uniform(-6, 6, 3000), RANDOM.normal(size=500) * 1e-4, RANDOM.uniform(-25, 25, 1000)])
POSITIVE = np.concatenate([RANDOM.uniform(0, 20, 3000), 10 ** RANDOM.uniform(-8, 2.5, 3000)])
WITHIN_ONE = np.concatenate([RANDOM.uniform(-1, 1, 3000), 1 - 10 ** RANDOM.uniform(-15, -1, 1000)])
PROBABILITIES = np.concatenate([RANDOM.uniform(0, 1, 3000), 10 ** RANDOM.uniform(-300, -1, 1000)])
NEAR_ZEROS = 3e-15  # absolute error allowed where a function crosses zero

# ours, scipy's, arguments, relative tolerance
ONE_ARGUMENT = {
    "erf": (error.erf, "erf", WIDE, 1e-14),
    "erfc": (error.erfc, "erfc", WIDE, 2e-13),
    "erfinv": (error.erfinv, "erfinv", WITHIN_ONE, 1e-14),
    "ndtri": (error.ndtri, "ndtri", PROBABILITIES, 1e-14),
    "lgamma": (gamma.lgamma, "gammaln", POSITIVE, 1e-13),
    "lgamma_negative": (gamma.lgamma, "gammaln", -POSITIVE[:3000], 1e-12),
    "digamma": (gamma.digamma, "psi", POSITIVE, 1e-13),
    "digamma_negative": (gamma.digamma, "psi", -POSITIVE[:3000], 1e-9),
    "dawsn": (integrals.dawsn, "dawsn", WIDE, 3e-14),
    "expint": (integrals.expint, "expi", POSITIVE, 1e-13),
    "spence": (integrals.spence, "spence", POSITIVE, 3e-14),
    **{name: (getattr(bessel, name), name, POSITIVE, 1e-13)
       for name in ("i0", "i1", "i0e", "i1e", "k0", "k1", "k0e", "k1e", "j0", "j1", "y0", "y1")},
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_functions_of_one_argument(name):
    ours, theirs, x, rtol = ONE_ARGUMENT[name]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ours(x), getattr(scipy_special, theirs)(x), rtol=rtol, atol=NEAR_ZEROS)


def test_fresnel_integrals():
    sine, cosine = scipy_special.fresnel(WIDE)
    np.testing.assert_allclose(integrals.fresnel_sin(WIDE), sine, rtol=1e-13, atol=NEAR_ZEROS)
    np.testing.assert_allclose(integrals.fresnel_cos(WIDE), cosine, rtol=1e-13, atol=NEAR_ZEROS)


def test_incomplete_gamma_functions():
    a = 10 ** RANDOM.uniform(-3, 3, 3000)
    x = a * 10 ** RANDOM.uniform(-2, 1.5, 3000)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(incomplete.igamma(a, x), scipy_special.gammainc(a, x), rtol=1e-11, atol=1e-300)
        np.testing.assert_allclose(incomplete.igammac(a, x), scipy_special.gammaincc(a, x), rtol=1e-11, atol=1e-300)


def test_derivative_of_the_incomplete_gamma_function_by_differences():
    a = RANDOM.uniform(0.2, 30, 500)
    x = a * RANDOM.uniform(0.1, 4, 500)
    step = 1e-5 * a
    slope = (scipy_special.gammainc(a + step, x) - scipy_special.gammainc(a - step, x)) / (2 * step)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(incomplete.igamma_grad_a(a, x), slope, rtol=1e-6, atol=1e-8)


def test_incomplete_beta_function():
    a, b, x = 10 ** RANDOM.uniform(-2, 3, 3000), 10 ** RANDOM.uniform(-2, 3, 3000), RANDOM.uniform(0, 1, 3000)
    np.testing.assert_allclose(incomplete.betainc(a, b, x), scipy_special.betainc(a, b, x), rtol=1e-10, atol=1e-12)


def test_zeta_and_polygamma():
    x, q = RANDOM.uniform(1.05, 40, 3000), 10 ** RANDOM.uniform(-3, 3, 3000)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(gamma.zeta(x, q), scipy_special.zeta(x, q), rtol=1e-13)
    n, y = RANDOM.integers(0, 8, 3000), RANDOM.uniform(0.1, 20, 3000)
    np.testing.assert_allclose(gamma.polygamma(n, y), scipy_special.polygamma(n, y), rtol=1e-11, atol=NEAR_ZEROS)
