"""Host kernels of decompositions of dense matrices, and of the functions of matrices that follow from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.linalg import NOT_INVERTIBLE, check_square, substituted

Array = np.ndarray


_NO_EIGENVALUES = "Self-adjoint eigen decomposition was not successful. The input might not be valid."


@kernel("Svd", "BatchSvd")
def _svd(k: KernelContext, x: Array) -> tuple[Array, Array, Array]:
    """A matrix that holds an infinity or a NaN gives NaN."""
    nothing = np.zeros((0,), x.dtype)
    bad = ~np.isfinite(x).all((-1, -2))
    finite = np.where(bad[..., None, None], x.dtype.type(0), x) if bad.any() else x
    if not k.attr("compute_uv"):
        values = np.linalg.svd(finite, compute_uv=False)
        return _with_nan(values.astype(x.dtype), bad), nothing, nothing
    u, values, v = np.linalg.svd(finite, full_matrices=bool(k.attr("full_matrices")))
    v = np.swapaxes(v, -1, -2).conj()
    return _with_nan(values.astype(x.dtype), bad), _with_nan(u, bad), _with_nan(v, bad)


def _with_nan(x: Array, bad: Array) -> Array:
    if bad.any():
        x[bad] = np.nan
    return x


@kernel("Qr")
def _qr(k: KernelContext, x: Array) -> tuple[Array, Array]:
    narrow = x.astype(np.float32) if x.dtype == np.float16 else x
    q, r = np.linalg.qr(narrow, mode="complete" if k.attr("full_matrices") else "reduced")
    return q.astype(x.dtype), r.astype(x.dtype)


@kernel("SelfAdjointEigV2", "BatchSelfAdjointEigV2")
def _self_adjoint_eig(k: KernelContext, x: Array) -> tuple[Array, Array]:
    """Eigenvalues in ascending order; the lower triangle is read."""
    if not k.attr("compute_v"):
        _check_symmetric(k, x)
        return np.linalg.eigvalsh(x, "L").astype(x.dtype), np.zeros((0,), x.dtype)
    values, vectors = _eigen(k, x)
    return values.astype(x.dtype), vectors


def _eigen(k: KernelContext, x: Array) -> tuple[Array, Array]:
    _check_symmetric(k, x)
    values, vectors = np.linalg.eigh(x, "L")
    return values, vectors


def _check_symmetric(k: KernelContext, x: Array) -> None:
    """Raises InvalidArgumentError unless the matrices are square and their lower triangles finite."""
    check_square(k, x)
    if not np.isfinite(np.tril(x)).all():
        raise InvalidArgumentError(None, k.op, _NO_EIGENVALUES)


@kernel("SelfAdjointEig", "BatchSelfAdjointEig")
def _rows_of_eigen(k: KernelContext, x: Array) -> Array:
    """Eigenvalues as a first row above the eigenvectors."""
    values, vectors = _eigen(k, x)
    return np.concatenate([values[..., None, :], vectors], -2).astype(x.dtype)


@kernel("Eig")
def _eig(k: KernelContext, x: Array) -> tuple[Array, Array]:
    check_square(k, x)
    dtype = k.output_dtype().as_numpy_dtype
    if not np.isfinite(x).all():
        raise InvalidArgumentError(None, k.op, "Eigen decomposition was not successful. The input might not be valid.")
    if not k.attr("compute_v"):
        return np.linalg.eigvals(x).astype(dtype), np.zeros((0,), dtype)
    values, vectors = np.linalg.eig(x)
    return values.astype(dtype), vectors.astype(dtype)


@kernel("Lu")
def _lu(k: KernelContext, x: Array) -> tuple[Array, Array]:
    """L below the diagonal, its ones left out, and U on and above it; p[i] is the row of `x` that became row i."""
    check_square(k, x)
    size = x.shape[-1]
    lu = x.reshape(int(np.prod(x.shape[:-2])), size, size).copy()
    order = np.tile(np.arange(size), (len(lu), 1))
    every = np.arange(len(lu))
    for i in range(size):
        pivot = i + np.abs(lu[:, i:, i]).argmax(-1) if len(lu) else every
        lu[every, i], lu[every, pivot] = lu[every, pivot], lu[every, i]
        order[every, i], order[every, pivot] = order[every, pivot], order[every, i]
        if not (np.abs(lu[:, i, i]) > 0).all():
            raise InvalidArgumentError(None, k.op, NOT_INVERTIBLE)
        lu[:, i + 1 :, i] /= lu[:, i, i, None]
        lu[:, i + 1 :, i + 1 :] -= lu[:, i + 1 :, i, None] * lu[:, i, None, i + 1 :]
    return lu.reshape(x.shape), order.astype(k.output_dtype(1).as_numpy_dtype).reshape(x.shape[:-1])


# ---------------------------------------------------------------- functions of matrices


@kernel("MatrixSquareRoot")
def _square_root(k: KernelContext, x: Array) -> Array:
    check_square(k, x)
    return _function_of(x, _root_of_triangle)


@kernel("MatrixLogarithm")
def _logarithm(k: KernelContext, x: Array) -> Array:
    check_square(k, x)
    return _function_of(x, _logarithm_of_triangle)


def _function_of(x: Array, of_triangle: Callable[[Array], Array]) -> Array:
    """A function of every matrix, through its Schur form; NaN where that of a real matrix is not real."""
    results = np.empty((x.size // max(x.shape[-1] ** 2, 1), *x.shape[-2:]), np.complex128)
    for i, matrix in enumerate(x.reshape(results.shape) if x.size else ()):
        q, t = schur(matrix)
        with np.errstate(all="ignore"):
            results[i] = q @ of_triangle(t) @ q.conj().T
    results = results.reshape(x.shape)
    if x.dtype.kind == "c":
        return results.astype(x.dtype)
    largest = np.abs(results).max((-1, -2), initial=0.0)
    is_complex = np.abs(results.imag).max((-1, -2), initial=0.0) > 1e-7 * largest
    return np.where(is_complex[..., None, None], np.nan, results.real).astype(x.dtype)


def schur(matrix: Array) -> tuple[Array, Array]:
    """Unitary Q and upper triangular T with matrix = Q T Q^H, by QR steps with Wilkinson's shift."""
    t, q = _hessenberg(matrix.astype(np.complex128))
    end = len(t) - 1
    if not np.isfinite(t).all():
        return q, np.full_like(t, np.nan)
    steps = 0
    while end > 0:
        small = np.finfo(np.float64).eps * (np.abs(np.diag(t)[:-1]) + np.abs(np.diag(t)[1:]))
        below = np.abs(np.diag(t, -1))
        if below[end - 1] <= max(small[end - 1], 1e-300):
            t[end, end - 1] = 0
            end -= 1
            steps = 0
            continue
        start = end - 1
        while start > 0 and below[start - 1] > max(small[start - 1], 1e-300):
            start -= 1
        steps += 1
        _qr_step(t, q, start, end, _shift(t, end, steps))
        if steps > 300:
            break
    return q, np.triu(t)


