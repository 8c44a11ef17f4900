"""Host kernels of equations and products with dense matrices: inverses, determinants, solvers, Cholesky factors.

All work on the last two dimensions; the leading ones are batches.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray

NOT_INVERTIBLE = "Input is not invertible."
_SINGULAR = "Input matrix is not invertible."
_NO_LEAST_SQUARES = (
    "Input matrix was rank deficient or ill-conditioned. Try setting fast=False or provide a larger l2_regularizer > 0."
)


def adjoint(x: Array) -> Array:
    """The conjugate transposes of matrices."""
    return np.swapaxes(x, -1, -2).conj()


def check_square(k: KernelContext, x: Array) -> None:
    """InvalidArgumentError when the matrices are not square."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise InvalidArgumentError(None, k.op, f"Input matrix must be square, got shape {list(x.shape)}")


def _check_rows(k: KernelContext, matrix: Array, rhs: Array, same_batch: bool = True) -> None:
    if matrix.shape[-2] != rhs.shape[-2] or same_batch and matrix.shape[:-2] != rhs.shape[:-2]:
        raise InvalidArgumentError(
            None, k.op, f"Input matrix and rhs are incompatible: {list(matrix.shape)} and {list(rhs.shape)}"
        )


def substituted(matrix: Array, rhs: Array, lower: bool) -> Array:
    """The solution of triangular equations, which read one triangle of `matrix` alone; batches broadcast."""
    rows = matrix.shape[-1]
    batch = np.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2])
    result = np.broadcast_to(rhs, (*batch, *rhs.shape[-2:])).astype(matrix.dtype)
    _substitute(matrix, result, lower, 0, rows)
    return result


def _substitute(matrix: Array, x: Array, lower: bool, start: int, end: int) -> None:
    """Solves the rows from `start` to `end` in place, halves of many rows by a product of matrices."""
    if end - start > 16:
        middle = (start + end) // 2
        first, second = ((start, middle), (middle, end)) if lower else ((middle, end), (start, middle))
        _substitute(matrix, x, lower, *first)
        x[..., slice(*second), :] -= matrix[..., slice(*second), slice(*first)] @ x[..., slice(*first), :]
        _substitute(matrix, x, lower, *second)
        return
    for i in range(start, end) if lower else range(end - 1, start - 1, -1):
        known = slice(start, i) if lower else slice(i + 1, end)
        done = matrix[..., i : i + 1, known] @ x[..., known, :]
        x[..., i : i + 1, :] = (x[..., i : i + 1, :] - done) / matrix[..., i : i + 1, i : i + 1]


@kernel("MatrixInverse", "BatchMatrixInverse")
def _inverse(k: KernelContext, x: Array) -> Array:
    check_square(k, x)
    narrow = x.astype(np.float32) if x.dtype == np.float16 else x
    try:
        result = np.linalg.inv(adjoint(narrow) if k.attr("adjoint") else narrow)
    except np.linalg.LinAlgError:
        raise InvalidArgumentError(None, k.op, NOT_INVERTIBLE) from None
    return result.astype(x.dtype)


@kernel("MatrixDeterminant", "BatchMatrixDeterminant")
def _determinant(k: KernelContext, x: Array) -> Array:
    check_square(k, x)
    return np.asarray(np.linalg.det(x), x.dtype)


@kernel("LogMatrixDeterminant")
def _log_determinant(k: KernelContext, x: Array) -> tuple[Array, Array]:
    check_square(k, x)
    sign, logarithm = np.linalg.slogdet(x)
    return np.asarray(sign, x.dtype), np.asarray(logarithm, x.dtype)


@kernel("MatrixSolve", "BatchMatrixSolve")
def _solve(k: KernelContext, matrix: Array, rhs: Array) -> Array:
    check_square(k, matrix)
    _check_rows(k, matrix, rhs)
    if matrix.size == 0 or rhs.size == 0:
        return np.zeros(rhs.shape, rhs.dtype)
    try:
        return np.linalg.solve(adjoint(matrix) if k.attr("adjoint") else matrix, rhs)
    except np.linalg.LinAlgError:
        raise InvalidArgumentError(None, k.op, _SINGULAR) from None


