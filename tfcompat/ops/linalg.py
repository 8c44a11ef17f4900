"""Equations with dense matrices: factors, inverses, determinants, exact and least-squares solutions."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.shape_functions import broadcast_shapes, merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.control_flow import cond
from tfcompat.ops.diagonals import matrix_diag_part
from tfcompat.ops.filling import eye
from tfcompat.ops.math import log
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.shape_checks import at_least_rank, exact_rank

_CACHE = 256_000
"""Bytes above which batches of small matrices are solved by one operation instead of a chain."""


@tf_export("cholesky", "linalg.cholesky")
def cholesky(input: Any, name: str | None = None) -> Tensor:
    """The lower triangular L with L L^H = `input`.

    Args:
        input: `[..., m, m]`, symmetric or Hermitian, positive definite; the lower triangle is read. float32, float64 or
            complex.
        name: name of the operation.

    Returns:
        A tensor of the type and shape of `input`, zero above the diagonal; NaN where a matrix is not positive definite.
    """
    return raw_ops.Cholesky(input=input, name=name)  # type: ignore[no-any-return]


@tf_export("cholesky_solve", "linalg.cholesky_solve")
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """X with L L^H X = `rhs`, from the factor L that `cholesky` gives.

    Args:
        chol: `[..., m, m]`, the lower triangle is read.
        rhs: `[..., m, k]`.
        name: name of the scope.

    Returns:
        `[..., m, k]`.
    """
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        y = raw_ops.MatrixTriangularSolve(matrix=chol, rhs=rhs, adjoint=False, lower=True)
        return raw_ops.MatrixTriangularSolve(matrix=chol, rhs=y, adjoint=True, lower=True)  # type: ignore[no-any-return]


@tf_export("matrix_inverse", "linalg.inv")
def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The inverses of square matrices, or of their conjugate transposes.

    Args:
        input: `[..., m, m]`, float16, float32, float64 or complex.
        adjoint: whether the conjugate transpose is inverted.
        name: name of the operation.

    Returns:
        A tensor of the type and shape of `input`.

    Raises:
        InvalidArgumentError: in the run, when a matrix is singular.
    """
    return raw_ops.MatrixInverse(input=input, adjoint=adjoint, name=name)  # type: ignore[no-any-return]


@tf_export("matrix_solve", "linalg.solve")
def matrix_solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """X with `matrix` X = `rhs`.

    Args:
        matrix: `[..., m, m]`, float32, float64 or complex.
        rhs: `[..., m, k]`, the same type and batch.
        adjoint: whether the conjugate transpose of `matrix` is meant.
        name: name of the operation.

    Returns:
        `[..., m, k]`.

    Raises:
        InvalidArgumentError: in the run, when a matrix is singular.
    """
    return raw_ops.MatrixSolve(matrix=matrix, rhs=rhs, adjoint=adjoint, name=name)  # type: ignore[no-any-return]


@tf_export("matrix_triangular_solve", "linalg.triangular_solve")
def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """X with T X = `rhs`, where T is a triangle of `matrix`.

    Args:
        matrix: `[..., m, m]`; the other triangle is not read. float32, float64 or complex.
        rhs: `[..., m, k]`, the same type; batches broadcast.
        lower: which triangle is meant.
        adjoint: whether the conjugate transpose of the triangle is meant.
        name: name of the scope.

    Returns:
        `[..., m, k]`, not finite where the diagonal holds a zero.
    """
    with name_scope(name, "triangular_solve", [matrix, rhs]):
        return raw_ops.MatrixTriangularSolve(matrix=matrix, rhs=rhs, lower=lower, adjoint=adjoint)  # type: ignore[no-any-return]


