"""`Head`: from logits to an `EstimatorSpec`, in the steps that all heads share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tfcompat.estimator import input_functions
from tfcompat.estimator.heads.checks import checked_labels, weights_of
from tfcompat.estimator.model_fn import EstimatorSpec, ModeKeys
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.dtypes import float32
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.losses.weighting import compute_weighted_loss
from tfcompat.ops.add_n import add_n
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones_like
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.weights_broadcast import broadcast_weights
from tfcompat.summary.summary import scalar
from tfcompat.training.global_step import get_global_step

SUM = "weighted_sum"
MEAN = "sum_over_batch_size"
_REDUCTIONS = ("weighted_sum", "weighted_mean", "weighted_sum_over_batch_size", "weighted_sum_by_nonzero_weights",
               "sum_over_batch_size", "sum")  # fmt: skip


class LossSpec(NamedTuple):
    """What training minimizes, the loss of every example, its weights, and the labels as they were used."""

    training_loss: Tensor
    unreduced_loss: Tensor
    weights: Any
    processed_labels: Tensor


class Head(ABC):
    """What a model does with its logits; a head serves one or several models."""

    @property
    @abstractmethod
    def name(self) -> str | None:
        """Appended to the names of metrics and summaries, and the name of the scope."""

    @property
    @abstractmethod
    def logits_dimension(self) -> int:
        """The last dimension of the logits."""

    @property
    @abstractmethod
    def loss_reduction(self) -> str:
        """How the losses of examples become one, as of `tf.losses.Reduction`."""

    @abstractmethod
    def predictions(self, logits: Any, keys: Any = None) -> dict[Any, Tensor]:
        """Name -> prediction; those of `keys` only, if given."""

    @abstractmethod
    def loss(
        self, labels: Any, logits: Any, features: Any = None, mode: str | None = None, regularization_losses: Any = None
    ) -> Tensor:
        """The loss of a batch with those of regularizers, a scalar."""

    @abstractmethod
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
        """The spec of a model.

        Args:
            features: the features, for weights.
            mode: a `ModeKeys`.
            logits: [..., logits_dimension].
            labels: what the examples should give; not for predictions.
            optimizer: whose `minimize` trains.
            trainable_variables: those that it changes; all that are trainable when None.
            train_op_fn: function of the loss that gives the training operation, in place of an optimizer.
            update_ops: operations to run with each step besides those of UPDATE_OPS.
            regularization_losses: losses to add, a list of scalars.

        Raises:
            ValueError: both or none of `optimizer` and `train_op_fn` are given for training, or shapes do not fit.
        """

    def metrics(self, regularization_losses: Any = None) -> dict[str, Any]:
        """Refused: metrics of this head are made from tensors, by `create_estimator_spec`."""
        raise NotImplementedError(
            f"{type(self).__name__}.metrics: heads give no tf.keras metrics here; create_estimator_spec makes the "
            "metrics of an evaluation."
        )


class SingleHead(Head):
    """A head with one kind of labels, in the steps that all of them share.

    Args:
        weight_column: key or numeric column of the weights of examples.
        loss_reduction: how the losses of examples become one, as of `tf.losses.Reduction`.
        loss_fn: function of `labels` and `logits`, and `features` and `loss_reduction` if it takes them, that gives
            the loss of each example, in place of the usual one.
        name: appended to the names of metrics and summaries, and the name of the scope.

    Raises:
        ValueError: there is no such reduction, or `loss_fn` takes other arguments.
    """

    def __init__(self, weight_column: Any, loss_reduction: str, loss_fn: Any, name: str | None):
        if loss_reduction not in _REDUCTIONS:
            raise ValueError(f"Invalid loss_reduction: {loss_reduction}. See `losses.Reduction` for valid options.")
        if loss_fn is not None:
            _check_loss_fn(loss_fn)
        self._weight_column = weight_column
        self._loss_reduction = loss_reduction
        self._loss_fn = loss_fn
        self._name = name

    @property
    def name(self) -> str | None:
        """As given."""
        return self._name

    @property
    def loss_reduction(self) -> str:
        """As given."""
        return self._loss_reduction

    # ---------------------------------------------------------------- for subclasses

    @abstractmethod
    def _labels_and_losses(self, features: Any, logits: Tensor, labels: Any) -> tuple[Tensor, Tensor, Any]:
        """(labels as used, the loss of every example, the weights)."""

    @abstractmethod
    def _exports(self, predictions: dict[Any, Tensor]) -> dict[str, Any]:
        """Signature -> `ExportOutput`."""

    @abstractmethod
    def _metrics(self, predictions: dict[Any, Tensor], loss: LossSpec, regularization: Any) -> dict[str, Any]:
        """Name -> (value, update)."""

    # ---------------------------------------------------------------- what models call

    def create_loss(self, features: Any, mode: str, logits: Tensor, labels: Any) -> LossSpec:
        """The loss of a batch.

        Args:
            features: the features, for the weights.
            mode: a `ModeKeys`.
            logits: [..., logits_dimension].
            labels: what the examples should give.
        """
        labels, losses, weights = self._labels_and_losses(features, logits, labels)
        reduction = "weighted_sum" if self._loss_reduction == "sum" else self._loss_reduction
        reduction = "weighted_sum_over_batch_size" if reduction == MEAN else reduction
        return LossSpec(compute_weighted_loss(losses, weights=weights, reduction=reduction), losses, weights, labels)

    def loss(
        self, labels: Any, logits: Any, features: Any = None, mode: str | None = None, regularization_losses: Any = None
    ) -> Tensor:
        """See `Head`."""
        made = self.create_loss(features, mode or ModeKeys.TRAIN, logits, labels).training_loss
        return add_n([made, add_n(regularization_losses)]) if regularization_losses else made

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
        """See `Head`."""
        with name_scope(self._name, "head"):
            predictions = self.predictions(logits)
            if mode == ModeKeys.PREDICT:
                return EstimatorSpec(mode, predictions=predictions, export_outputs=self._exports(predictions))
            loss = self.create_loss(features, mode, logits, labels)
            regularization = add_n(regularization_losses) if regularization_losses else None
            total = loss.training_loss
            if regularization is not None:
                total = add_n([total, regularization])
            if mode == ModeKeys.TRAIN:
                train_op = training_op(total, optimizer, train_op_fn, trainable_variables, update_ops)
                average = self._average(loss)
        if mode == ModeKeys.EVAL:
            metrics = self._metrics(predictions, loss, regularization)
            return EstimatorSpec(mode, predictions=predictions, loss=total, eval_metric_ops=metrics)
        with name_scope(""):
            for key, value in (("loss", total), ("average_loss", average), ("regularization_loss", regularization)):
                if value is not None:
                    scalar(self._named(key), value)
        return EstimatorSpec(mode, predictions=predictions, loss=total, train_op=train_op)

    def _average(self, loss: LossSpec) -> Any:
        """The mean loss of an example, if the reduction is a sum."""
        if self._loss_reduction not in ("weighted_sum", "sum"):
            return None
        total = reduce_sum(loss.weights * ones_like(loss.unreduced_loss))
        return loss.training_loss / total

    def _named(self, key: str) -> str:
        return f"{key}/{self._name}" if self._name else key

    def _weights(self, features: Any, logits: Tensor, each_logit: bool = False) -> Any:
        return weights_of(features, self._weight_column, logits, each_logit)

    def _own_losses(self, labels: Tensor, logits: Tensor, features: Any) -> Tensor:
        """What the program's own function gives for labels and logits."""
        accepted = input_functions.argument_names(self._loss_fn)
        options = {"features": features, "loss_reduction": self._loss_reduction}
        made = self._loss_fn(labels=labels, logits=logits, **{k: v for k, v in options.items() if k in accepted})
        return checked_labels(convert_to_tensor(made), logits, self._loss_dimension)

    _loss_dimension = 1


