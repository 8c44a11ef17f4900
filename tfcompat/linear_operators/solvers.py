"""Solvers that need products alone: conjugate gradients."""

from __future__ import annotations

import collections
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.linear_operators.base import LinearOperator
from tfcompat.linear_operators.util import conj, public, tensor
from tfcompat.ops.array import shape
from tfcompat.ops.concat import concat
from tfcompat.ops.reduction import reduce_any, reduce_sum

CGState = collections.namedtuple("CGState", ["i", "x", "r", "p", "gamma"])


@tf_export("linalg.experimental.conjugate_gradient")
def conjugate_gradient(
    operator: LinearOperator,
    rhs: Any,
    preconditioner: LinearOperator | None = None,
    x: Any = None,
    tol: float = 1e-5,
    max_iter: int = 20,
    name: str = "conjugate_gradient",
) -> Any:
    """x with A x = `rhs` for a self-adjoint positive definite operator, by conjugate gradients.

    Args:
        operator: a LinearOperator that promises to be self-adjoint and positive definite.
        rhs: [..., n].
        preconditioner: an operator that approximates the inverse of A, with the same promises.
        x: where to begin, [..., n]; 0 by default.
        tol: the length of the residual, relative to that of `rhs`, at which a solution is good enough.
        max_iter: how many steps there are at most.
        name: name of the scope.

    Returns:
        A named tuple: `i` (steps taken), `x` (the solution), `r` (the residual), `p` (the last direction) and `gamma`
        (r r, or r M r with a preconditioner M).

    Raises:
        ValueError: an operator does not promise what is needed.
    """
    for label, matrix in (("operator", operator), ("preconditioner", preconditioner)):
        if matrix is not None and not (matrix.is_self_adjoint and matrix.is_positive_definite):
            raise ValueError(f"Expected a self-adjoint, positive definite {label}.")

    def dot(a: Any, b: Any) -> Any:
        return reduce_sum(conj(a) * b, axis=-1, keepdims=True)

    def conditioned(r: Any) -> Any:
        return r if preconditioner is None else preconditioner.matvec(r)

    with name_scope(name):
        rhs = tensor(rhs)
        batch = public("broadcast_dynamic_shape")(shape(rhs)[:-1], operator.batch_shape_tensor())
        rhs = public("broadcast_to")(rhs, concat([batch, shape(rhs)[-1:]], 0))
        limit = tol * public("norm")(rhs, axis=-1)
        x = public("zeros_like")(rhs) if x is None else tensor(x) + public("zeros_like")(rhs)
        r = rhs - operator.matvec(x)
        p = conditioned(r)

        def goes_on(i: Any, x: Any, r: Any, p: Any, gamma: Any) -> Any:
            large = reduce_any(public("greater")(public("norm")(r, axis=-1), limit))
            return public("logical_and")(public("less")(i, max_iter), large)

        def step(i: Any, x: Any, r: Any, p: Any, gamma: Any) -> Any:
            z = operator.matvec(p)
            alpha = gamma / dot(p, z)
            x, r = x + alpha * p, r - alpha * z
            q = conditioned(r)
            new = dot(r, q)
            return i + 1, x, r, q + new / gamma * p, new

        state = public("while_loop")(goes_on, step, [constant(0), x, r, p, dot(r, p)])
        i, x, r, p, gamma = state
        return CGState(i, x, r, p, gamma[..., 0])
