"""Host kernels that sort elements into lists, and searches in sorted rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


@kernel("DynamicPartition")
def _dynamic_partition(k: KernelContext, data: np.ndarray, partitions: np.ndarray) -> tuple[np.ndarray, ...]:
    count = k.attr("num_partitions")
    if data.shape[: partitions.ndim] != partitions.shape:
        raise InvalidArgumentError(
            None,
            k.op,
            "data.shape must start with partitions.shape, got data.shape = "
            f"{_text(data)}, partitions.shape = {_text(partitions)}",
        )
    wrong = np.argwhere((partitions < 0) | (partitions >= count))
    if len(wrong):
        where = f"[{','.join(map(str, wrong[0]))}]" if partitions.ndim else ""
        raise InvalidArgumentError(
            None, k.op, f"partitions{where} = {partitions[tuple(wrong[0])]} is not in [0, {count})"
        )
    return tuple(data[partitions == i] for i in range(count))


def _text(x: np.ndarray) -> str:
    return f"[{','.join(map(str, x.shape))}]"


@kernel("DynamicStitch", "ParallelDynamicStitch")
def _dynamic_stitch(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    count = len(inputs) // 2
    indices, data = inputs[:count], inputs[count:]
    size = max((int(i.max()) + 1 for i in indices if i.size), default=0)
    rest = data[0].shape[indices[0].ndim :]
    out = np.full((size, *rest), b"", object) if data[0].dtype == object else np.zeros((size, *rest), data[0].dtype)
    for number, (index, part) in enumerate(zip(indices, data, strict=True)):
        if part.shape != index.shape + rest:
            raise InvalidArgumentError(
                None,
                k.op,
                f"data[{number}].shape = {_text(part)} does not start with indices[{number}].shape = {_text(index)}",
            )
        if index.size and index.min() < 0:
            raise InvalidArgumentError(None, k.op, f"indices[{number}] is out of range")
        out[index.reshape(-1)] = part.reshape(-1, *rest)
    return out


@kernel("Unique", "UniqueWithCounts")
def _unique(k: KernelContext, x: np.ndarray) -> tuple[np.ndarray, ...]:
    if x.ndim != 1:
        raise InvalidArgumentError(None, k.op, "unique expects a 1D vector.")
    return _uniques(k, x)


@kernel("UniqueV2", "UniqueWithCountsV2")
def _unique_v2(k: KernelContext, x: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, ...]:
    if axis.size == 0:
        if x.ndim != 1:
            raise InvalidArgumentError(None, k.op, "unique expects a 1D vector.")
        return _uniques(k, x)
    at = int(axis.reshape(-1)[0])
    if not -x.ndim <= at < x.ndim:
        raise InvalidArgumentError(None, k.op, f"axis has to be between [0, {x.ndim})")
    moved = np.moveaxis(x, at, 0)
    rows = np.empty(moved.shape[0], object)
    for i, row in enumerate(moved):
        rows[i] = row.tobytes() if x.dtype != object else tuple(row.reshape(-1))
    _, *rest = _uniques(k, rows)
    found = np.zeros(moved.shape[0], bool)
    found[_first_of(rows)] = True
    return np.moveaxis(moved[found], 0, at), *rest


def _first_of(values: np.ndarray) -> list[int]:
    """The positions at which a value appears for the first time."""
    seen: dict[object, int] = {}
    for i, value in enumerate(values.tolist()):
        seen.setdefault(value, i)
    return list(seen.values())


def _uniques(k: KernelContext, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Different values in the order they appear, the position of each element among them, and their counts."""
    places: dict[object, int] = {}
    idx = np.array([places.setdefault(v, len(places)) for v in x.tolist()], k.output_dtype(1).as_numpy_dtype)
    first = np.zeros(len(places), np.int64)
    first[idx[::-1].astype(np.int64)] = np.arange(x.size)[::-1]
    y = x[first]
    if len(k.op.outputs) == 2:
        return y, idx
    return y, idx, np.bincount(idx.astype(np.int64), minlength=len(places)).astype(k.output_dtype(2).as_numpy_dtype)


@kernel("ListDiff")
def _list_diff(k: KernelContext, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    without = set(y.tolist())
    kept = np.array([v not in without for v in x.tolist()], bool)
    return x[kept], np.flatnonzero(kept).astype(k.output_dtype(1).as_numpy_dtype)


@kernel("LowerBound", "UpperBound")
def _bound(k: KernelContext, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    if rows.shape[0] != values.shape[0]:
        raise InvalidArgumentError(
            None, k.op, f"Leading dim_size of both tensors must match: {rows.shape[0]} vs. {values.shape[0]}"
        )
    side: Any = "left" if k.op.type == "LowerBound" else "right"
    found = [np.searchsorted(row, wanted, side) for row, wanted in zip(rows, values, strict=True)]
    return np.array(found, k.output_dtype().as_numpy_dtype).reshape(values.shape)
