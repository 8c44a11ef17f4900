"""Estimators with more metrics or predictions, and optimizers with clipped gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.export_outputs import PredictOutput
from tfcompat.estimator.input_functions import argument_names
from tfcompat.estimator.model_fn import EstimatorSpec, ModeKeys
from tfcompat.graph.dtypes import string
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.ops.clip import clip_by_global_norm
from tfcompat.ops.sparse import sparse_tensor_to_dense
from tfcompat.training.optimizer import Optimizer

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


def forward_features(estimator: Estimator, keys: Any = None, sparse_default_values: Any = None) -> Estimator:
    """An estimator with the model and the directory of `estimator` whose predictions have features too.

    Args:
        estimator: the other estimator, whose predictions are a dictionary.
        keys: key or keys of the features; all by default.
        sparse_default_values: key of a sparse feature -> what stands where nothing is; 0 or "" by default.

    Raises:
        ValueError: `keys` are no strings; when it predicts: a feature is missing, or there are no named predictions.
    """
    if isinstance(keys, str):
        keys = [keys]
    if keys is not None and not all(isinstance(key, str) for key in keys):
        raise ValueError(f"keys should be either a string or a list of strings. Given: {keys}")

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        spec = estimator.model_fn(features, labels, mode, config)
        if not isinstance(spec.predictions, dict):
            raise ValueError("Predictions should be a dict to be able to forward features.")
        wanted = list(features) if keys is None else keys
        for key in wanted:
            if key not in features:
                raise ValueError(f"keys should be exist in features. Key {key!r} is not in features: {list(features)}.")
        forwarded = {key: _dense(features[key], (sparse_default_values or {}).get(key)) for key in wanted}
        parts = spec._asdict()
        parts["predictions"] = {**spec.predictions, **forwarded}
        outputs = dict(spec.export_outputs or {})
        for name in ("predict", "serving_default"):
            if isinstance(outputs.get(name), PredictOutput):
                outputs[name] = PredictOutput({**outputs[name].outputs, **forwarded})
        parts["export_outputs"] = outputs or None
        return EstimatorSpec(**parts)

    return Estimator(model_fn, estimator.model_dir, estimator.config, warm_start_from=estimator._warm_start_settings)


def _dense(feature: Any, default: Any) -> Any:
    if not isinstance(feature, SparseTensor):
        return feature
    if default is None:
        default = "" if feature.dtype == string else 0
    return sparse_tensor_to_dense(feature, default_value=default)


class _ClippedByNorm(Optimizer):
    """Another optimizer that gets its gradients clipped by their global norm."""

    def __init__(self, optimizer: Optimizer, clip_norm: Any):
        super().__init__(use_locking=False, name="ClipByNorm" + optimizer.get_name())
        self._optimizer = optimizer
        self._clip_norm = clip_norm

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """Those of the other optimizer."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
        """Clips, and lets the other optimizer apply."""
        gradients, variables = zip(*grads_and_vars, strict=True)
        clipped, _ = clip_by_global_norm(gradients, self._clip_norm)
        return self._optimizer.apply_gradients(list(zip(clipped, variables, strict=True)), *args, **kwargs)

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """Those of the other optimizer."""
        return self._optimizer.get_slot(*args, **kwargs)

    def get_slot_names(self) -> list[str]:
        """Those of the other optimizer."""
        return self._optimizer.get_slot_names()

    def variables(self) -> list[Any]:
        """Those of the other optimizer."""
        return self._optimizer.variables()


def clip_gradients_by_norm(optimizer: Optimizer, clip_norm: Any) -> Optimizer:
    """`optimizer` with gradients that are scaled down together to a norm of `clip_norm` at most."""
    return _ClippedByNorm(optimizer, clip_norm)
