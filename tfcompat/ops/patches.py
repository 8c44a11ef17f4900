"""Patches of images and volumes."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import patches
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import reshape, shape_internal, transpose


@tf_export("image.extract_patches")
def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None) -> Tensor:
    """The patches of images, each flattened into the channels of one pixel.

    Args:
        images: shape [batch, height, width, channels].
        sizes: [1, rows, columns, 1], the size of a patch.
        strides: [1, rows, columns, 1], how far apart their corners are.
        rates: [1, rows, columns, 1], how far apart their pixels are.
        padding: "VALID" (patches inside of the image) or "SAME" (zeros around it).
        name: name of the operation.

    Returns:
        Shape [batch, patches down, patches across, rows * columns * channels].

    Raises:
        ValueError: an argument is missing, or there is no room for a patch.
    """
    return raw_ops.ExtractImagePatches(
        images=images,
        ksizes=sizes,
        strides=strides,
        rates=rates,  # type: ignore[no-any-return]
        padding=padding,
        name=name,
    )


@tf_export("image.extract_image_patches", "extract_image_patches")
def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str | None = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """`tf.image.extract_patches`; `ksizes` is the deprecated name of `sizes`."""
    ksizes = one_of("sizes", sizes, "ksizes", ksizes)
    return raw_ops.ExtractImagePatches(
        images=images,
        ksizes=ksizes,
        strides=strides,
        rates=rates,  # type: ignore[no-any-return]
        padding=padding,
        name=name,
    )


@tf_export("extract_volume_patches")
def extract_volume_patches(input: Any, ksizes: Any, strides: Any, padding: str, name: str | None = None) -> Tensor:
    """The patches of volumes, each flattened into the channels of one voxel; see `tf.image.extract_patches`.

    Args:
        input: shape [batch, planes, rows, columns, channels].
        ksizes: [1, planes, rows, columns, 1].
        strides: [1, planes, rows, columns, 1].
        padding: "VALID" or "SAME".
        name: name of the operation.
    """
    return raw_ops.ExtractVolumePatches(input=input, ksizes=ksizes, strides=strides, padding=padding, name=name)  # type: ignore[no-any-return]


@shape_of("ExtractImagePatches", "ExtractVolumePatches")
def _patches_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    rank = 4 if c.op.type == "ExtractImagePatches" else 5
    if x.rank not in (None, rank):
        raise ValueError(f"Shape must be rank {rank} but is rank {x.rank}")
    sizes, strides = c.attr("ksizes"), c.attr("strides")
    rates = c.attr("rates") if rank == 4 else [1] * rank
    for what, values in (("ksizes", sizes), ("strides", strides), ("rates", rates)):
        if len(values) != rank:
            raise ValueError(
                f"ExtractImagePatches requires the {what} attribute to contain {rank} values, but got: {len(values)}"
            )
    dims = x.tuple or (None,) * rank
    out: list[int | None] = [dims[0]]
    depth = dims[-1]
    for i in range(1, rank - 1):
        size = dims[i]
        out.append(None if size is None else patches.count(size, sizes[i], strides[i], rates[i], c.attr("padding")))
        depth = None if depth is None else depth * sizes[i]
    return [TensorShape.of((*out, depth))]


@gradient_of("ExtractImagePatches", "ExtractVolumePatches")
def _patches_grad(op: Operation, grad: Any) -> Tensor:
    """Sums, for every pixel, the gradients of all patch elements that show it.

    The patches of an image of pixel numbers, from 1 on, tell which pixel an element shows; 0 is the padding.
    """
    x = op.inputs[0]
    attrs = {key: op.attrs[key] for key in ("ksizes", "strides", "rates", "padding") if key in op.attrs}
    rank = 4 if op.type == "ExtractImagePatches" else 5
    sizes = shape_internal(x)
    space = sizes[1:-1]
    pixels = raw_ops.Prod(input=space, reduction_indices=[0])
    numbers = raw_ops.Range(start=1, limit=raw_ops.AddV2(x=pixels, y=1), delta=1)
    image = reshape(numbers, raw_ops.ConcatV2(values=[[1], space, [1]], axis=0))
    record = raw_ops.ExtractImagePatches if rank == 4 else raw_ops.ExtractVolumePatches
    shown = reshape(record(image, **attrs), [-1])
    batch, channels = sizes[0], sizes[rank - 1]
    elements = raw_ops.Size(input=shown)
    rows = transpose(reshape(grad, raw_ops.Pack(values=[batch, elements, channels])), [1, 0, 2])
    sums = raw_ops.UnsortedSegmentSum(data=rows, segment_ids=shown, num_segments=raw_ops.AddV2(x=pixels, y=1))
    found = transpose(raw_ops.Slice(input=sums, begin=[1, 0, 0], size=[-1, -1, -1]), [1, 0, 2])
    result = reshape(found, sizes)
    result.set_shape(x.shape)
    return result


@shape_of("Bucketize")
def _bucketize_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [x]
