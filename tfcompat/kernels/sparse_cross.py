"""Host kernels: crosses of sparse and dense features."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.graph.string_hashes import LARGEST_BUCKETS, MASK, combined
from tfcompat.kernels.sparse_places import Array, listed, require
from tfcompat.kernels.string_hash import fingerprint, siphash

Rows = list[list[Any]]


def hashed(parts: tuple[Any, ...], key: int, buckets: int) -> int:
    """The hash of a cross: integers stand for themselves, strings for their fingerprints."""
    result = key
    for part in parts:
        result = combined(result, fingerprint(part) if isinstance(part, bytes) else part & MASK)
    return result % buckets if buckets else result % LARGEST_BUCKETS


def text(part: Any) -> bytes:
    """A string, or an integer in decimal."""
    return part if isinstance(part, bytes) else str(part).encode()


def crossed(columns: list[Rows], batch: int, make: Callable[[tuple[Any, ...]], Any]) -> list[list[Any]]:
    """The crosses of each row; the last column varies fastest."""
    return [[make(parts) for parts in itertools.product(*[c[row] for c in columns])] for row in range(batch)]


def _columns(k: KernelContext, inputs: tuple[Array, ...]) -> tuple[list[Rows], int]:
    """Rows of every feature, sparse ones first, and their number."""
    n = k.attr("N")
    indices, values, shapes, dense = inputs[:n], inputs[n : 2 * n], inputs[2 * n : 3 * n], inputs[3 * n :]
    for i, (place, value, shape) in enumerate(zip(indices, values, shapes, strict=True)):
        at = f"at position {i}"
        text = f"Input indices should be a matrix but received shape {listed(place.shape)} {at}"
        require(k, place.ndim == 2, text)
        require(k, place.shape[1] == 2, f"Expected D2 of index to be 2 got {place.shape[1]} {at}")
        text = f"Input values should be a vector but received shape {listed(value.shape)} {at}"
        require(k, value.ndim == 1, text)
        require(k, len(value) == len(place), f"Expected size of values to be {len(place)} got {len(value)} {at}")
        text = f"Input shapes should be a vector but received shape {listed(shape.shape)} {at}"
        require(k, shape.ndim == 1, text)
        require(k, len(shape) == 2, f"shape should imply a 2D tensor, but got shape {listed(shape)} {at}")
    for tensor in dense:
        require(k, tensor.ndim == 2, f"Dense inputs should be a matrix but received shape {listed(tensor.shape)}")
    sizes = [int(s[0]) for s in shapes] + [len(d) for d in dense]
    batch = sizes[0] if sizes else 0
    for i, size in enumerate(sizes):
        require(k, size == batch, f"Expected batch size {batch} got {size} at position {i}")
    columns: list[Rows] = []
    for place, value in zip(indices, values, strict=True):
        rows: Rows = [[] for _ in range(batch)]
        for row, item in zip(place[:, 0].tolist(), value.tolist(), strict=True):
            require(k, 0 <= row < batch, f"Row index {row} is outside of the batch of {batch}")
            rows[row].append(item)
        columns.append(rows)
    return columns + [d.tolist() for d in dense], batch


def _sparse(rows: list[list[Any]], dtype: Any) -> tuple[Array, Array, Array]:
    counts = [len(row) for row in rows]
    places = np.array([(i, j) for i, count in enumerate(counts) for j in range(count)], np.int64).reshape(-1, 2)
    values = np.empty(sum(counts), dtype)
    values[:] = [item for row in rows for item in row]
    return places, values, np.array([len(rows), max(counts, default=0)], np.int64)


@kernel("SparseCross")
def _cross(k: KernelContext, *inputs: Array) -> tuple[Array, Array, Array]:
    columns, batch = _columns(k, inputs)
    if not k.attr("hashed_output"):
        return _sparse(crossed(columns, batch, lambda parts: b"_X_".join(map(text, parts))), object)
    key, buckets = k.attr("hash_key") & MASK, k.attr("num_buckets")
    return _sparse(crossed(columns, batch, lambda parts: hashed(parts, key, buckets)), np.int64)


@kernel("RaggedCross")
def _ragged_cross(k: KernelContext, *inputs: Array) -> tuple[Array, Array]:
    count, sparse = len(k.attr("ragged_values_types")), k.attr("Nsparse")
    values, splits, rest = inputs[:count], inputs[count : 2 * count], inputs[2 * count :]
    parts, dense = [rest[i * sparse : (i + 1) * sparse] for i in range(3)], rest[3 * sparse :]
    kinds: dict[str, list[Rows]] = {"R": [], "S": [], "D": [d.tolist() for d in dense]}
    for own, cuts in zip(values, splits, strict=True):
        places = itertools.pairwise(cuts.tolist())
        kinds["R"].append([own[begin:end].tolist() for begin, end in places])
    for places, own, shape in zip(*parts, strict=True):
        rows: Rows = [[] for _ in range(int(shape[0]))]
        for row, item in zip(places[:, 0].tolist(), own.tolist(), strict=True):
            require(k, 0 <= row < len(rows), f"Row index {row} is outside of the batch of {len(rows)}")
            rows[row].append(item)
        kinds["S"].append(rows)
    turns = {kind: iter(columns) for kind, columns in kinds.items()}
    columns = [next(turns[kind]) for kind in k.attr("input_order").decode()]
    sizes = {len(column) for column in columns}
    require(k, len(sizes) <= 1, f"inputs must all have the same batch dimension size. Got {sorted(sizes)}")
    key, buckets = k.attr("hash_key") & MASK, k.attr("num_buckets")
    make: Callable[[tuple[Any, ...]], Any] = (
        (lambda found: hashed(found, key, buckets))
        if k.attr("hashed_output")
        else (lambda found: b"_X_".join(map(text, found)))
    )
    made = crossed(columns, sizes.pop() if sizes else 0, make)
    ends = [0, *itertools.accumulate(map(len, made))]
    out = np.empty(ends[-1], k.output_dtype(0).as_numpy_dtype)
    out[:] = [item for row in made for item in row]
    return out, np.array(ends, k.output_dtype(1).as_numpy_dtype)


@kernel("SparseCrossV2")
def _cross_v2(k: KernelContext, *inputs: Array) -> tuple[Array, Array, Array]:
    columns, batch = _columns(k, inputs[:-1])
    separator: bytes = inputs[-1].item()
    return _sparse(crossed(columns, batch, lambda parts: separator.join(map(text, parts))), object)


@kernel("SparseCrossHashed")
def _cross_hashed(k: KernelContext, *inputs: Array) -> tuple[Array, Array, Array]:
    columns, batch = _columns(k, inputs[:-3])
    buckets, strong, salt = int(inputs[-3]), bool(inputs[-2]), inputs[-1].tolist()
    require(k, len(salt) == 2, "salt must have two elements")
    key, sparse = (salt[0] & MASK, salt[1] & MASK), k.attr("N")

    def of(data: bytes) -> int:
        return siphash(data, key) if strong else fingerprint(data)

    def part_hash(index: int, part: Any) -> int:
        """Integers of dense features stand for themselves, those of sparse ones count by their lower four bytes."""
        if isinstance(part, bytes):
            return of(part)
        return of((part & 0xFFFFFFFF).to_bytes(4, "little")) if index < sparse else part & MASK

    def make(parts: tuple[Any, ...]) -> int:
        words = itertools.starmap(part_hash, enumerate(parts))
        return functools.reduce(combined, words) % (buckets or LARGEST_BUCKETS)

    return _sparse(crossed(columns, batch, make), np.int64)
