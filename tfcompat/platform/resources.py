"""Files beside programs (`tf.resource_loader`) and facts about the build (`tf.sysconfig`)."""

from __future__ import annotations

import inspect
import os
import pathlib
from typing import Any

from tfcompat.graph.export import export, tf_export

_PACKAGE = pathlib.Path(__file__).resolve().parent.parent

export("sysconfig.CXX11_ABI_FLAG", 1)
export("sysconfig.CXX_VERSION", 201703)
export("sysconfig.MONOLITHIC_BUILD", 0)
export("CXX_VERSION", 201703)


def _caller_folder(depth: int) -> str:
    """The folder of the file that called the public function."""
    return os.path.dirname(os.path.abspath(inspect.stack(0)[depth].filename))


@tf_export("resource_loader.get_data_files_path")
def get_data_files_path() -> str:
    """The folder of the calling program file."""
    return _caller_folder(2)


@tf_export("resource_loader.get_path_to_datafile")
def get_path_to_datafile(path: str) -> str:
    """`path` below the folder of the calling program file."""
    return os.path.join(_caller_folder(2), path)


@tf_export("resource_loader.get_root_dir_with_all_resources")
def get_root_dir_with_all_resources() -> str:
    """The folder of this package."""
    return str(_PACKAGE)


@tf_export("resource_loader.load_resource")
def load_resource(path: str) -> bytes:
    """The contents of the file at `path` below the folder of this package; IOError when there is none."""
    return (_PACKAGE / path).read_bytes()


@tf_export("resource_loader.readahead_file_path")
def readahead_file_path(path: str, readahead: str = "128M") -> str:
    """`path` itself."""
    return path


def _no_headers() -> Any:
    raise NotImplementedError(
        "tfcompat has no C++ headers or libraries to build custom operations against; write them "
        "with tf.py_func or tf.custom_gradient instead."
    )


@tf_export("sysconfig.get_include")
def get_include() -> str:
    """Raises NotImplementedError: there are no C++ headers."""
    return _no_headers()  # type: ignore[no-any-return]


@tf_export("sysconfig.get_lib")
def get_lib() -> str:
    """Raises NotImplementedError: there is no C++ library."""
    return _no_headers()  # type: ignore[no-any-return]


@tf_export("sysconfig.get_compile_flags")
def get_compile_flags() -> list[str]:
    """Raises NotImplementedError: there are no C++ headers."""
    return _no_headers()  # type: ignore[no-any-return]


@tf_export("sysconfig.get_link_flags")
def get_link_flags() -> list[str]:
    """Raises NotImplementedError: there is no C++ library."""
    return _no_headers()  # type: ignore[no-any-return]
