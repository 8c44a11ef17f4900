"""The exponential of matrices, by scaling, a rational approximation, and squaring."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape, size
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.filling import eye, fill
from tfcompat.ops.linalg import matrix_solve
from tfcompat.ops.masks import where_v2
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import floor, log
from tfcompat.ops.matmul import matmul
from tfcompat.ops.reduction import reduce_max, reduce_sum
from tfcompat.ops.while_loop import while_loop

# Up to which norm the approximation of an order is exact to rounding (Higham 2005), and the one that is squared.
_NORMS = {
    "narrow": ((0.4258730016922831, 1.880152677804762), 3.925724783138660),
    "wide": ((1.495585217958292e-2, 2.539398330063230e-1, 9.504178996162932e-1, 2.097847961257068), 5.371920351148152),
}
_ORDERS = {"narrow": (3, 5, 7), "wide": (3, 5, 7, 9, 13)}


@tf_export("linalg.expm")
def matrix_exponential(input: Any, name: str | None = None) -> Tensor:
    """exp(`input`) = I + `input` + `input`^2 / 2 + ... for square matrices.

    Args:
        input: `[..., m, m]`, float16, float32, float64, complex64 or complex128.
        name: name of the scope.

    Returns:
        A tensor of the type and shape of `input`; NaN where it holds an infinity or a NaN.

    Raises:
        ValueError: the type is not supported.
    """
    with name_scope(name, "matrix_exponential", [input]):
        matrix = convert_to_tensor(input, name="input")
        if matrix.shape[-2:] == [0, 0]:
            return matrix
        batch: Any = matrix.shape[:-2]
        if not batch.is_fully_defined():
            batch = shape(matrix)[:-2]
        matrix = reshape(matrix, concat(([-1], shape(matrix)[-2:]), axis=0))
        columns = reduce_sum(absolute(matrix), axis=size(shape(matrix)) - 2)  # type: ignore[operator]
        norm = reduce_max(columns, axis=-1)[..., None, None]
        result = _exponential(matrix, norm)
        if not matrix.shape.is_fully_defined():
            return reshape(result, concat((batch, shape(result)[-2:]), axis=0))
        return reshape(result, batch.concatenate(result.shape[-2:]))


def _exponential(matrix: Tensor, norm: Tensor) -> Tensor:
    kind = {"float16": "narrow", "float32": "narrow", "complex64": "narrow", "float64": "wide", "complex128": "wide"}
    width = kind.get(matrix.dtype.base_dtype.name)
    if width is None:
        raise ValueError(f"tf.linalg.expm does not support matrices of type {matrix.dtype}")
    limits, largest = _NORMS[width]

    def number(x: float) -> Tensor:
        return constant(x, norm.dtype)

    halvings = raw_ops.Maximum(x=floor(log(norm / number(largest)) / log(number(2.0))), y=0)  # type: ignore[operator]
    parts = [_pade(matrix, order) for order in _ORDERS[width][:-1]]
    scale = cast(raw_ops.Pow(x=number(2.0), y=halvings), matrix.dtype)
    parts.append(_pade(matrix / scale, _ORDERS[width][-1]))  # type: ignore[operator]
    odd = _by_norm(norm, number, limits, [u for u, _ in parts])
    even = _by_norm(norm, number, limits, [v for _, v in parts])
    is_finite = PUBLIC["is_finite"](reduce_max(norm))
    nan = constant(math.nan, matrix.dtype)
    result = cond(is_finite, lambda: matrix_solve(-odd + even, odd + even), lambda: fill(shape(odd), nan))  # type: ignore[operator]
    most = reduce_max(halvings)

    def goes_on(i: Tensor, x: Tensor) -> Tensor:
        return cond(is_finite, lambda: raw_ops.Less(x=i, y=most), lambda: constant(False))  # type: ignore[no-any-return]

    def squared(i: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        return i + 1, where_v2(raw_ops.Less(x=i, y=halvings), matmul(x, x), x)  # type: ignore[operator]

    return while_loop(goes_on, squared, [number(0.0), result])[1]  # type: ignore[no-any-return]


def _by_norm(norm: Tensor, number: Callable[[float], Tensor], limits: Sequence[float], values: Sequence[Any]) -> Tensor:
    """The first of `values` whose limit is above the norm of a matrix, else the last."""
    below = raw_ops.Less(x=norm, y=number(limits[0]))
    rest = values[1] if len(limits) == 1 else _by_norm(norm, number, limits[1:], values[1:])
    return where_v2(below, values[0], rest)


def _pade(x: Tensor, order: int) -> tuple[Tensor, Tensor]:
    """The odd and the even part of the numerator of the diagonal rational approximation, times a common number."""
    c = [math.factorial(2 * order - j) // (math.factorial(order - j) * math.factorial(j)) for j in range(order + 1)]
    b = [constant(float(value), x.dtype) for value in c[:-1]]
    sizes = shape(x)[-2]
    unit = eye(sizes, batch_shape=shape(x)[:-2], dtype=x.dtype)
    powers: dict[int, Any] = {0: unit, 2: matmul(x, x)}
    if order > 3:
        powers[4] = matmul(powers[2], powers[2])
    for degree in (6, 8):
        if degree < order and (degree, order) != (8, 13):
            powers[degree] = matmul(powers[degree - 2], powers[2])
    if order < 13:
        inner = powers[order - 1]
        for degree in range(order - 3, -1, -2):
            inner = inner + b[degree + 1] * powers[degree]
        odd = matmul(x, inner)
        even = b[order - 1] * powers[order - 1]
        for degree in range(order - 3, -1, -2):
            even = even + b[degree] * powers[degree]
        return odd, even
    return _pade13(x, b, powers)


def _pade13(x: Tensor, b: Sequence[Any], powers: dict[int, Any]) -> tuple[Tensor, Tensor]:
    top = powers[6] + b[11] * powers[4] + b[9] * powers[2]
    inner = matmul(powers[6], top) + b[7] * powers[6] + b[5] * powers[4] + b[3] * powers[2] + b[1] * powers[0]
    odd = matmul(x, inner)
    top = b[12] * powers[6] + b[10] * powers[4] + b[8] * powers[2]
    even = matmul(powers[6], top) + b[6] * powers[6] + b[4] * powers[4] + b[2] * powers[2] + b[0] * powers[0]
    return odd, even
