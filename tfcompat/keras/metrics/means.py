"""Sums and means over batches, of values and of functions of labels and predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import backend
from tfcompat.keras.losses import functions as losses
from tfcompat.keras.losses.weighting import squeeze_or_expand_dimensions
from tfcompat.keras.metrics.metric import Metric
from tfcompat.ops import array, binary, filling, math
from tfcompat.ops.cast import cast
from tfcompat.ops.confusion_matrix import remove_squeezable_dimensions
from tfcompat.ops.identity import identity
from tfcompat.ops.reduction import reduce_mean, reduce_sum
from tfcompat.ops.variable_base import Variable
from tfcompat.ops.weights_broadcast import broadcast_weights


class Reduce(Metric):
    """Base of sums and means; `_is_mean` says which."""

    _is_mean = True

    def __init__(self, name: str | None, dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight("total", initializer="zeros")
        if self._is_mean:
            self.count = self.add_weight("count", initializer="zeros")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """The operation that adds values.

        Args:
            values: numbers in any shape.
            sample_weight: weights that broadcast with them; 1 when None.
        """
        values = cast(values, self.dtype)
        if sample_weight is not None:
            sample_weight = cast(sample_weight, self.dtype)
            values, _, sample_weight = squeeze_or_expand_dimensions(values, None, sample_weight)
            try:
                sample_weight = broadcast_weights(sample_weight, values)
            except ValueError:
                # weights of fewer dimensions: the others of the values are reduced first
                more = list(range(sample_weight.shape.ndims, values.shape.ndims))
                values = (reduce_mean if self._is_mean else reduce_sum)(values, axis=more)
            values = binary.multiply(values, sample_weight)
        value_sum = reduce_sum(values)
        with control_dependencies([value_sum]):
            update = self.total.assign_add(value_sum)
        if not self._is_mean:
            return update
        count = cast(array.size(values), self.dtype) if sample_weight is None else reduce_sum(sample_weight)
        with control_dependencies([update]):
            return self.count.assign_add(count)

    def result(self) -> Any:
        """The sum, or the sum divided by the count or the sum of the weights; 0 over nothing."""
        return binary.div_no_nan(self.total, self.count) if self._is_mean else identity(self.total)


@tf_export("keras.metrics.Sum")
class Sum(Reduce):
    """The sum of all values, times their weights.

    Args:
        name: its name.
        dtype: see `Metric`.
    """

    _is_mean = False

    def __init__(self, name: str | None = "sum", dtype: Any = None):
        super().__init__(name, dtype)


@tf_export("keras.metrics.Mean")
class Mean(Reduce):
    """The mean of all values by their weights.

    Args:
        name: its name.
        dtype: see `Metric`.
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None):
        super().__init__(name, dtype)


@tf_export("keras.metrics.MeanMetricWrapper")
class MeanMetricWrapper(Mean):
    """The mean of a function of labels and predictions.

    Args:
        fn: the function.
        name: its name.
        dtype: see `Metric`.
        kwargs: more arguments of the function.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch.

        Args:
            y_true: labels.
            y_pred: predictions.
            sample_weight: weights of the samples, or of what the function gives; 1 when None.
        """
        y_true, y_pred = cast(y_true, self.dtype), cast(y_pred, self.dtype)
        y_pred, y_true, _ = squeeze_or_expand_dimensions(y_pred, y_true)
        return super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        options = {
            key: backend.eval(value) if isinstance(value, (Tensor, Variable)) else value
            for key, value in self._fn_kwargs.items()
        }
        own = {"fn": self._fn} if type(self) is MeanMetricWrapper else {}
        return {**super().get_config(), **own, **options}


def mean_of(name: str, fn: Callable[..., Any], default: str, meaning: str) -> Any:
    """Publishes a class of means of a function without options."""

    def init(self: Any, name: str | None = default, dtype: Any = None) -> None:
        MeanMetricWrapper.__init__(self, fn, name, dtype=dtype)

    doc = f"{meaning}\n\n    Args:\n        name: its name.\n        dtype: see `Metric`.\n    "
    cls = type(name, (MeanMetricWrapper,), {"__init__": init, "__doc__": doc, "__module__": __name__})
    return tf_export(f"keras.metrics.{name}")(cls)


