"""`BinaryClassHead`: two classes, by the logistic function of one logit."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.export_outputs import PredictOutput, RegressionOutput
from tfcompat.estimator.heads import base
from tfcompat.estimator.heads.checks import checked_labels, checked_logits, in_range
from tfcompat.estimator.heads.classes import (
    checked_vocabulary,
    class_ids_of,
    classification,
    every_id,
    every_name,
    names_of,
)
from tfcompat.graph.default import name_scope
from tfcompat.graph.dtypes import float32, string
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import expand_dims
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros_like


class BinaryClassHead(base.SingleHead):
    """Classes 0 and 1.

    Args:
        weight_column: key or numeric column of the weights of examples.
        thresholds: numbers in (0, 1) at which evaluations also tell accuracy, precision and recall.
        label_vocabulary: the two names, if labels are names.
        loss_reduction: "sum_over_batch_size", "weighted_sum" or another of `tf.losses.Reduction`.
        loss_fn: in place of the cross entropy, see `Head`.
        name: appended to the names of metrics and summaries.

    Raises:
        ValueError: an argument is wrong.
    """

    def __init__(
        self,
        weight_column: Any = None,
        thresholds: Any = None,
        label_vocabulary: Any = None,
        loss_reduction: str = base.MEAN,
        loss_fn: Any = None,
        name: str | None = None,
    ):
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        self._thresholds = base.check_thresholds(thresholds)
        self._vocabulary = checked_vocabulary(label_vocabulary, 2)

    @property
    def logits_dimension(self) -> int:
        """1."""
        return 1

    def predictions(self, logits: Any, keys: Any = None) -> dict[Any, Tensor]:
        """logits and logistic, [batch, 1]; probabilities, [batch, 2]; class_ids and classes; all of both."""
        with name_scope(None, "predictions", [logits]):
            logits = checked_logits(logits, 1)
            logistic = PUBLIC["sigmoid"](logits, name="logistic")
            both = concat([zeros_like(logits), logits], -1, name="two_class_logits")
            probabilities = PUBLIC["nn.softmax"](both, name="probabilities")
            ids = expand_dims(PUBLIC["argmax"](both, axis=-1, name="class_ids"), -1)
            all_ids = every_id(logits, 2)
            all_names = every_name(logits, 2, self._vocabulary)
            made = {
                "logits": logits,
                "logistic": logistic,
                "probabilities": probabilities,
                "class_ids": ids,
                "classes": names_of(ids, self._vocabulary),
                "all_class_ids": all_ids,
                "all_classes": all_names,
            }
        return base.chosen(made, keys)

    def _labels_and_losses(self, features: Any, logits: Tensor, labels: Any) -> tuple[Tensor, Tensor, Any]:
        labels = checked_labels(labels, logits, 1)
        if self._vocabulary is not None or labels.dtype == string:
            labels = class_ids_of(labels, self._vocabulary)
        labels = in_range(cast(labels, float32), 2)
        if self._loss_fn is not None:
            losses = self._own_losses(labels, logits, features)
        else:
            losses = PUBLIC["nn.sigmoid_cross_entropy_with_logits"](labels=labels, logits=logits)
        return labels, losses, self._weights(features, logits)

    def _exports(self, predictions: dict[Any, Tensor]) -> dict[str, Any]:
        output = classification(predictions["probabilities"], 2, self._vocabulary)
        return {
            "serving_default": output,
            "classification": output,
            "regression": RegressionOutput(predictions["logistic"]),
            "predict": PredictOutput(predictions),
        }

    def _metrics(self, predictions: dict[Any, Tensor], loss: base.LossSpec, regularization: Any) -> dict[str, Any]:
        labels, weights, named = loss.processed_labels, loss.weights, self._named
        logistic, ids = predictions["logistic"], predictions["class_ids"]
        with name_scope(None, "metrics", [labels, logistic, ids, loss.unreduced_loss]):
            label_mean = base.mean_metric(labels, weights, named("label/mean"), "labels_mean")
            common = {"labels": labels, "predictions": ids, "weights": weights}
            made = {
                named("average_loss"): PUBLIC["metrics.mean"](loss.unreduced_loss, weights, name=named("average_loss"))
            }
            for key in ("accuracy", "precision", "recall"):
                made[named(key)] = PUBLIC[f"metrics.{key}"](**common, name=named(key))
            made[named("prediction/mean")] = base.mean_metric(
                logistic, weights, named("prediction/mean"), "predictions_mean"
            )
            made[named("label/mean")] = label_mean
            made[named("accuracy_baseline")] = _accuracy_of_the_commonest(label_mean, named("accuracy_baseline"))
            made[named("auc")] = base.auc_metric(labels, logistic, weights, named("auc"))
            pr = named("auc_precision_recall")
            made[pr] = base.auc_metric(labels, logistic, weights, pr, curve="PR")
            if regularization is not None:
                key = named("regularization_loss")
                made[key] = PUBLIC["metrics.mean"](regularization, name=key)
            for threshold in self._thresholds:
                made.update(base.threshold_metrics(labels, logistic, weights, threshold, named))
        return made


def _accuracy_of_the_commonest(label_mean: Any, name: str) -> tuple[Tensor, Tensor]:
    """The accuracy of always giving the class that is commoner."""
    with name_scope(name, "accuracy_baseline", label_mean):
        value, update = label_mean
        return PUBLIC["maximum"](value, 1.0 - value, name="value"), PUBLIC["maximum"](
            update, 1.0 - update, name="update_op"
        )
