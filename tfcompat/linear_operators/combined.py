"""Operators that are made of others: transposes, inverses, products, Kronecker products."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.linear_operators.base import LinearOperator
from tfcompat.linear_operators.dense import LinearOperatorDiag, LinearOperatorLowerTriangular
from tfcompat.linear_operators.identity import (
    LinearOperatorIdentity,
    LinearOperatorScaledIdentity,
    LinearOperatorZeros,
)
from tfcompat.linear_operators.util import adjoint as adjoint_matrix
from tfcompat.linear_operators.util import all_true, combined_hint, conj, public, summed
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.matmul import matmul


def product(left: LinearOperator, right: LinearOperator) -> LinearOperator:
    """left right, simplified for the identity, zero, and diagonals."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, LinearOperatorIdentity):
            return other
    for one in (left, right):
        if isinstance(one, LinearOperatorZeros):
            return one
    if isinstance(left, LinearOperatorScaledIdentity) and isinstance(right, LinearOperatorScaledIdentity):
        return LinearOperatorScaledIdentity(left._rows, left.multiplier * right.multiplier, is_square=True)
    diagonals = [_diagonal(o) for o in (left, right)]
    if diagonals[0] is not None and diagonals[1] is not None:
        return LinearOperatorDiag(
            diagonals[0] * diagonals[1],
            is_non_singular=all_true([left.is_non_singular, right.is_non_singular]),
            is_self_adjoint=all_true([left.is_self_adjoint, right.is_self_adjoint]),
            is_positive_definite=all_true([left.is_positive_definite, right.is_positive_definite]),
            is_square=True,
        )
    if diagonals[0] is not None and isinstance(right, LinearOperatorLowerTriangular):
        return LinearOperatorLowerTriangular(diagonals[0][..., None] * right.to_dense(), is_square=True)
    return LinearOperatorComposition(
        [left, right],
        is_non_singular=all_true([left.is_non_singular, right.is_non_singular]),
        is_square=all_true([left.is_square, right.is_square]),
    )


def _diagonal(operator: LinearOperator) -> Any:
    if isinstance(operator, LinearOperatorDiag):
        return operator.diag
    return operator.diag_part() if isinstance(operator, LinearOperatorScaledIdentity) else None


def quotient(left: LinearOperator, right: LinearOperator) -> LinearOperator:
    """left^-1 right."""
    return left.inverse()._times(right)


def _derived_hints(operator: LinearOperator, given: dict[str, Any], what: str) -> dict[str, Any]:
    """The hints of the adjoint or the inverse of an operator."""
    named = {"is_self_adjoint": "self-adjoint", "is_positive_definite": "positive-definite",
             "is_non_singular": "non-singular", "is_square": "square"}  # fmt: skip
    return {
        key: combined_hint(
            getattr(operator, key), given[key], f"An operator is {word} if and only if its {what} is {word}."
        )
        for key, word in named.items()
    }


class _Derived(LinearOperator):
    """The adjoint or the inverse of an operator."""

    _operator: LinearOperator

    def _derive(
        self, operator: LinearOperator, given: dict[str, Any], what: str, suffix: str, name: str | None
    ) -> None:
        parameters = {"operator": operator, "name": name, **given}
        self._operator = operator
        hints = _derived_hints(operator, given, what)
        name = operator.name + suffix if name is None else name
        with name_scope(name):
            LinearOperator.__init__(self, operator.dtype, operator.graph_parents, name=name, parameters=parameters,
                                    **hints)  # fmt: skip

    @property
    def operator(self) -> LinearOperator:
        """The operator that this one is made of."""
        return self._operator


