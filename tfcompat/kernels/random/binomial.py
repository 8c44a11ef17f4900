"""Binomial values: sums of geometric gaps for few successes, Hörmann's transformed rejection (BTRS, 1993) for many."""

from __future__ import annotations

import math

import numpy as np

from tfcompat.kernels.random.draws import Draws
from tfcompat.kernels.random.philox import Philox
from tfcompat.kernels.random.uniform import RESERVED_PER_VALUE

_STEP = 1 << 16  # outputs whose streams are followed together
_MANY = 10.0  # expected successes from which rejection is used
_RESERVED_FOR_GAPS = 42  # blocks of an output whose gaps are added up

_TABLE = 10  # what Stirling's formula leaves out is exact for smaller numbers
_TAILS = np.array(
    [math.lgamma(k + 1) - (0.5 * math.log(2 * math.pi) + (k + 0.5) * math.log(k + 1) - (k + 1)) for k in range(_TABLE)]
)


def _tail(k: np.ndarray) -> np.ndarray:
    """What Stirling's formula, (log 2 pi) / 2 + (k + 1/2) log(k + 1) - (k + 1), leaves out of log(k!)."""
    square = (k + 1) * (k + 1)
    series = (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)
    return np.where(k < _TABLE, _TAILS[np.clip(k, 0, _TABLE - 1).astype(np.int64)], series)


def _by_gaps(draws: Draws, index: np.ndarray, count: np.ndarray, prob: np.ndarray) -> np.ndarray:
    """Adds gaps between successes until they exceed `count`."""
    scale = np.log1p(-prob)
    reached, result = np.zeros(count.shape), np.zeros(count.shape)
    pending = np.arange(count.size)
    while pending.size:
        reached[pending] += np.ceil(np.log(draws.uniform(index[pending])) / scale[pending])
        pending = pending[reached[pending] <= count[pending]]
        result[pending] += 1
    return result


def _by_rejection(draws: Draws, index: np.ndarray, count: np.ndarray, prob: np.ndarray) -> np.ndarray:
    deviation = np.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    center = count * prob + 0.5
    safe_v = 0.92 - 4.2 / b
    odds = prob / (1 - prob)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = np.floor((count + 1) * prob)
    result = np.empty(count.shape)
    pending = np.arange(count.size)
    while pending.size:
        p = pending
        u = draws.uniform(index[p])
        v = draws.uniform(index[p])
        u = u - 0.5
        shifted = 0.5 - np.abs(u)
        k = np.floor((2 * a[p] / shifted + b[p]) * u + center[p])
        accepted = (shifted >= 0.07) & (v <= safe_v[p])
        slow = np.flatnonzero(~accepted & (k >= 0) & (k <= count[p]))
        q, ks, n, m = p[slow], k[slow], count[p[slow]], mode[p[slow]]
        left = np.log(v[slow] * alpha[q] / (a[q] / (shifted[slow] * shifted[slow]) + b[q]))
        bound = (
            (m + 0.5) * np.log((m + 1) / (odds[q] * (n - m + 1)))
            + (n + 1) * np.log((n - m + 1) / (n - ks + 1))
            + (ks + 0.5) * np.log(odds[q] * (n - ks + 1) / (ks + 1))
            + _tail(m) + _tail(n - m) - _tail(ks) - _tail(n - ks)
        )  # fmt: skip
        accepted[slow] = left <= bound
        result[p[accepted]] = k[accepted]
        pending = p[~accepted]
    return result


def _values(stream: Philox, first: int, count: np.ndarray, prob: np.ndarray, rarer: np.ndarray) -> np.ndarray:
    """Values of outputs `first` on; failures, of probability `rarer`, are counted where successes are more frequent."""
    result = np.where(np.isnan(prob) | np.isnan(count), np.nan, np.where(prob >= 1, count, 0.0))
    result[(count <= 0) | (prob <= 0)] = 0
    drawn = (count > 0) & (prob > 0) & (prob < 1)
    many = count * rarer >= _MANY
    for chosen, method, spacing in (
        (drawn & many, _by_rejection, RESERVED_PER_VALUE),
        (drawn & ~many, _by_gaps, _RESERVED_FOR_GAPS),
    ):
        index = np.flatnonzero(chosen)
        values = method(Draws(stream, first, count.size, spacing), index, count[index], rarer[index])
        result[index] = np.where(prob[index] > 0.5, count[index] - values, values)
    return result


def binomial(stream: Philox, samples: int, counts: np.ndarray, probs: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Numbers of successes, computed in float64.

    Args:
        stream: position to read from.
        samples: values for each element of the broadcast `counts` and `probs`.
        counts: numbers of trials, float16, float32 or float64; what is not positive gives 0.
        probs: chances of success, same dtype; at most 0 gives 0, from 1 on the count.
        dtype: type of the result: float16, float32, float64, int32 or int64.

    Returns:
        Shape [samples, *broadcast shape] of `dtype`; NaN where a parameter is.
    """
    spread = np.broadcast_arrays(counts, probs, np.where(probs > 0.5, 1 - probs, probs))
    flat = [x.reshape(-1).astype(np.float64) for x in spread]
    result = np.empty((flat[0].size, samples))
    values = result.reshape(-1)
    with np.errstate(all="ignore"):
        for first in range(0, values.size, _STEP):
            size = min(_STEP, values.size - first)
            batch = (first + np.arange(size)) // samples
            values[first : first + size] = _values(stream, first, *(x[batch] for x in flat))
        return result.T.astype(dtype).reshape(samples, *spread[0].shape)
