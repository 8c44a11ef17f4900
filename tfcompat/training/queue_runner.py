"""`tf.train.QueueRunner`: threads that fill a queue."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat import protos
from tfcompat.graph import errors
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph, get_default_session
from tfcompat.graph.export import tf_export
from tfcompat.platform import logging
from tfcompat.training.coordinator import Coordinator


@tf_export("train.queue_runner.QueueRunner", "train.QueueRunner")
class QueueRunner:
    """Runs enqueue operations again and again, each in a thread of its own.

    Args:
        queue: the queue.
        enqueue_ops: operations to run; one thread each.
        close_op: run when the input has ended; closes the queue by default.
        cancel_op: run when the coordinator stops; closes the queue and cancels what waits by default.
        queue_closed_exception_types: errors that mean the input has ended; OutOfRangeError by default.
        queue_runner_def: a `QueueRunnerDef` message instead of all that.
        import_scope: scope of the names in `queue_runner_def`.

    Raises:
        ValueError: both kinds of arguments are given, or neither.
        TypeError: `queue_closed_exception_types` is no tuple of error classes.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Sequence[Any] | None = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ):
        if queue_runner_def is not None:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._init_from_proto(queue_runner_def, import_scope)
        else:
            self._init_from_args(queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types)
        self._lock = threading.Lock()
        self._runs_per_session: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._exceptions_raised: list[BaseException] = []

    def _init_from_args(self, queue: Any, enqueue_ops: Any, close_op: Any, cancel_op: Any, closed: Any) -> None:
        if not queue or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        self._queue = queue
        self._enqueue_ops = enqueue_ops
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op
        if closed is not None and not (
            isinstance(closed, tuple) and closed and all(issubclass(t, errors.OpError) for t in closed)
        ):
            raise TypeError(
                f"queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: {closed}"
            )
        self._queue_closed_exception_types = closed or (errors.OutOfRangeError,)

    def _init_from_proto(self, message: Any, scope: str | None) -> None:
        graph = get_default_graph()
        prefix = f"{scope}/" if scope else ""

        def element(name: str) -> Any:
            return graph.as_graph_element(prefix + name) if name else None

        self._queue = element(message.queue_name)
        self._enqueue_ops = [element(n) for n in message.enqueue_op_name]
        self._close_op = element(message.close_op_name)
        self._cancel_op = element(message.cancel_op_name)
        codes = message.queue_closed_exception_types
        self._queue_closed_exception_types = tuple(errors.exception_type_from_error_code(c) for c in codes) or (
            errors.OutOfRangeError,
        )

    @property
    def queue(self) -> Any:
        """The queue."""
        return self._queue

    @property
    def enqueue_ops(self) -> Sequence[Any]:
        """The operations that fill it."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """Run when the input has ended."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """Run when the coordinator stops."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type, ...]:
        """Errors that mean the input has ended."""
        return self._queue_closed_exception_types

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """Errors of threads without a coordinator."""
        return self._exceptions_raised

    @property
    def name(self) -> str:
        """Name of the queue's operation."""
        return self._queue.name  # type: ignore[no-any-return]

    # ---------------------------------------------------------------- threads

    def _enqueuer(self, sess: Any, enqueue_op: Any) -> Callable[[], Any]:
        """A function that runs `enqueue_op` once."""
        return sess.make_callable(enqueue_op)  # type: ignore[no-any-return]

    def _run(self, sess: Any, enqueue_op: Any, coord: Any = None) -> None:
        counted = True
        try:
            enqueue = self._enqueuer(sess, enqueue_op)
            while not (coord and coord.should_stop()):
                try:
                    enqueue()
                except self._queue_closed_exception_types:
                    with self._lock:
                        self._runs_per_session[sess] -= 1
                        counted = False
                        last = self._runs_per_session[sess] == 0
                    if last:
                        self._try(sess, self._close_op)
                    return
        except Exception as error:
            if coord:
                coord.request_stop(error)
            else:
                logging.error("Exception in QueueRunner: %s", str(error))
                with self._lock:
                    self._exceptions_raised.append(error)
                raise
        finally:
            if counted:
                with self._lock:
                    self._runs_per_session[sess] -= 1

    @staticmethod
    def _try(sess: Any, op: Any) -> None:
        """Runs `op`; an error, as when the queue is closed already, is only logged."""
        try:
            sess.run(op)
        except Exception as error:
            logging.vlog(1, "Ignored exception: %s", str(error))

    def _close_on_stop(self, sess: Any, cancel_op: Any, coord: Any) -> None:
        coord.wait_for_stop()
        self._try(sess, cancel_op)

    def create_threads(
        self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """The threads that fill the queue; none when those of an earlier call still run.

        Args:
            sess: the session to run in.
            coord: a `Coordinator` that gets errors, and stops the threads.
            daemon: whether the program may end while they run.
            start: whether to start them.
        """
        with self._lock:
            if self._runs_per_session.get(sess, 0) > 0:
                return []
            self._runs_per_session[sess] = len(self._enqueue_ops)
            self._exceptions_raised = []
        threads = [
            threading.Thread(
                target=self._run, args=(sess, op, coord), name=f"QueueRunnerThread-{self.name}-{_name(op)}"
            )
            for op in self._enqueue_ops
        ]
        if coord:
            threads.append(
                threading.Thread(
                    target=self._close_on_stop,
                    args=(sess, self._cancel_op, coord),
                    name=f"QueueRunnerThread-{self.name}-close_on_stop",
                )
            )
        for thread in threads:
            if coord:
                coord.register_thread(thread)
            thread.daemon = daemon
            if start:
                thread.start()
        return threads

    # ---------------------------------------------------------------- messages

    def to_proto(self, export_scope: str | None = None) -> Any:
        """A `QueueRunnerDef` with names relative to `export_scope`; None when the queue lies outside."""
        prefix = f"{export_scope.rstrip('/')}/" if export_scope else ""
        if not self.queue.name.startswith(prefix):
            return None

        def relative(thing: Any) -> str:
            return "" if thing is None else thing.name.removeprefix(prefix)  # type: ignore[no-any-return]

        return protos.QueueRunnerDef(
            queue_name=relative(self.queue),
            enqueue_op_name=[relative(op) for op in self.enqueue_ops],
            close_op_name=relative(self.close_op),
            cancel_op_name=relative(self.cancel_op),
            queue_closed_exception_types=[
                errors.error_code_from_exception_type(t) for t in self._queue_closed_exception_types
            ],
        )

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """The runner that a `QueueRunnerDef` describes."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


def _name(op: Any) -> str:
    return str(getattr(op, "name", op))


@tf_export("train.queue_runner.add_queue_runner", "train.add_queue_runner")
def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Adds a runner to a collection of the default graph, for `start_queue_runners`."""
    get_default_graph().add_to_collection(collection, qr)


@tf_export("train.queue_runner.start_queue_runners", "train.start_queue_runners")
def start_queue_runners(
    sess: Any = None,
    coord: Coordinator | None = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Starts the threads of all runners of the session's graph; returns them.

    Args:
        sess: the session; the default one when None.
        coord: a `Coordinator` for all threads.
        daemon: whether the program may end while they run.
        start: whether to start them.
        collection: where the runners are.

    Raises:
        ValueError: there is no session.
        TypeError: `sess` is no session.
    """
    if sess is None:
        sess = get_default_session()
        if not sess:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with sess.as_default()` "
                "or pass an explicit session to tf.start_queue_runners(sess=sess)"
            )
    if not hasattr(sess, "run") or not hasattr(sess, "graph"):
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {sess.__class__}")
    runners = sess.graph.get_collection(collection)
    if not runners:
        logging.warning(
            "`tf.train.start_queue_runners()` was called when no queue runners were defined. You can safely "
            "remove the call to this deprecated function."
        )
    with sess.graph.as_default():
        return [t for r in runners for t in r.create_threads(sess, coord=coord, daemon=daemon, start=start)]
