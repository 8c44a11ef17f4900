"""Host kernels that place slices by index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.gather import checked_vectors


def _placed(
    k: KernelContext, whole: np.ndarray, indices: np.ndarray, updates: np.ndarray, combine: Callable[..., Any] | None
) -> np.ndarray:
    """`whole`, changed in place: slices at `indices` combined with `updates`, one after the other."""
    depth = indices.shape[-1]
    expected = indices.shape[:-1] + whole.shape[depth:]
    if updates.shape != expected:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Must have updates.shape = indices.shape[:batch_dim] + "
            f"params_shape[slice_dim:], got updates.shape: {_text(updates)}, indices.shape: "
            f"{_text(indices)}, params_shape: {_text(whole)}",
        )
    vectors: Any = checked_vectors(k, indices, whole.shape) if depth else np.zeros(indices.shape[:-1], np.int64)
    target = whole if depth else whole[None]
    if combine is None:
        target[vectors] = updates
    else:
        combine.at(target, vectors, updates)  # type: ignore[attr-defined]
    return whole


def _text(x: np.ndarray) -> str:
    return f"[{','.join(map(str, x.shape))}]"


@kernel("ScatterNd")
def _scatter_nd(k: KernelContext, indices: np.ndarray, updates: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if updates.dtype == object:
        return _placed(k, np.full(shape.tolist(), b"", object), indices, updates, None)
    if updates.dtype == np.bool_:
        return _placed(k, np.zeros(shape.tolist(), bool), indices, updates, np.logical_or)
    return _placed(k, np.zeros(shape.tolist(), updates.dtype), indices, updates, np.add)


_COMBINE: dict[str, Any] = {
    "TensorScatterUpdate": None, "TensorScatterAdd": np.add, "TensorScatterSub": np.subtract,
    "TensorScatterMax": np.maximum, "TensorScatterMin": np.minimum, "ScatterNdNonAliasingAdd": np.add,
}  # fmt: skip


@kernel(*_COMBINE)
def _tensor_scatter(k: KernelContext, tensor: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> np.ndarray:
    return _placed(k, tensor.copy(), indices, updates, _COMBINE[k.op.type])
