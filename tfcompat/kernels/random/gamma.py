"""Gamma values by the rejection method of Marsaglia and Tsang (2000)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfcompat.graph.special.gamma import lgamma
from tfcompat.graph.special.incomplete import igamma_grad_a
from tfcompat.kernels.random.draws import Draws
from tfcompat.kernels.random.philox import Philox, PhiloxState
from tfcompat.kernels.random.uniform import RESERVED_PER_VALUE, size_of

_STEP = 1 << 16  # outputs whose streams are followed together


def _accepts(x: np.ndarray, v: np.ndarray, d: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Whether d * v is a gamma value: a bound without logarithms first, the exact test where it fails."""
    accepted = u < 1 - 0.0331 * (x * x) * (x * x)
    slow = np.flatnonzero(~accepted)
    x, v, d = x[slow], v[slow], d[slow]
    accepted[slow] = np.log(u[slow]) < 0.5 * x * x + d * (1 - v + np.log(v))
    return accepted


def _rejection(draws: Draws, index: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Gamma values of the outputs `index`, whose shape parameters `alpha` are not 1."""
    below_one = alpha < 1
    d = alpha + np.where(below_one, 2.0 / 3, -1.0 / 3)
    c = 1.0 / 3 / np.sqrt(d)
    result = np.full(alpha.shape, np.nan)
    pending = np.flatnonzero(d > 0)
    while pending.size:
        x = draws.normal(index[pending])
        root = 1 + c[pending] * x
        tried = np.flatnonzero(root > 0)
        x, v, scale = x[tried], root[tried] ** 3, d[pending[tried]]
        accepted = _accepts(x, v, scale, draws.uniform(index[pending[tried]]))
        result[pending[tried[accepted]]] = (scale * v)[accepted]
        pending = np.delete(pending, tried[accepted])
    boosted = np.flatnonzero(below_one & (d > 0))
    result[boosted] *= draws.uniform(index[boosted]) ** (1 / alpha[boosted])
    return result


def gamma(stream: Philox, samples: int, alpha: np.ndarray) -> np.ndarray:
    """Gamma values of rate 1, computed in float64.

    Args:
        stream: position to read from.
        samples: values for each element of `alpha`.
        alpha: shape parameters, float16, bfloat16, float32 or float64, any shape.

    Returns:
        Shape [samples, *alpha.shape], dtype of `alpha`; NaN for shape parameters that are NaN or at most -2/3.
    """
    flat = alpha.reshape(-1).astype(np.float64)
    result = np.empty((flat.size, samples))
    values = result.reshape(-1)
    with np.errstate(all="ignore"):
        for first in range(0, values.size, _STEP):
            part = values[first : first + _STEP]
            shapes = flat[(first + np.arange(part.size)) // samples]
            draws = Draws(stream, first, part.size)
            ones, others = np.flatnonzero(shapes == 1), np.flatnonzero(shapes != 1)
            part[ones] = -np.log1p(-draws.uniform(ones))
            part[others] = _rejection(draws, others, shapes[others])
        narrow = result.T.astype(alpha.dtype)
    if alpha.dtype in (np.float32, np.float64):
        # The reference computes with denormal numbers flushed to zero.
        narrow[np.abs(narrow) < np.finfo(alpha.dtype).tiny] = 0
    return narrow.reshape(samples, *alpha.shape)


def random_gamma(state: PhiloxState, shape: Sequence[int], alpha: np.ndarray) -> np.ndarray:
    """One run of RandomGamma: values of rate 1, shape `shape` + shape of `alpha`; see `gamma`."""
    samples = size_of(shape)
    stream = state.reserve(samples * alpha.size * RESERVED_PER_VALUE)
    return gamma(stream, samples, alpha).reshape((*shape, *alpha.shape))


def gamma_gradient(alpha: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """The derivative of gamma values of rate 1 by their shape parameters, their quantiles held fixed.

    Args:
        alpha: shape parameters, float32 or float64; broadcasts against `sample`.
        sample: the values, same dtype.

    Returns:
        -(dP / dalpha) / (dP / dx), P(alpha, x) the regularised lower incomplete gamma function. 0 where a value is 0 or
        an argument is infinite; NaN where an argument is negative or a shape parameter 0.
    """
    a, x = np.broadcast_arrays(alpha.astype(np.float64), sample.astype(np.float64))
    with np.errstate(all="ignore"):
        density = np.exp(a * np.log(x) - x - lgamma(a)) / x
        slope = igamma_grad_a(a, x)
        result = np.where((slope == 0) | np.isinf(a) | np.isinf(x), 0.0, -slope / density)
    return np.where(x == 0, 0.0, np.where((a > 0) & (x > 0), result, np.nan)).astype(alpha.dtype)
