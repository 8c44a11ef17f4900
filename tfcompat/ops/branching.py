"""Branches traced into graphs of their own, and the `If` or `Case` operation that runs one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, get_default_graph
from tfcompat.graph.func_graph import FuncGraph, registered, unique_function_name
from tfcompat.graph.handles import copy_handle_data
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.op_def import op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import shape_of
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.identity import identity


class Branch:
    """A branch traced into a graph.

    Attributes:
        label: what it is called in messages.
        graph: its operations.
        structure: what the function returned, its leaves tensors of `graph`.
    """

    def __init__(self, label: str, graph: FuncGraph, structure: Any):
        self.label = label
        self.graph = graph
        self.structure = structure


def traced(label: str, name: str, function: Callable[[], Any], selector: Tensor) -> Branch:
    """`function` as a branch of the default graph.

    Args:
        label: what messages call it.
        name: start of the name of its graph.
        function: called without arguments.
        selector: decides which branch runs; an operation that the function returns becomes a tensor of its type.

    Raises:
        ValueError: the function returns None.
    """
    graph = FuncGraph(unique_function_name(get_default_graph(), name), in_line=True)
    structure = graph.build(lambda: _as_tensors(label, function(), selector), ())
    return Branch(label, graph, structure)


def _as_tensors(label: str, structure: Any, selector: Tensor) -> Any:
    """What a branch returned, with every leaf a tensor of the branch's graph."""
    graph = get_default_graph()
    assert isinstance(graph, FuncGraph)

    def leaf(value: Any) -> Any:
        if value is None:
            raise ValueError(f"'{label}' must have a return value.")
        if isinstance(value, Operation):
            with control_dependencies([value]):
                return identity(selector)
        if isinstance(value, CompositeTensor):
            return value.with_component_tensors([leaf(t) for t in value.component_tensors()])
        tensor = convert_to_tensor(value)
        if tensor.graph is not graph or tensor.dtype._is_ref_dtype or tensor in graph.inputs:
            tensor = identity(tensor)
        return tensor

    return nest.map_structure(leaf, structure) if nest.is_nested(structure) else leaf(structure)


def choose(op_type: str, selector: Tensor, branches: Sequence[Branch], scope: str) -> Any:
    """Records an If or Case.

    Args:
        op_type: "If" or "Case".
        selector: scalar; of type bool, true for the first of two branches, or int32, the branch's position.
        branches: return the same structures of the same types.
        scope: name of the operation.

    Returns:
        The structure of the branches with the operation's outputs.

    Raises:
        ValueError: structures or types differ, but for the types of the indices of slices, which become int64.
    """
    branches = _with_same_indices(branches)
    first = branches[0]
    for other in branches[1:]:
        _check_same(first, other)
    for branch in branches:
        branch.graph.outputs = nest.flatten(branch.structure, expand_composites=True)
    op = record_branches(op_type, selector, [b.graph for b in branches], scope)
    outputs = [identity(t) for t in op.outputs]
    return nest.pack_sequence_as(first.structure, outputs, expand_composites=True)


def record_branches(op_type: str, selector: Tensor, graphs: Sequence[FuncGraph], scope: str | None) -> Operation:
    """Records an If or Case of branches whose outputs agree in number and type.

    Their captured tensors become the operation's inputs, in the order of their first use.
    """
    outer = get_default_graph()
    captured = list(dict.fromkeys(t for g in graphs for t in g.external_captures))
    for graph in graphs:
        graph.align_captures(captured)
    inputs = [outer.capture(t, op_type, "") if t.graph is not outer else t for t in captured]
    count = len(graphs[0].outputs)
    types = [t.dtype.base_dtype for t in graphs[0].outputs]
    shapes = [common_shape([g.outputs[i].shape for g in graphs]) for i in range(count)]
    references = [registered(outer, g) for g in graphs]
    attrs: dict[str, Any] = {
        "Tin": [t.dtype.base_dtype for t in inputs],
        "Tout": types,
        "output_shapes": shapes,
        "_lower_using_switch_merge": True,
    }
    if op_type == "If":
        attrs.update(Tcond=selector.dtype.base_dtype, then_branch=references[0], else_branch=references[1])
    else:
        attrs["branches"] = references
    stateful = any(g.is_stateful for g in graphs)
    kind = op_def(op_type if stateful else f"Stateless{op_type}")
    with outer.control_dependencies([op for g in graphs for op in g.awaited()]):
        op = outer.add_op(kind, [selector, *inputs], attrs, types, scope or op_type)
    op._function_graphs = list(graphs)  # type: ignore[attr-defined]
    for position, tensor in enumerate(op.outputs):
        copy_handle_data(graphs[0].outputs[position], tensor)
    return op


def _with_same_indices(branches: Sequence[Branch]) -> Sequence[Branch]:
    """The branches, with int64 indices of slices where their types differ."""
    leaves = [nest.flatten(branch.structure) for branch in branches]
    for place, column in enumerate(zip(*leaves, strict=False)):
        if all(isinstance(v, IndexedSlices) for v in column) and len({v.indices.dtype for v in column}) > 1:
            for branch, own in zip(branches, leaves, strict=True):
                with branch.graph.as_default():
                    own[place] = _with_long_indices(own[place])
    return [
        Branch(branch.label, branch.graph, nest.pack_sequence_as(branch.structure, own))
        for branch, own in zip(branches, leaves, strict=True)
    ]


def _with_long_indices(slices: IndexedSlices) -> IndexedSlices:
    sizes = slices.dense_shape
    if sizes is not None:
        sizes = raw_ops.Cast(x=sizes, DstT=dtypes.int64)
    return IndexedSlices(slices.values, raw_ops.Cast(x=slices.indices, DstT=dtypes.int64), sizes)


def _check_same(first: Branch, other: Branch) -> None:
    nest.assert_same_structure(first.structure, other.structure, expand_composites=True)
    ones, others = (nest.flatten(b.structure, expand_composites=True) for b in (first, other))
    types, wanted = ([t.dtype.base_dtype.name for t in tensors] for tensors in (others, ones))
    if types != wanted:
        raise ValueError(
            f"Outputs of '{first.label}' and '{other.label}' must have the same type(s). Received "
            f"{_listed(wanted)} from '{first.label}' and {_listed(types)} from '{other.label}'."
        )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def common_shape(shapes: Sequence[TensorShape]) -> TensorShape:
    """What is true of all of `shapes`."""
    common = shapes[0]
    for shape in shapes[1:]:
        common = common.most_specific_compatible_shape(shape)
    return common


@shape_of("If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile")
def _declared_shapes(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    declared = c.op.attrs.get("output_shapes") or []
    return declared if len(declared) == len(c.op.outputs) else [TensorShape(None)] * len(c.op.outputs)