def _hessenberg(t: Array) -> tuple[Array, Array]:
    q = np.eye(len(t), dtype=t.dtype)
    for i in range(len(t) - 2):
        v = t[i + 1 :, i].copy()
        length = np.linalg.norm(v)
        if length == 0:
            continue
        v[0] += length * (v[0] / abs(v[0]) if v[0] != 0 else 1.0)
        v /= np.linalg.norm(v)
        t[i + 1 :] -= 2 * np.outer(v, v.conj() @ t[i + 1 :])
        t[:, i + 1 :] -= 2 * np.outer(t[:, i + 1 :] @ v, v.conj())
        q[:, i + 1 :] -= 2 * np.outer(q[:, i + 1 :] @ v, v.conj())
    return t, q


def _shift(t: Array, end: int, steps: int) -> complex:
    """The eigenvalue of the last block that is nearer to its last element; an odd one now and then, against cycles."""
    a, b, c, d = t[end - 1, end - 1], t[end - 1, end], t[end, end - 1], t[end, end]
    if steps % 10 == 0:
        return complex(abs(c) + abs(t[end - 1, max(end - 2, 0)]) + d)
    half = (a - d) / 2
    root = np.sqrt(half * half + b * c)
    plus = half + root if abs(half + root) > abs(half - root) else half - root
    return complex(d if plus == 0 else d - b * c / plus)


def _qr_step(t: Array, q: Array, start: int, end: int, shift: complex) -> None:
    places = np.arange(start, end + 1)
    t[places, places] -= shift
    rotations = []
    for i in range(start, end):
        a, b = t[i, i], t[i + 1, i]
        length = np.hypot(abs(a), abs(b))
        g = np.eye(2, dtype=t.dtype) if length == 0 else np.array([[a.conj(), b.conj()], [-b, a]]) / length
        t[i : i + 2, i:] = g @ t[i : i + 2, i:]
        rotations.append(g)
    for i, g in zip(range(start, end), rotations, strict=True):
        back = g.conj().T
        t[: min(i + 2, end) + 1, i : i + 2] = t[: min(i + 2, end) + 1, i : i + 2] @ back
        q[:, i : i + 2] = q[:, i : i + 2] @ back
    t[places, places] += shift


def _root_of_triangle(t: Array) -> Array:
    """R with R R = T, diagonal by diagonal."""
    root = np.zeros_like(t)
    size = len(t)
    places = np.arange(size)
    root[places, places] = np.sqrt(t[places, places])
    for j in range(1, size):
        for i in range(j - 1, -1, -1):
            rest = t[i, j] - root[i, i + 1 : j] @ root[i + 1 : j, j]
            divisor = root[i, i] + root[j, j]
            root[i, j] = 0 if rest == 0 and divisor == 0 else rest / divisor
    return root


def _logarithm_of_triangle(t: Array) -> Array:
    """Square roots until the matrix is near 1, an integral for the logarithm there, and doubling back."""
    size = len(t)
    eye = np.eye(size)
    halvings = 0
    diagonal = np.diag(t)
    while np.abs(t - eye).sum(0).max(initial=0.0) > 0.25 and halvings < 100 and np.isfinite(t).all():
        t = _root_of_triangle(t)
        halvings += 1
    nodes, weights = np.polynomial.legendre.leggauss(12)
    rest = t - eye
    total = np.zeros_like(t)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        total += weight * substituted(eye + node * rest, rest, lower=False)
    total *= 2.0**halvings
    total[np.arange(size), np.arange(size)] = np.log(diagonal)
    return total
