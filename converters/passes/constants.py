"""Nodes that compute with nothing but constants give constants, unless those would take more room."""

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
_COMPUTE = {
    "Add", "And", "Cast", "DequantizeLinear", "Div", "Equal", "Floor", "Gather", "Greater", "GreaterOrEqual", "Less",
    "LessOrEqual", "Max", "Min", "Mul", "Neg", "Not", "Or", "QuantizeLinear", "Range", "Reciprocal", "Slice", "Sqrt",
    "Sub", "Where",
}  # fmt: skip
_SMALL = 1024
"""Bytes of a result that may be larger than what it is made of."""

_TIMES_LARGER = {"DequantizeLinear": 4}
"""Results that may be so many times larger: quantized weights count as floats, which all tools compute with."""


def computed_before(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes without those whose operands are all constant.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    known: dict[str, Value] = {}
    result = []
    for original in nodes:
        node = substituted(original, known)
        (y, *_) = node.outputs
        array = None if y.name in kept else _result(node)
        if array is None:
            result.append(node)
        else:
            known[y.name] = Value(y.name, y.dtype, array.shape, array)
    return result


def _result(node: Node) -> np.ndarray | None:
    """What the node gives, if that is known and not too large."""
    operands = [v.const for v in node.inputs if v is not None and v.const is not None and not is_filling(v.const)]
    if node.domain or not operands or len(operands) < len(node.inputs):
        return None
    if node.op_type not in _REARRANGE and (node.op_type not in _COMPUTE or any(a.dtype == object for a in operands)):
        return None
    if node.op_type == "Range" and operands[1] - operands[0] > _SMALL * operands[2]:
        return None
    with np.errstate(all="ignore"):
        results: Any = ReferenceEvaluator(build_model([node], [], node.outputs)).run(None, {})
    array = np.array(results[0], order="C")
    if node.outputs[0].dtype is dtypes.string:
        return np.array([t.encode() for t in array.reshape(-1)], object).reshape(array.shape)
    return (
        array
        if array.nbytes <= max(_SMALL, sum(a.nbytes for a in operands) * _TIMES_LARGER.get(node.op_type, 1))
        else None
    )
