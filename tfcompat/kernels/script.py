"""Host kernel that calls Python functions."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
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


def status_of(error: BaseException) -> Any:
    """The error class of an operation whose function raised `error`."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), UnknownError)


@contextlib.contextmanager
def raised_as(op: Any) -> Iterator[None]:
    """Turns what a user's function raises into the error class that the reference gives it."""
    try:
        yield
    except OpError:
        raise
    except Exception as error:
        frames = error.__traceback__ and error.__traceback__.tb_next
        text = "".join(traceback.format_exception(type(error), error, frames))
        raise status_of(error)(None, op, f"{type(error).__name__}: {error}\n{text}") from error


@kernel("PyFunc", "PyFuncStateless")
def _py_func(k: KernelContext, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
    if k.op.type != "PyFuncStateless" or inputs:
        return _called(k, inputs)
    # the same on every call: called once a session
    memory = k.memory()
    if "results" not in memory:
        memory["results"] = _called(k, ())
    return memory["results"]  # type: ignore[no-any-return]


def _called(k: KernelContext, inputs: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    token = k.attr("token").decode()
    function = py_functions.find(token, k.op.graph)
    if function is None:
        raise InternalError(
            None, k.op, f"callback {token} is not found: this graph got no such Python function; files bring none along"
        )
    arguments = [x[()] if x.ndim == 0 else x.copy() for x in inputs]
    with raised_as(k.op):
        returned = function(*arguments)
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
            raise InternalError(None, k.op, f"Unsupported object type in the {index}-th value returned by {token}")
        texts = np.empty(array.shape, object)
        texts.reshape(-1)[:] = [bytes(v) for v in flat]
        array = texts
    else:
        try:
            found = dtypes.as_dtype(array.dtype)
        except (TypeError, InvalidArgumentError):
            text = f"Unsupported numpy data type {array.dtype} in the {index}-th value returned by {token}"
            raise InternalError(None, k.op, text) from None
    if found is not wanted.base_dtype:
        raise InvalidArgumentError(
            None, k.op, f"{index}-th value returned by {token} is {_name(found)}, but expects {_name(wanted)}"
        )
    return array.copy() if array is value else array


def _name(dtype: dtypes.DType) -> str:
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)
