"""ONNX forms of making ragged tensors dense, for files; in sessions the host checks the partitions."""

from __future__ import annotations

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts("RaggedTensorToTensor")
def _to_tensor(b: Builder, op: Operation, wanted: Value, values: Value, default: Value, *partitions: Value) -> Value:
    """Each value goes to its place: a number per ragged axis, found from the partitions one after the other."""
    if not b.for_export or values.dtype is dtypes.string:
        raise NotConvertible("partitions are checked on the host")
    kinds = [k.decode() if isinstance(k, bytes) else k for k in op.attrs["row_partition_types"]]
    parts = [b.int64(p) for p in partitions]
    if kinds[0] == "FIRST_DIM_SIZE":
        rows = b.Reshape(parts[0], [1])
        kinds, parts = kinds[1:], parts[1:]
    else:
        rows = b.Sub(b.Shape(parts[0]), 1)
    places = b.Unsqueeze(_count_up(b, rows), [1])
    sizes = [rows]
    for kind, part in zip(kinds, parts, strict=True):
        row = part if kind == "VALUE_ROWIDS" else _rows_of_splits(b, part)
        counts = _counts(b, row, b.Shape(places, end=1))
        begins = b.CumSum(counts, b.const(0, dtypes.int64), exclusive=1)
        column = b.Sub(_count_up(b, b.Shape(row)), b.Gather(begins, row))
        sizes.append(b.ReduceMax(b.Concat(counts, b.const([0]), axis=0), [0], keepdims=1))
        places = b.Concat(b.Gather(places, row), b.Unsqueeze(column, [1]), axis=1)
    own = b.Concat(*sizes, b.Shape(values, start=1), axis=0)
    final, is_cut = _final_sizes(b, wanted, own, len(sizes), (values.shape or ())[1:])
    if is_cut:
        fits = b.ReduceMin(b.cast(b.Less(places, b.Slice(final, [0], [len(sizes)])), dtypes.int32), [1], keepdims=0)
        kept = b.cast(fits, dtypes.bool)
        places, values = b.Compress(places, kept, axis=0), b.Compress(values, kept, axis=0)
    result: Value = b.ScatterND(b.Expand(default, final), places, values)
    return result


def _final_sizes(
    b: Builder, wanted: Value, own: Value, ragged: int, inner: tuple[int | None, ...]
) -> tuple[Value, bool]:
    """(sizes of the result, whether values may lie outside of it); `inner` are the sizes of one value."""
    if wanted.shape == ():
        return own, False
    if wanted.const is None:
        raise NotConvertible("the shape of the dense tensor is computed in the run")
    sizes = wanted.const.tolist()
    if all(s < 0 for s in sizes):
        return own, False
    if any(size >= 0 and size != known for size, known in zip(sizes[ragged:], inner, strict=True)):
        raise NotConvertible("the sizes of the values themselves change")
    given = b.const(sizes)
    return b.Where(b.Less(given, 0), own, given), any(s >= 0 for s in sizes[:ragged])


def _count_up(b: Builder, count: Value) -> Value:
    """0, 1, ... below `count`, a vector of one number."""
    result: Value = b.Range(b.const(0, dtypes.int64), b.Squeeze(count, [0]), b.const(1, dtypes.int64))
    return result


def _counts(b: Builder, row: Value, rows: Value) -> Value:
    """How many elements of `row` are 0, 1, ...; `rows` says how many such numbers there are."""
    zeros = b.Expand(b.const(0, dtypes.int64), rows)
    ones = b.Expand(b.const(1, dtypes.int64), b.Shape(row))
    counted: Value = b.ScatterElements(zeros, row, ones, axis=0, reduction="add")
    return counted


def _rows_of_splits(b: Builder, splits: Value) -> Value:
    """The row of each value: how many rows have ended at or before it."""
    total = b.Slice(splits, [-1], [2**62])
    ends = b.Slice(splits, [1], [-1])
    ended = _counts(b, ends, b.Add(total, 1))
    rows: Value = b.Slice(b.CumSum(ended, b.const(0, dtypes.int64)), b.const([0]), total)
    return rows
