"""Host kernels of conversions between element types."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray

# (source, target) of narrowing casts -> (unsigned type of the source's bits, bits that the target has not)
_DROPPED_BITS: dict[tuple[str, str], tuple[Any, int]] = {
    ("float64", "float32"): (np.uint64, 29),
    ("float64", "float16"): (np.uint64, 42),
    ("float64", "bfloat16"): (np.uint64, 45),
    ("float32", "float16"): (np.uint32, 13),
    ("float32", "bfloat16"): (np.uint32, 16),
}


def lowest_and_highest(dtype: np.dtype) -> tuple[Any, Any]:
    """The lowest and highest values of a real type; infinities for floating-point ones."""
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return info.min, info.max
    return dtype.type(-np.inf), dtype.type(np.inf)


def cast(x: Array, dtype: np.dtype) -> Array:
    """`x` as another number type: cut off towards zero, wrapped, or by its real part, as C casts do."""
    if x.dtype.kind == "c" and dtype.kind != "c":
        x = x.real
    with np.errstate(all="ignore"):
        return x.astype(dtype)


@kernel("Cast")
def _cast(k: KernelContext, x: Array) -> Array:
    source, target = k.input_dtype(), k.output_dtype()
    if source is target:
        return x
    if dtypes.string in (source, target):
        raise UnimplementedError(None, k.op, f"Cast {_text(source)} to {_text(target)} is not supported")
    dropped = _DROPPED_BITS.get((source.name, target.name)) if k.attr("Truncate") else None
    if dropped is not None:
        bits, count = dropped
        mask = bits(~((1 << count) - 1) & ((1 << (8 * np.dtype(bits).itemsize)) - 1))
        x = (x.view(bits) & mask).view(x.dtype)
    return cast(x, np.dtype(target.as_numpy_dtype))


def _text(dtype: dtypes.DType) -> str:
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)


@kernel("ToBool")
def _to_bool(k: KernelContext, x: Array) -> Array:
    """A scalar's truth; other tensors are true when they have elements."""
    return np.array(bool(x) if x.ndim == 0 else x.size > 0)


@kernel("Bitcast")
def _bitcast(k: KernelContext, x: Array) -> Array:
    target = np.dtype(k.output_dtype().as_numpy_dtype)
    x = np.ascontiguousarray(x) if x.ndim else x.copy()
    if target.itemsize == x.dtype.itemsize:
        return x.view(target)
    if target.itemsize < x.dtype.itemsize:
        return x.reshape(*x.shape, 1).view(target)
    return x.view(target).reshape(x.shape[:-1])


@kernel("ClipByValue")
def _clip_by_value(k: KernelContext, x: Array, low: Array, high: Array) -> Array:
    if x.dtype.kind == "c":
        parts = [np.maximum(np.minimum(getattr(x, p), getattr(high, p)), getattr(low, p)) for p in ("real", "imag")]
        return np.asarray(parts[0] + 1j * parts[1], x.dtype)
    return np.asarray(np.maximum(np.minimum(x, high), low), x.dtype)
