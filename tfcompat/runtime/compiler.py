"""From a graph, fetches and feeds to a `Program`: prune, order, infer, translate, cut into segments."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from converters.builder import Node, Value
from converters.complex_value import is_in_model
from converters.list_value import ListValue
from converters.lowering import Lowering
from converters.model import free_values
from converters.registry import NeedsFullShapes, NotConvertible
from converters.tables import may_be_in_model
from tfcompat.graph import dtypes, registry
from tfcompat.graph.errors import InvalidArgumentError, OpError
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising import needs_raising, raise_control_flow
from tfcompat.graph.state import PROBE_OPS, VARIABLE_OPS
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.planner import segments
from tfcompat.planner.checks import check_input_types
from tfcompat.planner.inference import PlanValues
from tfcompat.planner.order import ordered
from tfcompat.planner.prune import needed_operations
from tfcompat.planner.segments import HOST
from tfcompat.planner.variables import (
    Access,
    VariableKey,
    access_of,
    is_dereference,
    is_fed,
    is_reference,
    source_outside,
    variable_dtype,
    variable_key,
    variable_op,
    variable_shape,
)
from tfcompat.runtime.calls import chosen_branch, inline, inline_call, is_call
from tfcompat.runtime.devices import DevicePolicy

_NOTHING: dict[str, int] = {}


class FullShapesWanted(Exception):
    """The plan can only be made for fully known feed shapes."""


@dataclass(slots=True)
class HostCall:
    """One operation to run by its host kernel."""

    op: Operation
    inputs: list[Value | None]
    outputs: list[Value]
    probe: VariableKey | None = None
    probe_written: bool = False
    reason: str = ""
    runner: Any = None


@dataclass(slots=True)
class Recipe:
    """A compiled plan before its models are loaded: what `Program` runs and what export writes.

    Attributes:
        steps: host calls, and (kind, nodes) of models, in order.
        fetches: the values of the fetched tensors.
        feeds: the values that are fed, by tensor.
        initial: the values that variables have when the run begins, and the operation that needs each first.
        commits: the values that variables have after it.
        fitting: the variables whose values after it are known to have their declared shapes.
        updates: inputs and nodes of the operations that write variables by nodes of a model.
        streams: of exported random operations, the counters before and after the run, by the names of the former.
        targets: values to compute for the sake of target operations.
        assumed: whether variables have a value when the run begins, for those that the plan takes it for granted of.
        dense_lists: whether tensor lists are tensors of its models, which fails for elements of different shapes.
        order: the operations it stands for, in order; those of called functions are not among them.
        inlined: call or decided choice -> the operations of its body, which are taken in place of it.
        folded: operations whose results are known beforehand, so that they wait for nothing they are computed from.
    """

    steps: list[list[HostCall] | ModelStep] = field(default_factory=list)
    fetches: list[Value] = field(default_factory=list)
    feeds: dict[Tensor, Value] = field(default_factory=dict)
    initial: dict[VariableKey, tuple[Value, Operation, Operation]] = field(default_factory=dict)
    commits: dict[VariableKey, tuple[Value, Operation]] = field(default_factory=dict)
    updates: dict[Operation, tuple[list[Value | None], list[Node]]] = field(default_factory=dict)
    streams: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    targets: list[Value] = field(default_factory=list)
    fitting: set[VariableKey] = field(default_factory=set)
    assumed: dict[VariableKey, bool] = field(default_factory=dict)
    dense_lists: bool = False
    order: list[Operation] = field(default_factory=list)
    inlined: dict[Operation, list[Operation]] = field(default_factory=dict)
    folded: set[Operation] = field(default_factory=set)


@dataclass(slots=True)
class ModelStep:
    """The nodes of one model, for one device kind, and the values that each of its operations takes."""

    kind: str
    nodes: list[Node]
    ops: list[Operation]
    inputs: Mapping[Operation, Sequence[Value | None]] = field(default_factory=dict)


class Compiler:
    """Compiles one plan.

    Args:
        lowering: translates operations.
        policy: places them.
        initial_shape: shape of a variable's present value, None when it has none.
        assumes_presence: whether operations that ask if a variable has a value are answered while planning, so that
            branches that depend on them are decided; the recipe tells what it assumes.
        dense_lists: whether tensor lists may become tensors; else they stay on the host.
    """

    def __init__(
        self,
        lowering: Lowering,
        policy: DevicePolicy,
        initial_shape: Any = None,
        assumes_presence: bool = False,
        dense_lists: bool = True,
    ):
        self._lowering = lowering
        self._policy = policy
        self._initial_shape = initial_shape
        self._assumes_presence = assumes_presence
        self._dense_lists = dense_lists
        self._exports = lowering.for_export
        self._wanted: set[Tensor] = set()
        self._recipe = Recipe()
        self._env: dict[Tensor, Value] = {}
        self._needs: dict[str, Mapping[str, int]] = {}
        self._after: dict[Operation, Mapping[str, int]] = {}
        self._versions: dict[VariableKey, Value] = {}
        self._fragments: dict[Operation, list[Node]] = {}
        self._inputs: dict[Operation, list[Value | None]] = {}
        self._calls: dict[Operation, HostCall] = {}
        self._cutter = segments.SegmentCutter()
        self._scope = ""
        self._inherited: Mapping[str, int] = _NOTHING

    def compile(
        self,
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        feeds: Mapping[Tensor, TensorShape],
        full_shapes: bool = False,
        done: Collection[Operation] = (),
        truths: Mapping[Tensor, np.ndarray] = MappingProxyType({}),
    ) -> Recipe:
        """The recipe of a run.

        Args:
            fetches: tensors to return.
            targets: operations to run for their effects.
            feeds: fed tensors and what is known of their shapes.
            full_shapes: whether `feeds` has the exact shapes.
            done: operations that ran before; what they gave is fed where it is needed.
            truths: values of fed tensors that the recipe holds for.

        Raises:
            FullShapesWanted: an operation needs them and they are not given.
            OpError: an operation cannot run at all.
        """
        self._full_shapes = full_shapes
        fed = set(feeds)
        ops = needed_operations(fetches, targets, fed, done)
        if ops and ops[0].graph._rewirings:
            check_input_types(ops)
        if needs_raising(ops):
            raised = raise_control_flow(ops, fetches, targets, fed)
            recipe = self.compile(
                raised.fetches,
                raised.targets,
                {raised.feeds[t]: s for t, s in feeds.items()},
                full_shapes,
                truths={raised.feeds[t]: v for t, v in truths.items()},
            )
            recipe.feeds = {t: recipe.feeds[raised.feeds[t]] for t in feeds}
            return recipe
        self._accesses = {op: a for op in ops if (a := access_of(op, fed)).is_stateful}
        order = self._recipe.order = ordered(ops, fed, self._accesses)
        self._wanted = wanted_tensors(ops, fetches)
        self._values = PlanValues(dict(feeds))
        for tensor in feeds:
            self._env[tensor] = self._recipe.feeds[tensor] = self._fed_value(tensor)
        for tensor, truth in truths.items():
            self._recipe.feeds[tensor].const = truth
            self._values._store(tensor, truth)
        for op in order:
            self._take(op)
        self._recipe.fetches = [self._env[t] for t in fetches]
        self._finish_references(fetches)
        checks = [op for op in order if op.type in _CHECKS]
        self._recipe.targets = [
            self._env[op._outputs[0]] for op in (*targets, *checks) if op in self._fragments and op._outputs
        ]
        self._delay()
        for segment in self._cutter.segments():
            if segment.kind == HOST:
                self._recipe.steps.append([self._calls[op] for op in segment.ops])
            else:
                nodes = [node for op in segment.ops for node in self._fragments[op]]
                self._recipe.steps.append(ModelStep(segment.kind, nodes, segment.ops, self._inputs))
        return self._recipe

    def _delay(self) -> None:
        """Lets operations of models wait for those on the host that others wait for anyway."""
        if not self._calls:
            return
        reads: dict[Operation, Iterable[str]] = {op: free_values(nodes) for op, nodes in self._fragments.items()}
        makes: dict[Operation, Iterable[str]] = {
            op: [v.name for node in nodes for v in node.outputs] for op, nodes in self._fragments.items()
        }
        for op, call in self._calls.items():
            reads[op] = [c.name for v in call.inputs if v is not None for c in v.components]
            makes[op] = [c.name for v in call.outputs for c in v.components]
        fixed = {c for op in (*self._recipe.order, *self._cutter.ops) for c in op._control_inputs}
        fixed.update(op for _, op in self._recipe.commits.values())
        self._cutter.delay(reads, makes, fixed)

    def _fed_value(self, tensor: Tensor) -> Value:
        """The value of a tensor that is fed."""
        return Value(f"feed/{tensor.name}", tensor.dtype.base_dtype, self._values.shape(tensor).tuple)

    # ---------------------------------------------------------------- one operation

    def _take(self, op: Operation) -> None:
        self._values.infer(op)
        access = self._accesses.get(op)
        requirement = [self._inherited, *(self._after.get(c, _NOTHING) for c in op._control_inputs)]
        if op.type in VARIABLE_OPS:
            self._after[op] = segments.merge_requirements(requirement)
            if is_reference(op._outputs[0]):
                self._env.setdefault(op._outputs[0], self._reference(op))
        elif op.type == "NoOp" or source_outside(op) is not None or self._exports and op.type in _LEFT_OUT:
            self._after[op] = segments.merge_requirements(requirement)
        elif self._passes_variable(op):
            self._after[op] = segments.merge_requirements([*requirement, self._after.get(op._inputs[0].op, _NOTHING)])
            self._env.setdefault(op._outputs[0], self._reference(variable_op(op._inputs[0])))
        elif access is None and self._take_constant(op):
            self._recipe.folded.add(op)
            merged = self._after[op] = segments.merge_requirements(requirement)
            if merged:
                self._needs.update({self._env[t].name: merged for t in op._outputs})
        elif op.type in PROBE_OPS:
            assert access is not None
            self._probe(op, access, requirement)
        elif is_call(op):
            needs = self._needs_of([self._env.get(t) for t in op._inputs])
            self._recipe.inlined[op] = inline_call(self, op, requirement + needs)
        elif (branch := chosen_branch(self, op)) is not None:
            self._recipe.inlined[op] = inline(self, op, branch, op._inputs[1:], requirement)
        elif function_graphs(op):
            self._take_bodies(op, access or Access({}, {}, {}), requirement)
        else:
            self._run(op, access or Access({}, {}, {}), requirement)

    def _reference(self, variable: Operation) -> Reference:
        return Reference(variable, self._versions.get(variable_key(variable)))

    def _passes_variable(self, op: Operation) -> bool:
        """Whether `op` only hands on a reference or a variable's handle."""
        if len(op._outputs) != 1 or op.type not in _PASSING:
            return False
        tensor = op._outputs[0]
        if is_reference(tensor):
            return not is_fed(op._inputs[0], self._recipe.feeds)
        return tensor.dtype is dtypes.resource and _leads_to_variable(tensor)

    def _take_constant(self, op: Operation) -> bool:
        """Takes over outputs that are known while planning; whether all are."""
        pending = [t for t in op._outputs if t not in self._env]
        values = [self._values.constant(t) for t in pending]
        if not pending or any(v is None for v in values):
            return False
        for tensor, array in zip(pending, values, strict=True):
            assert array is not None
            self._env[tensor] = Value(self._scope + tensor.name, tensor.dtype.base_dtype, array.shape, array)
        return True

    def _probe(self, op: Operation, access: Access, requirement: list[Mapping[str, int]]) -> None:
        key = variable_key(access.probes[0])
        if self._assumes_presence:
            there = np.array(key in self._versions_written() or self._assumed_present(key))
            self._finish(op, None, requirement, [Value(self._scope + op._outputs[0].name, dtypes.bool, (), there)])
            self._values._store(op._outputs[0], there)
            return
        outputs = self._output_values(op)
        call = HostCall(op, [], outputs, key, key in self._recipe.commits)
        self._finish(op, self._on_host(call), requirement, outputs)

    def _versions_written(self) -> Collection[VariableKey]:
        """The variables that the plan has written so far."""
        return self._recipe.commits

    def _assumed_present(self, key: VariableKey) -> bool:
        """Whether the variable has a value now; the recipe then holds only while that stays so."""
        return self._recipe.assumed.setdefault(key, self._initial_shape(key) is not None)

    def _run(self, op: Operation, access: Access, requirement: list[Mapping[str, int]]) -> None:
        if op.type in _PLACEHOLDERS:
            raise not_fed(op)
        inputs: list[Value | None] = []
        for index, tensor in enumerate(op._inputs):
            if index in access.reads:
                inputs.append(self._read(access.reads[index], op))
            elif index in access.writes:
                inputs.append(None)
            else:
                inputs.append(self._env.get(tensor))
        requirement = requirement + self._needs_of(inputs)
        if access.writes:
            self._write(op, access, inputs, requirement)
            return
        kind, outputs = self._translate(op, inputs)
        self._finish(op, kind, requirement, outputs)

    def _translate(self, op: Operation, inputs: list[Value | None]) -> tuple[str | None, list[Value]]:
        """(kind, output values): the nodes of `op`, or a host call where it has no ONNX form."""
        reason: NotConvertible | None = None
        if not self._host_only(op, inputs):
            try:
                fragment = self._lowering.lower(op, inputs, self._scope)
            except NotConvertible as error:
                self._refused(error)
                reason = error
            else:
                self._annotate(op, fragment.outputs)
                if any(isinstance(v, ListValue) for v in (*inputs, *fragment.outputs)):
                    self._note_dense_lists()
                self._inputs[op] = inputs
                return self._emit(op, fragment.nodes), fragment.outputs
        if op.type in registry.kernel or op.type in registry.variant_kernel and _takes_variants(op):
            outputs = self._output_values(op)
            return self._on_host(HostCall(op, inputs, outputs, reason=str(reason or ""))), outputs
        if isinstance(reason, NeedsFullShapes) and not self._full_shapes:
            raise FullShapesWanted(str(reason))
        return self._without_kernel(op, inputs, str(reason or ""))

    def _without_kernel(self, op: Operation, inputs: list[Value | None], reason: str) -> tuple[str | None, list[Value]]:
        """Called for an operation that can run neither in a model nor on the host."""
        raise no_kernel(op, reason)

    def _refused(self, reason: NotConvertible) -> None:
        """Called when an operation has no ONNX form."""

    def _emit(self, op: Operation, nodes: list[Node]) -> str | None:
        """Keeps the nodes of `op` for a model; returns the kind it runs on, None when there are no nodes."""
        if not nodes:
            return None
        self._fragments[op] = nodes
        return self._policy.kind_of(op)

    def _on_host(self, call: HostCall) -> str:
        """Keeps a host call; returns its kind."""
        self._calls[call.op] = call
        return HOST

    def _host_only(self, op: Operation, inputs: Sequence[Value | None]) -> bool:
        """Whether a string, a handle or a complex number of the host is involved: those never enter a model."""
        types = [v.dtype for v in inputs if v is not None] + [t.dtype.base_dtype for t in op._outputs]
        if not all(map(is_in_model, inputs)):
            return True
        if self._exports and may_be_in_model(op, inputs):
            return False
        return any(d.name in _HOST_TYPES or d is dtypes.variant and not self._dense_lists for d in types)

    def _note_dense_lists(self) -> None:
        """Remembers that the plan takes the elements of lists to have one shape."""
        self._recipe.dense_lists = True

    def _needs_of(self, values: Iterable[Value | None]) -> list[Mapping[str, int]]:
        """What must have run before `values` are there."""
        return [self._needs.get(c.name, _NOTHING) for v in values if v is not None for c in (v, *v.components)]

    def _annotate(self, op: Operation, outputs: Sequence[Value]) -> None:
        """Brings together what inference and what translation know of the outputs."""
        for tensor, value in zip(op._outputs, outputs, strict=True):
            if value.const is not None:
                if tensor not in self._recipe.feeds:
                    self._values._store(tensor, value.const)
                continue
            inferred, given = self._values.shape(tensor), TensorShape.of(value.shape)
            if inferred.tuple == given.tuple or not inferred.is_compatible_with(given):
                continue
            merged = inferred.merge_with(given)
            value.shape = merged.tuple
            if merged.tuple != inferred.tuple:
                self._values.set_shape(tensor, merged)

    def _output_values(self, op: Operation) -> list[Value]:
        return [Value(self._scope + t.name, t.dtype.base_dtype, self._values.shape(t).tuple) for t in op._outputs]

    def _finish(
        self, op: Operation, kind: str | None, requirement: list[Mapping[str, int]], outputs: Sequence[Value]
    ) -> None:
        """Places `op` and records what its outputs require."""
        merged = segments.merge_requirements(requirement)
        self._after[op] = merged if kind is None else self._cutter.place(op, kind, merged)
        for tensor, value in zip(op._outputs, outputs, strict=True):
            for part in value.components:
                if part.const is None:
                    self._needs[part.name] = segments.merge_requirements(
                        [self._after[op], self._needs.get(part.name, _NOTHING)] if kind is None else [self._after[op]]
                    )
            self._env.setdefault(tensor, value)

    # ---------------------------------------------------------------- operations with bodies

    def _take_bodies(self, op: Operation, access: Access, requirement: list[Mapping[str, int]]) -> None:
        """Translates an operation with bodies (If, While, ...) to ONNX control flow, or to a host call."""
        from tfcompat.runtime.bodies import host_control_call, translate_control

        inputs = [self._argument(t) for t in op._inputs]
        reason = ""
        try:
            result = translate_control(self, op, inputs)
        except NotConvertible as error:
            if isinstance(error, NeedsFullShapes) and not self._full_shapes:
                raise FullShapesWanted(str(error)) from None
            self._refused(error)
            reason = str(error)
        else:
            needs = self._needs_of([*free_values(result.nodes).values(), *result.outputs])
            self._annotate(op, result.outputs)
            kind = self._emit(op, result.nodes)
            self._finish(op, kind, requirement + needs, result.outputs)
            self._take_writes(op, kind, result.writes)
            return
        reads = {variable: self._read(variable, op) for variable in access.reads.values()}
        call, writes = host_control_call(self, op, inputs, reads, list(access.writes.values()), reason)
        needs = self._needs_of([*inputs, *reads.values()])
        kind = self._on_host(call)
        self._finish(op, kind, requirement + needs, call.outputs[: len(op._outputs)])
        self._take_writes(op, kind, writes)

    def _argument(self, tensor: Tensor) -> Value | None:
        """The value of an input of an operation with bodies; None for a variable, which is found by its name."""
        value = self._env.get(tensor)
        if not isinstance(value, Reference):
            return value
        return self._read(value.variable, tensor.op) if is_dereference(tensor.op) else None

    def result(self, tensor: Tensor) -> Value | None:
        """What a body hands out: of a reference the value that its variable has then."""
        value = self._env.get(tensor)
        return self._read(value.variable, tensor.op) if isinstance(value, Reference) else value

    # ---------------------------------------------------------------- variables

    def _read(self, variable: Operation, reader: Operation) -> Value:
        """The version of `variable` that `reader`, the operation being taken, sees."""
        key = variable_key(variable)
        version = self._versions.get(key)
        if version is None:
            declared = variable_shape(variable)
            shape = declared.tuple
            present = self._initial_shape(key) if self._initial_shape is not None else None
            if present is not None and not (declared.is_fully_defined() and declared.is_compatible_with(list(present))):
                shape = present
            version = Value(f"variable/{key.container}/{key.name}", variable_dtype(variable).base_dtype, shape)
            self._versions[key] = version
            self._recipe.initial[key] = (version, variable, reader)
        return version

    def _write(
        self, op: Operation, access: Access, inputs: list[Value | None], requirement: list[Mapping[str, int]]
    ) -> None:
        fragment_outputs: list[Value] = []
        kind: str | None
        try:
            fragment = self._lowering.lower_state(op, inputs, self._scope)
        except NotConvertible as reason:
            if op.type not in registry.state_kernel:
                if isinstance(reason, NeedsFullShapes) and not self._full_shapes:
                    raise FullShapesWanted(str(reason)) from None
                raise no_kernel(op, reason) from None
            writes = {
                i: Value(f"{self._scope}{op.name}/written_{i}", variable_dtype(v).base_dtype, variable_shape(v).tuple)
                for i, v in access.writes.items()
            }
            plain = [t for t in op._outputs if not t.dtype._is_ref_dtype]
            fragment_outputs = [
                Value(self._scope + t.name, t.dtype.base_dtype, self._values.shape(t).tuple) for t in plain
            ]
            kind = self._on_host(HostCall(op, inputs, [*writes.values(), *fragment_outputs], reason=str(reason)))
        else:
            writes, fragment_outputs = fragment.writes, fragment.outputs
            kind = self._emit(op, fragment.nodes)
            self._recipe.updates[op] = inputs, fragment.nodes
        merged = segments.merge_requirements(requirement)
        self._after[op] = merged if kind is None else self._cutter.place(op, kind, merged)
        self._take_writes(op, kind, {access.writes[i]: value for i, value in writes.items()})
        self._bind_outputs(op, access, writes, fragment_outputs)

    def _take_writes(self, op: Operation, kind: str | None, writes: Mapping[Operation, Value]) -> None:
        """Makes `writes` the present versions of their variables."""
        for variable, value in writes.items():
            declared = variable_shape(variable).tuple
            fits = declared is not None and None not in declared and value.shape == declared
            (self._recipe.fitting.add if fits else self._recipe.fitting.discard)(variable_key(variable))
            if value.shape is None and declared is not None and value.const is None:
                value.shape = declared
            self._versions[variable_key(variable)] = value
            self._recipe.commits[variable_key(variable)] = (value, op)
            if kind is not None and value.const is None:
                self._needs[value.name] = self._after[op]

    def _bind_outputs(self, op: Operation, access: Access, writes: Mapping[int, Value], plain: list[Value]) -> None:
        """Reference outputs are the new value of the first variable; others come as given."""
        rest = iter(plain)
        for tensor in op._outputs:
            if tensor.dtype._is_ref_dtype:
                value = writes[min(access.writes)]
            else:
                value = next(rest)
                self._needs[value.name] = self._after[op]
            self._env.setdefault(tensor, value)

    def _finish_references(self, fetches: Sequence[Tensor]) -> None:
        """Replaces fetched references by the values of their variables after the run, whose memory they share."""
        again: dict[Operation, Value] = {}
        for i, tensor in enumerate(fetches):
            views = []
            while tensor.op.type in _SHARING and tensor not in self._recipe.feeds and not is_reference(tensor):
                if tensor.op.type in _VIEWS:
                    views.append(tensor.op)
                tensor = tensor.op._inputs[tensor.value_index]
            value = self._recipe.fetches[i]
            if is_reference(tensor) and not is_fed(tensor, self._recipe.feeds):
                variable = variable_op(tensor)
            elif isinstance(value, Reference):  # what a function returned
                variable = value.variable
            else:
                continue
            key = variable_key(variable)
            if views and key not in self._recipe.commits:
                continue
            value = self._versions.get(key) or self._initial_version(variable, tensor.op)
            for op in reversed(views):
                value = again[op] = again.get(op) or self._view_after_run(op, value)
            self._recipe.fetches[i] = value

    def _view_after_run(self, op: Operation, source: Value) -> Value:
        """What `op`, which ran before its variable changed, makes of the value that the variable has at the end."""
        twin = copy.copy(op)
        inputs: list[Value | None] = [source, *(self._env[t] for t in op._inputs[1:])]
        scope, self._scope = self._scope, f"{self._scope}after_run/"
        kind, outputs = self._translate(twin, inputs)
        self._scope = scope
        self._finish(twin, kind, self._needs_of(inputs), outputs)
        self._recipe.order.append(twin)
        return outputs[0]

    def _initial_version(self, variable: Operation, reader: Operation) -> Value:
        key = variable_key(variable)
        if key in self._recipe.initial:
            return self._recipe.initial[key][0]
        written = self._versions.pop(key, None)
        version = self._read(variable, reader)
        if written is not None:
            self._versions[key] = written
        return version


