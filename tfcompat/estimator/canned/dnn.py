"""`DNNClassifier`, `DNNRegressor` and `DNNEstimator`: fully connected networks over feature columns."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.canned.heads import classifier_head, regressor_head
from tfcompat.estimator.canned.logits import dnn_logit_fn_builder
from tfcompat.estimator.canned.optimizers import optimizer_of
from tfcompat.estimator.canned.partitioning import for_columns, for_layers
from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.heads.base import SUM
from tfcompat.ops.variable_scope import variable_scope

LEARNING_RATE = 0.05


class DNNEstimator(Estimator):
    """A fully connected network with a head of the program's choice.

    Args:
        head: a `Head`.
        hidden_units: the sizes of the layers between.
        feature_columns: dense columns.
        model_dir: directory of checkpoints and events.
        optimizer: name, optimizer or function that makes one; named ones have a learning rate of 0.05.
        activation_fn: of the layers between.
        dropout: share of their outputs that training drops.
        input_layer_partitioner: of the variables of the columns.
        config: a `RunConfig`.
        warm_start_from: checkpoint or `WarmStartSettings`.
        batch_norm: whether each layer between is followed by batch normalisation.
    """

    def __init__(
        self,
        head: Any,
        hidden_units: Any,
        feature_columns: Any,
        model_dir: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = "relu",
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        batch_norm: bool = False,
    ):
        feature_columns = tuple(feature_columns or ())

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            if not isinstance(features, dict):
                raise ValueError(f"features should be a dictionary of `Tensor`s. Given type: {type(features)}")
            with variable_scope("dnn", values=tuple(features.values()), partitioner=for_layers(config)):
                logit_fn = dnn_logit_fn_builder(
                    head.logits_dimension,
                    hidden_units,
                    feature_columns,
                    activation_fn,
                    dropout,
                    input_layer_partitioner or for_columns(config),
                    batch_norm,
                )
                logits = logit_fn(features, mode)
                return head.create_estimator_spec(
                    features, mode, logits, labels, optimizer=optimizer_of(optimizer, LEARNING_RATE)
                )

        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


class DNNClassifier(DNNEstimator):
    """A fully connected network that tells classes.

    Args:
        hidden_units: the sizes of the layers between.
        feature_columns: dense columns.
        model_dir: directory of checkpoints and events.
        n_classes: number of classes.
        weight_column: key or numeric column of the weights of examples.
        label_vocabulary: the names of the classes, if labels are names.
        optimizer: name, optimizer or function that makes one; named ones have a learning rate of 0.05.
        activation_fn: of the layers between.
        dropout: share of their outputs that training drops.
        input_layer_partitioner: of the variables of the columns.
        config: a `RunConfig`.
        warm_start_from: checkpoint or `WarmStartSettings`.
        loss_reduction: how the losses of examples become one.
        batch_norm: whether each layer between is followed by batch normalisation.
    """

    def __init__(
        self,
        hidden_units: Any,
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = "relu",
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = SUM,
        batch_norm: bool = False,
    ):
        head = classifier_head(n_classes, weight_column, label_vocabulary, loss_reduction)
        super().__init__(
            head, hidden_units, feature_columns, model_dir, optimizer, activation_fn, dropout,
            input_layer_partitioner, config, warm_start_from, batch_norm,
        )  # fmt: skip


class DNNRegressor(DNNEstimator):
    """A fully connected network that tells numbers.

    Args:
        label_dimension: how many numbers an example has.
        hidden_units, feature_columns, model_dir, weight_column, optimizer, activation_fn, dropout,
            input_layer_partitioner, config, warm_start_from, loss_reduction, batch_norm: as of `DNNClassifier`.
    """

    def __init__(
        self,
        hidden_units: Any,
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = "relu",
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = SUM,
        batch_norm: bool = False,
    ):
        head = regressor_head(label_dimension, weight_column, loss_reduction)
        super().__init__(
            head, hidden_units, feature_columns, model_dir, optimizer, activation_fn, dropout,
            input_layer_partitioner, config, warm_start_from, batch_norm,
        )  # fmt: skip
