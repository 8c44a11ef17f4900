"""Passes over the nodes of a model, one fusion a file. Each gives the nodes with the same values by cheaper ones.

A pass looks at the nodes through `Producers` and puts others in the place of single ones; what is not needed any more
is left to `live_nodes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from converters.builder import Node
from converters.passes import magnitude, positive_part
from converters.passes.producers import Producers

_PASSES: tuple[Callable[[Node, Producers], Node | None], ...] = (positive_part.rewritten, magnitude.rewritten)


def optimized(nodes: Sequence[Node]) -> list[Node]:
    """The nodes after all passes."""
    producers = Producers(nodes)
    result = []
    for node in nodes:
        for rewritten in _PASSES:
            node = rewritten(node, producers) or node
        result.append(node)
    return result
