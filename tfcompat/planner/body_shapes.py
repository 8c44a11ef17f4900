"""Shapes of what branches, loops and calls give, inferred through their bodies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.upstream import needed_operations
from tfcompat.planner.inference import PlanValues

_CHOICES = frozenset({"If", "StatelessIf", "Case", "StatelessCase"})
_LOOPS = frozenset({"While", "StatelessWhile"})


def shapes_through_bodies(op: Operation, values: PlanValues) -> list[TensorShape] | None:
    """The shapes of the outputs of an operation with bodies; None for other operations."""
    graphs = function_graphs(op)
    if not graphs:
        return None
    if op.type in _LOOPS:
        return _of_loop(op, graphs[1], values)
    inputs = op._inputs[1:] if op.type in _CHOICES else op._inputs
    shapes = [values.shape(t) for t in inputs]
    known = [values.constant(t) for t in inputs]
    found = [_of_body(g, shapes, known) for g in graphs]
    common = found[0]
    for other in found[1:]:
        common = [a.most_specific_compatible_shape(b) for a, b in zip(common, other, strict=True)]
    return common


def _of_body(graph: FuncGraph, shapes: Sequence[TensorShape], known: Sequence[np.ndarray | None]) -> list[TensorShape]:
    """The shapes of a body's outputs, for arguments of some shapes and, as far as they are known, values."""
    values = PlanValues(dict(zip(graph.inputs, shapes, strict=True)))
    for tensor, constant in zip(graph.inputs, known, strict=True):
        if constant is not None:
            values._store(tensor, constant)
    for inner in needed_operations(graph.outputs, (), set(graph.inputs)):
        values.infer(inner)
    return [values.shape(t) for t in graph.outputs]


def _of_loop(op: Operation, body: FuncGraph, values: PlanValues) -> list[TensorShape]:
    shapes = [values.shape(t) for t in op._inputs]
    known = [values.constant(t) if body.outputs[i] is body.inputs[i] else None for i, t in enumerate(op._inputs)]
    while True:
        after = _of_body(body, shapes, known)
        found = [
            s if s.tuple is None or t.dtype is dtypes.variant else s.most_specific_compatible_shape(a)
            for t, s, a in zip(op._inputs, shapes, after, strict=True)
        ]
        if all(a.tuple == b.tuple for a, b in zip(found, shapes, strict=True)):
            return found
        shapes = found
