"""Other values in the place of values, in nodes and in the bodies inside them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

from converters.builder import Node, Subgraph, Value
from converters.model import free_of_body


def substituted(node: Node, values: Mapping[str, Value]) -> Node:
    """`node` with the values of `values` in the place of those that it, or a body of it, uses by name."""
    if not any(name in values for name in used_names(node)):
        return node
    inputs = [None if v is None else values.get(v.name, v) for v in node.inputs]
    bodies = {key: _in_body(body, values) for key, body in node.subgraphs.items()}
    return dataclasses.replace(node, inputs=inputs, subgraphs=bodies)


def _in_body(body: Subgraph, values: Mapping[str, Value]) -> Subgraph:
    own = {v.name for v in body.inputs}
    values = {name: v for name, v in values.items() if name not in own}
    outputs = [values.get(v.name, v) for v in body.outputs]
    return Subgraph(body.inputs, outputs, [substituted(n, values) for n in body.nodes])


def used_names(node: Node) -> list[str]:
    """The names of the values that a node uses, and those that its bodies use from outside."""
    names = [v.name for v in node.inputs if v is not None]
    for body in node.subgraphs.values():
        names += free_of_body(body)
    return names


def use_counts(nodes: Sequence[Node], kept: Sequence[str]) -> Counter[str]:
    """How often each value is used; being an output of the model is a use."""
    return Counter([*kept, *(name for node in nodes for name in used_names(node))])
