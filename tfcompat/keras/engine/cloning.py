"""Models made from others, and from descriptions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.export import tf_export
from tfcompat.keras.engine.config import layer_from_config, network_config, network_from_config
from tfcompat.keras.engine.input_layer import Input, InputLayer
from tfcompat.keras.engine.model import Model
from tfcompat.keras.engine.sequential import Sequential


@tf_export("keras.models.clone_model")
def clone_model(model: Any, input_tensors: Any = None, clone_function: Callable[[Any], Any] | None = None) -> Any:
    """A model with layers of its own like those of `model`, with new variables.

    Args:
        model: a model that is a graph of layers, or a sequence.
        input_tensors: tensors to start from; new placeholders by default.
        clone_function: gives the new layer for each one; `from_config` by default.

    Raises:
        ValueError: `model` is none of these, or `clone_function` cannot be called.
    """
    if clone_function is not None and not callable(clone_function):
        raise ValueError(f"Expected `clone_function` argument to be a callable. Received: {clone_function}")
    clone = clone_function or _like
    if isinstance(model, Sequential):
        return _cloned_sequence(model, input_tensors, clone)
    if not isinstance(model, Model):
        raise ValueError(f"Expected `model` argument to be a `Model` instance, got {model}")
    if not model._is_graph_network:
        raise ValueError(f"Expected `model` argument to be a functional `Model` instance, but got a subclass: {model}")
    made = {layer.name: clone(layer) for layer in model.layers if not isinstance(layer, InputLayer)}
    starts = [layer for layer in model.layers if isinstance(layer, InputLayer)]
    given = nest.flatten(input_tensors) if input_tensors is not None else [None] * len(starts)
    made.update((layer.name, _start(layer, tensor)) for layer, tensor in zip(starts, given, strict=True))
    inputs, outputs, _ = network_from_config(network_config(model), made=made)
    return Model(inputs, outputs, name=model.name)


def _like(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def _start(layer: InputLayer, tensor: Any) -> Any:
    if tensor is None:
        return _like(layer)
    if hasattr(tensor, "_keras_history"):
        return tensor._keras_history.layer
    return Input(tensor=tensor, name=f"input_wrapper_for_{layer.name}")._keras_history.layer


def _cloned_sequence(model: Sequential, input_tensors: Any, clone: Callable[[Any], Any]) -> Sequential:
    layers = [clone(layer) for layer in model.layers]
    if model._is_graph_network and isinstance(model._graph_layers[0], InputLayer):
        tensor = None if input_tensors is None else nest.flatten(input_tensors)[0]
        layers.insert(0, _start(model._graph_layers[0], tensor))
    return Sequential(layers, name=model.name)


@tf_export("keras.models.model_from_config")
def model_from_config(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that {"class_name", "config"} describes, without values.

    Args:
        config: such a dictionary.
        custom_objects: name -> class or function, for those that Keras does not know.

    Raises:
        TypeError: `config` is a list.
    """
    if isinstance(config, list):
        raise TypeError(
            f"`model_from_config` expects a dictionary, not a list. Maybe you meant to use `Sequential.from_config"
            f"(config)`? Got: {config}"
        )
    return layer_from_config(config, custom_objects)


@tf_export("keras.models.model_from_json")
def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `Model.to_json` described, without values."""
    return model_from_config(json.loads(json_string), custom_objects)


@tf_export("keras.models.model_from_yaml")
def model_from_yaml(yaml_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `Model.to_yaml` described, without values; ImportError without the package pyyaml."""
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise ImportError("Requires yaml module installed (`pip install pyyaml`).") from None
    return model_from_config(yaml.safe_load(yaml_string), custom_objects)
