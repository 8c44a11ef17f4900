"""Formulas over arrays, evaluated block by block, so that what lies between stays in the cache.

A formula is recorded once, as steps of numpy functions. Every block runs the steps on whole arrays with a few small
ones for what lies between; steps on numbers alone run once a call.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfcompat.kernels.rows import Rows, add_rows
from tfcompat.kernels.threads import in_parts

BLOCK = 1 << 17
"""Elements of a block: what lies between stays in the cache, and threads seldom wait for each other between calls."""

_PART = 1 << 17


class _Term:
    """An array or a number of a formula: given, or the result of a step."""

    __slots__ = ("is_array", "steps")
    __array_ufunc__ = None

    def __init__(self, steps: list[_Step], is_array: bool):
        self.steps = steps
        self.is_array = is_array

    def _do(self, function: Callable[..., Any], *arguments: Any) -> _Term:
        made = _Term(self.steps, any(isinstance(a, _Term) and a.is_array for a in arguments))
        self.steps.append((function, arguments, made))
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


def with_rows(table: Any, rows: Any) -> Any:
    """In a formula: the array `table` with `rows` added, a term that stands for `Rows`."""
    return table._do(add_rows, table, rows)


_Step = tuple[Callable[..., Any], tuple[Any, ...], _Term]


class _Functions:
    """The functions of formulas, recorded."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(np, name)

        def apply(*arguments: Any) -> Any:
            return next(a for a in arguments if isinstance(a, _Term))._do(function, *arguments)

        return apply


class Formula:
    """A recorded formula.

    Args:
        rule: called with the functions of formulas, `attrs`, and the arrays and numbers by name; gives the new arrays
            by name.
        attrs: what the rule takes as its second argument.
        arrays: names of the arrays.
        numbers: names of the numbers.
        in_place: whether the new arrays take the places of the given ones of their names.
    """

    def __init__(
        self,
        rule: Callable[..., Mapping[str, Any]],
        attrs: Any,
        arrays: Sequence[str],
        numbers: Sequence[str],
        in_place: bool,
    ):
        steps: list[_Step] = []
        given = {name: _Term(steps, True) for name in arrays} | {name: _Term(steps, False) for name in numbers}
        made = rule(_Functions(), attrs, **given)
        self.results = [name for name, term in made.items() if term is not given.get(name)]
        self._literals = [a for _, arguments, _ in steps for a in arguments if not isinstance(a, _Term)]
        # A call's list of values: literals, numbers, then the block's parts of arrays, results and scratch arrays.
        at = {given[name]: len(self._literals) + i for i, name in enumerate(numbers)}
        computed = [result for _, _, result in steps if not result.is_array]
        at |= {term: len(self._literals) + len(numbers) + i for i, term in enumerate(computed)}
        first = len(self._literals) + len(numbers) + len(computed)
        at |= {given[name]: first + i for i, name in enumerate(arrays)}
        end = first + len(arrays) + (0 if in_place else len(self.results))
        targets = {
            made[name]: first + (list(arrays).index(name) if in_place else len(arrays) + i)
            for i, name in enumerate(self.results)
        }
        self._copies = [(at[term], place) for term, place in targets.items() if term in at]
        self._number_steps: list[tuple[Callable[..., Any], list[int]]] = []
        self._steps: list[tuple[Callable[..., Any], list[int], int]] = []
        self._scratch = self._assign_places(steps, at, targets, end)

    def _assign_places(
        self, steps: Sequence[_Step], at: dict[_Term, int], targets: Mapping[_Term, int], end: int
    ) -> int:
        """Gives every result a place; from `end` on, for what lies between. Returns how many of these there are."""
        last = {a: n for n, (_, arguments, _) in enumerate(steps) for a in arguments if isinstance(a, _Term)}
        readers = {place: last.get(term, -1) for term, place in at.items()}
        literals = itertools.count()
        free: list[int] = []
        scratch = 0
        for number, (function, arguments, result) in enumerate(steps):
            read = [at[a] if isinstance(a, _Term) else next(literals) for a in arguments]
            if not result.is_array:
                self._number_steps.append((function, read))
                continue
            for term in {a for a in arguments if isinstance(a, _Term)}:
                if at[term] >= end and last[term] == number and term not in targets:
                    free.append(at[term])
            target = targets.get(result)
            if target is not None and readers.get(target, -1) <= number:
                at[result] = target
            else:
                if not free:
                    free.append(end + scratch)
                    scratch += 1
                at[result] = free.pop()
                if target is not None:
                    self._copies.append((at[result], target))
            self._steps.append((function, read, at[result]))
        return scratch

    def __call__(
        self,
        arrays: Sequence[np.ndarray | Rows],
        numbers: Sequence[Any],
        into: Sequence[np.ndarray] = (),
        threads: int = 1,
        unit: int = 1,
    ) -> None:
        """Computes the new arrays.

        Args:
            arrays: contiguous arrays of one type and size, in the order of their names; not the first may be rows.
            numbers: numpy scalars of the same type, in the order of their names.
            into: where the new arrays go, in the order of `results`, unless they take the places of given ones.
            threads: how many threads may share the work.
            unit: how many elements stay in one block, the width of rows.
        """
        values = [*self._literals, *numbers]
        with np.errstate(all="ignore"):
            for function, read in self._number_steps:
                values.append(function(*[values[i] for i in read]))
        flat = [array if isinstance(array, Rows) else array.reshape(-1) for array in (*arrays, *into)]
        first = flat[0]
        assert not isinstance(first, Rows)
        block = max(BLOCK // unit, 1) * unit

        def part(low: int, high: int) -> None:
            self._run(values, flat, low * unit, high * unit, block)

        in_parts(part, first.size // unit, max(_PART // unit, 1), threads)

    def _run(self, values: Sequence[Any], arrays: Sequence[Any], low: int, high: int, block: int) -> None:
        """Computes the elements from `low` to `high`."""
        scratch = [np.empty(min(block, high - low), arrays[0].dtype) for _ in range(self._scratch)]
        with np.errstate(all="ignore"):
            for start in range(low, high, block):
                size = min(block, high - start)
                parts = [*values, *[a[start : start + size] for a in arrays], *[s[:size] for s in scratch]]
                for function, read, place in self._steps:
                    function(*[parts[i] for i in read], out=parts[place])
                for source, target in self._copies:
                    parts[target][...] = parts[source]
