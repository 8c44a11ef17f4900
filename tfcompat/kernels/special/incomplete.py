"""The incomplete gamma functions, the derivative by their first argument, and the incomplete beta function."""

from __future__ import annotations

import numpy as np

from tfcompat.kernels.special.gamma import digamma, lgamma

Array = np.ndarray

_EPSILON = 2.0**-53
_MOST_STEPS = 20000
_SMALLEST = 1e-300


def _gamma_series(a: Array, x: Array) -> tuple[Array, Array]:
    """sum x^n / ((a + 1) ... (a + n)) over n >= 0, and its derivative by a."""
    term, total = np.ones_like(x), np.ones_like(x)
    slope_term, slope = np.zeros_like(x), np.zeros_like(x)
    for n in range(1, _MOST_STEPS):
        slope_term = (slope_term - term / (a + n)) * x / (a + n)
        term = term * x / (a + n)
        total, slope = total + term, slope + slope_term
        if (term <= total * _EPSILON).all() and (np.abs(slope_term) <= np.abs(slope) * _EPSILON).all():
            break
    return total, slope


def _gamma_fraction(a: Array, x: Array) -> tuple[Array, Array]:
    """The continued fraction h of the upper function, exp(-x) x^a h / gamma(a), and its derivative by a.

    By Lentz's method; d and c are its two recurrences, each with its derivative.
    """
    b = x + 1 - a
    c, dc = np.full_like(x, 1 / _SMALLEST), np.zeros_like(x)
    d = 1 / b
    dd = d * d
    h, dh, going = d.copy(), dd.copy(), np.ones(x.shape, bool)
    for n in range(1, _MOST_STEPS):
        an, dan = -n * (n - a), np.full_like(a, float(n))
        b = b + 2
        inverse, dinverse = an * d + b, dan * d + an * dd - 1
        inverse = np.where(inverse == 0, _SMALLEST, inverse)
        d = 1 / inverse
        dd = -dinverse * d * d
        new_c = b + an / c
        dc = -1 + dan / c - an * dc / (c * c)
        c = np.where(new_c == 0, _SMALLEST, new_c)
        step, dstep = c * d, dc * d + c * dd
        dh = np.where(going, dh * step + h * dstep, dh)
        h = np.where(going, h * step, h)
        going &= (np.abs(step - 1) > _EPSILON * 2) | (np.abs(h * dstep) > _EPSILON * np.abs(dh) + _SMALLEST)
        if not going.any():
            break
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


def _regions(a: Array, x: Array) -> tuple[Array, Array, Array]:
    """Where the arguments are in the domain, and there where the fraction and where the series is used."""
    inside = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    fraction = inside & (x > 1) & (x > a)
    return inside, fraction, inside & ~fraction


def _lower_and_slope(a: Array, x: Array) -> tuple[Array, Array, Array]:
    """P, Q and the derivative of P by a inside the domain; NaN outside."""
    lower, upper, slope = (np.full(a.shape, np.nan) for _ in range(3))
    _, fraction, rest = _regions(a, x)
    if fraction.any():
        upper[fraction], derivative = _upper_by_fraction(a[fraction], x[fraction])
        lower[fraction], slope[fraction] = 1 - upper[fraction], -derivative
    if rest.any():
        lower[rest], slope[rest] = _lower_by_series(a[rest], x[rest])
        upper[rest] = 1 - lower[rest]
    return lower, upper, slope


def igamma(a: Array, x: Array) -> Array:
    """P(a, x): 0 at x = 0, 1 at infinite x, 0 at infinite a; NaN for negative x or a <= 0."""
    a, x = np.broadcast_arrays(a, x)
    out = _lower_and_slope(a, x)[0]
    out = np.where(np.isinf(x) & (a > 0) & np.isfinite(a), 1.0, out)
    out = np.where(np.isposinf(a) & (x >= 0), 0.0, out)
    return np.where(x == 0, 0.0, out)


def igammac(a: Array, x: Array) -> Array:
    """Q(a, x) = 1 - P(a, x), without loss where it is small."""
    a, x = np.broadcast_arrays(a, x)
    out = _lower_and_slope(a, x)[1]
    out = np.where(np.isposinf(a) & (x >= 0), 1.0, out)
    out = np.where(np.isinf(x) & (a > 0), 0.0, out)
    return np.where((x == 0) & (a > 0), 1.0, out)


def igamma_grad_a(a: Array, x: Array) -> Array:
    """The derivative of P(a, x) by a."""
    a, x = np.broadcast_arrays(a, x)
    return np.where(x == 0, 0.0, _lower_and_slope(a, x)[2])


def _beta_fraction(a: Array, b: Array, x: Array) -> Array:
    """The continued fraction of the incomplete beta function, for x < (a + 1) / (a + b + 2)."""
    total = a + b
    c, d = np.ones_like(x), 1 - total * x / (a + 1)
    d = 1 / np.where(np.abs(d) < _SMALLEST, _SMALLEST, d)
    h, going = d.copy(), np.ones(x.shape, bool)
    for m in range(1, _MOST_STEPS):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (total + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / np.where(np.abs(d) < _SMALLEST, _SMALLEST, d)
            c = 1 + numerator / c
            c = np.where(np.abs(c) < _SMALLEST, _SMALLEST, c)
            step = c * d
            h = np.where(going, h * step, h)
        going &= np.abs(step - 1) > _EPSILON * 2
        if not going.any():
            break
    return h


def betainc(a: Array, b: Array, x: Array) -> Array:
    """The regularised incomplete beta function; NaN unless a > 0, b > 0 and 0 <= x <= 1."""
    a, b, x = np.broadcast_arrays(a, b, x)
    out = np.full(a.shape, np.nan)
    domain = (a > 0) & (b > 0)
    inside = domain & (x > 0) & (x < 1) & np.isfinite(a) & np.isfinite(b)
    if inside.any():
        p, q, v = a[inside], b[inside], x[inside]
        flip = v >= (p + 1) / (p + q + 2)
        first, second, at = np.where(flip, q, p), np.where(flip, p, q), np.where(flip, 1 - v, v)
        log_beta = lgamma(p) + lgamma(q) - lgamma(p + q)
        factor = np.exp(p * np.log(v) + q * np.log1p(-v) - log_beta) / first
        value = factor * _beta_fraction(first, second, at)
        out[inside] = np.where(flip, 1 - value, value)
    out[domain & (x == 0)] = 0.0
    out[domain & (x == 1)] = 1.0
    return out
