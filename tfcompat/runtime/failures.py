"""ONNX Runtime's errors as TensorFlow's."""

from __future__ import annotations

import math
import re
from typing import Any

from onnxruntime.capi import onnxruntime_pybind11_state as binding

from tfcompat.graph.errors import (
    DeadlineExceededError,
    InternalError,
    InvalidArgumentError,
    OpError,
    ResourceExhaustedError,
    UnimplementedError,
)
from tfcompat.graph.operation import Operation
from tfcompat.runtime.control import TIMED_OUT
from tfcompat.runtime.trace import operation_of_node

_ERROR_NAMES = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "RuntimeException",
                "EngineError", "EPFail")  # fmt: skip
ORT_ERRORS = tuple(getattr(binding, name) for name in _ERROR_NAMES)
_NODE = re.compile(r"running (?P<type>\w+) node\. Name:'(?P<name>[^']*)'")
_DETAIL = re.compile(r"Status Message: (?P<detail>.*)", re.DOTALL)
_ARGUMENT = re.compile(r"divi(de|sion) by zero|out of (data )?bounds|invalid|must|dimension|shape|incompatible|mismatch"
                       r"|cannot|broadcast|rank|indices|not equal|negative|exceed", re.IGNORECASE)  # fmt: skip


def translate(error: Exception, ops_by_name: dict[str, Operation]) -> OpError:
    """The exception to raise for `error`, naming the operation whose node failed when it can be told.

    Args:
        error: what ONNX Runtime raised.
        ops_by_name: the operations of the model.
    """
    text = str(error)
    op = _operation(text, ops_by_name)
    found = _DETAIL.search(text)
    detail = _reworded((found["detail"] if found else text).strip())
    if "terminate" in text and "flag" in text:
        return DeadlineExceededError(None, None, TIMED_OUT)
    if "Failed to allocate memory" in text or "out of memory" in text.lower():
        return ResourceExhaustedError(None, op, f"Out of memory: {detail}")
    if "by zero" in detail.lower():
        return InvalidArgumentError(None, op, "Integer division by zero")
    if isinstance(error, binding.NotImplemented):
        return UnimplementedError(None, op, detail)
    if isinstance(error, binding.InvalidArgument) or _ARGUMENT.search(detail):
        return InvalidArgumentError(None, op, detail)
    return InternalError(None, op, detail)


_RESHAPE = re.compile(
    r"cannot be reshaped to the requested shape\. Input shape:\{(?P<given>[^}]*)\}, requested "
    r"shape:\{(?P<wanted>[^}]*)\}"
)


_INDEX = re.compile(r"invalid indice found, indice = (-?\d+)")


def _reworded(detail: str) -> str:
    """`detail` in the reference's words where programs look for them."""
    index = _INDEX.search(detail)
    if index is not None:
        return f"index {index[1]} is out of range"
    found = _RESHAPE.search(detail)
    if found is None:
        return detail
    given, wanted = ([int(d) for d in found[part].split(",") if d] for part in ("given", "wanted"))
    known = math.prod(d for d in wanted if d >= 0)
    asks = f"requires a multiple of {known}" if -1 in wanted else f"has {known}"
    return f"Input to reshape is a tensor with {math.prod(given)} values, but the requested shape {asks}"


def _operation(text: str, ops_by_name: dict[str, Any]) -> Operation | None:
    found = _NODE.search(text)
    return operation_of_node(found["name"], ops_by_name) if found else None
