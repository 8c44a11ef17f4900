"""The files of a SavedModel: reading them, and paths that stay inside its directory."""

from __future__ import annotations

import os
from typing import Any

from tfcompat import protos
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.saved_model import constants


def read_saved_model(export_dir: str | os.PathLike[str]) -> Any:
    """The `SavedModel` message of a directory.

    Raises:
        OSError: there is none, or it cannot be parsed.
    """
    from google.protobuf.message import DecodeError
    from google.protobuf.text_format import ParseError

    folder = _text(export_dir)
    binary, text = (os.path.join(folder, n) for n in (constants.FILENAME_PB, constants.FILENAME_PBTXT))
    if os.path.exists(binary):
        with open(binary, "rb") as file:
            data = file.read()
        try:
            return protos.SavedModel.FromString(data)
        except DecodeError as error:
            raise OSError(f"Cannot parse file {binary}: {error}.") from None
    if os.path.exists(text):
        with open(text, "rb") as file:
            data = file.read()
        try:
            return protos.parse_text(data.decode(), protos.SavedModel)
        except (ParseError, UnicodeDecodeError, RecursionError) as error:
            raise OSError(f"Cannot parse file {text}: {error}.") from None
    raise OSError(
        f"SavedModel file does not exist at: {folder}{os.sep}{{{constants.FILENAME_PBTXT}|{constants.FILENAME_PB}}}"
    )


def contains_saved_model(export_dir: str | os.PathLike[str]) -> bool:
    """Whether a directory has the main file of a SavedModel."""
    folder = _text(export_dir)
    return any(os.path.isfile(os.path.join(folder, n)) for n in (constants.FILENAME_PB, constants.FILENAME_PBTXT))


def variables_prefix(export_dir: str | os.PathLike[str]) -> str:
    """The prefix of the checkpoint inside a SavedModel."""
    return os.path.join(_text(export_dir), constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME)


def asset_path(export_dir: str | os.PathLike[str], filename: str) -> str:
    """The path of an asset.

    Raises:
        InvalidArgumentError: it would lie outside the directory of assets.
    """
    folder = os.path.join(_text(export_dir), constants.ASSETS_DIRECTORY)
    path = os.path.join(folder, filename)
    root = os.path.realpath(folder)
    if not filename or "\0" in filename or not os.path.realpath(path).startswith(root + os.sep):
        raise InvalidArgumentError(None, None, f"The asset {filename!r} lies outside {folder}; it is not opened.")
    return path


def available_tags(saved_model: Any) -> list[list[str]]:
    """The tags of each meta graph."""
    return [list(meta.meta_info_def.tags) for meta in saved_model.meta_graphs]


def meta_graph_of(saved_model: Any, tags: Any) -> Any:
    """The meta graph whose set of tags is exactly `tags`.

    Raises:
        RuntimeError: there is none.
    """
    wanted = {tags} if isinstance(tags, str) else set(tags)
    for meta in saved_model.meta_graphs:
        if set(meta.meta_info_def.tags) == wanted:
            return meta
    raise RuntimeError(
        f"MetaGraphDef associated with tags {str(sorted(wanted)).strip('[]')} could not be found in SavedModel, with "
        f"available tags '{available_tags(saved_model)}'. `tfcompat inspect DIRECTORY` shows what a SavedModel holds."
    )


def _text(path: str | bytes | os.PathLike[str]) -> str:
    return os.fsdecode(path)
