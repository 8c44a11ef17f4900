"""ONNX forms of simulated quantization with fixed ranges."""

from __future__ import annotations

import numpy as np

from converters import guards
from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph.fake_quant import QuantizedRange, quantized_range
from tfcompat.graph.operation import Operation


def _range(op: Operation) -> QuantizedRange:
    attrs = op.attrs
    try:
        return quantized_range(attrs["min"], attrs["max"], attrs["num_bits"], attrs["narrow_range"])
    except ValueError as error:
        raise NotConvertible(str(error)) from None


@converts("FakeQuantWithMinMaxArgs")
def _fake_quant(b: Builder, op: Operation, inputs: Value) -> Value:
    numbers = _range(op)
    minimum = b.const(numbers.minimum)
    inside = b.Clip(inputs, minimum, b.const(numbers.maximum))
    steps = b.Floor(b.Add(b.Mul(b.Sub(inside, minimum), np.float32(1) / numbers.step), np.float32(0.5)))
    return b.Add(b.Mul(steps, numbers.step), minimum)


@converts("FakeQuantWithMinMaxArgsGradient")
def _fake_quant_gradient(b: Builder, op: Operation, gradients: Value, inputs: Value) -> Value:
    numbers = _range(op)
    gradients = guards.same_shape(b, gradients, inputs)
    inside = b.And(b.GreaterOrEqual(inputs, b.const(numbers.minimum)), b.LessOrEqual(inputs, b.const(numbers.maximum)))
    return b.Where(inside, gradients, b.const(0.0, gradients.dtype))
