"""Repeating the slices of a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones
from tfcompat.ops.masks import boolean_mask, sequence_mask
from tfcompat.ops.packing import stack
from tfcompat.ops.tiling import broadcast_to, tile


@tf_export("repeat")
def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """`input` with each of its slices along `axis` repeated.

    Args:
        input: tensor.
        repeats: how often each slice is repeated: an integer scalar, or a vector with one entry per slice.
        axis: dimension; None flattens `input` first.
        name: prefix of the names of the operations.

    Raises:
        ValueError: `axis` is out of bounds.
    """
    if axis is None:
        input = reshape(input, [-1])
        axis = 0
    with name_scope(name, "Repeat", [input, repeats]):
        data = convert_to_tensor(input, name="data")
        counts = raw_ops.Cast(x=convert_to_tensor(repeats, name="repeats"), DstT=dtypes.int32)
        data = _with_dimension(data)
        axis = _from_front(axis, data.shape.rank)
        sizes = shape(data, out_type=dtypes.int32)
        if counts.shape.num_elements() == 1:
            return _equally(data, sizes, reshape(counts, []), axis)
        if counts.shape.rank == 1:
            counts = broadcast_to(counts, [sizes[axis]])
        return _differently(data, sizes, counts, axis)


def _with_dimension(data: Tensor) -> Tensor:
    """`data`; a scalar as a vector of one element."""
    if data.shape.rank is not None:
        return data if data.shape.rank else stack([data])
    sizes, ndims = shape(data), rank(data)
    return reshape(data, concat([[1], sizes], axis=0)[-ndims:])


def _from_front(axis: int, ndims: int | None) -> int:
    if axis < 0 and ndims is None:
        raise ValueError(f"axis={axis} may only be negative if the rank of the input is statically known.")
    if ndims is not None and not -ndims <= axis < ndims:
        raise ValueError(f"axis={axis} out of bounds: expected {-ndims}<=axis<{ndims}")
    return axis if axis >= 0 else axis + ndims  # type: ignore[operator]


def _equally(data: Tensor, sizes: Tensor, count: Tensor, axis: int) -> Tensor:
    """Every slice `count` times: copies along a new dimension, which is then merged into the axis."""
    copies = _tile_one(expand_dims(data, axis + 1), axis + 1, count)
    return reshape(copies, concat([sizes[:axis], [count * sizes[axis]], sizes[axis + 1 :]], axis=0))


def _differently(data: Tensor, sizes: Tensor, counts: Tensor, axis: int) -> Tensor:
    """As many copies of every slice as the largest count, of which a mask keeps those that are wanted."""
    if counts.shape.rank != axis + 1:
        leading = sizes[: axis + 1 - rank(counts)]
        counts = broadcast_to(counts, concat([leading, shape(counts)], axis=0))
        counts.set_shape([None] * (axis + 1))
    most = raw_ops.Max(input=counts, reduction_indices=_all_axes(counts))
    most = raw_ops.Maximum(x=convert_to_tensor(0, counts.dtype, name="zero"), y=most)
    mask = sequence_mask(counts, most)
    kept = boolean_mask(_tile_one(expand_dims(data, axis + 1), axis + 1, most), mask)
    if axis == 0:
        return kept
    return reshape(kept, concat([sizes[:axis], [-1], sizes[axis + 1 :]], axis=0))


def _tile_one(data: Tensor, axis: int, count: Tensor) -> Tensor:
    ndims = data.shape.rank
    if ndims is not None:
        return tile(data, [count if i == axis else 1 for i in range(ndims)])
    single = ones(rank(data), dtypes.int32)
    return tile(data, concat([single[:axis], [count], single[axis + 1 :]], axis=0))


def _all_axes(tensor: Tensor) -> Any:
    if tensor.shape.rank is not None:
        return convert_to_tensor(np.arange(tensor.shape.rank, dtype=np.int32), name="Const")
    return raw_ops.Range(start=0, limit=rank(tensor), delta=1)
