"""`Graph`: the operations of one program, and the scopes in which they are made."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from tfcompat.graph import dtypes, names, scopes
from tfcompat.graph.collections import Collections
from tfcompat.graph.device import merge_device
from tfcompat.graph.export import tf_export
from tfcompat.graph.op_def import OpDef, is_defined, op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.versions import GRAPH_DEF_VERSION, MIN_CONSUMER


@tf_export("Graph")
class Graph:
    """A program as operations and tensors; see `Session` for running it.

    `building_function` is True for the bodies of functions, loops and conditions.
    """

    _building_function = False

    @property
    def building_function(self) -> bool:
        """Whether this is the body of a function, loop or condition."""
        return self._building_function

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._ops: list[Operation] = []
        self._ops_by_name: dict[str, Operation] = {}
        self._names = names.Names({}, threading.Lock())
        self._collections = Collections()
        self._scopes = scopes.SharedStacks()
        self._functions: dict[str, Any] = {}
        self._gradient_overrides: dict[str, str] = {}
        self._kernel_labels: dict[str, str] = {}
        self._scope_attrs: dict[str, Any] = {}
        self._default_original_op: Operation | None = None
        self._unfeedable: weakref.WeakSet[Tensor] = weakref.WeakSet()
        self._unfetchable: weakref.WeakSet[Operation] = weakref.WeakSet()
        self._finalized = False
        self._container = ""
        self._versions = [GRAPH_DEF_VERSION, MIN_CONSUMER]
        self._rewirings = 0
        self.seed: int | None = None

    # ---------------------------------------------------------------- making operations

    def create_op(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        attrs: dict[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Adds an operation.

        Args:
            op_type: such as "MatMul"; must be in the op-definition table or name a function of this graph.
            inputs: its tensors, in the order of the definition.
            dtypes: output types; derived from the definition when None.
            input_types: accepted and not needed.
            name: made unique below the current scope; the op type when None. A trailing slash means "exactly this".
            attrs: attributes as Python values (see `Operation`) or `AttrValue` messages; defaults are filled in.
            op_def: accepted and not needed.
            compute_shapes: accepted; shapes are always inferred.
            compute_device: whether device scopes apply.

        Raises:
            RuntimeError: the graph is finalized.
            ValueError: an input is of another graph, shapes do not fit, or the op type is unknown.
        """
        self._check_not_finalized()
        for tensor in inputs:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"Input #{list(inputs).index(tensor)} is not a tensor: {tensor}")
        definition = self._definition(op_type)
        full = dict(attrs or {})
        for key, value in full.items():
            if type(value).__name__ == "AttrValue":
                from tfcompat.graph.node_def import attr_from_message

                full[key] = attr_from_message(value)
        for key, attr in definition.attrs.items():
            if key not in full and attr.has_default:
                full[key] = attr.default
        if dtypes is None:
            dtypes = definition.output_types(full)
        return self.add_op(definition, list(inputs), full, list(dtypes), name, compute_device=compute_device)

    def add_op(
        self,
        definition: OpDef,
        inputs: list[Tensor],
        attrs: dict[str, Any],
        output_types: list[dtypes.DType],
        name: str | None = None,
        control_inputs: Sequence[Operation] = (),
        compute_device: bool = True,
    ) -> Operation:
        """Adds an operation whose attributes are complete and whose inputs are tensors; see `create_op`."""
        from tfcompat.graph.inference import infer_shapes

        self._check_not_finalized()
        name = definition.name if name is None else name
        if name and name[-1] == "/":
            name = name[:-1]
        else:
            name = self._names.unique(name)
        names.check_op_name(name)
        inputs = [t if t.graph is self else self.capture(t, definition.name, name) for t in inputs]
        if self._scope_attrs:
            attrs.update(self._scope_attrs)
        label = self._kernel_labels.get(definition.name)
        if label:
            attrs["_kernel"] = label.encode()
        override = self._gradient_overrides.get(definition.name)
        if override is not None:
            attrs["_gradient_op_type"] = override.encode()
        stacks = self._scopes.current
        control = list(control_inputs)
        if stacks.control:
            control += [
                c for c in scopes.control_inputs_for(stacks.control, {t.op for t in inputs}) if c not in control
            ]
        with self._lock:
            if name in self._ops_by_name:
                raise ValueError(f"Duplicate node name in graph: '{name}'")
            op = Operation(self, len(self._ops) + 1, name, definition, inputs, attrs, control, output_types)
            op._original_op = self._default_original_op
            if stacks.control:
                scopes.note_seen(stacks.control, op)
            try:
                infer_shapes(op)
            except (ValueError, TypeError):
                for tensor in inputs:
                    tensor._consumers.remove(op)
                raise
            self._names.reserve(name)
            self._ops.append(op)
            self._ops_by_name[name] = op
        if compute_device and (stacks.device or stacks.colocation):
            self._place(op, stacks)
        if self._container and definition.is_stateful and "container" in attrs and not attrs["container"]:
            attrs["container"] = self._container.encode()
        return op

    def _place(self, op: Operation, stacks: scopes.Stacks) -> None:
        scopes.apply_devices(stacks.device, op)
        groups = self._colocation_groups()
        if groups:
            op.attrs["_class"] = groups
            for other in reversed(stacks.colocation):
                if other is not None and other.device:
                    op._set_device(other.device)
                    break

    def _colocation_groups(self) -> list[bytes]:
        """What the operations that open blocks colocate with are colocated with."""
        colocation = self._scopes.current.colocation
        return sorted({g for other in colocation if other is not None for g in other.colocation_groups()})

    def capture(self, tensor: Tensor, op_type: str, name: str) -> Tensor:
        """The tensor of this graph that stands for `tensor` of another one; plain graphs refuse."""
        raise ValueError(
            f"Tensor {tensor.name!r} (input of the operation '{name}', type {op_type}) must be from the "
            f"same graph as the operation; {tensor!r} belongs to another graph."
        )

    def _definition(self, op_type: str) -> OpDef:
        function = self._library().get(op_type)
        if function is not None:
            return function.definition
        if not is_defined(op_type):
            raise ValueError(
                f"Op type not registered '{op_type}': it is neither in the op-definition table nor a "
                "function of this graph."
            )
        return op_def(op_type)

    def _library(self) -> dict[str, Any]:
        """The functions by name; those inside a function use the library of the graph outside."""
        return self._functions

    def op_def_for_type(self, type: str) -> Any:
        """The `OpDef` message of an op type or function."""
        from tfcompat.graph.node_def import op_def_message

        return op_def_message(self._definition(type))

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    def _structure_changed(self) -> None:
        self._rewirings += 1

    @property
    def _last_id(self) -> int:
        return len(self._ops)

    # ---------------------------------------------------------------- looking things up

    def get_operations(self) -> list[Operation]:
        """All operations in creation order."""
        return list(self._ops)

    @property
    def operations(self) -> list[Operation]:
        """All operations in creation order."""
        return list(self._ops)

    def num_operations(self) -> int:
        """How many operations there are."""
        return len(self._ops)

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation called `name`; KeyError when there is none, TypeError when `name` is no string."""
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False, allow_operation=True)  # type: ignore[no-any-return]

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor called `name` ("op:0"); KeyError when there is none, TypeError when `name` is no string."""
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=True, allow_operation=False)  # type: ignore[no-any-return]

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The tensor or operation that `obj` means.

        Args:
            obj: a Tensor, an Operation, a name (str or bytes), or an object with `_as_graph_element()`.
            allow_tensor: whether a tensor may be the answer.
            allow_operation: whether an operation may be the answer.

        Raises:
            TypeError: it means neither, or what is not allowed.
            ValueError: it is of another graph, or a malformed name.
            KeyError: the graph has no such name.
        """
        if type(obj) is Tensor and allow_tensor:
            if obj._op.graph is not self:
                raise ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if not (allow_tensor or allow_operation):
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        allowed = " or ".join(w for w, a in (("Tensor", allow_tensor), ("Operation", allow_operation)) if a)
        converter = getattr(obj, "_as_graph_element", None)
        if converter and callable(converter):
            element = converter()
            obj = obj if element is None else element
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            return self._element_by_name(obj, allow_tensor, allow_operation, allowed)
        if isinstance(obj, Tensor) and allow_tensor or isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(
                    f"{'Tensor' if isinstance(obj, Tensor) else 'Operation'} {obj!r} is not an element of this graph."
                )
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {allowed}.")

    def _element_by_name(self, name: str, allow_tensor: bool, allow_operation: bool, allowed: str) -> Any:
        if ":" in name and allow_tensor:
            op_name, _, index = name.partition(":")
            if not op_name or not index.isdigit():
                raise ValueError(
                    f"The name {name!r} looks a Tensor name but is not a valid one. Tensor names must be "
                    'of the form "<op_name>:<output_index>".'
                )
            op = self._ops_by_name.get(op_name)
            if op is None:
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                    f"{op_name!r}, does not exist in the graph."
                )
            if int(index) >= len(op.outputs):
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                    f"{op_name!r}, exists but only has {len(op.outputs)} outputs."
                )
            return op.outputs[int(index)]
        if ":" in name:
            raise ValueError(f"The name {name!r} appears to refer to a Tensor, not a {allowed}.")
        if not allow_operation:
            if name in self._ops_by_name:
                raise ValueError(
                    f"The name {name!r} refers to an Operation, not a {allowed}. Tensor names must be of "
                    'the form "<op_name>:<output_index>".'
                )
            raise ValueError(
                f"The name {name!r} looks like an (invalid) Operation name, not a {allowed}. Tensor "
                'names must be of the form "<op_name>:<output_index>".'
            )
        if name not in self._ops_by_name:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return self._ops_by_name[name]

    def is_feedable(self, tensor: Any) -> bool:
        """Whether `tensor` may be fed."""
        return tensor not in self._unfeedable

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Whether `tensor_or_op` may be fetched."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Makes feeding `tensor` an error."""
        self._unfeedable.add(tensor)

    def prevent_fetching(self, op: Operation) -> None:
        """Makes fetching `op` or its outputs an error."""
        self._unfetchable.add(op)

    def session_for(self, session: Any, element: Any) -> Any:
        """`session`, or the default session; ValueError when there is none or it runs another graph."""
        from tfcompat.graph.default import get_default_session

        kind, verb = ("tensor", "eval") if isinstance(element, Tensor) else ("operation", "run")
        action = "evaluate tensor using `eval()`" if kind == "tensor" else "execute operation using `run()`"
        if session is None:
            session = get_default_session()
            if session is None:
                raise ValueError(
                    f"Cannot {action}: No default session is registered. Use `with "
                    f"sess.as_default()` or pass an explicit session to `{verb}(session=sess)`"
                )
            if session.graph is not self:
                use = "evaluate tensor" if kind == "tensor" else "execute operation"
                raise ValueError(
                    f"Cannot use the default session to {use}: the {kind}'s graph is different from "
                    f"the session's graph. Pass an explicit session to `{verb}(session=sess)`."
                )
        elif session.graph is not self:
            use = "evaluate tensor" if kind == "tensor" else "execute operation"
            raise ValueError(
                f"Cannot use the given session to {use}: the {kind}'s graph is different from the session's graph."
            )
        return session

    # ---------------------------------------------------------------- scopes

    def as_default(self) -> Any:
        """A context manager that makes this the default graph of the thread."""
        from tfcompat.graph.default import graph_stack

        return graph_stack.pushed(self)

    def __enter__(self) -> Graph:
        manager = self.as_default()
        self.__dict__.setdefault("_entered", []).append(manager)
        return manager.__enter__()  # type: ignore[no-any-return]

    def __exit__(self, *exc: Any) -> None:
        self.__dict__["_entered"].pop().__exit__(*exc)

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` below the current scope, made unique; case does not distinguish names."""
        return self._names.unique(name, mark_as_used)

    def name_scope(self, name: str | None) -> Any:
        """A context manager that opens the scope `name` and gives its full name with a trailing slash."""
        return self._names.enter(name)

    def get_name_scope(self) -> str:
        """The current scope without a trailing slash."""
        return self._names.scope

    @contextlib.contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Operations made inside go to the device.

        A string or DeviceSpec fills what inner scopes leave open; a function of the operation overwrites; None hides
        the scopes outside.
        """
        spec = device_name_or_function
        function = None if spec is None else spec if _is_device_function(spec) else merge_device(spec)
        stacks = self._scopes.current
        stacks.device.append(function)
        depth = len(stacks.device)
        try:
            yield
        finally:
            if len(stacks.device) != depth or stacks.device[-1] is not function:
                raise RuntimeError("Exiting device scope without proper scope nesting.")
            stacks.device.pop()

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Operations made inside are placed with `op` (None: hides the scopes outside)."""
        if op is None and not ignore_existing:
            raise ValueError("Trying to reset colocation (op is None) but ignore_existing is not True")
        target = None if op is None else self._op_of(op)
        stacks = self._scopes.current
        colocation, device = stacks.colocation, stacks.device
        stacks.device = []
        stacks.colocation = ([] if ignore_existing else list(colocation)) + ([] if target is None else [target])
        try:
            yield
        finally:
            stacks.colocation, stacks.device = colocation, device

    def _op_of(self, value: Any) -> Operation:
        from tfcompat.graph.convert import convert_to_tensor

        if isinstance(value, Operation):
            return value
        op = getattr(value, "op", None)
        return op if isinstance(op, Operation) else convert_to_tensor(value).op

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """Operations made inside run after `control_inputs` (operations, tensors, variables; None clears)."""
        control = None if control_inputs is None else self._control_ops(control_inputs)
        for op in control or ():
            op.attrs["_has_manual_control_dependencies"] = True
        stack = self._scopes.current.control
        scope = scopes.ControlScope(control or [], is_barrier=control is None)
        stack.append(scope)
        try:
            yield
        finally:
            stack.remove(scope)

    def _control_ops(self, values: Any) -> list[Operation]:
        ops = []
        for value in values:
            op = value
            if not isinstance(value, (Tensor, Operation)):
                op = value.op if hasattr(value, "values") and hasattr(value, "indices") else value
                op = op.op if hasattr(op, "handle") and hasattr(op, "op") else op
            if not isinstance(op, (Tensor, Operation)):
                op = self.as_graph_element(op)
            op = op.op if isinstance(op, Tensor) else op
            if op.graph is not self:
                op = self._control_op_elsewhere(op)
                if op is None:
                    continue
            if op not in ops:
                ops.append(op)
        return ops

    def _control_op_elsewhere(self, op: Operation) -> Operation | None:
        """What stands for a control input of another graph; plain graphs refuse."""
        raise ValueError(f"Operation {op!r} is not an element of this graph.")

    def _current_control_dependencies(self) -> set[Operation]:
        return {op for scope in self._scopes.current.control for op in scope.control_inputs}

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Operations made inside whose type is a key use the gradient registered under the value."""
        if not isinstance(op_type_map, dict):
            raise TypeError("`op_type_map` must be a dictionary mapping strings to strings")
        if not all(isinstance(s, str) for pair in op_type_map.items() for s in pair):
            raise TypeError("`op_type_map` must be a dictionary mapping strings to strings")
        outer = self._gradient_overrides
        self._gradient_overrides = {**outer, **op_type_map}
        try:
            yield
        finally:
            self._gradient_overrides = outer

    @contextlib.contextmanager
    def _attr_scope_with(self, attrs: dict[str, Any]) -> Iterator[None]:
        outer = self._scope_attrs
        self._scope_attrs = {k: v for k, v in {**outer, **attrs}.items() if v is not None}
        try:
            yield
        finally:
            self._scope_attrs = outer

    @contextlib.contextmanager
    def _kernel_label_map(self, op_to_kernel_label_map: dict[str, str]) -> Iterator[None]:
        """Operations made inside whose type is a key get the attribute `_kernel`; an empty label removes it."""
        if not isinstance(op_to_kernel_label_map, dict):
            raise TypeError("op_to_kernel_label_map must be a dictionary mapping strings to strings")
        outer = self._kernel_labels
        self._kernel_labels = {**outer, **op_to_kernel_label_map}
        try:
            yield
        finally:
            self._kernel_labels = outer

    def _attr_scope(self, attr_map: dict[str, Any]) -> Any:
        """A context manager: operations made inside get these attributes (`AttrValue` messages; None removes one)."""
        from tfcompat.graph.node_def import attr_from_message

        if not isinstance(attr_map, dict):
            raise TypeError("attr_map must be a dictionary mapping strings to tf.AttrValue messages")
        return self._attr_scope_with({k: None if v is None else attr_from_message(v) for k, v in attr_map.items()})

    @contextlib.contextmanager
    def _original_op(self, op: Operation) -> Iterator[None]:
        """Operations made inside say in their errors that they come from `op`."""
        outer = self._default_original_op
        self._default_original_op = op
        try:
            yield
        finally:
            self._default_original_op = outer

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Stateful operations made inside keep their state in resource container `container_name`."""
        outer = self._container
        self._container = container_name
        try:
            yield container_name
        finally:
            self._container = outer

    def switch_to_thread_local(self) -> None:
        """Gives each thread its own device, colocation and control scopes from now on."""
        self._scopes.make_thread_local()

    # ---------------------------------------------------------------- collections

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Appends `value` to collection `name`."""
        self._check_not_finalized()
        self._collections.add(name, value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Appends `value` to each collection in `names`, once each."""
        self._check_not_finalized()
        self._collections.add_to_all(names, value)

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of collection `name`, filtered by a regular expression that must match the members' names."""
        return self._collections.get(name, scope)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The collection's list itself."""
        return self._collections.live(name)

    def get_all_collection_keys(self) -> list[str]:
        """The names of all collections."""
        return self._collections.keys()

    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
        return list(self._collections.names())

    def clear_collection(self, name: Any) -> None:
        """Removes collection `name`."""
        self._check_not_finalized()
        self._collections.clear(name)

    # ---------------------------------------------------------------- the whole

    @property
    def version(self) -> int:
        """A number that grows with every operation."""
        return len(self._ops)

    @property
    def graph_def_versions(self) -> Any:
        """The `VersionDef` of the graph."""
        from tfcompat import protos

        return protos.VersionDef(producer=self._versions[0], min_consumer=self._versions[1])

    @property
    def finalized(self) -> bool:
        """Whether `finalize` was called."""
        return self._finalized

    def finalize(self) -> None:
        """Makes every later change an error."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The graph as a `GraphDef` message.

        Args:
            from_version: only operations made after `version` had this value.
            add_shapes: whether to write the static shapes as `_output_shapes`.
        """
        from tfcompat.graph.node_def import graph_def_message

        return graph_def_message(self, from_version, add_shapes)


def _is_device_function(spec: Any) -> bool:
    return callable(spec) and not isinstance(spec, str)