@tf_export("linalg.LinearOperatorAdjoint")
class LinearOperatorAdjoint(_Derived):
    """The conjugate transpose of an operator."""

    def __init__(
        self,
        operator: LinearOperator,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        """Takes the operator; hints that are not given are those of the operator."""
        given = {"is_non_singular": is_non_singular, "is_self_adjoint": is_self_adjoint,
                 "is_positive_definite": is_positive_definite, "is_square": is_square}  # fmt: skip
        self._derive(operator, given, "adjoint", "_adjoint", name)

    def _shape(self) -> TensorShape:
        own = self._operator.shape
        return own[:-2].concatenate([own[-1], own[-2]]) if own.rank is not None else own

    def _shape_tensor(self) -> Any:
        own = self._operator.shape_tensor()
        return concat([own[:-2], [own[-1], own[-2]]], axis=-1)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.matmul(x, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return self._operator.matvec(x, adjoint=not adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.solve(rhs, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _solvevec(self, rhs: Any, adjoint: bool = False) -> Any:
        return self._operator.solvevec(rhs, adjoint=not adjoint)

    def _determinant(self) -> Any:
        value = self._operator.determinant()
        return value if self.is_self_adjoint else conj(value)

    def _log_abs_determinant(self) -> Any:
        return self._operator.log_abs_determinant()

    def _trace(self) -> Any:
        value = self._operator.trace()
        return value if self.is_self_adjoint else conj(value)

    def _diag_part(self) -> Any:
        value = self._operator.diag_part()
        return value if self.is_self_adjoint else conj(value)

    def _to_dense(self) -> Any:
        dense = self._operator.to_dense()
        return dense if self.is_self_adjoint else adjoint_matrix(dense)

    def _eigvals(self) -> Any:
        return conj(self._operator.eigvals())

    def _cond(self) -> Any:
        return self._operator.cond()

    def _assert_non_singular(self) -> Any:
        return self._operator.assert_non_singular()

    def _assert_positive_definite(self) -> Any:
        return self._operator.assert_positive_definite()

    def _assert_self_adjoint(self) -> Any:
        return self._operator.assert_self_adjoint()

    def _adjoint(self) -> LinearOperator:
        return self._operator


@tf_export("linalg.LinearOperatorInversion")
class LinearOperatorInversion(_Derived):
    """The inverse of an operator."""

    def __init__(
        self,
        operator: LinearOperator,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        """Takes the operator; hints that are not given are those of the operator."""
        if operator.is_non_singular is False:
            raise ValueError(
                f"operator {operator.name} should be non-singular: is_non_singular was False, which has no inverse"
            )
        if is_non_singular is False:
            raise ValueError("The inverse of an operator is always non-singular: is_non_singular was False")
        given = {"is_non_singular": is_non_singular, "is_self_adjoint": is_self_adjoint,
                 "is_positive_definite": is_positive_definite, "is_square": is_square}  # fmt: skip
        self._derive(operator, given, "inverse", "_inv", name)

    def _shape(self) -> TensorShape:
        return self._operator.shape

    def _shape_tensor(self) -> Any:
        return self._operator.shape_tensor()

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.solve(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.matmul(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _determinant(self) -> Any:
        return 1.0 / self._operator.determinant()

    def _log_abs_determinant(self) -> Any:
        return -1.0 * self._operator.log_abs_determinant()

    def _eigvals(self) -> Any:
        return 1.0 / self._operator.eigvals()

    def _cond(self) -> Any:
        return self._operator.cond()

    def _assert_non_singular(self) -> Any:
        return self._operator.assert_non_singular()

    def _assert_positive_definite(self) -> Any:
        return self._operator.assert_positive_definite()

    def _assert_self_adjoint(self) -> Any:
        return self._operator.assert_self_adjoint()

    def _inverse(self) -> LinearOperator:
        return self._operator


# ---------------------------------------------------------------- several operators


class Several(LinearOperator):
    """An operator made of a list of others, of one type."""

    _operators: list[LinearOperator]
    _refusal = "Expected a non-empty list of operators. Found: {}"

    def _gather(self, operators: Sequence[LinearOperator], joint: str, hints: dict[str, Any], name: str | None) -> None:
        if not operators:
            raise ValueError(self._refusal.format(operators))
        for operator in operators:
            if operator.dtype != operators[0].dtype:
                listed = [(o.name, o.dtype.name) for o in operators]
                raise TypeError(f"Expected all operators to have the same dtype.  Found {listed}")
        self._operators = list(operators)
        name = joint.join(o.name for o in operators) if name is None else name
        parents = [p for o in operators for p in o.graph_parents]
        with name_scope(name):
            LinearOperator.__init__(self, operators[0].dtype, parents, name=name,
                                    parameters={"operators": operators, "name": name, **hints}, **hints)  # fmt: skip

    @property
    def operators(self) -> list[LinearOperator]:
        """The operators that this one is made of."""
        return self._operators

    def _joint_batch(self) -> TensorShape:
        return functools.reduce(public("broadcast_static_shape"), [o.batch_shape for o in self._operators])

    def _joint_batch_tensor(self) -> Any:
        return functools.reduce(public("broadcast_dynamic_shape"), [o.batch_shape_tensor() for o in self._operators])

    def _all(self, hint: str) -> bool | None:
        return all_true([getattr(o, hint) for o in self._operators])


def implied(operators: Sequence[LinearOperator], hint: str, given: bool | None, message: str) -> bool | None:
    """True where all operators promise it; ValueError when it was denied all the same."""
    if all(getattr(o, hint) for o in operators):
        if given is False:
            raise ValueError(message)
        return True
    return given


@tf_export("linalg.LinearOperatorComposition")
class LinearOperatorComposition(Several):
    """The product of operators."""

    def __init__(
        self,
        operators: Sequence[LinearOperator],
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        """Takes operators whose sizes fit, the leftmost factor first."""
        is_non_singular = implied(operators, "is_non_singular", is_non_singular,
                                   "The composition of non-singular operators is always non-singular.")  # fmt: skip
        hints = {"is_non_singular": is_non_singular, "is_self_adjoint": is_self_adjoint,
                 "is_positive_definite": is_positive_definite, "is_square": is_square}  # fmt: skip
        self._gather(operators, "_o_", hints, name)

    def _shape(self) -> TensorShape:
        rows, columns = self._operators[0].range_dimension, self._operators[-1].domain_dimension
        return self._joint_batch().concatenate([rows, columns])

    def _shape_tensor(self) -> Any:
        rows = self._operators[0].range_dimension_tensor()
        columns = self._operators[-1].domain_dimension_tensor()
        return concat([self._joint_batch_tensor(), [rows, columns]], 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        order = self._operators if adjoint else self._operators[::-1]
        x = order[0].matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)
        for operator in order[1:]:
            x = operator.matmul(x, adjoint=adjoint)
        return x

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        order = self._operators[::-1] if adjoint else self._operators
        x = order[0].solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)
        for operator in order[1:]:
            x = operator.solve(x, adjoint=adjoint)
        return x

    def _determinant(self) -> Any:
        if not self._all("is_square"):
            return super()._determinant()
        return functools.reduce(lambda a, b: a * b, [o.determinant() for o in self._operators])

    def _log_abs_determinant(self) -> Any:
        if not self._all("is_square"):
            return super()._log_abs_determinant()
        return summed([o.log_abs_determinant() for o in self._operators], self.dtype)


@tf_export("linalg.LinearOperatorKronecker")
class LinearOperatorKronecker(Several):
    """The Kronecker product of square operators."""

    _refusal = "Argument `operators` must be a list of >=1 operators. Received: {}."

    def __init__(
        self,
        operators: Sequence[LinearOperator],
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ):
        """Takes operators, the outermost factor first."""
        message = "The Kronecker product of {0} operators is always {0}."
        hints = {
            hint: implied(operators, hint, given, message.format(word))
            for hint, given, word in (
                ("is_square", is_square, "square"),
                ("is_non_singular", is_non_singular, "non-singular"),
                ("is_self_adjoint", is_self_adjoint, "self-adjoint"),
                ("is_positive_definite", is_positive_definite, "positive-definite"),
            )
        }
        self._gather(operators, "_x_", hints, name)

    def _shape(self) -> TensorShape:
        sizes: list[Any] = []
        for which in ("range_dimension", "domain_dimension"):
            values = [getattr(o, which).value for o in self._operators]
            sizes.append(None if None in values else functools.reduce(lambda a, b: a * b, values))
        return self._joint_batch().concatenate(sizes)

    def _shape_tensor(self) -> Any:
        sizes = [
            functools.reduce(lambda a, b: a * b, [getattr(o, which)() for o in self._operators])
            for which in ("range_dimension_tensor", "domain_dimension_tensor")
        ]
        return concat([self._joint_batch_tensor(), sizes], 0)

    def _to_dense(self) -> Any:
        return functools.reduce(_kronecker, [o.to_dense() for o in self._operators])

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return matmul(self.to_dense(), x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def _powers(self) -> list[Any]:
        """How often each operator stands on the diagonal of the product's blocks."""
        total = self.domain_dimension_tensor()
        return [public("cast")(total / o.domain_dimension_tensor(), self.dtype) for o in self._operators]

    def _determinant(self) -> Any:
        values = zip(self._operators, self._powers(), strict=True)
        return functools.reduce(lambda a, b: a * b, [o.determinant() ** p for o, p in values])

    def _log_abs_determinant(self) -> Any:
        values = [(o.log_abs_determinant(), p) for o, p in zip(self._operators, self._powers(), strict=True)]
        return summed([value * public("cast")(p, value.dtype) for value, p in values], self.dtype)

    def _trace(self) -> Any:
        return functools.reduce(lambda a, b: a * b, [o.trace() for o in self._operators])

    def _diag_part(self) -> Any:
        def outer(a: Any, b: Any) -> Any:
            product_ = a[..., :, None] * b[..., None, :]
            return reshape(product_, concat([shape(product_)[:-2], [-1]], 0))

        result = functools.reduce(outer, [o.diag_part() for o in self._operators])
        if self.shape.rank is not None:
            result.set_shape(self.shape[:-1])
        return result

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorKronecker([o.adjoint() for o in self._operators], **self._hints())

    def _inverse(self) -> LinearOperator:
        return LinearOperatorKronecker(
            [o.inverse() for o in self._operators], **{**self._hints(), "is_non_singular": True}
        )

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorKronecker([o.cholesky() for o in self._operators], is_non_singular=True, is_square=True)


def _kronecker(a: Any, b: Any) -> Any:
    spread = a[..., :, None, :, None] * b[..., None, :, None, :]
    sizes = [shape(a)[axis] * shape(b)[axis] for axis in (-2, -1)]
    result = reshape(spread, concat([shape(spread)[:-4], sizes], 0))
    if a.shape.rank is not None and b.shape.rank is not None:
        pairs = zip(a.shape[-2:], b.shape[-2:], strict=True)
        batch = public("broadcast_static_shape")(a.shape[:-2], b.shape[:-2])
        result.set_shape(batch.concatenate([m * n for m, n in pairs]))
    return result
