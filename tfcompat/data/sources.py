"""Datasets at run time: what variant tensors of datasets hold. Elements are tuples of arrays."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import DataLossError, InvalidArgumentError, OutOfRangeError
from tfcompat.kernels.handles import boxed
from tfcompat.kernels.padded import padded_stack
from tfcompat.kernels.random.generator import WordStream

Element = tuple[Any, ...]
Function = Callable[[Sequence[Any], Any], list[Any]]


INFINITE, UNKNOWN = -1, -2


class Source:
    """A dataset.

    Args:
        start: gives an iterator over the elements; its argument is a `Run`.
        cardinality: how many elements there are, or INFINITE or UNKNOWN.
    """

    def __init__(self, start: Callable[[Run], Iterator[Element]], cardinality: int = UNKNOWN):
        self.start = start
        self.cardinality = cardinality


class Run:
    """What one iterator of a dataset works with.

    Attributes:
        context: of the run that asks for the present element.
    """

    def __init__(self) -> None:
        self.context: Any = None


def source_in(value: Any) -> Source:
    """The dataset that a variant holds."""
    found = value.item() if isinstance(value, np.ndarray) else value
    if not isinstance(found, Source):
        raise InvalidArgumentError(None, None, "the variant tensor holds no dataset")
    return found


def slices(components: Sequence[np.ndarray]) -> Source:
    """The slices of arrays along their first axis."""

    def start(run: Run) -> Iterator[Element]:
        for i in range(components[0].shape[0]):
            yield tuple(np.asarray(c[i, ...]) for c in components)

    return Source(start, components[0].shape[0])


def counted(begin: int, end: int, step: int, dtype: Any) -> Source:
    """Numbers from `begin` to before `end`."""
    numbers = range(begin, end, step)
    return Source(lambda run: ((np.array(i, dtype),) for i in numbers), len(numbers))


class _Mapped:
    """An iterator of `mapped`; it goes on after an error."""

    def __init__(self, inputs: Iterator[Element], function: Function, keeps_count: bool, run: Run):
        self._inputs, self._function, self._keeps_count, self._run = inputs, function, keeps_count, run

    def __iter__(self) -> _Mapped:
        return self

    def __next__(self) -> Element:
        element = next(self._inputs)
        try:
            return tuple(self._function(element, self._run.context))
        except OutOfRangeError as error:
            if not self._keeps_count:
                raise StopIteration from None
            raise InvalidArgumentError(
                None, error.op, f"Function invocation produced OutOfRangeError: {error.message}"
            ) from error


def mapped(source: Source, function: Function, keeps_count: bool = False) -> Source:
    """`function` of every element; it may end the elements by OutOfRangeError unless `keeps_count`."""
    count = source.cardinality if keeps_count else UNKNOWN
    return Source(lambda run: _Mapped(source.start(run), function, keeps_count, run), count)


def filtered(source: Source, predicate: Function) -> Source:
    """The elements for which `predicate` holds."""
    return Source(lambda run: (e for e in source.start(run) if bool(predicate(e, run.context)[0])))


def flat_mapped(source: Source, function: Function) -> Source:
    """The elements of the datasets that `function` makes of elements."""

    def start(run: Run) -> Iterator[Element]:
        for element in source.start(run):
            yield from source_in(function(element, run.context)[0]).start(run)

    return Source(start)


def interleaved(source: Source, function: Function, cycle: int, block: int) -> Source:
    """`block` elements in turn of `cycle` datasets at a time."""

    def start(run: Run) -> Iterator[Element]:
        inputs = source.start(run)
        open_ones: list[Iterator[Element] | None] = [None] * cycle
        more, at, given = True, 0, 0
        while more or any(o is not None for o in open_ones):
            current = open_ones[at]
            if current is None and more:
                argument = next(inputs, None)
                more = argument is not None
                if argument is not None:
                    open_ones[at] = source_in(function(argument, run.context)[0]).start(run)
                continue
            element = None if current is None else next(current, None)
            if element is not None:
                given = (given + 1) % block
                if given == 0:
                    at = (at + 1) % cycle
                yield element
            else:
                open_ones[at] = None
                at, given = (at + 1) % cycle, 0

    return Source(start)


def repeated(source: Source, count: int) -> Source:
    """All elements `count` times; for ever when it is negative."""

    def start(run: Run) -> Iterator[Element]:
        for _ in itertools.count() if count < 0 else range(count):
            empty = True
            for element in source.start(run):
                empty = False
                yield element
            if empty:
                return

    known = source.cardinality
    if count < 0:
        return Source(start, 0 if known == 0 else INFINITE)
    return Source(start, 0 if count == 0 else known if known < 0 else known * count)


def taken(source: Source, count: int) -> Source:
    """The first `count` elements; all when it is negative."""
    known = source.cardinality
    left = known if count < 0 or known == UNKNOWN else count if known == INFINITE else min(known, count)
    return Source(lambda run: itertools.islice(source.start(run), None if count < 0 else count), left)


def skipped(source: Source, count: int) -> Source:
    """The elements after the first `count`; none when it is negative."""
    known = source.cardinality
    left = 0 if count < 0 else known if known < 0 else max(0, known - count)
    return Source(lambda run: iter(()) if count < 0 else itertools.islice(source.start(run), count, None), left)


def shards(source: Source, count: int, index: int) -> Source:
    """Every `count`-th element, from number `index` on."""
    known = source.cardinality
    left = known if known < 0 else max(0, -(-(known - index) // count))
    return Source(lambda run: itertools.islice(source.start(run), index, None, count), left)


def zipped(sources: Sequence[Source]) -> Source:
    """Elements side by side, as many as the shortest dataset has."""

    def start(run: Run) -> Iterator[Element]:
        for row in zip(*(s.start(run) for s in sources), strict=False):
            yield tuple(itertools.chain.from_iterable(row))

    counts = {s.cardinality for s in sources}
    return Source(start, UNKNOWN if UNKNOWN in counts else min(counts - {INFINITE}, default=INFINITE))


def concatenated(first: Source, second: Source) -> Source:
    """The elements of one dataset after those of another."""
    counts = (first.cardinality, second.cardinality)
    total = INFINITE if INFINITE in counts else UNKNOWN if UNKNOWN in counts else sum(counts)
    return Source(lambda run: itertools.chain(first.start(run), _later(second, run)), total)


def _later(source: Source, run: Run) -> Iterator[Element]:
    yield from source.start(run)


def shuffled(source: Source, size: int, seeds: Callable[[], tuple[int, int]]) -> Source:
    """Elements in random order, each drawn from the next `size` ones; `seeds` gives those of one iterator."""

    def start(run: Run) -> Iterator[Element]:
        words = WordStream(*seeds())
        inputs = source.start(run)
        begin, filled, ended = 0, 0, False
        store: dict[int, Any] = {}
        while True:
            while not ended and filled < size:
                element = next(inputs, None)
                if element is None:
                    ended = True
                else:
                    store[(begin + filled) % size] = element
                    filled += 1
            if not filled:
                return
            chosen = (begin + words.next() % filled) % size
            head = begin % size
            element = store[chosen]
            store[chosen] = store[head]
            del store[head]
            begin += 1
            filled -= 1
            yield element

    return Source(start, source.cardinality)


def batches(source: Source, size: int, drop_remainder: bool, together: Callable[[list[Element]], Element]) -> Source:
    """Groups of `size` elements, put together by `together`."""

    def start(run: Run) -> Iterator[Element]:
        inputs = source.start(run)
        while True:
            group = list(itertools.islice(inputs, size))
            if not group or (drop_remainder and len(group) < size):
                return
            yield together(group)

    known = source.cardinality
    return Source(start, known if known < 0 else known // size if drop_remainder else -(-known // size))


def stacked(group: list[Element]) -> Element:
    """Elements of the same shapes along a new first axis."""
    columns = []
    for index, column in enumerate(zip(*group, strict=True)):
        for other in column[1:]:
            if other.shape != column[0].shape:
                raise InvalidArgumentError(
                    None,
                    None,
                    "Cannot batch tensors with different shapes in component "
                    f"{index}. First element had shape {_text(column[0].shape)} and element "
                    f"{next(i for i, c in enumerate(column) if c.shape != column[0].shape)} had shape "
                    f"{_text(other.shape)}.",
                )
        columns.append(_stack(column))
    return tuple(columns)


def _stack(column: Sequence[np.ndarray]) -> np.ndarray:
    if column[0].dtype != object:
        return np.stack(column)
    out = np.empty((len(column), *column[0].shape), object)
    for row, array in enumerate(column):
        out[row, ...] = array
    return out


def padded(group: list[Element], shapes: Sequence[Sequence[int]], values: Sequence[np.ndarray]) -> Element:
    """Elements along a new first axis, padded to `shapes` (-1: to the largest)."""
    columns = []
    for index, (column, shape, value) in enumerate(zip(zip(*group, strict=True), shapes, values, strict=True)):
        rank = len(shape)
        for array in column:
            if array.ndim != rank:
                raise InvalidArgumentError(
                    None,
                    None,
                    "All elements in a batch must have the same rank as the "
                    "padded shape "
                    f"for component{index}: expected rank {rank} but got element with rank "
                    f"{array.ndim}",
                )
        largest = [max(a.shape[axis] for a in column) for axis in range(rank)]
        for axis, wanted in enumerate(shape):
            if wanted >= 0 and largest[axis] > wanted:
                raise DataLossError(None, None, "Attempted to pad to a smaller size than the input element.")
        sizes = [w if w >= 0 else m for w, m in zip(shape, largest, strict=True)]
        columns.append(padded_stack(column, sizes, value.reshape(-1)[0]))
    return tuple(columns)


def unbatched(source: Source) -> Source:
    """The slices of every element."""

    def start(run: Run) -> Iterator[Element]:
        for element in source.start(run):
            yield from slices(element).start(run)

    return Source(start)


def _of_parts(parts: Sequence[Any]) -> Source:
    """A dataset of elements of one component each."""
    return Source(lambda run: ((part,) for part in parts))


def windows(source: Source, size: int, shift: int, stride: int, drop_remainder: bool) -> Source:
    """Elements as datasets: `size` elements `stride` apart, each window `shift` elements after the one before."""

    def start(run: Run) -> Iterator[Element]:
        inputs = source.start(run)
        span = (size - 1) * stride + 1
        buffer: deque[Element] = deque()
        ended = False
        while True:
            while not ended and len(buffer) < span:
                element = next(inputs, None)
                if element is None:
                    ended = True
                else:
                    buffer.append(element)
            if not buffer or (drop_remainder and len(buffer) < span):
                return
            chosen = list(itertools.islice(buffer, 0, span, stride))
            yield tuple(boxed(_of_parts(column)) for column in zip(*chosen, strict=True))
            for _ in range(min(shift, len(buffer))):
                buffer.popleft()
            for _ in range(shift - span if shift > span and not ended else 0):
                if next(inputs, None) is None:
                    ended = True

    return Source(start)


class Cache:
    """The elements of a dataset, kept once an iterator has seen all of them."""

    def __init__(self, source: Source):
        self._source = source
        self._lock = threading.Lock()
        self._elements: list[Element] | None = None

    def start(self, run: Run) -> Iterator[Element]:
        """An iterator over the kept elements, or one that keeps them."""
        if self._elements is not None:
            yield from self._elements
            return
        seen: list[Element] = []
        for element in self._source.start(run):
            seen.append(element)
            yield element
        with self._lock:
            self._elements = seen


class _Generated:
    """An iterator of `generated`; it goes on after an error."""

    def __init__(self, begin: Function, following: Function, end: Function, run: Run):
        self._following, self._end, self._run = following, end, run
        self._state: Any = None
        self._begin = begin
        self._ended = False

    def __iter__(self) -> _Generated:
        return self

    def __next__(self) -> Element:
        if self._ended:
            raise StopIteration
        if self._state is None:
            self._state = self._begin((), self._run.context)
        try:
            return tuple(self._following(self._state, self._run.context))
        except OutOfRangeError:
            self._ended = True
            self._end(self._state, self._run.context)
            raise StopIteration from None


def generated(begin: Function, following: Function, end: Function) -> Source:
    """The elements that `following` gives for the state that `begin` makes, until it is at its end."""
    return Source(lambda run: _Generated(begin, following, end, run))


def strings(texts: Callable[[], Iterator[bytes]]) -> Source:
    """Strings, one an element."""
    return Source(lambda run: ((boxed(t),) for t in texts()))


def shape_text(dtype: DType, shape: Sequence[int]) -> str:
    """Type and shape as errors spell them."""
    return f"{dtype.name}{_text(shape)}"


def _text(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


class LiveIterator:
    """An iterator of a session: the elements of a dataset, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._elements: Iterator[Element] | None = None
        self._run = Run()

    @property
    def is_initialized(self) -> bool:
        """Whether it has a dataset."""
        return self._elements is not None

    def begin(self, source: Source) -> None:
        """Starts with the first element of `source`."""
        with self._lock:
            self._run = Run()
            self._elements = iter(source.start(self._run))

    def next(self, context: Any) -> Element:
        """The next element; OutOfRangeError at the end."""
        with self._lock:
            assert self._elements is not None
            self._run.context = context
            for element in self._elements:
                return element
            self._elements = iter(())
            raise OutOfRangeError(None, None, "End of sequence")
