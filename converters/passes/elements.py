"""A slice of one element whose dimension is dropped is one Gather."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.builder import Node, Value
from converters.passes.producers import Producers
from converters.passes.substitution import use_counts


def picked(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes with Gather in the place of a Slice and the Squeeze of its only axis.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    producers, uses = Producers(nodes), use_counts(nodes, kept)
    return [_gathered(node, producers, uses) or node for node in nodes]


def _gathered(node: Node, producers: Producers, uses: dict[str, int]) -> Node | None:
    """The Gather that gives what the Squeeze `node` gives."""
    if node.op_type != "Squeeze" or node.domain or len(node.inputs) < 2:
        return None
    part = producers.of(node.inputs[0], "Slice")
    if part is None or uses[part.outputs[0].name] != 1 or len(part.inputs) < 4:
        return None
    start, end, axis, dropped = (_only(v) for v in (*part.inputs[1:4], node.inputs[1]))
    step = _only(part.inputs[4]) if len(part.inputs) > 4 else 1
    if start is None or end is None or axis is None or axis != dropped or step != 1:
        return None
    if not (end == start + 1 if start != -1 else end >= 2**31 - 1):
        return None
    place = Value(f"{node.outputs[0].name}/place", node.inputs[1].dtype, (), np.array(start, np.int64))  # type: ignore[union-attr]
    return Node("Gather", "", [part.inputs[0], place], node.outputs, {"axis": axis}, node.name)


def _only(value: Value | None) -> int | None:
    """The only element of a constant."""
    if value is None or value.const is None or value.const.size != 1:
        return None
    return int(value.const.reshape(-1)[0])
