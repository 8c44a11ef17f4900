"""The incomplete gamma functions, the derivative by their first argument, and the incomplete beta function."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.special.gamma import digamma, lgamma
from tfcompat.graph.special.pieces import Array, by_region, repeat

_EPSILON = 2.0**-53
_MOST_STEPS = 20000
_SMALLEST = 1e-300


def _gamma_series(a: Array, x: Array) -> tuple[Array, Array]:
    """sum x^n / ((a + 1) ... (a + n)) over n >= 0, and its derivative by a."""

    def going(n: int, term: Array, total: Array, slope_term: Array, slope: Array) -> Array:
        return (term > total * _EPSILON) | (np.abs(slope_term) > np.abs(slope) * _EPSILON)

    def step(n: int, term: Array, total: Array, slope_term: Array, slope: Array) -> tuple[Array, ...]:
        slope_term = (slope_term - term / (a + n)) * x / (a + n)
        term = term * x / (a + n)
        return term, total + term, slope_term, slope + slope_term

    one, zero = np.ones_like(x), np.zeros_like(x)
    _, total, _, slope = repeat(going, step, (one, one, zero, zero), _MOST_STEPS, start=1)
    return total, slope


def _gamma_fraction(a: Array, x: Array) -> tuple[Array, Array]:
    """The continued fraction h of the upper function, exp(-x) x^a h / gamma(a), and its derivative by a.

    By Lentz's method; d and c are its two recurrences, each with its derivative.
    """

    def step(n: int, b: Array, c: Array, dc: Array, d: Array, dd: Array, h: Array, dh: Array, going: Array) -> Any:
        an, dan = -n * (n - a), n
        b = b + 2
        inverse, dinverse = an * d + b, dan * d + an * dd - 1
        inverse = np.where(inverse == 0, _SMALLEST, inverse)
        d = 1 / inverse
        dd = -dinverse * d * d
        new_c = b + an / c
        dc = -1 + dan / c - an * dc / (c * c)
        c = np.where(new_c == 0, _SMALLEST, new_c)
        factor, dfactor = c * d, dc * d + c * dd
        dh = np.where(going, dh * factor + h * dfactor, dh)
        h = np.where(going, h * factor, h)
        more = (np.abs(factor - 1) > _EPSILON * 2) | (np.abs(h * dfactor) > _EPSILON * np.abs(dh) + _SMALLEST)
        return b, c, dc, d, dd, h, dh, going & more

    b = x + 1 - a
    d = 1 / b
    start = (b, np.full_like(x, 1 / _SMALLEST), np.zeros_like(x), d, d * d, d, d * d, x == x)
    *_, h, dh, _ = repeat(lambda n, *state: state[-1], step, start, _MOST_STEPS, start=1)
    return h, dh


def _upper_by_fraction(a: Array, x: Array) -> tuple[Array, Array]:
    """Q(a, x) and its derivative by a, for x > 1 and x > a."""
    log_x = np.log(x)
    factor = np.exp(a * log_x - x - lgamma(a))
    h, dh = _gamma_fraction(a, x)
    return factor * h, factor * (dh + h * (log_x - digamma(a)))


def _lower_by_series(a: Array, x: Array) -> tuple[Array, Array]:
    """P(a, x) and its derivative by a, for x <= 1 or x <= a."""
    log_x = np.log(x)
    factor = np.exp(a * log_x - x - lgamma(a + 1))
    total, slope = _gamma_series(a, x)
    return factor * total, factor * (slope + total * (log_x - digamma(a + 1)))


def _inside(a: Array, x: Array) -> tuple[Array, Array]:
    """Where the fraction and where the series is used; neither outside the domain."""
    inside = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    fraction = inside & (x > 1) & (x > a)
    return fraction, inside & ~fraction


def igamma(a: Array, x: Array) -> Array:
    """P(a, x): 0 at x = 0, 1 at infinite x, 0 at infinite a; NaN for negative x or a <= 0."""
    a, x = np.broadcast_arrays(a, x)
    fraction, rest = _inside(a, x)
    out = by_region(
        (a, x),
        (fraction, lambda a, x: 1 - _upper_by_fraction(a, x)[0]),
        (rest, lambda a, x: _lower_by_series(a, x)[0]),
    )
    out = np.where(np.isinf(x) & (a > 0) & np.isfinite(a), 1.0, out)
    out = np.where(np.isposinf(a) & (x >= 0), 0.0, out)
    return np.where(x == 0, 0.0, out)


def igammac(a: Array, x: Array) -> Array:
    """Q(a, x) = 1 - P(a, x), without loss where it is small."""
    a, x = np.broadcast_arrays(a, x)
    fraction, rest = _inside(a, x)
    out = by_region(
        (a, x),
        (fraction, lambda a, x: _upper_by_fraction(a, x)[0]),
        (rest, lambda a, x: 1 - _lower_by_series(a, x)[0]),
    )
    out = np.where(np.isposinf(a) & (x >= 0), 1.0, out)
    out = np.where(np.isinf(x) & (a > 0), 0.0, out)
    return np.where((x == 0) & (a > 0), 1.0, out)


def igamma_grad_a(a: Array, x: Array) -> Array:
    """The derivative of P(a, x) by a."""
    a, x = np.broadcast_arrays(a, x)
    fraction, rest = _inside(a, x)
    out = by_region(
        (a, x),
        (fraction, lambda a, x: -_upper_by_fraction(a, x)[1]),
        (rest, lambda a, x: _lower_by_series(a, x)[1]),
    )
    return np.where(x == 0, 0.0, out)


def _beta_fraction(a: Array, b: Array, x: Array) -> Array:
    """The continued fraction of the incomplete beta function, for x < (a + 1) / (a + b + 2)."""
    total = a + b

    def step(m: int, c: Array, d: Array, h: Array, going: Array) -> tuple[Array, ...]:
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (total + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / np.where(np.abs(d) < _SMALLEST, _SMALLEST, d)
            c = 1 + numerator / c
            c = np.where(np.abs(c) < _SMALLEST, _SMALLEST, c)
            h = np.where(going, h * (c * d), h)
        return c, d, h, going & (np.abs(c * d - 1) > _EPSILON * 2)

    d = 1 - total * x / (a + 1)
    d = 1 / np.where(np.abs(d) < _SMALLEST, _SMALLEST, d)
    _, _, h, _ = repeat(lambda m, c, d, h, going: going, step, (np.ones_like(x), d, d, x == x), _MOST_STEPS, start=1)
    return h


def _beta_inside(a: Array, b: Array, x: Array) -> Array:
    """By the fraction, of the complement where it converges faster there."""
    flip = x >= (a + 1) / (a + b + 2)
    first, second, at = np.where(flip, b, a), np.where(flip, a, b), np.where(flip, 1 - x, x)
    log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
    value = np.exp(a * np.log(x) + b * np.log1p(-x) - log_beta) / first * _beta_fraction(first, second, at)
    return np.where(flip, 1 - value, value)


def betainc(a: Array, b: Array, x: Array) -> Array:
    """The regularised incomplete beta function; NaN unless a > 0, b > 0 and 0 <= x <= 1."""
    a, b, x = np.broadcast_arrays(a, b, x)
    domain = (a > 0) & (b > 0)
    inside = domain & (x > 0) & (x < 1) & np.isfinite(a) & np.isfinite(b)
    out = by_region((a, b, x), (inside, _beta_inside), stand_in=0.5)
    out = np.where(domain & (x == 0), 0.0, out)
    return np.where(domain & (x == 1), 1.0, out)
