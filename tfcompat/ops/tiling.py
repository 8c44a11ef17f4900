"""Making tensors larger: pad, tile, broadcast_to."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import broadcast_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, as_shape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape_internal
from tfcompat.ops.shapes import merge_shapes

# ---------------------------------------------------------------- pad


@tf_export("pad")
def pad(
    tensor: Any, paddings: Any, mode: str = "CONSTANT", name: str | None = None, constant_values: Any = 0
) -> Tensor:
    """`tensor` with elements added before and after along each dimension.

    Args:
        tensor: of any type.
        paddings: int32 or int64 of shape [rank, 2], how many elements are added before and after.
        mode: "CONSTANT", or "REFLECT" (mirrored without the edge) or "SYMMETRIC" (with it), in any case.
        name: name of the operation.
        constant_values: scalar that is added in the constant mode.

    Raises:
        ValueError: the mode is another, or `paddings` does not have one row per dimension.
    """
    mode = mode.upper()
    if mode == "CONSTANT":
        is_zero = not isinstance(constant_values, Tensor) and np.isscalar(constant_values) and constant_values == 0
        if is_zero:
            result = raw_ops.Pad(input=tensor, paddings=paddings, name=name)
        else:
            result = raw_ops.PadV2(input=tensor, paddings=paddings, constant_values=constant_values, name=name)
    elif mode in ("REFLECT", "SYMMETRIC"):
        result = raw_ops.MirrorPad(input=tensor, paddings=paddings, mode=mode, name=name)
    else:
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". '
            f"Received `mode` = {mode}"
        )
    return result  # type: ignore[no-any-return]


@shape_of("Pad", "PadV2", "MirrorPad")
def _pad_shape(c: InferenceContext, x: TensorShape, paddings: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    return [_padded(c, x, paddings, 1)]


@shape_of("MirrorPadGrad")
def _mirror_pad_grad_shape(c: InferenceContext, grad: TensorShape, paddings: TensorShape) -> list[TensorShape]:
    return [_padded(c, grad, paddings, -1)]


def _padded(c: InferenceContext, x: TensorShape, paddings: TensorShape, sign: int) -> TensorShape:
    if paddings.rank not in (None, 2):
        raise ValueError(f"Shape must be rank 2 but is rank {paddings.rank}")
    merged = merge_shapes(paddings, TensorShape.of((None, 2))).tuple
    rank = merged[0] if merged is not None else None
    if rank is None:
        rank = x.rank
    elif x.rank is not None and x.rank != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {x.rank}")
    if rank is None:
        return UNKNOWN
    known = c.value(1)
    dims = x.tuple if x.tuple is not None else (None,) * rank
    if known is None:
        rows = _known_rows(c, rank)
    else:
        if (known < 0).any():
            raise ValueError("Paddings must be non-negative")
        rows = [int(row.sum()) for row in known]
    pairs = zip(dims, rows, strict=True)
    return TensorShape.of(tuple(None if d is None or r is None else d + sign * r for d, r in pairs))


def _known_rows(c: InferenceContext, rank: int) -> list[int | None]:
    """The sums of the rows that are known of paddings that were packed from rows."""
    op = c.op.inputs[1].op
    if op.type != "Pack" or op.attrs["axis"] != 0 or len(op.inputs) != rank:
        return [None] * rank
    from tfcompat.graph.inference import GRAPH_VALUES

    values = [GRAPH_VALUES.constant(row) for row in op.inputs]
    return [None if v is None else int(v.sum()) for v in values]


@gradient_of("Pad", "PadV2")
def _pad_grad(op: Operation, grad: Any) -> list[Any]:
    """The part of the gradient that lies over the input."""
    x, paddings = op.inputs[:2]
    before = reshape(
        raw_ops.Slice(input=paddings, begin=[0, 0], size=raw_ops.Pack(values=[raw_ops.Rank(input=x), 1])), [-1]
    )
    sizes = shape_internal(x, out_type=before.dtype)
    return [raw_ops.Slice(input=grad, begin=before, size=sizes)] + [None] * (len(op.inputs) - 1)


@gradient_of("MirrorPad")
def _mirror_pad_grad(op: Operation, grad: Any) -> list[Any]:
    return [raw_ops.MirrorPadGrad(input=grad, paddings=op.inputs[1], mode=op.attrs["mode"]), None]


@gradient_of("MirrorPadGrad")
def _mirror_pad_grad_grad(op: Operation, grad: Any) -> list[Any]:
    return [raw_ops.MirrorPad(input=grad, paddings=op.inputs[1], mode=op.attrs["mode"]), None]


# ---------------------------------------------------------------- tile


@tf_export("tile", "manip.tile")
def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:
    """`input` repeated multiples[i] times along dimension i.

    Args:
        input: tensor of any type.
        multiples: int32 or int64 vector with an entry per dimension.
        name: name of the operation.

    Raises:
        ValueError: `multiples` does not have one entry per dimension.
    """
    return raw_ops.Tile(input=input, multiples=multiples, name=name)  # type: ignore[no-any-return]


@shape_of("Tile")
def _tile_shape(c: InferenceContext, x: TensorShape, multiples: TensorShape) -> list[TensorShape]:
    if multiples.rank not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {multiples.rank}")
    counts = c.shape_value(1)
    if counts.tuple is None:
        return [unknown_shape(x.rank)]
    if x.rank is not None and x.rank != len(counts.tuple):
        raise ValueError(f"Shape must be rank {x.rank} but is rank {len(counts.tuple)}")
    dims = x.tuple if x.tuple is not None else (None,) * len(counts.tuple)
    return [TensorShape.of(tuple(_product(d, m) for d, m in zip(dims, counts.tuple, strict=True)))]


def _product(a: int | None, b: int | None) -> int | None:
    if a == 0 or b == 0:
        return 0
    return None if a is None or b is None else a * b


@gradient_of("Tile")
def _tile_grad(op: Operation, grad: Any) -> list[Any]:
    """The copies' gradients added up."""
    x, multiples = op.inputs
    grad = convert_to_tensor(grad)
    sizes = shape_internal(x, out_type=multiples.dtype)
    interleaved = reshape(raw_ops.Pack(values=[multiples, sizes], axis=1), [-1])
    axes: Any = raw_ops.Range(start=0, limit=raw_ops.Size(input=interleaved), delta=2)
    count = multiples.shape.num_elements()
    if count is not None:
        axes = np.arange(0, 2 * count, 2, dtype=np.int32)
    result = raw_ops.Sum(input=reshape(grad, interleaved), reduction_indices=axes)
    result.set_shape(x.shape)
    return [result, None]


