"""Host kernels that give sparse tensors another shape, or an element in every row."""

from __future__ import annotations

import math

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import kernel

Array = np.ndarray


@kernel("SparseReshape")
def _sparse_reshape(k: KernelContext, indices: Array, old: Array, wanted: Array) -> tuple[Array, Array]:
    _require(k.op, indices.ndim == 2, f"Input indices should be a matrix but received shape {list(indices.shape)}")
    _require(k.op, old.ndim == 1, f"Input shape should be a vector but received shape {list(old.shape)}")
    _require(k.op, wanted.ndim == 1, f"Target shape should be a vector but received shape {list(wanted.shape)}")
    _require(
        k.op,
        indices.shape[1] == len(old),
        f"Input tensor rank must match input shape length; got {indices.shape[1]} and {len(old)}",
    )
    sizes, new = old.tolist(), _new_sizes(k.op, old.tolist(), wanted.tolist())
    total = math.prod(sizes)
    _require(k.op, max(total, math.prod(new)) < 2**63, f"Shape {_text(sizes)} has too many elements")
    _require(
        k.op,
        not len(indices) or total > 0,
        f"Input tensor has {len(indices)} non zero elements but input shape ({_text(sizes)}) or output shape "
        f"({_text(new)}) is empty",
    )
    place = indices @ np.array(_strides(sizes), np.int64) if sizes else np.zeros(len(indices), np.int64)
    out = np.empty((len(indices), len(new)), np.int64)
    for axis, stride in enumerate(_strides(new)):
        out[:, axis], place = np.divmod(place, max(stride, 1))
    return out, np.array(new, np.int64)


def _new_sizes(op: Operation, old: list[int], wanted: list[int]) -> list[int]:
    """`wanted` with its -1 resolved."""
    inferred = [axis for axis, size in enumerate(wanted) if size == -1]
    both = " and ".join(map(str, inferred[:2]))
    _require(op, len(inferred) < 2, f"only one output dimension may be -1, not both {both}")
    for axis, size in enumerate(wanted):
        _require(op, size >= -1, f"size {axis} must be non-negative, not {size}")
    total, known = math.prod(old), [1 if size == -1 else size for size in wanted]
    count = math.prod(known)
    shapes = f"input_shape={_text(old)} output_shape={_text(known)}"
    if not inferred:
        _require(
            op,
            count == total,
            f"Input to reshape is a tensor with {total} dense values, but the requested shape has {count}. {shapes}",
        )
        return known
    _require(
        op,
        count > 0,
        "reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are non-zero",
    )
    _require(
        op,
        total % count == 0,
        f"Input to reshape is a SparseTensor with {total} dense values, but the requested "
        f"shape requires a multiple of {count}. {shapes}",
    )
    known[inferred[0]] = total // count
    return known


def _strides(sizes: list[int]) -> list[int]:
    return [math.prod(sizes[axis + 1 :]) for axis in range(len(sizes))]


@kernel("SparseFillEmptyRows")
def _fill_empty_rows(
    k: KernelContext, indices: Array, values: Array, shape: Array, default: Array
) -> tuple[Array, Array, Array, Array]:
    _require(k.op, shape.ndim == 1, f"dense_shape must be a vector, saw: {_text(shape.shape)}")
    _require(k.op, indices.ndim == 2, f"indices must be a matrix, saw: {_text(indices.shape)}")
    _require(k.op, values.ndim == 1, f"values must be a vector, saw: {_text(values.shape)}")
    _require(k.op, default.ndim == 0, f"default_value must be a scalar, saw: {_text(default.shape)}")
    _require(
        k.op,
        len(values) == len(indices),
        f"The length of `values` ({len(values)}) must match the first dimension of `indices` ({len(indices)}).",
    )
    _require(k.op, shape.size > 0, "Dense shape cannot be empty.")
    _require(
        k.op,
        indices.shape[1] == len(shape),
        f"The second dimension of `indices` ({indices.shape[1]}) must match the length of `dense_shape` "
        f"({len(shape)}).",
    )
    count, rows = int(shape[0]), indices[:, 0]
    _require(
        k.op,
        count > 0 or not len(rows),
        f"Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = {len(rows)}",
    )
    outside = np.flatnonzero((rows < 0) | (rows >= count))
    if len(outside):
        first = outside[0]
        raise InvalidArgumentError(None, k.op, f"indices({first}, 0) is invalid: {rows[first]} >= {count}")
    is_empty = np.bincount(rows, minlength=count) == 0
    added = np.zeros((int(is_empty.sum()), indices.shape[1]), np.int64)
    added[:, 0] = np.flatnonzero(is_empty)
    everything = np.concatenate([indices, added])
    order = np.argsort(everything[:, 0], kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    filled = np.concatenate([values, np.repeat(default.reshape(1), len(added))])
    return everything[order], filled[order], is_empty, places[: len(rows)]


@kernel("SparseFillEmptyRowsGrad")
def _fill_empty_rows_grad(k: KernelContext, places: Array, grad: Array) -> tuple[Array, Array]:
    outside = places[(places < 0) | (places >= len(grad))]
    if len(outside):
        raise InvalidArgumentError(
            None, k.op, f"Elements in reverse index must be in [0, {len(grad)}) but got {outside[0]}"
        )
    added = np.ones(len(grad), bool)
    added[places] = False
    return grad[places], np.asarray(grad[added].sum(), grad.dtype)


def _require(op: Operation, holds: bool, message: str) -> None:
    if not holds:
        raise InvalidArgumentError(None, op, message)


def _text(sizes: list[int] | tuple[int, ...]) -> str:
    return f"[{','.join(map(str, sizes))}]"
