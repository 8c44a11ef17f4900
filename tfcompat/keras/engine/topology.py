"""The order of the layers of a model: from its inputs to its outputs."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from tfcompat.graph import nest
from tfcompat.layers.connections import Node


class Topology(NamedTuple):
    """What lies between the inputs and outputs of a model."""

    nodes: set[Node]
    nodes_by_depth: dict[int, list[Node]]
    """Depth, the longest way to an output -> the nodes there in the order of calls."""
    layers: list[Any]
    """The layers, those that are needed first first."""


def topology(inputs: list[Any], outputs: list[Any]) -> Topology:
    """The nodes and layers between `inputs` and `outputs`, Keras tensors.

    Raises:
        ValueError: an output depends on something else than the inputs, or two layers have the same name.
    """
    ordered, layer_order = _nodes_before(outputs)
    node_depths, layer_depths = _depths(ordered)
    for tensor in inputs:
        history = tensor._keras_history
        if history.layer not in layer_depths:
            layer_depths[history.layer] = 0
            layer_order[history.layer] = -1
            node_depths[history.layer._inbound_nodes[history.node_index]] = 0
    nodes_by_depth: dict[int, list[Node]] = {}
    for node, depth in node_depths.items():
        nodes_by_depth.setdefault(depth, []).append(node)
    layers = sorted(layer_depths, key=lambda layer: (-layer_depths[layer], layer_order[layer]))
    found = Topology(set(node_depths), nodes_by_depth, layers)
    _check_connected(found, inputs)
    _check_names(layers)
    return found


def _nodes_before(outputs: list[Any]) -> tuple[list[Node], dict[Any, int]]:
    """The nodes that `outputs` need, each after those it needs, and layer -> place in the order of discovery."""
    ordered: dict[Node, None] = {}
    layer_order: dict[Any, int] = {}
    in_progress: set[Node] = set()
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    while waiting:
        tensor, inputs_are_done = waiting.pop()
        layer, index, _ = tensor._keras_history
        node = layer._inbound_nodes[index]
        if inputs_are_done:
            in_progress.discard(node)
            ordered[node] = None
        elif node in in_progress:
            raise ValueError(f'The tensor "{tensor}" at layer "{layer.name}" is part of a cycle.')
        elif node not in ordered:
            layer_order.setdefault(layer, len(layer_order))
            in_progress.add(node)
            waiting.append((tensor, True))
            waiting += [(t, False) for t in reversed(node.keras_inputs)]
    return list(ordered), layer_order


def _depths(ordered: list[Node]) -> tuple[dict[Node, int], dict[Any, int]]:
    """Node -> depth and layer -> depth; a layer is as deep as its deepest node."""
    nodes: dict[Node, int] = {}
    layers: dict[Any, int] = {}
    for node in reversed(ordered):
        layer = node.outbound_layer
        depth = max(nodes.setdefault(node, 0), layers.get(layer, 0))
        nodes[node] = layers[layer] = depth
        for parent in node.parent_nodes:
            nodes[parent] = max(depth + 1, nodes.get(parent, 0))
    return nodes, layers


def _check_connected(found: Topology, inputs: list[Any]) -> None:
    computable = {id(tensor) for tensor in inputs}
    without_issue: list[str] = []
    for depth in sorted(found.nodes_by_depth, reverse=True):
        for node in found.nodes_by_depth[depth]:
            layer = node.outbound_layer
            for tensor in node.keras_inputs or nest.flatten(node.outputs):
                if id(tensor) not in computable:
                    raise ValueError(
                        f"Graph disconnected: cannot obtain value for tensor {tensor} at layer "
                        f'"{layer.name}". The following previous layers were accessed without issue: {without_issue}'
                    )
            computable.update(id(tensor) for tensor in nest.flatten(node.outputs))
            if not node.is_input:
                without_issue.append(layer.name)


def _check_names(layers: list[Any]) -> None:
    for name, count in Counter(layer.name for layer in layers).items():
        if count != 1:
            raise ValueError(f'The name "{name}" is used {count} times in the model. All layer names should be unique.')
