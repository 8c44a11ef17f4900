"""`If` and `Case` as ONNX `If`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.builder import Builder, Dims, Node, UnusedValue, Value
from converters.list_value import ListValue, dense, element_dims_of
from converters.registry import NeedsFullShapes
from tfcompat.graph import dtypes
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.operation import Operation
from tfcompat.planner.variables import variable_dtype, variable_shape
from tfcompat.runtime.bodies import Body, Translated, subgraph, whole
from tfcompat.runtime.compiler import Compiler


def translate_branches(outer: Compiler, op: Operation, inputs: Sequence[Value | None]) -> Translated:
    """The ONNX form of an If or Case; NotConvertible when there is none."""
    selector = inputs[0]
    assert selector is not None
    graphs = function_graphs(op)
    builder = outer._lowering.builder(f"{outer._scope}{op.name}/If")
    branching = _Branching(outer, op, inputs, builder)
    if op.type in ("If", "StatelessIf"):
        return branching.record(builder.cast(selector, dtypes.bool), graphs)
    return branching.chain(selector, graphs)


class _Branching:
    """One choice being translated."""

    def __init__(self, outer: Compiler, op: Operation, inputs: Sequence[Value | None], builder: Builder):
        self._outer, self._op, self._inputs, self._builder = outer, op, inputs, builder
        self._wanted = [i for i, t in enumerate(op._outputs) if t in outer._wanted]

    def record(self, predicate: Value, graphs: Sequence[FuncGraph]) -> Translated:
        """An ONNX If of two branches."""
        bodies = [self._body(f"branch{i}/") for i in range(2)]
        results = [self._results(body, graph) for body, graph in zip(bodies, graphs, strict=True)]
        return self._joined(predicate, bodies, results)

    def chain(self, selector: Value, graphs: Sequence[FuncGraph]) -> Translated:
        """Ifs one in the other: the last branch is for every selector that is no other's."""
        return self._chained(self._outer, self._builder, selector, graphs, 0)

    def _chained(
        self, outer: Compiler, builder: Builder, selector: Value, graphs: Sequence[FuncGraph], position: int
    ) -> Translated:
        predicate = builder.Equal(selector, position)
        first, rest = self._body(f"branch{position}/", outer), self._body(f"after{position}/", outer)
        rest.share_knowledge(outer)
        ours = self._results(first, graphs[0])
        if len(graphs) == 2:
            theirs = self._results(rest, graphs[1])
        else:
            inner = self._chained(rest, rest.builder(), selector, graphs[1:], position + 1)
            rest.nodes = inner.nodes
            rest.take_writes(self._op, inner.writes)
            theirs = [inner.outputs[i] for i in self._wanted]
        return self._joined(predicate, [first, rest], [ours, theirs], outer, builder)

    def _body(self, name: str, outer: Compiler | None = None) -> Body:
        return Body(outer or self._outer, f"{self._outer._scope}{self._op.name}/{name}")

    def _results(self, body: Body, graph: FuncGraph) -> list[Value | None]:
        return body.translate(graph, self._inputs[1:], [graph.outputs[i] for i in self._wanted])

    def _joined(
        self,
        predicate: Value,
        bodies: Sequence[Body],
        results: Sequence[Sequence[Value | None]],
        outer: Compiler | None = None,
        builder: Builder | None = None,
    ) -> Translated:
        outer, builder = outer or self._outer, builder or self._builder
        outputs: list[Value | None] = [None] * len(self._op._outputs)
        columns: list[tuple[Value, Value]] = []
        made: list[Value] = []
        for index, ours, theirs in zip(self._wanted, *results, strict=True):
            if ours is None or theirs is None:
                continue
            direct = _one_used(bodies, ours, theirs)
            if direct is not None:
                outputs[index] = direct
                continue
            ours, theirs = _both_used(outer, bodies, ours, theirs)
            shape = None
            if isinstance(ours, ListValue) and isinstance(theirs, ListValue):
                columns.append(_dense_pair(bodies, ours, theirs))
            else:
                shape = outer._values.shape(self._op._outputs[index]).tuple
                columns.append((ours, theirs))
            value = Value(builder._fresh("result"), columns[-1][0].dtype, _common(columns[-1], shape))
            made.append(value)
            outputs[index] = ours.with_(tensor=value) if isinstance(ours, ListValue) else value
        variables = list(dict.fromkeys([*bodies[0].written, *bodies[1].written]))
        for variable in variables:
            columns.append((bodies[0].version(variable, self._op), bodies[1].version(variable, self._op)))
            made.append(Value(builder._fresh("result"), variable_dtype(variable), variable_shape(variable).tuple))
        if made:
            parts = {
                key: subgraph(outer, body, [], [pair[i] for pair in columns])
                for i, (key, body) in enumerate(zip(("then_branch", "else_branch"), bodies, strict=True))
            }
            builder.nodes.append(Node("If", "", [predicate], list(made), {}, builder._fresh("If"), parts))
        count = len(made) - len(variables)
        return Translated(builder.nodes, whole(self._op, outputs), dict(zip(variables, made[count:], strict=True)))


