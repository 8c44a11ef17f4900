"""Operations on TensorArrays and stacks as operations on tensor lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.handles import element_shape, set_element_shape
from tfcompat.graph.operation import Operation
from tfcompat.graph.raising import bodies
from tfcompat.graph.raising.arrays import SUMS, Array, array_kind, stack_kind
from tfcompat.graph.raising.regions import VARIANT, Region, element_shape_value
from tfcompat.graph.raising.sameness import counts_to, is_count_of_rows, same_value
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape

if TYPE_CHECKING:
    from tfcompat.graph.raising.raiser import Raiser


def take(raiser: Raiser, region: Region, op: Operation) -> None:
    """Puts what stands for `op` into `region`."""
    kind = array_kind(op.type)
    if kind is not None:
        rule = _RULES.get(kind)
        if rule is None or not op.type.endswith(("V3", "Shape")):
            raise UnimplementedError(None, op, f"{op.name}: operations of type {op.type} are not supported.")
        rule(raiser, region, op)
    elif stack_kind(op.type) is not None:
        _take_stack(raiser, region, op)
    elif op.type in SUMS:
        _sum(raiser, region, op)
    else:
        given = op._inputs[0]
        made = region.add(op.type, [raiser.tensor(region, given)], {**op.attrs, "T": VARIANT}, op.name, op)
        region.tensors[op._outputs[0]] = made._outputs[0]


# ---------------------------------------------------------------- arrays


def _dtype_of(array: Array) -> DType:
    dtype: DType = array.op.attrs["dtype"]
    return dtype


def _shape_of(array: Array) -> TensorShape:
    shape: TensorShape = array.op.attrs.get("element_shape", UNKNOWN)
    return shape


def _shape_input(region: Region, shape: TensorShape, name: str) -> Tensor:
    return region.constant(np.array(element_shape_value(shape), np.int32), dtypes.int32, f"{name}/element_shape")


def _reserve(region: Region, array: Array, size: Tensor, name: str, like: Operation | None) -> Tensor:
    shape = _shape_input(region, _shape_of(array), name)
    attrs = {"element_dtype": _dtype_of(array), "shape_type": dtypes.int32}
    return region.add("TensorListReserve", [shape, size], attrs, name, like)._outputs[0]


def blank(raiser: Raiser, region: Region, array: Array) -> Tensor:
    """A list of the length of `array`, of which no element was set."""
    op = array.op
    inside = raiser.frames.of(op)
    around: Region | None = region
    while around is not None and around.frame is not inside:
        around = around.parent
    if around is None or op.attrs["dynamic_size"]:
        size = region.constant(0, dtypes.int32, f"{op.name}/size")
    else:
        size = region.captured(raiser.tensor(around, op._inputs[0]))
    return _reserve(region, array, size, f"{op.name}/blank", None)


def _list_in(raiser: Raiser, region: Region, op: Operation) -> tuple[Array, Tensor]:
    """The array that `op` works on, and the list that its flow is."""
    array = raiser.arrays.array_of(op._inputs[0])
    flow = op._inputs[-1]
    known = raiser.arrays.list_of(flow)
    if known is None or array.is_gradient and not known.is_gradient:
        return array, blank(raiser, region, array)
    return array, raiser.tensor(region, flow)


def _make(raiser: Raiser, region: Region, op: Operation) -> None:
    array = Array(op)
    region.tensors[op._outputs[1]] = _reserve(region, array, raiser.tensor(region, op._inputs[0]), op.name, op)


def _gradient(raiser: Raiser, region: Region, op: Operation) -> None:
    array = raiser.arrays.array_of(op._outputs[0])
    known = raiser.arrays.list_of(op._inputs[1])
    same = known is not None and known.is_gradient
    region.tensors[op._outputs[1]] = raiser.tensor(region, op._inputs[1]) if same else blank(raiser, region, array)


def _write(raiser: Raiser, region: Region, op: Operation) -> None:
    array, given = _list_in(raiser, region, op)
    index, value = (raiser.tensor(region, t) for t in op._inputs[1:3])
    attrs = {
        "element_dtype": _dtype_of(array),
        "resize_if_index_out_of_bounds": bool(array.op.attrs["dynamic_size"]),
    }
    made = region.add("TensorListSetItem", [given, index, value], attrs, op.name, op)._outputs[0]
    _note_elements(array, made, value.shape)
    region.tensors[op._outputs[0]] = made


def _note_elements(array: Array, made: Tensor, shape: TensorShape) -> None:
    """Notes the shape of elements, where all elements of the array have one."""
    if array.op.attrs.get("identical_element_shapes") and element_shape(made).rank is None:
        set_element_shape(made, shape)


def _read(raiser: Raiser, region: Region, op: Operation) -> None:
    array, given = _list_in(raiser, region, op)
    index = raiser.tensor(region, op._inputs[1])
    shape = _shape_input(region, _shape_of(array), op.name)
    attrs = {"element_dtype": _dtype_of(array)}
    made = region.add("TensorListGetItem", [given, index, shape], attrs, op.name, op)._outputs[0]
    region.tensors[op._outputs[0]] = _refined(made, op._outputs[0])


def _gather(raiser: Raiser, region: Region, op: Operation) -> None:
    array, given = _list_in(raiser, region, op)
    shape = _shape_input(region, op.attrs.get("element_shape", UNKNOWN), op.name)
    attrs: dict[str, Any] = {"element_dtype": _dtype_of(array)}
    size = array.op._inputs[0]
    limit = counts_to(op._inputs[1])
    if limit is not None and (_is_size(limit, raiser, array) or same_value(limit, size)) and not _grows(array, limit):
        made = region.add("TensorListStack", [given, shape], {**attrs, "num_elements": -1}, op.name, op)
    else:
        indices = raiser.tensor(region, op._inputs[1])
        made = region.add("TensorListGather", [given, indices, shape], attrs, op.name, op)
    region.tensors[op._outputs[0]] = _refined(made._outputs[0], op._outputs[0])


def _is_size(limit: Tensor, raiser: Raiser, array: Array) -> bool:
    return array_kind(limit.op.type) == "Size" and raiser.arrays.array_of(limit.op._inputs[0]) == array


def _grows(array: Array, limit: Tensor) -> bool:
    """Whether the array may be longer than the size it was made with says."""
    return bool(array.op.attrs["dynamic_size"]) and array_kind(limit.op.type) != "Size"


def _scatter(raiser: Raiser, region: Region, op: Operation) -> None:
    array, given = _list_in(raiser, region, op)
    indices, value = op._inputs[1:3]
    tensor = raiser.tensor(region, value)
    attrs: dict[str, Any] = {"element_dtype": _dtype_of(array)}
    rows = value.shape[1:] if value.shape.rank else UNKNOWN
    limit = counts_to(indices)
    fresh = array.is_gradient or array_kind(op._inputs[3].op.type) == ""
    size = array.op._inputs[0]
    if fresh and limit is not None and (same_value(limit, size) or is_count_of_rows(size, value)):
        shape = _shape_input(region, rows, op.name)
        made = region.add("TensorListFromTensor", [tensor, shape], {**attrs, "shape_type": dtypes.int32}, op.name, op)
    else:
        where = raiser.tensor(region, indices)
        made = region.add("TensorListScatterIntoExistingList", [given, tensor, where], attrs, op.name, op)
        _note_elements(array, made._outputs[0], rows)
    region.tensors[op._outputs[0]] = made._outputs[0]


def _concat(raiser: Raiser, region: Region, op: Operation) -> None:
    array, given = _list_in(raiser, region, op)
    rest: TensorShape = op.attrs.get("element_shape_except0", UNKNOWN)
    shape = UNKNOWN if rest.tuple is None else TensorShape.of((None, *rest.tuple))
    leading = region.constant(np.zeros(0, np.int64), dtypes.int64, f"{op.name}/leading_dims")
    attrs = {"element_dtype": _dtype_of(array), "shape_type": dtypes.int32}
    inputs = [given, _shape_input(region, shape, op.name), leading]
    made = region.add("TensorListConcatV2", inputs, attrs, op.name, op)
    for old, new in zip(op._outputs, made._outputs, strict=True):
        region.tensors[old] = _refined(new, old)


def _split(raiser: Raiser, region: Region, op: Operation) -> None:
    array = raiser.arrays.array_of(op._inputs[0])
    value, lengths = (raiser.tensor(region, t) for t in op._inputs[1:3])
    attrs = {"element_dtype": _dtype_of(array), "shape_type": dtypes.int32}
    inputs = [value, _shape_input(region, _shape_of(array), op.name), lengths]
    region.tensors[op._outputs[0]] = region.add("TensorListSplit", inputs, attrs, op.name, op)._outputs[0]


def _size(raiser: Raiser, region: Region, op: Operation) -> None:
    _, given = _list_in(raiser, region, op)
    region.tensors[op._outputs[0]] = region.add("TensorListLength", [given], {}, op.name, op)._outputs[0]


def _close(raiser: Raiser, region: Region, op: Operation) -> None:
    region.operations[op] = region.add("NoOp", [], {}, op.name, op)


_RULES: dict[str, Callable[[Raiser, Region, Operation], None]] = {
    "": _make, "Grad": _gradient, "GradWithShape": _gradient, "Write": _write, "Read": _read, "Gather": _gather,
    "Scatter": _scatter, "Concat": _concat, "Split": _split, "Size": _size, "Close": _close}  # fmt: skip


def _sum(raiser: Raiser, region: Region, op: Operation) -> None:
    """The sum of gradient flows; numbers among them are no gradient at all."""
    lists = [raiser.tensor(region, t) for t in op._inputs if raiser.arrays.list_of(t) is not None]
    made = lists[0]
    if len(lists) > 1:
        made = region.add("AddN", lists, {"T": VARIANT, "N": len(lists)}, op.name, op)._outputs[0]
    region.tensors[op._outputs[0]] = made


def _refined(made: Tensor, old: Tensor) -> Tensor:
    """`made` with what is known of the shape of the tensor it stands for."""
    if made._shape.is_compatible_with(old._shape):
        made._shape = made._shape.merge_with(old._shape)
    return made


# ---------------------------------------------------------------- stacks


def _element_of(raiser: Raiser, stack: Tensor) -> DType:
    """The element type of a stack's list: variant for lists."""
    push = raiser.arrays.push_of(stack, stack.op)
    value = push._inputs[1]
    if raiser.arrays.list_of(value) is not None or raiser.arrays.is_stack_handle(value):
        return VARIANT
    return value.dtype.base_dtype


