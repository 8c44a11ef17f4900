"""Functions of a graph's library: `FunctionDef` messages that operations call by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.effects import drop_idle_waits
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.node_def import attr_from_message, attr_message
from tfcompat.graph.op_def import ArgDef, AttrDef, OpDef, arg_types
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape

BODIES: dict[str, tuple[str, ...]] = {
    "If": ("then_branch", "else_branch"),
    "StatelessIf": ("then_branch", "else_branch"),
    "Case": ("branches",),
    "StatelessCase": ("branches",),
    "While": ("cond", "body"),
    "StatelessWhile": ("cond", "body"),
    "PartitionedCall": ("f",),
    "StatefulPartitionedCall": ("f",),
    "SymbolicGradient": ("f",),
}
"""Op types that run functions of the library, and the attributes that name these."""

_MOST_LEVELS = 100
_MOST_NODES = 50_000
_MOST_COPIES = 200
_COST_OF_CALL = 8

_SELECTORS = {"If", "StatelessIf", "Case", "StatelessCase"}
_LOOPS = {"While", "StatelessWhile"}


def function_graphs(op: Operation) -> Sequence[FuncGraph]:
    """The bodies of an operation that runs functions; none for others.

    Raises:
        ValueError: a function is not in the library, or is inconsistent.
    """
    found: Sequence[FuncGraph] | None = op.__dict__.get("_function_graphs")
    if found is None:
        if op.type not in BODIES and op.type not in op.graph._library():
            return ()
        found = op.__dict__["_function_graphs"] = _instantiated(op)
    return found


def _instantiated(op: Operation) -> list[FuncGraph]:
    if op.type not in BODIES:
        return [_body(op, FuncRef(op.type, op.attrs), op._inputs)]
    references: list[FuncRef] = []
    for name in BODIES[op.type]:
        value = op.attrs[name]
        references += value if isinstance(value, list) else [value]
    inputs = op._inputs[1:] if op.type in _SELECTORS else op._inputs
    if op.type in _LOOPS:
        return _loop_bodies(op, references)
    return [_body(op, r, inputs) for r in references]


def _loop_bodies(op: Operation, references: Sequence[FuncRef]) -> list[FuncGraph]:
    """Condition and body of a loop, whose arguments have shapes that hold in every iteration."""
    shapes = [t.shape for t in op._inputs]
    declared = op.attrs.get("output_shapes") or []
    if len(declared) != len(shapes):
        declared = [UNKNOWN] * len(shapes)
    while True:
        graphs = [_body(op, r, op._inputs, shapes) for r in references]
        found = []
        for shape, after, known in zip(shapes, graphs[1].outputs, declared, strict=True):
            common = shape.most_specific_compatible_shape(after.shape)
            found.append(common.merge_with(known) if common.is_compatible_with(known) else common)
        if all(a.tuple == b.tuple for a, b in zip(found, shapes, strict=True)):
            return graphs
        shapes = found


def _body(
    op: Operation, reference: FuncRef, inputs: Sequence[Tensor], shapes: Sequence[TensorShape] | None = None
) -> FuncGraph:
    library = op.graph
    depth = 0
    while isinstance(library, FuncGraph):
        if library.name == reference.name:
            raise ValueError(f"{op.name} ({op.type}): the function {reference.name!r} calls itself, which has no end.")
        library = library.outer_graph
        depth += 1
    if depth > _MOST_LEVELS:
        raise ValueError(f"{op.name} ({op.type}): functions call one another more than {_MOST_LEVELS} levels deep.")
    function = library._functions.get(reference.name)
    if function is None:
        raise ValueError(f"{op.name} ({op.type}) calls the function {reference.name!r}, which is not in the library.")
    if isinstance(function, FuncGraph):
        function = LibraryFunction(function.function_def())
    _count_nodes(library, function)
    return instantiate(function, op, reference.attrs, inputs, shapes)


def _count_nodes(graph: Any, function: LibraryFunction) -> None:
    """Refuses functions whose calls of one another make out of all proportion more nodes than the graph has."""
    made: int = graph.__dict__.get("_nodes_of_calls", 0) + len(function.function_def().node_def) + _COST_OF_CALL
    graph.__dict__["_nodes_of_calls"] = made
    if made > _MOST_NODES:
        functions = [f.function_def() for f in graph._functions.values() if isinstance(f, LibraryFunction)]
        own = len(graph._ops) + sum(len(f.node_def) for f in functions)
        if made > max(_MOST_NODES, _MOST_COPIES * own):
            raise ValueError(
                f"The calls of the functions of this graph, which has {own} nodes, make more than {made} nodes."
            )


class LibraryFunction:
    """A function read from a file.

    Attributes:
        name: its name in the library.
        definition: its signature, as the definition of an op type of that name.
        gradient_name: the library function registered as its gradient, if any.
    """

    def __init__(self, message: Any):
        self._message = message
        self.name: str = message.signature.name
        self.definition = op_def_from_message(message.signature)
        self.gradient_name: str | None = None

    def function_def(self) -> Any:
        """The `FunctionDef` message."""
        return self._message


def op_def_from_message(message: Any) -> OpDef:
    """An `OpDef` message as a definition."""
    inputs = tuple(map(_arg_from_message, message.input_arg))
    inferred = {n for a in inputs for n in (a.type_attr, a.number_attr, a.type_list_attr) if n}
    return OpDef(
        name=message.name,
        inputs=inputs,
        outputs=tuple(map(_arg_from_message, message.output_arg)),
        attrs={a.name: _attr_from_message(a) for a in message.attr},
        is_stateful=message.is_stateful,
        is_commutative=message.is_commutative,
        is_aggregate=message.is_aggregate,
        allows_uninitialized_input=message.allows_uninitialized_input,
        inferred=frozenset(inferred),
    )


def _arg_from_message(arg: Any) -> ArgDef:
    return ArgDef(
        arg.name,
        dtypes.as_dtype(arg.type) if arg.type else None,
        arg.type_attr,
        arg.number_attr,
        arg.type_list_attr,
        arg.is_ref,
    )


def _attr_from_message(attr: Any) -> AttrDef:
    has_default = attr.HasField("default_value")
    default = attr_from_message(attr.default_value) if has_default else None
    allowed = attr_from_message(attr.allowed_values) if attr.HasField("allowed_values") else None
    return AttrDef(
        attr.name,
        attr.type,
        has_default,
        default,
        None if allowed is None else tuple(allowed),
        attr.minimum if attr.has_minimum else None,
    )


def _types_of(function: LibraryFunction, arg: ArgDef, attrs: dict[str, Any]) -> list[dtypes.DType]:
    try:
        return arg_types(arg, attrs)
    except (KeyError, TypeError) as error:
        raise ValueError(f"The argument {arg.name} of the function {function.name} has no type: {error}") from None


def instantiate(
    function: LibraryFunction,
    call: Operation,
    attrs: dict[str, Any],
    inputs: Sequence[Tensor],
    shapes: Sequence[TensorShape] | None = None,
) -> FuncGraph:
    """The body of `function` for one call.

    Args:
        function: from the library.
        call: the operation that calls it.
        attrs: the attributes it is bound with, which stand in for its placeholders.
        inputs: the tensors it is called with; arguments without one have unknown shapes.
        shapes: the shapes of its arguments, by default those of `inputs`.

    Raises:
        ValueError: the message is inconsistent.
    """
    from tfcompat.graph.node_import import NodeImporter
    from tfcompat.graph.raising import raise_function

    message = function.function_def()
    graph = FuncGraph(function.name, call.graph)
    arguments: dict[str, list[Tensor]] = {}
    remaining = list(zip(inputs, shapes or [t.shape for t in inputs], strict=True))
    with graph.as_default():
        for arg in function.definition.inputs:
            made = []
            for dtype in _types_of(function, arg, attrs):
                outer, shape = remaining.pop(0) if remaining else (None, UNKNOWN)
                tensor = graph.argument(dtype, shape, arg.name)
                if outer is not None:
                    graph._sources[tensor.op] = outer
                made.append(tensor)
            arguments[arg.name] = made
        resolver = _References(graph, arguments, message, attrs)
        given = {t.op.name: t.op for tensors in arguments.values() for t in tensors}
        importer = NodeImporter(graph, [resolver.node(n) for n in message.node_def], {}, "", given=given)
        importer.run()
    results = [
        importer._tensor(resolver.spelled(message.ret[a.name], i), function.name)
        for a in function.definition.outputs
        for i in range(len(_types_of(function, a, attrs)))
    ]
    graph.outputs = results
    control = set(message.control_ret.values())
    graph._effects = [importer._made[n] for n in control if n in importer._made]  # type: ignore[attr-defined]
    raised = raise_function(graph)
    if raised is graph:
        drop_idle_waits(graph)
    return raised


class _References:
    """Turns references inside a FunctionDef (`argument`, `node:output:index`) into those of a GraphDef."""

    def __init__(self, graph: FuncGraph, arguments: dict[str, list[Tensor]], message: Any, attrs: dict[str, Any]):
        self._graph = graph
        self._arguments = arguments
        self._nodes = {n.name: n for n in message.node_def}
        self._attrs = attrs

    def node(self, node: Any) -> Any:
        """A copy of `node` as a GraphDef has it, with bound attributes."""
        copy = type(node).FromString(node.SerializeToString())
        del copy.input[:]
        copy.input.extend(
            s if s.startswith("^") else self.spelled(s) for s in node.input if not self._is_argument_edge(s)
        )
        for key, value in node.attr.items():
            if value.WhichOneof("value") == "placeholder":
                copy.attr[key].CopyFrom(attr_message(self._attrs[value.placeholder]))
        return copy

    def _is_argument_edge(self, source: str) -> bool:
        return source.startswith("^") and source[1:] in self._arguments

    def spelled(self, source: str, offset: int = 0) -> str:
        """`source` as `name:index`, counted on by `offset`."""
        name, *rest = source.split(":")
        if name in self._arguments and name not in self._nodes:
            index = int(rest[-1]) if rest else 0
            return f"{self._arguments[name][index + offset].op.name}:0"
        if len(rest) < 2:
            return f"{name}:{int(rest[0]) if rest else offset}"
        node = self._nodes.get(name)
        if node is None:
            raise ValueError(f"A function refers to {source!r}, which it does not have.")
        definition = self._graph._definition(node.op)
        attrs = {k: a.default for k, a in definition.attrs.items() if a.has_default}
        attrs.update({k: attr_from_message(v) for k, v in self.node_attrs(node).items()})
        position = 0
        for arg in definition.outputs:
            if arg.name == rest[0]:
                return f"{name}:{position + int(rest[1]) + offset}"
            position += len(arg_types(arg, attrs))
        raise ValueError(f"A function refers to {source!r}, and {node.op} has no output of that name.")

    def node_attrs(self, node: Any) -> dict[str, Any]:
        """The attribute messages of `node`, bound."""
        return {
            k: attr_message(self._attrs[v.placeholder]) if v.WhichOneof("value") == "placeholder" else v
            for k, v in node.attr.items()
        }
