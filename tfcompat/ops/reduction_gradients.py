"""Gradients of reductions over axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.constant import constant_op
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.math import conjugate


def reduced_axes_of(op: Operation) -> list[int] | None:
    """The axes that a reduction removes, counted from the front; None when they or the rank are not known."""
    rank = op.inputs[0].shape.rank
    axes = GRAPH_VALUES.constant(op.inputs[1])
    if rank is None or axes is None:
        return None
    return sorted({int(a) % rank for a in axes.reshape(-1)}) if rank else []


def with_kept_axes(op: Operation, *values: Tensor) -> Sequence[Tensor]:
    """Tensors of the shape of the reduction's output, with the reduced axes put back as size 1."""
    if op.attrs["keep_dims"]:
        return values
    axes = reduced_axes_of(op)
    if axes == []:
        return values
    if axes is not None:
        dims = [1 if i in axes else d for i, d in enumerate(op.inputs[0].shape.as_list())]
        if dims.count(None) <= 1:
            shape: Any = constant_op(np.array([-1 if d is None else d for d in dims], np.int32))
            if None not in dims or 0 not in dims:
                return [raw_ops.Reshape(tensor=v, shape=shape) for v in values]
        return [_with_axes(v, axes) for v in values]
    shape = _kept_shape(op)
    return [raw_ops.Reshape(tensor=v, shape=shape) for v in values]


def _with_axes(value: Tensor, axes: Sequence[int]) -> Tensor:
    for axis in axes:
        value = raw_ops.ExpandDims(input=value, dim=axis)
    return value


def _kept_shape(op: Operation) -> Tensor:
    """The shape of the input with 1 at the reduced axes, computed in the run."""
    shape = raw_ops.Shape(input=op.inputs[0])
    rank = raw_ops.Size(input=shape)
    axes = raw_ops.Reshape(tensor=op.inputs[1], shape=[-1])
    if axes.dtype.base_dtype is not rank.dtype:
        axes = raw_ops.Cast(x=axes, DstT=rank.dtype)
    axes = raw_ops.FloorMod(x=axes + rank, y=rank)
    ones = raw_ops.Fill(dims=raw_ops.Shape(input=axes), value=1)
    everywhere = raw_ops.Range(start=0, limit=rank, delta=1)
    return raw_ops.DynamicStitch(indices=[everywhere, axes], data=[shape, ones])  # type: ignore[no-any-return]


def _spread(op: Operation, grad: Tensor) -> Tensor:
    """The gradient repeated over the reduced axes."""
    x = op.inputs[0]
    if x.shape.is_fully_defined():
        (kept,) = with_kept_axes(op, grad)
        if x.shape.num_elements() == 0:
            return raw_ops.ZerosLike(x=x) * kept  # type: ignore[no-any-return]
        sizes = constant_op(np.array(x.shape.as_list(), np.int32))
        return raw_ops.BroadcastTo(input=kept, shape=sizes)  # type: ignore[no-any-return]
    if op.outputs[0].shape.rank == 0:
        return raw_ops.Fill(dims=raw_ops.Shape(input=x), value=grad)  # type: ignore[no-any-return]
    (kept,) = with_kept_axes(op, grad)
    return raw_ops.BroadcastTo(input=kept, shape=raw_ops.Shape(input=x))  # type: ignore[no-any-return]


@gradient_of("Sum")
def _sum_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_spread(op, grad), None]