def empty_stack(raiser: Raiser, region: Region, stack: Tensor) -> Tensor:
    """The list that a stack is before anything is pushed."""
    name = stack.op.name
    shape = region.constant(np.array(-1, np.int32), dtypes.int32, f"{name}/element_shape")
    limit = region.constant(np.array(-1, np.int32), dtypes.int32, f"{name}/max_num_elements")
    attrs = {"element_dtype": _element_of(raiser, stack), "shape_type": dtypes.int32}
    return region.add("EmptyTensorList", [shape, limit], attrs, name, stack.op)._outputs[0]


def stack_used(raiser: Raiser, region: Region, stack: Tensor, user: Operation) -> Tensor:
    """The list that `stack` is after `user`, an operation of the region's frame."""
    if stack_kind(user.type) == "Pop":
        raiser.tensor(region, user._outputs[0])
        return region.popped[stack]
    value = user._inputs[1]
    if raiser.arrays.is_stack_handle(value):
        item = bodies.stack_full(raiser, region, raiser.arrays.stack_of(value))
    else:
        item = raiser.tensor(region, value)
    attrs = {"element_dtype": _element_of(raiser, stack)}
    given = bodies.stack_entry(raiser, region, stack)
    made = region.add("TensorListPushBack", [given, item], attrs, user.name, user)._outputs[0]
    if item.dtype is not VARIANT:
        set_element_shape(made, item.shape)
    return made


def _take_stack(raiser: Raiser, region: Region, op: Operation) -> None:
    kind = stack_kind(op.type)
    if kind == "Push":
        if not raiser.is_value(op._inputs[1]):
            return
        region.tensors[op._outputs[0]] = raiser.tensor(region, op._inputs[1])
    elif kind == "Pop":
        stack = raiser.arrays.stack_of(op._inputs[0])
        if raiser.frames.of(stack.op) is region.frame:
            given = bodies.stack_full(raiser, region, stack)
        else:
            given = bodies.stack_entry(raiser, region, stack)
        shape = region.constant(np.array(-1, np.int32), dtypes.int32, f"{op.name}/element_shape")
        attrs = {"element_dtype": _element_of(raiser, stack)}
        made = region.add("TensorListPopBack", [given, shape], attrs, op.name, op)
        region.popped[stack] = made._outputs[0]
        region.tensors[op._outputs[0]] = made._outputs[1]
        if made._outputs[1].dtype is not VARIANT:
            _refined(made._outputs[1], op._outputs[0])
