"""Categorical samples from unnormalised log-probabilities."""

from __future__ import annotations

import math

import numpy as np

from tfcompat.kernels.random.philox import Philox, PhiloxState
from tfcompat.kernels.random.sharding import shards, usable_threads
from tfcompat.kernels.random.uniform import RESERVED_PER_VALUE, unit_float64


def _cumulative(logits: np.ndarray) -> np.ndarray:
    """Running sums of exp(logits - max) along each row, in float64; entries that are not finite add nothing."""
    finite = np.isfinite(logits)
    wide = np.where(finite, logits, -np.inf).astype(np.float64)
    top = wide.max(axis=1, keepdims=True)
    weights = np.exp(wide - np.where(np.isfinite(top), top, 0.0))
    return np.cumsum(weights, axis=1)


def _locate(cumulative: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """For every row, the first class whose running sum exceeds the target: int64, shape of `targets`."""
    found = np.empty(targets.shape, np.int64)
    rows, samples = targets.shape
    if samples < rows:
        for j in range(samples):
            found[:, j] = np.count_nonzero(cumulative <= targets[:, j : j + 1], axis=1)
    else:
        for i in range(rows):
            found[i] = np.searchsorted(cumulative[i], targets[i], side="right")
    return found


def multinomial(
    stream: Philox, logits: np.ndarray, num_samples: int, dtype: np.dtype, threads: int | None = None
) -> np.ndarray:
    """Class indices, drawn with probability proportional to exp(logits).

    Rows are processed in pieces that depend on their number, on their cost and on the number of threads; each piece
    reads a stream of its own, so large batches give other numbers with another number of threads.

    Args:
        stream: position to read from.
        logits: any float type, shape [batch, classes].
        num_samples: samples per row.
        dtype: int32 or int64.
        threads: threads of the pool; by default those the process may use.

    Returns:
        Shape [batch, num_samples] of `dtype`. A row without a finite logit gives the number of classes.
    """
    batch, classes = logits.shape
    out = np.empty((batch, num_samples), dtype)
    if out.size == 0:
        return out
    cumulative = _cumulative(np.asarray(logits, np.float64 if logits.dtype == np.float64 else np.float32))
    cost = int(50 * (num_samples * math.log(classes) / math.log(2) + classes))
    for first, last in shards(batch, cost, threads or usable_threads()):
        count = (last - first) * num_samples
        words = stream.skip(first * (num_samples + 3) // 4).words(-(-count // 2))
        draws = unit_float64(words).reshape(-1)[:count].reshape(-1, num_samples)
        rows = cumulative[first:last]
        out[first:last] = _locate(rows, draws * rows[:, -1:])
    return out


def random_multinomial(
    state: PhiloxState, logits: np.ndarray, num_samples: int, dtype: np.dtype, threads: int | None = None
) -> np.ndarray:
    """One run of Multinomial; see `multinomial`."""
    values = 2 * (-(-num_samples // 4) * 4) * len(logits)
    return multinomial(state.reserve(values * RESERVED_PER_VALUE), logits, num_samples, dtype, threads)
