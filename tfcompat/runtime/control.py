"""What one run carries along besides its values: cancellation, a deadline, and a recorder of timings."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tfcompat.graph.errors import CancelledError, DeadlineExceededError
from tfcompat.graph.operation import Operation
from tfcompat.runtime.trace import Trace

TIMED_OUT = "Timed out waiting for notification"


class WouldWait(Exception):
    """An operation would have to wait longer than its run has patience for now; it is tried again later."""


class Cancellation:
    """A flag that wakes whoever waits: set when a session is closed."""

    def __init__(self) -> None:
        self._flag = False
        self._lock = threading.Lock()
        self._waiting: list[threading.Condition] = []

    def is_set(self) -> bool:
        """Whether `set` was called."""
        return self._flag

    def set(self) -> None:
        """Sets the flag and wakes all that wait."""
        with self._lock:
            self._flag = True
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()

    def wait_for(self, condition: threading.Condition, predicate: Callable[[], bool], timeout: float | None) -> bool:
        """Waits on `condition`, which the caller holds; what `predicate` gives in the end.

        Returns early, with False, when the flag is set or `timeout` seconds have passed.
        """
        with self._lock:
            self._waiting.append(condition)
        try:
            condition.wait_for(lambda: self._flag or predicate(), timeout)
        finally:
            with self._lock:
                self._waiting.remove(condition)
        return predicate()


class RunContext:
    """One run's deadline and trace.

    Args:
        timeout: seconds that the run may take; None for no limit.
        trace: where timings go; None when nobody wants them.

    Attributes:
        patience: seconds that an operation may wait before it is put off; None for no limit.
    """

    __slots__ = ("_end", "patience", "trace")

    def __init__(self, timeout: float | None = None, trace: Trace | None = None):
        self._end = None if timeout is None else time.monotonic() + timeout
        self.trace = trace
        self.patience: float | None = None

    def remaining(self) -> float | None:
        """Seconds until the deadline, None without one."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raises DeadlineExceededError once the time has passed."""
        if self._end is not None and time.monotonic() >= self._end:
            raise DeadlineExceededError(None, None, TIMED_OUT)

    @contextlib.contextmanager
    def model_options(self) -> Iterator[Any]:
        """ONNX Runtime's run options for one model: it is told to stop when the time has passed."""
        remaining = self.remaining()
        if remaining is None:
            yield None
            return
        import onnxruntime

        options = onnxruntime.RunOptions()
        timer = threading.Timer(remaining, lambda: setattr(options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            yield options
        finally:
            timer.cancel()
        self.check()


def wait_for(
    cancellation: Cancellation,
    context: RunContext | None,
    condition: threading.Condition,
    predicate: Callable[[], bool],
    op: Operation,
    cancelled: str,
    retriable: bool = True,
) -> None:
    """Waits on `condition`, which the caller holds, until `predicate()` is true.

    Raises:
        WouldWait: the run is out of patience, and the operation has done nothing yet (`retriable`).
        CancelledError: with the text `cancelled`, when the session is closed.
        DeadlineExceededError: the run's time has passed.
    """
    remaining = None if context is None else context.remaining()
    patience = context.patience if context is not None and retriable else None
    if patience is not None and (remaining is None or patience < remaining) and not cancellation.is_set():
        if not (predicate() or patience and cancellation.wait_for(condition, predicate, patience)):
            raise WouldWait
        return
    if cancellation.wait_for(condition, predicate, remaining):
        return
    if cancellation.is_set():
        raise CancelledError(None, op, cancelled)
    raise DeadlineExceededError(None, None, TIMED_OUT)
