"""`tf.train.Supervisor`: the older way to run a training, with checkpoints and summaries by threads."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterator
from typing import Any

from tfcompat import protos
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.ops.grouping import group
from tfcompat.ops.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
)
from tfcompat.platform import logging
from tfcompat.summary.summary import merge_all
from tfcompat.summary.writer import FileWriter
from tfcompat.training.coordinator import Coordinator, LooperThread
from tfcompat.training.global_step import global_step
from tfcompat.training.meta_graph import export_meta_graph
from tfcompat.training.saver import Saver
from tfcompat.training.scaffold import _tables_initializer
from tfcompat.training.session_manager import SessionManager


def _first(collection: str) -> Any:
    found = get_default_graph().get_collection(collection)
    if not found:
        return None
    if len(found) == 1:
        logging.info("Found %d %s op: %s", len(found), collection, found[0])
    return found[0]


def _global_step_of_graph() -> Any:
    """The step in the graph's collection, or the integer tensor called "global_step"."""
    found = _first(GraphKeys.GLOBAL_STEP)
    if found is None:
        with contextlib.suppress(KeyError):
            found = get_default_graph().get_tensor_by_name("global_step:0")
            if found.dtype.base_dtype.name not in ("int32", "int64"):
                logging.warning("Found 'global_step' but is not an int type: %s", found.dtype)
                return None
            get_default_graph().add_to_collection(GraphKeys.GLOBAL_STEP, found)
    return found


