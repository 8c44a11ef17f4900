"""`Layer`: variables made at the first call in a variable scope of the layer's own, and reused by later calls."""

from __future__ import annotations

import copy
import re
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope, outermost_graph
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.variable_base import VariableAggregation, VariableSynchronization
from tfcompat.ops.variable_scope import get_variable, variable_scope


@tf_export("layers.InputSpec", "keras.layers.InputSpec")
class InputSpec:
    """What a layer expects of an input: type, shape, rank (`ndim`, `min_ndim`, `max_ndim`), sizes of some axes."""

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, Any] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
    ):
        self.dtype = None if dtype is None else as_dtype(dtype).name
        self.shape = None if shape is None else tuple(TensorShape(shape).as_list())
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(k): axes[k] for k in axes} if axes else {}
        self.allow_last_axis_squeeze, self.name = allow_last_axis_squeeze, name

    def check(self, tensor: Tensor, layer: str, index: int) -> None:
        """Raises ValueError when `tensor`, input `index` of `layer`, does not fit."""
        prefix = f"Input {index} of layer {layer} is incompatible with the layer: "
        rank = tensor.shape.rank
        if rank is None:
            if self.ndim is not None or self.min_ndim is not None or self.max_ndim is not None:
                raise ValueError(f"{prefix}its rank is undefined, but the layer requires a defined rank.")
            return
        if self.ndim is not None and rank != self.ndim:
            raise ValueError(
                f"{prefix}expected ndim={self.ndim}, found ndim={rank}. Full shape received: {tensor.shape}"
            )
        if self.max_ndim is not None and rank > self.max_ndim:
            raise ValueError(f"{prefix}expected max_ndim={self.max_ndim}, found ndim={rank}")
        if self.min_ndim is not None and rank < self.min_ndim:
            raise ValueError(
                f"{prefix}: expected min_ndim={self.min_ndim}, found ndim={rank}. Full shape received: {tensor.shape}"
            )
        if self.dtype is not None and tensor.dtype.base_dtype.name != self.dtype:
            raise ValueError(f"{prefix}expected dtype={self.dtype}, found dtype={tensor.dtype.base_dtype.name}")
        if self.shape is not None and not tensor.shape.is_compatible_with(list(self.shape)):
            raise ValueError(f"{prefix}expected shape={self.shape}, found shape={tensor.shape}")
        for axis, size in self.axes.items():
            found = tensor.shape.as_list()[axis]
            if size is not None and found not in (size, None):
                raise ValueError(
                    f"{prefix}expected axis {axis} of input shape to have value {size} but received input "
                    f"with shape {tensor.shape}"
                )


def snake_case(name: str) -> str:
    """`MaxPooling2D` -> `max_pooling2d`."""
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()