class Reference(Value):
    """Stands for a reference that nothing has dereferenced; `version` is the variable's where it was taken."""

    __slots__ = ("variable", "version")

    def __init__(self, variable: Operation, version: Value | None):
        super().__init__(f"reference/{variable.name}", variable_dtype(variable).base_dtype)
        self.variable = variable
        self.version = version


_PASSING = frozenset({"Identity", "RefIdentity", "DebugGradientRefIdentity", "RefEnter", "Enter"})
_CHECKS = frozenset({"EnsureShape"})
_VIEWS = frozenset({"Reshape", "Squeeze", "ExpandDims", "Bitcast"})
_SHARING = _VIEWS | {
    "Identity",
    "IdentityN",
    "StopGradient",
    "PreventGradient",
    "CheckNumerics",
    "PlaceholderWithDefault",
}
"""Op types whose results share the memory of their inputs; of views, in another shape or type."""
_LEFT_OUT = frozenset({"Assert", "PrintV2"})
_PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderV2"})
_HOST_TYPES = frozenset({"string", "resource"})


def _takes_variants(op: Operation) -> bool:
    return any(t.dtype.base_dtype is dtypes.variant for t in op._inputs)


def wanted_tensors(ops: Iterable[Operation], fetches: Iterable[Tensor]) -> set[Tensor]:
    """The tensors that `ops` or the fetches use."""
    return {t for op in ops for t in op._inputs}.union(fetches)


