"""Inputs and outputs added to operations that exist: what the gradient of a loop or branch asks of the forward one."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.func_graph import FuncGraph, registered, unique_function_name
from tfcompat.graph.function_def import BODIES, function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape

_TYPES_OUT = {"While": "T", "StatelessWhile": "T"}


def add_output(op: Operation, dtype: Any, shape: TensorShape) -> Tensor:
    """Gives `op`, an operation with bodies, one more output; the bodies must give it."""
    tensor = Tensor(op, len(op._outputs), dtype)
    tensor._shape = shape
    op._outputs.append(tensor)
    _extend(op, _TYPES_OUT.get(op.type, "Tout"), dtype)
    if "output_shapes" in op.definition.attrs:
        shapes = op.attrs.get("output_shapes") or []
        if len(shapes) == len(op._outputs) - 1:
            op.attrs["output_shapes"] = [*shapes, shape]
    return tensor


def add_input(op: Operation, tensor: Tensor) -> None:
    """Gives a While one more input; its type is that of the output which is added with it."""
    op._inputs.append(tensor)
    tensor._consumers.append(op)


def _extend(op: Operation, attr: str, dtype: Any) -> None:
    op.attrs[attr] = [*op.attrs[attr], dtype]


def bodies_changed(op: Operation) -> None:
    """Tells the graphs around that the bodies of `op` are others than before, and the library under which name."""
    graphs = function_graphs(op)
    remaining = list(graphs)
    for name in BODIES[op.type]:
        value = op.attrs[name]
        if isinstance(value, list):
            op.attrs[name] = [_reference(op, g, v) for g, v in zip(remaining, value, strict=True)]
            remaining = []
        else:
            op.attrs[name] = _reference(op, remaining.pop(0), value)
    graph: Any = op.graph
    while graph is not None:
        graph._structure_changed()
        graph = graph.outer_graph if isinstance(graph, FuncGraph) else None


def _reference(op: Operation, graph: FuncGraph, present: Any) -> Any:
    """The function attribute for `graph`: a function of its own, where the library has another under its name."""
    outer: Any = op.graph
    while isinstance(outer, FuncGraph):
        outer = outer.outer_graph
    if outer._functions.get(graph.name) is graph:
        return present
    graph.name = unique_function_name(op.graph, f"{graph.name}_changed")
    return registered(op.graph, graph)
