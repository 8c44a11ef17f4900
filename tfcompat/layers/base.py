"""`tf.layers.Layer`: a layer whose variables are those of a variable scope, which later calls reuse."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph, name_scope, outermost_graph
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.layers import base_layer
from tfcompat.layers.base_layer import checked_trainable
from tfcompat.layers.graph_state import snake_case, track_variable, unique_name
from tfcompat.layers.input_spec import InputSpec as InputSpec
from tfcompat.layers.named import initializer_of
from tfcompat.ops.variable_base import VariableAggregation, VariableSynchronization
from tfcompat.ops.variable_scope import VariableScope, get_variable, variable_scope

_style = {"keras": False}


@tf_export("layers.experimental.keras_style_scope")
@contextlib.contextmanager
def keras_style_scope() -> Iterator[None]:
    """Layers made inside have variables of their own: resource variables that no variable scope shares or renames.

    Such layers take neither `scope` nor `reuse`, and their updates join no collection.
    """
    before = _style["keras"]
    _style["keras"] = True
    try:
        yield
    finally:
        _style["keras"] = before


@tf_export("layers.experimental.set_keras_style")
def set_keras_style() -> None:
    """From now on, as inside `keras_style_scope`; there is no way back."""
    _style["keras"] = True


@tf_export("layers.Layer")
class Layer(base_layer.Layer):
    """Keras' `Layer` with variables in a variable scope, which can be shared by name, and with collections.

    Layers among its attributes are not parts of it. Losses join REGULARIZATION_LOSSES and updates UPDATE_OPS.

    Args:
        trainable: whether its variables join TRAINABLE_VARIABLES.
        name: its name; the class's in snake case, made unique, by default.
        dtype: type of its variables; that of the first input by default.
        kwargs: `_scope` and `_reuse`, the variable scope to use and whether it has the variables already; see Keras'
            `Layer` for more.

    Raises:
        ValueError: `_scope` or `_reuse` in Keras' style (`keras_style_scope`).
    """

    _tracks_attributes = False
    _shared_by_copies = frozenset({"_graph", "_scope", "_always_reuse_variable_scope"})

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any):
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        self._keras_style = _style["keras"]
        for argument, value in (("scope", scope), ("reuse", self._reuse)):
            if self._keras_style and value is not None:
                raise ValueError(
                    f"{argument} argument not allowed when keras style layers are enabled, but saw: {value}"
                )
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._graph: Any = None
        self._scope: Any = None
        self._current_scope: Any = None
        self._takes_scope = "scope" in inspect.signature(self.call).parameters
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    def _set_name(self, name: Any) -> None:
        kind = snake_case(type(self).__name__)
        self._base_name: str = name.name if isinstance(name, VariableScope) else name or kind
        self._name = name if name and isinstance(name, str) else unique_name(kind)

    # ---------------------------------------------------------------- what it is

    @property
    def scope_name(self) -> str:
        """The name of its variable scope; ValueError before the first call."""
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been used '
                "yet. The scope name is determined the first time the layer instance is called. You must "
                "therefore call the layer before querying `scope_name`."
            )
        return self._scope.name  # type: ignore[no-any-return]

    @property
    def graph(self) -> Any:
        """The graph it was called in first."""
        return self._graph

    # ---------------------------------------------------------------- for subclasses

    def add_weight(  # type: ignore[override]
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        partitioner: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Makes (or, when reusing, finds) a variable of this layer.

        Args:
            name: its name below the layer's scope.
            shape: its shape.
            dtype: its type; the layer's, or float32, by default.
            initializer: as for `tf.get_variable`.
            regularizer: function of the variable that gives a loss.
            trainable: whether an optimizer may change it; True by default.
            constraint: function to apply after each update.
            use_resource: kind of variable.
            synchronization: ON_READ makes it not trainable.
            aggregation: accepted.
            partitioner: as for `tf.get_variable`.
            kwargs: `experimental_autocast`, which has no effect.

        Raises:
            ValueError: `trainable` with ON_READ.
            TypeError: another keyword.
        """
        unknown = [key for key in kwargs if key != "experimental_autocast"]
        if unknown:
            raise TypeError("Unknown keyword argument:", unknown[0])
        options: dict[str, Any] = {
            "dtype": as_dtype(dtype or self._dtype or "float32"),
            "initializer": initializer_of(initializer),
            "trainable": checked_trainable(trainable, synchronization) and self.trainable,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        if self._keras_style:
            return super().add_weight(name, shape, regularizer=regularizer, **options)
        self._set_scope(None)
        before = set(get_default_graph().get_collection_ref(GraphKeys.GLOBAL_VARIABLES))
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = get_variable(
                    name,
                    shape=shape,
                    partitioner=partitioner,
                    use_resource=use_resource or self._current_scope.use_resource,
                    **options,
                )
                parts = list(variable) if hasattr(variable, "_variable_list") else [variable]
                if not any(part in before for part in parts):
                    self._regularize(name, parts, regularizer)
        for part in parts:
            track_variable(part)
        trainable_ones = get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES)
        trains = options["trainable"] and variable in trainable_ones
        (self._trainable_weights if trains else self._non_trainable_weights).extend(parts)
        self._named_weights[name] = variable
        return variable

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds losses to the layer and to REGULARIZATION_LOSSES.

        Args:
            losses: a scalar tensor, a function without arguments that gives one or None, or a list of these.
            inputs: what they are computed from, for `get_losses_for`; None for nothing in particular.
        """
        tensors, functions = self._added_losses(losses, inputs)
        made = tensors + [function() for function in functions]
        _collect([loss for loss in made if loss is not None], GraphKeys.REGULARIZATION_LOSSES)

    # ---------------------------------------------------------------- calling

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Applies the layer; the first call makes its variables.

        Args:
            inputs: first argument of `call`: tensors, or what becomes tensors, in any structure.
            args: more arguments of `call`.
            kwargs: more arguments of `call`; `scope` is the variable scope for the variables.

        Raises:
            ValueError: the inputs do not fit, or `call` gives None.
        """
        self._take_graph([t for t in nest.flatten(inputs) if isinstance(t, Tensor)])
        scope = kwargs.pop("scope", None)
        if self._keras_style:
            if scope is not None:
                raise ValueError(f"scope argument not allowed when keras style layers are enabled, but saw: {scope}")
            return super().__call__(inputs, *args, **kwargs)
        self._set_scope(scope)
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            if self._takes_scope:
                kwargs["scope"] = scope
            outputs = super().__call__(inputs, *args, **kwargs)
        outermost_graph().get_collection_ref(GraphKeys.UPDATE_OPS)
        _collect(self.updates, GraphKeys.UPDATE_OPS)
        return outputs

    def _take_graph(self, tensors: list[Tensor]) -> None:
        graph: Any = tensors[0].graph if tensors else get_default_graph()
        while graph.building_function:
            graph = graph.outer_graph
        if self._graph is None:
            self._graph = graph
        elif self._graph is not graph:
            raise ValueError(f"Input graph and Layer graph are not the same: {graph} is not {self._graph}")

    def _set_scope(self, scope: Any) -> None:
        if self._scope is not None:
            return
        if self._reuse:
            with variable_scope(scope if scope is not None else self._base_name) as captured:
                self._scope = captured
        else:
            with variable_scope(scope, default_name=self._base_name) as captured:
                self._scope = captured

    def _name_scope(self) -> str:
        if self._keras_style:
            return self._name
        with variable_scope(self._scope, auxiliary_name_scope=False) as scope:
            return scope.original_name_scope  # type: ignore[no-any-return]


def _collect(items: list[Any], key: str) -> None:
    """Adds what a collection does not have yet."""
    collection = get_default_graph().get_collection_ref(key)
    present = {id(item) for item in collection}
    collection += [item for item in items if id(item) not in present]
