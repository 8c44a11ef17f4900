"""What an If only chooses between truth values is logic: no branch has to run for it.

if c: True else: False          c
if c: x    else: False          c and x
if c: True else: x              (c or x)
if c: False else: True          not c
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from converters.builder import Node, Subgraph, Value
from converters.model import live_nodes
from converters.passes.substitution import substituted
from tfcompat.graph import dtypes


def as_logic(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes with And, Or and Not in the place of such results of If.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    same: dict[str, Value] = {}
    result: list[Node] = []
    for original in nodes:
        node = substituted(original, same)
        if node.op_type != "If" or node.domain:
            result.append(node)
            continue
        left = []
        for index, y in enumerate(node.outputs):
            logic = None if y.name in kept else _logic(node, index)
            if logic is None:
                left.append(index)
            else:
                value, made = logic
                same[y.name] = value
                result += made
        if left:
            result.append(_with_outputs(node, left))
    return result


def _with_outputs(node: Node, indices: list[int]) -> Node:
    """The If with some of its outputs."""
    if len(indices) == len(node.outputs):
        return node
    bodies = {}
    for key, body in node.subgraphs.items():
        outputs = [body.outputs[i] for i in indices]
        bodies[key] = Subgraph(body.inputs, outputs, live_nodes(body.nodes, [v.name for v in outputs]))
    return dataclasses.replace(node, outputs=[node.outputs[i] for i in indices], subgraphs=bodies)


def _logic(node: Node, index: int) -> tuple[Value, list[Node]] | None:
    """(the value of an output of the If, the nodes that make it); None where a branch computes it."""
    y, condition = node.outputs[index], node.inputs[0]
    branches = [_outer(node.subgraphs[key], index) for key in ("then_branch", "else_branch")]
    if y.dtype is not dtypes.bool or condition is None or None in branches:
        return None
    then, otherwise = (v for v in branches if v is not None)
    if any(v.shape not in ((), None) for v in (condition, then, otherwise)):
        return None
    if _is(then, True) and _is(otherwise, False):
        return condition, []
    made = Value(y.name, dtypes.bool, ())
    if _is(then, False) and _is(otherwise, True):
        return made, [Node("Not", "", [condition], [made], {}, node.name)]
    if _is(otherwise, False):
        return made, [*_inverted(node, "then_branch", then), Node("And", "", [condition, then], [made], {}, node.name)]
    if _is(then, True):
        return made, [
            *_inverted(node, "else_branch", otherwise),
            Node("Or", "", [condition, otherwise], [made], {}, node.name),
        ]
    return None


def _inverted(node: Node, key: str, value: Value) -> list[Node]:
    """The Not of a branch that makes `value`, if one does."""
    return [n for n in node.subgraphs[key].nodes if value.name == n.outputs[0].name]


def _outer(body: Subgraph, index: int) -> Value | None:
    """What a branch hands on from outside, the constant it gives, or the Not of something outside it is made for."""
    made = {v.name: node for node in body.nodes for v in node.outputs}
    value = body.outputs[index]
    while value.name in made and made[value.name].op_type == "Identity":
        source = made[value.name].inputs[0]
        assert source is not None
        value = source
    maker = made.get(value.name)
    if maker is None:
        return value
    (x, *_) = maker.inputs
    inverts = maker.op_type == "Not" and x is not None and x.name not in made and len(body.outputs) == 1
    return value if inverts else None


def _is(value: Value, truth: bool) -> bool:
    return value.const is not None and bool(np.all(value.const == truth))
