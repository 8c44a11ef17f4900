"""Host kernels: sums, elementwise extremes and softmax of sparse tensors, and sums that stay sparse."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.sparse_places import Array, check_shapes, groups, listed, require


@kernel("SparseAdd")
def _add(
    k: KernelContext, a: Array, a_values: Array, a_shape: Array, b: Array, b_values: Array, b_shape: Array, least: Array
) -> tuple[Array, Array, Array]:
    check_shapes(k, a, a_values, a_shape)
    check_shapes(k, b, b_values, b_shape)
    ranks = f"{len(a_shape)}, {len(b_shape)}"
    require(k, len(a_shape) == len(b_shape), f"Ranks of input tensors must match, but saw ranks: {ranks}")
    for axis, (x, y) in enumerate(zip(a_shape.tolist(), b_shape.tolist(), strict=True)):
        require(k, x == y, f"Input shapes must match: got {x} and {y} for dimension {axis}")
    places, values = np.concatenate([a, b]), np.concatenate([a_values, b_values])
    order, starts, distinct = groups(places)
    sums = np.add.reduceat(values[order], starts) if len(starts) else values
    alone = np.diff(np.append(starts, len(order))) == 1
    kept = (np.abs(sums) >= least) | alone
    return distinct[kept], sums[kept].astype(values.dtype), a_shape.copy()


@kernel("SparseAddGrad")
def _add_grad(k: KernelContext, grad: Array, a: Array, b: Array, total: Array) -> tuple[Array, Array]:
    return _looked_up(total, grad, a), _looked_up(total, grad, b)


def _looked_up(places: Array, values: Array, wanted: Array) -> Array:
    """The value at each of `wanted`; zero where `places` does not have it."""
    where = {place: i for i, place in enumerate(map(tuple, places.tolist()))}
    found = np.array([where.get(place, -1) for place in map(tuple, wanted.tolist())], np.int64)
    out = np.zeros(len(wanted), values.dtype)
    out[found >= 0] = values[found[found >= 0]]
    return out


@kernel("SparseSliceGrad")
def _slice_grad(k: KernelContext, grad: Array, indices: Array, start: Array, output: Array) -> Array:
    require(k, grad.shape[0] == len(output), f"Number of gradients {len(grad)} and of elements {len(output)} differ")
    return _looked_up(output + start, grad, indices)


@kernel("SparseTensorDenseAdd")
def _dense_add(k: KernelContext, indices: Array, values: Array, shape: Array, dense: Array) -> Array:
    check_shapes(k, indices, values, shape)
    ranks = f"{len(shape)} and {dense.ndim}"
    require(k, len(shape) == dense.ndim, f"Two operands should have the same rank; got ranks: {ranks}")
    for axis, (x, y) in enumerate(zip(shape.tolist(), dense.shape, strict=True)):
        text = f"sparse side {x} vs dense side {y}"
        require(k, x == y, f"Dimension {axis} does not equal (no broadcasting is supported): {text}")
    outside = ((indices < 0) | (indices >= shape)).any(axis=1)
    require(k, not outside.any(), "Sparse tensor has some invalid index on dimension")
    out = dense.copy()
    np.add.at(out, tuple(indices.T), values)
    return out


@kernel("SparseSparseMaximum", "SparseSparseMinimum")
def _extreme(
    k: KernelContext, a: Array, a_values: Array, a_shape: Array, b: Array, b_values: Array, b_shape: Array
) -> tuple[Array, Array]:
    check_shapes(k, a, a_values, a_shape)
    check_shapes(k, b, b_values, b_shape)
    shapes = " and ".join(" ".join(map(str, shape.tolist())) for shape in (a_shape, b_shape))
    require(k, len(a_shape) == len(b_shape), f"Operands do not have the same ranks; got shapes: {shapes}")
    for axis, (x, y) in enumerate(zip(a_shape.tolist(), b_shape.tolist(), strict=True)):
        require(k, x == y, f"Operands' shapes do not match: got {x} and {y} for dimension {axis}")
    function = np.maximum if k.op.type == "SparseSparseMaximum" else np.minimum
    order, starts, distinct = groups(np.concatenate([a, b]))
    values = np.concatenate([a_values, b_values])[order]
    if not len(starts):
        return distinct, values
    result = function.reduceat(values, starts)
    alone = np.diff(np.append(starts, len(order))) == 1
    result[alone] = function(result[alone], np.zeros((), values.dtype))
    return distinct, result


@kernel("SparseSoftmax")
def _softmax(k: KernelContext, indices: Array, values: Array, shape: Array) -> Array:
    check_shapes(k, indices, values, shape)
    require(k, len(shape) >= 2, f"Input should have rank >= 2, but received shape: {listed(shape)}")
    order, starts, _ = groups(indices[:, :-1])
    if not len(starts):
        return values.copy()
    sizes = np.diff(np.append(starts, len(order)))
    ordered = values[order]
    shifted = np.exp(ordered - np.repeat(np.maximum.reduceat(ordered, starts), sizes))
    out = np.empty_like(values)
    out[order] = shifted / np.repeat(np.add.reduceat(shifted, starts), sizes)
    return out


@kernel("SparseReduceSumSparse", "SparseReduceMaxSparse")
def _reduce(k: KernelContext, indices: Array, values: Array, shape: Array, axes: Array) -> tuple[Array, Array, Array]:
    check_shapes(k, indices, values, shape)
    rank = len(shape)
    for axis in axes.reshape(-1).tolist():
        require(k, -rank <= axis < rank, f"Invalid reduction dimension {axis}, for input with {rank} dimensions.")
    gone = {axis % rank for axis in axes.reshape(-1).tolist()} or set(range(rank))
    kept = [axis for axis in range(rank) if axis not in gone]
    order, starts, distinct = groups(indices[:, kept])
    function = np.add if k.op.type == "SparseReduceSumSparse" else np.maximum
    result = function.reduceat(values[order], starts, dtype=values.dtype) if len(starts) else values
    if not k.attr("keep_dims"):
        return distinct, result, shape[kept]
    places = np.zeros((len(distinct), rank), np.int64)
    places[:, kept] = distinct
    return places, result, np.where(np.isin(np.arange(rank), kept), shape, 1).astype(np.int64)
