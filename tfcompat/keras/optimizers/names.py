"""Optimizers by name, and those of `tf.train` as Keras' models use them."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.keras import backend
from tfcompat.keras.optimizers.adagrad import Adadelta, Adagrad, Ftrl
from tfcompat.keras.optimizers.adam import Adam, Adamax, Nadam
from tfcompat.keras.optimizers.momentum import SGD, RMSprop
from tfcompat.keras.optimizers.optimizer import Optimizer
from tfcompat.keras.utils.serialization import deserialize_keras_object, serialize_keras_object
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.training.optimizer import Optimizer as TrainOptimizer

_OBJECTS = {cls.__name__.lower(): cls for cls in (SGD, RMSprop, Adam, Adamax, Nadam, Adagrad, Adadelta, Ftrl)}


class TFOptimizer:
    """An optimizer of `tf.train` in Keras' models.

    Args:
        optimizer: the optimizer.
        iterations: variable that counts the steps; the graph's global step is not touched.
    """

    def __init__(self, optimizer: TrainOptimizer, iterations: Any = None):
        self.optimizer = optimizer
        self.clipnorm = self.clipvalue = None
        self._iterations = iterations
        backend.track_tf_optimizer(optimizer)

    @property
    def iterations(self) -> Any:
        """The int64 variable that counts the steps."""
        if self._iterations is None:
            self._iterations = ResourceVariable(
                backend.zeros_like(backend.constant(0, "int64")), dtype="int64", name="iterations", trainable=False
            )
            backend.track_variable(self._iterations)
        return self._iterations

    @iterations.setter
    def iterations(self, variable: Any) -> None:
        self._iterations = variable

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        return [("optimizer", self.optimizer), ("global_step", self.iterations)]

    def minimize(self, loss: Any, var_list: Any, grad_loss: Any = None) -> Any:
        """The operation of one step."""
        return self.optimizer.minimize(loss, self.iterations, var_list, grad_loss=grad_loss)

    def apply_gradients(self, grads_and_vars: Any) -> Any:
        """The operation of one step along given gradients."""
        return self.optimizer.apply_gradients(grads_and_vars, global_step=self.iterations)

    def get_gradients(self, loss: Any, params: Any) -> list[Any]:
        """The gradients of `loss` for the variables `params`."""
        return backend.gradients(loss, params)

    def get_updates(self, loss: Any, params: Any) -> list[Any]:
        """[the operation of one step] for `loss` and the variables `params`."""
        pairs = self.optimizer.compute_gradients(loss, params)
        if not params:
            with control_dependencies([loss]):
                return [self.iterations.assign_add(1, read_value=False)]
        return [self.optimizer.apply_gradients(pairs, self.iterations)]

    @property
    def weights(self) -> list[Any]:
        """NotImplementedError: what it holds belongs to its graph."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """NotImplementedError: optimizers of `tf.train` have no configuration."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """NotImplementedError: optimizers of `tf.train` have no configuration."""
        raise NotImplementedError


@tf_export("keras.optimizers.serialize")
def serialize(optimizer: Any, use_legacy_format: bool = True) -> Any:
    """The class name and configuration of an optimizer, as a dictionary.

    Args:
        optimizer: an optimizer.
        use_legacy_format: has no effect, there is one format.
    """
    return serialize_keras_object(optimizer)


@tf_export("keras.optimizers.deserialize")
def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = True, **kwargs: Any) -> Any:
    """The optimizer that `serialize` wrote.

    Args:
        config: a dictionary of class name, in upper or lower case, and configuration.
        custom_objects: table of names that goes before the known ones.
        use_legacy_format: has no effect, there is one format.
        kwargs: have no effect.

    Raises:
        ValueError: the name is unknown, or the form is another.
    """
    if isinstance(config, dict) and str(config.get("class_name")).lower() in _OBJECTS:
        config = {**config, "class_name": config["class_name"].lower()}
    return deserialize_keras_object(
        config, module_objects=_OBJECTS, custom_objects=custom_objects, printable_module_name="optimizer"
    )


@tf_export("keras.optimizers.get")
def get(identifier: Any, **kwargs: Any) -> Any:
    """The optimizer that `identifier` stands for.

    Args:
        identifier: a name, a dictionary of `serialize`, an optimizer, or one of `tf.train`, which is wrapped.
        kwargs: have no effect.

    Raises:
        ValueError: it is nothing of these, or unknown.
    """
    if isinstance(identifier, (Optimizer, TFOptimizer)):
        return identifier
    if isinstance(identifier, TrainOptimizer):
        return TFOptimizer(identifier)
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}})
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")
