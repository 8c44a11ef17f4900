"""Regions: the graphs that operations are put into when they are raised, each with what stands for what in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.graph import Graph
from tfcompat.graph.handles import copy_handle_data
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.choices import Literal
from tfcompat.graph.raising.frames import Frame
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape


class Region:
    """A part of the raised program.

    Args:
        graph: where its operations go.
        frame: the frame whose operations it takes.
        kind: "root", "cond" or "body" of a loop, "after" it, or "branch".
        parent: the region around it.
        literal: for a branch, what is true in it.

    Attributes:
        tensors: tensor of the old graph -> tensor of `graph`.
        operations: operation of the old graph -> operation of `graph` to wait for.
        results: If or While operations, by the choice or loop they were made of.
        stacks: the lists that stacks are when the region begins, by the tensor the stack comes from.
        waits: operations around the region that something inside waits for.
        making: the operations, choices and loops that are being made in it.
    """

    def __init__(
        self,
        graph: Graph,
        frame: Frame | None,
        kind: str,
        parent: Region | None = None,
        literal: Literal | None = None,
    ):
        self.graph, self.frame, self.kind, self.parent, self.literal = graph, frame, kind, parent, literal
        self.tensors: dict[Tensor, Tensor] = {}
        self.operations: dict[Operation, Operation | None] = {}
        self.results: dict[Any, Operation] = {}
        self.stacks: dict[Tensor, Tensor] = {}
        self.pushed: dict[Tensor, Tensor] = {}
        self.popped: dict[Tensor, Tensor] = {}
        self.waits: dict[Operation, None] = {}
        self.making: set[Any] = set()

    def known(self) -> set[Literal]:
        """What is true in the region: what it and the branches around it stand for."""
        found = set()
        around: Region | None = self
        while around is not None:
            if around.literal is not None:
                found.add(around.literal)
            around = around.parent
        return found

    def inner(self, name: str) -> FuncGraph:
        """A new graph inside this region's."""
        base = "".join(c if c.isalnum() else "_" for c in name)
        count = self.graph.__dict__.setdefault("_raised_bodies", [0])
        count[0] += 1
        graph = FuncGraph(f"{base}_{count[0]}", self.graph)
        graph.__dict__["_raised_bodies"] = count
        return graph

    def add(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        attrs: dict[str, Any],
        name: str,
        like: Operation | None = None,
        control: Sequence[Operation] = (),
        definition: Any = None,
    ) -> Operation:
        """A new operation, called `name` if that is free; `like` has its place in the program and its device."""
        graph = self.graph
        definition = definition or op_def(op_type)
        complete = {k: a.default for k, a in definition.attrs.items() if a.has_default}
        complete.update(attrs)
        if name in graph._ops_by_name:
            name = graph.unique_name(name)
        op = graph.add_op(
            definition, list(inputs), complete, definition.output_types(complete), name + "/", control, False
        )
        if like is not None:
            op._frames = like._frames
            op._device = like._device
            op.__dict__["_raised_from"] = like.__dict__.get("_raised_from", like)
        return op

    def copy(self, op: Operation, inputs: Sequence[Tensor], control: Sequence[Operation]) -> Operation:
        """`op` again, with other inputs."""
        made = self.add(op.type, inputs, op.attrs, op.name, op, control, op.definition)
        for old, new in zip(op._outputs, made._outputs, strict=True):
            if new._shape.is_compatible_with(old._shape):
                new._shape = new._shape.merge_with(old._shape)
            copy_handle_data(old, new)
        bodies = function_graphs(op)
        if bodies:
            made.__dict__["_function_graphs"] = bodies
        return made

    def constant(self, value: Any, dtype: Any, name: str) -> Tensor:
        """A constant."""
        with self.graph.as_default(), self.graph.control_dependencies(None):
            return constant(value, dtype, name=name)

    def captured(self, tensor: Tensor) -> Tensor:
        """`tensor`, of this region's graph or of one around it, in this region's graph."""
        return tensor if tensor.graph is self.graph else self.graph.capture(tensor, "", "")


def element_shape_value(shape: TensorShape) -> Any:
    """A shape as the input of list operations: -1 for what is not known."""
    dims = shape.tuple
    return -1 if dims is None else [-1 if d is None else d for d in dims]


def identity_of(region: Region, tensor: Tensor, name: str, control: Sequence[Operation] = ()) -> Tensor:
    """An Identity of `tensor`."""
    return region.add("Identity", [tensor], {"T": tensor.dtype.base_dtype}, name, control=control)._outputs[0]


VARIANT = dtypes.variant
