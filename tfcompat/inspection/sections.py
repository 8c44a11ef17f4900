"""The graphs of a file that are worth drawing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from tfcompat.conversion import source
from tfcompat.inspection.describe import ONNX, dims_of
from tfcompat.inspection.layout import DrawnNode
from tfcompat.inspection.text import bracketed
from tfcompat.saved_model import files


def sections_of(path: str, kind: str) -> list[tuple[str, list[DrawnNode]]]:
    """(title, nodes) of the graph in a file and of its functions, the largest functions first."""
    if kind == ONNX:
        return [("graph", _onnx_nodes(path))]
    if kind == source.SAVED_MODEL:
        _, folder = source.kind_of(path)
        graphs = [m.graph_def for m in files.read_saved_model(folder).meta_graphs]
    elif kind in (source.GRAPH_DEF, source.META_GRAPH):
        message = source.read_graph(path)
        graphs = [getattr(message, "graph_def", message)]
    elif kind == source.CHECKPOINT:
        _, prefix = source.kind_of(path)
        graphs = [source.read_graph(prefix + ".meta").graph_def]
    else:
        return []
    found = []
    for graph in graphs:
        found.append(("graph", _nodes(graph.node)))
        functions = sorted(graph.library.function, key=lambda f: -len(f.node_def))
        for function in functions:
            if not function.signature.name.startswith(("__inference__traced_save", "__inference__traced_restore")):
                arguments = [DrawnNode(a.name, "argument", []) for a in function.signature.input_arg]
                found.append((function.signature.name, arguments + _nodes(function.node_def)))
    return [(title, nodes) for title, nodes in found if nodes]


def _nodes(nodes: Iterable[Any]) -> list[DrawnNode]:
    return [DrawnNode(n.name, n.op, [i.removeprefix("^").partition(":")[0] for i in n.input], _about(n)) for n in nodes]


def _about(node: Any) -> str:
    facts = []
    if "shape" in node.attr and node.attr["shape"].HasField("shape"):
        facts.append(bracketed(dims_of(node.attr["shape"].shape)))
    if node.device:
        facts.append(node.device)
    return " ".join(facts)


def _onnx_nodes(path: str) -> list[DrawnNode]:
    import onnx

    graph = onnx.load(os.fspath(path), load_external_data=False).graph
    maker = {i.name: i.name for i in graph.input}
    nodes = [DrawnNode(i.name, "input", []) for i in graph.input]
    for number, node in enumerate(graph.node):
        name = node.name or f"{node.op_type}_{number}"
        maker.update(dict.fromkeys(node.output, name))
        nodes.append(DrawnNode(name, node.op_type, [maker[i] for i in node.input if i in maker]))
    return nodes
