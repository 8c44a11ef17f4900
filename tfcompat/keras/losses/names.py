"""Losses by name."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.keras.losses import classes, functions
from tfcompat.keras.utils.serialization import deserialize_keras_object, resolved, serialize_keras_object

# fmt: off
_ALIASES = {
    functions.mean_squared_error: "mse MSE",
    functions.mean_absolute_error: "mae MAE",
    functions.mean_absolute_percentage_error: "mape MAPE",
    functions.mean_squared_logarithmic_error: "msle MSLE",
    functions.hinge: "",
    functions.squared_hinge: "",
    functions.categorical_hinge: "",
    functions.huber_loss: "huber",
    functions.logcosh: "log_cosh",
    functions.kullback_leibler_divergence: "kl_divergence kld KLD",
    functions.poisson: "",
    functions.cosine_proximity: "cosine_similarity cosine",
    functions.categorical_crossentropy: "",
    functions.sparse_categorical_crossentropy: "",
    functions.binary_crossentropy: "bce BCE",
    functions.binary_focal_crossentropy: "",
    functions.categorical_focal_crossentropy: "",
}
# fmt: on
FUNCTIONS: dict[str, Any] = {
    name: function for function, aliases in _ALIASES.items() for name in (function.__name__, *aliases.split())
}
"""Name -> function."""

_OBJECTS = {**FUNCTIONS, **{cls.__name__: cls for cls in classes.CLASSES}}


@tf_export("keras.losses.serialize")
def serialize(loss: Any, use_legacy_format: bool = True) -> Any:
    """The name of a loss function, or the class name and configuration of a `Loss`.

    Args:
        loss: a function or a `Loss`.
        use_legacy_format: has no effect, there is one format.
    """
    return serialize_keras_object(loss)


@tf_export("keras.losses.deserialize")
def deserialize(name: Any, custom_objects: Any = None, use_legacy_format: bool = True) -> Any:
    """The loss that `serialize` wrote.

    Args:
        name: a name, or a dictionary of class name and configuration.
        custom_objects: table of names that goes before the known ones.
        use_legacy_format: has no effect, there is one format.

    Raises:
        ValueError: the name is unknown, or the form is another.
    """
    return deserialize_keras_object(
        name, module_objects=_OBJECTS, custom_objects=custom_objects, printable_module_name="loss function"
    )


@tf_export("keras.losses.get")
def get(identifier: Any) -> Any:
    """The loss that `identifier` stands for.

    Args:
        identifier: None, a name, a dictionary of `serialize`, or a function or `Loss`, which is the result itself.

    Raises:
        ValueError: it is nothing of these, or unknown.
    """
    return None if identifier is None else resolved(identifier, deserialize, "loss function")
