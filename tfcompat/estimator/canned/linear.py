"""`LinearClassifier`, `LinearRegressor` and `LinearEstimator`: linear models over feature columns."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.canned.heads import classifier_head, regressor_head
from tfcompat.estimator.canned.logits import linear_logit_fn_builder
from tfcompat.estimator.canned.optimizers import optimizer_of
from tfcompat.estimator.canned.partitioning import for_columns
from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.heads.base import SUM
from tfcompat.ops.variable_scope import variable_scope

LEARNING_RATE = 0.2


class LinearEstimator(Estimator):
    """A linear model with a head of the program's choice.

    Args:
        head: a `Head`.
        feature_columns: dense and categorical columns.
        model_dir: directory of checkpoints and events.
        optimizer: name, optimizer or function that makes one; named ones have a learning rate of 0.2.
        config: a `RunConfig`.
        partitioner: of the variables.
        sparse_combiner: how the weights of several ids of a column are combined: "sum", "mean" or "sqrtn".
        warm_start_from: checkpoint or `WarmStartSettings`.
    """

    def __init__(
        self,
        head: Any,
        feature_columns: Any,
        model_dir: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        sparse_combiner: str = "sum",
        warm_start_from: Any = None,
    ):
        feature_columns = tuple(feature_columns or ())

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            if not isinstance(features, dict):
                raise ValueError(f"features should be a dictionary of `Tensor`s. Given type: {type(features)}")
            chosen = optimizer_of(optimizer, LEARNING_RATE)
            cut = partitioner or for_columns(config)
            with variable_scope("linear", values=tuple(features.values()), partitioner=cut):
                logit_fn = linear_logit_fn_builder(head.logits_dimension, feature_columns, sparse_combiner)
                logits = logit_fn(features)
                return head.create_estimator_spec(features, mode, logits, labels, optimizer=chosen)

        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


class LinearClassifier(LinearEstimator):
    """A linear model that tells classes.

    Args:
        feature_columns: dense and categorical columns.
        model_dir: directory of checkpoints and events.
        n_classes: number of classes.
        weight_column: key or numeric column of the weights of examples.
        label_vocabulary: the names of the classes, if labels are names.
        optimizer: name, optimizer or function that makes one; named ones have a learning rate of 0.2.
        config: a `RunConfig`.
        partitioner: of the variables.
        warm_start_from: checkpoint or `WarmStartSettings`.
        loss_reduction: how the losses of examples become one.
        sparse_combiner: how the weights of several ids of a column are combined: "sum", "mean" or "sqrtn".
    """

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = SUM,
        sparse_combiner: str = "sum",
    ):
        head = classifier_head(n_classes, weight_column, label_vocabulary, loss_reduction)
        super().__init__(
            head, feature_columns, model_dir, optimizer, config, partitioner, sparse_combiner, warm_start_from
        )


class LinearRegressor(LinearEstimator):
    """A linear model that tells numbers.

    Args:
        label_dimension: how many numbers an example has.
        feature_columns, model_dir, weight_column, optimizer, config, partitioner, warm_start_from, loss_reduction,
            sparse_combiner: as of `LinearClassifier`.
    """

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = SUM,
        sparse_combiner: str = "sum",
    ):
        head = regressor_head(label_dimension, weight_column, loss_reduction)
        super().__init__(
            head, feature_columns, model_dir, optimizer, config, partitioner, sparse_combiner, warm_start_from
        )
