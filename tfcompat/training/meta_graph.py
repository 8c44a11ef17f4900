"""Meta graphs: a graph with its collections and saver in one file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from tfcompat import protos
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.io.importer import import_graph_def
from tfcompat.io.meta_graph_message import meta_graph_message, write_message
from tfcompat.ops.variable_base import Variable
from tfcompat.training.saver import Saver

Converter = tuple[str, Callable[..., Any], Callable[..., Any]]


def _variable_to_message(variable: Any, export_scope: str | None = None) -> Any:
    return variable.to_proto(export_scope) if hasattr(variable, "to_proto") else None


COLLECTION_MESSAGES: dict[str, Converter] = {
    **dict.fromkeys(GraphKeys._VARIABLE_COLLECTIONS, ("VariableDef", _variable_to_message, Variable.from_proto)),
    GraphKeys.SAVERS: ("SaverDef", lambda s, export_scope=None: s.to_proto(export_scope), Saver.from_proto),
}
"""Collections whose members are messages: their type, and how they become messages and come back."""


@tf_export("train.export_meta_graph")
def export_meta_graph(
    filename: str | None = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> Any:
    """A `MetaGraphDef` of a graph, written to `filename` when given.

    Args:
        filename: file to write.
        meta_info_def: a `MetaInfoDef` to start from.
        graph_def: the graph as a message; by default that of `graph`.
        saver_def: a `SaverDef` to include.
        collection_list: names of the collections to include; all by default.
        as_text: whether the file has the text format.
        graph: the graph; the default one when None.
        export_scope: only what lies below this name scope, without the prefix.
        clear_devices: whether devices are left out.
        clear_extraneous_savers: accepted.
        strip_default_attrs: whether attributes at their defaults are left out.
        save_debug_info: accepted.
    """
    graph = graph or get_default_graph()
    graph_def = graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
    if export_scope:
        graph_def = protos.GraphDef.FromString(graph_def.SerializeToString())
        _keep_scope(graph_def, export_scope.rstrip("/") + "/")
    meta = meta_graph_message(graph_def, graph, meta_info_def, strip_default_attrs)
    for node in meta.graph_def.node if clear_devices else ():
        node.device = ""
    for name in graph.get_all_collection_keys() if collection_list is None else collection_list:
        _add_collection(meta, name, graph.get_collection(name), export_scope)
    if saver_def is not None:
        meta.saver_def.CopyFrom(saver_def)
    if filename is not None:
        write_message(meta, filename, as_text)
    return meta


def _keep_scope(graph_def: Any, prefix: str) -> None:
    """Removes nodes outside the scope, and the prefix from the rest."""
    kept = [n for n in graph_def.node if n.name.startswith(prefix)]
    names = {n.name for n in kept}
    nodes = []
    for node in kept:
        copy = protos.NodeDef.FromString(node.SerializeToString())
        copy.name = node.name.removeprefix(prefix)
        del copy.input[:]
        for source in node.input:
            mark = "^" if source.startswith("^") else ""
            bare = source.removeprefix("^")
            if bare.partition(":")[0] in names:
                copy.input.append(mark + bare.removeprefix(prefix))
            elif not mark:
                raise ValueError(f"Node {node.name} takes {source}, which lies outside the exported scope {prefix}")
        if "_class" in copy.attr:
            groups = [g.replace(f"loc:@{prefix}".encode(), b"loc:@") for g in copy.attr["_class"].list.s]
            copy.attr["_class"].list.s[:] = groups
        nodes.append(copy)
    del graph_def.node[:]
    graph_def.node.extend(nodes)


def _add_collection(meta: Any, name: str, members: list[Any], export_scope: str | None) -> None:
    """Adds a collection; members that cannot be written leave it out, as the reference does."""
    if not members:
        return
    converter = COLLECTION_MESSAGES.get(name)
    target = protos.CollectionDef()
    try:
        for member in members:
            if converter is not None:
                message = converter[1](member, export_scope=export_scope)
                if message is not None:
                    target.bytes_list.value.append(message.SerializeToString())
            else:
                _append(target, member)
    except (TypeError, AttributeError):
        return
    meta.collection_def[name].CopyFrom(target)


def _append(target: Any, member: Any) -> None:
    if isinstance(member, (Tensor, Operation)):
        target.node_list.value.append(member.name)
    elif isinstance(member, (str, bytes)):
        target.bytes_list.value.append(member.encode() if isinstance(member, str) else member)
    elif isinstance(member, bool) or not isinstance(member, (int, float)):
        raise TypeError(f"a {type(member).__name__} has no form in a collection")
    elif isinstance(member, int):
        target.int64_list.value.append(member)
    else:
        target.float_list.value.append(member)


@tf_export("train.import_meta_graph")
def import_meta_graph(
    meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None, **kwargs: Any
) -> Any:
    """Adds a meta graph to the default graph.

    Args:
        meta_graph_or_file: a `MetaGraphDef`, or the path of a file of one.
        clear_devices: whether devices are left out.
        import_scope: name scope to put everything below.
        kwargs: `input_map` and `return_elements` of `import_graph_def`.

    Returns:
        A `Saver` for the variables of the meta graph; None when it has none. With `return_elements`, also these.

    Raises:
        OSError: the file cannot be read.
    """
    meta = read_meta_graph(meta_graph_or_file)
    elements = import_scoped_meta_graph(
        meta, clear_devices, import_scope, kwargs.get("input_map"), kwargs.get("return_elements")
    )
    saver = _saver_of(meta, import_scope)
    return (saver, elements) if kwargs.get("return_elements") is not None else saver


def read_meta_graph(meta_graph_or_file: Any) -> Any:
    """A `MetaGraphDef` from a message or a file, binary or text; OSError when there is no such message."""
    if not isinstance(meta_graph_or_file, (str, os.PathLike)):
        return protos.MetaGraphDef.FromString(meta_graph_or_file.SerializeToString())
    path = os.fspath(meta_graph_or_file)
    if not os.path.exists(path):
        raise OSError(f"File {path} does not exist.")
    with open(path, "rb") as file:
        data = file.read()
    from google.protobuf.message import DecodeError
    from google.protobuf.text_format import ParseError

    try:
        return protos.MetaGraphDef.FromString(data)
    except DecodeError:
        pass
    try:
        return protos.parse_text(data.decode(), protos.MetaGraphDef)
    except (ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {path}: {error}.") from None


def import_scoped_meta_graph(
    meta: Any, clear_devices: bool, scope: str | None, input_map: Mapping[str, Any] | None, return_elements: Any
) -> Any:
    """Imports the nodes and collections of a meta graph."""
    graph = get_default_graph()
    for node in meta.graph_def.node if clear_devices else ():
        node.device = ""
    producer = meta.meta_info_def.stripped_op_list if meta.meta_info_def.HasField("stripped_op_list") else None
    elements = import_graph_def(
        meta.graph_def,
        name=scope or "",
        input_map=input_map,
        return_elements=return_elements,
        producer_op_list=producer,
    )
    prefix = f"{scope.rstrip('/')}/" if scope else ""
    for name, collection in sorted(meta.collection_def.items()):
        _take_collection(graph, name, collection, prefix, scope)
    return elements


def _take_collection(graph: Graph, name: str, collection: Any, prefix: str, scope: str | None) -> None:
    kind = collection.WhichOneof("kind")
    if kind is None:
        return
    values = getattr(collection, kind).value
    converter = COLLECTION_MESSAGES.get(name)
    if converter is not None and kind == "bytes_list":
        cls = getattr(protos, converter[0])
        shared: dict[bytes, Any] = graph.__dict__.setdefault("_imported_members", {})
        for raw in values:
            key = raw + prefix.encode()
            if key not in shared:
                shared[key] = converter[2](cls.FromString(raw), import_scope=scope)
            graph.add_to_collection(name, shared[key])
        return
    for value in values:
        if kind == "node_list":
            value = graph.as_graph_element(prefix + value)
        elif kind == "int64_list":
            value = int(value)
        graph.add_to_collection(name, value)


def _saver_of(meta: Any, scope: str | None) -> Saver | None:
    if meta.HasField("saver_def"):
        return Saver.from_proto(meta.saver_def, import_scope=scope)
    variables = [
        v
        for v in get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)
        if not scope or v.op.name.startswith(scope.rstrip("/") + "/")
    ]
    return Saver(variables) if variables else None
