"""ONNX forms of operations on sets of integers, for files.

A set is a row; its elements are pairs (row, element), which ONNX's Unique sorts and thins out.
"""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require
from converters.ragged_rows import added_up, count_of, counting, part, splits_of
from converters.registry import NotConvertible, converts_for_files
from converters.sparse_dense import valid_places
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

# operation -> how often the pairs of a and of b are counted, and the count of those that stay
_COUNTED = {b"union": None, b"intersection": (1, 1, 2), b"a-b": (1, 2, 1), b"b-a": (2, 1, 1)}


class _Sets:
    """Sets as pairs [count, 2] in order, each once, and the shape of their group, an int64 vector."""

    def __init__(self, pairs: Value, group: Value, rank: int):
        self.pairs, self.group, self.rank = pairs, group, rank


def _unique(b: Builder, pairs: Value) -> tuple[Value, Value]:
    """(the pairs in order, each once, how often each was there)."""
    first = b.const(np.array([[-1, 0]]))  # Unique wants at least one
    found, _, _, counts = b.Unique(b.Concat(first, pairs, axis=0), axis=0, sorted=1, outputs=4)
    end = np.iinfo(np.int64).max
    return part(b, found, 1, end), part(b, counts, 1, end)


def _pairs(b: Builder, rows: Value, values: Value) -> Value:
    if not values.dtype.is_integer or values.dtype is dtypes.uint64:
        raise NotConvertible(f"sets of {values.dtype.name} have no form in ONNX")
    both = [b.Unsqueeze(v, [1]) for v in (rows, b.int64(values))]
    return _unique(b, b.Concat(*both, axis=1))[0]


def _of_dense(b: Builder, x: Value) -> _Sets:
    """The sets of the rows of a dense tensor."""
    shape = b.Shape(x)
    group = part(b, shape, 0, -1)
    rows = b.Unsqueeze(counting(b, b.ReduceProd(group, keepdims=1)), [1])
    spread = b.Concat(b.Shape(rows, start=0, end=1), part(b, shape, -1, np.iinfo(np.int64).max), axis=0)
    rows = b.Reshape(b.Expand(rows, spread), [-1])
    return _Sets(_pairs(b, rows, b.Reshape(x, [-1])), group, x.rank - 1)


def _of_sparse(b: Builder, op: Operation, indices: Value, values: Value, shape: Value) -> _Sets:
    """The sets of the rows of a sparse tensor."""
    rank = (indices.shape or (None, None))[-1]
    if not rank or rank < 2:
        raise NotConvertible("sets need indices of known rank, at least 2")
    if op.attrs["validate_indices"]:
        shape = require(b, valid_places(b, indices, shape, rank, True), shape)
    group = part(b, shape, 0, -1)
    rows = b.const(np.array(0, np.int64))
    for axis in range(rank - 1):
        place = b.Squeeze(b.Slice(indices, [axis], [axis + 1], [1]), [1])
        rows = b.Add(b.Mul(rows, part(b, group, axis, axis + 1)), place)
    return _Sets(_pairs(b, rows, values), group, rank - 1)


def _sizes(b: Builder, sets: _Sets) -> tuple[Value, Value]:
    """(the row of each element, the number of elements of each set)."""
    rows = b.Squeeze(b.Slice(sets.pairs, [0], [1], [1]), [1])
    ones = b.Expand(b.const(np.ones(1, np.int64)), b.Shape(rows))
    return rows, added_up(b, b.ReduceProd(sets.group, keepdims=1), rows, ones)


def _operate(b: Builder, op: Operation, first: _Sets, second: _Sets) -> list[Value]:
    """Indices, values and shape of the sparse tensor of results."""
    name = op.attrs["set_operation"].lower()
    if name not in _COUNTED or first.rank != second.rank:
        raise NotConvertible(f"the set operation {name.decode()} of ranks {first.rank + 1} and {second.rank + 1}")
    same = b.Equal(b.ReduceSum(b.int64(b.Not(b.Equal(first.group, second.group))), keepdims=0), 0)
    group = require(b, same, first.group)
    counted = _COUNTED[name]
    times = (1, 1) if counted is None else counted[:2]
    pairs, counts = _unique(b, b.Concat(*[first.pairs] * times[0], *[second.pairs] * times[1], axis=0))
    if counted is not None:
        pairs = b.Compress(pairs, b.Equal(counts, counted[2]), axis=0)
    rows, sizes = _sizes(b, _Sets(pairs, group, first.rank))
    place = b.Sub(counting(b, count_of(b, pairs)), b.Gather(splits_of(b, sizes), rows, axis=0))
    columns, rest = [place], rows
    for axis in reversed(range(first.rank)):
        size = part(b, group, axis, axis + 1)
        columns.insert(0, b.Mod(rest, size) if axis else rest)
        rest = b.Div(rest, size)
    indices = b.Concat(*[b.Unsqueeze(c, [1]) for c in columns], axis=1)
    largest = b.ReduceMax(b.Concat(b.const([0]), sizes, axis=0), keepdims=1)
    values = b.cast(b.Squeeze(b.Slice(pairs, [1], [2], [1]), [1]), op.outputs[1].dtype)
    return [indices, values, b.Concat(group, largest, axis=0)]


@converts_for_files("DenseToDenseSetOperation")
def _dense_dense(b: Builder, op: Operation, x: Value, y: Value) -> list[Value]:
    return _operate(b, op, _of_dense(b, x), _of_dense(b, y))


@converts_for_files("DenseToSparseSetOperation")
def _dense_sparse(b: Builder, op: Operation, x: Value, *sparse: Value) -> list[Value]:
    return _operate(b, op, _of_dense(b, x), _of_sparse(b, op, *sparse))


@converts_for_files("SparseToSparseSetOperation")
def _sparse_sparse(b: Builder, op: Operation, *parts: Value) -> list[Value]:
    return _operate(b, op, _of_sparse(b, op, *parts[:3]), _of_sparse(b, op, *parts[3:]))


@converts_for_files("SetSize")
def _size(b: Builder, op: Operation, *sparse: Value) -> Value:
    sets = _of_sparse(b, op, *sparse)
    sizes = b.Reshape(_sizes(b, sets)[1], sets.group, allowzero=1)
    sizes.shape = (None,) * sets.rank
    return b.cast(sizes, dtypes.int32)
