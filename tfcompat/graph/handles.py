"""What is known of what is behind a handle: a resource variable, or a tensor list."""

from __future__ import annotations

from tfcompat.graph.dtypes import DType
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape

_HAND_ON = frozenset({"Identity", "IdentityN", "Enter", "RefEnter", "Switch", "Merge"})
_WITH_BODIES = frozenset({"If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile"})


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


def set_element_shape(handle: Tensor, shape: TensorShape) -> None:
    """Records the shape of the elements of the tensor list behind `handle`."""
    handle._element_shape = shape  # type: ignore[attr-defined]


def element_shape(handle: Tensor) -> TensorShape:
    """What is known of the shape of the elements of the tensor list behind `handle`."""
    while handle.op.type in _HAND_ON and handle.op._inputs and not hasattr(handle, "_element_shape"):
        handle = handle.op._inputs[0]
    return getattr(handle, "_element_shape", UNKNOWN)


def element_type(handle: Tensor) -> DType | None:
    """The type of the elements of the tensor list behind `handle`; None when it is not known."""
    while True:
        known = getattr(handle, "_element_type", None) or handle.op.attrs.get("element_dtype")
        if known is not None:
            return known  # type: ignore[no-any-return]
        lists = [t for t in handle.op._inputs if t.dtype.base_dtype.name == "variant"]
        if not lists or handle.op.type in _WITH_BODIES:
            return None
        handle = lists[0]


def copy_handle_data(source: Tensor, target: Tensor) -> None:
    """Takes over for `target` what is known of what is behind `source`."""
    known = handle_type(source)
    if known is not None:
        set_handle_type(target, *known)
    if source.dtype.base_dtype.name == "variant":
        set_element_shape(target, element_shape(source))
        target._element_type = element_type(source)  # type: ignore[attr-defined]