@tf_export("matrix_solve_ls", "linalg.lstsq")
def matrix_solve_ls(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Tensor:
    """The X for which |`matrix` X - `rhs`|^2 + `l2_regularizer` |X|^2 is least, in the Frobenius norm.

    Args:
        matrix: `[..., m, n]`, float32, float64 or complex.
        rhs: `[..., m, k]`, the same type.
        l2_regularizer: a number.
        fast: whether the normal equations are solved, which needs matrices of full rank (or a regularizer above 0) that
            are not ill-conditioned; otherwise a decomposition gives the solution of least norm, without regularizer.
        name: name of the scope.

    Returns:
        `[..., n, k]`.

    Raises:
        NotImplementedError: a regularizer is given with complex128.
    """
    matrix = convert_to_tensor(matrix, name="matrix")
    regular = not isinstance(l2_regularizer, Tensor) and l2_regularizer == 0
    if matrix.dtype.base_dtype is dtypes.complex128 and not regular:
        raise NotImplementedError(
            "matrix_solve_ls is currently disabled for complex128 and l2_regularizer != 0 due to poor accuracy."
        )
    if not _by_a_chain(fast, matrix):
        return raw_ops.MatrixSolveLs(matrix=matrix, rhs=rhs, l2_regularizer=l2_regularizer, fast=fast, name=name)  # type: ignore[no-any-return]
    with name_scope(name, "matrix_solve_ls", [matrix, rhs, l2_regularizer]):
        rows, columns = matrix.shape[-2:].as_list() if matrix.shape.rank is not None else (None, None)
        if rows is not None and columns is not None:
            solve = _tall if rows >= columns else _wide
            return solve(matrix, rhs, l2_regularizer)
        sizes = shape(matrix)[-2:]
        return cond(  # type: ignore[no-any-return]
            sizes[0] >= sizes[1],
            lambda: _tall(matrix, rhs, l2_regularizer),
            lambda: _wide(matrix, rhs, l2_regularizer),
        )


def _by_a_chain(fast: bool, matrix: Tensor) -> bool:
    if fast is False:
        return False
    dims = matrix.shape
    if not dims.is_fully_defined():
        return True
    sizes: Any = dims.tuple
    many = math.prod(sizes[:-2]) > min(sizes[-2:])
    return not (many and math.prod(sizes) * matrix.dtype.size > _CACHE)


def _tall(matrix: Tensor, rhs: Any, l2_regularizer: Any) -> Tensor:
    factor = gramian_cholesky(matrix, l2_regularizer, True)
    return cholesky_solve(factor, matmul(matrix, rhs, adjoint_a=True))


def _wide(matrix: Tensor, rhs: Any, l2_regularizer: Any) -> Tensor:
    factor = gramian_cholesky(matrix, l2_regularizer, False)
    return matmul(matrix, cholesky_solve(factor, rhs), adjoint_a=True)


def gramian_cholesky(matrix: Tensor, l2_regularizer: Any, inner: bool) -> Tensor:
    """The Cholesky factor of A^H A (`inner`) or of A A^H, with the regularizer added to the diagonal."""
    gramian = matmul(matrix, matrix, adjoint_a=inner, adjoint_b=not inner)
    if isinstance(l2_regularizer, Tensor) or l2_regularizer != 0:
        sizes = shape(matrix)
        batch = sizes[:-2]
        size = sizes[-1 if inner else -2]
        identity = eye(size, batch_shape=batch, dtype=matrix.dtype)
        if matrix.shape.rank is not None:
            small = matrix.shape.as_list()[-1 if inner else -2]
            identity.set_shape(matrix.shape[:-2].concatenate([small, small]))
        gramian = gramian + l2_regularizer * identity  # type: ignore[operator]
    return cholesky(gramian)


@tf_export("matrix_determinant", "linalg.det")
def matrix_determinant(input: Any, name: str | None = None) -> Tensor:
    """The determinants of square matrices, `[..., m, m]` to `[...]`; float32, float64 or complex."""
    return raw_ops.MatrixDeterminant(input=input, name=name)  # type: ignore[no-any-return]


@tf_export("linalg.slogdet")
def slogdet(input: Any, name: str | None = None) -> Any:
    """The sign and the logarithm of the absolute value of determinants.

    Args:
        input: `[..., m, m]`, float32, float64 or complex.
        name: name of the operation.

    Returns:
        A named tuple `sign` (of absolute value 1) and `log_abs_determinant`, both of shape `[...]`.
    """
    return raw_ops.LogMatrixDeterminant(input=input, name=name)


@tf_export("linalg.logdet")
def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithm of the determinants of positive definite matrices, through their Cholesky factors.

    Args:
        matrix: `[..., m, m]`, symmetric or Hermitian, positive definite.
        name: name of the scope.

    Returns:
        A real type, shape `[...]`.
    """
    with name_scope(name, "logdet", [matrix]):
        factor = cholesky(matrix)
        return 2.0 * reduce_sum(log(_real(matrix_diag_part(factor))), axis=[-1])  # type: ignore[no-any-return,operator]


def _real(x: Tensor) -> Tensor:
    return raw_ops.Real(input=x, Tout=x.dtype.real_dtype) if x.dtype.is_complex else x


# ---------------------------------------------------------------- shapes


def square(x: TensorShape) -> TensorShape:
    """`x`, with the two sizes of its matrices merged.

    Raises:
        ValueError: the matrices are not square, or the rank is below 2.
    """
    dims = at_least_rank(x, 2).tuple
    if dims is None:
        return UNKNOWN
    size = merge_dims(dims[-1], dims[-2])
    return TensorShape.of((*dims[:-2], size, size))


@shape_of(
    "Cholesky", "BatchCholesky", "MatrixInverse", "BatchMatrixInverse", "MatrixExponential", "MatrixLogarithm",
    "MatrixSquareRoot",
)  # fmt: skip
def _square_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [square(x)]


@shape_of("CholeskyGrad", "BatchCholeskyGrad")
def _cholesky_grad_shape(c: InferenceContext, factor: TensorShape, grad: TensorShape) -> list[TensorShape]:
    return [square(factor)]


@shape_of("MatrixDeterminant", "BatchMatrixDeterminant", "LogMatrixDeterminant")
def _determinant_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    dims = square(x).tuple
    return [UNKNOWN if dims is None else TensorShape.of(dims[:-2])] * len(c.op.outputs)


@shape_of("MatrixSolve", "BatchMatrixSolve")
def _solve_shape(c: InferenceContext, matrix: TensorShape, rhs: TensorShape) -> list[TensorShape]:
    matrix = square(matrix)
    return [_solution(matrix, at_least_rank(rhs, 2), matrix)]


@shape_of("MatrixSolveLs", "BatchMatrixSolveLs")
def _solve_ls_shape(
    c: InferenceContext, matrix: TensorShape, rhs: TensorShape, l2_regularizer: TensorShape
) -> list[TensorShape]:
    exact_rank(l2_regularizer, 0)
    return [_solution(at_least_rank(matrix, 2), at_least_rank(rhs, 2), matrix)]


def _solution(matrix: TensorShape, rhs: TensorShape, columns: TensorShape) -> TensorShape:
    """[batch, columns of the matrices, columns of `rhs`], whose batches and rows must agree."""
    if matrix.tuple is None or rhs.tuple is None:
        return UNKNOWN
    batch = TensorShape.of(matrix.tuple[:-2]).merge_with(TensorShape.of(rhs.tuple[:-2]))
    merge_dims(matrix.tuple[-2], rhs.tuple[-2])
    return TensorShape.of((*(batch.tuple or ()), matrix.tuple[-1], rhs.tuple[-1]))


@shape_of("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def _triangular_solve_shape(c: InferenceContext, matrix: TensorShape, rhs: TensorShape) -> list[TensorShape]:
    matrix, rhs = square(matrix), at_least_rank(rhs, 2)
    if matrix.tuple is None or rhs.tuple is None:
        return [UNKNOWN]
    size = merge_dims(matrix.tuple[-1], rhs.tuple[-2])
    batch = broadcast_shapes(TensorShape.of(matrix.tuple[:-2]), TensorShape.of(rhs.tuple[:-2]))
    return [TensorShape.of((*(batch.tuple or ()), size, rhs.tuple[-1]))]


@shape_of("BandedTriangularSolve")
def _banded_solve_shape(c: InferenceContext, bands: TensorShape, rhs: TensorShape) -> list[TensorShape]:
    bands, rhs = at_least_rank(bands, 2), at_least_rank(rhs, 2)
    if bands.tuple is None or rhs.tuple is None:
        return [UNKNOWN]
    size = merge_dims(bands.tuple[-1], rhs.tuple[-2])
    batch = broadcast_shapes(TensorShape.of(bands.tuple[:-2]), TensorShape.of(rhs.tuple[:-2]))
    return [TensorShape.of((*(batch.tuple or ()), size, rhs.tuple[-1]))]
