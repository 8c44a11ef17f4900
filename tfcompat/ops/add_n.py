"""Sums of lists of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import merged
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, as_shape
from tfcompat.ops import raw_ops

_WANTED = "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape."


@tf_export("add_n", "math.add_n")
def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """The sum of tensors of one shape and type.

    Args:
        inputs: list of tensors or IndexedSlices; variant tensors may be added too.
        name: name of the operation; a single tensor is returned as it is unless a name is given.

    Returns:
        A tensor of the shape and type of the inputs.

    Raises:
        ValueError: the list is empty, or the shapes differ.
        TypeError: the types differ.
    """
    if isinstance(inputs, Tensor):
        iter(inputs)
    if not inputs or not isinstance(inputs, (list, tuple)) and not hasattr(inputs, "__iter__"):
        raise ValueError(_WANTED)
    values = [_as_operand(v) for v in inputs]
    if len(values) == 1:
        value = convert_to_tensor(values[0])
        return raw_ops.Identity(input=value, name=name) if name else value
    return raw_ops.AddN(inputs=values, name=name)  # type: ignore[no-any-return]


def _as_operand(value: Any) -> Any:
    value = convert_to_tensor_or_indexed_slices(value)
    if not isinstance(value, (Tensor, IndexedSlices)):
        raise ValueError(_WANTED)
    return value


@tf_export("accumulate_n", "math.accumulate_n")
def accumulate_n(inputs: Sequence[Any], shape: Any = None, tensor_dtype: Any = None, name: str | None = None) -> Tensor:
    """The sum of tensors of one shape and type, as `add_n`.

    Args:
        inputs: list of tensors.
        shape: the shape they all have.
        tensor_dtype: the type they all have.
        name: name of the operation; a single tensor is returned as it is unless a name is given.

    Raises:
        ValueError: the list is empty, or shapes or types differ.
        TypeError: `tensor_dtype` is another type.
    """
    wrong = "inputs must be a list of at least one Tensor with the same dtype and shape"
    if not inputs or not isinstance(inputs, (list, tuple)):
        raise ValueError(wrong)
    tensors = [convert_to_tensor_or_indexed_slices(v) for v in inputs]
    if not all(isinstance(t, Tensor) and t.dtype.base_dtype is tensors[0].dtype.base_dtype for t in tensors):
        raise ValueError(wrong)
    known = UNKNOWN if shape is None else as_shape(shape)
    for tensor in tensors:
        known = known.merge_with(tensor.shape)
    if tensor_dtype is not None and dtypes.as_dtype(tensor_dtype) != tensors[0].dtype.base_dtype:
        raise TypeError(
            f"The `tensor_dtype` argument is {tensor_dtype}, but `input` is of type "
            f"{tensors[0].dtype.base_dtype}. These must be equal. Try casting the input to the desired type"
        )
    if len(tensors) == 1:
        return raw_ops.Identity(input=tensors[0], name=name) if name else tensors[0]
    return raw_ops.AddN(inputs=tensors, name=name)  # type: ignore[no-any-return]


shape_of("AddN")(merged)


@shape_of("AccumulateNV2")
def _accumulate_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [c.attr("shape")]


@gradient_of("AddN", "AccumulateNV2")
def _add_n_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    return [grad] * len(op.inputs)
