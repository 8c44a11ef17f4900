"""Which operations have effects, so that it matters whether and when they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcompat.graph.operation import Operation
from tfcompat.graph.state import VARIABLE_OPS

if TYPE_CHECKING:
    from tfcompat.graph.func_graph import FuncGraph

# Reads see what is written before them whatever else they wait for; random operations each have a stream of their own.
_WITHOUT = VARIABLE_OPS | {
    "Placeholder", "PlaceholderV2", "ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape",
    "RandomUniform", "RandomUniformInt", "RandomStandardNormal", "TruncatedNormal"}  # fmt: skip
_CHECKS = frozenset({"CheckNumerics", "CheckNumericsV2", "EnsureShape"})
_LISTS = ("TensorArray", "Stack")


def has_effect(op: Operation) -> bool:
    """Whether it matters that `op` runs, besides what it gives."""
    from tfcompat.graph.function_def import function_graphs

    if op.type in _WITHOUT or op.type.startswith(_LISTS):
        return False
    if op.type in _CHECKS:
        return True
    bodies = function_graphs(op)
    if bodies:
        return any(has_effect(inner) for body in bodies for inner in body._ops)
    return op.definition.is_stateful or any(arg.is_ref for arg in op.definition.inputs)


def drop_idle_waits(graph: FuncGraph) -> None:
    """Takes away what a body waits for without there being an effect; operations come after what they take anyhow."""
    after: set[Operation] = set()
    for op in graph._ops:
        if op._control_inputs:
            op._control_inputs[:] = [c for c in op._control_inputs if c in after]
        if op._control_inputs or any(t.op in after for t in op._inputs) or has_effect(op):
            after.add(op)
    effects = graph.__dict__.get("_effects")
    if effects:
        graph.__dict__["_effects"] = [op for op in effects if op in after]
