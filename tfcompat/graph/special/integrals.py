"""Dawson's, Fresnel's and exponential integrals, and the dilogarithm."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.special.pieces import Array, by_region, series


def dawsn(x: Array) -> Array:
    """exp(-x^2) times the integral of exp(t^2) from 0 to x."""
    size = np.abs(x)
    value = by_region(
        size,
        (size <= 5, lambda v: v * series("dawsn", v * v)),
        (size > 5, lambda v: series("dawsn_far", 1 / (v * v)) / (2 * v)),
    )
    return np.copysign(value, x)


def expint(x: Array) -> Array:
    """Ei(x) for x >= 0; -inf at 0, NaN below and at infinity."""
    return by_region(
        x,
        (x == 0, lambda v: np.full_like(v, -np.inf)),
        ((x > 0) & (x <= 6), lambda v: series("expint", v) + np.log(v)),
        ((x > 6) & np.isfinite(x), lambda v: series("expint_far", 1 / v) * np.exp(v) / v),
    )


def _fresnel(x: Array, which: str) -> Array:
    size = np.abs(x)

    def near(v: Array) -> Array:
        fourth = (v * v) ** 2
        return v * series("fresnel_c", fourth) if which == "cos" else v * v * v * series("fresnel_s", fourth)

    def far(v: Array) -> Array:
        u = 1 / (v * v) ** 2
        f = series("fresnel_f", u) / (np.pi * v)
        g = series("fresnel_g", u) / (np.pi * np.pi * v * v * v)
        angle = np.pi / 2 * np.mod(v * v, 4)
        if which == "cos":
            return 0.5 + f * np.sin(angle) - g * np.cos(angle)
        return 0.5 - f * np.cos(angle) - g * np.sin(angle)

    huge = size > 1e16
    value = by_region(size, (size <= 2, near), ((size > 2) & ~huge, far), (huge, lambda v: np.full_like(v, 0.5)))
    return np.copysign(value, x)


def fresnel_cos(x: Array) -> Array:
    """The integral of cos(pi / 2 t^2) from 0 to x."""
    return _fresnel(x, "cos")


def fresnel_sin(x: Array) -> Array:
    """The integral of sin(pi / 2 t^2) from 0 to x."""
    return _fresnel(x, "sin")


def _spence_middle(x: Array) -> Array:
    return (1 - x) * series("spence", x)


def _spence_small(x: Array) -> Array:
    """x < 1/2, by the reflection between x and 1 - x."""
    logs = np.where(x == 0, 0.0, np.log(np.where(x == 0, 1.0, x)) * np.log1p(-x))
    return np.pi**2 / 6 - logs - _spence_middle(1 - x)


def spence(x: Array) -> Array:
    """The integral of log(t) / (1 - t) from 1 to x; NaN below 0 and at infinity."""

    def large(v: Array) -> Array:
        """By the inversion between x and 1 / x."""
        logs = np.log(v)
        return -0.5 * logs * logs - _spence_small(1 / v)

    return by_region(
        x,
        ((x >= 0) & (x < 0.5), _spence_small),
        ((x >= 0.5) & (x <= 2), _spence_middle),
        ((x > 2) & np.isfinite(x), large),
    )
