"""Host kernel that calls Python functions."""

from __future__ import annotations

import traceback
from typing import Any

import numpy as np

from tfcompat.graph import dtypes, py_functions
from tfcompat.graph.errors import (
    InternalError,
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
)
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

_STATUS: list[tuple[type[BaseException], Any]] = [
    (StopIteration, OutOfRangeError), (ValueError, InvalidArgumentError), (TypeError, InvalidArgumentError),
    (MemoryError, ResourceExhaustedError), (NotImplementedError, UnimplementedError),
]  # fmt: skip


@kernel("PyFunc", "PyFuncStateless")
def _py_func(k: KernelContext, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
    token = k.attr("token").decode()
    function = py_functions.find(token, k.op.graph)
    if function is None:
        raise InternalError(
            None, k.op, f"callback {token} is not found: this graph got no such Python function; files bring none along"
        )
    arguments = [x[()] if x.ndim == 0 else x.copy() for x in inputs]
    try:
        returned = function(*arguments)
    except OpError:
        raise
    except Exception as error:
        status = next((s for kind, s in _STATUS if isinstance(error, kind)), UnknownError)
        frames = error.__traceback__ and error.__traceback__.tb_next
        text = "".join(traceback.format_exception(type(error), error, frames))
        raise status(None, k.op, f"{type(error).__name__}: {error}\n{text}") from error
    types = k.attr("Tout")
    if returned is None and not types:
        return ()
    values = list(returned) if isinstance(returned, (list, tuple)) else [returned]
    if len(values) != len(types):
        raise InvalidArgumentError(
            None, k.op, f"{token} returns {len(values)} values, but expects to see {len(types)} values."
        )
    return tuple(_result(k, token, i, v, t) for i, (v, t) in enumerate(zip(values, types, strict=True)))


def _result(k: KernelContext, token: str, index: int, value: Any, wanted: dtypes.DType) -> np.ndarray:
    array = np.asarray(value, order="C")
    if array.dtype.kind in "SUO":
        found = dtypes.string
        flat = [v.encode() if isinstance(v, str) else v for v in np.asarray(value, object).reshape(-1)]
        if not all(isinstance(v, (bytes, np.bytes_)) for v in flat):
            raise UnimplementedError(None, k.op, f"Unsupported object type in the {index}-th value returned by {token}")
        texts = np.empty(array.shape, object)
        texts.reshape(-1)[:] = [bytes(v) for v in flat]
        array = texts
    else:
        found = dtypes.as_dtype(array.dtype)
    if found is not wanted.base_dtype:
        raise InvalidArgumentError(
            None, k.op, f"{index}-th value returned by {token} is {_name(found)}, but expects {_name(wanted)}"
        )
    return array.copy() if array is value else array


def _name(dtype: dtypes.DType) -> str:
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)
