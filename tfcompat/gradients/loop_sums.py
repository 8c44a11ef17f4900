"""Sums over the iterations of a backward loop: the gradients of what the forward loop does not change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfcompat.gradients.zeros import zero_gradient
from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.handles import element_shape, element_type
from tfcompat.graph.loop_facts import affine
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.tensor_list import shape_input

if TYPE_CHECKING:
    from tfcompat.gradients.loops import LoopGradient


class LoopSums:
    """The sums of one backward loop.

    Args:
        graph: the body of the backward loop.
        op: the forward loop.
        given: gradients that arrive at outputs of `op` which hand an input on, by position; None for those without.
    """

    def __init__(self, graph: LoopGradient, op: Operation, given: Mapping[int, Tensor | None]):
        self._graph, self._op, self._given = graph, op, given
        self._dense: dict[int, int] = {}
        self._sparse: dict[int, tuple[int, int]] = {}

    def add(self, position: int, gradient: Any) -> None:
        """Takes the gradient that one iteration gives to the input at `position`; called in the body, once each."""
        x = self._op.inputs[position]
        if x.dtype.base_dtype is dtypes.variant:
            self._add_list(position, gradient)
        elif isinstance(gradient, IndexedSlices) and self._given[position] is None:
            self._add_slices(position, gradient)
        else:
            self._add_dense(position, convert_to_tensor(gradient))

    def result(self, position: int, outputs: Sequence[Tensor], shape_of: Callable[[Tensor], Tensor]) -> Any:
        """The gradient of the input at `position`, from the outputs of the backward loop."""
        if position in self._dense:
            return outputs[self._dense[position]]
        if position not in self._sparse:
            return self._given[position]
        values, indices = (self._joined(outputs[i], self._graph.arguments[i]) for i in self._sparse[position])
        return IndexedSlices(values, indices, shape_of(self._op.inputs[position]))

    def _outside(self) -> Any:
        """The graph around the loop, without what else is active in the body."""
        return self._graph.outer_graph.as_default()

    # ---------------------------------------------------------------- kinds

    def _add_dense(self, position: int, gradient: Tensor) -> None:
        initial = self._given[position]
        if initial is None:
            with self._outside():
                initial = zero_gradient(self._op.inputs[position])
        index = self._graph.add_argument(initial, initial.shape, "sum")
        self._dense[position] = index
        self._graph.nexts[index] = raw_ops.AddV2(x=self._graph.arguments[index], y=gradient)

    def _add_slices(self, position: int, gradient: IndexedSlices) -> None:
        kept = []
        for part in (gradient.values, gradient.indices):
            with self._outside():
                empty = raw_ops.EmptyTensorList(
                    element_shape=shape_input(part.shape), max_num_elements=-1, element_dtype=part.dtype.base_dtype
                )
            index = self._graph.add_argument(empty, SCALAR, "slices")
            self._graph.nexts[index] = raw_ops.TensorListPushBack(
                input_handle=self._graph.arguments[index], tensor=part
            )
            kept.append(index)
        self._sparse[position] = (kept[0], kept[1])

    def _joined(self, pushed: Tensor, argument: Tensor) -> Tensor:
        """All slices that were pushed, one iteration after the other."""
        item = self._graph.nexts[self._graph.arguments.index(argument)]
        assert item is not None
        part = item.op._inputs[1]
        shape = UNKNOWN if part.shape.rank is None else TensorShape([None, *part.shape.as_list()[1:]])
        joined, _ = raw_ops.TensorListConcatV2(
            input_handle=pushed,
            element_shape=shape_input(shape),
            leading_dims=np.zeros(0, np.int64),
            element_dtype=part.dtype.base_dtype,
        )
        return joined  # type: ignore[no-any-return]

    def _add_list(self, position: int, gradient: Tensor) -> None:
        initial = self._given[position]
        parts = _summands(gradient)
        if initial is None:
            with self._outside():
                initial = self._zero_list(position, parts[0])
        index = self._graph.add_argument(initial, SCALAR, "sum")
        self._dense[position] = index
        total = self._graph.arguments[index]
        alone = len(parts) == 1 and self._given[position] is None
        for part in parts:
            total = self._added(total, part, alone)
        self._graph.nexts[index] = total

    def _zero_list(self, position: int, like: Tensor) -> Tensor:
        handle = self._op.inputs[position]
        dtype = element_type_of(like)
        return raw_ops.TensorListReserve(
            element_shape=shape_input(element_shape(handle)),
            element_dtype=dtype,  # type: ignore[no-any-return]
            num_elements=raw_ops.TensorListLength(input_handle=handle),
        )

    def _added(self, total: Tensor, part: Tensor, alone: bool) -> Tensor:
        """`total` plus `part`, by changing one element where `part` is a list with one element that is not zero."""
        op = part.op
        if op.type != "TensorListSetItem" or op._inputs[0].op.type != "TensorListReserve":
            return raw_ops.AddN(inputs=[total, part])  # type: ignore[no-any-return]
        _, index, item = op._inputs
        walk = affine(index, self._graph.step_of)
        if not (alone and walk is not None and walk.step):
            before = raw_ops.TensorListGetItem(
                input_handle=total, index=index, element_dtype=item.dtype.base_dtype, element_shape=_element_shape(item)
            )
            item = raw_ops.AddV2(x=before, y=item)
        return raw_ops.TensorListSetItem(input_handle=total, index=index, item=item)  # type: ignore[no-any-return]


def _element_shape(item: Tensor) -> Any:
    return shape_input(item.shape) if item.shape.is_fully_defined() else raw_ops.Shape(input=item)


def _summands(gradient: Tensor) -> list[Tensor]:
    """The lists whose sum `gradient` is."""
    if gradient.op.type == "AddN" and gradient.graph is get_default_graph():
        return [part for t in gradient.op._inputs for part in _summands(t)]
    return [gradient]


def element_type_of(handle: Tensor) -> dtypes.DType:
    """The type of the elements of the list `handle`, from the operations that made it."""
    found = element_type(handle)
    if found is None:
        raise ValueError(f"The type of the elements of the list {handle.name} is not known.")
    return found
