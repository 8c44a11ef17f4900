"""Shapes of version 1 control flow and of its TensorArrays, which come with graphs from elsewhere."""

from __future__ import annotations

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.shape_functions import no_outputs, scalar, unchanged, unknown
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape

shape_of("Switch", "RefSwitch", "Exit", "RefExit", "NextIteration", "RefNextIteration")(unchanged)
shape_of("LoopCond")(scalar)
shape_of("TensorArrayWriteV3", "TensorArrayScatterV3", "TensorArraySplitV3", "TensorArraySizeV3")(scalar)
shape_of("TensorArrayCloseV3", "StackCloseV2")(no_outputs)
shape_of("StackPushV2")(lambda c, handle, value: [value])
shape_of("StackPopV2")(unknown)


@shape_of("Enter", "RefEnter")
def _enter(c: InferenceContext, data: TensorShape) -> list[TensorShape]:
    """What does not change keeps its shape; other values may have another one in the next iteration."""
    return [data if c.attr("is_constant") else UNKNOWN]


@shape_of("Merge", "RefMerge")
def _merge(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """What all inputs agree on, and the position of the one that is there."""
    shape = shapes[0]
    for other in shapes[1:]:
        shape = shape.most_specific_compatible_shape(other)
    return [shape, SCALAR]


@shape_of("TensorArrayV3", "TensorArrayGradV3", "TensorArrayGradWithShape")
def _array(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((2,)), SCALAR]


@shape_of("TensorArrayReadV3")
def _read(c: InferenceContext, handle: TensorShape, index: TensorShape, flow: TensorShape) -> list[TensorShape]:
    return [UNKNOWN]


@shape_of("TensorArrayGatherV3")
def _gather(c: InferenceContext, handle: TensorShape, indices: TensorShape, flow: TensorShape) -> list[TensorShape]:
    element: TensorShape = c.attr("element_shape")
    if element.tuple is None:
        return [UNKNOWN]
    count = indices.tuple[0] if indices.tuple else None
    return [TensorShape.of((count, *element.tuple))]


@shape_of("TensorArrayConcatV3")
def _concat(c: InferenceContext, handle: TensorShape, flow: TensorShape) -> list[TensorShape]:
    rest: TensorShape = c.attr("element_shape_except0")
    return [UNKNOWN if rest.tuple is None else TensorShape.of((None, *rest.tuple)), TensorShape.of((None,))]


@shape_of("StackV2")
def _stack(c: InferenceContext, size: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((2,))]
