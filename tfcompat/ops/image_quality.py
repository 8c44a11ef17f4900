"""How much images differ, and how much changes within them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape, shape_n, size
from tfcompat.ops.assertion import Assert
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.control_flow import cond
from tfcompat.ops.dilated import depthwise_conv2d
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import identity
from tfcompat.ops.image_color import convert_image_dtype
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.pool import avg_pool
from tfcompat.ops.reduction import reduce_all, reduce_any, reduce_mean, reduce_prod, reduce_sum
from tfcompat.ops.sequences import range as sequence
from tfcompat.ops.softmax import softmax
from tfcompat.ops.tiling import pad, tile


@tf_export("image.total_variation")
def total_variation(images: Any, name: str | None = None) -> Tensor:
    """The sum of absolute differences of neighbours.

    Args:
        images: [height, width, channels] or [batch, height, width, channels].
        name: name scope.

    Returns:
        A scalar, or one number per image.

    Raises:
        ValueError: the rank is another one.
    """
    with name_scope(name, "total_variation"):
        images = convert_to_tensor(images)
        rank = images.shape.rank
        if rank not in (3, 4):
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        if rank == 3:
            down, across = images[1:, :, :] - images[:-1, :, :], images[:, 1:, :] - images[:, :-1, :]
        else:
            down = images[:, 1:, :, :] - images[:, :-1, :, :]
            across = images[:, :, 1:, :] - images[:, :, :-1, :]
        axes = None if rank == 3 else [1, 2, 3]
        return reduce_sum(raw_ops.Abs(x=down), axes) + reduce_sum(raw_ops.Abs(x=across), axes)


@tf_export("image.image_gradients")
def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """(dy, dx): differences to the next row and to the next column, 0 in the last ones.

    Args:
        image: [batch, height, width, channels].

    Raises:
        ValueError: the rank is another one.
    """
    if image.shape.rank != 4:
        raise ValueError("image_gradients expects a 4D tensor [batch_size, h, w, d], not ", image.shape)
    sizes = shape(image)
    batch, height, width, depth = unstack(sizes)
    down = image[:, 1:, :, :] - image[:, :-1, :, :]
    across = image[:, :, 1:, :] - image[:, :, :-1, :]
    down = reshape(concat([down, zeros(stack([batch, 1, width, depth]), image.dtype)], 1), sizes)
    across = reshape(concat([across, zeros(stack([batch, height, 1, depth]), image.dtype)], 2), sizes)
    return down, across


@tf_export("image.sobel_edges")
def sobel_edges(image: Any) -> Tensor:
    """Sobel's filters of rows and columns, on the image mirrored at its edges.

    Args:
        image: float [batch, height, width, channels].

    Returns:
        [batch, height, width, channels, 2]: (dy, dx).
    """
    static = image.shape
    sizes = shape(image)
    rows = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32)
    kernels = convert_to_tensor(np.stack([rows, rows.T], -1)[:, :, None, :], dtype=image.dtype)
    kernels = tile(kernels, [1, 1, sizes[-1], 1], name="sobel_filters")  # type: ignore[index]
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    filtered = depthwise_conv2d(padded, kernels, [1, 1, 1, 1], "VALID")
    result = reshape(filtered, concat([sizes, [2]], 0))
    result.set_shape(static.concatenate([2]))
    return result


# ---------------------------------------------------------------- differences


def _compatible(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, list[Any]]:
    """The shapes of two images, and the checks of the run that their last three axes have the same sizes.

    Raises:
        ValueError: they are known not to fit each other.
    """
    one, other = first.shape.with_rank_at_least(3), second.shape.with_rank_at_least(3)
    one[-3:].assert_is_compatible_with(other[-3:])
    if one.rank is not None and other.rank is not None:
        for n, m in zip(reversed(one.as_list()[:-3]), reversed(other.as_list()[:-3]), strict=False):
            if 1 not in (n, m) and None not in (n, m) and n != m:
                raise ValueError(f"Two images are not compatible: {one} and {other}")
    sizes = shape_n([first, second])
    rank_fits = Assert(raw_ops.GreaterEqual(x=size(sizes[0]), y=3), sizes, summarize=10)
    same = reduce_all(raw_ops.Equal(x=sizes[0][-3:], y=sizes[1][-3:]))
    return sizes[0], sizes[1], [rank_fits, Assert(same, sizes, summarize=10)]


def _largest(max_val: Any, dtype: Any) -> Tensor:
    return convert_image_dtype(cast(max_val, dtype), dtypes.float32)


def _checked_floats(first: Any, second: Any, max_val: Any) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    """Two images and the largest pixel in float32, after checks; and the shapes of both."""
    first, second = convert_to_tensor(first, name="img1"), convert_to_tensor(second, name="img2")
    *sizes, checks = _compatible(first, second)
    with control_dependencies(checks):
        first = identity(first)
    most = _largest(max_val, first.dtype)
    return convert_image_dtype(first, dtypes.float32), convert_image_dtype(second, dtypes.float32), most, sizes


@tf_export("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """The peak signal-to-noise ratio, 10 * log10(max_val^2 / mean squared difference), in decibels.

    Args:
        a: images [..., height, width, channels].
        b: images of the same shape.
        max_val: difference of the largest and the least possible pixel.
        name: name scope.

    Returns:
        float32, a number per image.
    """
    with name_scope(name, "PSNR", [a, b]):
        most = _largest(max_val, convert_to_tensor(a).dtype)
        first, second = convert_image_dtype(a, dtypes.float32), convert_image_dtype(b, dtypes.float32)
        error = reduce_mean(raw_ops.SquaredDifference(x=first, y=second), [-3, -2, -1])
        peak = 20 * raw_ops.Log(x=most) / raw_ops.Log(x=10.0)
        result = raw_ops.Sub(x=peak, y=np.float32(10 / np.log(10)) * raw_ops.Log(x=error), name="psnr")
        *_, checks = _compatible(first, second)
        with control_dependencies(checks):
            return identity(result)  # type: ignore[no-any-return]


def _gauss(side: Tensor, sigma: Tensor) -> Tensor:
    """A normalised bell [side, side, 1, 1]."""
    place = cast(sequence(side), sigma.dtype)
    place = place - cast(side - 1, sigma.dtype) / 2.0  # type: ignore[operator]
    weights = raw_ops.Square(x=place) * (-0.5 / raw_ops.Square(x=sigma))
    flat = reshape(reshape(weights, [1, -1]) + reshape(weights, [-1, 1]), [1, -1])  # type: ignore[operator]
    return reshape(softmax(flat), [side, side, 1, 1])


def _similarity(
    first: Tensor, second: Tensor, most: Tensor, filter_size: int, sigma: float, k1: float, k2: float, mapped: bool
) -> tuple[Tensor, Tensor]:
    """Index and contrast part: of each window [..., rows, columns, channels] when `mapped`, else their means."""
    side = constant(filter_size, dtypes.int32)
    deviation = constant(sigma, first.dtype)
    sizes = shape_n([first, second])
    fits = [
        Assert(reduce_all(raw_ops.GreaterEqual(x=s[-3:-1], y=side)), [s, side], summarize=8)  # type: ignore[index]
        for s in sizes
    ]
    with control_dependencies(fits):
        first = identity(first)
    kernel = tile(_gauss(side, deviation), [1, 1, sizes[0][-1], 1])

    def mean(x: Tensor) -> Tensor:
        own = shape(x)
        flat = reshape(x, concat([[-1], own[-3:]], 0))  # type: ignore[index]
        smooth = depthwise_conv2d(flat, kernel, [1, 1, 1, 1], "VALID")
        return reshape(smooth, concat([own[:-3], shape(smooth)[1:]], 0))  # type: ignore[index]

    c1, c2 = (k1 * most) ** 2, (k2 * most) ** 2
    one, other = mean(first), mean(second)
    product = one * other * 2.0  # type: ignore[operator]
    squares = raw_ops.Square(x=one) + raw_ops.Square(x=other)
    luminance = (product + c1) / (squares + c1)
    mixed = mean(first * second) * 2.0  # type: ignore[operator]
    powers = mean(raw_ops.Square(x=first) + raw_ops.Square(x=second))
    c2 = c2 * 1.0
    contrast = (mixed - product + c2) / (powers - squares + c2)
    if mapped:
        return luminance * contrast, contrast
    axes = constant([-3, -2], dtypes.int32)
    return reduce_mean(luminance * contrast, axes), reduce_mean(contrast, axes)


@tf_export("image.ssim")
def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Tensor:
    """The structural similarity of images.

    Args:
        img1: images [..., height, width, channels], not smaller than the filter.
        img2: images of the same shape.
        max_val: difference of the largest and the least possible pixel.
        filter_size: side of the windows.
        filter_sigma: deviation of the weights in a window.
        k1, k2: small parts of `max_val` that keep divisors from zero.
        return_index_map: whether to return the index of each window.

    Returns:
        float32, a number per image in [-1, 1], or with `return_index_map` [..., rows, columns].
    """
    with name_scope(None, "SSIM", [img1, img2]):
        first, second, most, _ = _checked_floats(img1, img2, max_val)
        index, _ = _similarity(first, second, most, filter_size, filter_sigma, k1, k2, return_index_map)
        return reduce_mean(index, [-1])


@tf_export("image.ssim_multiscale")
def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Sequence[float] = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """The structural similarity of images and of their halves, quarters, ..., multiplied.

    Args:
        img1, img2, max_val, filter_size, filter_sigma, k1, k2: as for `ssim`.
        power_factors: powers of the contrast of each scale; the last one is that of the whole index.

    Returns:
        float32, a number per image in [0, 1].
    """
    with name_scope(None, "MS-SSIM", [img1, img2]):
        first, second, most, sizes = _checked_floats(img1, img2, max_val)
        images = [first, second]
        heads, tails = [s[:-3] for s in sizes], [s[-3:] for s in sizes]  # type: ignore[index]
        halves = constant([2, 2, 1], dtypes.int32)
        contrasts = []
        for scale in range(len(power_factors)):
            with name_scope(None, f"Scale{scale}", images):
                if scale:
                    smaller = _halved(images, tails, halves)
                    tails = [s[1:] for s in shape_n(smaller)]
                    images = [reshape(x, concat([h, t], 0)) for x, h, t in zip(smaller, heads, tails, strict=True)]
                index, contrast = _similarity(images[0], images[1], most, filter_size, filter_sigma, k1, k2, False)
                contrasts.append(raw_ops.Relu(features=contrast))
        found = stack([*contrasts[:-1], raw_ops.Relu(features=index)], axis=-1)
        powers = reduce_prod(raw_ops.Pow(x=found, y=list(power_factors)), [-1])
        return reduce_mean(powers, [-1])


def _halved(images: list[Tensor], tails: list[Any], halves: Tensor) -> list[Tensor]:
    """Means over squares of four pixels, the images mirrored where a row or column is left over."""
    flat = [reshape(x, concat([[-1], t], 0)) for x, t in zip(images, tails, strict=True)]
    left = tails[0] % halves

    def padded() -> list[Tensor]:
        more = pad(expand_dims(left, -1), [[1, 0], [1, 0]])
        return [pad(x, more, mode="SYMMETRIC") for x in flat]

    even = cond(reduce_any(raw_ops.NotEqual(x=left, y=0)), padded, lambda: flat)
    return [avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID") for x in even]
