"""The `While` operation made of a condition and a body that are graphs of their own."""

from __future__ import annotations

from collections.abc import Sequence

from tfcompat.graph.default import get_default_graph
from tfcompat.graph.func_graph import FuncGraph, registered
from tfcompat.graph.handles import copy_handle_data
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.identity import identity

COUNTERS = 2
"""Every loop begins with the number of iterations done and the limit."""


def arguments_for(graph: FuncGraph, initials: Sequence[Tensor], shapes: Sequence[TensorShape]) -> list[Tensor]:
    """Placeholders of `graph` for loop variables that begin as `initials`."""
    made = []
    for tensor, shape in zip(initials, shapes, strict=True):
        argument = graph.argument(tensor.dtype.base_dtype, shape, tensor.op.name.rpartition("/")[2])
        copy_handle_data(tensor, argument)
        made.append(argument)
    return made


def record_while(
    cond: FuncGraph,
    body: FuncGraph,
    initials: Sequence[Tensor],
    shapes: Sequence[TensorShape],
    scope: str,
    parallel_iterations: int = 10,
) -> Operation:
    """Records a While in the default graph.

    Args:
        cond: its inputs are the loop variables, then captures; its output is a bool.
        body: the same inputs; its outputs are the next loop variables.
        initials: the loop variables at the beginning, of the default graph.
        shapes: shapes that they have in every iteration.
        scope: name of the operation.
        parallel_iterations: how many iterations other runtimes may overlap.

    Returns:
        The operation. Its inputs are `initials` and then the captured tensors, which it hands on unchanged.
    """
    outer = get_default_graph()
    count = len(initials)
    read_again(cond, body)
    captured = list(dict.fromkeys([*cond.external_captures, *body.external_captures]))
    for graph in (cond, body):
        graph.align_captures(captured, count)
    body.outputs = list(body.outputs[:count]) + body.inputs[count:]
    inputs = [*initials, *(outer.capture(t, "While", scope) if t.graph is not outer else t for t in captured)]
    types = [t.dtype.base_dtype for t in inputs]
    attrs = {
        "T": types,
        "cond": registered(outer, cond),
        "body": registered(outer, body),
        "output_shapes": [*shapes, *(t.shape for t in captured)],
        "parallel_iterations": parallel_iterations,
        "_lower_using_switch_merge": True,
        "_num_original_outputs": len(inputs),
    }
    kind = "While" if body.is_stateful or cond.is_stateful else "StatelessWhile"
    with outer.control_dependencies([*cond.awaited(), *body.awaited()]):
        op = outer.add_op(op_def(kind), inputs, attrs, types, scope)
    op._function_graphs = [cond, body]  # type: ignore[attr-defined]
    for tensor, given in zip(op.outputs, inputs, strict=True):
        copy_handle_data(given, tensor)
    return op


def read_again(cond: FuncGraph, body: FuncGraph) -> None:
    """Lets a loop read a variable that it writes in every iteration, where the value was read before the loop.

    A program that says `tf.assign(v, v * 2)` in a body means the present value of `v`, a variable with references,
    though the operation that reads it stands outside.
    """
    written = {
        body.origin_of(tensor)
        for op in body._ops
        for tensor in op._inputs
        if tensor.dtype._is_ref_dtype and op.type != "Identity"
    }
    if not written:
        return
    for graph in (body, cond):
        for captured, inside in graph.captures:
            read = graph.origin_of(captured)
            if read.op.type == "Identity" and not read.op._control_inputs and read.op._inputs[0] in written:
                _replace(graph, inside, read.op._inputs[0])


def _replace(graph: FuncGraph, inside: Tensor, variable: Tensor) -> None:
    """Reads `variable` in `graph` in the place of what `inside` stands for."""
    users = [(op, i) for op in graph._ops for i, t in enumerate(op._inputs) if t is inside]
    if not users and inside not in graph.outputs:
        return
    with graph.as_default(), graph.name_scope(None), graph.control_dependencies(None):
        fresh = identity(graph.capture(variable))
    for op, index in users:
        op._update_input(index, fresh)
    graph.outputs = [fresh if t is inside else t for t in graph.outputs]
