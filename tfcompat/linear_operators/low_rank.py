"""Operators that differ from another one by a matrix of low rank."""

from __future__ import annotations

import functools
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.linear_operators.base import LinearOperator, flipped
from tfcompat.linear_operators.dense import LinearOperatorDiag
from tfcompat.linear_operators.identity import (
    LinearOperatorIdentity,
)
from tfcompat.linear_operators.util import conj, public, solve, summed, tensor
from tfcompat.ops.array import shape
from tfcompat.ops.concat import concat
from tfcompat.ops.linalg import cholesky, cholesky_solve
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import log
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_prod, reduce_sum


@tf_export("linalg.LinearOperatorLowRankUpdate")
class LinearOperatorLowRankUpdate(LinearOperator):
    """L + U D V^H with an operator L, matrices U and V of few columns, and a diagonal D."""

    def __init__(
        self,
        base_operator: LinearOperator,
        u: Any,
        diag_update: Any = None,
        v: Any = None,
        is_diag_update_positive: bool | None = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowRankUpdate",
    ):
        """Takes L [..., m, n], U [..., m, k], the diagonal [..., k] (ones if None), and V [..., n, k] (U if None)."""
        parameters = {k: value for k, value in locals().items() if k not in ("self", "__class__")}
        with name_scope(name):
            self._u = tensor(u, name="u")
            self._v: Any = self._u if v is None else tensor(v, name="v")
            self._diag_update = None if diag_update is None else tensor(diag_update, name="diag_update")
            if diag_update is None:
                is_diag_update_positive = True
            self._is_diag_update_positive = is_diag_update_positive
            self._base_operator = base_operator
            symmetric = v is None and bool(base_operator.is_self_adjoint)
            real = self._diag_update is None or not self._diag_update.dtype.is_complex
            if symmetric and (real or is_diag_update_positive):
                is_self_adjoint = True if is_self_adjoint is None else is_self_adjoint
            if symmetric and base_operator.is_positive_definite and is_diag_update_positive:
                is_positive_definite = True if is_positive_definite is None else is_positive_definite
            super().__init__(base_operator.dtype, [*base_operator.graph_parents, self._u], is_non_singular,
                             is_self_adjoint, is_positive_definite, is_square, name, parameters)  # fmt: skip
            self._check_static()
            self._use_cholesky = bool(symmetric and base_operator.is_positive_definite and is_diag_update_positive)
            self._diag_operator = self._make_diagonal()

    def _check_static(self) -> None:
        batches = [self._base_operator.batch_shape, self._u.shape[:-2], self._v.shape[:-2]]
        if self._diag_update is not None:
            batches.append(self._diag_update.shape[:-1])
        functools.reduce(public("broadcast_static_shape"), batches)
        base = self._base_operator
        pairs = [(base.range_dimension, self._u, -2), (base.domain_dimension, self._v, -2)]
        for size, x, axis in pairs:
            if x.shape.rank is not None:
                size.assert_is_compatible_with(x.shape[axis])
        if self._u.shape.rank is not None and self._v.shape.rank is not None:
            self._u.shape[-1].assert_is_compatible_with(self._v.shape[-1])
            if self._diag_update is not None and self._diag_update.shape.rank is not None:
                self._u.shape[-1].assert_is_compatible_with(self._diag_update.shape[-1])

    def _make_diagonal(self) -> LinearOperator:
        if self._diag_update is not None:
            return LinearOperatorDiag(self._diag_update, is_positive_definite=self._is_diag_update_positive)
        rank = self._u.shape.as_list()[-1] if self._u.shape.rank is not None else None
        size = shape(self._u)[-1] if rank is None else rank
        return LinearOperatorIdentity(num_rows=size, dtype=self.dtype)

    @property
    def u(self) -> Any:
        """U."""
        return self._u

    @property
    def v(self) -> Any:
        """V."""
        return self._v

    @property
    def diag_update(self) -> Any:
        """The diagonal of D, or None."""
        return self._diag_update

    @property
    def diag_operator(self) -> LinearOperator:
        """D."""
        return self._diag_operator

    @property
    def is_diag_update_positive(self) -> bool | None:
        """Whether D is promised to be positive."""
        return self._is_diag_update_positive

    @property
    def base_operator(self) -> LinearOperator:
        """L."""
        return self._base_operator

    def _shape(self) -> TensorShape:
        static = functools.reduce(
            public("broadcast_static_shape"),
            [self._base_operator.batch_shape, self._diag_operator.batch_shape, self._u.shape[:-2], self._v.shape[:-2]],
        )
        return static.concatenate(self._base_operator.shape[-2:])  # type: ignore[no-any-return]

    def _shape_tensor(self) -> Any:
        batch = functools.reduce(
            public("broadcast_dynamic_shape"),
            [
                self._base_operator.batch_shape_tensor(),
                self._diag_operator.batch_shape_tensor(),
                shape(self._u)[:-2],
                shape(self._v)[:-2],
            ],
        )
        return concat([batch, self._base_operator.shape_tensor()[-2:]], 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        left, right = (self._v, self._u) if adjoint else (self._u, self._v)
        base = self._base_operator.matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)
        inner = matmul(right, x, adjoint_a=True, adjoint_b=adjoint_arg)
        return base + matmul(left, self._diag_operator.matmul(inner, adjoint=adjoint))

    def _to_dense(self) -> Any:
        update = matmul(self._u, self._diag_operator.matmul(self._v, adjoint_arg=True))
        return self._base_operator.to_dense() + update

    def _capacitance(self, flip: bool = False) -> Any:
        """D^-1 + V^H L^-1 U, of the rank of the update."""
        left, right = (self._u, self._v) if flip else (self._v, self._u)
        inner = matmul(left, self._base_operator.solve(right, adjoint=flip), adjoint_a=True)
        return self._diag_operator.inverse().adjoint().add_to_tensor(inner) if flip else (
            self._diag_operator.inverse().add_to_tensor(inner))  # fmt: skip

    def _determinant(self) -> Any:
        base = self._base_operator.determinant()
        if self._use_cholesky:
            roots = public("matrix_diag_part")(cholesky(self._capacitance()))
            inner = reduce_prod(roots, axis=[-1]) ** 2
        else:
            inner = public("matrix_determinant")(self._capacitance())
        return inner * self._diag_operator.determinant() * base

    def _log_abs_determinant(self) -> Any:
        base = self._base_operator.log_abs_determinant()
        diagonal = self._diag_operator.log_abs_determinant()
        if self._use_cholesky:
            roots = public("matrix_diag_part")(cholesky(self._capacitance()))
            inner: Any = 2 * reduce_sum(log(roots), axis=[-1])
        else:
            determinant = public("matrix_determinant")(self._capacitance())
            inner = public("cast")(log(absolute(determinant)), self.dtype)
        return summed([inner, base, diagonal], self.dtype)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        """Woodbury: L^-1 b - L^-1 U (D^-1 + V^H L^-1 U)^-1 V^H L^-1 b."""
        if self._base_operator.is_non_singular is False:
            raise ValueError("Solve not implemented unless this is a perturbation of a non-singular LinearOperator.")
        left, right = (self._v, self._u) if adjoint else (self._u, self._v)
        base = self._base_operator.solve(flipped(rhs, adjoint_arg), adjoint=adjoint)
        inner = matmul(right, base, adjoint_a=True)
        if self._use_cholesky:
            small = cholesky_solve(cholesky(self._capacitance()), inner)
        else:
            small = solve(self._capacitance(adjoint), inner)
        return base - self._base_operator.solve(matmul(left, small), adjoint=adjoint)

    def _adjoint(self) -> LinearOperator:
        diag_update = None if self._diag_update is None else conj(self._diag_update)
        return LinearOperatorLowRankUpdate(
            self._base_operator.adjoint(), self._v, diag_update, self._u, self._is_diag_update_positive, **self._hints()
        )
