"""Eigenvalues and singular values by rotations of pairs of rows or columns, after Jacobi and Hestenes.

A step rotates all pairs of one round of a tournament at once; a sweep of rounds lets everyone meet everyone. Sweeps go
on until nothing is left to rotate, which for matrices of ordinary sizes takes 6 to 12 of them.
"""

from __future__ import annotations

import numpy as np

from converters.branches import loop
from converters.builder import Builder, Value
from converters.matrices import diagonals, orthogonal_factors, transposed, zeros
from tfcompat.graph import dtypes

_SWEEPS = 40
_EPSILON = 2.0**-52


class _Tournament:
    """Of `size` players: with whom each place plays, and from which place a player comes in the next round.

    Place i plays place (n - i) mod n, n being the odd one of size and size - 1; with an even number the last place,
    which nobody leaves, plays place 0. Those of the first n places move on by one.
    """

    def __init__(self, size: int):
        odd = size if size % 2 else size - 1
        partner = np.arange(size)
        partner[:odd] = -np.arange(odd) % odd
        moved = np.arange(size)
        moved[:odd] = (np.arange(odd) - 1) % odd
        if size % 2 == 0:
            partner[0], partner[-1] = size - 1, 0
        self.rounds = odd
        self.partner, self.moved = partner, moved
        self.first = np.arange(size) < partner
        self.idle = np.arange(size) == partner


def _rotation(b: Builder, t: _Tournament, own: Value, mixed: Value) -> tuple[Value, Value]:
    """(cosine, sine) of each place, [batch, size]: place i becomes cosine * i - sine * partner.

    Args:
        b: the builder.
        t: the pairs.
        own: the squares of both, which the rotation sets apart.
        mixed: their product, which the rotation makes 0.
    """
    zero, one = zeros(b), b.const(np.float64(1))
    partner = b.const(t.partner)
    mixed = b.Where(b.const(t.first), mixed, b.Gather(mixed, partner, axis=1))  # the same for both to the last digit
    nothing = b.Or(b.Equal(mixed, zero), b.const(t.idle))
    ratio = b.Div(b.Sub(b.Gather(own, partner, axis=1), own), b.Add(mixed, mixed))
    side = b.Where(b.Equal(ratio, zero), b.const(np.where(t.first, 1.0, -1.0)), b.Sign(ratio))
    tangent = b.Div(side, b.Add(b.Abs(ratio), b.Sqrt(b.Add(b.Mul(ratio, ratio), one))))
    tangent = b.Where(nothing, zero, tangent)
    cosine = b.Div(one, b.Sqrt(b.Add(b.Mul(tangent, tangent), one)))
    return cosine, b.Mul(tangent, cosine)


def _rotated(b: Builder, t: _Tournament, x: Value, cosine: Value, sine: Value) -> Value:
    """The columns of `x` after the rotation, on their places of the next round."""
    others = b.Gather(x, b.const(t.partner), axis=2)
    turned = b.Sub(b.Mul(x, b.Unsqueeze(cosine, [1])), b.Mul(others, b.Unsqueeze(sine, [1])))
    return b.Gather(turned, b.const(t.moved), axis=2)  # type: ignore[no-any-return]


def _any(b: Builder, x: Value) -> Value:
    return b.Greater(b.ReduceSum(b.cast(x, dtypes.int64), keepdims=0), 0)  # type: ignore[no-any-return]


def _identities(b: Builder, x: Value, size: int) -> Value:
    count = b.Slice(b.Shape(x), [0], [1])
    return b.Expand(b.const(np.eye(size)), b.Concat(count, b.const([size, size]), axis=0))  # type: ignore[no-any-return]


