"""Functions given piece by piece as Chebyshev series; see `scripts/make_special_tables.py` for what they are."""

from __future__ import annotations

import functools
import json
import pathlib

import numpy as np

Array = np.ndarray

_TABLES = pathlib.Path(__file__).with_name("tables.json")


@functools.cache
def _pieces(name: str) -> list[tuple[float, float, list[float]]]:
    return [(low, high, coefficients) for low, high, coefficients in _tables()[name]]


@functools.cache
def _tables() -> dict[str, list[list]]:
    return json.loads(_TABLES.read_text())  # type: ignore[no-any-return]


def series(name: str, u: Array) -> Array:
    """The function `name` at `u`, float64; outside its pieces the nearest one continues."""
    pieces = _pieces(name)
    if len(pieces) == 1:
        return _clenshaw(pieces[0], u)
    out = np.empty_like(u)
    ends = [high for _, high, _ in pieces[:-1]]
    which = np.searchsorted(ends, u, side="right")
    for index, piece in enumerate(pieces):
        chosen = which == index
        if chosen.any():
            out[chosen] = _clenshaw(piece, u[chosen])
    return out


def _clenshaw(piece: tuple[float, float, list[float]], u: Array) -> Array:
    low, high, coefficients = piece
    t = (2 * u - (low + high)) / (high - low)
    twice = 2 * t
    previous, current = np.zeros_like(t), np.zeros_like(t)
    for coefficient in reversed(coefficients[1:]):
        previous, current = current, twice * current - previous + coefficient
    return t * current - previous + coefficients[0] / 2


def by_region(x: Array, *regions: tuple[Array, object]) -> Array:
    """Fills an array from (mask, function of the chosen elements) pairs; elements in no region are NaN."""
    out = np.full(x.shape, np.nan)
    for mask, function in regions:
        if mask.any():
            out[mask] = function(x[mask])  # type: ignore[operator]
    return out
