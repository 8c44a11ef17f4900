"""Host kernels of mutexes, which critical sections lock."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np

from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, may_wait
from tfcompat.kernels.handles import boxed, shared_resource

may_wait("MutexLock")


class Lock:
    """One holding of a mutex; free again when it is consumed, or when the run that holds it has ended."""

    def __init__(self, mutex: Mutex, run: Any):
        self.mutex = mutex
        self.run = run

    def __deepcopy__(self, memo: Any) -> Lock:
        return self


class Mutex:
    """A mutex of a session.

    Attributes:
        changed: held while the holder is looked at; told when the mutex becomes free.
    """

    def __init__(self, name: str):
        self.name = name
        self.changed = threading.Condition(threading.RLock())
        self._holder: weakref.ref[Lock] | None = None

    def is_free(self) -> bool:
        """Whether nobody holds it."""
        return self._holder is None or self._holder() is None

    def is_held_in(self, run: Any) -> bool:
        """Whether an operation of `run` holds it."""
        lock = None if self._holder is None else self._holder()
        return lock is not None and lock.run is run

    def take(self, run: Any) -> Lock:
        """Holds it, which must be free."""
        lock = Lock(self, run)
        self._holder = weakref.ref(lock, self._ended)
        return lock

    def release(self) -> None:
        """Makes it free."""
        with self.changed:
            self._holder = None
            self.changed.notify_all()

    def _ended(self, reference: Any) -> None:
        with self.changed:
            self.changed.notify_all()


@kernel("MutexV2")
def _mutex(k: KernelContext) -> np.ndarray:
    return shared_resource(k, "mutex", Mutex)


@kernel("MutexLock")
def _lock(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    mutex = handle.item()
    with mutex.changed:
        if mutex.is_held_in(k.run) and k.run.patience != 0.0:
            # nothing else of the run can go on, so it would wait for itself
            raise UnimplementedError(
                None, k.op, f"Executions of the critical section {mutex.name} that one run computes in one model are "
                "not supported: order them with control dependencies, or put them into separate runs."
            )  # fmt: skip
        k.wait_for(mutex.changed, mutex.is_free, "Lock acquisition cancelled.")
        return boxed(mutex.take(k.run))


@kernel("ConsumeMutexLock")
def _consume(k: KernelContext, lock: np.ndarray) -> None:
    lock.item().mutex.release()