def eigenvalues(b: Builder, x: Value, size: int) -> tuple[Value, Value]:
    """(eigenvalues in ascending order [batch, size], eigenvectors as columns) of symmetric matrices.

    The lower triangles alone are read.
    """
    t = _Tournament(size)
    zero = zeros(b)
    lower = b.Where(b.const(np.tri(size, dtype=bool)), x, zero)
    x = b.Add(lower, transposed(b, b.Where(b.const(np.eye(size, dtype=bool)), zero, lower)))
    tolerance = b.Mul(b.Sqrt(b.ReduceSum(b.Mul(x, x), [1, 2])), _EPSILON)
    pairs = b.const(np.eye(size, dtype=bool)[t.partner] & ~t.idle[:, None])

    def unfinished(b: Builder, x: Value) -> Value:
        apart = b.Where(b.const(np.eye(size, dtype=bool)), zero, b.Abs(x))
        return _any(b, b.Greater(apart, tolerance))

    def step(b: Builder, k: Value, x: Value, vectors: Value) -> tuple[Value, list[Value]]:
        mixed = b.ReduceSum(b.Where(pairs, x, zero), [2], keepdims=0)
        turn = _rotation(b, t, diagonals(b, x, size), mixed)
        x = _rotated(b, t, transposed(b, _rotated(b, t, x, *turn)), *turn)
        return unfinished(b, x), [x, _rotated(b, t, vectors, *turn)]

    start = [x, _identities(b, x, size)]
    x, vectors = loop(b, b.const(_SWEEPS * t.rounds), unfinished(b, x), start, step)
    values, order = b.TopK(diagonals(b, x, size), [size], axis=1, largest=0, outputs=2)
    return values, _in_order(b, vectors, order)


def _in_order(b: Builder, x: Value, order: Value) -> Value:
    """The columns of each matrix in the order [batch, columns]."""
    return b.GatherElements(x, b.Expand(b.Unsqueeze(order, [1]), b.Shape(x)), axis=2)  # type: ignore[no-any-return]


def singular_values(b: Builder, x: Value, rows: int, columns: int) -> tuple[Value, Value, Value]:
    """(singular values in descending order, U [batch, rows, rows], V [batch, columns, columns]); rows >= columns."""
    t = _Tournament(columns)
    partner = b.const(t.partner)

    def products(b: Builder, x: Value) -> tuple[Value, Value]:
        others = b.Gather(x, partner, axis=2)
        return (b.ReduceSum(b.Mul(x, v), [1], keepdims=0) for v in (x, others))  # type: ignore[return-value]

    def step(b: Builder, k: Value, x: Value, v: Value, quiet: Value) -> tuple[Value, list[Value]]:
        own, mixed = products(b, x)
        both = b.Sqrt(b.Mul(own, b.Gather(own, partner, axis=1)))
        apart = b.And(b.Greater(b.Abs(mixed), b.Mul(both, _EPSILON * 2 * rows**0.5)), b.const(~t.idle))
        turn = _rotation(b, t, own, b.Where(apart, mixed, zeros(b)))
        quiet = b.Where(_any(b, apart), b.const(0), b.Add(quiet, 1))
        again = b.Less(quiet, t.rounds)
        return again, [_rotated(b, t, x, *turn), _rotated(b, t, v, *turn), quiet]

    start = [x, _identities(b, x, columns), b.const(np.array(0))]
    x, v, _ = loop(b, b.const(_SWEEPS * t.rounds), None, start, step)
    lengths = b.Sqrt(b.ReduceSum(b.Mul(x, x), [1], keepdims=0))
    values, order = b.TopK(lengths, [columns], axis=1, outputs=2)
    u, r = orthogonal_factors(b, _in_order(b, x, order), rows, columns)
    signs = b.Where(b.Less(diagonals(b, b.Slice(r, [0], [columns], [1]), columns), 0.0), b.const(np.float64(-1)),
                    b.const(np.float64(1)))  # fmt: skip
    if rows > columns:
        count = b.Slice(b.Shape(signs), [0], [1])
        ones = b.Expand(b.const(np.float64(1)), b.Concat(count, b.const([rows - columns]), axis=0))
        signs = b.Concat(signs, ones, axis=1)
    return values, b.Mul(u, b.Unsqueeze(signs, [1])), _in_order(b, v, order)
