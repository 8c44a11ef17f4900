"""Keras' `Layer`: variables made at the first call, which the layer owns, and a record of what it was called with."""

from __future__ import annotations

import copy
import functools
import inspect
from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import PUBLIC, export_internal, tf_export
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.layers.call_context import call_context
from tfcompat.layers.connections import Connections, Node, is_keras_tensor
from tfcompat.layers.graph_state import fixed_learning_phase, snake_case, track_variable, unique_name
from tfcompat.layers.layer_losses import Losses, create_history
from tfcompat.layers.named import initializer_of
from tfcompat.ops.identity import identity
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.variable_base import Variable, VariableAggregation, VariableSynchronization
from tfcompat.training.module import Module

_FIRST_INPUT_KEYWORDS = {"input_dim", "input_shape", "batch_input_shape", "batch_size"}
_KEYWORDS = _FIRST_INPUT_KEYWORDS | {"weights", "activity_regularizer", "dynamic", "autocast", "experimental_autocast"}
_WEIGHT_KEYWORDS = {"experimental_autocast", "collections", "caching_device", "layout"}


@Module.register
@tf_export("keras.layers.Layer")
class Layer(Losses, Connections):
    """Base of layers: subclasses make variables in `build` with `add_weight` and compute in `call`.

    A layer called with what `tf.keras.Input` gave is a node of a model. Layers that are attributes of a layer, alone or
    in lists and dictionaries, are parts of it: their variables, losses, updates and metrics are its own too.

    Args:
        trainable: whether an optimizer may change its variables.
        name: its name; the class's in snake case, made unique, by default.
        dtype: type of its variables; that of the first input by default.
        dynamic: must be False: calls are recorded in graphs.
        kwargs: `input_shape` (without the batch), `input_dim`, `batch_input_shape` or `batch_size` of the first layer
            of a Sequential model; `weights`, initial values; `activity_regularizer`.

    Raises:
        TypeError: another keyword.
    """

    _TF_MODULE_IGNORED_PROPERTIES = frozenset({"_named_weights"})

    def __init__(
        self, trainable: bool = True, name: str | None = None, dtype: Any = None, dynamic: bool = False, **kwargs: Any
    ):
        for keyword in kwargs:
            if keyword not in _KEYWORDS:
                raise TypeError("Keyword argument not understood:", keyword)
        if dynamic:
            raise NotImplementedError("Layers with dynamic=True run eagerly, and there is no eager execution.")
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._named_weights: dict[str, Any] = {}
        self._trainable = trainable
        self._dtype = dtype_name(dtype)
        self.built = False
        self.stateful = False
        self.supports_masking = False
        self.input_spec: Any = None
        self._updates: list[Any] = []
        self._losses: list[Any] = []
        self._loss_functions: list[Any] = []
        self._metrics: list[Any] = []
        self._metrics_tensors: dict[str, Any] = {}
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []
        self._activity_regularizer: Any = kwargs.get("activity_regularizer")
        self._initial_weights: Any = kwargs.get("weights")
        if _FIRST_INPUT_KEYWORDS & kwargs.keys():
            self._take_input_shape(**kwargs)
        self._set_name(name)

    def _set_name(self, name: Any) -> None:
        self._name: str = name or unique_name(snake_case(type(self).__name__), zero_based=True)

    def _take_input_shape(
        self,
        input_shape: Any = None,
        input_dim: int | None = None,
        batch_input_shape: Any = None,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        if batch_input_shape is not None:
            self._batch_input_shape: Any = tuple(batch_input_shape)
        elif input_shape is not None or input_dim is not None:
            shape = (input_dim,) if input_shape is None else tuple(input_shape)
            self._batch_input_shape = (batch_size, *shape)

    # ---------------------------------------------------------------- what it is

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def dtype(self) -> str | None:
        """The name of the type of its variables; None until the first call where it was not given."""
        return self._dtype

    @property
    def compute_dtype(self) -> str | None:
        """The name of the type that it computes in."""
        return self._dtype

    @property
    def variable_dtype(self) -> str | None:
        """The name of the type of its variables."""
        return self._dtype

    @property
    def dynamic(self) -> bool:
        """False: its calls are recorded in graphs."""
        return False

    def count_params(self) -> int:
        """How many numbers its variables hold; ValueError before they are made."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You can build it "
                f"manually via: `{self.name}.build(batch_input_shape)`."
            )
        return sum(v.shape.num_elements() or 0 for v in self.weights)

    def get_config(self) -> dict[str, Any]:
        """Arguments with which `from_config` makes a layer like this one.

        Raises:
            NotImplementedError: a layer with arguments of its own has to tell them itself.
        """
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        if hasattr(self, "_batch_input_shape"):
            config["batch_input_shape"] = self._batch_input_shape
        config["dtype"] = self.dtype
        own = [p.name for p in inspect.signature(type(self)).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        if type(self).get_config is Layer.get_config and set(own) - {*config, "dynamic"}:
            raise NotImplementedError(
                f"Layers with arguments in `__init__` must override `get_config`; {type(self).__name__} has {own}."
            )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer with the arguments of `get_config`."""
        return cls(**config)

    # ---------------------------------------------------------------- values of variables

    def get_weights(self) -> list[Any]:
        """The values of `weights` as arrays, from Keras' session."""
        return PUBLIC["keras.backend.batch_get_value"](self.weights)  # type: ignore[no-any-return]

    def set_weights(self, weights: Any) -> None:
        """Sets the variables in Keras' session.

        Args:
            weights: an array for each of `weights`.

        Raises:
            ValueError: another number of them, or another shape.
        """
        variables = self.weights
        if len(weights) != len(variables):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a weight list of length '
                f"{len(weights)}, but the layer was expecting {len(variables)} weights. Provided weights: "
                f"{str(weights)[:50]}..."
            )
        for variable, value in zip(variables, weights, strict=True):
            if not variable.shape.is_compatible_with(np.shape(value)):
                raise ValueError(
                    f"Layer weight shape {variable.shape} not compatible with provided weight shape {np.shape(value)}"
                )
        if variables:
            PUBLIC["keras.backend.batch_set_value"](list(zip(variables, weights, strict=True)))

    # ---------------------------------------------------------------- for subclasses

    def build(self, input_shape: Any) -> None:
        """Makes the variables; overridden by layers that have any. `input_shape` is a TensorShape, or several."""
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Computes the outputs; `training` and `mask` are passed if they are among its arguments."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
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
        name: str | None = None,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        partitioner: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        **kwargs: Any,
    ) -> Any:
        """Makes a variable of this layer.

        Args:
            name: its name below the layer's scope.
            shape: its shape; a scalar by default.
            dtype: its type; the layer's, or Keras' `floatx`, by default.
            initializer: function or name of one; Glorot's uniform for floating-point types, zeros for integers.
            regularizer: function of the variable that gives a loss.
            trainable: whether an optimizer may change it; True by default.
            constraint: function to apply after each update.
            partitioner: must be None.
            use_resource: accepted; variables are resource variables.
            synchronization: ON_READ makes it not trainable.
            aggregation: accepted.
            kwargs: `collections` of the graph that it joins; `experimental_autocast`, `caching_device`, `layout`
                have no effect.

        Raises:
            ValueError: `trainable` with ON_READ; no initializer for a type without a default one.
            TypeError: another keyword.
        """
        for keyword in kwargs:
            if keyword not in _WEIGHT_KEYWORDS:
                raise TypeError("Unknown keyword argument:", keyword)
        type_ = as_dtype(dtype or self.dtype or PUBLIC["keras.backend.floatx"]())
        trainable = checked_trainable(trainable, synchronization)
        variable = ResourceVariable(
            initial_value(self._initializer_for(initializer, type_, name), () if shape is None else shape, type_),
            name=name,
            dtype=type_,
            trainable=trainable,
            constraint=constraint,
            synchronization=synchronization,
            aggregation=aggregation,
            collections=kwargs.get("collections"),
        )
        track_variable(variable)
        self._regularize(variable.op.name, [variable], regularizer)
        (self._trainable_weights if trainable else self._non_trainable_weights).append(variable)
        if name is not None:
            self._named_weights[name] = variable
        return variable

    def _initializer_for(self, initializer: Any, dtype: Any, name: str | None) -> Any:
        """`initializer` as a function, or the default one for `dtype`."""
        if isinstance(initializer, (str, dict)):
            return PUBLIC["keras.initializers.get"](initializer)
        if initializer is not None:
            return initializer
        if dtype.is_floating:
            return initializer_of("glorot_uniform")
        if dtype.is_integer or dtype.is_bool:
            return initializer_of("zeros")
        raise ValueError(f"An initializer for variable {name} of type {dtype} is required for layer {self.name}")

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """The same as `add_weight`. Deprecated."""
        return self.add_weight(*args, **kwargs)

    # ---------------------------------------------------------------- calling

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Applies the layer; the first call makes its variables.

        Args:
            inputs: first argument of `call`: tensors, or numbers and arrays, in any structure.
            args: more arguments of `call`.
            kwargs: more arguments of `call`. `training` is that of the layer around, where it is not given; `mask` is
                the mask that the inputs carry.

        Raises:
            ValueError: the inputs do not fit, or `call` gives None.
        """
        inputs = nest.map_structure(_as_tensor, inputs)
        takes = call_arguments(type(self).call if "call" not in vars(self) else self.call)
        given = dict(kwargs)
        if takes.was_given("mask", args, kwargs):
            masks = takes.value("mask", args, kwargs)
        else:
            masks = _masks_of(inputs)
            if masks is not None and takes.accepts("mask"):
                kwargs["mask"] = masks
        training = takes.value("training", args, kwargs)
        if training is None:
            training = fixed_learning_phase() if call_context.training is None else call_context.training
        if not takes.accepts("training"):
            kwargs.pop("training", None)
        elif not takes.was_given("training", args, kwargs) and training is not None:
            kwargs["training"] = training
        if not call_context.in_call and derived_from_keras_tensors((inputs, args, given)):
            create_history((inputs, args, given))
        with call_context.entered(self, inputs, training):
            return self._called(inputs, args, kwargs, given, masks)

    def _called(self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: Any, masks: Any) -> Any:
        tensors = [t for t in nest.flatten(inputs) if hasattr(t, "shape") and hasattr(t, "dtype")]
        with name_scope(self._name_scope()):
            self._check_inputs(tensors)
            if not self.built:
                self._build_for(inputs, tensors)
            outputs = self.call(inputs, *args, **kwargs)
            if outputs is None:
                raise ValueError(
                    "A layer's `call` method should return a Tensor or a list of Tensors, not None "
                    f"(layer: {self.name})."
                )
            if tensors and all(is_keras_tensor(t) for t in nest.flatten(inputs)):
                outputs = self._connected(inputs, args, given, outputs)
            self._regularize_activity(inputs, outputs)
            self._set_masks(inputs, outputs, masks)
        return outputs

    def apply(self, *args: Any, **kwargs: Any) -> Any:
        """Same as calling it."""
        return self(*args, **kwargs)

    def _name_scope(self) -> str:
        return self.name

    def _build_for(self, inputs: Any, tensors: list[Any]) -> None:
        if self._dtype is None and tensors:
            self._dtype = tensors[0].dtype.base_dtype.name
        self.build(_input_shapes(inputs))
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def _check_inputs(self, tensors: list[Any]) -> None:
        if self.input_spec is None:
            return
        specs = nest.flatten(self.input_spec)
        if len(specs) != len(tensors):
            raise ValueError(
                f"Layer {self.name} expects {len(specs)} inputs, but it received {len(tensors)} input tensors. Inputs "
                f"received: {tensors}"
            )
        for index, (spec, tensor) in enumerate(zip(specs, tensors, strict=True)):
            if spec is not None:
                spec.check(tensor, self.name, index)

    def _connected(self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> Any:
        """`outputs` with the history of this call; copies of those that are inputs."""
        taken = {id(t) for t in nest.flatten(inputs)}

        def own(output: Any) -> Any:
            if id(output) not in taken:
                return output
            with name_scope(self.name):
                return identity(output)

        outputs = nest.map_structure(own, outputs)
        Node(self, (inputs, *args), kwargs, outputs)
        return outputs

    def _set_masks(self, inputs: Any, outputs: Any, masks: Any) -> None:
        flat = nest.flatten(outputs)
        if all(getattr(output, "_keras_mask", None) is not None for output in flat):
            return
        computes = self.supports_masking or type(self).compute_mask is not Layer.compute_mask
        computed = self.compute_mask(inputs, masks) if computes else None
        found = [None] * len(flat) if computed is None else nest.flatten(computed)
        for output, mask in zip(flat, found, strict=False):
            if isinstance(output, (Tensor, CompositeTensor)):
                output._keras_mask = mask  # type: ignore[union-attr]

    def __deepcopy__(self, memo: dict[int, Any]) -> Layer:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        for key, value in self.__dict__.items():
            twin.__dict__[key] = value if key in self._shared_by_copies else copy.deepcopy(value, memo)
        return twin

    _shared_by_copies: frozenset[str] = frozenset()
    """Attributes that a deep copy has in common with the original."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class CallArguments:
    """What a `call` method takes besides the inputs."""

    def __init__(self, call: Any):
        parameters = list(inspect.signature(call).parameters.values())
        if inspect.isfunction(call):
            parameters = parameters[1:]
        self.names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        self.positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD][1:]
        self.takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)

    def accepts(self, name: str) -> bool:
        """Whether `name` can be passed by keyword."""
        return self.takes_any or name in self.names

    def was_given(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a call with these arguments passes `name`."""
        return name in kwargs or name in self.positional[: len(args)]

    def value(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The value that a call with these arguments passes for `name`; None without one."""
        if name in kwargs:
            return kwargs[name]
        place = self.positional.index(name) if name in self.positional else len(args)
        return args[place] if place < len(args) else None


@functools.lru_cache(maxsize=1024)
def call_arguments(call: Any) -> CallArguments:
    """What `call`, a method or the function of one, takes."""
    return CallArguments(call)


def dtype_name(dtype: Any) -> str | None:
    """The name of a type or of a dtype policy; None for None and for policies that infer it."""
    name = getattr(dtype, "name", dtype)
    return None if name is None or str(name).startswith(("infer", "_infer")) else as_dtype(name).name


def checked_trainable(trainable: bool | None, synchronization: Any) -> bool:
    """Whether a variable is trainable; ValueError for one that is only gathered when it is read."""
    if synchronization == VariableSynchronization.ON_READ:
        if trainable:
            raise ValueError(
                "Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable "
                "variables. You have specified trainable=True and "
                "synchronization=VariableSynchronization.ON_READ."
            )
        return False
    return trainable is None or trainable


def initial_value(initializer: Any, shape: Any, dtype: Any) -> Any:
    """What a variable takes as its initial value: a function that calls the initializer."""
    made = initializer() if isinstance(initializer, type) else initializer
    return (lambda: made(TensorShape(shape).as_list(), dtype=dtype)) if callable(made) else made


def _as_tensor(value: Any) -> Any:
    if value is None or isinstance(value, (Tensor, Variable, CompositeTensor)) or hasattr(value, "dense_shape"):
        return value
    return convert_to_tensor(value)


def _input_shapes(inputs: Any) -> Any:
    return nest.map_structure(lambda t: getattr(t, "shape", None), inputs)


def _masks_of(inputs: Any) -> Any:
    masks = nest.map_structure(lambda t: getattr(t, "_keras_mask", None), inputs)
    return None if all(mask is None for mask in nest.flatten(masks)) else masks


def derived_from_keras_tensors(structure: Any) -> bool:
    """Whether a tensor in `structure` was computed from Keras tensors by operations that are not layers yet."""
    waiting = [t for t in nest.flatten(structure) if isinstance(t, Tensor) and not is_keras_tensor(t)]
    seen: dict[int, Any] = {}
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen or getattr(tensor, "_keras_history_checked", False):
            continue
        if any(is_keras_tensor(t) for t in tensor.op.inputs):
            return True
        seen[id(tensor)] = tensor
        waiting += tensor.op.inputs
    for tensor in seen.values():
        tensor._keras_history_checked = True
    return False


export_internal("python.keras.engine.base_layer.Layer", Layer)
