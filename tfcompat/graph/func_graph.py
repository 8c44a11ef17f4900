"""`FuncGraph`: the body of a function, a loop or a branch, whose tensors of outer graphs become inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.graph import Graph
from tfcompat.graph.handles import copy_handle_data
from tfcompat.graph.op_def import OpDef, op_def
from tfcompat.graph.operation import FuncRef, Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape

_SHARED_COLLECTIONS = (
    GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES, "__variable_store",
    "__varscope", "__varscope_template")  # fmt: skip


class FuncGraph(Graph):
    """A graph inside another one.

    Attributes:
        name: its name in the function library.
        outer_graph: the graph it was made in.
        inputs: its placeholders: arguments first, then captures in the order of their first use.
        outputs: the tensors it returns.
        in_line: whether it is a branch or a loop body, whose random operations are numbered with those around it.
    """

    _building_function = True

    def __init__(self, name: str, outer_graph: Graph | None = None, in_line: bool = False):
        super().__init__()
        self.name, self.in_line = name, in_line
        self.outer_graph = outer_graph or get_default_graph()
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self._outside: dict[Operation, Operation] = {}
        self._captures: dict[Tensor, Tensor] = {}
        self._aliases: dict[Tensor, Tensor] = {}
        self._sources: dict[Operation, Tensor] = {}
        self.seed = self.outer_graph.seed
        self.gradient_name: str | None = None
        outer = self.outer_graph._collections
        for key in outer.names():
            if key in _SHARED_COLLECTIONS:
                self._collections._lists[key] = outer.live(key)
            else:
                self._collections._lists[key] = outer.get(key)
        self._gradient_overrides = self.outer_graph._gradient_overrides

    @property
    def captures(self) -> list[tuple[Tensor, Tensor]]:
        """(tensor of an outer graph, placeholder that stands for it) pairs."""
        return list(self._captures.items())

    @property
    def external_captures(self) -> list[Tensor]:
        """The captured tensors of outer graphs."""
        return list(self._captures)

    def argument(self, dtype: Any, shape: TensorShape, name: str) -> Tensor:
        """Adds an argument of the function."""
        tensor = self._placeholder(dtype, shape, name)
        self.inputs.append(tensor)
        return tensor

    def _library(self) -> dict[str, Any]:
        return self.outer_graph._library()

    def capture(self, tensor: Tensor, op_type: str = "", name: str = "") -> Tensor:
        """The tensor of this graph that stands for `tensor` of an outer graph.

        Raises:
            ValueError: it is of no outer graph.
        """
        if tensor.graph is self:
            return tensor
        found = self._captures.get(tensor)
        if found is None:
            found = self._aliases.get(tensor)
        if found is not None:
            return found
        if self._encloses(tensor.graph):
            return self._captured(tensor)
        if not isinstance(self.outer_graph, FuncGraph):
            raise ValueError(
                f"Tensor {tensor.name!r} is of a graph that does not enclose the function '{self.name}': it "
                "is out of scope here; return it from the function that made it."
            )
        inner = self._aliases[tensor] = self.capture(self.outer_graph.capture(tensor))
        return inner

    def _captured(self, tensor: Tensor) -> Tensor:
        inner = self._placeholder(tensor.dtype, tensor.shape, tensor.op.name.rpartition("/")[2])
        copy_handle_data(tensor, inner)
        self._captures[tensor] = inner
        self._sources[inner.op] = tensor
        self.inputs.append(inner)
        return inner

    def align_captures(self, captured: Sequence[Tensor], arguments: int = 0) -> None:
        """Gives the graph the inputs that stand for `captured`, in that order, after its first `arguments` inputs."""
        own = self.inputs[:arguments]
        self.inputs = own + [self.capture(t) for t in captured]

    def source_of(self, placeholder: Operation) -> Tensor | None:
        """The outer tensor that a placeholder stands for; None for arguments."""
        return self._sources.get(placeholder)

    def origin_of(self, tensor: Tensor) -> Tensor:
        """The tensor that was captured, through all graphs around; `tensor` itself when it was made here."""
        graph: Graph = self
        while isinstance(graph, FuncGraph):
            source = graph.source_of(tensor.op)
            if source is None:
                return tensor
            tensor, graph = source, source.graph
        return tensor

    def _encloses(self, graph: Graph) -> bool:
        outer: Graph | None = self.outer_graph
        while outer is not None:
            if outer is graph:
                return True
            outer = getattr(outer, "outer_graph", None)
        return False

    def _placeholder(self, dtype: Any, shape: TensorShape, name: str) -> Tensor:
        name = name.lstrip("_") or "argument"
        with self.name_scope(None), self.control_dependencies(None):
            attrs = {"dtype": dtype.base_dtype, "shape": shape}
            op = self.add_op(op_def("Placeholder"), [], attrs, [dtype], name, compute_device=False)
        op.outputs[0]._shape = shape
        return op.outputs[0]

    def _control_op_elsewhere(self, op: Operation) -> Operation | None:
        """Operations outside run before the function is called; a NoOp stands for each inside."""
        if not self._encloses(op.graph):
            return None
        found = self._outside.get(op)
        if found is None:
            with self.name_scope(None), self.control_dependencies(None):
                found = self._outside[op] = self.add_op(op_def("NoOp"), [], {}, [], "outside", compute_device=False)
        return found

    def awaited(self) -> list[Operation]:
        """The operations outside that something which the function needs has to wait for."""
        if not self._outside:
            return []
        pending = [t.op for t in self.outputs] + list(self.__dict__.get("_effects", ()))
        seen: set[Operation] = set()
        while pending:
            op = pending.pop()
            if op not in seen:
                seen.add(op)
                pending += [t.op for t in op._inputs] + list(op._control_inputs)
        return [op for op, inside in self._outside.items() if inside in seen]

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        converter = getattr(obj, "_as_graph_element", None)
        if converter is not None:
            obj = converter()
        if isinstance(obj, Tensor) and obj.graph is not self:
            return self.capture(obj)
        return super().as_graph_element(obj, allow_tensor, allow_operation)

    def build(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        """Calls `function` with this graph as the default; returns what it returns."""
        with self.as_default():
            return function(*arguments)

    def definition_of(self) -> OpDef:
        """The signature as an op definition."""
        from tfcompat.graph.op_def import ArgDef

        inputs = tuple(ArgDef(t.op.name.lower().replace("/", "_"), t.dtype.base_dtype) for t in self.inputs)
        outputs = tuple(ArgDef(f"output_{i}", t.dtype.base_dtype) for i, t in enumerate(self.outputs))
        return OpDef(self.name, inputs, outputs, {}, is_stateful=self.is_stateful)

    @property
    def definition(self) -> OpDef:
        """The signature as an op definition."""
        return self.definition_of()

    @property
    def is_stateful(self) -> bool:
        """Whether an operation inside has effects or state."""
        return any(op.definition.is_stateful for op in self._ops) or any(t.dtype._is_ref_dtype for t in self.inputs)

    def function_def(self) -> Any:
        """The function as a `FunctionDef` message."""
        from tfcompat.graph.function_message import function_def_message

        return function_def_message(self)


@contextlib.contextmanager
def outermost() -> Iterator[Graph]:
    """Makes the graph outside all functions the default, without its control dependencies."""
    graph: Graph = get_default_graph()
    while isinstance(graph, FuncGraph):
        graph = graph.outer_graph
    with graph.as_default(), graph.control_dependencies(None):
        yield graph


def registered(graph: Graph, function: FuncGraph) -> FuncRef:
    """Puts `function` into the library that `graph` belongs to; returns the reference to it."""
    while isinstance(graph, FuncGraph):
        graph = graph.outer_graph
    graph._functions[function.name] = function
    return FuncRef(function.name)


def unique_function_name(graph: Graph, base: str) -> str:
    """A name for a new function of the library that `graph` belongs to."""
    while isinstance(graph, FuncGraph):
        graph = graph.outer_graph
    count = graph.__dict__.setdefault("_function_counter", [0])
    while True:
        count[0] += 1
        if f"{base}_{count[0]}" not in graph._functions:
            return f"{base}_{count[0]}"
