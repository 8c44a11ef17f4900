"""Host kernels of session handles: tensors that a session keeps between runs, by name."""

from __future__ import annotations

import itertools

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

SESSION_TENSORS = "session tensor"
"""Kind, in the session's resource manager, of the tensors that handles stand for."""
_DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


def kept_tensor(resources: object, handle: str) -> np.ndarray:
    """The tensor that a session keeps under `handle`; InvalidArgumentError when there is none."""
    array: np.ndarray | None = resources.get(SESSION_TENSORS, "", handle)  # type: ignore[attr-defined]
    if array is None:
        raise InvalidArgumentError(None, None, f"The tensor with handle '{handle}' is not in the session store.")
    return array


@kernel("GetSessionHandle")
def _get_session_handle(k: KernelContext, value: np.ndarray) -> np.ndarray:
    counter = k.resources().get_or_create("session tensor counter", "", "", itertools.count)
    handle = f"{k.op.name};{next(counter)};{k.op.device or _DEVICE}"
    kept = value.copy()
    k.resources().get_or_create(SESSION_TENSORS, "", handle, lambda: kept)
    return np.array(handle.encode(), object)


@kernel("GetSessionTensor")
def _get_session_tensor(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    kept = kept_tensor(k.resources(), handle.item().decode())
    wanted = k.output_dtype()
    if kept.dtype != wanted.as_numpy_dtype:
        raise InvalidArgumentError(None, k.op, f"The kept tensor is {kept.dtype}, and {wanted.name} is asked for.")
    return kept


@kernel("DeleteSessionTensor")
def _delete_session_tensor(k: KernelContext, handle: np.ndarray) -> None:
    name = handle.item().decode()
    if k.resources().remove(SESSION_TENSORS, "", name) is None:
        raise InvalidArgumentError(None, k.op, f"The tensor with handle '{name}' is not in the session store.")
