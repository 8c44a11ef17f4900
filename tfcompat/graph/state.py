"""Which op types read and write variables, and through which inputs.

A reference variable (`VariableV2`) is reached through inputs of a reference type, a resource variable (`VarHandleOp`)
through handles. Readers take the variable's value in place of the reference or handle, writers give a new one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from tfcompat.graph import dtypes, op_def

VARIABLE_OPS = frozenset({"VariableV2", "Variable", "VarHandleOp", "TemporaryVariable"})
"""Op types that stand for a variable of the session's store."""

ALIAS_OPS = frozenset(
    {"Identity", "RefIdentity", "DebugGradientRefIdentity", "RefEnter", "Enter", "ReadVariableXlaSplitND"}
)
"""Op types whose output is the same reference or handle as their first input, when that is one."""

PROBE_OPS = frozenset({"IsVariableInitialized", "VarIsInitializedOp"})
"""Op types that ask whether a variable has a value; they run although it has none."""

_WRITE_ONLY = frozenset({"Assign", "AssignVariableOp"})
_READ_ONLY = frozenset(
    {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape", "DestroyTemporaryVariable"}
)
_READ_WRITE_RESOURCE = ("ResourceApply", "ResourceSparseApply", "ResourceScatter", "ResourceStridedSliceAssign",
                        "AssignAddVariableOp", "AssignSubVariableOp", "ResourceCountUpTo", "RngReadAndSkip",
                        "RngSkip", "StatefulUniform", "StatefulStandardNormal", "StatefulTruncatedNormal",
                        "StatefulRandomBinomial")  # fmt: skip


@dataclass(frozen=True, slots=True)
class StateAccess:
    """Positions, among an operation's inputs, of the variables it reads and of those it writes."""

    reads: tuple[int, ...]
    writes: tuple[int, ...]


_NONE = StateAccess((), ())


@functools.cache
def makes_string_handle(op_type: str) -> bool:
    """Whether operations of type `op_type` hand out a resource as a reference to a string, as older ones do."""
    outputs = op_def.op_def(op_type).outputs if op_def.is_defined(op_type) else ()
    return any(arg.is_ref and arg.type is dtypes.string for arg in outputs)


@functools.cache
def state_access(op_type: str) -> StateAccess:
    """How operations of type `op_type` use the variables among their inputs.

    Ordinary op types use none: that a reference is read where a plain tensor is wanted does not count here.
    """
    if not op_def.is_defined(op_type) or op_type in PROBE_OPS or op_type in ALIAS_OPS:
        return _NONE
    inputs = op_def.op_def(op_type).inputs
    references = tuple(i for i, arg in enumerate(inputs) if arg.is_ref and arg.type is not dtypes.string)
    handles = tuple(i for i, arg in enumerate(inputs) if arg.type is dtypes.resource)
    if op_type in _WRITE_ONLY:
        return StateAccess((), references or handles)
    if op_type in _READ_ONLY:
        return StateAccess(references or handles, ())
    if references and not any(arg.is_list for arg in inputs):
        return StateAccess(references, references)
    if handles and op_type.startswith(_READ_WRITE_RESOURCE):
        return StateAccess(handles, handles)
    return _NONE
