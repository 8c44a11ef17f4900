"""`tf.keras.initializers`: the initializers of `tf` under Keras' names, and three with Keras' defaults."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import PUBLIC, export, export_lazy, tf_export
from tfcompat.keras.utils.serialization import deserialize_keras_object, resolved, serialize_keras_object
from tfcompat.ops import initializers as ops

# fmt: off
_SCALED_NAMES = ("he_normal", "he_uniform", "lecun_normal", "lecun_uniform")
_SAME = {
    "Constant": ops.Constant, "Identity": ops.Identity, "Initializer": ops.Initializer, "Ones": ops.Ones,
    "Orthogonal": ops.Orthogonal, "VarianceScaling": ops.VarianceScaling, "Zeros": ops.Zeros,
    "constant": ops.Constant, "glorot_normal": ops.GlorotNormal, "glorot_uniform": ops.GlorotUniform,
    "identity": ops.Identity, "ones": ops.Ones, "orthogonal": ops.Orthogonal, "zeros": ops.Zeros,
}
# fmt: on
for _name, _made in _SAME.items():
    export(f"keras.initializers.{_name}", _made)

_SCALED = {name: partial(PUBLIC.__getitem__, f"initializers.{name}") for name in _SCALED_NAMES}
for _name, _make in _SCALED.items():
    export_lazy(f"keras.initializers.{_name}", _make)


def _scaled(name: str) -> Any:
    """What makes the initializer `tf.initializers.<name>`."""

    def make(seed: int | None = None) -> Any:
        return _SCALED[name]()(seed)

    return make


@tf_export("keras.initializers.RandomNormal", "keras.initializers.random_normal", "keras.initializers.normal")
class RandomNormal(ops.RandomNormal):
    """Normal random numbers.

    Args:
        mean: mean.
        stddev: standard deviation.
        seed: seed of the operation.
        dtype: floating-point type of the value.
    """

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


@tf_export("keras.initializers.RandomUniform", "keras.initializers.random_uniform", "keras.initializers.uniform")
class RandomUniform(ops.RandomUniform):
    """Uniform random numbers in [minval, maxval).

    Args:
        minval: lower bound.
        maxval: upper bound.
        seed: seed of the operation.
        dtype: type of the value.
    """

    def __init__(
        self, minval: Any = -0.05, maxval: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(minval, maxval, seed, dtype)


@tf_export("keras.initializers.TruncatedNormal", "keras.initializers.truncated_normal")
class TruncatedNormal(ops.TruncatedNormal):
    """Normal random numbers, those beyond two standard deviations drawn again.

    Args:
        mean: mean before truncation.
        stddev: standard deviation before truncation.
        seed: seed of the operation.
        dtype: floating-point type of the value.
    """

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


_OBJECTS: dict[str, Any] = {
    **{name: made for name, made in _SAME.items() if name != "Initializer"},
    **{
        cls.__name__: cls for cls in (RandomNormal, RandomUniform, TruncatedNormal, ops.GlorotNormal, ops.GlorotUniform)
    },
    "zero": ops.Zeros,
    "one": ops.Ones,
    "normal": RandomNormal,
    "random_normal": RandomNormal,
    "uniform": RandomUniform,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": ops.VarianceScaling,
    # as newer versions of the reference write them
    **{"".join(word.capitalize() for word in name.split("_")): _scaled(name) for name in _SCALED_NAMES},
    **{name: _scaled(name) for name in _SCALED_NAMES},
}


@tf_export("keras.initializers.serialize")
def serialize(initializer: Any, use_legacy_format: bool = True) -> Any:
    """The class name and configuration of an initializer, as a dictionary.

    Args:
        initializer: an initializer.
        use_legacy_format: has no effect, there is one format.
    """
    return serialize_keras_object(initializer)


@tf_export("keras.initializers.deserialize")
def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = True) -> Any:
    """The initializer that `serialize` wrote, or the one of a name.

    Args:
        config: such a dictionary, or a name.
        custom_objects: table of names that goes before the known ones.
        use_legacy_format: has no effect, there is one format.

    Raises:
        ValueError: the name is unknown, or the form is another.
    """
    if isinstance(config, str):
        config = {"class_name": config, "config": {}}
    return deserialize_keras_object(
        config, module_objects=_OBJECTS, custom_objects=custom_objects, printable_module_name="initializer"
    )


@tf_export("keras.initializers.get")
def get(identifier: Any) -> Any:
    """The initializer that `identifier` stands for.

    Args:
        identifier: None, a name, a dictionary of `serialize`, a class, or an initializer, which is the result itself.

    Raises:
        ValueError: it is nothing of these, or unknown.
    """
    if identifier is None:
        return None
    return identifier() if inspect.isclass(identifier) else resolved(identifier, deserialize, "initializer")
