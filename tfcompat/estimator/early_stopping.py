"""Hooks that end a training by what its evaluations have shown."""

from __future__ import annotations

import glob
import operator
import os
from collections.abc import Callable, Mapping
from typing import Any

from tfcompat.estimator.estimator import Estimator
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.dtypes import bool as bool_type
from tfcompat.graph.export import PUBLIC
from tfcompat.ops.initializers import Constant
from tfcompat.ops.variable_scope import AUTO_REUSE, get_variable, variable_scope
from tfcompat.platform import logging
from tfcompat.training.global_step import get_global_step
from tfcompat.training.hook_timer import SecondOrStepTimer
from tfcompat.training.session_run_hook import SessionRunArgs, SessionRunHook


class _StopOnPredicate(SessionRunHook):
    """Asks every so many seconds or steps whether to stop, and marks that in a variable of the graph."""

    def __init__(self, should_stop_fn: Callable[[], bool], run_every_secs: Any, run_every_steps: Any):
        self._should_stop_fn = should_stop_fn
        self._timer = SecondOrStepTimer(run_every_secs, run_every_steps)
        self._global_step: Any = None
        self._stop: Any = None

    def begin(self) -> None:
        """Makes the variable "signal_early_stopping/STOP"."""
        self._global_step = get_global_step()
        with variable_scope("signal_early_stopping", reuse=AUTO_REUSE):
            stop = get_variable(
                "STOP",
                shape=[],
                dtype=bool_type,
                initializer=Constant(False),
                collections=[GraphKeys.GLOBAL_VARIABLES],
                trainable=False,
            )
        self._stop = PUBLIC["assign"](stop, True)

    def before_run(self, run_context: Any) -> SessionRunArgs:
        """Asks for the global step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Stops when it is time to ask and the answer is yes."""
        step = run_values.results
        if not self._timer.should_trigger_for_step(step):
            return
        self._timer.update_last_triggered_step(step)
        if self._should_stop_fn():
            logging.info("Requesting early stopping at global step %d", step)
            run_context.session.run(self._stop)
            run_context.request_stop()


def make_early_stopping_hook(
    estimator: Any,
    should_stop_fn: Callable[[], bool],
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends the training once `should_stop_fn` gives True.

    Args:
        estimator: the estimator that is trained.
        should_stop_fn: function without arguments.
        run_every_secs: how often to call it, in seconds; None to count steps.
        run_every_steps: how often to call it, in steps; None to count seconds.

    Raises:
        TypeError: `estimator` is none.
        ValueError: not just one of the two is given.
    """
    if not isinstance(estimator, Estimator):
        raise TypeError(f"`estimator` must have type `tf.estimator.Estimator`. Got: {type(estimator)}")
    if run_every_secs is not None and run_every_steps is not None:
        raise ValueError("Only one of `run_every_secs` and `run_every_steps` must be set.")
    return _StopOnPredicate(should_stop_fn, run_every_secs, run_every_steps)


def read_eval_metrics(eval_dir: str) -> dict[int, dict[str, float]]:
    """Step -> name of a metric -> value, of the evaluations whose events are in a directory; in the order of steps."""
    found: dict[int, dict[str, float]] = {}
    for path in sorted(glob.glob(os.path.join(glob.escape(eval_dir), "*.tfevents.*"))):
        for event in PUBLIC["train.summary_iterator"](path):
            metrics = {v.tag: v.simple_value for v in event.summary.value if v.HasField("simple_value")}
            if metrics:
                found[event.step] = metrics
    return dict(sorted(found.items()))


def _past_threshold(
    estimator: Any, metric_name: str, threshold: float, better: Any, eval_dir: Any, min_steps: int
) -> Callable[[], bool]:
    directory = eval_dir or estimator.eval_dir()

    def should_stop() -> bool:
        for step, metrics in read_eval_metrics(directory).items():
            if step >= min_steps and better(metrics[metric_name], threshold):
                logging.info("At step %s, metric %s has passed %s.", step, metric_name, threshold)
                return True
        return False

    return should_stop


def _no_improvement(
    estimator: Any, metric_name: str, patience: int, better: Any, eval_dir: Any, min_steps: int
) -> Callable[[], bool]:
    directory = eval_dir or estimator.eval_dir()

    def should_stop() -> bool:
        return _is_stale(read_eval_metrics(directory), metric_name, patience, better, min_steps)

    return should_stop


def _is_stale(
    results: Mapping[int, Mapping[str, float]], metric_name: str, patience: int, better: Any, min_steps: int
) -> bool:
    """Whether some evaluation came `patience` steps or more after the best one before it."""
    best, best_step = None, 0
    for step, metrics in results.items():
        if step < min_steps:
            continue
        value = metrics[metric_name]
        if best is None or better(value, best):
            best, best_step = value, step
        if step - best_step >= patience:
            logging.info(
                "No improvement of %s for %s steps, best %s at step %s.", metric_name, patience, best, best_step
            )
            return True
    return False


def stop_if_higher_hook(
    estimator: Any,
    metric_name: str,
    threshold: float,
    eval_dir: Any = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends the training once an evaluation has a metric above `threshold`.

    Args:
        estimator: the estimator that is trained.
        metric_name: name of the metric.
        threshold: the number to pass.
        eval_dir: directory of the events of the evaluations; that of the unnamed ones by default.
        min_steps: evaluations before this step do not count.
        run_every_secs, run_every_steps: as of `make_early_stopping_hook`.
    """
    should_stop = _past_threshold(estimator, metric_name, threshold, operator.gt, eval_dir, min_steps)
    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)


def stop_if_lower_hook(
    estimator: Any,
    metric_name: str,
    threshold: float,
    eval_dir: Any = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """As `stop_if_higher_hook`, below `threshold`."""
    should_stop = _past_threshold(estimator, metric_name, threshold, operator.lt, eval_dir, min_steps)
    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)


def stop_if_no_increase_hook(
    estimator: Any,
    metric_name: str,
    max_steps_without_increase: int,
    eval_dir: Any = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends the training once a metric has not increased for so many steps.

    Args:
        max_steps_without_increase: steps between the best evaluation and one that is no better.
        estimator, metric_name, eval_dir, min_steps, run_every_secs, run_every_steps: as of `stop_if_higher_hook`.
    """
    should_stop = _no_improvement(estimator, metric_name, max_steps_without_increase, operator.gt, eval_dir, min_steps)
    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)


def stop_if_no_decrease_hook(
    estimator: Any,
    metric_name: str,
    max_steps_without_decrease: int,
    eval_dir: Any = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """As `stop_if_no_increase_hook`, for a metric that should decrease."""
    should_stop = _no_improvement(estimator, metric_name, max_steps_without_decrease, operator.lt, eval_dir, min_steps)
    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)
