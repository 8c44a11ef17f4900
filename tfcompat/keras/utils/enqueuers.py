"""Batches that are made while others are used: queues that workers fill."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import queue
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export

_shared: dict[int, Any] = {}
"""Sequences that worker processes look up, by the id of their queue."""


def _take(sequences: dict[int, Any], key: int) -> None:
    """What a worker process begins with."""
    _shared.clear()
    _shared[key] = sequences[key]


def _item(key: int, index: int) -> Any:
    return _shared[key][index]


@tf_export("keras.utils.SequenceEnqueuer")
class SequenceEnqueuer:
    """Base of queues that workers fill with batches, in their order.

    Args:
        sequence: where batches come from.
        use_multiprocessing: whether workers are processes, else threads.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False):
        self.sequence, self.use_multiprocessing = sequence, use_multiprocessing
        self.queue: queue.Queue[Any] | None = None
        self.workers = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._thread is not None and not self._stop.is_set()

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        """Starts making batches.

        Args:
            workers: how many work at once.
            max_queue_size: how many batches may wait.
        """
        self.workers = max(workers, 1)
        self.queue = queue.Queue(max_queue_size)
        self._stop.clear()
        self._error = None
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Stops making batches; waits up to `timeout` seconds for what is under way."""
        self._stop.set()
        while self.queue is not None and not self.queue.empty():
            self.queue.get_nowait()
        if self._thread is not None:
            self._thread.join(timeout)
        self._thread = None

    def get(self) -> Iterator[Any]:
        """The batches, as they are made; what a worker raised is raised here.

        Yields:
            Each batch, in the order of the sequence.
        """
        while self.is_running():
            assert self.queue is not None
            future = self.queue.get()
            if future is None:
                break
            try:
                item = future.result()
            except StopIteration:
                self.stop()
                return
            except BaseException:
                self.stop()
                raise
            if item is not None:
                yield item
        if self._error is not None:
            raise self._error

    def _guarded(self) -> None:
        try:
            self._run()
        except BaseException as error:
            self._error = error
        finally:
            self._put(None)

    def _run(self) -> None:
        """Puts futures of batches into the queue until it is stopped."""
        raise NotImplementedError

    def _put(self, future: Any) -> bool:
        """Waits for room in the queue; False when it was stopped."""
        while not self._stop.is_set():
            try:
                self.queue.put(future, timeout=0.1)  # type: ignore[union-attr]
                return True
            except queue.Full:
                continue
        return False


@tf_export("keras.utils.OrderedEnqueuer")
class OrderedEnqueuer(SequenceEnqueuer):
    """A queue of the batches of a `Sequence`, epoch after epoch.

    Args:
        sequence: the `Sequence`.
        use_multiprocessing: whether workers are processes, else threads.
        shuffle: whether each epoch has another order, that of numpy's global generator.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False, shuffle: bool = False):
        super().__init__(sequence, use_multiprocessing)
        self.shuffle = shuffle

    def _run(self) -> None:
        order = list(range(len(self.sequence)))
        while not self._stop.is_set():
            if self.shuffle:
                np.random.shuffle(order)
            with self._workers() as (submit, _):
                waiting = []
                for index in order:
                    future = submit(index)
                    waiting.append(future)
                    if not self._put(future):
                        return
                concurrent.futures.wait(waiting)
            if not self._stop.is_set():
                self.sequence.on_epoch_end()

    def _workers(self) -> Any:
        return _Workers(self.sequence, self.workers, self.use_multiprocessing)


class _Workers:
    """An executor that makes items of a sequence; processes get the sequence as it is when they begin."""

    def __init__(self, sequence: Any, count: int, processes: bool):
        self._key, self._sequence = id(self), sequence
        if processes:
            self._pool: Any = concurrent.futures.ProcessPoolExecutor(
                count, multiprocessing.get_context("fork"), _take, ({self._key: sequence}, self._key)
            )
        else:
            self._pool = concurrent.futures.ThreadPoolExecutor(count)
        self._processes = processes

    def __enter__(self) -> Any:
        pool = self._pool.__enter__()
        if self._processes:
            return (lambda index: pool.submit(_item, self._key, index)), pool
        return (lambda index: pool.submit(self._sequence.__getitem__, index)), pool

    def __exit__(self, *exc: Any) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


@tf_export("keras.utils.GeneratorEnqueuer")
class GeneratorEnqueuer(SequenceEnqueuer):
    """A queue of what a generator gives, in its order.

    Args:
        sequence: the generator; several workers take turns.
        use_multiprocessing: has no effect, a generator lives in one process.
        random_seed: has no effect.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False, random_seed: int | None = None):
        super().__init__(sequence, False)
        self.random_seed = random_seed

    def _run(self) -> None:
        for item in self.sequence:
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            future.set_result(item)
            if not self._put(future):
                return
