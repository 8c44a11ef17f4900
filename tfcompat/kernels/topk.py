"""Host kernels of the largest elements, and of counting."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


def _comparable(x: Array) -> Array:
    return x.astype(np.float32) if x.dtype.name == "bfloat16" else x


@kernel("TopK", "TopKV2")
def _top_k(k: KernelContext, x: Array, *counts: Array) -> tuple[Array, Array]:
    count = int(counts[0]) if counts else int(k.attr("k"))
    if count < 0:
        raise InvalidArgumentError(None, k.op, f"Need k >= 0, got {count}")
    if x.ndim < 1:
        raise InvalidArgumentError(None, k.op, "input must be >= 1-D, got shape []")
    if x.shape[-1] < count:
        raise InvalidArgumentError(None, k.op, f"input must have at least k columns. Had {x.shape[-1]}, needed {count}")
    indices = _largest(x, count)
    return np.take_along_axis(x, indices, axis=-1), indices.astype(k.output_dtype(1).as_numpy_dtype)


def _largest(x: Array, count: int) -> Array:
    """The positions of the largest elements along the last axis, largest first, of equal ones the first first."""
    reversed_order = np.argsort(_comparable(x)[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    return x.shape[-1] - 1 - reversed_order[..., :count]  # type: ignore[no-any-return]


@kernel("ApproxTopK")
def _approximate_top_k(k: KernelContext, x: Array) -> tuple[Array, Array]:
    if not k.attr("aggregate_to_topk"):
        raise UnimplementedError(None, k.op, "ApproxTopK without aggregation to the top k is not supported")
    axis, count = k.attr("reduction_dimension"), k.attr("k")
    moved = np.moveaxis(x, axis, -1)
    indices = _largest(moved if k.attr("is_max_k") else -moved, count)
    values = np.take_along_axis(moved, indices, axis=-1)
    return tuple(np.ascontiguousarray(np.moveaxis(v, -1, axis)) for v in (values, indices.astype(np.int32)))  # type: ignore[return-value]


@kernel("InTopK", "InTopKV2")
def _in_top_k(k: KernelContext, predictions: Array, targets: Array, *counts: Array) -> Array:
    if predictions.shape[0] != targets.shape[0]:
        raise InvalidArgumentError(
            None,
            k.op,
            f"First dimension of predictions {predictions.shape[0]} must match length of targets {targets.shape[0]}",
        )
    count = int(counts[0]) if counts else int(k.attr("k"))
    classes = predictions.shape[1]
    valid = (targets >= 0) & (targets < classes)
    if not classes:
        return np.zeros(targets.shape, bool)
    target = np.take_along_axis(predictions, np.where(valid, targets, 0)[:, None].astype(np.int64), axis=1)
    better = (predictions > target).sum(axis=1)
    return valid & np.isfinite(predictions).all(axis=1) & (better < count)  # type: ignore[no-any-return]


@kernel("NthElement")
def _nth_element(k: KernelContext, x: Array, n: Array) -> Array:
    position = int(n)
    if position < 0:
        raise InvalidArgumentError(None, k.op, f"n must be non-negative but is {position}")
    if x.shape[-1] <= position:
        raise InvalidArgumentError(
            None, k.op, f"Input must have at least n+1 columns; has {x.shape[-1]}, n is {position}"
        )
    ordered = np.sort(_comparable(x), axis=-1)
    chosen = ordered[..., x.shape[-1] - 1 - position] if k.attr("reverse") else ordered[..., position]
    return np.asarray(chosen, x.dtype)


@kernel("Bincount")
def _bincount(k: KernelContext, arr: Array, size: Array, weights: Array) -> Array:
    return _counted(k, arr.reshape(1, -1), int(size), weights.reshape(1, -1) if weights.size else weights, False)[0]


@kernel("DenseBincount")
def _dense_bincount(k: KernelContext, arr: Array, size: Array, weights: Array) -> Array:
    if arr.ndim > 2:
        raise InvalidArgumentError(None, k.op, f"Shape must be at most rank 2 but is rank {arr.ndim}")
    rows = arr.reshape(1, -1) if arr.ndim == 1 else arr
    weighing = weights.reshape(rows.shape) if weights.size else weights
    counts = _counted(k, rows, int(size), weighing, k.attr("binary_output"))
    return counts[0] if arr.ndim == 1 else counts


def _counted(k: KernelContext, rows: Array, size: int, weights: Array, binary: bool) -> Array:
    """How often each integer below `size` occurs in each row, or the sum of its weights."""
    if size < 0:
        raise InvalidArgumentError(None, k.op, f"size ({size}) must be non-negative")
    if (rows < 0).any():
        raise InvalidArgumentError(None, k.op, "Input arr must be non-negative!")
    out = np.zeros((rows.shape[0], size), k.output_dtype().as_numpy_dtype)
    row, column = np.nonzero(rows < size)
    values = rows[row, column]
    if binary:
        out[row, values] = 1
    else:
        np.add.at(out, (row, values), weights[row, column] if weights.size else out.dtype.type(1))
    return out


@kernel("HistogramFixedWidth")
def _histogram(k: KernelContext, values: Array, value_range: Array, nbins: Array) -> Array:
    low, high = value_range[0], value_range[1]
    bins = int(nbins)
    if bins <= 0:
        raise InvalidArgumentError(None, k.op, f"nbins should be a positive number, but got '{bins}'")
    if not low < high:
        raise InvalidArgumentError(
            None, k.op, f"value_range should satisfy value_range[0] < value_range[1], but got '[{low}, {high}]'"
        )
    flat = values.reshape(-1)
    step = (float(high) - float(low)) / bins
    with np.errstate(all="ignore"):
        position = np.floor(np.clip((flat.astype(np.float64) - float(low)) / step, 0, bins - 1))
    counts = np.bincount(np.where(np.isnan(position), 0, position).astype(np.int64), minlength=bins)
    return counts.astype(k.output_dtype().as_numpy_dtype)
