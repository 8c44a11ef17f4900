"""Host kernels of clustering: nearest centers, and choices of the first ones."""

from __future__ import annotations

import math

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.random.generator import WordStream

_ROWS = 1024


@kernel("NearestNeighbors")
def _nearest(k: KernelContext, points: np.ndarray, centers: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, ...]:
    """The nearest centers of each point, the nearest first, and their squared distances."""
    for what, value in (("points", points), ("centers", centers)):
        if value.ndim != 2:
            raise InvalidArgumentError(None, k.op, f"Input {what} should be a matrix.")
    if points.shape[1] != centers.shape[1]:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Expected point_dimensions == center_dimensions: {points.shape[1]} vs {centers.shape[1]}.",
        )
    if count.ndim or int(count) < 0:
        raise InvalidArgumentError(None, k.op, "Input k should be a non-negative scalar.")
    if not len(points):
        raise InvalidArgumentError(None, k.op, "Expected points.rows() > 0.")
    kept = min(int(count), len(centers))
    indices = np.empty((len(points), kept), np.int64)
    distances = np.empty((len(points), kept), np.float32)
    for begin in range(0, len(points), _ROWS):
        rows = slice(begin, begin + _ROWS)
        squares = _squared_distances(points[rows], centers)
        indices[rows] = np.argsort(squares, axis=1, kind="stable")[:, :kept]
        distances[rows] = np.take_along_axis(squares, indices[rows], 1)
    return indices, distances


def _squared_distances(points: np.ndarray, centers: np.ndarray) -> np.ndarray:
    exact, wide = points.astype(np.float64), centers.astype(np.float64)
    products = exact @ wide.T
    return np.maximum((exact**2).sum(1)[:, None] - 2 * products + (wide**2).sum(1), 0)  # type: ignore[no-any-return]


@kernel("KMC2ChainInitialization")
def _chain(k: KernelContext, distances: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """The last state of a Markov chain over the points, which prefers larger distances."""
    if distances.ndim != 1 or seed.ndim:
        raise InvalidArgumentError(None, k.op, "Input distances should be a vector, seed a scalar.")
    if not len(distances):
        raise InvalidArgumentError(None, k.op, "Expected distances to have at least one element.")
    words = _words(seed)
    chosen = 0
    for index, distance in enumerate(distances.tolist()[1:], 1):
        if distance > _fraction(words) * float(distances[chosen]):
            chosen = index
    return np.array(chosen, np.int64)


def _words(seed: np.ndarray) -> WordStream:
    """The words of the generator with `seed`, which may be 0."""
    words = WordStream(1, 0)
    words.move_to(int(seed) & (1 << 64) - 1, 0, 4)
    return words


def _fraction(words: WordStream) -> float:
    """A number in [0, 1) of 23 bits."""
    return (words.next() & 0x7FFFFF) / (1 << 23)


@kernel("KmeansPlusPlusInitialization")
def _plus_plus(
    k: KernelContext, points: np.ndarray, count: np.ndarray, seed: np.ndarray, retries: np.ndarray
) -> np.ndarray:
    """Points that are far from one another: each is drawn with a probability in proportion to its squared distance from
    those before, as often as `retries` says, and the draw that leaves the least distances is taken."""
    wanted, tries = int(count), int(retries)
    if points.ndim != 2:
        raise InvalidArgumentError(None, k.op, "Input points should be a matrix.")
    if wanted <= 0:
        raise InvalidArgumentError(None, k.op, "Expected num_to_sample > 0.")
    if wanted > len(points):
        raise InvalidArgumentError(None, k.op, f"Expected num_to_sample <= points.rows(). {wanted} vs {len(points)}.")
    if tries < 0:
        tries = 2 + int(math.log(wanted))
    words = _words(seed)
    chosen: list[int] = []
    left = np.full(len(points), np.inf)
    for number in range(wanted):
        sums = np.cumsum(left)
        best: tuple[float, int, np.ndarray] | None = None
        for _ in range(tries + 1):
            if number == 0:
                at = _below(words, len(points))
            else:
                at = min(int(np.searchsorted(sums, _fraction(words) * sums[-1])), len(points) - 1)
            remaining = np.minimum(left, _squared_distances(points, points[at : at + 1])[:, 0])
            if best is None or remaining.sum() < best[0]:
                best = float(remaining.sum()), at, remaining
        assert best is not None
        chosen.append(best[1])
        left = best[2]
    return points[chosen]


def _below(words: WordStream, limit: int) -> int:
    return (words.next() | words.next() << 32) % limit
