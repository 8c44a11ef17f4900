"""Decompositions of dense matrices: singular values, eigenvalues, QR and LU, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, invert_permutation, rank, reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.diagonals import matrix_band_part, matrix_set_diag
from tfcompat.ops.filling import eye, ones
from tfcompat.ops.gather import gather, gather_nd
from tfcompat.ops.identity import identity
from tfcompat.ops.linalg import matrix_triangular_solve, square
from tfcompat.ops.map_fn import map_fn
from tfcompat.ops.masks import where_v2
from tfcompat.ops.matmul import matmul
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_max, reduce_prod, reduce_sum
from tfcompat.ops.sequences import range as range_
from tfcompat.ops.shape_checks import at_least_rank


@tf_export("svd", "linalg.svd")
def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Singular value decomposition, `tensor` = u diag(s) v^H.

    Args:
        tensor: `[..., m, n]`, float32, float64 or complex.
        full_matrices: whether u and v are square.
        compute_uv: whether u and v are wanted.
        name: name of the operation.

    Returns:
        (s, u, v), or s alone. With p = min(m, n): s is real, `[..., p]`, in descending order; u `[..., m, p]`
        (`[..., m, m]` if `full_matrices`), v `[..., n, p]` (`[..., n, n]`). Signs of the vectors are not specified.
    """
    s, u, v = raw_ops.Svd(input=tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    values = raw_ops.Real(input=s, Tout=s.dtype.real_dtype) if s.dtype.is_complex else s
    return (values, u, v) if compute_uv else values


@tf_export("qr", "linalg.qr")
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """QR decomposition, `input` = q r with orthonormal columns in q and an upper triangular r.

    Args:
        input: `[..., m, n]`, float16, float32, float64 or complex.
        full_matrices: whether q is square.
        name: name of the operation.

    Returns:
        A named tuple of q, `[..., m, min(m, n)]` or `[..., m, m]`, and r, `[..., min(m, n), n]` or `[..., m, n]`.
    """
    return raw_ops.Qr(input=input, full_matrices=full_matrices, name=name)


@tf_export("self_adjoint_eig", "linalg.eigh")
def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of symmetric or Hermitian matrices.

    Args:
        tensor: `[..., n, n]`, float32, float64 or complex; the lower triangle is read.
        name: name of the operation.

    Returns:
        (e, v): e `[..., n]` in ascending order, of the type of `tensor`; the columns of v, `[..., n, n]`, are the
        eigenvectors, whose signs are not specified.
    """
    e, v = raw_ops.SelfAdjointEigV2(input=tensor, compute_v=True, name=name)
    return e, v


@tf_export("self_adjoint_eigvals", "linalg.eigvalsh")
def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """The eigenvalues of symmetric or Hermitian matrices alone, in ascending order; see `self_adjoint_eig`."""
    e, _ = raw_ops.SelfAdjointEigV2(input=tensor, compute_v=False, name=name)
    return e  # type: ignore[no-any-return]


@tf_export("linalg.lu")
def lu(input: Any, output_idx_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """LU decomposition with row exchanges, for which `input[p]` = L U.

    Args:
        input: `[..., n, n]`, float32, float64 or complex.
        output_idx_type: int32 or int64.
        name: name of the operation.

    Returns:
        A named tuple of `lu`, which holds U on and above the diagonal and L below it (L has ones on the diagonal), and
        the permutation `p`, `[..., n]`.

    Raises:
        InvalidArgumentError: in the run, when a matrix is singular.
    """
    return raw_ops.Lu(input=input, output_idx_type=output_idx_type, name=name)


# ---------------------------------------------------------------- what is made of LU


@tf_export("linalg.lu_solve")
def lu_solve(lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """X with A X = `rhs`, from `lu(A)`.

    Args:
        lower_upper: `[..., n, n]`, as `lu` gives it.
        perm: `[..., n]`, as `lu` gives it.
        rhs: `[..., n, k]`.
        validate_args: whether shapes that are not known while the graph is built are checked in the run.
        name: name of the scope.

    Returns:
        `[..., n, k]`.

    Raises:
        ValueError: the shapes do not fit.
    """
    with name_scope(name, "lu_solve", [lower_upper, perm, rhs]):
        lower_upper = convert_to_tensor(lower_upper, dtype_hint=dtypes.float32, name="lower_upper")
        perm = convert_to_tensor(perm, dtype_hint=dtypes.int32, name="perm")
        rhs = convert_to_tensor(rhs, dtype_hint=lower_upper.dtype, name="rhs")
        checks = _solve_checks(lower_upper, perm, rhs, validate_args)
        if checks:
            with get_default_graph().control_dependencies(checks):
                lower_upper, perm, rhs = identity(lower_upper), identity(perm), identity(rhs)
        if rhs.shape.rank == 2 and perm.shape.rank == 1:
            permuted = gather(rhs, perm, axis=-2)
        else:
            permuted = _permuted_batch(lower_upper, perm, rhs)
        lower = matrix_set_diag(
            matrix_band_part(lower_upper, num_lower=-1, num_upper=0),
            ones(shape(lower_upper)[:-1], dtype=lower_upper.dtype),
        )
        return matrix_triangular_solve(lower_upper, matrix_triangular_solve(lower, permuted), lower=False)


def _permuted_batch(lower_upper: Tensor, perm: Tensor, rhs: Tensor) -> Tensor:
    """The rows of `rhs` in the order of `perm`, the batches of all three broadcast."""
    rhs_shape = shape(rhs)
    batch = raw_ops.BroadcastArgs(s0=rhs_shape[:-2], s1=shape(perm)[:-1])
    size, columns = rhs_shape[-2], rhs_shape[-1]
    full = concat([batch, [size, columns]], axis=0)
    flat = reshape(raw_ops.BroadcastTo(input=rhs, shape=full), [-1, size, columns])
    order = reshape(raw_ops.BroadcastTo(input=perm, shape=full[:-1]), [-1, size])
    count = reduce_prod(batch)
    numbers = raw_ops.BroadcastTo(input=range_(count)[:, None], shape=[count, size])
    return reshape(gather_nd(flat, stack([numbers, order], axis=-1)), full)


@tf_export("linalg.lu_matrix_inverse")
def lu_matrix_inverse(lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The inverse of A from `lu(A)`; arguments as for `lu_solve`, result `[..., n, n]`."""
    with name_scope(name, "lu_matrix_inverse", [lower_upper, perm]):
        lower_upper = convert_to_tensor(lower_upper, dtype_hint=dtypes.float32, name="lower_upper")
        perm = convert_to_tensor(perm, dtype_hint=dtypes.int32, name="perm")
        checks = _reconstruct_checks(lower_upper, perm, validate_args)
        if checks:
            with get_default_graph().control_dependencies(checks):
                lower_upper, perm = identity(lower_upper), identity(perm)
        sizes = shape(lower_upper)
        unit = eye(sizes[-1], batch_shape=sizes[:-2], dtype=lower_upper.dtype)
        return lu_solve(lower_upper, perm, rhs=unit, validate_args=False)


@tf_export("linalg.lu_reconstruct")
def lu_reconstruct(lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """A from `lu(A)`; arguments as for `lu_solve`, result `[..., n, n]`."""
    with name_scope(name, "lu_reconstruct", [lower_upper, perm]):
        lower_upper = convert_to_tensor(lower_upper, dtype_hint=dtypes.float32, name="lower_upper")
        perm = convert_to_tensor(perm, dtype_hint=dtypes.int32, name="perm")
        checks = _reconstruct_checks(lower_upper, perm, validate_args)
        if checks:
            with get_default_graph().control_dependencies(checks):
                lower_upper, perm = identity(lower_upper), identity(perm)
        sizes = shape(lower_upper)
        lower = matrix_set_diag(
            matrix_band_part(lower_upper, num_lower=-1, num_upper=0), ones(sizes[:-1], dtype=lower_upper.dtype)
        )
        product = matmul(lower, matrix_band_part(lower_upper, num_lower=0, num_upper=-1))
        if lower_upper.shape.rank == 2:
            return gather(product, invert_permutation(perm))
        count, size = reduce_prod(sizes[:-2]), sizes[-1]
        flat = reshape(product, [count, size, size])
        order = map_fn(invert_permutation, reshape(perm, [count, size]))
        numbers = raw_ops.BroadcastTo(input=range_(count)[:, None], shape=[count, size])
        return reshape(gather_nd(flat, stack([numbers, order], axis=-1)), sizes)


def _reconstruct_checks(lower_upper: Tensor, perm: Tensor, validate_args: bool) -> list[Any]:
    checks: list[Any] = []
    message = "Input `lower_upper` must have at least 2 dimensions."
    if lower_upper.shape.rank is not None and lower_upper.shape.rank < 2:
        raise ValueError(message)
    if validate_args:
        checks.append(PUBLIC["assert_rank_at_least"](lower_upper, rank=2, message=message))
    message = "`rank(lower_upper)` must equal `rank(perm) + 1`"
    if lower_upper.shape.rank is not None and perm.shape.rank is not None:
        if lower_upper.shape.rank != perm.shape.rank + 1:
            raise ValueError(message)
    elif validate_args:
        checks.append(PUBLIC["assert_rank"](lower_upper, rank=rank(perm) + 1, message=message))
    message = "`lower_upper` must be square."
    if lower_upper.shape[:-2].is_fully_defined():
        if lower_upper.shape[-2] != lower_upper.shape[-1]:
            raise ValueError(message)
    elif validate_args:
        sizes = shape(lower_upper)[-2:]
        checks.append(PUBLIC["assert_equal"](sizes[0], sizes[1], message=message))
    return checks


def _solve_checks(lower_upper: Tensor, perm: Tensor, rhs: Tensor, validate_args: bool) -> list[Any]:
    checks = _reconstruct_checks(lower_upper, perm, validate_args)
    message = "Input `rhs` must have at least 2 dimensions."
    if rhs.shape.rank is not None:
        if rhs.shape.rank < 2:
            raise ValueError(message)
    elif validate_args:
        checks.append(PUBLIC["assert_rank_at_least"](rhs, rank=2, message=message))
    message = "`lower_upper.shape[-1]` must equal `rhs.shape[-1]`."
    if lower_upper.shape[:-1].is_fully_defined() and rhs.shape[:-2].is_fully_defined():
        rows = rhs.shape.as_list()[-2]
        if rows is not None and lower_upper.shape.as_list()[-1] not in (None, rows):
            raise ValueError(message)
    elif validate_args:
        checks.append(PUBLIC["assert_equal"](shape(lower_upper)[-1], shape(rhs)[-2], message=message))
    return checks


# ---------------------------------------------------------------- what is made of singular values


@tf_export("linalg.matrix_rank")
def matrix_rank(a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """How many singular values are above a threshold.

    Args:
        a: `[..., m, n]`, a float type.
        tol: the threshold; by default the largest singular value times max(m, n) times the type's epsilon.
        validate_args: whether an unknown rank of `a` is checked in the run.
        name: name of the scope.

    Returns:
        int32, `[...]`.
    """
    with name_scope(name, "matrix_rank"):
        a = convert_to_tensor(a, dtype_hint=dtypes.float32, name="a")
        a = _checked_matrix(a, validate_args)
        s = svd(a, compute_uv=False)
        if tol is None:
            longest = _longest_side(a)
            epsilon = np.finfo(a.dtype.as_numpy_dtype).eps
            tol = epsilon * cast(longest, a.dtype) * reduce_max(s, axis=-1, keepdims=True)  # type: ignore[operator]
        return reduce_sum(cast(s > tol, dtypes.int32), axis=-1)  # type: ignore[operator]


def _longest_side(a: Tensor) -> Any:
    if a.shape[-2:].is_fully_defined():
        return np.int64(max(a.shape[-2:].as_list()))
    return reduce_max(shape(a)[-2:])


@tf_export("linalg.pinv")
def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The Moore-Penrose pseudo-inverse: singular values at or below `rcond` times the largest count as 0.

    Args:
        a: `[..., m, n]`, a float type.
        rcond: scalar or `[...]`; by default 10 max(m, n) times the type's epsilon.
        validate_args: whether an unknown rank of `a` is checked in the run.
        name: name of the scope.

    Returns:
        `[..., n, m]`.

    Raises:
        TypeError: `a` is not of a float type.
    """
    with name_scope(name or "pinv"):
        a = convert_to_tensor(a, name="a")
        if not a.dtype.is_floating:
            raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
        a = _checked_matrix(a, validate_args)
        dtype = a.dtype.as_numpy_dtype
        if rcond is None:
            if a.shape[-2:].is_fully_defined():
                longest: Any = float(max(a.shape[-2:].as_list()))
            else:
                longest = cast(raw_ops.Maximum(x=_side(a, -2), y=_side(a, -1)), dtype)
            rcond = 10.0 * longest * np.finfo(dtype).eps
        rcond = convert_to_tensor(rcond, dtype=dtype, name="rcond")
        values, left, right = svd(a, full_matrices=False, compute_uv=True)
        cutoff = rcond * reduce_max(values, axis=-1)
        values = where_v2(values > expand_dims(cutoff, -1), values, np.array(np.inf, dtype))
        inverse = matmul(right / expand_dims(values, -2), left, adjoint_b=True)
        if a.shape.rank is not None:
            inverse.set_shape(a.shape[:-2].concatenate([a.shape[-1], a.shape[-2]]))
        return inverse


def _side(a: Tensor, axis: int) -> Any:
    known = a.shape.as_list()[axis] if a.shape.rank is not None else None
    return shape(a)[axis] if known is None else known


def _checked_matrix(a: Tensor, validate_args: bool) -> Tensor:
    message = "Input `a` must have at least 2 dimensions."
    if a.shape.rank is not None:
        if a.shape.rank < 2:
            raise ValueError(message)
    elif validate_args:
        with get_default_graph().control_dependencies([PUBLIC["assert_rank_at_least"](a, rank=2, message=message)]):
            return identity(a)
    return a


# ---------------------------------------------------------------- shapes


@shape_of("Svd", "BatchSvd")
def _svd_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    nothing = TensorShape.of((0,))
    dims = at_least_rank(x, 2).tuple
    if dims is None:
        return [UNKNOWN] * 3 if c.attr("compute_uv") else [UNKNOWN, nothing, nothing]
    *batch, m, n = dims
    p = _least(m, n)
    values = TensorShape.of((*batch, p))
    if not c.attr("compute_uv"):
        return [values, nothing, nothing]
    full = c.attr("full_matrices")
    return [values, TensorShape.of((*batch, m, m if full else p)), TensorShape.of((*batch, n, n if full else p))]


def _least(m: int | None, n: int | None) -> int | None:
    if m == 0 or n == 0:
        return 0
    return None if m is None or n is None else min(m, n)


@shape_of("Qr")
def _qr_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    dims = at_least_rank(x, 2).tuple
    if dims is None:
        return [UNKNOWN] * 2
    *batch, m, n = dims
    p = m if c.attr("full_matrices") else _least(m, n)
    return [TensorShape.of((*batch, m, p)), TensorShape.of((*batch, p, n))]


@shape_of("SelfAdjointEigV2", "BatchSelfAdjointEigV2", "Eig")
def _eig_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    vectors = square(x)
    values = UNKNOWN if vectors.tuple is None else TensorShape.of(vectors.tuple[:-1])
    return [values, vectors if c.attr("compute_v") else TensorShape.of((0,))]


@shape_of("Lu")
def _lu_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    lu_shape = square(x)
    return [lu_shape, UNKNOWN if lu_shape.tuple is None else TensorShape.of(lu_shape.tuple[:-1])]
