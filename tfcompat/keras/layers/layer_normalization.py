"""`LayerNormalization`: each example by itself."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.keras.normalization import axes_of
from tfcompat.ops.array import reshape
from tfcompat.ops.normalization import batch_normalization, moments


@keras_layer("LayerNormalization")
class LayerNormalization(FromArguments):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance over some axes of each example.

    Source: Ba et al., "Layer Normalization", 2016.

    Args:
        axis: the axis or axes, usually the features.
        epsilon: added to the variance.
        center: whether there is a beta.
        scale: whether there is a gamma.
        beta_initializer, gamma_initializer: initializers; both have the sizes of the axes.
        beta_regularizer, gamma_regularizer: functions that give losses.
        beta_constraint, gamma_constraint: functions applied after updates.
        kwargs: see `Layer`.

    Raises:
        TypeError: `axis` is neither an int nor ints.
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"Expected an int or a list/tuple of ints for the argument 'axis', but received: {axis!r}")
        self.take(locals())
        self.axis: Any = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes `gamma` and `beta`; ValueError when an axis does not exist."""
        shape = TensorShape(input_shape)
        if shape.rank is None:
            raise ValueError(f"`input_shape` has undefined rank. Received: input_shape={input_shape}.")
        self.axis = axes_of(self.axis, shape.rank)
        sizes = [shape.as_list()[a] for a in self.axis]
        self.gamma = self.add_part("gamma", sizes, trainable=True) if self.scale else None
        self.beta = self.add_part("beta", sizes, trainable=True) if self.center else None
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """The normalised `inputs`."""
        sizes = inputs.shape.as_list()
        broadcast = [n if i in self.axis else 1 for i, n in enumerate(sizes)]

        def spread(value: Any) -> Any:
            if value is None or self.axis == [len(sizes) - 1]:
                return value
            return reshape(value, broadcast)

        mean, variance = moments(inputs, self.axis, keepdims=True)
        outputs = batch_normalization(inputs, mean, variance, spread(self.beta), spread(self.gamma), self.epsilon)
        outputs.set_shape(inputs.shape)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`input_shape`."""
        return input_shape
