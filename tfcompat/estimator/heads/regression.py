"""Heads of numbers: `RegressionHead`, and those with Poisson's and the logistic distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.estimator.export_outputs import PredictOutput, RegressionOutput
from tfcompat.estimator.heads import base
from tfcompat.estimator.heads.checks import checked_labels, checked_logits
from tfcompat.graph.default import name_scope
from tfcompat.graph.dtypes import float32
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.cast import cast


class RegressionHead(base.SingleHead):
    """Numbers, by their squared differences from the logits.

    Args:
        label_dimension: how many numbers an example has.
        weight_column: key or numeric column of the weights of examples, or of each number.
        loss_reduction: "sum_over_batch_size", "weighted_sum" or another of `tf.losses.Reduction`.
        loss_fn: in place of the squared difference, see `Head`.
        inverse_link_fn: from logits to predictions; none when None.
        name: appended to the names of metrics and summaries.

    Raises:
        ValueError: an argument is wrong.
    """

    def __init__(
        self,
        label_dimension: int = 1,
        weight_column: Any = None,
        loss_reduction: str = base.MEAN,
        loss_fn: Any = None,
        inverse_link_fn: Callable[[Any], Any] | None = None,
        name: str | None = None,
    ):
        if label_dimension < 1:
            raise ValueError(f"Invalid label_dimension {label_dimension}.")
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        self._dimension = self._loss_dimension = label_dimension
        self._inverse_link_fn = inverse_link_fn

    @property
    def logits_dimension(self) -> int:
        """How many numbers an example has."""
        return self._dimension

    def predictions(self, logits: Any, keys: Any = None) -> dict[Any, Tensor]:
        """predictions, [batch, label_dimension], and the logits if they differ."""
        logits = checked_logits(logits, self._dimension)
        if self._inverse_link_fn is None:
            return base.chosen({"predictions": logits}, keys)
        with name_scope(None, "predictions", [logits]):
            made = {"predictions": self._inverse_link_fn(logits), "logits": logits}
        return base.chosen(made, keys)

    def _labels_and_losses(self, features: Any, logits: Tensor, labels: Any) -> tuple[Tensor, Tensor, Any]:
        labels = cast(checked_labels(labels, logits, self._dimension), float32)
        if self._loss_fn is not None:
            losses = self._own_losses(labels, logits, features)
        else:
            losses = PUBLIC["losses.mean_squared_error"](labels=labels, predictions=logits, reduction="none")
        return labels, losses, self._weights(features, logits, each_logit=True)

    def _exports(self, predictions: dict[Any, Tensor]) -> dict[str, Any]:
        output = RegressionOutput(predictions["predictions"])
        return {"serving_default": output, "regression": output, "predict": PredictOutput(predictions)}

    def _metrics(self, predictions: dict[Any, Tensor], loss: base.LossSpec, regularization: Any) -> dict[str, Any]:
        weights, named = loss.weights, self._named
        made = {
            named("average_loss"): PUBLIC["metrics.mean"](loss.unreduced_loss, weights),
            named("prediction/mean"): base.mean_metric(
                predictions["predictions"], weights, named("prediction/mean"), "predictions_mean"
            ),
            named("label/mean"): PUBLIC["metrics.mean"](loss.processed_labels, weights),
        }
        if regularization is not None:
            key = named("regularization_loss")
            made[key] = PUBLIC["metrics.mean"](regularization, name=key)
        return made


class PoissonRegressionHead(RegressionHead):
    """Counts, whose expectation is the exponential of the logit.

    Args:
        label_dimension, weight_column, loss_reduction, name: as of `RegressionHead`.
        compute_full_loss: whether the loss has Stirling's approximation of log(label!).
    """

    def __init__(
        self,
        label_dimension: int = 1,
        weight_column: Any = None,
        loss_reduction: str = base.MEAN,
        compute_full_loss: bool = True,
        name: str | None = None,
    ):
        def losses(labels: Any, logits: Any) -> Any:
            return PUBLIC["nn.log_poisson_loss"](labels, logits, compute_full_loss=compute_full_loss)

        exp = PUBLIC["exp"]
        super().__init__(label_dimension, weight_column, loss_reduction, losses, exp, name)


class LogisticRegressionHead(RegressionHead):
    """Numbers in [0, 1], as the logistic function of the logit; the loss is the cross entropy.

    Args:
        weight_column, loss_reduction, name: as of `RegressionHead`.
    """

    def __init__(self, weight_column: Any = None, loss_reduction: str = base.MEAN, name: str | None = None):
        def losses(labels: Any, logits: Any) -> Any:
            return PUBLIC["nn.sigmoid_cross_entropy_with_logits"](labels=labels, logits=logits)

        super().__init__(1, weight_column, loss_reduction, losses, PUBLIC["sigmoid"], name)
