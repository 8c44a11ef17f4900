"""The shape of the variable behind a handle, as a tensor."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.handles import handle_type
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops


def shape_of_variable(handle: Tensor, out_type: Any = dtypes.int32) -> Tensor:
    """The shape of the variable that `handle` stands for: a constant when it is known, else an operation."""
    known = handle_type(handle)
    if known is None or not known[0].is_fully_defined():
        return raw_ops.VariableShape(input=handle, out_type=out_type)  # type: ignore[no-any-return]
    return constant(known[0].as_list(), out_type)
