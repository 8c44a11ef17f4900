"""ONNX forms of slices, their updates and gradients."""

from __future__ import annotations

import numpy as np

from converters.array import shape_of
from converters.builder import Builder, Value
from converters.guards import require, shape_text
from converters.padding import pad
from converters.registry import NeedsFullShapes, NotConvertible, converts
from tfcompat.graph import slice_spec
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation
from tfcompat.graph.slice_spec import NEW_AXIS, Axis, Layout

_END = np.iinfo(np.int64).max
_BEFORE = np.iinfo(np.int64).min


def layout_of(b: Builder, op: Operation, rank: int, strides: Value) -> tuple[Layout, list[int]]:
    """The layout of a strided slice of a tensor of `rank`, and its steps."""
    steps = [int(s) for s in b.constant(strides, "strides").reshape(-1)]
    try:
        found = slice_spec.layout(len(steps), rank, [op.attrs[m] for m in slice_spec.MASKS])
        for axis in found.axes:
            if axis.entry >= 0:
                slice_spec.check_step(axis, steps[axis.entry])
    except ValueError as error:
        raise NotConvertible(str(error)) from None
    return found, steps


@converts("StridedSlice")
def _strided_slice(b: Builder, op: Operation, x: Value, begin: Value, end: Value, strides: Value) -> Value:
    found, steps = layout_of(b, op, x.rank, strides)
    block = _block(b, x, found, begin, end, steps)
    dropped = [i for i, axis in enumerate(found.axes) if axis.shrink]
    if dropped:
        block = b.Squeeze(block, dropped)
    inserted = [i for i, axis in enumerate(found.output_axes) if axis == NEW_AXIS]
    return b.Unsqueeze(block, inserted) if inserted else block


def _block(b: Builder, x: Value, found: Layout, begin: Value, end: Value, steps: list[int]) -> Value:
    """The slice with all dimensions of the input."""
    taken = [(i, axis) for i, axis in enumerate(found.axes) if not _is_whole(axis, steps)]
    if not taken:
        return x
    axes = b.const([i for i, _ in taken])
    strides = [steps[axis.entry] for _, axis in taken]
    if begin.const is not None and end.const is not None:
        starts, ends = _known_bounds(x, taken, begin.const.tolist(), end.const.tolist(), steps)
        return b.Slice(x, b.const(starts), b.const(ends), axes, b.const(strides))
    starts_value, ends_value = _bounds_in_run(b, taken, begin, end, steps)
    return b.Slice(x, starts_value, ends_value, axes, b.const(strides))


def _is_whole(axis: Axis, steps: list[int]) -> bool:
    return axis.entry < 0 or (axis.begin_open and axis.end_open and steps[axis.entry] == 1 and not axis.shrink)


def _known_bounds(
    x: Value, taken: list[tuple[int, Axis]], begin: list[int], end: list[int], steps: list[int]
) -> tuple[list[int], list[int]]:
    starts, ends = [], []
    for i, axis in taken:
        size = x.shape[i] if x.shape is not None else None
        step, entry = steps[axis.entry], axis.entry
        if size is not None:
            try:
                first, limit, _ = slice_spec.bounds(axis, i, size, begin, end, steps)
            except ValueError as error:
                raise NotConvertible(str(error)) from None
            if slice_spec.length(first, limit, step) == 0:
                first = limit = 0
            starts.append(first)
            ends.append(_BEFORE if limit < 0 else limit)
        elif axis.shrink:
            starts.append(begin[entry])
            ends.append(_END if begin[entry] == -1 else begin[entry] + 1)
        else:
            if step < 0 and not axis.begin_open and begin[entry] < -1:
                raise NeedsFullShapes("a slice backwards from an index that counts from the end")
            starts.append((0 if step > 0 else _END) if axis.begin_open else begin[entry])
            ends.append((_END if step > 0 else _BEFORE) if axis.end_open else end[entry])
    return starts, ends


