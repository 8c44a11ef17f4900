"""Gradients through broadcasting: summing a gradient back to the shape of the input that was broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.dimensions import origin
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape

Dims = Sequence[int | None]


def reduce_to_shapes_of(
    x: Tensor, y: Tensor, grad_x: Tensor | None, grad_y: Tensor | None
) -> tuple[Tensor | None, Tensor | None]:
    """Sums gradients that have the shape `x` and `y` broadcast to, back to the shapes of `x` and `y`.

    Args:
        x: first input of the broadcasting operation.
        y: second input.
        grad_x: gradient for `x` before summing; None stays None.
        grad_y: the same for `y`.

    Returns:
        The gradients with the shapes of `x` and `y`.
    """
    axes_x, axes_y = _known_axes(x, y), _known_axes(y, x)
    if (grad_x is None or axes_x == []) and (grad_y is None or axes_y == []):
        return grad_x, grad_y
    shape_x, shape_y = shape(x), shape(y)
    by_x, by_y = axes_x, axes_y
    if (grad_x is not None and axes_x is None) or (grad_y is not None and axes_y is None):
        dynamic_x, dynamic_y = raw_ops.BroadcastGradientArgs(s0=shape_x, s1=shape_y)
        by_x, by_y = dynamic_x if axes_x is None else axes_x, dynamic_y if axes_y is None else axes_y
    return _sum(grad_x, by_x, x, shape_x), _sum(grad_y, by_y, y, shape_y)


def reduce_to_shape_of(grad: Tensor, x: Tensor, other: Tensor) -> Tensor:
    """`grad`, of the shape that `x` and `other` broadcast to, summed to the shape of `x`."""
    result, _ = reduce_to_shapes_of(x, other, grad, None)
    assert result is not None
    return result


def reduced_axes(dims: Dims, other: Dims) -> list[int] | None:
    """The axes of the broadcast shape along which an input of shape `dims` was repeated.

    An axis of size 1 counts whatever the other's size is: summing one element changes nothing. None when it depends
    on sizes that are not known.
    """
    rank = max(len(dims), len(other))
    padded: list[int | None] = [*[1] * (rank - len(dims)), *dims]
    others: list[int | None] = [*[1] * (rank - len(other)), *other]
    axes = []
    for axis, (size, opposite) in enumerate(zip(padded, others, strict=True)):
        if axis < rank - len(dims) or (size == 1 and opposite != 1):
            axes.append(axis)
        elif size is None and opposite != 1:
            return None
    return axes


def _known_axes(x: Tensor, other: Tensor) -> list[int] | None:
    dims, opposite = x.shape.tuple, other.shape.tuple
    if opposite == ():
        return []
    if dims is None or opposite is None:
        return None
    return reduced_axes(_without_common(x, dims, other, opposite), opposite)


def _without_common(x: Tensor, dims: Dims, other: Tensor, opposite: Dims) -> Dims:
    """`dims` with -1 where the size, though not known, is that of the other tensor in every run."""
    result = list(dims)
    for i in range(1, min(len(dims), len(opposite)) + 1):
        unknown = dims[-i] is None and opposite[-i] is None
        if unknown and origin(x, len(dims) - i) == origin(other, len(opposite) - i):
            result[-i] = -1
    return result


def _sum(grad: Tensor | None, axes: Any, x: Tensor, shape_x: Tensor) -> Tensor | None:
    if grad is None or (isinstance(axes, list) and not axes):
        return grad
    summed = raw_ops.Sum(input=grad, reduction_indices=axes, keep_dims=True)
    result: Tensor = raw_ops.Reshape(tensor=summed, shape=shape_x)
    result.set_shape(x.shape)
    return result


@shape_of("BroadcastGradientArgs")
def _broadcast_gradient_args_shape(c: InferenceContext, s0: TensorShape, s1: TensorShape) -> list[TensorShape]:
    s0.with_rank(1)
    s1.with_rank(1)
    return [unknown_shape(1), unknown_shape(1)]


not_differentiable("BroadcastGradientArgs")
