"""Sums with zero, products with one and the like give what they were given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.builder import Node, Value
from converters.passes.dimensions import Dimensions
from converters.passes.substitution import substituted

_NEUTRAL = {"Add": (0, True), "Sub": (0, False), "Mul": (1, True), "Div": (1, False), "Pow": (1, False)}
"""Operator -> the number that changes nothing as the second operand, and whether it does so as the first too."""


def without_neutral(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes without those that change nothing; the sign of a zero counts for nothing.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    dimensions = Dimensions()
    same: dict[str, Value] = {}
    result = []
    for original in nodes:
        node = substituted(original, same)
        dimensions.note(node)
        source = _source(node, dimensions)
        if source is None:
            result.append(node)
        elif node.outputs[0].name in kept:
            result.append(Node("Identity", "", [source], node.outputs, {}, node.name))
        else:
            same[node.outputs[0].name] = source
    return result


def _source(node: Node, dimensions: Dimensions) -> Value | None:
    """The operand that `node` hands on as it is."""
    if node.domain:
        return None
    if node.op_type in _NEUTRAL:
        value, either = _NEUTRAL[node.op_type]
        first, second = node.inputs
        for x, other in [(first, second), (second, first)] if either else [(first, second)]:
            if x is not None and other is not None and _is_all(other, value) and _holds(x, other, dimensions):
                return x
    if node.op_type in ("Max", "Min", "And", "Or", "Concat", "Sum") and len(node.inputs) == 1:
        return node.inputs[0]
    if node.op_type in ("Max", "Min", "And", "Or") and len({v.name for v in node.inputs if v is not None}) == 1:
        return node.inputs[0]
    if node.op_type == "Pad" and node.inputs[1] is not None and node.inputs[1].const is not None:
        return None if node.inputs[1].const.any() else node.inputs[0]
    if node.op_type == "Transpose":
        perm = node.attrs.get("perm")
        return node.inputs[0] if perm is not None and list(perm) == sorted(perm) else None
    return None


def _is_all(value: Value, number: int) -> bool:
    return value.const is not None and value.const.size > 0 and bool((value.const == np.array(number)).all())


def _holds(x: Value, other: Value, dimensions: Dimensions) -> bool:
    """Whether `x` broadcast against the constant `other` keeps its dimensions."""
    sizes = dimensions.of(x)
    assert other.const is not None
    if sizes is None or other.const.ndim > len(sizes):
        return other.const.ndim == 0
    own = sizes[len(sizes) - other.const.ndim :]
    return all(n == 1 or size == (n, ()) for n, size in zip(other.const.shape, own, strict=True))
