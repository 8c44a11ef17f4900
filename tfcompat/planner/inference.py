"""Shapes and constants of a plan: the graph's inference again, with the shapes that are fed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.function_def import BODIES
from tfcompat.graph.inference import _UNSET, Values, output_shapes
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape


class PlanValues(Values):
    """What is known of tensors in one plan.

    Args:
        feeds: fed tensor -> the shape of what is fed, as far as the plan is to rely on it.
    """

    def __init__(self, feeds: dict[Tensor, TensorShape]):
        self._shapes: dict[Tensor, TensorShape] = {}
        self._constants: dict[Tensor, np.ndarray | None] = {}
        for tensor, shape in feeds.items():
            self._shapes[tensor] = tensor._shape.merge_with(shape) if tensor._shape.is_compatible_with(shape) else shape
            self._constants[tensor] = None

    def shape(self, tensor: Tensor) -> TensorShape:
        return self._shapes.get(tensor, tensor._shape)

    def set_shape(self, tensor: Tensor, shape: TensorShape) -> None:
        """Records what is known of a tensor's shape."""
        self._shapes[tensor] = shape

    def infer(self, op: Operation) -> None:
        """Infers the shapes of the outputs of `op`, whose inputs were inferred before.

        Static shapes that were set by hand (`set_shape`) are kept. A ValueError of the shape function leaves the
        static shapes: the operation itself reports it when it runs.
        """
        if all(t not in self._shapes for t in op._inputs):
            return
        try:
            inferred = self._through_bodies(op) or output_shapes(op, [self.shape(t) for t in op._inputs], self)
        except ValueError:
            return
        if len(inferred) != len(op._outputs):
            return
        for tensor, shape in zip(op._outputs, inferred, strict=True):
            if tensor not in self._constants and shape.rank is not None:
                known = tensor._shape
                self._shapes[tensor] = known.merge_with(shape) if known.is_compatible_with(shape) else known

    def _through_bodies(self, op: Operation) -> list[TensorShape] | None:
        from tfcompat.planner.body_shapes import shapes_through_bodies

        return shapes_through_bodies(op, self) if op.type in BODIES else None

    def _captured_value(self, op: Operation) -> np.ndarray | None:
        """None: what a captured tensor is in a plan, the plan says when it takes the body."""
        return None

    def _default_value(self, op: Operation) -> Any:
        """_UNSET: a placeholder that is not fed has the value of its default."""
        return _UNSET

    def _cached(self, tensor: Tensor) -> Any:
        found = self._constants.get(tensor, _UNSET)
        if found is _UNSET and tensor.op.type == "Const":
            return tensor.op.attrs["value"]
        return found

    def _store(self, tensor: Tensor, value: np.ndarray | None) -> None:
        self._constants[tensor] = value
