"""Running a program in which `import tensorflow` means tfcompat."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence
from typing import Any


def execute(script: str, arguments: Sequence[str], is_module: bool = False) -> dict[str, Any]:
    """Runs a program as `__main__` with the import hook in place; returns its global names.

    The program finds the names that NumPy has dropped since the days of TensorFlow 1, such as `np.float`.
    """
    from tfcompat.commands import numpy_names
    from tfcompat.compat import import_hook

    import_hook.install()
    numpy_names.restore()
    sys.argv = [script, *arguments]
    if is_module:
        sys.path.insert(0, os.getcwd())
        return runpy.run_module(script, run_name="__main__", alter_sys=True)
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    return runpy.run_path(script, run_name="__main__")
