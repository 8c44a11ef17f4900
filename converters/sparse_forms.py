"""The ONNX forms of sparse tensors in exported models: products, shapes, empty rows, sums.

In a run these op types are computed by their host kernels, which check their arguments; a file has only models.
"""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require
from converters.ragged_rows import added_up, count_of, counting, exported_only, part
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_END = np.iinfo(np.int64).max


@converts("SparseTensorDenseMatMul")
def _matmul(b: Builder, op: Operation, indices: Value, values: Value, shape: Value, dense: Value) -> Value:
    """Each element times a row of the dense matrix, added to a row of the result."""
    exported_only(b, values)
    places, sizes = b.int64(indices), b.int64(shape)
    row, column = (1, 0) if op.attrs["adjoint_a"] else (0, 1)
    if op.attrs["adjoint_b"]:
        dense = b.Transpose(dense, perm=[1, 0])
    rows = part(b, places, row, row + 1, 1)
    columns = b.Reshape(part(b, places, column, column + 1, 1), [-1])
    products = b.Mul(b.Unsqueeze(values, [1]), b.Gather(dense, columns, axis=0))
    width = b.Slice(b.Shape(dense), [1], [2], [0])
    zeros = b.Expand(b.cast(b.const(np.zeros(1, np.float32)), values.dtype),
                     b.Concat(part(b, sizes, row, row + 1), width, axis=0))  # fmt: skip
    zeros.shape = (None, None)
    return b.ScatterElements(zeros, b.Expand(rows, b.Shape(products)), products, axis=0, reduction="add")  # type: ignore[no-any-return]


def _strides(b: Builder, sizes: Value, rank: int) -> list[Value]:
    """The distance of neighbours along each axis of a flat array of these sizes, vectors of one."""
    out = [b.const(np.ones(1, np.int64))]
    for axis in range(rank - 1, 0, -1):
        out.insert(0, b.Mul(out[0], part(b, sizes, axis, axis + 1)))
    return out


@converts("SparseReshape")
def _reshape(b: Builder, op: Operation, indices: Value, old: Value, new: Value) -> list[Value]:
    exported_only(b)
    old_rank, new_rank = (v.shape[0] if v.shape else None for v in (old, new))
    if old_rank is None or new_rank is None or not old_rank or not new_rank:
        raise NotConvertible("the ranks must be known and not be 0")
    total = b.ReduceProd(old, keepdims=1)
    open_axis = b.Equal(new, -1)
    rest = b.ReduceProd(b.Where(open_axis, b.const(np.ones(1, np.int64)), new), keepdims=1)
    sizes = b.Where(open_axis, b.Div(total, b.Max(rest, b.const(np.ones(1, np.int64)))), new)
    sizes = require(b, b.Equal(b.ReduceProd(sizes, keepdims=0), b.Reshape(total, [])), sizes)
    flat: Value | None = None
    for axis, stride in enumerate(_strides(b, old, old_rank)):
        term = b.Mul(part(b, indices, axis, axis + 1, 1), stride)
        flat = term if flat is None else b.Add(flat, term)
    columns = []
    for stride in _strides(b, sizes, new_rank):
        stride = b.Max(stride, b.const(np.ones(1, np.int64)))  # 0 where there are no elements
        column = b.Div(flat, stride)
        columns.append(column)
        flat = b.Sub(flat, b.Mul(column, stride))
    return [b.Concat(*columns, axis=1), sizes]


@converts("SparseFillEmptyRows")
def _fill_empty_rows(
    b: Builder, op: Operation, indices: Value, values: Value, shape: Value, default: Value
) -> list[Value]:
    """Elements move down by the number of empty rows before theirs, in the order of their rows."""
    exported_only(b, values)
    rank = shape.shape[0] if shape.shape else None
    if not rank:
        raise NotConvertible("the rank must be known")
    rows = b.Reshape(part(b, indices, 0, 1, 1), [-1])
    count = part(b, shape, 0, 1)
    ones = b.Expand(b.const(np.ones(1, np.int64)), b.Shape(rows))
    in_row = added_up(b, count, rows, ones)
    is_empty = b.Equal(in_row, 0)
    missing = b.cast(is_empty, dtypes.int64)
    before = b.Sub(b.CumSum(missing, b.const(0)), missing)
    place = counting(b, b.Shape(rows))
    _, order = b.TopK(b.Add(b.Mul(rows, b.Shape(rows)), place), b.Shape(rows), largest=0, outputs=2)
    sorted_places = b.Add(place, b.Gather(before, b.Gather(rows, order, axis=0), axis=0))
    moved = b.ScatterElements(place, order, sorted_places, axis=0)
    starts = b.Add(b.Sub(b.CumSum(in_row, b.const(0)), in_row), before)
    empty_rows = b.Compress(counting(b, count), is_empty, axis=0)
    added = b.Compress(starts, is_empty, axis=0)
    total = b.Add(count_of(b, rows), count_of(b, added))
    new_places = b.Expand(b.const(np.zeros((1, 1), np.int64)), b.Concat(total, b.const([rank]), axis=0))
    new_places.shape = (None, rank)
    filler = b.Unsqueeze(empty_rows, [1])
    if rank > 1:
        behind = b.Expand(
            b.const(np.zeros((1, 1), np.int64)), b.Concat(count_of(b, added), b.const([rank - 1]), axis=0)
        )
        filler = b.Concat(filler, behind, axis=1)
    new_places = b.ScatterND(new_places, b.Unsqueeze(moved, [1]), indices)
    new_places = b.ScatterND(new_places, b.Unsqueeze(added, [1]), filler)
    new_values = b.Expand(default, total)
    new_values.shape = (None,)
    return [new_places, b.ScatterND(new_values, b.Unsqueeze(moved, [1]), values), is_empty, moved]
