"""`tf.layers`: convolutions, as classes and as functions."""

from __future__ import annotations

import inspect
from typing import Any

from tfcompat.graph.export import export, tf_export
from tfcompat.layers.base import Layer
from tfcompat.layers.keras import convolutional as keras
from tfcompat.layers.keras import transposed
from tfcompat.ops.initializers import Zeros

_ZEROS = Zeros()


class _Conv(keras.Conv, Layer):
    """Keras' convolution with variables in a variable scope; a kernel initializer that is None is the scope's."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )


@tf_export("layers.Conv1D")
class Conv1D(_Conv, keras.Conv1D):
    """A convolution over one spatial axis; see Keras' `Conv1D`."""


@tf_export("layers.Conv2D")
class Conv2D(_Conv, keras.Conv2D):
    """A convolution over two spatial axes; see Keras' `Conv2D`."""


@tf_export("layers.Conv3D")
class Conv3D(_Conv, keras.Conv3D):
    """A convolution over three spatial axes; see Keras' `Conv3D`."""


class _ConvTranspose(transposed.ConvTranspose, Layer):
    """Keras' transposed convolution with variables in a variable scope."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format=data_format,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )


@tf_export("layers.Conv2DTranspose")
class Conv2DTranspose(_ConvTranspose, transposed.Conv2DTranspose):
    """A transposed convolution over two spatial axes; see Keras' `Conv2DTranspose`."""


@tf_export("layers.Conv3DTranspose")
class Conv3DTranspose(_ConvTranspose, transposed.Conv3DTranspose):
    """A transposed convolution over three spatial axes; see Keras' `Conv3DTranspose`."""


# ---------------------------------------------------------------- functions


def layer_function(name: str, cls: type[keras.Conv]) -> None:
    """Publishes a function of the inputs, the arguments of a layer and `reuse` that makes the layer and applies it."""
    parameters = list(inspect.signature(cls).parameters.values())[:-1]
    inputs, reuse = (
        inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for each, default in (("inputs", inspect.Parameter.empty), ("reuse", None))
    )
    own = [
        p.replace(default=(1,) * cls.rank) if cls.rank > 1 and p.name in ("strides", "dilation_rate") else p
        for p in parameters
    ]
    signature = inspect.Signature([inputs, *(p.replace(annotation=inspect.Parameter.empty) for p in own), reuse])

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        values, reuse = given.pop("inputs"), given.pop("reuse", None)
        return cls(**given, _reuse=reuse, _scope=given.get("name")).apply(values)

    function.__name__ = function.__qualname__ = name
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__doc__ = (
        f"A `{cls.__name__}` layer applied to `inputs`, see there for the other arguments. `reuse` finds the variables "
        "of an earlier one of the same name."
    )
    export(f"layers.{name}", function)


for _name, _cls in (
    ("conv1d", Conv1D), ("conv2d", Conv2D), ("conv3d", Conv3D), ("conv2d_transpose", Conv2DTranspose),
    ("conv3d_transpose", Conv3DTranspose),
):  # fmt: skip
    layer_function(_name, _cls)
