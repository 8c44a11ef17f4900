"""Activation functions and their gradients, softmax and log-softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from converters.builder import Builder, Value
from converters.guards import shape_text
from converters.math import log1p
from converters.registry import converts
from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation

SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717
_DIRECT = ("float16", "bfloat16", "float32")
"""Types for which ONNX Runtime has kernels of Elu, Selu, LeakyRelu, Softplus and Softsign, or widens to one."""


@converts("Relu")
def _relu(b: Builder, op: Operation, x: Value) -> Value:
    if x.dtype.is_unsigned:
        return x
    return b.Max(x, 0) if x.dtype.is_integer else b.Relu(x)


@converts("Relu6")
def _relu6(b: Builder, op: Operation, x: Value) -> Value:
    return b.Clip(x, b.const(0, x.dtype), b.const(6, x.dtype))


@converts("Elu")
def _elu(b: Builder, op: Operation, x: Value) -> Value:
    if x.dtype.name in _DIRECT:
        return b.Elu(x)
    return b.Where(b.Less(x, 0), b.Sub(b.Exp(x), 1), x)


@converts("Selu")
def _selu(b: Builder, op: Operation, x: Value) -> Value:
    if x.dtype.name in _DIRECT:
        return b.Selu(x)
    below = b.Mul(b.Sub(b.Exp(x), 1), SELU_SCALE * SELU_ALPHA)
    return b.Where(b.Less(x, 0), below, b.Mul(x, SELU_SCALE))


@converts("LeakyRelu")
def _leaky_relu(b: Builder, op: Operation, x: Value) -> Value:
    if x.dtype.name in _DIRECT:
        return b.LeakyRelu(x, alpha=op.attrs["alpha"])
    return b.Where(b.Less(x, 0), b.Mul(x, _float32(op.attrs["alpha"])), x)


def _float32(value: float) -> float:
    """`value` as a float attribute holds it: rounded to float32."""
    return float(np.float32(value))


@converts("Softplus")
def _softplus(b: Builder, op: Operation, x: Value) -> Value:
    """float64: max(x, 0) + log(1 + exp(-|x|)), where 2 atanh(u / (2 + u)) with few terms would not be exact enough."""
    if x.dtype.name in _DIRECT:
        return b.Softplus(x)
    small = b.Exp(b.Neg(b.Abs(x)))
    return b.Add(b.Max(x, 0), log1p(b, small))


@converts("Softsign")
def _softsign(b: Builder, op: Operation, x: Value) -> Value:
    if x.dtype.name in _DIRECT:
        return b.Softsign(x)
    return b.Div(x, b.Add(b.Abs(x), 1))


def _masked(b: Builder, grad: Value, condition: Value) -> Value:
    """`grad` times 1 where the condition holds and 0 elsewhere, so that NaN and infinity stay visible."""
    return b.Mul(grad, b.cast(condition, grad.dtype))


@converts("ReluGrad")
def _relu_grad(b: Builder, op: Operation, grad: Value, x: Value) -> Value:
    return _masked(b, grad, b.Greater(x, 0))


@converts("Relu6Grad")
def _relu6_grad(b: Builder, op: Operation, grad: Value, x: Value) -> Value:
    return _masked(b, grad, b.And(b.Greater(x, 0), b.Less(x, 6)))


@converts("LeakyReluGrad")
def _leaky_relu_grad(b: Builder, op: Operation, grad: Value, x: Value) -> Value:
    """grad * (1 or alpha): a factor, for a choice between two tensors costs ten times as much."""
    alpha = _float32(op.attrs["alpha"])
    positive = b.cast(b.Greater(x, 0), grad.dtype)
    if 0 <= alpha <= 1:
        return b.Mul(grad, b.Max(positive, alpha))
    return b.Mul(grad, b.Add(positive, b.Mul(b.Sub(1, positive), alpha)))


@converts("EluGrad")
def _elu_grad(b: Builder, op: Operation, grad: Value, y: Value) -> Value:
    if y.dtype is not dtypes.float32:
        return b.Where(b.Less(y, 0), b.Mul(grad, b.Add(y, 1)), grad)
    return b.Mul(grad, b.Sub(1, _depth(b, y)))


@converts("SeluGrad")
def _selu_grad(b: Builder, op: Operation, grad: Value, y: Value) -> Value:
    if y.dtype is not dtypes.float32:
        below = b.Mul(grad, b.Add(y, SELU_SCALE * SELU_ALPHA))
        return b.Where(b.Less(y, 0), below, b.Mul(grad, SELU_SCALE))
    negative = b.cast(b.Less(y, 0), y.dtype)
    top = b.Add(b.Mul(b.Sub(1, negative), SELU_SCALE), b.Mul(negative, SELU_SCALE * SELU_ALPHA))
    return b.Mul(grad, b.Sub(top, _depth(b, y)))


def _depth(b: Builder, y: Value) -> Value:
    """-y where y is negative and 0 elsewhere, also where it is NaN."""
    return b.ThresholdedRelu(b.Neg(y), alpha=0.0)


@converts("SoftplusGrad")
def _softplus_grad(b: Builder, op: Operation, grad: Value, x: Value) -> Value:
    return b.Div(grad, b.Add(b.Exp(b.Neg(x)), 1))


@converts("SoftsignGrad")
def _softsign_grad(b: Builder, op: Operation, grad: Value, x: Value) -> Value:
    size = b.Add(b.Abs(x), 1)
    return b.Div(grad, b.Mul(size, size))


@converts("Softmax", "LogSoftmax")
def _softmax(b: Builder, op: Operation, logits: Value) -> Value:
    emit: Any = getattr(b, op.type)
    return emit(logits, axis=-1)


# ---------------------------------------------------------------- cross-entropies


@converts("SoftmaxCrossEntropyWithLogits")
def _softmax_cross_entropy(b: Builder, op: Operation, logits: Value, labels: Value) -> list[Value]:
    if any(v.shape is not None and len(v.shape) > 2 for v in (logits, labels)):
        raise InvalidArgumentError(
            None, op, "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional"
        )
    loss = b.Neg(b.ReduceSum(b.Mul(labels, b.LogSoftmax(logits, axis=-1)), [1], keepdims=0))
    return [loss, b.Sub(b.Softmax(logits, axis=-1), labels)]


@converts("SparseSoftmaxCrossEntropyWithLogits")
def _sparse_softmax_cross_entropy(b: Builder, op: Operation, logits: Value, labels: Value) -> list[Value]:
    """GatherElements refuses labels that are too large; negative ones, which it counts from the end, are made so."""
    sizes = [None if v.shape is None else list(v.shape) for v in (logits, labels)]
    wrong = ""
    if sizes[0] is not None and len(sizes[0]) != 2:
        wrong = f"logits must be 2-D, but got shape {shape_text(sizes[0])}"
    elif sizes[1] is not None and len(sizes[1]) != 1:
        wrong = f"labels must be 1-D, but got shape {shape_text(sizes[1])}"
    elif sizes[0] and sizes[1] and None not in (sizes[0][0], sizes[1][0]) and sizes[0][0] != sizes[1][0]:
        wrong = (
            f"logits and labels must have the same first dimension, got logits shape {shape_text(sizes[0])} and labels "
            f"shape {shape_text(sizes[1])}"
        )
    if wrong:
        raise InvalidArgumentError(None, op, wrong)
    index = b.Unsqueeze(b.int64(labels), [1])
    classes = _classes(b, logits)
    index = b.Where(b.Less(index, 0), classes, index)
    loss = b.Squeeze(b.Neg(b.GatherElements(b.LogSoftmax(logits, axis=-1), index, axis=1)), [1])
    hit = b.Equal(index, b.Range(b.const(0), classes, b.const(1)))
    return [loss, b.Sub(b.Softmax(logits, axis=-1), b.cast(hit, logits.dtype))]


def _classes(b: Builder, logits: Value) -> Value:
    """The size of dimension 1 as an int64 scalar."""
    if logits.shape is not None and logits.shape[1] is not None:
        return b.const(logits.shape[1])
    return b.Squeeze(b.cast(b.Shape(logits, start=1, end=2), dtypes.int64), [0])
