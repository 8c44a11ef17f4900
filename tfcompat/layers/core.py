"""`tf.layers`: dense layers, dropout and flattening, as classes and as functions."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.layers.base import Layer
from tfcompat.layers.keras import core as keras
from tfcompat.ops.initializers import Zeros

_ZEROS = Zeros()


@tf_export("layers.Dense")
class Dense(keras.Dense, Layer):
    """Keras' `Dense` with variables in a variable scope.

    Args:
        units, activation, use_bias: see Keras' `Dense`.
        kernel_initializer: initializer of the kernel; the scope's default, Glorot's, when None.
        bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer: see Keras' `Dense`.
        kernel_constraint, bias_constraint: see Keras' `Dense`.
        trainable: whether its variables are trainable.
        name: its name.
        kwargs: see `Layer`.
    """

    def __init__(
        self,
        units: int,
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
            units,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )


@tf_export("layers.Dropout")
class Dropout(keras.Dropout, Layer):
    """Keras' `Dropout`, which does nothing unless `training` is true."""

    def __init__(
        self,
        rate: Any = 0.5,
        noise_shape: Any = None,
        seed: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(rate, noise_shape, seed, name=name, **kwargs)

    def call(self, inputs: Any, training: Any = False) -> Any:
        """`inputs` with dropout when `training`, a bool or scalar bool tensor, is true; unchanged otherwise."""
        return super().call(inputs, training)


@tf_export("layers.Flatten")
class Flatten(keras.Flatten, Layer):
    """All axes but the first as one; see Keras' `Flatten`."""


# ---------------------------------------------------------------- functions


@tf_export("layers.dense")
def dense(
    inputs: Any,
    units: int,
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
    reuse: Any = None,
) -> Tensor:
    """A `Dense` layer applied to `inputs`; `reuse` finds the variables of an earlier one of the same name."""
    layer = Dense(
        units,
        activation,
        use_bias,
        kernel_initializer,
        bias_initializer,
        kernel_regularizer,
        bias_regularizer,
        activity_regularizer,
        kernel_constraint,
        bias_constraint,
        trainable,
        name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)  # type: ignore[no-any-return]


@tf_export("layers.dropout")
def dropout(
    inputs: Any,
    rate: float = 0.5,
    noise_shape: Any = None,
    seed: int | None = None,
    training: Any = False,
    name: str | None = None,
) -> Any:
    """A `Dropout` layer applied to `inputs`."""
    return Dropout(rate, noise_shape, seed, name).apply(inputs, training=training)


@tf_export("layers.flatten")
def flatten(inputs: Any, name: str | None = None, data_format: str = "channels_last") -> Tensor:
    """A `Flatten` layer applied to `inputs`."""
    return Flatten(data_format, name=name).apply(inputs)  # type: ignore[no-any-return]
