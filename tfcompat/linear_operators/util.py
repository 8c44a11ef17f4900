"""Helpers of linear operators: shapes of batches, equations that broadcast, hints."""

from __future__ import annotations

import functools
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.concat import concat
from tfcompat.ops.linalg import matrix_solve


def public(name: str) -> Any:
    """The public function `tf.<name>`."""
    return PUBLIC[name]


def tensor(value: Any, **kwargs: Any) -> Any:
    """`convert_to_tensor` whose result may be computed with by operators; variables keep their type check."""
    return convert_to_tensor(value, **kwargs)


def known(value: Any) -> Any:
    """The constant value of a tensor, or None."""
    return GRAPH_VALUES.constant(value)


def refuse_references(x: Any, name: str) -> None:
    """TypeError for a variable, whose value could change."""
    if isinstance(x, public("Variable")):
        raise TypeError(f"Argument {name} cannot be reference type. Found: {type(x)}")


def conj(x: Any) -> Any:
    """The complex conjugate; `x` itself when it is real."""
    return raw_ops.Conj(input=x) if x.dtype.is_complex else x


def adjoint(x: Any) -> Any:
    """The conjugate transpose of matrices."""
    return public("linalg.adjoint")(x)


def diag_part(x: Any) -> Any:
    """The main diagonals of matrices."""
    return public("matrix_diag_part")(x)


def same_batch(x: Any, y: Any, trailing: int = 2) -> tuple[Any, Any]:
    """Both with the batch to which their batches broadcast, in front of `trailing` own dimensions."""
    a, b = x.shape, y.shape
    if a.rank is not None and b.rank is not None:
        batch_a, batch_b = a[: a.rank - trailing], b[: b.rank - trailing]
        if batch_a.is_fully_defined() and batch_b.is_fully_defined() and batch_a.as_list() == batch_b.as_list():
            return x, y
    batch = public("broadcast_dynamic_shape")(shape(x)[:-trailing], shape(y)[:-trailing])

    def spread(t: Any) -> Any:
        return raw_ops.BroadcastTo(input=t, shape=concat([batch, shape(t)[-trailing:]], 0))

    return spread(x), spread(y)


def solve(matrix: Any, rhs: Any, flip: bool = False) -> Any:
    """`matrix_solve` whose batches broadcast."""
    matrix, rhs = same_batch(matrix, rhs)
    return matrix_solve(matrix, rhs, adjoint=flip)


def summed(values: Any, dtype: Any) -> Any:
    """The sum of real and complex tensors; `dtype` is the complex type."""
    if len({v.dtype.base_dtype for v in values}) > 1:
        values = [public("cast")(v, dtype) for v in values]
    return functools.reduce(lambda a, b: a + b, values)


def combined_hint(hint: bool | None, provided: bool | None, message: str) -> bool | None:
    """What follows for a hint, given what was said; ValueError when the two differ."""
    if provided is not None and hint is not None and provided != hint:
        raise ValueError(message)
    return hint if provided is None else provided


def all_true(hints: Any) -> bool | None:
    """True when all hints are, else None."""
    return True if all(hints) else None
