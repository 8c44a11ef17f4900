"""`DNNLinearCombinedClassifier` and its relatives: a network and a linear model trained together."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.estimator.canned.heads import classifier_head, regressor_head
from tfcompat.estimator.canned.logits import dnn_logit_fn_builder, linear_logit_fn_builder
from tfcompat.estimator.canned.optimizers import optimizer_of
from tfcompat.estimator.canned.partitioning import for_columns, for_layers
from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.heads.base import SUM
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import control_dependencies, get_default_graph
from tfcompat.graph.export import PUBLIC
from tfcompat.ops.variable_scope import variable_scope
from tfcompat.summary.summary import histogram, scalar
from tfcompat.training.global_step import get_global_step

DNN_LEARNING_RATE = 0.001
LINEAR_LEARNING_RATE = 0.005


class DNNLinearCombinedEstimator(Estimator):
    """The sum of the logits of a network and of a linear model, with a head of the program's choice.

    Args:
        head: a `Head`.
        model_dir: directory of checkpoints and events.
        linear_feature_columns: dense and categorical columns of the linear model.
        linear_optimizer: of the linear model: name, optimizer or function that makes one. Named ones have a learning
            rate of 0.005, or 1 / sqrt(number of columns) if that is less.
        dnn_feature_columns: dense columns of the network.
        dnn_optimizer: of the network; named ones have a learning rate of 0.001.
        dnn_hidden_units: the sizes of the layers between.
        dnn_activation_fn: of the layers between.
        dnn_dropout: share of their outputs that training drops.
        input_layer_partitioner: of the variables of columns.
        config: a `RunConfig`.
        batch_norm: whether each layer between is followed by batch normalisation.
        linear_sparse_combiner: how the weights of several ids of a column are combined.
        warm_start_from: checkpoint or `WarmStartSettings`.

    Raises:
        ValueError: there are no columns at all, or a network without sizes.
    """

    def __init__(
        self,
        head: Any,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Any = None,
        dnn_activation_fn: Any = "relu",
        dnn_dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
        warm_start_from: Any = None,
    ):
        wide, deep = tuple(linear_feature_columns or ()), tuple(dnn_feature_columns or ())
        if not wide and not deep:
            raise ValueError("Either linear_feature_columns or dnn_feature_columns must be defined.")
        if deep and not dnn_hidden_units:
            raise ValueError("dnn_hidden_units must be defined when dnn_feature_columns is specified.")

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            if not isinstance(features, dict):
                raise ValueError(f"features should be a dictionary of `Tensor`s. Given type: {type(features)}")
            values = tuple(features.values())
            cut = input_layer_partitioner or for_columns(config)
            parts, optimizers = [], []
            if deep:
                optimizers.append(("dnn", optimizer_of(dnn_optimizer, DNN_LEARNING_RATE)))
                with variable_scope("dnn", values=values, partitioner=for_layers(config)) as scope:
                    logit_fn = dnn_logit_fn_builder(
                        head.logits_dimension, dnn_hidden_units, deep, dnn_activation_fn, dnn_dropout, cut, batch_norm
                    )
                    parts.append(logit_fn(features, mode))
            if wide:
                rate = min(LINEAR_LEARNING_RATE, 1.0 / math.sqrt(len(wide)))
                optimizers.append(("linear", optimizer_of(linear_optimizer, rate)))
                with variable_scope("linear", values=values, partitioner=cut) as scope:
                    linear_fn = linear_logit_fn_builder(head.logits_dimension, wide, linear_sparse_combiner)
                    parts.append(linear_fn(features))
                    scalar(f"{scope.name}/fraction_of_zero_values", PUBLIC["nn.zero_fraction"](parts[-1]))
                    histogram(f"{scope.name}/activation", parts[-1])
            logits = parts[0] + parts[1] if len(parts) == 2 else parts[0]

            def train_op_fn(loss: Any) -> Any:
                return _step(loss, optimizers)

            return head.create_estimator_spec(features, mode, logits, labels, train_op_fn=train_op_fn)

        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


def _step(loss: Any, optimizers: list[tuple[str, Any]]) -> Any:
    """One step of every optimizer for the variables below its scope, and of the global step after them."""
    graph = get_default_graph()
    steps = [
        optimizer.minimize(loss, var_list=graph.get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=scope))
        for scope, optimizer in optimizers
    ]
    with control_dependencies([PUBLIC["group"](*steps)]):
        return PUBLIC["assign_add"](get_global_step(), 1).op


class DNNLinearCombinedClassifier(DNNLinearCombinedEstimator):
    """A network and a linear model that tell classes.

    Args:
        n_classes: number of classes.
        weight_column: key or numeric column of the weights of examples.
        label_vocabulary: the names of the classes, if labels are names.
        loss_reduction: how the losses of examples become one.
        model_dir, linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer, dnn_hidden_units,
            dnn_activation_fn, dnn_dropout, input_layer_partitioner, config, warm_start_from, batch_norm,
            linear_sparse_combiner: as of `DNNLinearCombinedEstimator`.
    """

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Any = None,
        dnn_activation_fn: Any = "relu",
        dnn_dropout: float | None = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ):
        super().__init__(
            classifier_head(n_classes, weight_column, label_vocabulary, loss_reduction),
            model_dir, linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer, dnn_hidden_units,
            dnn_activation_fn, dnn_dropout, input_layer_partitioner, config, batch_norm, linear_sparse_combiner,
            warm_start_from,
        )  # fmt: skip


class DNNLinearCombinedRegressor(DNNLinearCombinedEstimator):
    """A network and a linear model that tell numbers.

    Args:
        label_dimension: how many numbers an example has.
        weight_column: key or numeric column of the weights of examples.
        loss_reduction: how the losses of examples become one.
        model_dir, linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer, dnn_hidden_units,
            dnn_activation_fn, dnn_dropout, input_layer_partitioner, config, warm_start_from, batch_norm,
            linear_sparse_combiner: as of `DNNLinearCombinedEstimator`.
    """

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Any = None,
        dnn_activation_fn: Any = "relu",
        dnn_dropout: float | None = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        input_layer_partitioner: Any = None,
        config: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ):
        super().__init__(
            regressor_head(label_dimension, weight_column, loss_reduction),
            model_dir, linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer, dnn_hidden_units,
            dnn_activation_fn, dnn_dropout, input_layer_partitioner, config, batch_norm, linear_sparse_combiner,
            warm_start_from,
        )  # fmt: skip
