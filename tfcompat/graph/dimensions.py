"""Which dimensions of unknown size are the same: where the size of an axis comes from.

`origin(tensor, axis)` follows an axis back through operations that keep its size. Two axes with one origin have one
size in every run, so code that would ask in the run whether one of them was broadcast need not.
"""

from __future__ import annotations

from collections.abc import Callable

from tfcompat.graph import registry
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.shape_functions import broadcast, merged, unchanged
from tfcompat.graph.tensor import Tensor

Axis = tuple[Tensor, int]
Rule = Callable[[Tensor, int], list[Axis]]


def origin(tensor: Tensor, axis: int) -> Axis:
    """The tensor and axis that `axis` of `tensor`, counted from the front, has its size from; itself if no other."""
    known = _memo(tensor)
    stack = [(tensor, axis)]
    while stack:
        current = stack[-1]
        if current in known:
            stack.pop()
            continue
        sources = _sources(*current)
        missing = [s for s in sources if s not in known]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        found = {known[s] for s in sources}
        known[current] = found.pop() if len(found) == 1 else current
    return known[tensor, axis]


def _memo(tensor: Tensor) -> dict[Axis, Axis]:
    """The origins found so far in the tensor's graph, as long as no operation gets other inputs."""
    graph = tensor.graph
    made_for, known = graph.__dict__.get("_dimension_origins", (None, None))
    if known is None or made_for != graph._rewirings:
        known = {}
        graph.__dict__["_dimension_origins"] = (graph._rewirings, known)
    return known


def _sources(tensor: Tensor, axis: int) -> list[Axis]:
    """The axes of inputs that have the size of `axis` of `tensor` if they agree; none when it is an origin."""
    if tensor.shape.rank is None:
        return []
    op = tensor.op
    rule = _RULES.get(op.type)
    if rule is not None:
        return rule(tensor, axis)
    function = registry.shape_of.get(op.type)
    if function in (unchanged, merged):
        return _of_first_input(tensor, axis)
    return _broadcast_inputs(tensor, axis) if function is broadcast else []


def _of_first_input(tensor: Tensor, axis: int) -> list[Axis]:
    return [(tensor.op._inputs[0], axis)]


def _broadcast_inputs(tensor: Tensor, axis: int) -> list[Axis]:
    rank = len(tensor.shape)
    found = []
    for part in tensor.op._inputs:
        dims = part.shape.tuple
        if dims is None:
            return []
        own = axis - rank + len(dims)
        if own >= 0 and dims[own] != 1:
            found.append((part, own))
    return found


def _matmul(tensor: Tensor, axis: int) -> list[Axis]:
    a, b = tensor.op._inputs
    if axis == 0:
        return [(a, int(tensor.op.attrs["transpose_a"]))]
    return [(b, 1 - int(tensor.op.attrs["transpose_b"]))]


def _batch_axis(tensor: Tensor, axis: int) -> list[Axis]:
    return _of_first_input(tensor, 0) if axis == 0 else []


def _reduction(tensor: Tensor, axis: int) -> list[Axis]:
    x, axes = tensor.op._inputs
    known = GRAPH_VALUES.constant(axes)
    if known is None or x.shape.rank is None:
        return []
    reduced = {int(a) % x.shape.rank for a in known.reshape(-1)} if x.shape.rank else set()
    kept = [i for i in range(x.shape.rank) if tensor.op.attrs["keep_dims"] or i not in reduced]
    return [] if kept[axis] in reduced else [(x, kept[axis])]


def _transpose(tensor: Tensor, axis: int) -> list[Axis]:
    order = GRAPH_VALUES.constant(tensor.op._inputs[1])
    return [] if order is None else [(tensor.op._inputs[0], int(order[axis]))]


def _expand_dims(tensor: Tensor, axis: int) -> list[Axis]:
    position = GRAPH_VALUES.constant(tensor.op._inputs[1])
    if position is None:
        return []
    made = int(position.reshape(())) % len(tensor.shape)
    return [] if axis == made else [(tensor.op._inputs[0], axis - (axis > made))]


def _select(tensor: Tensor, axis: int) -> list[Axis]:
    return [(tensor.op._inputs[1], axis)]


def _joined(tensor: Tensor, axis: int) -> list[Axis]:
    """All axes but the one along which the inputs are joined."""
    position = GRAPH_VALUES.constant(tensor.op._inputs[-1])
    if position is None or int(position) % len(tensor.shape) == axis:
        return []
    return [(tensor.op._inputs[0], axis)]


def _from_shape_input(index: int) -> Rule:
    """The size is an element of a vector of sizes, which may be the shape of another tensor."""

    def rule(tensor: Tensor, axis: int) -> list[Axis]:
        sizes = tensor.op._inputs[index].op
        return [(sizes._inputs[0], axis)] if sizes.type == "Shape" else []

    return rule


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("Identity", "StopGradient", "PreventGradient", "CheckNumerics", "BiasAdd", "Softmax", "LogSoftmax",
                     "Relu", "Elu", "EnsureShape"), _of_first_input),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2dNative", "MaxPool", "AvgPool", "MaxPool3D",
                     "AvgPool3D", "LRN", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _batch_axis),
    **dict.fromkeys(("Sum", "Mean", "Max", "Min", "Prod", "All", "Any"), _reduction),
    **dict.fromkeys(("Select", "SelectV2"), _select),
    **dict.fromkeys(("Fill", "RandomUniform", "RandomStandardNormal", "TruncatedNormal"), _from_shape_input(0)),
    **dict.fromkeys(("BroadcastTo", "Reshape"), _from_shape_input(1)),
    "MatMul": _matmul,
    "Transpose": _transpose,
    "ExpandDims": _expand_dims,
    "ConcatV2": _joined,
}  # fmt: skip
