"""ONNX forms of rounding to the numbers that quantized integers stand for, in a given range."""

from __future__ import annotations

import numpy as np

from converters import guards
from converters.builder import Builder, Value
from converters.registry import NeedsFullShapes, NotConvertible, converts
from tfcompat.graph.operation import Operation


@converts("QuantizeAndDequantize", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4")
def _there_and_back(
    b: Builder, op: Operation, x: Value, low: Value | None = None, high: Value | None = None, bits: Value | None = None
) -> Value:
    """Clipped to the range, in whole steps; the step is the smaller one that either end asks for."""
    attrs = op.attrs
    if x.dtype.name not in ("float32", "float64"):
        raise NotConvertible(f"rounding of {x.dtype.name} to quantized numbers")
    count = attrs["num_bits"] if bits is None else int(b.constant(bits, "num_bits"))
    signed = attrs["signed_input"]
    if not 1 + signed <= count <= 62:
        raise NotConvertible(f"num_bits is out of range: {count}")
    least = -(1 << count - 1) + int(attrs.get("narrow_range", False)) if signed else 0
    most = (1 << count - 1) - 1 if signed else (1 << count) - 1
    kind = x.dtype.as_numpy_dtype
    given, axis = attrs["range_given"], attrs.get("axis", -1)
    if not given:
        start, end = _ends_of(b, x, axis)
    elif low is None or high is None:
        start, end = (b.const(np.array(attrs[name], kind)) for name in ("input_min", "input_max"))
    else:
        start, end = _ordered(b, x, low, high, axis)
    greatest, first, last = (b.const(np.array(v, kind)) for v in (np.finfo(kind).max, least, most))
    from_start = b.Where(b.Greater(b.Mul(start, first), 0), b.Div(first, start), greatest)
    from_end = b.Where(b.Greater(b.Mul(end, last), 0), b.Div(last, end), greatest)
    by_start = b.Less(from_start, from_end)
    step = b.Where(by_start, from_start, from_end)
    of_start = b.Div(start, b.const(np.array(least or 1, kind)))
    inverse = b.Where(by_start, of_start, b.Div(end, last))
    if given:
        lower = b.Where(by_start, start, b.Mul(first, inverse))
        upper = b.Where(by_start, b.Mul(last, inverse), end)
        x = b.Min(b.Max(x, lower), upper)
    scaled = b.Mul(x, step)
    half_up = attrs.get("round_mode", b"HALF_TO_EVEN") == b"HALF_UP"
    return b.Mul(b.Floor(b.Add(scaled, 0.5)) if half_up else b.Round(scaled), inverse)  # type: ignore[no-any-return]


def _ends_of(b: Builder, x: Value, axis: int) -> tuple[Value, Value]:
    """The least and the largest of the values themselves, along one axis or of all.

    Raises:
        NeedsFullShapes: it is not known whether there are any.
    """
    if x.shape is None or 0 in x.shape or None in x.shape and not b.for_export:
        raise NeedsFullShapes("the range of values of which there may be none")
    over = [i for i in range(x.rank) if i != axis]
    return (x, x) if not over else (b.ReduceMin(x, over), b.ReduceMax(x, over))


def _ordered(b: Builder, x: Value, low: Value, high: Value, axis: int) -> tuple[Value, Value]:
    """Both ends in the shape in which they apply, in a run in which the lower is not above the upper."""
    shape = [1] * x.rank if axis >= 0 else []
    if axis >= 0:
        shape[axis] = -1
    sizes = b.const(np.array(shape, np.int64))
    if low.const is None or high.const is None:
        none_above = b.Equal(b.ReduceSum(b.int64(b.Greater(low, high)), keepdims=0), 0)
        if not shape:
            count = guards.require(b, none_above, b.const(np.ones(1, np.int64)))
            return b.Squeeze(b.Expand(low, count), [0]), b.Squeeze(b.Expand(high, count), [0])
        sizes = guards.require(b, none_above, sizes)
    elif np.any(low.const > high.const):
        raise NotConvertible("the lower end of the range is above the upper one")
    return b.Reshape(low, sizes), b.Reshape(high, sizes)
