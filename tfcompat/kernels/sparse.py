"""Host kernels of sparse tensors: to dense, products, order, shapes, sums, joining."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.sparse_places import check_sizes

Array = np.ndarray


def _fail(k: KernelContext, message: str) -> InvalidArgumentError:
    return InvalidArgumentError(None, k.op, message)


def _shown(row: Array) -> str:
    return "[" + ",".join(map(str, row.tolist())) + "]"


def check_order(k: KernelContext, indices: Array, shape: Array) -> None:
    """Indices must be within the shape, ascending and unique."""
    outside: Any = ((indices < 0) | (indices >= shape)).any(axis=1)
    falling, same = np.zeros(len(indices), bool), np.zeros(len(indices), bool)
    if len(indices) > 1:
        step = np.diff(indices, axis=0)
        same[1:] = (step == 0).all(axis=1)
        leading = np.take_along_axis(step, (step != 0).argmax(axis=1)[:, None], 1)[:, 0]
        falling[1:] = leading < 0
    wrong = np.flatnonzero(outside | falling | same)
    if not wrong.size:
        return
    i = wrong[0]
    where = f"indices[{i}] = {_shown(indices[i])}"
    if outside[i]:
        raise _fail(k, f"{where} is out of bounds: need 0 <= index < {_shown(shape)}")
    if falling[i]:
        advice = "Use `tf.sparse.reorder(sparse_tensor)` to create a correctly ordered copy."
        raise _fail(k, f"{where} is out of order. Many sparse ops require sorted indices.\n    {advice}\n\n")
    raise _fail(k, f"{where} is repeated")


@kernel("SparseToDense")
def _to_dense(k: KernelContext, indices: Array, shape: Array, values: Array, default: Array) -> Array:
    count = indices.shape[0] if indices.ndim else 1
    rank = indices.shape[1] if indices.ndim == 2 else 1
    places = indices.reshape(count, rank).astype(np.int64)
    if default.ndim:
        raise _fail(k, "default_value should be a scalar.")
    if shape.size != rank:
        raise _fail(k, f"output_shape has incorrect number of elements: {shape.size} should be: {rank}")
    if values.ndim > 1 or (values.ndim == 1 and values.shape[0] != count):
        raise _fail(k, f"sparse_values has incorrect shape {_shown(np.array(values.shape))}, should be [] or [{count}]")
    if k.attr("validate_indices"):
        check_order(k, places, shape)
    elif ((places < 0) | (places >= shape)).any():
        raise _fail(k, f"Indices are not valid (out of bounds).  Shape: {_shown(shape)}")
    out = np.full(tuple(shape.tolist()), default[()], default.dtype)
    out[tuple(places.T)] = values
    return out


@kernel("SparseTensorDenseMatMul")
def _matmul(k: KernelContext, indices: Array, values: Array, shape: Array, dense: Array) -> Array:
    rows, columns = np.ascontiguousarray(indices.T)
    sizes = shape.tolist()
    if k.attr("adjoint_a"):
        rows, columns, values, sizes = columns, rows, values.conj(), sizes[::-1]
    if k.attr("adjoint_b"):
        dense = dense.conj().T
    if sizes[1] != dense.shape[0]:
        message = f"Cannot multiply A and B because inner dimension does not match: {sizes[1]} vs. {dense.shape[0]}."
        shapes = f"A: {_shown(shape)}.  Dimensions of B: {_shown(np.array(dense.shape))}"
        raise _fail(k, f"{message}  Did you forget a transpose?  Dimensions of {shapes}")
    for what, place, limit in (("k", columns, sizes[1]), ("m", rows, sizes[0])):
        outside = np.flatnonzero((place < 0) | (place >= limit))
        if outside.size:
            i = outside[0]
            raise _fail(k, f"{what} ({place[i]}) from index[{i},{int(what == 'k')}] out of bounds (>={limit})")
    if _is_nearly_dense(rows, columns, values, sizes) and np.isfinite(dense).all():
        whole = np.zeros(sizes, values.dtype)
        whole[rows, columns] = values
        return whole @ dense  # type: ignore[no-any-return]
    out = np.zeros((sizes[0], dense.shape[1]), values.dtype)
    if not values.size:
        return out
    if (rows[1:] < rows[:-1]).any():
        order = _stable_order(rows, sizes[0])
        rows, columns, values = rows[order], columns[order], values[order]
    starts = np.append(0, np.flatnonzero(np.diff(rows)) + 1)
    wide = np.float32 if values.dtype.itemsize == 2 else values.dtype
    products = np.take(dense, columns, 0).astype(wide, copy=False)
    products *= values[:, None].astype(wide, copy=False)
    out[rows[starts]] = np.add.reduceat(products, starts, axis=0)
    return out


_SHARE_OF_DENSE = 32
_LARGEST_DENSE = 1 << 24


def _is_nearly_dense(rows: Array, columns: Array, values: Array, sizes: list[int]) -> bool:
    """Whether a dense product is cheaper: enough elements, each once, of a type that BLAS multiplies."""
    area = sizes[0] * sizes[1]
    if values.dtype not in (np.float32, np.float64) or area > min(_LARGEST_DENSE, _SHARE_OF_DENSE * values.size):
        return False
    taken = np.zeros(area, bool)
    taken[rows * sizes[1] + columns] = True
    return np.count_nonzero(taken) == values.size


def _stable_order(rows: Array, size: int) -> Array:
    """The order that sorts `rows`; numpy sorts integers of 16 bits by their digits."""
    return np.argsort(rows.astype(np.uint16) if size <= 1 << 16 else rows, kind="stable")


@kernel("SparseReorder")
def _reorder(k: KernelContext, indices: Array, values: Array, shape: Array) -> tuple[Array, Array]:
    if len(indices) != len(values):
        raise InvalidArgumentError(
            None, k.op, f"Number of elements in indices ({len(indices)}) and values ({len(values)}) do not match"
        )
    order = np.lexsort(indices.T[::-1]) if indices.shape[1] else np.arange(len(indices))
    return indices[order], values[order]


@kernel("SparseReduceSum", "SparseReduceMax")
def _reduce(k: KernelContext, indices: Array, values: Array, shape: Array, axes: Array) -> Array:
    """Sums or extremes of explicit elements; zero where there are none."""
    rank = shape.size
    check_sizes(k, shape)
    if axes.size and ((axes < -rank) | (axes >= rank)).any():
        wrong = axes.reshape(-1)[((axes < -rank) | (axes >= rank)).reshape(-1)][0]
        raise _fail(k, f"Invalid reduction dimension {wrong}, for input with {rank} dimensions.")
    gone = set((axes.reshape(-1) % rank).tolist()) or set(range(rank))
    kept = [axis for axis in range(rank) if axis not in gone]
    sizes = [int(shape[axis]) for axis in kept]
    out = np.zeros(math.prod(sizes), values.dtype)
    if values.size:
        place = np.ravel_multi_index(tuple(indices[:, kept].T), sizes) if kept else np.zeros(len(values), np.int64)
        order = np.argsort(place, kind="stable")
        present, starts = np.unique(place[order], return_index=True)
        function = np.add if k.op.type == "SparseReduceSum" else np.maximum
        out[present] = function.reduceat(values[order], starts)
    final = [1 if axis in gone else int(shape[axis]) for axis in range(rank)] if k.attr("keep_dims") else sizes
    return out.reshape(final)


@kernel("SparseConcat")
def _concat(k: KernelContext, *parts: Array) -> tuple[Array, Array, Array]:
    count = len(parts) // 3
    indices, values, shapes = parts[:count], parts[count : 2 * count], parts[2 * count :]
    rank = shapes[0].size
    axis = k.attr("concat_dim")
    if not -rank <= axis < rank:
        raise _fail(k, f"Concat dimension must be in range [{-rank}, {rank}), got {axis}")
    axis %= rank
    moved, offset = [], 0
    for i, (place, shape) in enumerate(zip(indices, shapes, strict=True)):
        for j in range(rank):
            if j != axis and shape[j] != shapes[0][j]:
                raise _fail(k, f"Input shapes must match: expected {shapes[0][j]} for dimension {j} "
                               f"but got {shape[j]} at position {i}")  # fmt: skip
        moved.append(place + np.where(np.arange(rank) == axis, offset, 0))
        offset += int(shape[axis])
    whole = np.concatenate(moved)
    order = np.lexsort(whole.T[::-1])
    final = shapes[0].copy()
    final[axis] = offset
    return whole[order], np.concatenate(values)[order], final
