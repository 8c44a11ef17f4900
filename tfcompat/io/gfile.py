"""Files and directories: `tf.gfile` and `tf.io.gfile`."""

from __future__ import annotations

import contextlib
import functools
import glob as globbing
import inspect
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tfcompat.graph.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    UnimplementedError,
)
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.file_errors import translated_os_errors
from tfcompat.io.local_path import local_path

Path = str | bytes | os.PathLike[str]
_MODES = ("r", "w", "a", "r+", "w+", "a+")
_WILD = re.compile(r"[*?\[\\]")


def _path(path: Any) -> str:
    """A path as text, without `file://`; TypeError when it is none."""
    _encoded(os.fspath(path) if hasattr(path, "__fspath__") else path)
    return local_path(path)


def _encoded(text: Any) -> bytes:
    """Text as UTF-8, or the bytes that are given; TypeError for anything else."""
    if isinstance(text, str):
        return text.encode("utf-8")
    if not isinstance(text, (bytes, bytearray)):
        raise TypeError(f"Expected binary or unicode string, got {text!r}")
    return bytes(text)


class FileIO:
    """A file that is opened at its first use; reading and writing have places of their own.

    Args:
        name: its path.
        mode: "r", "w", "a", with "b" for bytes and "+" for both directions.

    Raises:
        InvalidArgumentError: there is no such mode.
    """

    def __init__(self, name: Path, mode: str = "r"):
        self._name = _path(name)
        self._mode = mode
        self._binary = "b" in mode
        plain = mode.replace("b", "")
        if plain not in _MODES:
            raise InvalidArgumentError(None, None, f"mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+': {mode}")
        self._may_read = plain == "r" or "+" in plain
        self._may_write = plain[0] in "wa" or "+" in plain
        self._plain = plain
        self._reader: Any = None
        self._writer: Any = None

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
        """Appends text (as UTF-8) or bytes; TypeError for anything else."""
        data = _encoded(file_content)
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
                raise InvalidArgumentError(None, None, f"Seeking to a negative position: {target}")
            file.seek(0, 2)
            raise OutOfRangeError(None, None, "reached end of file")
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
        """Closes the file; the next use opens it anew."""
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
    return os.path.exists(_path(path))


def isdir(path: Path) -> bool:
    """Whether `path` is a directory; False for file systems that are not there."""
    try:
        return os.path.isdir(_path(path))
    except UnimplementedError:
        return False


def remove(path: Path) -> None:
    """Removes a file; NotFoundError when there is none."""
    with translated_os_errors(path):
        os.remove(_path(path))


def glob(pattern: Any) -> list[str]:
    """The paths that match a pattern, sorted; for a list of patterns, those of each.

    `*`, `?` and `[...]` match within one part of a path, names that begin with a dot too; a backslash takes a character
    as it is. A pattern without a directory gives paths that begin with `./`.
    """
    if isinstance(pattern, (str, os.PathLike)):
        return _matching(_path(pattern))
    return [path for one in pattern for path in _matching(_path(one))]


def _matching(pattern: str) -> list[str]:
    if not _WILD.search(pattern):
        return [pattern] if os.path.exists(pattern) else []
    if _WILD.search(pattern.partition("/")[0]):
        pattern = f"./{pattern}"
    escaped = re.sub(r"\\(.)", lambda m: globbing.escape(m[1]), pattern)
    return sorted(globbing.glob(escaped, include_hidden=True))


def mkdir(path: Path) -> None:
    """Makes one directory, unless it is there; NotFoundError when its parent is not."""
    with translated_os_errors(path), contextlib.suppress(FileExistsError):
        if _path(path):
            os.mkdir(_path(path))


def makedirs(path: Path) -> None:
    """Makes a directory and its parents, those that are missing; FailedPreconditionError when one of them is a file."""
    whole = _path(path)
    try:
        with translated_os_errors(path):
            if whole:
                os.makedirs(whole, exist_ok=True)
    except (AlreadyExistsError, FailedPreconditionError):
        while not os.path.exists(whole):
            whole = os.path.dirname(whole)
        raise FailedPreconditionError(None, None, f"{whole} is not a directory") from None


