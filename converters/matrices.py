"""Algorithms of dense matrices as ONNX Loops, in float64, for a batch of matrices [batch, rows, columns] at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from converters.branches import loop
from converters.builder import Builder, Value
from converters.registry import NeedsFullShapes, NotConvertible
from tfcompat.graph import dtypes


@dataclass(frozen=True, slots=True)
class Batch:
    """Matrices without the dimensions of their batch.

    Attributes:
        value: float64 of shape [batch, rows, columns].
        rows: their number.
        columns: their number.
        source: what the matrices were, with its type and the dimensions of its batch.
    """

    value: Value
    rows: int
    columns: int
    source: Value

    def whole(self, b: Builder, result: Value, *sizes: int) -> Value:
        """`result` of shape [batch, *sizes] as of the type of the source, with the dimensions of its batch."""
        assert self.source.shape is not None
        outer = b.Slice(b.Shape(self.source), [0], [-2])
        made = b.Reshape(b.cast(result, self.source.dtype), b.Concat(outer, b.const([*sizes]), axis=0), allowzero=1)
        made.shape = (*self.source.shape[:-2], *sizes)
        return made  # type: ignore[no-any-return]


def batch_of(b: Builder, x: Value, square: bool = False) -> Batch:
    """The matrices of `x`.

    Raises:
        NeedsFullShapes: the numbers of rows and columns are not known.
        NotConvertible: of other types than float32 and float64, without rows or columns, or not square as asked for.
    """
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise NotConvertible(f"matrices of {x.dtype.name} have no ONNX form")
    rows, columns = (x.shape or (None, None))[-2:]
    if rows is None or columns is None:
        raise NeedsFullShapes("the numbers of rows and columns must be known")
    if not rows or not columns or square and rows != columns:
        raise NotConvertible(f"matrices of {rows} rows and {columns} columns")
    flat = b.Reshape(b.cast(x, dtypes.float64), [-1, rows, columns])
    return Batch(flat, rows, columns, x)


def transposed(b: Builder, x: Value) -> Value:
    """The transposes of matrices [batch, rows, columns]."""
    return b.Transpose(x, perm=[0, 2, 1])  # type: ignore[no-any-return]


def outer_product(b: Builder, x: Value, y: Value) -> Value:
    """x[:, :, None] * y[:, None, :]."""
    return b.Mul(b.Unsqueeze(x, [2]), b.Unsqueeze(y, [1]))  # type: ignore[no-any-return]


def places(b: Builder, count: int) -> Value:
    """0, 1, ..., count - 1."""
    return b.const(np.arange(count))


def zeros(b: Builder) -> Value:
    """A zero of float64."""
    return b.const(np.float64(0))


def diagonals(b: Builder, x: Value, size: int) -> Value:
    """The diagonals of square matrices, [batch, size]."""
    return b.ReduceSum(b.Where(b.const(np.eye(size, dtype=bool)), x, zeros(b)), [2], keepdims=0)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Eliminated:
    """Matrices after Gaussian elimination.

    Attributes:
        value: the matrices.
        order: of each row, which one it was, int64 [batch, rows].
        sign: of the permutation, float64 [batch].
        regular: whether no pivot was 0, bool scalar.
    """

    value: Value
    order: Value
    sign: Value
    regular: Value


def eliminated(b: Builder, x: Value, rows: int, both: bool) -> Eliminated:
    """Elimination with partial pivoting of the first `rows` columns of [batch, rows, columns].

    Args:
        b: the builder.
        x: the matrices, perhaps with right sides as further columns.
        rows: their number.
        both: below and above the pivots, which become 1 (Gauss and Jordan); else below them, where the factors of the
            lower triangle then are, without its diagonal of ones.
    """
    row, zero = places(b, rows), zeros(b)

    def step(b: Builder, k: Value, x: Value, order: Value, sign: Value, regular: Value) -> tuple[None, list[Value]]:
        size = b.Abs(b.Gather(x, k, axis=2))
        pivot_row = b.ArgMax(b.Where(b.Less(row, k), b.const(np.float64(-1)), size), axis=1, keepdims=1)
        index = b.Where(b.Equal(row, pivot_row), k, b.Where(b.Equal(row, k), pivot_row, row))
        x = b.GatherElements(x, b.Expand(b.Unsqueeze(index, [2]), b.Shape(x)), axis=1)
        sign = b.Where(b.Equal(b.Squeeze(pivot_row, [1]), k), sign, b.Neg(sign))
        top, column = b.Gather(x, k, axis=1), b.Gather(x, k, axis=2)
        pivot = b.Unsqueeze(b.Gather(top, k, axis=1), [1])
        nothing = b.Equal(pivot, zero)
        fine = b.Equal(b.ReduceSum(b.cast(nothing, dtypes.int64), keepdims=0), 0)
        pivot = b.Where(nothing, b.const(np.float64(1)), pivot)
        if both:
            top = b.Div(top, pivot)
            x = b.Sub(x, outer_product(b, b.Where(b.Equal(row, k), zero, column), top))
            x = b.Where(b.Unsqueeze(b.Equal(row, k), [1]), b.Unsqueeze(top, [1]), x)
        else:
            factor = b.Where(b.Greater(row, k), b.Div(column, pivot), zero)
            x = b.Sub(x, outer_product(b, factor, b.Where(b.Greater(row, k), top, zero)))
            below = b.And(b.Unsqueeze(b.Greater(row, k), [1]), b.Equal(row, k))
            x = b.Where(below, b.Unsqueeze(factor, [2]), x)
        return None, [x, b.GatherElements(order, index, axis=1), sign, b.And(regular, fine)]

    count = b.Slice(b.Shape(x), [0], [1])
    order = b.Expand(row, b.Concat(count, b.const([rows]), axis=0))
    start = [x, order, b.Expand(b.const(np.float64(1)), count), b.const(np.array(True))]
    return Eliminated(*loop(b, b.const(rows), None, start, step))


def solved(b: Builder, matrix: Value, right: Value, rows: int) -> tuple[Value, Value]:
    """(the solutions of matrix @ x = right, whether no matrix is singular)."""
    done = eliminated(b, b.Concat(matrix, right, axis=2), rows, both=True)
    return b.Slice(done.value, [rows], [np.iinfo(np.int64).max], [2]), done.regular


def cholesky_factors(b: Builder, x: Value, rows: int) -> Value:
    """Lower triangles L with x = L L^T, column after column; NaN spreads from where x is not positive definite."""
    row, zero = places(b, rows), zeros(b)

    def step(b: Builder, k: Value, rest: Value, factors: Value) -> tuple[None, list[Value]]:
        column = b.Gather(rest, k, axis=2)
        column = b.Div(column, b.Sqrt(b.Unsqueeze(b.Gather(column, k, axis=1), [1])))
        column = b.Where(b.Less(row, k), zero, column)
        here = b.Equal(row, k)
        factors = b.Where(here, b.Unsqueeze(column, [2]), factors)
        return None, [b.Sub(rest, outer_product(b, column, column)), factors]

    return loop(b, b.const(rows), None, [x, b.Expand(zero, b.Shape(x))], step)[1]


def orthogonal_factors(b: Builder, x: Value, rows: int, columns: int) -> tuple[Value, Value]:
    """(Q, R) of Householder reflections: Q [batch, rows, rows] orthogonal, R [batch, rows, columns], x = Q R."""
    row, zero = places(b, rows), zeros(b)

    def step(b: Builder, k: Value, q: Value, r: Value) -> tuple[None, list[Value]]:
        column = b.Where(b.Less(row, k), zero, b.Gather(r, k, axis=2))
        head = b.Unsqueeze(b.Gather(column, k, axis=1), [1])
        tail = b.Where(b.Equal(row, k), zero, column)
        rest = b.ReduceSum(b.Mul(tail, tail), [1])
        length = b.Sqrt(b.Add(b.Mul(head, head), rest))
        away = b.Add(head, b.Where(b.Less(head, zero), b.Neg(length), length))
        normal = b.Where(b.Equal(row, k), away, column)
        scale = b.Div(b.const(np.float64(2)), b.Add(b.Mul(away, away), rest))
        scaled = b.Where(b.Equal(rest, zero), zero, b.Mul(normal, scale))
        r = b.Sub(r, b.MatMul(b.Unsqueeze(scaled, [2]), b.MatMul(b.Unsqueeze(normal, [1]), r)))
        q = b.Sub(q, b.MatMul(b.MatMul(q, b.Unsqueeze(normal, [2])), b.Unsqueeze(scaled, [1])))
        return None, [q, r]

    sizes = b.Concat(b.Slice(b.Shape(x), [0], [1]), b.const([rows, rows]), axis=0)
    q, r = loop(b, b.const(min(rows, columns)), None, [b.Expand(b.const(np.eye(rows)), sizes), x], step)
    return q, b.Where(b.const(np.tri(rows, columns, -1, dtype=bool)), zero, r)
