"""Placing slices by index: scatter_nd and the updates of tensors."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape_internal
from tfcompat.ops.filling import zeros_like
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.shapes import bracketed, merge_shapes


@tf_export("scatter_nd", "manip.scatter_nd")
def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Tensor:
    """Zeros of `shape` to which the slices `updates` are added at `indices`.

    Args:
        indices: int32 or int64 of shape [..., k]; each vector indexes the first k dimensions of the result.
        updates: shape indices.shape[:-1] + shape[k:].
        shape: vector of the type of `indices`.
        name: name of the operation.

    Raises:
        ValueError: the static shapes do not fit.
    """
    return raw_ops.ScatterNd(indices=indices, updates=updates, shape=shape, name=name)  # type: ignore[no-any-return]


@tf_export("tensor_scatter_nd_update", "tensor_scatter_update")
def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """`tensor` with the slices at `indices` replaced by `updates`.

    Args:
        tensor: of any type.
        indices: int32 or int64 of shape [..., k]; each vector indexes the first k dimensions of `tensor`.
        updates: shape indices.shape[:-1] + tensor.shape[k:].
        name: name of the operation.

    Raises:
        ValueError: the static shapes do not fit.
    """
    return raw_ops.TensorScatterUpdate(tensor=tensor, indices=indices, updates=updates, name=name)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- shapes


@shape_of("ScatterNd")
def _scatter_nd_shape(
    c: InferenceContext, indices: TensorShape, updates: TensorShape, shape: TensorShape
) -> list[TensorShape]:
    return [checked_scatter(c.shape_value(2), indices, updates)]


@shape_of(
    "TensorScatterUpdate",
    "TensorScatterAdd",
    "TensorScatterSub",
    "TensorScatterMax",
    "TensorScatterMin",
    "ScatterNdNonAliasingAdd",
)
def _tensor_scatter_shape(
    c: InferenceContext, tensor: TensorShape, indices: TensorShape, updates: TensorShape
) -> list[TensorShape]:
    if tensor.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    return [checked_scatter(tensor, indices, updates)]


def checked_scatter(whole: TensorShape, indices: TensorShape, updates: TensorShape) -> TensorShape:
    """`whole`, the shape of the tensor that slices are placed in.

    Raises:
        ValueError: `updates` does not have one slice of `whole` per index vector.
    """
    if whole.num_elements() == 0 and ((indices.num_elements() or 0) > 0 or (updates.num_elements() or 0) > 0):
        raise ValueError("Indices and updates specified for empty output")
    if indices.rank == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if indices.tuple is None or updates.tuple is None:
        return whole
    outer, depth = len(indices.tuple) - 1, indices.tuple[-1]
    head = TensorShape.of(updates.tuple[:outer])
    try:
        merge_shapes(TensorShape.of(indices.tuple[:outer]), head)
    except ValueError as error:
        raise ValueError(
            f"Dimensions [0,{outer}) of indices[shape={bracketed(indices)}] = "
            f"{bracketed(TensorShape.of(indices.tuple[:outer]))} must match dimensions [0,{outer}) of "
            f"updates[shape={bracketed(updates)}] = {bracketed(head)}: {error}"
        ) from None
    if depth is None or whole.tuple is None:
        return whole
    if depth > len(whole.tuple):
        raise ValueError(f"Shape must be at least rank {depth} but is rank {len(whole.tuple)}")
    inner, tail = TensorShape.of(whole.tuple[depth:]), TensorShape.of(updates.tuple[outer:])
    try:
        merge_shapes(inner, tail)
    except ValueError as error:
        raise ValueError(
            f"Dimensions [{depth},{len(whole.tuple)}) of input[shape={bracketed(whole)}] = "
            f"{bracketed(inner)} must match dimensions [{outer},{len(updates.tuple)}) of "
            f"updates[shape={bracketed(updates)}] = {bracketed(tail)}: {error}"
        ) from None
    return whole


# ---------------------------------------------------------------- gradients


@gradient_of("ScatterNd")
def _scatter_nd_grad(op: Operation, grad: Any) -> list[Any]:
    return [None, gather_nd(grad, op.inputs[0]), None]


@gradient_of("TensorScatterUpdate")
def _tensor_scatter_update_grad(op: Operation, grad: Any) -> list[Any]:
    """The gradient outside of the slices for the tensor, at the slices for the updates."""
    _, indices, updates = op.inputs
    outside = tensor_scatter_nd_update(grad, indices, zeros_like(updates, dtype=grad.dtype))
    return [outside, None, gather_nd(grad, indices)]


@gradient_of("TensorScatterAdd", "ScatterNdNonAliasingAdd")
def _tensor_scatter_add_grad(op: Operation, grad: Any) -> list[Any]:
    return [grad, None, gather_nd(grad, op.inputs[1])]


@gradient_of("TensorScatterSub")
def _tensor_scatter_sub_grad(op: Operation, grad: Any) -> list[Any]:
    return [grad, None, raw_ops.Neg(x=gather_nd(grad, op.inputs[1]))]


@gradient_of("TensorScatterMax", "TensorScatterMin")
def _tensor_scatter_extreme_grad(op: Operation, grad: Any) -> list[Any]:
    """The gradient shared equally by all values that attain the extreme."""
    tensor, indices, updates = op.inputs
    result = op.outputs[0]
    kept = raw_ops.Cast(x=raw_ops.Equal(x=tensor, y=result), DstT=grad.dtype)
    placed = raw_ops.Cast(x=raw_ops.Equal(x=updates, y=gather_nd(result, indices)), DstT=grad.dtype)
    whole = shape_internal(tensor, out_type=indices.dtype)
    share = raw_ops.RealDiv(x=grad, y=raw_ops.AddV2(x=kept, y=scatter_nd(indices, placed, whole)))
    return [raw_ops.Mul(x=share, y=kept), None, raw_ops.Mul(x=gather_nd(share, indices), y=placed)]
