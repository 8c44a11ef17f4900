"""ONNX forms of operations on tensor lists; see `converters.list_value`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.builder import Builder, Dims, UnusedValue, Value
from converters.guards import non_negative, require
from converters.list_value import (
    ListValue,
    as_list,
    dense,
    dense_for,
    element_dims_of,
    fitted_pair,
    length_of,
    with_rows,
    zeros,
    zeros_of,
)
from converters.registry import NeedsFullShapes, NotConvertible, converts_lists
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation

_MAX_PARTS = 512
_HOST_ELEMENTS = frozenset({"string", "complex64", "complex128", "resource"})


@converts_lists("Identity", "StopGradient", "PreventGradient", "Snapshot", "DebugGradientIdentity")
def _identity(b: Builder, op: Operation, handle: Value) -> Value:
    return handle


@converts_lists("FakeParam")
def _fake_param(b: Builder, op: Operation) -> Value:
    return UnusedValue(b._fresh("unused"), dtypes.variant, ())


@converts_lists("IdentityN")
def _identity_n(b: Builder, op: Operation, *values: Value) -> list[Value]:
    return list(values)


# ---------------------------------------------------------------- making lists


@converts_lists("TensorListReserve")
def _reserve(b: Builder, op: Operation, element_shape: Value, count: Value) -> ListValue:
    if count.const is None:
        return ListValue(op.name, _element(b, op), _declared(element_shape), length=_positive(b, b.int64(count)))
    if int(count.const) < 0:
        raise NotConvertible("the number of elements is negative")
    return ListValue(op.name, _element(b, op), _declared(element_shape), length=int(count.const))


@converts_lists("EmptyTensorList")
def _empty(b: Builder, op: Operation, element_shape: Value, limit: Value) -> ListValue:
    return ListValue(op.name, _element(b, op), _declared(element_shape), parts=[])


@converts_lists("TensorListFromTensor")
def _from_tensor(b: Builder, op: Operation, tensor: Value, element_shape: Value) -> ListValue:
    if tensor.rank == 0:
        raise NotConvertible("a scalar has no elements")
    return ListValue(op.name, _element(b, op), _declared(element_shape), tensor=tensor)


@converts_lists("TensorListSplit")
def _split(b: Builder, op: Operation, tensor: Value, element_shape: Value, lengths: Value) -> ListValue:
    sizes = [int(n) for n in b.constant(lengths, "the lengths of a split")]
    if not sizes or len(sizes) > _MAX_PARTS or tensor.rank == 0:
        raise NotConvertible(f"a split into {len(sizes)} parts")
    rows = tensor.shape[0] if tensor.shape else None
    if rows is None:
        raise NeedsFullShapes("whether the lengths add up is known only when the tensor is fed")
    if sum(sizes) != rows:
        raise NotConvertible("the lengths do not add up")
    parts = [tensor] if len(sizes) == 1 else b.Split(tensor, b.const(sizes), axis=0, outputs=len(sizes))
    for part, size in zip(parts, sizes, strict=True):
        part.shape = None if tensor.shape is None else (size, *tensor.shape[1:])
    return ListValue(op.name, _element(b, op), _declared(element_shape), parts=parts)


@converts_lists("TensorListScatter", "TensorListScatterV2")
def _scatter(
    b: Builder, op: Operation, tensor: Value, indices: Value, element_shape: Value, count: Value | None = None
) -> ListValue:
    element, declared = _element(b, op), _declared(element_shape)
    wanted = -1 if count is None else int(b.constant(count, "the number of elements"))
    known = indices.const
    if known is not None and known.size:
        if known.min() < 0 or wanted >= 0 and known.max() >= wanted or len(set(known.tolist())) < known.size:
            raise NotConvertible("indices repeat or are out of range")
        length = wanted if wanted >= 0 else int(known.max()) + 1
        if length == known.size and np.array_equal(known, np.arange(length)):
            return ListValue(op.name, element, declared, tensor=tensor)
        blank = ListValue(op.name, element, declared, length=length)
    elif wanted >= 0:
        blank = ListValue(op.name, element, declared, length=wanted)
    elif known is not None:
        return ListValue(op.name, element, declared, parts=[])
    else:
        last = b.ReduceMax(b.int64(indices), keepdims=0)
        blank = ListValue(op.name, element, declared, length=b.Add(last, 1))
    return _scattered(b, blank, tensor, indices)


@converts_lists("TensorListScatterIntoExistingList")
def _scatter_into(b: Builder, op: Operation, handle: Value, tensor: Value, indices: Value) -> ListValue:
    x = as_list(handle)
    known = indices.const
    if known is not None and len(set(known.tolist())) < known.size:
        raise NotConvertible("indices repeat")
    grows = known is None or not isinstance(x.length, int) or known.size and known.max() >= x.length
    return _scattered(b, x, tensor, indices, bool(grows))


def _scattered(b: Builder, x: ListValue, tensor: Value, indices: Value, grows: bool = False) -> ListValue:
    """The list with the slices of `tensor` at `indices`; where it `grows`, it becomes as long as they ask."""
    x = dense_for(b, x, tensor, 1)
    assert x.tensor is not None
    size = x.length if isinstance(x.length, int) and not grows else None
    index = b.int64(non_negative(b, indices, size))
    whole = x.tensor
    if grows:
        last = b.ReduceMax(b.Concat(index, b.const([-1]), axis=0), keepdims=0)
        whole = padded(b, whole, b.Add(last, 1))
    made = b.ScatterND(whole, b.Unsqueeze(index, [1]), tensor)
    made.shape = whole.shape
    return x.with_(tensor=made, length=None if grows else x.length)


# ---------------------------------------------------------------- elements


@converts_lists("TensorListSetItem")
def _set_item(b: Builder, op: Operation, handle: Value, index: Value, item: Value) -> ListValue:
    x = as_list(handle)
    if isinstance(item, ListValue):
        raise NotConvertible("a list is made an element of a list outside of a loop")
    grows = bool(op.attrs.get("resize_if_index_out_of_bounds", False))
    if index.const is not None and isinstance(x.length, int) and x.tensor is None and x.length <= _MAX_PARTS:
        return _set_part(x, int(index.const), item, grows)
    x = dense_for(b, x, item)
    assert x.tensor is not None
    check_element(x, item)
    tensor = x.tensor
    if grows:
        tensor = padded(b, tensor, b.Add(b.int64(_scalar(b, index)), 1))
    size = x.length if isinstance(x.length, int) and not grows else None
    position = b.Reshape(b.int64(non_negative(b, index, size)), [1, 1])
    made = b.ScatterND(tensor, position, b.Unsqueeze(item, [0]))
    made.shape = tensor.shape
    return x.with_(tensor=made, length=None if grows else x.length)


def _set_part(x: ListValue, position: int, item: Value, grows: bool) -> ListValue:
    blank: list[Value | None] = [None] * int(x.length or 0)  # type: ignore[arg-type]
    parts = blank if x.parts is None else list(x.parts)
    if grows and len(parts) <= position < _MAX_PARTS:
        parts += [None] * (position + 1 - len(parts))
    if not 0 <= position < len(parts):
        raise NotConvertible(f"the index {position} is outside of the list")
    parts[position] = item
    return x.with_(parts=parts)


def check_element(x: ListValue, item: Value) -> None:
    """NotConvertible when `item` is known not to have the shape of the elements of a dense list."""
    dims = element_dims_of(x)
    if dims is None or item.shape is None:
        return
    if len(dims) != len(item.shape) or any(
        d is not None and e is not None and d != e for d, e in zip(dims, item.shape, strict=True)
    ):
        raise NotConvertible(f"an element of shape {item.shape} is set in a list of elements of shape {dims}")


def padded(b: Builder, tensor: Value, wanted: Value) -> Value:
    """`tensor` with rows of zeros behind, so that it has at least `wanted` (int64 scalar) rows."""
    rows = b.Squeeze(b.Shape(tensor, start=0, end=1), [0])
    missing = b.Max(b.Sub(wanted, rows), 0)
    made = with_rows(b, tensor, b.const([0]), b.Reshape(missing, [1]))
    made.shape = (None, *(tensor.shape or ())[1:])
    return made


@converts_lists("TensorListGetItem")
def _get_item(b: Builder, op: Operation, handle: Value, index: Value, element_shape: Value) -> Value:
    return item_of(b, as_list(handle), index, _declared(element_shape))


def item_of(b: Builder, x: ListValue, index: Value, declared: Dims | None) -> Value:
    """Element `index` of a list; elements that were never set are zeros of the shape `declared`, or of the list's."""
    if x.parts is not None and index.const is not None:
        position = int(index.const)
        if not 0 <= position < len(x.parts):
            raise NotConvertible(f"the index {position} is outside of the list")
        part = x.parts[position]
        return part if part is not None else _blank_item(b, x, declared)
    if x.is_blank:
        scalar = b.int64(_scalar(b, index))
        fits = b.And(b.GreaterOrEqual(scalar, 0), b.Less(scalar, length_of(b, x)))
        blank = _blank_item(b, x, declared)
        return b.Expand(blank, require(b, fits, b.Shape(blank))) if blank.shape else blank
    x = dense(b, x)
    assert x.tensor is not None
    size = x.length if isinstance(x.length, int) else None
    return element_at(b, x, non_negative(b, _scalar(b, index), size))


