"""Datasets at run time, and the iterators over their elements, which go on after an error and can be saved.

Elements are tuples of arrays.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, OpError, OutOfRangeError, UnimplementedError
from tfcompat.kernels.random.generator import WordStream

Element = tuple[Any, ...]
Function = Callable[[Sequence[Any], Any], list[Any]]

INFINITE, UNKNOWN = -1, -2


class Run:
    """What one iterator of a dataset works with.

    Attributes:
        context: of the run that asks for the present element.
    """

    def __init__(self, context: Any = None) -> None:
        self.context = context


class Source:
    """A dataset: what variant tensors of datasets hold.

    Args:
        start: gives the elements; its argument is a `Run`.
        cardinality: how many elements there are, or INFINITE or UNKNOWN.

    Attributes:
        effects: op types with a state of their own in the functions that make the elements.
        is_map: whether it gives a function of each element of another one.
        held: all elements, where they are part of the state of another dataset; else None.
    """

    def __init__(self, start: Callable[[Run], Elements], cardinality: int = UNKNOWN):
        self.start = start
        self.cardinality = cardinality
        self.effects: frozenset[str] = frozenset()
        self.is_map = False
        self.held: Sequence[Element] | None = None


def source_in(value: Any) -> Source:
    """The dataset that a variant holds."""
    found = value.item() if isinstance(value, np.ndarray) else value
    if not isinstance(found, Source):
        raise InvalidArgumentError(None, None, "the variant tensor holds no dataset")
    return found


@dataclass(frozen=True, slots=True)
class ElementsState:
    """The state of an `Elements`.

    Attributes:
        argument: what it was opened with; None when the dataset alone makes it.
        values: its attributes by name.
    """

    argument: Any
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WordsState:
    """The state of a `WordStream`."""

    key: int
    counter: int
    at: int


class Elements:
    """Gives the elements of a dataset one after the other.

    All that changes is in `state`: numbers, arrays, collections of them, and other `Elements`. An error leaves the
    state as `step` left it, so that the next call goes on from there.

    Args:
        step: the next element for a state, None at the end.
        opens: makes those `Elements` in the state that depend on an argument (see `opened`).
        before_saving: called with the state before it is taken.
        restored: called with the state after it was put back.
        savable: whether the state is all that matters.
        state: the first state.
    """

    def __init__(
        self,
        step: Callable[[Any], Element | None],
        opens: Callable[[Any], Elements] | None = None,
        before_saving: Callable[[Any], None] | None = None,
        restored: Callable[[Any], None] | None = None,
        savable: bool = True,
        **state: Any,
    ):
        self._step, self._opens, self._savable = step, opens, savable
        self._before_saving, self._restored = before_saving, restored
        self.state: Any = SimpleNamespace(**state)
        self.argument: Any = None

    def __iter__(self) -> Elements:
        return self

    def __next__(self) -> Element:
        element = self._step(self.state)
        if element is None:
            raise StopIteration
        return element

    def saved(self) -> ElementsState:
        """Its state, for `restore`; UnimplementedError when a function of Python is part of it."""
        if not self._savable:
            raise UnimplementedError(None, None, "An iterator over the values of a Python function cannot be saved.")
        if self._before_saving is not None:
            self._before_saving(self.state)
        return ElementsState(self.argument, {name: _saved(v) for name, v in vars(self.state).items()})

    def restore(self, saved: ElementsState) -> None:
        """Puts back a state that `saved` gave for an iterator over the same dataset."""
        for name, value in saved.values.items():
            setattr(self.state, name, self._revived(value, getattr(self.state, name, None)))
        if self._restored is not None:
            self._restored(self.state)

    def _revived(self, value: Any, present: Any) -> Any:
        if isinstance(value, ElementsState):
            if value.argument is not None:
                assert self._opens is not None
                present = self._opens(value.argument)
            present.restore(value)
            return present
        if isinstance(value, WordsState):
            present.move_to(value.key, value.counter, value.at)
            return present
        if isinstance(value, list):
            others = [*present, *[None] * len(value)] if isinstance(present, (list, deque)) else [None] * len(value)
            revived = [self._revived(v, o) for v, o in zip(value, others, strict=False)]
            return deque(revived) if isinstance(present, deque) else revived
        if isinstance(value, dict):
            return {k: self._revived(v, (present or {}).get(k)) for k, v in value.items()}
        return value


def _saved(value: Any) -> Any:
    if isinstance(value, Elements):
        return value.saved()
    if isinstance(value, WordStream):
        return WordsState(*value.position)
    if isinstance(value, (list, deque)):
        return [_saved(v) for v in value]
    if isinstance(value, dict):
        return {k: _saved(v) for k, v in value.items()}
    return value


def opened(elements: Elements, argument: Any) -> Elements:
    """`elements`, with the argument that is needed to make them again."""
    elements.argument = argument
    return elements


def numbered(element_at: Callable[[int], Element], count: int) -> Source:
    """`count` elements by their numbers."""

    def step(state: Any) -> Element | None:
        if state.at >= count:
            return None
        state.at += 1
        return element_at(state.at - 1)

    return Source(lambda run: Elements(step, at=0), count)


def holding(elements: Sequence[Element]) -> Source:
    """A dataset that lives in the state of another one: a window."""
    source = numbered(lambda i: elements[i], len(elements))
    source.held = elements
    return source


def replayed(make: Callable[[], Iterator[Element]]) -> Elements:
    """The elements of a Python iterator that is the same each time; an error comes again and again."""
    inner: list[Iterator[Element]] = []

    def step(state: Any) -> Element | None:
        if not inner:
            inner.append(itertools.islice(make(), state.at, None))
        try:
            element = next(inner[0], None)
        except OpError:
            inner.clear()
            raise
        state.at += element is not None
        return element

    return Elements(step, restored=lambda state: inner.clear(), at=0)


class LiveIterator:
    """An iterator of a session: the elements of a dataset, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._elements: Elements | None = None
        self._ended = False
        self._run = Run()
        self.effects: frozenset[str] = frozenset()

    @property
    def is_initialized(self) -> bool:
        """Whether it has a dataset."""
        return self._elements is not None

    def begin(self, source: Source, context: Any = None) -> None:
        """Starts with the first element of `source`."""
        with self._lock:
            self._run = Run(context)
            self._elements = source.start(self._run)
            self._ended = False
            self.effects = source.effects

    def begin_once(self, make: Callable[[], Source], context: Any) -> None:
        """Starts with the first element of what `make` gives, unless it was started: by another thread, for example."""
        with self._lock:
            if not self.is_initialized:
                self.begin(make(), context)

    def next(self, context: Any) -> Element:
        """The next element; OutOfRangeError at the end."""
        with self._lock:
            assert self._elements is not None
            self._run.context = context
            if not self._ended:
                for element in self._elements:
                    return element
                self._ended = True
            raise OutOfRangeError(None, None, "End of sequence")

    def saved(self) -> ElementsState:
        """Where it is."""
        with self._lock:
            assert self._elements is not None
            return ElementsState(None, {"ended": self._ended, "elements": self._elements.saved()})

    def restore(self, saved: ElementsState, context: Any) -> None:
        """Goes on where an iterator over the same dataset was."""
        with self._lock:
            assert self._elements is not None
            self._run.context = context
            self._elements.restore(saved.values["elements"])
            self._ended = saved.values["ended"]
