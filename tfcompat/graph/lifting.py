"""`tf.init_scope`: out of control-flow bodies and control dependencies, to where variables are made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export


@tf_export("init_scope")
@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Inside, operations are made in the graph around all functions, loops and conditions, without control inputs.

    The name scope stays the same.
    """
    graph: Any = get_default_graph()
    scope = graph.get_name_scope()
    while graph.building_function:
        graph = graph.outer_graph
    with graph.as_default(), graph.name_scope(scope + "/" if scope else None), graph.control_dependencies(None):
        yield
