"""Between numpy arrays and ONNX Runtime's values.

`OrtValue` here is the class of ONNX Runtime's binding, which costs less per call than the public one. On the CPU both
conversions share memory: an array made from a value keeps the value alive, but a value made from an array does not.
"""

from __future__ import annotations

import ctypes
from typing import Any

import ml_dtypes
import numpy as np
from onnxruntime.capi import onnxruntime_pybind11_state as binding

OrtValue = binding.OrtValue
_CPU = binding.OrtDevice(binding.OrtDevice.cpu(), binding.OrtDevice.default_memory(), 0)
_from_numpy = OrtValue.ortvalue_from_numpy
_BY_BITS = {np.dtype(ml_dtypes.bfloat16): (np.uint16, 16), np.dtype(ml_dtypes.float8_e4m3fn): (np.uint8, 17),
            np.dtype(ml_dtypes.float8_e5m2): (np.uint8, 19)}  # fmt: skip
_BITS_BY_NAME = {"tensor(bfloat16)": (np.uint16, ml_dtypes.bfloat16),
                 "tensor(float8e4m3fn)": (np.uint8, ml_dtypes.float8_e4m3fn),
                 "tensor(float8e5m2)": (np.uint8, ml_dtypes.float8_e5m2)}  # fmt: skip


def to_ort(array: Any) -> Any:
    """`array` (numpy, or an OrtValue already) as an OrtValue.

    It shares the array's memory, which the caller keeps alive; only an array that is not contiguous is copied.
    """
    if type(array) is OrtValue:
        return array
    if not array.flags.c_contiguous:
        return _copied(np.ascontiguousarray(array))
    by_bits = _BY_BITS.get(array.dtype)
    if by_bits is not None:
        bits, number = by_bits
        return OrtValue.ortvalue_from_numpy_with_onnx_type(array.view(bits), number)
    return _from_numpy(array.view(array.dtype[0]) if array.dtype.names else array, _CPU)


def _copied(array: np.ndarray) -> Any:
    """An OrtValue with memory of its own."""
    if array.dtype in _BY_BITS:
        _, number = _BY_BITS[array.dtype]
        value = OrtValue.ortvalue_from_shape_and_onnx_type(list(array.shape), number, _CPU)
        ctypes.memmove(value.data_ptr(), array.ctypes.data, array.nbytes)
        return value
    plain = array.view(array.dtype[0]) if array.dtype.names else array
    value = OrtValue.ortvalue_from_shape_and_type(list(plain.shape), plain.dtype, _CPU)
    value.update_inplace(plain)
    return value


def to_numpy(value: Any) -> np.ndarray:
    """`value` (an OrtValue, or an array already) as an array; it shares memory with a value on the CPU."""
    if type(value) is not OrtValue:
        return value  # type: ignore[no-any-return]
    try:
        return value.numpy()  # type: ignore[no-any-return]
    except RuntimeError:
        return _copy_bits(value)


def _copy_bits(value: Any) -> np.ndarray:
    """A copy of a value whose type numpy lacks."""
    bits, dtype = _BITS_BY_NAME[value.data_type()]
    shape = value.shape()
    count = int(np.prod(shape, dtype=np.int64)) * np.dtype(bits).itemsize
    raw = ctypes.string_at(value.data_ptr(), count) if count else b""
    return np.frombuffer(raw, bits).copy().view(dtype).reshape(shape)


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of an array or OrtValue."""
    return tuple(value.shape()) if type(value) is OrtValue else value.shape


def owned(value: Any) -> Any:
    """A copy of `value` that nothing else refers to."""
    return _copied(to_numpy(value)) if type(value) is OrtValue else value.copy()
