"""The base class of linear operators: what follows from the dense matrix when a class knows nothing better."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.linear_operators.util import adjoint, diag_part, public, solve, tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, squeeze
from tfcompat.ops.filling import eye
from tfcompat.ops.linalg import cholesky, cholesky_solve
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import exp, log
from tfcompat.ops.reduction import reduce_max, reduce_min, reduce_sum

_TYPES = (dtypes.float16, dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)


@tf_export("linalg.LinearOperator")
class LinearOperator:
    """A matrix [..., m, n], or a batch of them, defined by what it does to vectors.

    Subclasses define `_shape`, `_shape_tensor`, `_matmul`, and what they can do better than through the dense matrix.
    The hints `is_non_singular`, `is_self_adjoint`, `is_positive_definite` and `is_square` are promises (True), denials
    (False) or nothing (None); what is not possible without a promise is refused, and promises are not checked.
    """

    def __init__(
        self,
        dtype: Any,
        graph_parents: Sequence[Any] | None = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
        parameters: dict[str, Any] | None = None,
    ):
        """Keeps what all operators have.

        Args:
            dtype: type of the matrix.
            graph_parents: the tensors that the operator depends on.
            is_non_singular: whether it has an inverse.
            is_self_adjoint: whether it is its conjugate transpose.
            is_positive_definite: whether x^H A x has a positive real part for all x but 0.
            is_square: whether m = n.
            name: name of the scope of its operations.
            parameters: the arguments of the constructor.

        Raises:
            ValueError: hints contradict each other.
        """
        if is_positive_definite:
            if is_non_singular is False:
                raise ValueError("A positive definite matrix is always non-singular.")
            is_non_singular = True
        if is_non_singular:
            if is_square is False:
                raise ValueError("A non-singular matrix is always square.")
            is_square = True
        if is_self_adjoint:
            if is_square is False:
                raise ValueError("A self-adjoint matrix is always square.")
            is_square = True
        self._is_square_set_or_implied_by_hints = is_square
        self._graph_parents = list(graph_parents or [])
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        self._is_non_singular = is_non_singular
        self._is_self_adjoint = is_self_adjoint
        self._is_positive_definite = is_positive_definite
        self._parameters = parameters or {}
        self._name = name or type(self).__name__

    @contextlib.contextmanager
    def _scope(self, name: str | None) -> Iterator[None]:
        with name_scope(f"{self._name}/{name}" if name else self._name):
            yield

    # ---------------------------------------------------------------- what it is

    @property
    def dtype(self) -> Any:
        """The type of the matrix."""
        return self._dtype

    @property
    def name(self) -> str:
        """The name of the scope of its operations."""
        return self._name

    @property
    def graph_parents(self) -> list[Any]:
        """The tensors that the operator depends on."""
        return self._graph_parents

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return dict(self._parameters)

    @property
    def is_non_singular(self) -> bool | None:
        """Whether it has an inverse."""
        return self._is_non_singular

    @property
    def is_self_adjoint(self) -> bool | None:
        """Whether it is its conjugate transpose."""
        return self._is_self_adjoint

    @property
    def is_positive_definite(self) -> bool | None:
        """Whether it is positive definite."""
        return self._is_positive_definite

    @property
    def is_square(self) -> bool | None:
        """Whether it has as many rows as columns, from the hints or the shape."""
        rows, columns = self.range_dimension.value, self.domain_dimension.value
        if rows is None or columns is None:
            return self._is_square_set_or_implied_by_hints
        found = bool(rows == columns)
        if self._is_square_set_or_implied_by_hints not in (None, found):
            raise ValueError(
                f"User set is_square hint to {self._is_square_set_or_implied_by_hints}, but the operator was "
                f"{'square' if found else 'not square'}."
            )
        return found

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables among the arguments of the constructor, those of other operators included."""
        return tuple(dict.fromkeys(_variables_in(list(self._parameters.values()))))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of `variables` that are trainable."""
        return tuple(v for v in self.variables if getattr(v, "trainable", False))

    def _hints(self) -> dict[str, Any]:
        """The hints that the adjoint and the inverse share."""
        return {
            "is_non_singular": self.is_non_singular,
            "is_self_adjoint": self.is_self_adjoint,
            "is_positive_definite": self.is_positive_definite,
            "is_square": self.is_square,
        }

    # ---------------------------------------------------------------- shapes

    def _shape(self) -> TensorShape:
        raise NotImplementedError("_shape is not implemented.")

    def _shape_tensor(self) -> Any:
        raise NotImplementedError("_shape_tensor is not implemented.")

    @property
    def shape(self) -> TensorShape:
        """What is known of [..., m, n]."""
        return self._shape()

    def shape_tensor(self, name: str = "shape_tensor") -> Any:
        """[..., m, n], an int32 vector."""
        with self._scope(name):
            if self.shape.is_fully_defined():
                return tensor(self.shape.as_list(), dtype=dtypes.int32, name="shape")
            return self._shape_tensor()

    @property
    def batch_shape(self) -> TensorShape:
        """What is known of the batch."""
        return self.shape[:-2]

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """The batch, an int32 vector."""
        with self._scope(name):
            return self._batch_shape_tensor()

    def _batch_shape_tensor(self) -> Any:
        if self.batch_shape.is_fully_defined():
            return tensor(self.batch_shape.as_list(), dtype=dtypes.int32, name="batch_shape")
        return self._shape_tensor()[:-2]

    @property
    def tensor_rank(self) -> int | None:
        """The number of dimensions of the batch of matrices."""
        return self.shape.rank

    def tensor_rank_tensor(self, name: str = "tensor_rank_tensor") -> Any:
        """The number of dimensions, an int32 scalar."""
        with self._scope(name):
            if self.tensor_rank is not None:
                return tensor(self.tensor_rank)
            return public("size")(self._shape_tensor())

    @property
    def domain_dimension(self) -> Any:
        """n, a Dimension."""
        return self.shape[-1] if self.shape.rank is not None else public("Dimension")(None)

    @property
    def range_dimension(self) -> Any:
        """m, a Dimension."""
        return self.shape[-2] if self.shape.rank is not None else public("Dimension")(None)

    def domain_dimension_tensor(self, name: str = "domain_dimension_tensor") -> Any:
        """n, an int32 scalar."""
        with self._scope(name):
            value = self.domain_dimension.value
            return self._shape_tensor()[-1] if value is None else tensor(value)

    def range_dimension_tensor(self, name: str = "range_dimension_tensor") -> Any:
        """m, an int32 scalar."""
        with self._scope(name):
            value = self.range_dimension.value
            return self._shape_tensor()[-2] if value is None else tensor(value)

    # ---------------------------------------------------------------- assertions

    def assert_non_singular(self, name: str = "assert_non_singular") -> Any:
        """An operation that fails where the matrix is singular."""
        with self._scope(name):
            return self._assert_non_singular()

    def _assert_non_singular(self) -> Any:
        limit = 1.0 / np.finfo(self.dtype.real_dtype.as_numpy_dtype).eps
        message = "Singular matrix up to precision epsilon."
        return public("assert_less")(self._cond(), tensor(limit, dtype=self.dtype.real_dtype), message=message)

    def assert_positive_definite(self, name: str = "assert_positive_definite") -> Any:
        """An operation that fails where the matrix, which is self-adjoint, is not positive definite."""
        with self._scope(name):
            return self._assert_positive_definite()

    def _assert_positive_definite(self) -> Any:
        values = public("self_adjoint_eigvals")(self.to_dense())
        return public("assert_positive")(_real(values), message="Operator was not positive definite.")

    def assert_self_adjoint(self, name: str = "assert_self_adjoint") -> Any:
        """An operation that fails where the matrix is not its conjugate transpose."""
        with self._scope(name):
            return self._assert_self_adjoint()

    def _assert_self_adjoint(self) -> Any:
        dense = self.to_dense()
        return public("assert_equal")(dense, adjoint(dense), message="Matrix was not equal to its adjoint.")

    # ---------------------------------------------------------------- products

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        raise NotImplementedError("_matmul is not implemented.")

    def matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul") -> Any:
        """The product with matrices or with another operator.

        Args:
            x: [..., n, k] of the type of the operator, or a LinearOperator.
            adjoint: whether the conjugate transpose of this operator is meant.
            adjoint_arg: whether the conjugate transpose of `x` is meant.
            name: name of the scope.

        Returns:
            [..., m, k], or a LinearOperator.

        Raises:
            ValueError: the sizes do not fit.
        """
        if isinstance(x, LinearOperator):
            left = self.adjoint() if adjoint else self
            right = x.adjoint() if adjoint_arg else x
            _check_chain(left.domain_dimension, right.range_dimension)
            with self._scope(name):
                return left._times(right)
        with self._scope(name):
            x = tensor(x, name="x")
            self._check_dtype(x)
            _check_rows(self.range_dimension if adjoint else self.domain_dimension, x, -1 if adjoint_arg else -2)
            return self._matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def __matmul__(self, other: Any) -> Any:
        return self.matmul(other)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """The product with vectors, [..., n] to [..., m]."""
        with self._scope(name):
            x = tensor(x, name="x")
            self._check_dtype(x)
            _check_rows(self.range_dimension if adjoint else self.domain_dimension, x, -1)
            return self._matvec(x, adjoint=adjoint)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return squeeze(self.matmul(expand_dims(x, -1), adjoint=adjoint), axis=-1)

    def _times(self, right: LinearOperator) -> LinearOperator:
        """The product with another operator."""
        from tfcompat.linear_operators.combined import product

        return product(self, right)

    def _check_dtype(self, x: Any) -> None:
        if x.dtype.base_dtype != self.dtype:
            raise TypeError(
                f"Input argument dtype does not match: expected {self.dtype} but found {x.dtype.base_dtype}"
            )

    # ---------------------------------------------------------------- equations

    def solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve") -> Any:
        """X with A X = `rhs`.

        Args:
            rhs: [..., m, k] of the type of the operator, or a LinearOperator.
            adjoint: whether the conjugate transpose of this operator is meant.
            adjoint_arg: whether the conjugate transpose of `rhs` is meant.
            name: name of the scope.

        Returns:
            [..., n, k], or a LinearOperator.

        Raises:
            NotImplementedError: the operator is not square, or said to be singular.
        """
        self._check_solvable()
        if isinstance(rhs, LinearOperator):
            left = self.adjoint() if adjoint else self
            right = rhs.adjoint() if adjoint_arg else rhs
            _check_chain(left.domain_dimension, right.range_dimension)
            with self._scope(name):
                return left._solves(right)
        with self._scope(name):
            rhs = tensor(rhs, name="rhs")
            self._check_dtype(rhs)
            _check_rows(self.domain_dimension if adjoint else self.range_dimension, rhs, -1 if adjoint_arg else -2)
            return self._solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _check_solvable(self) -> None:
        if self.is_non_singular is False:
            raise NotImplementedError("Exact solve not implemented for an operator that is expected to be singular.")
        if self.is_square is False:
            raise NotImplementedError("Exact solve not implemented for an operator that is expected to not be square.")

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = _flipped(rhs, adjoint_arg)
        if self._can_use_cholesky():
            return cholesky_solve(cholesky(self.to_dense()), rhs)
        return solve(self.to_dense(), rhs, adjoint)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """x with A x = `rhs` for vectors, [..., m] to [..., n]."""
        with self._scope(name):
            self._check_solvable()
            rhs = tensor(rhs, name="rhs")
            self._check_dtype(rhs)
            _check_rows(self.domain_dimension if adjoint else self.range_dimension, rhs, -1)
            return self._solvevec(rhs, adjoint=adjoint)

    def _solvevec(self, rhs: Any, adjoint: bool = False) -> Any:
        return squeeze(self.solve(expand_dims(rhs, -1), adjoint=adjoint), axis=-1)

    def _solves(self, right: LinearOperator) -> LinearOperator:
        from tfcompat.linear_operators.combined import quotient

        return quotient(self, right)

    # ---------------------------------------------------------------- other operators

    @property
    def H(self) -> LinearOperator:
        """The conjugate transpose."""
        return self.adjoint()

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        """The conjugate transpose, an operator."""
        if self.is_self_adjoint is True:
            return self
        with self._scope(name):
            return self._adjoint()

    def _adjoint(self) -> LinearOperator:
        from tfcompat.linear_operators.combined import LinearOperatorAdjoint

        return LinearOperatorAdjoint(self)

    def inverse(self, name: str = "inverse") -> LinearOperator:
        """The inverse, an operator.

        Raises:
            ValueError: the operator is not square, or said to be singular.
        """
        if self.is_square is False:
            raise ValueError("Cannot take the Inverse: This operator represents a non square matrix.")
        if self.is_non_singular is False:
            raise ValueError("Cannot take the Inverse: This operator represents a singular matrix.")
        with self._scope(name):
            return self._inverse()

    def _inverse(self) -> LinearOperator:
        from tfcompat.linear_operators.combined import LinearOperatorInversion

        return LinearOperatorInversion(self)

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        """The lower triangular L with A = L L^H, an operator.

        Raises:
            ValueError: the operator is not promised to be self-adjoint and positive definite.
        """
        if not self._can_use_cholesky():
            raise ValueError("Cannot take the Cholesky decomposition: Not a positive definite self adjoint matrix.")
        with self._scope(name):
            return self._cholesky()

    def _cholesky(self) -> LinearOperator:
        from tfcompat.linear_operators.dense import LinearOperatorLowerTriangular

        return LinearOperatorLowerTriangular(
            cholesky(self.to_dense()), is_non_singular=True, is_self_adjoint=False, is_square=True
        )

    def _can_use_cholesky(self) -> bool:
        return bool(self.is_self_adjoint and self.is_positive_definite)

    # ---------------------------------------------------------------- numbers

    def to_dense(self, name: str = "to_dense") -> Any:
        """The matrix, [..., m, n]."""
        with self._scope(name):
            return self._to_dense()

    def _to_dense(self) -> Any:
        batch: Any = self.batch_shape if self.batch_shape.is_fully_defined() else self.batch_shape_tensor()
        columns = self.domain_dimension.value
        size = self.domain_dimension_tensor() if columns is None else columns
        return self.matmul(eye(num_rows=size, batch_shape=batch, dtype=self.dtype))

    def diag_part(self, name: str = "diag_part") -> Any:
        """The main diagonal, [..., min(m, n)]."""
        with self._scope(name):
            return self._diag_part()

    def _diag_part(self) -> Any:
        return diag_part(self.to_dense())

    def trace(self, name: str = "trace") -> Any:
        """The sum of the main diagonal."""
        with self._scope(name):
            return self._trace()

    def _trace(self) -> Any:
        return reduce_sum(self.diag_part(), axis=-1)

    def determinant(self, name: str = "det") -> Any:
        """The determinant; NotImplementedError for an operator that is not square."""
        self._check_square("Determinant")
        with self._scope(name):
            return self._determinant()

    def _determinant(self) -> Any:
        if self._can_use_cholesky():
            return exp(self.log_abs_determinant())
        return public("matrix_determinant")(self.to_dense())

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """log |det|; NotImplementedError for an operator that is not square."""
        self._check_square("Determinant")
        with self._scope(name):
            return self._log_abs_determinant()

    def _log_abs_determinant(self) -> Any:
        if self._can_use_cholesky():
            return 2 * reduce_sum(log(diag_part(cholesky(self.to_dense()))), axis=[-1])
        return public("linalg.slogdet")(self.to_dense())[1]

    def _check_square(self, what: str) -> None:
        if self.is_square is False:
            raise NotImplementedError(f"{what} not implemented for an operator that is expected to not be square.")

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """A + `x`, for matrices `x`."""
        with self._scope(name):
            x = tensor(x, name="x")
            self._check_dtype(x)
            return self._add_to_tensor(x)

    def _add_to_tensor(self, x: Any) -> Any:
        return self.to_dense() + x

    def eigvals(self, name: str = "eigvals") -> Any:
        """The eigenvalues of an operator that is promised to be self-adjoint, [..., n]."""
        if not self.is_self_adjoint:
            raise NotImplementedError("Only self-adjoint matrices are supported.")
        with self._scope(name):
            return self._eigvals()

    def _eigvals(self) -> Any:
        return public("self_adjoint_eigvals")(self.to_dense())

    def cond(self, name: str = "cond") -> Any:
        """The largest over the smallest singular value; NaN for nothing."""
        with self._scope(name):
            return self._cond()

    def _cond(self) -> Any:
        values = self._singular_sizes()
        return reduce_max(values, axis=-1) / reduce_min(values, axis=-1)

    def _singular_sizes(self) -> Any:
        if self.is_self_adjoint:
            return absolute(self._eigvals())
        return public("svd")(self.to_dense(), compute_uv=False)

    def __getitem__(self, slices: Any) -> LinearOperator:
        """The operator of a part of the batch."""
        from tfcompat.linear_operators.dense import LinearOperatorFullMatrix

        keys = slices if isinstance(slices, tuple) else (slices,)
        dense = self.to_dense()[(*keys, Ellipsis) if Ellipsis not in keys else (*keys, slice(None), slice(None))]
        return LinearOperatorFullMatrix(dense, **self._hints())


def _variables_in(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, public("Variable")):
            found.append(value)
        elif isinstance(value, LinearOperator):
            found.extend(value.variables)
        elif isinstance(value, (list, tuple)):
            found.extend(_variables_in(value))
    return found


def _real(x: Any) -> Any:
    return raw_ops.Real(input=x, Tout=x.dtype.real_dtype) if x.dtype.is_complex else x


def _flipped(x: Any, flip: bool) -> Any:
    return adjoint(x) if flip else x


flipped = _flipped


def _check_chain(columns: Any, rows: Any) -> None:
    if columns.value is not None and rows.value is not None and columns.value != rows.value:
        raise ValueError(
            f"Operators are incompatible. Expected `x` to have dimension {columns.value} but got {rows.value}."
        )


def _check_rows(size: Any, x: Any, axis: int) -> None:
    own = x.shape.as_list()[axis] if x.shape.rank is not None and x.shape.rank >= -axis else None
    if size.value is not None and own is not None and own != size.value:
        raise ValueError(f"Dimensions {size.value} and {own} are not compatible")


def check_type(x: Any, name: str) -> None:
    """TypeError when a matrix is of a type that operators do not take."""
    if x.dtype.base_dtype not in _TYPES:
        raise TypeError(f"Argument {name} must have dtype in {[t.name for t in _TYPES]}. Found: {x.dtype.name}")