def training_op(loss: Tensor, optimizer: Any, train_op_fn: Any, variables: Any = None, update_ops: Any = None) -> Any:
    """The operation that makes a step, with the updates that layers have collected.

    Raises:
        ValueError: not just one of `optimizer` and `train_op_fn` is given.
    """
    if (optimizer is None) == (train_op_fn is None):
        both = optimizer is not None
        raise ValueError(f"train_op_fn and optimizer cannot both be {'set' if both else 'None'}.")
    if optimizer is not None:
        made = optimizer.minimize(loss, global_step=get_global_step(), var_list=variables or None)
    else:
        made = train_op_fn(loss)
    updates = [*get_default_graph().get_collection(GraphKeys.UPDATE_OPS)]
    updates += [op for op in update_ops or [] if op not in updates]
    return PUBLIC["group"](made, *updates) if updates else made


def _check_loss_fn(loss_fn: Any) -> None:
    accepted = input_functions.argument_names(loss_fn)
    for needed in ("labels", "logits"):
        if needed not in accepted:
            raise ValueError(f"loss_fn must contain argument: {needed}. Given arguments: {tuple(accepted)}")
    unknown = set(accepted) - {"labels", "logits", "features", "loss_reduction"}
    if unknown:
        raise ValueError(f"loss_fn has unexpected args: {sorted(unknown)}")


