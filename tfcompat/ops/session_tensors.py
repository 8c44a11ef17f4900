"""Session handles: tensors that stay in a session between runs."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import colocate_with, device
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops

not_differentiable("GetSessionHandle", "GetSessionHandleV2", "GetSessionTensor", "DeleteSessionTensor")


@shape_of("GetSessionHandle", "GetSessionHandleV2")
def _handle_shape(c: InferenceContext, value: TensorShape) -> list[TensorShape]:
    return [TensorShape([])]


@shape_of("GetSessionTensor")
def _tensor_shape(c: InferenceContext, handle: TensorShape) -> list[TensorShape]:
    handle.assert_has_rank(0)
    return [UNKNOWN]


@shape_of("DeleteSessionTensor")
def _delete_shape(c: InferenceContext, handle: TensorShape) -> list[TensorShape]:
    handle.assert_has_rank(0)
    return []


@tf_export("get_session_handle")
def get_session_handle(data: Tensor, name: str | None = None) -> Tensor:
    """Keeps the value of `data` in the session that runs this.

    Args:
        data: the tensor to keep.
        name: name of the operation.

    Returns:
        A string scalar; fetching it gives a `TensorHandle`, which may be fed, evaluated and deleted.

    Raises:
        TypeError: `data` is no Tensor.
    """
    if not isinstance(data, Tensor):
        raise TypeError("`data` must be of type Tensor.")
    with colocate_with(data):
        return raw_ops.GetSessionHandle(value=data, name=name)


@tf_export("get_session_tensor")
def get_session_tensor(handle: Any, dtype: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Reads a tensor that a session keeps.

    Args:
        handle: the text of a handle, which decides the device.
        dtype: type of the kept tensor.
        name: name of the operation.

    Returns:
        A string placeholder, to be fed with a handle, and the kept tensor.
    """
    with device(_device_of(handle)):
        holder = raw_ops.Placeholder(dtype=dtypes.string)
        return holder, raw_ops.GetSessionTensor(handle=holder, dtype=dtypes.as_dtype(dtype), name=name)


@tf_export("delete_session_tensor")
def delete_session_tensor(handle: Any, name: str | None = None) -> tuple[Tensor, Operation]:
    """Makes a session forget a tensor that it keeps.

    Args:
        handle: the text of a handle, which decides the device.
        name: name of the operation.

    Returns:
        A string placeholder, to be fed with a handle, and the operation that forgets its tensor.
    """
    with device(_device_of(handle)):
        holder = raw_ops.Placeholder(dtype=dtypes.string)
        return holder, raw_ops.DeleteSessionTensor(handle=holder, name=name)


def _device_of(handle: Any) -> str:
    text = handle.decode() if isinstance(handle, bytes) else str(handle)
    return text.rpartition(";")[2]
