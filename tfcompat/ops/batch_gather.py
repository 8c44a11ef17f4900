"""Gathers with batch dimensions, by indices into tensors whose batch dimensions have been merged."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, reshape, shape, transpose
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones, zeros
from tfcompat.ops.gather import gather
from tfcompat.ops.grids import meshgrid
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.tiling import tile


def batch_gather(params: Tensor, indices: Tensor, batch_dims: int) -> Tensor:
    """Slices of `params` along dimension `batch_dims`; the dimensions before it are shared with `indices`.

    Raises:
        ValueError: `batch_dims` is not below both ranks.
    """
    index_rank = len(indices.shape)
    if not 0 <= batch_dims < index_rank:
        raise ValueError(f"batch_dims = {batch_dims} must be in [0, {index_rank})")
    if params.shape.rank is not None and batch_dims >= params.shape.rank:
        raise ValueError(f"batch_dims = {batch_dims} must be less than rank(params) = {params.shape.rank}")
    index_sizes, sizes = shape(indices), shape(params)
    dtype = indices.dtype.base_dtype
    stride: Any = ones((), dtype=dtype)
    cast_sizes = raw_ops.Cast(x=sizes, DstT=dtype)
    flat: Any = indices
    for axis in range(batch_dims, 0, -1):
        count = cast_sizes[axis - 1]
        stride = stride * cast_sizes[axis]
        offsets = raw_ops.Range(start=zeros((), dtype=dtype), limit=count, delta=ones((), dtype=dtype))
        offsets = offsets * stride
        flat = flat + reshape(offsets, stack([1] * (axis - 1) + [count] + [1] * (index_rank - axis), axis=0))
    flat = reshape(flat, [-1])
    inner = sizes[batch_dims + 1 :]
    rows = raw_ops.Prod(input=sizes[: batch_dims + 1], reduction_indices=[0], keep_dims=False)
    picked = gather(reshape(params, concat([[rows], inner], axis=0)), flat)
    result = reshape(picked, concat([index_sizes, inner], axis=0))
    batch = indices.shape[:batch_dims].merge_with(params.shape[:batch_dims])
    result.set_shape(batch.concatenate(indices.shape[batch_dims:]).concatenate(params.shape[batch_dims + 1 :]))
    return result


def batch_gather_nd(params: Any, indices: Any, batch_dims: int, name: str | None = None) -> Tensor:
    """`gather_nd` in which the first `batch_dims` dimensions are shared by `params` and `indices`.

    Raises:
        TypeError: `batch_dims` is no int.
        ValueError: it is negative or not below both ranks, or a rank is not known.
    """
    with name_scope(name, "BatchGatherND", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if not isinstance(batch_dims, int):
            raise TypeError(f"Argument `batch_dims` must be an int; got {batch_dims!r}.")
        if batch_dims < 0:
            raise ValueError("tf.gather_nd does not allow negative batch_dims.")
        ranks = params.shape.rank, indices.shape.rank
        if None in ranks:
            raise ValueError("tf.gather_nd does not allow tensors of unknown rank with batch_dims.")
        for what, ndims in zip(("params", "indices"), ranks, strict=True):
            if batch_dims >= ndims:  # type: ignore[operator]
                raise ValueError(f"batch_dims = {batch_dims} must be less than rank({what}) = {ndims}")
        return _by_full_vectors(params, indices, batch_dims)


def _by_full_vectors(params: Tensor, indices: Tensor, batch_dims: int) -> Tensor:
    """Index vectors completed in front by the coordinates of their batch."""
    sizes, index_sizes = shape(params), shape(indices)
    batch = sizes[:batch_dims]
    batches = raw_ops.Prod(input=batch, reduction_indices=[0])
    inner_rank = rank(indices) - batch_dims - 1
    inner = index_sizes[batch_dims:-1]
    ranges = []
    for size in unstack(batch, axis=0):
        limit = raw_ops.Cast(x=size, DstT=dtypes.int32)
        ranges.append(raw_ops.Cast(x=raw_ops.Range(start=0, limit=limit, delta=1), DstT=indices.dtype))
    columns = [reshape(grid, (-1,)) for grid in meshgrid(*ranges, indexing="ij")]
    coordinates = transpose(stack(columns, axis=0))
    form = shape(coordinates)
    coordinates = reshape(coordinates, concat([form[:1], ones(inner_rank, dtype=dtypes.int32), form[1:]], axis=0))
    coordinates = tile(coordinates, multiples=concat(((1,), inner, (1,)), axis=0))
    flat = reshape(indices, concat(([batches], index_sizes[batch_dims:]), axis=0))
    picked = raw_ops.GatherNd(params=params, indices=concat((coordinates, flat), axis=-1))
    picked_sizes = shape(picked)
    return reshape(picked, concat((batch, picked_sizes[1:]), axis=0))
