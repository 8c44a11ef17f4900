"""Matrix products."""

from __future__ import annotations

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph.operation import Operation

_GEMM = ("float16", "bfloat16", "float32", "float64")


@converts("MatMul", "SparseMatMul")
def _matmul(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    dtype = op.outputs[0].dtype.base_dtype
    return matrix_product(b, b.cast(x, dtype), b.cast(y, dtype), op.attrs["transpose_a"], op.attrs["transpose_b"])


def matrix_product(b: Builder, x: Value, y: Value, flip_x: bool = False, flip_y: bool = False) -> Value:
    """`x @ y` for matrices, each transposed first if its flag is set."""
    _check_sizes(x, y, flip_x, flip_y)
    if not (flip_x or flip_y):
        return b.MatMul(x, y)
    if x.dtype.name in _GEMM:
        return b.Gemm(x, y, transA=int(flip_x), transB=int(flip_y))
    return b.MatMul(*(b.Transpose(v, perm=[1, 0]) if flip else v for v, flip in ((x, flip_x), (y, flip_y))))


def _check_sizes(x: Value, y: Value, flip_x: bool, flip_y: bool) -> None:
    """Leaves factors that do not fit to the host kernel, which says so."""
    if x.shape is None or y.shape is None or len(x.shape) < 2 or len(y.shape) < 2:
        return
    left, right = x.shape[-2 if flip_x else -1], y.shape[-1 if flip_y else -2]
    if left is not None and right is not None and left != right:
        raise NotConvertible(f"matrices of {left} columns and {right} rows have no product")


@converts("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    dtype = op.outputs[0].dtype.base_dtype
    flip_x, flip_y = op.attrs["adj_x"], op.attrs["adj_y"]
    _check_sizes(x, y, flip_x, flip_y)
    if (flip_x or flip_y) and x.rank == y.rank == 2:
        return matrix_product(b, b.cast(x, dtype), b.cast(y, dtype), flip_x, flip_y)
    return b.MatMul(
        *(
            transposed(b, b.cast(v, dtype), v.rank) if flip else b.cast(v, dtype)
            for v, flip in ((x, flip_x), (y, flip_y))
        )
    )


def transposed(b: Builder, x: Value, rank: int) -> Value:
    """`x` with its last two dimensions swapped."""
    return b.Transpose(x, perm=[*range(rank - 2), rank - 1, rank - 2])
