"""Poisson values: products of uniforms for small rates, Hörmann's transformed rejection (PTRS, 1993) from 10 on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tfcompat.kernels.random.draws import Draws
from tfcompat.kernels.random.philox import Philox, PhiloxState
from tfcompat.kernels.random.uniform import RESERVED_PER_VALUE, size_of

_STEP = 1 << 16  # outputs whose streams are followed together
_SMALL_RATE = 10.0


def _log_factorial(k: np.ndarray) -> np.ndarray:
    """log(k!) of whole numbers k >= 0 in float64."""
    distinct, where = np.unique(k, return_inverse=True)
    return np.array([math.lgamma(x + 1) for x in distinct])[where.reshape(-1)]


def _by_products(draws: Draws, index: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Counts uniform factors until their product is at most exp(-rate)."""
    limit = np.exp(-rate)
    result = np.zeros(rate.shape)
    product = np.ones(rate.shape)
    pending = np.arange(rate.size)
    count = 0.0
    while pending.size:
        product[pending] *= draws.uniform(index[pending])
        done = product[pending] <= limit[pending]
        result[pending[done]] = count
        pending = pending[~done]
        count += 1
    return result


def _by_rejection(draws: Draws, index: np.ndarray, rate: np.ndarray, highest: float) -> np.ndarray:
    """Transformed rejection; values above `highest` are drawn again."""
    b = 0.931 + 2.53 * np.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    safe_v = 0.9277 - 3.6224 / (b - 2)
    log_rate = np.log(rate)
    result = np.empty(rate.shape)
    pending = np.arange(rate.size)
    while pending.size:
        p = pending
        u = draws.uniform(index[p]) - 0.5
        v = draws.uniform(index[p])
        shifted = 0.5 - np.abs(u)
        k = np.floor((2 * a[p] / shifted + b[p]) * u + rate[p] + 0.43)
        accepted = (shifted >= 0.07) & (v <= safe_v[p])
        slow = np.flatnonzero(~accepted & (k >= 0) & (k <= highest) & ~((shifted < 0.013) & (v > shifted)))
        q, kq, sq = p[slow], k[slow], shifted[slow]
        left = np.log(v[slow] * inverse_alpha[q] / (a[q] / (sq * sq) + b[q]))
        accepted[slow] = left <= -rate[q] + kq * log_rate[q] - _log_factorial(kq)
        accepted &= k <= highest
        result[p[accepted]] = k[accepted]
        pending = p[~accepted]
    return result


def _highest(dtype: np.dtype) -> float:
    return float(np.iinfo(dtype).max if dtype.kind in "iu" else np.finfo(dtype).max)


def _check_rates(rates: np.ndarray, dtype: np.dtype) -> None:
    """Refuses rates for which no value of `dtype` would ever be accepted."""
    bad = np.isnan(rates) | ((rates > _highest(dtype)) & np.isfinite(rates))
    if bad.any():
        raise ValueError(f"Poisson rate must be a number that {dtype.name} can represent, got {rates[bad][0]}")


def poisson(stream: Philox, samples: int, rate: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Poisson values, computed in float64.

    Args:
        stream: position to read from.
        samples: values for each element of `rate`.
        rate: expected values, any numeric dtype, any shape.
        dtype: type of the result: float16, float32, float64, int32 or int64.

    Returns:
        Shape [samples, *rate.shape] of `dtype`. A rate below zero gives 0, an infinite one infinity (0 as an integer).

    Raises:
        ValueError: a rate is NaN, or greater than the largest value of `dtype`.
    """
    dtype = np.dtype(dtype)
    flat = rate.reshape(-1).astype(np.float64)
    _check_rates(flat, dtype)
    result = np.empty((flat.size, samples))
    values = result.reshape(-1)
    for first in range(0, values.size, _STEP):
        part = values[first : first + _STEP]
        rates = flat[(first + np.arange(part.size)) // samples]
        draws = Draws(stream, first, part.size)
        small, infinite = rates < _SMALL_RATE, np.isinf(rates)
        part[infinite] = np.inf if dtype.kind == "f" else 0
        for index, method in ((small, _by_products), (~small & ~infinite, _by_rejection)):
            chosen = np.flatnonzero(index)
            extra = (_highest(dtype),) if method is _by_rejection else ()
            part[chosen] = method(draws, chosen, rates[chosen], *extra)
    return result.T.astype(dtype).reshape(samples, *rate.shape)


def random_poisson(state: PhiloxState, shape: Sequence[int], rate: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """One run of RandomPoissonV2: shape `shape` + shape of `rate`; see `poisson`."""
    samples = size_of(shape)
    stream = state.reserve(samples * rate.size * RESERVED_PER_VALUE)
    return poisson(stream, samples, rate, dtype).reshape((*shape, *rate.shape))
