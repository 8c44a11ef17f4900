"""The `checkpoint` file of a directory: which checkpoints there are, and which is the latest."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from typing import Any

from tfcompat import protos
from tfcompat.graph.export import tf_export
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.io.gfile import glob
from tfcompat.io.local_path import local_path

_SHARDS = re.compile(r"-[\d?]+-of-\d+$")


def _state_path(directory: str, latest_filename: str | None) -> str:
    return os.path.join(local_path(directory), latest_filename or "checkpoint")


@tf_export("train.generate_checkpoint_state_proto")
def generate_checkpoint_state_proto(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """A `CheckpointState` message; paths below a relative `save_dir` are made relative to it.

    A list of paths that does not end with `model_checkpoint_path` gets it appended.

    Raises:
        ValueError: there are timestamps, and not one per path.
    """
    paths = all_model_checkpoint_paths if isinstance(all_model_checkpoint_paths, list) else []
    paths = paths if paths is all_model_checkpoint_paths else list(all_model_checkpoint_paths or [])
    if not paths or paths[-1] != model_checkpoint_path:
        paths.append(model_checkpoint_path)
    stamps = all_model_checkpoint_timestamps
    if stamps and len(stamps) != len(paths):
        raise ValueError(
            "Checkpoint timestamps, if provided, must match checkpoint paths (got paths "
            f"{paths} and timestamps {stamps})"
        )
    if not os.path.isabs(save_dir):
        paths = [p if os.path.isabs(p) else os.path.relpath(p, save_dir) for p in paths]
        if not os.path.isabs(model_checkpoint_path):
            model_checkpoint_path = os.path.relpath(model_checkpoint_path, save_dir)
    state = protos.CheckpointState(
        model_checkpoint_path=model_checkpoint_path,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=stamps or [],
    )
    if last_preserved_timestamp is not None:
        state.last_preserved_timestamp = last_preserved_timestamp
    return state


@tf_export("train.update_checkpoint_state")
def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Writes the state file of `save_dir`, all of it or nothing.

    Raises:
        RuntimeError: the checkpoint has the name of the state file.
        ValueError: there are timestamps, and not one per path.
        NotFoundError: there is no directory `save_dir`.
    """
    write_state(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        False,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )


def write_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_paths: Sequence[str] | None,
    latest_filename: str | None,
    save_relative_paths: bool,
    timestamps: Sequence[float] | None = None,
    last_preserved: float | None = None,
) -> None:
    """`update_checkpoint_state`, with paths relative to `save_dir` when asked for."""
    paths = list(all_paths or [])
    if save_relative_paths:
        model_checkpoint_path = _relative(model_checkpoint_path, save_dir)
        paths = [_relative(p, save_dir) for p in paths]
    state = generate_checkpoint_state_proto(save_dir, model_checkpoint_path, paths, timestamps, last_preserved)
    path = _state_path(save_dir, latest_filename)
    if path == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state. Please use "
            "a different save path."
        )
    temporary = f"{path}.tmp{os.getpid()}.{threading.get_ident()}"
    with translated_os_errors(path):
        with open(temporary, "w") as file:
            file.write(protos.to_text(state))
        os.replace(temporary, path)


def _relative(path: str, save_dir: str) -> str:
    """An absolute path relative to `save_dir`; the message makes the others relative, if `save_dir` is."""
    return os.path.relpath(path, save_dir) if os.path.isabs(path) else path


@tf_export("train.get_checkpoint_state")
def get_checkpoint_state(checkpoint_dir: str, latest_filename: str | None = None) -> Any:
    """The state of a directory with paths that can be opened; None when there is no readable state file.

    Raises:
        ValueError: the state file names no latest checkpoint.
    """
    checkpoint_dir = os.fspath(checkpoint_dir)
    path = _state_path(checkpoint_dir, latest_filename)
    from google.protobuf.text_format import ParseError

    try:
        with open(path) as file:
            state: Any = protos.parse_text(file.read(), protos.CheckpointState)
    except (OSError, ParseError, UnicodeDecodeError):
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {checkpoint_dir}")
    if not os.path.isabs(state.model_checkpoint_path):
        state.model_checkpoint_path = os.path.join(checkpoint_dir, state.model_checkpoint_path)
    for i, other in enumerate(state.all_model_checkpoint_paths):
        if not os.path.isabs(other):
            state.all_model_checkpoint_paths[i] = os.path.join(checkpoint_dir, other)
    return state


@tf_export("train.latest_checkpoint")
def latest_checkpoint(checkpoint_dir: str, latest_filename: str | None = None) -> str | None:
    """The prefix of the latest checkpoint of a directory whose files exist; None when there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    path: str = state.model_checkpoint_path
    return path if checkpoint_exists(path) else None


@tf_export("train.checkpoint_exists")
def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether a checkpoint of that prefix, of version 2 or 1, is there."""
    return bool(_files_of(checkpoint_prefix))


def _files_of(checkpoint_prefix: str) -> list[str]:
    """The index of a checkpoint of version 2, or the files of one of version 1, whose prefix may be a pattern."""
    prefix = os.fsdecode(checkpoint_prefix)
    return glob(prefix + ".index") or glob(prefix)


@tf_export("train.get_checkpoint_mtimes")
def get_checkpoint_mtimes(checkpoint_prefixes: Sequence[str]) -> list[float]:
    """When each checkpoint was written, in seconds since the epoch; those that are gone are left out."""
    return [os.path.getmtime(local_path(path)) for prefix in checkpoint_prefixes for path in _files_of(prefix)[:1]]


@tf_export("train.remove_checkpoint")
def remove_checkpoint(
    checkpoint_prefix: str, checkpoint_format_version: int = 2, meta_graph_suffix: str = "meta"
) -> None:
    """Removes the files of a checkpoint, those that are there.

    Args:
        checkpoint_prefix: what `Saver.save` gave.
        checkpoint_format_version: `SaverDef.V2` or `SaverDef.V1`.
        meta_graph_suffix: ending of the file with the graph.
    """
    prefix = os.fsdecode(checkpoint_prefix)
    patterns = [meta_graph_path(prefix, meta_graph_suffix)]
    if checkpoint_format_version == protos.SaverDef.V2:
        patterns += [f"{prefix}.index", f"{prefix}.data-?????-of-?????"]
    else:
        patterns.append(prefix)
    for path in glob(patterns):
        os.remove(local_path(path))


def meta_graph_path(prefix: str, suffix: str) -> str:
    """The file with the graph of a checkpoint; the shards of one of version 1 have one."""
    return f"{re.sub(_SHARDS, '', prefix)}.{suffix}"
