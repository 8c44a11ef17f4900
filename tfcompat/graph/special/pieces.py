"""What the formulas of special functions are made of: regions, series and loops.

The formulas are written once and run twice: on arrays of float64 by the host kernels, and on `Formula` objects that
write ONNX nodes, for files. Between these parts they use operators and numpy's functions only.
"""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""An array of float64 or bool, or a `Formula`."""

_TABLES = pathlib.Path(__file__).with_name("tables.json")

Piece = tuple[float, float, list[float]]
"""low, high, coefficients of a Chebyshev series; see `scripts/make_special_tables.py` for what they are."""


class Formula:
    """What stands for an array while a formula is written down; numpy's functions take it."""

    def by_region(self, args: Sequence[Any], regions: Sequence[Any], stand_in: float) -> Any:
        """See `by_region`."""
        raise NotImplementedError

    def series(self, pieces: Sequence[Piece]) -> Any:
        """See `series`."""
        raise NotImplementedError

    def horner(self, coefficients: Sequence[float]) -> Any:
        """See `horner`."""
        raise NotImplementedError

    def repeat(self, going: Any, step: Any, state: Sequence[Any], most: int) -> Any:
        """See `repeat`."""
        raise NotImplementedError


@functools.cache
def _pieces(name: str) -> list[Piece]:
    return [(low, high, coefficients) for low, high, coefficients in _tables()[name]]


@functools.cache
def _tables() -> dict[str, list[list[Any]]]:
    return json.loads(_TABLES.read_text())  # type: ignore[no-any-return]


def series(name: str, u: Array) -> Array:
    """The function `name` of the table at `u`; outside its pieces the nearest one continues."""
    pieces = _pieces(name)
    if isinstance(u, Formula):
        return u.series(pieces)
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


def _clenshaw(piece: Piece, u: np.ndarray) -> np.ndarray:
    low, high, coefficients = piece
    t = (2 * u - (low + high)) / (high - low)
    twice = 2 * t
    previous, current = np.zeros_like(t), np.zeros_like(t)
    for coefficient in reversed(coefficients[1:]):
        previous, current = current, twice * current - previous + coefficient
    return t * current - previous + coefficients[0] / 2


def horner(coefficients: Sequence[float], x: Array) -> Array:
    """The sum of coefficients[k] x^k."""
    if isinstance(x, Formula):
        return x.horner(coefficients)
    out = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        out = out * x + coefficient
    return out


def by_region(
    args: Array | tuple[Array, ...], *regions: tuple[Any, Callable[..., Any]], stand_in: float = 1.0
) -> Array:
    """The values of a function that has several formulas.

    Args:
        args: the argument, or a tuple of arguments of one shape.
        regions: (mask, function of the chosen elements of the arguments) pairs. Elements in no region give NaN.
        stand_in: an argument with which every formula can be computed, whatever comes out.
    """
    args = args if isinstance(args, tuple) else (args,)
    if isinstance(args[0], Formula):
        return args[0].by_region(args, regions, stand_in)
    out = np.full(args[0].shape, np.nan)
    for mask, function in regions:
        if mask.any():
            out[mask] = function(*(a[mask] for a in args))
    return out


def repeat(
    going: Callable[..., Any], step: Callable[..., Any], state: tuple[Array, ...], most: int, start: int = 0
) -> tuple[Array, ...]:
    """`state` after `step`, as long as `going` is true of some element.

    Args:
        going: (n, *state) -> bool array.
        step: (n, *state) -> the state after step n.
        state: arrays of one shape.
        most: the most steps.
        start: the first n.
    """
    if isinstance(state[0], Formula):
        return state[0].repeat(  # type: ignore[no-any-return]
            lambda n, *s: going(n + start, *s), lambda n, *s: step(n + start, *s), state, most
        )
    for n in range(start, start + most):
        if not np.any(going(n, *state)):
            break
        state = step(n, *state)
    return state
