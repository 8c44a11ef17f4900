"""Where(x >= 0, -x, x) becomes -|x|."""

from __future__ import annotations

from converters.builder import Node, Value
from converters.passes.producers import Producers, is_zero


def rewritten(node: Node, producers: Producers) -> Node | None:
    """The node to take the place of `node`, if it is such a choice; its negation is reused as that of |x|."""
    if node.op_type != "Where" or node.domain:
        return None
    condition, negated, x = node.inputs
    test = producers.of(condition, "Greater", "GreaterOrEqual")
    negation = producers.of(negated, "Neg")
    if test is None or negation is None or x is None or not x.dtype.is_floating:
        return None
    if negation.inputs[0] is not x or test.inputs[0] is not x or not is_zero(test.inputs[1], x):
        return None
    assert isinstance(negated, Value)
    return Node("Min", "", [x, negated], node.outputs, {}, node.name)
