"""What a model function is told, `ModeKeys`, and what it answers, `EstimatorSpec`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tfcompat.estimator.export_outputs import checked_outputs
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.array import reshape
from tfcompat.training.scaffold import Scaffold
from tfcompat.training.session_run_hook import SessionRunHook


class ModeKeys:
    """What a model function is called for: TRAIN, EVAL or PREDICT."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


class _EstimatorSpec(NamedTuple):
    mode: str
    predictions: Any
    loss: Any
    train_op: Any
    eval_metric_ops: dict[str, Any]
    export_outputs: Any
    training_chief_hooks: tuple[Any, ...]
    training_hooks: tuple[Any, ...]
    scaffold: Any
    evaluation_hooks: tuple[Any, ...]
    prediction_hooks: tuple[Any, ...]


class EstimatorSpec(_EstimatorSpec):
    """The parts of a model that an `Estimator` runs.

    Args:
        mode: a `ModeKeys`.
        predictions: tensor or dictionary of tensors; needed in PREDICT.
        loss: scalar tensor; needed in TRAIN and EVAL.
        train_op: operation or tensor that makes one step; needed in TRAIN.
        eval_metric_ops: name -> (value, update operation), as `tf.metrics` gives.
        export_outputs: name -> `ExportOutput`; the predictions by default.
        training_chief_hooks: hooks for training.
        training_hooks: hooks for training.
        scaffold: a `tf.train.Scaffold`.
        evaluation_hooks: hooks for evaluation.
        prediction_hooks: hooks for prediction.

    Raises:
        ValueError: something needed is missing, the loss is no scalar, or a tensor belongs to another graph.
        TypeError: a part has the wrong type.
    """

    def __new__(
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metric_ops: Any = None,
        export_outputs: Any = None,
        training_chief_hooks: Any = None,
        training_hooks: Any = None,
        scaffold: Any = None,
        evaluation_hooks: Any = None,
        prediction_hooks: Any = None,
    ) -> EstimatorSpec:
        """The checked parts, with () for hooks that are not given and {} for metrics."""
        train_op = _checked_train_op(train_op, mode)
        loss = _checked_loss(loss, mode)
        predictions = _checked_predictions(predictions, mode)
        if mode == ModeKeys.PREDICT:
            export_outputs = checked_outputs(export_outputs, predictions)
        hooks = [
            _checked_hooks(given)
            for given in (training_hooks, training_chief_hooks, evaluation_hooks, prediction_hooks)
        ]
        metrics = _checked_metrics(eval_metric_ops)
        scaffold = scaffold or Scaffold()
        if not isinstance(scaffold, Scaffold):
            raise TypeError(f"scaffold must be tf.train.Scaffold. Given: {scaffold}")
        return super().__new__(
            cls, mode, predictions, loss, train_op, metrics, export_outputs, hooks[1], hooks[0], scaffold, *hooks[2:]
        )


def _of_default_graph(value: Any, what: str) -> None:
    if value.graph is not get_default_graph():
        raise ValueError(
            f'{what} with "{value.name}" must be from the default graph. Possible causes of this error include: \n\n'
            f"1) {what} was created outside the context of the default graph.\n\n"
            '2) The object passed through to EstimatorSpec was not created in the most recent call to "model_fn".'
        )


def _checked_train_op(train_op: Any, mode: str) -> Any:
    if train_op is None:
        if mode == ModeKeys.TRAIN:
            raise ValueError("Missing train_op.")
        return None
    node = getattr(train_op, "op", train_op) if not isinstance(train_op, Tensor | Operation) else train_op
    if not isinstance(node, Tensor | Operation):
        raise TypeError(f"train_op must be Operation or Tensor, given: {train_op}")
    _of_default_graph(node, "train_op")
    return train_op


def _checked_loss(loss: Any, mode: str) -> Any:
    if loss is None:
        if mode in (ModeKeys.TRAIN, ModeKeys.EVAL):
            raise ValueError("Missing loss.")
        return None
    if not isinstance(loss, Tensor):
        raise TypeError(f"loss must be Tensor, given: {loss}")
    if loss.shape.num_elements() not in (None, 1):
        raise ValueError(f"Loss must be scalar, given: {loss}")
    _of_default_graph(loss, "loss")
    return loss if loss.shape.rank == 0 else reshape(loss, [])


def _checked_predictions(predictions: Any, mode: str) -> Any:
    if predictions is None:
        if mode == ModeKeys.PREDICT:
            raise ValueError("Missing predictions.")
        return {}
    named = predictions if isinstance(predictions, dict) else {"": predictions}
    for key, value in named.items():
        what = f"predictions[{key}]" if isinstance(predictions, dict) else "predictions"
        if not hasattr(value, "graph") or not hasattr(value, "dtype"):
            raise TypeError(f"{what} must be Tensor, given: {value}")
        _of_default_graph(value, "prediction values")
    return predictions


def _checked_hooks(hooks: Any) -> tuple[Any, ...]:
    given: Iterable[Any] = hooks or ()
    found = tuple(given)
    for hook in found:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be SessionRunHook instances, given: {hook}")
    return found


def _checked_metrics(metrics: Any) -> dict[str, Any]:
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        raise TypeError(f"eval_metric_ops must be a dict, given: {metrics}")
    for key, value in metrics.items():
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeError(
                f"Values of eval_metric_ops must be (metric_value, update_op) tuples, given: {value} for key: {key}"
            )
        for part in value:
            if hasattr(part, "graph"):
                _of_default_graph(part, "eval_metric_ops")
    return metrics
