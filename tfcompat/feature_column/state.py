"""Variables of columns: in the current variable scope, or in the scopes of a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.ops.variable_scope import get_variable, pure_variable_scope


def all_collections(weight_collections: Any) -> list[Any]:
    """The collections of a program, then those of variables and of model variables, each once."""
    return list(dict.fromkeys([*(weight_collections or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]))


class ScopedState:
    """Variables by `tf.get_variable`, made when a column first asks for them.

    Args:
        weight_collections: collections that they join.
        trainable: whether an optimizer may change them; a column may say no, too.
    """

    def __init__(self, weight_collections: Any, trainable: bool):
        self.weight_collections = weight_collections
        self.trainable = trainable
        self._variables: dict[Any, dict[str, Any]] = {}

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """A variable `name` below the current scope; whether it is a resource is for the scope to say."""
        variable = get_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable and self.trainable,
            collections=self.weight_collections,
        )
        self._variables.setdefault(feature_column, {})[name] = variable
        return variable

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """The variable `name` of a column, which `create_state` of the column makes."""
        if feature_column not in self._variables:
            feature_column.create_state(self)
        return self._variables[feature_column][name]

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Accepted: tables belong to the graph."""


class LayerState:
    """Variables of a layer, made before its first call, in a scope of the name of each column.

    Args:
        make: as `tf.get_variable`, or a layer's `add_weight`.
        trainable: whether an optimizer may change them; a column may say no, too.
    """

    def __init__(self, make: Callable[..., Any], trainable: bool = True):
        self._make = make
        self._trainable = trainable
        self._variables: dict[Any, dict[str, Any]] = {}

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """A variable `<column>/<name>`; ValueError when the column has it already."""
        made = self._variables.setdefault(feature_column, {})
        if name in made:
            raise ValueError("Variable already exists.")
        with pure_variable_scope(feature_column.name):
            made[name] = self._make(
                name,
                shape=shape,
                dtype=dtype,
                initializer=initializer,
                trainable=trainable and self._trainable,
                use_resource=use_resource,
            )
        return made[name]

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """The variable; ValueError when there is none."""
        try:
            return self._variables[feature_column][name]
        except KeyError:
            raise ValueError("Variable does not exist.") from None

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Accepted: tables belong to the graph."""
