"""Gradients of `If`, `Case` and function calls: the same choice among the gradients of the branches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.gradients.backward_graph import BackwardGraph, takes_none
from tfcompat.gradients.reach import is_trainable
from tfcompat.gradients.walk import propagate
from tfcompat.gradients.zeros import zero_gradient
from tfcompat.graph import surgery
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.func_graph import FuncGraph, registered
from tfcompat.graph.function_def import function_graphs
from tfcompat.graph.graph import Graph
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.branching import common_shape, record_branches
from tfcompat.ops.identity import identity


class BranchGradient(BackwardGraph):
    """The gradient of one branch.

    Args:
        op: the If, Case or call.
        index: which of its bodies this is.
        outer: the graph that holds the gradient.
    """

    def __init__(self, op: Operation, index: int, outer: Graph):
        forward = function_graphs(op)[index]
        super().__init__(f"{forward.name}_grad", op, forward, outer)
        self._index = index

    def _is_given(self, tensor: Tensor) -> bool:
        return self.forward.source_of(tensor.op) is not None

    def _from_op(self, tensor: Tensor) -> Tensor:
        source = self.forward.source_of(tensor.op) if tensor.op.type == "Placeholder" else None
        if source is not None:
            return self.capture(source)
        return self.capture(_exposed(self.op, self._index, tensor))


def _exposed(op: Operation, index: int, tensor: Tensor) -> Tensor:
    """The output of `op` that gives `tensor` of its body `index` when that one runs."""
    known: dict[Tensor, Tensor] = op.__dict__.setdefault("_exposed", {})
    found = known.get(tensor)
    if found is not None:
        return found
    graphs = function_graphs(op)
    dtype = tensor.dtype.base_dtype
    for position, graph in enumerate(graphs):
        graph.outputs.append(tensor if position == index else _never_used(graph, tensor))
    shape = common_shape([g.outputs[-1].shape for g in graphs])
    found = known[tensor] = surgery.add_output(op, dtype, shape)
    surgery.bodies_changed(op)
    return found


def _never_used(graph: FuncGraph, tensor: Tensor) -> Tensor:
    """What a branch gives in the place of `tensor` of another branch."""
    with graph.as_default(), graph.name_scope(None), graph.control_dependencies(None):
        made: Tensor = raw_ops.FakeParam(dtype=tensor.dtype.base_dtype, shape=tensor.shape)
    return made


@gradient_of("If", "StatelessIf", "Case", "StatelessCase")
@takes_none
def _branches_gradient(op: Operation, *grads: Any) -> list[Any]:
    """The gradients of the inputs of the branch that runs."""
    graphs = _gradients_of_bodies(op, op.inputs[1:], grads)
    results = _chosen(op, graphs, op.inputs[1:])
    return [None, *results, *[None] * (len(op.inputs) - 1 - len(results))]


@gradient_of("PartitionedCall", "StatefulPartitionedCall")
@takes_none
def _call_gradient(op: Operation, *grads: Any) -> list[Any]:
    """A call of the gradient of the function."""
    graph, found = _gradients_of_bodies(op, op.inputs, grads)[0]
    results: list[Any] = []
    for gradient in found:
        results.append(gradient if gradient is None else _components(graph, gradient))
    graph.outputs = [t for r in results if r is not None for t in r[1]]
    if not graph.outputs:
        return [None] * len(op.inputs)
    outer = get_default_graph()
    inputs = [outer.capture(t, op.type, "") if t.graph is not outer else t for t in graph.external_captures]
    types = [t.dtype.base_dtype for t in graph.outputs]
    attrs = {
        **{k: v.default for k, v in op.definition.attrs.items() if v.has_default},
        "Tin": [t.dtype.base_dtype for t in inputs],
        "Tout": types,
        "f": registered(outer, graph),
    }
    call = outer.add_op(op_def(op.type), inputs, attrs, types, op.type)
    call._function_graphs = [graph]  # type: ignore[attr-defined]
    for tensor, inner in zip(call.outputs, graph.outputs, strict=True):
        tensor._shape = inner.shape
    outputs = iter([identity(t) for t in call.outputs])
    return [None if r is None else _assembled(r[0], x, outputs) for r, x in zip(results, op.inputs, strict=False)]


def _gradients_of_bodies(
    op: Operation, inputs: Sequence[Tensor], grads: Sequence[Any]
) -> list[tuple[BranchGradient, list[Any]]]:
    """For each body of `op` the graph of its gradient, and the gradients of its inputs, None where there is none."""
    outer = get_default_graph()
    given = [None if g is None else convert_to_tensor(g) for g in grads]
    made = []
    for index in range(len(function_graphs(op))):
        graph = BranchGradient(op, index, outer)
        with graph.as_default():
            made.append((graph, _of_inputs(graph, given)))
    return made


def _of_inputs(graph: BranchGradient, grads: Sequence[Tensor | None]) -> list[Any]:
    """The gradients of the inputs of the body, in the default graph."""
    forward = graph.forward
    pairs = [(y, g) for y, g in zip(forward.outputs, grads, strict=False) if g is not None and is_trainable(y)]
    xs = [x for x in forward.inputs if is_trainable(x)]
    if not pairs or not xs:
        return [None] * len(forward.inputs)
    ys, received = zip(*pairs, strict=True)
    found = dict(zip(xs, propagate(list(ys), xs, list(received), [], False, False, None), strict=True))
    return [found.get(x) for x in forward.inputs]


def _chosen(op: Operation, bodies: list[tuple[BranchGradient, list[Any]]], inputs: Sequence[Tensor]) -> list[Any]:
    """Records the choice among the gradients of the branches."""
    kinds: list[str | None] = []
    for position in range(len(bodies[0][1])):
        present = [found[position] for _, found in bodies if found[position] is not None]
        sparse = bool(present) and all(isinstance(g, IndexedSlices) for g in present)
        kinds.append(None if not present else "sparse" if sparse else "dense")
    for graph, found in bodies:
        with graph.as_default():
            parts: list[Tensor] = []
            for position, kind in enumerate(kinds):
                if kind is not None:
                    gradient = found[position]
                    if gradient is None:
                        gradient = _no_gradient(graph.forward.inputs[position], kind, _slices_like(bodies, position))
                    parts += _components(graph, gradient if kind == "sparse" else convert_to_tensor(gradient))[1]
            graph.outputs = parts
    if not bodies[0][0].outputs:
        return [None] * len(inputs)
    kind_of_op = "If" if op.type.endswith("If") else "Case"
    choice = record_branches(kind_of_op, op.inputs[0], [g for g, _ in bodies], kind_of_op)
    outputs = iter([identity(t) for t in choice.outputs])
    return [None if kind is None else _assembled(kind, x, outputs) for kind, x in zip(kinds, inputs, strict=False)]


def _slices_like(bodies: list[tuple[BranchGradient, list[Any]]], position: int) -> Any:
    return next((f[position] for _, f in bodies if f[position] is not None), None)


def _no_gradient(x: Tensor, kind: str, like: Any) -> Any:
    """A gradient of zero for `x`, an input of a body."""
    if kind == "dense":
        return zero_gradient(x)
    rest = like.values.shape.as_list()[1:] if like.values.shape.rank is not None else []
    if None in rest or like.values.shape.rank is None:
        rows = raw_ops.Shape(input=x)[1:]
        values = raw_ops.Fill(
            dims=raw_ops.ConcatV2(values=[[0], rows], axis=0), value=raw_ops.Cast(x=0, DstT=like.dtype)
        )
    else:
        values = raw_ops.Fill(dims=[0, *rest], value=raw_ops.Cast(x=0, DstT=like.dtype))
    indices = raw_ops.Cast(x=raw_ops.Fill(dims=[0], value=0), DstT=like.indices.dtype)
    return IndexedSlices(values, indices)


def _components(graph: FuncGraph, gradient: Any) -> tuple[str, list[Tensor]]:
    """(kind, tensors) of a gradient, as outputs of `graph`."""
    if isinstance(gradient, IndexedSlices):
        return "sparse", [_inside(graph, gradient.values), _inside(graph, gradient.indices)]
    return "dense", [_inside(graph, gradient)]


def _inside(graph: FuncGraph, tensor: Tensor) -> Tensor:
    if tensor.graph is graph and tensor not in graph.inputs:
        return tensor
    with graph.as_default():
        return identity(tensor)


def _assembled(kind: str, x: Tensor, outputs: Any) -> Any:
    """A gradient of `x` from the tensors that the recorded operation gives."""
    if kind == "dense":
        return next(outputs)
    values, indices = next(outputs), next(outputs)
    return IndexedSlices(values, indices, shape_behind(x))


def shape_behind(x: Tensor) -> Tensor:
    """The shape of `x`, or of the variable whose handle it is, as a tensor of the default graph."""
    from tfcompat.graph import dtypes
    from tfcompat.ops.handle_shape import shape_of_variable

    if x.dtype.base_dtype is dtypes.resource:
        return shape_of_variable(x)
    return raw_ops.Shape(input=x)  # type: ignore[no-any-return]
