"""Host kernels of shapes as tensors and of operations that only rearrange."""

from __future__ import annotations

import math

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


@kernel("Shape", "ShapeN")
def _shape(k: KernelContext, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.array(x.shape, k.output_dtype().as_numpy_dtype) for x in arrays)


@kernel("Size")
def _size(k: KernelContext, x: np.ndarray) -> np.ndarray:
    return np.array(x.size, k.output_dtype().as_numpy_dtype)


@kernel("Rank")
def _rank(k: KernelContext, x: np.ndarray) -> np.ndarray:
    return np.array(x.ndim, np.int32)


@kernel("Reshape")
def _reshape(k: KernelContext, x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if shape.ndim != 1:
        raise InvalidArgumentError(None, k.op, f"sizes input must be 1-D, not [{text(shape.shape)}]")
    sizes = shape.tolist()
    if sizes.count(-1) > 1:
        first = sizes.index(-1)
        raise InvalidArgumentError(
            None, k.op, f"Only one input size may be -1, not both {first} and {sizes.index(-1, first + 1)}"
        )
    for i, size in enumerate(sizes):
        if size < -1:
            raise InvalidArgumentError(None, k.op, f"Size {i} must be non-negative, not {size}")
    known = math.prod(s for s in sizes if s != -1)
    if -1 in sizes:
        if known == 0:
            raise InvalidArgumentError(
                None,
                k.op,
                "reshape cannot infer the missing input size for an empty tensor "
                "unless all specified input sizes are non-zero",
            )
        if x.size % known:
            raise InvalidArgumentError(
                None,
                k.op,
                f"Input to reshape is a tensor with {x.size} values, but the "
                f"requested shape requires a multiple of {known}",
            )
        sizes[sizes.index(-1)] = x.size // known
    elif known != x.size:
        raise InvalidArgumentError(
            None, k.op, f"Input to reshape is a tensor with {x.size} values, but the requested shape has {known}"
        )
    return x.reshape(sizes)


def text(sizes: tuple[int, ...]) -> str:
    """Sizes as error messages show them: 2,3."""
    return ",".join(map(str, sizes))


@kernel("ExpandDims")
def _expand_dims(k: KernelContext, x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    if axis.size != 1:
        raise InvalidArgumentError(None, k.op, "'dim' must be a tensor with a single value")
    position = int(axis.reshape(()))
    if not -x.ndim - 1 <= position <= x.ndim:
        raise InvalidArgumentError(
            None, k.op, f"Tried to expand dim index {position} for tensor with {x.ndim} dimensions."
        )
    return np.expand_dims(x, position)


@kernel("Squeeze")
def _squeeze(k: KernelContext, x: np.ndarray) -> np.ndarray:
    named = k.attr("squeeze_dims")
    for axis in named:
        if not -x.ndim <= axis < x.ndim:
            raise InvalidArgumentError(
                None, k.op, f"Tried to squeeze dim index {axis} for tensor with {x.ndim} dimensions."
            )
        if x.shape[axis] != 1:
            raise InvalidArgumentError(
                None, k.op, f"Can not squeeze dim[{axis % x.ndim}], expected a dimension of 1, got {x.shape[axis]}"
            )
    return x.squeeze(tuple({axis % x.ndim for axis in named})) if named else x.squeeze()


@kernel("Transpose", "ConjugateTranspose")
def _transpose(k: KernelContext, x: np.ndarray, perm: np.ndarray) -> np.ndarray:
    axes = perm.reshape(-1).tolist()
    if len(axes) != x.ndim:
        raise InvalidArgumentError(
            None, k.op, f"transpose expects a vector of size {x.ndim}. But input(1) is a vector of size {len(axes)}"
        )
    for axis in axes:
        if not -x.ndim <= axis < x.ndim:
            raise InvalidArgumentError(None, k.op, f"{axis} is out of range [0 .. {x.ndim})")
    positive = [axis % x.ndim for axis in axes]
    for axis in range(x.ndim):
        if axis not in positive:
            raise InvalidArgumentError(None, k.op, f"{axis} is missing from {{{text(tuple(axes))}}}.")
    out = x.transpose(positive)
    return out.conj() if k.op.type == "ConjugateTranspose" and out.dtype.kind == "c" else out


@kernel("InvertPermutation")
def _invert_permutation(k: KernelContext, x: np.ndarray) -> np.ndarray:
    if x.ndim != 1:
        raise InvalidArgumentError(None, k.op, "invert_permutation expects a 1D vector.")
    inverse = np.full(x.shape, -1, x.dtype)
    for i, value in enumerate(x.tolist()):
        if not 0 <= value < x.size:
            raise InvalidArgumentError(None, k.op, f"{value} is not between 0 and {x.size}")
        if inverse[value] != -1:
            raise InvalidArgumentError(None, k.op, f"{value} is duplicated in the input.")
        inverse[value] = i
    return inverse


@kernel("UnravelIndex")
def _unravel_index(k: KernelContext, indices: np.ndarray, dims: np.ndarray) -> np.ndarray:
    """The coordinates, one row a dimension, of positions in an array of shape `dims`."""
    if indices.ndim > 1 or dims.ndim != 1:
        raise InvalidArgumentError(None, k.op, f"The indices can only be scalar or vector, got {list(indices.shape)}")
    if not dims.all():
        raise InvalidArgumentError(
            None, k.op, f"Input dims cannot contain a dim of zero, but dims contains zero: {text(tuple(dims.tolist()))}"
        )
    if np.any(indices >= dims.prod()):
        raise InvalidArgumentError(None, k.op, "index is out of bound as with dims")
    strides = np.append(np.cumprod(dims[:0:-1])[::-1], 1).astype(dims.dtype)
    column = [-1, *[1] * indices.ndim]
    steps = np.trunc(indices / strides.reshape(column)).astype(dims.dtype)
    return np.fmod(steps, dims.reshape(column)).astype(dims.dtype)  # type: ignore[no-any-return]
