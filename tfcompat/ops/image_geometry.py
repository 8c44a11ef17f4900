"""Cropping, padding, flipping and turning images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, shape, squeeze, transpose
from tfcompat.ops.assertion import Assert
from tfcompat.ops.cast import cast
from tfcompat.ops.control_flow import cond, switch_case
from tfcompat.ops.identity import identity
from tfcompat.ops.image_resize import ResizeMethod, resize_images
from tfcompat.ops.packing import stack
from tfcompat.ops.random import random_uniform
from tfcompat.ops.reversal import reverse

Size = Any
"""An int or an int32 scalar."""


def _known(value: Any) -> bool:
    return not isinstance(value, Tensor)


def _batch(image: Any) -> tuple[Tensor, bool]:
    """`image` as [batch, height, width, channels], and whether it had no batch; so it is if its rank is unknown."""
    image = convert_to_tensor(image, name="image")
    if image.shape.ndims is None:
        images = expand_dims(image, 0)
        images.set_shape([None] * 4)
        return images, True
    if image.shape.ndims not in (3, 4):
        raise ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")
    return (expand_dims(image, 0), True) if image.shape.ndims == 3 else (image, False)


def _height_width(images: Tensor) -> tuple[Size, Size]:
    dims = images.shape.as_list()
    dynamic = None if None not in dims[1:3] else shape(images)
    height, width = (dims[a] if dims[a] is not None else dynamic[a] for a in (1, 2))  # type: ignore[index]
    return height, width


def _checked(image: Tensor, *checks: tuple[Any, str]) -> Tensor:
    """`image`, after runs have checked what is not known; ValueError for what is known to fail."""
    dynamic = []
    for holds, message in checks:
        if _known(holds):
            if not holds:
                raise ValueError(message)
        else:
            dynamic.append(Assert(holds, [message]))
    if not dynamic:
        return image
    with control_dependencies(dynamic):
        return identity(image)


def _int(value: Size) -> int | None:
    return int(value) if _known(value) else None


def _finished(images: Tensor, source: Tensor, height: Size, width: Size, single: bool) -> Tensor:
    batch, *_, channels = source.shape.as_list()
    images.set_shape([batch, _int(height), _int(width), channels])
    return squeeze(images, axis=[0]) if single else images


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
        images, single = _batch(image)
        height, width = _height_width(images)
        images = _checked(
            images,
            (offset_width >= 0, "offset_width must be >= 0."),
            (offset_height >= 0, "offset_height must be >= 0."),
            (target_width > 0, "target_width must be > 0."),
            (target_height > 0, "target_height must be > 0."),
            (width >= target_width + offset_width, "width must be >= target + offset."),
            (height >= target_height + offset_height, "height must be >= target + offset."),
        )
        cropped = raw_ops.Slice(
            input=images,
            begin=stack([0, offset_height, offset_width, 0]),
            size=stack([-1, target_height, target_width, -1]),
        )
        return _finished(cropped, images, target_height, target_width, single)


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
        images, single = _batch(image)
        height, width = _height_width(images)
        below, right = target_height - offset_height - height, target_width - offset_width - width
        images = _checked(
            images,
            (offset_height >= 0, "offset_height must be >= 0"),
            (offset_width >= 0, "offset_width must be >= 0"),
            (right >= 0, "width must be <= target - offset"),
            (below >= 0, "height must be <= target - offset"),
        )
        paddings = raw_ops.Reshape(tensor=stack([0, 0, offset_height, below, offset_width, right, 0, 0]), shape=[4, 2])
        padded = raw_ops.Pad(input=images, paddings=paddings)
        return _finished(padded, images, target_height, target_width, single)


def _larger(x: Size, y: Size) -> Size:
    return max(x, y) if _known(x) and _known(y) else raw_ops.Maximum(x=x, y=y)


def _smaller(x: Size, y: Size) -> Size:
    return min(x, y) if _known(x) and _known(y) else raw_ops.Minimum(x=x, y=y)


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
        images, single = _batch(image)
        images = _checked(
            images, (target_width > 0, "target_width must be > 0."), (target_height > 0, "target_height must be > 0.")
        )
        height, width = _height_width(images)
        down, across = target_height - height, target_width - width
        cropped = crop_to_bounding_box(
            images,
            _larger(-down // 2, 0),
            _larger(-across // 2, 0),
            _smaller(target_height, height),
            _smaller(target_width, width),
        )
        padded = pad_to_bounding_box(
            cropped, _larger(down // 2, 0), _larger(across // 2, 0), target_height, target_width
        )
        return _finished(padded, images, target_height, target_width, single)


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
        images, single = _batch(image)
        images = _checked(
            images, (target_width > 0, "target_width must be > 0."), (target_height > 0, "target_height must be > 0.")
        )
        own = [cast(convert_to_tensor(n), dtypes.float32) for n in _height_width(images)]
        wanted = [cast(convert_to_tensor(n), dtypes.float32) for n in (target_height, target_width)]
        ratio = raw_ops.Maximum(x=own[1] / wanted[1], y=own[0] / wanted[0])
        fitted = [n / ratio for n in own]
        before = [
            raw_ops.Maximum(x=0, y=cast(raw_ops.Floor(x=(most - n) / 2), dtypes.int32))
            for most, n in zip(wanted, fitted, strict=True)
        ]
        size = stack([cast(raw_ops.Floor(x=n), dtypes.int32) for n in fitted])
        resized = resize_images(images, size, method, align_corners)
        padded = pad_to_bounding_box(resized, before[0], before[1], target_height, target_width)
        return _finished(padded, images, target_height, target_width, single)


@tf_export("image.central_crop")
def central_crop(image: Any, central_fraction: Any) -> Tensor:
    """The middle of images, `central_fraction` of their height and width.

    Args:
        image: [batch, height, width, channels] or [height, width, channels].
        central_fraction: in (0, 1].

    Raises:
        ValueError: it is outside (0, 1].
    """
    with name_scope(None, "central_crop", [image]):
        if _known(central_fraction) and not 0 < central_fraction <= 1:
            raise ValueError("central_fraction must be within (0, 1]")
        image = convert_to_tensor(image, name="image")
        if image.shape.ndims is None:
            raise ValueError("'image' must have a known rank of 3 or 4.")
        images, single = _batch(image)
        if _known(central_fraction) and central_fraction == 1.0:
            return convert_to_tensor(image)
        starts = [_margin(n, central_fraction) for n in _height_width(images)]
        sizes = [n - start * 2 for n, start in zip(_height_width(images), starts, strict=True)]
        cropped = raw_ops.Slice(input=images, begin=stack([0, *starts, 0]), size=stack([-1, *sizes, -1]))
        return _finished(cropped, images, sizes[0], sizes[1], single)


def _margin(size: Size, fraction: Any) -> Size:
    if _known(size) and _known(fraction):
        return int((float(size) - float(size) * fraction) / 2)
    wide = cast(size, dtypes.float64)
    return cast((wide - wide * cast(fraction, dtypes.float64)) / 2.0, dtypes.int32)


def _flip_axis(image: Tensor, axis: int) -> int:
    """The position of `axis` of an image without batch."""
    if image.shape.ndims in (None, 3):
        return axis
    if image.shape.ndims == 4:
        return axis + 1
    raise ValueError("'image' must have either 3 or 4 dimensions.")


@tf_export("image.flip_left_right")
def flip_left_right(image: Any) -> Tensor:
    """Images [..., height, width, channels], of rank 3 or 4, with their columns in reverse order."""
    with name_scope(None, "flip_left_right", [image]):
        image = convert_to_tensor(image, name="image")
        return reverse(image, [_flip_axis(image, 1)])


@tf_export("image.flip_up_down")
def flip_up_down(image: Any) -> Tensor:
    """Images [..., height, width, channels], of rank 3 or 4, with their rows in reverse order."""
    with name_scope(None, "flip_up_down", [image]):
        image = convert_to_tensor(image, name="image")
        return reverse(image, [_flip_axis(image, 0)])


def _random_flip(image: Any, axis: int, seed: int | None, scope_name: str) -> Tensor:
    with name_scope(None, scope_name, [image]) as scope:
        image = convert_to_tensor(image, name="image")
        at = _flip_axis(image, axis)
        if image.shape.ndims != 4:
            pick = raw_ops.Less(x=random_uniform([], 0, 1.0, seed=seed), y=0.5)
            result = cond(pick, lambda: reverse(image, [at]), lambda: identity(image), name=scope)
            result.set_shape(image.shape)
            return result  # type: ignore[no-any-return]
        chances = random_uniform([shape(image)[0]], 0, 1.0, seed=seed)
        flips = raw_ops.Reshape(tensor=raw_ops.Round(x=chances), shape=stack([shape(image)[0], 1, 1, 1]))
        flips = cast(flips, image.dtype)
        return flips * reverse(image, [at]) + (1 - flips) * image  # type: ignore[no-any-return]


@tf_export("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """Images of rank 3 or 4, each with its columns in reverse order with a chance of one half."""
    return _random_flip(image, 1, seed, "random_flip_left_right")


@tf_export("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """Images of rank 3 or 4, each with its rows in reverse order with a chance of one half."""
    return _random_flip(image, 0, seed, "random_flip_up_down")


@tf_export("image.transpose", "image.transpose_image")
def transpose_image(image: Any, name: str | None = None) -> Tensor:
    """Images of rank 3 or 4 with rows and columns exchanged."""
    with name_scope(name, "transpose", [image]):
        image = convert_to_tensor(image, name="image")
        perm = [1, 0, 2] if _flip_axis(image, 0) == 0 else [0, 2, 1, 3]
        return transpose(image, perm, name="transpose")


@tf_export("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """Images of rank 3 or 4 turned counter-clockwise by `k` quarter turns, an int or int32 scalar."""
    with name_scope(name, "rot90", [image, k]):
        image = convert_to_tensor(image, name="image")
        rows = _flip_axis(image, 0)
        perm = [1, 0, 2] if rows == 0 else [0, 2, 1, 3]
        turns: list[Callable[[], Tensor]] = [
            lambda: identity(image),
            lambda: reverse(transpose(image, perm), [rows]),
            lambda: reverse(image, [rows, rows + 1]),
            lambda: reverse(transpose(image, perm), [rows + 1]),
        ]
        if _known(k):
            return turns[int(k) % 4]()
        turn = raw_ops.FloorMod(x=convert_to_tensor(k, dtypes.int32), y=4)
        return switch_case(turn, turns)  # type: ignore[no-any-return]
