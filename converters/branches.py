"""Choices and loops that a model makes while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converters.builder import Builder, Dims, Node, Subgraph, Value
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType

Rule = Callable[[Builder], Value]


@dataclass(slots=True)
class RareBranch(Node):
    """An If whose condition hardly ever holds."""


def if_else(
    b: Builder, condition: Value, then: Rule, otherwise: Rule, dtype: DType, shape: Dims | None, rare: bool = False
) -> Value:
    """The result of `then` where the scalar `condition` holds, else that of `otherwise`; only one of them runs.

    Args:
        b: the builder around.
        condition: bool scalar.
        then: builds one branch; it may use any Value of the builder around.
        otherwise: builds the other.
        dtype: type of both results.
        shape: what is known of the shape of both.
        rare: whether `condition` hardly ever holds and `otherwise` does no harm where it does. ONNX Runtime optimises
            little across an If; with this the model may first be tried without (see `hopeful`), and a file that is not
            strict has `otherwise` alone.
    """
    if rare and not b.strict:
        result = otherwise(b)
        result.shape = shape
        return result

    def branch(rule: Rule) -> Subgraph:
        inside = b.inside()
        result = inside.identity(rule(inside), inside._fresh("branch"))
        result.shape = shape
        return Subgraph([], [result], inside.nodes)

    branches = {"then_branch": branch(then), "else_branch": branch(otherwise)}
    chosen: Value = b.node("If", [condition], dtype=dtype, subgraphs=branches)
    chosen.shape = shape
    if rare:
        node = b.nodes[-1]
        b.nodes[-1] = RareBranch(
            node.op_type, node.domain, node.inputs, node.outputs, node.attrs, node.name, node.subgraphs
        )
    return chosen


Body = Callable[..., tuple[Value | None, Sequence[Value]]]


def loop(b: Builder, trips: Value | None, enter: Value | None, state: Sequence[Value], body: Body) -> list[Value]:
    """`state` after a Loop.

    Args:
        b: the builder around.
        trips: the most iterations, int64 scalar; None: no limit.
        enter: whether there is a first one, bool scalar; None: there is.
        state: what goes from one iteration to the next; types and what is known of shapes stay the same.
        body: (builder, iteration, *state) -> (whether there is another one, or None where `trips` alone counts, and the
            state after the iteration). It may use any Value of the builder around.
    """
    inside = b.inside()
    counter = Value(inside._fresh("iteration"), dtypes.int64, ())
    entered = Value(inside._fresh("entered"), dtypes.bool, ())
    carried = [Value(inside._fresh("carried"), v.dtype, v.shape) for v in state]
    again, after = body(inside, counter, *carried)
    results = [inside.identity(v, inside._fresh("after")) for v in after]
    for result, value in zip(results, carried, strict=True):
        result.shape = value.shape
    proceed = inside.identity(entered if again is None else again, inside._fresh("again"))
    proceed.shape = ()
    finals = [Value(b._fresh("looped"), v.dtype, v.shape) for v in state]
    node = Node("Loop", "", [trips, enter, *state], list(finals), {}, b._fresh("Loop"))
    node.subgraphs["body"] = Subgraph([counter, entered, *carried], [proceed, *results], inside.nodes)
    b.nodes.append(node)
    return finals


Step = Callable[..., tuple[Sequence[Value], Sequence[Value]]]


def scan(
    b: Builder, state: Sequence[Value], sequences: Sequence[Value], step: Step, backwards: bool = False
) -> tuple[list[Value], list[Value]]:
    """(`state` after a Scan, what its steps gave, stacked).

    Args:
        b: the builder around.
        state: what goes from one step to the next; types and what is known of shapes stay the same.
        sequences: tensors of which each step takes one element of the first dimension.
        step: (builder, *state, *elements) -> (the state after the step, the values it gives).
        backwards: whether the steps begin with the last elements; their results are stacked in the order of these.
    """
    inside = b.inside()
    carried = [Value(inside._fresh("carried"), v.dtype, v.shape) for v in state]
    elements = [Value(inside._fresh("element"), v.dtype, None if v.shape is None else v.shape[1:]) for v in sequences]
    after, given = step(inside, *carried, *elements)
    results = [inside.identity(v, inside._fresh("after")) for v in (*after, *given)]
    for result, value in zip(results, carried, strict=False):
        result.shape = value.shape
    finals = [Value(b._fresh("scanned"), v.dtype, v.shape) for v in state]
    count = sequences[0].shape[0] if sequences[0].shape else None
    stacked = [
        Value(b._fresh("stacked"), v.dtype, None if v.shape is None else (count, *v.shape))
        for v in results[len(carried) :]
    ]
    attrs = {
        "num_scan_inputs": len(sequences),
        "scan_input_directions": [int(backwards)] * len(sequences),
        "scan_output_directions": [int(backwards)] * len(stacked),
    }
    node = Node("Scan", "", [*state, *sequences], [*finals, *stacked], attrs, b._fresh("Scan"))
    node.subgraphs["body"] = Subgraph([*carried, *elements], results, inside.nodes)
    b.nodes.append(node)
    return finals, stacked


def hopeful(nodes: Sequence[Node]) -> tuple[list[Node], Value | None]:
    """The nodes with only the usual branch of every choice that has a rare one.

    Args:
        nodes: the nodes of a model.

    Returns:
        (nodes, doubt): `doubt` is a bool scalar that they compute; when it holds, a rare branch had to be taken and all
        their results are void. It is None when there is no such choice, and the nodes are as given.
    """
    straight: list[Node] = []
    doubt: Value | None = None
    for node in nodes:
        if not isinstance(node, RareBranch):
            straight.append(node)
            continue
        body, condition = node.subgraphs["else_branch"], node.inputs[0]
        assert condition is not None
        straight += body.nodes
        straight.append(Node("Identity", "", list(body.outputs), node.outputs, {}, f"{node.name}/usual"))
        if doubt is None:
            doubt = condition
        else:
            either = Value(f"{node.name}/doubt", dtypes.bool, ())
            straight.append(Node("Or", "", [doubt, condition], [either], {}, either.name))
            doubt = either
    return straight, doubt


def reduced_dims(shape: Dims | None, axes: list[int], keep: bool) -> Dims | None:
    """The shape of a reduction's result."""
    if shape is None:
        return None
    return tuple(1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes)