def _one_used(bodies: Sequence[Body], ours: Value, theirs: Value) -> Value | None:
    """The result, where only one branch gives something and that was there before."""
    for used, other, body in ((ours, theirs, bodies[0]), (theirs, ours, bodies[1])):
        if isinstance(other, UnusedValue):
            made = {id(v) for node in body.nodes for v in node.outputs}
            if not any(id(c) in made for c in used.components):
                return used
    return None


def _both_used(outer: Compiler, bodies: Sequence[Body], ours: Value, theirs: Value) -> tuple[Value, Value]:
    """The results with zeros in the place of one that is not used: in a loop all iterations give the same shape."""
    pair = [ours, theirs]
    for index in range(2):
        used = pair[1 - index]
        if not isinstance(pair[index], UnusedValue) or isinstance(used, UnusedValue):
            continue
        b = bodies[index].builder()
        if isinstance(used, ListValue):
            used = pair[1 - index] = dense(bodies[1 - index].builder(), used)
            pair[index] = used.with_(tensor=_zeros_like(outer, b, used.tensor or used))
        else:
            pair[index] = _zeros_like(outer, b, used)
    return pair[0], pair[1]


def _zeros_like(outer: Compiler, b: Builder, used: Value) -> Value:
    """Zeros of the shape of `used`, as far as that is known: nobody looks at them."""
    if used.shape is None or None in used.shape:
        if isinstance(outer, Body) and not outer._full_shapes:
            raise NeedsFullShapes("the shape of a value that only one branch gives is known only with the fed shapes")
        return b.const(np.zeros([d or 0 for d in used.shape or ()], used.dtype.as_numpy_dtype), used.dtype)
    made: Value = b.Expand(b.const(np.zeros((), used.dtype.as_numpy_dtype), used.dtype), b.const(list(used.shape)))
    made.shape = used.shape
    return made


def _dense_pair(bodies: Sequence[Body], ours: ListValue, theirs: ListValue) -> tuple[Value, Value]:
    """The lists that two branches give, as tensors."""
    first = dense(bodies[0].builder(), ours, element_dims_of(theirs) if ours.is_blank else None)
    second = dense(bodies[1].builder(), theirs, element_dims_of(ours) if theirs.is_blank else None)
    assert first.tensor is not None
    assert second.tensor is not None
    return first.tensor, second.tensor


def _common(pair: tuple[Value, Value], otherwise: Dims | None) -> Dims | None:
    """What is known of the shape of a result."""
    one, other = pair[0].shape, pair[1].shape
    if one is not None and other is not None and len(one) == len(other):
        return tuple(p if p == q else None for p, q in zip(one, other, strict=True))
    return otherwise
