"""The logarithm of the gamma function and its derivatives, and the Hurwitz zeta function."""

from __future__ import annotations

import functools
import math

import numpy as np

from tfcompat.graph.special.pieces import Array, by_region, horner, repeat

_EULER = 0.5772156649015329
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330,
              854513 / 138)  # fmt: skip
_HALF_LOG_TWO_PI = 0.9189385332046727


@functools.cache
def _near_two() -> list[float]:
    """Coefficients of lgamma(2 + w) in powers of w, from w^1 on: (1 - Euler) and (-1)^k (zeta(k) - 1) / k."""
    k = np.arange(2.0, 40.0)
    tails = zeta(k, np.full_like(k, 2.0))
    return [1 - _EULER, *(((-1) ** k) * tails / k).tolist()]


def _lgamma_at_two(w: Array) -> Array:
    """lgamma(2 + w), |w| <= 1/2, exact near its zero."""
    return w * horner(_near_two(), w)


def _lgamma_middle(x: Array) -> Array:
    """lgamma(x), 5/2 < x < 8: moved down to [3/2, 5/2]."""

    def step(n: int, rest: Array, factor: Array) -> tuple[Array, Array]:
        large = rest > 2.5
        rest = np.where(large, rest - 1, rest)
        return rest, np.where(large, factor * rest, factor)

    rest, factor = repeat(lambda n, rest, factor: rest > 2.5, step, (x, np.ones_like(x)), most=6)
    return np.log(factor) + _lgamma_at_two(rest - 2)


def _stirling(x: Array) -> Array:
    """lgamma(x), x >= 8, by Stirling's series."""
    inverse = 1 / x
    term = horner([b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1)], inverse * inverse)
    return np.where(np.isinf(x), np.inf, (x - 0.5) * np.log(x) - x + _HALF_LOG_TWO_PI + term * inverse)


def _lgamma_positive(x: Array) -> Array:
    return by_region(
        x,
        (x < 0.5, lambda v: _lgamma_at_two(v) - np.log1p(v) - np.log(v)),
        ((x >= 0.5) & (x < 1.5), lambda v: _lgamma_at_two(v - 1) - np.log1p(v - 1)),
        ((x >= 1.5) & (x <= 2.5), lambda v: _lgamma_at_two(v - 2)),
        ((x > 2.5) & (x < 8), _lgamma_middle),
        (x >= 8, _stirling),
    )


def _lgamma_negative(x: Array) -> Array:
    """By reflection; infinite at the integers."""
    distance = np.abs(x - np.round(x))
    sine = np.abs(np.sin(np.pi * distance))
    return np.where(distance == 0, np.inf, np.log(np.pi / np.where(sine == 0, 1, sine)) - _lgamma_positive(1 - x))


def lgamma(x: Array) -> Array:
    """log |gamma(x)|."""
    return by_region(
        x,
        (x > 0, _lgamma_positive),
        ((x <= 0) & np.isfinite(x), _lgamma_negative),
        (np.isneginf(x), lambda v: np.full_like(v, np.inf)),
    )


def _digamma_positive(x: Array) -> Array:
    def step(n: int, rest: Array, shift: Array) -> tuple[Array, Array]:
        small = rest < 10
        return np.where(small, rest + 1, rest), np.where(small, shift - 1 / np.where(small, rest, 1), shift)

    rest, shift = repeat(lambda n, rest, shift: rest < 10, step, (x, np.zeros_like(x)), most=10)
    square = 1 / (rest * rest)
    term = square * horner([b / (2 * k) for k, b in enumerate(_BERNOULLI, 1)], square)
    return np.log(rest) - 0.5 / rest - term + shift


def _digamma_negative(x: Array) -> Array:
    """By reflection; NaN at the integers."""
    offset = x - np.round(x)
    tangent = np.tan(np.pi * offset)
    reflected = _digamma_positive(1 - x) - np.pi / np.where(offset == 0, 1, tangent)
    return np.where((offset == 0) | np.isinf(x), np.nan, reflected)


def digamma(x: Array) -> Array:
    """The derivative of lgamma."""
    return by_region(x, (x > 0, _digamma_positive), (x <= 0, _digamma_negative))


_DIRECT_TERMS = 12


def zeta(x: Array, q: Array) -> Array:
    """The sum of (q + n)^-x over n >= 0; x > 1. Infinite at x = 1 and where a term is, NaN where it is not real."""
    x, q = np.broadcast_arrays(x, q)
    pole = (q <= 0) & (q == np.floor(q))
    even = np.isinf(x) | (x / 2 == np.floor(x / 2))
    bad = (x < 1) | np.isnan(x) | np.isnan(q) | ((q < 0) & (x != np.floor(x)))
    safe_q, safe_x = np.where(pole | bad, 1.0, q), np.where(bad | (x == 1), 2.0, x)
    with np.errstate(all="ignore"):
        result = _euler_maclaurin(safe_x, safe_q)
    result = np.where(pole, np.where(even, np.inf, np.nan), np.where(bad, np.nan, result))
    return np.where(x == 1, np.inf, np.where(bad & ~pole, np.nan, result))


def _euler_maclaurin(x: Array, q: Array) -> Array:
    least = np.maximum(_DIRECT_TERMS, np.where(np.isfinite(x), x, 0) / 2)

    def going(n: int, base: Array, total: Array) -> Array:
        return (base < least) | (n < _DIRECT_TERMS)

    def step(n: int, base: Array, total: Array) -> tuple[Array, Array]:
        on = going(n, base, total)
        return np.where(on, base + 1, base), total + np.where(on, np.power(base, -x), 0.0)

    base, total = repeat(going, step, (q, np.zeros_like(x)), most=400)
    power = np.power(base, -x)
    tail = power * base / (x - 1) + power / 2
    factor = x * power / base
    for k, bernoulli in enumerate(_BERNOULLI, start=1):
        tail = tail + bernoulli / math.factorial(2 * k) * factor
        factor = factor * (x + 2 * k - 1) * (x + 2 * k) / (base * base)
    return total + np.where(np.isfinite(tail), tail, 0.0)


def polygamma(n: Array, x: Array) -> Array:
    """The derivative of order n of digamma; NaN unless n is an integer >= 0."""
    n, x = np.broadcast_arrays(n, x)
    whole = (n == np.floor(n)) & (n >= 0)
    order = np.where(whole, n, 1.0)
    sign = np.where(np.mod(order, 2) == 0, -1.0, 1.0)
    higher = sign * np.exp(lgamma(order + 1)) * zeta(order + 1, x)
    return np.where(whole, np.where(order == 0, digamma(x), higher), np.nan)
