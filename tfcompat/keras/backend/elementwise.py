"""`tf.keras.backend`: elementwise functions and comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import config
from tfcompat.ops import binary, math, raw_ops
from tfcompat.ops import cast as casting
from tfcompat.ops import clip as clipping
from tfcompat.ops import softmax as softmax_ops
from tfcompat.ops.activations import leaky_relu
from tfcompat.ops.masks import where_v2


def _function(name: str, record: Callable[..., Any], arguments: str, doc: str) -> Callable[..., Any]:
    """Publishes `record` as a function of Keras' backend with its argument names."""
    names = arguments.split()
    if len(names) == 1:

        def function(x: Any) -> Any:
            return record(x)

    elif names[1] == "y":

        def function(x: Any, y: Any) -> Any:  # type: ignore[misc]
            return record(x, y)

    else:

        def function(x: Any, a: Any) -> Any:  # type: ignore[misc]
            return record(x, a)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return tf_export(f"keras.backend.{name}")(function)


def _activation(op_type: str) -> Callable[..., Any]:
    def record(x: Any) -> Any:
        return getattr(raw_ops, op_type)(features=x)

    return record


# fmt: off
abs           = _function("abs", math.abs, "x", "The absolute value of each element.")
exp           = _function("exp", math.exp, "x", "e to the power of each element.")
log           = _function("log", math.log, "x", "The natural logarithm of each element.")
round         = _function("round", math.round, "x", "The nearest integer; halves go to the even one.")
sign          = _function("sign", math.sign, "x", "-1, 0 or 1 by the sign of each element.")
square        = _function("square", math.square, "x", "The square of each element.")
sin           = _function("sin", math.sin, "x", "The sine of each element.")
cos           = _function("cos", math.cos, "x", "The cosine of each element.")
tanh          = _function("tanh", math.tanh, "x", "The hyperbolic tangent of each element.")
sigmoid       = _function("sigmoid", math.sigmoid, "x", "1 / (1 + exp(-x)).")
softplus      = _function("softplus", _activation("Softplus"), "x", "log(exp(x) + 1).")
softsign      = _function("softsign", _activation("Softsign"), "x", "x / (abs(x) + 1).")
pow           = _function("pow", binary.pow, "x a", "Each element to the power of `a`.")
maximum       = _function("maximum", binary.maximum, "x y", "The larger of the elements of `x` and `y`.")
minimum       = _function("minimum", binary.minimum, "x y", "The smaller of the elements of `x` and `y`.")
equal         = _function("equal", binary.equal, "x y", "Whether elements of `x` and `y` are equal.")
not_equal     = _function("not_equal", binary.not_equal, "x y", "Whether elements of `x` and `y` differ.")
greater       = _function("greater", binary.greater, "x y", "Whether elements of `x` are above those of `y`.")
greater_equal = _function("greater_equal", binary.greater_equal, "x y", "Whether `x` is not below `y`.")
less          = _function("less", binary.less, "x y", "Whether elements of `x` are below those of `y`.")
less_equal    = _function("less_equal", binary.less_equal, "x y", "Whether `x` is not above `y`.")
# fmt: on


@tf_export("keras.backend.cast")
def cast(x: Any, dtype: Any) -> Any:
    """`x` as a tensor of another type.

    Args:
        x: tensor or variable.
        dtype: name of a type.
    """
    return casting.cast(x, dtype)


@tf_export("keras.backend.cast_to_floatx")
def cast_to_floatx(x: Any) -> Any:
    """`x` in the default float type: a tensor of a tensor or variable, an array of what is an array."""
    import numpy as np

    if hasattr(x, "op") or hasattr(x, "dense_shape"):
        return casting.cast(x, config.floatx())
    return np.asarray(x, dtype=config.floatx())


@tf_export("keras.backend.sqrt")
def sqrt(x: Any) -> Tensor:
    """The square root of each element, 0 for those below 0."""
    x = convert_to_tensor(x)
    zero = constant(0.0, dtype=x.dtype.base_dtype)
    return math.sqrt(binary.maximum(x, zero))


@tf_export("keras.backend.clip")
def clip(x: Any, min_value: Any, max_value: Any) -> Tensor:
    """`x` cut off below `min_value` and above `max_value`.

    Args:
        x: tensor or variable.
        min_value: number, or tensor; None for none.
        max_value: the same; a number below `min_value` counts as that, None for none.
    """
    numbers = (int, float)
    if isinstance(min_value, numbers) and isinstance(max_value, numbers) and max_value < min_value:
        max_value = min_value
    return clipping.clip_by_value(
        x, -float("inf") if min_value is None else min_value, float("inf") if max_value is None else max_value
    )


@tf_export("keras.backend.relu")
def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0) -> Tensor:
    """x from `threshold` up to `max_value`, which is the result beyond it; alpha * (x - threshold) below.

    Args:
        x: float tensor or variable.
        alpha: slope below the threshold.
        max_value: largest result; None for none.
        threshold: where the positive part begins.
    """
    below: Any = None
    if alpha != 0.0:
        if max_value is None and threshold == 0:
            return leaky_relu(x, alpha=alpha)
        below = raw_ops.Relu(features=-x + threshold if threshold != 0 else -x)
    if threshold != 0:
        above = x * casting.cast(binary.greater(x, threshold), config.floatx())
    elif max_value == 6:
        above, max_value = raw_ops.Relu6(features=x), None
    else:
        above = raw_ops.Relu(features=x)
    dtype = above.dtype.base_dtype
    if max_value is not None:
        largest, zero = constant(max_value, dtype), constant(0, dtype)
        above = clipping.clip_by_value(above, zero, largest)
    return above if below is None else above - constant(alpha, dtype) * below  # type: ignore[no-any-return]


@tf_export("keras.backend.elu")
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, alpha * (exp(x) - 1) elsewhere."""
    made = raw_ops.Elu(features=x)
    return made if alpha == 1 else where_v2(x > 0, made, alpha * made)


@tf_export("keras.backend.hard_sigmoid")
def hard_sigmoid(x: Any) -> Tensor:
    """0.2 * x + 0.5, cut off at 0 and 1."""
    dtype = x.dtype.base_dtype
    slope, half = constant(0.2, dtype), constant(0.5, dtype)
    return clip(binary.add(binary.multiply(x, slope), half), 0.0, 1.0)


@tf_export("keras.backend.softmax")
def softmax(x: Any, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`."""
    return softmax_ops.softmax(x, axis=axis)
