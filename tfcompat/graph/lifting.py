"""`tf.init_scope`: out of control-flow bodies and control dependencies, to where variables are made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tfcompat.graph.default import get_default_graph, global_graph, graph_stack
from tfcompat.graph.export import tf_export
from tfcompat.graph.graph import Graph


@tf_export("init_scope")
@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Inside, operations are made in the graph around all functions, loops and conditions, without control inputs.

    The name scope stays the same, and so do the devices, if any are asked for inside the bodies.
    """
    inner = get_default_graph()
    scope = inner.get_name_scope()
    passed, graph = _way_out()
    with graph.as_default(), graph.name_scope(scope + "/" if scope else None), graph.control_dependencies(None):
        stacks = graph._scopes.current
        outer = stacks.device
        stacks.device = next((g._scopes.current.device for g in passed if g._scopes.current.device), outer)
        try:
            yield
        finally:
            stacks.device = outer


def _way_out() -> tuple[list[Graph], Graph]:
    """The bodies around the default graph, innermost first, and the graph around them all."""
    passed: list[Graph] = []
    for graph in reversed(graph_stack.entries()):
        if not graph.building_function:
            return passed, graph
        passed.append(graph)
    return passed, global_graph()
