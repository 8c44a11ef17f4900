"""Candidate samplers: classes drawn from a distribution over range(range_max), and how often to expect each.

A distribution knows the probability of a class and how to draw classes from a stream; `sample_candidates` is what all
samplers share: with or without repetition, expected counts.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tfcompat.kernels.random.philox import Philox, PhiloxState
from tfcompat.kernels.random.uniform import unit_float32, unit_float64

_BLOCKS_PER_CANDIDATE = 512
_FEW = 1024  # so many candidates are told apart faster by a dictionary than by sorting


class Distribution(Protocol):
    """What a sampler draws from."""

    def draw(self, stream: Philox, count: int) -> np.ndarray:
        """The first `count` classes that the stream gives: int64, shape [count]."""

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """Probability of each class: float32, shape of `classes`."""


def _below(stream: Philox, limit: int, count: int, dtype: type) -> np.ndarray:
    """`count` integers in [0, limit), free of bias: words below 2**bits modulo limit are skipped.

    Args:
        stream: position to read from.
        limit: from 1 to 2**bits - 1.
        count: number of integers.
        dtype: np.uint32 (a word each) or np.uint64 (two, the lower half first).
    """
    bits = 8 * np.dtype(dtype).itemsize
    skip = 0 if limit & (limit - 1) == 0 else ((1 << bits) - 1) % limit + 1
    blocks = -(-count * bits // 128)
    while True:
        values: np.ndarray = stream.words(blocks).reshape(-1).view(dtype)
        values = values[values >= dtype(skip)] if skip else values
        if len(values) >= count:
            return (values[:count] % dtype(limit)).astype(np.int64)
        blocks *= 2


class Uniform:
    """Every class with probability 1 / range_max."""

    def __init__(self, range_max: int) -> None:
        self._range = range_max

    def draw(self, stream: Philox, count: int) -> np.ndarray:
        return _below(stream, self._range, count, np.uint64)

    def probability(self, classes: np.ndarray) -> np.ndarray:
        return np.full(classes.shape, np.float32(1.0 / self._range))


class LogUniform:
    """Class k with probability log((k + 2) / (k + 1)) / log(range_max + 1)."""

    def __init__(self, range_max: int) -> None:
        self._range = range_max
        self._log_range = math.log1p(range_max)

    def draw(self, stream: Philox, count: int) -> np.ndarray:
        units = unit_float64(stream.words(-(-count // 2))).reshape(-1)[:count]
        return (np.exp(units * self._log_range).astype(np.int64) - 1) % self._range

    def probability(self, classes: np.ndarray) -> np.ndarray:
        return (np.log((classes + 2.0) / (classes + 1.0)) / self._log_range).astype(np.float32)


class LearnedUnigram:
    """Every class with a weight of one, plus one for each time it was seen as a true class.

    `learn` changes the weights; one object belongs to one operation of one session.
    """

    def __init__(self, range_max: int) -> None:
        self._weights = np.ones(range_max, np.int64)
        self._lock = threading.Lock()

    def draw(self, stream: Philox, count: int) -> np.ndarray:
        ends = np.cumsum(self._weights)
        return np.searchsorted(ends, _below(stream, int(ends[-1]), count, np.uint32), side="right")

    def probability(self, classes: np.ndarray) -> np.ndarray:
        return self._weights[classes].astype(np.float32) / np.float32(self._weights.sum())

    def learn(self, classes: np.ndarray) -> None:
        """Adds one to the weight of every class in `classes`, as often as it occurs."""
        with self._lock:
            weights = self._weights.copy()
            np.add.at(weights, classes.reshape(-1), 1)
            self._weights = weights


def _alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walker's alias table of float32 weights: chance to stay in a bucket, and the class to go to otherwise.

    Buckets below the average are filled up from those above, taking both from the end of their list.

    Returns:
        float32 and int64, both of the shape of `weights`.
    """
    count = len(weights)
    total = np.cumsum(weights, dtype=np.float64)[-1:]
    share = ((weights * np.float32(count)).astype(np.float64) / total).tolist()
    other = list(range(count))
    low = [i for i, p in enumerate(share) if p < 1.0]
    high = [i for i, p in enumerate(share) if p >= 1.0]
    while low and high:
        small, large = low.pop(), high.pop()
        other[small] = large
        share[large] -= 1.0 - share[small]
        (low if share[large] < 1.0 else high).append(large)
    for i in low + high:  # what rounding left over
        share[i], other[i] = 1.0, i
    return np.array(share, np.float32), np.array(other, np.int64)


