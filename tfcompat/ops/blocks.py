"""Moving blocks of space between dimensions: space_to_depth, space_to_batch, their inverses, image patches."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES, InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of

# ---------------------------------------------------------------- depth


@tf_export("space_to_depth", "nn.space_to_depth")
def space_to_depth(input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC") -> Tensor:
    """Blocks of block_size x block_size pixels become one pixel with their channels one after the other.

    Args:
        input: rank 4.
        block_size: at least 2; divides height and width.
        name: name of the operation.
        data_format: "NHWC" or "NCHW".

    Raises:
        ValueError: height or width is no multiple of `block_size`.
    """
    return raw_ops.SpaceToDepth(input=input, block_size=block_size, data_format=data_format, name=name)  # type: ignore[no-any-return]


@tf_export("depth_to_space", "nn.depth_to_space")
def depth_to_space(input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC") -> Tensor:
    """The inverse of `space_to_depth`: the channels of a pixel become a block of pixels.

    Args:
        input: rank 4.
        block_size: at least 2; its square divides the number of channels.
        name: name of the operation.
        data_format: "NHWC" or "NCHW".

    Raises:
        ValueError: the number of channels is no multiple of block_size ** 2.
    """
    return raw_ops.DepthToSpace(input=input, block_size=block_size, data_format=data_format, name=name)  # type: ignore[no-any-return]


@shape_of("SpaceToDepth")
def _space_to_depth_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    n, h, w, ch = _nhwc(c, x)
    block = c.attr("block_size")
    return [_formatted(c, n, _divided(h, block), _divided(w, block), None if ch is None else ch * block * block)]


@shape_of("DepthToSpace")
def _depth_to_space_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    n, h, w, ch = _nhwc(c, x)
    block = c.attr("block_size")
    return [_formatted(c, n, _times(h, block), _times(w, block), _divided(ch, block * block))]


def _nhwc(c: InferenceContext, x: TensorShape) -> tuple[int | None, ...]:
    if x.rank not in (None, 4):
        raise ValueError(f"Shape must be rank 4 but is rank {x.rank}")
    dims = x.tuple or (None,) * 4
    return dims if c.attr("data_format") == b"NHWC" else (dims[0], dims[2], dims[3], dims[1])


def _formatted(c: InferenceContext, n: int | None, h: int | None, w: int | None, ch: int | None) -> TensorShape:
    return TensorShape.of((n, h, w, ch) if c.attr("data_format") == b"NHWC" else (n, ch, h, w))


def _divided(size: int | None, by: int) -> int | None:
    if size is not None and size % by:
        raise ValueError(f"Dimension size must be evenly divisible by {by} but is {size}")
    return None if size is None else size // by


def _times(size: int | None, factor: int) -> int | None:
    return None if size is None else size * factor


@gradient_of("SpaceToDepth")
def _space_to_depth_grad(op: Operation, grad: Any) -> Tensor:
    return depth_to_space(grad, op.attrs["block_size"], data_format=op.attrs["data_format"])


@gradient_of("DepthToSpace")
def _depth_to_space_grad(op: Operation, grad: Any) -> Tensor:
    return space_to_depth(grad, op.attrs["block_size"], data_format=op.attrs["data_format"])


# ---------------------------------------------------------------- batch


@tf_export("space_to_batch_nd", "manip.space_to_batch_nd")
def space_to_batch_nd(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Tensor:
    """`input`, padded with zeros, with the positions inside blocks of space moved into the batch dimension.

    Args:
        input: shape [batch, space..., rest...].
        block_shape: int32 or int64 vector, the size of the blocks along each of the M dimensions of space.
        paddings: shape [M, 2], how much is added before and after; the padded sizes are multiples of `block_shape`.
        name: name of the operation.
    """
    return raw_ops.SpaceToBatchND(input=input, block_shape=block_shape, paddings=paddings, name=name)  # type: ignore[no-any-return]


@tf_export("space_to_batch", "nn.space_to_batch")
def space_to_batch(
    input: Any, paddings: Any, block_size: int | None = None, name: str | None = None, block_shape: Any = None
) -> Tensor:
    """`space_to_batch_nd` for images, with square blocks of `block_size` (newer name: `block_shape`)."""
    block = one_of("block_shape", block_shape, "block_size", block_size)
    return _square(space_to_batch_nd, input, paddings, block, name)


@tf_export("batch_to_space_nd", "manip.batch_to_space_nd")
def batch_to_space_nd(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """The inverse of `space_to_batch_nd`; `crops` says how much of each dimension of space is cut off.

    Args:
        input: shape [batch, space..., rest...].
        block_shape: int32 or int64 vector of M sizes, whose product divides the batch.
        crops: shape [M, 2].
        name: name of the operation.
    """
    return raw_ops.BatchToSpaceND(input=input, block_shape=block_shape, crops=crops, name=name)  # type: ignore[no-any-return]


@tf_export("batch_to_space")
def batch_to_space(
    input: Any, crops: Any, block_size: int | None = None, name: str | None = None, block_shape: Any = None
) -> Tensor:
    """`batch_to_space_nd` for images, with square blocks of `block_size` (newer name: `block_shape`)."""
    block = one_of("block_shape", block_shape, "block_size", block_size)
    return _square(batch_to_space_nd, input, crops, block, name)


def _square(function: Any, input: Any, amounts: Any, block: Any, name: str | None) -> Tensor:
    result = function(input, np.array([block, block]), amounts, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result  # type: ignore[no-any-return]


@tf_export("required_space_to_batch_paddings")
def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The paddings that make sizes of space multiples of the blocks, and the crops that undo them.

    Args:
        input_shape: int32 vector of N sizes.
        block_shape: int32 vector of N sizes of blocks.
        base_paddings: int32 of shape [N, 2], the least padding; zeros when None.
        name: prefix of the names of the operations.

    Returns:
        (paddings, crops), both int32 of shape [N, 2].
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        sizes = convert_to_tensor(input_shape, dtypes.int32, name="input_shape")
        blocks = convert_to_tensor(block_shape, dtypes.int32, name="block_shape")
        blocks.shape.assert_is_fully_defined()
        blocks.shape.assert_has_rank(1)
        count = blocks.shape.num_elements() or 0
        if count == 0:
            empty = np.zeros((0, 2), np.int32)
            return constant(empty), constant(empty)
        sizes.shape.assert_is_compatible_with([count])
        if base_paddings is None:
            base = _zeros_rows(count)
        else:
            base = convert_to_tensor(base_paddings, dtypes.int32, name="base_paddings")
            base.shape.assert_is_compatible_with([count, 2])
        known = [GRAPH_VALUES.constant(t) for t in (blocks, sizes, base)]
        if all(k is not None for k in known):
            return _known_paddings(*known)  # type: ignore[arg-type]
        before, ends = base[:, 0], base[:, 1]
        extra = (blocks - (sizes + before + ends) % blocks) % blocks
        after = ends + extra
        paddings = convert_to_tensor([[before[i], after[i]] for i in range(count)], name="paddings")
        crops = convert_to_tensor([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops


def _zeros_rows(count: int) -> Tensor:
    from tfcompat.ops.filling import zeros

    return zeros([count, 2], dtypes.int32)


def _known_paddings(blocks: np.ndarray, sizes: np.ndarray, base: np.ndarray) -> tuple[Tensor, Tensor]:
    extra = (blocks - (sizes + base.sum(1)) % blocks) % blocks
    paddings = np.stack([base[:, 0], base[:, 1] + extra], 1).astype(np.int32)
    crops = np.stack([np.zeros_like(extra), extra], 1).astype(np.int32)
    return convert_to_tensor(paddings, name="paddings"), convert_to_tensor(crops, name="crops")


@shape_of("SpaceToBatchND")
def _space_to_batch_nd_shape(
    c: InferenceContext, x: TensorShape, block: TensorShape, paddings: TensorShape
) -> list[TensorShape]:
    return [_moved_blocks(c, x, block, c.value(1), c.value(2), to_batch=True)]


@shape_of("BatchToSpaceND")
def _batch_to_space_nd_shape(
    c: InferenceContext, x: TensorShape, block: TensorShape, crops: TensorShape
) -> list[TensorShape]:
    return [_moved_blocks(c, x, block, c.value(1), c.value(2), to_batch=False)]


@shape_of("SpaceToBatch")
def _space_to_batch_shape(c: InferenceContext, x: TensorShape, paddings: TensorShape) -> list[TensorShape]:
    blocks = np.array([c.attr("block_size")] * 2)
    return [_moved_blocks(c, _image(x), TensorShape.of((2,)), blocks, c.value(1), to_batch=True)]


@shape_of("BatchToSpace")
def _batch_to_space_shape(c: InferenceContext, x: TensorShape, crops: TensorShape) -> list[TensorShape]:
    blocks = np.array([c.attr("block_size")] * 2)
    return [_moved_blocks(c, _image(x), TensorShape.of((2,)), blocks, c.value(1), to_batch=False)]


def _image(x: TensorShape) -> TensorShape:
    if x.rank not in (None, 4):
        raise ValueError(f"Shape must be rank 4 but is rank {x.rank}")
    return x if x.rank is not None else unknown_shape(4)


def _moved_blocks(
    c: InferenceContext,
    x: TensorShape,
    block_shape: TensorShape,
    blocks: np.ndarray | None,
    amounts: np.ndarray | None,
    to_batch: bool,
) -> TensorShape:
    if block_shape.rank not in (None, 1):
        raise ValueError("block_shape must have rank 1.")
    count = None if block_shape.tuple is None else block_shape.tuple[0]
    if x.tuple is None or count is None:
        return UNKNOWN if x.tuple is None else unknown_shape(len(x.tuple))
    if len(x.tuple) < count + 1:
        raise ValueError(f"Shape must be at least rank {count + 1} but is rank {len(x.tuple)}")
    if blocks is not None and (blocks < 1).any():
        raise ValueError(f"block_shape[{int(np.argmax(blocks < 1))}] must be >= 1, got {int(blocks.min())}")
    if amounts is not None and (amounts < 0).any():
        raise ValueError("paddings cannot be negative" if to_batch else "crops cannot be negative")
    if amounts is not None and len(amounts) != count:
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {len(amounts)} and {count}. Shapes are "
            f"[{len(amounts)},2] and [{count},2]."
        )
    dims: list[int | None] = list(x.tuple)
    if blocks is None:
        dims[0] = None
    else:
        volume = int(np.prod(blocks))
        dims[0] = _times(dims[0], volume) if to_batch else _divided(dims[0], volume)
    for i in range(count):
        if blocks is None or amounts is None:
            dims[i + 1] = None
            continue
        size, block, amount = dims[i + 1], int(blocks[i]), int(amounts[i].sum())
        if to_batch:
            dims[i + 1] = _divided(None if size is None else size + amount, block)
        elif size is not None:
            if size * block < amount:
                raise ValueError(f"Negative dimension size caused by subtracting {amount} from {size * block}")
            dims[i + 1] = size * block - amount
    return TensorShape.of(tuple(dims))


@gradient_of("SpaceToBatchND")
def _space_to_batch_nd_grad(op: Operation, grad: Any) -> list[Any]:
    return [batch_to_space_nd(grad, op.inputs[1], op.inputs[2]), None, None]


@gradient_of("BatchToSpaceND")
def _batch_to_space_nd_grad(op: Operation, grad: Any) -> list[Any]:
    return [space_to_batch_nd(grad, op.inputs[1], op.inputs[2]), None, None]


@gradient_of("SpaceToBatch")
def _space_to_batch_grad(op: Operation, grad: Any) -> list[Any]:
    return [raw_ops.BatchToSpace(input=grad, crops=op.inputs[1], block_size=op.attrs["block_size"]), None]


@gradient_of("BatchToSpace")
def _batch_to_space_grad(op: Operation, grad: Any) -> list[Any]:
    return [raw_ops.SpaceToBatch(input=grad, paddings=op.inputs[1], block_size=op.attrs["block_size"]), None]
