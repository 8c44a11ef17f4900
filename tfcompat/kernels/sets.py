"""Host kernels: sizes, unions, intersections and differences of sets."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.sparse import check_order
from tfcompat.kernels.sparse_places import Array, listed, require

Sets = dict[tuple[int, ...], set[Any]]

_OPERATIONS: dict[bytes, Any] = {
    b"a-b": lambda a, b: a - b, b"b-a": lambda a, b: b - a, b"intersection": lambda a, b: a & b,
    b"union": lambda a, b: a | b,
}  # fmt: skip


def _sparse_sets(k: KernelContext, indices: Array, values: Array, shape: Array) -> Sets:
    if k.attr("validate_indices"):
        check_order(k, indices, shape)
    sets: Sets = {}
    for place, value in zip(indices[:, :-1].tolist(), values.tolist(), strict=True):
        sets.setdefault(tuple(place), set()).add(value)
    return sets


def _dense_sets(values: Array) -> Sets:
    return {place: set(values[place].tolist()) for place in itertools.product(*map(range, values.shape[:-1]))}


@kernel("SetSize")
def _size(k: KernelContext, indices: Array, values: Array, shape: Array) -> Array:
    require(k, len(shape) > 0, f"Invalid shape {listed(shape)}")
    out = np.zeros(shape[:-1].tolist(), np.int32)
    for place, elements in _sparse_sets(k, indices, values, shape).items():
        out[place] = len(elements)
    return out


@kernel("DenseToDenseSetOperation")
def _dense_dense(k: KernelContext, a: Array, b: Array) -> tuple[Array, Array, Array]:
    return _operate(k, _dense_sets(a), a.shape, _dense_sets(b), b.shape, a.dtype)


@kernel("DenseToSparseSetOperation")
def _dense_sparse(k: KernelContext, a: Array, b: Array, values: Array, shape: Array) -> tuple[Array, Array, Array]:
    return _operate(k, _dense_sets(a), a.shape, _sparse_sets(k, b, values, shape), shape, values.dtype)


@kernel("SparseToSparseSetOperation")
def _sparse_sparse(
    k: KernelContext, a: Array, a_values: Array, a_shape: Array, b: Array, b_values: Array, b_shape: Array
) -> tuple[Array, Array, Array]:
    first, second = _sparse_sets(k, a, a_values, a_shape), _sparse_sets(k, b, b_values, b_shape)
    return _operate(k, first, a_shape, second, b_shape, a_values.dtype)


def _operate(k: KernelContext, a: Sets, a_shape: Any, b: Sets, b_shape: Any, dtype: Any) -> tuple[Array, Array, Array]:
    for shape in (a_shape, b_shape):
        require(k, len(shape) >= 2, f"Input rank must be at least 2, got {len(shape)}.")
    shapes = f"{listed(a_shape[:-1])} and {listed(b_shape[:-1])}"
    require(k, list(a_shape[:-1]) == list(b_shape[:-1]), f"Mismatched group shapes: {shapes}")
    name = k.attr("set_operation").lower()
    require(k, name in _OPERATIONS, f"Invalid set_operation {name.decode()}.")
    operation = _OPERATIONS[name]
    places: list[tuple[int, ...]] = []
    elements: list[Any] = []
    largest = 0
    for group in sorted({*a, *b}):
        found = sorted(operation(a.get(group, set()), b.get(group, set())))
        largest = max(largest, len(found))
        places += [(*group, i) for i in range(len(found))]
        elements += found
    values = np.empty(len(elements), dtype)
    values[:] = elements
    shape = np.array([*a_shape[:-1], largest], np.int64)
    return np.array(places, np.int64).reshape(-1, len(a_shape)), values, shape