def _bounds_in_run(
    b: Builder, taken: list[tuple[int, Axis]], begin: Value, end: Value, steps: list[int]
) -> tuple[Value, Value]:
    """Start and end vectors of a slice whose begin or end is computed in the run."""
    entries = [axis.entry for _, axis in taken]
    for _, axis in taken:
        if steps[axis.entry] < 0 and not axis.begin_open:
            raise NotConvertible("a slice backwards from an index that is computed in the run")
    starts, ends = (_chosen(b, vector, entries) for vector in (begin, end))
    if any(axis.shrink for _, axis in taken):
        after = b.Where(b.Equal(starts, -1), b.const(_END), b.Add(starts, 1))
        ends = _mixed(b, [axis.shrink for _, axis in taken], after, ends)
    forward = [steps[axis.entry] > 0 for _, axis in taken]
    first = b.const([0 if f else _END for f in forward])
    last = b.const([_END if f else _BEFORE for f in forward])
    starts = _mixed(b, [axis.begin_open and not axis.shrink for _, axis in taken], first, starts)
    ends = _mixed(b, [axis.end_open and not axis.shrink for _, axis in taken], last, ends)
    return starts, ends


def _chosen(b: Builder, vector: Value, entries: list[int]) -> Value:
    """The given entries of a vector as int64."""
    wide = b.int64(vector)
    whole = vector.shape is not None and vector.shape == (len(entries),) and entries == list(range(len(entries)))
    return wide if whole else b.Gather(wide, b.const(entries), axis=0)


def _mixed(b: Builder, choose: list[bool], x: Value, y: Value) -> Value:
    """Elements of `x` where `choose`, of `y` elsewhere."""
    if all(choose) or not any(choose):
        return x if all(choose) else y
    return b.Where(b.const(np.array(choose)), x, y)


@converts("Slice")
def _slice(b: Builder, op: Operation, x: Value, begin: Value, size: Value) -> Value:
    if any(v.shape is not None and len(v.shape) != 1 for v in (begin, size)):
        raise InvalidArgumentError(
            None,
            op,
            f"Expected begin and size arguments to be 1-D tensors of size {x.rank}, but got shapes "
            f"{shape_text(begin.shape or ())} and {shape_text(size.shape or ())} instead.",
        )
    if x.rank == 0:
        return x
    if begin.const is not None and size.const is not None:
        block = _known_block(x, begin.const.tolist(), size.const.tolist())
        if block is not None:
            starts, ends, axes = block
            return b.Slice(x, b.const(starts), b.const(ends), b.const(axes)) if axes else x
    dims = shape_of(b, x)
    first, sizes = b.int64(begin), b.int64(size)
    last = b.Where(b.Equal(sizes, -1), dims, b.Add(first, sizes))
    inside = b.And(b.And(b.GreaterOrEqual(first, 0), b.GreaterOrEqual(last, first)), b.LessOrEqual(last, dims))
    first = require(b, b.ReduceMin(inside, keepdims=0), first)
    return b.Slice(x, first, last, b.const(list(range(x.rank))))


def _known_block(x: Value, begin: list[int], size: list[int]) -> tuple[list[int], list[int], list[int]] | None:
    """Starts, ends and axes of a block that is known to lie in `x`; None when the run must tell.

    Raises:
        NotConvertible: it does not lie in `x`.
    """
    found: tuple[list[int], list[int], list[int]] = ([], [], [])
    for i, (first, length, dim) in enumerate(zip(begin, size, x.shape or (), strict=True)):
        if first == 0 and length in (-1, dim):
            continue
        if dim is None:
            return None
        limit = dim if length == -1 else first + length
        if not 0 <= first <= limit <= dim:
            raise NotConvertible(f"the block of {length} elements from {first} is outside a dimension of size {dim}")
        for values, value in zip(found, (first, limit, i), strict=True):
            values.append(value)
    return found


# ---------------------------------------------------------------- placing a slice


