"""Host kernels that put the inputs of several runs together, and give each run its part of the results."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np

from tfcompat.graph.errors import DeadlineExceededError, InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, may_wait
from tfcompat.kernels.handles import shared_resource

may_wait("Batch", "Unbatch", "UnbatchGrad")
_numbers = itertools.count(1)


def _later(micros: int, action: Any) -> threading.Timer:
    timer = threading.Timer(min(micros / 1e6, threading.TIMEOUT_MAX), action)
    timer.daemon = True
    timer.start()
    return timer


class _Batch:
    """The inputs of the runs that come together.

    Attributes:
        tasks: number of the task and its tensors, in the order of their arrival.
        rows: how many rows they have.
        is_closed: whether no more are taken.
    """

    def __init__(self) -> None:
        self.tasks: list[tuple[int, tuple[np.ndarray, ...]]] = []
        self.rows = 0
        self.is_closed = False


class _Assembly:
    """The batch that is open at present; `changed` is told when one closes."""

    def __init__(self, name: str):
        self.changed = threading.Condition()
        self._open: _Batch | None = None

    def join(self, tensors: tuple[np.ndarray, ...], most: int, micros: int) -> tuple[_Batch, int]:
        """The batch that takes `tensors`, of at most `most` rows and open for so long, and the number of the task."""
        rows, number = len(tensors[0]), next(_numbers)
        if self._open is not None and self._open.rows + rows > most:
            self._close(self._open)
        if self._open is None:
            batch = self._open = _Batch()
            _later(micros, lambda: self._close(batch))
        batch = self._open
        batch.tasks.append((number, tensors))
        batch.rows += rows
        if batch.rows == most:
            self._close(batch)
        return batch, number

    def _close(self, batch: _Batch) -> None:
        with self.changed:
            batch.is_closed = True
            if self._open is batch:
                self._open = None
            self.changed.notify_all()


class _Parts:
    """Parts of results by the number of the task that waits for them."""

    def __init__(self, name: str):
        self.changed = threading.Condition()
        self.found: dict[int, np.ndarray] = {}


@kernel("Batch")
def _batch(k: KernelContext, *tensors: np.ndarray) -> tuple[np.ndarray, ...]:
    """The last task of a batch gets all of it, the others nothing."""
    most, allowed = k.attr("max_batch_size"), k.attr("allowed_batch_sizes")
    if any(t.ndim == 0 for t in tensors):
        raise InvalidArgumentError(None, k.op, "Batching input tensors must have at least one dimension")
    if len({len(t) for t in tensors}) > 1:
        raise InvalidArgumentError(
            None,
            k.op,
            "Batching input tensors supplied in a given op invocation must have equal 0th-dimension size",
        )
    if allowed and (sorted(set(allowed)) != list(allowed) or allowed[-1] != most):
        raise InvalidArgumentError(
            None, k.op, f"allowed_batch_sizes must increase, and end in max_batch_size, which they do not: {allowed}"
        )
    if len(tensors[0]) > most:
        raise InvalidArgumentError(None, k.op, f"Task size {len(tensors[0])} is larger than maximum batch size {most}")
    assembly = shared_resource(k, f"batch/{k.attr('batching_queue').decode()}", _Assembly).item()
    with assembly.changed:
        batch, number = assembly.join(tensors, most, k.attr("batch_timeout_micros"))
        k.wait_for(assembly.changed, lambda: batch.is_closed, "Batching was cancelled.", retriable=False)
    if batch.tasks[-1][0] != number:
        return *(t[:0] for t in tensors), np.zeros((0, 3), np.int64), np.array(number, np.int64)
    ends = np.cumsum([len(given[0]) for _, given in batch.tasks])
    index = [(task, end - len(given[0]), end) for (task, given), end in zip(batch.tasks, ends, strict=True)]
    padding = next((size for size in allowed if size >= batch.rows), batch.rows) - batch.rows
    columns = zip(*(given for _, given in batch.tasks), strict=True)
    joined = [np.concatenate([*parts, *[parts[0][:1]] * padding]) for parts in columns]
    return *joined, np.array(index, np.int64), np.array(number, np.int64)


@kernel("Unbatch")
def _unbatch(k: KernelContext, batched: np.ndarray, index: np.ndarray, number: np.ndarray) -> np.ndarray:
    """The run that has the batch hands out its parts; every run takes its own."""
    parts, own, expired = shared_resource(k, "unbatch", _Parts).item(), int(number), threading.Event()

    def expire() -> None:
        with parts.changed:
            expired.set()
            parts.changed.notify_all()

    with parts.changed:
        parts.found.update({int(task): batched[start:end] for task, start, end in index})
        parts.changed.notify_all()
        if own not in parts.found:
            timer = _later(k.attr("timeout_micros"), expire)
            waited = lambda: own in parts.found or expired.is_set()  # noqa: E731
            k.wait_for(parts.changed, waited, "Unbatching was cancelled.", retriable=False)
            timer.cancel()
        if own not in parts.found:
            raise DeadlineExceededError(None, k.op, "Batched data did not arrive within timeout window.")
        return parts.found.pop(own)


@kernel("UnbatchGrad")
def _unbatch_grad(
    k: KernelContext, original: np.ndarray, index: np.ndarray, grad: np.ndarray, number: np.ndarray
) -> np.ndarray:
    """The run that has the batch puts the gradients of all parts together; the others give nothing."""
    parts = shared_resource(k, "unbatch_grad", _Parts).item()
    with parts.changed:
        parts.found[int(number)] = grad
        parts.changed.notify_all()
        if not len(index):
            return grad[:0]
        tasks = [int(task) for task in index[:, 0]]
        there = lambda: all(task in parts.found for task in tasks)  # noqa: E731
        k.wait_for(parts.changed, there, "Unbatching was cancelled.", retriable=False)
        result = np.zeros(original.shape, grad.dtype)
        for task, start, end in index:
            result[start:end] = parts.found.pop(int(task))
        return result
