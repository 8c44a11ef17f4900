"""Writes tfcompat/graph/special/tables.json: Chebyshev coefficients of the smooth parts of special functions.

    pip install mpmath
    python scripts/make_special_tables.py

Every entry is a list of pieces [low, high, coefficients] in a variable that is said beside the function below; the
coefficients are cut off where they no longer change a float64.
"""

from __future__ import annotations

import itertools
import json
import pathlib
from collections.abc import Callable
from typing import Any

import mpmath as mp

TARGET = pathlib.Path(__file__).parents[1] / "tfcompat/graph/special/tables.json"
NEGLIGIBLE = mp.mpf(2) ** -57
mp.mp.dps = 45

Number = Any
Function = Callable[[Number], Number]


def coefficients(fn: Function, low: Number, high: Number) -> list[float]:
    """Coefficients c of sum(c[k] T_k(t)) - c[0] / 2, t in [-1, 1] from [low, high]."""
    degree = 48
    nodes = [mp.cos(mp.pi * (j + mp.mpf(1) / 2) / degree) for j in range(degree)]
    values = [fn((high - low) / 2 * t + (high + low) / 2) for t in nodes]
    found = [
        2 * sum(v * mp.cos(k * mp.pi * (j + mp.mpf(1) / 2) / degree) for j, v in enumerate(values)) / degree
        for k in range(degree)
    ]
    largest = max(abs(c) for c in found)
    while len(found) > 1 and abs(found[-1]) < largest * NEGLIGIBLE:
        found.pop()
    if len(found) > 44:
        raise ValueError(f"{len(found)} coefficients between {low} and {high}: split the interval")
    return [float(c) for c in found]


def limit(fn: Function, at: Number, value: Number) -> Function:
    """`fn` with its limit at the one point where its formula does not hold."""
    return lambda u: value if u == at else fn(u)


def phase(order: int, x: Number) -> Number:
    return x - (2 * order + 1) * mp.pi / 4


def modulus(order: int, quadrature: bool) -> Function:
    """P (or x Q) of order 0 or 1 in u = 1 / x^2, with J = sqrt(2 / (pi x)) (P cos(phase) - Q sin(phase))."""

    def fn(u: Number) -> Number:
        x = 1 / mp.sqrt(u)
        angle, scale = phase(order, x), mp.sqrt(mp.pi * x / 2)
        j, y = mp.besselj(order, x), mp.bessely(order, x)
        if quadrature:
            return x * scale * (y * mp.cos(angle) - j * mp.sin(angle))
        return scale * (j * mp.cos(angle) + y * mp.sin(angle))

    return fn


def fresnel_part(which: str) -> Function:
    """pi x f(x) and pi^2 x^3 g(x) in u = 1 / x^4, f and g being the auxiliary functions of the Fresnel integrals."""

    def fn(u: Number) -> Number:
        x = u ** (mp.mpf(-1) / 4)
        angle = mp.pi * x**2 / 2
        c, s = mp.mpf(1) / 2 - mp.fresnelc(x), mp.mpf(1) / 2 - mp.fresnels(x)
        if which == "f":
            return mp.pi * x * (s * mp.cos(angle) - c * mp.sin(angle))
        return mp.pi**2 * x**3 * (c * mp.cos(angle) + s * mp.sin(angle))

    return fn


def erfcx(t: Number) -> Number:
    """exp(x^2) erfc(x), x = 3.75 (1 + t) / (1 - t)."""
    if t >= 1:
        return mp.mpf(0)
    x = mp.mpf("3.75") * (1 + t) / (1 - t)
    return mp.exp(x**2) * mp.erfc(x)


def normal_tail(s: Number) -> Number:
    """z with P(Z > z) = exp(-s^2 / 2)."""
    p = mp.exp(-(s**2) / 2)
    return mp.findroot(lambda z: mp.log(mp.erfc(z / mp.sqrt(2)) / 2) - mp.log(p), s - mp.log(s + 1) / (s + 1))


def root_times(fn: Function, scale: Function) -> Function:
    """sqrt(x) scale(x) fn(x) in u = 1 / x."""
    return lambda u: mp.sqrt(1 / u) * scale(1 / u) * fn(1 / u)


def dilogarithm(x: Number) -> Number:
    """spence(x) / (1 - x), the integral of log(t) / (1 - t) from 1 to x."""
    return mp.re(mp.polylog(2, 1 - x)) / (1 - x)


def half_angle(fn: Function, power: int) -> Function:
    """fn(x) / x^power in u = x^4."""
    return lambda u: fn(u ** (mp.mpf(1) / 4)) / u ** (mp.mpf(power) / 4)


TINY = mp.mpf(10) ** -25


def near_zero(fn: Function) -> Function:
    """`fn` kept off 0, where its formula divides by it."""
    return lambda u: fn(max(u, TINY))


