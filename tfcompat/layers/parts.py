"""What a layer is made of: the layers, metrics and variables among its attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tfcompat.graph import nest
from tfcompat.layers.graph_state import track_variable
from tfcompat.ops.variable_base import Variable

T = TypeVar("T")

_NOT_PARTS = frozenset({
    "_inbound_nodes", "_outbound_nodes", "_losses", "_loss_functions", "_updates", "_metrics", "_metrics_tensors",
    "_trainable_weights", "_non_trainable_weights", "_named_weights", "_initial_weights", "input_spec",
})  # fmt: skip
"""Attributes that hold what a layer keeps of its calls."""
_PLAIN = frozenset({bool, int, float, str, type(None)})


class Parts:
    """The parts of a layer are found among its attributes, also in lists and dictionaries, in the order of assignment.

    Variables that are assigned to an attribute count as the layer's own.
    """

    _tracks_attributes = True
    _not_parts: frozenset[str] = frozenset()
    """More attributes that hold no parts, of a subclass."""
    _trainable_weights: list[Any]
    _non_trainable_weights: list[Any]
    _named_weights: dict[str, Any]
    _trainable: bool

    def __setattr__(self, name: str, value: Any) -> None:
        if self._tracks_attributes and self._may_be_part(name) and "_trainable_weights" in self.__dict__:
            self.__dict__.pop(name, None)
            for part in nest.flatten(value) if _may_hold_variables(value) else ():
                if isinstance(part, Variable):
                    self._keep_variable(part)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        super().__delattr__(name)
        if self._tracks_attributes and isinstance(value, Variable):
            for kept in (self._trainable_weights, self._non_trainable_weights):
                kept[:] = [v for v in kept if v is not value]

    def _keep_variable(self, variable: Any) -> None:
        """Takes `variable` for one of the layer's own, unless it is."""
        if not any(variable is v for v in (*self._trainable_weights, *self._non_trainable_weights)):
            (self._trainable_weights if variable.trainable else self._non_trainable_weights).append(variable)
            track_variable(variable)

    def _attribute_parts(self) -> Iterator[tuple[str, Any]]:
        """(name, value) of the attributes that may be or hold parts."""
        for name, value in list(vars(self).items()):
            if type(value) not in _PLAIN and self._may_be_part(name):
                yield name, value

    def _may_be_part(self, name: str) -> bool:
        """Whether an attribute of this name is looked into; not the ones that properties keep elsewhere."""
        return (
            name not in _NOT_PARTS
            and name not in self._not_parts
            and not isinstance(getattr(type(self), name, None), property)
        )

    def _own_layers(self) -> list[Any]:
        """The layers among the attributes, without metrics, each once."""
        return self._distinct_parts(lambda part: is_layer(part) and not is_metric(part))

    def _own_metrics(self) -> list[Any]:
        """The metrics among the attributes, each once."""
        return self._distinct_parts(is_metric)

    def _distinct_parts(self, wanted: Callable[[Any], bool]) -> list[Any]:
        found: dict[int, Any] = {}
        for _, value in self._attribute_parts() if self._tracks_attributes else ():
            for part in nest.flatten(value) if isinstance(value, (list, tuple, dict)) else [value]:
                if part is not self and wanted(part):
                    found.setdefault(id(part), part)
        return list(found.values())

    def _gathered(self, attribute: str) -> list[Any]:
        """The values of a list attribute of all own layers, one after the other."""
        return [value for layer in self._own_layers() for value in getattr(layer, attribute)]

    # ---------------------------------------------------------------- variables

    @property
    def trainable(self) -> bool:
        """Whether an optimizer may change its variables; setting it sets it for the layers inside too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for layer in self._own_layers():
            layer.trainable = value

    @property
    def trainable_weights(self) -> list[Any]:
        """Its trainable variables and those of the layers inside; none when it is not trainable."""
        return distinct([*self._trainable_weights, *self._gathered("trainable_weights")]) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Its other variables, then those of the layers inside."""
        if self.trainable:
            return distinct([*self._non_trainable_weights, *self._gathered("non_trainable_weights")])
        return distinct([*self._trainable_weights, *self._non_trainable_weights, *self._gathered("weights")])

    @property
    def weights(self) -> list[Any]:
        """All its variables, trainable ones first."""
        return distinct([*self.trainable_weights, *self.non_trainable_weights])

    @property
    def trainable_variables(self) -> list[Any]:
        """The same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The same as `non_trainable_weights`."""
        return self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        """The same as `weights`."""
        return self.weights

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The layers among its attributes, and theirs."""
        found: list[Any] = []
        for _, value in sorted(self._attribute_parts()):
            for part in nest.flatten(value) if isinstance(value, (list, tuple, dict)) else [value]:
                if isinstance(part, Parts) and part not in found:
                    found += [part, *(p for p in part.submodules if p not in found)]
        return tuple(found)

    @property
    def _checkpoint_dependencies(self) -> list[Any]:
        """(name, part) of what checkpoints of objects hold: variables by their names, attributes by theirs."""
        found = dict(self._named_weights)
        for name, value in self._attribute_parts():
            leaves = nest.flatten(value) if isinstance(value, (list, tuple, dict)) else [value]
            if any(isinstance(leaf, (Variable, Parts)) or hasattr(leaf, "_checkpoint_dependencies") for leaf in leaves):
                found[name] = value
        return list(found.items())


def is_layer(value: Any) -> bool:
    """Whether `value` is a layer, or has variables as one."""
    return isinstance(value, Parts) or (hasattr(value, "trainable_weights") and hasattr(value, "non_trainable_weights"))


def is_metric(value: Any) -> bool:
    """Whether `value` is a metric of Keras: a layer whose state is updated and reset."""
    return isinstance(value, Parts) and hasattr(value, "reset_states") and hasattr(value, "update_state")


def distinct(values: list[T]) -> list[T]:
    """`values` without repetitions."""
    return list({id(value): value for value in values}.values())


def _may_hold_variables(value: Any) -> bool:
    return isinstance(value, (Variable, list, tuple, dict))
