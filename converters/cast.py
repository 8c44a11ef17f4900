"""Conversions between element types."""

from __future__ import annotations

from converters.builder import Builder, Value, onnx_type
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts("Cast")
def _cast(b: Builder, op: Operation, x: Value) -> Value:
    target = op.attrs["DstT"]
    if dtypes.string in (x.dtype, target):
        raise NotConvertible("numbers and strings are not cast to each other")
    if op.attrs["Truncate"] and target.is_floating and x.dtype.is_floating and target.size < x.dtype.size:
        raise NotConvertible("ONNX casts round; Truncate=True does not")
    onnx_type(x.dtype)
    onnx_type(target)
    return b.cast(x, target)


@converts("ClipByValue")
def _clip_by_value(b: Builder, op: Operation, x: Value, low: Value, high: Value) -> Value:
    return b.Max(b.Min(x, high), low)