def copy(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Copies a file.

    Raises:
        NotFoundError: there is no file `src`, or no directory for `dst`.
        AlreadyExistsError: `dst` is there and `overwrite` is not set.
        FailedPreconditionError: one of them is a directory.
    """
    source, target = _path(src), _path(dst)
    _check_target(target, overwrite)
    with translated_os_errors(src):
        reader = open(source, "rb")  # noqa: SIM115  (closed below)
    with reader, contextlib.suppress(shutil.SameFileError), translated_os_errors(dst):
        if os.path.exists(target) and os.path.samefile(source, target):
            return
        with open(target, "wb") as writer:
            shutil.copyfileobj(reader, writer)


def rename(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Moves a file or directory; AlreadyExistsError as for `copy`."""
    _check_target(_path(dst), overwrite)
    with translated_os_errors(src):
        os.replace(_path(src), _path(dst))


def _check_target(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise AlreadyExistsError(None, None, f"file already exists: {path}")


def rmtree(path: Path) -> None:
    """Removes a directory and all in it, or a file; NotFoundError when there is none. Links are not followed."""
    text = _path(path)
    if not os.path.lexists(text):
        raise NotFoundError(None, None, f"{text} not found")
    with translated_os_errors(path):
        if os.path.isdir(text):
            shutil.rmtree(text)
        else:
            os.remove(text)


def listdir(path: Path) -> list[str]:
    """The names in a directory, sorted; NotFoundError when it is none."""
    if not isdir(path):
        raise NotFoundError(None, None, f"Could not find directory {os.fsdecode(path)}")
    return sorted(os.listdir(_path(path)))


def stat(path: Path) -> FileStatistics:
    """Size and times of a file; NotFoundError when there is none."""
    with translated_os_errors(path):
        found = os.stat(_path(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(_path(path)))


def walk(top: Path, topdown: bool = True, onerror: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    """(directory, names of directories, names of files) for `top` and everything below.

    `onerror` gets the NotFoundError of what is no directory.
    """

    def missing(error: OSError) -> None:
        if onerror is not None:
            onerror(NotFoundError(None, None, f"Could not find directory {error.filename}"))

    for folder, folders, files in os.walk(_path(top), topdown, missing):
        folders.sort()
        yield folder, folders, sorted(files)


def join(path: Path, *paths: Path) -> Any:
    """Joins parts of a path; those of a URI too."""
    return os.path.join(path, *paths)  # type: ignore[arg-type]


def get_registered_schemes() -> list[str]:
    """The URI schemes of file systems that can be used."""
    return ["", "file"]


def _with_names(function: Callable[..., Any], names: str) -> Callable[..., Any]:
    """`function` with the names that its arguments have in `tf.gfile`."""
    parameters = list(inspect.signature(function).parameters.values())
    signature = inspect.Signature([p.replace(name=n) for p, n in zip(parameters, names.split(), strict=False)])

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        return function(*signature.bind(*args, **kwargs).arguments.values())

    renamed.__signature__ = signature  # type: ignore[attr-defined]
    return renamed


# fmt: off
for _function, _old_name, _arguments in (
    (copy, "Copy", "oldpath newpath overwrite"), (rmtree, "DeleteRecursively", "dirname"),
    (exists, "Exists", "filename"), (glob, "Glob", "filename"), (isdir, "IsDirectory", "dirname"),
    (listdir, "ListDirectory", "dirname"), (makedirs, "MakeDirs", "dirname"), (mkdir, "MkDir", "dirname"),
    (remove, "Remove", "filename"),
    (rename, "Rename", "oldname newname overwrite"), (stat, "Stat", "filename"), (walk, "Walk", "top in_order"),
    (join, "", ""), (get_registered_schemes, "", ""),
):
    export(f"io.gfile.{_function.__name__}", _function)
    if _old_name:
        export(f"gfile.{_old_name}", _with_names(_function, _arguments))
# fmt: on
