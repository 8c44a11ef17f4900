"""Joining tensors along a dimension and cutting them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import add_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, Dimension, TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.identity import identity
from tfcompat.ops.shapes import merge_shapes


@tf_export("concat")
def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """The tensors `values` one after the other along `axis`.

    Args:
        values: list of tensors of one dtype and rank, of equal sizes but along `axis`.
        axis: int32 scalar in [-rank, rank).
        name: name of the operation.

    Raises:
        ValueError: sizes differ elsewhere, ranks are 0, or `axis` is outside its range.
    """
    values = list(values) if isinstance(values, (list, tuple)) else [values]
    if len(values) == 1:
        with name_scope(name):
            axis = convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32)
            if axis.shape.rank not in (None, 0):
                raise ValueError(f"Shape {axis.shape} must have rank 0")
            return identity(values[0], name=name)  # type: ignore[no-any-return]
    return raw_ops.ConcatV2(values=values, axis=axis, name=name)  # type: ignore[no-any-return]


@tf_export("split")
def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split"
) -> list[Tensor]:
    """`value` cut into pieces along `axis`.

    Args:
        value: tensor.
        num_or_size_splits: how many pieces of equal size (int), or the vector of their sizes, of which one may be -1.
        axis: int32 scalar in [-rank, rank).
        num: number of pieces, needed when the length of a vector of sizes is not known.
        name: name of the operation.

    Raises:
        ValueError: the pieces do not make up `value`, or their number is not known.
    """
    if isinstance(num_or_size_splits, (int, np.integer, Dimension)):
        return raw_ops.Split(split_dim=axis, num_split=int(num_or_size_splits), value=value, name=name)  # type: ignore[no-any-return]
    sizes = convert_to_tensor(num_or_size_splits)
    if sizes.shape.rank == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument "
            f"provided: {num_or_size_splits}"
        )
    if num is None:
        num = sizes.shape.num_elements()
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {num_or_size_splits}")
    return raw_ops.SplitV(value=value, size_splits=sizes, axis=axis, num_split=num, name=name)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- shapes


@shape_of("ConcatV2")
def _concat_v2_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [_joined(shapes[:-1], c.value(len(shapes) - 1), shapes[-1])]


@shape_of("Concat")
def _concat_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [_joined(shapes[1:], c.value(0), shapes[0])]


def _joined(parts: tuple[TensorShape, ...], axis: np.ndarray | None, axis_shape: TensorShape) -> TensorShape:
    if axis_shape.rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {axis_shape.rank}")
    ranks = {s.rank for s in parts if s.rank is not None}
    if axis is None:
        if not ranks:
            return UNKNOWN
        rank = next(iter(ranks))
        if len(ranks) > 1:
            raise ValueError(f"Shape must be rank {rank} but is rank {sorted(ranks - {rank})[0]}")
        if rank == 0:
            raise ValueError("Can't concatenate scalars (use tf.stack instead)")
        return unknown_shape(rank)
    at = int(axis)
    needed = at + 1 if at >= 0 else -at
    before, after = UNKNOWN, UNKNOWN
    middle: list[int | None] = []
    for part in reversed(parts):
        if part.rank is not None and part.rank < needed:
            if part.rank == 0:
                raise ValueError("Can't concatenate scalars (use tf.stack instead)")
            raise ValueError(f"Shape must be at least rank {needed} but is rank {part.rank}")
        if part.tuple is None:
            middle.append(None)
            continue
        position = at % len(part.tuple)
        before = merge_shapes(TensorShape.of(part.tuple[:position]), before)
        after = merge_shapes(TensorShape.of(part.tuple[position + 1 :]), after)
        middle.append(part.tuple[position])
    return before.concatenate([add_dims(middle)]).concatenate(after)


@shape_of("ConcatOffset")
def _concat_offset_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return list(shapes[1:])


@shape_of("Split")
def _split_shape(c: InferenceContext, axis_shape: TensorShape, value: TensorShape) -> list[TensorShape]:
    count = c.attr("num_split")
    axis = c.value(0)
    if value.tuple is None:
        return [UNKNOWN] * count
    if axis is None:
        return [unknown_shape(len(value.tuple))] * count
    at = _axis(int(axis.reshape(())), value)
    size = value.tuple[at]
    if size is not None and size % count:
        raise ValueError(
            f"Dimension size must be evenly divisible by {count} but is {size} Number of ways to split "
            f"should evenly divide the split dimension"
        )
    part = None if size is None else size // count
    return [TensorShape.of(value.tuple[:at] + (part,) + value.tuple[at + 1 :])] * count


def _axis(axis: int, value: TensorShape) -> int:
    rank = len(value.as_list())
    if not -rank <= axis < rank:
        needed = axis + 1 if axis >= 0 else -axis
        raise ValueError(f"Shape must be at least rank {needed} but is rank {rank}")
    return axis % rank


@shape_of("SplitV")
def _split_v_shape(
    c: InferenceContext, value: TensorShape, sizes_shape: TensorShape, axis_shape: TensorShape
) -> list[TensorShape]:
    count = c.attr("num_split")
    axis, sizes = c.value(2), c.value(1)
    if value.tuple is None:
        return [UNKNOWN] * count
    if axis is None:
        return [value if count == 1 else unknown_shape(len(value.tuple))] * count
    at = _axis(int(axis.reshape(())), value)
    total = value.tuple[at]
    if sizes is None:
        parts = [total] if count == 1 else [None] * count
    else:
        parts = _split_sizes(sizes.tolist(), total, count)
    return [TensorShape.of(value.tuple[:at] + (p,) + value.tuple[at + 1 :]) for p in parts]


def _split_sizes(sizes: list[int], total: int | None, count: int) -> list[int | None]:
    if len(sizes) != count:
        raise ValueError(f"Length of size_splits should be equal to num_outputs, got {len(sizes)} and {count}")
    if sizes.count(-1) > 1:
        raise ValueError("size_splits can only have one -1")
    known = sum(s for s in sizes if s != -1)
    if total is not None and (known > total or (-1 not in sizes and known != total)):
        if -1 in sizes:
            raise ValueError(f"can't split axis of size {total} into pieces of size [{','.join(map(str, sizes))}]")
        raise ValueError(
            "Sum of output sizes must match the size of the original Tensor along the split dimension "
            "or the sum of the positive sizes must be less if it contains a -1"
        )
    rest = None if total is None else total - known
    return [rest if s == -1 else s for s in sizes]


# ---------------------------------------------------------------- gradients


@gradient_of("ConcatV2")
def _concat_v2_grad(op: Operation, grad: Any) -> list[Any]:
    return [*_concat_gradients(op.inputs[:-1], op.inputs[-1], grad), None]


@gradient_of("Concat")
def _concat_grad(op: Operation, grad: Any) -> list[Any]:
    return [None, *_concat_gradients(op.inputs[1:], op.inputs[0], grad)]


def _concat_gradients(values: tuple[Tensor, ...], axis: Tensor, grad: Any) -> list[Any]:
    """The part of the gradient that belongs to each joined tensor."""
    from tfcompat.graph.inference import GRAPH_VALUES

    if isinstance(grad, IndexedSlices):
        return _concat_sparse_gradients(values, axis, grad)
    known = GRAPH_VALUES.constant(axis)
    if len(values) == 1:
        return [grad]
    if known is not None:
        sizes = [v.shape.tuple[int(known)] if v.shape.tuple is not None else None for v in values]
        if None not in sizes:
            return split(grad, sizes, axis=int(known))
    shapes = raw_ops.ShapeN(input=list(values))
    position = axis if known is None else convert_to_tensor(known, dtypes.int32)
    if known is None or int(known) < 0:
        rank = raw_ops.Rank(input=values[0])
        position = raw_ops.FloorMod(x=raw_ops.Cast(x=position, DstT=dtypes.int32), y=rank)
    offsets = raw_ops.ConcatOffset(concat_dim=position, shape=shapes)
    return [raw_ops.Slice(input=grad, begin=begin, size=size) for begin, size in zip(offsets, shapes, strict=True)]


def _concat_sparse_gradients(values: tuple[Tensor, ...], axis: Tensor, grad: IndexedSlices) -> list[Any]:
    """Rows stay with the tensor they came from along the first dimension; otherwise the slices are cut."""
    from tfcompat.graph.inference import GRAPH_VALUES

    known = GRAPH_VALUES.constant(axis)
    if known is None:
        raise ValueError("Can only compute IndexedSlices gradient with statically-known concat_dim")
    rank = values[0].shape.rank
    at = int(known)
    if at < 0:
        if rank is None:
            raise ValueError("Can only compute IndexedSlices gradient with a known rank for a negative concat_dim")
        at += rank
    shapes = [raw_ops.Shape(input=v, out_type=grad.indices.dtype) for v in values]
    if at > 0:
        sizes = raw_ops.Pack(
            values=[
                raw_ops.StridedSlice(input=s, begin=[at], end=[at + 1], strides=[1], shrink_axis_mask=1) for s in shapes
            ]
        )
        pieces = raw_ops.SplitV(value=grad.values, size_splits=sizes, axis=at, num_split=len(values))
        return [IndexedSlices(p, grad.indices, s) for p, s in zip(pieces, shapes, strict=True)]
    result = []
    start: Any = raw_ops.Const(value=np.array(0, grad.indices.dtype.as_numpy_dtype), dtype=grad.indices.dtype)
    for shape in shapes:
        rows = raw_ops.StridedSlice(input=shape, begin=[0], end=[1], strides=[1], shrink_axis_mask=1)
        end = raw_ops.AddV2(x=start, y=rows)
        inside = raw_ops.LogicalAnd(
            x=raw_ops.GreaterEqual(x=grad.indices, y=start), y=raw_ops.Less(x=grad.indices, y=end)
        )
        chosen = raw_ops.Squeeze(input=raw_ops.Where(condition=inside), axis=[1])
        indices = raw_ops.Sub(x=raw_ops.GatherV2(params=grad.indices, indices=chosen, axis=0), y=start)
        result.append(IndexedSlices(raw_ops.GatherV2(params=grad.values, indices=chosen, axis=0), indices, shape))
        start = end
    return result


not_differentiable("ConcatOffset")


@gradient_of("Split")
def _split_grad(op: Operation, *grads: Any) -> list[Any]:
    return [None, concat(list(grads), op.inputs[0])]


@gradient_of("SplitV")
def _split_v_grad(op: Operation, *grads: Any) -> list[Any]:
    return [concat(list(grads), op.inputs[2]), None, None]
