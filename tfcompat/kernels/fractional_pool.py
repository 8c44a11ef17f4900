"""Host kernels of pools over uneven regions."""

from __future__ import annotations

import itertools
import math
import secrets
from collections.abc import Iterator

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.random.philox import block


class _Words:
    """The 32-bit words of a generator, from one counter value on."""

    def __init__(self, seed: int, counter: int):
        blocks = (block(seed & 0xFFFFFFFFFFFFFFFF, counter + i) for i in itertools.count())
        self._words: Iterator[int] = itertools.chain.from_iterable(blocks)

    def below(self, n: int) -> int:
        """A number in [0, n): a masked word for powers of two, else the rest of a word that favours none."""
        if n & (n - 1) == 0:
            return next(self._words) & (n - 1)
        smallest = 0xFFFFFFFF % n + 1
        return next(w for w in self._words if w >= smallest) % n

    def unit(self) -> float:
        """A float64 in [0, 1) of 52 random bits: 20 of the first word above the second."""
        first, second = next(self._words), next(self._words)
        return float((((first & 0xFFFFF) << 32) | second) / 2.0**52)


def _sequence(
    size: int, count: int, pseudo_random: bool, seeds: tuple[int, int], counter: int
) -> tuple[np.ndarray, int]:
    """The begins of `count` regions of an axis of `size`, with its end; and how many counter values were used."""
    step, rest = divmod(size, count)
    if rest == 0:
        return np.arange(count + 1, dtype=np.int64) * step, 0
    used = 2 if pseudo_random else count
    words = _Words(seeds[0], (seeds[1] << 64) + counter)
    if pseudo_random:
        alpha = size / count
        u = words.unit() * min((step + 2) / alpha - 1, (size + 1 - step) / alpha - (count - 1))
        starts = [0, *(math.ceil(alpha * (i + u)) - 1 for i in range(1, count)), size]
        return np.array(starts, np.int64), -(-used // 4)
    sizes = [step + 1] * rest + [step] * (count - rest)
    for i in range(count - 1):
        j = i + words.below(count - i)
        sizes[i], sizes[j] = sizes[j], sizes[i]
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), -(-used // 4)


def _regions(k: KernelContext, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ratios = k.attr("pooling_ratio")
    if ratios[0] != 1 or ratios[3] != 1:
        kind = "max" if "Max" in k.op.type else "average"
        raise UnimplementedError(
            None, k.op, f"Fractional {kind} pooling is not yet supported on the batch nor channel dimension."
        )
    for axis, (size, ratio) in enumerate(zip(x.shape, ratios, strict=True)):
        if size < ratio:
            raise InvalidArgumentError(
                None,
                k.op,
                f"Pooling ratio is higher than input dimension size for dimension {axis}. Input dim size: {size} "
                f"pooling ratio: {ratio:g}",
            )
    seeds = k.attr("seed"), k.attr("seed2")
    if not k.attr("deterministic") and any(seeds):
        raise InvalidArgumentError(None, k.op, "Both seed and seed2 should be 0 if deterministic is false.")
    if not any(seeds):
        seeds = (secrets.randbits(64), secrets.randbits(64))
    counts = [math.floor(size / ratio) for size, ratio in zip(x.shape[1:3], ratios[1:3], strict=True)]
    rows, used = _sequence(x.shape[1], counts[0], k.attr("pseudo_random"), seeds, 0)
    columns, _ = _sequence(x.shape[2], counts[1], k.attr("pseudo_random"), seeds, used)
    return rows, columns


def _cells(k: KernelContext, rows: np.ndarray, columns: np.ndarray, height: int,
           width: int) -> Iterator[tuple[int, int, slice, slice]]:  # fmt: skip
    """(row, column, rows of the input, columns of the input) of every region."""
    extra = 1 if k.attr("overlapping") else 0
    for i, j in itertools.product(range(len(rows) - 1), range(len(columns) - 1)):
        yield (i, j, slice(int(rows[i]), min(int(rows[i + 1]) + extra, height)),
               slice(int(columns[j]), min(int(columns[j + 1]) + extra, width)))  # fmt: skip


@kernel("FractionalMaxPool", "FractionalAvgPool")
def _pool(k: KernelContext, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = _regions(k, x)
    out = np.empty((x.shape[0], len(rows) - 1, len(columns) - 1, x.shape[3]), x.dtype)
    for i, j, h, w in _cells(k, rows, columns, *x.shape[1:3]):
        region = x[:, h, w]
        if k.op.type == "FractionalMaxPool":
            out[:, i, j] = region.max((1, 2))
        else:
            total = region.sum((1, 2), dtype=x.dtype)
            size = region.shape[1] * region.shape[2]
            out[:, i, j] = total / size if x.dtype.kind == "f" else np.trunc(total / size)
    return out, rows, columns


@kernel("FractionalMaxPoolGrad")
def _max_grad(k: KernelContext, x: np.ndarray, y: np.ndarray, grad: np.ndarray, rows: np.ndarray,
              columns: np.ndarray) -> np.ndarray:  # fmt: skip
    """Each gradient goes to the first of the largest elements of its region."""
    result = np.zeros_like(x)
    batch, depth = np.ogrid[: x.shape[0], : x.shape[3]]
    for i, j, h, w in _cells(k, rows, columns, *x.shape[1:3]):
        region = x[:, h, w]
        width = region.shape[2]
        place = region.reshape(x.shape[0], -1, x.shape[3]).argmax(1)
        np.add.at(result, (batch, h.start + place // width, w.start + place % width, depth), grad[:, i, j])
    return result


@kernel("FractionalAvgPoolGrad")
def _avg_grad(k: KernelContext, sizes: np.ndarray, grad: np.ndarray, rows: np.ndarray,
              columns: np.ndarray) -> np.ndarray:  # fmt: skip
    for what, numbers in (("Row", rows), ("Column", columns)):
        if (numbers < 0).any():
            raise InvalidArgumentError(
                None, k.op, f"{what} sequence tensor values must not be negative, got {numbers.tolist()}"
            )
    result = np.zeros(tuple(int(s) for s in sizes), np.float64 if grad.dtype.kind == "f" else grad.dtype)
    for i, j, h, w in _cells(k, rows, columns, *result.shape[1:3]):
        share = grad[:, i, j] / ((h.stop - h.start) * (w.stop - w.start))
        result[:, h, w] += share[:, None, None].astype(result.dtype)
    return result.astype(grad.dtype)
