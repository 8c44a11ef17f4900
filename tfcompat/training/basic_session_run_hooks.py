"""Hooks that log, stop, wait, feed and count."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.platform import logging
from tfcompat.summary.writer import FileWriterCache
from tfcompat.training.global_step import get_global_step, global_step_read
from tfcompat.training.hook_timer import NeverTriggerTimer, SecondOrStepTimer
from tfcompat.training.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues


def needed_global_step(hook: str) -> Any:
    """The global step before a run of the default graph changes it; RuntimeError that names `hook` without a step."""
    found = global_step_read()
    if found is None:
        raise RuntimeError(f"Global step should be created to use {hook}.")
    return found


def _as_graph_element(obj: Any) -> Any:
    graph = get_default_graph()
    if isinstance(obj, str):
        if ":" in obj:
            return graph.as_graph_element(obj)
        element = graph.as_graph_element(obj + ":0")
        try:
            graph.as_graph_element(obj + ":1")
        except (KeyError, ValueError):
            return element
        raise ValueError(f"Name {obj} is ambiguous, as this `Operation` has multiple outputs (at least 2).")
    return obj if hasattr(obj, "graph") or not hasattr(obj, "_as_graph_element") else obj._as_graph_element()


@tf_export("train.LoggingTensorHook")
class LoggingTensorHook(SessionRunHook):
    """Logs the values of tensors, every so many steps or seconds, or at the end.

    Args:
        tensors: dict from labels to tensors or names, or a list of these.
        every_n_iter: runs between two logs.
        every_n_secs: seconds between two logs.
        at_end: whether the values at the end are logged.
        formatter: makes the text of a dict of values.

    Raises:
        ValueError: `every_n_iter` is not positive, or not one of the times is given.
    """

    def __init__(
        self,
        tensors: Any,
        every_n_iter: int | None = None,
        every_n_secs: float | None = None,
        at_end: bool = False,
        formatter: Callable[[Any], str] | None = None,
    ):
        only_at_end = at_end and every_n_iter is None and every_n_secs is None
        if not only_at_end and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError("either at_end and/or exactly one of every_n_iter and every_n_secs must be provided.")
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        if isinstance(tensors, Mapping):
            self._tag_order: list[Any] = sorted(tensors)
            self._tensors = dict(tensors)
        else:
            self._tag_order = list(tensors)
            self._tensors = {t: t for t in tensors}
        self._formatter, self._log_at_end = formatter, at_end
        self._timer: Any = NeverTriggerTimer() if only_at_end else SecondOrStepTimer(every_n_secs, every_n_iter)

    def begin(self) -> None:
        self._timer.reset()
        self._iter_count = 0
        self._current_tensors = {tag: _as_graph_element(t) for tag, t in self._tensors.items()}

    def before_run(self, run_context: SessionRunContext) -> Any:
        self._should_trigger = self._timer.should_trigger_for_step(self._iter_count)
        return SessionRunArgs(self._current_tensors) if self._should_trigger else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if self._should_trigger:
            self._log_tensors(run_values.results)
        self._iter_count += 1

    def end(self, session: Any) -> None:
        if self._log_at_end:
            self._log_tensors(session.run(self._current_tensors))

    def _log_tensors(self, values: Mapping[Any, Any]) -> None:
        elapsed, _ = self._timer.update_last_triggered_step(self._iter_count)
        if self._formatter:
            logging.info(self._formatter(values))
            return
        with np.printoptions(suppress=True):
            text = ", ".join(f"{_label(tag)} = {values[tag]}" for tag in self._tag_order)
        logging.info(
            "%s (%.3f sec)" if elapsed is not None else "%s", *((text,) if elapsed is None else (text, elapsed))
        )


def _label(tag: Any) -> str:
    return tag.name if hasattr(tag, "name") else str(tag)


@tf_export("train.StopAtStepHook")
class StopAtStepHook(SessionRunHook):
    """Stops after `num_steps` more steps, or when the global step is `last_step`; exactly one is to be given."""

    def __init__(self, num_steps: int | None = None, last_step: int | None = None):
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps, self._last_step = num_steps, last_step

    def begin(self) -> None:
        self._global_step_tensor = needed_global_step("StopAtStepHook")

    def after_create_session(self, session: Any, coord: Any) -> None:
        if self._last_step is None:
            assert self._num_steps is not None
            self._last_step = session.run(self._global_step_tensor) + self._num_steps

    def before_run(self, run_context: SessionRunContext) -> Any:
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        assert self._last_step is not None
        if run_values.results + 1 >= self._last_step:
            step = run_context.session.run(self._global_step_tensor)
            if step >= self._last_step:
                run_context.request_stop()


@tf_export("train.StepCounterHook")
class StepCounterHook(SessionRunHook):
    """Logs steps per second, and writes them as a summary.

    Args:
        every_n_steps: steps between two logs.
        every_n_secs: seconds between two logs.
        output_dir: directory of the summaries.
        summary_writer: writer for them.

    Raises:
        ValueError: not exactly one of the times is given.
    """

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: Any = None,
        summary_writer: Any = None,
    ):
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = SecondOrStepTimer(every_secs=every_n_secs, every_steps=every_n_steps)
        self._summary_writer, self._output_dir = summary_writer, output_dir
        self._last_global_step: Any = None
        self._steps_per_run = 1

    def _set_steps_per_run(self, steps_per_run: int) -> None:
        self._steps_per_run = steps_per_run

    def begin(self) -> None:
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._global_step_tensor = needed_global_step("StepCounterHook")
        self._summary_tag = get_global_step().op.name + "/sec"

    def before_run(self, run_context: SessionRunContext) -> Any:
        return SessionRunArgs(self._global_step_tensor)

    def _log_and_record(self, elapsed_steps: int, elapsed_time: float, global_step: int) -> None:
        per_second = elapsed_steps / elapsed_time
        if self._summary_writer is not None:
            message = protos.Summary()
            message.value.add(tag=self._summary_tag, simple_value=per_second)
            self._summary_writer.add_summary(message, global_step)
        logging.info("%s: %g", self._summary_tag, per_second)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        stale = run_values.results
        if self._timer.should_trigger_for_step(stale + self._steps_per_run):
            step = run_context.session.run(self._global_step_tensor)
            if self._timer.should_trigger_for_step(step):
                elapsed, steps = self._timer.update_last_triggered_step(step)
                if elapsed is not None and steps is not None:
                    self._log_and_record(steps, elapsed, step)
        if stale == self._last_global_step and not self._seen_increase():
            logging.log_first_n(
                logging.WARN,
                "It seems that global step (tf.train.get_global_step) has not been "
                "increased. "
                "Current value (could be stable): %s vs previous value: %s. You could increase the "
                "global "
                "step by passing tf.train.get_global_step() to Optimizer.apply_gradients or "
                "Optimizer.minimize.",
                5,
                stale,
                self._last_global_step,
            )
        self._last_global_step = stale

    def _seen_increase(self) -> bool:
        return self._timer.last_triggered_step() is None


@tf_export("train.NanLossDuringTrainingError")
class NanLossDuringTrainingError(RuntimeError):
    """The loss is NaN."""

    def __str__(self) -> str:
        return "NaN loss during training."


@tf_export("train.NanTensorHook")
class NanTensorHook(SessionRunHook):
    """Stops when `loss_tensor` is NaN: by NanLossDuringTrainingError, or quietly unless `fail_on_nan_loss`."""

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True):
        self._loss_tensor, self._fail_on_nan_loss = loss_tensor, fail_on_nan_loss

    def before_run(self, run_context: SessionRunContext) -> Any:
        return SessionRunArgs(self._loss_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        if np.isnan(run_values.results):
            if self._fail_on_nan_loss:
                logging.error("Model diverged with loss = NaN.")
                raise NanLossDuringTrainingError
            logging.warning("Model diverged with loss = NaN.")
            run_context.request_stop()


@tf_export("train.GlobalStepWaiterHook")
class GlobalStepWaiterHook(SessionRunHook):
    """Waits, before a run, until the global step is `wait_until_step`."""

    def __init__(self, wait_until_step: int):
        self._wait_until_step = wait_until_step

    def begin(self) -> None:
        self._worker_is_started = False
        self._global_step_tensor = needed_global_step("_GlobalStepWaiterHook")

    def before_run(self, run_context: SessionRunContext) -> Any:
        if self._worker_is_started:
            return None
        if self._wait_until_step <= 0:
            self._worker_is_started = True
            return None
        logging.info("Waiting for global step %d before starting training.", self._wait_until_step)
        while True:
            current = run_context.session.run(self._global_step_tensor)
            if current >= self._wait_until_step:
                self._worker_is_started = True
                return None
            time.sleep(0.5)


@tf_export("train.FinalOpsHook")
class FinalOpsHook(SessionRunHook):
    """Runs `final_ops` at the end; `final_ops_values` has their values."""

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None):
        self._final_ops, self._feed_dict = final_ops, final_ops_feed_dict
        self._final_ops_values: Any = None

    @property
    def final_ops_values(self) -> Any:
        """The values, None before the end."""
        return self._final_ops_values

    def end(self, session: Any) -> None:
        if self._final_ops is not None:
            self._final_ops_values = session.run(self._final_ops, feed_dict=self._feed_dict)


@tf_export("train.FeedFnHook")
class FeedFnHook(SessionRunHook):
    """Feeds what `feed_fn()` gives, anew in every run."""

    def __init__(self, feed_fn: Callable[[], Any]):
        self.feed_fn = feed_fn

    def before_run(self, run_context: SessionRunContext) -> Any:
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())
