"""`MultiHead`: several heads over parts of the logits of one model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tfcompat.estimator.export_outputs import PredictOutput
from tfcompat.estimator.heads import base
from tfcompat.estimator.heads.checks import checked_logits
from tfcompat.estimator.model_fn import EstimatorSpec, ModeKeys
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.add_n import add_n
from tfcompat.summary.summary import scalar


class MultiHead(base.Head):
    """Heads with names, each with its own part of the logits and its own labels; the loss is the weighted sum.

    Args:
        heads: heads of different names.
        head_weights: a weight of the loss of each; 1 when None.

    Raises:
        ValueError: there is no head, one has no name or the name of another, or there are not as many weights.
    """

    def __init__(self, heads: Any, head_weights: Any = None):
        if not heads:
            raise ValueError(f"Must specify heads. Given: {heads}")
        if head_weights and len(head_weights) != len(heads):
            raise ValueError(
                "heads and head_weights must have the same size. "
                f"Given len(heads): {len(heads)}. Given len(head_weights): {len(head_weights)}."
            )
        names = [head.name for head in heads]
        for index, name in enumerate(names):
            if not name:
                raise ValueError(f"All given heads must have name specified. Given: {heads[index]} without a name.")
            if name in names[:index]:
                raise ValueError(f"All heads must have unique names. Given: {names}")
        self._heads = tuple(heads)
        self._head_weights = tuple(head_weights) if head_weights else ()

    @property
    def name(self) -> str:
        """The names of the heads, joined."""
        return "_".join(head.name for head in self._heads)

    @property
    def loss_reduction(self) -> str:
        """That of the first head."""
        return self._heads[0].loss_reduction  # type: ignore[no-any-return]

    @property
    def logits_dimension(self) -> int:
        """Those of the heads together."""
        return sum(head.logits_dimension for head in self._heads)

    def predictions(self, logits: Any, keys: Any = None) -> dict[Any, Tensor]:
        """(name of the head, name of the prediction) -> prediction."""
        parts = self._parts(logits)
        made = {}
        with name_scope(None, "merge_pred", list(parts.values())):
            for head in self._heads:
                made.update({(head.name, key): p for key, p in head.predictions(parts[head.name]).items()})
        return base.chosen(made, keys)

    def _parts(self, logits: Any) -> dict[Any, Any]:
        """Name of a head -> its logits."""
        if isinstance(logits, Mapping):
            missing = [head.name for head in self._heads if head.name not in logits]
            if missing:
                raise ValueError(f"logits has missing values for head(s): {missing}.")
            return dict(logits)
        with name_scope(None, "split_logits", [logits]):
            logits = checked_logits(logits, self.logits_dimension)
            parts, begin = {}, 0
            for head in self._heads:
                parts[head.name] = logits[..., begin : begin + head.logits_dimension]
                begin += head.logits_dimension
        return parts

    def create_estimator_spec(
        self,
        features: Any,
        mode: str,
        logits: Any,
        labels: Any = None,
        optimizer: Any = None,
        trainable_variables: Any = None,
        train_op_fn: Callable[[Tensor], Any] | None = None,
        update_ops: Any = None,
        regularization_losses: Any = None,
    ) -> EstimatorSpec:
        """The spec of a model whose labels are a dictionary: name of a head -> labels; see `Head`."""
        with name_scope(self.name, "multi_head"):
            parts = self._parts(logits)
            predictions = {head.name: head.predictions(parts[head.name]) for head in self._heads}
            merged = {(name, key): p for name, made in predictions.items() for key, p in made.items()}
            if mode == ModeKeys.PREDICT:
                return EstimatorSpec(mode, predictions=merged, export_outputs=self._exports_of(predictions, merged))
            if not isinstance(labels, Mapping):
                raise ValueError(f"labels must be a dict. Given: {labels}")
            losses = {}
            for head in self._heads:
                if head.name not in labels:
                    raise ValueError(f"labels has missing values for head(s): {head.name}.")
                losses[head.name] = head.create_loss(features, mode, parts[head.name], labels[head.name])
            weighted = [loss.training_loss for loss in losses.values()]
            if self._head_weights:
                weighted = [weight * loss for weight, loss in zip(self._head_weights, weighted, strict=True)]
            regularization = add_n(regularization_losses) if regularization_losses else None
            total = add_n(weighted, name="merge_losses")
            if regularization is not None:
                total = add_n([total, regularization])
            if mode == ModeKeys.TRAIN:
                train_op = base.training_op(total, optimizer, train_op_fn, trainable_variables, update_ops)
        if mode == ModeKeys.EVAL:
            metrics = self._metrics_of(predictions, losses, regularization)
            return EstimatorSpec(mode, predictions=merged, loss=total, eval_metric_ops=metrics)
        with name_scope(""):
            scalar("loss", total)
            for name, loss in losses.items():
                scalar(f"loss/{name}", loss.training_loss)
        return EstimatorSpec(mode, predictions=merged, loss=total, train_op=train_op)

    def loss(
        self, labels: Any, logits: Any, features: Any = None, mode: str | None = None, regularization_losses: Any = None
    ) -> Tensor:
        """The weighted sum of the losses of the heads, with those of regularizers."""
        parts = self._parts(logits)
        weights = self._head_weights or (1.0,) * len(self._heads)
        made = [
            weight * head.loss(labels[head.name], parts[head.name], features, mode)
            for weight, head in zip(weights, self._heads, strict=True)
        ]
        return add_n([*made, *(regularization_losses or [])])

    def _metrics_of(self, predictions: Any, losses: Any, regularization: Any) -> dict[str, Any]:
        made = {}
        for head in self._heads:
            key = f"loss/{head.name}"
            made[key] = PUBLIC["metrics.mean"](losses[head.name].training_loss, name=key)
            made.update(head._metrics(predictions[head.name], losses[head.name], None))
        if regularization is not None:
            made["regularization_loss"] = PUBLIC["metrics.mean"](regularization, name="regularization_loss")
        return made

    def _exports_of(self, predictions: Any, merged: Any) -> dict[str, Any]:
        """The signatures of all heads, with their names; the default is that of the first."""
        made: dict[str, Any] = {"predict": PredictOutput(merged)}
        for head in self._heads:
            for key, output in head._exports(predictions[head.name]).items():
                made[head.name if key == "serving_default" else f"{head.name}/{key}"] = output
                if key == "serving_default" and head is self._heads[0]:
                    made["serving_default"] = output
        return made
