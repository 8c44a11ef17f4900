"""Host kernels of queues."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, may_wait
from tfcompat.kernels.handles import shared_resource
from tfcompat.kernels.queue_data import Attempt, Element, PaddingQueue, PriorityQueue, Queue, RandomShuffleQueue

may_wait("QueueEnqueueV2", "QueueEnqueueManyV2", "QueueDequeueV2", "QueueDequeueManyV2", "QueueDequeueUpToV2",
         "QueueCloseV2")  # fmt: skip


def _queue_of(k: KernelContext, make: Any) -> np.ndarray:
    handle = shared_resource(k, "queue", make)
    found: Queue = handle.item()
    wanted: Queue = make(found.name)
    pairs: list[tuple[str, Any, Any]] = [
        ("type", found.kind, wanted.kind),
        ("capacity", found.capacity, wanted.capacity),
        ("component types", [d.name for d in found.dtypes], [d.name for d in wanted.dtypes]),
        ("component shapes", [str(s) for s in found.shapes], [str(s) for s in wanted.shapes]),
    ]
    if isinstance(found, RandomShuffleQueue) and isinstance(wanted, RandomShuffleQueue):
        pairs.append(("min_after_dequeue", found.least, wanted.least))
        if any(wanted.seeds):
            pairs.append(("random seeds", found.seeds, wanted.seeds))
    for what, have, want in pairs:
        if have != want:
            raise InvalidArgumentError(
                None, k.op, f"Shared queue '{found.name}' has {what} {have} but requested {what} was {want}"
            )
    return handle


@kernel("FIFOQueueV2")
def _fifo(k: KernelContext) -> np.ndarray:
    return _queue_of(k, lambda n: Queue(n, k.attr("component_types"), k.attr("shapes"), k.attr("capacity")))


@kernel("PaddingFIFOQueueV2")
def _padding(k: KernelContext) -> np.ndarray:
    return _queue_of(k, lambda n: PaddingQueue(n, k.attr("component_types"), k.attr("shapes"), k.attr("capacity")))


@kernel("PriorityQueueV2")
def _priority(k: KernelContext) -> np.ndarray:
    from tfcompat.graph import dtypes
    from tfcompat.graph.tensor_shape import SCALAR

    types = [dtypes.int64, *k.attr("component_types")]
    return _queue_of(k, lambda n: PriorityQueue(n, types, [SCALAR, *k.attr("shapes")], k.attr("capacity")))


@kernel("RandomShuffleQueueV2")
def _random(k: KernelContext) -> np.ndarray:
    capacity, least = k.attr("capacity"), k.attr("min_after_dequeue")
    if capacity >= 0 and least >= capacity:
        raise InvalidArgumentError(None, k.op, f"min_after_dequeue {least} must be < capacity {capacity}")
    return _queue_of(
        k,
        lambda n: RandomShuffleQueue(
            n, k.attr("component_types"), k.attr("shapes"), capacity, least, k.attr("seed"), k.attr("seed2")
        ),
    )


def queue_in(handle: Any) -> Queue:
    """The queue that a handle holds; one taken out of an array of handles is the queue itself."""
    queue = handle if isinstance(handle, Queue) else handle.item()
    if not isinstance(queue, Queue):
        raise InvalidArgumentError(None, None, f"the handle is of a {type(queue).__name__}, not of a queue")
    return queue


def _finish(k: KernelContext, queue: Queue, attempt: Attempt, what: str) -> Attempt:
    """Waits until `attempt` is done; the caller holds the queue's condition."""
    try:
        if not attempt.done:
            k.wait_for(
                queue.changed, lambda: attempt.done, f"{what} operation was cancelled", retriable=attempt.is_retriable
            )
    except BaseException:
        queue.abandon(attempt)
        raise
    if attempt.error is not None:
        raise attempt.error
    return attempt


def enqueue(k: KernelContext, queue: Queue, elements: list[Element]) -> None:
    """Appends elements, waiting for room."""
    with queue.changed:
        _finish(k, queue, queue.attempt_enqueue(elements), "Enqueue")


def dequeue(k: KernelContext, queue: Queue, count: int, smaller: bool = False) -> list[Element]:
    """Takes `count` elements, waiting for them; fewer from a closed queue when `smaller`."""
    with queue.changed:
        return _finish(k, queue, queue.attempt_dequeue(count, smaller), "Dequeue").taken


@kernel("QueueEnqueueV2")
def _enqueue(k: KernelContext, handle: np.ndarray, *components: np.ndarray) -> None:
    queue = queue_in(handle)
    queue.check_element(components)
    enqueue(k, queue, [tuple(a.copy() for a in components)])


@kernel("QueueEnqueueManyV2")
def _enqueue_many(k: KernelContext, handle: np.ndarray, *components: np.ndarray) -> None:
    queue = queue_in(handle)
    count = queue.check_batch(components)
    copies = [a.copy() for a in components]
    if count:
        enqueue(k, queue, [tuple(np.asarray(a[i, ...]) for a in copies) for i in range(count)])


@kernel("QueueDequeueV2")
def _dequeue(k: KernelContext, handle: np.ndarray) -> tuple[np.ndarray, ...]:
    queue = queue_in(handle)
    _check_types(k, queue)
    return dequeue(k, queue, 1)[0]


def _check_types(k: KernelContext, queue: Queue) -> None:
    wanted = k.attr("component_types")
    if list(wanted) != queue.dtypes:
        raise InvalidArgumentError(
            None,
            k.op,
            f"Types of {queue.title} are {[d.name for d in queue.dtypes]}, expected {[d.name for d in wanted]}",
        )


def _batch(k: KernelContext, handle: np.ndarray, n: np.ndarray, smaller: bool) -> tuple[np.ndarray, ...]:
    queue = queue_in(handle)
    _check_types(k, queue)
    operation = "DequeueUpTo" if smaller else "DequeueMany"
    if int(n) < 0:
        raise InvalidArgumentError(None, k.op, f"{operation}Op requested {int(n)} < 0 elements")
    queue.check_batching()
    return queue.batch(dequeue(k, queue, int(n), smaller) if n else [])


@kernel("QueueDequeueManyV2")
def _dequeue_many(k: KernelContext, handle: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, ...]:
    return _batch(k, handle, n, False)


@kernel("QueueDequeueUpToV2")
def _dequeue_up_to(k: KernelContext, handle: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, ...]:
    return _batch(k, handle, n, True)


@kernel("QueueCloseV2")
def _close(k: KernelContext, handle: np.ndarray) -> None:
    queue = queue_in(handle)
    with queue.changed:
        attempt = queue.attempt_close(k.attr("cancel_pending_enqueues"))
        if attempt is not None:
            _finish(k, queue, attempt, "Close")


@kernel("QueueSizeV2")
def _size(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    return np.array(queue_in(handle).size, np.int32)


@kernel("QueueIsClosedV2")
def _is_closed(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    return np.array(queue_in(handle).closed)
