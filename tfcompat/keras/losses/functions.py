"""Losses as functions of labels and predictions; the last dimension (for most of them) is averaged away.

Labels are cast to the type of the predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import backend
from tfcompat.ops import array, binary, math
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import smart_cond
from tfcompat.ops.masks import where_v2
from tfcompat.ops.normalization import l2_normalize
from tfcompat.ops.reduction import reduce_all, reduce_max, reduce_sum


def _names(*names: str) -> Any:
    """Publishes a function under names below `tf.keras.losses` and `tf.keras.metrics`."""
    return tf_export(*(f"keras.{module}.{name}" for name in names for module in ("losses", "metrics")))


def _pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    y_pred = convert_to_tensor(y_pred)
    return cast(y_true, y_pred.dtype), y_pred


@_names("mean_squared_error", "mse", "MSE")
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of (y_pred - y_true) ** 2 over the last dimension."""
    y_true, y_pred = _pair(y_true, y_pred)
    return backend.mean(binary.squared_difference(y_pred, y_true), axis=-1)  # type: ignore[no-any-return]


@_names("mean_absolute_error", "mae", "MAE")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of abs(y_pred - y_true) over the last dimension."""
    y_true, y_pred = _pair(y_true, y_pred)
    return backend.mean(math.abs(y_pred - y_true), axis=-1)  # type: ignore[no-any-return]


@_names("mean_absolute_percentage_error", "mape", "MAPE")
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """100 times the mean of abs((y_true - y_pred) / y_true) over the last dimension."""
    y_true, y_pred = _pair(y_true, y_pred)
    share = math.abs((y_true - y_pred) / backend.maximum(math.abs(y_true), backend.epsilon()))
    return 100.0 * backend.mean(share, axis=-1)  # type: ignore[no-any-return]


@_names("mean_squared_logarithmic_error", "msle", "MSLE")
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of (log(y_pred + 1) - log(y_true + 1)) ** 2 over the last dimension; negative values count as 0."""
    y_true, y_pred = _pair(y_true, y_pred)
    predicted = math.log(backend.maximum(y_pred, backend.epsilon()) + 1.0)
    true = math.log(backend.maximum(y_true, backend.epsilon()) + 1.0)
    return backend.mean(binary.squared_difference(predicted, true), axis=-1)  # type: ignore[no-any-return]


def _signs(y_true: Any) -> Any:
    """Labels of which all are 0 or 1 as -1 or 1; others as they are."""
    are_binary = reduce_all(binary.logical_or(binary.equal(y_true, 0), binary.equal(y_true, 1)))
    return smart_cond(are_binary, lambda: 2.0 * y_true - 1.0, lambda: y_true)


@_names("hinge")
def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of max(1 - y_true * y_pred, 0) over the last dimension.

    Args:
        y_true: -1 and 1; 0 and 1 are made these.
        y_pred: predictions of the same shape.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _signs(y_true)
    return backend.mean(backend.maximum(1.0 - y_true * y_pred, 0.0), axis=-1)  # type: ignore[no-any-return]


@_names("squared_hinge")
def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of max(1 - y_true * y_pred, 0) ** 2 over the last dimension; labels as of `hinge`."""
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _signs(y_true)
    return backend.mean(math.square(backend.maximum(1.0 - y_true * y_pred, 0.0)), axis=-1)  # type: ignore[no-any-return]


@tf_export("keras.losses.categorical_hinge")
def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """max(n - p + 1, 0), p the prediction of the true class and n the largest of the others.

    Args:
        y_true: 0 and 1.
        y_pred: predictions of the same shape.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    of_true = reduce_sum(y_true * y_pred, axis=-1)
    of_others = reduce_max((1.0 - y_true) * y_pred, axis=-1)
    zero = cast(0.0, y_pred.dtype)
    return binary.maximum(of_others - of_true + 1.0, zero)


