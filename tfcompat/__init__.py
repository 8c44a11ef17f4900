"""tfcompat runs TensorFlow 1 programs without TensorFlow, on ONNX Runtime.

`import tfcompat.compat.v1 as tf` is a drop-in for `tf.compat.v1`; `tfcompat.onnx.export` writes models.
"""

import importlib
import importlib.util
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'tfcompat' has no attribute {name!r}")
    if importlib.util.find_spec(f"tfcompat.{name}") is None:
        return getattr(importlib.import_module("tfcompat.compat.v1"), name)
    if name == "compat":
        importlib.import_module("tfcompat.compat.v1")
    return importlib.import_module(f"tfcompat.{name}")
