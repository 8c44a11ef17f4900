"""Host kernels of the maps that keep sparse tensors."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Sparse = tuple[np.ndarray, np.ndarray, np.ndarray]


class SparseMap:
    """Sparse tensors by number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = itertools.count()
        self._kept: dict[int, Sparse] = {}

    def add(self, sparse: Sparse) -> int:
        """Keeps one; returns its number."""
        with self._lock:
            number = next(self._next)
            self._kept[number] = sparse
            return number

    def take(self, number: int) -> Sparse | None:
        """Takes one out; None when there is none of that number."""
        with self._lock:
            return self._kept.pop(number, None)


def _map(k: KernelContext) -> SparseMap:
    name = k.attr("shared_name").decode() or k.op.name
    found: SparseMap = k.resources().get_or_create("sparse map", k.attr("container").decode(), name, SparseMap)
    return found


@kernel("AddSparseToTensorsMap")
def _add(k: KernelContext, indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return np.array(_map(k).add((indices.copy(), values.copy(), shape.copy())), np.int64)


@kernel("AddManySparseToTensorsMap")
def _add_many(k: KernelContext, indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if shape.size < 2:
        raise InvalidArgumentError(None, k.op, f"Rank of input SparseTensor should be > 1, but saw rank: {shape.size}")
    kept = _map(k)
    numbers = []
    for row in range(int(shape[0])):
        own = indices[:, 0] == row
        numbers.append(kept.add((indices[own, 1:], values[own], shape[1:].copy())))
    return np.array(numbers, np.int64)


@kernel("TakeManySparseFromTensorsMap")
def _take(k: KernelContext, handles: np.ndarray) -> tuple[Any, ...]:
    kept = _map(k)
    parts: list[Sparse] = []
    for number in handles.tolist():
        found = kept.take(number)
        if found is None:
            raise InvalidArgumentError(
                None, k.op, f"Unable to find SparseTensor: {number} in map: {k.attr('shared_name').decode()}"
            )
        parts.append(found)
    ranks = {len(p[2]) for p in parts}
    if len(ranks) != 1:
        raise InvalidArgumentError(None, k.op, f"Inconsistent rank across SparseTensors: {sorted(ranks)}")
    indices = [np.concatenate([np.full((len(p[0]), 1), i, np.int64), p[0]], axis=1) for i, p in enumerate(parts)]
    largest = np.max([p[2] for p in parts], axis=0)
    return (
        np.concatenate(indices),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([np.array([len(parts)], np.int64), largest]).astype(np.int64),
    )
