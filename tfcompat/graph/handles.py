"""What is known of the variable behind a resource handle."""

from __future__ import annotations

from tfcompat.graph.dtypes import DType
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape

_HAND_ON = frozenset({"Identity", "IdentityN", "Enter", "RefEnter", "Switch", "Merge"})


def set_handle_type(handle: Tensor, shape: TensorShape, dtype: DType) -> None:
    """Records what the variable behind `handle` is, for handles that come from outside (captured, fed, arguments)."""
    handle._handle_type = (shape, dtype)  # type: ignore[attr-defined]


def handle_type(handle: Tensor) -> tuple[TensorShape, DType] | None:
    """Shape and type of the variable behind `handle`, or None when they are not known."""
    while True:
        known = getattr(handle, "_handle_type", None)
        if known is not None:
            return known  # type: ignore[no-any-return]
        op = handle.op
        if op.type == "VarHandleOp":
            return op.attrs["shape"], op.attrs["dtype"]
        if op.type not in _HAND_ON or not op._inputs:
            return None
        handle = op._inputs[handle.value_index if op.type == "IdentityN" else 0]
