"""Initial values that use other variables, whose initializers may not have run yet."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.lifting import init_scope
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import control_flow, state

_VARIABLES = frozenset({"Variable", "VariableV2"})
_UNTOUCHED = frozenset({"IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp"})


def value_or_initial_value(variable: Any) -> Tensor:
    """The value of `variable`, or its initial value while it has none."""
    with init_scope():
        known = state.is_variable_initialized_op(variable)
        assigned = variable.initializer.inputs[1]
        return control_flow.cond(known, variable.read_value, lambda: assigned)  # type: ignore[no-any-return]


def guarded_initial_value(name: str, value: Tensor) -> Tensor:
    """`value`, an initial value, with each reference variable it uses replaced by `value_or_initial_value` of that one.

    Operations on the way are recorded again; their names get the suffix `_<name>`. What lies behind handles stays.
    """
    if not _uses_variables(value):
        return value
    replaced: dict[Operation, Operation] = {}
    for op in _in_order(value.op):
        replaced[op] = _safe(op, name, replaced)
    return replaced[value.op].outputs[value.value_index]


def _in_order(last: Operation) -> list[Operation]:
    """The operations that `last` depends on by data, each after its inputs."""
    order: dict[Operation, None] = {}
    stack = [(last, False)]
    while stack:
        op, done = stack.pop()
        if done:
            order[op] = None
        elif op not in order:
            stack.append((op, True))
            if op.type not in _UNTOUCHED:
                stack.extend((t.op, False) for t in reversed(_followed(op)) if t.op not in order)
    return list(order)


def _followed(op: Operation) -> list[Tensor]:
    return [t for t in op._inputs if t.dtype.base_dtype.name != "resource"]


def _uses_variables(value: Tensor) -> bool:
    return any(op.type in _VARIABLES for op in _in_order(value.op))


def _safe(op: Operation, name: str, replaced: dict[Operation, Operation]) -> Operation:
    if op.type in _UNTOUCHED:
        return op
    if op.type in _VARIABLES:
        variable = _variable_of(op)
        return op if variable is None else value_or_initial_value(variable).op
    followed = set(_followed(op))
    inputs = [replaced[t.op].outputs[t.value_index] if t in followed else t for t in op._inputs]
    if all(new is old for new, old in zip(inputs, op._inputs, strict=True)):
        return op
    op_type = "Switch" if op.type == "RefSwitch" else op.type
    stem = f"{op.name}/{op.type}" if op.type in ("If", "StatelessIf") else op.name
    new_name = f"{stem}_{name}".replace(":", "_")
    made = op.graph.create_op(op_type, inputs, name=new_name + "/", attrs=dict(op.attrs))
    if "_function_graphs" in op.__dict__:
        made.__dict__["_function_graphs"] = op.__dict__["_function_graphs"]
    return made


def _variable_of(op: Operation) -> Any:
    names = (op.name, op.name + ":0")
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in op.graph.get_collection(key):
            if getattr(variable, "name", None) in names:
                return variable
    return None
