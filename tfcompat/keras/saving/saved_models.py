"""Models in directories: SavedModels for serving, with what makes the model of layers again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from tfcompat import protos
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.graph import Graph
from tfcompat.keras.engine.cloning import clone_model, model_from_config

_DESCRIPTION = os.path.join("assets", "saved_model.json")
_VALUES = os.path.join("variables", "variables")


@tf_export("keras.experimental.export_saved_model")
def export_saved_model(
    model: Any,
    saved_model_path: Any,
    custom_objects: dict[str, Any] | None = None,
    as_text: bool = False,
    input_signature: Any = None,
    serving_only: bool = False,
) -> None:
    """Writes a SavedModel with the tag "serve" that predicts, and the configuration as `assets/saved_model.json`.

    Args:
        model: a model that is a graph of layers, or a sequence.
        saved_model_path: directory, new or empty.
        custom_objects: name -> class or function, for those that Keras does not know.
        as_text: whether the SavedModel is text.
        input_signature: must be None.
        serving_only: accepted; there are no graphs for training and evaluation.

    Raises:
        NotImplementedError: a model that connects its layers in `call`.
        AssertionError: the directory has something in it.
    """
    if not model._is_graph_network or input_signature is not None:
        raise NotImplementedError(
            "export_saved_model writes models that are graphs of layers, or sequences, with their own inputs."
        )
    path, values, description = os.fspath(saved_model_path), model.get_weights(), model.to_json()
    phase = PUBLIC["keras.backend.learning_phase_scope"]
    with Graph().as_default(), PUBLIC["Session"]() as session, phase(0):
        with PUBLIC["keras.utils.custom_object_scope"](custom_objects or {}):
            twin = clone_model(model)
        twin.set_weights(values)
        signature = PUBLIC["saved_model.predict_signature_def"](
            dict(zip(twin.input_names, twin.inputs, strict=True)),
            dict(zip(twin.output_names, twin.outputs, strict=True)),
        )
        builder = PUBLIC["saved_model.Builder"](path)
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save(as_text=as_text)
    os.makedirs(os.path.join(path, "assets"), exist_ok=True)
    with open(os.path.join(path, _DESCRIPTION), "w", encoding="utf-8") as file:
        file.write(description)


@tf_export("keras.experimental.load_from_saved_model")
def load_from_saved_model(saved_model_path: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model, not compiled, that `export_saved_model` wrote, or `Model.save` of TensorFlow into a directory.

    Args:
        saved_model_path: the directory.
        custom_objects: name -> class or function, for those that Keras does not know.

    Raises:
        OSError: there is no such directory.
        ValueError: the directory says nothing of layers.
    """
    path = os.fspath(saved_model_path)
    described = os.path.join(path, _DESCRIPTION)
    if os.path.exists(described):
        with open(described, encoding="utf-8") as file:
            config = json.load(file)
    else:
        config = _described_by_tensorflow(path)
    with PUBLIC["keras.utils.custom_object_scope"](custom_objects or {}):
        model = model_from_config(config, custom_objects)
        # values that are found by the names of variables need a graph in which these are free
        with Graph().as_default(), PUBLIC["Session"]():
            twin = model_from_config(config, custom_objects)
            twin.load_weights(os.path.join(path, _VALUES))
            values = twin.get_weights()
    model.set_weights(values)
    return model


def _described_by_tensorflow(path: str) -> dict[str, Any]:
    """{"class_name", "config"} of the model in a SavedModel of objects."""
    file = os.path.join(path, "saved_model.pb")
    if not os.path.exists(file):
        raise OSError(f"SavedModel file does not exist at: {path}/{{saved_model.pbtxt|saved_model.pb}}")
    with open(file, "rb") as stream:
        saved = protos.SavedModel.FromString(stream.read())
    metadata = ""
    for graph in saved.meta_graphs:
        if graph.object_graph_def.nodes:
            metadata = graph.object_graph_def.nodes[0].user_object.metadata
    metadata = metadata or _metadata_beside(path)
    found = json.loads(metadata, object_hook=_tuples) if metadata else {}
    if "class_name" not in found or "config" not in found:
        raise ValueError(
            f"The SavedModel at {path} does not describe a model of layers. Use `tf.saved_model.load` to run its graph."
        )
    return {"class_name": found["class_name"], "config": found["config"]}


def _metadata_beside(path: str) -> str:
    """What `keras_metadata.pb`, a list of nodes with an id, a path and a JSON text each, says of the root."""
    file = os.path.join(path, "keras_metadata.pb")
    if not os.path.exists(file):
        return ""
    with open(file, "rb") as stream:
        nodes = [value for number, value in _fields(stream.read()) if number == 1]
    for node in nodes:
        fields = dict(_fields(node))
        if fields.get(_PATH) == b"root":
            return str(fields.get(_METADATA, b""), "utf-8")
    return ""


_PATH, _METADATA = 3, 5


def _fields(data: Any) -> Iterator[tuple[int, Any]]:
    """(number, value) of the fields of a protocol message: bytes or an integer."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            size = varint()
            at += size
            yield key >> 3, data[at - size : at]
        else:
            raise ValueError(f"keras_metadata.pb has a field of an unknown kind ({key & 7}).")


def _tuples(value: dict[str, Any]) -> Any:
    """Tuples and shapes that JSON holds as dictionaries."""
    if value.get("class_name") == "__tuple__":
        return tuple(value["items"])
    if value.get("class_name") == "TensorShape":
        return tuple(value["items"])
    return value