@kernel("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def _triangular_solve(k: KernelContext, matrix: Array, rhs: Array) -> Array:
    check_square(k, matrix)
    _check_rows(k, matrix, rhs, same_batch=False)
    lower = bool(k.attr("lower"))
    with np.errstate(all="ignore"):
        if k.attr("adjoint"):
            return substituted(adjoint(matrix), rhs, not lower)
        return substituted(matrix, rhs, lower)


@kernel("BandedTriangularSolve")
def _banded_solve(k: KernelContext, bands: Array, rhs: Array) -> Array:
    """`bands[..., i, :]` holds the i-th diagonal from the main one down, or, of upper triangles, up to the main one."""
    count, size = bands.shape[-2:]
    if size != rhs.shape[-2]:
        raise InvalidArgumentError(
            None, k.op, f"In[0] and In[1] have different rows: {list(bands.shape)} and {list(rhs.shape)}"
        )
    if count < 1 or count > size:
        raise InvalidArgumentError(None, k.op, f"Number of bands must be between 1 and the number of rows, got {count}")
    lower = bool(k.attr("lower"))
    matrix = np.zeros((*bands.shape[:-2], size, size), bands.dtype)
    for i in range(count):
        offset = i if lower else count - 1 - i
        low, high = np.arange(offset, size), np.arange(size - offset)
        if lower:
            matrix[..., low, high] = bands[..., i, offset:]
        else:
            matrix[..., high, low] = bands[..., i, : size - offset]
    return _triangular_solve(k, matrix, rhs)


@kernel("MatrixSolveLs", "BatchMatrixSolveLs")
def _least_squares(k: KernelContext, matrix: Array, rhs: Array, l2_regularizer: Array) -> Array:
    _check_rows(k, matrix, rhs)
    rows, columns = matrix.shape[-2:]
    if matrix.size == 0 or rhs.size == 0:
        return np.zeros((*matrix.shape[:-2], columns, rhs.shape[-1]), rhs.dtype)
    if not k.attr("fast"):
        return (np.linalg.pinv(matrix) @ rhs).astype(rhs.dtype)
    flipped = adjoint(matrix)
    square = matrix @ flipped if rows < columns else flipped @ matrix
    square = square + (float(l2_regularizer) * np.eye(square.shape[-1])).astype(square.dtype)
    try:
        factor = np.linalg.cholesky(square)
    except np.linalg.LinAlgError:
        raise InvalidArgumentError(None, k.op, _NO_LEAST_SQUARES) from None
    if rows < columns:
        return flipped @ _cholesky_solved(factor, rhs)
    return _cholesky_solved(factor, flipped @ rhs)


def _cholesky_solved(factor: Array, rhs: Array) -> Array:
    return substituted(adjoint(factor), substituted(factor, rhs, True), False)


@kernel("Cholesky", "BatchCholesky")
def _cholesky(k: KernelContext, x: Array) -> Array:
    """Matrices that are not positive definite give NaN."""
    check_square(k, x)
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        flat = [_cholesky_or_nan(matrix) for matrix in x.reshape(-1, *x.shape[-2:])]
        return np.stack(flat).reshape(x.shape)


def _cholesky_or_nan(matrix: Array) -> Array:
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return np.tril(np.full_like(matrix, np.nan))


@kernel("CholeskyGrad", "BatchCholeskyGrad")
def _cholesky_grad(k: KernelContext, factor: Array, grad: Array) -> Array:
    """inv(L)^H P(L^H dL) inv(L), where P halves the diagonal of the lower triangle; the result is symmetric."""
    check_square(k, factor)
    factor = np.tril(factor)
    inner = np.tril(adjoint(factor) @ np.tril(grad))
    places = np.arange(inner.shape[-1])
    inner[..., places, places] /= 2
    upper = adjoint(factor)
    left = substituted(upper, inner, False)
    result = adjoint(substituted(upper, adjoint(left), False))
    return ((result + adjoint(result)) / 2).astype(factor.dtype)


@kernel("MatrixExponential")
def _exponential(k: KernelContext, x: Array) -> Array:
    """A rational approximation of degree 13 at a scale at which it is exact to rounding, squared back."""
    check_square(k, x)
    if x.size == 0:
        return np.zeros(x.shape, x.dtype)
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    size = np.abs(wide).sum(-2).max(-1, initial=0.0)
    squarings = np.maximum(np.ceil(np.log2(np.maximum(size, 1e-300) / 5.4)), 0).astype(int)
    scaled = wide / np.exp2(squarings)[..., None, None]
    result = _pade13(scaled)
    for step in range(int(squarings.max(initial=0))):
        result = np.where((squarings > step)[..., None, None], result @ result, result)
    return result.astype(x.dtype)


def _pade13(x: Array) -> Array:
    c = _pade_coefficients(13)
    eye = np.eye(x.shape[-1], dtype=x.dtype)
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    odd = x @ (x6 @ (c[13] * x6 + c[11] * x4 + c[9] * x2) + c[7] * x6 + c[5] * x4 + c[3] * x2 + c[1] * eye)
    even = x6 @ (c[12] * x6 + c[10] * x4 + c[8] * x2) + c[6] * x6 + c[4] * x4 + c[2] * x2 + c[0] * eye
    return np.linalg.solve(even - odd, even + odd)


def _pade_coefficients(order: int) -> list[float]:
    """The coefficients of the numerator of the diagonal approximation of exp."""
    values = [1.0]
    for j in range(order):
        values.append(values[-1] * (order - j) / ((2 * order - j) * (j + 1)))
    return values


@kernel("TridiagonalMatMul")
def _tridiagonal_product(k: KernelContext, upper: Array, main: Array, lower: Array, rhs: Array) -> Array:
    """The diagonals are rows [..., 1, m]; the last element of `upper` and the first of `lower` are not used."""
    above, middle, below = (np.swapaxes(d, -1, -2) for d in (upper, main, lower))
    result = middle * rhs
    result[..., :-1, :] += above[..., :-1, :] * rhs[..., 1:, :]
    result[..., 1:, :] += below[..., 1:, :] * rhs[..., :-1, :]
    return result


@kernel("TridiagonalSolve")
def _tridiagonal_solve(k: KernelContext, diagonals: Array, rhs: Array) -> Array:
    """Gaussian elimination, along the batch at once; with pivoting a second diagonal above the main one fills up."""
    if diagonals.shape[-2] != 3:
        raise InvalidArgumentError(None, k.op, f"Expected 3 diagonals got {diagonals.shape[-2]}.")
    size = diagonals.shape[-1]
    if size != rhs.shape[-2]:
        raise InvalidArgumentError(
            None,
            k.op,
            "Expected the same number of left-hand sides and right-hand sides to be equal, got "
            f"{size} and {rhs.shape[-2]}",
        )
    pivoting = bool(k.attr("partial_pivoting"))
    batch = np.broadcast_shapes(diagonals.shape[:-2], rhs.shape[:-2])
    x = np.broadcast_to(rhs, (*batch, *rhs.shape[-2:])).copy()
    if x.size == 0 and size == 0:
        return x
    above, main, below = (np.broadcast_to(diagonals[..., i, :], (*batch, size)).copy() for i in range(3))
    above[..., -1] = 0
    second = np.zeros_like(above)
    tiny: Any = _smallest_pivot(diagonals) if k.op.attrs.get("perturb_singular") else None
    with np.errstate(all="ignore"):
        for i in range(size - 1):
            if pivoting:
                _swap_rows(np.abs(below[..., i + 1]) > np.abs(main[..., i]), i, above, main, below, second, x)
            _replace_zero(main, i, tiny)
            factor = below[..., i + 1] / main[..., i]
            main[..., i + 1] -= factor * above[..., i]
            above[..., i + 1] -= factor * second[..., i]
            x[..., i + 1, :] -= factor[..., None] * x[..., i, :]
        _replace_zero(main, size - 1, tiny)
        for i in range(size - 1, -1, -1):
            if i + 1 < size:
                x[..., i, :] -= above[..., i, None] * x[..., i + 1, :]
            if i + 2 < size:
                x[..., i, :] -= second[..., i, None] * x[..., i + 2, :]
            x[..., i, :] /= main[..., i, None]
    return x


def _swap_rows(where: Array, i: int, above: Array, main: Array, below: Array, second: Array, x: Array) -> None:
    """Exchanges the rows i and i + 1 of the equations in which `where` is true."""
    row = (main[..., i].copy(), above[..., i].copy(), second[..., i].copy())
    after = (below[..., i + 1].copy(), main[..., i + 1].copy(), above[..., i + 1].copy())
    for target, a, b in zip((main, above, second), row, after, strict=True):
        target[..., i] = np.where(where, b, a)
    below[..., i + 1] = np.where(where, row[0], after[0])
    main[..., i + 1] = np.where(where, row[1], after[1])
    above[..., i + 1] = np.where(where, row[2], after[2])
    first, next_ = x[..., i, :].copy(), x[..., i + 1, :].copy()
    x[..., i, :] = np.where(where[..., None], next_, first)
    x[..., i + 1, :] = np.where(where[..., None], first, next_)


def _smallest_pivot(diagonals: Array) -> Array:
    scale = np.abs(diagonals).max(initial=0.0)
    return np.asarray(np.finfo(diagonals.dtype).eps * scale, diagonals.dtype)


def _replace_zero(main: Array, i: int, tiny: Any) -> None:
    """A pivot of zero makes the solution NaN, unless `tiny` takes its place."""
    zero = main[..., i] == 0
    main[..., i] = np.where(zero, np.nan if tiny is None else tiny, main[..., i])
