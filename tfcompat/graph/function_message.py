"""A `FuncGraph` as a `FunctionDef` message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfcompat import protos
from tfcompat.graph.node_def import node_def_message, op_def_message
from tfcompat.graph.op_def import arg_types
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

if TYPE_CHECKING:
    from tfcompat.graph.func_graph import FuncGraph


def function_def_message(graph: FuncGraph) -> Any:
    """`graph` as a message: inputs by argument name, other tensors as `node:output_argument:index`."""
    definition = graph.definition_of()
    message = protos.FunctionDef(signature=op_def_message(definition))
    arguments = {t: a.name for t, a in zip(graph.inputs, definition.inputs, strict=True)}
    for op in graph._ops:
        if op.outputs and op.outputs[0] in arguments:
            continue
        node = node_def_message(op)
        del node.input[:]
        node.input.extend(arguments.get(t) or _spelled(t) for t in op._inputs)
        node.input.extend(sorted("^" + c.name for c in op._control_inputs))
        message.node_def.append(node)
    for argument, tensor in zip(definition.outputs, graph.outputs, strict=True):
        message.ret[argument.name] = arguments.get(tensor) or _spelled(tensor)
    for op in _effects(graph):
        message.control_ret[op.name] = op.name
    return message


def _effects(graph: FuncGraph) -> list[Operation]:
    """The operations that run whenever the function is called."""
    known = graph.__dict__.get("_effects")
    if known is not None:
        return list(known)
    own = {t.op for t in graph.inputs}
    return [op for op in graph._ops if op.definition.is_stateful and op not in own]


def _spelled(tensor: Tensor) -> str:
    """`node:argument:index`, as functions refer to outputs."""
    name, index = _output_argument(tensor.op, tensor.value_index)
    return f"{tensor.op.name}:{name}:{index}"


def _output_argument(op: Operation, position: int) -> tuple[str, int]:
    for argument in op.definition.outputs:
        count = len(arg_types(argument, op.attrs))
        if position < count:
            return argument.name, position
        position -= count
    raise IndexError(position)
