"""`tf.train.Coordinator`: threads that stop together, and report why."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from tfcompat.graph import errors
from tfcompat.graph.export import tf_export
from tfcompat.platform import logging


@tf_export("train.Coordinator")
class Coordinator:
    """Tells threads when to stop, and waits for them.

    Args:
        clean_stop_exception_types: exceptions that end a thread without being reported; OutOfRangeError by default.
    """

    def __init__(self, clean_stop_exception_types: Any = None):
        if clean_stop_exception_types is None:
            clean_stop_exception_types = (errors.OutOfRangeError,)
        self._clean_stop_exception_types = tuple(clean_stop_exception_types)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._exc_info_to_raise: Any = None
        self._joined = False
        self._registered_threads: set[Any] = set()

    def _reported(self, ex: Any) -> Any:
        """(type, exception, traceback) of what a caller of `request_stop` gave; None for nothing."""
        if isinstance(ex, tuple):
            return ex if len(ex) > 1 and ex[1] is not None else None
        return (type(ex), ex, ex.__traceback__ or sys.exc_info()[2])

    def request_stop(self, ex: Any = None) -> None:
        """Asks the threads to stop.

        Args:
            ex: an exception (or `sys.exc_info()`) to be raised by `join`; the first one counts. It is raised at once
                when the threads have been joined already.
        """
        with self._lock:
            found = self._reported(ex) if ex is not None else None
            if found is not None and isinstance(found[1], self._clean_stop_exception_types):
                found = None
            if found is not None and self._joined:
                raise found[1].with_traceback(found[2])
            if not self._stop_event.is_set():
                if found is not None and self._exc_info_to_raise is None:
                    self._exc_info_to_raise = found
                    logging.info("Error reported to Coordinator: %s, %s", found[0], found[1])
                self._stop_event.set()

    def clear_stop(self) -> None:
        """Makes it as new: not asked to stop, nothing to raise."""
        with self._lock:
            self._joined = False
            self._exc_info_to_raise = None
            self._stop_event.clear()

    def should_stop(self) -> bool:
        """Whether a stop was requested."""
        return self._stop_event.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """A context whose exceptions become stop requests."""
        try:
            yield
        except BaseException:
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits for a stop request, at most `timeout` seconds; whether there is one."""
        return self._stop_event.wait(timeout)

    def register_thread(self, thread: Any) -> None:
        """Adds a thread to those that `join` waits for."""
        with self._lock:
            self._registered_threads.add(thread)

    def join(self, threads: Any = None, stop_grace_period_secs: float = 120, ignore_live_threads: bool = False) -> None:
        """Waits for the threads to end.

        Args:
            threads: threads besides the registered ones.
            stop_grace_period_secs: how long threads may go on after a stop request.
            ignore_live_threads: whether threads that go on longer are no error.

        Raises:
            RuntimeError: a thread did not stop in time.
            Exception: what was reported to `request_stop`.
        """
        with self._lock:
            everyone = [*self._registered_threads, *(t for t in threads or () if t not in self._registered_threads)]
        while any(t.is_alive() for t in everyone) and not self.wait_for_stop(1.0):
            pass
        deadline = time.monotonic() + stop_grace_period_secs
        pause = 0.001
        while any(t.is_alive() for t in everyone) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, 0.1)
        stragglers = [t.name for t in everyone if t.is_alive()]
        with self._lock:
            self._joined = True
            self._registered_threads = set()
            if self._exc_info_to_raise is not None:
                _, error, traceback = self._exc_info_to_raise
                raise error.with_traceback(traceback)
            if stragglers:
                if not ignore_live_threads:
                    raise RuntimeError(f"Coordinator stopped with threads still running: {' '.join(stragglers)}")
                logging.info("Coordinator stopped with threads still running: %s", " ".join(stragglers))

    @property
    def joined(self) -> bool:
        """Whether `join` has ended."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raises what was reported to `request_stop`, if anything."""
        with self._lock:
            if self._exc_info_to_raise is not None:
                _, error, traceback = self._exc_info_to_raise
                raise error.with_traceback(traceback)


@tf_export("train.LooperThread")
class LooperThread(threading.Thread):
    """Calls a function again and again until its coordinator stops.

    Args:
        coord: the `Coordinator`.
        timer_interval_secs: seconds from one call to the next; None calls without pause.
        target: the function; without it `run_loop` is to be overridden.
        args: its positional arguments.
        kwargs: its keyword arguments.

    Raises:
        ValueError: `coord` is no Coordinator, or arguments are given without a function.
    """

    def __init__(
        self, coord: Any, timer_interval_secs: float | None, target: Any = None, args: Any = None, kwargs: Any = None
    ):
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__()
        self.daemon = True
        self._coord = coord
        self._timer_interval_secs = timer_interval_secs
        self._target_function = target
        if target is None and (args is not None or kwargs is not None):
            raise ValueError("'args' and 'kwargs' argument require that you also pass 'target'")
        self._target_args, self._target_kwargs = args or (), kwargs or {}
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator, timer_interval_secs: float | None, target: Any, args: Any = None, kwargs: Any = None
    ) -> LooperThread:
        """Starts a thread that calls `target` again and again; returns it."""
        looper = LooperThread(coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        """The thread: calls at fixed intervals until the coordinator stops; exceptions stop it."""
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._timer_interval_secs is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                due = time.time()
                while not self._coord.wait_for_stop(due - time.time()):
                    due += self._timer_interval_secs
                    self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Called when the thread starts."""

    def stop_loop(self) -> None:
        """Called when the thread stops."""

    def run_loop(self) -> None:
        """One call."""
        if self._target_function:
            self._target_function(*self._target_args, **self._target_kwargs)
