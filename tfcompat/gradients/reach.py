"""Which operations lie between the `xs` and the `ys`, and in which order gradients become complete.

Inside the graph of a function, a placeholder that stands for a tensor of an outer graph counts as that tensor, so a
path may leave the function.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

_TRAINABLE = frozenset({"float16", "float32", "float64", "bfloat16", "complex64", "complex128", "resource", "variant"})


def is_trainable(tensor: Any) -> bool:
    """Whether gradients flow through tensors of this type: floats, complex numbers, resources and variants."""
    return tensor.dtype.base_dtype.name in _TRAINABLE


def source_of(tensor: Tensor) -> Tensor:
    """The tensor that a function's placeholder captures, outwards as far as it goes; other tensors are their own."""
    while tensor.op.type == "Placeholder" and tensor.graph.building_function:
        outer = tensor.graph.source_of(tensor.op)  # type: ignore[attr-defined]
        if outer is None:
            break
        tensor = outer
    return tensor


class Walk:
    """The paths from `xs` to `ys`.

    Attributes:
        pending: operation -> how many inputs of operations between xs and ys it feeds that have no gradient yet.
        starts: the operations of `ys` from which a path leads to `xs`, in order, those that wait for others left out.
        stops: operations whose gradients are not propagated further.
    """

    def __init__(self, ys: Sequence[Tensor], xs: Sequence[Any], stop_gradients: Sequence[Tensor]):
        self._xs = set(xs)
        from_ops = [x.op for x in xs]
        reached = self._reached_from(from_ops, _outer_captures(ys))
        between = self._between(ys, reached)
        self.pending: dict[Operation, int] = collections.defaultdict(int)
        members = set(between)
        for op in between:
            for tensor in self.inputs(op):
                if tensor.op in members:
                    self.pending[tensor.op] += 1
        self.starts = list(dict.fromkeys(y.op for y in ys if y.op in members and not self.pending[y.op]))
        self.stops = {op for op in from_ops if not any(self.pending[t.op] > 0 for t in self.inputs(op))}
        self.stops.update(t.op for t in stop_gradients)

    def inputs(self, op: Operation) -> list[Tensor]:
        """The inputs of `op`, captured tensors in place of the placeholders that stand for them."""
        if not op.graph.building_function:
            return op._inputs
        return [t if t in self._xs else source_of(t) for t in op._inputs]

    def completed_by(self, op: Operation) -> Iterable[Operation]:
        """The operations whose output gradients are complete once `op` has been done."""
        for tensor in self.inputs(op):
            self.pending[tensor.op] -= 1
            if self.pending[tensor.op] == 0:
                yield tensor.op

    def _reached_from(self, from_ops: Sequence[Operation], captures: dict[Tensor, list[Tensor]]) -> set[Operation]:
        reached: set[Operation] = set()
        queue = collections.deque(from_ops)
        while queue:
            op = queue.popleft()
            if op in reached:
                continue
            reached.add(op)
            for tensor in op._outputs:
                if is_trainable(tensor):
                    for same in _with_captures(tensor, captures):
                        queue.extend(same._consumers)
        return reached

    def _between(self, ys: Sequence[Tensor], reached: set[Operation]) -> list[Operation]:
        found: dict[Operation, None] = {}
        queue = collections.deque(y.op for y in ys)
        while queue:
            op = queue.popleft()
            if op in reached and op not in found:
                found[op] = None
                queue.extend(t.op for t in self.inputs(op))
        return list(found)


def _outer_captures(ys: Sequence[Tensor]) -> dict[Tensor, list[Tensor]]:
    """Outer tensor -> the placeholders that stand for it in the graphs of functions that hold `ys`."""
    found: dict[Tensor, list[Tensor]] = {}
    graphs = list(dict.fromkeys(y.graph for y in ys))
    while graphs:
        graph: Any = graphs.pop()
        if not graph.building_function:
            continue
        for outer, inner in graph.captures:
            found.setdefault(outer, []).append(inner)
        graphs.append(graph.outer_graph)
    return found


def _with_captures(tensor: Tensor, captures: dict[Tensor, list[Tensor]]) -> list[Tensor]:
    same = [tensor]
    if captures:
        for member in same:
            same.extend(captures.get(member, ()))
    return same


@dataclass(slots=True)
class Received:
    """The gradients that arrived at the outputs of operations: one list per output."""

    lists: dict[Operation, list[list[Any]]]

    def add(self, tensor: Tensor, gradient: Any) -> None:
        """Adds a contribution to the gradient of `tensor`."""
        outputs = self.lists.get(tensor.op)
        if outputs is None:
            outputs = self.lists[tensor.op] = [[] for _ in tensor.op._outputs]
        outputs[tensor.value_index].append(gradient)

    def of(self, op: Operation) -> list[list[Any]]:
        """The contributions to each output of `op`."""
        return self.lists.get(op) or [[] for _ in op._outputs]
