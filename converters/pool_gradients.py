"""Gradients of max pools: each window's gradient goes to the first of its largest elements, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from converters.builder import Builder, Value
from converters.conv import working_type
from converters.pool import WindowGiven, first_largest, geometry, pooled_shape, unless_nan
from converters.registry import NotConvertible, converts
from converters.scatter import place
from converters.windows import Axis, offsets, padded, spread, tap
from tfcompat.graph.operation import Operation


def _masked(b: Builder, mask: Value, grad: Value) -> Value:
    return b.Mul(grad, b.cast(mask, grad.dtype))


@converts("MaxPoolGrad", "MaxPool3DGrad")
def _max_pool_grad(b: Builder, op: Operation, x: Value, y: Value, grad: Value) -> Value:
    axes = geometry(op, x.shape)
    rest = (x.shape or (None,) * x.rank)[axes[-1].axis + 1 :]

    def routed(i: Builder, nan: bool) -> Value:
        _, masks = first_largest(i, x, axes, nan)
        order = dict(zip(offsets(axes), masks, strict=True))
        return spread(i, lambda at: _masked(i, order[at], grad), axes, rest)

    return unless_nan(b, x, lambda i: routed(i, False), lambda i: routed(i, True), grad.dtype, x.shape)


@converts("MaxPoolGradV2")
def _max_pool_grad_v2(
    b: Builder, op: Operation, x: Value, y: Value, grad: Value, ksize: Value, strides: Value
) -> Value:
    return _max_pool_grad(b, WindowGiven(b, op, ksize, strides), x, y, grad)  # type: ignore[arg-type]


@converts("MaxPoolGradGrad", "MaxPool3DGradGrad")
def _max_pool_grad_grad(b: Builder, op: Operation, x: Value, y: Value, grad: Value) -> Value:
    axes = geometry(op, x.shape)
    return unless_nan(
        b,
        x,
        lambda i: _collected(i, x, grad, axes, False),
        lambda i: _collected(i, x, grad, axes, True),
        grad.dtype,
        pooled_shape(x.shape, axes),
    )


def _collected(b: Builder, x: Value, grad: Value, axes: Sequence[Axis], nan: bool) -> Value:
    """Of each window the element of `grad` where the first of the largest elements of `x` is."""
    _, masks = first_largest(b, x, axes, nan)
    source = padded(b, grad, axes)
    terms = [_masked(b, mask, tap(b, source, axes, at)) for mask, at in zip(masks, offsets(axes), strict=True)]
    total = terms[0]
    for term in terms[1:]:
        total = b.Add(total, term)
    return total


@converts("MaxPoolGradWithArgmax")
def _max_pool_grad_with_argmax(b: Builder, op: Operation, x: Value, grad: Value, argmax: Value) -> Value:
    """Adds each gradient where its maximum stood."""
    batch, *image = x.full_shape
    if grad.dtype.name in ("complex64", "complex128"):
        raise NotConvertible("pools of complex numbers")
    size = int(np.prod(image))
    index = b.int64(argmax)
    if not op.attrs["include_batch_in_index"]:
        index = b.Add(index, b.const((np.arange(batch, dtype=np.int64) * size).reshape(-1, 1, 1, 1)))
    dtype = working_type(grad.dtype)
    column = b.Reshape(index, b.const([-1, 1]))
    values = b.Reshape(b.cast(grad, dtype), b.const([-1]))
    count = math.prod(grad.full_shape)
    column.shape, values.shape = (count, 1), (count,)
    total = place(b, b.const(np.zeros(batch * size), dtype), column, values, "add")
    return b.cast(b.Reshape(total, b.const([batch, *image])), grad.dtype)
