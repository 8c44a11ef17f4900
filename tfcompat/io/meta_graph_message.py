"""`MetaGraphDef` messages of graphs, without collections and savers."""

from __future__ import annotations

import os
import threading
from typing import Any

from tfcompat import protos
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.graph.graph import Graph
from tfcompat.graph.op_def import is_defined
from tfcompat.graph.versions import GIT_VERSION, VERSION
from tfcompat.io.local_path import local_path


def meta_graph_message(
    graph_def: Any, graph: Graph, meta_info_def: Any = None, strip_default_attrs: bool = False
) -> Any:
    """The `MetaGraphDef` of `graph_def`, with the definitions of the op types it uses.

    Args:
        graph_def: the graph as a message.
        graph: where functions are looked up.
        meta_info_def: a `MetaInfoDef` to start from.
        strip_default_attrs: whether attributes at their defaults are left out.
    """
    meta = protos.MetaGraphDef()
    if meta_info_def is not None:
        meta.meta_info_def.CopyFrom(meta_info_def)
    meta.meta_info_def.tensorflow_version = VERSION
    meta.meta_info_def.tensorflow_git_version = GIT_VERSION
    meta.meta_info_def.stripped_default_attrs = strip_default_attrs
    meta.graph_def.CopyFrom(graph_def)
    _list_ops(meta, graph)
    for node in meta.graph_def.node if strip_default_attrs else ():
        _strip_defaults(node, graph)
    return meta


def is_known(op_type: str, graph: Graph) -> bool:
    """Whether there is a definition of an op type, or a function of that name."""
    return is_defined(op_type) or op_type in graph._library()


def _list_ops(meta: Any, graph: Graph) -> None:
    used = {n.op for n in meta.graph_def.node} | {n.op for f in meta.graph_def.library.function for n in f.node_def}
    functions = {f.signature.name for f in meta.graph_def.library.function}
    for op_type in sorted(used - functions):
        if is_known(op_type, graph):
            meta.meta_info_def.stripped_op_list.op.add().CopyFrom(graph.op_def_for_type(op_type))


def _strip_defaults(node: Any, graph: Graph) -> None:
    if not is_known(node.op, graph):
        return
    definition = graph.op_def_for_type(node.op)
    for attr in definition.attr:
        if attr.HasField("default_value") and attr.name in node.attr and node.attr[attr.name] == attr.default_value:
            del node.attr[attr.name]


def write_message(message: Any, path: Any, as_text: bool) -> None:
    """Writes a message to a file, in protobuf's binary or text format, all of it or nothing; makes its directory."""
    path = local_path(path)
    temporary = f"{path}.tmp{os.getpid()}.{threading.get_ident()}"
    with translated_os_errors(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(protos.to_text(message).encode() if as_text else message.SerializeToString())
        os.replace(temporary, path)
