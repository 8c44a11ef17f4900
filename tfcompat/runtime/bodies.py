"""Operations with bodies: branches and loops as ONNX `If` and `Loop`, or as a loop on the host."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from converters.builder import Node, Subgraph, Value
from converters.registry import NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.planner.inference import PlanValues
from tfcompat.planner.order import ordered
from tfcompat.planner.prune import needed_operations
from tfcompat.planner.variables import VariableKey, access_of, variable_dtype, variable_key, variable_shape
from tfcompat.runtime.compiler import Compiler, HostCall, Reference



@dataclass(slots=True)
class Translated:
    """The ONNX form of an operation with bodies: nodes, a value per output, and new values of variables."""

    nodes: list[Node]
    outputs: list[Value]
    writes: dict[Operation, Value] = field(default_factory=dict)


class Body(Compiler):
    """Translates one body; everything in it must have an ONNX form.

    Values of outer graphs are used by name, as ONNX bodies allow.
    """

    def __init__(self, outer: Compiler, scope: str):
        super().__init__(outer._lowering, outer._policy, outer._initial_shape, outer._assumes_presence)
        self._outer = outer
        self._scope = scope
        self._full_shapes = outer._full_shapes
        self.nodes: list[Node] = []
        self.written: dict[Operation, Value] = {}

    def translate(self, graph: FuncGraph, arguments: Sequence[Value | None]) -> list[Value]:
        """The values of the outputs of `graph` for `arguments`, one per input (None for handles)."""
        fed = set(graph.inputs)
        ops = needed_operations(graph.outputs, graph.__dict__.get("_effects", ()), fed)
        self._accesses = {op: a for op in ops if (a := access_of(op, set())).is_stateful}
        shapes = {}
        for tensor, value in zip(graph.inputs, arguments, strict=True):
            if value is not None:
                shapes[tensor] = TensorShape.of(value.shape)
                self._env[tensor] = value
        self._values = PlanValues(shapes)
        for tensor, value in zip(graph.inputs, arguments, strict=True):
            if value is not None and value.const is not None:
                self._values._store(tensor, value.const)
        for op in ordered(ops, fed, self._accesses):
            if op.type != "Placeholder":
                self._take(op)
        return [self._output(t) for t in graph.outputs]

    def _output(self, tensor: Tensor) -> Value:
        value = self._env.get(tensor)
        if value is None:
            raise NotConvertible(f"a body returns the handle {tensor.name}")
        return self._read(value.variable, tensor.op) if isinstance(value, Reference) else value

    def _emit(self, op: Operation, nodes: list[Node]) -> str | None:
        self.nodes += nodes
        return None

    def _on_host(self, call: HostCall) -> str:
        raise NotConvertible(f"{call.op.name} ({call.op.type}) in a body runs on the host"
                             f"{': ' + call.reason if call.reason else ''}")

    def _versions_written(self) -> Collection[VariableKey]:
        return {*self._recipe.commits, *self._outer._versions_written()}

    def _assumed_present(self, key: VariableKey) -> bool:
        return self._outer._assumed_present(key)

    def _read(self, variable: Operation, reader: Operation) -> Value:
        key = variable_key(variable)
        return self._versions[key] if key in self._versions else self._outer._read(variable, reader)

    def set_version(self, variable: Operation, value: Value) -> None:
        """Makes `value` what reads of `variable` in the body see first."""
        self._versions[variable_key(variable)] = value

    def version(self, variable: Operation, reader: Operation) -> Value:
        """What a read of `variable` after the body sees."""
        return self._read(variable, reader)

    def _take_writes(self, op: Operation, kind: str | None, writes: Mapping[Operation, Value]) -> None:
        super()._take_writes(op, kind, writes)
        self.written.update(writes)


def translate_control(outer: Compiler, op: Operation, inputs: Sequence[Value | None]) -> Translated:
    """The ONNX form of `op`; NotConvertible when there is none."""
    if op.type in ("If", "StatelessIf"):
        return _translate_if(outer, op, inputs)
    if op.type in ("While", "StatelessWhile"):
        return _translate_while(outer, op, inputs)
    if op.type in ("Case", "StatelessCase"):
        raise NotConvertible("a Case has no ONNX form")
    body = Body(outer, f"{outer._scope}{op.name}/")
    outputs = body.translate(function_graphs(op)[0], inputs)
    return Translated(body.nodes, outputs, body.written)


def _translate_if(outer: Compiler, op: Operation, inputs: Sequence[Value | None]) -> Translated:
    predicate = inputs[0]
    assert predicate is not None
    graphs = function_graphs(op)
    scope = f"{outer._scope}{op.name}/"
    if predicate.const is not None:
        body = Body(outer, scope)
        outputs = body.translate(graphs[0 if bool(predicate.const) else 1], inputs[1:])
        return Translated(body.nodes, outputs, body.written)
    builder = outer._lowering.builder(scope + "If")
    predicate = builder.cast(predicate, dtypes.bool)
    bodies, results = [], []
    for name, graph in zip(("then", "else"), graphs, strict=True):
        body = Body(outer, f"{scope}{name}/")
        results.append(body.translate(graph, inputs[1:]))
        bodies.append(body)
    variables = list(dict.fromkeys([*bodies[0].written, *bodies[1].written]))
    subgraphs = {}
    for key, body, outputs in zip(("then_branch", "else_branch"), bodies, results, strict=True):
        subgraphs[key] = _subgraph(outer, body, [], [*outputs, *(body.version(v, op) for v in variables)])
    kinds = [t.dtype.base_dtype for t in op._outputs] + [variable_dtype(v) for v in variables]
    made = [Value(builder._fresh("result"), kind) for kind in kinds]
    for value, tensor in zip(made, op._outputs, strict=False):
        value.shape = outer._values.shape(tensor).tuple
    if made:
        builder.nodes.append(Node("If", "", [predicate], list(made), {}, builder._fresh("If"), subgraphs))
    count = len(op._outputs)
    return Translated(builder.nodes, made[:count], dict(zip(variables, made[count:], strict=True)))


def _subgraph(outer: Compiler, body: Body, inputs: list[Value], outputs: Sequence[Value]) -> Subgraph:
    """The body as an ONNX subgraph; outputs that its nodes do not make pass through an Identity."""
    made = {id(v) for node in body.nodes for v in node.outputs}
    builder = outer._lowering.builder(body._scope + "outputs")
    finals = []
    for value in outputs:
        if id(value) not in made:
            value = builder.identity(value, builder._fresh("output"))
        made.discard(id(value))
        finals.append(value)
    return Subgraph(inputs, finals, body.nodes + builder.nodes)


def _translate_while(outer: Compiler, op: Operation, inputs: Sequence[Value | None]) -> Translated:
    condition, step = function_graphs(op)
    scope = f"{outer._scope}{op.name}/"
    carried = [i for i, t in enumerate(step.outputs) if t is not step.inputs[i] and inputs[i] is not None]
    variables = list(access_of(op, set()).writes.values())
    builder = outer._lowering.builder(scope + "Loop")
    first = Body(outer, scope + "first/")
    enter = first.translate(condition, inputs)[0]
    builder.nodes += first.nodes

    arguments: list[Value | None] = list(inputs)
    for i in carried:
        arguments[i] = Value(builder._fresh("carried"), step.inputs[i].dtype.base_dtype, step.inputs[i].shape.tuple)
    versions = {v: Value(builder._fresh("variable"), variable_dtype(v), variable_shape(v).tuple) for v in variables}
    body = Body(outer, scope + "body/")
    body._assumes_presence = False
    for variable, value in versions.items():
        body.set_version(variable, value)
    results = body.translate(step, arguments)
    after: list[Value | None] = list(arguments)
    for i in carried:
        after[i] = results[i]
    again = Body(body, scope + "cond/")
    proceed = again.translate(condition, after)[0]
    body.nodes += again.nodes
    counters = [Value(builder._fresh("iteration"), dtypes.int64, ()), Value(builder._fresh("keep_going"), dtypes.bool, ())]
    outputs = [proceed, *(results[i] for i in carried), *(body.version(v, op) for v in variables)]
    loop = _subgraph(outer, body, [*counters, *(arguments[i] for i in carried), *versions.values()], outputs)  # type: ignore[list-item]
    initials = [inputs[i] for i in carried] + [outer._read(v, op) for v in variables]
    final = [Value(builder._fresh("final"), arguments[i].dtype, arguments[i].shape) for i in carried]  # type: ignore[union-attr]
    final_versions = [Value(builder._fresh("final"), value.dtype, value.shape) for value in versions.values()]
    if final or final_versions:
        builder.nodes.append(Node("Loop", "", [None, enter, *initials], [*final, *final_versions], {},
                                  builder._fresh("Loop"), {"body": loop}))
    finals = dict(zip(carried, final, strict=True))
    values = [finals.get(i, inputs[i]) for i in range(len(op._outputs))]
    return Translated(builder.nodes, [v or _no_value(t) for v, t in zip(values, op._outputs, strict=True)],
                      dict(zip(variables, final_versions, strict=True)))


def _no_value(tensor: Tensor) -> Value:
    """Stands for a handle among the outputs, which nothing computes with."""
    return Value(f"handle/{tensor.name}", tensor.dtype.base_dtype)


def host_control_call(outer: Compiler, op: Operation, inputs: Sequence[Value | None], reads: Mapping[Operation, Value],
                      writes: Sequence[Operation], reason: str) -> tuple[HostCall, dict[Operation, Value]]:
    """A host call that runs the bodies of `op` one after the other, and the values it gives to variables."""
    from tfcompat.runtime.host_control import HostControl

    outputs = outer._output_values(op)
    new = {v: Value(f"{op.name}/written/{v.name}", variable_dtype(v), variable_shape(v).tuple) for v in writes}
    call = HostCall(op, [*inputs, *reads.values()], [*outputs, *new.values()], reason=reason)
    call.runner = HostControl(outer, op, list(reads), list(writes))
    return call, new


