"""Host kernels of discrete Fourier transforms over the innermost axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

_AXES = {"FFT": 1, "FFT2D": 2, "FFT3D": 3}


def _axes(op_type: str) -> tuple[int, ...]:
    return tuple(range(-_AXES[op_type[op_type.index("F") :]], 0))


def _transformed(k: KernelContext, function: Any, array: np.ndarray, **options: Any) -> np.ndarray:
    """Computed in double precision and rounded once."""
    axes = _axes(k.op.type)
    if array.ndim < len(axes):
        message = f"Input must have rank of at least {len(axes)} but got: {list(array.shape)}"
        raise InvalidArgumentError(None, k.op, message)
    dtype = k.output_dtype().as_numpy_dtype
    sizes = options.get("s") or [array.shape[axis] for axis in axes]
    if not array.size or 0 in sizes:
        last = sizes[-1] // 2 + 1 if k.op.type.startswith("RFFT") and sizes[-1] else sizes[-1]
        return np.zeros((*array.shape[: -len(axes)], *sizes[:-1], last), dtype)
    wide = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return function(wide, axes=axes, **options).astype(dtype)  # type: ignore[no-any-return]


@kernel("FFT", "FFT2D", "FFT3D")
def _forward(k: KernelContext, array: np.ndarray) -> np.ndarray:
    return _transformed(k, np.fft.fftn, array)


@kernel("IFFT", "IFFT2D", "IFFT3D")
def _inverse(k: KernelContext, array: np.ndarray) -> np.ndarray:
    return _transformed(k, np.fft.ifftn, array)


def _checked_lengths(k: KernelContext, array: np.ndarray, lengths: np.ndarray, half: bool) -> list[int]:
    """The lengths of the transform; the input must have at least as many samples."""
    axes = _axes(k.op.type)
    if lengths.shape != (len(axes),):
        message = f"fft_length must have shape [{len(axes)}]"
        raise InvalidArgumentError(None, k.op, message)
    sizes: list[int] = lengths.tolist()
    for i, (axis, size) in enumerate(zip(axes, sizes, strict=True)):
        if size < 0:
            raise InvalidArgumentError(None, k.op, f"fft_length[{i}] must >= 0, but got: {size}")
        least = size // 2 + 1 if half and axis == -1 and size else size
        if array.ndim >= len(axes) and array.size and array.shape[axis] < least:
            message = f"Input dimension {array.ndim + axis} must have length of at least {least} but got: "
            raise InvalidArgumentError(None, k.op, message + str(array.shape[axis]))
    return sizes


@kernel("RFFT", "RFFT2D", "RFFT3D")
def _real_forward(k: KernelContext, array: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return _transformed(k, np.fft.rfftn, array, s=_checked_lengths(k, array, lengths, False))


@kernel("IRFFT", "IRFFT2D", "IRFFT3D")
def _real_inverse(k: KernelContext, array: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return _transformed(k, np.fft.irfftn, array, s=_checked_lengths(k, array, lengths, True))
