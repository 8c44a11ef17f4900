"""A Concat of a Concat along the same axis is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from converters.builder import Node, Value
from converters.passes.producers import Producers
from converters.passes.substitution import use_counts


def flattened(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes with the parts of Concats in the place of what only another Concat takes.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    uses = use_counts(nodes, kept)
    result: list[Node] = []
    producers = Producers(nodes)
    for node in nodes:
        if node.op_type == "Concat" and not node.domain:
            inputs: list[Value | None] = []
            for value in node.inputs:
                inner = producers.of(value, "Concat")
                once = inner is not None and uses[inner.outputs[0].name] == 1
                inputs += inner.inputs if inner and once and inner.attrs["axis"] == node.attrs["axis"] else [value]
            node = dataclasses.replace(node, inputs=inputs)
            producers.replace(node)
        result.append(node)
    return result