# fmt: off
MeanAbsoluteError = mean_of(
    "MeanAbsoluteError", losses.mean_absolute_error, "mean_absolute_error", "The mean of absolute errors.")
MeanAbsolutePercentageError = mean_of(
    "MeanAbsolutePercentageError", losses.mean_absolute_percentage_error, "mean_absolute_percentage_error",
    "The mean of absolute errors in percent of the labels.")
MeanSquaredError = mean_of(
    "MeanSquaredError", losses.mean_squared_error, "mean_squared_error", "The mean of squared errors.")
MeanSquaredLogarithmicError = mean_of(
    "MeanSquaredLogarithmicError", losses.mean_squared_logarithmic_error, "mean_squared_logarithmic_error",
    "The mean of squared differences of log(x + 1).")
Hinge = mean_of("Hinge", losses.hinge, "hinge", "The mean of max(1 - y_true * y_pred, 0).")
SquaredHinge = mean_of(
    "SquaredHinge", losses.squared_hinge, "squared_hinge", "The mean of max(1 - y_true * y_pred, 0) ** 2.")
CategoricalHinge = mean_of(
    "CategoricalHinge", losses.categorical_hinge, "categorical_hinge",
    "By how much the prediction of another class comes closer than 1 to that of the true one.")
LogCoshError = mean_of("LogCoshError", losses.logcosh, "logcosh", "The mean of log(cosh(y_pred - y_true)).")
Poisson = mean_of("Poisson", losses.poisson, "poisson", "The mean of y_pred - y_true * log(y_pred).")
KLDivergence = mean_of(
    "KLDivergence", losses.kullback_leibler_divergence, "kullback_leibler_divergence",
    "The mean of the sum of y_true * log(y_true / y_pred).")
# fmt: on


@tf_export("keras.metrics.CosineSimilarity")
class CosineSimilarity(MeanMetricWrapper):
    """The mean of the cosine of the angle between labels and predictions.

    Args:
        name: its name.
        dtype: see `Metric`.
        axis: dimension of the vectors.
    """

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(losses.cosine_proximity, name, dtype=dtype, axis=axis)


@tf_export("keras.metrics.BinaryCrossentropy")
class BinaryCrossentropy(MeanMetricWrapper):
    """The mean cross entropy of two classes.

    Args:
        name: its name.
        dtype: see `Metric`.
        from_logits: whether predictions are made probabilities by a sigmoid.
        label_smoothing: how far labels move towards 1/2, from 0 to 1.
    """

    def __init__(
        self, name: str | None = "binary_crossentropy", dtype: Any = None, from_logits: bool = False,
        label_smoothing: float = 0,
    ):  # fmt: skip
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(losses.binary_crossentropy, name, dtype=dtype, **options)


@tf_export("keras.metrics.CategoricalCrossentropy")
class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross entropy of several classes, whose probabilities are the labels.

    Args:
        name: its name.
        dtype: see `Metric`.
        from_logits: whether predictions are made probabilities by a softmax.
        label_smoothing: share of the labels that is spread evenly over the classes.
    """

    def __init__(
        self, name: str | None = "categorical_crossentropy", dtype: Any = None, from_logits: bool = False,
        label_smoothing: float = 0,
    ):  # fmt: skip
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(losses.categorical_crossentropy, name, dtype=dtype, **options)


@tf_export("keras.metrics.SparseCategoricalCrossentropy")
class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross entropy of several classes, whose numbers are the labels.

    Args:
        name: its name.
        dtype: see `Metric`.
        from_logits: whether predictions are made probabilities by a softmax.
        axis: dimension of the classes.
    """

    def __init__(
        self, name: str | None = "sparse_categorical_crossentropy", dtype: Any = None, from_logits: bool = False,
        axis: int = -1,
    ):  # fmt: skip
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype=dtype, from_logits=from_logits, axis=axis)


