"""Shared libraries with operations: refused by name, since nothing here runs their kernels."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from tfcompat.graph.errors import NotFoundError, UnimplementedError
from tfcompat.graph.export import tf_export


def _refused(path: str) -> NoReturn:
    raise UnimplementedError(
        None,
        None,
        f"{path}: shared libraries of operations are compiled for TensorFlow and cannot be loaded here; "
        "tf.py_func runs the same in Python.",
    )


@tf_export("load_op_library", "load_file_system_library")
def load_op_library(library_filename: Any) -> NoReturn:
    """NotFoundError when there is no such file; UnimplementedError otherwise."""
    path = os.fspath(library_filename)
    if not os.path.exists(path):
        raise NotFoundError(None, None, f"{path}: cannot open shared object file: No such file or directory")
    _refused(path)


@tf_export("load_library")
def load_library(library_location: Any) -> None:
    """Loads nothing from an empty folder.

    Raises:
        OSError: there is no such file or folder.
        UnimplementedError: there are libraries.
    """
    path = os.fspath(library_location)
    if not os.path.exists(path):
        raise FileNotFoundError(2, "The file or folder to load kernel libraries from does not exist.", path)
    found = sorted(os.listdir(path)) if os.path.isdir(path) else [path]
    for name in found:
        if name.endswith((".so", ".dll", ".dylib")):
            _refused(name)
