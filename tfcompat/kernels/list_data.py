"""The value of a variant tensor that holds a list of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.graph.tensor_shape import TensorShape


class TensorList:
    """A list of tensors; nothing changes one that has been made.

    Attributes:
        element: type of the elements.
        element_shape: what is declared of their shape.
        items: the elements; None for one that was never set.
        limit: the largest number of elements, -1 for none.
    """

    __slots__ = ("element", "element_shape", "items", "limit")

    ndim = 0
    shape = ()

    def __init__(self, element: DType, element_shape: TensorShape, items: Sequence[Any], limit: int = -1):
        self.element = element
        self.element_shape = element_shape
        self.items = items
        self.limit = limit

    def __len__(self) -> int:
        return len(self.items)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        boxed = np.empty((), object)
        boxed[()] = self
        return boxed

    def __repr__(self) -> str:
        return f"TensorList({self.element.name}, {self.element_shape}, {len(self.items)} elements)"

    def with_items(self, items: Sequence[Any]) -> TensorList:
        """A list of the same kind with other elements."""
        return TensorList(self.element, self.element_shape, items, self.limit)


def unboxed(value: Any) -> Any:
    """A list that was put into an array of one object; other values as they are."""
    if (
        isinstance(value, np.ndarray)
        and value.dtype == object
        and value.ndim == 0
        and isinstance(value[()], TensorList)
    ):
        return value[()]
    return value