@gradient_of("Mean")
def _mean_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """The gradient over the number of elements that were averaged, repeated."""
    x, y = op.inputs[0], op.outputs[0]
    sizes = x.shape.num_elements(), y.shape.num_elements()
    if sizes[0] is not None and sizes[1] is not None:
        count = constant_op(np.array(max(sizes[0] // max(sizes[1], 1), 1)).astype(grad.dtype.as_numpy_dtype))
    else:
        count = raw_ops.Cast(x=_reduced_count(op), DstT=grad.dtype)
    return [_spread(op, raw_ops.RealDiv(x=grad, y=count)), None]


def _reduced_count(op: Operation) -> Tensor:
    """How many elements went into each mean."""
    axes = reduced_axes_of(op)
    if axes is not None and len(axes) < len(op.inputs[0].shape):
        sizes = raw_ops.GatherV2(
            params=raw_ops.Shape(input=op.inputs[0]), indices=constant_op(np.array(axes, np.int32)), axis=0
        )
        return raw_ops.Prod(input=sizes, reduction_indices=0)  # type: ignore[no-any-return]
    inputs = raw_ops.Size(input=op.inputs[0])
    if op.outputs[0].shape.rank == 0:
        return inputs  # type: ignore[no-any-return]
    return inputs // raw_ops.Maximum(x=raw_ops.Size(input=op.outputs[0]), y=1)  # type: ignore[no-any-return]


@gradient_of("Max", "Min")
def _extreme_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """Shared equally by all elements that equal the extreme one."""
    x = op.inputs[0]
    y, grad = with_kept_axes(op, op.outputs[0], grad)
    chosen = raw_ops.Cast(x=raw_ops.Equal(x=y, y=x), DstT=grad.dtype)
    count = raw_ops.Sum(input=chosen, reduction_indices=op.inputs[1], keep_dims=True)
    return [chosen / count * grad, None]


@gradient_of("EuclideanNorm")
def _euclidean_norm_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    y, grad = with_kept_axes(op, op.outputs[0], grad)
    return [op.inputs[0] / (y / grad), None]


@gradient_of("Prod")
def _prod_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """The product of all other elements, by products from the left and from the right; right at zeros too."""
    x, axes = op.inputs
    known = reduced_axes_of(op)
    (kept,) = with_kept_axes(op, grad)
    others = _others_known(x, known) if known is not None else _others_unknown(x, axes)
    return [kept * conjugate(others), None]


def _others_known(x: Tensor, axes: Sequence[int]) -> Tensor:
    """For each element the product of the others that it is reduced with."""
    if len(axes) == 1:
        return _products_without(x, axes[0])
    kept = [i for i in range(len(x.shape)) if i not in axes]
    order = [*axes, *kept]
    inverse = [order.index(i) for i in range(len(order))]
    return _others_permuted(x, *(constant_op(np.array(v, np.int32)) for v in (axes, kept, order, inverse)))


def _others_unknown(x: Tensor, axes: Tensor) -> Tensor:
    flat = raw_ops.Cast(x=raw_ops.Reshape(tensor=axes, shape=[-1]), DstT="int32")
    rank = raw_ops.Rank(input=x)
    axes = raw_ops.FloorMod(x=flat + rank, y=rank)
    kept, _ = raw_ops.ListDiff(x=raw_ops.Range(start=0, limit=rank, delta=1), y=axes)
    order = raw_ops.ConcatV2(values=[axes, kept], axis=0)
    return _others_permuted(x, axes, kept, order, raw_ops.InvertPermutation(x=order))


def _others_permuted(x: Tensor, axes: Tensor, kept: Tensor, order: Tensor, inverse: Tensor) -> Tensor:
    """Brings the reduced axes to the front and joins them."""
    moved = raw_ops.Transpose(x=x, perm=order)
    sizes = raw_ops.Shape(input=x)
    parts = [
        raw_ops.Prod(input=raw_ops.GatherV2(params=sizes, indices=i, axis=0), reduction_indices=0) for i in (axes, kept)
    ]
    flat = raw_ops.Reshape(tensor=moved, shape=raw_ops.Pack(values=parts))
    products = raw_ops.Reshape(tensor=_products_without(flat, 0), shape=raw_ops.Shape(input=moved))
    result: Tensor = raw_ops.Transpose(x=products, perm=inverse)
    result.set_shape(x.shape)
    return result


def _products_without(x: Tensor, axis: int) -> Tensor:
    left = raw_ops.Cumprod(x=x, axis=axis, exclusive=True)
    right = raw_ops.Cumprod(x=x, axis=axis, exclusive=True, reverse=True)
    return left * right  # type: ignore[no-any-return]


not_differentiable("All", "Any")
