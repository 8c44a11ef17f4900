"""Arithmetic of sizes: numbers, and products and sums of sizes that only the run knows.

A size is `(factor, atoms)`: a number times sizes with names, each an unknown dimension of some value, called
`value[axis]`, or a formula over such. Equal sizes are equal tuples.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence

Size = tuple[int, tuple[str, ...]]
Sizes = list[Size]
ONE: Size = (1, ())


def number(n: int) -> Size:
    """A size that is known."""
    return (int(n), ())


def times(*sizes: Size) -> Size:
    """The product."""
    atoms = sorted(atom for size in sizes for atom in size[1])
    factor = math.prod(size[0] for size in sizes)
    return (factor, tuple(atoms) if factor else ())


def quotient(size: Size, by: Size) -> Size | None:
    """The size that gives `size` when multiplied by `by`; None when that is not plain."""
    left = list(size[1])
    for atom in by[1]:
        if atom not in left:
            return None
        left.remove(atom)
    return None if by[0] == 0 or size[0] % by[0] else (size[0] // by[0], tuple(left))


def known(sizes: Sequence[Size]) -> list[int] | None:
    """The sizes as numbers, None when one is not known."""
    return None if any(atoms for _, atoms in sizes) else [factor for factor, _ in sizes]


def formula(name: str, *parts: object) -> Size:
    """The size that a formula over sizes gives, which is the same wherever the formula is."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
    return (1, (f"{name} {digest}",))


class _Sum(str):
    """The name of a sum, with its terms."""

    terms: tuple[Size, ...] = ()


def plus(*sizes: Size) -> Size:
    """The sum."""
    totals: Counter[tuple[str, ...]] = Counter()
    for factor, atoms in sizes:
        for inner, rest in atoms[0].terms if len(atoms) == 1 and isinstance(atoms[0], _Sum) else [(1, atoms)]:
            totals[rest] += factor * inner
    terms = sorted((factor, atoms) for atoms, factor in totals.items() if factor)
    if len(terms) <= 1:
        return terms[0] if terms else (0, ())
    name = _Sum(formula("sum", *terms)[1][0])
    name.terms = tuple(terms)
    return (1, (name,))


def broadcast(operands: Sequence[Sizes]) -> Sizes:
    """The dimensions of what these broadcast to."""
    rank = max(map(len, operands))
    padded = [[ONE] * (rank - len(o)) + o for o in operands]
    return [fitting([o[i] for o in padded]) for i in range(rank)]


def fitting(sizes: Sequence[Size]) -> Size:
    """What sizes broadcast to that fit each other."""
    others = [s for s in dict.fromkeys(sizes) if s != ONE]
    numbers = [s for s in others if not s[1]]
    if numbers:
        return numbers[0]
    return ONE if not others else others[0] if len(others) == 1 else formula("broadcast", *sorted(others))


def positions(larger: Size, stride: int) -> Size:
    """How many steps of `stride` fit, and one more."""
    if not larger[1]:
        return number(larger[0] // stride + 1)
    return plus(larger, ONE) if stride == 1 else formula("positions", larger, stride)


def _minus(x: Size, y: Size) -> Size:
    return plus(x, (-y[0], y[1]))


def _over(x: Size, y: Size) -> Size | None:
    if not x[1] and not y[1]:
        return None if y[0] <= 0 or x[0] < 0 else number(x[0] // y[0])
    return quotient(x, y) or formula("over", x, y)


def is_size(size: Size) -> bool:
    """Whether it cannot be negative."""
    return size[0] >= 0 and all(atom.endswith("]") for atom in size[1])


def _remainder(x: Size, y: Size) -> Size | None:
    if not x[1] and not y[1]:
        return number(x[0] % y[0]) if y[0] > 0 else None
    return formula("remainder", x, y)


def _larger(x: Size, y: Size) -> Size | None:
    for a, b in ((x, y), (y, x)):
        difference = _minus(a, b)
        if is_size(difference):
            return a
    return None


def _smaller(x: Size, y: Size) -> Size | None:
    larger = _larger(x, y)
    return None if larger is None else y if larger == x else x


ARITHMETIC: dict[str, Callable[[Size, Size], Size | None]] = {
    "Add": plus, "Sub": _minus, "Mul": times, "Div": _over, "Mod": _remainder, "Max": _larger, "Min": _smaller,
}  # fmt: skip
