"""Models as pictures of their layers, and the inputs that a tensor comes from."""

from __future__ import annotations

import itertools
import os
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import tf_export


@tf_export("keras.utils.model_to_dot")
def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 96,
    subgraph: bool = False,
) -> Any:
    """A `pydot.Dot` with a box for each layer.

    Args:
        model: a model whose variables are made.
        show_shapes: whether boxes tell the shapes of inputs and outputs.
        show_layer_names: whether boxes tell the layers' names beside their classes.
        rankdir: "TB" from top to bottom, "LR" from left to right.
        expand_nested: whether models inside are drawn as clusters of their layers.
        dpi: dots per inch.
        subgraph: whether to give a `pydot.Cluster`.

    Raises:
        ImportError: pydot is not installed.
    """
    pydot = _pydot()
    if subgraph:
        dot = pydot.Cluster(style="dashed", graph_name=model.name)
        dot.set("label", model.name)
        dot.set("labeljust", "l")
    else:
        dot = pydot.Dot()
        dot.set("rankdir", rankdir)
        dot.set("concentrate", True)
        dot.set("dpi", dpi)
        dot.set_node_defaults(shape="record")
    layers = model.layers
    for layer in layers:
        if expand_nested and getattr(layer, "_is_graph_network", False):
            options = show_shapes, show_layer_names, rankdir, expand_nested
            dot.add_subgraph(model_to_dot(layer, *options, subgraph=True))
        else:
            dot.add_node(pydot.Node(_key(layer), label=_label(layer, show_shapes, show_layer_names)))
    for source, target in _edges(model, layers, expand_nested):
        dot.add_edge(pydot.Edge(source, target))
    return dot


def _pydot() -> Any:
    try:
        import pydot  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise ImportError(
            "Failed to import pydot. You must install pydot and graphviz for `model_to_dot` and `plot_model` to work."
        ) from None
    return pydot


def _key(layer: Any) -> str:
    return str(id(layer))


def _label(layer: Any, show_shapes: bool, show_names: bool) -> str:
    kind = type(layer).__name__
    if hasattr(layer, "layer"):
        kind = f"{kind}({type(layer.layer).__name__})"
    label = f"{layer.name}: {kind}" if show_names else kind
    if not show_shapes:
        return label
    shapes = []
    for attribute in ("input_shape", "output_shape"):
        try:
            shapes.append(str(getattr(layer, attribute)))
        except AttributeError:
            shapes.append("multiple")
    return f"{label}\n|{{input:|output:}}|{{{{{shapes[0]}}}|{{{shapes[1]}}}}}"


def _edges(model: Any, layers: list[Any], expand_nested: bool) -> list[tuple[str, str]]:
    """(key, key) of the layers that are connected; chains without nodes are connected in their order."""
    if not getattr(model, "_is_graph_network", False):
        return [(_key(a), _key(b)) for a, b in itertools.pairwise(layers)]
    found: dict[tuple[str, str], None] = {}
    for layer in layers:
        for node in layer._inbound_nodes:
            if node in model._topology.nodes:
                for source, *_ in node.iterate_inbound():
                    if source in layers:
                        found[_end(source, expand_nested, -1), _end(layer, expand_nested, 0)] = None
    return list(found)


def _end(layer: Any, expand_nested: bool, index: int) -> str:
    """The key of a layer, or of the first (0) or last (-1) layer of a model that is drawn as a cluster."""
    while expand_nested and getattr(layer, "_is_graph_network", False):
        layer = layer.layers[index]
    return _key(layer)


@tf_export("keras.utils.plot_model")
def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 96,
) -> None:
    """Writes a picture of a model's layers; see `model_to_dot`.

    Args:
        model: a model whose variables are made.
        to_file: path of the picture; its ending says the format.
        show_shapes, show_layer_names, rankdir, expand_nested, dpi: see `model_to_dot`.

    Raises:
        ImportError: pydot is not installed.
    """
    dot = model_to_dot(model, show_shapes, show_layer_names, rankdir, expand_nested, dpi)
    path = os.fspath(to_file)
    extension = os.path.splitext(path)[1].lstrip(".") or "png"
    dot.write(path if os.path.splitext(path)[1] else f"{path}.png", format=extension)


@tf_export("keras.utils.get_source_inputs")
def get_source_inputs(tensor: Any, layer: Any = None, node_index: int | None = None) -> Any:
    """The tensors of input layers that a Keras tensor is computed from.

    Args:
        tensor: the tensor; a tensor without history is the result itself.
        layer: layer to start from; the one that gave `tensor` by default.
        node_index: call of `layer` to start from.
    """
    if not hasattr(tensor, "_keras_history"):
        return tensor
    if layer is None or node_index:
        layer, node_index, _ = tensor._keras_history
    if not layer._inbound_nodes:
        return [tensor]
    node = layer._inbound_nodes[node_index or 0]
    if node.is_input:
        return nest.flatten(node.outputs)
    found: dict[int, Any] = {}
    for source, index, _, given in node.iterate_inbound():
        found.update((id(t), t) for t in nest.flatten(get_source_inputs(given, source, index)))
    return list(found.values())
