"""Values of tensors as messages and arrays, and values that are known without a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import as_array
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import as_shape

_TENSOR_LIKE: list[type] = [Tensor, CompositeTensor]


def register_tensor_like(kind: type) -> None:
    """Makes instances of `kind`, such as variables, count as tensors for `is_tensor`."""
    _TENSOR_LIKE.append(kind)


@tf_export("is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether `x` is a Tensor, a SparseTensor, IndexedSlices, a variable or another value made of tensors."""
    return isinstance(x, tuple(_TENSOR_LIKE))


@tf_export("is_symbolic_tensor")
def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a Tensor of a graph; variables and composites are not."""
    return isinstance(tensor, Tensor)


@tf_export("make_tensor_proto")
def make_tensor_proto(
    values: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False, allow_broadcast: bool = False
) -> Any:
    """`values` as a `TensorProto`.

    Args:
        values: a number, string, (nested) list of these, or an array; a TensorProto passes through.
        dtype: type of the elements; by default as `tf.constant` chooses.
        shape: shape of the tensor; the last of fewer values stands for the rest.
        verify_shape: whether `values` must have that shape.
        allow_broadcast: whether a single value may stand for all when `verify_shape` is set.

    Raises:
        TypeError: the values do not fit the type, or their shape is verified and differs.
        ValueError: there are more values than the shape has elements, or `values` is None.
    """
    from tfcompat.protos.tensor_proto import array_to_tensor_proto

    if getattr(getattr(values, "DESCRIPTOR", None), "full_name", "") == "tensorflow.TensorProto":
        return values
    if isinstance(values, Tensor):
        raise TypeError("Expected any non-tensor type, but got a tensor instead.")
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    array = as_array(values, wanted)
    dims = None if shape is None else list(map(int, as_shape(shape)))
    if verify_shape and dims is not None and array.shape != tuple(dims) and not (allow_broadcast and array.size == 1):
        raise TypeError(f"Expected Tensor's shape: {tuple(dims)}, but got {array.shape}.")
    return array_to_tensor_proto(array, (wanted or dtypes.as_dtype(array.dtype)).as_datatype_enum, dims)


@tf_export("make_ndarray")
def make_ndarray(tensor: Any) -> np.ndarray:
    """The array of a `TensorProto`; TypeError when its type has no array form."""
    from tfcompat.protos.tensor_proto import tensor_proto_to_array

    return tensor_proto_to_array(tensor)


@tf_export("get_static_value")
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value of `tensor` as an array when it is known without a run, else None.

    Known are constants and what is made of them and of known shapes by casts, packing, concatenation, ranges, fills,
    comparisons and the like, as in the reference. A tensor whose value was given out cannot be fed any more.

    Args:
        tensor: a tensor; an array or number passes through, the value of a variable is not known.
        partial: whether a packed vector of which only some elements are known is given as an object array, with None
            for the others.
    """
    if not isinstance(tensor, Tensor):
        return None if is_tensor(tensor) else tensor
    found = _static_value(tensor, partial)
    if found is not None:
        tensor.graph.prevent_feeding(tensor)
    return found


_ALL_INPUTS = ("Cast", "Identity", "StopGradient", "Range", "Concat", "ConcatV2", "ConcatOffset", "Equal", "NotEqual",
               "BroadcastTo")  # fmt: skip
_SHAPE_OPS = ("Shape", "ShapeN", "Size", "Rank")


def _static_value(tensor: Tensor, partial: bool) -> Any:
    op = tensor.op
    if op.type == "Pack":
        return _packed(tensor, partial)
    if op.type == "Fill":
        known = tensor.shape.is_fully_defined() and _static_value(op.inputs[1], False) is not None
    elif op.type in _ALL_INPUTS:
        known = all(_static_value(t, False) is not None for t in op.inputs)
    else:
        known = op.type == "Const" or op.type in _SHAPE_OPS
    return GRAPH_VALUES.constant(tensor) if known else None


def _packed(tensor: Tensor, partial: bool) -> Any:
    op = tensor.op
    if not op.inputs or op.attrs["axis"] != 0:
        return None
    parts = [_static_value(t, partial) for t in op.inputs]
    if all(p is not None for p in parts):
        return np.array(parts)
    if not partial or all(p is None for p in parts):
        return None
    out = np.empty(len(parts), object)
    for index, part in enumerate(parts):
        out[index] = part
    return out
