"""Datasets at run time that begin a pipeline, and those that take elements one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat.data.elements import (
    INFINITE,
    UNKNOWN,
    Element,
    Elements,
    Function,
    Run,
    Source,
    numbered,
    opened,
    source_in,
)
from tfcompat.graph.errors import InvalidArgumentError, OpError, OutOfRangeError
from tfcompat.kernels.handles import boxed

_FAILED = "failed"  # stands for a dataset that could not be opened


def slices(components: Sequence[np.ndarray]) -> Source:
    """The slices of arrays along their first axis."""
    return numbered(lambda i: tuple(np.asarray(c[i, ...]) for c in components), components[0].shape[0])


def counted(begin: int, end: int, step: int, dtype: Any) -> Source:
    """Numbers from `begin` to before `end`."""
    return numbered(lambda i: (np.array(begin + i * step, dtype),), max(0, -((begin - end) // step)))


def generated(begin: Function, following: Function, end: Function) -> Source:
    """The elements that `following` gives for the state that `begin` makes, until it is at its end."""

    def start(run: Run) -> Elements:
        def step(state: Any) -> Element | None:
            if state.ended:
                return None
            if state.generator is None:
                state.generator = begin((), run.context)
            try:
                return tuple(following(state.generator, run.context))
            except OutOfRangeError:
                state.ended = True
                end(state.generator, run.context)
                return None

        return Elements(step, savable=False, generator=None, ended=False)

    return Source(start)


def of_files(names: Sequence[bytes], elements_of: Callable[[bytes], Iterator[Element]]) -> Source:
    """The elements of one file after those of another; after an error comes the next file."""

    def opens(file: int, skipped: int) -> Iterator[Element]:
        inner = elements_of(names[file])
        for _ in range(skipped):
            next(inner)
        return inner

    def start(run: Run) -> Elements:
        reading: list[Iterator[Element] | None] = [None]

        def step(state: Any) -> Element | None:
            while state.file < len(names):
                try:
                    if reading[0] is None:
                        reading[0] = opens(state.file, state.at)
                    element = next(reading[0], None)  # type: ignore[arg-type]
                except OpError:
                    _next_file(state)
                    raise
                if element is not None:
                    state.at += 1
                    return element
                _next_file(state)
            return None

        def _next_file(state: Any) -> None:
            state.file, state.at, reading[0] = state.file + 1, 0, None

        def restored(state: Any) -> None:
            reading[0] = None

        return Elements(step, restored=restored, file=0, at=0)

    return Source(start)


def strings(texts: Callable[[bytes], Iterator[bytes]]) -> Callable[[bytes], Iterator[Element]]:
    """Strings of a file, one an element."""
    return lambda name: ((boxed(t),) for t in texts(name))


# -------------------------------------------------------------------- element by element


def mapped(source: Source, function: Function, keeps_count: bool = False) -> Source:
    """`function` of every element; it may end the elements by OutOfRangeError unless `keeps_count`."""

    def start(run: Run) -> Elements:
        def step(state: Any) -> Element | None:
            element = next(state.inputs, None)
            return None if element is None else called(function, element, run, keeps_count)

        return Elements(step, inputs=source.start(run))

    made = Source(start, source.cardinality if keeps_count else UNKNOWN)
    made.is_map = True
    return made


def called(function: Function, arguments: Sequence[Any], run: Run, keeps_count: bool) -> Element | None:
    """What a function returns; None when it ends the elements."""
    try:
        return tuple(function(arguments, run.context))
    except OutOfRangeError as error:
        if not keeps_count:
            return None
        raise InvalidArgumentError(
            None, error.op, f"Function invocation produced OutOfRangeError: {error.message}"
        ) from error


def filtered(source: Source, predicate: Function) -> Source:
    """The elements for which `predicate` holds."""

    def start(run: Run) -> Elements:
        def step(state: Any) -> Element | None:
            for element in state.inputs:
                if bool(predicate(element, run.context)[0]):
                    return element  # type: ignore[no-any-return]
            return None

        return Elements(step, inputs=source.start(run))

    return Source(start)


def flat_mapped(source: Source, function: Function) -> Source:
    """The elements of the datasets that `function` makes of elements."""

    def start(run: Run) -> Elements:
        opens = _made_by(function, run)

        def step(state: Any) -> Element | None:
            while True:
                if state.inner is None:
                    argument = next(state.inputs, None)
                    if argument is None:
                        return None
                    state.inner = opens(argument)
                element = next(state.inner, None)
                if element is not None:
                    return element
                state.inner = None

        return Elements(step, opens, inputs=source.start(run), inner=None)

    return Source(start)


def _made_by(function: Function, run: Run) -> Callable[[Any], Elements]:
    """Opens the dataset that `function` makes of an element."""
    return lambda argument: opened(source_in(function(argument, run.context)[0]).start(run), argument)


def interleaved(source: Source, function: Function, cycle: int, block: int, counts_errors: bool = False) -> Source:
    """`block` elements in turn of `cycle` datasets at a time; an error is one of them if `counts_errors`."""

    def start(run: Run) -> Elements:
        opens = _made_by(function, run)

        def given(state: Any) -> None:
            state.given = (state.given + 1) % block
            if state.given == 0:
                state.at = (state.at + 1) % cycle

        def step(state: Any) -> Element | None:
            while state.more or any(o is not None for o in state.open):
                current = state.open[state.at]
                try:
                    if current is None and state.more:
                        argument = next(state.inputs, None)
                        state.more = argument is not None
                        if argument is not None:
                            state.open[state.at] = opens(argument)
                        continue
                    element = None if current in (None, _FAILED) else next(current, None)
                except OpError:
                    if counts_errors:
                        state.open[state.at] = current or _FAILED
                        given(state)
                    raise
                if element is not None:
                    given(state)
                    return element
                state.open[state.at] = None
                state.at, state.given = (state.at + 1) % cycle, 0
            return None

        return Elements(step, opens, inputs=source.start(run), open=[None] * cycle, more=True, at=0, given=0)

    return Source(start)


# -------------------------------------------------------------------- how many and in which order


def repeated(source: Source, count: int) -> Source:
    """All elements `count` times; for ever when it is negative."""

    def start(run: Run) -> Elements:
        def opens(number: int) -> Elements:
            return opened(source.start(run), number)

        def step(state: Any) -> Element | None:
            while count < 0 or state.number < count:
                if state.inner is None:
                    state.inner, state.empty = opens(state.number), True
                element = next(state.inner, None)
                if element is not None:
                    state.empty = False
                    return element
                state.number, state.inner = state.number + 1, None
                if count < 0 and state.empty:
                    return None
            return None

        return Elements(step, opens, inner=None, number=0, empty=True)

    known = source.cardinality
    if count < 0:
        return Source(start, 0 if known == 0 else INFINITE)
    return Source(start, 0 if count == 0 else known if known < 0 else known * count)


def taken(source: Source, count: int) -> Source:
    """The first `count` elements; all when it is negative."""

    def step(state: Any) -> Element | None:
        if state.left == 0:
            return None
        element = next(state.inputs, None)
        state.left -= 1
        return element

    known = source.cardinality
    left = known if count < 0 or known == UNKNOWN else count if known == INFINITE else min(known, count)
    return Source(lambda run: Elements(step, inputs=source.start(run), left=count), left)


def skipped(source: Source, count: int) -> Source:
    """The elements after the first `count`, which an error lets begin anew; none when it is negative."""

    def step(state: Any) -> Element | None:
        if count < 0:
            return None
        for _ in range(state.left):
            if next(state.inputs, None) is None:
                return None
        state.left = 0
        return next(state.inputs, None)

    known = source.cardinality
    left = 0 if count < 0 else known if known < 0 else max(0, known - count)
    return Source(lambda run: Elements(step, inputs=source.start(run), left=count), left)


def shards(source: Source, count: int, index: int) -> Source:
    """Every `count`-th element, from number `index` on."""

    def step(state: Any) -> Element | None:
        for element in state.inputs:
            state.at += 1
            if (state.at - 1) % count == index:
                return element  # type: ignore[no-any-return]
        return None

    known = source.cardinality
    left = known if known < 0 else max(0, -(-(known - index) // count))
    return Source(lambda run: Elements(step, inputs=source.start(run), at=0), left)


def zipped(sources: Sequence[Source]) -> Source:
    """Elements side by side, as many as the shortest dataset has; an error takes an element of each."""

    def step(state: Any) -> Element | None:
        row: list[Any] = []
        failed: OpError | None = None
        for each in state.inputs:
            try:
                element = next(each, None)
            except OpError as error:
                failed = failed or error
                continue
            if element is None:
                return None
            row += element
        if failed is not None:
            raise failed
        return tuple(row)

    counts = {s.cardinality for s in sources}
    return Source(
        lambda run: Elements(step, inputs=[s.start(run) for s in sources]),
        UNKNOWN if UNKNOWN in counts else min(counts - {INFINITE}, default=INFINITE),
    )


def concatenated(first: Source, second: Source) -> Source:
    """The elements of one dataset after those of another."""

    def start(run: Run) -> Elements:
        def opens(number: int) -> Elements:
            return opened((first, second)[number].start(run), number)

        def step(state: Any) -> Element | None:
            while state.number < 2:
                if state.inner is None:
                    state.inner = opens(state.number)
                element = next(state.inner, None)
                if element is not None:
                    return element
                state.number, state.inner = state.number + 1, None
            return None

        return Elements(step, opens, inner=None, number=0)

    counts = (first.cardinality, second.cardinality)
    total = INFINITE if INFINITE in counts else UNKNOWN if UNKNOWN in counts else sum(counts)
    return Source(start, total)
