"""Gradients through broadcasting: summing a gradient back to the shape of the input that was broadcast."""

from __future__ import annotations

from collections.abc import Sequence

from tfcompat.graph.dimensions import origin
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, unknown_shape
from tfcompat.ops import raw_ops

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
    if (grad_x is None or axes_x is not None) and (grad_y is None or axes_y is not None):
        return _sum_static(grad_x, axes_x, x, y), _sum_static(grad_y, axes_y, y, x)
    shape_x, shape_y = raw_ops.Shape(input=x), raw_ops.Shape(input=y)
    dynamic_x, dynamic_y = raw_ops.BroadcastGradientArgs(s0=shape_x, s1=shape_y)
    sum_x = _sum_static(grad_x, axes_x, x, y) if axes_x is not None else _sum_dynamic(grad_x, x, shape_x, dynamic_x)
    sum_y = _sum_static(grad_y, axes_y, y, x) if axes_y is not None else _sum_dynamic(grad_y, y, shape_y, dynamic_y)
    return sum_x, sum_y


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


def _sum_static(grad: Tensor | None, axes: list[int] | None, x: Tensor, other: Tensor) -> Tensor | None:
    if grad is None or not axes:
        return grad
    extra = max(len(other.shape) - len(x.shape), 0)
    leading = list(range(extra))
    summed: Tensor = raw_ops.Sum(input=grad, reduction_indices=axes, keep_dims=axes != leading)
    if axes == leading or not extra:
        return summed
    return raw_ops.Squeeze(input=summed, axis=leading)  # type: ignore[no-any-return]


def _sum_dynamic(grad: Tensor | None, x: Tensor, shape: Tensor, axes: Tensor) -> Tensor | None:
    if grad is None:
        return None
    result: Tensor = raw_ops.Reshape(tensor=raw_ops.Sum(input=grad, reduction_indices=axes), shape=shape)
    result.set_shape(x.shape)
    return result


@shape_of("BroadcastGradientArgs")
def _broadcast_gradient_args_shape(c: InferenceContext, s0: TensorShape, s1: TensorShape) -> list[TensorShape]:
    s0.with_rank(1)
    s1.with_rank(1)
    return [unknown_shape(1), unknown_shape(1)]


not_differentiable("BroadcastGradientArgs")
