"""Selecting by truth values: where, boolean_mask, sequence_mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES, InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import broadcast_shapes
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape, squeeze
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros_like
from tfcompat.ops.gather import gather
from tfcompat.ops.shapes import merge_shapes


@tf_export("where")
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """The positions of true elements, or elements of `x` where `condition` is true and of `y` elsewhere.

    Args:
        condition: bool (without `x` and `y` any number type, where not zero counts as true). With `x` and `y` of its
            shape, a scalar, or a vector that chooses along their first dimension.
        x: tensor of any type.
        y: tensor of the type and shape of `x`.
        name: name of the operation.

    Returns:
        Without `x` and `y` an int64 tensor of shape [number of true elements, rank]; else one like `x`.

    Raises:
        ValueError: only one of `x` and `y` is given, or the shapes do not fit.
    """
    if x is None and y is None:
        with name_scope(name, "Where", [condition]) as scope:
            condition = convert_to_tensor(condition, preferred_dtype=dtypes.bool, name="condition")
            return raw_ops.Where(input=condition, name=scope)  # type: ignore[no-any-return]
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return raw_ops.Select(condition=condition, t=x, e=y, name=name)  # type: ignore[no-any-return]


@tf_export("where_v2")
def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """`where`, but `condition`, `x` and `y` are broadcast against each other."""
    if x is None and y is None:
        return where(condition, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return raw_ops.SelectV2(condition=condition, t=x, e=y, name=name)  # type: ignore[no-any-return]


@tf_export("boolean_mask")
def boolean_mask(tensor: Any, mask: Any, name: str = "boolean_mask", axis: Any = None) -> Tensor:
    """The slices of `tensor` where `mask` is true.

    Args:
        tensor: rank N.
        mask: bool, of rank K <= N with a static rank; its shape equals dimensions axis .. axis + K - 1 of `tensor`.
        name: prefix of the names of the operations.
        axis: first dimension that the mask covers; 0 when None.

    Returns:
        A tensor of rank N - K + 1 in which the masked dimensions have become one.

    Raises:
        ValueError: the mask is a scalar, of unknown rank, or does not fit.
    """
    with name_scope(name, values=[tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        if mask.shape.rank == 0:
            raise ValueError("mask cannot be scalar.")
        if mask.shape.rank is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  "
                "E.g. shape=[None] is ok, but shape=None is not."
            )
        count = mask.shape.rank
        start = 0 if axis is None else axis
        if not isinstance(start, int):
            known = GRAPH_VALUES.constant(convert_to_tensor(start))
            start = start if known is None else int(known)
        if isinstance(start, int):
            tensor.shape[start : start + count].assert_is_compatible_with(mask.shape)
        sizes = shape(tensor)
        leading = raw_ops.Prod(input=sizes[start : start + count], reduction_indices=[0])
        rest = shape(tensor)[:start], [leading], shape(tensor)[start + count :]
        flat = reshape(tensor, concat(rest, 0))
        if isinstance(start, int) and tensor.shape.rank is not None:
            part = tensor.shape[start : start + count].num_elements()
            flat.set_shape(tensor.shape[:start].concatenate([part]).concatenate(tensor.shape[start + count :]))
        chosen = squeeze(where(reshape(mask, [-1])), axis=[1])
        return gather(flat, chosen, axis=axis)


@tf_export("sequence_mask")
def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None) -> Tensor:
    """mask[i, ..., j] = j < lengths[i, ...].

    Args:
        lengths: integer tensor.
        maxlen: integer scalar, size of the last dimension; the largest length when None.
        dtype: type of the result.
        name: prefix of the names of the operations.

    Raises:
        ValueError: `maxlen` is no scalar.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = raw_ops.Max(input=lengths, reduction_indices=_all_axes(lengths))
            maxlen = raw_ops.Maximum(x=_constant_like(0, maxlen), y=maxlen)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.shape.rank not in (None, 0):
            raise ValueError(
                "Argument `maxlen` must be scalar for sequence_mask, "
                f"received `maxlen` = {maxlen} with shape '{maxlen.shape}' instead"
            )
        row = raw_ops.Range(start=_constant_like(0, maxlen), limit=maxlen, delta=_constant_like(1, maxlen))
        matrix = raw_ops.Cast(x=expand_dims(lengths, -1), DstT=maxlen.dtype)
        result = raw_ops.Less(x=row, y=matrix)
        wanted = dtypes.as_dtype(dtype)
        return result if wanted is dtypes.bool else raw_ops.Cast(x=result, DstT=wanted)  # type: ignore[no-any-return]


def _all_axes(tensor: Tensor) -> Any:
    if tensor.shape.rank is not None:
        return convert_to_tensor(np.arange(tensor.shape.rank, dtype=np.int32), name="Const")
    return raw_ops.Range(start=0, limit=rank(tensor), delta=1)


def _constant_like(value: int, tensor: Tensor) -> Tensor:
    return convert_to_tensor(value, tensor.dtype.base_dtype, name="Const")


# ---------------------------------------------------------------- shapes and gradients


@shape_of("Where")
def _where_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((None, x.rank))]


@shape_of("Select")
def _select_shape(c: InferenceContext, condition: TensorShape, x: TensorShape, y: TensorShape) -> list[TensorShape]:
    merged = merge_shapes(x, y)
    if condition.tuple is None or merged.tuple is None or condition.rank == 0:
        return [merged]
    if condition.rank == 1 and len(merged.tuple) != 1:
        if len(merged.tuple) == 0:
            raise ValueError(f"Shapes must be equal rank, but are 1 and {len(merged.tuple)}")
        merge_shapes(condition, TensorShape.of(merged.tuple[:1]))
        return [merged]
    return [merge_shapes(condition, merged)]


@shape_of("SelectV2")
def _select_v2_shape(c: InferenceContext, condition: TensorShape, x: TensorShape, y: TensorShape) -> list[TensorShape]:
    return [broadcast_shapes(condition, broadcast_shapes(x, y))]


@gradient_of("Select")
def _select_grad(op: Operation, grad: Any) -> list[Any]:
    """The gradient where the condition chose the input, zero elsewhere."""
    condition = op.inputs[0]
    zeros = zeros_like(op.inputs[1])
    return [None, where(condition, grad, zeros), where(condition, zeros, grad)]


@gradient_of("SelectV2")
def _select_v2_grad(op: Operation, grad: Any) -> list[Any]:
    """As for Select, then summed along broadcast dimensions."""
    from tfcompat.ops.broadcasting import reduce_to_shape_of

    condition, x, y = op.inputs
    zero = convert_to_tensor(0, grad.dtype.base_dtype)
    result = op.outputs[0]
    grad_x = reduce_to_shape_of(where_v2(condition, grad, zero), x, result)
    grad_y = reduce_to_shape_of(where_v2(condition, zero, grad), y, result)
    return [None, grad_x, grad_y]
