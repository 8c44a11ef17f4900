"""ONNX forms of placing slices by index.

ONNX Runtime's ScatterND adds in parallel without care for equal indices once it has much to do: then sums come out
wrong. Up to `SERIAL_ELEMENTS` it works on one thread; `place` cuts larger updates into pieces of that size.
"""

from __future__ import annotations

import math

import numpy as np

from converters.builder import Builder, Value
from converters.gather import index_vectors
from converters.registry import NeedsFullShapes, NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

SERIAL_ELEMENTS = 100_000
"""ONNX Runtime's cost model starts a second thread at 210,000 elements."""

_MOST_PIECES = 64
_FIRST_PIECES = 2


def place(b: Builder, data: Value, indices: Value, updates: Value, reduction: str | None) -> Value:
    """`data` with slices at `indices` replaced by or combined with `updates`, in their order.

    Args:
        b: the builder.
        data: tensor.
        indices: int64 of shape [n, k] without negative elements, each vector an index into the first k dimensions.
        updates: shape [n] + data.shape[k:].
        reduction: None to replace, "add", "mul", "max" or "min".

    Raises:
        NeedsFullShapes: the number of updates must be known.
    """
    if reduction is not None and data.dtype in (dtypes.float16, dtypes.bfloat16):
        wide = place(b, b.cast(data, dtypes.float32), indices, b.cast(updates, dtypes.float32), reduction)
        return b.cast(wide, data.dtype)
    shape = updates.shape
    count = None if shape is None else shape[0]
    width = None if shape is None or None in shape[1:] else math.prod(shape[1:])  # type: ignore[arg-type]
    if count is not None and width is not None and count * width <= SERIAL_ELEMENTS:
        return b.ScatterND(data, indices, updates, reduction=reduction)
    rows = None if width is None else max(1, SERIAL_ELEMENTS // max(width, 1))
    if rows is not None and count is not None and count <= rows * _MOST_PIECES:
        return _in_pieces(b, data, indices, updates, rows, -(-count // rows), reduction)
    depth = indices.shape[-1] if indices.shape else None
    if depth is None:
        raise NeedsFullShapes("the length of the index vectors must be known")
    if depth == 1:
        return _by_rows(b, data, data.rank, indices, updates, rows, reduction)
    table = b.Reshape(data, b.Concat(b.const([-1]), b.Slice(b.Shape(data), [depth], [_ALL]), axis=0))
    flat = _row_numbers(b, indices, b.Slice(b.Shape(data), [0], [depth]), depth)
    placed = _by_rows(b, table, data.rank - depth + 1, flat, updates, rows, reduction)
    return b.Reshape(placed, b.Shape(data), allowzero=1)


def _by_rows(
    b: Builder, table: Value, rank: int, indices: Value, updates: Value, rows: int | None, reduction: str | None
) -> Value:
    """`place` of an unknown number of slices along the first dimension.

    The first ones go through ScatterND; ScatterElements, which is slower, takes as many as there are, and in files that
    are not strict all.
    """
    if rows is not None and b.strict:
        table = _in_pieces(b, table, indices, updates, rows, _FIRST_PIECES, reduction)
        done = rows * _FIRST_PIECES
        indices, updates = (b.Slice(v, [done], [_ALL], [0]) for v in (indices, updates))
    spread = b.Expand(b.Reshape(indices, [-1] + [1] * (rank - 1)), b.Shape(updates))
    return b.ScatterElements(table, spread, updates, axis=0, reduction=reduction)


def _row_numbers(b: Builder, indices: Value, sizes: Value, depth: int) -> Value:
    """The row of every index vector when the first `depth` dimensions, of `sizes`, become one; too large outside."""
    inside = b.And(b.GreaterOrEqual(indices, 0), b.Less(indices, sizes))
    steps = [b.ReduceProd(b.Slice(sizes, [i + 1], [_ALL]), keepdims=1) for i in range(depth - 1)] + [b.const([1])]
    numbers = b.ReduceSum(b.Mul(indices, b.Concat(*steps, axis=0)), b.const([-1]), keepdims=1)
    ok = b.ReduceMin(inside, b.const([-1]), keepdims=1)
    return b.Where(ok, numbers, b.const(_ALL))


_ALL = (1 << 63) - 1


def _in_pieces(
    b: Builder, data: Value, indices: Value, updates: Value, rows: int, pieces: int, reduction: str | None
) -> Value:
    for i in range(pieces):
        part = [b.Slice(v, [i * rows], [(i + 1) * rows], [0]) for v in (indices, updates)]
        data = b.ScatterND(data, *part, reduction=reduction)
    return data


def flat_updates(b: Builder, indices: Value, updates: Value, data_rank: int) -> tuple[Value, Value]:
    """Index vectors and updates with one leading dimension."""
    outer = indices.rank - 1
    if outer == 1:
        return indices, updates
    depth = indices.shape[-1] if indices.shape else None
    if depth is None:
        raise NotConvertible("the length of the index vectors is not known")
    inner = updates.shape[outer:] if updates.shape is not None else (None,) * (data_rank - depth)
    flat = b.Reshape(indices, [-1, depth])
    count = None if indices.shape is None or None in indices.shape[:-1] else math.prod(indices.shape[:-1])  # type: ignore[arg-type]
    if None not in inner and 0 not in inner:
        rows = b.Reshape(updates, [-1, *inner])
    else:
        tail = b.Slice(b.Shape(updates), [outer], [_ALL])
        rows = b.Reshape(updates, b.Concat(b.const([-1]), tail, axis=0))
    flat.shape = (count, depth)
    rows.shape = (count, *inner)
    return flat, rows


_REDUCTIONS = {"TensorScatterUpdate": None, "TensorScatterAdd": "add", "TensorScatterSub": "add",
               "TensorScatterMax": "max", "TensorScatterMin": "min", "ScatterNdNonAliasingAdd": "add"}  # fmt: skip


@converts(*_REDUCTIONS)
def _tensor_scatter(b: Builder, op: Operation, data: Value, indices: Value, updates: Value) -> Value:
    if op.type == "TensorScatterSub":
        shape = updates.shape
        updates = b.Neg(updates)
        updates.shape = shape
    return _place_vectors(b, data, indices, updates, _REDUCTIONS[op.type])


@converts("ScatterNd")
def _scatter_nd(b: Builder, op: Operation, indices: Value, updates: Value, shape: Value) -> Value:
    zero = np.zeros(1, updates.dtype.as_numpy_dtype)
    zeros = b.ConstantOfShape(b.int64(shape), dtype=updates.dtype, value=zero)
    if shape.const is not None:
        zeros.shape = tuple(shape.const.tolist())
    elif shape.shape is not None and shape.shape[0] is not None:
        zeros.shape = (None,) * shape.shape[0]
    return _place_vectors(b, zeros, indices, updates, "add")


def _place_vectors(b: Builder, data: Value, indices: Value, updates: Value, reduction: str | None) -> Value:
    depth = indices.shape[-1] if indices.shape else None
    if depth is None or depth == 0 or depth > data.rank:
        raise NotConvertible(f"index vectors of length {depth} into rank {data.rank}")
    if reduction in ("max", "min") and data.dtype.is_floating:
        raise NotConvertible("NaN must win, which it does not in ScatterND")
    if data.dtype is dtypes.bool and reduction is not None:
        raise NotConvertible("sums of truth values")
    vectors = index_vectors(b, indices, data, depth)
    vectors.shape = indices.shape
    flat, rows = flat_updates(b, vectors, updates, data.rank)
    return place(b, data, flat, rows, reduction)
