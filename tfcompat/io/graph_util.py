"""`tf.graph_util`: parts of GraphDef messages, and GraphDef files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tfcompat import protos
from tfcompat.graph.export import tf_export
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.io.importer import own_graph_def
from tfcompat.io.local_path import local_path

_PINNED = frozenset({"Assign", "AssignAdd", "AssignSub", "Queue", "ScatterAdd", "ScatterSub", "ScatterUpdate",
                     "TruncatedNormal", "Variable", "VariableV2"})  # fmt: skip
_TYPE_ATTRS = {"Const": "dtype", "DynamicStitch": "T", "ParallelDynamicStitch": "T", "Cast": "SrcT"}


@tf_export("graph_util.must_run_on_cpu")
def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Whether an operation has only a kernel for the CPU: constants of strings and int32, and a few int32 operations.

    Args:
        node: an operation, or a `NodeDef`.
        pin_variables_on_cpu: whether variables and what changes them count too.
    """
    definition = node.node_def if isinstance(node, Operation) else node
    assert type(definition).__name__ == "NodeDef", f"node must be an Operation or a NodeDef, not {type(node).__name__}"
    if pin_variables_on_cpu and definition.op in _PINNED:
        return True
    if definition.op not in _TYPE_ATTRS:
        return False
    on_cpu = [protos.DataType.Value("DT_INT32")]
    if definition.op == "Const":
        on_cpu.append(protos.DataType.Value("DT_STRING"))
    return definition.attr[_TYPE_ATTRS[definition.op]].type in on_cpu


@tf_export("graph_util.tensor_shape_from_node_def_name")
def tensor_shape_from_node_def_name(graph: Graph, input_name: str) -> TensorShape:
    """The static shape of a tensor by its name in a NodeDef; output 0 of an operation when it has no index.

    Raises:
        KeyError: there is no such tensor.
    """
    return graph.get_tensor_by_name(input_name if ":" in input_name else f"{input_name}:0").shape


def node_of(reference: str) -> str:
    """The name of the node that an input (`^node`, `node`, `node:1`) comes from."""
    return reference.removeprefix("^").partition(":")[0]


def reachable(nodes: Mapping[str, Any], targets: Iterable[str]) -> set[str]:
    """Names of the targets and of all that they need.

    Raises:
        AssertionError: a target is not among the nodes.
    """
    todo = list(targets)
    for name in todo:
        assert name in nodes, f"{name} is not in graph"
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found and name in nodes:
            found.add(name)
            todo += (node_of(s) for s in nodes[name].input)
    return found


@tf_export("graph_util.extract_sub_graph")
def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> Any:
    """The part of a graph that some nodes need, in its order, with its function library and versions.

    Args:
        graph_def: a `GraphDef`.
        dest_nodes: names of nodes.

    Raises:
        TypeError: `dest_nodes` is one string, or `graph_def` no `GraphDef`.
        AssertionError: a name is not in the graph.
    """
    if isinstance(dest_nodes, str):
        raise TypeError(f"dest_nodes must be an iterable of strings, but got type {str}.")
    graph_def = own_graph_def(graph_def, "graph_def must be a graph_pb2.GraphDef proto, but got type {}.")
    found = reachable({n.name: n for n in graph_def.node}, dest_nodes)
    part = protos.GraphDef()
    part.library.CopyFrom(graph_def.library)
    part.versions.CopyFrom(graph_def.versions)
    part.node.extend(n for n in graph_def.node if n.name in found)
    return part


@tf_export("graph_util.remove_training_nodes")
def remove_training_nodes(input_graph: Any, protected_nodes: Sequence[str] | None = None) -> Any:
    """The graph without nodes that only matter in training: CheckNumerics, and most Identity.

    An Identity stays where it has or is a control input, where something is colocated with it, and where it is
    protected.

    Args:
        input_graph: a `GraphDef`.
        protected_nodes: names of nodes that stay.

    Returns:
        A `GraphDef` that computes the same.
    """
    input_graph = own_graph_def(input_graph)
    protected = set(protected_nodes or ())
    checks = {n.name: n.input[0] for n in input_graph.node if n.op == "CheckNumerics" and n.name not in protected}
    nodes = []
    for node in input_graph.node:
        if node.name not in checks:
            copy = protos.NodeDef.FromString(node.SerializeToString())
            del copy.input[:]
            copy.input.extend(
                _past(s, checks) for s in node.input if not (s.startswith("^") and s.removeprefix("^") in checks)
            )
            nodes.append(copy)
    controls = {node_of(s) for n in nodes for s in n.input if s.startswith("^")}
    colocated = {g.decode().removeprefix("loc:@") for n in nodes if "_class" in n.attr for g in n.attr["_class"].list.s}
    spliced = {
        n.name: n.input[0]
        for n in nodes
        if n.op == "Identity"
        and n.name not in protected | controls | colocated
        and not any(s.startswith("^") for s in n.input)
    }
    result = protos.GraphDef()
    for node in nodes:
        if node.name not in spliced:
            sources = [_past(s, spliced) for s in node.input]
            del node.input[:]
            node.input.extend(sources)
            result.node.append(node)
    return result


def _past(source: str, replaced: Mapping[str, str]) -> str:
    """The input to take instead of `source`."""
    while source.removesuffix(":0") in replaced:
        source = replaced[source.removesuffix(":0")]
    return source


@tf_export("io.write_graph", "train.write_graph")
def write_graph(graph_or_graph_def: Any, logdir: Any, name: Any, as_text: bool = True) -> str:
    """Writes a graph to a file, all of it or nothing; the folder is made when it does not exist.

    Args:
        graph_or_graph_def: a `Graph`, or a `GraphDef` or other message.
        logdir: the folder.
        name: the file's name.
        as_text: whether the file has protobuf's text format.

    Returns:
        The path of the file.
    """
    from tfcompat.io.meta_graph_message import write_message

    is_graph = isinstance(graph_or_graph_def, Graph)
    message = graph_or_graph_def.as_graph_def() if is_graph else graph_or_graph_def
    path = os.path.join(os.fspath(logdir), os.fspath(name))
    with translated_os_errors(path):
        os.makedirs(os.path.dirname(local_path(path)) or ".", exist_ok=True)
    write_message(message, path, as_text)
    return path
