"""Running tests as a program, and what tests ask about the machine."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import unittest
from collections.abc import Sequence
from typing import Any

from tfcompat.platform.flag_values import FLAGS

_temp_dir: list[str] = []


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the tests of the main module, after setting the flags from the command line; ends the program."""
    rest = FLAGS(list(sys.argv if argv is None else argv), known_only=True)
    unittest.main(argv=rest)


def get_temp_dir() -> str:
    """A folder that is removed when the program ends, or the one in the environment variable TEST_TMPDIR."""
    if not _temp_dir:
        base = os.environ.get("TEST_TMPDIR")
        if base:
            os.makedirs(base, exist_ok=True)
            _temp_dir.append(base)
        else:
            _temp_dir.append(tempfile.mkdtemp(prefix="tfcompat_test_"))
            atexit.register(shutil.rmtree, _temp_dir[0], ignore_errors=True)
    return _temp_dir[0]


def test_src_dir_path(relative_path: str) -> str:
    """`relative_path` below the folder in the environment variable TEST_SRCDIR, or below the program's own."""
    folder = os.environ.get("TEST_SRCDIR") or os.path.dirname(os.path.abspath(sys.argv[0]))
    return os.path.join(folder, relative_path)


test_src_dir_path.__test__ = False  # type: ignore[attr-defined]


def _gpu_count() -> int:
    from tfcompat.runtime.devices import cuda_device_count

    return cuda_device_count()


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether sessions can use a GPU; all of them are CUDA devices, of whatever compute capability."""
    return _gpu_count() > 0


def gpu_device_name() -> str:
    """The name of the first GPU, or an empty string."""
    return "/device:GPU:0" if _gpu_count() else ""


def is_built_with_cuda() -> bool:
    """Whether the installed ONNX Runtime has an execution provider for CUDA."""
    from tfcompat.runtime.devices import cuda_is_installed

    return cuda_is_installed()


is_built_with_gpu_support = is_built_with_cuda


def is_built_with_rocm() -> bool:
    """False."""
    return False


def is_built_with_xla() -> bool:
    """False: models are run by ONNX Runtime."""
    return False
