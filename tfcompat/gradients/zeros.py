"""Gradients that are zero, or one."""

from __future__ import annotations

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.default import name_scope
from tfcompat.graph.handles import handle_type
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops


def ones_like(tensor: Tensor, name: str) -> Tensor:
    """Ones of the shape and type of `tensor`."""
    return _filled(_shape_of(tensor), 1, tensor.dtype.base_dtype, name)


def zero_gradient(tensor: Tensor) -> Tensor:
    """Zeros of the shape and type of `tensor`; for a variable's handle, of the variable's."""
    if tensor.dtype != dtypes.resource:
        return raw_ops.ZerosLike(x=tensor, name="zeros_like")  # type: ignore[no-any-return]
    shape, dtype = variable_type(tensor)
    if shape.is_fully_defined():
        sizes = constant(shape.as_list(), dtypes.int32, [shape.rank])
    else:
        sizes = raw_ops.VariableShape(input=tensor, out_type=dtypes.int32)
    return _filled(sizes, 0, dtype, "zeros")


def variable_type(handle: Tensor) -> tuple[TensorShape, dtypes.DType]:
    """Shape and type of the variable that `handle` stands for; ValueError when they are not known."""
    known = handle_type(handle)
    if known is None:
        raise ValueError(f"Internal error: the shape and type behind the resource {handle.name} are not known.")
    return known


def _shape_of(tensor: Tensor) -> Tensor:
    if tensor.shape.is_fully_defined():
        return constant(tensor.shape.as_list(), dtypes.int32, [tensor.shape.rank], name="Shape")
    return raw_ops.Shape(input=tensor)  # type: ignore[no-any-return]


def _filled(shape: Tensor, value: int, dtype: dtypes.DType, name: str) -> Tensor:
    with name_scope(name) as scope:
        return raw_ops.Fill(dims=shape, value=constant(value, dtype), name=scope)  # type: ignore[no-any-return]
