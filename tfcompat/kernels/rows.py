"""Slices that are added to rows of a table, rows that come several times only once."""

from __future__ import annotations

import numpy as np


class Rows:
    """Rows of a flat table and what is added to them.

    A slice of it, by elements of the flat table, is the part that lies there.

    Args:
        indices: of the rows, in any order, shape [n].
        updates: what is added to each, shape [n, width].
    """

    def __init__(self, indices: np.ndarray, updates: np.ndarray):
        self._indices, self._updates = distinct_rows(indices, updates)
        self._width = updates.shape[1]

    def __getitem__(self, elements: slice) -> RowsOfBlock:
        low, high = elements.start // self._width, elements.stop // self._width
        start, end = np.searchsorted(self._indices, (low, high))
        return RowsOfBlock(self._indices[start:end] - low, self._updates[start:end])


class RowsOfBlock:
    """Different rows of a block of a table, counted from its first, and what is added to them."""

    def __init__(self, indices: np.ndarray, updates: np.ndarray):
        self._indices, self._updates = indices, updates

    def add_to(self, block: np.ndarray) -> None:
        """Changes a flat block."""
        if self._indices.size:
            block.reshape(-1, self._updates.shape[1])[self._indices] += self._updates


def add_rows(table: np.ndarray, rows: RowsOfBlock, out: np.ndarray) -> None:
    """The block `table` with the rows added, in `out`, which may be the block itself."""
    if out is not table:
        out[...] = table
    rows.add_to(out)


def distinct_rows(indices: np.ndarray, updates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different indices in ascending order, and the sum of the updates of each, from first to last.

    Only what comes several times is summed: numpy's sums over rows take longer than everything else here.
    """
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    starts = np.ones(ordered.size + 1, bool)
    np.not_equal(ordered[1:], ordered[:-1], out=starts[1:-1])
    first = np.flatnonzero(starts[:-1])
    sums = updates[order[first]]
    if first.size < ordered.size:
        single = starts[1:] & starts[:-1]
        several = np.flatnonzero(~single)
        bounds = np.flatnonzero(starts[:-1][several])
        sums[~single[first]] = np.add.reduceat(updates[order[several]], bounds, axis=0)
    return ordered[first], sums
