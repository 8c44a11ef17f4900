"""Reductions of sorted and sparse segments, and counts, by scattering."""

from __future__ import annotations

import math

import numpy as np

from converters.builder import Builder, Value
from converters.guards import non_negative, require
from converters.registry import NotConvertible, converts
from converters.scatter import place
from converters.segment import neutral
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_SORTED = {"SegmentSum": "add", "SegmentMean": "add", "SegmentProd": "mul", "SegmentMax": "max", "SegmentMin": "min"}
_SPARSE = ("SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN")
_END = np.iinfo(np.int64).max
_MOST = np.iinfo(np.int32).max
"""More segments than this have no place in memory."""


def _increasing(b: Builder, ids: Value) -> tuple[Value, Value]:
    """(`ids`, the number of segments) in a run in which they are sorted and not negative."""
    ids = b.int64(ids)
    if ids.const is not None:
        values = ids.const.tolist()
        if values != sorted(values) or values and (values[0] < 0 or values[-1] > _MOST):
            raise NotConvertible("segment ids that are not sorted or negative are refused on the host")
        return ids, b.const([values[-1] + 1 if values else 0])
    steps = b.Sub(b.Slice(ids, [1], [_END], [0]), b.Slice(ids, [0], [-1], [0]))
    lowest = b.ReduceMin(b.Concat(b.const([0]), ids, steps, axis=0), keepdims=0)
    count = b.Add(b.ReduceMax(b.Concat(b.const([-1]), ids, axis=0), keepdims=1), 1)
    fine = b.And(b.GreaterOrEqual(lowest, 0), b.LessOrEqual(b.Squeeze(count, [0]), _MOST))
    return ids, require(b, fine, count)


def _scattered(b: Builder, start: object, data: Value, ids: Value, rows: Value, reduction: str) -> Value:
    """Segments that begin with `start`, with the rows of `data` put into them."""
    tail = b.Slice(b.Shape(data), [1], [_END], [0])
    empty = b.Expand(b.const(start, data.dtype), b.Concat(rows, tail, axis=0))
    count = data.shape[0] if data.shape is not None else None
    empty.shape = None if data.shape is None else (None, *data.shape[1:])
    numbers = b.Reshape(ids, [-1, 1])
    numbers.shape = (count, 1)
    return place(b, empty, numbers, data, reduction)


def _counts(b: Builder, ids: Value, rows: Value, like: Value) -> Value:
    """How many rows each segment has, in the shape that divides rows of the rank of `like`."""
    ones = b.Expand(b.const(1.0, like.dtype), b.Shape(ids))
    ones.shape = ids.shape if ids.shape is not None else (None,)
    counts = _scattered(b, 0, ones, ids, rows, "add")
    return b.Reshape(counts, [-1] + [1] * (like.rank - 1))


def _wide(b: Builder, data: Value) -> Value:
    """Floats as float64, in which sums do not lose what the reference keeps."""
    return b.cast(data, dtypes.float64) if data.dtype.is_floating else data


@converts(*_SORTED)
def _segment(b: Builder, op: Operation, data: Value, ids: Value) -> Value:
    _check(b, op.type, data)
    ids, rows = _increasing(b, ids)
    if op.type in ("SegmentMax", "SegmentMin"):
        extremes = _scattered(b, neutral(op.type, data.dtype), data, ids, rows, _SORTED[op.type])
        counts = b.Equal(_counts(b, ids, rows, b.cast(data, dtypes.int64)), 0)
        return b.Where(counts, b.const(0, data.dtype), extremes)
    wide = _wide(b, data)
    result = _scattered(b, int(op.type == "SegmentProd"), wide, ids, rows, _SORTED[op.type])
    if op.type == "SegmentMean":
        result = b.Div(result, b.Max(_counts(b, ids, rows, wide), b.const(1, wide.dtype)))
    return b.cast(result, data.dtype)


def _check(b: Builder, op_type: str, data: Value) -> None:
    if data.dtype.is_complex:
        raise NotConvertible(f"ONNX has no tensors of {data.dtype.name}")
    if op_type.endswith(("Max", "Min")):
        if data.dtype.size == 2 and not data.dtype.is_floating:
            raise NotConvertible("ONNX Runtime scatters no 16-bit integers")
        if data.dtype.is_floating and not b.for_export:
            raise NotConvertible("ONNX Runtime keeps a NaN where the reference goes on to the next number")