def element_at(b: Builder, x: ListValue, index: Value) -> Value:
    """Element `index`, a scalar in range, of a dense list."""
    assert x.tensor is not None
    made: Value = b.Gather(x.tensor, index, axis=0)
    made.shape = None if x.tensor.shape is None else x.tensor.shape[1:]
    if x.inner is not None:
        return x.inner.with_(tensor=made, inner=x.inner.inner)
    return made


def _blank_item(b: Builder, x: ListValue, declared: Dims | None) -> Value:
    dims = merged_dims(declared, element_dims_of(x))
    if dims is None or None in dims:
        raise NeedsFullShapes("an element that was never set is read, and its shape is not known")
    return b.const(np.zeros(dims, x.element.as_numpy_dtype), x.element)  # type: ignore[arg-type]


def merged_dims(a: Dims | None, b: Dims | None) -> Dims | None:
    """What two descriptions of one shape say together."""
    if a is None or b is None or len(a) != len(b):
        return b if a is None else a
    return tuple(p if p is not None else q for p, q in zip(a, b, strict=True))


@converts_lists("TensorListPushBack")
def _push_back(b: Builder, op: Operation, handle: Value, item: Value) -> ListValue:
    x = as_list(handle)
    if isinstance(item, ListValue):
        raise NotConvertible("a list is made an element of a list outside of a loop")
    if x.tensor is None and isinstance(x.length, int) and x.length < _MAX_PARTS:
        return x.with_(parts=[*(x.parts or [None] * x.length), item])
    x = dense_for(b, x, item)
    check_element(x, item)
    made = b.Concat(x.tensor, b.Unsqueeze(item, [0]), axis=0)
    made.shape = None if item.shape is None else (None, *item.shape)
    return x.with_(tensor=made)


