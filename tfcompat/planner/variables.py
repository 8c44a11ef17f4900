"""Variables of a plan: identity, and which operations read and write them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tfcompat.graph import dtypes
from tfcompat.graph.device import placed_container
from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.state import ALIAS_OPS, PROBE_OPS, VARIABLE_OPS, makes_string_handle, state_access
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.planner.prune import needed_operations


class VariableKey(NamedTuple):
    """Where a variable lives in a session's store."""

    container: str
    name: str


def variable_key(op: Operation) -> VariableKey:
    """The key of the variable that `op`, of one of `VARIABLE_OPS`, stands for."""
    name = op.attrs.get("shared_name") or op.name.encode()
    container = op.attrs.get("container", b"").decode(errors="backslashreplace")
    return VariableKey(placed_container(container, op._device), name.decode(errors="backslashreplace"))


def variable_shape(op: Operation) -> TensorShape:
    """The declared shape of a variable; unknown for those declared without one."""
    shape: TensorShape = op.attrs.get("shape", TensorShape(None))
    if op.type == "VariableV2" and shape.rank == 0 and op.outputs[0].shape.rank is None:
        return TensorShape(None)
    return shape


def is_reference(tensor: Tensor) -> bool:
    """Whether `tensor` stands for a variable itself rather than for one of its values.

    The Identity of a reference (`v/read`) does: it shares the variable's memory with it, so that what takes it
    sees the value at the time it runs.
    """
    return (tensor.dtype._is_ref_dtype and not makes_string_handle(tensor.op.type)) or is_dereference(tensor.op)


def is_dereference(op: Operation) -> bool:
    """Whether `op` is the Identity of a reference."""
    return op.type == "Identity" and op._inputs[0].dtype._is_ref_dtype


def is_fed(tensor: Tensor, feeds: Collection[Tensor]) -> bool:
    """Whether `tensor` is fed, or is another name of a reference that is: its value then has no variable behind it."""
    while tensor not in feeds:
        if tensor.op.type not in ALIAS_OPS or not is_reference(tensor):
            return False
        tensor = tensor.op._inputs[0]
    return True


def variable_op(tensor: Tensor) -> Operation:
    """The operation of the variable that a reference or handle leads to.

    Raises:
        UnimplementedError: it comes from an operation through which variables are not followed.
    """
    op = tensor.op
    while op.type not in VARIABLE_OPS:
        access = state_access(op.type)
        outer = source_outside(op)
        if outer is not None:
            tensor = outer
        elif op.type in ALIAS_OPS:
            tensor = op._inputs[0]
        elif access.writes and is_reference(tensor):
            tensor = op._inputs[access.writes[0]]
        else:
            raise UnimplementedError(None, op, f"A variable cannot be followed through an operation of type {op.type}.")
        op = tensor.op
    return op


@dataclass(slots=True)
class Access:
    """What one operation does to variables: input position -> variable."""

    reads: dict[int, Operation]
    writes: dict[int, Operation]
    probes: dict[int, Operation]

    @property
    def is_stateful(self) -> bool:
        """Whether any variable is touched."""
        return bool(self.reads or self.writes or self.probes)


def access_of(op: Operation, feeds: set[Tensor]) -> Access:
    """The variables that `op` reads, writes and probes.

    Raises:
        InvalidArgumentError: a fed tensor stands where a variable to be written is needed.
    """
    bodies = function_graphs(op)
    if bodies:
        access = _access_of_bodies(bodies)
        access.reads.update(
            {i: variable_op(t) for i, t in enumerate(op._inputs) if is_dereference(t.op) and not is_fed(t, feeds)}
        )
        return access
    declared = state_access(op.type)
    access = Access({}, {}, {})
    for index, tensor in enumerate(op._inputs):
        fed = is_fed(tensor, feeds)
        if index in declared.writes:
            if fed:
                raise InvalidArgumentError(None, op, f"Input {index} of '{op.name}' must be a variable, and it is fed.")
            access.writes[index] = variable_op(tensor)
        if index in declared.reads and not fed:
            access.reads[index] = variable_op(tensor)
        elif op.type in PROBE_OPS:
            access.probes[index] = variable_op(tensor)
        elif is_reference(tensor) and index not in declared.writes and not fed and not _passes_reference(op):
            access.reads[index] = variable_op(tensor)
    return access


def source_outside(op: Operation) -> Tensor | None:
    """The outer tensor that a body's placeholder stands for, None for other operations."""
    return op.graph.source_of(op) if op.type == "Placeholder" and isinstance(op.graph, FuncGraph) else None


def _access_of_bodies(bodies: Sequence[FuncGraph]) -> Access:
    """The variables that the bodies of an operation touch; without input positions, they count down from -1."""
    reads: dict[Operation, None] = {}
    writes: dict[Operation, None] = {}
    probes: dict[Operation, None] = {}
    for graph in bodies:
        for inner in needed_operations(graph.outputs, graph.__dict__.get("_effects", ()), set(graph.inputs)):
            if not inner._inputs:
                continue
            access = access_of(inner, set())
            reads.update(dict.fromkeys(access.reads.values()))
            writes.update(dict.fromkeys(access.writes.values()))
            probes.update(dict.fromkeys(access.probes.values()))
    reads.update(writes)
    return Access(*({-1 - i: v for i, v in enumerate(found)} for found in (reads, writes, probes)))


def _passes_reference(op: Operation) -> bool:
    return op.type in ALIAS_OPS and bool(op._outputs) and is_reference(op._outputs[0])


def variable_dtype(op: Operation) -> dtypes.DType:
    """The element type of a variable."""
    dtype: dtypes.DType = op.attrs["dtype"]
    return dtype
