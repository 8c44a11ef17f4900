"""Losses as objects: a function, its options, and how the losses of a batch become one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras.losses import functions
from tfcompat.keras.losses.weighting import Reduction, compute_weighted_loss, squeeze_or_expand_dimensions
from tfcompat.ops.variable_base import Variable


@tf_export("keras.losses.Loss")
class Loss:
    """Base of losses: a subclass computes the losses of the samples in `call`.

    Args:
        reduction: "auto" or "sum_over_batch_size" (the sum divided by how many losses there are), "sum", or "none".
        name: its name, and that of the scope of its operations.

    Raises:
        ValueError: an unknown reduction.
    """

    def __init__(self, reduction: str = Reduction.AUTO, name: str | None = None):
        Reduction.validate(reduction)
        self.reduction, self.name = reduction, name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch.

        Args:
            y_true: labels.
            y_pred: predictions.
            sample_weight: weights of the samples, or of their losses.

        Returns:
            A scalar, unless the reduction is "none".
        """
        scope = "lambda" if self.name == "<lambda>" else (self.name or type(self).__name__).strip("_")
        with name_scope(scope):
            return compute_weighted_loss(self.call(y_true, y_pred), sample_weight, self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the samples."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The loss that `get_config` described."""
        return cls(**{key: value for key, value in config.items() if key != "fn"})


class LossFunctionWrapper(Loss):
    """The loss of a function.

    Args:
        fn: function of labels and predictions.
        reduction: see `Loss`.
        name: see `Loss`.
        kwargs: more arguments of the function.
    """

    def __init__(self, fn: Callable[..., Any], reduction: str = Reduction.AUTO, name: str | None = None, **kwargs: Any):
        super().__init__(reduction=reduction, name=name)
        self.fn, self._fn_kwargs = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the samples; a dimension of size 1 that only one of the two has goes first."""
        tensors = (Tensor, Variable)
        if isinstance(y_pred, tensors) and isinstance(y_true, tensors):
            y_pred, y_true, _ = squeeze_or_expand_dimensions(y_pred, y_true)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        return {**super().get_config(), **self._fn_kwargs}


def _reduced(name: str, fn: Callable[..., Any], default: str, meaning: str) -> Any:
    """Publishes a class of losses without options."""

    def init(self: Any, reduction: str = Reduction.AUTO, name: str | None = default) -> None:
        LossFunctionWrapper.__init__(self, fn, reduction, name)

    doc = f"{meaning}\n\n    Args:\n        reduction: see `Loss`.\n        name: see `Loss`.\n    "
    cls = type(name, (LossFunctionWrapper,), {"__init__": init, "__doc__": doc, "__module__": __name__})
    return tf_export(f"keras.losses.{name}")(cls)


# fmt: off
MeanSquaredError = _reduced(
    "MeanSquaredError", functions.mean_squared_error, "mean_squared_error",
    "The mean of squared errors.")
MeanAbsoluteError = _reduced(
    "MeanAbsoluteError", functions.mean_absolute_error, "mean_absolute_error",
    "The mean of absolute errors.")
MeanAbsolutePercentageError = _reduced(
    "MeanAbsolutePercentageError", functions.mean_absolute_percentage_error, "mean_absolute_percentage_error",
    "The mean of absolute errors in percent of the labels.")
MeanSquaredLogarithmicError = _reduced(
    "MeanSquaredLogarithmicError", functions.mean_squared_logarithmic_error, "mean_squared_logarithmic_error",
    "The mean of squared differences of log(x + 1).")
Hinge = _reduced("Hinge", functions.hinge, "hinge", "The mean of max(1 - y_true * y_pred, 0).")
SquaredHinge = _reduced(
    "SquaredHinge", functions.squared_hinge, "squared_hinge", "The mean of max(1 - y_true * y_pred, 0) ** 2.")
CategoricalHinge = _reduced(
    "CategoricalHinge", functions.categorical_hinge, "categorical_hinge",
    "By how much the prediction of another class comes closer than 1 to that of the true one.")
Poisson = _reduced("Poisson", functions.poisson, "poisson", "The mean of y_pred - y_true * log(y_pred).")
LogCosh = _reduced("LogCosh", functions.logcosh, "logcosh", "The mean of log(cosh(y_pred - y_true)).")
KLDivergence = _reduced(
    "KLDivergence", functions.kullback_leibler_divergence, "kullback_leibler_divergence",
    "The sum of y_true * log(y_true / y_pred).")
# fmt: on


@tf_export("keras.losses.Huber")
class Huber(LossFunctionWrapper):
    """Half the square of errors up to `delta`, a line beyond.

    Args:
        delta: where the line begins.
        reduction: see `Loss`.
        name: see `Loss`.
    """

    def __init__(self, delta: float = 1.0, reduction: str = Reduction.AUTO, name: str | None = "huber_loss"):
        super().__init__(functions.huber_loss, reduction, name, delta=delta)


@tf_export("keras.losses.CosineSimilarity")
class CosineSimilarity(LossFunctionWrapper):
    """The cosine of the angle between labels and predictions: 1 where they point the same way, as in TensorFlow 1.

    Args:
        axis: dimension of the vectors.
        reduction: see `Loss`.
        name: see `Loss`.
    """

    def __init__(self, axis: int = -1, reduction: str = Reduction.AUTO, name: str | None = "cosine_similarity"):
        super().__init__(functions.cosine_proximity, reduction, name, axis=axis)


@tf_export("keras.losses.BinaryCrossentropy")
class BinaryCrossentropy(LossFunctionWrapper):
    """The cross entropy of two classes.

    Args:
        from_logits: whether predictions are made probabilities by a sigmoid.
        label_smoothing: how far labels move towards 1/2, from 0 to 1.
        reduction: see `Loss`.
        name: see `Loss`.
        axis: dimension of the mean.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0,
        reduction: str = Reduction.AUTO,
        name: str | None = "binary_crossentropy",
        axis: int = -1,
    ):
        options = {} if axis == -1 else {"axis": axis}
        super().__init__(
            functions.binary_crossentropy, reduction, name, from_logits=from_logits, label_smoothing=label_smoothing,
            **options,
        )  # fmt: skip
        self.from_logits = from_logits


