"""Graphs of gradients of bodies, in which tensors of the body itself can be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.func_graph import FuncGraph, unique_function_name
from tfcompat.graph.graph import Graph
from tfcompat.graph.inference import Values
from tfcompat.graph.op_def import OpDef, op_def
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops

F = TypeVar("F", bound=Callable[..., Any])

_SHAPE_OPS = frozenset({"Shape", "Size", "Rank", "TensorListLength", "TensorListElementShape"})
_MOST_COPIED_ELEMENTS = 1 << 10

CHEAP = frozenset({
    "Add", "AddV2", "Sub", "Mul", "Neg", "Abs", "Sign", "Minimum", "Maximum", "FloorDiv", "FloorMod", "Mod",
    "Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual", "LogicalAnd", "LogicalOr", "LogicalNot",
    "Cast", "Square",
    "Identity", "Reshape", "ExpandDims", "Squeeze", "Pack", "ConcatV2", "StridedSlice", "Slice", "GatherV2", "Shape",
    "Size", "Rank", "Fill", "Range", "Tile", "BroadcastTo", "Select", "SelectV2", "OneHot", "ZerosLike", "OnesLike",
    "TensorListGetItem", "TensorListLength", "Transpose", "Prod", "Const", "BroadcastGradientArgs", "InvertPermutation",
})  # fmt: skip
"""Op types that cost less to compute again than to keep the results of."""


def takes_none(function: F) -> F:
    """Marks a gradient that is to be called with None for the outputs that have no gradient."""
    function.takes_none = True  # type: ignore[attr-defined]
    return function


class _OwnValues(Values):
    """Values that follow from constants of one body alone: captured tensors may be fed with something else."""

    def __init__(self) -> None:
        self._known: dict[Tensor, np.ndarray | None] = {}

    def _captured_value(self, op: Operation) -> np.ndarray | None:
        return None

    def _cached(self, tensor: Tensor) -> Any:
        from tfcompat.graph.inference import _UNSET

        return self._known.get(tensor, _UNSET)

    def _store(self, tensor: Tensor, value: np.ndarray | None) -> None:
        self._known[tensor] = value


class BackwardGraph(FuncGraph):
    """The graph of the gradient of `forward`, a body of the operation `op`.

    A tensor of `forward` that is used here is a constant again, an input of `op`, computed again from these where that
    is cheap, or comes from what `op` is made to give besides: subclasses say how.
    """

    def __init__(self, name: str, op: Operation, forward: FuncGraph, outer: Graph):
        super().__init__(unique_function_name(outer, name), outer)
        self.op = op
        self.forward = forward
        self._own_values = _OwnValues()

    def capture(self, tensor: Tensor, op_type: str = "", name: str = "") -> Tensor:
        if tensor.graph is not self.forward:
            return super().capture(tensor, op_type, name)
        found = self._aliases.get(tensor)
        if found is None:
            with self.as_default(), self.control_dependencies(None):
                found = self._aliases[tensor] = self._of_forward(tensor)
        return found

    def _of_forward(self, tensor: Tensor) -> Tensor:
        if tensor.op.type != "Placeholder":
            known = self._own_values.constant(tensor)
            if known is not None and known.size <= _MOST_COPIED_ELEMENTS:
                return constant(known, tensor.dtype.base_dtype, known.shape, name="Const")
            again = self._again(tensor)
            if again is not None:
                return again
        return self._from_op(tensor)

    def _from_op(self, tensor: Tensor) -> Tensor:
        """The tensor that stands for `tensor` of the body, from what the operation takes or gives."""
        raise NotImplementedError

    def _is_given(self, tensor: Tensor) -> bool:
        """Whether an input of the body is available here without the operation giving anything more."""
        raise NotImplementedError

    # ---------------------------------------------------------------- computed again

    def _again(self, tensor: Tensor) -> Tensor | None:
        """`tensor` computed here once more, or None when that is impossible or not cheap."""
        if not self._can_repeat(tensor, {}):
            return None
        op = tensor.op
        inputs = [self.capture(t) for t in op._inputs]
        copy = super().add_op(
            op.definition,
            inputs,
            _without_overrides(op.attrs),
            [t.dtype for t in op._outputs],
            op.name.rpartition("/")[2],
        )
        for old, new in zip(op._outputs, copy._outputs, strict=True):
            new._shape = new._shape.merge_with(old._shape)
            self._aliases[old] = new
        return copy._outputs[tensor.value_index]

    def _can_repeat(self, tensor: Tensor, seen: dict[Operation, bool]) -> bool:
        op = tensor.op
        found = seen.get(op)
        if found is None:
            if op.type == "Placeholder":
                return self._is_given(tensor)
            found = seen[op] = (
                op.type in CHEAP
                and not op._control_inputs
                and all(t in self._aliases or self._can_repeat(t, seen) for t in op._inputs)
            )
        return found

    # ---------------------------------------------------------------- operations

    def add_op(
        self,
        definition: OpDef,
        inputs: list[Tensor],
        attrs: dict[str, Any],
        output_types: list[dtypes.DType],
        name: str | None = None,
        control_inputs: Sequence[Operation] = (),
        compute_device: bool = True,
    ) -> Operation:
        """As in other graphs; shapes of tensors of the body are computed in the body, so that only they are kept."""
        if inputs and all(t.graph is self.forward for t in inputs):
            if definition.name in _SHAPE_OPS:
                return self.forward.add_op(definition, inputs, attrs, output_types, definition.name)
            if definition.name == "ZerosLike" and attrs["T"] is not dtypes.variant:
                return self._zeros_like(inputs[0], name)
        return super().add_op(definition, inputs, attrs, output_types, name, control_inputs, compute_device)

    def _zeros_like(self, tensor: Tensor, name: str | None) -> Operation:
        dtype = tensor.dtype.base_dtype
        zero = constant(np.zeros((), dtype.as_numpy_dtype), dtype)
        sizes = (
            constant(tensor.shape.as_list(), dtypes.int32)
            if tensor.shape.is_fully_defined()
            else raw_ops.Shape(input=tensor)
        )
        attrs = {"T": dtype, "index_type": dtypes.int32}
        return super().add_op(op_def("Fill"), [sizes, zero], attrs, [dtype], name)


def _without_overrides(attrs: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in attrs.items() if k not in ("_class", "_gradient_op_type")}
