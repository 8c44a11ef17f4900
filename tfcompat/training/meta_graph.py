"""Meta graphs: a graph with its collections and saver in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from tfcompat import protos
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.graph import Graph
from tfcompat.io.importer import import_graph_def, own_graph_def
from tfcompat.io.meta_graph_message import meta_graph_message, write_message
from tfcompat.training.debug_info import graph_debug_info
from tfcompat.training.graph_collections import add_collection, take_collection
from tfcompat.training.saver import Saver
from tfcompat.training.scoped_graph import UNBOUND_COLLECTION, other_savers, scoped_graph


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
        clear_extraneous_savers: whether the operations of other savers than that of `saver_def` are left out.
        strip_default_attrs: whether attributes at their defaults are left out.
        save_debug_info: whether a `GraphDebugInfo` is written beside `filename`, with the ending `.debug`.
        kwargs: none.

    Raises:
        TypeError: a message is of another type, or there is another argument.
    """
    for name in kwargs:
        raise TypeError(f"export_meta_graph() got an unexpected keyword argument '{name}'")
    for what, value, kind in (
        ("graph_def", graph_def, "GraphDef"),
        ("meta_info_def", meta_info_def, "MetaInfoDef"),
        ("saver_def", saver_def, "SaverDef"),
    ):
        if value is not None and type(value).__name__ != kind:
            raise TypeError(f"{what} must be of type {kind}. Received type: {type(value)}.")
    graph = graph or get_default_graph()
    graph_def = graph.as_graph_def(add_shapes=True) if graph_def is None else own_graph_def(graph_def)
    excluded = other_savers(graph_def, saver_def) if clear_extraneous_savers else set()
    part, unbound = scoped_graph(graph_def, export_scope, excluded, clear_devices)
    meta = meta_graph_message(part, graph, meta_info_def, strip_default_attrs)
    if unbound:
        meta.collection_def[UNBOUND_COLLECTION].bytes_list.value.extend(n.encode() for n in unbound)
    for name in graph.get_all_collection_keys() if collection_list is None else collection_list:
        add_collection(meta, graph, name, export_scope, excluded)
    if saver_def is not None:
        meta.saver_def.CopyFrom(saver_def)
    if filename is not None:
        write_message(meta, filename, as_text)
        if save_debug_info:
            write_message(graph_debug_info(graph), os.path.splitext(os.fspath(filename))[0] + ".debug", as_text)
    return meta


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
    scope, elements = import_scoped_meta_graph(
        meta, clear_devices, import_scope, kwargs.get("input_map"), kwargs.get("return_elements")
    )
    saver = _saver_of(meta, scope)
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
) -> tuple[str, Any]:
    """Imports the nodes and collections of a meta graph.

    Returns:
        The scope that everything was put below, without a slash at its end, and the elements asked for.

    Raises:
        ValueError: the graph takes inputs from outside, and `input_map` does not have just these.
    """
    if UNBOUND_COLLECTION in meta.collection_def:
        unbound = sorted(v.decode() for v in meta.collection_def[UNBOUND_COLLECTION].bytes_list.value)
        if unbound and unbound != sorted(input_map or ()):
            raise ValueError(
                f"Graph contains unbound inputs: {','.join(unbound)}. Must provide these inputs through input_map."
            )
    graph = get_default_graph()
    for node in meta.graph_def.node if clear_devices else ():
        node.device = ""
    producer = meta.meta_info_def.stripped_op_list if meta.meta_info_def.HasField("stripped_op_list") else None
    target = graph.unique_name(scope or "", mark_as_used=False)
    elements = import_graph_def(
        meta.graph_def,
        name=scope or target,
        input_map=input_map,
        return_elements=return_elements,
        producer_op_list=producer,
    )
    target = target.rstrip("/")
    members: dict[bytes, Any] = {}
    for name, collection in sorted(meta.collection_def.items()):
        if name != UNBOUND_COLLECTION:
            take_collection(graph, name, collection, target, members)
    return target, elements


def _saver_of(meta: Any, scope: str) -> Saver | None:
    if meta.HasField("saver_def"):
        return Saver.from_proto(meta.saver_def, import_scope=scope)
    graph = get_default_graph()
    found = [
        v
        for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.SAVEABLE_OBJECTS)
        for v in graph.get_collection(key, scope=scope)
    ]
    return Saver() if found else None
