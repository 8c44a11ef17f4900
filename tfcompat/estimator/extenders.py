"""`tf.estimator.add_metrics`: an estimator with more metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.input_functions import argument_names
from tfcompat.estimator.model_fn import EstimatorSpec, ModeKeys

_ARGUMENTS = ("predictions", "features", "labels", "config")


def add_metrics(estimator: Estimator, metric_fn: Callable[..., dict[str, Any]]) -> Estimator:
    """An estimator with the model and the directory of `estimator` whose evaluations have more metrics.

    Args:
        estimator: the other estimator.
        metric_fn: function of any of `predictions`, `features`, `labels` and `config` that returns name ->
            (value, update operation); its metrics replace those of the same names.

    Raises:
        ValueError: `metric_fn` takes another argument.
    """
    accepted = argument_names(metric_fn)
    unknown = [name for name in accepted if name not in _ARGUMENTS]
    if unknown:
        raise ValueError(f"metric_fn ({metric_fn}) has following not expected args: {unknown}")

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        spec = estimator.model_fn(features, labels, mode, config)
        if mode != ModeKeys.EVAL:
            return spec
        known = {"predictions": spec.predictions, "features": features, "labels": labels, "config": config}
        added = metric_fn(**{name: value for name, value in known.items() if name in accepted})
        parts = spec._asdict()
        parts["eval_metric_ops"] = {**spec.eval_metric_ops, **added}
        return EstimatorSpec(**parts)

    return Estimator(model_fn, estimator.model_dir, estimator.config, warm_start_from=estimator._warm_start_settings)
