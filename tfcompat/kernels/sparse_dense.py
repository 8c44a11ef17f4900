"""Host kernels of elementwise arithmetic of a sparse and a dense tensor."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray

_FUNCTIONS = {"SparseDenseCwiseAdd": np.add, "SparseDenseCwiseMul": np.multiply, "SparseDenseCwiseDiv": np.divide}


@kernel(*_FUNCTIONS)
def _sparse_dense(k: KernelContext, indices: Array, values: Array, shape: Array, dense: Array) -> Array:
    whole = tuple(shape.tolist())
    try:
        spread = np.broadcast_to(dense, whole)
    except ValueError:
        raise InvalidArgumentError(
            None,
            k.op,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got "
            f"incompatible shapes: [{list(whole)}] vs. [{list(dense.shape)}]",
        ) from None
    if indices.size and ((indices < 0) | (indices >= shape)).any():
        raise InvalidArgumentError(None, k.op, "Sparse indices are out of bounds of the dense shape")
    with np.errstate(all="ignore"):
        return np.asarray(_FUNCTIONS[k.op.type](values, spread[tuple(indices.T)]), values.dtype)
