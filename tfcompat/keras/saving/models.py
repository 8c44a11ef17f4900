"""`save_model` and `load_model`: layers, values and training in one HDF5 file."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.keras.engine.cloning import model_from_config
from tfcompat.keras.engine.model import json_value
from tfcompat.keras.saving import hdf5
from tfcompat.keras.saving.weights import may_write
from tfcompat.platform import logging
from tfcompat.training.checkpoint import write_objects

_TRAINING = os.path.join("assets", "training_config.json")
_STATE = os.path.join("assets", "training")


@tf_export("keras.models.save_model", "keras.saving.save_model")
def save_model(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    include_optimizer: bool = True,
    save_format: str | None = None,
    signatures: Any = None,
) -> None:
    """Writes the layers, their values, and how the model is trained, with the optimizer's values.

    Args:
        model: a model that is a graph of layers, or a sequence.
        filepath: path of an HDF5 file, an open `h5py.File`, or the directory of a SavedModel.
        overwrite: whether a file that exists is written over without asking.
        include_optimizer: whether the optimizer and its values go along.
        save_format: "h5", the default, or "tf" for a SavedModel that serves, with what `load_model` needs beside it.
        signatures: not used.

    Raises:
        ImportError: an HDF5 file without the package h5py.
        NotImplementedError: a model that connects its layers in `call`.
        ValueError: another format.
    """
    if save_format in ("tf", "tensorflow"):
        _save_directory(model, os.fspath(filepath), overwrite, include_optimizer)
        return
    if save_format not in (None, "h5", "hdf5", "keras"):
        raise ValueError(f'Unknown format "{save_format}". Was expecting one of {{"tf", "h5"}}.')
    module = hdf5.h5py("`save_model`")
    if not model._is_graph_network:
        raise NotImplementedError(
            "Saving the model to HDF5 format requires the model to be a Functional model or a Sequential model. It "
            "does not work for subclassed models, because such models are defined via the body of a Python method, "
            "which isn't safely serializable. Consider using `save_weights`."
        )
    if isinstance(filepath, module.File):
        _write(filepath, model, include_optimizer)
        return
    path = os.fspath(filepath)
    if may_write(path, overwrite):
        with module.File(path, "w") as file:
            _write(file, model, include_optimizer)
            file.flush()


def _save_directory(model: Any, path: str, overwrite: bool, include_optimizer: bool) -> None:
    present = os.path.join(path, "saved_model.pb")
    if os.path.exists(present):
        if not may_write(present, overwrite):
            return
        shutil.rmtree(path)
    PUBLIC["keras.experimental.export_saved_model"](model, path)
    training = training_config(model) if include_optimizer and model.optimizer is not None else None
    if training is not None:
        with open(os.path.join(path, _TRAINING), "w", encoding="utf-8") as file:
            json.dump(training, file, default=json_value)
        session = PUBLIC["keras.backend.get_session"]()
        write_objects(model, os.path.join(path, _STATE), session, model._save_operations)


def _load_directory(path: str, custom_objects: dict[str, Any] | None, compiled: bool) -> Any:
    model = PUBLIC["keras.experimental.load_from_saved_model"](path, custom_objects)
    described = os.path.join(path, _TRAINING)
    if compiled and os.path.exists(described):
        with PUBLIC["keras.utils.custom_object_scope"](custom_objects or {}), open(described, encoding="utf-8") as file:
            model.compile(**compile_arguments(json.load(file)))
        model._function("train")
        model.load_weights(os.path.join(path, _STATE))
    return model


def _write(file: Any, model: Any, include_optimizer: bool) -> None:
    description = model._description()
    file.attrs["keras_version"] = hdf5.VERSION
    file.attrs["backend"] = "tensorflow"
    config = {"class_name": description["class_name"], "config": description["config"]}
    file.attrs["model_config"] = np.bytes_(json.dumps(config, default=json_value).encode("utf8"))
    hdf5.write_layers(file.create_group("model_weights"), model.layers)
    if not include_optimizer or model.optimizer is None:
        return
    training = training_config(model)
    if training is None:
        return
    file.attrs["training_config"] = np.bytes_(json.dumps(training, default=json_value).encode("utf8"))
    variables = model.optimizer.weights
    if variables:
        hdf5.write_variables(file.create_group("optimizer_weights"), variables)


def training_config(model: Any) -> dict[str, Any] | None:
    """How a model was compiled; None, with a warning, for an optimizer of `tf.train`."""
    optimizer = model.optimizer
    try:
        config = optimizer.get_config()
    except NotImplementedError:
        logging.warning(
            "TensorFlow optimizers do not make it possible to access optimizer attributes or optimizer state after "
            "instantiation. As a result, we cannot save the optimizer as part of the model save file. You will have "
            "to compile your model again after loading it. Prefer using a Keras optimizer instead."
        )
        return None
    given = model._compile_arguments
    names = ("loss", "metrics", "weighted_metrics", "sample_weight_mode", "loss_weights")
    return {
        **{name: given[name] for name in names},
        "optimizer_config": {"class_name": type(optimizer).__name__, "config": config},
    }


@tf_export("keras.models.load_model", "keras.saving.load_model")
def load_model(filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, **kwargs: Any) -> Any:
    """The model that `save_model` wrote.

    Args:
        filepath: path of an HDF5 file, an open `h5py.File`, or the directory of a SavedModel. Models that TensorFlow
            saved into a directory, or `tf.keras.experimental.export_saved_model`, are not compiled.
        custom_objects: name -> class or function, for those that Keras does not know.
        compile: whether the model is compiled as it was, with the values of the optimizer.
        kwargs: `safe_mode` is accepted.

    Raises:
        ImportError: h5py is not installed.
        IOError: there is no such file.
        ValueError: the file holds values only.
    """
    if isinstance(filepath, (str, os.PathLike)):
        path = os.fspath(filepath)
        if os.path.isdir(path):
            return _load_directory(path, custom_objects, compile)
        if not os.path.exists(path):
            raise OSError(f"SavedModel file does not exist at: {path}/{{saved_model.pbtxt|saved_model.pb}}")
        with hdf5.h5py("`load_model`").File(path, "r") as file:
            return _read(file, custom_objects, compile)
    return _read(filepath, custom_objects, compile)


def _read(file: Any, custom_objects: dict[str, Any] | None, compiled: bool) -> Any:
    config = file.attrs.get("model_config")
    if config is None:
        raise ValueError("No model found in config file.")
    with PUBLIC["keras.utils.custom_object_scope"](custom_objects or {}):
        model = model_from_config(json.loads(hdf5.text(config)), custom_objects)
        hdf5.read_layers(file["model_weights"], model.layers)
        if compiled:
            _compile(model, file)
    return model


def _compile(model: Any, file: Any) -> None:
    training = file.attrs.get("training_config")
    if training is None:
        logging.warning(
            "No training configuration found in save file: the model was *not* compiled. Compile it manually."
        )
        return
    model.compile(**compile_arguments(json.loads(hdf5.text(training))))
    if "optimizer_weights" in file:
        values = hdf5.read_variables(file["optimizer_weights"])
        model._function("train")
        try:
            model.optimizer.set_weights(values)
        except ValueError:
            logging.warning(
                "Error in loading the saved optimizer state. As a result, your model is starting with a freshly "
                "initialized optimizer."
            )


def compile_arguments(training: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `Model.compile` that `training_config` describes."""
    return {
        "optimizer": PUBLIC["keras.optimizers.deserialize"](training["optimizer_config"]),
        "loss": _objects(training["loss"], PUBLIC["keras.losses.get"]),
        "metrics": _objects(training.get("metrics"), PUBLIC["keras.metrics.get"]),
        "weighted_metrics": _objects(training.get("weighted_metrics"), PUBLIC["keras.metrics.get"]),
        "sample_weight_mode": training.get("sample_weight_mode"),
        "loss_weights": training.get("loss_weights"),
    }


def _objects(value: Any, get: Any) -> Any:
    """`value` with the objects that configurations in it describe, and functions of the program by their names."""
    if isinstance(value, dict):
        if set(value) >= {"class_name", "config"}:
            return get(value)
        return {key: _objects(v, get) for key, v in value.items()}
    if isinstance(value, list):
        return [_objects(v, get) for v in value]
    custom = PUBLIC["keras.utils.get_custom_objects"]()
    return custom[value] if isinstance(value, str) and value in custom else value
