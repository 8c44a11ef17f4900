"""Bessel functions of orders 0 and 1."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.special.pieces import Array, by_region, series

_TWO_OVER_PI = 0.6366197723675814


def _scaled_first_kind(x: Array, order: int) -> Array:
    """exp(-|x|) I(|x|)."""
    size = np.abs(x)

    def near(v: Array) -> Array:
        return series("i0e", v) if order == 0 else v * series("i1e", v)

    def far(v: Array) -> Array:
        return series(f"i{order}e_far", 1 / v) / np.sqrt(v)

    return by_region(size, (size <= 8, near), (size > 8, far))


def i0e(x: Array) -> Array:
    """exp(-|x|) I0(x)."""
    return _scaled_first_kind(x, 0)


def i1e(x: Array) -> Array:
    """exp(-|x|) I1(x)."""
    return np.copysign(_scaled_first_kind(x, 1), x)


def i0(x: Array) -> Array:
    """I0(x), the modified function of the first kind."""
    return np.exp(np.abs(x)) * i0e(x)


def i1(x: Array) -> Array:
    """I1(x)."""
    return np.exp(np.abs(x)) * i1e(x)


def _waves(x: Array, order: int) -> tuple[Array, Array]:
    """(J, Y) for x > 8."""
    u = 1 / (x * x)
    amplitude = np.sqrt(_TWO_OVER_PI / x)
    p, q = series(f"p{order}", u), series(f"q{order}", u) / x
    # cos and sin of x - pi / 4 (order 1: x - 3 pi / 4), without rounding the shift
    cosine, sine = np.cos(x), np.sin(x)
    shifted_cos, shifted_sin = ((cosine + sine), (sine - cosine)) if order == 0 else ((sine - cosine), -(cosine + sine))
    shifted_cos, shifted_sin = shifted_cos * np.sqrt(0.5), shifted_sin * np.sqrt(0.5)
    return (amplitude * (p * shifted_cos - q * shifted_sin), amplitude * (p * shifted_sin + q * shifted_cos))


def _j(x: Array, order: int) -> Array:
    size = np.abs(x)

    def near(v: Array) -> Array:
        return series("j0", v * v) if order == 0 else v * series("j1", v * v)

    return by_region(size, (size <= 8, near), ((size > 8) & np.isfinite(size), lambda v: _waves(v, order)[0]))


def j0(x: Array) -> Array:
    """J0(x), the function of the first kind."""
    return _j(x, 0)


def j1(x: Array) -> Array:
    """J1(x)."""
    return np.where(x < 0, -1.0, 1.0) * _j(x, 1)


def _y(x: Array, order: int) -> Array:
    def near(v: Array) -> Array:
        regular = series(f"y{order}", v * v)
        if order == 0:
            return regular + _TWO_OVER_PI * np.log(v) * j0(v)
        return v * regular + _TWO_OVER_PI * (np.log(v) * j1(v) - 1 / v)

    return by_region(
        x,
        (x <= 0, lambda v: np.full_like(v, -np.inf)),
        ((x > 0) & (x <= 8), near),
        ((x > 8) & np.isfinite(x), lambda v: _waves(v, order)[1]),
    )


def y0(x: Array) -> Array:
    """Y0(x), the function of the second kind; -inf up to 0."""
    return _y(x, 0)


def y1(x: Array) -> Array:
    """Y1(x); -inf up to 0."""
    return _y(x, 1)


def _ke(x: Array, order: int) -> Array:
    """exp(x) K(x)."""

    def near(v: Array) -> Array:
        regular = series(f"k{order}", v * v)
        if order == 0:
            return np.exp(v) * (regular - np.log(v / 2) * i0(v))
        return np.exp(v) * (regular / v + np.log(v / 2) * i1(v))

    return by_region(
        x,
        (x <= 0, lambda v: np.full_like(v, np.inf)),
        ((x > 0) & (x <= 2), near),
        (x > 2, lambda v: series(f"k{order}e_far", 1 / v) / np.sqrt(v)),
    )


def k0e(x: Array) -> Array:
    """exp(x) K0(x); inf up to 0."""
    return _ke(x, 0)


def k1e(x: Array) -> Array:
    """exp(x) K1(x); inf up to 0."""
    return _ke(x, 1)


def k0(x: Array) -> Array:
    """K0(x), the modified function of the second kind; inf up to 0."""
    return np.where(x <= 0, np.inf, np.exp(-x) * k0e(x))


def k1(x: Array) -> Array:
    """K1(x); inf up to 0."""
    return np.where(x <= 0, np.inf, np.exp(-x) * k1e(x))
