"""Lists of tensors as variant tensors: what `TensorArray` and the gradients of loops are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.handles import element_shape, set_element_shape
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import scalar
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape
from tfcompat.ops import raw_ops


def shape_input(shape: Any) -> Any:
    """A static shape as the input `element_shape` of list operations: -1 for what is not known."""
    if isinstance(shape, Tensor):
        return shape
    shape = TensorShape(shape)
    return np.array(-1 if shape.rank is None else [-1 if d is None else d for d in shape.as_list()], np.int32)


# ---------------------------------------------------------------- shapes


def _declared(c: InferenceContext, index: int) -> TensorShape:
    """The shape that input `index`, an element shape, stands for."""
    if c.shape(index).rank == 0:
        return UNKNOWN
    return c.shape_value(index)


def _noted(c: InferenceContext, shape: TensorShape) -> list[TensorShape]:
    """The result of operations that give a list of elements of `shape`."""
    set_element_shape(c.op._outputs[0], shape)
    return [SCALAR, *[UNKNOWN] * (len(c.op._outputs) - 1)]


@shape_of("TensorListReserve", "EmptyTensorList")
def _new_list(c: InferenceContext, declared: TensorShape, count: TensorShape) -> list[TensorShape]:
    return _noted(c, _declared(c, 0))


@shape_of("TensorListFromTensor")
def _from_tensor(c: InferenceContext, tensor: TensorShape, declared: TensorShape) -> list[TensorShape]:
    rows = tensor.with_rank_at_least(1)
    wanted = _declared(c, 1)
    return _noted(c, wanted.merge_with(rows[1:]) if rows.rank is not None else wanted)


@shape_of("TensorListSplit")
def _split(c: InferenceContext, tensor: TensorShape, declared: TensorShape, lengths: TensorShape) -> list[TensorShape]:
    return _noted(c, _declared(c, 1))


@shape_of("TensorListScatter", "TensorListScatterV2")
def _scatter(
    c: InferenceContext, tensor: TensorShape, indices: TensorShape, declared: TensorShape, count: TensorShape = SCALAR
) -> list[TensorShape]:
    return _noted(c, _declared(c, 2))


@shape_of(
    "TensorListSetItem",
    "TensorListPushBack",
    "TensorListResize",
    "TensorListConcatLists",
    "TensorListScatterIntoExistingList",
)
def _same_list(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return _noted(c, element_shape(c.op._inputs[0]))


def _element(c: InferenceContext, index: int) -> TensorShape:
    """The shape of the elements of the list that is input 0, with what input `index` says of it."""
    return element_shape(c.op._inputs[0]).merge_with(_declared(c, index))


@shape_of("TensorListPushBackBatch")
def _same_lists(c: InferenceContext, lists: TensorShape, tensor: TensorShape) -> list[TensorShape]:
    return [lists]


@shape_of("TensorListGetItem")
def _get_item(c: InferenceContext, handle: TensorShape, index: TensorShape, declared: TensorShape) -> list[TensorShape]:
    if c.op.attrs["element_dtype"] is dtypes.variant:
        return [SCALAR]
    return [_element(c, 2)]


@shape_of("TensorListPopBack")
def _pop_back(c: InferenceContext, handle: TensorShape, declared: TensorShape) -> list[TensorShape]:
    set_element_shape(c.op._outputs[0], element_shape(c.op._inputs[0]))
    return [SCALAR, _element(c, 1)]


@shape_of("TensorListStack")
def _stack(c: InferenceContext, handle: TensorShape, declared: TensorShape) -> list[TensorShape]:
    element = _element(c, 1)
    if element.rank is None:
        return [UNKNOWN]
    count = c.attr("num_elements")
    return [TensorShape([None if count < 0 else count, *element.as_list()])]


@shape_of("TensorListGather")
def _gather(c: InferenceContext, handle: TensorShape, indices: TensorShape, declared: TensorShape) -> list[TensorShape]:
    element = _element(c, 2)
    if element.rank is None:
        return [UNKNOWN]
    return [TensorShape([indices.as_list()[0] if indices.rank == 1 else None, *element.as_list()])]


@shape_of("TensorListConcat", "TensorListConcatV2")
def _concat(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    declared = c.attr("element_shape") if c.op.type == "TensorListConcat" else _declared(c, 1)
    element = element_shape(c.op._inputs[0]).merge_with(declared)
    made = UNKNOWN if element.rank is None else TensorShape([None, *element.as_list()[1:]])
    return [made, TensorShape([None])]


shape_of("TensorListLength")(scalar)


@shape_of("TensorListElementShape")
def _element_shape(c: InferenceContext, handle: TensorShape) -> list[TensorShape]:
    element = element_shape(c.op._inputs[0])
    return [UNKNOWN if element.rank is None else TensorShape([element.rank])]


@shape_of("FakeParam")
def _fake_param(c: InferenceContext) -> list[TensorShape]:
    return [c.attr("shape")]


# ---------------------------------------------------------------- gradients

not_differentiable("TensorListReserve", "EmptyTensorList", "TensorListLength", "TensorListElementShape", "FakeParam")


def element_type(op: Operation) -> dtypes.DType:
    """The type of the elements of the list that `op` works on."""
    found: dtypes.DType = op.attrs["element_dtype"]
    return found


def _static(tensor: Tensor) -> Any:
    """The shape of `tensor` as an element shape: the static one if that is complete, else the one of the run."""
    return shape_input(tensor.shape) if tensor.shape.is_fully_defined() else raw_ops.Shape(input=tensor)


@gradient_of("TensorListPushBack")
def _push_back_gradient(op: Operation, grad: Tensor) -> list[Any]:
    item = op.inputs[1]
    rest, last = raw_ops.TensorListPopBack(
        input_handle=grad, element_shape=_static(item), element_dtype=element_type(op)
    )
    return [rest, last]


@gradient_of("TensorListPopBack")
def _pop_back_gradient(op: Operation, rest: Any, last: Any) -> list[Any]:
    dtype = element_type(op)
    if rest is None:
        rest = raw_ops.EmptyTensorList(
            element_shape=shape_input(op.outputs[1].shape), max_num_elements=-1, element_dtype=dtype
        )
    if last is None:
        last = raw_ops.ZerosLike(x=op.outputs[1])
    return [raw_ops.TensorListPushBack(input_handle=rest, tensor=last), None]


@gradient_of("TensorListStack")
def _stack_gradient(op: Operation, grad: Tensor) -> list[Any]:
    return [raw_ops.TensorListFromTensor(tensor=grad, element_shape=shape_input(grad.shape[1:])), None]


@gradient_of("TensorListFromTensor")
def _from_tensor_gradient(op: Operation, grad: Tensor) -> list[Any]:
    tensor = op.inputs[0]
    rest = tensor.shape[1:] if tensor.shape.rank is not None else UNKNOWN
    rows = tensor.shape.as_list()[0] if tensor.shape.rank is not None else None
    count = -1 if rows is None else rows
    grows = _grows(op.outputs[0])
    stacked = raw_ops.TensorListStack(
        input_handle=grad,
        element_shape=shape_input(rest),
        element_dtype=tensor.dtype,
        num_elements=-1 if grows else count,
    )
    return [_first_rows(stacked, tensor) if grows else stacked, None]


def _grows(handle: Tensor) -> bool:
    """Whether what is made of the list `handle`, outside of loops and branches, may have more elements."""
    pending, seen = [handle], {handle}
    while pending:
        for op in pending.pop()._consumers:
            if op.type in ("TensorListPushBack", "TensorListResize", "TensorListConcatLists"):
                return True
            if op.type == "TensorListSetItem" and op.attrs.get("resize_if_index_out_of_bounds"):
                return True
            if op.type in ("TensorListSetItem", "TensorListScatterIntoExistingList", "Identity"):
                fresh = set(op._outputs) - seen
                seen |= fresh
                pending += fresh
    return False


def _first_rows(gradient: Tensor, tensor: Tensor) -> Tensor:
    """As many rows of `gradient` as `tensor` has."""
    rows = raw_ops.Slice(input=raw_ops.Shape(input=tensor), begin=[0], size=[1])
    kept: Tensor = raw_ops.GatherV2(
        params=gradient, indices=raw_ops.Range(start=0, limit=raw_ops.Squeeze(input=rows), delta=1), axis=0
    )
    kept.set_shape(tensor.shape)
    return kept


@gradient_of("TensorListGetItem")
def _get_item_gradient(op: Operation, grad: Tensor) -> list[Any]:
    handle, index, _ = op.inputs
    blank = raw_ops.TensorListReserve(
        element_shape=shape_input(op.outputs[0].shape),
        element_dtype=grad.dtype,
        num_elements=raw_ops.TensorListLength(input_handle=handle),
    )
    return [raw_ops.TensorListSetItem(input_handle=blank, index=index, item=grad), None, None]


@gradient_of("TensorListSetItem")
def _set_item_gradient(op: Operation, grad: Tensor) -> list[Any]:
    _, index, item = op.inputs
    of_item = raw_ops.TensorListGetItem(
        input_handle=grad, index=index, element_shape=_static(item), element_dtype=item.dtype
    )
    of_list = raw_ops.TensorListSetItem(input_handle=grad, index=index, item=raw_ops.ZerosLike(x=of_item))
    return [of_list, None, of_item]


@gradient_of("TensorListResize")
def _resize_gradient(op: Operation, grad: Tensor) -> list[Any]:
    return [raw_ops.TensorListResize(input_handle=grad, size=raw_ops.TensorListLength(input_handle=op.inputs[0])), None]


@gradient_of("TensorListGather")
def _gather_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """Where an element was gathered more than once, the gradients add up."""
    handle, indices, _ = op.inputs
    count = raw_ops.TensorListLength(input_handle=handle)
    if grad.dtype.base_dtype is dtypes.variant:
        spread = raw_ops.TensorListScatterV2(tensor=grad, indices=indices, element_shape=-1, num_elements=count)
        return [spread, None, None]
    summed = raw_ops.UnsortedSegmentSum(data=grad, segment_ids=indices, num_segments=count)
    rest = grad.shape[1:] if grad.shape.rank is not None else UNKNOWN
    return [raw_ops.TensorListFromTensor(tensor=summed, element_shape=shape_input(rest)), None, None]


@gradient_of("TensorListScatter", "TensorListScatterV2")
def _scatter_gradient(op: Operation, grad: Tensor) -> list[Any]:
    tensor, indices = op.inputs[:2]
    rest = tensor.shape[1:] if tensor.shape.rank is not None else UNKNOWN
    taken = raw_ops.TensorListGather(
        input_handle=grad, indices=indices, element_shape=shape_input(rest), element_dtype=tensor.dtype
    )
    return [taken, *[None] * (len(op.inputs) - 1)]


@gradient_of("TensorListScatterIntoExistingList")
def _scatter_into_gradient(op: Operation, grad: Tensor) -> list[Any]:
    _, tensor, indices = op.inputs
    rest = tensor.shape[1:] if tensor.shape.rank is not None else UNKNOWN
    taken = raw_ops.TensorListGather(
        input_handle=grad, indices=indices, element_shape=shape_input(rest), element_dtype=tensor.dtype
    )
    left = raw_ops.TensorListScatterIntoExistingList(
        input_handle=grad, tensor=raw_ops.ZerosLike(x=tensor), indices=indices
    )
    return [left, taken, None]


@gradient_of("TensorListConcatLists")
def _concat_lists_gradient(op: Operation, grad: Tensor) -> list[Any]:
    first, second = (raw_ops.TensorListLength(input_handle=t) for t in op.inputs)
    dtype = element_type(op)
    both = raw_ops.AddV2(x=first, y=second)
    parts = []
    for start, end in ((0, first), (first, both)):
        taken = raw_ops.TensorListGather(
            input_handle=grad,
            indices=raw_ops.Range(start=start, limit=end, delta=1),
            element_shape=shape_input(element_shape(op.inputs[0])),
            element_dtype=dtype,
        )
        parts.append(raw_ops.TensorListFromTensor(tensor=taken, element_shape=shape_input(element_shape(op.inputs[0]))))
    return parts


@gradient_of("TensorListConcat", "TensorListConcatV2")
def _concat_gradient(op: Operation, grad: Tensor, lengths_grad: Any) -> list[Any]:
    element = TensorShape([None, *grad.shape[1:]]) if grad.shape.rank is not None else UNKNOWN
    split = raw_ops.TensorListSplit(tensor=grad, element_shape=shape_input(element), lengths=op.outputs[1])
    return [split, *[None] * (len(op.inputs) - 1)]


@gradient_of("TensorListSplit")
def _split_gradient(op: Operation, grad: Tensor) -> list[Any]:
    tensor, _, lengths = op.inputs
    element = TensorShape([None, *tensor.shape[1:]]) if tensor.shape.rank is not None else UNKNOWN
    joined, _ = raw_ops.TensorListConcatV2(
        input_handle=grad, element_shape=shape_input(element), leading_dims=lengths, element_dtype=tensor.dtype
    )
    return [_first_rows(joined, tensor) if _grows(op.outputs[0]) else joined, None, None]
