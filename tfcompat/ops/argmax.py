"""The positions of the largest and smallest elements along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of


def _position(op_type: str, name: str, which: str) -> Callable[..., Tensor]:
    def arg(
        input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = dtypes.int64
    ) -> Tensor:
        axis = one_of("axis", axis, "dimension", dimension)
        axis = 0 if axis is None else axis
        return getattr(raw_ops, op_type)(input=input, dimension=axis, output_type=output_type, name=name)  # type: ignore[no-any-return]

    arg.__name__ = arg.__qualname__ = name
    arg.__doc__ = f"""The position of the {which} element along an axis; the first of equal ones.

    Args:
        input: tensor of a number type or bool.
        axis: the axis, in [-rank, rank); 0 by default.
        name: name of the operation.
        dimension: deprecated name of `axis`.
        output_type: int32 or int64 (for argmax also int16 and uint16).

    Returns:
        A tensor of `output_type` without the axis.

    Raises:
        ValueError: the axis is out of range, or given under both names.
    """
    return tf_export(name, f"math.{name}")(arg)


def _old_position(op_type: str, name: str) -> Callable[..., Tensor]:
    def arg(input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None) -> Tensor:
        return getattr(raw_ops, op_type)(input=input, dimension=dimension, output_type=output_type, name=name)  # type: ignore[no-any-return]

    arg.__name__ = arg.__qualname__ = name
    arg.__doc__ = f"`{name.replace('_', '')}(input, dimension, output_type=output_type, name=name)`. Deprecated."
    return tf_export(name)(arg)


argmax = _position("ArgMax", "argmax", "largest")
argmin = _position("ArgMin", "argmin", "smallest")
arg_max = _old_position("ArgMax", "arg_max")
arg_min = _old_position("ArgMin", "arg_min")


@shape_of("ArgMax", "ArgMin")
def _arg_shape(c: InferenceContext, shape: TensorShape, dimension: TensorShape) -> list[TensorShape]:
    if dimension.rank not in (0, None):
        raise ValueError(f"Shape must be rank 0 but is rank {dimension.rank}")
    dims = shape.tuple
    if dims is None:
        return [UNKNOWN]
    if len(dims) <= 1:
        return [TensorShape.of(())]
    known = c.value(1)
    if known is None:
        return [unknown_shape(len(dims) - 1)]
    axis = int(known)
    if not -len(dims) <= axis < len(dims):
        raise ValueError(
            f"Dimension ({axis}) must be in the range [{-len(dims)}, {len(dims)}), where {len(dims)} is "
            "the number of dimensions in the input."
        )
    axis %= len(dims)
    return [TensorShape.of(dims[:axis] + dims[axis + 1 :])]


@gradient_of("ArgMax", "ArgMin")
def _arg_gradient(op: Operation, grad: Tensor) -> list[None]:
    return [None, None]
