"""Slices: the operator `x[...]`, strided_slice and slice."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes, slice_spec
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, Dimension, TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape_internal
from tfcompat.ops.filling import ones_like
from tfcompat.ops.packing import stack
from tfcompat.ops.shapes import merge_shapes

_INDEX_TYPES = (dtypes.int16, dtypes.int32, dtypes.int64)
_INDEX_ERROR = (
    "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 "
    "tensors are valid indices"
)


# ---------------------------------------------------------------- x[...]


class _Spec:
    """begin, end and strides of an index expression, and its masks."""

    def __init__(self) -> None:
        self.begin: list[Any] = []
        self.end: list[Any] = []
        self.strides: list[Any] = []
        self.masks: dict[str, Any] = dict.fromkeys(slice_spec.MASKS, 0)

    def add(self, begin: Any, end: Any, stride: Any, *masks: str) -> None:
        for mask in masks:
            self.masks[mask] |= 1 << len(self.begin)
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)


def slice_helper(tensor: Any, index: Any, var: Any = None) -> Tensor:
    """`tensor[index]`.

    Args:
        tensor: what is indexed.
        index: ints, slices, `...`, `tf.newaxis` and scalar integer tensors, or a bool mask (tensor or array).
        var: the variable whose value `tensor` is; the result then has a method `assign`.

    Returns:
        The slice, recorded as StridedSlice (GatherV2 for a mask).

    Raises:
        TypeError: an index is of another kind.
        ValueError: an index is out of bounds, or there are too many.
    """
    if _is_mask(index):
        from tfcompat.ops.masks import boolean_mask

        return boolean_mask(tensor, index)
    spec = _Spec()
    for item in index if isinstance(index, (list, tuple)) else [index]:
        _add_item(spec, item)
    with name_scope(None, "strided_slice", [tensor, *spec.begin, *spec.end, *spec.strides]) as scope:
        if spec.begin:
            begin, end, strides = _one_type(stack(spec.begin), stack(spec.end), stack(spec.strides))
        else:
            begin = end = strides = constant([], dtypes.int32)
        return strided_slice(tensor, begin, end, strides, var=var, name=scope, **spec.masks)


def _is_mask(index: Any) -> bool:
    if isinstance(index, np.ndarray):
        return index.dtype == np.bool_
    return isinstance(index, Tensor) and index.dtype == dtypes.bool


def _add_item(spec: _Spec, item: Any) -> None:
    if isinstance(item, slice):
        _add_slice(spec, item)
    elif item is Ellipsis:
        spec.add(0, 0, 1, "ellipsis_mask")
    elif item is None:
        spec.add(0, 0, 1, "new_axis_mask")
    else:
        _check_index(item)
        stride: Any = 1
        if isinstance(item, Tensor) and item.dtype in (dtypes.int16, dtypes.int64):
            stride = constant(1, item.dtype)
        spec.add(item, item + 1, stride, "shrink_axis_mask")


def _add_slice(spec: _Spec, item: slice) -> None:
    parts = [None if _is_unknown(p) else p for p in (item.start, item.stop, item.step)]
    types = [p.dtype for p in parts if isinstance(p, Tensor)]
    dtype = next((t for t in reversed(_INDEX_TYPES) if t in types), None)
    for part in parts:
        if part is not None:
            _check_index(part)

    def or_default(part: Any, value: int) -> Any:
        if part is not None:
            return part
        return value if dtype is None else constant(value, dtype)

    masks = [m for m, p in zip(("begin_mask", "end_mask"), parts, strict=False) if p is None]
    spec.add(*(or_default(p, v) for p, v in zip(parts, (0, 0, 1), strict=True)), *masks)


def _is_unknown(part: Any) -> bool:
    return isinstance(part, Dimension) and part.value is None


def _check_index(index: Any) -> None:
    if isinstance(index, (numbers.Integral, Dimension)):
        return
    dtype = getattr(index, "dtype", None)
    if dtype is None or dtypes.as_dtype(dtype).base_dtype not in _INDEX_TYPES or len(index.shape or ()) == 1:
        raise TypeError(f"{_INDEX_ERROR}, got {index!r}")


def _one_type(*vectors: Tensor) -> list[Tensor]:
    """The vectors as int64 when one is."""
    if all(v.dtype != dtypes.int64 for v in vectors):
        return list(vectors)
    return [v if v.dtype == dtypes.int64 else raw_ops.Cast(x=v, DstT=dtypes.int64) for v in vectors]


Tensor.__getitem__ = slice_helper  # type: ignore[method-assign]


# ---------------------------------------------------------------- strided_slice and slice


@tf_export("strided_slice")
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """The elements from `begin` to before `end` in steps of `strides`, dimension by dimension.

    Args:
        input_: tensor.
        begin: vector of first positions, int16, int32 or int64; negative ones count from the end.
        end: vector of limits.
        strides: vector of steps, not zero; ones when None.
        begin_mask: bit i set: begin[i] is ignored, the range starts at the first element.
        end_mask: bit i set: end[i] is ignored, the range goes to the last element.
        ellipsis_mask: bit i set: entry i stands for as many whole dimensions as are left over.
        new_axis_mask: bit i set: entry i inserts a dimension of size 1.
        shrink_axis_mask: bit i set: begin[i] is an index, which drops the dimension.
        var: the variable whose value `input_` is; the result then has a method `assign(value)`.
        name: name of the operation.

    Raises:
        ValueError: an index is out of bounds, there are too many entries, or a step is zero.
    """
    if strides is None:
        strides = ones_like(begin)
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    result = raw_ops.StridedSlice(input=input_, begin=begin, end=end, strides=strides, name=name, **masks)
    if var is not None:
        result.assign = _assigner(var, (begin, end, strides), masks, name)
    return result  # type: ignore[no-any-return]


def _assigner(
    var: Any, vectors: tuple[Any, Any, Any], masks: dict[str, int], slice_name: str | None
) -> Callable[..., Any]:
    def assign(value: Any, name: str | None = None) -> Any:
        """Assigns `value` to this part of the variable."""
        begin, end, strides = vectors
        return var._strided_slice_assign(
            begin=begin,
            end=end,
            strides=strides,
            value=value,
            name=f"{slice_name}_assign" if name is None else name,
            **masks,
        )

    return assign


@tf_export("slice")
def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """The block of `size` elements that starts at `begin`.

    Args:
        input_: tensor.
        begin: vector of first positions, int32 or int64.
        size: vector of sizes; -1 takes all that is left.
        name: name of the operation.

    Errors: a run fails with InvalidArgumentError when the block does not lie in the tensor.
    """
    return raw_ops.Slice(input=input_, begin=begin, size=size, name=name)  # type: ignore[no-any-return]


slice_.__name__ = slice_.__qualname__ = "slice"


# ---------------------------------------------------------------- shapes


@shape_of("StridedSlice")
def _strided_slice_shape(c: InferenceContext, x: TensorShape, *vectors: TensorShape) -> list[TensorShape]:
    merged = UNKNOWN
    for vector in vectors[:3]:
        if vector.rank not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {vector.rank}")
        merged = merge_shapes(merged, vector)
    begin, end, strides = (_listed(c.value(i)) for i in (1, 2, 3))
    if x.tuple is None or strides is None:
        return [UNKNOWN]
    found = slice_spec.layout(len(strides), len(x.tuple), [c.attr(m) for m in slice_spec.MASKS])
    return [TensorShape.of(tuple(slice_spec.output_sizes(found, x.tuple, begin, end, strides)))]


def _listed(value: np.ndarray | None) -> list[int] | None:
    return None if value is None else value.reshape(-1).tolist()


@shape_of("StridedSliceGrad")
def _strided_slice_grad_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [c.shape_value(0)]


@shape_of("TensorStridedSliceUpdate")
def _strided_slice_update_shape(c: InferenceContext, x: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    return [x]


@shape_of("Slice")
def _slice_shape(
    c: InferenceContext, x: TensorShape, begin_shape: TensorShape, size_shape: TensorShape
) -> list[TensorShape]:
    for vector in (begin_shape, size_shape):
        if vector.rank not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {vector.rank}")
    vector = merge_shapes(begin_shape, size_shape)
    begin, sizes = c.shape_value(1).tuple, _listed(c.value(2))
    count = len(sizes) if sizes is not None else None if vector.tuple is None else vector.tuple[0]
    if count is None:
        return [unknown_shape(x.rank)]
    if x.rank is not None and x.rank != count:
        raise ValueError(f"Shape must be rank {count} but is rank {x.rank}")
    if sizes is None:
        known = c.shape_value(2).tuple
        return [TensorShape.of(known if known is not None else (None,) * count)]
    for size in sizes:
        if size < -1:
            raise ValueError(f"Invalid value in tensor used for shape: {size}")
    dims = x.tuple or (None,) * count
    begins = begin or (None,) * count
    triples = zip(dims, begins, sizes, strict=True)
    return [TensorShape.of(tuple(_remaining(d, b) if s == -1 else s for d, b, s in triples))]


def _remaining(dim: int | None, begin: int | None) -> int | None:
    if dim is None or begin is None:
        return None
    if begin > dim:
        raise ValueError(f"Negative dimension size caused by subtracting {begin} from {dim}")
    return dim - begin


# ---------------------------------------------------------------- gradients


@gradient_of("StridedSlice")
def _strided_slice_gradient(op: Operation, grad: Any) -> list[Any]:
    """Zeros with the gradient in the place of the slice."""
    x, begin, end, strides = op.inputs
    masks = {m: op.attrs[m] for m in slice_spec.MASKS}
    begin, end, strides = (_widened(v) for v in (begin, end, strides))
    back = raw_ops.StridedSliceGrad(
        shape=shape_internal(x, out_type=begin.dtype), begin=begin, end=end, strides=strides, dy=grad, **masks
    )
    back.set_shape(x.shape)
    return [back, None, None, None]


def _widened(vector: Tensor) -> Tensor:
    return raw_ops.Cast(x=vector, DstT=dtypes.int32) if vector.dtype == dtypes.int16 else vector  # type: ignore[no-any-return]


@gradient_of("StridedSliceGrad")
def _strided_slice_grad_gradient(op: Operation, grad: Any) -> list[Any]:
    """The same slice of the gradient."""
    _, begin, end, strides, _ = op.inputs
    masks = {m: op.attrs[m] for m in slice_spec.MASKS}
    return [None, None, None, None, strided_slice(grad, begin, end, strides, **masks)]


@gradient_of("TensorStridedSliceUpdate")
def _strided_slice_update_gradient(op: Operation, grad: Any) -> list[Any]:
    """The gradient outside of the slice for the tensor, inside of it for the update."""
    _, begin, end, strides, value = op.inputs
    masks = {m: op.attrs[m] for m in slice_spec.MASKS}
    inside = strided_slice(grad, begin, end, strides, **masks)
    zeros = raw_ops.ZerosLike(x=inside)
    outside = raw_ops.TensorStridedSliceUpdate(input=grad, begin=begin, end=end, strides=strides, value=zeros, **masks)
    if inside.shape != value.shape or not inside.shape.is_fully_defined():
        from tfcompat.ops.broadcasting import reduce_to_shape_of

        inside = reduce_to_shape_of(inside, value, inside)
    return [outside, None, None, None, inside]


@gradient_of("Slice")
def _slice_gradient(op: Operation, grad: Any) -> list[Any]:
    """The gradient padded with zeros to the shape of the input."""
    x, begin, _ = op.inputs
    before = convert_to_tensor(begin)
    after = raw_ops.Sub(
        x=raw_ops.Sub(x=shape_internal(x, out_type=begin.dtype), y=before),
        y=shape_internal(op.outputs[0], out_type=begin.dtype),
    )
    paddings = raw_ops.Pack(values=[before, after], axis=1)
    return [raw_ops.Pad(input=grad, paddings=paddings), None, None]
