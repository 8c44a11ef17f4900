"""`tf.keras.activations`: elementwise functions and softmax, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.gradients.swish import silu
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras.backend import elementwise
from tfcompat.keras.utils.serialization import deserialize_keras_object, get_registered_name, serialize_keras_object
from tfcompat.ops import math, raw_ops
from tfcompat.ops import softmax as softmax_ops
from tfcompat.ops.activations import leaky_relu


@tf_export("keras.activations.softmax")
def softmax(x: Any, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`.

    Args:
        x: float, rank 2 or more.
        axis: dimension to normalise.

    Raises:
        ValueError: `x` has one dimension or none.
    """
    x = convert_to_tensor(x)
    if x.shape.ndims is not None and x.shape.ndims <= 1:
        raise ValueError(f"Cannot apply softmax to a tensor that is 1D. Received input: {x}")
    return softmax_ops.softmax(x, axis=axis)


@tf_export("keras.activations.elu")
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, alpha * (exp(x) - 1) elsewhere."""
    return elementwise.elu(x, alpha)


@tf_export("keras.activations.selu")
def selu(x: Any) -> Tensor:
    """The scaled `elu` with which layers keep mean 0 and variance 1: scale 1.0507, alpha 1.67326."""
    return raw_ops.Selu(features=x)  # type: ignore[no-any-return]


@tf_export("keras.activations.softplus")
def softplus(x: Any) -> Tensor:
    """log(exp(x) + 1)."""
    return elementwise.softplus(x)  # type: ignore[no-any-return]


@tf_export("keras.activations.softsign")
def softsign(x: Any) -> Tensor:
    """x / (abs(x) + 1)."""
    return elementwise.softsign(x)  # type: ignore[no-any-return]


@tf_export("keras.activations.relu")
def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """x from `threshold` up to `max_value`, which is the result beyond it; alpha * (x - threshold) below."""
    return elementwise.relu(x, alpha, max_value, threshold)


@tf_export("keras.activations.tanh")
def tanh(x: Any) -> Tensor:
    """The hyperbolic tangent."""
    return math.tanh(x)


@tf_export("keras.activations.sigmoid")
def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x))."""
    return math.sigmoid(x)


@tf_export("keras.activations.exponential")
def exponential(x: Any) -> Tensor:
    """exp(x)."""
    return math.exp(x)


@tf_export("keras.activations.hard_sigmoid")
def hard_sigmoid(x: Any) -> Tensor:
    """0.2 * x + 0.5, cut off at 0 and 1."""
    return elementwise.hard_sigmoid(x)


@tf_export("keras.activations.linear")
def linear(x: Any) -> Any:
    """`x` itself."""
    return x


@tf_export("keras.activations.swish")
def swish(x: Any) -> Tensor:
    """x * sigmoid(x)."""
    return silu(x)


@tf_export("keras.activations.mish")
def mish(x: Any) -> Tensor:
    """x * tanh(softplus(x))."""
    return x * math.tanh(elementwise.softplus(x))  # type: ignore[no-any-return]


def relu6(x: Any) -> Tensor:
    """x, cut off at 0 and 6."""
    return raw_ops.Relu6(features=x)  # type: ignore[no-any-return]


_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    **{
        function.__name__: function
        for function in (softmax, elu, selu, softplus, softsign, relu, tanh, sigmoid, exponential, hard_sigmoid,
                         linear, swish, mish)
    },
    "silu": swish,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
}  # fmt: skip


@tf_export("keras.activations.serialize")
def serialize(activation: Any, use_legacy_format: bool = True) -> Any:
    """The name of an activation function, or the dictionary of one that is an object.

    Args:
        activation: a function with a name, or an object with `get_config`.
        use_legacy_format: has no effect, there is one format.

    Raises:
        ValueError: it has neither.
    """
    if hasattr(activation, "get_config"):
        return serialize_keras_object(activation)
    if hasattr(activation, "__name__"):
        return get_registered_name(activation)
    raise ValueError(f"Cannot serialize {activation}")


@tf_export("keras.activations.deserialize")
def deserialize(name: Any, custom_objects: Any = None, use_legacy_format: bool = True) -> Any:
    """The activation function of a name.

    Args:
        name: its name, or what `serialize` gave.
        custom_objects: table of names that goes before the known ones.
        use_legacy_format: has no effect, there is one format.

    Raises:
        ValueError: the name is unknown.
    """
    return deserialize_keras_object(
        name, module_objects=_ACTIVATIONS, custom_objects=custom_objects, printable_module_name="activation function"
    )


@tf_export("keras.activations.get")
def get(identifier: Any) -> Any:
    """The activation function that `identifier` stands for.

    Args:
        identifier: None for `linear`, a name, what `serialize` gave, or a function, which is the result itself.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is nothing of these.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier}")
