"""Turning around and shifting: reverse, reverse_sequence, roll."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.shapes import merge_shapes


@tf_export("reverse", "reverse_v2", "manip.reverse")
def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """`tensor` with the order along some dimensions turned around.

    Args:
        tensor: of any type.
        axis: int32 or int64 vector of dimensions in [-rank, rank), each at most once.
        name: name of the operation.

    Raises:
        ValueError: a dimension is named twice or does not exist.
    """
    return raw_ops.ReverseV2(tensor=tensor, axis=axis, name=name)  # type: ignore[no-any-return]


@tf_export("reverse_sequence")
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """`input` with the first seq_lengths[i] elements along `seq_axis` turned around in slice i along `batch_axis`.

    Args:
        input: tensor of any type.
        seq_lengths: int32 or int64 vector with a length for every slice along `batch_axis`.
        seq_axis: the dimension that is turned around.
        batch_axis: another dimension; 0 when None.
        name: name of the operation.
        seq_dim: deprecated name of `seq_axis`.
        batch_dim: deprecated name of `batch_axis`.

    Raises:
        ValueError: the sizes do not fit, or both axes are the same.
    """
    seq_axis = one_of("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch_axis = one_of("batch_axis", batch_axis, "batch_dim", batch_dim)
    return raw_ops.ReverseSequence(
        input=input,
        seq_lengths=seq_lengths,
        seq_dim=seq_axis,  # type: ignore[no-any-return]
        batch_dim=batch_axis or 0,
        name=name,
    )


@tf_export("roll", "manip.roll")
def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """`input` with its elements moved along dimensions, those that leave at the end coming in at the front.

    Args:
        input: tensor of rank 1 or more.
        shift: int32 or int64 scalar or vector, how far; negative to the front.
        axis: scalar or vector of the same length, the dimensions.
        name: name of the operation.

    Raises:
        ValueError: `shift` and `axis` do not have the same shape.
    """
    return raw_ops.Roll(input=input, shift=shift, axis=axis, name=name)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- shapes


@shape_of("ReverseV2")
def _reverse_v2_shape(c: InferenceContext, x: TensorShape, axis: TensorShape) -> list[TensorShape]:
    if axis.rank not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {axis.rank}")
    if x.rank is not None and x.rank > 8:
        raise ValueError("reverse does not work on tensors with more than 8 dimensions")
    named = c.value(1)
    if named is None or x.rank is None:
        return [x]
    seen: set[int] = set()
    for item in named.reshape(-1).tolist():
        if not -x.rank <= item < x.rank:
            raise ValueError(f"axis[{len(seen)}] = {item} is out of valid range [0, {x.rank - 1}]")
        if item % x.rank in seen:
            raise ValueError(f"axis {item % x.rank} specified more than once.")
        seen.add(item % x.rank)
    return [x]


@shape_of("Reverse")
def _reverse_shape(c: InferenceContext, x: TensorShape, dims: TensorShape) -> list[TensorShape]:
    if dims.tuple is not None and x.rank is not None and dims.tuple[0] not in (None, x.rank):
        raise ValueError(f"Shape must be rank {dims.tuple[0]} but is rank {x.rank}")
    return [x]


@shape_of("ReverseSequence")
def _reverse_sequence_shape(c: InferenceContext, x: TensorShape, lengths: TensorShape) -> list[TensorShape]:
    if lengths.rank not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {lengths.rank}")
    if x.tuple is None:
        return [x]
    batch, sequence = c.attr("batch_dim"), c.attr("seq_dim")
    for what, axis in (("batch_dim", batch), ("seq_dim", sequence)):
        if axis >= len(x.tuple):
            raise ValueError(f"{what} must be < input rank: {axis} vs. {len(x.tuple)}")
    if lengths.tuple is None:
        return [x]
    merged = merge_shapes(TensorShape.of(lengths.tuple), TensorShape.of((x.tuple[batch],)))
    return [TensorShape.of(x.tuple[:batch] + (merged.as_list()[0],) + x.tuple[batch + 1 :])]


@shape_of("Roll")
def _roll_shape(c: InferenceContext, x: TensorShape, shift: TensorShape, axis: TensorShape) -> list[TensorShape]:
    if x.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    for s in (shift, axis):
        if s.rank is not None and s.rank > 1:
            raise ValueError(f"Shape must be at most rank 1 but is rank {s.rank}")
    if shift.rank == axis.rank == 1 and not shift.is_compatible_with(axis):
        sizes = shift.as_list()[0], axis.as_list()[0]
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {sizes[0]} and {sizes[1]}. Shapes are [{sizes[0]}] and "
            f"[{sizes[1]}]."
        )
    return unchanged(c, x)


# ---------------------------------------------------------------- gradients


@gradient_of("ReverseV2")
def _reverse_v2_grad(op: Operation, grad: Any) -> list[Any]:
    return [reverse(grad, op.inputs[1]), None]


@gradient_of("Reverse")
def _reverse_grad(op: Operation, grad: Any) -> list[Any]:
    return [raw_ops.Reverse(tensor=grad, dims=op.inputs[1]), None]


@gradient_of("ReverseSequence")
def _reverse_sequence_grad(op: Operation, grad: Any) -> list[Any]:
    return [
        raw_ops.ReverseSequence(
            input=grad, seq_lengths=op.inputs[1], seq_dim=op.attrs["seq_dim"], batch_dim=op.attrs["batch_dim"]
        ),
        None,
    ]


@gradient_of("Roll")
def _roll_grad(op: Operation, grad: Any) -> list[Any]:
    return [roll(grad, raw_ops.Neg(x=op.inputs[1]), op.inputs[2]), None, None]