ENTRIES: dict[str, tuple[Function, list[Number]]] = {
    # name: (function of the variable, ends of the pieces)
    "erf": (near_zero(lambda u: mp.erf(mp.sqrt(u)) / mp.sqrt(u)), [0, 1]),  # of x^2, over x
    "erfcx": (erfcx, [-1, 0, 1]),
    "erfinv": (near_zero(lambda u: mp.erfinv(mp.sqrt(u)) / mp.sqrt(u)), [0, 0.25]),  # of x^2, over x
    "ndtri": (normal_tail, [mp.mpf("1.17"), 3, 8, 39]),
    "i0e": (lambda x: mp.exp(-x) * mp.besseli(0, x), [0, 4, 8]),
    "i1e": (near_zero(lambda x: mp.exp(-x) * mp.besseli(1, x) / x), [0, 4, 8]),  # over x
    "i0e_far": (near_zero(root_times(lambda x: mp.besseli(0, x), lambda x: mp.exp(-x))), [0, 0.0625, 0.125]),
    "i1e_far": (near_zero(root_times(lambda x: mp.besseli(1, x), lambda x: mp.exp(-x))), [0, 0.0625, 0.125]),
    "j0": (lambda u: mp.besselj(0, mp.sqrt(u)), [0, 16, 64]),  # of x^2
    "j1": (near_zero(lambda u: mp.besselj(1, mp.sqrt(u)) / mp.sqrt(u)), [0, 16, 64]),  # of x^2, over x
    "y0": (near_zero(lambda u: mp.bessely(0, mp.sqrt(u)) - mp.log(u) / mp.pi * mp.besselj(0, mp.sqrt(u))), [0, 16, 64]),
    "y1": (near_zero(lambda u: (mp.bessely(1, mp.sqrt(u)) - mp.log(u) / mp.pi * mp.besselj(1, mp.sqrt(u))
                                + 2 / (mp.pi * mp.sqrt(u))) / mp.sqrt(u)), [0, 16, 64]),
    "p0": (near_zero(modulus(0, False)), [0, 1 / mp.mpf(64)]),
    "q0": (near_zero(modulus(0, True)), [0, 1 / mp.mpf(64)]),
    "p1": (near_zero(modulus(1, False)), [0, 1 / mp.mpf(64)]),
    "q1": (near_zero(modulus(1, True)), [0, 1 / mp.mpf(64)]),
    "k0": (near_zero(lambda u: mp.besselk(0, mp.sqrt(u)) + mp.log(u / 4) / 2 * mp.besseli(0, mp.sqrt(u))), [0, 4]),
    "k1": (near_zero(lambda u: mp.sqrt(u) * (mp.besselk(1, mp.sqrt(u))
                                             - mp.log(u / 4) / 2 * mp.besseli(1, mp.sqrt(u)))), [0, 4]),
    "k0e_far": (near_zero(root_times(lambda x: mp.besselk(0, x), mp.exp)), [0, 0.125, 0.5]),
    "k1e_far": (near_zero(root_times(lambda x: mp.besselk(1, x), mp.exp)), [0, 0.125, 0.5]),
    "dawsn": (near_zero(lambda u: mp.sqrt(mp.pi) / 2 * mp.exp(-u) * mp.erfi(mp.sqrt(u)) / mp.sqrt(u)), [0, 2, 8, 25]),
    "dawsn_far": (near_zero(lambda u: mp.sqrt(mp.pi) / mp.sqrt(u) * mp.exp(-1 / u) * mp.erfi(1 / mp.sqrt(u))),
                  [0, 0.02, 0.04]),  # 2 x dawsn(x) of 1 / x^2
    "expint": (near_zero(lambda x: mp.ei(x) - mp.log(x)), [0, 2, 6]),
    "expint_far": (near_zero(lambda u: mp.exp(-1 / u) * mp.ei(1 / u) / u), [0, 1 / mp.mpf(40), 1 / mp.mpf(20),
                                                                            1 / mp.mpf(10), 1 / mp.mpf(6)]),
    "fresnel_c": (near_zero(half_angle(mp.fresnelc, 1)), [0, 4, 16]),
    "fresnel_s": (near_zero(half_angle(mp.fresnels, 3)), [0, 4, 16]),
    "fresnel_f": (near_zero(fresnel_part("f")), [0, 1 / mp.mpf(64), 1 / mp.mpf(16)]),
    "fresnel_g": (near_zero(fresnel_part("g")), [0, 1 / mp.mpf(64), 1 / mp.mpf(16)]),
    "spence": (limit(dilogarithm, 1, mp.mpf(1)), [0.5, 1, 2]),
}  # fmt: skip


def main() -> None:
    tables = {}
    for name, (fn, ends) in ENTRIES.items():
        bounds = [mp.mpf(e) for e in ends]
        tables[name] = [[float(a), float(b), coefficients(fn, a, b)] for a, b in itertools.pairwise(bounds)]
        print(name, [len(piece[2]) for piece in tables[name]], flush=True)
    rows = ",\n".join(f'"{name}": {json.dumps(pieces)}' for name, pieces in tables.items())
    TARGET.write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
