"""`tf.estimator.train_and_evaluate` and what it is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.exporters import Exporter
from tfcompat.platform import logging
from tfcompat.training.hook_timer import SecondOrStepTimer
from tfcompat.training.saving_hooks import CheckpointSaverListener
from tfcompat.training.session_run_hook import SessionRunHook


class _TrainSpec(NamedTuple):
    input_fn: Callable[..., Any]
    max_steps: int | None
    hooks: tuple[Any, ...]
    saving_listeners: tuple[Any, ...]


class TrainSpec(_TrainSpec):
    """How to train: arguments of `Estimator.train`.

    Raises:
        TypeError: `input_fn` is not callable, or a hook is none.
        ValueError: `max_steps` is not positive.
    """

    def __new__(
        cls, input_fn: Callable[..., Any], max_steps: int | None = None, hooks: Any = None, saving_listeners: Any = None
    ) -> TrainSpec:
        """The checked arguments."""
        _check_callable(input_fn)
        if max_steps is not None and max_steps <= 0:
            raise ValueError(f"Must specify max_steps > 0, given: {max_steps}")
        return super().__new__(cls, input_fn, max_steps, _checked_hooks(hooks), tuple(saving_listeners or ()))


class _EvalSpec(NamedTuple):
    input_fn: Callable[..., Any]
    steps: int | None
    name: str | None
    hooks: tuple[Any, ...]
    exporters: tuple[Any, ...]
    start_delay_secs: float
    throttle_secs: float


class EvalSpec(_EvalSpec):
    """How to evaluate: arguments of `Estimator.evaluate`, and when.

    Args:
        input_fn: builds the input.
        steps: how many batches; None for all.
        name: of the evaluation.
        hooks: `SessionRunHook`s.
        exporters: an `Exporter` or several, called after each evaluation.
        start_delay_secs: without effect in one process.
        throttle_secs: seconds between two evaluations, at least.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: a number is out of its range, or two exporters have one name.
    """

    def __new__(
        cls,
        input_fn: Callable[..., Any],
        steps: int | None = 100,
        name: str | None = None,
        hooks: Any = None,
        exporters: Any = None,
        start_delay_secs: float = 120,
        throttle_secs: float = 600,
    ) -> EvalSpec:
        """The checked arguments."""
        _check_callable(input_fn)
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"`name` must be string, given: {name}")
        for label, seconds in (("start_delay_secs", start_delay_secs), ("throttle_secs", throttle_secs)):
            if seconds < 0:
                raise ValueError(f"Must specify {label} >= 0, given: {seconds}")
        return super().__new__(
            cls,
            input_fn,
            steps,
            name,
            _checked_hooks(hooks),
            _checked_exporters(exporters),
            start_delay_secs,
            throttle_secs,
        )


def _check_callable(input_fn: Any) -> None:
    if not callable(input_fn):
        raise TypeError(f"`input_fn` must be callable, given: {input_fn}")


def _checked_hooks(hooks: Any) -> tuple[Any, ...]:
    found = tuple(hooks or ())
    for hook in found:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be `SessionRunHook` instances, given: {hook}")
    return found


def _checked_exporters(exporters: Any) -> tuple[Any, ...]:
    if not exporters:
        return ()
    found = (exporters,) if isinstance(exporters, Exporter) else exporters
    if not isinstance(found, list | tuple | set) or any(not isinstance(e, Exporter) for e in found):
        raise TypeError(f"`exporters` must be an Exporter, an iterable of Exporter, or `None`, found {exporters}.")
    names = [exporter.name for exporter in found]
    for name in names:
        if not isinstance(name, str) or not name:
            raise ValueError(f"An Exporter must have a name that is a non-empty string, found {name!r}.")
    if len(set(names)) < len(names):
        raise ValueError(
            f"`exporters` must have unique names. Such a name cannot be `None`. All exporter names: {names}"
        )
    return tuple(found)


class _EvaluateAfterSaving(CheckpointSaverListener):
    """Evaluates the checkpoints that training writes, as often as `throttle_secs` allows, and the last one."""

    def __init__(self, estimator: Estimator, train_spec: TrainSpec, eval_spec: EvalSpec):
        self._estimator, self._train_spec, self._eval_spec = estimator, train_spec, eval_spec
        self._timer = SecondOrStepTimer(every_secs=eval_spec.throttle_secs)
        self._is_first = True
        self._checkpoint: str | None = None
        self.metrics: dict[str, Any] | None = None
        self.exported: list[Any] | None = None

    def begin(self) -> None:
        self._timer.reset()
        self._is_first = True

    def after_save(self, session: Any, global_step_value: int) -> None:
        if self._is_first:  # the checkpoint of the state in which training begins
            self._is_first = False
        elif self._timer.should_trigger_for_step(global_step_value):
            self._evaluate(global_step_value)
        else:
            logging.info(
                "Skip the current checkpoint eval due to throttle secs (%s secs).", self._eval_spec.throttle_secs
            )

    def end(self, session: Any, global_step_value: int) -> None:
        if global_step_value != self._timer.last_triggered_step():
            self._evaluate(global_step_value)

    def _evaluate(self, step: int) -> None:
        self._timer.update_last_triggered_step(step)
        checkpoint = self._estimator.latest_checkpoint()
        if not checkpoint or checkpoint == self._checkpoint:
            raise RuntimeError("There was no new checkpoint after the training.")
        spec = self._eval_spec
        self._checkpoint = checkpoint
        self.metrics = self._estimator.evaluate(
            spec.input_fn, steps=spec.steps, name=spec.name, checkpoint_path=checkpoint, hooks=spec.hooks
        )
        limit = self._train_spec.max_steps
        is_final = bool(limit) and self.metrics["global_step"] >= limit
        base = os.path.join(self._estimator.model_dir, "export")
        self.exported = [
            exporter.export(
                estimator=self._estimator,
                export_path=os.path.join(base, exporter.name),
                checkpoint_path=checkpoint,
                eval_result=self.metrics,
                is_the_final_export=is_final,
            )
            for exporter in spec.exporters
        ]


def train_and_evaluate(estimator: Estimator, train_spec: TrainSpec, eval_spec: EvalSpec) -> tuple[Any, Any]:
    """Trains, and evaluates checkpoints on the way, in this process.

    Args:
        estimator: what to train.
        train_spec: how to train it.
        eval_spec: how to evaluate and export it.

    Returns:
        (metrics, results of the exporters) of the last evaluation; None when there was none.

    Raises:
        TypeError: an argument has the wrong type.
    """
    for name, value, expected in (
        ("eval_spec", eval_spec, EvalSpec),
        ("train_spec", train_spec, TrainSpec),
        ("estimator", estimator, Estimator),
    ):
        if not isinstance(value, expected):
            raise TypeError(f"`{name}` must have type `tf.estimator.{expected.__name__}`. Got: {type(value)}")
    listener = _EvaluateAfterSaving(estimator, train_spec, eval_spec)
    estimator.train(
        train_spec.input_fn,
        hooks=train_spec.hooks,
        max_steps=train_spec.max_steps,
        saving_listeners=(*train_spec.saving_listeners, listener),
    )
    return listener.metrics, listener.exported