@converts_lists("TensorListPopBack")
def _pop_back(b: Builder, op: Operation, handle: Value, element_shape: Value) -> list[Value]:
    x = as_list(handle)
    if x.parts is not None:
        if not x.parts:
            raise NotConvertible("the list is empty")
        last = x.parts[-1]
        item = last if last is not None else _blank_item(b, x, _declared(element_shape))
        return [x.with_(parts=x.parts[:-1]), item]
    x = dense(b, x, _declared(element_shape))
    assert x.tensor is not None
    index = b.Sub(length_of(b, x), 1)
    rest = b.Slice(x.tensor, [0], b.Reshape(index, [1]), [0])
    rest.shape = None if x.tensor.shape is None else (None, *x.tensor.shape[1:])
    return [x.with_(tensor=rest), element_at(b, x, index)]


# ---------------------------------------------------------------- whole lists


@converts_lists("TensorListLength")
def _length(b: Builder, op: Operation, handle: Value) -> Value:
    return b.cast(length_of(b, as_list(handle)), dtypes.int32)


@converts_lists("TensorListElementShape")
def _element_shape(b: Builder, op: Operation, handle: Value) -> Value:
    dims = as_list(handle).element_dims
    dtype: DType = op.attrs["shape_type"]
    value = -1 if dims is None else [-1 if d is None else d for d in dims]
    return b.const(np.array(value, dtype.as_numpy_dtype), dtype)


