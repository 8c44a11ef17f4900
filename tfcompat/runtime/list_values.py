"""Tensor lists and complex numbers on their way from models to the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from converters.builder import Value
from converters.complex_value import ComplexValue
from converters.list_value import ListValue
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.kernels.list_data import TensorList
from tfcompat.runtime.arrays import to_numpy


def array_of(value: Value | None, env: Mapping[str, Any]) -> Any:
    """What a host kernel gets for `value`: an array, a `TensorList`, or None for a variable's handle."""
    if value is None:
        return None
    if isinstance(value, ComplexValue):
        return _joined(to_numpy(env[value.real.name]), to_numpy(env[value.imag.name]), value)
    if not isinstance(value, ListValue):
        return to_numpy(env[value.name])
    if value.parts is not None:
        items = [None if p is None else array_of(p, env) for p in value.parts]
        return TensorList(value.element, TensorShape(value.element_dims), items)
    if value.tensor is None:
        length = value.length if isinstance(value.length, int) else int(to_numpy(env[value.length.name]))  # type: ignore[union-attr]
        return TensorList(value.element, TensorShape(value.element_dims), [None] * length)
    return _from_tensor(value, to_numpy(env[value.tensor.name]))


def _joined(real: np.ndarray, imag: np.ndarray, value: ComplexValue) -> np.ndarray:
    result = np.empty(real.shape, value.dtype.as_numpy_dtype)
    result.real, result.imag = real, imag
    return result


def _from_tensor(kind: ListValue, tensor: Any) -> TensorList:
    items = [tensor[i, ...] if kind.inner is None else _from_tensor(kind.inner, tensor[i]) for i in range(len(tensor))]
    return TensorList(kind.element, TensorShape(kind.element_dims), items)
