"""`MultiLabelHead`: any of several classes at once, by the logistic function of as many logits."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.export_outputs import PredictOutput
from tfcompat.estimator.heads import base
from tfcompat.estimator.heads.checks import checked_labels, checked_logits, in_range
from tfcompat.estimator.heads.classes import checked_vocabulary, class_ids_of, classification, every_name
from tfcompat.graph.default import name_scope
from tfcompat.graph.dtypes import int64, string
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.cast import cast

_RANGE = "labels must be an integer indicator Tensor with values in [0, 1]"


class MultiLabelHead(base.SingleHead):
    """Any of the classes 0 to n_classes - 1.

    Labels are [batch, n_classes] of zeros and ones, or a `SparseTensor` of ids or names.

    Args:
        n_classes: at least 2.
        weight_column: key or numeric column of the weights of examples.
        thresholds: numbers in (0, 1) at which evaluations also tell accuracy, precision and recall.
        label_vocabulary: the names of the classes, if labels are names.
        loss_reduction: "sum_over_batch_size", "weighted_sum" or another of `tf.losses.Reduction`.
        loss_fn: in place of the cross entropy, see `Head`.
        classes_for_class_based_metrics: ids or names of classes that evaluations also tell metrics of.
        name: appended to the names of metrics and summaries.

    Raises:
        ValueError: an argument is wrong.
    """

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        thresholds: Any = None,
        label_vocabulary: Any = None,
        loss_reduction: str = base.MEAN,
        loss_fn: Any = None,
        classes_for_class_based_metrics: Any = None,
        name: str | None = None,
    ):
        if n_classes is None or n_classes < 2:
            raise ValueError(f"n_classes must be > 1 for multi-label classification. Given: {n_classes}")
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        self._n_classes = n_classes
        self._thresholds = base.check_thresholds(thresholds)
        self._vocabulary = checked_vocabulary(label_vocabulary, n_classes)
        self._own_classes = [self._id_of(c) for c in classes_for_class_based_metrics or ()]

    @property
    def logits_dimension(self) -> int:
        """The number of classes."""
        return self._n_classes

    def predictions(self, logits: Any, keys: Any = None) -> dict[Any, Tensor]:
        """logits and probabilities, [batch, n_classes]; the names of all classes."""
        logits = checked_logits(logits, self._n_classes)
        with name_scope(None, "predictions", [logits]):
            made = {
                "logits": logits,
                "probabilities": PUBLIC["sigmoid"](logits, name="probabilities"),
                "classes": every_name(logits, self._n_classes, self._vocabulary),
            }
        return base.chosen(made, keys)

    def _labels_and_losses(self, features: Any, logits: Tensor, labels: Any) -> tuple[Tensor, Tensor, Any]:
        labels = checked_labels(self._indicators(labels), logits, self._n_classes)
        if self._loss_fn is not None:
            losses = self._own_losses(labels, logits, features)
        else:
            losses = PUBLIC["losses.sigmoid_cross_entropy"](multi_class_labels=labels, logits=logits, reduction="none")
            losses = PUBLIC["reduce_mean"](losses, axis=-1, keepdims=True)
        return labels, losses, self._weights(features, logits)

    def _indicators(self, labels: Any) -> Any:
        """Zeros and ones for all classes."""
        if labels is None:
            return None
        if not isinstance(labels, SparseTensor):
            return in_range(labels, 2, _RANGE)
        ids = labels
        if labels.dtype == string:
            ids = class_ids_of(labels, self._vocabulary)  # type: ignore[arg-type, assignment]
        return cast(PUBLIC["sparse.to_indicator"](ids, self._n_classes), int64)

    def _id_of(self, chosen: Any) -> int:
        """The id of a class that is named or numbered; ValueError when there is no such class."""
        if isinstance(chosen, str):
            if self._vocabulary is None or chosen not in self._vocabulary:
                raise ValueError(f"No class {chosen!r} in label_vocabulary: {self._vocabulary}.")
            return list(self._vocabulary).index(chosen)
        if not 0 <= chosen < self._n_classes:
            raise ValueError(f"Values in classes_for_class_based_metrics must be in [0, {self._n_classes}): {chosen}.")
        return int(chosen)

    def _exports(self, predictions: dict[Any, Tensor]) -> dict[str, Any]:
        output = classification(predictions["probabilities"], self._n_classes, self._vocabulary)
        return {"serving_default": output, "classification": output, "predict": PredictOutput(predictions)}

    def _metrics(self, predictions: dict[Any, Tensor], loss: base.LossSpec, regularization: Any) -> dict[str, Any]:
        labels, weights, named = loss.processed_labels, loss.weights, self._named
        probabilities = predictions["probabilities"]
        with name_scope(None, "metrics", [labels, probabilities, loss.unreduced_loss]):
            key, auc, pr = named("average_loss"), named("auc"), named("auc_precision_recall")
            made = {
                key: PUBLIC["metrics.mean"](loss.unreduced_loss, weights, name=key),
                auc: base.auc_metric(labels, probabilities, weights, auc),
                pr: base.auc_metric(labels, probabilities, weights, pr, curve="PR"),
            }
            if regularization is not None:
                key = named("regularization_loss")
                made[key] = PUBLIC["metrics.mean"](regularization, name=key)
            for threshold in self._thresholds:
                made.update(base.threshold_metrics(labels, probabilities, weights, threshold, named))
            for index in self._own_classes:
                made.update(self._metrics_of_class(index, labels, probabilities, weights))
        return made

    def _metrics_of_class(self, index: int, labels: Any, probabilities: Any, weights: Any) -> dict[str, Any]:
        suffix = f"class:{index}" if self._vocabulary is None else f"name:{self._vocabulary[index]}"
        p, y = probabilities[..., index : index + 1], labels[..., index : index + 1]
        made = {}
        for what, metric in (
            (f"probability_mean/{suffix}", lambda key: base.mean_metric(p, weights, key, "mean")),
            (f"auc/{suffix}", lambda key: base.auc_metric(y, p, weights, key)),
            (f"auc_precision_recall/{suffix}", lambda key: base.auc_metric(y, p, weights, key, curve="PR")),
        ):
            key = self._named(what)
            made[key] = metric(key)
        return made