# ---------------------------------------------------------------- metrics of several heads


def mean_metric(values: Any, weights: Any, name: str, default: str) -> Any:
    """`tf.metrics.mean` of `values`, each with the weight of its example."""
    with name_scope(name, default, [values, weights]) as scope:
        values = cast(values, float32)
        if weights is not None:
            weights = broadcast_weights(weights, values)
        return PUBLIC["metrics.mean"](values, weights=weights, name=scope)


def auc_metric(labels: Any, predictions: Any, weights: Any, name: str, curve: str = "ROC") -> Any:
    """`tf.metrics.auc`, each example with its weight."""
    with name_scope(name, "auc", [predictions, labels, weights]) as scope:
        predictions = cast(predictions, float32, name="predictions")
        if weights is not None:
            weights = broadcast_weights(weights, predictions)
        return PUBLIC["metrics.auc"](labels=labels, predictions=predictions, weights=weights, curve=curve, name=scope)


def threshold_metrics(labels: Any, predictions: Any, weights: Any, threshold: float, named: Any) -> dict[str, Any]:
    """Accuracy, precision and recall of predictions above a threshold."""
    made = {}
    for what, metric in (("accuracy", _accuracy_at), ("precision", _precision_at), ("recall", _recall_at)):
        key = named(f"{what}/positive_threshold_{threshold:g}")
        made[key] = metric(labels, predictions, weights, threshold, key)
    return made


def _accuracy_at(labels: Any, predictions: Any, weights: Any, threshold: float, name: str) -> Any:
    with name_scope(None, f"accuracy_at_{threshold}", [predictions, labels, weights]):
        above = cast(PUBLIC["greater_equal"](predictions, threshold), float32)
        return PUBLIC["metrics.accuracy"](labels=labels, predictions=above, weights=weights, name=name)


def _precision_at(labels: Any, predictions: Any, weights: Any, threshold: float, name: str) -> Any:
    return _first(PUBLIC["metrics.precision_at_thresholds"], labels, predictions, weights, threshold, name)


def _recall_at(labels: Any, predictions: Any, weights: Any, threshold: float, name: str) -> Any:
    return _first(PUBLIC["metrics.recall_at_thresholds"], labels, predictions, weights, threshold, name)


def _first(metric: Any, labels: Any, predictions: Any, weights: Any, threshold: float, name: str) -> Any:
    value, update = metric(labels=labels, predictions=predictions, thresholds=(threshold,), weights=weights, name=name)
    return PUBLIC["squeeze"](value), PUBLIC["squeeze"](update)


def check_thresholds(thresholds: Any) -> tuple[float, ...]:
    """The thresholds; ValueError for one outside of (0, 1)."""
    made = tuple(thresholds or ())
    for threshold in made:
        if not 0.0 < threshold < 1.0:
            raise ValueError(f"thresholds not in (0, 1): {made}.")
    return made


def chosen(predictions: Mapping[Any, Tensor], keys: Any) -> dict[Any, Tensor]:
    """The predictions of `keys`, all when None; ValueError for an unknown one."""
    if keys is None:
        return dict(predictions)
    for key in keys:
        if key not in predictions:
            raise ValueError(
                f"Prediction key must be in PredictionKeys, given: {key}. "
                f"Valid prediction keys include {list(predictions)}."
            )
    return {key: predictions[key] for key in keys}
