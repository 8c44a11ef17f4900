"""Passes over the nodes of a model, one fusion a file. Each gives the nodes with the same values by cheaper ones.

A pass looks at the nodes through `Producers` and puts others in the place of single ones; what is not needed any more
is left to `live_nodes`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence

from converters.builder import Node, Subgraph
from converters.model import live_nodes
from converters.passes import magnitude, positive_part
from converters.passes.choices import as_logic
from converters.passes.concats import flattened
from converters.passes.constants import computed_before
from converters.passes.convolutions import folded
from converters.passes.dilations import with_dilations
from converters.passes.elements import picked
from converters.passes.layouts import without_transposes
from converters.passes.loops import faster
from converters.passes.neutral import without_neutral
from converters.passes.producers import Producers
from converters.passes.products import without_flattening
from converters.passes.repeats import without_repeats
from converters.passes.sizes import known_before

_PASSES: tuple[Callable[[Node, Producers], Node | None], ...] = (positive_part.rewritten, magnitude.rewritten)
_FOR_FILES: tuple[Callable[[Sequence[Node], Sequence[str]], list[Node]], ...] = (
    without_repeats, flattened, as_logic, computed_before, picked, without_neutral, without_flattening,
    without_transposes, folded, without_repeats,
)  # fmt: skip


def optimized(nodes: Sequence[Node]) -> list[Node]:
    """The nodes after all passes."""
    producers = Producers(nodes)
    result = []
    for node in nodes:
        for rewritten in _PASSES:
            node = rewritten(node, producers) or node
        result.append(node)
    return result


def optimized_for_session(nodes: Sequence[Node], wanted: Collection[str]) -> list[Node]:
    """The nodes of a model that a session runs.

    Args:
        nodes: in order.
        wanted: names of the values that must be made.
    """
    return live_nodes(faster(live_nodes(optimized(nodes), wanted), wanted), wanted)


def optimized_for_file(nodes: Sequence[Node], outputs: Sequence[str]) -> list[Node]:
    """The nodes of a model that is written, as few as the passes know to make them.

    What ONNX Runtime does itself when it loads a model is done here: files go to other tools as well.

    Args:
        nodes: in order.
        outputs: names of the model's outputs.
    """
    result = live_nodes(optimized(nodes), outputs)
    for rewritten in (with_dilations, without_repeats, known_before):
        result = live_nodes(rewritten(result, outputs), outputs)
    return _lean(result, outputs)


def _lean(nodes: Sequence[Node], outputs: Sequence[str]) -> list[Node]:
    """The nodes of a model or body after the passes that look at one of these alone."""
    result = live_nodes([_with_lean_bodies(node) for node in nodes], outputs)
    for rewritten in _FOR_FILES:
        result = live_nodes(rewritten(result, outputs), outputs)
    return result


def _with_lean_bodies(node: Node) -> Node:
    """`node` with the same done in its bodies."""
    if not node.subgraphs:
        return node
    bodies = {
        key: Subgraph(body.inputs, body.outputs, _lean(body.nodes, [v.name for v in body.outputs]))
        for key, body in node.subgraphs.items()
    }
    return dataclasses.replace(node, subgraphs=bodies)