@converts("StridedSliceGrad")
def _strided_slice_grad(
    b: Builder, op: Operation, shape: Value, begin: Value, end: Value, strides: Value, grad: Value
) -> Value:
    """The gradient spread out by the steps, then padded with zeros to the whole shape."""
    rank = int(shape.full_shape[0])
    found, steps = layout_of(b, op, rank, strides)
    block = _with_input_dimensions(b, grad, found)
    taken = [(i, axis) for i, axis in enumerate(found.axes) if not _is_whole(axis, steps)]
    if not taken:
        return block
    axes = [i for i, _ in taken]
    if shape.const is not None and begin.const is not None and end.const is not None:
        return _placed(b, block, taken, shape.const.tolist(), begin.const.tolist(), end.const.tolist(), steps)
    for i, axis in [t for t in taken if steps[t[1].entry] != 1]:
        if not (axis.begin_open and axis.end_open):
            raise NeedsFullShapes("the gradient of a slice with steps between bounds")
        block = _over_whole(b, block, rank, i, steps[axis.entry], b.int64(shape))
    taken = [(i, axis) for i, axis in taken if steps[axis.entry] == 1]
    if not taken:
        return block
    axes = [i for i, _ in taken]
    sizes = b.Gather(b.int64(shape), b.const(axes), axis=0)
    starts, ends = _bounds_in_run(b, taken, begin, end, steps)
    starts, ends = (b.Max(b.Min(b.Where(b.Less(v, 0), b.Add(v, sizes), v), sizes), 0) for v in (starts, ends))
    shrunk = [axis.shrink for _, axis in taken]
    ends = b.Max(_mixed(b, shrunk, b.Add(starts, 1), ends), starts)
    return pad(b, block, rank, axes, starts, b.Sub(sizes, ends))


def _with_input_dimensions(b: Builder, grad: Value, found: Layout) -> Value:
    """The slice with a dimension for each one of the whole tensor."""
    inserted = [i for i, axis in enumerate(found.output_axes) if axis == NEW_AXIS]
    dropped = [i for i, axis in enumerate(found.axes) if axis.shrink]
    block = b.Squeeze(grad, inserted) if inserted else grad
    return b.Unsqueeze(block, dropped) if dropped else block


def _over_whole(b: Builder, block: Value, rank: int, axis: int, step: int, shape: Value) -> Value:
    """`block`, taken in steps from all of a dimension, in its places there."""
    if abs(step) > 1:
        block = b.Slice(_interleaved(b, block, rank, axis, abs(step)), [0], b.Slice(shape, [axis], [axis + 1]), [axis])
    return block if step > 0 else b.Slice(block, [-1], [_BEFORE], [axis], [-1])


def _placed(
    b: Builder,
    block: Value,
    taken: list[tuple[int, Axis]],
    shape: list[int],
    begin: list[int],
    end: list[int],
    steps: list[int],
) -> Value:
    before, after, axes = [], [], []
    for i, axis in taken:
        first, limit, step = slice_spec.bounds(axis, i, shape[i], begin, end, steps)
        count = slice_spec.length(first, limit, step)
        if step < 0 and count:
            block = b.Slice(block, [-1], [_BEFORE], [i], [-1])
            first, step = first + (count - 1) * step, -step
        if step > 1 and count > 1:
            block = _spread(b, block, len(shape), i, count, step)
            count = (count - 1) * step + 1
        first = first if count else 0
        before.append(first)
        after.append(shape[i] - first - count)
        axes.append(i)
    return pad(b, block, len(shape), axes, before, after)


def _spread(b: Builder, block: Value, rank: int, axis: int, count: int, step: int) -> Value:
    """`block` with step - 1 zeros between its `count` slices along `axis`."""
    return b.Slice(_interleaved(b, block, rank, axis, step), [0], [(count - 1) * step + 1], [axis])


def _interleaved(b: Builder, block: Value, rank: int, axis: int, step: int) -> Value:
    """`block` with step - 1 zeros behind each of its slices along `axis`."""
    widened = pad(b, b.Unsqueeze(block, [axis + 1]), rank + 1, [axis + 1], [0], [step - 1])
    sizes = b.Shape(block)
    longer = b.Mul(b.Slice(sizes, [axis], [axis + 1]), step)
    parts = [b.Slice(sizes, [0], [axis]), longer, b.Slice(sizes, [axis + 1], [rank])]
    return b.Reshape(widened, b.Concat(*parts, axis=0), allowzero=1)
