"""Products and equations with tridiagonal matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import broadcast_shapes, merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, matrix_transpose, rank, squeeze
from tfcompat.ops.concat import concat
from tfcompat.ops.diagonals import matrix_diag, matrix_diag_part
from tfcompat.ops.filling import zeros
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.shape_checks import at_least_rank
from tfcompat.ops.tiling import pad

_FORMATS = ("compact", "matrix", "sequence")


@tf_export("linalg.tridiagonal_matmul")
def tridiagonal_matmul(diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None) -> Tensor:
    """The product of tridiagonal matrices with dense ones.

    Args:
        diagonals: "compact": `[..., 3, m]`, the diagonals above, on and below the main one, the last element of the
            first and the first of the last not used; "matrix": `[..., m, m]`; "sequence": a tuple of three `[..., m]`.
        rhs: `[..., m, n]`, float32, float64 or complex.
        diagonals_format: one of these three.
        name: name of the operation.

    Returns:
        `[..., m, n]`.

    Raises:
        ValueError: the format is unknown or the shapes do not fit.
    """
    if diagonals_format == "compact":
        above, main, below = (diagonals[..., i, :] for i in range(3))
    elif diagonals_format == "sequence":
        above, main, below = diagonals
    elif diagonals_format == "matrix":
        compact = _compact_of_matrix(diagonals, [rhs.shape.as_list()[-2] if rhs.shape.rank is not None else None])
        above, main, below = (compact[..., i, :] for i in range(3))
    else:
        raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}")
    above, main, below = expand_dims(above, -2), expand_dims(main, -2), expand_dims(below, -2)
    return raw_ops.TridiagonalMatMul(superdiag=above, maindiag=main, subdiag=below, rhs=rhs, name=name)  # type: ignore[no-any-return]


def _compact_of_matrix(matrix: Any, others: Sequence[int | None]) -> Tensor:
    """The three diagonals of `[..., m, m]`, m equal to each of the other sizes that are known."""
    rows, columns = matrix.shape.as_list()[-2:] if matrix.shape.rank is not None else (None, None)
    if rows is not None and columns is not None and rows != columns:
        raise ValueError(f"Expected last two dimensions of diagonals to be same, got {rows} and {columns}")
    known = [s for s in (rows, columns, *others) if s is not None]
    if any(s != known[0] for s in known):
        raise ValueError(f"Expected number of left-hand sided and right-hand sides to be equal, got {known}")
    return matrix_diag_part(matrix, k=(-1, 1), padding_value=0.0, align="LEFT_RIGHT")


@tf_export("linalg.tridiagonal_solve")
def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Tensor:
    """X with T X = `rhs` for tridiagonal matrices T.

    Args:
        diagonals: as in `tridiagonal_matmul`; in a "sequence" the outer diagonals may have m - 1 elements.
        rhs: `[..., m]` or `[..., m, k]`, float32, float64 or complex.
        diagonals_format: "compact", "matrix" or "sequence".
        transpose_rhs: whether `rhs` is transposed first.
        conjugate_rhs: whether `rhs` is conjugated first.
        name: name of the operation.
        partial_pivoting: whether rows are exchanged, which is slower and more stable.
        perturb_singular: whether pivots of zero are replaced by tiny ones; needs `partial_pivoting`.

    Returns:
        A tensor of the shape of `rhs` (transposed if that was asked for).

    Raises:
        ValueError: the format is unknown or the shapes do not fit.
        InvalidArgumentError: in the run, when a matrix is singular.
    """
    if perturb_singular and not partial_pivoting:
        raise ValueError("partial_pivoting must be True if perturb_singular is True.")
    if diagonals_format == "compact":
        compact = convert_to_tensor(diagonals, name="diagonals")
        if (compact.shape.rank or 0) >= 2 and _size(compact, -2) not in (None, 3):
            raise ValueError(f"Expected 3 diagonals got {_size(compact, -2)}")
    elif diagonals_format == "sequence":
        compact = _compact_of_sequence(diagonals)
    elif diagonals_format == "matrix":
        compact = _compact_of_matrix(convert_to_tensor(diagonals, name="diagonals"), [])
    else:
        raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}. Expected one of {list(_FORMATS)}")
    return _solved(compact, rhs, transpose_rhs, conjugate_rhs, partial_pivoting, perturb_singular, name)


def _size(x: Tensor, axis: int) -> int | None:
    return x.shape.as_list()[axis] if x.shape.rank is not None else None


def _compact_of_sequence(diagonals: Any) -> Tensor:
    if not isinstance(diagonals, (tuple, list)) or len(diagonals) != 3:
        raise ValueError("Expected diagonals to be a sequence of length 3.")
    above, main, below = (convert_to_tensor(d) for d in diagonals)
    if not main.shape[:-1].is_compatible_with(below.shape[:-1]) or not main.shape[:-1].is_compatible_with(
        above.shape[:-1]
    ):
        raise ValueError(
            "Tensors representing the three diagonals must have the same shape, except for the last dimension, got "
            f"{above.shape}, {main.shape}, {below.shape}"
        )
    size = _size(main, -1)

    def padded(diagonal: Tensor, before: int, after: int) -> Tensor:
        own = _size(diagonal, -1)
        if own is None or size is None or own == size:
            return diagonal
        if own != size - 1:
            raise ValueError(f"Expected {diagonal.name} to be have length {size} or {size - 1}, got {own}.")
        return pad(diagonal, [[0, 0]] * (diagonal.shape.rank - 1) + [[before, after]])  # type: ignore[operator]

    below = padded(below, 1, 0)
    above = padded(above, 0, 1)
    return stack((above, main, below), axis=-2)


def _solved(
    compact: Tensor, rhs: Any, transpose: bool, conjugate: bool, pivoting: bool, perturb: bool, name: str | None
) -> Tensor:
    if compact.shape.rank is not None and compact.shape.rank < 2:
        raise ValueError(f"Expected diagonals to have rank at least 2, got {compact.shape.rank}")
    rhs = convert_to_tensor(rhs, name="rhs")
    known = rhs.shape.rank is not None and compact.shape.rank is not None
    is_vector = known and rhs.shape.rank == (compact.shape.rank or 0) - 1
    if known and not is_vector and rhs.shape.rank != compact.shape.rank:
        raise ValueError(f"Expected the rank of rhs to be {compact.shape.rank} or one less, got {rhs.shape.rank}")
    if is_vector and conjugate:
        rhs = _conjugate(rhs)
    if is_vector:
        rhs = expand_dims(rhs, -1)
    elif transpose:
        rhs = matrix_transpose(rhs, conjugate=conjugate)
    elif conjugate:
        rhs = _conjugate(rhs)
    left, right = _size(compact, -1), _size(rhs, -2)
    if left is not None and right is not None and left != right:
        raise ValueError(f"Expected number of left-hand sided and right-hand sides to be equal, got {left} and {right}")
    if compact.shape.rank is not None and not compact.shape[:-2].is_compatible_with(rhs.shape[:-2]):
        raise ValueError(f"Batch shapes {compact.shape[:-2]} and {rhs.shape[:-2]} are not compatible with each other.")
    result = raw_ops.TridiagonalSolve(
        diagonals=compact, rhs=rhs, partial_pivoting=pivoting, perturb_singular=perturb, name=name
    )
    return squeeze(result, -1) if is_vector else result


def _conjugate(x: Tensor) -> Tensor:
    return raw_ops.Conj(input=x) if x.dtype.is_complex else x


@shape_of("TridiagonalSolve")
def _solve_shape(c: InferenceContext, diagonals: TensorShape, rhs: TensorShape) -> list[TensorShape]:
    left, right = at_least_rank(diagonals, 2), at_least_rank(rhs, 2)
    if left.tuple is None or right.tuple is None:
        return [UNKNOWN]
    batch = broadcast_shapes(TensorShape.of(left.tuple[:-2]), TensorShape.of(right.tuple[:-2]))
    if left.tuple[-2] not in (None, 3):
        raise ValueError(f"Dimension must be 3 but is {left.tuple[-2]}")
    merge_dims(left.tuple[-1], right.tuple[-2])
    return [TensorShape.of((*(batch.tuple or ()), *right.tuple[-2:]))]


@shape_of("TridiagonalMatMul")
def _product_shape(
    c: InferenceContext, above: TensorShape, main: TensorShape, below: TensorShape, rhs: TensorShape
) -> list[TensorShape]:
    rows = [at_least_rank(s, 2) for s in (above, main, below)]
    right = at_least_rank(rhs, 2)
    merged = rows[0]
    for other in rows[1:]:
        merged = merged.merge_with(other)
    if merged.tuple is None or right.tuple is None:
        return [right]
    if merged.tuple[-2] not in (None, 1):
        raise ValueError(f"Dimension must be 1 but is {merged.tuple[-2]}")
    batch = TensorShape.of(merged.tuple[:-2]).merge_with(TensorShape.of(right.tuple[:-2]))
    size = merge_dims(merged.tuple[-1], right.tuple[-2])
    return [TensorShape.of((*(batch.tuple or ()), size, right.tuple[-1]))]


# ---------------------------------------------------------------- gradients


def _moved(x: Tensor, steps: int) -> Tensor:
    """Rows of matrices moved up (`steps` 1) or down (-1), with zeros moving in."""
    if x.shape.rank is not None:
        front = [[0, 0]] * (x.shape.rank - 2)
        paddings: Any = [*front, [0, 1] if steps > 0 else [1, 0], [0, 0]]
    else:
        last = [[0, 1] if steps > 0 else [1, 0], [0, 0]]
        paddings = concat([zeros([rank(x) - 2, 2], dtype="int32"), last], axis=0)  # type: ignore[operator]
    cut = x[..., 1:, :] if steps > 0 else x[..., :-1, :]
    return pad(cut, paddings)


def _flipped(diagonals: Tensor) -> Tensor:
    """The diagonals of the transposes, compact."""
    columns = matrix_transpose(diagonals)
    above, main, below = columns[..., 0:1], columns[..., 1:2], columns[..., 2:3]
    return matrix_transpose(concat([_moved(below, 1), main, _moved(above, -1)], axis=-1))


@gradient_of("TridiagonalSolve")
def _solve_gradient(op: Operation, grad: Tensor) -> tuple[Tensor, Tensor]:
    """The right side gets y = T^-T g; the diagonals -y x^T on theirs; complex numbers are not conjugated."""
    x = op.outputs[0]
    flipped = _flipped(op.inputs[0])
    y = raw_ops.TridiagonalSolve(
        diagonals=flipped,
        rhs=grad,
        partial_pivoting=op.attrs["partial_pivoting"],
        perturb_singular=op.attrs["perturb_singular"],
    )
    return -_on_diagonals(y, x), y


def _on_diagonals(y: Tensor, x: Tensor) -> Tensor:
    """The elements of y x^T above, on and below the diagonal, compact."""
    return stack([reduce_sum(y * other, -1) for other in (_moved(x, 1), x, _moved(x, -1))], axis=-2)


@gradient_of("TridiagonalMatMul")
def _product_gradient(op: Operation, grad: Tensor) -> tuple[Tensor, ...]:
    above, main, below, rhs = op.inputs
    conjugate = _conjugate(rhs)
    rows = [
        expand_dims(reduce_sum(grad * other, -1), -2)
        for other in (_moved(conjugate, 1), conjugate, _moved(conjugate, -1))
    ]
    over, middle, under = (_conjugate(matrix_transpose(d)) for d in (above, main, below))
    return *rows, _moved(under * grad, 1) + middle * grad + _moved(over * grad, -1)


@tf_export("linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    alpha: Any,
    beta: Any,
    eigvals_only: bool = True,
    select: str = "a",
    select_range: Any = None,
    tol: Any = None,
    name: str | None = None,
) -> Any:
    """Eigenvalues, and eigenvectors, of Hermitian tridiagonal matrices.

    Args:
        alpha: the main diagonal, [n], real.
        beta: the diagonal above it, [n - 1].
        eigvals_only: whether eigenvectors are left out.
        select: "a" for all, "i" for those with the numbers `select_range`, both ends included.
        select_range: (first, last).
        tol: not used: the values are exact to rounding.
        name: name of the scope.

    Returns:
        The eigenvalues in ascending order, or (eigenvalues, eigenvectors as columns).

    Raises:
        ValueError: `select` is something else.
    """
    if select not in ("a", "i"):
        raise ValueError("select must be 'a' or 'i': eigenvalues of an interval are not supported.")
    with name_scope(name or "eigh_tridiagonal"):
        alpha, beta = convert_to_tensor(alpha, name="alpha"), convert_to_tensor(beta, name="beta")
        kind = beta.dtype if beta.dtype.is_complex else alpha.dtype
        main = raw_ops.Cast(x=alpha, DstT=kind) if alpha.dtype != kind else alpha
        dense: Any = matrix_diag(main)
        dense = dense + matrix_diag(beta, k=1) + matrix_diag(_conjugate(beta), k=-1)
        values, vectors = raw_ops.SelfAdjointEigV2(input=dense, compute_v=not eigvals_only)
        if kind.is_complex:
            values = raw_ops.Real(input=values, Tout=kind.real_dtype)
        if select == "i":
            first, last = select_range
            values = values[..., first : last + 1]
            vectors = vectors if eigvals_only else vectors[..., first : last + 1]
        return values if eigvals_only else (values, vectors)
