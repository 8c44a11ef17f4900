"""Host kernels of tensors of one value, one-hot rows, and choices by truth values."""

from __future__ import annotations

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


@kernel("Fill")
def _fill(k: KernelContext, dims: np.ndarray, value: np.ndarray) -> np.ndarray:
    if dims.ndim != 1:
        raise InvalidArgumentError(None, k.op, f"dims must represent a vector, got shape {list(dims.shape)}")
    if value.ndim != 0:
        raise InvalidArgumentError(None, k.op, f"value must represent a scalar, got shape {list(value.shape)}")
    for i, size in enumerate(dims.tolist()):
        if size < 0:
            raise InvalidArgumentError(None, k.op, f"Dimension {size} must be >= 0 (dimension {i})")
    return np.full(dims.tolist(), value[()], value.dtype)


@kernel("ZerosLike", "OnesLike")
def _constant_like(k: KernelContext, x: np.ndarray) -> np.ndarray:
    if k.output_dtype() is dtypes.string:
        return np.full(x.shape, b"", object)
    return np.full(x.shape, 0 if k.op.type == "ZerosLike" else 1).astype(x.dtype)


@kernel("Empty")
def _empty(k: KernelContext, shape: np.ndarray) -> np.ndarray:
    dtype = k.output_dtype()
    if dtype is dtypes.string:
        return np.full(shape.tolist(), b"", object)
    return np.zeros(shape.tolist(), dtype.as_numpy_dtype)


@kernel("OneHot")
def _one_hot(k: KernelContext, indices: np.ndarray, depth: np.ndarray, on: np.ndarray, off: np.ndarray) -> np.ndarray:
    if depth.ndim:
        raise InvalidArgumentError(None, k.op, f"depth must be a scalar, but got: {list(depth.shape)}")
    size = int(depth)
    if size < 0:
        raise InvalidArgumentError(None, k.op, f"depth must be non-negative, got: {size}")
    axis = k.attr("axis")
    hot = np.arange(size) == indices[..., None].astype(np.int64)
    out = np.where(hot, on, off).astype(on.dtype)
    return out if axis == -1 else np.moveaxis(out, -1, axis)


@kernel("Where")
def _where(k: KernelContext, x: np.ndarray) -> np.ndarray:
    if x.ndim == 0:
        raise InvalidArgumentError(None, k.op, "WhereOp : Unhandled input dimensions: 0")
    return np.argwhere(x != 0).astype(np.int64)


@kernel("Select")
def _select(k: KernelContext, condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if x.shape != y.shape:
        raise InvalidArgumentError(
            None, k.op, f"'then' and 'else' must have the same size.  but received: {_sizes(x)} vs. {_sizes(y)}"
        )
    if condition.ndim == 1 and x.ndim > 1:
        if condition.shape[0] != x.shape[0]:
            raise InvalidArgumentError(
                None,
                k.op,
                f"Number of batches of 'then' must match size of 'cond', but saw: "
                f"{x.shape[0]} vs. {condition.shape[0]}",
            )
        condition = condition.reshape(-1, *[1] * (x.ndim - 1))
    elif condition.ndim and condition.shape != x.shape:
        raise InvalidArgumentError(
            None, k.op, f"'cond' and 'then' must have the same size.  but received: {_sizes(condition)} vs. {_sizes(x)}"
        )
    return np.where(condition, x, y).astype(x.dtype)


def _sizes(x: np.ndarray) -> str:
    return f"[{','.join(map(str, x.shape))}]"


@kernel("SelectV2")
def _select_v2(k: KernelContext, condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    try:
        return np.where(condition, x, y).astype(x.dtype)
    except ValueError:
        raise InvalidArgumentError(
            None, k.op, f"condition {_sizes(condition)}, then {_sizes(x)}, and else {_sizes(y)} must be broadcastable"
        ) from None


@kernel("BroadcastTo")
def _broadcast_to(k: KernelContext, x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    sizes = shape.reshape(-1).tolist()
    try:
        return np.broadcast_to(x, sizes)
    except ValueError:
        raise InvalidArgumentError(
            None, k.op, f"Incompatible shapes: {_sizes(x)} vs. [{','.join(map(str, sizes))}]"
        ) from None


@kernel("Tile")
def _tile(k: KernelContext, x: np.ndarray, multiples: np.ndarray) -> np.ndarray:
    if multiples.size != x.ndim:
        raise InvalidArgumentError(
            None, k.op, f"Expected multiples argument to be a vector of length {x.ndim} but got length {multiples.size}"
        )
    for i, count in enumerate(multiples.tolist()):
        if count < 0:
            raise InvalidArgumentError(None, k.op, f"Expected multiples[{i}] >= 0, but got {count}")
    return np.tile(x, multiples.tolist()) if x.ndim else x


@kernel("BroadcastArgs")
def _broadcast_args(k: KernelContext, s0: np.ndarray, s1: np.ndarray) -> np.ndarray:
    return np.array(_common(k, s0, s1), s0.dtype)


def _common(k: KernelContext, s0: np.ndarray, s1: np.ndarray) -> list[int]:
    try:
        return list(np.broadcast_shapes(tuple(s0.tolist()), tuple(s1.tolist())))
    except ValueError:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Incompatible shapes: [{','.join(map(str, s0.tolist()))}] vs. [{','.join(map(str, s1.tolist()))}]",
        ) from None
