"""Reference variables (`VariableV2`), the default kind."""

from __future__ import annotations

import contextlib
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor, register_tensor_conversion_function
from tfcompat.graph.default import device, get_default_graph, name_scope
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, as_shape
from tfcompat.ops import raw_ops, state, variable_defs
from tfcompat.ops.variable_base import (
    Variable,
    VariableAggregation,
    VariableSynchronization,
    check_arguments,
    initializer_scope,
    resolved_trainable,
)
from tfcompat.ops.variable_dependencies import guarded_initial_value


class RefVariable(Variable):
    """A variable whose reads are one operation, made with it; see `tf.Variable` for the arguments."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ):
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._from_message(variable_def, import_scope)
            return
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        collections = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
        check_arguments(collections, constraint)
        self._trainable = resolved_trainable(trainable, synchronization, aggregation, name)
        self._constraint = constraint
        self._synchronization = synchronization or VariableSynchronization.AUTO
        self._aggregation = aggregation or VariableAggregation.NONE
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        declared = None if shape is None else as_shape(shape)
        with init_scope():
            scope_values = [] if callable(initial_value) else [initial_value]
            with name_scope(name, "Variable", scope_values) as scope:
                self._make(
                    initial_value,
                    None if dtype is None else as_dtype(dtype),
                    declared,
                    validate_shape,
                    caching_device,
                    scope,
                )
            get_default_graph().add_to_collections(collections, self)

    def _make(
        self,
        initial_value: Any,
        dtype: Any,
        shape: TensorShape | None,
        validate_shape: bool,
        caching_device: Any,
        scope: str,
    ) -> None:
        graph = get_default_graph()
        with initializer_scope(scope[:-1]) if callable(initial_value) else contextlib.nullcontext():
            value = _initial_tensor(initial_value, dtype)
            self._initial_value: Any = value
            if not callable(initial_value):
                self._make_node(value, shape, validate_shape, scope)
        if callable(initial_value):
            with graph._attr_scope_with({"_class": [b"loc:@" + scope[:-1].encode()]}):
                self._make_node(value, shape, validate_shape, scope)
        if validate_shape and not value.shape.is_fully_defined() and shape is None:
            raise ValueError(f"initial_value must have a shape specified: {value}")
        guarded = guarded_initial_value(self._variable.op.name, value)
        self._initializer_op = raw_ops.Assign(
            ref=self._variable, value=guarded, validate_shape=validate_shape, name="Assign"
        ).op
        with device(caching_device) if caching_device is not None else graph.colocate_with(self._variable.op):
            self._snapshot = raw_ops.Identity(input=self._variable, name="read")

    def _make_node(self, value: Tensor, shape: TensorShape | None, validate_shape: bool, scope: str) -> None:
        if shape is None:
            shape = value.shape if validate_shape else UNKNOWN
        self._variable = raw_ops.VariableV2(shape=shape, dtype=value.dtype.base_dtype, name=scope)

    def _from_message(self, message: Any, import_scope: str | None) -> None:
        graph = get_default_graph()
        self._variable = variable_defs.element(graph, message.variable_name, import_scope)
        self._initializer_op = variable_defs.element(graph, message.initializer_name, import_scope)
        self._initial_value = (
            variable_defs.element(graph, message.initial_value_name, import_scope)
            if message.initial_value_name
            else None
        )
        self._snapshot = variable_defs.element(graph, message.snapshot_name, import_scope)
        variable_defs.take_modes(self, message, import_scope)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This variable as a `VariableDef` message; None when it lies outside `export_scope`."""
        return variable_defs.to_message(self, self._variable.name, self._snapshot.name, False, export_scope)

    # ---------------------------------------------------------------- properties

    @property
    def name(self) -> str:
        """Its name, such as `w:0`."""
        return self._variable.name  # type: ignore[no-any-return]

    @property
    def op(self) -> Any:
        """The `VariableV2` operation."""
        return self._variable.op

    @property
    def dtype(self) -> Any:
        """Its type, a reference type."""
        return self._variable.dtype

    @property
    def shape(self) -> TensorShape:
        """What is known of its shape."""
        return self._variable.shape  # type: ignore[no-any-return]

    @property
    def initial_value(self) -> Any:
        """The tensor that the initializer assigns."""
        return self._initial_value

    @property
    def initializer(self) -> Any:
        """The operation that assigns the initial value."""
        return self._initializer_op

    def set_shape(self, shape: Any) -> None:
        """Adds knowledge about the shape."""
        self._ref().set_shape(shape)
        self.value().set_shape(shape)

    def _ref(self) -> Any:
        return self._variable

    def _as_graph_element(self) -> Any:
        return self._variable

    # ---------------------------------------------------------------- reads

    def value(self) -> Any:
        """A tensor with its value, always the same operation."""
        return self._snapshot

    def read_value(self) -> Any:
        """A new read, ordered by the control dependencies around it."""
        return raw_ops.Identity(input=self._variable, name="read")

    def _eval_tensor(self) -> Any:
        return self._variable

    # ---------------------------------------------------------------- writes

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Assigns `value`; gives a reference to the new value, or the operation when `read_value` is False."""
        result = state.assign(self._variable, value, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Adds `delta`; gives a reference to the new value, or the operation when `read_value` is False."""
        result = state.assign_add(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtracts `delta`; gives a reference to the new value, or the operation when `read_value` is False."""
        result = state.assign_sub(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def count_up_to(self, limit: int) -> Any:
        """Adds 1 unless that would pass `limit`; gives the value before."""
        return state.count_up_to(self._variable, limit=limit)

    def batch_scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Assigns slices along the last dimension of the indices, batch by batch."""
        return state.batch_scatter_update(self, sparse_delta.indices, sparse_delta.values, use_locking, name)

    def _strided_slice_assign(self, **arguments: Any) -> Any:
        return raw_ops.StridedSliceAssign(ref=self._variable, **arguments)


def _initial_tensor(initial_value: Any, dtype: Any) -> Tensor:
    value = initial_value() if callable(initial_value) else initial_value
    return convert_to_tensor(value, dtype, name="initial_value")


def _scatter_method(kind: str) -> Any:
    def method(self: RefVariable, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        recorder = getattr(raw_ops, "Scatter" + kind)
        return recorder(
            ref=self._variable,
            indices=sparse_delta.indices,
            updates=sparse_delta.values,
            use_locking=use_locking,
            name=name,
        )

    method.__name__ = f"scatter_{kind.lower()}"
    method.__doc__ = f"Scatter{kind} of `sparse_delta`, IndexedSlices; gives a reference to the new value."
    return method


def _scatter_nd_method(kind: str) -> Any:
    def method(self: RefVariable, indices: Any, updates: Any, name: str | None = None) -> Any:
        recorder = getattr(raw_ops, "ScatterNd" + kind)
        return recorder(ref=self._variable, indices=indices, updates=updates, use_locking=True, name=name)

    method.__name__ = f"scatter_nd_{kind.lower()}"
    method.__doc__ = f"ScatterNd{kind} of `updates` at `indices`; gives a reference to the new value."
    return method


for _kind in state.SCATTER_KINDS:
    setattr(RefVariable, f"scatter_{_kind.lower()}", _scatter_method(_kind))
for _kind in state.SCATTER_ND_KINDS:
    setattr(RefVariable, f"scatter_nd_{_kind.lower()}", _scatter_nd_method(_kind))


def _to_tensor(variable: RefVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if dtype is not None and not as_dtype(dtype).is_compatible_with(variable.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{as_dtype(dtype).name}' for variable of "
            f"type '{variable.dtype.name}'"
        )
    return variable._ref() if as_ref else variable.value()


register_tensor_conversion_function(RefVariable, _to_tensor)
