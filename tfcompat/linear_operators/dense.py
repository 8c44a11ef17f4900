"""Operators that are given by the elements of their matrix: diagonals, triangles, all of them, a reflection."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.linear_operators.base import LinearOperator, check_type, flipped
from tfcompat.linear_operators.util import conj, diag_part, known, public, tensor
from tfcompat.ops.array import expand_dims, invert_permutation, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.diagonals import matrix_band_part, matrix_diag, matrix_set_diag
from tfcompat.ops.filling import ones
from tfcompat.ops.linalg import matrix_triangular_solve
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import log
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_max, reduce_min, reduce_prod, reduce_sum


def _nowhere_zero(x: Any, message: str) -> Any:
    zero = tensor(0, dtype=x.dtype.real_dtype)
    return public("assert_less")(zero, absolute(x), message=message)


def _constructor(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k not in ("self", "__class__")}


@tf_export("linalg.LinearOperatorDiag")
class LinearOperatorDiag(LinearOperator):
    """Diagonal matrices."""

    def __init__(
        self,
        diag: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorDiag",
    ):
        """Takes the diagonals [..., n]; real ones make self-adjoint operators."""
        parameters = _constructor(locals())
        with name_scope(name, None, [diag]):
            self._diag = tensor(diag, name="diag")
            check_type(self._diag, "diag")
            if self._diag.shape.rank is not None and self._diag.shape.rank < 1:
                raise ValueError(f"Argument diag must have at least 1 dimension. Found: {self._diag}")
            if not self._diag.dtype.is_complex:
                if is_self_adjoint is False:
                    raise ValueError("A real diagonal operator is always self adjoint.")
                is_self_adjoint = True
            if is_square not in (None, True):
                raise ValueError("Only square diagonal operators currently supported.")
            super().__init__(self._diag.dtype, [self._diag], is_non_singular, is_self_adjoint, is_positive_definite,
                             True, name, parameters)  # fmt: skip

    @property
    def diag(self) -> Any:
        """The diagonals."""
        return self._diag

    def _shape(self) -> TensorShape:
        own = self._diag.shape
        return own.concatenate(own[-1:]) if own.rank is not None else TensorShape(None)

    def _shape_tensor(self) -> Any:
        own = shape(self._diag)
        return concat([own, own[-1:]], 0)

    def _factor(self, flip: bool) -> Any:
        return conj(self._diag) if flip else self._diag

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return expand_dims(self._factor(adjoint), -1) * flipped(x, adjoint_arg)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return self._factor(adjoint) * x

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return flipped(rhs, adjoint_arg) * expand_dims(1.0 / self._factor(adjoint), -1)

    def _determinant(self) -> Any:
        return reduce_prod(self._diag, axis=[-1])

    def _log_abs_determinant(self) -> Any:
        result = reduce_sum(log(absolute(self._diag)), axis=[-1])
        return public("cast")(result, self.dtype)

    def _to_dense(self) -> Any:
        return matrix_diag(self._diag)

    def _diag_part(self) -> Any:
        return self._diag

    def _eigvals(self) -> Any:
        return self._diag

    def _cond(self) -> Any:
        size = absolute(self._diag)
        return reduce_max(size, axis=-1) / reduce_min(size, axis=-1)

    def _add_to_tensor(self, x: Any) -> Any:
        total = diag_part(x) + self._diag
        return matrix_set_diag(x + 0 * self._to_dense(), total)

    def _assert_non_singular(self) -> Any:
        return _nowhere_zero(self._diag, "Singular operator:  Diagonal contained zero values.")

    def _assert_positive_definite(self) -> Any:
        message = "Real diagonal operator had non-positive diagonal entries, thus was not positive definite."
        return public("assert_positive")(public("real")(self._diag), message=message)

    def _real_diagonal(self, message: str) -> Any:
        imaginary = public("imag")(self._diag)
        return public("assert_equal")(imaginary, public("zeros_like")(imaginary), message=message)

    def _assert_self_adjoint(self) -> Any:
        return self._real_diagonal(
            "This diagonal operator contained non-zero imaginary values.  Thus it was not self-adjoint."
        )

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorDiag(conj(self._diag), **self._hints())

    def _inverse(self) -> LinearOperator:
        return LinearOperatorDiag(1.0 / self._diag, **{**self._hints(), "is_non_singular": True})

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorDiag(public("sqrt")(self._diag), is_non_singular=True, is_self_adjoint=True,
                                  is_positive_definite=True)  # fmt: skip


@tf_export("linalg.LinearOperatorFullMatrix")
class LinearOperatorFullMatrix(LinearOperator):
    """Matrices of which all elements are given."""

    def __init__(
        self,
        matrix: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorFullMatrix",
    ):
        """Takes [..., m, n], a float or complex type."""
        parameters = _constructor(locals())
        with name_scope(name, None, [matrix]):
            self._matrix = tensor(matrix, name="matrix")
            check_type(self._matrix, "matrix")
            if self._matrix.shape.rank is not None and self._matrix.shape.rank < 2:
                raise ValueError(f"Argument matrix must have at least 2 dimensions. Found: {self._matrix}")
            super().__init__(self._matrix.dtype, [self._matrix], is_non_singular, is_self_adjoint,
                             is_positive_definite, is_square, name, parameters)  # fmt: skip

    @property
    def matrix(self) -> Any:
        """The elements."""
        return self._matrix

    def _shape(self) -> TensorShape:
        return self._matrix.shape  # type: ignore[no-any-return]

    def _shape_tensor(self) -> Any:
        return shape(self._matrix)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self._matrix, x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _to_dense(self) -> Any:
        return self._matrix


@tf_export("linalg.LinearOperatorLowerTriangular")
class LinearOperatorLowerTriangular(LinearOperator):
    """Lower triangular matrices."""

    def __init__(
        self,
        tril: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowerTriangular",
    ):
        """Takes [..., n, n], of which the upper triangle is not read."""
        parameters = _constructor(locals())
        if is_square is False:
            raise ValueError("Only square lower triangular operators supported at this time.")
        with name_scope(name, None, [tril]):
            self._given = tensor(tril, name="tril")
            check_type(self._given, "tril")
            if self._given.shape.rank is not None and self._given.shape.rank < 2:
                raise ValueError(f"Argument tril must have at least 2 dimensions. Found: {self._given}")
            self._tril = matrix_band_part(self._given, -1, 0)
            self._diag: Any = diag_part(self._tril)
            super().__init__(self._tril.dtype, [self._tril], is_non_singular, is_self_adjoint, is_positive_definite,
                             True, name, parameters)  # fmt: skip

    @property
    def tril(self) -> Any:
        """The triangles."""
        return self._given

    def _shape(self) -> TensorShape:
        return self._tril.shape

    def _shape_tensor(self) -> Any:
        return shape(self._tril)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self._tril, x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matrix_triangular_solve(self._tril, flipped(rhs, adjoint_arg), lower=True, adjoint=adjoint)

    def _determinant(self) -> Any:
        return reduce_prod(self._diag, axis=[-1])

    def _log_abs_determinant(self) -> Any:
        return reduce_sum(log(absolute(self._diag)), axis=[-1])

    def _to_dense(self) -> Any:
        return self._tril

    def _eigvals(self) -> Any:
        return self._diag

    def _assert_non_singular(self) -> Any:
        return _nowhere_zero(self._diag, "Singular operator:  Diagonal contained zero values.")

    def _times(self, right: LinearOperator) -> LinearOperator:
        if isinstance(right, LinearOperatorDiag):
            return LinearOperatorLowerTriangular(self._tril * right.diag[..., None, :], is_square=True)
        return super()._times(right)


@tf_export("linalg.LinearOperatorHouseholder")
class LinearOperatorHouseholder(LinearOperator):
    """Reflections at the plane through 0 that is orthogonal to a vector: I - 2 v v^H / |v|^2."""

    def __init__(
        self,
        reflection_axis: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorHouseholder",
    ):
        """Takes the vectors [..., n]; they need no particular length."""
        parameters = _constructor(locals())
        with name_scope(name, None, [reflection_axis]):
            self._axis = tensor(reflection_axis, name="reflection_axis")
            if self._axis.shape.rank is not None and self._axis.shape.rank < 1:
                raise ValueError(f"Argument reflection_axis must have at least 1 dimension. Found: {self._axis}")
            if is_self_adjoint is False:
                raise ValueError("A Householder operator is always self adjoint.")
            if is_positive_definite is True:
                raise ValueError("A Householder operator is always non-positive definite.")
            if is_square is False:
                raise ValueError("A Householder operator is always square.")
            super().__init__(self._axis.dtype, [self._axis], is_non_singular, True, is_positive_definite, True, name,
                             parameters)  # fmt: skip

    @property
    def reflection_axis(self) -> Any:
        """The vectors."""
        return self._axis

    def _shape(self) -> TensorShape:
        own = self._axis.shape
        return own.concatenate(own[-1:]) if own.rank is not None else TensorShape(None)

    def _shape_tensor(self) -> Any:
        own = shape(self._axis)
        return concat([own, own[-1:]], 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = flipped(x, adjoint_arg)
        unit = expand_dims(public("linalg.normalize")(self._axis, axis=-1)[0], -1)
        return x - 2 * matmul(unit, matmul(unit, x, adjoint_a=True))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, adjoint, adjoint_arg)

    def _batch_ones(self) -> Any:
        return ones(shape(self._axis)[:-1], dtype=self.dtype)

    def _determinant(self) -> Any:
        return -self._batch_ones()

    def _log_abs_determinant(self) -> Any:
        return public("zeros")(shape(self._axis)[:-1], dtype=self.dtype)

    def _trace(self) -> Any:
        count = public("cast")(self.domain_dimension_tensor(), self.dtype)
        return (count - 2) * self._batch_ones()

    def _diag_part(self) -> Any:
        unit = public("linalg.normalize")(self._axis, axis=-1)[0]
        return 1.0 - 2 * unit * conj(unit)

    def _to_dense(self) -> Any:
        unit = expand_dims(public("linalg.normalize")(self._axis, axis=-1)[0], -1)
        product = -2 * matmul(unit, unit, adjoint_b=True)
        return matrix_set_diag(product, 1.0 + diag_part(product))

    def _eigvals(self) -> Any:
        minus = -self._batch_ones()[..., None]
        return concat([minus, ones(shape(self._axis[..., 1:]), dtype=self.dtype)], -1)

    def _cond(self) -> Any:
        return self._batch_ones()

    def _inverse(self) -> LinearOperator:
        return self


@tf_export("linalg.LinearOperatorPermutation")
class LinearOperatorPermutation(LinearOperator):
    """Matrices that put rows into another order: (A x)[i] = x[perm[i]]."""

    def __init__(
        self,
        perm: Any,
        dtype: Any = dtypes.float32,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorPermutation",
    ):
        """Takes the permutations [..., n], int32 or int64, and the type of the matrix."""
        parameters = _constructor(locals())
        with name_scope(name, None, [perm]):
            self._perm = tensor(perm, name="perm")
            self._check(self._perm)
            if is_non_singular is False:
                raise ValueError("A Permutation operator is always non-singular.")
            if is_square is False:
                raise ValueError("A Permutation operator is always square.")
            super().__init__(dtype, [self._perm], True, is_self_adjoint, is_positive_definite, True, name,
                             parameters)  # fmt: skip

    @staticmethod
    def _check(perm: Any) -> None:
        if perm.shape.rank is not None and perm.shape.rank < 1:
            raise ValueError(f"Argument perm must have at least 1 dimension.  Found: {perm}.")
        if not perm.dtype.is_integer:
            raise TypeError(f"Argument perm must be integer dtype. Found: {perm}")
        static = known(perm)
        if static is not None:
            if static.max(initial=-1) != static.shape[-1] - 1:
                raise ValueError("Argument perm must be a valid permutation")
            if not (np.sort(static, -1) == np.arange(static.shape[-1])).all():
                raise ValueError("Argument perm must be a valid permutation")

    @property
    def perm(self) -> Any:
        """The permutations."""
        return self._perm

    def _shape(self) -> TensorShape:
        own = self._perm.shape
        return own.concatenate(own[-1:]) if own.rank is not None else TensorShape(None)

    def _shape_tensor(self) -> Any:
        own = shape(self._perm)
        return concat([own, own[-1:]], 0)

    def _to_dense(self) -> Any:
        return public("one_hot")(self._perm, depth=shape(self._perm)[-1], dtype=self.dtype)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        if self._perm.shape.rank == 1:
            order = invert_permutation(self._perm) if adjoint else self._perm
            return public("gather")(flipped(x, adjoint_arg), order, axis=-2)
        return matmul(self._to_dense(), x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _log_abs_determinant(self) -> Any:
        return public("zeros")(self.batch_shape_tensor(), dtype=self.dtype)

    def _determinant(self) -> Any:
        return public("matrix_determinant")(self._to_dense())

    def _cond(self) -> Any:
        return ones(self.batch_shape_tensor(), dtype=self.dtype)


@tf_export("linalg.LinearOperatorTridiag")
class LinearOperatorTridiag(LinearOperator):
    """Tridiagonal matrices."""

    def __init__(
        self,
        diagonals: Any,
        diagonals_format: str = "compact",
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorTridiag",
    ):
        """Takes the diagonals as `tf.linalg.tridiagonal_solve` does."""
        parameters = _constructor(locals())
        if diagonals_format not in ("matrix", "compact", "sequence"):
            raise ValueError(
                f"Argument `diagonals_format` must be one of compact, matrix, or sequence. Found: {diagonals_format}"
            )
        if is_square is False:
            raise ValueError("Only square tridiagonal operators supported.")
        with name_scope(name):
            if diagonals_format == "sequence":
                self._diagonals: Any = [tensor(d, name="diagonals") for d in diagonals]
                parts = list(self._diagonals)
            else:
                self._diagonals = tensor(diagonals, name="diagonals")
                parts = [self._diagonals]
            self._format = diagonals_format
            super().__init__(parts[0].dtype, parts, is_non_singular, is_self_adjoint, is_positive_definite, True,
                             name, parameters)  # fmt: skip

    @property
    def diagonals(self) -> Any:
        """The diagonals, as they were given."""
        return self._diagonals

    @property
    def diagonals_format(self) -> str:
        """How they were given."""
        return self._format

    def _shape(self) -> TensorShape:
        if self._format == "matrix":
            return self._diagonals.shape  # type: ignore[no-any-return]
        if self._format == "sequence":
            own = self._diagonals[1].shape
            return own.concatenate(own[-1:]) if own.rank is not None else TensorShape(None)
        own = self._diagonals.shape
        return own[:-2].concatenate([own[-1], own[-1]]) if own.rank is not None else TensorShape(None)

    def _shape_tensor(self) -> Any:
        if self._format == "matrix":
            return shape(self._diagonals)
        own = shape(self._diagonals[1]) if self._format == "sequence" else shape(self._diagonals)
        front = own[:-1] if self._format == "sequence" else own[:-2]
        return concat([front, own[-1:], own[-1:]], 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self.to_dense(), x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = flipped(rhs, adjoint_arg)
        dense = flipped(self.to_dense(), True) if adjoint else None
        if dense is None:
            return public("linalg.tridiagonal_solve")(self._diagonals, rhs, diagonals_format=self._format)
        return public("linalg.tridiagonal_solve")(dense, rhs, diagonals_format="matrix")

    def _parts(self) -> tuple[Any, Any, Any]:
        """The diagonals above, on and below the main one, of lengths n - 1, n and n - 1."""
        if self._format == "sequence":
            above, main, below = self._diagonals
            return above[..., : shape(main)[-1] - 1], main, below[..., shape(below)[-1] - shape(main)[-1] + 1 :]
        compact = self._diagonals
        return compact[..., 0, :-1], compact[..., 1, :], compact[..., 2, 1:]

    def _to_dense(self) -> Any:
        if self._format == "matrix":
            return self._diagonals
        above, main, below = self._parts()
        diag = public("linalg.diag")
        return diag(above, k=1) + diag(main) + diag(below, k=-1)

    def _diag_part(self) -> Any:
        return diag_part(self._diagonals) if self._format == "matrix" else self._parts()[1]