# ---------------------------------------------------------------- broadcasting


@tf_export("broadcast_to")
def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """`input` repeated to `shape` as in broadcasting.

    Args:
        input: tensor whose shape broadcasts to `shape`.
        shape: int32 or int64 vector.
        name: name of the operation.

    Raises:
        ValueError: the shapes do not fit.
    """
    return raw_ops.BroadcastTo(input=input, shape=shape, name=name)  # type: ignore[no-any-return]


@shape_of("BroadcastTo")
def _broadcast_to_shape(c: InferenceContext, x: TensorShape, shape: TensorShape) -> list[TensorShape]:
    if shape.rank not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {shape.rank}")
    out = c.shape_value(1)
    if x.tuple is None or out.tuple is None:
        return [out]
    if len(x.tuple) > len(out.tuple):
        raise ValueError(f"Shape must be at most rank {len(out.tuple)} but is rank {len(x.tuple)}")
    padded = (1,) * (len(out.tuple) - len(x.tuple)) + x.tuple
    return [
        TensorShape.of(
            tuple(
                broadcast_dims(wanted, size) if size != 1 else wanted
                for size, wanted in zip(padded, out.tuple, strict=True)
            )
        )
    ]


@gradient_of("BroadcastTo")
def _broadcast_to_grad(op: Operation, grad: Any) -> list[Any]:
    """The copies' gradients added up."""
    from tfcompat.ops.broadcasting import reduce_to_shape_of

    return [reduce_to_shape_of(grad, op.inputs[0], op.outputs[0]), None]


@tf_export("broadcast_dynamic_shape")
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape to which tensors of the shapes `shape_x` and `shape_y` (vectors of one integer type) broadcast."""
    return raw_ops.BroadcastArgs(s0=shape_x, s1=shape_y)  # type: ignore[no-any-return]


@shape_of("BroadcastArgs")
def _broadcast_args_shape(c: InferenceContext, s0: TensorShape, s1: TensorShape) -> list[TensorShape]:
    for s in (s0, s1):
        if s.rank not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {s.rank}")
    if s0.tuple is None or s1.tuple is None or s0.tuple[0] is None or s1.tuple[0] is None:
        return [unknown_shape(1)]
    return [TensorShape.of((max(s0.tuple[0], s1.tuple[0]),))]


@tf_export("broadcast_static_shape")
def broadcast_static_shape(shape_x: TensorShape, shape_y: TensorShape) -> TensorShape:
    """The TensorShape to which tensors of the shapes `shape_x` and `shape_y` broadcast.

    Raises:
        ValueError: they do not.
    """
    x, y = as_shape(shape_x), as_shape(shape_y)
    if x.tuple is None or y.tuple is None:
        return UNKNOWN
    rank = max(len(x.tuple), len(y.tuple))
    pairs = zip(*((1,) * (rank - len(t)) + t for t in (x.tuple, y.tuple)), strict=True)
    try:
        return TensorShape.of(tuple(broadcast_dims(a, b) for a, b in pairs))
    except ValueError:
        raise ValueError(
            "Incompatible shapes for broadcasting. Two shapes are compatible if for each dimension pair "
            f"they are either equal or one of them is 1. Received: {shape_x} and {shape_y}."
        ) from None
