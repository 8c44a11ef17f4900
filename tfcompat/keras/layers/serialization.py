"""`tf.keras.layers.serialize` and `deserialize`: layers as class names and configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfcompat.graph.export import INTERNAL, PUBLIC, tf_export

_ELSEWHERE = {
    "Functional": "keras.Model",
    "Model": "keras.Model",
    "Network": "keras.Model",
    "Sequential": "keras.Sequential",
    "Container": "keras.Model",
    "BatchNormalizationV1": "keras.layers.BatchNormalization",
    "BatchNormalizationV2": "keras.layers.BatchNormalization",
}
"""Class names that are no names of `tf.keras.layers`."""
_OF_MODELS = "python.keras.engine.base_layer"
"""Where the layers are that models make themselves, such as `TensorFlowOpLayer`."""


class _Layers(Mapping[str, Any]):
    """Class name -> class, imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        internal = f"{_OF_MODELS}.{name}"
        return INTERNAL[internal] if internal in INTERNAL else PUBLIC[_ELSEWHERE.get(name, f"keras.layers.{name}")]

    def __contains__(self, name: object) -> bool:
        return f"{_OF_MODELS}.{name}" in INTERNAL or _ELSEWHERE.get(str(name), f"keras.layers.{name}") in PUBLIC

    def __iter__(self) -> Any:
        return iter([*_ELSEWHERE, *(n[13:] for n in PUBLIC if n.startswith("keras.layers.") and n.count(".") == 2)])

    def __len__(self) -> int:
        return sum(1 for _ in self)


LAYERS = _Layers()


@tf_export("keras.layers.serialize")
def serialize(layer: Any, use_legacy_format: bool = False) -> dict[str, Any]:
    """{"class_name", "config"} of a layer or model.

    Args:
        layer: the layer.
        use_legacy_format: accepted; there is one format.
    """
    return PUBLIC["keras.utils.serialize_keras_object"](layer)  # type: ignore[no-any-return]


@tf_export("keras.layers.deserialize")
def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = False) -> Any:
    """The layer or model that `serialize` wrote.

    Args:
        config: the dictionary.
        custom_objects: table of classes and functions by name that goes before Keras' own.
        use_legacy_format: accepted; there is one format.

    Raises:
        ValueError: an unknown class.
    """
    return PUBLIC["keras.utils.deserialize_keras_object"](
        config, module_objects=LAYERS, custom_objects=custom_objects, printable_module_name="layer"
    )