@converts_lists("TensorListStack")
def _stack(b: Builder, op: Operation, handle: Value, element_shape: Value) -> Value:
    x = as_list(handle)
    wanted = op.attrs.get("num_elements", -1)
    if isinstance(x.length, int) and wanted >= 0 and wanted != x.length:
        raise NotConvertible(f"a list of {x.length} elements is stacked as one of {wanted}")
    if x.inner is not None:
        raise NotConvertible("a list of lists is stacked")
    if x.is_blank:
        return zeros(b, x, merged_dims(_declared(element_shape), x.element_dims))
    if x.parts is None:
        assert x.tensor is not None
        return x.tensor
    filled = [p for p in x.parts if p is not None]
    blank = zeros_of(b, filled[0]) if len(filled) < len(x.parts) else None
    made: Value = b.Concat(*[b.Unsqueeze(p if p is not None else blank, [0]) for p in x.parts], axis=0)
    made.shape = None if filled[0].shape is None else (len(x.parts), *filled[0].shape)
    return made


@converts_lists("TensorListGather")
def _gather(b: Builder, op: Operation, handle: Value, indices: Value, element_shape: Value) -> Value:
    x = as_list(handle)
    known = indices.const
    if x.parts is not None and known is not None and known.size:
        items = [item_of(b, x, b.const(np.array(i)), _declared(element_shape)) for i in known.reshape(-1)]
        return b.Concat(*[b.Unsqueeze(i, [0]) for i in items], axis=0)  # type: ignore[no-any-return]
    x = dense(b, x, merged_dims(_declared(element_shape), x.element_dims))
    assert x.tensor is not None
    assert x.inner is None
    size = x.length if isinstance(x.length, int) else None
    return b.Gather(x.tensor, non_negative(b, indices, size), axis=0)  # type: ignore[no-any-return]


@converts_lists("TensorListConcat", "TensorListConcatV2")
def _concat(b: Builder, op: Operation, handle: Value, *given: Value) -> list[Value]:
    x = as_list(handle)
    if x.inner is not None or x.is_blank or x.parts is not None and None in x.parts:
        raise NotConvertible("elements that were never set are concatenated")
    if x.parts is not None:
        filled: Sequence[Value] = x.parts  # type: ignore[assignment]
        if any(p.rank == 0 for p in filled):
            raise NotConvertible("scalars are concatenated")
        sizes = [
            b.Shape(p, start=0, end=1) if not p.shape or p.shape[0] is None else b.const([p.shape[0]]) for p in filled
        ]
        lengths = b.Concat(*sizes, axis=0)
        if all(s.const is not None for s in sizes):
            lengths = b.const(np.concatenate([s.const for s in sizes]))
        return [b.Concat(*filled, axis=0) if len(filled) > 1 else filled[0], lengths]
    tensor = x.tensor
    assert tensor is not None
    if tensor.rank < 2:
        raise NotConvertible("scalars are concatenated")
    shape = b.Shape(tensor)
    rows = b.Mul(b.Slice(shape, [0], [1]), b.Slice(shape, [1], [2]))
    made = b.Reshape(tensor, b.Concat(rows, b.Slice(shape, [2], [tensor.rank]), axis=0), allowzero=1)
    dims = tensor.shape or (None,) * tensor.rank
    made.shape = (None if None in dims[:2] else dims[0] * dims[1], *dims[2:])  # type: ignore[operator]
    if None not in dims[:2]:
        return [made, b.const(np.full(dims[0] or 0, dims[1], np.int64))]
    return [made, b.Expand(b.Slice(shape, [1], [2]), b.Slice(shape, [0], [1]))]


