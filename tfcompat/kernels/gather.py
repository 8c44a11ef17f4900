"""Host kernels of taking and placing slices by index."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


def checked(k: KernelContext, indices: np.ndarray, size: int) -> np.ndarray:
    """The indices as int64; InvalidArgumentError when one is outside [0, size)."""
    wide = indices.astype(np.int64)
    wrong = np.argwhere((wide < 0) | (wide >= size))
    if len(wrong):
        where = ",".join(map(str, wrong[0]))
        raise InvalidArgumentError(
            None,
            k.op,
            f"indices[{where}] = {wide[tuple(wrong[0])]} is not in [0, {size})"
            if indices.ndim
            else f"indices = {int(wide)} is not in [0, {size})",
        )
    return wide


def taken(params: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    """The slices at `indices`; a string alone stays an array."""
    found = np.take(params, indices, axis)
    return np.asarray(found, object) if params.dtype == object else found


@kernel("GatherV2")
def _gather_v2(k: KernelContext, params: np.ndarray, indices: np.ndarray, axis: np.ndarray) -> np.ndarray:
    at, batch = int(axis), k.attr("batch_dims")
    if not -params.ndim <= at < params.ndim:
        raise InvalidArgumentError(
            None, k.op, f"Expected axis in the range [{-params.ndim}, {params.ndim}), but got {at}"
        )
    at %= params.ndim
    batch += indices.ndim if batch < 0 else 0
    chosen = checked(k, indices, params.shape[at])
    if batch == 0:
        return taken(params, chosen, at)
    if params.shape[:batch] != indices.shape[:batch]:
        raise InvalidArgumentError(
            None,
            k.op,
            f"params.shape[:batch_dims]: {list(params.shape[:batch])} should be "
            f"equal to indices.shape[:batch_dims]: {list(indices.shape[:batch])}",
        )
    count = int(np.prod(params.shape[:batch]))
    parts = [
        np.take(p, i, at - batch)
        for p, i in zip(
            params.reshape(count, *params.shape[batch:]), chosen.reshape(count, *indices.shape[batch:]), strict=True
        )
    ]
    shape = params.shape[:at] + indices.shape[batch:] + params.shape[at + 1 :]
    return np.stack(parts).reshape(shape) if parts else np.empty(shape, params.dtype)


@kernel("Gather")
def _gather(k: KernelContext, params: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return taken(params, checked(k, indices, params.shape[0]), 0)


def checked_vectors(k: KernelContext, indices: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Index vectors as one array per indexed dimension; InvalidArgumentError when a vector is out of range."""
    depth = indices.shape[-1]
    if depth > len(shape):
        raise InvalidArgumentError(
            None, k.op, f"index innermost dimension length must be <= params rank; saw: {depth} vs. {len(shape)}"
        )
    wide = indices.astype(np.int64)
    limits = np.array(shape[:depth], np.int64)
    wrong = np.argwhere(((wide < 0) | (wide >= limits)).any(-1))
    if len(wrong):
        where = ",".join(map(str, wrong[0]))
        vector = ", ".join(map(str, wide[tuple(wrong[0])].tolist()))
        sizes = ",".join(map(str, shape))
        what = "param shape" if k.op.type == "GatherNd" else "shape"
        raise InvalidArgumentError(
            None, k.op, f"indices{f'[{where}]' if where else ''} = [{vector}] does not index into {what} [{sizes}]"
        )
    return tuple(np.moveaxis(wide, -1, 0))


@kernel("GatherNd")
def _gather_nd(k: KernelContext, params: np.ndarray, indices: np.ndarray) -> np.ndarray:
    if indices.shape[-1] == 0:
        return np.broadcast_to(params, indices.shape[:-1] + params.shape)
    return params[checked_vectors(k, indices, params.shape)]
