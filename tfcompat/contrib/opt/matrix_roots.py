"""Roots of symmetric positive definite matrices by iteration."""

from __future__ import annotations

from typing import Any

from tfcompat.ops import filling, math, reduction
from tfcompat.ops.binary import greater, less, logical_and
from tfcompat.ops.binary import pow as power
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.matmul import matmul
from tfcompat.ops.norms import norm
from tfcompat.ops.while_loop import while_loop


def matrix_square_root(matrix: Any, size: int, steps: int = 100, ridge: float = 1e-4) -> Any:
    """The square root of `matrix` + ridge * I.

    The stable Newton iteration of Higham (Stable iterations for the matrix square root, 1997, equation 2.6): from
    Y = A / |A| and Z = I, Y and Z become Y W and W Z with W = (3 I - Z Y) / 2; sqrt(|A|) Y goes to the root. It stops
    when the error grows, and gives the iterate before that.

    Args:
        matrix: symmetric, positive semidefinite, [size, size].
        size: its size.
        steps: the most iterations.
        ridge: what is added to the diagonal.
    """
    identity = filling.eye(size, dtype=matrix.dtype)
    damped = matrix + ridge * identity
    scale = math.sqrt(reduction.reduce_sum(damped * damped))

    def goes_on(i: Any, y: Any, before: Any, z: Any, error: Any, last_error: Any) -> Any:
        return logical_and(less(i, steps), less(error, last_error))

    def step(i: Any, y: Any, before: Any, z: Any, error: Any, last_error: Any) -> tuple[Any, ...]:
        change = 0.5 * (3.0 * identity - matmul(z, y))
        better, other = matmul(y, change), matmul(change, z)
        root = better * math.sqrt(scale)
        residual = damped - matmul(root, root)
        return i + 1, better, y, other, math.sqrt(reduction.reduce_sum(residual * residual)) / scale, error

    start = damped / scale
    found = while_loop(goes_on, step, [0, start, start, identity, scale, scale + 1.0])
    return found[2] * math.sqrt(scale)


def matrix_inverse_root(
    matrix: Any, size: int, exponent: float, steps: int = 100, accuracy: float = 1e-6, ridge: float = 1e-6
) -> Any:
    """(`matrix` + ridge * I) ^ exponent, for exponent = -1/p with p a positive integer.

    The Schur-Newton iteration of Guo and Higham (SIAM J. Matrix Anal. Appl. 28, 2006, equation 3.2): from M = z A and
    X = z^(1/p) I, with T = (1 - exponent) I + exponent M, M and X become T^p M and X T, until M is I to `accuracy`.

    Args:
        matrix: symmetric, positive definite, [size, size].
        size: its size.
        exponent: -1/p.
        steps: the most iterations.
        accuracy: largest difference of an element of M from I.
        ridge: what is added to the diagonal.
    """
    if size == 1:
        return power(matrix + ridge, exponent)
    identity = filling.eye(size, dtype=matrix.dtype)
    damped = matrix + ridge * identity
    start = (1 - 1 / exponent) / (2 * norm(damped))

    def goes_on(i: Any, m: Any, x: Any) -> Any:
        return logical_and(less(i, steps), greater(reduction.reduce_max(absolute(m - identity)), accuracy))

    def step(i: Any, m: Any, x: Any) -> tuple[Any, ...]:
        change = (1 - exponent) * identity + exponent * m
        return i + 1, matmul(_repeated(change, round(-1.0 / exponent)), m), matmul(x, change)

    first = [0, damped * start, identity * power(start, -exponent)]
    return while_loop(goes_on, step, first)[2]


def _repeated(matrix: Any, times: int) -> Any:
    """`matrix` to the power `times`, by squaring."""
    result = None
    while times:
        if times % 2:
            result = matrix if result is None else matmul(matrix, result)
        times //= 2
        matrix = matmul(matrix, matrix)
    return result
