"""Queues of tuples of arrays: what the handles of queue operations stand for.

Enqueues and dequeues that cannot go on yet wait in line as attempts; whoever changes the queue lets the attempts at the
head of both lines go on as far as they can.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import CancelledError, InvalidArgumentError, OpError, OutOfRangeError
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.kernels.padded import padded_stack
from tfcompat.kernels.random.generator import WordStream

Element = tuple[np.ndarray, ...]
DONE, MOVED, STUCK = "done", "moved", "stuck"


class Attempt:
    """An enqueue, dequeue or close that waits for its turn.

    Attributes:
        step: goes on as far as possible; DONE, MOVED or STUCK.
        error: why it failed, once it is done.
        taken: the elements dequeued so far.
        wanted: how many elements are still to come or to go.
        is_retriable: whether nothing of it stays when it is abandoned.
    """

    def __init__(self, step: Callable[[Attempt], str], wanted: int):
        self.step = step
        self.wanted = wanted
        self.taken: list[Element] = []
        self.error: OpError | None = None
        self.done = False
        self.is_retriable = True


class Queue:
    """First in, first out; the other kinds override where elements are kept and taken from."""

    kind = "FIFOQueue"

    def __init__(self, name: str, dtypes: Sequence[DType], shapes: Sequence[TensorShape], capacity: int):
        self.name = name
        self.dtypes = list(dtypes)
        self.shapes = list(shapes)
        self.capacity = capacity if capacity >= 0 else 2**31 - 1
        self.changed = threading.Condition()
        self.closed = False
        self._cancelled = False
        self._enqueues: deque[Attempt] = deque()
        self._dequeues: deque[Attempt] = deque()
        self._make_store()

    # ---------------------------------------------------------------- storage

    def _make_store(self) -> None:
        self._store: deque[Element] = deque()

    def _put(self, element: Element) -> None:
        self._store.append(element)

    def _take(self) -> Element:
        return self._store.popleft()

    def _restore(self, elements: list[Element]) -> None:
        self._store.extendleft(reversed(elements))

    def _available(self) -> int:
        return len(self._store)

    @property
    def size(self) -> int:
        """How many elements it holds."""
        return len(self._store)

    @property
    def title(self) -> str:
        """Its kind and name as errors spell them."""
        return f"{self.kind} '{self.name}'"

    # ---------------------------------------------------------------- checks

    def check_element(self, components: Sequence[np.ndarray]) -> None:
        """Raises InvalidArgumentError unless the arrays can be one element."""
        self._check_count(components)
        for i, (array, shape) in enumerate(zip(components, self.shapes, strict=False)):
            if not shape.is_compatible_with(list(array.shape)):
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Shape mismatch in tuple component {i}. Expected {_text(shape)}, got {_text(array.shape)}",
                )

    def check_batch(self, components: Sequence[np.ndarray]) -> int:
        """How many elements the arrays hold; InvalidArgumentError unless they can be a batch of elements."""
        self._check_count(components)
        sizes = []
        for i, array in enumerate(components):
            if array.ndim == 0:
                raise InvalidArgumentError(
                    None, None, f"Shape mismatch in tuple component {i}. Expected a batch of elements, got a scalar"
                )
            sizes.append(array.shape[0])
            if self.shapes and not self.shapes[i].is_compatible_with(list(array.shape[1:])):
                expected = TensorShape([array.shape[0]]).concatenate(self.shapes[i])
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Shape mismatch in tuple component {i}. Expected {_text(expected)}, got {_text(array.shape)}",
                )
        if len(set(sizes)) != 1:
            raise InvalidArgumentError(
                None,
                None,
                f"All input tensors must have the same size in the 0th dimension. Component sizes are {sizes}",
            )
        return sizes[0]

    def _check_count(self, components: Sequence[np.ndarray]) -> None:
        wanted = [d.as_numpy_dtype for d in self.dtypes]
        if [a.dtype for a in components] != [np.dtype(w) for w in wanted]:
            raise InvalidArgumentError(
                None,
                None,
                f"Components of types {[str(a.dtype) for a in components]} do not fit "
                f"{self.title}, whose types are {[d.name for d in self.dtypes]}",
            )

    def check_batching(self) -> None:
        """Raises InvalidArgumentError when elements cannot be put together to a batch."""
        if not self.shapes:
            raise InvalidArgumentError(
                None,
                None,
                f"{self.kind}'s DequeueMany and DequeueUpTo require the components to have specified shapes.",
            )

    # ---------------------------------------------------------------- attempts

    def attempt_enqueue(self, elements: Sequence[Element]) -> Attempt:
        """Puts `elements` in line; the caller holds `changed`."""
        pending = deque(elements)

        def step(attempt: Attempt) -> str:
            if self.closed:
                attempt.error = CancelledError(None, None, f"{self.title} is closed.")
                return DONE
            moved = False
            while pending and self.size < self.capacity:
                self._put(pending.popleft())
                moved = True
                attempt.is_retriable = False
            return DONE if not pending else MOVED if moved else STUCK

        return self._join(self._enqueues, Attempt(step, len(pending)))

    def attempt_dequeue(self, count: int, smaller: bool) -> Attempt:
        """Asks for `count` elements, or fewer from a closed queue when `smaller`; the caller holds `changed`."""

        def step(attempt: Attempt) -> str:
            if self.closed and self.size < attempt.wanted:
                self._restore(attempt.taken)
                attempt.wanted += len(attempt.taken)
                attempt.taken = []
                if smaller and self.size:
                    attempt.wanted = min(attempt.wanted, self.size)
                elif smaller and self._enqueues:
                    return STUCK
                else:
                    attempt.error = OutOfRangeError(
                        None,
                        None,
                        f"{self.title} is closed and has insufficient elements (requested "
                        f"{attempt.wanted}, current size {self.size})",
                    )
                    return DONE
            moved = False
            while attempt.wanted and self._available() > 0:
                attempt.taken.append(self._take())
                attempt.wanted -= 1
                moved = True
            return DONE if not attempt.wanted else MOVED if moved else STUCK

        return self._join(self._dequeues, Attempt(step, count))

    def attempt_close(self, cancel_pending: bool) -> Attempt | None:
        """Closes the queue, after the enqueues in line unless they are cancelled; the caller holds `changed`."""
        if cancel_pending:
            self.closed = self._cancelled = True
            while self._enqueues:
                attempt = self._enqueues.popleft()
                attempt.error = CancelledError(None, None, "Enqueue operation was cancelled")
                attempt.done = True
            self._flush()
            return None

        def step(attempt: Attempt) -> str:
            if self.closed:
                attempt.error = CancelledError(None, None, f"Queue '{self.name}' is already closed.")
            self.closed = True
            return DONE

        return self._join(self._enqueues, Attempt(step, 0))

    def abandon(self, attempt: Attempt) -> None:
        """Takes an attempt out of line; what it dequeued comes back. The caller holds `changed`."""
        for line in (self._enqueues, self._dequeues):
            if attempt in line:
                line.remove(attempt)
        if not attempt.done:
            self._restore(attempt.taken)
        self._flush()

    def _join(self, line: deque[Attempt], attempt: Attempt) -> Attempt:
        line.append(attempt)
        self._flush()
        return attempt

    def _flush(self) -> None:
        moved = True
        while moved:
            moved = self._advance(self._enqueues)
            moved |= self._advance(self._dequeues)
        self.changed.notify_all()

    @staticmethod
    def _advance(line: deque[Attempt]) -> bool:
        moved = False
        while line:
            outcome = line[0].step(line[0])
            if outcome == DONE:
                line.popleft().done = True
            moved |= outcome != STUCK
            if outcome != DONE:
                return moved
        return moved

    # ---------------------------------------------------------------- batches

    def batch(self, elements: list[Element]) -> tuple[np.ndarray, ...]:
        """Elements put together along a new first axis."""
        if not elements:
            return tuple(
                np.empty((0, *(d or 0 for d in s.as_list())), t.as_numpy_dtype)
                for s, t in zip(self.shapes, self.dtypes, strict=True)
            )
        return tuple(np.stack(column) for column in zip(*elements, strict=True))


class PaddingQueue(Queue):
    """First in, first out; batches are padded along the axes of unknown size."""

    kind = "PaddingFIFOQueue"

    def batch(self, elements: list[Element]) -> tuple[np.ndarray, ...]:
        if not elements:
            return super().batch(elements)
        return tuple(_padded(column) for column in zip(*elements, strict=True))


def _padded(arrays: Sequence[np.ndarray]) -> np.ndarray:
    sizes = [max(a.shape[axis] for a in arrays) for axis in range(arrays[0].ndim)]
    return padded_stack(arrays, sizes, b"" if arrays[0].dtype.kind == "O" else 0)


class RandomShuffleQueue(Queue):
    """Elements come out in random order; some always stay, until it is closed."""

    kind = "RandomShuffleQueue"

    def __init__(
        self,
        name: str,
        dtypes: Sequence[DType],
        shapes: Sequence[TensorShape],
        capacity: int,
        min_after_dequeue: int,
        seed: int,
        seed2: int,
    ):
        self.least = min_after_dequeue
        self.seeds = seed, seed2
        self._words = WordStream(seed, seed2)
        super().__init__(name, dtypes, shapes, capacity)

    def _make_store(self) -> None:
        self._elements: list[Element] = []

    def _put(self, element: Element) -> None:
        self._elements.append(element)

    def _take(self) -> Element:
        chosen = self._words.next() % len(self._elements)
        element = self._elements[chosen]
        self._elements[chosen] = self._elements[-1]
        self._elements.pop()
        return element

    def _restore(self, elements: list[Element]) -> None:
        self._elements += elements

    def _available(self) -> int:
        return len(self._elements) - (0 if self.closed else self.least)

    @property
    def size(self) -> int:
        return len(self._elements)


class PriorityQueue(Queue):
    """Elements with the smallest first component come first."""

    kind = "PriorityQueue"

    def _make_store(self) -> None:
        self._heap: list[tuple[int, int, Element]] = []
        self._order = itertools.count()

    def check_element(self, components: Sequence[np.ndarray]) -> None:
        super().check_element(components)
        if components[0].ndim:
            raise InvalidArgumentError(
                None,
                None,
                f"Expected the priority element to be a scalar, but received shape: {_text(components[0].shape)}",
            )

    def _put(self, element: Element) -> None:
        heapq.heappush(self._heap, (int(element[0]), next(self._order), element))

    def _take(self) -> Element:
        return heapq.heappop(self._heap)[2]

    def _restore(self, elements: list[Element]) -> None:
        for element in elements:
            self._put(element)

    def _available(self) -> int:
        return len(self._heap)

    @property
    def size(self) -> int:
        return len(self._heap)


def _text(shape: Any) -> str:
    dims = shape.as_list() if isinstance(shape, TensorShape) and shape.rank is not None else shape
    return "<unknown>" if isinstance(dims, TensorShape) else f"[{','.join('?' if d is None else str(d) for d in dims)}]"
