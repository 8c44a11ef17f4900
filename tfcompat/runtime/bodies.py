"""Bodies of operations as parts of a model: branches, loops and calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from converters.builder import Builder, Node, Subgraph, Value
from converters.complex_value import ComplexValue
from converters.registry import NeedsFullShapes, NotConvertible
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.planner.inference import PlanValues
from tfcompat.planner.order import ordered
from tfcompat.planner.prune import needed_operations
from tfcompat.planner.variables import VariableKey, access_of, variable_dtype, variable_key, variable_shape
from tfcompat.runtime.compiler import Compiler, FullShapesWanted, HostCall, wanted_tensors


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
        super().__init__(
            outer._lowering, outer._policy, outer._initial_shape, outer._assumes_presence, outer._dense_lists
        )
        self._outer = outer
        self._scope = scope
        self._full_shapes = outer._full_shapes
        self.nodes: list[Node] = []
        self.written: dict[Operation, Value] = {}

    def share_knowledge(self, outer: Compiler) -> None:
        """Lets the body, which has no graph of its own, know what `outer` knows."""
        self._values, self._wanted = outer._values, outer._wanted

    def builder(self) -> Builder:
        """A builder that emits into the body."""
        builder = self._lowering.builder(self._scope + "body")
        builder.nodes = self.nodes
        return builder

    def translate(
        self,
        graph: FuncGraph,
        arguments: Sequence[Value | None],
        wanted: Sequence[Tensor],
        given: Mapping[Tensor, Value] | None = None,
    ) -> list[Value | None]:
        """The values of tensors of `graph`.

        Args:
            graph: the body.
            arguments: one per input of `graph`; None for handles.
            wanted: the tensors to compute.
            given: values of further tensors of `graph`, which are then not computed.

        Returns:
            One value per tensor of `wanted`; None for handles.
        """
        known = {t: v for t, v in zip(graph.inputs, arguments, strict=True) if v is not None} | dict(given or {})
        self._values = PlanValues({t: TensorShape.of(v.shape) for t, v in known.items()})
        for tensor, value in known.items():
            self._env[tensor] = value
            if value.const is not None:
                self._values._store(tensor, value.const)
        fed = {*graph.inputs, *known}
        ops = needed_operations(wanted, graph.__dict__.get("_effects", ()), fed)
        self._wanted = wanted_tensors(ops, wanted)
        self._accesses = {op: a for op in ops if (a := access_of(op, set())).is_stateful}
        for op in ordered(ops, fed, self._accesses):
            if op.type != "Placeholder":
                self._take(op)
        return [self.result(t) for t in wanted]

    def _emit(self, op: Operation, nodes: list[Node]) -> str | None:
        self.nodes += nodes
        return None

    def _on_host(self, call: HostCall) -> str:
        raise NotConvertible(
            f"{call.op.name} ({call.op.type}) in a body runs on the host{': ' + call.reason if call.reason else ''}"
        )

    def _refused(self, reason: NotConvertible) -> None:
        """Asks for full shapes rather than run a whole body on the host."""
        if isinstance(reason, NeedsFullShapes) and not self._full_shapes:
            raise FullShapesWanted(str(reason))

    def _note_dense_lists(self) -> None:
        self._outer._note_dense_lists()

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

    def take_writes(self, op: Operation, writes: Mapping[Operation, Value]) -> None:
        """Takes over what a choice inside gives to variables."""
        self._after[op] = {}
        self._take_writes(op, None, writes)

    def _take_writes(self, op: Operation, kind: str | None, writes: Mapping[Operation, Value]) -> None:
        super()._take_writes(op, kind, writes)
        self.written.update(writes)


def translate_control(outer: Compiler, op: Operation, inputs: Sequence[Value | None]) -> Translated:
    """The ONNX form of `op`; NotConvertible when there is none."""
    from tfcompat.runtime.branches import translate_branches
    from tfcompat.runtime.loops import translate_loop

    if op.type in ("If", "StatelessIf", "Case", "StatelessCase"):
        return translate_branches(outer, op, inputs)
    if op.type in ("While", "StatelessWhile"):
        return translate_loop(outer, op, inputs)
    raise NotConvertible(f"there is no ONNX form of {op.type}")


def whole(op: Operation, outputs: Sequence[Value | None]) -> list[Value]:
    """`outputs` with stand-ins for handles and for what nobody wants."""
    return [
        v if v is not None else Value(f"unused/{t.name}", t.dtype.base_dtype)
        for v, t in zip(outputs, op._outputs, strict=True)
    ]


def subgraph(outer: Compiler, body: Body, inputs: list[Value], outputs: Sequence[Value]) -> Subgraph:
    """The body as an ONNX subgraph; outputs that its nodes do not make pass through an Identity."""
    made = {id(v) for node in body.nodes for v in node.outputs}
    builder = outer._lowering.builder(body._scope + "outputs")
    finals = []
    for value in outputs:
        if isinstance(value, ComplexValue):
            raise NotConvertible("complex numbers leave a branch or a loop")
        if id(value) not in made:
            value = builder.identity(value, builder._fresh("output"))
        made.discard(id(value))
        finals.append(value)
    return Subgraph(inputs, finals, body.nodes + builder.nodes)


def host_control_call(
    outer: Compiler,
    op: Operation,
    inputs: Sequence[Value | None],
    reads: Mapping[Operation, Value],
    writes: Sequence[Operation],
    reason: str,
) -> tuple[HostCall, dict[Operation, Value]]:
    """A host call that runs the bodies of `op` one after the other, and the values it gives to variables."""
    from tfcompat.runtime.host_control import HostControl

    outputs = outer._output_values(op)
    new = {
        v: Value(f"{outer._scope}{op.name}/written/{v.name}", variable_dtype(v), variable_shape(v).tuple)
        for v in writes
    }
    call = HostCall(op, [*inputs, *reads.values()], [*outputs, *new.values()], reason=reason)
    call.runner = HostControl(outer, op, list(reads), list(writes))
    return call, new
