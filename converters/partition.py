"""ONNX forms of sorting elements into lists, and of searches in sorted rows."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import non_negative, only_if, require
from converters.registry import NeedsFullShapes, NotConvertible, converts
from converters.scatter import flat_updates, place
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts("DynamicPartition")
def _dynamic_partition(b: Builder, op: Operation, data: Value, partitions: Value) -> list[Value]:
    """Compress by the condition that a slice goes to the list."""
    count = op.attrs["num_partitions"]
    rest = data.rank - partitions.rank
    tail = b.const([]) if rest == 0 else b.Slice(b.Shape(data), [partitions.rank], [data.rank])
    flat = b.Reshape(partitions, [-1])
    rows = b.Reshape(data, b.Concat(b.Shape(flat), tail, axis=0), allowzero=1)
    inside = b.And(b.GreaterOrEqual(flat, 0), b.Less(flat, count))
    ok = b.Equal(b.ReduceSum(b.cast(inside, dtypes.int64), keepdims=0), b.Squeeze(b.Shape(flat), [0]))
    lists = b.cast(require(b, ok, b.int64(flat)), dtypes.int32)
    return [b.Compress(rows, b.Equal(lists, i), axis=0) for i in range(count)]


@converts("DynamicStitch", "ParallelDynamicStitch")
def _dynamic_stitch(b: Builder, op: Operation, *inputs: Value) -> Value:
    """Slices placed one list after the other into zeros of the size that the largest index asks for."""
    count = op.attrs["N"]
    indices, data = inputs[:count], inputs[count:]
    rest = data[0].rank - indices[0].rank
    flats, rows = [], []
    for index, part in zip(indices, data, strict=True):
        vectors = b.Unsqueeze(b.int64(index), [-1])
        vectors.shape = None if index.shape is None else (*index.shape, 1)
        flat, flat_part = flat_updates(b, vectors, part, rest + 1)
        flats.append(flat)
        rows.append(flat_part)
    every = b.Concat(b.const([[-1]]), *flats, axis=0)
    size = b.Add(b.ReduceMax(every, keepdims=0), 1)
    tail = b.Slice(b.Shape(data[0]), [indices[0].rank], [data[0].rank]) if rest else b.const([])
    zero = b.const(np.zeros((), data[0].dtype.as_numpy_dtype), data[0].dtype)
    whole = b.Expand(zero, b.Concat(b.Reshape(size, [1]), tail, axis=0))
    whole.shape = (None,) * (rest + 1)
    if not b.strict:
        vectors, slices = b.Concat(*flats, axis=0), b.Concat(*rows, axis=0)
        vectors.shape, slices.shape = (None, 1), whole.shape
        return place(b, whole, vectors, slices, None)
    for flat, part in zip(flats, rows, strict=True):
        shape = flat.shape
        checked = non_negative(b, flat)
        checked.shape = shape
        whole = place(b, whole, checked, part, None)
        whole.shape = (None,) * (rest + 1)
    return whole


@converts("Unique", "UniqueWithCounts")
def _unique(b: Builder, op: Operation, x: Value) -> list[Value]:
    return _distinct(b, op, x, None)


@converts("UniqueV2", "UniqueWithCountsV2")
def _unique_slices(b: Builder, op: Operation, x: Value, axis: Value) -> list[Value]:
    """Distinct slices along one axis, or the elements of a vector."""
    axes = b.constant(axis, "the axis").reshape(-1).tolist()
    if len(axes) > 1 or not axes and x.rank != 1:
        raise NotConvertible(f"distinct slices along the axes {axes} of rank {x.rank}")
    if x.shape is None or 0 in x.shape or None in x.shape and not b.for_export:
        raise NeedsFullShapes("ONNX Runtime finds no distinct slices where there are none: sizes must be known")
    return _distinct(b, op, x, int(axes[0]) % x.rank if axes else None)


def _distinct(b: Builder, op: Operation, x: Value, axis: int | None) -> list[Value]:
    if x.dtype.is_floating:
        raise NotConvertible("NaN differs from itself, and ONNX Runtime takes all NaN for one value")
    wide = b.int64(x) if x.dtype not in (dtypes.int64, dtypes.int8, dtypes.uint64, dtypes.string) else x
    y, _, inverse, counts = b.Unique(wide, sorted=0, axis=axis, outputs=4)
    out = [b.cast(y, x.dtype), b.cast(inverse, op.attrs["out_idx"]), b.cast(counts, op.attrs["out_idx"])]
    return out[: len(op.outputs)]


@converts("ListDiff")
def _list_diff(b: Builder, op: Operation, x: Value, y: Value) -> list[Value]:
    """Every element against every other; for long lists that is more work than the host's sets."""
    sizes = [v.shape[0] if v.shape is not None else None for v in (x, y)]
    if not b.for_export and (None in sizes or sizes[0] * sizes[1] > _MOST_PAIRS):  # type: ignore[operator]
        raise NotConvertible("lists of unknown or large size are compared on the host")
    if sizes[1] == 0:
        kept = b.const(np.ones(sizes[0] or 0, bool))
    else:
        equal = b.Equal(b.Unsqueeze(x, [1]), b.Unsqueeze(y, [0]))
        if sizes[1] is None:  # an empty list needs something to take the largest of
            nothing = b.Expand(b.const(np.zeros(1, bool)), b.Concat(b.Shape(x), b.const([1]), axis=0))
            equal = b.Concat(equal, nothing, axis=1)
        kept = b.Not(b.ReduceMax(equal, b.const([1]), keepdims=0))
    positions = b.Reshape(b.NonZero(kept), [-1])
    return [b.Gather(x, positions, axis=0), b.cast(positions, op.attrs["out_idx"])]


_MOST_PAIRS = 1 << 16


@converts("LowerBound", "UpperBound")
def _bound(b: Builder, op: Operation, rows: Value, values: Value) -> Value:
    """How many elements of the row come before the value."""
    sizes = [v.shape[1] if v.shape is not None else None for v in (rows, values)]
    if not b.for_export and (None in sizes or sizes[0] * sizes[1] > _MOST_PAIRS):  # type: ignore[operator]
        raise NotConvertible("rows of unknown or large size are searched on the host")
    if (rows.shape or ())[:1] != (values.shape or ())[:1] or (rows.shape or (None,))[0] is None:
        if not b.for_export:
            raise NotConvertible("the number of rows must be the same and known")
        same = b.Equal(*(b.Shape(v, start=0, end=1) for v in (rows, values)))
        rows = only_if(b, b.Squeeze(same, [0]), rows)
    row, value = b.Unsqueeze(rows, [1]), b.Unsqueeze(values, [2])
    before = b.Less(row, value) if op.type == "LowerBound" else b.LessOrEqual(row, value)
    return b.cast(b.ReduceSum(b.cast(before, dtypes.int64), b.const([2]), keepdims=0), op.attrs["out_type"])
