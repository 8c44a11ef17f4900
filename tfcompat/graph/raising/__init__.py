"""Version 1 control flow (Switch, Merge, Enter, Exit, ..., TensorArrayV3, StackV2) as If, While and tensor lists.

`raise_control_flow` makes a graph of its own of what a plan needs; the graph of the program stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising.arrays import array_kind, stack_kind
from tfcompat.graph.raising.frames import ENTERS, EXITS, MERGES, NEXTS, SWITCHES
from tfcompat.graph.tensor import Tensor

__all__ = ["Raised", "is_raised", "needs_raising", "raise_control_flow", "raise_function"]

_FLOW = ENTERS | EXITS | MERGES | NEXTS | SWITCHES | {"LoopCond"}


@dataclass(slots=True)
class Raised:
    """What stands in the raised graph for the parts of a plan.

    Attributes:
        fetches: the fetched tensors.
        targets: the operations to run.
        feeds: the fed tensors, by those of the program.
    """

    fetches: list[Tensor]
    targets: list[Operation]
    feeds: dict[Tensor, Tensor]


def is_raised(op_type: str) -> bool:
    """Whether operations of this type are version 1 control flow."""
    return op_type in _FLOW or array_kind(op_type) is not None or stack_kind(op_type) is not None


def needs_raising(ops: Iterable[Operation]) -> bool:
    """Whether there is version 1 control flow among `ops`."""
    return any(is_raised(op.type) for op in ops)


def raise_control_flow(
    ops: Sequence[Operation], fetches: Sequence[Tensor], targets: Sequence[Operation], feeds: Collection[Tensor]
) -> Raised:
    """A plan's part of a program with functional control flow, in a new graph.

    Args:
        ops: all operations that the plan needs.
        fetches: tensors to compute.
        targets: operations to run for their effects.
        feeds: fed tensors.

    Raises:
        UnimplementedError: something cannot be raised; the message names the operation.
        InvalidArgumentError: inputs of an operation are in different frames.
    """
    from tfcompat.graph.raising.raiser import Raiser

    source = ops[0].graph if ops else fetches[0].graph
    graph: Graph = Graph()
    if isinstance(source, FuncGraph):
        graph = FuncGraph(source.name, source.outer_graph)
    else:
        graph._functions = dict(source._functions)
    graph.seed = source.seed
    raiser = Raiser(ops, feeds, graph)
    root = raiser.root
    given = {t: raiser.tensor(root, t) for t in feeds}
    wanted: Operation | None = None
    made, run = [], []
    try:
        for tensor in fetches:
            wanted = tensor.op
            made.append(raiser.fetched(root, tensor))
        for wanted in targets:
            if (op := raiser.target(root, wanted)) is not None:
                run.append(op)
    except RecursionError as error:
        assert wanted is not None
        text = f"{wanted.name} ({wanted.type}) needs too many conditions and loops inside each other to be raised."
        raise UnimplementedError(None, wanted, text) from error
    return Raised(made, run, given)


def raise_function(graph: FuncGraph) -> FuncGraph:
    """A function's body with functional control flow; `graph` itself where there is no other.

    Raises:
        UnimplementedError: something cannot be raised.
    """
    effects = graph.__dict__.get("_effects", [])
    from tfcompat.graph.upstream import needed_operations

    ops = needed_operations(graph.outputs, effects, set(graph.inputs))
    if not needs_raising(ops):
        return graph
    raised = raise_control_flow(ops, graph.outputs, effects, dict.fromkeys(graph.inputs))
    made = (raised.fetches or list(raised.feeds.values()))[0].graph
    assert isinstance(made, FuncGraph)
    made.inputs = [raised.feeds[t] for t in graph.inputs]
    made.outputs = raised.fetches
    for old, new in raised.feeds.items():
        source = graph.source_of(old.op)
        if source is not None:
            made._sources[new.op] = source
    if effects:
        made._effects = raised.targets  # type: ignore[attr-defined]
    return made
