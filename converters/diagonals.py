"""ONNX forms of diagonals and bands of matrices: gathers at constant places, choices by constant masks."""

from __future__ import annotations

import math

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require, shape_text
from converters.padding import pad
from converters.registry import NeedsFullShapes, NotConvertible, converts
from converters.sizes import Size, product, reshape, sizes_of
from tfcompat.graph import band
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation

_SMALL = 1 << 14
"""Masks of up to this many elements are constants; larger ones are computed."""


def _align(op: Operation) -> str:
    return op.attrs["align"].decode() if "align" in op.attrs else "LEFT_LEFT"


def _bounds(b: Builder, k: Value | None) -> tuple[int, int]:
    try:
        return (0, 0) if k is None else band.bounds(b.constant(k, "k"))
    except ValueError as error:
        raise NotConvertible(str(error)) from None


def _need_rank(op: Operation, what: str, value: Value, rank: int) -> None:
    if value.shape is not None and len(value.shape) < rank:
        text = shape_text(value.shape)
        raise InvalidArgumentError(None, op, f"{what} must be at least {rank}-dim, received shape: {text}")


@converts("MatrixDiag", "MatrixDiagV2", "MatrixDiagV3")
def _matrix_diag(
    b: Builder,
    op: Operation,
    diagonal: Value,
    k: Value | None = None,
    rows: Value | None = None,
    columns: Value | None = None,
    padding: Value | None = None,
) -> Value:
    _need_rank(op, "diagonal", diagonal, 1)
    lower, upper = _bounds(b, k)
    wanted = [-1 if v is None else int(b.constant(v, "num_rows and num_cols")) for v in (rows, columns)]
    padding = b.const(0, diagonal.dtype) if padding is None else padding
    length = diagonal.shape[-1] if diagonal.shape else None
    if length is None and lower == upper == 0 and wanted == [-1, -1]:
        return b.Where(_equal_positions(b, diagonal), b.Unsqueeze(diagonal, [-1]), padding)
    if length is None:
        raise NeedsFullShapes("the length of the diagonals must be known")
    try:
        size = band.matrix_size(length, lower, upper, *wanted)
    except ValueError as error:
        raise NotConvertible(str(error)) from None
    if lower == upper == 0 and size == (length, length):
        return b.Where(b.const(np.eye(length, dtype=bool)), b.Unsqueeze(diagonal, [-1]), padding)
    places = band.inverse_positions(*size, lower, upper, _align(op))
    return _taken(b, _flat(b, diagonal, 1 if lower == upper else 2), places, padding)


def _equal_positions(b: Builder, diagonal: Value) -> Value:
    """The identity matrix, as truth values, of the size of the last dimension."""
    count = b.Squeeze(b.Slice(b.Shape(diagonal), [-1], [np.iinfo(np.int64).max]), [0])
    places = b.Range(b.const(0), count, b.const(1))
    return b.Equal(b.Unsqueeze(places, [1]), places)


def _flat(b: Builder, x: Value, trailing: int) -> Value:
    """`x` with its last dimensions merged."""
    if trailing == 1:
        return x
    sizes = sizes_of(b, x)
    return reshape(b, x, [*sizes[:-trailing], product(b, sizes[-trailing:])])


def _taken(b: Builder, flat: Value, places: np.ndarray, padding: Value) -> Value:
    """Elements of the last dimension of `flat` at `places`; `padding` where these are -1."""
    if not flat.shape or not flat.shape[-1]:
        raise NotConvertible("there are no elements on the diagonals")
    found = b.Gather(flat, b.const(np.maximum(places, 0)), axis=flat.rank - 1)
    return found if (places >= 0).all() else b.Where(b.const(places >= 0), found, padding)


def _matrix_sizes(x: Value) -> tuple[int, int]:
    sizes = x.shape[-2:] if x.shape is not None else (None, None)
    if None in sizes:
        raise NeedsFullShapes("the size of the matrices must be known")
    return sizes  # type: ignore[return-value]


@converts("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3")
def _matrix_diag_part(
    b: Builder, op: Operation, x: Value, k: Value | None = None, padding: Value | None = None
) -> Value:
    _need_rank(op, "input", x, 2)
    lower, upper = _bounds(b, k)
    if lower == upper == 0 and (x.shape is None or None in x.shape[-2:]):
        return _main_diagonal(b, x)
    rows, columns = _matrix_sizes(x)
    _check_inside(rows, columns, lower, upper)
    places = band.positions(rows, columns, lower, upper, _align(op))
    padding = b.const(0, x.dtype) if padding is None else padding
    return _taken(b, _flat(b, x, 2), places[0] if lower == upper else places, padding)


def _check_inside(rows: int, columns: int, lower: int, upper: int) -> None:
    try:
        band.check_inside(rows, columns, lower, upper)
    except ValueError as error:
        raise NotConvertible(str(error)) from None


def _main_diagonal(b: Builder, x: Value) -> Value:
    sizes = sizes_of(b, x)
    rows, columns = (_as_value(b, s) for s in sizes[-2:])
    count = b.Squeeze(b.Min(rows, columns), [0])
    places = b.Mul(b.Range(b.const(0), count, b.const(1)), b.Add(columns, 1))
    return b.Gather(_flat(b, x, 2), places, axis=x.rank - 2)


