"""Metrics by name."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.keras.losses.names import FUNCTIONS as LOSSES
from tfcompat.keras.metrics import accuracies, confusion, curves, means, overlap, scores
from tfcompat.keras.metrics.metric import Metric
from tfcompat.keras.utils.serialization import deserialize_keras_object, resolved, serialize_keras_object

_FUNCTIONS = (
    accuracies.accuracy, accuracies.binary_accuracy, accuracies.categorical_accuracy,
    accuracies.sparse_categorical_accuracy, accuracies.top_k_categorical_accuracy,
    accuracies.sparse_top_k_categorical_accuracy,
)  # fmt: skip
_OBJECTS: dict[str, Any] = {
    **LOSSES,
    **{function.__name__: function for function in _FUNCTIONS},
    "acc": accuracies.accuracy,
    "ACC": accuracies.accuracy,
    **{
        name: value
        for module in (accuracies, confusion, curves, means, overlap, scores)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Metric) and not name.startswith("_")
    },
}


@tf_export("keras.metrics.serialize")
def serialize(metric: Any, use_legacy_format: bool = True) -> Any:
    """The name of a metric function, or the class name and configuration of a `Metric`.

    Args:
        metric: a function or a `Metric`.
        use_legacy_format: has no effect, there is one format.
    """
    return serialize_keras_object(metric)


@tf_export("keras.metrics.deserialize")
def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = True) -> Any:
    """The metric that `serialize` wrote.

    Args:
        config: a name, or a dictionary of class name and configuration.
        custom_objects: table of names that goes before the known ones.
        use_legacy_format: has no effect, there is one format.

    Raises:
        ValueError: the name is unknown, or the form is another.
    """
    return deserialize_keras_object(
        config, module_objects=_OBJECTS, custom_objects=custom_objects, printable_module_name="metric function"
    )


@tf_export("keras.metrics.get")
def get(identifier: Any) -> Any:
    """The metric that `identifier` stands for.

    Args:
        identifier: a name, a dictionary of `serialize`, or a function or `Metric`, which is the result itself.

    Raises:
        ValueError: it is nothing of these, or unknown.
    """
    return resolved(identifier, deserialize, "metric function")