@tf_export("keras.metrics.MeanRelativeError")
class MeanRelativeError(Mean):
    """The mean of abs(y_true - y_pred) / normalizer.

    Args:
        normalizer: what errors are divided by, of the shape of the predictions; where it is 0 the error counts as 0.
        name: its name.
        dtype: see `Metric`.
    """

    def __init__(self, normalizer: Any, name: str | None = None, dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.normalizer = cast(normalizer, self.dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch of labels and predictions."""
        y_true, y_pred = cast(y_true, self.dtype), cast(y_pred, self.dtype)
        y_pred, y_true, _ = squeeze_or_expand_dimensions(y_pred, y_true)
        y_pred, normalizer = remove_squeezable_dimensions(y_pred, self.normalizer)
        y_pred.shape.assert_is_compatible_with(y_true.shape)
        errors = binary.div_no_nan(math.abs(y_true - y_pred), normalizer)
        return super().update_state(errors, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "normalizer": backend.eval(self.normalizer)}


@tf_export("keras.metrics.RootMeanSquaredError")
class RootMeanSquaredError(Mean):
    """The root of the mean of squared errors.

    Args:
        name: its name.
        dtype: see `Metric`.
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a batch of labels and predictions."""
        y_true, y_pred = cast(y_true, self.dtype), cast(y_pred, self.dtype)
        y_pred, y_true, _ = squeeze_or_expand_dimensions(y_pred, y_true)
        return super().update_state(binary.squared_difference(y_pred, y_true), sample_weight)

    def result(self) -> Any:
        """The root of the mean."""
        return math.sqrt(binary.div_no_nan(self.total, self.count))


@tf_export("keras.metrics.MeanTensor")
class MeanTensor(Metric):
    """The mean of tensors of one shape, element by element.

    Args:
        name: its name.
        dtype: see `Metric`.
        shape: the shape; that of the first values when None.
    """

    def __init__(self, name: str | None = "mean_tensor", dtype: Any = None, shape: Any = None):
        super().__init__(name=name, dtype=dtype)
        self._shape: Any = None
        self._total: Any = None
        self._count: Any = None
        self.built = False
        if shape is not None:
            self._build(shape)

    def _build(self, shape: Any) -> None:
        self._shape = tuple(shape)
        if None in self._shape:
            raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {shape}")
        self._total = self.add_weight("total", shape=self._shape, initializer="zeros")
        self._count = self.add_weight("count", shape=self._shape, initializer="zeros")
        self.built = True

    @property
    def total(self) -> Any:
        """The variable with the sums; None before the first values."""
        return self._total

    @property
    def count(self) -> Any:
        """The variable with the counts; None before the first values."""
        return self._count

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        """The operation that adds a tensor.

        Args:
            values: the tensor.
            sample_weight: weights that broadcast with it; 1 when None.

        Raises:
            ValueError: another shape than before.
        """
        values = cast(values, self.dtype)
        sizes = tuple(values.shape.as_list())
        if not self.built:
            self._build(sizes)
        elif sizes != self._shape:
            raise ValueError(
                "MeanTensor input values must always have the same shape. Expected shape (set during the first "
                f"call): {self._shape}. Got: {sizes}"
            )
        counts: Any = filling.ones_like(values)
        if sample_weight is not None:
            sample_weight = cast(sample_weight, self.dtype)
            values, _, sample_weight = squeeze_or_expand_dimensions(values, None, sample_weight)
            try:
                sample_weight = broadcast_weights(sample_weight, values)
            except ValueError:
                more = list(range(sample_weight.shape.ndims, values.shape.ndims))
                values = reduce_mean(values, axis=more)
            counts = binary.multiply(counts, sample_weight)
            values = binary.multiply(values, sample_weight)
        with control_dependencies([self._total.assign_add(values)]):
            return self._count.assign_add(counts)

    def result(self) -> Any:
        """The means; ValueError before the first values."""
        if not self.built:
            raise ValueError(
                "MeanTensor does not have any result yet. Please call the MeanTensor instance or use "
                "`.update_state(value)` before retrieving the result."
            )
        return binary.div_no_nan(self.total, self.count)

    def reset_states(self) -> None:
        """Sets sums and counts to 0."""
        if self.built:
            super().reset_states()
