"""Passes over ONNX Loops, one a file: what a session's loops do in each iteration, they do with fewer nodes.

A pass changes a `Loop`, the parts of the node; `faster` applies them to all loops of a model, inner ones first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from converters.builder import Node, Subgraph
from converters.model import live_nodes
from converters.passes.loops import indices, invariants, state, unrolling
from converters.passes.loops.parts import Loop, LoopPass
from converters.passes.repeats import without_repeats
from converters.passes.substitution import used_names


def _without_repeats(loop: Loop) -> None:
    loop.nodes = live_nodes(without_repeats(loop.nodes, loop.outputs()), loop.outputs())


def _directly_going(loop: Loop) -> None:
    """Hands the condition on without a node."""
    if loop.is_counted:
        loop.nodes = [n for n in loop.nodes if n.outputs[0].name != loop.again.name]
        loop.again = loop.going


_PASSES: tuple[LoopPass, ...] = (
    state.without_unused,
    indices.direct,
    invariants.hoisted,
    _without_repeats,
    state.without_unused,
    unrolling.unrolled,
    _directly_going,
)


def faster(nodes: Sequence[Node], wanted: Collection[str]) -> list[Node]:
    """The nodes with all loops made faster.

    Args:
        nodes: of a model or a body, in order.
        wanted: names of the values that must be made.
    """
    used = {*wanted, *(name for node in nodes for name in used_names(node))}
    result: list[Node] = []
    for node in nodes:
        if node.subgraphs:
            bodies = {key: _faster_inside(body) for key, body in node.subgraphs.items()}
            node = dataclasses.replace(node, subgraphs=bodies)
        if node.op_type == "Loop" and not node.domain:
            result += _faster_loop(node, used)
        else:
            result.append(node)
    return result


def _faster_inside(body: Subgraph) -> Subgraph:
    return Subgraph(body.inputs, body.outputs, faster(body.nodes, [v.name for v in body.outputs]))


def _faster_loop(node: Node, used: set[str]) -> list[Node]:
    loop = Loop.of(node, used)
    for apply in _PASSES:
        apply(loop)
    return loop.all_nodes()
