"""Freezing: variables of a GraphDef as constants, in the graph and in the functions it calls."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfcompat import protos
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.function_def import BODIES
from tfcompat.io.graph_util import extract_sub_graph, node_of
from tfcompat.io.importer import own_graph_def
from tfcompat.protos.tensor_proto import array_to_tensor_proto


class Frozen(NamedTuple):
    """What a handle of a frozen variable becomes: the number of its element type, and its shape as a message."""

    kind: int
    shape: bytes


Handles = dict[tuple[str, int], Frozen]
"""(node, output) of every handle of a frozen variable -> what it becomes."""

_REFERENCES = ("Variable", "VariableV2")
_PASSING = {"Identity": "T", "Enter": "T", "Exit": "T", "Switch": "T", "Merge": "T", "NextIteration": "T",
            "RefEnter": "T", "RefSwitch": "T", "RefIdentity": "T"}  # fmt: skip
_TWO_OUTPUTS = ("Switch", "RefSwitch")
_INT32 = 3
_LATER_OUTPUTS = {"output_true": 1, "value_index": 1}
_SELECTORS = {"If": "Tin", "StatelessIf": "Tin", "Case": "Tin", "StatelessCase": "Tin"}
_LISTS = {"While": "T", "StatelessWhile": "T", "PartitionedCall": "Tin", "StatefulPartitionedCall": "Tin"}


@tf_export("graph_util.convert_variables_to_constants")
def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Sequence[str],
    variable_names_whitelist: Collection[str] | None = None,
    variable_names_blacklist: Collection[str] | None = None,
) -> Any:
    """A graph in which variables are constants with their present values.

    Args:
        sess: the session that has the values.
        input_graph_def: a `GraphDef` of the session's graph.
        output_node_names: names of the nodes that are wanted; what they do not need is left out.
        variable_names_whitelist: names of the variables to convert; all when None.
        variable_names_blacklist: names of variables that stay variables.

    Returns:
        A `GraphDef`, without versions.

    Raises:
        AssertionError: an output is not in the graph.
        FailedPreconditionError: a variable is not initialized.
        ValueError: an operation changes a variable, or uses its handle in a way that a constant cannot serve.
    """
    graph_def = extract_sub_graph(own_graph_def(input_graph_def), output_node_names)
    variables = [
        n
        for n in graph_def.node
        if n.op in (*_REFERENCES, "VarHandleOp")
        and (variable_names_whitelist is None or n.name in variable_names_whitelist)
        and n.name not in (variable_names_blacklist or ())
    ]
    values = dict(zip([n.name for n in variables], _values(sess, variables), strict=True))
    frozen = _Freezer(graph_def.library).graph(graph_def.node, values)
    frozen.library.gradient.extend(graph_def.library.gradient)
    return frozen


def _values(sess: Any, variables: Sequence[Any]) -> list[Any]:
    """The values of variables in a session, by one run."""
    fetches = []
    for node in variables:
        op = sess.graph.get_operation_by_name(node.name)
        fetches.append(op.outputs[0] if node.op in _REFERENCES else _read_of(op))
    return sess.run(fetches) if fetches else []  # type: ignore[no-any-return]


def _read_of(op: Any) -> Any:
    """A tensor that reads a resource variable: one that is there, or a new one."""
    for consumer in op.outputs[0].consumers():
        if consumer.type == "ReadVariableOp" and not consumer.control_inputs:
            return consumer.outputs[0]
    with op.graph.as_default(), name_scope(f"{op.name}/Read/"):
        return op.graph.create_op("ReadVariableOp", [op.outputs[0]], attrs={"dtype": op.get_attr("dtype")}).outputs[0]


class _Freezer:
    """Rewrites nodes, and makes frozen copies of the functions that get handles."""

    def __init__(self, library: Any):
        self._functions = {f.signature.name: f for f in library.function}
        self._made: dict[str, Any] = {}
        self._names: dict[tuple[str, tuple[tuple[int, Frozen], ...]], str] = {}
        self._returned: dict[tuple[str, tuple[tuple[int, Frozen], ...]], dict[int, Frozen]] = {}

    def graph(self, nodes: Sequence[Any], values: Mapping[str, Any]) -> Any:
        """The frozen graph; `values` are those of the variables to freeze."""
        handles: Handles = {
            (n.name, 0): Frozen(n.attr["dtype"].type, n.attr["shape"].shape.SerializeToString())
            for n in nodes
            if n.op == "VarHandleOp" and n.name in values
        }
        result = protos.GraphDef()
        extra: list[Any] = []
        kinds = self._spread(nodes, handles)
        for node in nodes:
            if node.name in values:
                result.node.append(_constant(node.name, values[node.name], node.attr["dtype"].type))
            else:
                result.node.append(self._rewritten(node, kinds, extra))
        result.node.extend(extra)
        self._keep_functions(result)
        return result

    def _keep_functions(self, result: Any) -> None:
        """Adds the functions that the nodes of `result` call, directly or not."""
        todo = [name for node in result.node for name in _called(node)]
        kept: dict[str, Any] = {}
        while todo:
            name = todo.pop()
            function = self._made.get(name) or self._functions.get(name)
            if function is not None and name not in kept:
                kept[name] = function
                todo += [called for node in function.node_def for called in _called(node)]
        result.library.function.extend(kept[name] for name in sorted(kept))

    def _spread(self, nodes: Sequence[Any], handles: Handles) -> Handles:
        """All handles: those given, and what passes them on."""
        found = dict(handles)
        consumers: dict[str, list[Any]] = {}
        for node in nodes:
            for source in node.input:
                consumers.setdefault(node_of(source), []).append(node)
        todo = [name for name, _ in handles]
        while todo:
            for node in consumers.get(todo.pop(), ()):
                new = [o for o in self._passed_on(node, found) if o not in found]
                if new:
                    found.update(dict(self._passed_on(node, found)))
                    todo.append(node.name)
        return found

    def _passed_on(self, node: Any, handles: Handles) -> Handles:
        """The outputs of a node that are handles."""
        taken = _taken(node, handles)
        if not taken:
            return {}
        if node.op in _PASSING:
            return {(node.name, i): next(iter(taken.values())) for i in range(1 + (node.op in _TWO_OUTPUTS))}
        if node.op == "IdentityN":
            return {(node.name, i): kind for i, kind in taken.items()}
        calls = self._calls(node, taken)
        return {(node.name, i): kind for name, inner in calls for i, kind in self._returns(name, inner).items()}

    def _calls(self, node: Any, taken: dict[int, Frozen]) -> list[tuple[str, dict[int, Frozen]]]:
        """The functions of a node, and which of their arguments are handles."""
        shift = 1 if node.op in _SELECTORS else 0
        inner = {i - shift: kind for i, kind in taken.items()}
        return [(name, inner) for name in _called(node) if name in self._functions]

    def _returns(self, name: str, inner: dict[int, Frozen]) -> dict[int, Frozen]:
        """Which results of a function are handles, given which arguments are."""
        key = name, tuple(sorted(inner.items()))
        if key not in self._returned:
            self._returned[key] = {}
            function = self._functions[name]
            handles = self._spread(function.node_def, _arguments(function, inner))
            self._returned[key] = {
                i: handles[_source(function.ret[result.name])]
                for i, result in enumerate(function.signature.output_arg)
                if _source(function.ret[result.name]) in handles
            }
        return self._returned[key]

    def _frozen_function(self, name: str, inner: dict[int, Frozen]) -> str:
        """The name of the copy of a function whose arguments `inner` are values instead of handles."""
        key = name, tuple(sorted(inner.items()))
        if key in self._names:
            return self._names[key]
        number = 0
        while (new := f"{name}_frozen_{number}") in self._made or new in self._functions:
            number += 1
        self._names[key] = new
        source = self._functions[name]
        copy = self._made[new] = protos.FunctionDef.FromString(source.SerializeToString())
        copy.signature.name = new
        handles = self._spread(source.node_def, _arguments(source, inner))
        del copy.node_def[:]
        extra: list[Any] = []
        copy.node_def.extend(self._rewritten(n, handles, extra, inside=True) for n in source.node_def)
        copy.node_def.extend(extra)
        for i, kind in inner.items():
            _make_value(copy.signature.input_arg[i], kind)
            copy.arg_attr.pop(i, None)
            copy.resource_arg_unique_id.pop(i, None)
        for i, kind in self._returns(name, inner).items():
            _make_value(copy.signature.output_arg[i], kind)
        _follow_reads(copy, {n.name for n in source.node_def if n.op == "ReadVariableOp" and _taken(n, handles)})
        return new

    def _rewritten(self, node: Any, handles: Handles, extra: list[Any], inside: bool = False) -> Any:
        """A copy of a node that takes values where `node` takes handles."""
        taken = _taken(node, handles)
        copy = protos.NodeDef.FromString(node.SerializeToString())
        if not taken:
            return copy
        kind = next(iter(taken.values()))
        if node.op in _PASSING:
            copy.attr[_PASSING[node.op]].type = kind.kind
        elif node.op in _READS:
            _READS[node.op](copy, kind.kind, extra, inside)
        elif node.op == "IdentityN":
            _retype(copy, "T", taken)
        elif node.op in _LISTS or node.op in _SELECTORS:
            shift = 1 if node.op in _SELECTORS else 0
            _retype(copy, _LISTS.get(node.op) or _SELECTORS[node.op], {i - shift: k for i, k in taken.items()})
            self._retype_results(node, copy, taken)
            if node.op in ("While", "StatelessWhile"):
                shapes = copy.attr["output_shapes"].list.shape
                for i, frozen in taken.items():
                    if i < len(shapes):
                        shapes[i].ParseFromString(frozen.shape)
            copy.attr.pop("_read_only_resource_inputs", None)
            for reference in _references(copy):
                if reference.name in self._functions:
                    reference.name = self._frozen_function(reference.name, {i - shift: k for i, k in taken.items()})
        else:
            raise ValueError(
                f"Cannot freeze the variable that {node.name} uses: a {node.op} needs a variable and has no form with "
                "a constant. Leave the variable out with variable_names_blacklist, or the operation out of the outputs."
            )
        return copy

    def _retype_results(self, node: Any, copy: Any, taken: dict[int, Frozen]) -> None:
        if "Tout" in copy.attr:
            for name, inner in self._calls(node, taken):
                _retype(copy, "Tout", self._returns(name, inner))


def _constant(name: str, value: Any, kind: int) -> Any:
    node = protos.NodeDef(name=name, op="Const")
    node.attr["dtype"].type = kind
    node.attr["value"].tensor.CopyFrom(array_to_tensor_proto(np.asarray(value), kind))
    return node


def _read(node: Any, kind: int, extra: list[Any], inside: bool) -> None:
    node.op = "Identity"
    _only_attributes(node, T=kind)


def _shape(node: Any, kind: int, extra: list[Any], inside: bool) -> None:
    node.op = "Shape"
    node.attr["T"].type = kind


def _gather(node: Any, kind: int, extra: list[Any], inside: bool) -> None:
    indices, batch = node.attr["Tindices"].type, node.attr["batch_dims"].i
    axis = _constant(f"{node.name}/axis", np.int32(batch), _INT32)
    axis.device = node.device
    extra.append(axis)
    node.op = "GatherV2"
    _only_attributes(node, Tparams=kind, Tindices=indices, Taxis=_INT32)
    if batch:
        node.attr["batch_dims"].i = batch
    node.input.insert(2, f"{axis.name}:output:0" if inside else axis.name)


def _gather_nd(node: Any, kind: int, extra: list[Any], inside: bool) -> None:
    node.op = "GatherNd"
    _only_attributes(node, Tparams=kind, Tindices=node.attr["Tindices"].type)


_READS = {"ReadVariableOp": _read, "VariableShape": _shape, "ResourceGather": _gather, "ResourceGatherNd": _gather_nd}


def _only_attributes(node: Any, **types: int) -> None:
    """Replaces the attributes of an op type, not those that begin with an underscore."""
    for name in [n for n in node.attr if not n.startswith("_")]:
        del node.attr[name]
    for name, kind in types.items():
        node.attr[name].type = kind


def _retype(node: Any, attr: str, kinds: Mapping[int, Frozen]) -> None:
    types = node.attr[attr].list.type
    for position, kind in kinds.items():
        if position < len(types):
            types[position] = kind.kind


def _make_value(arg: Any, kind: Frozen) -> None:
    arg.type = kind.kind
    del arg.handle_data[:]


def _source(reference: str) -> tuple[str, int]:
    """(node, output) of an input in a graph (`node:1`) or a function (`node:output:1`)."""
    name, *rest = reference.split(":")
    if len(rest) == 2:
        return name, _LATER_OUTPUTS.get(rest[0], int(rest[1]))
    return name, int(rest[0]) if rest else 0


def _taken(node: Any, handles: Handles) -> dict[int, Frozen]:
    """Input position -> element type, for the inputs that are handles."""
    found = ((i, handles.get(_source(s))) for i, s in enumerate(node.input) if not s.startswith("^"))
    return {i: kind for i, kind in found if kind is not None}


def _arguments(function: Any, inner: Mapping[int, Frozen]) -> Handles:
    arguments = function.signature.input_arg
    return {(arguments[i].name, 0): kind for i, kind in inner.items()}


def _references(node: Any) -> Iterator[Any]:
    """The `NameAttrList` messages of a node that runs functions."""
    for attr in BODIES.get(node.op, ()):
        value = node.attr[attr]
        yield from value.list.func if value.HasField("list") else [value.func]


def _called(node: Any) -> list[str]:
    """Names of the functions that a node calls."""
    return [r.name for r in _references(node)] if node.op in BODIES else _functions_in(node)


def _functions_in(node: Any) -> list[str]:
    named = [node.op]
    for value in node.attr.values():
        if value.HasField("func"):
            named.append(value.func.name)
        named += (f.name for f in value.list.func)
    return named


def _follow_reads(function: Any, reads: Collection[str]) -> None:
    """Makes what takes the output of a `ReadVariableOp` take that of the Identity which it is now."""

    def followed(reference: str) -> str:
        name, *rest = reference.split(":")
        return f"{name}:output:{rest[1]}" if name in reads and len(rest) == 2 else reference

    for node in function.node_def:
        node.input[:] = [followed(s) for s in node.input]
    for result in list(function.ret):
        function.ret[result] = followed(function.ret[result])
