"""Nodes that only rearrange constants give constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx.reference import ReferenceEvaluator

from converters.builder import Node, Value
from converters.model import build_model, is_filling
from converters.passes.substitution import substituted
from tfcompat.graph import dtypes

_REARRANGE = {"Concat", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}


def rearranged_before(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes without those that rearrange constants.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    known: dict[str, Value] = {}
    result = []
    for original in nodes:
        node = substituted(original, known)
        constant = node.inputs and all(
            v is not None and v.const is not None and not is_filling(v.const) for v in node.inputs
        )
        (y, *_) = node.outputs
        if node.op_type in _REARRANGE and not node.domain and constant and y.name not in kept:
            results: Any = ReferenceEvaluator(build_model([node], [], [y])).run(None, {})
            array = np.array(results[0], order="C")
            if y.dtype is dtypes.string:
                array = np.array([t.encode() for t in array.reshape(-1)], object).reshape(array.shape)
            known[y.name] = Value(y.name, y.dtype, array.shape, array)
        else:
            result.append(node)
    return result
