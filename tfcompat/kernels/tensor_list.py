"""Host kernels of operations on tensor lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, variant_kernel
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.kernels.list_data import TensorList


def shape_from(value: np.ndarray) -> TensorShape:
    """The shape that an input `element_shape` stands for."""
    if np.ndim(value) == 0:
        return UNKNOWN
    return TensorShape([None if d < 0 else int(d) for d in value])


def _fail(k: KernelContext, message: str) -> InvalidArgumentError:
    return InvalidArgumentError(None, k.op, message)


def _size(k: KernelContext, count: Any) -> int:
    if int(count) < 0:
        raise _fail(k, f"The num_elements to reserve must be a non negative number, but got {int(count)}")
    return int(count)


# ---------------------------------------------------------------- making lists


@kernel("TensorListReserve")
def _reserve(k: KernelContext, element_shape: np.ndarray, count: np.ndarray) -> Any:
    return TensorList(k.attr("element_dtype"), shape_from(element_shape), [None] * _size(k, count))


@kernel("EmptyTensorList")
def _empty(k: KernelContext, element_shape: np.ndarray, limit: np.ndarray) -> Any:
    return TensorList(k.attr("element_dtype"), shape_from(element_shape), [], int(limit))


@kernel("TensorListFromTensor")
def _from_tensor(k: KernelContext, tensor: np.ndarray, element_shape: np.ndarray) -> Any:
    if tensor.ndim < 1:
        raise _fail(k, f"Tensor must be at least a vector, but saw shape: {list(tensor.shape)}")
    declared = shape_from(element_shape)
    if not declared.is_compatible_with(list(tensor.shape[1:])):
        raise _fail(k, f"Specified a list with shape {declared} from a tensor with shape {list(tensor.shape[1:])}")
    return TensorList(k.attr("element_dtype"), declared, [_item(row) for row in tensor])


def _item(row: Any) -> np.ndarray:
    """A slice of an array as an array, objects too."""
    if isinstance(row, np.ndarray):
        return row
    boxed = np.empty((), object) if isinstance(row, (bytes, str)) else None
    if boxed is None:
        return np.asarray(row)
    boxed[()] = row
    return boxed


@kernel("TensorListSplit")
def _split(k: KernelContext, tensor: np.ndarray, element_shape: np.ndarray, lengths: np.ndarray) -> Any:
    if tensor.ndim < 1:
        raise _fail(k, f"Tensor must be at least a vector, but saw shape: {list(tensor.shape)}")
    if lengths.ndim != 1:
        raise _fail(k, f"Expected lengths to be a vector, received shape: {list(lengths.shape)}")
    ends = np.cumsum(lengths)
    if (lengths < 0).any():
        raise _fail(k, "Invalid value in lengths: negative")
    if (int(ends[-1]) if ends.size else 0) != tensor.shape[0]:
        raise _fail(
            k, f"Unused values in tensor. Length of tensor: {tensor.shape[0]} Values used: {int(lengths.sum())}"
        )
    parts = np.split(tensor, ends[:-1]) if ends.size else []
    return TensorList(k.attr("element_dtype"), shape_from(element_shape), parts)


@kernel("TensorListScatter", "TensorListScatterV2")
def _scatter(
    k: KernelContext, tensor: np.ndarray, indices: np.ndarray, element_shape: np.ndarray, count: Any = -1
) -> Any:
    if indices.ndim != 1 or len(indices) > len(tensor):
        raise _fail(k, f"Expected {len(indices)} rows for {len(indices)} indices, got {len(tensor)}")
    length = int(indices.max()) + 1 if indices.size else 0
    if int(count) >= 0:
        if length > int(count):
            raise _fail(k, f"TensorListScatter: Trying to scatter at index {length - 1} in list with size {int(count)}")
        length = int(count)
    blank = TensorList(k.attr("element_dtype"), shape_from(element_shape), [None] * length)
    return _scattered(k, blank, tensor, indices)


@kernel("TensorListScatterIntoExistingList")
def _scatter_into(k: KernelContext, handle: TensorList, tensor: np.ndarray, indices: np.ndarray) -> Any:
    length = max(len(handle), int(indices.max()) + 1 if indices.size else 0)
    return _scattered(k, handle.with_items([*handle.items, *[None] * (length - len(handle))]), tensor, indices)


def _scattered(k: KernelContext, handle: TensorList, tensor: np.ndarray, indices: np.ndarray) -> TensorList:
    items = list(handle.items)
    for row, index in enumerate(indices.tolist()):
        if index < 0:
            raise _fail(k, f"Indices in TensorListScatter must all be non-negative, got {index}")
        items[index] = _item(tensor[row])
    return handle.with_items(items)


# ---------------------------------------------------------------- elements


@kernel("TensorListSetItem")
def _set_item(k: KernelContext, handle: TensorList, index: np.ndarray, item: Any) -> Any:
    position = int(index)
    items = list(handle.items)
    if k.op.attrs.get("resize_if_index_out_of_bounds") and position >= len(items):
        items += [None] * (position + 1 - len(items))
    if not 0 <= position < len(items):
        raise _fail(k, f"Trying to modify element {position} in a list with {len(items)} elements.")
    _check_element(k, handle, item, "set")
    items[position] = item
    return handle.with_items(items)


def _check_element(k: KernelContext, handle: TensorList, item: Any, verb: str) -> None:
    shape = list(np.shape(item))
    if not isinstance(item, TensorList) and not handle.element_shape.is_compatible_with(shape):
        raise _fail(
            k,
            f"Tried to {verb} a tensor with incompatible shape at a list index. Item element shape: {shape} "
            f"list shape: {handle.element_shape}",
        )


@kernel("TensorListGetItem")
def _get_item(k: KernelContext, handle: TensorList, index: np.ndarray, element_shape: np.ndarray) -> Any:
    position = int(index)
    if not 0 <= position < len(handle):
        raise _fail(k, f"Trying to access element {position} in a list with {len(handle)} elements.")
    return _filled(k, handle, position, element_shape)


def _filled(k: KernelContext, handle: TensorList, position: int, element_shape: np.ndarray) -> Any:
    item = handle.items[position]
    if item is not None:
        return item
    shape = _full_shape(handle, element_shape)
    if shape is None:
        raise _fail(
            k,
            "Trying to read an uninitialized tensor but element_shape is not fully defined: "
            f"{shape_from(element_shape).merge_with(handle.element_shape)} and no uninitialized tensor with a "
            "known shape was found.",
        )
    return np.zeros(shape, handle.element.as_numpy_dtype)


def _full_shape(handle: TensorList, element_shape: np.ndarray) -> tuple[int, ...] | None:
    """The shape of elements that were never set: declared, or that of the others."""
    shape = shape_from(element_shape).merge_with(handle.element_shape)
    if shape.is_fully_defined():
        return tuple(d or 0 for d in shape.as_list())
    return next((np.shape(i) for i in handle.items if i is not None), None)


@kernel("TensorListPushBack")
def _push_back(k: KernelContext, handle: TensorList, item: Any) -> Any:
    _check_element(k, handle, item, "append")
    if 0 <= handle.limit <= len(handle):
        raise _fail(
            k, f"Tried to push item into a full list. list size: {len(handle)} max_num_elements: {handle.limit}"
        )
    return handle.with_items([*handle.items, item])


@kernel("TensorListPopBack")
def _pop_back(k: KernelContext, handle: TensorList, element_shape: np.ndarray) -> Any:
    if not handle.items:
        raise _fail(k, "Trying to pop from an empty list.")
    return handle.with_items(handle.items[:-1]), _filled(k, handle, len(handle) - 1, element_shape)


@kernel("TensorListPushBackBatch")
def _push_back_batch(k: KernelContext, handles: np.ndarray, tensor: np.ndarray) -> Any:
    made = np.empty(handles.shape, object)
    for index, handle in enumerate(handles.reshape(-1)):
        made.reshape(-1)[index] = handle.with_items([*handle.items, _item(tensor[index])])
    return made


# ---------------------------------------------------------------- whole lists


@kernel("TensorListLength")
def _length(k: KernelContext, handle: TensorList) -> Any:
    return np.array(len(handle), np.int32)


@kernel("TensorListElementShape")
def _element_shape(k: KernelContext, handle: TensorList) -> Any:
    shape = handle.element_shape
    dims = -1 if shape.rank is None else [-1 if d is None else d for d in shape.as_list()]
    return np.array(dims, k.attr("shape_type").as_numpy_dtype)


@kernel("TensorListStack")
def _stack(k: KernelContext, handle: TensorList, element_shape: np.ndarray) -> Any:
    wanted = k.op.attrs.get("num_elements", -1)
    if wanted not in (-1, len(handle)):
        raise _fail(k, f"Operation expected a list with {wanted} elements but got a list with {len(handle)} elements.")
    if all(i is None for i in handle.items):
        shape = shape_from(element_shape).merge_with(handle.element_shape)
        if not shape.is_fully_defined():
            what = (
                "Tried to stack elements of an empty list"
                if not handle.items
                else "Tried to stack list which only contains uninitialized tensors"
            )
            raise _fail(k, f"{what} with non-fully-defined element_shape: {shape}")
        return np.zeros((len(handle), *shape.as_list()), handle.element.as_numpy_dtype)
    items = [_filled(k, handle, i, element_shape) for i in range(len(handle))]
    _check_equal(k, items)
    return np.stack(items)


def _check_equal(k: KernelContext, items: list[Any]) -> None:
    shapes = list(dict.fromkeys(i.shape for i in items))
    if len(shapes) > 1:
        raise _fail(
            k, f"Tried to stack list with elements of different shapes: {', '.join(str(list(s)) for s in shapes[:2])}"
        )


@kernel("TensorListGather")
def _gather(k: KernelContext, handle: TensorList, indices: np.ndarray, element_shape: np.ndarray) -> Any:
    for index in indices.tolist():
        if not 0 <= index < len(handle):
            raise _fail(k, f"Trying to gather element {index} in a list with {len(handle)} elements.")
    if not indices.size:
        shape = _full_shape(handle, element_shape)
        if shape is None:
            raise _fail(
                k, f"Tried to gather 0-elements from a list with non-fully-defined shape: {handle.element_shape}"
            )
        return np.zeros((0, *shape), handle.element.as_numpy_dtype)
    items = [_filled(k, handle, i, element_shape) for i in indices.tolist()]
    _check_equal(k, items)
    return np.stack(items)


@kernel("TensorListConcat", "TensorListConcatV2")
def _concat(k: KernelContext, handle: TensorList, element_shape: Any = -1, leading_dims: Any = ()) -> Any:
    declared = k.attr("element_shape") if k.op.type == "TensorListConcat" else shape_from(np.asarray(element_shape))
    declared = (
        declared.merge_with(handle.element_shape) if declared.is_compatible_with(handle.element_shape) else declared
    )
    if not handle.items:
        if declared.rank is None or None in declared.as_list()[1:]:
            raise _fail(
                k,
                "All except the first dimension must be fully defined when concating an empty tensor list. "
                f"element_shape: {declared}",
            )
        rest = declared.as_list()[1:]
        return np.zeros((0, *rest), handle.element.as_numpy_dtype), np.zeros(0, np.int64)
    items = []
    for index, item in enumerate(handle.items):
        if item is None:
            if declared.rank is None or None in declared.as_list()[1:]:
                raise _fail(k, f"Tried to concat a list with an uninitialized element of unknown shape {declared}")
            rows = int(leading_dims[index]) if len(leading_dims) else declared.as_list()[0]
            item = np.zeros((rows or 0, *declared.as_list()[1:]), handle.element.as_numpy_dtype)
        if item.ndim < 1:
            raise _fail(k, f"Concat saw a scalar shape at index {index} but requires at least vectors.")
        items.append(item)
    if len({i.shape[1:] for i in items}) > 1:
        raise _fail(k, "Tried to concat tensors with unequal shapes in the dimensions after the first")
    return np.concatenate(items), np.array([len(i) for i in items], np.int64)


@kernel("TensorListConcatLists")
def _concat_lists(k: KernelContext, first: TensorList, second: TensorList) -> Any:
    if first.element != second.element:
        raise _fail(k, "input_list_a and input_list_b have different element dtypes")
    return first.with_items([*first.items, *second.items])


@kernel("TensorListResize")
def _resize(k: KernelContext, handle: TensorList, size: np.ndarray) -> Any:
    wanted = int(size)
    if wanted < 0:
        raise _fail(k, f"TensorListSlice expects size to be non-negative. Got: {wanted}")
    return handle.with_items([*handle.items[:wanted], *[None] * (wanted - len(handle))])


# ---------------------------------------------------------------- arithmetic


@variant_kernel("AddN")
def _add_n(k: KernelContext, *handles: TensorList) -> Any:
    return _sum(k, handles)


def _sum(k: KernelContext, values: Any) -> Any:
    """The sum of lists element by element, or of arrays; None counts as zero."""
    present = [v for v in values if v is not None]
    if not present:
        return None
    first = present[0]
    if not isinstance(first, TensorList):
        total = first
        for other in present[1:]:
            total = total + other
        return np.asarray(total)
    if len({len(v) for v in present}) > 1:
        raise _fail(
            k,
            "Trying to add two lists of tensors with different lengths. One is "
            f"{len(first)} and the other is {len(present[1])}",
        )
    return first.with_items([_sum(k, group) for group in zip(*(v.items for v in present), strict=True)])


@variant_kernel("ZerosLike")
def _zeros_like(k: KernelContext, handle: TensorList) -> Any:
    return _zeros(handle)


def _zeros(value: Any) -> Any:
    if isinstance(value, TensorList):
        return value.with_items([_zeros(i) for i in value.items])
    return None if value is None else np.zeros_like(value)


@kernel("FakeParam")
def _fake_param(k: KernelContext) -> Any:
    shape = k.attr("shape")
    dims = () if shape.rank is None else tuple(d or 0 for d in shape.as_list())
    return np.zeros(dims, k.attr("dtype").as_numpy_dtype)
