"""Files and directories: `tf.gfile` and `tf.io.gfile`."""

from __future__ import annotations

import glob as globbing
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tfcompat.graph.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
)
from tfcompat.graph.export import export, tf_export
from tfcompat.io.file_errors import translated_os_errors
from tfcompat.io.local_path import local_path as _text

Path = str | bytes | os.PathLike[str]
_MODES = ("r", "w", "a", "r+", "w+", "a+")


class FileIO:
    """A file that is opened at its first use; reading and writing have places of their own.

    Args:
        name: its path.
        mode: "r", "w", "a", with "b" for bytes and "+" for both directions.
    """

    def __init__(self, name: Path, mode: str = "r"):
        self._name = _text(name)
        self._mode = mode
        self._binary = "b" in mode
        plain = mode.replace("b", "")
        if plain not in _MODES:
            raise ValueError(f"mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+': {mode}")
        self._may_read = plain == "r" or "+" in plain
        self._may_write = plain[0] in "wa" or "+" in plain
        self._plain = plain
        self._reader: Any = None
        self._writer: Any = None
        self._was_written = False

    @property
    def name(self) -> str:
        """Its path."""
        return self._name

    @property
    def mode(self) -> str:
        """How it was opened."""
        return self._mode

    def _reading(self) -> Any:
        if not self._may_read:
            raise PermissionDeniedError(None, None, "File isn't open for reading")
        self.flush()
        if self._reader is None:
            with translated_os_errors(self._name):
                self._reader = open(self._name, "rb")  # noqa: SIM115
        return self._reader

    def _writing(self) -> Any:
        if not self._may_write:
            raise PermissionDeniedError(None, None, "File isn't open for writing")
        if self._writer is None:
            with translated_os_errors(self._name):
                self._writer = open(self._name, "ab" if self._plain[0] == "a" else "wb")  # noqa: SIM115
        return self._writer

    def _given(self, data: bytes) -> Any:
        return data if self._binary else data.decode("utf-8")

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes, or all that is left; text unless the mode is binary."""
        return self._given(self._reading().read(n))

    def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        return self._given(self._reading().readline())

    def readlines(self) -> list[Any]:
        """All lines that are left."""
        return [self._given(line) for line in self._reading()]

    def write(self, file_content: Any) -> None:
        """Appends text (as UTF-8) or bytes."""
        data = file_content.encode("utf-8") if isinstance(file_content, str) else bytes(file_content)
        file = self._writing()
        with translated_os_errors(self._name):
            file.write(data)

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Moves to `offset` from the start (0), the present place (1) or the end (2).

        Raises:
            TypeError: neither `offset` nor its old name `position` is given, or both.
            InvalidArgumentError: `whence` is another number.
        """
        if offset is None and position is None:
            raise TypeError("seek(): offset argument required")
        if offset is not None and position is not None:
            raise TypeError("seek(): offset and position may not be set simultaneously.")
        if whence not in (0, 1, 2):
            raise InvalidArgumentError(None, None, f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2.")
        target = position if position is not None else offset
        file = self._reading()
        if whence == 0 and target is not None and not 0 <= target <= self.size():
            if target < 0:
                raise InvalidArgumentError(None, None, f"{self._name}; Invalid argument: seek to {target}")
            file.seek(0, 2)
            raise OutOfRangeError(None, None, f"{self._name}; seek outside the file")
        file.seek(target, whence)

    def seekable(self) -> bool:
        """True: files can be positioned."""
        return True

    def tell(self) -> int:
        """The present place in bytes, of reading where that is possible."""
        file = self._reading() if self._may_read else self._writing()
        return file.tell()  # type: ignore[no-any-return]

    def size(self) -> int:
        """Its size in bytes."""
        self.flush()
        return stat(self._name).length

    def flush(self) -> None:
        """Hands what was written to the operating system."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Closes the file; the next use opens it anew. A file opened to be written exists afterwards."""
        if self._may_write and self._plain[0] in "wa" and not self._was_written and self._writer is None:
            self._writing()
        self._was_written = True
        for file in (self._reader, self._writer):
            if file is not None:
                file.close()
        self._reader = self._writer = None

    def next(self) -> Any:
        """The next line; StopIteration at the end."""
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def __next__(self) -> Any:
        return self.next()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __enter__(self) -> FileIO:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        for file in (getattr(self, "_reader", None), getattr(self, "_writer", None)):
            if file is not None:
                file.close()


@tf_export("gfile.GFile", "gfile.Open", "io.gfile.GFile")
class GFile(FileIO):
    """A file; see `FileIO`."""


@tf_export("gfile.FastGFile")
class FastGFile(FileIO):
    """A file; see `FileIO`."""


@dataclass(frozen=True, slots=True)
class FileStatistics:
    """Size in bytes, time of the last change in nanoseconds, and whether it is a directory."""

    length: int
    mtime_nsec: int
    is_directory: bool


def exists(path: Path) -> bool:
    """Whether there is a file or directory at `path`."""
    return os.path.exists(_text(path))


def isdir(path: Path) -> bool:
    """Whether `path` is a directory."""
    return os.path.isdir(_text(path))


def remove(path: Path) -> None:
    """Removes a file; NotFoundError when there is none."""
    with translated_os_errors(path):
        os.remove(_text(path))


def glob(pattern: Any) -> list[str]:
    """The paths that match a pattern (or any of a list), sorted."""
    patterns = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    found = [p for one in patterns for p in globbing.glob(_text(one))]
    return sorted(found)


def mkdir(path: Path) -> None:
    """Makes one directory; AlreadyExistsError when it is there, NotFoundError when its parent is not."""
    with translated_os_errors(path):
        os.mkdir(_text(path))


def makedirs(path: Path) -> None:
    """Makes a directory and its parents, those that are missing."""
    with translated_os_errors(path):
        os.makedirs(_text(path), exist_ok=True)


def copy(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Copies a file; AlreadyExistsError when `dst` is there and `overwrite` is not set."""
    _check_target(dst, overwrite)
    with translated_os_errors(src):
        shutil.copyfile(_text(src), _text(dst))


def rename(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Moves a file or directory; AlreadyExistsError as for `copy`."""
    _check_target(dst, overwrite)
    with translated_os_errors(src):
        os.replace(_text(src), _text(dst))


def _check_target(path: Path, overwrite: bool) -> None:
    if not overwrite and os.path.exists(_text(path)):
        raise AlreadyExistsError(None, None, f"file already exists: {_text(path)}")


def rmtree(path: Path) -> None:
    """Removes a directory and all in it; NotFoundError when there is none."""
    with translated_os_errors(path):
        if os.path.isdir(_text(path)):
            shutil.rmtree(_text(path))
        else:
            os.remove(_text(path))


def listdir(path: Path) -> list[str]:
    """The names in a directory; NotFoundError when it is none."""
    if not isdir(path):
        raise NotFoundError(None, None, f"Could not find directory {_text(path)}")
    return sorted(os.listdir(_text(path)))


def stat(path: Path) -> FileStatistics:
    """Size and times of a file; NotFoundError when there is none."""
    with translated_os_errors(path):
        found = os.stat(_text(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(_text(path)))


def walk(top: Path, topdown: bool = True, onerror: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    """(directory, names of directories, names of files) for `top` and everything below."""
    for folder, folders, files in os.walk(_text(top), topdown, onerror):
        folders.sort()
        yield folder, folders, sorted(files)


def walk_in_order(top: Path, in_order: bool = True) -> Iterator[Any]:
    """`walk` with the argument's old name."""
    return walk(top, in_order)


def join(path: Path, *paths: Path) -> str:
    """Joins parts of a path."""
    return os.path.join(_text(path), *map(_text, paths))


def get_registered_schemes() -> list[str]:
    """The URI schemes of file systems that can be used."""
    return ["", "file"]


# fmt: off
for _function, _names in (
    (copy, "gfile.Copy io.gfile.copy"), (rmtree, "gfile.DeleteRecursively io.gfile.rmtree"),
    (exists, "gfile.Exists io.gfile.exists"), (glob, "gfile.Glob io.gfile.glob"),
    (isdir, "gfile.IsDirectory io.gfile.isdir"), (listdir, "gfile.ListDirectory io.gfile.listdir"),
    (makedirs, "gfile.MakeDirs io.gfile.makedirs"), (mkdir, "gfile.MkDir io.gfile.mkdir"),
    (remove, "gfile.Remove io.gfile.remove"), (rename, "gfile.Rename io.gfile.rename"),
    (stat, "gfile.Stat io.gfile.stat"), (walk, "io.gfile.walk"), (walk_in_order, "gfile.Walk"),
    (join, "io.gfile.join"), (get_registered_schemes, "io.gfile.get_registered_schemes"),
):
    for _name in _names.split():
        export(_name, _function)
# fmt: on
