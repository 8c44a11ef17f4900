"""Formulas over large arrays, evaluated in place block by block, so that what lies between stays in the cache.

A formula is recorded once a call, as steps of numpy functions on numbered arrays; every block then runs the steps with
a few small arrays for what lies between. One thread works on each part of the arrays.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

BLOCK = 1 << 16
"""Elements of a block: what lies between stays in the cache, and numpy's calls cost little against the work."""

_Step = tuple[Callable[..., Any], tuple[Any, ...], int]


class _Term:
    """An array of a formula: given, or the result of a step."""

    __slots__ = ("index", "steps")
    __array_ufunc__ = None

    def __init__(self, steps: list[_Step], index: int):
        self.steps = steps
        self.index = index

    def _do(self, function: Callable[..., Any], *arguments: Any) -> _Term:
        last = self.steps[-1][2] if self.steps else -1
        made = _Term(self.steps, last + 1)
        self.steps.append((function, arguments, made.index))
        return made

    def __add__(self, other: Any) -> _Term:
        return self._do(np.add, self, other)

    def __radd__(self, other: Any) -> _Term:
        return self._do(np.add, other, self)

    def __sub__(self, other: Any) -> _Term:
        return self._do(np.subtract, self, other)

    def __rsub__(self, other: Any) -> _Term:
        return self._do(np.subtract, other, self)

    def __mul__(self, other: Any) -> _Term:
        return self._do(np.multiply, self, other)

    def __rmul__(self, other: Any) -> _Term:
        return self._do(np.multiply, other, self)

    def __truediv__(self, other: Any) -> _Term:
        return self._do(np.divide, self, other)

    def __rtruediv__(self, other: Any) -> _Term:
        return self._do(np.divide, other, self)

    def __neg__(self) -> _Term:
        return self._do(np.negative, self)


class _Functions:
    """The functions of formulas: on terms they are recorded, on numbers computed."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(np, name)

        def apply(*arguments: Any) -> Any:
            term = next((a for a in arguments if isinstance(a, _Term)), None)
            return function(*arguments) if term is None else term._do(function, *arguments)

        return apply


FUNCTIONS = _Functions()


def update_in_place(
    formula: Callable[..., Mapping[str, Any]],
    arrays: Mapping[str, np.ndarray],
    numbers: Mapping[str, Any],
    executor: Executor | None = None,
    parts: int = 1,
) -> None:
    """Replaces arrays by what a formula makes of them.

    Args:
        formula: called with the arrays (as terms) and numbers by name; gives the new arrays by name.
        arrays: contiguous arrays of one type and size; those that the formula gives are changed.
        numbers: numpy scalars of the same type.
        executor: runs the parts, when there are several.
        parts: into how many parts the arrays are cut.
    """
    steps: list[_Step] = []
    given = {}
    for index, name in enumerate(arrays):
        given[name] = _Term(steps, index)
    steps.append((np.positive, (), len(arrays) - 1))
    made = formula(**given, **numbers)
    program = _Program(steps[1:], list(arrays), made, given)
    flat = [array.reshape(-1) for array in arrays.values()]
    size = flat[0].size
    if executor is None or parts < 2:
        program.run(flat, 0, size)
        return
    bounds = [size * i // parts for i in range(parts + 1)]
    tasks = [executor.submit(program.run, flat, low, high) for low, high in itertools.pairwise(bounds)]
    for task in tasks:
        task.result()


class _Program:
    """The steps with a place for every result: an array that is given, or one of a few small ones."""

    def __init__(
        self, steps: Sequence[_Step], names: Sequence[str], made: Mapping[str, Any], given: Mapping[str, _Term]
    ):
        targets = {term.index: names.index(name) for name, term in made.items() if term is not given[name]}
        last = {a.index: n for n, (_, arguments, _) in enumerate(steps) for a in arguments if isinstance(a, _Term)}
        count = len(names)
        places = {index: index for index in range(count)}
        free: list[int] = []
        self._scratch = 0
        self._steps: list[tuple[Callable[..., Any], tuple[Any, ...], int]] = []
        self._copies: list[tuple[int, int]] = []
        for number, (function, arguments, result) in enumerate(steps):
            read = tuple((places[a.index], None) if isinstance(a, _Term) else (-1, a) for a in arguments)
            for index in {a.index for a in arguments if isinstance(a, _Term)}:
                if index >= count and last[index] == number and index not in targets:
                    free.append(places[index])
            target = targets.get(result)
            if target is not None and last.get(target, -1) <= number:
                places[result] = target
            else:
                if not free:
                    free.append(count + self._scratch)
                    self._scratch += 1
                places[result] = free.pop()
                if target is not None:
                    self._copies.append((places[result], target))
            self._steps.append((function, read, places[result]))

    def run(self, arrays: Sequence[np.ndarray], low: int, high: int) -> None:
        """Changes the elements from `low` to `high`."""
        scratch = [np.empty(min(BLOCK, high - low), arrays[0].dtype) for _ in range(self._scratch)]
        with np.errstate(all="ignore"):
            for start in range(low, high, BLOCK):
                size = min(BLOCK, high - start)
                views = [a[start : start + size] for a in arrays] + [s[:size] for s in scratch]
                for function, arguments, place in self._steps:
                    function(*[views[at] if at >= 0 else number for at, number in arguments], out=views[place])
                for source, target in self._copies:
                    views[target][...] = views[source]
