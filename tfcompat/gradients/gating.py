"""`gate_gradients`: gradients of one operation that become usable together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops


def completed_together(gradients: Sequence[Any]) -> list[Any]:
    """`gradients` behind a barrier that waits for all of them; None stays None."""
    graph = get_default_graph()
    with graph.device(None), graph.colocate_with(None, ignore_existing=True), name_scope("tuple"):
        with graph.control_dependencies([g.op for g in gradients if g is not None]):
            barrier = raw_ops.NoOp(name="group_deps")
        return [None if g is None else _after(barrier, g) for g in gradients]


def _after(barrier: Any, gradient: Any) -> Any:
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(_after(barrier, gradient.values), gradient.indices, gradient.dense_shape)
    graph = get_default_graph()
    with graph.colocate_with(gradient.op), graph.control_dependencies([barrier]):
        result: Tensor = raw_ops.Identity(input=gradient, name="control_dependency")
    return result
