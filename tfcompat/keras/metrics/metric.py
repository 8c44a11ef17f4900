"""`tf.keras.metrics.Metric`: a layer whose variables collect what batches give."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.keras import backend
from tfcompat.layers.base_layer import Layer
from tfcompat.ops.identity import identity
from tfcompat.ops.variable_base import VariableAggregation, VariableSynchronization


@tf_export("keras.metrics.Metric")
class Metric(Layer):
    """Base of metrics: a subclass makes variables with `add_weight` and gives `update_state` and `result`.

    Calling one updates the state and gives the result after that.

    Args:
        name: its name.
        dtype: type of the variables and the result; the default float type when None.
        kwargs: as for layers.
    """

    def __init__(self, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name=name, dtype=dtype or backend.floatx(), **kwargs)
        self.stateful = True
        self.built = True

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        for method, wrap in (("update_state", _noting_updates), ("result", _named_result)):
            if method in cls.__dict__:
                setattr(cls, method, wrap(cls.__dict__[method]))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Updates the state and gives the result; arguments are those of `update_state`."""
        update = self.update_state(*args, **kwargs)
        with control_dependencies([] if update is None else [update]):
            result = self.result()
        result._metric_obj = self
        return result

    def reset_states(self) -> None:
        """Sets all variables to 0."""
        self._reset([(v, np.zeros(v.shape.as_list())) for v in self.variables])

    def reset_state(self) -> None:
        """The same as `reset_states`."""
        self.reset_states()

    @staticmethod
    def _reset(values: list[tuple[Any, Any]]) -> None:
        backend.batch_set_value(values)

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """The operation that takes a batch into the state."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def result(self) -> Any:
        """The value of the metric as a tensor."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def add_weight(  # type: ignore[override]
        self,
        name: str,
        shape: Any = (),
        aggregation: Any = VariableAggregation.SUM,
        synchronization: Any = VariableSynchronization.ON_READ,
        initializer: Any = None,
        dtype: Any = None,
    ) -> Any:
        """A variable of the state; it joins no collection.

        Args:
            name: its name.
            shape: its shape.
            aggregation: accepted.
            synchronization: accepted.
            initializer: initializer or its name.
            dtype: its type; the metric's when None.
        """
        return super().add_weight(
            name=name, shape=shape, dtype=dtype or self.dtype, trainable=False, initializer=initializer,
            collections=[], synchronization=synchronization, aggregation=aggregation,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {"name": self.name, "dtype": self.dtype}


def _noting_updates(method: Callable[..., Any]) -> Callable[..., Any]:
    """`update_state` that adds its operation to the updates of the metric, once for calls of overridden methods."""

    @functools.wraps(method)
    def update_state(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.__dict__.get("_is_updating"):
            return method(self, *args, **kwargs)
        self.__dict__["_is_updating"] = True
        try:
            update = method(self, *args, **kwargs)
        finally:
            self.__dict__["_is_updating"] = False
        if update is not None:
            self.add_update(update)
        return update

    return update_state


def _named_result(method: Callable[..., Any]) -> Callable[..., Any]:
    """`result` that gives an Identity of its value, once for calls of overridden methods."""

    @functools.wraps(method)
    def result(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.__dict__.get("_is_reading"):
            return method(self, *args, **kwargs)
        self.__dict__["_is_reading"] = True
        try:
            made = identity(method(self, *args, **kwargs))
        finally:
            self.__dict__["_is_reading"] = False
        self.__dict__["_call_result"] = made
        return made

    return result
