"""Groups: what one operation becomes, kept together until passes have looked at it as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from converters.builder import Builder, Node, Subgraph, Value

GROUPS = "tfcompat.groups"
"""The domain of groups: nodes that no model has, with the nodes that they stand for as a body."""


def grouped(
    b: Builder, op_type: str, inputs: Sequence[Value], attrs: Mapping[str, Any], rule: Callable[[Builder], Value]
) -> Value:
    """What `rule` gives, made in a group that only files that are not strict have; elsewhere its nodes themselves.

    Args:
        b: the builder.
        op_type: what the passes know the group as.
        inputs: what it says to passes about what it works on.
        attrs: the same of its attributes.
        rule: builds the nodes.
    """
    if b.strict:
        return rule(b)
    inside = b.inside()
    result = rule(inside)
    made = Value(b._fresh(op_type), result.dtype, result.shape)
    b.nodes.append(
        Node(
            op_type,
            GROUPS,
            list(inputs),
            [made],
            dict(attrs),
            made.name,
            {"body": Subgraph([], [result], inside.nodes)},
        )
    )
    return made
