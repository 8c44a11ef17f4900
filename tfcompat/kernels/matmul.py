"""Host kernels of matrix products, for complex numbers and constant folding."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

_WIDE = {np.dtype(np.float16): np.float32, np.dtype(ml_dtypes.bfloat16): np.float32, np.dtype(np.int8): np.int32,
         np.dtype(np.uint8): np.int32, np.dtype(np.int16): np.int32, np.dtype(np.uint16): np.int64}  # fmt: skip


def widened(x: np.ndarray) -> np.ndarray:
    """`x` in the type in which products of its type are summed."""
    wide = _WIDE.get(x.dtype)
    return x if wide is None else x.astype(wide)


@kernel("MatMul", "SparseMatMul")
def _matmul(k: KernelContext, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a = a.T if k.attr("transpose_a") else a
    b = b.T if k.attr("transpose_b") else b
    return _multiplied(k, a, b)


@kernel("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul(k: KernelContext, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x = np.swapaxes(x.conj(), -1, -2) if k.attr("adj_x") else x
    y = np.swapaxes(y.conj(), -1, -2) if k.attr("adj_y") else y
    return _multiplied(k, x, y)


def _multiplied(k: KernelContext, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.shape[-1] != b.shape[-2]:
        raise InvalidArgumentError(
            None, k.op, f"Matrix size-incompatible: In[0]: {list(a.shape)}, In[1]: {list(b.shape)}"
        )
    out = k.output_dtype(0).as_numpy_dtype
    a, b = widened(a), widened(b)
    if np.result_type(out).kind in "iu":
        a, b = a.astype(np.result_type(a.dtype, out)), b.astype(np.result_type(b.dtype, out))
    with np.errstate(all="ignore"):
        return np.matmul(a, b).astype(out)
