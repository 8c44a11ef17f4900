"""`save_weights` and `load_weights`: the values of a model's variables in checkpoints and HDF5 files."""

from __future__ import annotations

import os
from typing import Any

from tfcompat.graph.errors import DataLossError, NotFoundError
from tfcompat.graph.export import PUBLIC
from tfcompat.io.checkpoint import state
from tfcompat.keras.saving import hdf5
from tfcompat.training.checkpoint import read_objects, write_objects


def save_weights(model: Any, filepath: Any, overwrite: bool, save_format: str | None) -> None:
    """Writes the values of a model's variables; see `Model.save_weights`."""
    path = os.fspath(filepath)
    kind = _format(path, save_format)
    if not may_write(path if kind == "h5" else f"{path}.index", overwrite):
        return
    if kind == "h5":
        module = hdf5.h5py("`save_weights` in the format HDF5")
        if not model._is_graph_network and not model.built:
            raise ValueError("Unable to save weights of a model that has not created its variables yet.")
        with module.File(path, "w") as file:
            hdf5.write_layers(file, model.layers)
    else:
        session = PUBLIC["keras.backend.get_session"]()
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        write_objects(model, path, session, model._save_operations)
        state.write_state(folder or ".", path, [path], None, save_relative_paths=True)


def _format(path: str, given: str | None) -> str:
    looks_like_hdf5 = hdf5.is_hdf5_path(path)
    if given is None:
        return "h5" if looks_like_hdf5 else "tf"
    known = {"tensorflow": "tf", "tf": "tf", "hdf5": "h5", "h5": "h5", "keras": "h5"}
    kind = known.get(given.lower().strip())
    if kind is None:
        raise ValueError(f'Unknown format "{given}". Was expecting one of {{"tf", "h5"}}.')
    if kind == "tf" and looks_like_hdf5:
        raise ValueError(
            f'save_weights got save_format="tf"/"tensorflow", but the filepath ("{path}") looks like an HDF5 file. '
            'Omit the ".h5"/".keras" when saving in TensorFlow format.'
        )
    return kind


def may_write(path: str, overwrite: bool) -> bool:
    """Whether `path` is free, or may be written over; asks where that is not said."""
    if overwrite or not os.path.isfile(path):
        return True
    answer = ""
    while answer not in ("y", "n"):
        answer = input(f"[WARNING] {path} already exists - overwrite? [y/n]").strip().lower()
    return answer == "y"


def load_weights(model: Any, filepath: Any, by_name: bool, skip_mismatch: bool) -> Any:
    """Sets a model's variables; see `Model.load_weights`."""
    path = os.fspath(filepath)
    if _is_checkpoint(path):
        if by_name:
            raise NotImplementedError(
                "Weights may only be loaded based on topology into Models when loading TensorFlow-formatted weights "
                "(got by_name=True to load_weights)."
            )
        status = read_objects(model, path)
        status.assert_nontrivial_match()
        session = PUBLIC["keras.backend.get_session"]()
        status.run_restore_ops(session)
        model._loaded = status
        return status
    module = hdf5.h5py("`load_weights` from HDF5 files")
    if not model._is_graph_network and not model.built:
        raise ValueError(
            "Unable to load weights saved in HDF5 format into a subclassed Model which has not created its variables "
            "yet. Call the Model first, then load the weights."
        )
    with module.File(path, "r") as file:
        group = file["model_weights"] if "layer_names" not in file.attrs and "model_weights" in file else file
        if by_name:
            hdf5.read_layers_by_name(group, model.layers, skip_mismatch)
        else:
            hdf5.read_layers(group, model.layers)
    return None


def _is_checkpoint(path: str) -> bool:
    try:
        PUBLIC["train.NewCheckpointReader"](path)
    except (NotFoundError, DataLossError):
        return False
    return True
