"""bias_add, its gradient, and l2_loss."""

from __future__ import annotations

from converters.builder import Builder, Value
from converters.registry import converts
from tfcompat.graph.operation import Operation


@converts("BiasAdd", "BiasAddV1")
def _bias_add(b: Builder, op: Operation, value: Value, bias: Value) -> Value:
    if op.attrs.get("data_format") == b"NCHW" and value.rank > 2:
        bias = b.Reshape(bias, b.const([-1] + [1] * (value.rank - 2)))
    return b.Add(value, bias)


@converts("BiasAddGrad")
def _bias_add_grad(b: Builder, op: Operation, grad: Value) -> Value:
    """The sum over all axes but the channels'.

    Space first, then the batch: ONNX Runtime is thirty times slower over both at once, and less exact.
    """
    channel = 1 if op.attrs["data_format"] == b"NCHW" else grad.rank - 1
    space = [a for a in range(1, grad.rank) if a != channel]
    if space:
        grad = b.ReduceSum(grad, space, keepdims=0)
    return b.ReduceSum(grad, [0], keepdims=0)


@converts("L2Loss")
def _l2_loss(b: Builder, op: Operation, t: Value) -> Value:
    return b.Mul(b.ReduceSumSquare(t, keepdims=0), 0.5)
