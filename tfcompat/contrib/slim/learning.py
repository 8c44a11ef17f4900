"""tf.contrib.slim.learning.train: the loop of training with a supervisor."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from tfcompat import protos
from tfcompat.graph.constant import constant
from tfcompat.graph.default import control_dependencies, get_default_graph, name_scope
from tfcompat.graph.errors import AbortedError, OutOfRangeError
from tfcompat.graph.export import PUBLIC, export
from tfcompat.ops.grouping import group
from tfcompat.ops.lookup import tables_initializer
from tfcompat.ops.variables import (
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
)
from tfcompat.platform.logging import get_logger
from tfcompat.session.timeline import Timeline
from tfcompat.summary.summary import merge_all
from tfcompat.training.global_step import get_or_create_global_step
from tfcompat.training.global_step import global_step as value_of_step
from tfcompat.training.saver import Saver
from tfcompat.training.supervisor import Supervisor
from tfcompat.training.sync_replicas_optimizer import SyncReplicasOptimizer

_DEFAULT: Any = 0


def _is_default(value: Any) -> bool:
    return isinstance(value, int) and value == _DEFAULT


def train_step(sess: Any, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """(Loss, whether to stop) of one step.

    Args:
        sess: the session.
        train_op: operation that gives the loss.
        global_step: variable that counts the steps.
        train_step_kwargs: tensors "should_stop", "should_log" and "should_trace", each optional; "logdir", needed for
            traces, and "summary_writer", which takes them too.

    Raises:
        ValueError: "should_trace" comes without "logdir".
    """
    started = time.time()
    options = metadata = None
    if "should_trace" in train_step_kwargs:
        if "logdir" not in train_step_kwargs:
            raise ValueError("logdir must be present in train_step_kwargs when should_trace is present")
        if sess.run(train_step_kwargs["should_trace"]):
            options = protos.RunOptions(trace_level=protos.RunOptions.FULL_TRACE)
            metadata = protos.RunMetadata()
    loss, step = sess.run([train_op, global_step], options=options, run_metadata=metadata)
    elapsed = time.time() - started
    if metadata is not None:
        _write_trace(metadata, step, train_step_kwargs)
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        get_logger().info("global step %d: loss = %.4f (%.3f sec/step)", step, loss, elapsed)
    stop = train_step_kwargs.get("should_stop")
    return loss, False if stop is None else sess.run(stop)


def _write_trace(metadata: Any, step: int, kwargs: dict[str, Any]) -> None:
    path = os.path.join(os.fspath(kwargs["logdir"]), f"tf_trace-{step}.json")
    get_logger().info("Writing trace to %s", path)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(Timeline(metadata.step_stats).generate_chrome_trace_format())
    if "summary_writer" in kwargs:
        kwargs["summary_writer"].add_run_metadata(metadata, f"run_metadata-{step}")


def _check(
    train_op: Any, logdir: Any, summary_op: Any, saver: Any, traces: Any, optimizers: Any, delay: int, steps: Any
) -> None:
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None:
        for name, given in (
            ("summary_op", not _is_default(summary_op)),
            ("saver", saver is not None),
            ("trace_every_n_steps", traces is not None),
        ):
            if given:
                raise ValueError(f"Cannot provide {name} because logdir=None")
    if optimizers is not None and delay > 0:
        raise ValueError("startup_delay_steps must be zero when sync_optimizer is supplied.")
    if steps is not None and steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")
    if any(not isinstance(optimizer, SyncReplicasOptimizer) for optimizer in optimizers or ()):
        raise ValueError("`sync_optimizer` must be a tf.train.SyncReplicasOptimizer.")


def _init_ops(init_op: Any, ready_op: Any, local_init_op: Any, optimizers: Any, is_chief: bool) -> list[Any]:
    """Operations that initialize, that say what is not, that initialize locally, and that say when they may."""
    with name_scope("init_ops"):
        if _is_default(init_op):
            init_op = global_variables_initializer()
        if _is_default(ready_op):
            ready_op = report_uninitialized_variables()
        if _is_default(local_init_op):
            local_init_op = group(local_variables_initializer(), tables_initializer())
        ready_for_local = None
        if optimizers is not None:
            with control_dependencies([local_init_op] if local_init_op is not None else []):
                own = [o.chief_init_op if is_chief else o.local_step_init_op for o in optimizers]
                local_init_op = group(*own)
            ready_for_local = group(*[o.ready_for_local_init_op for o in optimizers])
    return [init_op, ready_op, local_init_op, ready_for_local]


def _step_kwargs(global_step: Any, steps: int | None, log_every: int, trace_every: Any, logdir: Any) -> dict[str, Any]:
    with name_scope("train_step"):
        made = {"should_stop": PUBLIC["greater_equal"](global_step, steps) if steps else constant(False)}
        mod, equal = PUBLIC["mod"], PUBLIC["equal"]
        if log_every > 0:
            made["should_log"] = equal(mod(global_step, log_every), 0)
        if trace_every is not None:
            made["should_trace"] = equal(mod(global_step, trace_every), 0)
            made["logdir"] = logdir
    return made


def train(
    train_op: Any,
    logdir: Any,
    train_step_fn: Callable[..., tuple[Any, Any]] = train_step,
    train_step_kwargs: Any = _DEFAULT,
    log_every_n_steps: int = 1,
    graph: Any = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: int | None = None,
    init_op: Any = _DEFAULT,
    init_feed_dict: Any = None,
    local_init_op: Any = _DEFAULT,
    init_fn: Callable[[Any], None] | None = None,
    ready_op: Any = _DEFAULT,
    summary_op: Any = _DEFAULT,
    save_summaries_secs: float | None = 600,
    summary_writer: Any = _DEFAULT,
    startup_delay_steps: int = 0,
    saver: Any = None,
    save_interval_secs: float = 600,
    sync_optimizer: Any = None,
    session_config: Any = None,
    session_wrapper: Callable[[Any], Any] | None = None,
    trace_every_n_steps: int | None = None,
    ignore_live_threads: bool = False,
) -> Any:
    """Runs `train_op` until the steps are made or the input is used up; the last loss.

    Args:
        train_op: operation that makes a step and gives the loss, as `create_train_op` makes it.
        logdir: folder of checkpoints and event files; None for neither.
        train_step_fn: function that makes a step, see `train_step`.
        train_step_kwargs: its last argument; made from the numbers below by default.
        log_every_n_steps: how often the loss is logged; 0 for never.
        graph: the graph, the default one when None.
        master: the target of the session.
        is_chief: whether this process initializes, saves and writes summaries.
        global_step: variable that counts the steps, the graph's by default.
        number_of_steps: the value of `global_step` at which to stop; None for no end.
        init_op, init_feed_dict, local_init_op, init_fn, ready_op, summary_op, save_summaries_secs, summary_writer,
            saver: as of `tf.train.Supervisor`.
        startup_delay_steps: steps that a process which is no chief waits for.
        save_interval_secs: seconds between checkpoints.
        sync_optimizer: a `tf.train.SyncReplicasOptimizer`, or a list of them.
        session_config: options of the session.
        session_wrapper: function that replaces the session.
        trace_every_n_steps: how often a trace is written; None for never.
        ignore_live_threads: do not wait for threads at the end.

    Raises:
        ValueError: an argument is missing, or needs a `logdir` or contradicts another.
    """
    optimizers = [sync_optimizer] if isinstance(sync_optimizer, SyncReplicasOptimizer) else sync_optimizer
    _check(train_op, logdir, summary_op, saver, trace_every_n_steps, optimizers, startup_delay_steps, number_of_steps)
    graph = graph or get_default_graph()
    with graph.as_default():
        if global_step is None:
            global_step = get_or_create_global_step()
        saver = saver or Saver()
        init_op, ready_op, local_init_op, ready_for_local = _init_ops(
            init_op, ready_op, local_init_op, optimizers, is_chief
        )
        if _is_default(summary_op):
            summary_op = merge_all()
        coordinating = optimizers or [] if is_chief else []
        tokens = [o.get_init_tokens_op() for o in coordinating]
        runners = [o.get_chief_queue_runner() for o in coordinating]
        if _is_default(train_step_kwargs):
            traced = trace_every_n_steps if is_chief else None
            train_step_kwargs = _step_kwargs(global_step, number_of_steps, log_every_n_steps, traced, logdir)
    supervisor: Any = Supervisor(
        graph=graph,
        is_chief=is_chief,
        logdir=logdir,
        init_op=init_op,
        init_feed_dict=init_feed_dict,
        local_init_op=local_init_op,
        ready_for_local_init_op=ready_for_local,
        ready_op=ready_op,
        summary_op=summary_op,
        summary_writer=Supervisor.USE_DEFAULT if _is_default(summary_writer) else summary_writer,
        global_step=global_step,
        saver=saver,
        save_summaries_secs=save_summaries_secs,  # type: ignore[arg-type]
        save_model_secs=save_interval_secs,
        init_fn=init_fn,
    )
    if summary_writer is not None:
        train_step_kwargs["summary_writer"] = supervisor.summary_writer

    delay = 0 if is_chief else min(startup_delay_steps, number_of_steps or sys.maxsize)
    while True:
        try:
            with supervisor.managed_session(master, start_standard_services=False, config=session_config) as sess:
                get_logger().info("Starting Session.")
                sess = sess if session_wrapper is None else session_wrapper(sess)
                if is_chief and logdir:
                    supervisor.start_standard_services(sess)
                if delay > 0:
                    _wait(sess, global_step, delay)
                threads = supervisor.start_queue_runners(sess)
                get_logger().info("Starting Queues.")
                if tokens:
                    supervisor.start_queue_runners(sess, runners)
                    sess.run(tokens)
                loss = _steps(supervisor, sess, train_step_fn, train_op, train_step_kwargs)
                if logdir and is_chief:
                    get_logger().info("Finished training! Saving model to disk.")
                    supervisor.saver.save(sess, supervisor.save_path, global_step=global_step)
                    supervisor.stop(threads, close_summary_writer=True, ignore_live_threads=ignore_live_threads)
            return loss
        except AbortedError:
            get_logger().info("Retrying training!")


def _steps(supervisor: Any, sess: Any, step_fn: Callable[..., Any], train_op: Any, kwargs: dict[str, Any]) -> Any:
    """Makes steps until one says stop, the supervisor does, or the input is used up; the last loss."""
    loss = None
    try:
        while not supervisor.should_stop():
            loss, stop = step_fn(sess, train_op, supervisor.global_step, kwargs)
            if stop:
                get_logger().info("Stopping Training.")
                supervisor.request_stop()
                break
    except OutOfRangeError as error:
        get_logger().info("Caught OutOfRangeError. Stopping Training. %s", error)
    return loss


def _wait(sess: Any, global_step: Any, step: int) -> None:
    while value_of_step(sess, global_step) < step:
        time.sleep(1.0)


for _function in (train, train_step):
    export(f"contrib.slim.learning.{_function.__name__}", _function)