@tf_export("train.Supervisor")
class Supervisor:
    """Initializes or restores a model, and saves it and its summaries while it is trained.

    Arguments that are `USE_DEFAULT` are taken from the graph's collections, or made; None leaves them out.

    Args:
        graph: the graph; the default one when None.
        ready_op: names of what is not initialized.
        ready_for_local_init_op: the same, of what `local_init_op` needs.
        is_chief: whether this process initializes and saves.
        init_op: initializes the model.
        init_feed_dict: feeds of its run.
        local_init_op: initializes what is not in checkpoints.
        logdir: directory of checkpoints and events; None for none.
        summary_op: all summaries.
        saver: a `Saver`.
        global_step: the global step.
        save_summaries_secs: seconds between summaries.
        save_model_secs: seconds between checkpoints.
        recovery_wait_secs: seconds between two looks for a model that is ready.
        stop_grace_secs: how long threads may go on after a stop.
        checkpoint_basename: start of the checkpoints' names.
        session_manager: a `SessionManager`.
        summary_writer: a `FileWriter`.
        init_fn: called with a session after `init_op`.
        local_init_run_options: options of the run of `local_init_op`.
    """

    USE_DEFAULT = 0

    def __init__(
        self,
        graph: Any = None,
        ready_op: Any = 0,
        ready_for_local_init_op: Any = 0,
        is_chief: bool = True,
        init_op: Any = 0,
        init_feed_dict: Any = None,
        local_init_op: Any = 0,
        logdir: Any = None,
        summary_op: Any = 0,
        saver: Any = 0,
        global_step: Any = 0,
        save_summaries_secs: float = 120,
        save_model_secs: float = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: Any = None,
        summary_writer: Any = 0,
        init_fn: Any = None,
        local_init_run_options: Any = None,
    ):
        self._graph = graph or get_default_graph()
        with self._graph.as_default():
            self._init_ready(ready_op, ready_for_local_init_op)
            self._init_op = self._chosen(init_op, GraphKeys.INIT_OP, global_variables_initializer)
            self._local_init_op = self._chosen(
                local_init_op,
                GraphKeys.LOCAL_INIT_OP,
                lambda: group(local_variables_initializer(), _tables_initializer()),
            )
            self._saver = self._chosen(saver, GraphKeys.SAVERS, lambda: Saver() if global_variables() else None)
            self._summary_op = self._chosen(summary_op, GraphKeys.SUMMARY_OP, merge_all)
            self._global_step = _global_step_of_graph() if global_step is Supervisor.USE_DEFAULT else global_step
            self._meta_graph_def = export_meta_graph(
                graph=self._graph,
                graph_def=self._graph.as_graph_def(add_shapes=True),
                saver_def=self._saver.saver_def if self._saver else None,
            )
        self._init_feed_dict = init_feed_dict
        self._init_fn = init_fn
        self._is_chief = is_chief
        self._coord = Coordinator()
        self._recovery_wait_secs, self._stop_grace_secs = recovery_wait_secs, stop_grace_secs
        self._logdir = self._save_path = self._summary_writer = None
        if is_chief:
            self._logdir = logdir
            self._save_path = os.path.join(logdir, checkpoint_basename) if logdir else None
            if summary_writer is Supervisor.USE_DEFAULT:
                self._summary_writer = FileWriter(logdir) if logdir else None
            else:
                self._summary_writer = summary_writer
        elif logdir:
            self._logdir = logdir
        self._save_summaries_secs, self._save_model_secs = save_summaries_secs, save_model_secs
        self._graph_added_to_summary = False
        self._session_manager = session_manager or SessionManager(
            local_init_op=self._local_init_op,
            ready_op=self._ready_op,
            ready_for_local_init_op=self._ready_for_local_init_op,
            graph=self._graph,
            recovery_wait_secs=recovery_wait_secs,
            local_init_run_options=local_init_run_options,
        )
        if not is_chief:
            self._check_devices()
        self._graph.finalize()

    def _check_devices(self) -> None:
        for op in self._graph.get_operations():
            if op.type in ("Variable", "VariableV2", "VarHandleOp") and not op.device:
                raise ValueError(f"When using replicas, all Variables must have their device set: {op.name}")

    @staticmethod
    def _chosen(given: Any, collection: str, make: Any) -> Any:
        if given is not Supervisor.USE_DEFAULT and not (isinstance(given, int) and given == 0):
            return given
        found = _first(collection)
        if found is None:
            found = make()
            if found is not None:
                get_default_graph().add_to_collection(collection, found)
        return found

    def _init_ready(self, ready_op: Any, ready_for_local_init_op: Any) -> None:
        self._ready_op = self._chosen(ready_op, GraphKeys.READY_OP, report_uninitialized_variables)
        if isinstance(ready_for_local_init_op, int):
            self._ready_for_local_init_op = _first(GraphKeys.READY_FOR_LOCAL_INIT_OP)
        else:
            self._ready_for_local_init_op = ready_for_local_init_op

    # ---------------------------------------------------------------- sessions

    def prepare_or_wait_for_session(
        self,
        master: str = "",
        config: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Any:
        """A session that is ready: initialized or restored by the chief, waited for by others."""
        self._coord.clear_stop()
        if self._summary_writer:
            self._summary_writer.reopen()
        if self._is_chief:
            sess = self._session_manager.prepare_session(
                master,
                init_op=self._init_op,
                saver=self._saver,
                checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs,
                config=config,
                init_feed_dict=self._init_feed_dict,
                init_fn=self._init_fn,
            )
            self._write_graph()
            if start_standard_services:
                logging.info("Starting standard services.")
                self.start_standard_services(sess)
        else:
            sess = self._session_manager.wait_for_session(master, config=config, max_wait_secs=max_wait_secs)
        if start_standard_services:
            logging.info("Starting queue runners.")
            self.start_queue_runners(sess)
        return sess

    @contextlib.contextmanager
    def managed_session(
        self,
        master: str = "",
        config: Any = None,
        start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Any]:
        """A context with a session that is ready; at its end everything stops, and what threads raised is raised."""
        try:
            sess = self.prepare_or_wait_for_session(
                master=master, config=config, start_standard_services=start_standard_services
            )
            yield sess
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                with contextlib.suppress(Exception):
                    sess.close()

    def _write_graph(self) -> None:
        if self._logdir:
            os.makedirs(self._logdir, exist_ok=True)
            with open(os.path.join(self._logdir, "graph.pbtxt"), "w", encoding="utf-8") as file:
                file.write(str(self._graph.as_graph_def(add_shapes=True)))
        if self._summary_writer and not self._graph_added_to_summary:
            self._summary_writer.add_graph(self._graph)
            self._summary_writer.add_meta_graph(self._meta_graph_def)
            self._graph_added_to_summary = True

    # ---------------------------------------------------------------- threads

    def start_standard_services(self, sess: Any) -> Any:
        """Starts the threads that write summaries and checkpoints; returns them.

        Raises:
            RuntimeError: this is not the chief.
        """
        if not self._is_chief:
            raise RuntimeError(
                "Only chief supervisor can start standard services. Because only chief supervisors can write events."
            )
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        if self._global_step is not None and self._summary_writer:
            step = global_step(sess, self._global_step)
            self._summary_writer.add_session_log(protos.SessionLog(status=protos.SessionLog.START), step)
        threads = []
        if self._save_summaries_secs and self._summary_writer and self._summary_op is not None:
            threads.append(self.loop(self._save_summaries_secs, self._write_summaries, (sess,)))
        if self._save_summaries_secs and self._summary_writer and self._global_step is not None:
            threads.append(self.loop(self._save_summaries_secs, _StepRate(self, sess)))
        if self._saver and self._save_model_secs:
            threads.append(self.loop(self._save_model_secs, self._save_model, (sess,)))
        return threads

    def _write_summaries(self, sess: Any) -> None:
        if self._global_step is not None:
            summary, step = sess.run([self._summary_op, self._global_step])
        else:
            summary, step = sess.run(self._summary_op), None
        if self._summary_writer:
            self._summary_writer.add_summary(summary, step)

    def _save_model(self, sess: Any) -> None:
        self._saver.save(sess, self._save_path, global_step=self._global_step)
        if self._summary_writer and self._global_step is not None:
            log = protos.SessionLog(status=protos.SessionLog.CHECKPOINT, checkpoint_path=self._save_path)
            self._summary_writer.add_session_log(log, global_step(sess, self._global_step))

    def start_queue_runners(self, sess: Any, queue_runners: Any = None) -> list[Any]:
        """Starts the threads of queue runners (those of the graph by default); returns them."""
        if queue_runners is None:
            queue_runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS)
        return [t for r in queue_runners for t in r.create_threads(sess, coord=self._coord, daemon=True, start=True)]

    def loop(
        self, timer_interval_secs: float | None, target: Any, args: Any = None, kwargs: Any = None
    ) -> LooperThread:
        """Starts a thread that calls `target` every so many seconds; returns it."""
        looper = LooperThread(self._coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        looper.start()
        return looper

    def request_stop(self, ex: Any = None) -> None:
        """Asks the threads to stop; `ex` is raised by `stop`."""
        self._coord.request_stop(ex=ex)

    def should_stop(self) -> bool:
        """Whether a stop was requested."""
        return self._coord.should_stop()

    def wait_for_stop(self) -> None:
        """Waits for a stop request."""
        self._coord.wait_for_stop()

    def stop_on_exception(self) -> Any:
        """A context whose exceptions become stop requests."""
        return self._coord.stop_on_exception()

    def stop(self, threads: Any = None, close_summary_writer: bool = True, ignore_live_threads: bool = False) -> None:
        """Stops the threads and waits for them; raises what was reported."""
        self._coord.request_stop()
        try:
            self._coord.join(
                threads, stop_grace_period_secs=self._stop_grace_secs, ignore_live_threads=ignore_live_threads
            )
        finally:
            if close_summary_writer and self._summary_writer:
                self._summary_writer.add_session_log(protos.SessionLog(status=protos.SessionLog.STOP))
                self._summary_writer.close()
                self._graph_added_to_summary = False

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Writes a summary that was computed elsewhere.

        Raises:
            TypeError: `summary` is no serialised summary.
            RuntimeError: there is no writer.
        """
        if not self._summary_writer:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self._global_step is not None:
            from tfcompat.training.global_step import global_step as value_of

            global_step = value_of(sess, self._global_step)
        self._summary_writer.add_summary(summary, global_step)

    PrepareSession = prepare_or_wait_for_session
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    RequestStop = request_stop
    Loop = loop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed


class _StepRate:
    """Writes the steps per second."""

    def __init__(self, supervisor: Supervisor, sess: Any):
        self._sv, self._sess = supervisor, sess
        self._last = time.time(), global_step(sess, supervisor._global_step)

    def __call__(self) -> None:
        step, now = global_step(self._sess, self._sv._global_step), time.time()
        elapsed, steps = now - self._last[0], step - self._last[1]
        summary = protos.Summary()
        summary.value.add(tag="global_step/sec", simple_value=steps / elapsed if elapsed > 0 else math.inf)
        if self._sv._summary_writer:
            self._sv._summary_writer.add_summary(summary, step)
        self._last = now, step


def _plain(name: str) -> property:
    return property(lambda self: getattr(self, f"_{name}"), doc=f"`{name}` as given, or as it was chosen.")


for _name in ("is_chief", "session_manager", "coord", "init_op", "init_feed_dict", "ready_op",
              "ready_for_local_init_op",
              "summary_writer", "summary_op", "save_summaries_secs", "global_step", "saver", "save_model_secs",
              "save_path"):  # fmt: skip
    setattr(Supervisor, _name, _plain(_name))
