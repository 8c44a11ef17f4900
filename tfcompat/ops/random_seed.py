"""Seeds: how the graph's seed and an operation's seed become the two attributes that start a random stream."""

from __future__ import annotations

import weakref
from typing import Any

from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.graph import Graph

DEFAULT_GRAPH_SEED = 87654321
_LIMIT = 2**31 - 1

_default_seeds: weakref.WeakKeyDictionary[Graph, int] = weakref.WeakKeyDictionary()


@tf_export("random.get_seed", "get_seed")
def get_seed(op_seed: Any) -> tuple[Any, Any]:
    """The seeds of an operation that is about to be recorded in the default graph.

    With a graph seed, operations without a seed of their own are numbered 0, 1, 2, ... in the order of their calls;
    those in branches and loop bodies count among those around them.
    With an operation's seed alone, the graph's counts as 87654321. With neither, the stream differs in every session.

    Args:
        op_seed: seed of the operation, a number, or None.

    Returns:
        (graph seed, operation seed), each modulo 2**31 - 1, or (None, None). (0, 0), which would mean "no seed",
        becomes (0, 2**31 - 1).
    """
    graph = _counting_graph(get_default_graph())
    if graph.seed is not None:
        if op_seed is None:
            op_seed = _default_seeds.setdefault(graph, 0)
            _default_seeds[graph] += 1
        seeds = graph.seed % _LIMIT, op_seed % _LIMIT
    elif op_seed is not None:
        seeds = DEFAULT_GRAPH_SEED, op_seed % _LIMIT
    else:
        return None, None
    return (0, _LIMIT) if seeds == (0, 0) else seeds


def _counting_graph(graph: Graph) -> Graph:
    while isinstance(graph, FuncGraph) and graph.in_line:
        graph = graph.outer_graph
    return graph


@tf_export("random.set_random_seed", "set_random_seed")
def set_random_seed(seed: Any) -> None:
    """Sets the seed of the default graph, from which every random operation recorded later takes its stream.

    Args:
        seed: a number, or None for no seed.
    """
    _counting_graph(get_default_graph()).seed = seed


def seed_attrs(op_seed: Any) -> dict[str, Any]:
    """The attributes `seed` and `seed2` of an operation; see `get_seed`."""
    seed, seed2 = get_seed(op_seed)
    return {"seed": None if seed is None else int(seed), "seed2": None if seed2 is None else int(seed2)}
