"""`BaselineClassifier` and its relatives: models that learn the average of the labels and look at no feature."""

from __future__ import annotations

from typing import Any

from tfcompat.estimator.canned.heads import classifier_head, regressor_head
from tfcompat.estimator.canned.optimizers import optimizer_of
from tfcompat.estimator.estimator import Estimator
from tfcompat.estimator.heads.base import SUM
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import PUBLIC
from tfcompat.ops.array import shape
from tfcompat.ops.filling import ones
from tfcompat.ops.initializers import Zeros
from tfcompat.ops.variable_scope import get_variable, variable_scope

LEARNING_RATE = 0.3


class BaselineEstimator(Estimator):
    """A bias that is the same for all examples, with a head of the program's choice.

    Args:
        head: a `Head`.
        model_dir: directory of checkpoints and events.
        optimizer: name, optimizer or function that makes one; named ones have a learning rate of 0.3.
        config: a `RunConfig`.
    """

    def __init__(self, head: Any, model_dir: Any = None, optimizer: Any = "Ftrl", config: Any = None):
        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            logits = _bias(features, head.logits_dimension)

            def train_op_fn(loss: Any) -> Any:
                chosen = optimizer_of(optimizer, LEARNING_RATE)
                return chosen.minimize(loss, global_step=PUBLIC["train.get_global_step"]())

            return head.create_estimator_spec(features, mode, logits, labels, train_op_fn=train_op_fn)

        super().__init__(model_fn, model_dir, config)


def _bias(features: Any, dimension: int) -> Any:
    """[batch, dimension]: the variable "baseline/bias" for every example.

    Raises:
        ValueError: the features are no dictionary, or there is none.
    """
    if not features:
        raise ValueError("features must not be empty.")
    if not isinstance(features, dict):
        raise ValueError(f"features should be a dictionary of `Tensor`s. Given type: {type(features)}")
    sizes = [shape(feature)[0] for feature in features.values()]  # type: ignore[index]
    checks = [PUBLIC["assert_equal"](sizes[0], other) for other in sizes[1:]]
    with control_dependencies(checks), variable_scope("baseline", values=tuple(features.values())):
        bias = get_variable("bias", initializer=Zeros(), shape=[dimension])
        return PUBLIC["multiply"](bias, ones([sizes[0], dimension]))


class BaselineClassifier(BaselineEstimator):
    """The shares of the classes.

    Args:
        model_dir: directory of checkpoints and events.
        n_classes: number of classes.
        weight_column: key or numeric column of the weights of examples.
        label_vocabulary: the names of the classes, if labels are names.
        optimizer: name, optimizer or function that makes one; named ones have a learning rate of 0.3.
        config: a `RunConfig`.
        loss_reduction: how the losses of examples become one.
    """

    def __init__(
        self,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        loss_reduction: str = SUM,
    ):
        head = classifier_head(n_classes, weight_column, label_vocabulary, loss_reduction)
        super().__init__(head, model_dir, optimizer, config)


class BaselineRegressor(BaselineEstimator):
    """The average of the labels.

    Args:
        label_dimension: how many numbers an example has.
        model_dir, weight_column, optimizer, config, loss_reduction: as of `BaselineClassifier`.
    """

    def __init__(
        self,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: Any = None,
        loss_reduction: str = SUM,
    ):
        super().__init__(regressor_head(label_dimension, weight_column, loss_reduction), model_dir, optimizer, config)
