"""ONNX forms of simulated quantization.

In a run the reference's arithmetic; in an exported file with 8 bits a pair QuantizeLinear, DequantizeLinear, which
other tools recognise. The pair rounds numbers exactly between two steps to even, and has no NaN. Where the ends of the
range themselves lie between two steps, as those of [-6, 6] do, the numbers are divided by a step that is a millionth
larger or smaller, so that the ends go where the reference puts them: numbers cut off at the end of a range are common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from converters import guards, sums
from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.fake_quant import QuantizedRange, checked_bits, quantized_range
from tfcompat.graph.operation import Operation


@dataclass(slots=True)
class _Numbers:
    """The `QuantizedRange` inside the model; `absent` is where there is no range, None for nowhere."""

    minimum: Value
    maximum: Value
    step: Value
    inverse: Value
    zero: Value
    absent: Value | None = None
    divisor: Value | None = None
    """The step of the pair, if there can be one."""


def _bits(op: Operation) -> tuple[int, bool]:
    try:
        return checked_bits(op.attrs["num_bits"]), op.attrs["narrow_range"]
    except ValueError as error:
        raise NotConvertible(str(error)) from None


def _constant_numbers(b: Builder, op: Operation, low: Any, high: Any) -> _Numbers:
    known = quantized_range(low, high, *_bits(op))
    minimum, maximum, step, zero = (b.const(v) for v in (known.minimum, known.maximum, known.step, known.zero))
    inverse = b.const(np.float32(1) / known.step)
    divisor = _divisor(known, np.asarray(low, np.float32), np.asarray(high, np.float32))
    if b.strict and divisor is not None and np.any(divisor != known.step):
        divisor = None
    return _Numbers(minimum, maximum, step, inverse, zero, divisor=None if divisor is None else b.const(divisor))


_NUDGE = np.float32(2.0**-20)


def _divisor(known: QuantizedRange, low: np.ndarray, high: np.ndarray) -> np.ndarray | None:
    """The steps, moved so that the ends divided by them are rounded as in the reference; None: there are none."""
    candidates = [np.asarray(known.step * (1 + change)) for change in (np.float32(0), _NUDGE, -_NUDGE)]
    fits = [np.ones(known.step.shape, bool) for _ in candidates]
    for end in (low, high):
        inside = np.clip(end, known.minimum, known.maximum)
        wanted = known.first + np.floor((inside - known.minimum) * (np.float32(1) / known.step) + np.float32(0.5))
        for step, fit in zip(candidates, fits, strict=True):
            near = np.abs(end / step - np.round(end / step)) > 0.5 - 2.0**-17
            fit &= ~near & (np.clip(np.round(end / step) + known.zero, known.first, 255) == wanted)
    if not np.all(np.any(fits, 0)):
        return None
    return np.select(fits, candidates).astype(np.float32)


def _fixed(b: Builder, op: Operation) -> _Numbers:
    """The range of attributes."""
    try:
        return _constant_numbers(b, op, op.attrs["min"], op.attrs["max"])
    except ValueError as error:
        raise NotConvertible(str(error)) from None


def _computed(b: Builder, op: Operation, low: Value, high: Value) -> _Numbers:
    """The range of inputs; both ends zero mean that there is none."""
    num_bits, narrow = _bits(op)
    if low.const is not None and high.const is not None and np.all(low.const < high.const):
        return _constant_numbers(b, op, low.const, high.const)
    absent = b.And(b.Equal(low, 0), b.Equal(high, 0))
    first, last = float(narrow), float(2**num_bits - 1)
    step = b.Where(absent, b.const(1.0), b.Div(b.Sub(high, low), last - first))
    zero = b.Floor(b.Add(b.Sub(first, b.Div(low, step)), 0.5))
    zero = b.Min(b.Max(zero, first), last)
    minimum, maximum = (b.Mul(b.Sub(end, zero), step) for end in (b.const(first), b.const(last)))
    return _Numbers(minimum, maximum, step, b.Reciprocal(step), zero, absent, step)


def _rounded(b: Builder, op: Operation, x: Value, numbers: _Numbers) -> Value:
    per_channel = "PerChannel" in op.type
    as_pair = b.for_export and op.attrs["num_bits"] == 8 and numbers.divisor is not None
    if not as_pair or op.attrs["narrow_range"]:
        inside = b.Min(b.Max(x, numbers.minimum), numbers.maximum)
    else:
        inside = x
    if as_pair:
        zero = b.cast(numbers.zero, dtypes.uint8)
        axis = {"axis": x.rank - 1} if per_channel else {}
        steps = b.QuantizeLinear(inside, numbers.divisor, zero, dtype=dtypes.uint8, **axis)
        result = b.DequantizeLinear(steps, numbers.step, zero, **axis)
    else:
        steps = b.Floor(b.Add(b.Mul(b.Sub(inside, numbers.minimum), numbers.inverse), 0.5))
        result = b.Add(b.Mul(steps, numbers.step), numbers.minimum)
    return result if numbers.absent is None else b.Where(numbers.absent, b.const(0.0), result)


def _is_inside(b: Builder, x: Value, numbers: _Numbers) -> Value:
    return b.And(b.GreaterOrEqual(x, numbers.minimum), b.LessOrEqual(x, numbers.maximum))  # type: ignore[no-any-return]


@converts("FakeQuantWithMinMaxArgs")
def _fake_quant(b: Builder, op: Operation, x: Value) -> Value:
    return _rounded(b, op, x, _fixed(b, op))


@converts("FakeQuantWithMinMaxArgsGradient")
def _fake_quant_gradient(b: Builder, op: Operation, gradients: Value, x: Value) -> Value:
    gradients = guards.same_shape(b, gradients, x)
    return b.Where(_is_inside(b, x, _fixed(b, op)), gradients, b.const(0.0))


@converts("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
def _ranged(b: Builder, op: Operation, x: Value, low: Value, high: Value) -> Value:
    return _rounded(b, op, x, _computed(b, op, *_checked(b, op, x, low, high)))


@converts("FakeQuantWithMinMaxVarsGradient", "FakeQuantWithMinMaxVarsPerChannelGradient")
def _ranged_gradient(b: Builder, op: Operation, gradients: Value, x: Value, low: Value, high: Value) -> list[Value]:
    gradients = guards.same_shape(b, gradients, x)
    low, high = _checked(b, op, x, low, high)
    numbers = _computed(b, op, low, high)
    inside = _is_inside(b, x, numbers)
    below, above = b.Less(x, numbers.minimum), b.Greater(x, numbers.maximum)
    if numbers.absent is not None:
        inside = b.Or(inside, numbers.absent)
        below, above = (b.And(side, b.Not(numbers.absent)) for side in (below, above))
    zero = b.const(0.0)
    axes = list(range(x.rank - 1 if "PerChannel" in op.type else x.rank))
    results = [b.Where(inside, gradients, zero)]
    for side in (below, above):
        part = b.Where(side, gradients, zero)
        part.shape = x.shape
        results.append(sums.float_sum(b, part, axes, False) if axes else part)
    return results


def _checked(b: Builder, op: Operation, x: Value, low: Value, high: Value) -> tuple[Value, Value]:
    """The ends of ranges per channel, in a run in which there is one for each channel."""
    if "PerChannel" not in op.type:
        return low, high
    if x.rank == 0:
        raise NotConvertible("a scalar has no channels")
    if x.shape and x.shape[-1] is not None and {x.shape[-1]} == {v.shape[0] for v in (low, high) if v.shape}:
        return low, high
    channels = b.Shape(x, start=x.rank - 1)
    ends = []
    for end in (low, high):
        fits = b.Squeeze(b.Equal(b.Shape(end), channels), [0])
        ends.append(b.Reshape(end, guards.require(b, fits, channels)))
    return ends[0], ends[1]
