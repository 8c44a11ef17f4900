"""Rows of special functions: gamma, error, Bessel, zeta, Fresnel and exponential integrals."""

from tests.cases import Case, arr, by_dtype, expr, f16, f32, f64
from tests.runner import run_cases

NAN, INF = float("nan"), float("inf")
EVERYWHERE = ("bessel_i0", "bessel_i1", "bessel_i0e", "bessel_i1e", "bessel_j0", "bessel_j1", "dawsn", "fresnel_cos",
              "fresnel_sin")  # fmt: skip
POSITIVE = ("bessel_k0", "bessel_k1", "bessel_k0e", "bessel_k1e", "bessel_y0", "bessel_y1", "expint", "spence")
CORNERS = [NAN, INF, -INF, 0.0, -0.0, -1.0, 1.0, 2.0, -2.5, 50.0]
# where one formula gives way to the next
SEAMS = [1e-8, 0.4999, 0.5001, 0.9999, 1.0001, 1.4999, 1.9999, 2.0001, 2.5001, 4.9999, 5.0001, 6.0001, 7.9999, 8.0001,
         30.0]  # fmt: skip

CASES = [
    *[Case(f"math.special.{f}", f32(2, 3) * 2) for f in EVERYWHERE],
    *[Case(f"math.special.{f}", f32.positive(2, 3)) for f in POSITIVE],
    *[Case(f"math.special.{f}", arr(SEAMS, "float64"), grad2=False) for f in EVERYWHERE],
    *[Case(f"math.special.{f}", arr(SEAMS, "float64"), grad2=False) for f in POSITIVE],
    *[
        Case(f"math.special.{f}", arr([-v for v in SEAMS], "float64"), label="negative", grad2=False)
        for f in EVERYWHERE
    ],
    *[Case(f"math.special.{f}", arr(CORNERS, "float64"), label="corners", grad=False) for f in EVERYWHERE + POSITIVE],
    *by_dtype((f16,), lambda t: Case("math.special.bessel_i0e", t.positive(2, 3))),
    Case("math.special.dawsn", f32(2), name="dawson"),
    *[
        Case(f, arr(SEAMS + [100.0, 1e6], "float64"), label="seams")
        for f in ("lgamma", "digamma", "math.erf", "math.erfc")
    ],
    *[
        Case(f, arr([-v - 0.25 for v in SEAMS], "float64"), label="negative", grad2=False)
        for f in ("lgamma", "digamma", "math.erf", "math.erfc")
    ],
    *[
        Case(f, arr(CORNERS, "float64"), label="corners", grad=False)
        for f in ("lgamma", "digamma", "math.erf", "math.erfc", "math.erfinv", "math.ndtri")
    ],
    Case("math.erfinv", arr([-0.999999, -0.5001, -0.4999, 1e-9, 0.3, 0.75, 0.99], "float64")),
    Case("math.ndtri", arr([1e-300, 1e-20, 1e-5, 0.2499, 0.2501, 0.7499, 0.7501, 0.999], "float64"), grad2=False),
    Case("math.erfcinv", arr([1e-5, 0.3, 1.0, 1.7], "float64")),
    Case("erfc", arr([0.4999, 0.5001, 3.0, 9.0, 13.0]), grad2=False),
    # two arguments and three
    *[
        Case(
            f,
            arr([[0.01], [0.5], [1.0], [7.0], [90.0]], "float64"),
            arr([1e-4, 0.5, 1.0, 7.5, 100.0], "float64"),
            grad2=False,
        )
        for f in ("igamma", "igammac")
    ],
    *[
        Case(
            f,
            arr([[NAN], [INF], [0.0], [-1.0], [2.5]], "float64"),
            arr([NAN, INF, 0.0, -1.0, 1.0], "float64"),
            label="corners",
            grad=False,
        )
        for f in ("igamma", "igammac")
    ],
    Case("raw_ops.IgammaGradA", a=f64.positive(2, 3), x=f64.positive(2, 3, salt=1)),
    Case(
        "zeta", arr([[1.0], [1.01], [2.0], [3.0], [40.0]], "float64"), arr([0.1, 1.0, 12.5, 1e4], "float64"), grad=False
    ),
    Case(
        "zeta", arr([[0.5], [2.0], [2.5], [3.0], [INF]], "float64"), arr([0.0, -1.0, -1.5, 1.0], "float64"), grad=False
    ),
    Case(
        "polygamma", arr([[0.0], [1.0], [2.0], [7.0]], "float64"), arr([0.1, 1.0, 12.5, -1.5], "float64"), grad2=False
    ),
    Case("polygamma", arr([[-1.0], [1.5], [2.0]], "float64"), arr([0.0, -1.0, 1.0], "float64"), grad=False),
    Case(
        "betainc",
        arr([0.01, 0.5, 1.0, 15.5, 400.0, 2.0], "float64"),
        arr([3.0, 0.5, 1.0, 0.01, 300.0, 5.0], "float64"),
        arr([0.2, 0.9, 0.3, 0.948, 0.57, 0.0], "float64"),
        grad2=False,
    ),
    Case(
        "betainc",
        arr([0.0, -1.0, 1.0, 1.0, 2.0, NAN]),
        arr([1.0, 1.0, 0.0, 1.0, 2.0, 1.0]),
        arr([0.5, 0.5, 0.5, 1.5, -0.1, 0.5]),
        grad=False,
    ),
    Case("betainc", f32.positive(3), 1.0, arr([0.2, 0.5, 0.8])),
    Case("betainc", f32.positive(3), f32.positive(2, 3), f32.positive(3, salt=1), raises="ValueError"),
    Case("lbeta", f64.positive(2, 3)),
    Case("lbeta", f32.positive(3), name="log_beta"),
    expr("tf.math.lgamma(x) + tf.math.lgamma(y)", x=f32.positive(2, 3), y=f32.positive(3)),
]

test_rows = run_cases("special", CASES)
