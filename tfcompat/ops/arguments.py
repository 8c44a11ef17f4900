"""What many public functions need of their arguments: deprecated names, and what counts as a tensor."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.dtypes import DType
from tfcompat.graph.graph import Graph
from tfcompat.graph.tensor import CompositeTensor, Tensor


def one_of(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """The value of an argument that also has a deprecated name.

    Raises:
        ValueError: both are given.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'.")
    return old_value


def is_tensor(value: Any) -> bool:
    """Whether `value` is a tensor, a variable or a composite of tensors."""
    if isinstance(value, (Tensor, CompositeTensor)):
        return True
    return isinstance(getattr(value, "dtype", None), DType) and isinstance(getattr(value, "graph", None), Graph)


def as_tensor(value: Any, name: str | None = None) -> Any:
    """`value` when it is a tensor or composite already, else `convert_to_tensor(value)`."""
    return value if isinstance(value, (Tensor, CompositeTensor)) else convert_to_tensor(value, name=name)


def text_of(value: str | bytes) -> str:
    """An attribute that is a string, as text: recorded ones are bytes."""
    return value.decode() if isinstance(value, bytes) else value
