"""tf.contrib.training: evaluating checkpoints once, or again and again as they appear."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import control_dependencies, get_default_graph
from tfcompat.graph.export import export, export_internal
from tfcompat.ops.identity import identity
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.state import assign_add
from tfcompat.ops.variable_scope import get_variable
from tfcompat.platform.logging import get_logger
from tfcompat.summary.summary import merge_all
from tfcompat.summary.writer import FileWriterCache
from tfcompat.training.basic_session_run_hooks import FinalOpsHook
from tfcompat.training.checkpoint_utils import checkpoints_iterator, wait_for_new_checkpoint
from tfcompat.training.global_step import get_global_step
from tfcompat.training.monitored_session import ChiefSessionCreator, MonitoredSession
from tfcompat.training.scaffold import Scaffold
from tfcompat.training.session_run_hook import SessionRunArgs, SessionRunHook


def get_or_create_eval_step() -> Any:
    """The variable of the collection EVAL_STEP that counts evaluations, made where there is none.

    Raises:
        ValueError: there are several.
    """
    found = get_default_graph().get_collection(GraphKeys.EVAL_STEP)
    if len(found) > 1:
        raise ValueError("Multiple tensors added to tf.GraphKeys.EVAL_STEP")
    if found:
        return found[0]
    return get_variable(
        "eval_step",
        shape=[],
        dtype=dtypes.int64,
        initializer=Zeros(),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.EVAL_STEP],
    )


class StopAfterNEvalsHook(SessionRunHook):
    """Stops after a number of evaluations.

    Args:
        num_evals: the number; None for as many as there is input for.
        log_progress: log each evaluation, or each tenth of 20 and more.
    """

    def __init__(self, num_evals: int | None, log_progress: bool = True):
        self._num_evals = num_evals
        self._evals_completed: Any = None
        self._log_progress = log_progress
        self._log_frequency = 1 if num_evals is None or num_evals < 20 else math.floor(num_evals / 10.0)

    def _set_evals_completed_tensor(self, updated_eval_step: Any) -> None:
        self._evals_completed = updated_eval_step

    def before_run(self, run_context: Any) -> Any:
        """Asks for the number of evaluations."""
        return SessionRunArgs({"evals_completed": self._evals_completed})

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Logs it, and stops at the last."""
        done = run_values.results["evals_completed"]
        if self._log_progress:
            if self._num_evals is None:
                get_logger().info("Evaluation [%d]", done)
            elif done % self._log_frequency == 0 or self._num_evals == done:
                get_logger().info("Evaluation [%d/%d]", done, self._num_evals)
        if self._num_evals is not None and done >= self._num_evals:
            run_context.request_stop()


