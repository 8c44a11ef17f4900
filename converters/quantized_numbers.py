"""ONNX forms of integers that stand for the numbers of a range, for files: from numbers and back.

In a file these integers are plain ones: uint8 for quint8.
"""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import only_if
from converters.registry import NotConvertible, converts_for_files
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation


def _limits(dtype: DType) -> tuple[int, int]:
    """The least and the largest integer of a quantized type."""
    info = np.iinfo(np.dtype(dtype.as_numpy_dtype)[0])
    return int(info.min), int(info.max)


def _along_axis(b: Builder, op: Operation, x: Value, ends: Value) -> Value:
    """The ends of ranges in the shape in which they apply to `x`."""
    axis = op.attrs["axis"]
    if axis == -1:
        return b.Reshape(ends, b.const(np.zeros(0, np.int64)))  # type: ignore[no-any-return]
    return b.Reshape(ends, [-1 if i == axis else 1 for i in range(x.rank)])  # type: ignore[no-any-return]


def _away(b: Builder, x: Value) -> Value:
    """Rounded, halves away from zero."""
    return b.Mul(b.Floor(b.Add(b.Abs(x), 0.5)), b.Sign(x))  # type: ignore[no-any-return]


def _ordered(b: Builder, low: Value, high: Value) -> Value:
    """`low` in a run in which no lower end is above its upper one."""
    above = b.ReduceSum(b.int64(b.Greater(low, high)), keepdims=0)
    return only_if(b, b.Equal(above, 0), low)


@converts_for_files("QuantizeV2")
def _quantize(b: Builder, op: Operation, x: Value, low: Value, high: Value) -> list[Value]:
    """Integers, and the range for which they stand in the end."""
    attrs, dtype = op.attrs, op.outputs[0].dtype
    least, most = _limits(dtype)
    shape = b.Shape(low)
    low, high = (_along_axis(b, op, x, v) for v in (_ordered(b, low, high), high))
    room = b.Mul(b.Max(b.Abs(low), b.Abs(high), b.const(np.float32(1))), attrs["ensure_minimum_range"])
    zero = b.const(np.float32(0))
    low = b.Min(low, zero)
    high = b.Max(b.Max(high, b.Add(low, room)), zero)
    mode = attrs["mode"]
    if mode == b"SCALED":
        least += int(attrs["narrow_range"])
        step = b.Min(_per_step(b, least, low), _per_step(b, most, high))
        low, high = (_unless_tiny(b, b.Div(b.const(np.float32(end)), step)) for end in (least, most))
        scaled = b.Mul(b.Min(b.Max(x, low), high), step)
        values = b.Round(scaled) if attrs["round_mode"] == b"HALF_TO_EVEN" else _away(b, scaled)
    elif mode == b"MIN_FIRST":
        values = _first(b, x, low, high, least, most)
    else:
        step = b.Div(b.const(np.float32(float(most) - float(least))), b.Sub(high, low))
        scaled = b.Mul(b.Sub(b.Min(b.Max(x, low), high), low), step)
        middle = b.Sub(scaled, float(np.float32((most - least + 1) / 2)))
        values = _away(b, middle) if least < 0 else b.Floor(b.Add(scaled, 0.5))
    wide = b.cast(values, dtypes.float64)
    inside = b.Min(b.Max(wide, float(_limits(dtype)[0])), float(most))
    return [_as(b, inside, dtype), *(b.Reshape(v, shape, allowzero=1) for v in (low, high))]


def _as(b: Builder, values: Value, dtype: DType) -> Value:
    """Whole numbers as integers of a quantized type, by way of a wide one."""
    return b.cast(b.cast(values, dtypes.int64), dtype)


def _per_step(b: Builder, end: int, value: Value) -> Value:
    """How many integers there are to 1, for one end of the range."""
    count = b.const(np.float32(end))
    return b.Where(b.Greater(b.Mul(count, value), 0), b.Div(count, value), b.const(np.finfo(np.float32).max))  # type: ignore[no-any-return]


def _unless_tiny(b: Builder, x: Value) -> Value:
    return b.Where(b.Less(b.Abs(x), float(np.finfo(np.float32).tiny)), b.const(np.float32(0)), x)  # type: ignore[no-any-return]


def _first(b: Builder, x: Value, low: Value, high: Value, least: int, most: int) -> Value:
    """Integers whose steps begin at the least one."""
    steps = most - least + 1
    span = b.Mul(b.cast(b.Sub(high, low), dtypes.float64), steps / (steps - 1.0))
    nothing = b.Equal(span, 0)
    per_step = b.Where(nothing, b.const(np.float64(0)), b.Div(b.const(np.float64(steps)), span))
    per_step = b.cast(per_step, x.dtype)
    start = b.Sub(_away(b, b.Mul(low, per_step)), least)
    return b.Sub(_away(b, b.Mul(x, per_step)), start)  # type: ignore[no-any-return]


@converts_for_files("Dequantize")
def _dequantize(b: Builder, op: Operation, x: Value, low: Value, high: Value) -> Value:
    attrs = op.attrs
    least, most = _limits(x.dtype)
    low, high = (_along_axis(b, op, x, b.cast(v, dtypes.float32)) for v in (low, high))
    mode = attrs["mode"]
    values = b.cast(x, dtypes.float32)
    if mode == b"SCALED":
        step = b.Div(high, float(np.float32(most)))
        if least < 0:
            step = b.Max(b.Div(low, float(np.float32(least + int(attrs["narrow_range"])))), step)
        result = b.Mul(values, step)
    elif mode == b"MIN_FIRST":
        result = _numbers(b, b.cast(x, dtypes.float64), low, high, least, most)
    else:
        half = float(np.float32(0 if least >= 0 else (most - least + 1) / 2))
        step = b.Div(b.Sub(high, low), float(np.float32(most) - np.float32(least)))
        result = b.Add(b.Mul(b.Add(values, half), step), low)
    return b.cast(result, op.outputs[0].dtype)


def _numbers(b: Builder, values: Value, low: Value, high: Value, least: int, most: int) -> Value:
    """What integers whose steps begin at the least one stand for."""
    step = b.Div(b.cast(b.Sub(high, low), dtypes.float64), float(most - least))
    bottom = b.cast(low, dtypes.float64)
    start = b.Where(b.Equal(step, 0), bottom, b.Mul(_away(b, b.Div(bottom, step)), step))
    result = b.Add(start, b.Mul(b.Sub(values, float(least)), step))
    return b.cast(b.Where(b.Equal(low, high), bottom, result), dtypes.float32)


@converts_for_files("Bitcast")
def _bitcast(b: Builder, op: Operation, x: Value) -> Value:
    """Between integers of one size, quantized or not."""
    target = op.attrs["type"]
    kinds = [v.name.removeprefix("q") for v in (x.dtype, target)]
    if "int" not in kinds[0] or "int" not in kinds[1] or x.dtype.size != target.size:
        raise NotConvertible(f"bits of {x.dtype.name} as {target.name}")
    return b.cast(x, target)
