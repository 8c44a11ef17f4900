"""`tf.layers`: pooling layers, as classes and as functions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import export, tf_export
from tfcompat.layers.base import Layer
from tfcompat.layers.keras import pooling as keras


def _pooling_class(name: str, base: type[keras.Pooling]) -> type[keras.Pooling]:
    def __init__(
        self: Any,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if strides is None:
            raise ValueError("Argument `strides` must not be None.")
        base.__init__(self, pool_size, strides, padding, data_format, name=name, **kwargs)

    body = {"__init__": __init__, "__module__": __name__, "__doc__": f"Keras' `{name}`, with strides to be given."}
    cls: type[keras.Pooling] = type(name, (base, Layer), body)
    export(f"layers.{name}", cls)
    return cls


MaxPooling1D = _pooling_class("MaxPooling1D", keras.MaxPooling1D)
MaxPooling2D = _pooling_class("MaxPooling2D", keras.MaxPooling2D)
MaxPooling3D = _pooling_class("MaxPooling3D", keras.MaxPooling3D)
AveragePooling1D = _pooling_class("AveragePooling1D", keras.AveragePooling1D)
AveragePooling2D = _pooling_class("AveragePooling2D", keras.AveragePooling2D)
AveragePooling3D = _pooling_class("AveragePooling3D", keras.AveragePooling3D)


def _pooling_function(name: str, cls: type[keras.Pooling]) -> None:
    @tf_export(f"layers.{name}")
    def pool(
        inputs: Any,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: str | None = None,
    ) -> Any:
        return cls(pool_size, strides, padding, data_format, name).apply(inputs)  # type: ignore[call-arg,arg-type]

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"A `{cls.__name__}` layer applied to `inputs`."


for _name, _cls in (("max_pooling1d", MaxPooling1D), ("max_pooling2d", MaxPooling2D), ("max_pooling3d", MaxPooling3D),
                    ("average_pooling1d", AveragePooling1D), ("average_pooling2d", AveragePooling2D),
                    ("average_pooling3d", AveragePooling3D)):  # fmt: skip
    _pooling_function(_name, _cls)
