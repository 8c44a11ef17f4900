"""Host kernels of ragged tensors: ranges, gathers, to dense, to sparse."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.sparse_places import Array, listed, require


@kernel("RaggedRange")
def _range(k: KernelContext, starts: Array, limits: Array, deltas: Array) -> tuple[Array, Array]:
    for name, array in (("starts", starts), ("limits", limits), ("deltas", deltas)):
        require(k, array.ndim <= 1, f"{name} must be a scalar or vector")
    sizes = {a.shape[0] for a in (starts, limits, deltas) if a.ndim == 1}
    require(k, len(sizes) <= 1, "starts, limits, and deltas must have the same shape")
    rows = sizes.pop() if sizes else 1
    first, last, step = (np.broadcast_to(a, (rows,)) for a in (starts, limits, deltas))
    require(k, bool((step != 0).all()), "Requires delta != 0")
    wide: Any = np.float64 if first.dtype.kind == "f" else object
    counts = np.zeros(rows, np.int64)
    for i in range(rows):
        a, b, d = first[i].astype(wide), last[i].astype(wide), step[i].astype(wide)
        if (d > 0 and a < b) or (d < 0 and a > b):
            exact = wide is object
            counts[i] = -(-abs(int(b) - int(a)) // abs(int(d))) if exact else int(np.ceil(abs((b - a) / d)))
    splits_type = k.output_dtype(0).as_numpy_dtype
    total = int(counts.sum())
    limit = np.iinfo(splits_type).max
    require(k, total <= limit, f"Requires ((limit - start) / delta) <= {limit}")
    splits = np.concatenate([[0], np.cumsum(counts)]).astype(splits_type)
    if first.dtype.kind == "f":
        parts = [_steps(first[i], step[i], n) for i, n in enumerate(counts.tolist())]
    else:
        parts = [first[i] + step[i] * np.arange(n, dtype=first.dtype) for i, n in enumerate(counts.tolist())]
    values = np.concatenate(parts) if parts else np.zeros(0, first.dtype)
    return splits, values.astype(first.dtype)


def _steps(first: Any, step: Any, count: int) -> Array:
    """`count` floats, each the one before and `step`."""
    return np.cumsum(np.array([first, *[step] * max(count - 1, 0)], np.asarray(first).dtype))[:count]


@kernel("RaggedGather")
def _gather(k: KernelContext, *inputs: Array) -> tuple[Array, ...]:
    """Chosen rows, in turn; the splits of each ragged axis are those of the rows that were chosen on the axis above."""
    *splits, values, indices = inputs
    require(k, len(splits[0]) > 0, "Split tensors must not be scalars or empty")
    flat = indices.reshape(-1)
    rows = len(splits[0]) - 1
    outside = np.flatnonzero((flat < 0) | (flat >= rows))
    if outside.size:
        where = np.unravel_index(int(outside[0]), indices.shape) if indices.ndim else ()
        at = "indices" + (listed([int(w) for w in where]) if indices.ndim else "")
        require(k, False, f"{at} = {flat[outside[0]]} is not in [0, {rows})")
    kind = splits[0].dtype
    new: list[Array] = []
    for axis in range(indices.ndim - 1):
        size, count = indices.shape[axis + 1], int(np.prod(indices.shape[: axis + 1]))
        new.append((np.arange(count + 1) * size).astype(kind))
    begins, ends = splits[0][flat], splits[0][flat + 1]
    for axis, own in enumerate(splits):
        require(k, not (np.diff(own) < 0).any(), "Ragged splits must be sorted")
        lengths = ends - begins
        new.append(np.concatenate([[0], np.cumsum(lengths)]).astype(kind))
        below = splits[axis + 1] if axis + 1 < len(splits) else None
        total = len(values) if below is None else len(below) - 1
        require(k, not own.size or int(own[-1]) <= total, "Ragged splits must not point past values")
        places = np.repeat(begins - new[-1][:-1], lengths) + np.arange(int(new[-1][-1]))
        if below is None:
            return (*(new if indices.ndim else new[1:]), values[places])
        begins, ends = below[places], below[places + 1]
    raise AssertionError("a ragged tensor has splits")


def _row_of_values(k: KernelContext, kind: str, tensor: Array) -> Array:
    """The row of each value, for a partition of `kind`."""
    if kind == "VALUE_ROWIDS":
        return tensor
    require(k, tensor.size > 0 and int(tensor[0]) == 0, "Invalid row split argument")
    lengths = np.diff(tensor)
    require(k, not (lengths < 0).any(), f"Row split must not decrease, got {listed(tensor)}")
    return np.repeat(np.arange(len(lengths)), lengths)


@kernel("RaggedTensorToTensor")
def _to_tensor(k: KernelContext, shape: Array, values: Array, default: Array, *partitions: Array) -> Array:
    kinds = [name.decode() if isinstance(name, bytes) else name for name in k.attr("row_partition_types")]
    if kinds[0] == "FIRST_DIM_SIZE":
        rows, kinds, partitions = int(partitions[0]), kinds[1:], partitions[1:]
    else:
        require(k, partitions[0].size > 0, "Invalid row split argument")
        rows = len(partitions[0]) - 1
    places = np.arange(rows)[:, None]
    sizes = [rows]
    for kind, tensor in zip(kinds, partitions, strict=True):
        row = _row_of_values(k, kind, tensor)
        require(k, not len(row) or (row[-1] < len(places) and row[0] >= 0), "Row ids must be rows")
        counts = np.bincount(row, minlength=len(places)) if len(row) else np.zeros(len(places), np.int64)
        begins = np.concatenate([[0], np.cumsum(counts)])[:-1]
        column = np.arange(len(row)) - begins[row] if len(row) else np.zeros(0, np.int64)
        sizes.append(int(counts.max(initial=0)))
        places = np.concatenate([places[row], column[:, None]], axis=1)
    require(k, len(values) == len(places), f"The number of values is {len(values)}, the partitions have {len(places)}")
    final = [*sizes, *values.shape[1:]]
    if shape.ndim:
        final = [own if size < 0 else size for size, own in zip(shape.tolist(), final, strict=True)]
    ragged = len(sizes)
    inner = tuple(slice(0, min(a, b)) for a, b in zip(values.shape[1:], final[ragged:], strict=True))
    out = np.empty(final, values.dtype)
    out[...] = np.broadcast_to(default, final) if default.ndim <= len(final) else default
    fits = (places < np.array(final[:ragged])).all(axis=1)
    kept = tuple(places[fits].T)
    out[(*kept, *inner)] = values[fits][(slice(None), *inner)]
    return out


_WRONG_END = "Final value of ragged splits must match the length the corresponding ragged values."


@kernel("RaggedTensorToSparse")
def _to_sparse(k: KernelContext, *inputs: Array) -> tuple[Array, Array, Array]:
    *splits, values = inputs
    require(k, all(s.size for s in splits), "ragged splits may not be empty.")
    require(k, all(int(s[0]) == 0 for s in splits), "First value of ragged splits must be 0.")
    totals = [*(len(s) - 1 for s in splits[1:]), len(values)]
    for own, total in zip(splits, totals, strict=True):
        require(k, not (np.diff(own) < 0).any(), "Ragged splits must be sorted")
        require(
            k,
            int(own[-1]) == total,
            _WRONG_END,
        )
    places = np.arange(len(splits[0]) - 1)[:, None]
    sizes = [len(places)]
    for own in splits:
        lengths = np.diff(own)
        row = np.repeat(np.arange(len(lengths)), lengths)
        column = np.arange(len(row)) - own[row] if len(row) else np.zeros(0, np.int64)
        sizes.append(int(lengths.max(initial=0)))
        places = np.concatenate([places[row], column[:, None]], axis=1)
    inner = values.shape[1:]
    if inner:
        below = np.indices(inner).reshape(len(inner), -1).T
        places = np.concatenate([np.repeat(places, len(below), axis=0), np.tile(below, (len(places), 1))], axis=1)
    shape = np.array([*sizes, *inner], np.int64)
    return places.astype(np.int64), values.reshape(-1), shape