@tf_export("keras.losses.CategoricalCrossentropy")
class CategoricalCrossentropy(LossFunctionWrapper):
    """The cross entropy of several classes, whose probabilities are the labels.

    Args:
        from_logits: whether predictions are made probabilities by a softmax.
        label_smoothing: share of the labels that is spread evenly over the classes.
        reduction: see `Loss`.
        name: see `Loss`.
        axis: dimension of the classes.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0,
        reduction: str = Reduction.AUTO,
        name: str | None = "categorical_crossentropy",
        axis: int = -1,
    ):
        options = {} if axis == -1 else {"axis": axis}
        super().__init__(
            functions.categorical_crossentropy, reduction, name, from_logits=from_logits,
            label_smoothing=label_smoothing, **options,
        )  # fmt: skip


@tf_export("keras.losses.SparseCategoricalCrossentropy")
class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The cross entropy of several classes, whose numbers are the labels.

    Args:
        from_logits: whether predictions are made probabilities by a softmax.
        reduction: see `Loss`.
        name: see `Loss`.
        ignore_class: the class for which the loss is 0.
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str = Reduction.AUTO,
        name: str | None = "sparse_categorical_crossentropy",
        ignore_class: int | None = None,
    ):
        options = {} if ignore_class is None else {"ignore_class": ignore_class}
        super().__init__(functions.sparse_categorical_crossentropy, reduction, name, from_logits=from_logits, **options)


@tf_export("keras.losses.BinaryFocalCrossentropy")
class BinaryFocalCrossentropy(LossFunctionWrapper):
    """The cross entropy of two classes, less of samples that are predicted well.

    Args:
        apply_class_balancing: whether `alpha` has an effect.
        alpha: the weight of labels 1; that of others is 1 - alpha.
        gamma: how much less samples count that are predicted well.
        from_logits: whether predictions are made probabilities by a sigmoid.
        label_smoothing: how far labels move towards 1/2, from 0 to 1.
        axis: dimension of the mean.
        reduction: see `Loss`.
        name: see `Loss`.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = Reduction.AUTO,
        name: str | None = "binary_focal_crossentropy",
    ):
        super().__init__(
            functions.binary_focal_crossentropy, reduction, name, apply_class_balancing=apply_class_balancing,
            alpha=alpha, gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma
        self.from_logits = from_logits


@tf_export("keras.losses.CategoricalFocalCrossentropy")
class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """The cross entropy of several classes, less of those that are predicted well.

    Args:
        alpha: the weight of all classes, or one for each.
        gamma: how much less classes count that are predicted well.
        from_logits: whether predictions are made probabilities by a softmax.
        label_smoothing: share of the labels that is spread evenly over the classes.
        axis: dimension of the classes.
        reduction: see `Loss`.
        name: see `Loss`.
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = Reduction.AUTO,
        name: str | None = "categorical_focal_crossentropy",
    ):
        super().__init__(
            functions.categorical_focal_crossentropy, reduction, name, alpha=alpha, gamma=gamma,
            from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip
        self.alpha, self.gamma, self.from_logits = alpha, gamma, from_logits


CLASSES = (
    MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, Hinge, SquaredHinge,
    CategoricalHinge, Poisson, LogCosh, KLDivergence, Huber, CosineSimilarity, BinaryCrossentropy,
    CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryFocalCrossentropy, CategoricalFocalCrossentropy,
)  # fmt: skip
"""The classes of losses."""
