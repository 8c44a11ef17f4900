"""`Layer`: variables made at the first call in a variable scope of the layer's own, and reused by later calls."""

from __future__ import annotations

import contextlib
import copy
import inspect
import re
import weakref
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope, outermost_graph
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.layers.connections import Connections
from tfcompat.layers.input_spec import InputSpec as InputSpec
from tfcompat.layers.named import initializer_of
from tfcompat.ops.array import shape as tensor_shape
from tfcompat.ops.cast import cast
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.variable_base import VariableAggregation, VariableSynchronization
from tfcompat.ops.variable_scope import VariableScope, get_variable, variable_scope

_names_taken: weakref.WeakKeyDictionary[Any, Counter[str]] = weakref.WeakKeyDictionary()
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


def snake_case(name: str) -> str:
    """`MaxPooling2D` -> `max_pooling2d`."""
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()


def _unique(name: str) -> str:
    """`name` and a number that no layer of the graph has yet."""
    taken = _names_taken.setdefault(get_default_graph(), Counter())
    taken[name] += 1
    return f"{name}_{taken[name]}"


@tf_export("layers.Layer", "keras.layers.Layer")
class Layer(Connections):
    """Base of layers: subclasses make variables in `build` and compute in `call`.

    Args:
        trainable: whether its variables join TRAINABLE_VARIABLES.
        name: its name; the class's in snake case, made unique, by default.
        dtype: type of its variables; that of the first input by default.
        kwargs: `_scope` and `_reuse`, the variable scope to use and whether it has the variables already.

    Raises:
        ValueError: `_scope` or `_reuse` in Keras' style (`keras_style_scope`).
    """

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any):
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        self._activity_regularizer: Any = kwargs.pop("activity_regularizer", None)
        kwargs.pop("input_shape", None)
        kwargs.pop("batch_input_shape", None)
        if kwargs:
            raise TypeError(f"Keyword argument not understood: {', '.join(sorted(kwargs))}")
        self._keras_style = _style["keras"]
        for argument, value in (("scope", scope), ("reuse", self._reuse)):
            if self._keras_style and value is not None:
                raise ValueError(
                    f"{argument} argument not allowed when keras style layers are enabled, but saw: {value}"
                )
        self._base_name: str
        if isinstance(name, VariableScope):
            self._base_name, self._name = name.name, _unique(snake_case(type(self).__name__))
        elif name:
            self._base_name = self._name = name
        else:
            self._base_name = snake_case(type(self).__name__)
            self._name = _unique(self._base_name)
        self.trainable = trainable
        self._dtype = None if dtype is None else as_dtype(dtype).name
        self.built = False
        self.stateful = False
        self.supports_masking = False
        self.input_spec: Any = None
        self._graph: Any = None
        self._scope: Any = None
        self._current_scope: Any = None
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._named_weights: dict[str, Any] = {}
        self._updates: list[Any] = []
        self._losses: list[Any] = []
        self._loss_functions: list[Any] = []
        self._made_for: dict[int, Any] = {}
        self._inputs: Any = None
        self._calls: list[tuple[Any, Any]] = []
        self._takes_scope = "scope" in inspect.signature(self.call).parameters
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    # ---------------------------------------------------------------- what it is

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

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

    @property
    def dtype(self) -> str | None:
        """The name of the type of its variables."""
        return self._dtype

    @property
    def trainable_weights(self) -> list[Any]:
        """Its trainable variables; none when it is not trainable."""
        return list(self._trainable_weights) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Its other variables."""
        return (
            list(self._non_trainable_weights)
            if self.trainable
            else self._trainable_weights + self._non_trainable_weights
        )

    @property
    def weights(self) -> list[Any]:
        """All its variables, trainable ones first."""
        return self.trainable_weights + self.non_trainable_weights

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights
    variables = weights

    @property
    def updates(self) -> list[Any]:
        """The update operations that its calls made; none when it is not trainable."""
        return list(self._updates) if self.trainable or self.stateful else []

    @property
    def losses(self) -> list[Any]:
        """The losses added to it; those of regularizers and other functions are computed anew."""
        made = [function() for function in self._loss_functions]
        return self._losses + [loss for loss in made if loss is not None]

    @property
    def activity_regularizer(self) -> Any:
        """Function of each output that gives a loss, which is divided by the batch size; None for none."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    def count_params(self) -> int:
        """How many numbers its variables hold; ValueError before they are made."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You can build it "
                f"manually via: `{self.name}.build(batch_input_shape)`."
            )
        return sum(v.shape.num_elements() or 0 for v in self.weights)

    @property
    def metrics(self) -> list[Any]:
        """None of them: metrics of layers belong to Keras' models."""
        return []

    def get_weights(self) -> list[Any]:
        """The values of its variables in the default session; RuntimeError without one."""
        return self._session().run(self.weights) if self.weights else []

    def set_weights(self, weights: Any) -> None:
        """Sets the variables in the default session.

        Args:
            weights: an array for each of `weights`.

        Raises:
            ValueError: another number of them, or another shape.
            RuntimeError: there is no default session.
        """
        if len(weights) != len(self.weights):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a weight list of length '
                f"{len(weights)}, but the layer was expecting {len(self.weights)} weights."
            )
        for variable, value in zip(self.weights, weights, strict=True):
            if not variable.shape.is_compatible_with(np.shape(value)):
                raise ValueError(
                    f"Layer weight shape {variable.shape} not compatible with provided weight shape {np.shape(value)}"
                )
        for variable, value in zip(self.weights, weights, strict=True):
            variable.load(value, self._session())

    def _session(self) -> Any:
        session = PUBLIC["get_default_session"]()
        if session is None:
            raise RuntimeError(f"The values of layer {self.name} are those of a session, and there is no default one.")
        return session

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """Its losses that are computed from `inputs`; for None those that were added without inputs."""
        losses = self.losses
        if inputs is None:
            return [loss for loss in losses if id(loss) not in self._made_for]
        return [loss for loss in losses if id(loss) in self._made_for and _reaches(inputs, loss)]

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Its updates that are computed from `inputs`; for None those that no input of a call matters to."""
        conditional = [update for update in self.updates if _reaches(self._made_for.get(id(update)), update)]
        if inputs is None:
            return [update for update in self.updates if update not in conditional]
        return [update for update in conditional if _reaches(inputs, update)]

    def get_config(self) -> dict[str, Any]:
        """Arguments with which `from_config` makes a layer like this one; functions and initializers as they are.

        Raises:
            NotImplementedError: a layer with arguments of its own has to tell them itself.
        """
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        own = [p.name for p in inspect.signature(type(self)).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        own = [name for name in own if name not in config]
        if own and not type(self).__module__.startswith("tfcompat.layers."):
            raise NotImplementedError(
                f"Layer {type(self).__name__} has arguments in `__init__`, {own}, and therefore must override "
                "`get_config`."
            )
        return {**config, **{name: getattr(self, name) for name in own}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer with the arguments of `get_config`."""
        return cls(**config)

    # ---------------------------------------------------------------- for subclasses

    def build(self, input_shape: Any) -> None:
        """Makes the variables; overridden by layers that have any."""
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Computes the outputs."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs for inputs of `input_shape`."""
        raise NotImplementedError(f"{type(self).__name__} does not tell the shape of its outputs beforehand.")

    def compute_output_signature(self, input_signature: Any) -> Any:
        """The specs of the outputs for inputs of these specs; TypeError for what is no TensorSpec."""
        specs = nest.flatten(input_signature)
        for spec in specs:
            if not isinstance(spec, TensorSpec):
                raise TypeError(f"Only TensorSpec signature types are supported. Received: {spec}")
        shapes = self.compute_output_shape(nest.map_structure(lambda spec: spec.shape, input_signature))
        dtype = self._dtype or specs[0].dtype
        return nest.map_structure(lambda shape: TensorSpec(shape, dtype), shapes)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """`mask`; TypeError for one that the layer does not support."""
        if not self.supports_masking and any(m is not None for m in nest.flatten(mask)):
            raise TypeError(f"Layer {self.name} does not support masking, but was passed an input_mask: {mask}")
        return mask if self.supports_masking else None

    def add_weight(
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
        if synchronization == VariableSynchronization.ON_READ:
            if trainable:
                raise ValueError(
                    "Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable "
                    "variables. You have specified trainable=True and "
                    "synchronization=VariableSynchronization.ON_READ."
                )
            trainable = False
        trainable = (trainable is None or trainable) and self.trainable
        initializer = initializer_of(initializer)
        options = {
            "trainable": trainable,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        dtype = as_dtype(dtype or self._dtype or "float32")
        if self._keras_style:
            variable = ResourceVariable(
                _initial_value(initializer or initializer_of("glorot_uniform"), shape, dtype),
                name=name,
                dtype=dtype,
                **options,
            )
            self._regularize(variable.op.name, [variable], regularizer)
            (self._trainable_weights if trainable else self._non_trainable_weights).append(variable)
            self._named_weights[name] = variable
            return variable
        self._set_scope(None)
        before = set(get_default_graph().get_collection_ref(GraphKeys.GLOBAL_VARIABLES))
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = get_variable(
                    name,
                    shape=shape,
                    dtype=dtype,
                    initializer=initializer,
                    partitioner=partitioner,
                    use_resource=use_resource or self._current_scope.use_resource,
                    **options,
                )
                parts = list(variable) if hasattr(variable, "_variable_list") else [variable]
                if not any(part in before for part in parts):
                    self._regularize(name, parts, regularizer)
        trains = trainable and variable in get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES)
        (self._trainable_weights if trains else self._non_trainable_weights).extend(parts)
        self._named_weights[name] = variable
        return variable

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """The same as `add_weight`. Deprecated."""
        return self.add_weight(*args, **kwargs)

    def _regularize(self, name: str, parts: list[Any], regularizer: Any) -> None:
        def loss_of(part: Any) -> Any:
            with name_scope(name + "/Regularizer"):
                return regularizer(part)

        if regularizer:
            for part in parts:
                self.add_loss(lambda part=part: loss_of(part))

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds losses to the layer and to REGULARIZATION_LOSSES.

        Args:
            losses: a scalar tensor, a function without arguments that gives one or None, or a list of these.
            inputs: what they are computed from, for `get_losses_for`; None for nothing in particular.
        """
        given = [loss for loss in nest.flatten(losses) if loss is not None]
        functions = [loss for loss in given if callable(loss)]
        tensors = [convert_to_tensor(loss) for loss in given if not callable(loss)]
        self._losses += tensors
        if inputs is not None:
            self._made_for.update((id(loss), inputs) for loss in tensors)
        self._loss_functions += functions
        made = tensors + [function() for function in functions]
        _collect([loss for loss in made if loss is not None], GraphKeys.REGULARIZATION_LOSSES)

    def add_update(self, updates: Any) -> None:
        """Adds operations to run with every step to the layer; at the end of a call all of them join UPDATE_OPS.

        Args:
            updates: an operation, a tensor, a function without arguments that gives one, or a list of these.
        """
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            update = update() if callable(update) else update
            if update is not None:
                made = update if isinstance(update, Operation) else getattr(update, "op", update)
                self._updates.append(made)
                self._made_for[id(made)] = self._inputs

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
        inputs = nest.map_structure(_as_tensor, inputs)
        tensors = [t for t in nest.flatten(inputs) if isinstance(t, Tensor)]
        self._take_graph(tensors)
        scope = kwargs.pop("scope", None)
        if self._keras_style:
            if scope is not None:
                raise ValueError(f"scope argument not allowed when keras style layers are enabled, but saw: {scope}")
            return self._called(inputs, tensors, args, kwargs)
        self._set_scope(scope)
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            if self._takes_scope:
                kwargs["scope"] = scope
            outputs = self._called(inputs, tensors, args, kwargs)
        outermost_graph().get_collection_ref(GraphKeys.UPDATE_OPS)
        _collect(self.updates, GraphKeys.UPDATE_OPS)
        return outputs

    def _called(self, inputs: Any, tensors: list[Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with name_scope(self._name_scope()):
            if not self.built:
                if self._dtype is None and tensors:
                    self._dtype = tensors[0].dtype.base_dtype.name
                self._check_inputs(tensors)
                self.build(self._input_shapes(inputs))
                self.built = True
            self._check_inputs(tensors)
            self._inputs = inputs
            outputs = self.call(inputs, *args, **kwargs)
            self._inputs = None
            if outputs is None:
                raise ValueError(
                    "A layer's `call` method should return a Tensor or a list of Tensors, not None "
                    f"(layer: {self.name})."
                )
            self._regularize_activity(inputs, outputs)
        self._calls.append((inputs, outputs))
        return outputs

    def apply(self, *args: Any, **kwargs: Any) -> Any:
        """Same as calling it."""
        return self(*args, **kwargs)

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

    def _check_inputs(self, tensors: list[Tensor]) -> None:
        specs = self.input_spec
        if specs is None:
            return
        specs = specs if isinstance(specs, (list, tuple)) else [specs] * len(tensors)
        for index, (spec, tensor) in enumerate(zip(specs, tensors, strict=False)):
            if spec is not None:
                spec.check(tensor, self.name, index)

    @staticmethod
    def _input_shapes(inputs: Any) -> Any:
        return (
            inputs.shape
            if isinstance(inputs, Tensor)
            else nest.map_structure(lambda t: getattr(t, "shape", None), inputs)
        )

    def _regularize_activity(self, inputs: Any, outputs: Any) -> None:
        if self._activity_regularizer is not None:
            with name_scope("ActivityRegularizer"):
                for output in nest.flatten(outputs):
                    loss = self._activity_regularizer(output)
                    self.add_loss(loss / cast(tensor_shape(output)[0], loss.dtype), inputs)  # type: ignore[index]

    def __deepcopy__(self, memo: dict[int, Any]) -> Layer:
        shared = {"_graph", "_scope", "_always_reuse_variable_scope"}
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        for key, value in self.__dict__.items():
            setattr(twin, key, value if key in shared else copy.deepcopy(value, memo))
        return twin

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _as_tensor(value: Any) -> Any:
    if isinstance(value, Tensor) or hasattr(value, "dense_shape") or value is None:
        return value
    return convert_to_tensor(value)


def _initial_value(initializer: Any, shape: Any, dtype: Any) -> Any:
    """What a variable takes as its initial value: a function that calls the initializer."""
    made = initializer() if isinstance(initializer, type) else initializer
    return (lambda: made(TensorShape(shape).as_list(), dtype=dtype)) if callable(made) else made


def _reaches(tensors: Any, item: Any) -> bool:
    """Whether `item`, a tensor or an operation, is computed from one of `tensors`."""
    sources = {t.op for t in nest.flatten(tensors) if isinstance(t, Tensor)}
    waiting, seen = [item if isinstance(item, Operation) else item.op], set()
    while waiting and sources:
        op = waiting.pop()
        if op in sources:
            return True
        if op not in seen:
            seen.add(op)
            waiting += [t.op for t in op.inputs] + list(op.control_inputs)
    return False


def _collect(items: list[Any], key: str) -> None:
    """Adds what a collection does not have yet."""
    collection = get_default_graph().get_collection_ref(key)
    present = {id(item) for item in collection}
    collection += [item for item in items if id(item) not in present]
