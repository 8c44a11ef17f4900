"""Normal values with mean, standard deviation and bounds of their own, cut off at the bounds.

Three ways of rejection, chosen by where the bounds lie (Robert, "Simulation of truncated normal variables", 1995).
Arithmetic is done in the type of the result, one rounding a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.kernels.random.normal import exact_normals
from tfcompat.kernels.random.philox import Philox, PhiloxState
from tfcompat.kernels.random.sharding import shards, usable_threads
from tfcompat.kernels.random.uniform import units

_NORMAL_REACH = 1.3  # bounds this many deviations away on one side, and beyond the mean: normal proposals
_VALUES_PER_SAMPLE = 2000  # reserved: two for each of at most a thousand proposals
_ATTEMPTS = 1000
_SCALAR_BATCH = 100  # samples of one batch when the parameters are scalars

# Estimated cycles of a batch and of each of its samples.
_COSTS = {2: (62, 152), 4: (53, 134), 8: (90, 168)}


_Proposals = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Words to proposals and whether each is accepted, a row for each round."""


class Exhausted(Exception):
    """A thousand proposals in a row were refused."""


def _exp(x: np.ndarray) -> np.ndarray:
    return np.exp(x.astype(np.float64)).astype(x.dtype)


class _Bounds:
    """Bounds in standard deviations from the mean, turned so that the lower one is finite or both are positive.

    All arguments are numpy scalars of the result's type.

    Raises:
        ValueError: the standard deviation is not positive, the bounds are not in order, or neither is finite.
    """

    def __init__(self, mean: Any, deviation: Any, minval: Any, maxval: Any) -> None:
        if not (deviation > 0 and minval < maxval and (np.isfinite(minval) or np.isfinite(maxval))):
            raise ValueError("Invalid parameters")
        if (np.isinf(minval) and minval < 0) or maxval < mean:
            minval, maxval, deviation = maxval, minval, -deviation
        self.mean, self.deviation = mean, deviation
        self.low, self.high = (minval - mean) / deviation, (maxval - mean) / deviation

    def proposals(self) -> tuple[_Proposals, int]:
        """The way of rejection, and how many blocks one round of it takes."""
        low, high, of = self.low, self.high, self.low.dtype.type
        reach = of(_NORMAL_REACH)
        if (low < -reach and high >= 0) or (high > reach and low <= 0):
            return self.normal, 1
        root = np.sqrt(low * low + of(4))
        cutoff = of(2) * np.exp(of(0.5) + (low * (low - root)) / of(4)) / (low + root)
        return (self.uniform, 2) if high - low < cutoff else (self.exponential, 1)

    def normal(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Proposals and whether each is accepted, one row a round: normal values."""
        x = exact_normals(words, self.low.dtype)
        return x, (x >= self.low) & (x <= self.high)

    def uniform(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values uniform between the bounds; the second block of a round decides."""
        of = self.low.dtype.type
        drawn = units(words, self.low.dtype)
        x = drawn[0::2] * (self.high - self.low) + self.low
        peak = of(0) if self.low < 0 else self.low * self.low
        return x, drawn[1::2] <= _exp((peak - x * x) / of(2))

    def exponential(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Exponential values from the lower bound on; every second value of a round decides."""
        of = self.low.dtype.type
        rate = (self.low + np.sqrt(self.low * self.low + of(4))) / of(2)
        drawn = units(words, self.low.dtype)
        x = -np.log(drawn[:, 0::2].astype(np.float64)).astype(drawn.dtype) / rate + self.low
        away = x - rate if self.low < rate else np.full_like(x, self.low - rate)
        return x, (drawn[:, 1::2] <= _exp(-away * away / of(2))) & (x < self.high)


def _batch(stream: Philox, count: int, bounds: _Bounds) -> tuple[np.ndarray, Philox]:
    """`count` values and the position after the blocks they took, whole rounds of proposals."""
    propose, per_round = bounds.proposals()
    rounds = count
    while True:
        x, accepted = propose(stream.words(rounds * per_round))
        chosen = np.flatnonzero(accepted)[:count]
        gaps = np.diff(chosen, prepend=-1) if chosen.size else np.array([accepted.size])
        if gaps.max(initial=0) > _ATTEMPTS:
            raise Exhausted
        if chosen.size == count:
            values = x.reshape(-1)[chosen] * bounds.deviation + bounds.mean
            return values, stream.skip((int(chosen[-1]) // x.shape[1] + 1) * per_round)
        rounds *= 2


def _fill(stream: Philox, first: int, last: int, per_batch: int, parameters: Sequence[np.ndarray]) -> np.ndarray:
    """Samples `first` to `last`, batch after batch from one stream."""
    parts = []
    while first < last:
        batch = first // per_batch
        stop = min(last, (batch + 1) * per_batch)
        values, stream = _batch(stream, stop - first, _Bounds(*(p[batch] if p.size > 1 else p[0] for p in parameters)))
        parts.append(values)
        first = stop
    return np.concatenate(parts)


def random_parameterized_truncated_normal(
    state: PhiloxState, shape: Sequence[int], parameters: Sequence[np.ndarray], threads: int | None = None
) -> np.ndarray:
    """One run of ParameterizedTruncatedNormal.

    Args:
        state: the operation's generator.
        shape: shape of the result; the first dimension counts the batches.
        parameters: means, standard deviations, lower and upper bounds: float16, float32 or float64, each a scalar, one
            element, or one for every batch.
        threads: threads of the pool, on which the streams of large results depend; by default those of the process.

    Raises:
        ValueError: a standard deviation is not positive, bounds are not in order, or neither of a pair is finite.
        Exhausted: nothing was accepted.
    """
    batches, per_batch = shape[0], int(np.prod(shape[1:], dtype=np.int64))
    size = batches * per_batch
    if size == 0:
        return np.empty(shape, parameters[0].dtype)
    if all(p.ndim == 0 for p in parameters):
        per_batch = _SCALAR_BATCH
        batches = -(-size // per_batch)
    stream = state.reserve(batches * _VALUES_PER_SAMPLE * (per_batch + 3) // 4)
    flat = [p.reshape(-1) for p in parameters]
    base, each = _COSTS[flat[0].dtype.itemsize]
    out = np.empty(size, flat[0].dtype)
    with np.errstate(all="ignore"):
        for first, last in shards(batches, base + each * per_batch, threads or usable_threads()):
            start = stream.skip(first * _VALUES_PER_SAMPLE * (per_batch + 3) // 4)
            stop = min(last * per_batch, size)
            out[first * per_batch : stop] = _fill(start, first * per_batch, stop, per_batch, flat)
    return out.reshape(shape)


def parameterized_truncated_normal(
    stream: Philox, samples: int, parameters: Sequence[np.ndarray], threads: int | None = None
) -> np.ndarray:
    """Values for parameters that are broadcast against each other, as the stateless operation draws them.

    Args:
        stream: position to read from.
        samples: values for each element of the broadcast parameters.
        parameters: means, standard deviations, lower and upper bounds, all float16, float32 or float64.
        threads: threads of the pool, on which the streams of large results depend; by default those of the process.

    Returns:
        Shape [samples, *broadcast shape], dtype of the parameters.

    Raises:
        ValueError: a standard deviation is not positive, bounds are not in order, or neither of a pair is finite.
        Exhausted: nothing was accepted.
    """
    spread = np.broadcast_arrays(*parameters)
    flat = [p.reshape(-1) for p in spread]
    size = flat[0].size * samples
    out = np.empty(size, flat[0].dtype)
    cost = sum(_COSTS[flat[0].dtype.itemsize])
    blocks = _VALUES_PER_SAMPLE // min(4, 16 // flat[0].dtype.itemsize)
    with np.errstate(all="ignore"):
        for first, last in shards(size, cost, threads or usable_threads()):
            out[first:last] = _fill(stream.skip(first * blocks), first, last, samples, flat)
    return out.reshape(flat[0].size, samples).T.reshape(samples, *spread[0].shape)
