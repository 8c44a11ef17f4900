"""Draws of a number of values that depends on the data: every output has a stream of its own."""

from __future__ import annotations

import numpy as np

from tfcompat.kernels.random.normal import box_muller_float64
from tfcompat.kernels.random.philox import Philox
from tfcompat.kernels.random.uniform import RESERVED_PER_VALUE, unit_float64


class Draws:
    """Lazily read float64 draws of many outputs at once.

    Each output takes blocks in order; a block serves either two uniform or two normal values, the second first. What
    is left of a block stays for the next draw of the same kind.
    """

    def __init__(self, stream: Philox, first: int, count: int, spacing: int = RESERVED_PER_VALUE) -> None:
        """Streams of outputs `first` to `first + count` of an operation that starts at `stream`.

        `spacing` is the distance of two outputs' streams in blocks.
        """
        self._stream = stream
        self._next = (first + np.arange(count, dtype=np.int64)) * spacing
        self._spare = {kind: np.zeros(count) for kind in ("uniform", "normal")}
        self._has_spare = {kind: np.zeros(count, bool) for kind in ("uniform", "normal")}

    def uniform(self, index: np.ndarray) -> np.ndarray:
        """The next uniform value in [0, 1) of each output in `index` (ascending): float64, shape [len(index)]."""
        return self._draw("uniform", index)

    def normal(self, index: np.ndarray) -> np.ndarray:
        """The next standard normal value of each output in `index` (ascending): float64, shape [len(index)]."""
        return self._draw("normal", index)

    def _draw(self, kind: str, index: np.ndarray) -> np.ndarray:
        spare, has_spare = self._spare[kind], self._has_spare[kind]
        values = spare[index]
        empty = ~has_spare[index]
        fresh = index[empty]
        if fresh.size:
            words = self._stream.words_at(self._next[fresh])
            self._next[fresh] += 1
            pair = unit_float64(words) if kind == "uniform" else box_muller_float64(words)
            values[empty] = pair[:, 1]
            spare[fresh] = pair[:, 0]
        has_spare[index] = empty
        return values
