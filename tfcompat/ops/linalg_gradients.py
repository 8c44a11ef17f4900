"""Gradients of equations with matrices and of their decompositions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, matrix_transpose, reshape, shape
from tfcompat.ops.broadcasting import reduced_axes
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.decompositions import self_adjoint_eig, svd
from tfcompat.ops.diagonals import matrix_band_part, matrix_diag, matrix_diag_part, matrix_set_diag
from tfcompat.ops.filling import eye
from tfcompat.ops.linalg import cholesky_solve, gramian_cholesky, matrix_inverse, matrix_solve, matrix_triangular_solve
from tfcompat.ops.matmul import matmul
from tfcompat.ops.norms import adjoint
from tfcompat.ops.reduction import reduce_sum


def _halved_diagonal(x: Tensor) -> Tensor:
    return matrix_set_diag(x, 0.5 * matrix_diag_part(x))  # type: ignore[operator]


@gradient_of("MatrixInverse")
def _inverse_grad(op: Operation, grad: Tensor) -> Tensor:
    inverse = op.outputs[0]
    if op.attrs["adjoint"]:
        return -matmul(inverse, matmul(grad, inverse, adjoint_a=True))
    return -matmul(inverse, matmul(grad, inverse, adjoint_b=True), adjoint_a=True)


def _per_matrix(x: Tensor) -> Tensor:
    """A number for each matrix, in the shape that multiplies matrices."""
    return reshape(x, concat([shape(x), [1, 1]], 0))


@gradient_of("MatrixDeterminant")
def _determinant_grad(op: Operation, grad: Tensor) -> Tensor:
    return _per_matrix(grad * op.outputs[0]) * matrix_inverse(op.inputs[0], adjoint=True)


@gradient_of("LogMatrixDeterminant")
def _log_determinant_grad(op: Operation, grad_sign: Any, grad: Tensor) -> Tensor:
    return _per_matrix(grad) * matrix_inverse(op.inputs[0], adjoint=True)


@gradient_of("MatrixSquareRoot")
def _square_root_grad(op: Operation, grad: Tensor) -> Tensor:
    """X with R^T X + X R^T = g, as equations of Kronecker products; complex numbers are not conjugated."""
    root = op.outputs[0]
    sizes = shape(root)
    count = sizes[-1]
    unit = eye(count, dtype=root.dtype) + raw_ops.ZerosLike(x=root)

    def product(a: Any, b: Any) -> Any:
        """The Kronecker products of matrices."""
        spread = a[..., :, None, :, None] * b[..., None, :, None, :]
        return reshape(spread, concat([sizes[:-2], [count * count, count * count]], 0))

    system = product(unit, matrix_transpose(root)) + product(root, unit)
    columns = reshape(matrix_transpose(grad), concat([sizes[:-2], [count * count, 1]], 0))
    return matrix_transpose(reshape(matrix_solve(system, columns), sizes))


@gradient_of("Cholesky")
def _cholesky_grad(op: Operation, grad: Tensor) -> Tensor:
    """L^-H P(L^H g) L^-1, made symmetric, where P takes the lower triangle with half the diagonal."""
    factor = op.outputs[0]
    sizes = shape(factor)
    identity = eye(sizes[-1], batch_shape=sizes[:-2], dtype=factor.dtype)
    inverse = matrix_triangular_solve(factor, identity)
    middle = matrix_band_part(_halved_diagonal(matmul(factor, grad, adjoint_a=True)), -1, 0)
    result = matmul(matmul(inverse, middle, adjoint_a=True), inverse)
    return 0.5 * (result + adjoint(result))  # type: ignore[no-any-return,operator]


@gradient_of("MatrixSolve")
def _solve_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    flipped, x = op.attrs["adjoint"], op.outputs[0]
    grad_rhs = matrix_solve(op.inputs[0], grad, adjoint=not flipped)
    return -(matmul(x, grad_rhs, adjoint_b=True) if flipped else matmul(grad_rhs, x, adjoint_b=True)), grad_rhs


@gradient_of("MatrixTriangularSolve")
def _triangular_solve_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    flipped, lower, x = op.attrs["adjoint"], op.attrs["lower"], op.outputs[0]
    matrix, rhs = op.inputs
    grad_rhs = matrix_triangular_solve(matrix, grad, lower=lower, adjoint=not flipped)
    grad_matrix = -(matmul(x, grad_rhs, adjoint_b=True) if flipped else matmul(grad_rhs, x, adjoint_b=True))
    grad_matrix = matrix_band_part(grad_matrix, -1, 0) if lower else matrix_band_part(grad_matrix, 0, -1)
    return _summed_batch(grad_matrix, matrix, rhs), _summed_batch(grad_rhs, rhs, matrix)


def _summed_batch(grad: Tensor, x: Tensor, other: Tensor) -> Tensor:
    """`grad`, summed over the batch axes along which `x` was repeated to fit `other`."""
    if x.shape.rank is not None and other.shape.rank is not None:
        mine, theirs = x.shape.as_list()[:-2], other.shape.as_list()[:-2]
        if mine == theirs and None not in mine:
            return grad
        axes: Any = reduced_axes(mine, theirs)
        if axes is not None:
            return reshape(reduce_sum(grad, axis=axes), shape(x)) if axes else grad
    axes, _ = raw_ops.BroadcastGradientArgs(s0=shape(x)[:-2], s1=shape(other)[:-2])
    return reshape(reduce_sum(grad, axis=axes), shape(x))


@gradient_of("BandedTriangularSolve")
def _banded_solve_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    flipped, lower, x = op.attrs["adjoint"], op.attrs["lower"], op.outputs[0]
    bands, rhs = op.inputs
    count = bands.shape.as_list()[-2]
    if count is None:
        raise NotImplementedError("The gradient of BandedTriangularSolve needs a known number of bands.")
    grad_rhs = raw_ops.BandedTriangularSolve(matrix=bands, rhs=grad, lower=lower, adjoint=not flipped)
    dense = -(matmul(x, grad_rhs, adjoint_b=True) if flipped else matmul(grad_rhs, x, adjoint_b=True))
    wanted = (-(count - 1), 0) if lower else (0, count - 1)
    grad_bands = matrix_diag_part(dense, k=wanted, align="LEFT_RIGHT")
    return _summed_batch(grad_bands, bands, rhs), _summed_batch(grad_rhs, rhs, bands)


@gradient_of("MatrixSolveLs")
def _solve_ls_grad(op: Operation, grad: Tensor) -> tuple[Any, ...]:
    if not op.attrs["fast"]:
        raise ValueError("Gradient not defined for fast=False")
    matrix = op.inputs[0]
    rows, columns = matrix.shape.as_list()[-2:] if matrix.shape.rank is not None else (None, None)
    if rows is not None and columns is not None:
        return *(_tall_grad(op, grad) if rows >= columns else _wide_grad(op, grad)), None
    sizes = shape(matrix)[-2:]
    grads = cond(sizes[0] >= sizes[1], lambda: _tall_grad(op, grad), lambda: _wide_grad(op, grad))
    return grads[0], grads[1], None


def _tall_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    """X = (A^H A + r I)^-1 A^H B: with Z = (A^H A + r I)^-1 g, B gets A Z and A gets B Z^H - A (X Z^H + Z X^H)."""
    a, b, regularizer = op.inputs
    factor = gramian_cholesky(a, cast(regularizer, a.dtype.base_dtype), True)
    z = cholesky_solve(factor, grad)
    xz = matmul(op.outputs[0], z, adjoint_b=True)
    return matmul(b, z, adjoint_b=True) - matmul(a, xz + adjoint(xz)), matmul(a, z)


def _wide_grad(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    """X = A^H (A A^H + r I)^-1 B = A^H Y: B gets Z = (A A^H + r I)^-1 A g, A gets Y (g - A^H Z)^H - Z X^H."""
    a, b, regularizer = op.inputs
    factor = gramian_cholesky(a, cast(regularizer, a.dtype.base_dtype), False)
    z = cholesky_solve(factor, matmul(a, grad))
    y = cholesky_solve(factor, b)
    first = matmul(y, grad - matmul(a, z, adjoint_a=True), adjoint_b=True)
    return first - matmul(z, matmul(y, a, adjoint_a=True)), z


# ---------------------------------------------------------------- decompositions


def _inverse_differences(x: Tensor) -> Tensor:
    """F[i, j] = 1 / (x[j] - x[i]), and 0 where that is 0."""
    difference = expand_dims(x, -2) - expand_dims(x, -1)
    difference = matrix_set_diag(difference, raw_ops.OnesLike(x=x))
    return _zero_diagonal(difference * raw_ops.Reciprocal(x=raw_ops.Square(x=difference) + 1e-20))  # type: ignore[operator]


def _zero_diagonal(x: Tensor) -> Tensor:
    return matrix_set_diag(x, raw_ops.ZerosLike(x=matrix_diag_part(x)))


@gradient_of("SelfAdjointEigV2")
def _self_adjoint_eig_grad(op: Operation, grad_e: Any, grad_v: Any) -> Tensor:
    """V (diag(de) + F * (V^H dV)) V^H with F[i, j] = 1 / (e[j] - e[i]), put into the lower triangle."""
    e = op.outputs[0]
    if op.attrs["compute_v"]:
        v = op.outputs[1]
        f = _inverse_differences(e)
        inner = f * matmul(v, grad_v, adjoint_a=True) if grad_v is not None else None
        if grad_e is not None:
            inner = matrix_diag(grad_e) if inner is None else matrix_diag(grad_e) + inner
    else:
        _, v = self_adjoint_eig(op.inputs[0])
        inner = matrix_diag(grad_e)
    full = matmul(v, matmul(inner, v, adjoint_b=True))
    return _halved_diagonal(matrix_band_part(full + adjoint(full), -1, 0))


@gradient_of("Eig")
def _eig_grad(op: Operation, grad_e: Any, grad_v: Any) -> Tensor:
    """V^-H (diag(de) + F * (V^H dV - V^H V diag(Re V^H dV))) V^H with F[i, j] = 1 / conj(e[j] - e[i])."""
    e = op.outputs[0]
    if op.attrs["compute_v"]:
        v = op.outputs[1]
        flipped = adjoint(v)
        difference = expand_dims(e, -2) - expand_dims(e, -1)
        safe = matrix_set_diag(difference, raw_ops.OnesLike(x=e))
        f = raw_ops.Conj(input=_zero_diagonal(raw_ops.Reciprocal(x=safe)))
        projected = matmul(flipped, grad_v)
        real = cast(raw_ops.Real(input=matrix_diag_part(projected), Tout=e.dtype.real_dtype), e.dtype)
        inner = f * (projected - matmul(matmul(flipped, v), matrix_diag(real)))
        inner = matrix_diag(grad_e) + inner
    else:
        wide = cast(op.inputs[0], e.dtype)
        _, v = raw_ops.Eig(input=wide, Tout=e.dtype)
        flipped = adjoint(v)
        inner = matrix_diag(grad_e)
    return cast(matrix_solve(flipped, matmul(inner, flipped)), op.inputs[0].dtype)


@gradient_of("Qr")
def _qr_grad(op: Operation, grad_q: Tensor, grad_r: Tensor) -> Tensor:
    q, r = op.outputs
    dims_q, dims_r = q.shape.as_list() if q.shape.rank else [], r.shape.as_list() if r.shape.rank else []
    rows: Any
    columns: Any
    if len(dims_r) < 2 or None in dims_r[-2:] or None in dims_q[-2:]:
        raise NotImplementedError("QrGrad not implemented with dynamic shapes.")
    rows, columns = dims_r[-2:]
    if rows > columns and dims_q[-2] == dims_q[-1]:
        raise NotImplementedError(
            "QrGrad not implemented when nrows > ncols and full_matrices is true. "
            f"Received r.shape={r.shape} with nrows={rows}, and ncols={columns}"
        )
    if rows >= columns:
        return _tall_qr_grad(q, r, grad_q, grad_r)
    square, rest = r[..., :rows], op.inputs[0][..., rows:]
    grad_rest = grad_r[..., rows:]
    grad_square = _tall_qr_grad(q, square, grad_q + matmul(rest, grad_rest, adjoint_b=True), grad_r[..., :rows])
    return concat([grad_square, matmul(q, grad_rest)], axis=-1)


def _tall_qr_grad(q: Tensor, r: Tensor, grad_q: Tensor, grad_r: Tensor) -> Tensor:
    """(dQ - Q (P - C)) R^-H with P = Q^H dQ, S = dR R^H, T = P - S and C = S + tril(T - T^H, -1) + i Im diag(T)."""
    projected = matmul(q, grad_q, adjoint_a=True)
    scaled = matmul(grad_r, r, adjoint_b=True)
    rest = projected - scaled
    chosen = scaled + matrix_band_part(_zero_diagonal(rest - adjoint(rest)), -1, 0)
    if q.dtype.is_complex:
        diagonal = matrix_diag_part(rest)
        real = cast(raw_ops.Real(input=diagonal, Tout=q.dtype.real_dtype), q.dtype)
        chosen = chosen + matrix_diag(diagonal - real)
    whole = grad_q + matmul(q, chosen - projected)
    return adjoint(matrix_triangular_solve(r, adjoint(whole), lower=False))


@gradient_of("Svd")
def _svd_grad(op: Operation, grad_s: Any, grad_u: Any, grad_v: Any) -> Tensor:
    a = op.inputs[0]
    dtype = a.dtype
    if not op.attrs["compute_uv"]:
        _, u, v = svd(a, compute_uv=True)
        return matmul(u, matmul(matrix_diag(cast(grad_s, dtype)), v, adjoint_b=True))
    rows, columns = a.shape.as_list()[-2:] if a.shape.rank is not None else (None, None)
    if rows is None or columns is None:
        raise NotImplementedError("SVD gradient has not been implemented for input with unknown inner matrix shape.")
    s, u, v = op.outputs
    full, least = op.attrs["full_matrices"], min(rows, columns)
    if full and abs(rows - columns) > 1:
        raise NotImplementedError("svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True")
    extra = []
    if full and rows != columns:
        # the vector beyond the singular ones turns against them: it brings a term of its own
        wide, grad_wide = (u, grad_u) if rows > columns else (v, grad_v)
        last, grad_last, first = wide[..., least:], grad_wide[..., least:], wide[..., :least]
        inner = matmul(last, matmul(matmul(grad_last, first, adjoint_a=True), _inverse_diagonal(s, dtype)))
        if rows > columns:
            extra.append(-matmul(inner, v, adjoint_b=True))
            u, grad_u = first, grad_u[..., :least]
        else:
            extra.append(-adjoint(matmul(inner, u, adjoint_b=True)))
            v, grad_v = first, grad_v[..., :least]
    result = _thin_svd_grad(u, s, v, grad_u, grad_s, grad_v, dtype)
    return result + extra[0] if extra else result


def _inverse_diagonal(s: Tensor, dtype: Any) -> Tensor:
    return matrix_diag(raw_ops.Reciprocal(x=cast(s, dtype)))


def _thin_svd_grad(u: Tensor, s: Tensor, v: Tensor, grad_u: Any, grad_s: Any, grad_v: Any, dtype: Any) -> Tensor:
    """With P = U^H dU, Q = V^H dV and F[i, j] = 1 / (s[j]^2 - s[i]^2):

    U (diag(ds) + (F * (P - P^H)) S + S (F * (Q - Q^H))) V^H + (dU - U P) S^-1 V^H + U S^-1 (dV - V Q)^H,
    and for complex numbers U S^-1 diag(-i Im diag(Q)) V^H beside.
    """
    f = cast(_inverse_differences(raw_ops.Square(x=s)), dtype)
    values, inverse = matrix_diag(cast(s, dtype)), _inverse_diagonal(s, dtype)
    p = matmul(u, grad_u, adjoint_a=True)
    q = matmul(v, grad_v, adjoint_a=True)
    core = matrix_diag(cast(grad_s, dtype))
    core = core + matmul(f * (p - adjoint(p)), values) + matmul(values, f * (q - adjoint(q)))
    if dtype.is_complex:
        diagonal = matrix_diag(matrix_diag_part(q))
        core = core + 0.5 * matmul(inverse, adjoint(diagonal) - diagonal)
    left = matmul(u, core) + matmul(grad_u - matmul(u, p), inverse)
    right = matmul(matmul(u, inverse), grad_v - matmul(v, q), adjoint_b=True)
    return matmul(left, v, adjoint_b=True) + right