@tf_export("layers.Layer", "keras.layers.Layer")
class Layer:
    """Base of layers: subclasses make variables in `build` and compute in `call`.

    Args:
        trainable: whether its variables join TRAINABLE_VARIABLES.
        name: its name; the class's in snake case, made unique, by default.
        dtype: type of its variables; that of the first input by default.
        kwargs: `_scope` and `_reuse`, the variable scope to use and whether it has the variables already.
    """

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any):
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        self._activity_regularizer: Any = kwargs.pop("activity_regularizer", None)
        kwargs.pop("input_shape", None)
        kwargs.pop("batch_input_shape", None)
        if kwargs:
            raise TypeError(f"Keyword argument not understood: {', '.join(sorted(kwargs))}")
        self._base_name = name or snake_case(type(self).__name__)
        self._given_name = name
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
        self._calls: list[tuple[Any, Any]] = []
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    # ---------------------------------------------------------------- what it is

    @property
    def name(self) -> str:
        """Its name."""
        return self._base_name if self._scope is None else self._scope.name.rpartition("/")[2]

    @property
    def scope_name(self) -> str:
        """The name of its variable scope; ValueError before the first call."""
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._base_name}" has not been used '
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
        """The update operations that its calls made."""
        return list(self._updates)

    @property
    def losses(self) -> list[Any]:
        """The losses of its regularizers."""
        return list(self._losses)

    @property
    def input(self) -> Any:
        """The input of its only call; AttributeError when there is not exactly one."""
        return self._only_call()[0]

    @property
    def output(self) -> Any:
        """The output of its only call."""
        return self._only_call()[1]

    def _only_call(self) -> tuple[Any, Any]:
        if len(self._calls) != 1:
            raise AttributeError(
                f"Layer {self.name} has {len(self._calls)} calls; its input and output are those of one."
            )
        return self._calls[0]

    def count_params(self) -> int:
        """How many numbers its variables hold; ValueError before they are made."""
        if not self.built:
            raise ValueError(f"You tried to call `count_params` on layer {self.name}, but the layer isn't built.")
        return sum(v.shape.num_elements() or 0 for v in self.weights)

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """Its losses (all are of no particular input)."""
        return self.losses

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Its updates."""
        return self.updates

    # ---------------------------------------------------------------- for subclasses

    def build(self, input_shape: Any) -> None:
        """Makes the variables; overridden by layers that have any."""
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """Computes the outputs."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs for inputs of `input_shape`."""
        raise NotImplementedError(f"{type(self).__name__} does not tell the shape of its outputs beforehand.")

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
            synchronization: accepted.
            aggregation: accepted.
            partitioner: as for `tf.get_variable`.
            kwargs: accepted.
        """
        if synchronization == VariableSynchronization.ON_READ:
            if trainable:
                raise ValueError(
                    "Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable "
                    "variables. You have specified trainable=True and "
                    "synchronization=VariableSynchronization.ON_READ."
                )
            trainable = False
        trainable = True if trainable is None else trainable
        self._set_scope(None)
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = self._weight(
                    name,
                    shape,
                    as_dtype(dtype or self._dtype or "float32"),
                    initializer,
                    regularizer,
                    trainable,
                    constraint,
                    use_resource,
                    synchronization,
                    aggregation,
                    partitioner,
                )
        trains = getattr(variable, "trainable", trainable)
        (self._trainable_weights if trains else self._non_trainable_weights).append(variable)
        self._named_weights[name] = variable
        return variable

    def _weight(
        self,
        name: str,
        shape: Any,
        dtype: Any,
        initializer: Any,
        regularizer: Any,
        trainable: bool,
        constraint: Any,
        use_resource: bool | None,
        synchronization: Any,
        aggregation: Any,
        partitioner: Any,
    ) -> Any:
        """The variable of `add_weight`, in the layer's scope; a new one is regularized."""
        graph = get_default_graph()
        present = set(graph.get_collection_ref(GraphKeys.GLOBAL_VARIABLES))
        variable = get_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=None,
            trainable=trainable and self.trainable,
            constraint=constraint,
            partitioner=partitioner,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )
        parts = list(variable) if hasattr(variable, "_variable_list") else [variable]
        regularizer = regularizer or self._current_scope.regularizer
        if regularizer is not None and not all(p in present for p in parts):
            self._regularize(name, parts, regularizer)
        return variable

    add_variable = add_weight

    def _regularize(self, name: str, parts: list[Any], regularizer: Any) -> None:
        for part in parts:
            with get_default_graph().colocate_with(part.op), name_scope(f"{name}/Regularizer"):
                loss = regularizer(part)
            if loss is not None:
                self.add_loss(loss)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds loss tensors to the layer and to REGULARIZATION_LOSSES."""
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            loss = loss() if callable(loss) else loss
            self._losses.append(loss)
            get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds operations to run with every step, to the layer and to UPDATE_OPS."""
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            if update is None:
                continue
            op = update if isinstance(update, Operation) else getattr(update, "op", update)
            self._updates.append(op)
            if op not in get_default_graph().get_collection_ref(GraphKeys.UPDATE_OPS):
                get_default_graph().add_to_collection(GraphKeys.UPDATE_OPS, op)

    # ---------------------------------------------------------------- calling

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Applies the layer; the first call makes its variables."""
        inputs = nest.map_structure(_as_tensor, inputs)
        tensors = [t for t in nest.flatten(inputs) if isinstance(t, Tensor)]
        self._take_graph(tensors)
        self._set_scope(kwargs.pop("scope", None))
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                if not self.built:
                    if self._dtype is None and tensors:
                        self._dtype = tensors[0].dtype.base_dtype.name
                    self._check_inputs(tensors)
                    self.build(self._input_shapes(inputs))
                    self.built = True
                self._check_inputs(tensors)
                outputs = self.call(inputs, *args, **kwargs)
                self._regularize_activity(outputs)
        self._calls.append((inputs, outputs))
        outermost_graph().get_collection_ref(GraphKeys.UPDATE_OPS)
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

    def _regularize_activity(self, outputs: Any) -> None:
        if self._activity_regularizer is not None:
            with name_scope("ActivityRegularizer"):
                for output in nest.flatten(outputs):
                    self.add_loss(self._activity_regularizer(output))

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