def huber_loss(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """The mean over the last dimension of e ** 2 / 2 where e = abs(y_pred - y_true) <= delta, else of a line.

    Args:
        y_true: labels.
        y_pred: predictions of the same shape.
        delta: where the square becomes delta * (e - delta / 2).
    """
    y_pred = cast(y_pred, backend.floatx())
    y_true = cast(y_true, backend.floatx())
    delta = cast(delta, backend.floatx())
    error: Any = binary.subtract(y_pred, y_true)
    size: Any = math.abs(error)
    half = convert_to_tensor(0.5, dtype=size.dtype)
    small = size <= delta
    square, line = half * math.square(error), delta * size - half * math.square(delta)
    return backend.mean(where_v2(small, square, line), axis=-1)  # type: ignore[no-any-return]


@_names("logcosh", "log_cosh")
def logcosh(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of log(cosh(y_pred - y_true)) over the last dimension."""
    y_true, y_pred = _pair(y_true, y_pred)
    error: Any = y_pred - y_true
    made = error + backend.softplus(-2.0 * error) - cast(math.log(2.0), error.dtype)
    return backend.mean(made, axis=-1)  # type: ignore[no-any-return]


@_names("kullback_leibler_divergence", "kl_divergence", "kld", "KLD")
def kullback_leibler_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """The sum of y_true * log(y_true / y_pred) over the last dimension, of values cut off at 1e-7 and 1."""
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = backend.clip(y_true, backend.epsilon(), 1)
    y_pred = backend.clip(y_pred, backend.epsilon(), 1)
    return reduce_sum(y_true * math.log(y_true / y_pred), axis=-1)


@_names("poisson")
def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of y_pred - y_true * log(y_pred) over the last dimension."""
    y_true, y_pred = _pair(y_true, y_pred)
    return backend.mean(y_pred - y_true * math.log(y_pred + backend.epsilon()), axis=-1)  # type: ignore[no-any-return]


@tf_export(
    "keras.losses.cosine", "keras.losses.cosine_proximity", "keras.losses.cosine_similarity",
    "keras.metrics.cosine", "keras.metrics.cosine_proximity",
)  # fmt: skip
def cosine_proximity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """The cosine of the angle between labels and predictions along `axis`: 1 where they point the same way."""
    y_true, y_pred = _pair(y_true, y_pred)
    return reduce_sum(l2_normalize(y_true, axis=axis) * l2_normalize(y_pred, axis=axis), axis=axis)  # type: ignore[operator]


# ---------------------------------------------------------------- cross entropies


def _smoothed(y_true: Any, y_pred: Any, label_smoothing: Any, move: Callable[[Any, Any], Any]) -> Any:
    """What `move` makes of the labels and the smoothing; the labels as they are when that is 0."""
    smoothing: Any = convert_to_tensor(label_smoothing, dtype=y_pred.dtype)
    if isinstance(label_smoothing, (int, float)) and not label_smoothing:
        return y_true
    return move(y_true, smoothing)


def _spread(y_pred: Any, axis: int) -> Callable[[Any, Any], Any]:
    """Moves a share of labels evenly to all classes."""

    def smoothed(y_true: Any, smoothing: Any) -> Any:
        classes = cast(array.shape(y_true)[axis], y_pred.dtype)  # type: ignore[index]
        return y_true * (1.0 - smoothing) + smoothing / classes

    return smoothed


@_names("categorical_crossentropy")
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0.0, axis: int = -1
) -> Tensor:
    """-sum(y_true * log(y_pred)) over the classes.

    Args:
        y_true: probabilities of the classes, often 0 and 1.
        y_pred: predicted ones, of the same shape; they are made to sum to 1.
        from_logits: whether `y_pred` is made probabilities by a softmax.
        label_smoothing: share of the labels that is spread evenly over the classes.
        axis: dimension of the classes.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _smoothed(y_true, y_pred, label_smoothing, _spread(y_pred, axis))
    return backend.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


@_names("sparse_categorical_crossentropy")
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Tensor:
    """-log of the probability of the true class.

    Args:
        y_true: numbers of classes.
        y_pred: predicted probabilities of the classes.
        from_logits: whether `y_pred` is made probabilities by a softmax.
        axis: dimension of the classes.
        ignore_class: the class for which the loss is 0.
    """
    return backend.sparse_categorical_crossentropy(
        y_true, y_pred, from_logits=from_logits, axis=axis, ignore_class=ignore_class
    )


@_names("binary_crossentropy")
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0.0, axis: int = -1
) -> Tensor:
    """The mean of -(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred)).

    Args:
        y_true: probabilities, often 0 and 1.
        y_pred: predicted ones, of the same shape.
        from_logits: whether `y_pred` is made probabilities by a sigmoid.
        label_smoothing: how far labels move towards 1/2, from 0 to 1.
        axis: dimension of the mean.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _smoothed(y_true, y_pred, label_smoothing, lambda y_true, s: y_true * (1.0 - s) + 0.5 * s)
    return backend.mean(  # type: ignore[no-any-return]
        backend.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis
    )


@_names("binary_focal_crossentropy")
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: Any = 0.0,
    axis: int = -1,
) -> Tensor:
    """The mean of `tf.keras.backend.binary_focal_crossentropy`.

    Args:
        y_true: probabilities, often 0 and 1.
        y_pred: predicted ones, of the same shape.
        apply_class_balancing: whether `alpha` has an effect.
        alpha: the weight of labels 1; that of others is 1 - alpha.
        gamma: how much less samples count that are predicted well.
        from_logits: whether `y_pred` is made probabilities by a sigmoid.
        label_smoothing: how far labels move towards 1/2, from 0 to 1.
        axis: dimension of the mean.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _smoothed(y_true, y_pred, label_smoothing, lambda y_true, s: y_true * (1.0 - s) + 0.5 * s)
    losses = backend.binary_focal_crossentropy(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits)
    return backend.mean(losses, axis=axis)  # type: ignore[no-any-return]


@_names("categorical_focal_crossentropy")
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: Any = 0.0,
    axis: int = -1,
) -> Tensor:
    """`tf.keras.backend.categorical_focal_crossentropy`.

    Args:
        y_true: probabilities of the classes.
        y_pred: predicted ones, of the same shape.
        alpha: the weight of all classes, or one for each.
        gamma: how much less classes count that are predicted well.
        from_logits: whether `y_pred` is made probabilities by a softmax.
        label_smoothing: share of the labels that is spread evenly over the classes.
        axis: dimension of the classes.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _smoothed(y_true, y_pred, label_smoothing, _spread(y_pred, axis))
    return backend.categorical_focal_crossentropy(y_true, y_pred, alpha, gamma, from_logits, axis)