@converts_lists("TensorListConcatLists")
def _concat_lists(b: Builder, op: Operation, first: Value, second: Value) -> ListValue:
    x, y = as_list(first), as_list(second)
    if x.parts is not None and y.parts is not None:
        return x.with_(parts=[*x.parts, *y.parts])
    x, y = fitted_pair(b, dense(b, x, element_dims_of(y)), dense(b, y, element_dims_of(x)))
    return x.with_(tensor=b.Concat(x.tensor, y.tensor, axis=0))


@converts_lists("TensorListResize")
def _resize(b: Builder, op: Operation, handle: Value, size: Value) -> ListValue:
    x = as_list(handle)
    if x.parts is not None and size.const is not None and 0 <= int(size.const) <= _MAX_PARTS:
        wanted = int(size.const)
        return x.with_(parts=[*x.parts[:wanted], *[None] * (wanted - len(x.parts))])
    if x.is_blank:
        return x.with_(length=_positive(b, b.int64(size)) if size.const is None else int(size.const))
    wanted_size = _positive(b, b.int64(size))
    x = dense(b, x)
    assert x.tensor is not None
    return x.with_(tensor=b.Slice(padded(b, x.tensor, wanted_size), [0], b.Reshape(wanted_size, [1]), [0]))


# ---------------------------------------------------------------- arithmetic


@converts_lists("AddN", "AddV2", "Add")
def _add(b: Builder, op: Operation, *handles: Value) -> ListValue:
    """The sum element by element; elements that were never set count as zero."""
    lists = [as_list(h) for h in handles]
    total = lists[0]
    for x in lists[1:]:
        total = added(b, total, x)
    return total


def added(b: Builder, x: ListValue, y: ListValue) -> ListValue:
    """The sum of two lists."""
    if x.is_blank or y.is_blank:
        return y if x.is_blank else x
    if x.parts is not None and y.parts is not None and len(x.parts) == len(y.parts):
        sums = [q if p is None else p if q is None else b.Add(p, q) for p, q in zip(x.parts, y.parts, strict=True)]
        for total, p in zip(sums, x.parts, strict=True):
            if total is not None and total.shape is None and p is not None:
                total.shape = p.shape
        return x.with_(parts=sums)
    x, y = fitted_pair(b, dense(b, x), dense(b, y))
    assert x.tensor is not None
    assert y.tensor is not None
    made = b.Add(x.tensor, y.tensor)
    made.shape = x.tensor.shape if x.tensor.shape is not None else y.tensor.shape
    return x.with_(tensor=made)


@converts_lists("ZerosLike")
def _zeros_like(b: Builder, op: Operation, handle: Value) -> ListValue:
    x = as_list(handle)
    if x.is_blank:
        return x
    if x.parts is not None:
        return x.with_(parts=[None if p is None else zeros_of(b, p) for p in x.parts])
    assert x.tensor is not None
    return x.with_(tensor=zeros_of(b, x.tensor))


# ---------------------------------------------------------------- helpers


def _element(b: Builder, op: Operation) -> DType:
    element: DType = op.attrs["element_dtype"]
    if element.name in _HOST_ELEMENTS and not (element is dtypes.string and b.for_export):
        raise NotConvertible(f"lists of {element.name} live on the host")
    return element


def _declared(element_shape: Value) -> Dims | None:
    """The shape that the input `element_shape` of a list operation stands for."""
    value = element_shape.const
    if value is None:
        size = element_shape.shape[0] if element_shape.shape else None
        return None if size is None else (None,) * size
    if value.ndim == 0:
        return None
    return tuple(None if d < 0 else int(d) for d in value)


def _scalar(b: Builder, index: Value) -> Value:
    if index.const is not None:
        return b.const(index.const.reshape(()))
    return index if index.shape == () else b.Reshape(index, b.const(np.zeros(0, np.int64)))


def _positive(b: Builder, count: Value) -> Value:
    """`count`, an int64 scalar, in a run in which it is not negative."""
    checked = require(b, b.GreaterOrEqual(_scalar(b, count), 0), b.Reshape(count, [1]))
    made: Value = b.Squeeze(checked, [0])
    made.shape = ()
    return made
