"""Partitioners: how many slices a variable is cut into along each dimension."""

from __future__ import annotations

import collections.abc
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tfcompat.graph.dtypes import as_dtype, string
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape

Partitioner = Callable[..., Sequence[int]]


@tf_export("fixed_size_partitioner")
def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """A partitioner that cuts every variable into `num_shards` slices along `axis`, or as many as it has elements."""

    def partitioner(shape: TensorShape, **_: Any) -> list[int]:
        parts = [1] * len(shape)
        parts[axis] = min(num_shards, shape.as_list()[axis])  # type: ignore[type-var, assignment]
        return parts

    return partitioner


@tf_export("variable_axis_size_partitioner")
def variable_axis_size_partitioner(
    max_shard_bytes: int, axis: int = 0, bytes_per_string_element: int = 16, max_shards: int | None = None
) -> Partitioner:
    """A partitioner that keeps slices along `axis` at or below `max_shard_bytes` where whole rows allow it.

    Args:
        max_shard_bytes: bytes of a slice.
        axis: the dimension to cut.
        bytes_per_string_element: what a string counts.
        max_shards: the most slices to make.

    Raises:
        ValueError: a size is not positive; when called, the shape is not known.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError(
            "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, "
            f"max_shard_bytes is {max_shard_bytes} and bytes_per_string_element is "
            f"{bytes_per_string_element}"
        )
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: TensorShape, dtype: Any, **_: Any) -> list[int]:
        if not isinstance(shape, TensorShape):
            raise ValueError(f"shape is not a TensorShape: {shape}")
        if not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        rows: int = shape.as_list()[axis]  # type: ignore[assignment]
        row_bytes = shape.num_elements() / rows * _element_bytes(dtype, bytes_per_string_element)  # type: ignore[operator]
        shards = math.ceil(rows / max(1, math.floor(max_shard_bytes / row_bytes)))
        parts = [1] * len(shape)
        parts[axis] = min(max_shards, shards) if max_shards else shards
        return parts

    return partitioner


@tf_export("min_max_variable_partitioner")
def min_max_variable_partitioner(
    max_partitions: int = 1, axis: int = 0, min_slice_size: int = 256 << 10, bytes_per_string_element: int = 16
) -> Partitioner:
    """A partitioner that makes up to `max_partitions` slices along `axis`, none smaller than `min_slice_size` bytes."""

    def partitioner(shape: TensorShape, dtype: Any, **_: Any) -> list[int]:
        if axis >= len(shape):
            raise ValueError(f"Cannot partition variable along axis {axis} when shape is only {shape}")
        size = shape.num_elements() * _element_bytes(dtype, bytes_per_string_element)  # type: ignore[operator]
        parts = [1] * len(shape)
        parts[axis] = max(
            1,
            min(
                shape.as_list()[axis],
                max_partitions,  # type: ignore[type-var, assignment]
                math.ceil(size / min_slice_size),
            ),
        )
        return parts

    return partitioner


def _element_bytes(dtype: Any, string_bytes: int) -> int:
    dtype = as_dtype(dtype)
    return string_bytes if dtype.base_dtype is string else dtype.size


def call_partitioner(partitioner: Partitioner, shape: TensorShape, dtype: Any) -> list[int]:
    """What `partitioner` says about a variable, checked.

    Raises:
        ValueError: the shape is unknown or a scalar's, or the answer does not fit the shape or cuts two dimensions.
    """
    if not shape.is_fully_defined():
        raise ValueError(f"Shape of a new partitioned variable must be fully defined, but instead was {shape}.")
    if shape.rank is None or shape.rank < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    slicing = partitioner(shape=shape, dtype=dtype)
    if not isinstance(slicing, collections.abc.Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {slicing}")
    if len(slicing) != shape.rank:
        raise ValueError(
            f"Partitioner returned a partition list that does not match the Variable's rank: {slicing} vs. {shape}"
        )
    if any(p < 1 for p in slicing):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {slicing}")
    if sum(p > 1 for p in slicing) > 1:
        raise ValueError(f"Can only slice a variable along one dimension: shape: {shape}, partitioning: {slicing}")
    return list(slicing)


def slices(full_shape: Sequence[int], partitions: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """(offset, shape) of every slice; the first ones take what does not divide evenly."""
    axis = next((i for i, p in enumerate(partitions) if p > 1), 0)
    count = partitions[axis]
    length, excess = divmod(full_shape[axis], count)
    offset = [0] * len(full_shape)
    for i in range(count):
        shape = list(full_shape)
        shape[axis] = length + (i < excess)
        yield list(offset), shape
        offset[axis] += shape[axis]