@converts(*_SPARSE, *(f"{t}WithNumSegments" for t in _SPARSE))
def _sparse_segment(
    b: Builder, op: Operation, data: Value, indices: Value, ids: Value, num_segments: Value | None = None
) -> Value:
    kind = op.type.removeprefix("SparseSegment").removesuffix("WithNumSegments")
    size = data.shape[0] if data.shape is not None else None
    picked = b.Gather(data, non_negative(b, indices, size), axis=0)
    if data.shape is not None:
        picked.shape = ((indices.shape or (None,))[0], *data.shape[1:])
    ids, rows = _increasing(b, ids)
    if num_segments is not None:
        wanted = b.Reshape(b.int64(num_segments), [1])
        rows = require(b, b.Squeeze(b.GreaterOrEqual(wanted, rows), [0]), wanted)
    wide = _wide(b, picked)
    result = _scattered(b, 0, wide, ids, rows, "add")
    if kind != "Sum":
        counts = b.Max(_counts(b, ids, rows, wide), b.const(1, wide.dtype))
        result = b.Div(result, b.Sqrt(counts) if kind == "SqrtN" else counts)
    return b.cast(result, data.dtype)


# ---------------------------------------------------------------- counts


@converts("DenseBincount", "Bincount")
def _bincount(b: Builder, op: Operation, arr: Value, size: Value, weights: Value) -> Value:
    """Numbers that are too large are counted in a bin of their own, which is cut off."""
    dtype = op.outputs[0].dtype.base_dtype
    if weights.shape is None or None in weights.shape:
        raise NotConvertible("whether there are weights must be known")
    weighted = math.prod(weights.shape) > 0  # type: ignore[arg-type]
    rank = arr.rank if op.type == "DenseBincount" else 1
    if rank > 2:
        raise NotConvertible("the input must be a vector or a matrix")
    bins = b.Reshape(b.int64(size), [1])
    flat = b.Reshape(b.int64(arr), [-1])
    lowest = b.ReduceMin(b.Concat(bins, flat, axis=0), keepdims=0)
    bins = require(b, b.GreaterOrEqual(lowest, 0), bins)
    places = b.Min(flat, bins)
    wide = b.Add(bins, 1)
    rows = b.const([1])
    if rank == 2:
        rows = b.Slice(b.Shape(arr), [0], [1], [0])
        first = b.Mul(b.Range(b.const(0), b.Squeeze(rows, [0]), b.const(1)), wide)
        places = b.Reshape(b.Add(b.Reshape(places, b.Shape(arr)), b.Unsqueeze(first, [1])), [-1])
    places.shape = (None if arr.shape is None or None in arr.shape else math.prod(arr.full_shape),)
    values = b.Reshape(weights, [-1]) if weighted else b.Expand(b.const(1, dtype), b.Shape(places))
    values.shape = places.shape
    binary = op.type == "DenseBincount" and bool(op.attrs["binary_output"])
    if binary:
        values = b.Expand(b.const(1, dtype), b.Shape(places))
        values.shape = places.shape
    counts = _scattered(b, 0, b.cast(values, dtype), places, b.Mul(rows, wide), "max" if binary else "add")
    if rank == 1:
        return b.Slice(counts, [0], [-1], [0])
    return b.Slice(b.Reshape(counts, b.Concat(rows, wide, axis=0)), [0], [-1], [1])


@converts("HistogramFixedWidth")
def _histogram(b: Builder, op: Operation, values: Value, value_range: Value, nbins: Value) -> Value:
    wide = b.cast(value_range, dtypes.float64)
    low, high = b.Slice(wide, [0], [1], [0]), b.Slice(wide, [1], [2], [0])
    bins = b.Reshape(b.int64(nbins), [1])
    fine = b.And(b.Less(low, high), b.Greater(bins, 0))
    bins = require(b, b.Squeeze(fine, [0]), bins)
    count = b.cast(bins, dtypes.float64)
    flat = b.cast(b.Reshape(values, [-1]), dtypes.float64)
    place_ = b.Div(b.Sub(flat, low), b.Div(b.Sub(high, low), count))
    place_ = b.Floor(b.Max(b.Min(place_, b.Sub(count, 1.0)), b.const(0.0, dtypes.float64)))
    place_ = b.Where(b.IsNaN(flat), b.const(0.0, dtypes.float64), place_)
    places = b.cast(place_, dtypes.int64)
    places.shape = (None if values.shape is None or None in values.shape else math.prod(values.full_shape),)
    ones = b.Expand(b.const(1, dtypes.int64), b.Shape(places))
    ones.shape = places.shape
    return b.cast(_scattered(b, 0, ones, places, bins, "add"), op.outputs[0].dtype.base_dtype)
