"""The layers and connections of a model as a dictionary, and back."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from tfcompat.graph import nest
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.layers.base_layer import CallArguments
from tfcompat.layers.connections import Node, is_keras_tensor
from tfcompat.platform import logging


def layer_config(layer: Any) -> dict[str, Any]:
    """{"class_name", "config"} of a layer."""
    return {"class_name": PUBLIC["keras.utils.get_registered_name"](type(layer)), "config": layer.get_config()}


def layer_from_config(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The layer, without the values of its variables, that `layer_config` describes."""
    return PUBLIC["keras.layers.deserialize"](config, custom_objects=custom_objects)


# -------------------------------------------------------------------- writing


def network_config(network: Any) -> dict[str, Any]:
    """The configuration of a model that is a graph of layers."""
    kept = _kept_nodes(network)
    layers = []
    for layer in network.layers:
        calls = [_call_config(node, kept) for node in layer._inbound_nodes if node in kept and not node.is_input]
        written = layer_config(layer)
        layers.append({
            "name": layer.name,
            "class_name": written["class_name"],
            "config": written["config"],
            "inbound_nodes": calls,
        })  # fmt: skip
    ends = {key: [_place(t, kept) for t in tensors] for key, tensors in _ends(network)}
    return copy.deepcopy({"name": network.name, "layers": layers, **ends})


def _ends(network: Any) -> list[tuple[str, list[Any]]]:
    return [("input_layers", network.inputs), ("output_layers", network.outputs)]


def _kept_nodes(network: Any) -> dict[Node, int]:
    """Node of the model -> its number among the calls that the configuration has; models have one more before."""
    kept: dict[Node, int] = {}
    for layer in network.layers:
        nodes = [node for node in layer._inbound_nodes if node in network._topology.nodes]
        first = 1 if hasattr(layer, "_is_graph_network") and layer._is_graph_network else 0
        kept.update((node, first + index) for index, node in enumerate(nodes))
    return kept


def _place(tensor: Any, kept: dict[Node, int]) -> list[Any]:
    """[name of the layer, number of the call, number of the output]."""
    layer, node_index, tensor_index = tensor._keras_history
    return [layer.name, kept[layer._inbound_nodes[node_index]], tensor_index]


def _call_config(node: Node, kept: dict[Node, int]) -> Any:
    """The inputs of a call, [name, call, output, keyword arguments] each."""
    names = CallArguments(node.outbound_layer.call).positional
    arguments = {**dict(zip(names, node.call_args[1:], strict=False)), **node.call_kwargs}
    written = _written_arguments(node, arguments, kept)

    def described(tensor: Any) -> list[Any]:
        return (
            [*_place(tensor, kept), written] if is_keras_tensor(tensor) else ["_CONSTANT_VALUE", -1, _plain(tensor), {}]
        )

    first = node.call_args[0]
    if isinstance(first, dict):
        return {key: described(value) for key, value in first.items()}
    return [described(tensor) for tensor in nest.flatten(first)]


def _written_arguments(node: Node, arguments: dict[str, Any], kept: dict[Node, int]) -> dict[str, Any]:
    try:
        return {
            name: nest.map_structure(lambda v: _place(v, kept) if is_keras_tensor(v) else _plain(v), value)
            for name, value in arguments.items()
        }
    except TypeError:
        logging.warning(
            f"Layer {node.outbound_layer.name} was passed non-serializable keyword arguments: {arguments}. They will "
            "not be included in the serialized model (and thus will be missing at deserialization time)."
        )
        return {}


def _plain(value: Any) -> Any:
    """`value` as JSON takes it; TypeError for what it does not."""
    if isinstance(value, Tensor):
        value = PUBLIC["keras.backend.get_value"](value)
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"Not serializable: {value!r}")


# -------------------------------------------------------------------- reading


def network_from_config(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None, made: dict[str, Any] | None = None
) -> tuple[Any, Any, dict[str, Any]]:
    """The layers of a model, connected.

    Args:
        config: what `network_config` gives.
        custom_objects: name -> class or function, for those that Keras does not know.
        made: name -> layer to take in place of a new one.

    Returns:
        (inputs, outputs, name -> layer): Keras tensors in the structure that `config` has for them.

    Raises:
        ValueError: a call takes the output of a call that there is not.
    """
    layers = dict(made or {})
    waiting: list[tuple[Any, Any]] = []
    for written in config["layers"]:
        name = written["name"]
        if name not in layers:
            layers[name] = layer_from_config(written, custom_objects)
        calls = written["inbound_nodes"]
        waiting += [(layers[name], call) for call in (calls if isinstance(calls, list) else [calls])]
    while waiting:
        later = [(layer, call) for layer, call in waiting if not _called(layer, call, layers)]
        if len(later) == len(waiting):
            raise ValueError(f"The calls of these layers take outputs that nothing gives: {[x.name for x, _ in later]}")
        waiting = later
    inputs, outputs = (_tensors_at(config[key], layers) for key in ("input_layers", "output_layers"))
    return inputs, outputs, layers


def _called(layer: Any, call: Any, layers: dict[str, Any]) -> bool:
    """Calls `layer` as `call` says, unless one of its inputs is not there yet."""
    keywords: dict[str, Any] = {}

    def given(entry: list[Any]) -> Any:
        name, _, tensor_index, *more = entry
        keywords.update(more[0] if more else {})
        return np.asarray(tensor_index) if name == "_CONSTANT_VALUE" else _tensor_at(entry[:3], layers)

    try:
        if isinstance(call, dict):
            inputs: Any = {key: given(entry) for key, entry in call.items()}
        elif call and isinstance(call[0], str):
            inputs = given(call)
        else:
            flat = [given(entry) for entry in call]
            inputs = flat[0] if len(flat) == 1 else flat
        arguments = {key: _argument(value, layers) for key, value in keywords.items()}
    except LookupError:
        return False
    layer(inputs, **arguments)
    return True


def _argument(value: Any, layers: dict[str, Any]) -> Any:
    if isinstance(value, (list, tuple)):
        if len(value) == 3 and isinstance(value[0], str) and value[0] in layers:
            return _tensor_at(value, layers)
        return [_argument(v, layers) for v in value]
    return value


def _tensor_at(place: Any, layers: dict[str, Any]) -> Any:
    """The tensor at [layer, call, output]; LookupError when it is not there."""
    name, node_index, tensor_index = place
    return nest.flatten(layers[name]._inbound_nodes[node_index].outputs)[tensor_index]


def _tensors_at(places: Any, layers: dict[str, Any]) -> Any:
    if isinstance(places, dict):
        return {key: _tensor_at(place, layers) for key, place in places.items()}
    if places and isinstance(places[0], str):
        return _tensor_at(places, layers)
    return [_tensor_at(place, layers) for place in places]
