"""Datasets of groups of elements, and of elements kept for later: batches, windows, shuffles, caches."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.data.elements import INFINITE, Element, Elements, Run, Source, holding, opened
from tfcompat.graph.errors import DataLossError, InvalidArgumentError, OpError
from tfcompat.kernels.handles import boxed
from tfcompat.kernels.padded import padded_stack
from tfcompat.kernels.random.generator import WordStream
from tfcompat.kernels.sparse_serialization import variant_triple

_EPOCHS = 3  # of which elements are in a shuffle's buffer at once


def batches(
    source: Source,
    size: int,
    drop_remainder: bool,
    together: Callable[[list[Element]], Element],
    whole_groups: bool = False,
) -> Source:
    """Groups of `size` elements, put together by `together`.

    An error ends the group, and its elements so far are lost; if `whole_groups`, so are the others of the group.
    """

    def step(state: Any) -> Element | None:
        group: list[Element] = []
        failed: OpError | None = None
        taken = 0
        while taken < size:
            try:
                element = next(state.inputs, None)
            except OpError as error:
                if not whole_groups:
                    raise
                failed, element = failed or error, ()
            if element is None:
                break
            taken += 1
            group.append(element)
        if taken == 0 or (drop_remainder and taken < size):
            return None
        if failed is not None:
            raise failed
        return together(group)

    known = source.cardinality
    return Source(
        lambda run: Elements(step, inputs=source.start(run)),
        known if known < 0 else known // size if drop_remainder else -(-known // size),
    )


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


def filled(group: list[Element]) -> Element:
    """As `stacked`, with the error of an operation that writes elements into the batch one by one."""
    for element in group[1:]:
        for array, first in zip(element, group[0], strict=True):
            if array.shape != first.shape:
                raise InvalidArgumentError(
                    None,
                    None,
                    "Cannot add tensor to the batch: number of elements does not match. Shapes are: "
                    f"[tensor]: {_text(array.shape)}, [batch]: {_text(first.shape)}",
                )
    return stacked(group)


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


def _text(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


def sparse_rows(group: list[Element], row_shape: Sequence[int]) -> Element:
    """Elements of one component as the rows of a sparse tensor; -1 in `row_shape` stands for the largest size."""
    arrays = [element[0] for element in group]
    for array in arrays:
        wrong = f"Input element had shape ({_text(array.shape)}) that is"
        if array.ndim != len(row_shape):
            raise InvalidArgumentError(None, None, f"{wrong} incompatible with the row shape ({_text(row_shape)}).")
        if any(0 <= wanted < size for size, wanted in zip(array.shape, row_shape, strict=True)):
            raise DataLossError(None, None, f"{wrong} larger than the row shape ({_text(row_shape)}).")
    sizes = [max(a.shape[i] for a in arrays) if wanted < 0 else wanted for i, wanted in enumerate(row_shape)]
    places = [np.indices(a.shape).reshape(a.ndim, -1).T for a in arrays]
    rows = [np.column_stack([np.full(len(p), i), p]) for i, p in enumerate(places)]
    values = np.concatenate([a.reshape(-1) for a in arrays])
    shape = np.array([len(arrays), *sizes], np.int64)
    return (variant_triple(np.concatenate(rows).astype(np.int64), values, shape),)


def unbatched(source: Source) -> Source:
    """The slices of every element."""

    def step(state: Any) -> Element | None:
        while state.element is None or state.at >= state.element[0].shape[0]:
            state.element = next(state.inputs, None)
            if state.element is None:
                return None
            state.at = 0
            if len({c.shape[:1] for c in state.element}) != 1:
                sizes = [c.shape[0] if c.ndim else None for c in state.element]
                state.element = None
                raise InvalidArgumentError(
                    None, None, f"Input element must have the same batch size in each component. Got {sizes}"
                )
        state.at += 1
        return tuple(np.asarray(c[state.at - 1, ...]) for c in state.element)

    return Source(lambda run: Elements(step, inputs=source.start(run), element=None, at=0))


def windows(source: Source, size: int, shift: int, stride: int, drop_remainder: bool) -> Source:
    """Elements as datasets: `size` elements `stride` apart, each window `shift` elements after the one before."""
    span = (size - 1) * stride + 1

    def step(state: Any) -> Element | None:
        while state.skip and not state.ended:
            state.skip -= 1
            state.ended = next(state.inputs, None) is None
        while not state.ended and len(state.buffer) < span:
            element: Element | OpError | None
            try:
                element = next(state.inputs, None)
            except OpError as error:
                element = error
            if element is None:
                state.ended = True
            else:
                state.buffer.append(element)
        if not state.buffer or (drop_remainder and len(state.buffer) < span):
            return None
        chosen = list(itertools.islice(state.buffer, 0, span, stride))
        state.skip = max(0, shift - len(state.buffer))
        for _ in range(min(shift, len(state.buffer))):
            state.buffer.popleft()
        failed = next((e for e in chosen if isinstance(e, OpError)), None)
        if failed is not None:
            raise failed
        return tuple(boxed(holding([(part,) for part in column])) for column in zip(*chosen, strict=True))

    known = source.cardinality
    if known >= 0:
        known = max(0, (known - span) // shift + 1) if drop_remainder else -(-known // shift)
    return Source(lambda run: Elements(step, inputs=source.start(run), buffer=deque(), ended=False, skip=0), known)


def shuffled(source: Source, size: int, generator: WordStream | None, seeds: tuple[int, int], count: int = 1) -> Source:
    """Elements in random order, each drawn from the next `size` ones.

    Args:
        source: the elements.
        size: of the buffer.
        generator: gives the seeds of each order; None when all have the same ones.
        seeds: these.
        count: how often all elements come; for ever when it is negative. Those of the next time fill the buffer up, and
            are drawn once those before are gone.
    """

    def fill(state: Any, opens: Callable[[int], Elements]) -> None:
        """Fills the buffer; `state.ends` has the ends of the epochs in it."""
        while state.inputs is not None and state.ends[-1] - state.begin < size:
            if len(state.ends) > _EPOCHS and state.begin < state.ends[0]:
                return
            element = next(state.inputs, None)
            if element is not None:
                state.store[state.ends[-1] % size] = element
                state.ends[-1] += 1
                continue
            empty = state.ends == [0] and state.epoch == 0
            state.epoch += 1
            state.inputs = None if state.epoch == count or (empty and count < 0) else opens(state.epoch)
            if state.inputs is not None:
                state.ends.append(state.ends[-1])

    def start(run: Run) -> Elements:
        def opens(epoch: int) -> Elements:
            return opened(source.start(run), epoch)

        def step(state: Any) -> Element | None:
            fill(state, opens)
            while len(state.ends) > 1 and state.begin == state.ends[0]:
                del state.ends[0]
                state.words = words()
            if state.begin == state.ends[0]:
                return None
            chosen = (state.begin + state.words.next() % (state.ends[0] - state.begin)) % size
            head = state.begin % size
            element = state.store[chosen]
            state.store[chosen] = state.store[head]
            del state.store[head]
            state.begin += 1
            return element  # type: ignore[no-any-return]

        def words() -> WordStream:
            return WordStream(*(seeds if generator is None else (generator.next(), generator.next())))

        return Elements(
            step,
            opens,
            inputs=opens(0),
            generator=generator,
            words=words(),
            epoch=0,
            begin=0,
            ends=[0],
            store={},
        )

    known = source.cardinality
    if count < 0:
        return Source(start, 0 if known == 0 else INFINITE)
    return Source(start, known if known < 0 else known * count)


class Cache:
    """The elements of a dataset, kept once an iterator has seen all of them.

    Args:
        source: the dataset.
    """

    def __init__(self, source: Source):
        self._source = source
        self._lock = threading.Lock()
        self._kept: list[Element] | None = None

    def start(self, run: Run) -> Elements:
        """An iterator over the kept elements, or one that keeps them."""

        def inputs(argument: int) -> Elements:
            return opened(self._source.start(run), argument)

        def step(state: Any) -> Element | None:
            if self._kept is not None:
                state.seen, state.all_seen, state.inputs = self._kept, True, None
            if state.at < len(state.seen):
                state.at += 1
                return state.seen[state.at - 1]  # type: ignore[no-any-return]
            if state.all_seen:
                return None
            if state.inputs is None:
                state.inputs = inputs(0)
            element = next(state.inputs, None)
            if element is None:
                self._keep(state.seen)
                return None
            state.seen.append(element)
            state.at += 1
            return element

        def restored(state: Any) -> None:
            if state.all_seen and self._kept is None:
                self._keep(state.seen)

        return Elements(step, opens=inputs, restored=restored, inputs=None, seen=[], all_seen=False, at=0)

    def _keep(self, elements: list[Element]) -> None:
        with self._lock:
            self._kept = elements
