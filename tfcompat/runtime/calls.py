"""Calls of functions, and choices that are decided: their bodies become part of the plan around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from converters.builder import Value
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.planner import segments
from tfcompat.planner.order import ordered
from tfcompat.planner.prune import needed_operations
from tfcompat.planner.variables import access_of

if TYPE_CHECKING:
    from tfcompat.runtime.compiler import Compiler

_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_CHOICES = frozenset({"If", "StatelessIf", "Case", "StatelessCase"})


def is_call(op: Operation) -> bool:
    """Whether `op` does nothing but run a function of the library."""
    return op.type in _CALLS or op.type in op.graph._library()


def chosen_branch(compiler: Compiler, op: Operation) -> FuncGraph | None:
    """The branch that `op` takes, if it is a choice and the plan knows the selector."""
    if op.type not in _CHOICES:
        return None
    value = compiler._env.get(op._inputs[0])
    selector = compiler._values.constant(op._inputs[0]) if value is None or value.const is None else value.const
    if selector is None:
        return None
    graphs = function_graphs(op)
    if op.type in ("If", "StatelessIf"):
        return graphs[0 if bool(selector) else 1]
    return graphs[int(selector) if 0 <= int(selector) < len(graphs) else -1]


def inline_call(compiler: Compiler, op: Operation, requirement: list[Mapping[str, int]]) -> list[Operation]:
    """Takes the operations of the function that `op` calls, in place of it; returns them; see `inline`."""
    graph = function_graphs(op)[0]
    _check(op, "inputs", op._inputs, graph, graph.inputs)
    _check(op, "outputs", op._outputs, graph, graph.outputs)
    return inline(compiler, op, graph, op._inputs, requirement)


def inline(
    compiler: Compiler,
    op: Operation,
    graph: FuncGraph,
    arguments: Sequence[Tensor],
    requirement: list[Mapping[str, int]],
) -> list[Operation]:
    """Takes the operations of a body in place of an operation; returns them.

    Args:
        compiler: makes the plan.
        op: the operation.
        graph: the body, whose outputs are those of `op`.
        arguments: what the inputs of `graph` are.
        requirement: what must have run before.
    """
    fed = set(graph.inputs)
    wanted = [i for i, t in enumerate(op._outputs) if t in compiler._wanted]
    results = [graph.outputs[i] for i in wanted]
    ops = [o for o in needed_operations(results, graph.__dict__.get("_effects", ()), fed) if o.type != "Placeholder"]
    accesses = {o: a for o in ops if (a := access_of(o, set())).is_stateful}
    compiler._accesses.update(accesses)
    compiler._wanted.update(results, (t for o in ops for t in o._inputs))
    _bind_arguments(compiler, graph, arguments)
    outer_scope, outer_requirement = compiler._scope, compiler._inherited
    compiler._scope = f"{outer_scope}{op.name}/"
    compiler._inherited = segments.merge_requirements([outer_requirement, *requirement])
    try:
        order = ordered(ops, fed, accesses)
        for inner in order:
            compiler._take(inner)
    finally:
        compiler._scope, compiler._inherited = outer_scope, outer_requirement
    compiler._after[op] = segments.merge_requirements([*requirement, *(compiler._after.get(o, {}) for o in order)])
    for index, inner_tensor in zip(wanted, results, strict=True):
        value = compiler._env.get(inner_tensor) if is_call(op) else compiler.result(inner_tensor)
        _bind(compiler, inner_tensor, op._outputs[index], value)
    return order


def _check(op: Operation, what: str, own: Sequence[Tensor], graph: FuncGraph, inner: Sequence[Tensor]) -> None:
    """Raises InvalidArgumentError unless a call and its function have as many tensors, of the same types."""
    called, defined = ([t.dtype.base_dtype.name for t in tensors] for tensors in (own, inner))
    if called != defined:
        raise InvalidArgumentError(
            None,
            op,
            f"The call {op.name} has the {what} ({', '.join(called)}), and the function {graph.name} has "
            f"({', '.join(defined)}).",
        )


def _bind_arguments(compiler: Compiler, graph: FuncGraph, arguments: Sequence[Tensor]) -> None:
    for outer, inner in zip(arguments, graph.inputs, strict=True):
        compiler._values.constant(outer)
        _bind(compiler, outer, inner, compiler._argument(outer))


def _bind(compiler: Compiler, source: Tensor, target: Tensor, value: Value | None) -> None:
    """Lets `target` be what `source` is; handles of variables are not values and are followed through the graph."""
    if target in compiler._recipe.feeds:
        return
    if value is not None:
        compiler._env[target] = value
    known, declared = compiler._values.shape(source), target._shape
    compiler._values.set_shape(target, known.merge_with(declared) if known.is_compatible_with(declared) else declared)
    constant = value.const if value is not None and value.const is not None else compiler._values.constant(source)
    if constant is not None:
        compiler._values._store(target, constant)
