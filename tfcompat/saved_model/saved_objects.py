"""Which objects `tf.saved_model.save` writes, and the functions that make and fill tables and other resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tfcompat import protos
from tfcompat.gradients.function import ConcreteFunction, Function, trace
from tfcompat.graph import dtypes
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.func_graph import FuncGraph, unique_function_name
from tfcompat.graph.node_def import node_def_message
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.io.importer import import_graph_def
from tfcompat.ops import raw_ops
from tfcompat.ops.lookup import ChangingTable, InitializableLookupTableBase, LookupInterface
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.variable_base import Variable
from tfcompat.saved_model.restored_objects import Asset, RestoredResource, TrackableResource
from tfcompat.saved_model.saved_functions import functions_of, traced_functions
from tfcompat.training.optimizer import Optimizer
from tfcompat.training.tracking import children


class FixedFunction:
    """A function without arguments that is kept as a `tf.function` with one trace."""

    def __init__(self, concrete: ConcreteFunction):
        self.concrete = concrete


class Signatures:
    """The signatures as one object: name -> traced function."""

    def __init__(self, functions: Mapping[str, ConcreteFunction]):
        self.functions = dict(functions)


class SavedConstant:
    """The value of a constant that functions capture."""

    def __init__(self, value: Any):
        self.value = value


class SavedView:
    """All objects that a root object leads to, breadth first.

    Args:
        root: the object to save.
        signatures: name -> traced function.

    Attributes:
        objects: the objects; the root is the first.
        children: for each object, (name, index) of what it depends on.
        captures: tensor -> index of the object it stands for.
        concrete: traced functions by name, each with the indices of what it captures.

    Raises:
        AssertionError: a function captures a resource that no object owns.
        TypeError: an object cannot be kept in a SavedModel.
        ValueError: a function captures a tensor that is no constant.
    """

    def __init__(self, root: Any, signatures: Mapping[str, ConcreteFunction]):
        self.objects: list[Any] = []
        self.children: list[list[tuple[str, int]]] = []
        self.captures: dict[Tensor, int] = {}
        self.concrete: dict[str, tuple[ConcreteFunction, list[int]]] = {}
        self.saveables: dict[int, tuple[ConcreteFunction, ConcreteFunction]] = {}
        self._ids: dict[int, int] = {}
        self._signatures = Signatures(signatures)
        self._add(root)
        self._walk(0)
        for function in self._traced():
            self._bind(function)
        self._walk(0)

    def _add(self, value: Any) -> int:
        index = self._ids.get(id(value))
        if index is None:
            index = self._ids[id(value)] = len(self.objects)
            self.objects.append(value)
            self.children.append([])
            handle = handle_of(value)
            if handle is not None:
                self.captures[handle] = index
        return index

    def _walk(self, start: int) -> None:
        at = start
        while at < len(self.objects):  # grows while it is walked
            if not self.children[at]:
                self.children[at] = [(name, self._add(child)) for name, child in self._children_of(at)]
            at += 1

    def _children_of(self, index: int) -> Iterable[tuple[str, Any]]:
        value = self.objects[index]
        if isinstance(value, Signatures):
            return list(value.functions.items())
        if isinstance(value, Function):
            return [(f"trace_{i}", c) for i, c in enumerate(traced_functions(value))]
        if isinstance(value, FixedFunction):
            return [("trace_0", value.concrete)]
        if isinstance(value, (ConcreteFunction, Variable, Asset, SavedConstant)):
            return []
        if isinstance(value, PartitionedVariable):
            raise TypeError(f"tf.saved_model.save does not keep partitioned variables ({value.name}).")
        if isinstance(value, (LookupInterface, TrackableResource)) and handle_of(value) is not None:
            return self._resource_children(value)
        found = [(n, c) for n, c in children(value) if n != "signatures" or index != 0]
        if isinstance(value, Mapping):
            found += [(k, v) for k, v in value.items() if isinstance(k, str) and isinstance(v, Function)]
        elif not isinstance(value, (list, tuple, Optimizer)):
            found += functions_of(value).items()
        if hasattr(value, "_table") and isinstance(value, LookupInterface):
            found.append(("_table", vars(value)["_table"]))
        return [*found, ("signatures", self._signatures)] if index == 0 else found

    def _resource_children(self, value: Any) -> list[tuple[str, Any]]:
        if isinstance(value, RestoredResource):
            if value._saveable_functions is not None:
                self._add_saveable(value, value._saveable_functions)
            names = ("_create_resource", "_initialize", "_destroy_resource")
            return [(n, vars(value)[n]) for n in names if isinstance(vars(value).get(n), Function)]
        handle = value.resource_handle
        if not isinstance(value, LookupInterface):
            made = traced(value._create_resource, "creator")
            filled = traced(value._initialize, "initializer")
        else:
            made = copied("creator", [handle], self._source_of)
            fill = [value._init_op] if isinstance(value, InitializableLookupTableBase) else []
            filled = copied("initializer", fill, self._source_of)
        if isinstance(value, ChangingTable):
            self._add_saveable(value, (save_function(value), restore_function(value)))
        gone = traced(lambda: None, "destroyer")
        found = zip(("_create_resource", "_initialize", "_destroy_resource"), (made, filled, gone), strict=True)
        return [(name, FixedFunction(function)) for name, function in found]

    def _add_saveable(self, table: Any, functions: tuple[ConcreteFunction, ConcreteFunction]) -> None:
        """Takes the functions that give and take the entries of a table."""
        self.saveables[self._ids[id(table)]] = functions
        for function in functions:
            self._add(function)

    def _source_of(self, tensor: Tensor) -> bool:
        """Whether `tensor` stands for an object of its own; constants that name files become assets."""
        if tensor in self.captures:
            return True
        paths = get_default_graph().get_collection(GraphKeys.ASSET_FILEPATHS)
        if tensor.op.type == "Const" and any(tensor is p for p in paths):
            self._add(_asset_of(tensor))
            return True
        return False

    def _traced(self) -> list[ConcreteFunction]:
        return [o for o in self.objects if isinstance(o, ConcreteFunction)]

    def _bind(self, function: ConcreteFunction) -> None:
        """Finds the objects of what a function captures."""
        name = function.name.decode()
        if name in self.concrete:
            return
        bound = []
        for tensor in function.captured_inputs:
            if tensor not in self.captures:
                self.captures[tensor] = self._add_constant(name, tensor)
            bound.append(self.captures[tensor])
        self.concrete[name] = (function, bound)

    def _add_constant(self, function: str, tensor: Tensor) -> int:
        if tensor.dtype._is_ref_dtype:
            raise TypeError(
                f"The function {function} uses the variable {tensor.name}, which is of the ref kind; "
                "tf.saved_model.save needs resource variables: make it with use_resource=True, or call "
                "tf.enable_resource_variables() first."
            )
        if tensor.dtype.base_dtype.name in ("resource", "variant"):
            raise AssertionError(
                "Tried to export a function which references an 'untracked' resource. TensorFlow objects (e.g. "
                "tf.Variable) captured by functions must be 'tracked' by assigning them to an attribute of a tracked "
                "object or assigned to an attribute of the main object directly. See the information below:\n"
                f"\tFunction name = {function}\n\tCaptured Tensor = {tensor}"
            )
        if self._source_of(tensor):
            return self.captures[tensor]
        value = get_static_value(tensor)
        if value is None:
            raise ValueError(
                f"Unable to save function {function} because it captures graph tensor {tensor} from a parent function "
                "which cannot be converted to a constant with `tf.get_static_value`."
            )
        return self._add(SavedConstant(value))


def handle_of(value: Any) -> Tensor | None:
    """The tensor by which functions take an object; None for objects that they do not take."""
    if isinstance(value, ResourceVariable):
        return value.handle  # type: ignore[no-any-return]
    if isinstance(value, Variable):
        raise TypeError(
            f"The variable {value.name} is of the ref kind; tf.saved_model.save needs resource variables: make it with "
            "use_resource=True, or call tf.enable_resource_variables() first."
        )
    if isinstance(value, Asset):
        return value.asset_path
    if isinstance(value, TrackableResource):
        return value.resource_handle  # type: ignore[no-any-return]
    if isinstance(value, LookupInterface):
        return None if hasattr(value, "_table") else value.resource_handle
    return None


def _asset_of(tensor: Tensor) -> Asset:
    """The asset for a constant that names a file."""
    asset = Asset.__new__(Asset)
    asset._path = tensor.op.attrs["value"].reshape(())[()].decode()
    asset._path_tensor = tensor
    return asset


def save_function(table: ChangingTable) -> ConcreteFunction:
    """The function from a key of a checkpoint to the tensors of a table that are written."""

    def body(arguments: list[Tensor]) -> Any:
        handle = get_default_graph().capture(table.resource_handle, "", "")
        parts = raw_ops.LookupTableExportV2(
            table_handle=handle, Tkeys=table.key_dtype.base_dtype, Tvalues=table.value_dtype.base_dtype
        )
        names = [raw_ops.StringJoin(inputs=[arguments[0], constant(f"-{part}")]) for part in ("keys", "values")]
        return [
            {"name": name, "slice_spec": constant(""), "tensor": tensor}
            for name, tensor in zip(names, parts, strict=True)
        ]

    spec = TensorSpec([], dtypes.string, "checkpoint_key")
    return trace("save_fn", body, [(spec, "checkpoint_key")], ((spec,), {}))


def restore_function(table: ChangingTable) -> ConcreteFunction:
    """The function that gives a table the tensors of a checkpoint."""
    names = ["restored_tensors_0", "restored_tensors_1"]
    types = (table.key_dtype.base_dtype, table.value_dtype.base_dtype)
    specs = [TensorSpec(None, t, n) for t, n in zip(types, names, strict=True)]

    def body(arguments: list[Tensor]) -> Any:
        handle = get_default_graph().capture(table.resource_handle, "", "")
        raw_ops.LookupTableImportV2(table_handle=handle, keys=arguments[0], values=arguments[1])
        return constant(1)

    return trace("restore_fn", body, list(zip(specs, names, strict=True)), (tuple(specs), {}))


def traced(function: Callable[[], Any], name: str) -> ConcreteFunction:
    """`function`, which takes nothing and gives a tensor or nothing, as a traced function."""

    def body(arguments: list[Tensor]) -> Any:
        result = function()
        return result if isinstance(result, Tensor) else constant(1)

    return trace(f"_{name}", body, [], ((), {}))


def copied(name: str, wanted: list[Any], is_source: Callable[[Tensor], bool]) -> ConcreteFunction:
    """Operations of the default graph, with what they need, copied into a function.

    Args:
        name: name of the function.
        wanted: operations to run, or one tensor to give.
        is_source: whether what operations take stays outside and is captured.
    """
    outer = get_default_graph()
    graph = FuncGraph(unique_function_name(outer, f"__inference__{name}"), outer)
    ops: dict[Operation, None] = {}
    taken: dict[str, Tensor] = {}
    pending = [w if isinstance(w, Operation) else w.op for w in wanted]
    while pending:
        op = pending.pop()
        if op in ops:
            continue
        ops[op] = None
        for tensor in op._inputs:
            if is_source(tensor):
                taken[tensor.name] = tensor
            else:
                pending.append(tensor.op)
    message = protos.GraphDef()
    message.versions.CopyFrom(outer.graph_def_versions)
    for op in sorted(ops, key=lambda o: o._id):
        node = message.node.add()
        node.CopyFrom(node_def_message(op))
        node.attr.pop("_class", None)
        data = [i for i in node.input if not i.startswith("^")]
        del node.input[:]
        node.input.extend(data)
    with graph.as_default(), graph.control_dependencies(None):
        inside = {n: graph.capture(t) for n, t in taken.items()}
        names = [w.name for w in wanted]
        made = import_graph_def(message, name="", input_map=inside, return_elements=names) or []
        tensors = [m for m in made if isinstance(m, Tensor)]
        if not tensors:
            with graph.control_dependencies([m for m in made if isinstance(m, Operation)]):
                tensors = [constant(1)]
    graph.outputs = tensors
    graph.__dict__["_effects"] = [m for m in made if isinstance(m, Operation)]
    return ConcreteFunction(graph, tensors[0], 0, ((), {}))
