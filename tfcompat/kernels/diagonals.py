"""Host kernels of diagonals and bands of matrices."""

from __future__ import annotations

import math

import numpy as np

from tfcompat.graph import band
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

_MAIN = np.zeros((), np.int32)


def _align(k: KernelContext) -> str:
    return k.attr("align").decode() if "align" in k.op.attrs else "LEFT_LEFT"


def _bounds(
    k: KernelContext, diagonals: np.ndarray, rows: int | None = None, columns: int | None = None
) -> tuple[int, int]:
    try:
        lower, upper = band.bounds(diagonals)
        if rows is not None and columns is not None:
            band.check_inside(rows, columns, lower, upper)
    except ValueError as error:
        raise InvalidArgumentError(None, k.op, str(error)) from None
    return lower, upper


@kernel("MatrixDiag")
def _matrix_diag(k: KernelContext, diagonal: np.ndarray) -> np.ndarray:
    return _made(k, diagonal, 0, 0, -1, -1, np.zeros((), diagonal.dtype))


@kernel("MatrixDiagV2", "MatrixDiagV3")
def _matrix_diag_v3(
    k: KernelContext,
    diagonal: np.ndarray,
    diagonals: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    padding: np.ndarray,
) -> np.ndarray:
    lower, upper = _bounds(k, diagonals)
    return _made(k, diagonal, lower, upper, int(rows), int(columns), padding)


def _made(
    k: KernelContext, diagonal: np.ndarray, lower: int, upper: int, rows: int, columns: int, padding: np.ndarray
) -> np.ndarray:
    try:
        rows, columns = band.matrix_size(diagonal.shape[-1], lower, upper, rows, columns)
    except ValueError as error:
        raise InvalidArgumentError(None, k.op, str(error)) from None
    batch = diagonal.shape[:-1] if lower == upper else diagonal.shape[:-2]
    places = band.inverse_positions(rows, columns, lower, upper, _align(k))
    return _taken(diagonal.reshape(*batch, math.prod(diagonal.shape[len(batch) :])), places, padding)


def _taken(flat: np.ndarray, places: np.ndarray, padding: np.ndarray) -> np.ndarray:
    """Elements of the last dimension of `flat` at `places`; `padding` where these are -1."""
    if flat.shape[-1] == 0:
        return np.full((*flat.shape[:-1], *places.shape), padding[()], flat.dtype)
    found = np.take(flat, np.maximum(places, 0), -1)
    return np.where(places >= 0, found, padding).astype(flat.dtype)


@kernel("MatrixDiagPart")
def _matrix_diag_part(k: KernelContext, x: np.ndarray) -> np.ndarray:
    return _parts(k, x, _MAIN, np.zeros((), x.dtype))


@kernel("MatrixDiagPartV2", "MatrixDiagPartV3")
def _parts(k: KernelContext, x: np.ndarray, diagonals: np.ndarray, padding: np.ndarray) -> np.ndarray:
    rows, columns = x.shape[-2:]
    lower, upper = _bounds(k, diagonals, rows, columns)
    places = band.positions(rows, columns, lower, upper, _align(k))
    return _taken(x.reshape(*x.shape[:-2], rows * columns), places[0] if lower == upper else places, padding)


@kernel("MatrixSetDiag")
def _matrix_set_diag(k: KernelContext, x: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    return _set(k, x, diagonal, _MAIN)


@kernel("MatrixSetDiagV2", "MatrixSetDiagV3")
def _set(k: KernelContext, x: np.ndarray, diagonal: np.ndarray, diagonals: np.ndarray) -> np.ndarray:
    rows, columns = x.shape[-2:]
    lower, upper = _bounds(k, diagonals, rows, columns)
    stored = band.positions(rows, columns, lower, upper, _align(k))
    expected = x.shape[:-2] + (stored.shape[1:] if lower == upper else stored.shape)
    if diagonal.shape != expected:
        raise InvalidArgumentError(
            None,
            k.op,
            "Either first dimensions of diagonal don't match input.shape[:-2], or "
            "diagonal.shape[:-1] is not equal to the longests diagonal in range "
            f"[lower_diag_index:upper_diag_index].\nInput shape: [{_sizes(x.shape)}]\n"
            f"Diagonal shape: [{_sizes(diagonal.shape)}]\n"
            f"Expected diagonal shape: [{_sizes(expected)}]",
        )
    out = x.reshape(*x.shape[:-2], rows * columns).copy()
    places = stored.reshape(-1)
    out[..., places[places >= 0]] = diagonal.reshape(*x.shape[:-2], -1)[..., places >= 0]
    return out.reshape(x.shape)


def _sizes(shape: tuple[int, ...]) -> str:
    return ",".join(map(str, shape))


@kernel("MatrixBandPart")
def _matrix_band_part(k: KernelContext, x: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    rows, columns = x.shape[-2:]
    if int(lower) > rows or int(upper) > columns:
        which, value, size = ("lower", lower, rows) if int(lower) > rows else ("upper", upper, columns)
        raise InvalidArgumentError(
            None,
            k.op,
            f"num_{which} must be negative or less or equal to number of "
            f"{'rows' if which == 'lower' else 'columns'} ({size}) got: {int(value)}",
        )
    below = np.arange(rows)[:, None] - np.arange(columns)
    kept = ((int(lower) < 0) | (below <= int(lower))) & ((int(upper) < 0) | (-below <= int(upper)))
    return np.where(kept, x, np.zeros((), x.dtype)).astype(x.dtype)


@kernel("Diag")
def _diag(k: KernelContext, x: np.ndarray) -> np.ndarray:
    out = np.zeros((x.size, x.size), x.dtype)
    np.fill_diagonal(out, x.reshape(-1))
    return out.reshape(x.shape + x.shape)


@kernel("DiagPart")
def _diag_part(k: KernelContext, x: np.ndarray) -> np.ndarray:
    half = x.ndim // 2
    if x.ndim % 2 or x.shape[:half] != x.shape[half:]:
        raise InvalidArgumentError(None, k.op, f"Both halves of the shape must be equal, got {list(x.shape)}")
    size = math.prod(x.shape[:half])
    return np.diagonal(x.reshape(size, size)).reshape(x.shape[:half]).copy()
