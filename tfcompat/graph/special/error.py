"""The error function, its complement, and their inverses."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.special.pieces import Array, by_region, series

_SQRT_HALF = 0.7071067811865476


def exp_minus_square(x: Array) -> Array:
    """exp(-x^2), with x^2 split so that its rounding does not show in the result."""
    coarse = np.round(x * 16) / 16
    coarse = np.where(np.isfinite(coarse), coarse, 0.0)
    return np.where(np.isinf(x), 0.0, np.exp(-coarse * coarse) * np.exp(-(x - coarse) * (x + coarse)))


def _erfc_positive(x: Array) -> Array:
    t = np.where(np.isinf(x), 1.0, (x - 3.75) / (x + 3.75))
    return exp_minus_square(x) * series("erfcx", t)


def erf(x: Array) -> Array:
    """2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""
    size = np.abs(x)
    small = by_region(
        size, (size <= 1, lambda v: v * series("erf", v * v)), (size > 1, lambda v: 1 - _erfc_positive(v))
    )
    return np.copysign(small, x)


def erfc(x: Array) -> Array:
    """1 - erf(x), without loss for large x."""
    return by_region(
        x,
        (np.abs(x) <= 0.5, lambda v: 1 - v * series("erf", v * v)),
        (x > 0.5, _erfc_positive),
        (x < -0.5, lambda v: 2 - _erfc_positive(-v)),
    )


def _tail_quantile(q: Array) -> Array:
    """z with P(Z > z) = q for the normal distribution, 0 < q <= 1/2; one Newton step on the logarithm."""
    z = series("ndtri", np.sqrt(-2 * np.log(q)))
    tail = erfc(z * _SQRT_HALF) / 2
    usable = tail > 0
    ratio = np.where(usable, tail / q, 1.0)
    density = exp_minus_square(z * _SQRT_HALF) / np.sqrt(2 * np.pi)
    step = np.where(usable & (density > 0), np.log(ratio) * tail / np.where(density > 0, density, 1.0), 0.0)
    return z + step


def ndtri(p: Array) -> Array:
    """The inverse of the normal distribution function; -inf at 0, inf at 1, NaN outside."""
    middle = (p > 0.25) & (p < 0.75)
    return by_region(
        p,
        (p == 0, lambda v: np.full_like(v, -np.inf)),
        (p == 1, lambda v: np.full_like(v, np.inf)),
        (middle, lambda v: erfinv(2 * v - 1) / _SQRT_HALF),
        ((p > 0) & (p <= 0.25), lambda v: -_tail_quantile(v)),
        ((p >= 0.75) & (p < 1), lambda v: _tail_quantile(1 - v)),
    )


def erfinv(x: Array) -> Array:
    """The inverse of erf; infinite at -1 and 1, NaN outside."""
    size = np.abs(x)
    positive = by_region(
        size,
        (size <= 0.5, lambda v: v * series("erfinv", v * v)),
        ((size > 0.5) & (size < 1), lambda v: _tail_quantile((1 - v) / 2) * _SQRT_HALF),
        (size == 1, lambda v: np.full_like(v, np.inf)),
    )
    return np.copysign(positive, x)
