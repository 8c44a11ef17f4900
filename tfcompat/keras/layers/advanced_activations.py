"""Activations with arguments or variables of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.layers.arguments import FromArguments, keras_layer
from tfcompat.layers.input_spec import InputSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.activations import leaky_relu
from tfcompat.ops.cast import cast
from tfcompat.ops.reduction import reduce_logsumexp


class _Elementwise(FromArguments):
    """Base of activations: masks pass, and the shape stays."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`input_shape`."""
        return input_shape


def _given(value: Any, name: str, layer: str) -> float:
    if value is None:
        raise ValueError(f"The {name} value of a {layer} layer cannot be None, expecting a float. Received: {value}")
    return float(np.float32(value))


@keras_layer("LeakyReLU")
class LeakyReLU(_Elementwise):
    """x where it is positive, alpha * x elsewhere.

    Args:
        alpha: the slope of negative values.
        kwargs: see `Layer`.
    """

    def __init__(self, alpha: float = 0.3, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = _given(alpha, "alpha", "LeakyReLU")

    def call(self, inputs: Any) -> Tensor:
        """The activation of `inputs`."""
        return leaky_relu(inputs, alpha=self.alpha)


@keras_layer("PReLU")
class PReLU(_Elementwise):
    """x where it is positive, alpha * x elsewhere, with slopes `alpha` that are trained.

    Args:
        alpha_initializer: initializer of the slopes, which have the shape of the inputs without the batch.
        alpha_regularizer: function of the slopes that gives a loss.
        alpha_constraint: function applied to the slopes after updates.
        shared_axes: axes along which there is one slope.
        kwargs: see `Layer`.
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.take(locals())
        if shared_axes is not None:
            self.shared_axes = list(shared_axes) if isinstance(shared_axes, (list, tuple)) else [shared_axes]

    def build(self, input_shape: Any) -> None:
        """Makes `alpha`."""
        sizes = TensorShape(input_shape).as_list()
        shared = self.shared_axes or []
        slopes = [1 if axis in shared else size for axis, size in enumerate(sizes) if axis > 0]
        self.alpha = self.add_part("alpha", slopes)
        axes = {axis: size for axis, size in enumerate(sizes) if axis > 0 and axis not in shared}
        self.input_spec = InputSpec(ndim=len(sizes), axes=axes)
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """The activation of `inputs`."""
        return raw_ops.Relu(features=inputs) + -self.alpha * raw_ops.Relu(features=-inputs)  # type: ignore[no-any-return]


@keras_layer("ELU")
class ELU(_Elementwise):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere.

    Args:
        alpha: the limit of negative values.
        kwargs: see `Layer`.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = _given(alpha, "alpha", "ELU")

    def call(self, inputs: Any) -> Tensor:
        """The activation of `inputs`."""
        return PUBLIC["keras.backend.elu"](inputs, self.alpha)  # type: ignore[no-any-return]


@keras_layer("ThresholdedReLU")
class ThresholdedReLU(_Elementwise):
    """x where it is above `theta`, 0 elsewhere.

    Args:
        theta: the threshold, not negative.
        kwargs: see `Layer`.
    """

    def __init__(self, theta: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.theta = _given(theta, "theta", "Thresholded ReLU")
        if theta < 0:
            raise ValueError(f"The theta value of a Thresholded ReLU layer should be >=0. Received: {theta}")

    def call(self, inputs: Any) -> Tensor:
        """The activation of `inputs`."""
        return inputs * cast(inputs > self.theta, inputs.dtype)  # type: ignore[no-any-return]


@keras_layer("Softmax")
class Softmax(_Elementwise):
    """exp(x) / sum(exp(x)) along an axis, or several.

    Args:
        axis: the axis or axes.
        kwargs: see `Layer`.
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Tensor:
        """The softmax of `inputs` over the places where `mask`, a bool tensor of the same shape, is true."""
        if mask is not None:
            least = inputs.dtype.min / 2.0 if inputs.dtype.name == "float16" else -1e9
            inputs += (1.0 - cast(mask, inputs.dtype)) * least
        if not isinstance(self.axis, (list, tuple)):
            return PUBLIC["keras.activations.softmax"](inputs, axis=self.axis)  # type: ignore[no-any-return]
        if len(self.axis) == 1:
            return PUBLIC["keras.activations.softmax"](inputs, axis=self.axis[0])  # type: ignore[no-any-return]
        total = reduce_logsumexp(inputs, axis=list(self.axis), keepdims=True)
        return raw_ops.Exp(x=inputs - total)  # type: ignore[no-any-return]


@keras_layer("ReLU")
class ReLU(_Elementwise):
    """x from `threshold` up to `max_value`, which is the result beyond it; negative_slope * (x - threshold) below.

    Args:
        max_value: the largest result; None for no limit.
        negative_slope: the slope below the threshold.
        threshold: where the slope changes.
        kwargs: see `Layer`.
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ):
        super().__init__(**kwargs)
        for name, value in (("max_value", max_value), ("negative_slope", negative_slope), ("threshold", threshold)):
            missing = value is None and name != "max_value"
            if missing or value is not None and value < 0:
                or_none = "" if name == "max_value" else "None or "
                raise ValueError(f"{name} of a ReLU layer cannot be {or_none}a negative value. Received: {value}")
        self.max_value = None if max_value is None else float(max_value)
        self.negative_slope, self.threshold = float(negative_slope), float(threshold)

    def call(self, inputs: Any) -> Tensor:
        """The activation of `inputs`."""
        return PUBLIC["keras.backend.relu"](  # type: ignore[no-any-return]
            inputs, alpha=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )
