"""Running an evaluation once, and writing its results to event files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.tensor_util import make_tensor_proto
from tfcompat.metrics.means import mean
from tfcompat.ops.grouping import group
from tfcompat.platform import logging
from tfcompat.summary.writer import FileWriterCache
from tfcompat.training.basic_session_run_hooks import FinalOpsHook
from tfcompat.training.monitored_session import ChiefSessionCreator, MonitoredSession
from tfcompat.training.session_run_hook import SessionRunHook

_STEP = "global_step"


class _StopAfterRuns(SessionRunHook):
    """Stops after `runs` runs; None for as many as there are."""

    def __init__(self, runs: int | None):
        self._runs, self._done = runs, 0

    def after_run(self, run_context: Any, run_values: Any) -> None:
        self._done += 1
        if self._runs is not None and self._done >= self._runs:
            run_context.request_stop()


def metrics_with_loss(spec: Any) -> dict[str, Any]:
    """The metrics of a model and the mean of its loss.

    Raises:
        ValueError: a metric is called "loss".
    """
    if "loss" in spec.eval_metric_ops:
        raise ValueError(
            'Metric with name "loss" is not allowed, because Estimator already defines a default metric with the same '
            "name."
        )
    return {**spec.eval_metric_ops, "loss": mean(spec.loss)}


def evaluate_once(
    spec: Any, hooks: list[Any], steps: int | None, checkpoint: str | None, global_step: Any, config: Any
) -> dict[str, Any]:
    """Runs the update operations of the metrics for `steps` batches; the values of the metrics and the global step.

    Raises:
        ValueError: a metric is called "global_step".
    """
    metrics = metrics_with_loss(spec)
    if _STEP in metrics:
        raise ValueError(
            "Metric with name `global_step` is not allowed, because Estimator already defines a default metric with "
            "the same name."
        )
    update = group(*(metrics[name][1] for name in sorted(metrics)))
    final = FinalOpsHook({**{name: metrics[name][0] for name in sorted(metrics)}, _STEP: global_step})
    creator = ChiefSessionCreator(spec.scaffold, config=config, checkpoint_filename_with_path=checkpoint)
    with MonitoredSession(creator, [*hooks, _StopAfterRuns(steps), final]) as session:
        while not session.should_stop():
            session.run(update)
    return dict(final.final_ops_values)


def write_results(directory: str, results: Mapping[str, Any], checkpoint: str | None) -> None:
    """Writes an event with the metrics, and one with the path of the checkpoint, into `directory`."""
    step = results[_STEP]
    logging.info(
        "Saving dict for global step %d: %s", step, ", ".join(f"{k} = {v}" for k, v in sorted(results.items()))
    )
    writer = FileWriterCache.get(directory)
    summary = protos.Summary()
    for name, value in results.items():
        if value is not None and name != _STEP:
            _add_value(summary, name, value)
    writer.add_summary(summary, step)
    if checkpoint:
        path = protos.Summary()
        entry = path.value.add(tag="checkpoint_path")
        entry.tensor.CopyFrom(make_tensor_proto(checkpoint, dtype=dtypes.string))
        writer.add_summary(path, step)
    writer.flush()


def _add_value(summary: Any, name: str, value: Any) -> None:
    if isinstance(value, np.floating | np.integer | float | int):
        summary.value.add(tag=name, simple_value=float(value))
    elif isinstance(value, bytes):
        try:
            parsed = protos.Summary.FromString(value)
        except Exception:
            logging.warning("Skipping summary for %s, cannot parse string to Summary.", name)
            return
        for index, item in enumerate(parsed.value):
            item.tag = f"{name}/{index}"
        summary.value.extend(parsed.value)
    elif isinstance(value, np.ndarray):
        summary.value.add(tag=name).tensor.CopyFrom(make_tensor_proto(value))
    else:
        logging.warning(
            "Skipping summary for %s, must be a float, np.float32, np.int64, np.int32 or int or np.ndarray or a "
            "serialized string of Summary.",
            name,
        )


def subdirectory(model_dir: str, name: str | None) -> str:
    """Where the events of the evaluation `name` go."""
    return os.path.join(model_dir, f"eval_{name}" if name else "eval")
