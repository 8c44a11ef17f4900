"""ONNX forms of equations with small matrices, for files; in the session these operations run on the host."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_LARGEST = 32
"""Rows up to which a factorization is written out, row by row."""

_END = np.iinfo(np.int64).max


def _rows(b: Builder, x: Value, largest: int | None = _LARGEST) -> int:
    """The number of rows of square matrices of a float type, known and not large."""
    if not b.for_export:
        raise NotConvertible("matrices are factored on the host")
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise NotConvertible(f"matrices of {x.dtype.name} have no ONNX form")
    size = x.shape[-1] if x.shape is not None and len(x.shape) >= 2 else None
    if size is None or x.shape[-2] != size or largest is not None and not 0 < size <= largest:  # type: ignore[index]
        raise NotConvertible(f"only square matrices of 1 to {largest} rows, known beforehand, are written out")
    return size


def _part(b: Builder, x: Value, rows: tuple[int, int], columns: tuple[int, int]) -> Value:
    return b.Slice(x, [rows[0], columns[0]], [rows[1], columns[1]], [-2, -1])


def _swapped(b: Builder, x: Value, rank: int) -> Value:
    return b.Transpose(x, perm=[*range(rank - 2), rank - 1, rank - 2])


@converts("Cholesky")
def _cholesky(b: Builder, op: Operation, x: Value) -> Value:
    """Column after column; NaN in the whole triangle where a matrix is not positive definite."""
    size, rank = _rows(b, x), x.rank
    columns: Value | None = None
    for j in range(size):
        rest = _part(b, x, (j, size), (j, j + 1))
        if columns is not None:
            below = b.Slice(columns, [j], [_END], [-2])
            own = b.Slice(columns, [j], [j + 1], [-2])
            rest = b.Sub(rest, b.MatMul(below, _swapped(b, own, rank)))
        column = b.Div(rest, b.Sqrt(b.Slice(rest, [0], [1], [-2])))
        pads = np.zeros(2 * rank, np.int64)
        pads[rank - 2] = j
        column = b.Pad(column, b.const(pads), b.const(0.0, x.dtype)) if j else column
        columns = column if columns is None else b.Concat(columns, column, axis=rank - 1)
    wrong = b.ReduceMax(b.cast(b.IsNaN(columns), dtypes.int64), [-2, -1], keepdims=1)
    triangle = np.where(np.tri(size, dtype=bool), np.nan, 0).astype(x.dtype.as_numpy_dtype)
    return b.Where(b.Greater(wrong, 0), b.const(triangle), columns)


@converts("MatrixTriangularSolve")
def _triangular_solve(b: Builder, op: Operation, matrix: Value, rhs: Value) -> Value:
    """Substitution, row after row."""
    size, lower, flip = _rows(b, matrix), bool(op.attrs["lower"]), bool(op.attrs["adjoint"])
    if flip:
        matrix, lower = _swapped(b, matrix, matrix.rank), not lower
    axis = rhs.rank - 2
    if matrix.rank > rhs.rank:
        raise NotConvertible("the batch of the right side must have the rank of that of the matrices")
    solved: Value | None = None
    for i in range(size) if lower else range(size - 1, -1, -1):
        row = b.Slice(rhs, [i], [i + 1], [axis])
        if solved is not None:
            known = (0, i) if lower else (i + 1, size)
            row = b.Sub(row, b.MatMul(_part(b, matrix, (i, i + 1), known), solved))
        row = b.Div(row, _part(b, matrix, (i, i + 1), (i, i + 1)))
        parts = [row] if solved is None else [solved, row] if lower else [row, solved]
        solved = parts[0] if len(parts) == 1 else b.Concat(*parts, axis=axis)
    return solved  # type: ignore[return-value]


@converts("MatrixDeterminant")
def _determinant(b: Builder, op: Operation, x: Value) -> Value:
    _rows(b, x, None)
    if x.dtype is not dtypes.float32:
        raise NotConvertible("ONNX Runtime has the determinant of float32 matrices only")
    return b.Det(x)


@converts("MatrixInverse")
def _inverse(b: Builder, op: Operation, x: Value) -> Value:
    """ONNX Runtime's own operator, in a run in which its result is finite."""
    _rows(b, x, None)
    flat = _swapped(b, x, x.rank) if op.attrs["adjoint"] else x
    result = b.contrib("Inverse", flat)
    odd = b.Or(b.IsNaN(result), b.IsInf(result))
    flags = b.Concat(b.const([0]), b.cast(b.Reshape(odd, [-1]), dtypes.int64), axis=0)
    worst = b.ReduceMax(flags, keepdims=0)
    sizes = require(b, b.Equal(worst, 0), b.Shape(result))
    return b.Reshape(result, sizes)
