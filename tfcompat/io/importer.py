"""`tf.import_graph_def`: the nodes of a GraphDef as operations of the current graph."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from tfcompat import protos
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.function_def import LibraryFunction
from tfcompat.graph.graph import Graph
from tfcompat.graph.node_import import NodeImporter
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.versions import GRAPH_DEF_VERSION, VERSION


@tf_export("import_graph_def", "graph_util.import_graph_def")
def import_graph_def(
    graph_def: Any,
    input_map: Mapping[Any, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Adds the nodes of `graph_def` to the default graph.

    Args:
        graph_def: a `GraphDef` message.
        input_map: names of tensors of `graph_def` ("a", "a:1", "^a") -> tensors of the current graph to use instead.
        return_elements: names of operations and tensors of `graph_def` to return.
        name: prefix of the names; "import" by default, none when "".
        op_dict: accepted and not used.
        producer_op_list: an `OpList`; attributes that it knows, we do not, and that have its default are dropped.

    Returns:
        The operations and tensors named by `return_elements`; None when that is None.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: the message is inconsistent, or a name means nothing.
    """
    graph_def = own_graph_def(graph_def)
    mapping = _checked_map(input_map)
    wanted = _checked_elements(return_elements)
    graph = get_default_graph()
    with contextlib.ExitStack() as stack:
        if name == "":
            if not all(isinstance(v, (Tensor, Operation)) for v in mapping.values()):
                raise ValueError(
                    "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor values. Try "
                    "calling tf.convert_to_tensor() on `input_map` values before calling tf.import_graph_def()."
                )
            prefix = ""
            stack.enter_context(graph.name_scope(None))
        else:
            prefix = stack.enter_context(name_scope(name, "import", list(mapping.values())))
        if mapping:
            with graph.name_scope("_inputs") if name != "" else contextlib.nullcontext():
                mapping = {k: _as_mapped(k, v) for k, v in mapping.items()}
        _check_versions(graph_def.versions)
        importer = NodeImporter(graph, graph_def.node, mapping, prefix, producer_op_list)
        _adopt_versions(graph, graph_def.versions)
        _adopt_library(graph, graph_def.library)
        importer.run()
    return None if wanted is None else [importer.element(n) for n in wanted]


def own_graph_def(
    graph_def: Any, complaint: str = "Argument `graph_def` must be a GraphDef proto. Received type: {}."
) -> Any:
    """A `GraphDef` of the real TensorFlow as one of ours; TypeError, with `complaint`, for anything else."""
    if isinstance(graph_def, protos.GraphDef):
        return graph_def
    if type(graph_def).__name__ == "GraphDef" and hasattr(graph_def, "SerializeToString"):
        return protos.GraphDef.FromString(graph_def.SerializeToString())
    raise TypeError(complaint.format(type(graph_def).__name__))


def _checked_map(input_map: Any) -> dict[str, Any]:
    if input_map is None:
        return {}
    if not (isinstance(input_map, Mapping) and all(isinstance(k, (str, bytes)) for k in input_map)):
        raise TypeError(
            "Argument `input_map` must be a dictionary mapping strings to Tensor objects. Obtained "
            f"{type(input_map).__name__}"
        )
    return {k.decode() if isinstance(k, bytes) else k: v for k, v in input_map.items()}


def _checked_elements(elements: Any) -> list[str] | None:
    if elements is None:
        return None
    names = tuple(elements)
    if not all(isinstance(n, (str, bytes)) for n in names):
        raise TypeError(f"Argument `return_elements` must be a list of strings. Obtained {elements}.")
    return [n.decode() if isinstance(n, bytes) else n for n in names]


def _as_mapped(key: str, value: Any) -> Any:
    if isinstance(value, Operation) and key.startswith("^") or isinstance(value, Tensor):
        return value
    return convert_to_tensor(value)


def _adopt_library(graph: Graph, library: Any) -> None:
    library_of_graph = graph._library()
    for function in library.function:
        library_of_graph.setdefault(function.signature.name, LibraryFunction(function))
    for gradient in library.gradient:
        if gradient.function_name in library_of_graph:
            library_of_graph[gradient.function_name].gradient_name = gradient.gradient_func


def _check_versions(versions: Any) -> None:
    """Raises ValueError when the message says that this version cannot read it."""
    if versions.producer and versions.min_consumer > GRAPH_DEF_VERSION:
        raise ValueError(
            f"GraphDef min consumer version {versions.min_consumer} above current version "
            f"{GRAPH_DEF_VERSION} for TensorFlow {VERSION}.  Please upgrade "
            "TensorFlow."
        )
    if versions.producer < 0:
        raise ValueError(
            f"GraphDef producer version {versions.producer} below min producer 0 supported by "
            f"TensorFlow {VERSION}.  Please regenerate your graph."
        )
    if GRAPH_DEF_VERSION in versions.bad_consumers:
        raise ValueError(
            f"GraphDef disallows consumer version {GRAPH_DEF_VERSION}. Please upgrade tfcompat: this "
            "version is likely buggy."
        )


def _adopt_versions(graph: Graph, versions: Any) -> None:
    """An empty graph takes over the versions of the message; others keep the lower producer."""
    if not graph._ops:
        graph._versions = [versions.producer, versions.min_consumer]
    else:
        graph._versions = [min(graph._versions[0], versions.producer), max(graph._versions[1], versions.min_consumer)]
