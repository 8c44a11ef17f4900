"""`tf.types.experimental`: what annotations of programs name."""

from __future__ import annotations

import inspect
from typing import Any, Union

import numpy as np

from tfcompat.graph.export import export, tf_export
from tfcompat.graph.tensor import Tensor

TensorLike = Union[Tensor, int, float, bool, str, bytes, complex, tuple[Any, ...], list[Any], np.ndarray, np.generic]  # noqa: UP007
"""What functions take where they want a tensor."""
export("types.experimental.TensorLike", TensorLike)


@tf_export("types.experimental.FunctionType")
class FunctionType(inspect.Signature):
    """The parameters and the result of a function."""
