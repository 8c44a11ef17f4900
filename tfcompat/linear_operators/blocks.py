"""Operators in blocks: along the diagonal, and in a lower triangle."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.linear_operators.base import LinearOperator, flipped
from tfcompat.linear_operators.combined import Several, implied
from tfcompat.linear_operators.util import public, summed
from tfcompat.ops.array import shape
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros


class _Blocks(Several):
    """Blocks along the diagonal, of square operators."""

    def _sizes(self) -> list[Any]:
        """The sizes of the blocks, numbers where they are known."""
        return [
            o.domain_dimension_tensor() if o.domain_dimension.value is None else o.domain_dimension.value
            for o in self._operators
        ]

    def _shape(self) -> TensorShape:
        known_sizes = [o.domain_dimension.value for o in self._operators]
        size = None if None in known_sizes else sum(known_sizes)
        return self._joint_batch().concatenate([size, size])

    def _shape_tensor(self) -> Any:
        size = functools.reduce(lambda a, b: a + b, [o.domain_dimension_tensor() for o in self._operators])
        return concat([self._joint_batch_tensor(), [size, size]], 0)

    def _rows(self, x: Any) -> list[Any]:
        """The rows of `x` that belong to each block."""
        return list(public("split")(x, self._sizes(), axis=-2))

    def _stacked(self, parts: list[Any], axis: int = -2) -> Any:
        """Parts below each other, their batches made equal."""
        dims = functools.reduce(public("broadcast_dynamic_shape"), [shape(p)[:-2] for p in parts])
        static = functools.reduce(public("broadcast_static_shape"), [p.shape[:-2] for p in parts])
        batches = [p.shape[:-2].as_list() for p in parts] if static.is_fully_defined() else []
        same = bool(batches) and all(batch == static.as_list() for batch in batches)
        if not same:
            parts = [public("broadcast_to")(p, concat([dims, shape(p)[-2:]], 0)) for p in parts]
        return concat(parts, axis=axis)

    def _with_static(self, result: Any, x: Any) -> Any:
        rank = x.shape.rank
        if rank is not None and self.shape.rank is not None:
            batch = public("broadcast_static_shape")(x.shape[:-2], self.batch_shape)
            result.set_shape(batch.concatenate([self.shape[-1], x.shape[-1]]))
        return result


@tf_export("linalg.LinearOperatorBlockDiag")
class LinearOperatorBlockDiag(_Blocks):
    """Operators along the diagonal, zero elsewhere."""

    def __init__(
        self,
        operators: Sequence[LinearOperator],
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str | None = None,
    ):
        """Takes square operators."""
        if not operators:
            raise ValueError(f"Expected a non-empty list of operators. Found: {operators}")
        message = "The direct sum of {0} operators is always {0}."
        hints = {
            hint: implied(operators, hint, given, message.format(word))
            for hint, given, word in (
                ("is_non_singular", is_non_singular, "non-singular"),
                ("is_self_adjoint", is_self_adjoint, "self-adjoint"),
                ("is_positive_definite", is_positive_definite, "positive definite"),
            )
        }
        if not is_square or any(o.is_square is False for o in operators):
            raise ValueError("Can only represent a block-diagonal of square matrices: only square operators.")
        self._gather(operators, "_ds_", {**hints, "is_square": True}, name)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = flipped(x, adjoint_arg)
        parts = [o.matmul(part, adjoint=adjoint) for o, part in zip(self._operators, self._rows(x), strict=True)]
        return self._with_static(self._stacked(parts), x)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = flipped(rhs, adjoint_arg)
        parts = [o.solve(part, adjoint=adjoint) for o, part in zip(self._operators, self._rows(rhs), strict=True)]
        return self._with_static(self._stacked(parts), rhs)

    def _determinant(self) -> Any:
        return functools.reduce(lambda a, b: a * b, [o.determinant() for o in self._operators])

    def _log_abs_determinant(self) -> Any:
        return summed([o.log_abs_determinant() for o in self._operators], self.dtype)

    def _trace(self) -> Any:
        return functools.reduce(lambda a, b: a + b, [o.trace() for o in self._operators])

    def _spread_vectors(self, parts: list[Any]) -> Any:
        batch = self.batch_shape_tensor()
        spread = [public("broadcast_to")(p, concat([batch, shape(p)[-1:]], 0)) for p in parts]
        result = concat(spread, axis=-1)
        if self.shape.rank is not None:
            result.set_shape(self.shape[:-1])
        return result

    def _diag_part(self) -> Any:
        return self._spread_vectors([o.diag_part() for o in self._operators])

    def _eigvals(self) -> Any:
        return self._spread_vectors([o.eigvals() for o in self._operators])

    def _to_dense(self) -> Any:
        batch, sizes = self.batch_shape_tensor(), self._sizes()
        rows = []
        for i, operator in enumerate(self._operators):
            block = public("broadcast_to")(operator.to_dense(), concat([batch, [sizes[i], sizes[i]]], 0))
            row = [block if j == i else zeros(concat([batch, [sizes[i], size]], 0), dtype=self.dtype)
                   for j, size in enumerate(sizes)]  # fmt: skip
            rows.append(concat(row, axis=-1))
        result = concat(rows, axis=-2)
        result.set_shape(self.shape)
        return result

    def _assert_non_singular(self) -> Any:
        return public("group")([o.assert_non_singular() for o in self._operators])

    def _assert_positive_definite(self) -> Any:
        return public("group")([o.assert_positive_definite() for o in self._operators])

    def _assert_self_adjoint(self) -> Any:
        return public("group")([o.assert_self_adjoint() for o in self._operators])

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorBlockDiag([o.adjoint() for o in self._operators], **self._hints())

    def _inverse(self) -> LinearOperator:
        return LinearOperatorBlockDiag(
            [o.inverse() for o in self._operators], **{**self._hints(), "is_non_singular": True}
        )

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorBlockDiag(
            [o.cholesky() for o in self._operators], is_non_singular=True, is_self_adjoint=None, is_square=True
        )


@tf_export("linalg.LinearOperatorBlockLowerTriangular")
class LinearOperatorBlockLowerTriangular(LinearOperator):
    """Operators in a lower triangle of blocks."""

    def __init__(
        self,
        operators: Sequence[Sequence[LinearOperator]],
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorBlockLowerTriangular",
    ):
        """Takes rows of operators, one more in each row; the last of each row is square."""
        for i, row in enumerate(operators):
            if len(row) != i + 1:
                raise ValueError(
                    "The `i`th row-partition (`i`th element of `operators`) must contain `i + 1` blocks. "
                    f"Got {len(row)}"
                )
        diagonal = [row[-1] for row in operators]
        if any(o.is_square is False for o in diagonal):
            raise ValueError("Matrices on the diagonal (the final elements of each row-partition) must be square.")
        is_non_singular = implied(diagonal, "is_non_singular", is_non_singular,
                                   "A blockwise lower-triangular operator with non-singular operators on the main "
                                   "diagonal is always non-singular.")  # fmt: skip
        if is_square is False:
            raise ValueError("LinearOperatorBlockLowerTriangular must be square.")
        self._operators = [list(row) for row in operators]
        hints = {"is_non_singular": is_non_singular, "is_self_adjoint": is_self_adjoint,
                 "is_positive_definite": is_positive_definite, "is_square": True}  # fmt: skip
        parents = [p for row in operators for o in row for p in o.graph_parents]
        with name_scope(name):
            super().__init__(diagonal[0].dtype, parents, name=name, parameters={"operators": operators, **hints},
                             **hints)  # fmt: skip
        self._on_diagonal = LinearOperatorBlockDiag(diagonal, is_square=True)

    @property
    def operators(self) -> list[list[LinearOperator]]:
        """The rows of operators."""
        return self._operators

    def _shape(self) -> TensorShape:
        batches = [o.batch_shape for row in self._operators for o in row]
        batch = functools.reduce(public("broadcast_static_shape"), batches)
        return batch.concatenate(self._on_diagonal.shape[-2:])  # type: ignore[no-any-return]

    def _shape_tensor(self) -> Any:
        batches = [o.batch_shape_tensor() for row in self._operators for o in row]
        batch = functools.reduce(public("broadcast_dynamic_shape"), batches)
        return concat([batch, self._on_diagonal.shape_tensor()[-2:]], 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = flipped(x, adjoint_arg)
        parts = self._on_diagonal._rows(x)
        count = len(parts)
        results = []
        for i in range(count):
            chosen = [(self._operators[j][i], j) for j in range(i, count)] if adjoint else [
                (self._operators[i][j], j) for j in range(i + 1)]  # fmt: skip
            terms = [o.matmul(parts[j], adjoint=adjoint) for o, j in chosen]
            results.append(functools.reduce(lambda a, b: a + b, terms))
        return self._on_diagonal._stacked(results)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = flipped(rhs, adjoint_arg)
        parts = self._on_diagonal._rows(rhs)
        count = len(parts)
        found: dict[int, Any] = {}
        for i in range(count - 1, -1, -1) if adjoint else range(count):
            rest = parts[i]
            for j in found:
                operator = self._operators[j][i] if adjoint else self._operators[i][j]
                rest = rest - operator.matmul(found[j], adjoint=adjoint)
            found[i] = self._operators[i][i].solve(rest, adjoint=adjoint)
        return self._on_diagonal._stacked([found[i] for i in range(count)])

    def _determinant(self) -> Any:
        return self._on_diagonal.determinant()

    def _log_abs_determinant(self) -> Any:
        return self._on_diagonal.log_abs_determinant()

    def _trace(self) -> Any:
        return self._on_diagonal.trace()

    def _diag_part(self) -> Any:
        return self._on_diagonal.diag_part()

    def _eigvals(self) -> Any:
        return self._on_diagonal.eigvals()
