"""ONNX forms of equations with matrices and of their decompositions, for files; in sessions they run on the host."""

from __future__ import annotations

import numpy as np

from converters.branches import loop
from converters.builder import Builder, Value
from converters.guards import only_if
from converters.jacobi import eigenvalues, singular_values
from converters.matrices import (
    Batch,
    batch_of,
    cholesky_factors,
    diagonals,
    eliminated,
    orthogonal_factors,
    places,
    solved,
    transposed,
    zeros,
)
from converters.registry import NotConvertible, converts_for_files
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts_for_files("Cholesky", "BatchCholesky")
def _cholesky(b: Builder, op: Operation, x: Value) -> Value:
    """NaN in the whole triangle where a matrix is not positive definite."""
    m = batch_of(b, x, square=True)
    factors = cholesky_factors(b, m.value, m.rows)
    wrong = b.ReduceMax(b.cast(b.IsNaN(factors), dtypes.int64), [1, 2])
    triangle = np.where(np.tri(m.rows, dtype=bool), np.nan, 0)
    return m.whole(b, b.Where(b.Greater(wrong, 0), b.const(triangle), factors), m.rows, m.rows)


@converts_for_files("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def _triangular_solve(b: Builder, op: Operation, matrix: Value, rhs: Value) -> Value:
    """Substitution, row after row; the batches broadcast."""
    size, rank = batch_of(b, matrix, square=True).rows, matrix.rank
    lower = bool(op.attrs["lower"])
    triangle = b.Trilu(b.cast(matrix, dtypes.float64), upper=int(not lower))
    if op.attrs["adjoint"]:
        triangle, lower = b.Transpose(triangle, perm=[*range(rank - 2), rank - 1, rank - 2]), not lower
    right = b.cast(rhs, dtypes.float64)
    right = b.Expand(right, b.Shape(b.MatMul(triangle, right)))
    row = b.Unsqueeze(places(b, size), [1])

    def step(b: Builder, k: Value, x: Value) -> tuple[None, list[Value]]:
        i = k if lower else b.Sub(b.const(np.array(size - 1)), k)
        known = b.Reshape(i, [1])
        line = b.Gather(triangle, known, axis=rank - 2)
        rest = b.Sub(b.Gather(right, known, axis=max(rank, rhs.rank) - 2), b.MatMul(line, x))
        return None, [b.Where(b.Equal(row, i), b.Div(rest, b.Gather(line, known, axis=rank - 1)), x)]

    (x,) = loop(b, b.const(size), None, [b.Expand(zeros(b), b.Shape(right))], step)
    return b.cast(x, rhs.dtype)


@converts_for_files("MatrixSolve", "BatchMatrixSolve")
def _solve(b: Builder, op: Operation, matrix: Value, rhs: Value) -> Value:
    """In a run in which no matrix is singular."""
    m = batch_of(b, matrix, square=True)
    flat = transposed(b, m.value) if op.attrs["adjoint"] else m.value
    right = batch_of(b, rhs)
    x, regular = solved(b, flat, right.value, m.rows)
    return right.whole(b, only_if(b, regular, x), right.rows, right.columns)


@converts_for_files("MatrixInverse", "BatchMatrixInverse")
def _inverse(b: Builder, op: Operation, x: Value) -> Value:
    """ONNX Runtime's own operator, in a run in which its result is finite."""
    m = batch_of(b, x, square=True)
    flat = transposed(b, m.value) if op.attrs["adjoint"] else m.value
    result = b.contrib("Inverse", flat)
    odd = b.Or(b.IsNaN(result), b.IsInf(result))
    worst = b.ReduceSum(b.cast(odd, dtypes.int64), keepdims=0)
    return m.whole(b, only_if(b, b.Equal(worst, 0), result), m.rows, m.rows)


@converts_for_files("MatrixDeterminant", "BatchMatrixDeterminant")
def _determinant(b: Builder, op: Operation, x: Value) -> Value:
    m, done, pivots = _pivots(b, x)
    return m.whole(b, b.Mul(b.ReduceProd(pivots, [1], keepdims=0), done))


@converts_for_files("LogMatrixDeterminant")
def _log_determinant(b: Builder, op: Operation, x: Value) -> list[Value]:
    m, sign, pivots = _pivots(b, x)
    total = b.Mul(b.ReduceProd(b.Sign(pivots), [1], keepdims=0), sign)
    return [m.whole(b, total), m.whole(b, b.ReduceSum(b.Log(b.Abs(pivots)), [1], keepdims=0))]


def _pivots(b: Builder, x: Value) -> tuple[Batch, Value, Value]:
    """The matrices, the signs of their permutations and the pivots of elimination."""
    m = batch_of(b, x, square=True)
    done = eliminated(b, m.value, m.rows, both=False)
    return m, done.sign, diagonals(b, done.value, m.rows)


@converts_for_files("Lu")
def _lu(b: Builder, op: Operation, x: Value) -> list[Value]:
    """In a run in which no matrix is singular."""
    m = batch_of(b, x, square=True)
    done = eliminated(b, m.value, m.rows, both=False)
    factors = m.whole(b, only_if(b, done.regular, done.value), m.rows, m.rows)
    order = b.Reshape(done.order, b.Slice(b.Shape(x), [0], [-1]), allowzero=1)
    return [factors, b.cast(order, op.outputs[1].dtype)]


@converts_for_files("Qr")
def _qr(b: Builder, op: Operation, x: Value) -> list[Value]:
    m = batch_of(b, x)
    q, r = orthogonal_factors(b, m.value, m.rows, m.columns)
    if op.attrs["full_matrices"]:
        return [m.whole(b, q, m.rows, m.rows), m.whole(b, r, m.rows, m.columns)]
    least = min(m.rows, m.columns)
    q, r = b.Slice(q, [0], [least], [2]), b.Slice(r, [0], [least], [1])
    return [m.whole(b, q, m.rows, least), m.whole(b, r, least, m.columns)]


@converts_for_files("SelfAdjointEigV2", "BatchSelfAdjointEigV2")
def _self_adjoint_eig(b: Builder, op: Operation, x: Value) -> list[Value]:
    """In a run in which all elements are finite."""
    m = batch_of(b, x, square=True)
    odd = b.ReduceSum(b.cast(_not_finite(b, b.Trilu(m.value, upper=0)), dtypes.int64), keepdims=0)
    values, vectors = eigenvalues(b, only_if(b, b.Equal(odd, 0), m.value), m.rows)
    if not op.attrs["compute_v"]:
        return [m.whole(b, values, m.rows), b.const(np.zeros(0), x.dtype)]
    return [m.whole(b, values, m.rows), m.whole(b, vectors, m.rows, m.rows)]


@converts_for_files("Svd", "BatchSvd")
def _svd(b: Builder, op: Operation, x: Value) -> list[Value]:
    """Matrices that hold an infinity or a NaN give NaN."""
    m = batch_of(b, x)
    odd = b.ReduceMax(b.cast(_not_finite(b, m.value), dtypes.int64), [1, 2])
    bad = b.Greater(odd, 0)
    flat = b.Where(bad, zeros(b), m.value)
    wide = m.rows < m.columns
    rows, columns = (m.columns, m.rows) if wide else (m.rows, m.columns)
    values, u, v = singular_values(b, transposed(b, flat) if wide else flat, rows, columns)
    nan = b.const(np.float64(np.nan))
    result = [m.whole(b, b.Where(b.Squeeze(bad, [2]), nan, values), columns)]
    if not op.attrs["compute_uv"]:
        return [*result, *(b.const(np.zeros(0), x.dtype) for _ in range(2))]
    for factor, size in ((v, m.rows), (u, m.columns)) if wide else ((u, m.rows), (v, m.columns)):
        kept = size if op.attrs["full_matrices"] else columns
        result.append(m.whole(b, b.Where(bad, nan, b.Slice(factor, [0], [kept], [2])), size, kept))
    return result


def _not_finite(b: Builder, x: Value) -> Value:
    return b.Or(b.IsNaN(x), b.IsInf(x))  # type: ignore[no-any-return]


@converts_for_files("MatrixSolveLs", "BatchMatrixSolveLs")
def _least_squares(b: Builder, op: Operation, matrix: Value, rhs: Value, l2_regularizer: Value) -> Value:
    """By the normal equations, in a run in which they are positive definite."""
    if not op.attrs["fast"]:
        raise NotConvertible("least squares by a complete decomposition run on the host")
    m, right = batch_of(b, matrix), batch_of(b, rhs)
    flipped = transposed(b, m.value)
    wide = m.rows < m.columns
    square = b.MatMul(m.value, flipped) if wide else b.MatMul(flipped, m.value)
    least = min(m.rows, m.columns)
    square = b.Add(square, b.Mul(b.const(np.eye(least)), b.cast(l2_regularizer, dtypes.float64)))
    factors = cholesky_factors(b, square, least)
    odd = b.ReduceSum(b.cast(_not_finite(b, factors), dtypes.int64), keepdims=0)
    x, regular = solved(b, square, right.value if wide else b.MatMul(flipped, right.value), least)
    x = only_if(b, b.And(regular, b.Equal(odd, 0)), x)
    return right.whole(b, b.MatMul(flipped, x) if wide else x, m.columns, right.columns)
