"""Values of variables in HDF5 files: a group for each layer, a dataset for each variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC
from tfcompat.layers.parts import distinct
from tfcompat.platform import logging

VERSION = "2.2.4-tf"
"""The version of Keras that files name."""
_LARGEST_ATTRIBUTE = 64512
"""Bytes that an attribute of an HDF5 object holds."""


def h5py(purpose: str) -> Any:
    """The package h5py; ImportError that names `purpose` where it is not installed."""
    try:
        import h5py  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise ImportError(f"{purpose} requires the package h5py (`pip install h5py`).") from None
    return h5py


def is_hdf5_path(path: str) -> bool:
    """Whether a path has an ending of HDF5 files."""
    return path.endswith((".h5", ".keras", ".hdf5"))


def weights_in_order(layer: Any) -> list[Any]:
    """The variables of a layer in the order of files: trainable ones, then the others."""
    return distinct([*layer.trainable_weights, *layer.non_trainable_weights])


def write_layers(group: Any, layers: Sequence[Any]) -> None:
    """Writes the variables of `layers`, with the names of layers and variables, into an HDF5 group."""
    write_names(group, "layer_names", [layer.name for layer in layers])
    group.attrs["backend"] = np.bytes_(b"tensorflow")
    group.attrs["keras_version"] = np.bytes_(VERSION.encode())
    for layer in layers:
        write_variables(group.create_group(layer.name), weights_in_order(layer))


def write_variables(group: Any, variables: Sequence[Any]) -> None:
    """Writes variables into an HDF5 group."""
    values = PUBLIC["keras.backend.batch_get_value"](variables)
    names = [variable.name for variable in variables]
    write_names(group, "weight_names", names)
    for name, value in zip(names, values, strict=True):
        group.create_dataset(name, data=np.asarray(value))


def write_names(group: Any, attribute: str, names: Sequence[str]) -> None:
    """Writes a list of names as an attribute, or as several, numbered ones, where it is too large for one."""
    encoded = [name.encode() for name in names]
    if any(len(name) > _LARGEST_ATTRIBUTE for name in encoded):
        raise RuntimeError(
            f"The following attributes cannot be saved to HDF5 file because they are larger than {_LARGEST_ATTRIBUTE} "
            f"bytes: {', '.join(name for name in names if len(name.encode()) > _LARGEST_ATTRIBUTE)}"
        )
    array, parts = np.asarray(encoded), 1
    while any(part.nbytes > _LARGEST_ATTRIBUTE for part in np.array_split(array, parts)):
        parts += 1
    if parts == 1:
        group.attrs[attribute] = array
    else:
        for index, part in enumerate(np.array_split(array, parts)):
            group.attrs[f"{attribute}{index}"] = part


def read_names(group: Any, attribute: str) -> list[str]:
    """The names that `write_names` wrote."""
    if attribute in group.attrs:
        found = list(group.attrs[attribute])
    else:
        found, index = [], 0
        while f"{attribute}{index}" in group.attrs:
            found += list(group.attrs[f"{attribute}{index}"])
            index += 1
    return [text(name) for name in found]


def text(value: Any) -> str:
    """An attribute as a string."""
    return value.decode("utf8") if isinstance(value, bytes) else str(value)


def _values(group: Any) -> list[Any]:
    return [np.asarray(group[name]) for name in read_names(group, "weight_names")]


def read_layers(group: Any, layers: Sequence[Any]) -> None:
    """Sets the variables of `layers`, in their order, from an HDF5 group.

    Raises:
        ValueError: there are more or fewer layers with variables, or variables of a layer.
    """
    with_variables = [layer for layer in layers if weights_in_order(layer)]
    names = [name for name in read_names(group, "layer_names") if read_names(group[name], "weight_names")]
    if len(names) != len(with_variables):
        raise ValueError(
            f"You are trying to load a weight file containing {len(names)} layers into a model with "
            f"{len(with_variables)} layers."
        )
    pairs: list[tuple[Any, Any]] = []
    for index, (name, layer) in enumerate(zip(names, with_variables, strict=True)):
        variables, values = weights_in_order(layer), _values(group[name])
        if len(variables) != len(values):
            raise ValueError(
                f'Layer #{index} (named "{layer.name}" in the current model) was found to correspond to layer {name} '
                f"in the save file. However the new layer {layer.name} expects {len(variables)} weights, but the saved "
                f"weights have {len(values)} elements."
            )
        pairs += zip(variables, values, strict=True)
    _set(pairs)


def read_layers_by_name(group: Any, layers: Sequence[Any], skip_mismatch: bool = False) -> None:
    """Sets the variables of those of `layers` whose names the group has.

    Args:
        group: an HDF5 group.
        layers: the layers.
        skip_mismatch: whether to pass over layers that do not fit, with a warning.

    Raises:
        ValueError: a layer has other variables than the group, and is not passed over.
    """
    pairs: list[tuple[Any, Any]] = []
    for index, name in enumerate(read_names(group, "layer_names")):
        values = _values(group[name])
        for layer in layers:
            if layer.name != name:
                continue
            problem = _mismatch(index, layer, name, values)
            if problem is None:
                pairs += zip(weights_in_order(layer), values, strict=True)
            elif skip_mismatch:
                logging.warning(f"Skipping loading of weights for layer {layer.name}: {problem}")
            else:
                raise ValueError(problem)
    _set(pairs)


def _mismatch(index: int, layer: Any, name: str, values: Sequence[Any]) -> str | None:
    variables = weights_in_order(layer)
    if len(variables) != len(values):
        return (
            f'Layer #{index} (named "{layer.name}") expects {len(variables)} weight(s), but the saved weights have '
            f"{len(values)} element(s)."
        )
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape.as_list()) != value.shape:
            return (
                f'Layer #{index} (named "{layer.name}"), weight {variable} has shape {variable.shape}, but the saved '
                f"weight has shape {value.shape}."
            )
    return None


def _set(pairs: list[tuple[Any, Any]]) -> None:
    for variable, value in pairs:
        if not variable.shape.is_compatible_with(value.shape):
            raise ValueError(
                f"Shape mismatch: variable {variable.name} has shape {variable.shape}, but the saved weight has shape "
                f"{value.shape}."
            )
    if pairs:
        PUBLIC["keras.backend.batch_set_value"](pairs)


def read_variables(group: Any) -> list[Any]:
    """The values in a group that `write_variables` wrote."""
    return _values(group)
