"""Reading checkpoints from programs: `tf.train.NewCheckpointReader`, `list_variables`, `load_variable`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import NotFoundError
from tfcompat.graph.export import tf_export
from tfcompat.io.checkpoint.kernels import open_checkpoint
from tfcompat.io.checkpoint.state import latest_checkpoint


class CheckpointReader:
    """A checkpoint's tensors by name."""

    def __init__(self, reader: Any):
        self._reader = reader

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Name -> shape of every tensor."""
        return {n: self._reader.shape(n) for n in self._reader.names()}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """Name -> element type of every tensor."""
        return {n: self._reader.dtype(n) for n in self._reader.names()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a tensor of that name."""
        return _name(tensor_str) in self._reader

    def get_tensor(self, tensor_str: str) -> Any:
        """A tensor's value; NotFoundError when there is none."""
        name = _name(tensor_str)
        if name not in self._reader:
            raise NotFoundError(None, None, f"Key {name} not found in checkpoint")
        array: np.ndarray = self._reader.read(name)
        return array[()] if array.ndim == 0 else array

    def debug_string(self) -> bytes:
        """A line for each tensor or slice: key, type and shape."""
        return b"".join(
            key + f" ({name}) [{','.join(map(str, shape))}]\n".encode() for key, name, shape in self._reader.stored()
        )


def _name(text: Any) -> str:
    if not isinstance(text, (str, bytes)):
        raise TypeError(f"Expected binary or unicode string, got {text!r}")
    return text.decode() if isinstance(text, bytes) else text


@tf_export("train.NewCheckpointReader")
def new_checkpoint_reader(filepattern: str) -> CheckpointReader:
    """Opens the checkpoint of that prefix.

    Raises:
        NotFoundError: there is none.
        DataLossError: it is damaged.
    """
    return CheckpointReader(open_checkpoint(filepattern))


@tf_export("train.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file: str) -> CheckpointReader:
    """Opens a checkpoint by prefix, or the latest one of a directory; ValueError when that has none."""
    return new_checkpoint_reader(checkpoint_prefix(ckpt_dir_or_file))


def checkpoint_prefix(path: Any) -> str:
    """The prefix of a checkpoint: `path`, or that of the latest one of the directory `path`; ValueError if none."""
    path = os.fspath(path)
    if not os.path.isdir(path):
        return path
    latest = latest_checkpoint(path)
    if latest is None:
        raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}")
    return latest


@tf_export("train.list_variables")
def list_variables(ckpt_dir_or_file: str) -> list[tuple[str, list[int]]]:
    """(name, shape) of every tensor of a checkpoint, by name."""
    shapes = load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map()
    return [(n, shapes[n]) for n in sorted(shapes)]


@tf_export("train.load_variable")
def load_variable(ckpt_dir_or_file: str, name: str) -> Any:
    """The value of one tensor of a checkpoint; a trailing `:0` of the name is ignored."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))
