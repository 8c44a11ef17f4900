"""Resource variables (`VarHandleOp`): a handle, and a new read for each use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor, register_tensor_conversion_function
from tfcompat.graph.default import device, get_default_graph, name_scope
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.handles import handle_type
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor_shape import TensorShape, as_shape
from tfcompat.graph.variable_watch import variable_read
from tfcompat.ops import array, concat, raw_ops, state, variable_defs
from tfcompat.ops.handle_shape import shape_of_variable
from tfcompat.ops.variable_base import (
    Variable,
    VariableAggregation,
    VariableSynchronization,
    check_arguments,
    initializer_scope,
    resolved_trainable,
)
from tfcompat.ops.variable_dependencies import guarded_initial_value


class ResourceVariable(Variable):
    """A variable whose every use reads anew, where control dependencies put it; see `tf.Variable` for the arguments."""

    _cached_value: Any = None
    _caching_device: Any = None

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        variable_def: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ):
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError(
                    "The variable_def and initial_value args to `tf.Variable` are mutually exclusive, but "
                    f"got both: variable_def={variable_def}, initial_value={initial_value}"
                )
            self._from_message(variable_def, import_scope)
            return
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not "
                "providing a `variable_def`. You provided neither."
            )
        collections = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
        check_arguments(collections, constraint)
        self._trainable = resolved_trainable(trainable, synchronization, aggregation, name)
        self._constraint = constraint
        self._synchronization = synchronization or VariableSynchronization.AUTO
        self._aggregation = aggregation or VariableAggregation.NONE
        self._validate_shape = validate_shape
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        with init_scope():
            scope_values = [] if callable(initial_value) else [initial_value]
            with name_scope(name, "Variable", scope_values) as scope:
                self._make(initial_value, None if dtype is None else as_dtype(dtype), shape, caching_device, scope)
            get_default_graph().add_to_collections(collections, self)

    def _make(self, initial_value: Any, dtype: Any, shape: Any, caching_device: Any, scope: str) -> None:
        graph = get_default_graph()
        handle_name = scope[:-1]
        with initializer_scope(handle_name):
            value = convert_to_tensor(
                initial_value() if callable(initial_value) else initial_value, dtype, name="initial_value"
            )
        if shape is not None and not value.shape.is_compatible_with(as_shape(shape)):
            raise ValueError(
                f"In this `tf.Variable` creation, the initial value's shape ({value.shape}) is not "
                f"compatible with the explicitly supplied `shape` argument ({shape})."
            )
        self._initial_value: Any = value
        self._shape = value.shape if shape is None else as_shape(shape)
        self._dtype = value.dtype.base_dtype
        self._handle_name = handle_name + ":0"
        with graph._attr_scope_with({"_class": [b"loc:@" + handle_name.encode()]}):
            self.handle: Any = raw_ops.VarHandleOp(
                dtype=self._dtype, shape=self._shape, shared_name=handle_name, debug_name=scope, name=scope
            )
        with name_scope("IsInitialized"):
            self._is_initialized_op = raw_ops.VarIsInitializedOp(resource=self.handle)
        with (
            name_scope("Assign") as assign_scope,
            graph.colocate_with(None, ignore_existing=True),
            device(self.handle.device),
        ):
            guarded = guarded_initial_value(handle_name, value)
            self._initializer_op = raw_ops.AssignVariableOp(resource=self.handle, value=guarded, name=assign_scope)
        with name_scope("Read"):
            with device(self.handle.device):
                self._graph_element = raw_ops.ReadVariableOp(resource=self.handle, dtype=self._dtype)
            self._caching_device = caching_device
            if caching_device is not None:
                with self._on_caching_device():
                    self._cached_value = raw_ops.Identity(input=self._graph_element)

    def _from_message(self, message: Any, import_scope: str | None) -> None:
        if not message.is_resource:
            raise ValueError(
                "The `variable_def` you passed to `tf.Variable` is of the ref kind; a resource variable is needed."
            )
        graph = get_default_graph()
        self.handle = variable_defs.element(graph, message.variable_name, import_scope)
        known = handle_type(self.handle)
        if known is None:
            raise ValueError(f"{self.handle.name} is no handle of a variable.")
        self._shape, self._dtype = known
        self._handle_name = self.handle.name
        self._validate_shape = True
        self._initializer_op = variable_defs.element(graph, message.initializer_name, import_scope)
        self._initial_value = (
            variable_defs.element(graph, message.initial_value_name, import_scope)
            if message.initial_value_name
            else None
        )
        self._is_initialized_op = None
        if message.snapshot_name:
            snapshot = variable_defs.element(graph, message.snapshot_name, import_scope)
            if snapshot.op.type != "ReadVariableOp":
                self._cached_value = snapshot
            self._graph_element = snapshot
        else:
            self._graph_element = self._read()
        variable_defs.take_modes(self, message, import_scope)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This variable as a `VariableDef` message; None when it lies outside `export_scope`."""
        snapshot = self._graph_element if self._cached_value is None else self._cached_value
        return variable_defs.to_message(self, self.handle.name, snapshot.name, True, export_scope)

    # ---------------------------------------------------------------- properties

    @property
    def name(self) -> str:
        """Its name, such as `w:0`."""
        return self._handle_name

    @property
    def op(self) -> Any:
        """The `VarHandleOp` operation."""
        return self.handle.op

    @property
    def device(self) -> str:
        """The device asked for."""
        return self.handle.device  # type: ignore[no-any-return]

    @property
    def graph(self) -> Any:
        """Its graph."""
        return self.handle.graph

    @property
    def dtype(self) -> Any:
        """Its type."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """What is known of its shape."""
        return self._shape

    @property
    def initial_value(self) -> Any:
        """The tensor that the initializer assigns."""
        return self._initial_value

    @property
    def initializer(self) -> Any:
        """The operation that assigns the initial value."""
        return self._initializer_op

    @property
    def create(self) -> Any:
        """Same as `initializer`."""
        return self._initializer_op

    def set_shape(self, shape: Any) -> None:
        """Adds knowledge about the shape."""
        self._shape = self._shape.merge_with(as_shape(shape))

    def _as_graph_element(self) -> Any:
        return self._graph_element

    def __bool__(self) -> bool:
        return bool(self.value())

    # ---------------------------------------------------------------- reads

    def _read(self) -> Any:
        if self._trainable:
            variable_read(self)
        with self._on_caching_device():
            result = raw_ops.ReadVariableOp(resource=self.handle, dtype=self._dtype)
        result.set_shape(self._shape)
        return result

    @contextlib.contextmanager
    def _on_caching_device(self) -> Iterator[None]:
        if self._caching_device is None:
            yield
        else:
            with get_default_graph().colocate_with(None, ignore_existing=True), device(self._caching_device):
                yield

    def value(self) -> Any:
        """A new read, ordered by the control dependencies around it; the copy on the caching device if there is one."""
        if self._cached_value is not None:
            return self._cached_value
        with get_default_graph().colocate_with(None, ignore_existing=True):
            return self._read()

    def read_value(self) -> Any:
        """A new read, ordered by the control dependencies around it."""
        with name_scope("Read"):
            value = self._read()
        return raw_ops.Identity(input=value)

    def _eval_tensor(self) -> Any:
        return self._graph_element

    def is_initialized(self, name: str | None = None) -> Any:
        """A bool scalar: whether it has a value."""
        return raw_ops.VarIsInitializedOp(resource=self.handle, name=name)

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """The slices of its value at `indices` along the first dimension, read without the rest."""
        with name_scope("Gather" if name is None else name) as scope:
            if self._trainable:
                variable_read(self)
            return raw_ops.ResourceGather(resource=self.handle, indices=indices, dtype=self._dtype, name=scope)

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """The slices of its value that the rows of `indices` name, read without the rest."""
        with name_scope("GatherNd" if name is None else name) as scope:
            if self._trainable:
                variable_read(self)
            value = raw_ops.ResourceGatherNd(resource=self.handle, indices=indices, dtype=self._dtype, name=scope)
        return raw_ops.Identity(input=value)

    # ---------------------------------------------------------------- writes

    def _lazy_read(self, op: Operation) -> Any:
        """This variable as it is after `op`."""
        if self._trainable:
            variable_read(self)
        return VariableAfter(self, op)

    def _own_graph(self) -> Any:
        """Makes the variable's graph the default one, unless that is the default or a function is being recorded."""
        graph = get_default_graph()
        is_other = graph is not self.handle.graph and not graph.building_function
        return self.handle.graph.as_default() if is_other else contextlib.nullcontext()

    def assign(
        self, value: Any, use_locking: bool | None = None, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Assigns `value`; gives the variable after that, or the operation when `read_value` is False.

        Raises:
            ValueError: `value` has another shape.
        """
        with self._own_graph():
            tensor = convert_to_tensor(value, self._dtype)
            if not self._shape.is_compatible_with(tensor.shape):
                raise ValueError(
                    f"Cannot assign value to variable ' {self.name}': Shape mismatch.The variable shape "
                    f"{self._shape}, and the assigned value shape {tensor.shape} are incompatible."
                )
            validate = self._validate_shape and self._shape.is_fully_defined()
            op = raw_ops.AssignVariableOp(resource=self.handle, value=tensor, validate_shape=validate, name=name)
            return self._lazy_read(op) if read_value else op

    def assign_add(
        self, delta: Any, use_locking: bool | None = None, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Adds `delta`; gives the variable after that, or the operation when `read_value` is False."""
        return self._updated(raw_ops.AssignAddVariableOp, delta, name, read_value)

    def assign_sub(
        self, delta: Any, use_locking: bool | None = None, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtracts `delta`; gives the variable after that, or the operation when `read_value` is False."""
        return self._updated(raw_ops.AssignSubVariableOp, delta, name, read_value)

    def _updated(self, record: Any, delta: Any, name: str | None, read_value: bool) -> Any:
        with self._own_graph():
            op = record(resource=self.handle, value=convert_to_tensor(delta, self._dtype), name=name)
            return self._lazy_read(op) if read_value else op

    def count_up_to(self, limit: int) -> Any:
        """Adds 1 unless that would pass `limit`; gives the value before."""
        return raw_ops.ResourceCountUpTo(resource=self.handle, limit=limit, T=self._dtype)

    def batch_scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Assigns slices along the last dimension of the indices, batch by batch."""
        updated = state.batch_scatter_update(self, sparse_delta.indices, sparse_delta.values, use_locking, name)
        return self._lazy_read(updated.op)

    def _strided_slice_assign(self, **arguments: Any) -> Any:
        arguments["value"] = convert_to_tensor(arguments["value"], self._dtype)
        return self._lazy_read(raw_ops.ResourceStridedSliceAssign(ref=self.handle, **arguments))


def _scatter_method(kind: str) -> Any:
    def method(self: ResourceVariable, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {sparse_delta}")
        updates = convert_to_tensor(sparse_delta.values, self.dtype)
        recorder = getattr(raw_ops, "ResourceScatter" + kind)
        return self._lazy_read(recorder(resource=self.handle, indices=sparse_delta.indices, updates=updates, name=name))

    method.__name__ = f"scatter_{kind.lower()}"
    method.__doc__ = f"ResourceScatter{kind} of `sparse_delta`, IndexedSlices; gives the variable after that."
    return method


def _scatter_nd_method(kind: str) -> Any:
    def method(self: ResourceVariable, indices: Any, updates: Any, name: str | None = None) -> Any:
        updates = convert_to_tensor(updates, self.dtype)
        recorder = getattr(raw_ops, "ResourceScatterNd" + kind)
        return self._lazy_read(recorder(ref=self.handle, indices=indices, updates=updates, name=name))

    method.__name__ = f"scatter_nd_{kind.lower()}"
    method.__doc__ = f"ResourceScatterNd{kind} of `updates` at `indices`; gives the variable after that."
    return method


for _kind in state.SCATTER_KINDS:
    setattr(ResourceVariable, f"scatter_{_kind.lower()}", _scatter_method(_kind))
for _kind in state.SCATTER_ND_KINDS:
    setattr(ResourceVariable, f"scatter_nd_{_kind.lower()}", _scatter_nd_method(_kind))


def _refuse_in_place(operator: str, sign: str, variable: str, change: str) -> None:
    def method(self: ResourceVariable, other: Any) -> Any:
        raise RuntimeError(
            f"`{variable} {sign}= value` with `tf.Variable`s is not supported. Use `{variable}.{change}` to modify the "
            f"variable, or `out = {variable} {sign} value` if you need to get a new output Tensor."
        )

    method.__name__ = operator
    setattr(ResourceVariable, operator, method)


_refuse_in_place("__iadd__", "+", "variable", "assign_add(value)")
_refuse_in_place("__isub__", "-", "variable", "assign_sub(value)")
for _operator, _sign in (("mul", "*"), ("truediv", "/"), ("pow", "**")):
    _refuse_in_place(f"__i{_operator}__", _sign, "var", f"assign(var {_sign} value)")


class VariableAfter(ResourceVariable):
    """A resource variable as it is after one operation changed it: every use comes after that operation."""

    def __init__(self, variable: ResourceVariable, op: Operation):
        for name in (
            "handle",
            "_shape",
            "_dtype",
            "_trainable",
            "_constraint",
            "_synchronization",
            "_aggregation",
            "_validate_shape",
            "_initial_value",
            "_initializer_op",
            "_handle_name",
            "_save_slice_info",
        ):
            setattr(self, name, getattr(variable, name))
        self._parent_op = op
        self._graph_element = self.read_value()

    @property
    def name(self) -> str:
        """The name of the operation that changed it."""
        return self._parent_op.name

    @property
    def op(self) -> Operation:
        """The operation that changed it."""
        return self._parent_op

    def value(self) -> Any:
        """A read after the operation."""
        return self.read_value()

    def read_value(self) -> Any:
        """A read after the operation."""
        with self._after():
            return self._read()

    def _after(self) -> Any:
        return get_default_graph().control_dependencies([self._parent_op])


def _ordered(method_name: str) -> Any:
    def method(self: VariableAfter, *args: Any, **kwargs: Any) -> Any:
        with self._after():
            return getattr(ResourceVariable, method_name)(self, *args, **kwargs)

    method.__name__ = method_name
    return method


for _name in (
    "assign",
    "assign_add",
    "assign_sub",
    "count_up_to",
    "sparse_read",
    "gather_nd",
    "_strided_slice_assign",
    "batch_scatter_update",
    *(f"scatter_{k.lower()}" for k in state.SCATTER_KINDS),
    *(f"scatter_nd_{k.lower()}" for k in state.SCATTER_ND_KINDS),
):
    setattr(VariableAfter, _name, _ordered(_name))


def _to_tensor(variable: ResourceVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if dtype is not None and not as_dtype(dtype).is_compatible_with(variable.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type {as_dtype(dtype).name!r} for `tf.Variable of "
            f"type {variable.dtype.name!r}`. (Variable: {variable!r})"
        )
    return variable.read_value().op.inputs[0] if as_ref else variable.value()


register_tensor_conversion_function(ResourceVariable, _to_tensor)


# ---------------------------------------------------------------- gradients


@gradient_of("ReadVariableOp")
def _read_grad(op: Operation, grad: Any) -> Any:
    """The gradient of the variable is that of its value."""
    return grad


@gradient_of("ResourceGather")
def _gather_grad(op: Operation, grad: Any) -> list[Any]:
    """The gradients of the slices, as IndexedSlices of the variable."""
    handle, indices = op.inputs
    params_shape: Any = shape_of_variable(handle)
    count = array.expand_dims(array.size(indices), 0)
    values_shape = concat.concat([count, params_shape[1:]], 0)
    values = array.reshape(grad, values_shape)
    return [IndexedSlices(values, array.reshape(indices, count), params_shape), None]


@gradient_of("ResourceGatherNd")
def _gather_nd_grad(op: Operation, grad: Any) -> list[Any]:
    """The gradients of the slices, as IndexedSlices where the rows of indices have one element."""
    handle, indices = op.inputs
    params_shape = shape_of_variable(handle, indices.dtype)
    if indices.shape.rank == 2 and indices.shape.as_list()[-1] == 1:
        return [IndexedSlices(grad, array.squeeze(indices, axis=-1), params_shape), None]
    return [raw_ops.ScatterNd(indices=indices, updates=grad, shape=params_shape), None]
