"""Reductions of unsorted segments."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

from converters.branches import if_else
from converters.builder import Builder, Value
from converters.guards import shape_text
from converters.math import widely
from converters.registry import NotConvertible, converts
from converters.scatter import place
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation

_REDUCTIONS = {"UnsortedSegmentSum": "add", "UnsortedSegmentProd": "mul", "UnsortedSegmentMax": "max",
               "UnsortedSegmentMin": "min"}  # fmt: skip


def neutral(op_type: str, dtype: DType) -> Any:
    """What a segment begins with."""
    if op_type.endswith("Sum"):
        return 0
    if op_type.endswith("Prod"):
        return 1
    numpy_type = np.dtype(dtype.as_numpy_dtype)
    limits = np.iinfo(numpy_type) if dtype.is_integer else ml_dtypes.finfo(numpy_type)
    return limits.min if op_type.endswith("Max") else limits.max


@converts(*_REDUCTIONS)
def _unsorted_segment(b: Builder, op: Operation, data: Value, ids: Value, num_segments: Value) -> Value:
    """By scattering; rows with a negative id, which would count from the end, are made neutral and go to row 0."""
    if op.type in ("UnsortedSegmentMax", "UnsortedSegmentMin") and not data.dtype.is_floating and data.dtype.size == 2:
        raise NotConvertible("ONNX Runtime scatters no 16-bit integers")
    if num_segments.shape:
        text = shape_text(num_segments.shape)
        raise InvalidArgumentError(None, op, f"num_segments should be a scalar, not shape {text}")
    rest = data.rank - ids.rank
    start = neutral(op.type, data.dtype)
    flat_ids = b.Reshape(b.int64(ids), [-1, 1])
    rows = b.Reshape(b.int64(num_segments), [1])
    count = None if ids.shape is None or None in ids.shape else math.prod(ids.full_shape)

    def scattered(b: Builder, values: Value) -> Value:
        tail = b.Slice(b.Shape(values), [ids.rank], [data.rank], [0])
        flat = b.Reshape(values, b.Concat(b.const([-1]), tail, axis=0)) if ids.rank != 1 else values
        empty = b.Expand(b.const(start, values.dtype), b.Concat(rows, tail, axis=0))
        inner = (None,) * rest if data.shape is None else data.shape[ids.rank :]

        def summed(i: Builder, numbers: Value, added: Value) -> Value:
            empty.shape, numbers.shape, added.shape = (None, *inner), (count, 1), (count, *inner)
            return place(i, empty, numbers, added, _REDUCTIONS[op.type])

        def dropping(i: Builder) -> Value:
            kept = i.Reshape(i.GreaterOrEqual(flat_ids, 0), [-1] + [1] * rest)
            neutral = i.Where(kept, flat, i.const(start, values.dtype))
            return summed(i, i.Max(flat_ids, 0), neutral)

        def plain(i: Builder) -> Value:
            return summed(i, flat_ids, flat)

        shape = None if data.shape is None else (None, *data.shape[ids.rank :])
        if ids.const is not None:
            return dropping(b) if (ids.const < 0).any() else plain(b)
        if not b.strict:
            return dropping(b)
        negative = b.Less(b.ReduceMin(flat_ids, keepdims=0), 0)
        return if_else(b, negative, dropping, plain, values.dtype, shape)

    return widely(b, scattered, data)
