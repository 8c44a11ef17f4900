"""Host kernels: how often integers occur in dense, sparse and ragged tensors; results dense or sparse."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.sparse_places import Array, check_shapes, listed, require


def rows_of_splits(k: KernelContext, splits: Array, count: int) -> Array:
    """The row of each value of a ragged tensor."""
    require(k, splits.size > 0, "Splits must be non-empty")
    require(k, int(splits[0]) == 0, f"Splits must start with 0, not with {splits[0]}")
    require(
        k, int(splits[-1]) == count, f"Splits must end with the number of values, got {splits[-1]} instead of {count}"
    )
    require(k, not (np.diff(splits) < 0).any(), "Splits must not decrease")
    return np.repeat(np.arange(len(splits) - 1), np.diff(splits))


def _counted(k: KernelContext, rows: Array | None, count: int, values: Array, weights: Array) -> tuple[Array, ...]:
    """Counts, or sums of weights, of the values of each row as a sparse tensor; one row when `rows` is None."""
    dtype: Any = k.output_dtype(1).as_numpy_dtype
    minimum, maximum = k.attr("minlength"), k.attr("maxlength")
    require(k, not values.size or int(values.min()) >= 0, "Input values must all be non-negative")
    chosen = values < maximum if maximum >= 0 else np.ones(len(values), bool)
    size = maximum if maximum > 0 else max(int(values[chosen].max(initial=-1)) + 1, minimum, 0)
    kept = values[chosen].astype(np.int64)
    places = kept + (0 if rows is None else rows[chosen] * max(size, 1))
    distinct, inverse = np.unique(places, return_inverse=True)
    totals = np.zeros(len(distinct), dtype)
    if k.attr("binary_output"):
        totals[:] = 1
    elif weights.size:
        np.add.at(totals, inverse, weights[chosen])
    else:
        totals[:] = np.bincount(inverse, minlength=len(distinct))
    if rows is None:
        return distinct[:, None], totals, np.array([size], np.int64)
    both = np.stack(np.divmod(distinct, max(size, 1)), axis=1)
    return both.astype(np.int64), totals, np.array([count, size], np.int64)


def _check_weights(k: KernelContext, values: Array, weights: Array) -> None:
    text = f"Weight shape: {listed(weights.shape)}; values shape: {listed(values.shape)}"
    fits = not weights.size or weights.shape == values.shape
    require(k, fits, f"Weights and values must have the same shape. {text}")


@kernel("DenseCountSparseOutput")
def _dense(k: KernelContext, values: Array, weights: Array) -> tuple[Array, ...]:
    require(k, values.ndim in (1, 2), f"Input must be a 1 or 2-dimensional tensor. Got: {listed(values.shape)}")
    _check_weights(k, values, weights)
    if values.ndim == 1:
        return _counted(k, None, 1, values, weights)
    rows = np.repeat(np.arange(len(values)), values.shape[1])
    return _counted(k, rows, len(values), values.reshape(-1), weights.reshape(-1))


@kernel("SparseCountSparseOutput")
def _sparse(k: KernelContext, indices: Array, values: Array, shape: Array, weights: Array) -> tuple[Array, ...]:
    check_shapes(k, indices, values, shape)
    _check_weights(k, values, weights)
    require(k, len(shape) in (1, 2), f"Input must be a 1 or 2-dimensional tensor. Got a shape of {listed(shape)}")
    if len(shape) == 1:
        return _counted(k, None, 1, values, weights)
    outside = (indices < 0) | (indices >= shape)
    require(k, not outside.any(), "Indices must be within the shape")
    return _counted(k, indices[:, 0], int(shape[0]), values, weights)


@kernel("RaggedCountSparseOutput")
def _ragged(k: KernelContext, splits: Array, values: Array, weights: Array) -> tuple[Array, ...]:
    _check_weights(k, values, weights)
    return _counted(k, rows_of_splits(k, splits, len(values)), len(splits) - 1, values, weights)


@kernel("RaggedBincount")
def _ragged_bincount(k: KernelContext, splits: Array, values: Array, size: Array, weights: Array) -> Array:
    return _binned(k, rows_of_splits(k, splits, len(values)), len(splits) - 1, values, size, weights)


@kernel("SparseBincount")
def _sparse_bincount(
    k: KernelContext, indices: Array, values: Array, shape: Array, size: Array, weights: Array
) -> Array:
    if len(shape) == 1:
        return _binned(k, np.zeros(len(values), np.int64), 1, values, size, weights)[0]  # type: ignore[no-any-return]
    return _binned(k, indices[:, 0], int(shape[0]), values, size, weights)


def _binned(k: KernelContext, rows: Array, count: int, values: Array, size: Array, weights: Array) -> Array:
    require(k, size.size == 1, f"Shape must be rank 0 but is rank {size.ndim}")
    require(k, int(size) >= 0, f"size ({int(size)}) must be non-negative")
    require(k, not values.size or int(values.min()) >= 0, "Input must be non-negative")
    out = np.zeros((count, int(size)), k.output_dtype().as_numpy_dtype)
    chosen = values < int(size)
    if k.attr("binary_output"):
        out[rows[chosen], values[chosen]] = 1
    else:
        amounts = weights[chosen] if weights.size else out.dtype.type(1)
        np.add.at(out, (rows[chosen], values[chosen]), amounts)
    return out
