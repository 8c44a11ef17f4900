"""Host kernels: slices and splits of sparse tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.sparse_places import Array, check_shapes, listed, require


@kernel("SparseSlice")
def _slice(
    k: KernelContext, indices: Array, values: Array, shape: Array, start: Array, size: Array
) -> tuple[Array, Array, Array]:
    check_shapes(k, indices, values, shape)
    for what, vector in (("start", start), ("size", size)):
        require(k, vector.ndim == 1, f"Input {what} should be a vector but received shape {listed(vector.shape)}")
        lengths = f"{len(shape)} but got {len(vector)}"
        require(k, len(vector) == len(shape), f"Expected {what} to be a vector of length {lengths}")
    require(k, not (size < 0).any(), f"Expected a non-negative size, got {size.min(initial=0)}")
    inside: Any = ((indices >= start) & (indices < start + size)).all(axis=1)
    left = np.clip(np.minimum(size, shape - start), 0, None)
    return indices[inside] - start, values[inside], left.astype(np.int64)


@kernel("SparseSplit")
def _split(k: KernelContext, axis: Array, indices: Array, values: Array, shape: Array) -> tuple[Array, ...]:
    require(k, axis.ndim == 0, f"Input axis should be a scalar but received shape {listed(axis.shape)}")
    check_shapes(k, indices, values, shape)
    rank, count, where = len(shape), k.attr("num_split"), int(axis)
    require(k, -rank <= where < rank, f"Input split_dim should be between {-rank} and rank ({rank}), got {where}")
    where %= rank
    length = int(shape[where])
    text = f"should be between 1 and the splitting dimension size ({length}), got {count}"
    require(k, 1 <= count <= length, f"Input num_split {text}")
    size, more = divmod(length, count)
    sizes = [size + (i < more) for i in range(count)]
    begins = np.concatenate([[0], np.cumsum(sizes)])
    parts = []
    for begin, own in zip(begins.tolist(), sizes, strict=False):
        inside = (indices[:, where] >= begin) & (indices[:, where] < begin + own)
        places, sizes_of_part = indices[inside].copy(), shape.copy()
        places[:, where] -= begin
        sizes_of_part[where] = own
        parts.append((places, values[inside], sizes_of_part))
    return tuple(part[i] for i in range(3) for part in parts)
