"""`MultiClassHead`: one of three or more classes, by the softmax of as many logits."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.export_outputs import PredictOutput
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
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import expand_dims


class MultiClassHead(base.SingleHead):
    """Classes 0 to n_classes - 1.

    Args:
        n_classes: at least 3.
        weight_column: key or numeric column of the weights of examples.
        label_vocabulary: the names of the classes, if labels are names.
        loss_reduction: "sum_over_batch_size", "weighted_sum" or another of `tf.losses.Reduction`.
        loss_fn: in place of the cross entropy, see `Head`.
        name: appended to the names of metrics and summaries.

    Raises:
        ValueError: an argument is wrong.
    """

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        loss_reduction: str = base.MEAN,
        loss_fn: Any = None,
        name: str | None = None,
    ):
        if n_classes is None or n_classes <= 2:
            raise ValueError(f"n_classes must be > 2: {n_classes}.")
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        self._n_classes = n_classes
        self._vocabulary = checked_vocabulary(label_vocabulary, n_classes)

    @property
    def logits_dimension(self) -> int:
        """The number of classes."""
        return self._n_classes

    def predictions(self, logits: Any, keys: Any = None) -> dict[Any, Tensor]:
        """logits and probabilities, [batch, n_classes]; class_ids and classes, [batch, 1]; all of both."""
        logits = checked_logits(logits, self._n_classes)
        with name_scope(None, "predictions", [logits]):
            all_ids = every_id(logits, self._n_classes)
            all_names = every_name(logits, self._n_classes, self._vocabulary)
            ids = expand_dims(PUBLIC["argmax"](logits, axis=-1, name="class_ids"), -1)
            names = names_of(ids, self._vocabulary)
            made = {
                "logits": logits,
                "probabilities": PUBLIC["nn.softmax"](logits, name="probabilities"),
                "class_ids": ids,
                "classes": names,
                "all_class_ids": all_ids,
                "all_classes": all_names,
            }
        return base.chosen(made, keys)

    def _labels_and_losses(self, features: Any, logits: Tensor, labels: Any) -> tuple[Tensor, Tensor, Any]:
        labels = class_ids_of(checked_labels(labels, logits, 1), self._vocabulary)
        labels = in_range(labels, self._n_classes)
        if self._loss_fn is not None:
            losses = self._own_losses(labels, logits, features)
        else:
            losses = PUBLIC["losses.sparse_softmax_cross_entropy"](labels=labels, logits=logits, reduction="none")
            losses = expand_dims(losses, -1)
        return labels, losses, self._weights(features, logits)

    def _exports(self, predictions: dict[Any, Tensor]) -> dict[str, Any]:
        output = classification(predictions["probabilities"], self._n_classes, self._vocabulary)
        return {"serving_default": output, "classification": output, "predict": PredictOutput(predictions)}

    def _metrics(self, predictions: dict[Any, Tensor], loss: base.LossSpec, regularization: Any) -> dict[str, Any]:
        labels, weights, named = loss.processed_labels, loss.weights, self._named
        with name_scope(None, "metrics", [labels, loss.unreduced_loss]):
            key = named("average_loss")
            made = {key: PUBLIC["metrics.mean"](loss.unreduced_loss, weights, name=key)}
            key = named("accuracy")
            made[key] = PUBLIC["metrics.accuracy"](
                labels=labels, predictions=predictions["class_ids"], weights=weights, name=key
            )
            if regularization is not None:
                key = named("regularization_loss")
                made[key] = PUBLIC["metrics.mean"](regularization, name=key)
        return made
