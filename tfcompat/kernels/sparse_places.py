"""What kernels of sparse tensors share: checks, and grouping elements by their positions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext

Array = np.ndarray


def require(k: KernelContext, holds: bool, message: str) -> None:
    """InvalidArgumentError with `message` unless `holds`."""
    if not holds:
        raise InvalidArgumentError(None, k.op, message)


def listed(sizes: Sequence[int] | Array) -> str:
    """[1,2,3]"""
    return f"[{','.join(str(int(s)) for s in sizes)}]"


def flat_places(indices: Array, sizes: Sequence[int]) -> Array:
    """The position of each row of `indices` in a flat array of `sizes`."""
    strides = [math.prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
    return indices @ np.array(strides, np.int64) if len(sizes) else np.zeros(len(indices), np.int64)


def groups(keys: Array) -> tuple[Array, Array, Array]:
    """Equal keys brought together: (order of the elements, where each group starts in it, the distinct keys).

    Args:
        keys: matrix of int64; rows are compared, first column first.
    """
    order = np.lexsort(keys.T[::-1]) if keys.shape[1] else np.arange(len(keys))
    ordered = keys[order]
    new = np.ones(len(ordered), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    return order, starts, ordered[starts]


def check_shapes(k: KernelContext, indices: Array, values: Array, shape: Array) -> None:
    """A sparse tensor's parts must have ranks 2, 1, 1 and agree in size."""
    require(k, indices.ndim == 2, f"Input indices should be a matrix but received shape: {listed(indices.shape)}")
    require(k, values.ndim == 1, f"Input values should be a vector but received shape: {listed(values.shape)}")
    require(k, shape.ndim == 1, f"Input shape should be a vector but received shape: {listed(shape.shape)}")
    count, rank = indices.shape
    require(k, count == len(values), f"Expected {count} non-empty input values, got {len(values)}")
    text = f"Second dimension of indices and length of shape must match, got {rank} and {len(shape)}"
    require(k, rank == len(shape), text)
    check_sizes(k, shape)


def check_sizes(k: KernelContext, shape: Array) -> None:
    """Sizes must not be negative, and their product must be below 2**63."""
    total = 1
    for size in shape.tolist():
        require(k, size >= 0, f"Expected shape dimensions to be non-negative, got {size}")
        text = f"Encountered overflow when multiplying {total} with {size}, result: -1"
        require(k, total * size < 1 << 63, text)
        total *= size
