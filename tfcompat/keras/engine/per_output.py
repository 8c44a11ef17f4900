"""Losses, weights and metrics as `compile` takes them, spread over the outputs of a model."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.keras.losses.classes import LossFunctionWrapper
from tfcompat.keras.losses.weighting import Reduction
from tfcompat.layers.parts import is_metric
from tfcompat.platform import logging

_ACCURACY, _CROSSENTROPY = ("accuracy", "acc"), ("crossentropy", "ce")
_MATCHING = {
    "accuracy": ("binary_accuracy", "sparse_categorical_accuracy", "categorical_accuracy"),
    "crossentropy": ("binary_crossentropy", "sparse_categorical_crossentropy", "categorical_crossentropy"),
}
"""What "accuracy" and "crossentropy" mean for single or binary outputs, for labels that are numbers, and otherwise."""


def losses_of(loss: Any, names: list[str]) -> list[Any]:
    """A `Loss`, an object that is called as one, or None for each output.

    Args:
        loss: one for all outputs, a list with one for each, or a dictionary by the names of outputs.
        names: of the outputs.

    Raises:
        ValueError: a list of another length, an unknown loss, or an unknown name of an output.
    """
    if isinstance(loss, dict):
        _check_names(loss, names, "loss")
        for name in names:
            if name not in loss:
                _warn_of_no_loss(name)
        return [loss_of(loss.get(name)) for name in names]
    if isinstance(loss, (list, tuple)):
        if len(loss) != len(names):
            raise ValueError(
                "When passing a list as loss, it should have one entry per model outputs. The model has "
                f"{len(names)} outputs, but you passed loss={loss}"
            )
        return [loss_of(one) for one in loss]
    if loss is None:
        for name in names:
            _warn_of_no_loss(name)
    return [loss_of(loss) for _ in names]


def _warn_of_no_loss(name: str) -> None:
    logging.warning(
        f"Output {name} missing from loss dictionary. We assume this was done on purpose. The fit and evaluate APIs "
        f"will not be expecting any data to be passed to {name}."
    )


def loss_of(loss: Any) -> Any:
    """The loss that a name, function, or object stands for; None for None."""
    if loss is None or isinstance(loss, PUBLIC["keras.losses.Loss"]):
        return loss
    found = PUBLIC["keras.losses.get"](loss)
    if not hasattr(found, "__name__"):
        return found
    return LossFunctionWrapper(found, name=found.__name__, reduction=Reduction.SUM_OVER_BATCH_SIZE)


def loss_weights_of(weights: Any, names: list[str]) -> list[float]:
    """The weight of each output's loss, from None, a list, or a dictionary by name.

    Raises:
        ValueError: a list of another length, or an unknown name.
        TypeError: neither of these.
    """
    if weights is None:
        return [1.0] * len(names)
    if isinstance(weights, dict):
        _check_names(weights, names, "loss_weights")
        return [weights.get(name, 1.0) for name in names]
    if not isinstance(weights, (list, tuple)):
        raise TypeError(f"Could not interpret loss_weights argument: {weights} - expected a list of dicts.")
    if len(weights) != len(names):
        raise ValueError(
            "When passing a list as loss_weights, it should have one entry per model output. The model has "
            f"{len(names)} outputs, but you passed loss_weights={weights}"
        )
    return list(weights)


def metrics_of(metrics: Any, names: list[str]) -> list[list[Any]]:
    """The metrics of each output, as they were given.

    Args:
        metrics: a list for all outputs, a list of lists, or a dictionary by name; None for none.
        names: of the outputs.

    Raises:
        ValueError: a list of lists of another length, or an unknown name.
        TypeError: none of these.
    """
    if not metrics:
        return [[] for _ in names]
    if isinstance(metrics, dict):
        _check_names(metrics, names, "metrics")
        return [_listed(metrics.get(name, [])) for name in names]
    if not isinstance(metrics, (list, tuple)):
        raise TypeError(
            "Type of `metrics` argument not understood. Expected a list or dictionary, found: " + str(metrics)
        )
    if any(isinstance(m, (list, tuple)) for m in metrics):
        if len(metrics) != len(names):
            raise ValueError(
                "When passing a list of lists as `metrics`, it should have one entry per model output. The model has "
                f"{len(names)} outputs, but you passed metrics={metrics}"
            )
        return [_listed(m) for m in metrics]
    if len(names) == 1:
        return [list(metrics)]
    return [[_clone(m) for m in metrics] for _ in names]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _clone(metric: Any) -> Any:
    return type(metric).from_config(metric.get_config()) if is_metric(metric) else metric


def _check_names(given: dict[str, Any], names: list[str], what: str) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise ValueError(f"Unknown entries in {what} dictionary: {unknown}. Only expected following keys: {names}")


def metric_name(metric: Any, weighted: bool) -> str:
    """What the values of a metric are called; "acc" for "accuracy"."""
    if metric in (*_ACCURACY, *_CROSSENTROPY):
        own = "acc" if metric in _ACCURACY else "ce"
    else:
        found = PUBLIC["keras.metrics.get"](metric)
        own = found.name if hasattr(found, "name") else found.__name__
    return f"weighted_{own}" if weighted else own


def metric_of(metric: Any, name: str, output_shape: Any, loss: Any) -> Any:
    """The metric object that a name, function or object stands for.

    Args:
        metric: name, function or object.
        name: what to call it.
        output_shape: of the output that it looks at; "accuracy" and "crossentropy" depend on it.
        loss: of that output.
    """
    kind = "accuracy" if metric in _ACCURACY else "crossentropy" if metric in _CROSSENTROPY else None
    if kind is None:
        found = PUBLIC["keras.metrics.get"](metric)
    else:
        binary, sparse, other = _MATCHING[kind]
        if output_shape[-1] == 1 or is_loss(loss, "BinaryCrossentropy", "binary_crossentropy"):
            chosen = binary
        elif is_loss(loss, "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"):
            chosen = sparse
        else:
            chosen = other
        found = PUBLIC[f"keras.metrics.{chosen}"]
    return found if is_metric(found) else PUBLIC["keras.metrics.MeanMetricWrapper"](found, name=name)


def is_loss(loss: Any, class_name: str, function_name: str) -> bool:
    """Whether `loss` is of the class of Keras' losses, or wraps the function, of that name."""
    return isinstance(loss, PUBLIC[f"keras.losses.{class_name}"]) or (
        getattr(loss, "fn", None) is PUBLIC[f"keras.losses.{function_name}"]
    )