def _leads_to_variable(tensor: Tensor) -> bool:
    op = tensor.op
    while op.type == "Identity":
        op = op._inputs[0].op
    return op.type in VARIABLE_OPS


def not_fed(op: Operation) -> InvalidArgumentError:
    """The error for a placeholder without a value."""
    shape: TensorShape = op.attrs["shape"]
    sizes = None if shape.tuple is None else ",".join("?" if d is None else str(d) for d in shape.tuple)
    of_shape = "" if sizes is None else f" and shape [{sizes}]"
    names = {"float32": "float", "float64": "double", "float16": "half"}
    dtype = op.attrs["dtype"].name
    return InvalidArgumentError(
        None,
        op,
        f"You must feed a value for placeholder tensor '{op.name}' with dtype {names.get(dtype, dtype)}{of_shape}",
    )


def no_kernel(op: Operation, reason: Exception | str | None) -> OpError:
    """The error for an operation that can run neither in a model nor on the host."""
    types = {k: v for k, v in op.attrs.items() if isinstance(v, dtypes.DType)}
    described = ", ".join(f"{k}={v.name}" for k, v in sorted(types.items()))
    return InvalidArgumentError(
        None,
        op,
        f"No OpKernel was registered to support Op '{op.type}' used by "
        f"{{{{node {op.name}}}}} with these attrs: [{described}]"
        f"{': ' + str(reason) if reason else ''}",
    )
