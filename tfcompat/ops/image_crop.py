"""Cutting images and putting zeros around them."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.image_checks import (
    Size,
    as_batch,
    assertion,
    known,
    known_or_none,
    sizes_of,
    three_axes,
    with_three_axes,
    without_batch,
)
from tfcompat.ops.image_resize import ResizeMethod, resize_images
from tfcompat.ops.math import floor
from tfcompat.ops.packing import stack
from tfcompat.ops.slicing import slice_ as slice_op
from tfcompat.ops.tiling import pad


@tf_export("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any, offset_height: Size, offset_width: Size, target_height: Size, target_width: Size
) -> Tensor:
    """The box of `target_height` and `target_width` whose upper left corner is at the offsets.

    Args:
        image: [batch, height, width, channels] or [height, width, channels].
        offset_height: first row.
        offset_width: first column.
        target_height: number of rows.
        target_width: number of columns.

    Raises:
        ValueError: the box is not inside the image. A run fails with InvalidArgumentError.
    """
    with name_scope(None, "crop_to_bounding_box", [image]):
        images, single = as_batch(image)
        checks = three_axes(images)
        batch, height, width, channels = sizes_of(images)
        checks += assertion(offset_width >= 0, "offset_width must be >= 0.")
        checks += assertion(offset_height >= 0, "offset_height must be >= 0.")
        checks += assertion(target_width > 0, "target_width must be > 0.")
        checks += assertion(target_height > 0, "target_height must be > 0.")
        checks += assertion(width >= target_width + offset_width, "width must be >= target + offset.")
        checks += assertion(height >= target_height + offset_height, "height must be >= target + offset.")
        images = with_dependencies(checks, images)
        begin = stack([0, offset_height, offset_width, 0])
        size = stack([shape(images)[0], target_height, target_width, shape(images)[3]])  # type: ignore[index]
        cropped = slice_op(images, begin, size)
        cropped.set_shape([known_or_none(size) for size in (batch, target_height, target_width, channels)])
        return without_batch(cropped, single)


@tf_export("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any, offset_height: Size, offset_width: Size, target_height: Size, target_width: Size
) -> Tensor:
    """`image` with zeros around it, its upper left corner at the offsets of an image of the target size.

    Args:
        image: [batch, height, width, channels] or [height, width, channels].
        offset_height: rows of zeros above.
        offset_width: columns of zeros to the left.
        target_height: rows of the result.
        target_width: columns of the result.

    Raises:
        ValueError: the image does not fit. A run fails with InvalidArgumentError.
    """
    with name_scope(None, "pad_to_bounding_box", [image]):
        images, single = as_batch(image)
        batch, height, width, channels = sizes_of(images)
        right, below = target_width - offset_width - width, target_height - offset_height - height
        checks = three_axes(images)
        checks += assertion(offset_height >= 0, "offset_height must be >= 0")
        checks += assertion(offset_width >= 0, "offset_width must be >= 0")
        checks += assertion(right >= 0, "width must be <= target - offset")
        checks += assertion(below >= 0, "height must be <= target - offset")
        images = with_dependencies(checks, images)
        paddings = reshape(stack([0, 0, offset_height, below, offset_width, right, 0, 0]), [4, 2])
        padded = pad(images, paddings)
        padded.set_shape([known_or_none(size) for size in (batch, target_height, target_width, channels)])
        return without_batch(padded, single)


def _larger(x: Size, y: Size) -> Size:
    return max(x, y) if known(x) and known(y) else raw_ops.Maximum(x=x, y=y)


def _smaller(x: Size, y: Size) -> Size:
    return min(x, y) if known(x) and known(y) else raw_ops.Minimum(x=x, y=y)


def _same(x: Size, y: Size) -> Any:
    return x == y if known(x) and known(y) else equal(x, y)


def _positive(images: Tensor, target_height: Size, target_width: Size) -> list[Any]:
    """The checks of images and of the size that they are to have."""
    return [
        *three_axes(images),
        *assertion(target_width > 0, "target_width must be > 0."),
        *assertion(target_height > 0, "target_height must be > 0."),
    ]


@tf_export("image.resize_with_crop_or_pad", "image.resize_image_with_crop_or_pad")
def resize_image_with_crop_or_pad(image: Any, target_height: Size, target_width: Size) -> Tensor:
    """The central part of `image`, with zeros around it where the target is larger.

    Args:
        image: [batch, height, width, channels] or [height, width, channels].
        target_height: rows of the result.
        target_width: columns of the result.

    Raises:
        ValueError: a target is not positive.
    """
    with name_scope(None, "resize_image_with_crop_or_pad", [image]):
        images, single = as_batch(image)
        checks = _positive(images, target_height, target_width)
        images = with_dependencies(checks, images)
        target_height, target_width = (
            size if known(size) else with_dependencies(checks, size) for size in (target_height, target_width)
        )
        _, height, width, _ = sizes_of(images)
        across = target_width - width
        crop_left, pad_left = _larger(-across // 2, 0), _larger(across // 2, 0)
        down = target_height - height
        crop_above, pad_above = _larger(-down // 2, 0), _larger(down // 2, 0)
        cropped = crop_to_bounding_box(
            images, crop_above, crop_left, _smaller(target_height, height), _smaller(target_width, width)
        )
        resized = pad_to_bounding_box(cropped, pad_above, pad_left, target_height, target_width)
        _, height, width, _ = sizes_of(resized)
        checks = assertion(_same(height, target_height), "resized height is not correct.")
        checks += assertion(_same(width, target_width), "resized width is not correct.")
        return without_batch(with_dependencies(checks, resized), single)


@tf_export("image.resize_image_with_pad")
def resize_image_with_pad(
    image: Any,
    target_height: Size,
    target_width: Size,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Tensor:
    """`image` resized to the largest size of its proportions that fits, in the middle of an image of zeros.

    Args:
        image: [batch, height, width, channels] or [height, width, channels].
        target_height: rows of the result.
        target_width: columns of the result.
        method: a key of `ResizeMethod`.
        align_corners: see `tf.image.resize`.

    Returns:
        float32, or the type of `image` for the nearest pixel, of the target size.

    Raises:
        ValueError: a target is not positive, or the rank is wrong.
    """
    with name_scope(None, "resize_image_with_pad", [image]):
        images, single = as_batch(image)
        images = with_dependencies(_positive(images, target_height, target_width), images)
        _, height, width, _ = sizes_of(images)
        high, wide, most_high, most_wide = (
            cast(size, dtypes.float32) for size in (height, width, target_height, target_width)
        )
        ratio = _larger(wide / most_wide, high / most_high)
        high, wide = high / ratio, wide / ratio
        size = [cast(floor(high), dtypes.int32), cast(floor(wide), dtypes.int32)]
        above, left = (most_high - high) / 2, (most_wide - wide) / 2
        above, left = floor(above), floor(left)
        above, left = (_larger(0, cast(zeros, dtypes.int32)) for zeros in (above, left))
        resized = resize_images(images, size, method, align_corners)
        padded = pad_to_bounding_box(resized, above, left, target_height, target_width)
        sizes_of(padded)
        return without_batch(padded, single)


@tf_export("image.central_crop")
def central_crop(image: Any, central_fraction: Any) -> Tensor:
    """The middle of images, `central_fraction` of their height and width.

    Args:
        image: [batch, height, width, channels] or [height, width, channels].
        central_fraction: in (0, 1].

    Raises:
        ValueError: it is outside (0, 1], or the rank of `image` is neither 3 nor 4.
    """
    with name_scope(None, "central_crop", [image]):
        image = convert_to_tensor(image, name="image")
        fraction = get_static_value(central_fraction) if isinstance(central_fraction, Tensor) else central_fraction
        if fraction is None:
            holds = raw_ops.LogicalOr(x=central_fraction > 0.0, y=central_fraction <= 1.0)
            image = with_dependencies(assertion(holds, "central_fraction must be within (0, 1]"), image)
        elif not 0.0 < fraction <= 1.0:
            raise ValueError("central_fraction must be within (0, 1]")
        elif fraction == 1.0:
            return image  # type: ignore[no-any-return]
        with_three_axes(image)
        if image.shape.rank not in (3, 4):
            raise ValueError(
                f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {image.shape.rank}."
            )
        dims, rows = image.shape.as_list(), image.shape.rank - 3
        sizes = [dims[a] if dims[a] is not None else shape(image)[a] for a in (rows, rows + 1)]  # type: ignore[index]
        starts = [_margin(size, fraction, central_fraction) for size in sizes]
        sizes = [size - start * 2 for size, start in zip(sizes, starts, strict=True)]
        begin = stack([*[0] * rows, *starts, 0])
        cropped = slice_op(image, begin, stack([*[-1] * rows, *sizes, -1]))
        cropped.set_shape([*dims[:rows], *(known_or_none(size) for size in sizes), dims[-1]])
        return cropped  # type: ignore[no-any-return]


def _margin(size: Size, fraction: Any, given: Any) -> Size:
    """How many places of `size` lie before the middle `fraction`; None for a fraction that only a run knows."""
    if known(size) and fraction is not None:
        return int((float(size) - float(size) * fraction) / 2)
    wide = cast(size, dtypes.float64)
    return cast((wide - wide * cast(given, dtypes.float64)) / 2, dtypes.int32)
