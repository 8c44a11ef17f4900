"""Clipping: of values to a range, and of tensors to a norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import colocate_with, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, size
from tfcompat.ops.binary import minimum
from tfcompat.ops.broadcasting import reduce_to_shapes_of
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like
from tfcompat.ops.identity import identity
from tfcompat.ops.masks import where
from tfcompat.ops.math import rsqrt, sqrt
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.sequences import range as range_op


def _values_of(t: Any, name: str) -> Tensor:
    return convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=name)


def _like(t: Any, values: Tensor) -> Any:
    """`values` in the place of the values of `t`."""
    return IndexedSlices(values, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else values


@tf_export("clip_by_value")
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Every element brought into [clip_value_min, clip_value_max]; where the limits cross, the lower one.

    Args:
        t: tensor of a number type, or IndexedSlices.
        clip_value_min: lower limit, of the type of `t`; a scalar or something that broadcasts to `t`.
        clip_value_max: upper limit, likewise.
        name: name of the operations.

    Returns:
        A tensor (or IndexedSlices) of the shape and type of `t`.

    Raises:
        ValueError: a limit would change the shape.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = _values_of(t, "t")
        limited = raw_ops.Minimum(x=values, y=clip_value_max)
        values.shape.assert_is_compatible_with(limited.shape)
        clipped = raw_ops.Maximum(x=limited, y=clip_value_min, name=scope)
        values.shape.assert_is_compatible_with(clipped.shape)
        return _like(t, clipped)


@tf_export("clip_by_norm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """`t * clip_norm / max(norm, clip_norm)`: scaled down where its Euclidean norm is larger.

    Args:
        t: tensor of a floating-point type, or IndexedSlices.
        clip_norm: the largest norm, a positive scalar (or one per slice).
        axes: the axes a norm is taken over; all by default.
        name: name of the operations.

    Returns:
        A tensor (or IndexedSlices) of the shape and type of `t`.
    """
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = _values_of(t, "t")
        squares = reduce_sum(values * values, axes, keepdims=True)
        positive = squares > 0
        norm = where(positive, sqrt(where(positive, squares, ones_like(squares))), squares)
        scaled = values * clip_norm
        values.shape.assert_is_compatible_with(scaled.shape)
        return _like(t, identity(scaled / raw_ops.Maximum(x=norm, y=clip_norm), name=scope))


@tf_export("clip_by_average_norm")
def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """`t` scaled down where its Euclidean norm divided by its number of elements is larger than `clip_norm`.

    Args:
        t: tensor of float32.
        clip_norm: the largest average norm, a positive scalar.
        name: name of the operations.
    """
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        count = cast(size(t), dtypes.float32)
        inverse_norm = rsqrt(reduce_sum(t * t, range_op(rank(t))))
        scaled = t * clip_norm
        factor = minimum(inverse_norm * count, constant(1.0) / clip_norm)
        return identity(scaled * factor, name=scope)  # type: ignore[no-any-return]


def _checked_list(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    return list(t_list)


def _values_of_all(t_list: list[Any]) -> list[Tensor | None]:
    return [None if t is None else _values_of(t, f"t_{i}") for i, t in enumerate(t_list)]


@tf_export("global_norm", "linalg.global_norm")
def global_norm(t_list: Any, name: str | None = None) -> Tensor:
    """The square root of the sum of squares of all elements of all tensors.

    Args:
        t_list: list of tensors and IndexedSlices of one floating-point type; None counts as nothing.
        name: name of the operations.

    Returns:
        A scalar.

    Raises:
        TypeError: `t_list` is not a sequence.
    """
    t_list = _checked_list(t_list)
    with name_scope(name, "global_norm", t_list):
        halves = []
        for values in _values_of_all(t_list):
            if values is not None:
                with colocate_with(values):
                    halves.append(raw_ops.L2Loss(t=values))
        half = reduce_sum(stack(halves))
        return sqrt(half * constant(2.0, dtype=half.dtype), name="global_norm")  # type: ignore[no-any-return]


@tf_export("clip_by_global_norm")
def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Tensor]:
    """All tensors scaled by `clip_norm / max(norm, clip_norm)`, where the norm is that of all of them together.

    Args:
        t_list: list of tensors, IndexedSlices and None.
        clip_norm: the largest global norm, a positive scalar.
        use_norm: the norm, if it is known already; `global_norm(t_list)` by default.
        name: name of the operations.

    Returns:
        (list of scaled tensors, the norm before scaling). All results are NaN if the norm is not finite.

    Raises:
        TypeError: `t_list` is not a sequence.
    """
    t_list = _checked_list(t_list)
    if use_norm is None:
        use_norm = global_norm(t_list, name)
    with name_scope(name, "clip_by_global_norm", [*t_list, clip_norm]) as scope:
        finite_scale = clip_norm * minimum(1.0 / use_norm, constant(1.0, dtype=use_norm.dtype) / clip_norm)
        scale = finite_scale + (use_norm - use_norm)
        clipped: list[Tensor | None] = []
        for index, values in enumerate(_values_of_all(t_list)):
            if values is None:
                clipped.append(None)
                continue
            with colocate_with(values):
                clipped.append(identity(values * cast(scale, values.dtype), name=f"{scope}_{index}"))
    return [None if c is None else _like(t, c) for c, t in zip(clipped, t_list, strict=True)], use_norm


@shape_of("ClipByValue")
def _clip_by_value_shape(c: InferenceContext, t: TensorShape, low: TensorShape, high: TensorShape) -> list[TensorShape]:
    return [t]


@gradient_of("ClipByValue")
def _clip_by_value_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """To the tensor inside the range, to a limit where it was taken."""
    x, low, high = op.inputs
    zeros = raw_ops.ZerosLike(x=grad)
    below, above = raw_ops.Less(x=x, y=low), raw_ops.Greater(x=x, y=high)
    outside = raw_ops.LogicalOr(x=below, y=above)

    def chosen(condition: Tensor) -> Tensor:
        return raw_ops.SelectV2(condition=condition, t=grad, e=zeros)  # type: ignore[no-any-return]

    inside = raw_ops.SelectV2(condition=outside, t=zeros, e=grad)
    _, by_low = reduce_to_shapes_of(x, low, None, chosen(below))
    _, by_high = reduce_to_shapes_of(x, high, None, chosen(above))
    return [inside, by_low, by_high]
