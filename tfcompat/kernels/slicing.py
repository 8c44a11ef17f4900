"""Host kernels of slices and their updates and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import slice_spec
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.graph.slice_spec import NEW_AXIS, Layout


def _resolved(k: KernelContext, shape: tuple[int, ...], *vectors: np.ndarray) -> tuple[Layout, tuple[slice, ...]]:
    """The layout of a strided slice, and the ranges it takes along each dimension."""
    begin, end, strides = (v.reshape(-1).tolist() for v in vectors)
    if not len(begin) == len(end) == len(strides):
        raise InvalidArgumentError(
            None,
            k.op,
            "Expected begin, end, and strides to be 1D equal size tensors, but got "
            f"shapes [{len(begin)}], [{len(end)}], and [{len(strides)}] instead.",
        )
    try:
        found = slice_spec.layout(len(begin), len(shape), [k.attr(m) for m in slice_spec.MASKS])
        ranges = [
            slice_spec.bounds(axis, i, size, begin, end, strides)
            for i, (axis, size) in enumerate(zip(found.axes, shape, strict=True))
        ]
    except ValueError as error:
        raise InvalidArgumentError(None, k.op, str(error)) from None
    return found, tuple(
        slice(first, None if limit < 0 else limit, step) if slice_spec.length(first, limit, step) else slice(0, 0)
        for first, limit, step in ranges
    )


def _output_shape(found: Layout, block: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 if axis == NEW_AXIS else block[axis] for axis in found.output_axes)


@kernel("StridedSlice")
def _strided_slice(k: KernelContext, x: np.ndarray, *vectors: np.ndarray) -> np.ndarray:
    found, ranges = _resolved(k, x.shape, *vectors)
    block = x[ranges]
    return np.reshape(block, _output_shape(found, block.shape))


@kernel("StridedSliceGrad")
def _strided_slice_grad(
    k: KernelContext, shape: np.ndarray, begin: np.ndarray, end: np.ndarray, strides: np.ndarray, grad: np.ndarray
) -> np.ndarray:
    whole = np.zeros(shape.tolist(), grad.dtype)
    found, ranges = _resolved(k, whole.shape, begin, end, strides)
    block = whole[ranges].shape
    if _output_shape(found, block) != grad.shape:
        raise InvalidArgumentError(
            None, k.op, f"shape of dy was {_sizes(grad.shape)} instead of {_sizes(_output_shape(found, block))}"
        )
    whole[ranges] = grad.reshape(block)
    return whole


def _sizes(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def assigned(
    k: KernelContext, x: np.ndarray, begin: np.ndarray, end: np.ndarray, strides: np.ndarray, value: np.ndarray
) -> np.ndarray:
    """A copy of `x` with `value`, broadcast, in the place of the slice."""
    found, ranges = _resolved(k, x.shape, begin, end, strides)
    out = x.copy()
    block = out[ranges].shape
    try:
        spread = np.broadcast_to(value, _output_shape(found, block))
    except ValueError:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Must have updates.shape = slice.shape, or be broadcastable to it: "
            f"{_sizes(value.shape)} vs. {_sizes(_output_shape(found, block))}",
        ) from None
    out[ranges] = spread.reshape(block)
    return out


kernel("TensorStridedSliceUpdate")(assigned)


@kernel("Slice")
def _slice(k: KernelContext, x: np.ndarray, begin: np.ndarray, size: np.ndarray) -> np.ndarray:
    ranges: list[Any] = []
    if begin.size != x.ndim or size.size != x.ndim:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Expected begin and size arguments to be 1-D tensors of size {x.ndim}, "
            f"but got shapes {_sizes(begin.shape)} and {_sizes(size.shape)} instead.",
        )
    for i, (b, s, d) in enumerate(zip(begin.tolist(), size.tolist(), x.shape, strict=True)):
        if not 0 <= b <= d:
            raise InvalidArgumentError(None, k.op, f"Expected begin[{i}] in [0, {d}], but got {b}")
        length = d - b if s == -1 else s
        if length < 0 or b + length > d:
            raise InvalidArgumentError(None, k.op, f"Expected size[{i}] in [0, {d - b}], but got {s}")
        ranges.append(slice(b, b + length))
    return x[tuple(ranges)]