def _as_value(b: Builder, size: Size) -> Value:
    return b.const([size]) if isinstance(size, int) else size


@converts("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3")
def _matrix_set_diag(b: Builder, op: Operation, x: Value, diagonal: Value, k: Value | None = None) -> Value:
    _need_rank(op, "input", x, 2)
    _need_rank(op, "diagonal", diagonal, 1)
    lower, upper = _bounds(b, k)
    if lower == upper == 0 and (x.shape is None or None in x.shape[-2:]):
        return _with_main_diagonal(b, x, diagonal)
    rows, columns = _matrix_sizes(x)
    _check_inside(rows, columns, lower, upper)
    trailing = 1 if lower == upper else 2
    length = band.longest(rows, columns, lower, upper)
    if (diagonal.shape or ())[-1:] != (length,) or diagonal.rank != x.rank - 2 + trailing:
        raise NotConvertible(f"diagonals of shape {diagonal.shape} in matrices of {rows} x {columns}")
    places = band.inverse_positions(rows, columns, lower, upper, _align(op))
    return _taken(b, _flat(b, diagonal, trailing), places, x)


def _with_main_diagonal(b: Builder, x: Value, diagonal: Value) -> Value:
    """Matrices of unknown size: the diagonal, made as long as there are rows, where row and column are equal."""
    rows, columns = (_as_value(b, s) for s in sizes_of(b, x)[-2:])
    length = _as_value(b, sizes_of(b, diagonal)[-1])
    fits = b.Equal(length, b.Min(rows, columns))
    length = require(b, b.Squeeze(fits, [0]), length)
    longer = pad(b, diagonal, diagonal.rank, [diagonal.rank - 1], [0], [1])
    down, across = (b.Range(b.const(0), b.Squeeze(s, [0]), b.const(1)) for s in (rows, columns))
    values = b.Gather(longer, b.Min(down, length), axis=diagonal.rank - 1)
    return b.Where(b.Equal(b.Unsqueeze(down, [1]), across), b.Unsqueeze(values, [-1]), x)


@converts("MatrixBandPart")
def _matrix_band_part(b: Builder, op: Operation, x: Value, lower: Value, upper: Value) -> Value:
    known = lower.const is not None and upper.const is not None
    zero = b.const(0, x.dtype)
    sizes = x.shape[-2:] if x.shape is not None else (None, None)
    if known and None not in sizes and math.prod(sizes) <= _SMALL:  # type: ignore[arg-type]
        below = np.arange(sizes[0])[:, None] - np.arange(sizes[1])  # type: ignore[arg-type]
        low, high = int(lower.const), int(upper.const)  # type: ignore[arg-type]
        if low > sizes[0] or high > sizes[1]:  # type: ignore[operator]
            raise NotConvertible(f"a band of {low} and {high} diagonals in matrices of {sizes[0]} x {sizes[1]}")
        kept = ((low < 0) | (below <= low)) & ((high < 0) | (-below <= high))
        return b.Where(b.const(kept), x, zero)
    limits = sizes_of(b, x)[-2:]
    rows, columns = (_range(b, s) for s in limits)
    distance = b.Sub(b.Unsqueeze(rows, [1]), columns)
    wide = [_at_most(b, b.int64(v), s) for v, s in zip((lower, upper), limits, strict=True)]
    masks = [
        b.Or(b.Less(limit, 0), b.LessOrEqual(d, limit))
        for limit, d in zip(wide, (distance, b.Neg(distance)), strict=True)
    ]
    return b.Where(b.And(*masks), x, zero)


def _at_most(b: Builder, number: Value, size: Size) -> Value:
    """`number`, in a run in which it is not above `size`."""
    if number.const is not None and (number.const <= 0 or isinstance(size, int) and number.const <= size):
        return number
    whole = b.Reshape(number, [1])
    return require(b, b.Squeeze(b.LessOrEqual(whole, _as_value(b, size)), [0]), whole)


def _range(b: Builder, size: Size) -> Value:
    count = b.const(size) if isinstance(size, int) else b.Squeeze(size, [0])
    return b.Range(b.const(0), count, b.const(1))


@converts("Diag")
def _diag(b: Builder, op: Operation, x: Value) -> Value:
    sizes = sizes_of(b, x)
    flat = b.Reshape(x, [-1])
    matrix = b.Where(_equal_positions(b, flat), b.Unsqueeze(flat, [-1]), b.const(0, x.dtype))
    return reshape(b, matrix, [*sizes, *sizes])


@converts("DiagPart")
def _diag_part(b: Builder, op: Operation, x: Value) -> Value:
    sizes = sizes_of(b, x)
    half = x.rank // 2
    pairs = zip(sizes[:half], sizes[half:], strict=True)
    if any(isinstance(p, int) and isinstance(q, int) and p != q for p, q in pairs):
        raise NotConvertible(f"the halves of the shape {x.shape} differ")
    total = product(b, sizes[:half])
    square = reshape(b, x, [total, total])
    return reshape(b, _main_diagonal(b, square), sizes[:half])
