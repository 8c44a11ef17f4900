"""Ragged tensors as variants, for datasets and loops: one that holds all of it, or one for each row."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.default import name_scope
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.ragged.tensor import RaggedTensor


def ragged_to_variant(value: RaggedTensor | Tensor, batched_input: bool = False) -> Tensor:
    """`value` as a variant scalar, or as a vector of its rows when `batched_input`."""
    if not isinstance(value, RaggedTensor):
        return _recorded([], value, batched_input)
    with name_scope("RaggedToVariant"):
        return _recorded(list(value.nested_row_splits), value.flat_values, batched_input)


def _recorded(splits: list[Tensor], values: Tensor, batched_input: bool) -> Tensor:
    return raw_ops.RaggedTensorToVariant(  # type: ignore[no-any-return]
        rt_nested_splits=splits, rt_dense_values=values, batched_input=batched_input
    )


def ragged_from_variant(variant: Tensor, dtype: Any, ragged_rank: int, row_splits_dtype: Any) -> list[Tensor]:
    """The innermost values and then the row splits, outermost first, of what variants hold.

    Args:
        variant: as `ragged_to_variant` gives it, or such variants stacked.
        dtype: type of the values.
        ragged_rank: number of row splits of the result.
        row_splits_dtype: int32 or int64.
    """
    with name_scope("RaggedFromVariant"):
        splits, values = raw_ops.RaggedTensorFromVariant(
            encoded_ragged=variant,
            input_ragged_rank=-1,
            output_ragged_rank=max(ragged_rank, 0),
            Tvalues=dtype,
            Tsplits=row_splits_dtype,
        )
    return [values, *splits]


@shape_of("RaggedTensorToVariant")
def _to_variant_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    if not c.attr("batched_input"):
        return [SCALAR]
    first = shapes[0]
    if first.rank is None or first.rank == 0:
        return [TensorShape([None])]
    rows = first.as_list()[0]
    return [TensorShape([rows if len(shapes) == 1 or rows is None else rows - 1])]


@shape_of("RaggedTensorFromVariant")
def _from_variant_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    rank = c.attr("output_ragged_rank")
    return [*[TensorShape([None])] * rank, UNKNOWN]


@shape_of("RaggedTensorToVariantGradient")
def _to_variant_gradient_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [c.shape_value(2)]


@gradient_of("RaggedTensorToVariant")
def _to_variant_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """The values of what `grad` holds, in the order of the rows."""
    *splits, values = op.inputs
    made = raw_ops.RaggedTensorToVariantGradient(
        encoded_ragged_grad=grad,
        row_splits=splits[0] if splits else constant(0, op.attrs["Tsplits"]),
        dense_values_shape=shape(values),
        Tvalues=values.dtype.base_dtype,
    )
    return [*[None] * len(splits), made]


@gradient_of("RaggedTensorFromVariant")
def _from_variant_gradient(op: Operation, *grads: Tensor) -> list[Tensor]:
    """A variant of the rows of the gradient of the values, as the input holds those of the values.

    Raises:
        ValueError: the input has two axes or more.
    """
    rank = op.inputs[0].shape.rank
    if rank not in (0, 1):
        raise ValueError(
            "Unable to compute gradient: RaggedTensorToVariant can currently only generate 0D or 1D output."
        )
    return [_recorded(list(op.outputs[:-1]), grads[-1], rank == 1)]
