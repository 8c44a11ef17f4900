"""ONNX forms of sums, parts and orders of sparse tensors, for files."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import only_if, require
from converters.ragged_rows import count_of, part
from converters.registry import NotConvertible, converts_for_files
from converters.scatter import place
from converters.sparse_dense import valid_places
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_END = np.iinfo(np.int64).max


def _rank(*shapes: Value) -> int:
    """The rank of sparse tensors of one rank, known and not 0."""
    ranks = {s.shape[0] if s.shape else None for s in shapes}
    rank = ranks.pop()
    if ranks or not rank:
        raise NotConvertible("the ranks must be known, equal and not 0")
    return rank


def _numbers(*values: Value) -> None:
    if any(v.dtype is dtypes.string or v.dtype.is_complex for v in values):
        raise NotConvertible(f"sparse tensors of {values[0].dtype.name} have no form in ONNX")


def _column(b: Builder, indices: Value, axis: int) -> Value:
    return b.Squeeze(b.Slice(indices, [axis], [axis + 1], [1]), [1])  # type: ignore[no-any-return]


def _numbered(b: Builder, indices: Value, sizes: Value, axes: list[int]) -> Value:
    """The number of each element among those of a dense tensor of the given axes, in order."""
    number = b.Mul(_column(b, indices, 0), b.const(0))
    for axis in axes:
        number = b.Add(b.Mul(number, part(b, sizes, axis, axis + 1)), _column(b, indices, axis))
    return number


def _in_order(b: Builder, indices: Value, values: Value, sizes: Value, rank: int) -> list[Value]:
    number = _numbered(b, indices, sizes, list(range(rank)))
    _, order = b.TopK(number, count_of(b, number), axis=0, largest=0, outputs=2)
    return [b.Gather(v, order, axis=0) for v in (indices, values)]


def _total(b: Builder, sizes: Value) -> Value:
    return b.ReduceProd(sizes, keepdims=1)  # type: ignore[no-any-return]


def _by_group(b: Builder, count: Value, groups: Value, values: Value, start: float, reduction: str) -> Value:
    """`values` added up, or the largest of them, for each of `count` groups."""
    filled = b.Expand(b.const(np.full(1, start), values.dtype), count)
    filled.shape = (None,)
    return b.ScatterElements(filled, groups, values, axis=0, reduction=reduction)  # type: ignore[no-any-return]


@converts_for_files("SparseReorder")
def _reorder(b: Builder, op: Operation, indices: Value, values: Value, shape: Value) -> list[Value]:
    return _in_order(b, indices, values, shape, _rank(shape))


@converts_for_files("SparseReduceSum")
def _reduce_sum(b: Builder, op: Operation, indices: Value, values: Value, shape: Value, axes: Value) -> Value:
    rank = _rank(shape)
    _numbers(values)
    given = b.constant(axes, "the axes").reshape(-1).tolist()
    if any(not -rank <= a < rank for a in given):
        raise NotConvertible(f"the axes {given} of rank {rank}")
    gone = {a % rank for a in given} or set(range(rank))
    kept = [a for a in range(rank) if a not in gone]
    shape = require(b, valid_places(b, indices, shape, rank, False), shape)
    sizes = b.Gather(shape, b.const(np.array(kept, np.int64)))
    wide = b.cast(values, dtypes.float32) if values.dtype.size == 2 and values.dtype.is_floating else values
    count = b.Max(_total(b, sizes), b.const([0])) if kept else b.const([1])
    total = _by_group(b, count, _numbered(b, indices, shape, kept), wide, 0, "add")
    if op.attrs["keep_dims"]:
        one = b.const(np.isin(np.arange(rank), list(gone)))
        sizes = b.Where(one, b.const(np.ones(rank, np.int64)), shape)
    result = b.Reshape(b.cast(total, values.dtype), sizes, allowzero=1)
    result.shape = (None,) * (rank if op.attrs["keep_dims"] else len(kept))
    return result


@converts_for_files("SparseConcat")
def _concat(b: Builder, op: Operation, *parts: Value) -> list[Value]:
    count = op.attrs["N"]
    indices, values, shapes = parts[:count], parts[count : 2 * count], parts[2 * count :]
    rank, axis = _rank(*shapes), op.attrs["concat_dim"]
    if not -rank <= axis < rank:
        raise NotConvertible(f"the axis {axis} of rank {rank}")
    here = np.arange(rank) == axis % rank
    others = b.const(~here)
    zeros, total, moved = b.const(np.zeros(rank, np.int64)), shapes[0], [indices[0]]
    for places, shape in zip(indices[1:], shapes[1:], strict=True):
        differ = b.And(others, b.Not(b.Equal(shape, total)))
        total = require(b, b.Equal(b.ReduceSum(b.int64(differ), keepdims=0), 0), total)
        moved.append(b.Add(places, b.Where(b.const(here), total, zeros)))
        total = b.Add(total, b.Where(b.const(here), shape, zeros))
    every, numbers = (b.Concat(*v, axis=0) if count > 1 else v[0] for v in (moved, values))
    return [*_in_order(b, every, numbers, total, rank), total]


@converts_for_files("SparseDenseCwiseAdd", "SparseDenseCwiseMul", "SparseDenseCwiseDiv")
def _with_dense(b: Builder, op: Operation, indices: Value, values: Value, shape: Value, dense: Value) -> Value:
    """Each element with that of the dense tensor, which broadcasts to the sparse one."""
    rank = _rank(shape)
    _numbers(values)
    shape = require(b, valid_places(b, indices, shape, rank, False), shape)
    spread = b.Expand(dense, shape)
    fits = b.Equal(b.ReduceSum(b.int64(b.Not(b.Equal(b.Shape(spread), shape))), keepdims=0), 0)
    spread = only_if(b, fits, spread)
    operator = {"Add": "Add", "Mul": "Mul", "Div": "Div"}[op.type.removeprefix("SparseDenseCwise")]
    return b.node(operator, [values, b.GatherND(spread, indices)])  # type: ignore[no-any-return]


@converts_for_files("SparseTensorDenseAdd")
def _dense_add(b: Builder, op: Operation, indices: Value, values: Value, shape: Value, dense: Value) -> Value:
    rank = _rank(shape)
    _numbers(values)
    places, sizes = b.int64(indices), b.int64(shape)
    same = b.Equal(b.ReduceSum(b.int64(b.Not(b.Equal(b.Shape(dense), sizes))), keepdims=0), 0)
    fine = b.And(same, valid_places(b, places, sizes, rank, False))
    if dense.rank != rank:
        raise NotConvertible(f"the ranks {rank} and {dense.rank} differ")
    checked = only_if(b, fine, dense)
    places.shape = indices.shape
    return place(b, checked, places, values, "add")


@converts_for_files("SparseSlice")
def _slice(b: Builder, op: Operation, indices: Value, values: Value, shape: Value, *ends: Value) -> list[Value]:
    rank = _rank(shape, *ends)
    start, size = ends
    fine = b.GreaterOrEqual(b.ReduceMin(size, keepdims=0), 0)
    size = require(b, fine, size)
    inside = b.And(b.GreaterOrEqual(indices, start), b.Less(indices, b.Add(start, size)))
    kept = b.Equal(b.ReduceSum(b.int64(inside), [1], keepdims=0), rank)
    left = b.Max(b.Min(size, b.Sub(shape, start)), 0)
    return [b.Sub(b.Compress(indices, kept, axis=0), start), b.Compress(values, kept, axis=0), left]


@converts_for_files("SparseSplit")
def _split(b: Builder, op: Operation, axis: Value, indices: Value, values: Value, shape: Value) -> list[Value]:
    rank, count = _rank(shape), op.attrs["num_split"]
    where = int(b.constant(axis, "the axis"))
    if not -rank <= where < rank:
        raise NotConvertible(f"the axis {where} of rank {rank}")
    here = b.const(np.arange(rank) == where % rank)
    length = part(b, shape, where % rank, where % rank + 1)
    shape = require(b, b.GreaterOrEqual(b.Squeeze(length, [0]), count), shape)
    size, more = b.Div(length, count), b.Mod(length, b.const([count]))
    places = _column(b, indices, where % rank)
    begin, parts = b.const([0]), []
    for index in range(count):
        own = b.Add(size, b.cast(b.Less(b.const([index]), more), dtypes.int64))
        end = b.Add(begin, own)
        inside = b.And(b.GreaterOrEqual(places, begin), b.Less(places, end))
        moved = b.Sub(b.Compress(indices, inside, axis=0), b.Where(here, begin, b.const([0])))
        parts.append((moved, b.Compress(values, inside, axis=0), b.Where(here, own, shape)))
        begin = end
    return [p[i] for i in range(3) for p in parts]


@converts_for_files("SparseSoftmax")
def _softmax(b: Builder, op: Operation, indices: Value, values: Value, shape: Value) -> Value:
    """Over the elements of each row."""
    rank = _rank(shape)
    if rank < 2:
        raise NotConvertible("a softmax of rank 1")
    shape = require(b, valid_places(b, indices, shape, rank, True), shape)
    wide = b.cast(values, dtypes.float32) if values.dtype.size == 2 else values
    rows = _numbered(b, indices, shape, list(range(rank - 1)))
    count = _total(b, part(b, shape, 0, -1))
    largest = _by_group(b, count, rows, wide, -np.inf, "max")
    powers = b.Exp(b.Sub(wide, b.Gather(largest, rows, axis=0)))
    totals = _by_group(b, count, rows, powers, 0, "add")
    return b.cast(b.Div(powers, b.Gather(totals, rows, axis=0)), values.dtype)


@converts_for_files("SparseAdd")
def _add(
    b: Builder, op: Operation, x: Value, x_values: Value, x_shape: Value, y: Value, y_values: Value, y_shape: Value,
    least: Value
) -> list[Value]:  # fmt: skip
    """Sums of elements at one place; those whose size is below `least` are left out."""
    rank = _rank(x_shape, y_shape)
    _numbers(x_values)
    same = b.Equal(b.ReduceSum(b.int64(b.Not(b.Equal(x_shape, y_shape))), keepdims=0), 0)
    shape = require(b, same, x_shape)
    for places in (x, y):
        shape = require(b, valid_places(b, places, shape, rank, False), shape)
    indices, values = b.Concat(x, y, axis=0), b.Concat(x_values, y_values, axis=0)
    number = _numbered(b, indices, shape, list(range(rank)))
    padded = b.Concat(b.const([-1]), number, axis=0)  # Unique wants at least one
    distinct, first, which, counts = b.Unique(padded, sorted=1, outputs=4)
    wide = b.cast(values, dtypes.float32) if values.dtype.size == 2 and values.dtype.is_floating else values
    groups = part(b, which, 1, _END)
    sums = part(b, _by_group(b, b.Shape(distinct), groups, wide, 0, "add"), 1, _END)
    sums = b.cast(sums, values.dtype)
    first, counts = b.Sub(part(b, first, 1, _END), 1), part(b, counts, 1, _END)
    kept = b.Or(b.GreaterOrEqual(b.Abs(sums), least), b.Equal(counts, 1))
    return [b.Gather(indices, b.Compress(first, kept, axis=0), axis=0), b.Compress(sums, kept, axis=0), shape]
