"""`tf.contrib.framework` and `slim`: variables that take values of checkpoints in a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_collection
from tfcompat.graph.export import export, tf_export
from tfcompat.io.checkpoint.reader import list_variables, load_checkpoint, load_variable
from tfcompat.ops.grouping import group
from tfcompat.ops.identity import placeholder
from tfcompat.ops.partitioned_variable import PartitionedVariable
from tfcompat.platform import logging
from tfcompat.training.checkpoint_utils import init_from_checkpoint
from tfcompat.training.saver import Saver

for _function in (list_variables, load_checkpoint, load_variable, init_from_checkpoint):
    export(f"contrib.framework.{_function.__name__}", _function)


def _parts(variable: Any) -> list[Any]:
    return list(variable) if isinstance(variable, (list, tuple, PartitionedVariable)) else [variable]


def _by_name(var_list: Any) -> dict[str, Any]:
    """Name in the checkpoint -> variable or list of slices."""
    if isinstance(var_list, Mapping):
        return dict(var_list)
    named: dict[str, Any] = {}
    for variable in var_list:
        for part in _parts(variable):
            info = part._get_save_slice_info()
            if info is None:
                named[part.op.name] = part
            else:
                named.setdefault(info.full_name, []).append(part)
    return named


@tf_export("contrib.framework.assign_from_values", "contrib.slim.assign_from_values")
def assign_from_values(var_names_to_values: Mapping[str, Any]) -> tuple[Any, dict[Any, Any]]:
    """An operation that assigns values to variables, and the feed that it needs.

    Args:
        var_names_to_values: names of variables of the graph, with arrays.

    Raises:
        ValueError: there is no such variable, or more than one.
    """
    operations: list[Any] = []
    feeds: dict[Any, Any] = {}
    for name, value in var_names_to_values.items():
        found = [v for v in get_collection(GraphKeys.GLOBAL_VARIABLES) if v.op.name == name]
        if len(found) != 1:
            raise ValueError(f"Variable {name} {'does not exist' if not found else 'is not unique'}")
        _assign(found[0], np.asarray(value), operations, feeds)
    return group(*operations), feeds


def _assign(variable: Any, value: np.ndarray, operations: list[Any], feeds: dict[Any, Any]) -> None:
    given = placeholder(variable.dtype.base_dtype, value.shape)
    operations.append(variable.assign(given))
    feeds[given] = value


@tf_export("contrib.framework.assign_from_values_fn", "contrib.slim.assign_from_values_fn")
def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable[[Any], None]:
    """A function of a session that assigns values to variables; see `assign_from_values`."""
    operation, feeds = assign_from_values(var_names_to_values)

    def callback(session: Any) -> None:
        session.run(operation, feeds)

    return callback


@tf_export("contrib.framework.assign_from_checkpoint", "contrib.slim.assign_from_checkpoint")
def assign_from_checkpoint(
    model_path: str, var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Any, dict[Any, Any]]:
    """An operation that assigns values of a checkpoint to variables, and the feed that it needs.

    Args:
        model_path: prefix of the checkpoint.
        var_list: variables, or a dict from names in the checkpoint to variables or lists of slices.
        ignore_missing_vars: whether variables that are not in the checkpoint are left out with a warning.

    Raises:
        ValueError: a variable is not in the checkpoint, or its shape is another one.
    """
    reader = load_checkpoint(model_path)
    operations: list[Any] = []
    feeds: dict[Any, Any] = {}
    for name, variable in _by_name(var_list).items():
        if not reader.has_tensor(name):
            text = f"Checkpoint is missing variable [{name}]"
            if not ignore_missing_vars:
                raise ValueError(text)
            logging.warning(text)
            continue
        value = np.asarray(reader.get_tensor(name))
        for part in _parts(variable):
            info = part._get_save_slice_info()
            piece = value
            if info is not None:
                if list(value.shape) != list(info.full_shape):
                    raise ValueError(
                        f"Total size of new array must be unchanged for {name}: {value.shape} {info.full_shape}"
                    )
                piece = value[tuple(slice(o, o + s) for o, s in zip(info.var_offset, info.var_shape, strict=True))]
            elif piece.size != part.shape.num_elements():
                raise ValueError(
                    f"Total size of new array must be unchanged for {name} lh_shape: [{list(value.shape)}], rh_shape: "
                    f"[{part.shape.as_list()}]"
                )
            _assign(part, piece.reshape(part.shape.as_list()), operations, feeds)
    return group(*operations), feeds


@tf_export("contrib.framework.assign_from_checkpoint_fn", "contrib.slim.assign_from_checkpoint_fn")
def assign_from_checkpoint_fn(
    model_path: str, var_list: Any, ignore_missing_vars: bool = False, reshape_variables: bool = False
) -> Callable[[Any], None] | None:
    """A function of a session that restores variables from a checkpoint.

    Args:
        model_path: prefix of the checkpoint.
        var_list: variables, or a dict from names in the checkpoint to variables.
        ignore_missing_vars: whether variables that are not in the checkpoint are left out with a warning.
        reshape_variables: whether values of another shape are reshaped.

    Returns:
        The function; None when no variable is left.

    Raises:
        ValueError: there are no variables.
    """
    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        reader = load_checkpoint(model_path)
        named = _by_name(var_list)
        for name in sorted(named):
            if not reader.has_tensor(name):
                logging.warning("Variable %s missing in checkpoint %s", name, model_path)
                del named[name]
        var_list = named
        if not var_list:
            logging.warning("No Variables to restore")
            return None
    saver = Saver(var_list, reshape=reshape_variables)

    def callback(session: Any) -> None:
        saver.restore(session, model_path)

    return callback