class SummaryAtEndHook(SessionRunHook):
    """Writes summaries when the session ends.

    Args:
        log_dir: folder of the event file; not with `summary_writer`.
        summary_writer: the writer to use.
        summary_op: what to write, all summaries by default.
        feed_dict: for `summary_op`.

    Raises:
        ValueError: not exactly one of `log_dir` and `summary_writer` is given.
    """

    def __init__(self, log_dir: Any = None, summary_writer: Any = None, summary_op: Any = None, feed_dict: Any = None):
        if (log_dir is None) == (summary_writer is None):
            raise ValueError("Exactly one of log_dir or summary_writer should be provided.")
        self._log_dir, self._summary_writer = log_dir, summary_writer
        self._summary_op, self._feed_dict = summary_op, feed_dict
        self._global_step: Any = None

    def begin(self) -> None:
        """Finds what to write, and where."""
        if self._summary_op is None:
            self._summary_op = merge_all()
        if self._summary_writer is None:
            self._summary_writer = FileWriterCache.get(os.fspath(self._log_dir))
        self._global_step = get_global_step()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Makes sure that the writer has the graph."""
        if self._global_step is None:
            self._global_step = get_global_step()

    def end(self, session: Any) -> None:
        """Writes."""
        step = None if self._global_step is None else session.run(self._global_step)
        text = session.run(self._summary_op, self._feed_dict)
        if self._summary_writer:
            self._summary_writer.add_summary(text, step)
            self._summary_writer.flush()


def _with_counting(eval_ops: Any, update: Any) -> Any:
    if isinstance(eval_ops, dict):
        return {**eval_ops, "update_eval_step": update}
    return [*(eval_ops if isinstance(eval_ops, (tuple, list)) else [eval_ops]), update]


def evaluate_once(
    checkpoint_path: str | None,
    master: str = "",
    scaffold: Any = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    hooks: Any = None,
    config: Any = None,
) -> Any:
    """Runs `eval_ops` with the variables of a checkpoint until a hook stops it; the values of `final_ops`.

    Args:
        checkpoint_path: prefix of the checkpoint.
        master: the target of the session.
        scaffold: how variables are initialized and restored.
        eval_ops: tensor or operation, or a list or dict of them; None to go to the end at once.
        feed_dict: for `eval_ops`.
        final_ops: tensor, or list or dict of them, to run once at the end; None for nothing.
        final_ops_feed_dict: for `final_ops`.
        hooks: session hooks, usually with a `StopAfterNEvalsHook`.
        config: options of the session.
    """
    step = get_or_create_eval_step()
    hooks = list(hooks or [])
    if eval_ops is not None:
        eval_ops = _with_counting(eval_ops, assign_add(step, 1, use_locking=True))
        for hook in hooks:
            if isinstance(hook, StopAfterNEvalsHook):
                hook._set_evals_completed_tensor(_after(eval_ops, step))
    get_logger().info("Starting evaluation at %s", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.localtime()))
    creator = ChiefSessionCreator(
        scaffold=scaffold, checkpoint_filename_with_path=checkpoint_path, master=master, config=config
    )
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    with MonitoredSession(session_creator=creator, hooks=[*hooks, final]) as session:
        if eval_ops is not None:
            while not session.should_stop():
                session.run(eval_ops, feed_dict)
    get_logger().info("Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S", time.localtime()))
    return final.final_ops_values


def _after(eval_ops: Any, step: Any) -> Any:
    """The number of evaluations once `eval_ops` have run."""
    with control_dependencies(list(eval_ops.values()) if isinstance(eval_ops, dict) else eval_ops):
        return identity(step.read_value())


def evaluate_repeatedly(
    checkpoint_dir: Any,
    master: str = "",
    scaffold: Any = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    eval_interval_secs: float = 60,
    hooks: Any = None,
    config: Any = None,
    max_number_of_evaluations: int | None = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Any:
    """`evaluate_once` for each new checkpoint of a folder; the values of `final_ops` at the last.

    Args:
        checkpoint_dir: the folder.
        eval_interval_secs: the least seconds between two evaluations.
        max_number_of_evaluations: when to stop; None for never.
        timeout: seconds to wait for a checkpoint; None for no limit.
        timeout_fn: called after `timeout`; waiting goes on if it gives False.
        master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, hooks, config: as of `evaluate_once`.
    """
    step = get_or_create_eval_step()
    hooks = list(hooks or [])
    if eval_ops is not None:
        eval_ops = _with_counting(eval_ops, assign_add(step, 1))
        for hook in hooks:
            if isinstance(hook, StopAfterNEvalsHook):
                hook._set_evals_completed_tensor(_after(eval_ops, step))
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    hooks.append(final)
    for done, path in enumerate(checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn), 1):
        creator = ChiefSessionCreator(
            scaffold=scaffold, checkpoint_filename_with_path=path, master=master, config=config
        )
        with MonitoredSession(session_creator=creator, hooks=hooks) as session:
            get_logger().info("Starting evaluation of %s", path)
            if eval_ops is not None:
                while not session.should_stop():
                    session.run(eval_ops, feed_dict)
        if max_number_of_evaluations is not None and done >= max_number_of_evaluations:
            break
    return final.final_ops_values


_DEFAULT: Any = 0


def _slim_hooks(num_evals: int, logdir: Any, summary_op: Any, summary_feed: Any, hooks: Any) -> list[Any]:
    if isinstance(summary_op, int) and summary_op == _DEFAULT:
        summary_op = merge_all()
    made: list[Any] = [StopAfterNEvalsHook(num_evals)]
    if summary_op is not None:
        made.append(SummaryAtEndHook(log_dir=logdir, summary_op=summary_op, feed_dict=summary_feed))
    return [*made, *(hooks or [])]


def _saver_of(variables: Any) -> Any:
    from tfcompat.training.saver import Saver

    return None if variables is None else Saver(variables)


def slim_evaluate_once(
    master: str,
    checkpoint_path: str | None,
    logdir: Any,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = _DEFAULT,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    session_config: Any = None,
    hooks: Any = None,
) -> Any:
    """`tf.contrib.training.evaluate_once` of `num_evals` evaluations, with summaries written to `logdir` at the end.

    Args:
        initial_op: run first, with `initial_op_feed_dict`.
        summary_op: what to write, all summaries by default; None for nothing.
        variables_to_restore: list or dict as `tf.train.Saver` takes it, all variables by default.
        master, checkpoint_path, eval_op, eval_op_feed_dict, final_op, final_op_feed_dict, session_config, hooks: as of
            `tf.contrib.training.evaluate_once`.
    """
    chosen = _slim_hooks(num_evals, logdir, summary_op, summary_op_feed_dict, hooks)
    scaffold = Scaffold(init_op=initial_op, init_feed_dict=initial_op_feed_dict, saver=_saver_of(variables_to_restore))
    return evaluate_once(
        checkpoint_path, master, scaffold, eval_op, eval_op_feed_dict, final_op, final_op_feed_dict, chosen,
        session_config,
    )  # fmt: skip


def evaluation_loop(
    master: str,
    checkpoint_dir: Any,
    logdir: Any,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    init_fn: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = _DEFAULT,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    eval_interval_secs: float = 60,
    max_number_of_evaluations: int | None = None,
    session_config: Any = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
    hooks: Any = None,
) -> Any:
    """`tf.contrib.training.evaluate_repeatedly` of `num_evals` evaluations each, with summaries in `logdir`.

    Arguments are as there and of `slim.evaluation.evaluate_once`; `init_fn` is called with each new session.
    """
    chosen = _slim_hooks(num_evals, logdir, summary_op, summary_op_feed_dict, hooks)
    scaffold = Scaffold(
        init_op=initial_op, init_feed_dict=initial_op_feed_dict, init_fn=init_fn, saver=_saver_of(variables_to_restore)
    )
    return evaluate_repeatedly(
        checkpoint_dir, master, scaffold, eval_op, eval_op_feed_dict, final_op, final_op_feed_dict,
        eval_interval_secs, chosen, session_config, max_number_of_evaluations, timeout, timeout_fn,
    )  # fmt: skip


for _object in (
    get_or_create_eval_step, StopAfterNEvalsHook, SummaryAtEndHook, evaluate_once, evaluate_repeatedly,
    checkpoints_iterator, wait_for_new_checkpoint,
):  # fmt: skip
    export(f"contrib.training.{_object.__name__}", _object)
for _name, _function in (
    ("evaluate_once", slim_evaluate_once), ("evaluation_loop", evaluation_loop),
    ("checkpoints_iterator", checkpoints_iterator), ("wait_for_new_checkpoint", wait_for_new_checkpoint),
):  # fmt: skip
    export(f"contrib.slim.evaluation.{_name}", _function)
for _object in (get_or_create_eval_step, StopAfterNEvalsHook, evaluate_once):
    export_internal(f"python.training.evaluation._{_object.__name__}", _object)
