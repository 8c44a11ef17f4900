"""`tensorflow.python.lib.io.file_io`: what `tf.gfile` does under other names."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import PUBLIC, export_internal
from tfcompat.io.gfile import FileIO, Path


def read_file_to_string(filename: Path, binary_mode: bool = False) -> Any:
    """What a file holds: text, or bytes in `binary_mode`."""
    with FileIO(filename, "rb" if binary_mode else "r") as file:
        return file.read()


def write_string_to_file(filename: Path, file_content: Any) -> None:
    """Writes text or bytes into a file, which is made anew."""
    with FileIO(filename, "w") as file:
        file.write(file_content)


_OF_GFILE = {
    "file_exists": "Exists", "delete_file": "Remove", "get_matching_files": "Glob", "create_dir": "MkDir",
    "recursive_create_dir": "MakeDirs", "copy": "Copy", "rename": "Rename", "delete_recursively": "DeleteRecursively",
    "is_directory": "IsDirectory", "list_directory": "ListDirectory", "walk": "Walk", "stat": "Stat",
}  # fmt: skip

for _name, _public in _OF_GFILE.items():
    export_internal(f"python.lib.io.file_io.{_name}", PUBLIC[f"gfile.{_public}"])
for _object in (FileIO, read_file_to_string, write_string_to_file):
    export_internal(f"python.lib.io.file_io.{_object.__name__}", _object)
