"""Which node made a value."""

from __future__ import annotations

from collections.abc import Sequence

from converters.builder import Node, Value


class Producers:
    """The producers of the values of a list of nodes."""

    def __init__(self, nodes: Sequence[Node]):
        self._made = {v.name: node for node in nodes for v in node.outputs}

    def replace(self, node: Node) -> None:
        """Takes `node` for the producer of what it gives."""
        self._made.update({v.name: node for v in node.outputs})

    def of(self, value: Value | None, *op_types: str) -> Node | None:
        """The node that made `value`, if it is one of these ONNX operators."""
        node = None if value is None else self._made.get(value.name)
        return node if node is not None and node.op_type in op_types and not node.domain else None


def is_zero(value: Value | None, like: Value) -> bool:
    """Whether `value` is nothing but zeros known beforehand, and adds no dimensions to those of `like`."""
    if value is None or value.const is None or value.const.any():
        return False
    return value.const.ndim == 0 or value.const.shape == like.shape