class FixedUnigram:
    """Class k with probability proportional to its weight raised to `distortion`.

    Args:
        weights: one weight for each class that is not reserved.
        distortion: exponent; 0 makes all of them equally likely.
        num_reserved_ids: classes in front of the weighted ones that are never drawn.
        num_shards: the vocabulary is dealt out to this many samplers.
        shard: which of them this one is.
    """

    def __init__(
        self,
        weights: Sequence[float],
        distortion: float,
        num_reserved_ids: int = 0,
        num_shards: int = 1,
        shard: int = 0,
    ) -> None:
        bent = np.power(np.asarray(weights, np.float32).astype(np.float64), np.float32(distortion)).astype(np.float32)
        reserved = len(range(shard, num_reserved_ids, num_shards))
        # Dealing starts again after the reserved classes of this shard.
        dealt = bent[(shard - reserved) % num_shards :: num_shards]
        self._weights = np.concatenate([np.zeros(reserved, np.float32), dealt])
        self._total = np.cumsum(self._weights)[-1:]
        self._stay, self._other = _alias_table(self._weights)

    def __len__(self) -> int:
        """Number of classes of this shard, the reserved ones included."""
        return len(self._weights)

    @property
    def possible(self) -> int:
        """Number of classes that can be drawn."""
        return int(np.count_nonzero(self._weights))

    def draw(self, stream: Philox, count: int) -> np.ndarray:
        size = len(self._weights)
        pairs = self._pairs(stream, count, 0 if size & (size - 1) == 0 else 0xFFFFFFFF % size + 1)
        units, buckets = unit_float32(pairs[:, 0].copy()), (pairs[:, 1] % np.uint32(size)).astype(np.int64)
        return np.where(units < self._stay[buckets], buckets, self._other[buckets])

    @staticmethod
    def _pairs(stream: Philox, count: int, skip: int) -> np.ndarray:
        """Pairs of words, the second of each drawn again while it is below `skip`: uint32, shape [count, 2]."""
        blocks = count // 2 + 1
        while True:
            words = stream.words(blocks).reshape(-1)
            while (bad := np.flatnonzero(words[1 : 2 * count : 2] < skip)).size:
                words = np.delete(words, 2 * bad[0] + 1)
            if len(words) >= 2 * count:
                return words[: 2 * count].reshape(-1, 2)
            blocks *= 2

    def probability(self, classes: np.ndarray) -> np.ndarray:
        inside = (classes >= 0) & (classes < len(self._weights))
        return np.where(inside, self._weights[np.where(inside, classes, 0)] / self._total, np.float32(0))


def _distinct(distribution: Distribution, stream: Philox, count: int) -> tuple[np.ndarray, int]:
    """The first `count` different classes of the stream, and how many draws it took to see them."""
    draws = 2 * count
    while True:
        classes = distribution.draw(stream, draws)
        first_seen = _first_places(classes, count)
        if len(first_seen) == count:
            return classes[first_seen], int(first_seen[-1]) + 1 if count else 0
        draws *= 2


def _first_places(classes: np.ndarray, count: int) -> np.ndarray:
    """Where the first `count` different elements come first, in order; fewer when there are not so many."""
    if classes.size > _FEW:
        return np.sort(np.unique(classes, return_index=True)[1])[:count]
    places: dict[int, int] = {}
    for place, found in enumerate(classes.tolist()):
        if found not in places:
            places[found] = place
            if len(places) == count:
                break
    return np.array(list(places.values()), np.int64)


def _expected_count(probability: np.ndarray, count: int, tries: int) -> np.ndarray:
    """How often a class is expected among the candidates; float32 with every step rounded."""
    if tries == count:
        return probability * np.float32(count)
    with np.errstate(divide="ignore"):
        log_missed = np.log1p(-probability.astype(np.float64)).astype(np.float32)
    return -np.expm1((np.float32(tries) * log_missed).astype(np.float64)).astype(np.float32)


def sample_candidates(
    distribution: Distribution, state: PhiloxState, true_classes: np.ndarray, num_sampled: int, unique: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One run of a candidate sampler.

    Args:
        distribution: what to draw from; one that learns, learns the true classes afterwards.
        state: the operation's generator.
        true_classes: int64, shape [batch, num_true].
        num_sampled: number of candidates.
        unique: whether every class is drawn at most once; at least `num_sampled` classes must be possible then.

    Returns:
        Candidates (int64, [num_sampled]), expected counts of the true classes (float32, [batch, num_true]) and of the
        candidates (float32, [num_sampled]).
    """
    stream = state.reserve(_BLOCKS_PER_CANDIDATE * num_sampled)
    if unique:
        sampled, tries = _distinct(distribution, stream, num_sampled)
    else:
        sampled, tries = distribution.draw(stream, num_sampled), num_sampled
    every = np.concatenate([true_classes.reshape(-1), sampled])
    counts = _expected_count(distribution.probability(every), num_sampled, tries)
    true_count, sampled_count = np.split(counts, [true_classes.size])
    true_count = true_count.reshape(true_classes.shape)
    if isinstance(distribution, LearnedUnigram):
        distribution.learn(true_classes)
    return sampled, true_count, sampled_count


def all_candidates(true_classes: np.ndarray, num_sampled: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One run of AllCandidateSampler: every class once, all expected counts 1; see `sample_candidates`."""
    return (
        np.arange(num_sampled, dtype=np.int64),
        np.ones(true_classes.shape, np.float32),
        np.ones(num_sampled, np.float32),
    )


def accidental_hits(true_classes: np.ndarray, sampled: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a candidate is one of the true classes of a row.

    Args:
        true_classes: int64, shape [batch, num_true].
        sampled: int64, shape [num_sampled].

    Returns:
        Row (int32), position in `sampled` (int64) and weight (float32, the lowest finite value) of every hit, rows in
        order, true classes in order; of a candidate that occurs twice, the last position.
    """
    position = {int(c): i for i, c in enumerate(sampled)}
    hits = [(i, position[int(c)]) for i, row in enumerate(true_classes) for c in row if int(c) in position]
    rows, ids = np.array(hits, np.int64).reshape(-1, 2).T
    return rows.astype(np.int32), ids, np.full(len(hits), np.finfo(np.float32).min)
