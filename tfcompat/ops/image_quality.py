"""How much images differ, and how much changes within them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.assertion import Assert
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.identity import identity
from tfcompat.ops.image_color import convert_image_dtype
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_all, reduce_mean, reduce_prod, reduce_sum
from tfcompat.ops.sequences import range as sequence
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
        single = rank == 3
        down = images[1:] - images[:-1] if single else images[:, 1:] - images[:, :-1]
        across = images[:, 1:] - images[:, :-1] if single else images[:, :, 1:] - images[:, :, :-1]
        axes = None if single else [1, 2, 3]
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
    batch, height, width, depth = (sizes[i] for i in range(4))
    down = concat([image[:, 1:] - image[:, :-1], zeros(stack([batch, 1, width, depth]), image.dtype)], 1)
    across = concat([image[:, :, 1:] - image[:, :, :-1], zeros(stack([batch, height, 1, depth]), image.dtype)], 2)
    return reshape(down, sizes), reshape(across, sizes)


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
    kernels = tile(kernels, stack([1, 1, sizes[-1], 1]), name="sobel_filters")
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    filtered = raw_ops.DepthwiseConv2dNative(input=padded, filter=kernels, strides=[1, 1, 1, 1], padding="VALID")
    result = reshape(filtered, concat([sizes, [2]], 0))
    if static.rank is not None:
        result.set_shape([*static.as_list(), 2])
    return result


# ---------------------------------------------------------------- differences


def _compatible(first: Tensor, second: Tensor) -> list[Any]:
    """Checks of the run that two images have one shape, as far as that is not known; ValueError where it is wrong."""
    one, other = first.shape, second.shape
    if one.rank is not None and other.rank is not None:
        if one.rank < 3 or other.rank < 3:
            raise ValueError(f"Shape must be at least rank 3 but is rank {min(one.rank, other.rank)}")
        if any(p != q and None not in (p, q) for p, q in zip(one.as_list()[-3:], other.as_list()[-3:], strict=True)):
            raise ValueError(f"Shapes {one} and {other} are incompatible")
        if one.is_fully_defined() and other.is_fully_defined():
            return []
    ends = [shape(v)[-3:] for v in (first, second)]
    return [Assert(reduce_all(raw_ops.Equal(x=ends[0], y=ends[1])), ends)]


def _as_floats(first: Any, second: Any, max_val: Any) -> tuple[Tensor, Tensor, Tensor]:
    first, second = convert_to_tensor(first), convert_to_tensor(second)
    most = convert_image_dtype(cast(max_val, first.dtype), dtypes.float32)
    return convert_image_dtype(first, dtypes.float32), convert_image_dtype(second, dtypes.float32), most


@tf_export("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """The peak signal-to-noise ratio, 10 * log10(max_val^2 / mean squared difference), in decibels.

    Args:
        a: images [..., height, width, channels].
        b: images of the same shape.
        max_val: difference of the largest and the least possible pixel.
        name: name of the last operation.

    Returns:
        float32, a number per image.
    """
    with name_scope(None, "PSNR", [a, b]):
        first, second, most = _as_floats(a, b, max_val)
        checks = _compatible(first, second)
        error = reduce_mean(raw_ops.SquaredDifference(x=first, y=second), [-3, -2, -1])
        peak = 20 * raw_ops.Log(x=most) / raw_ops.Log(x=10.0)
        result = raw_ops.Sub(x=peak, y=np.float32(10 / math.log(10)) * raw_ops.Log(x=error), name="psnr")
        with control_dependencies(checks):
            return identity(result, name=name)  # type: ignore[no-any-return]


def _gauss(size: int, sigma: float) -> Tensor:
    """A normalised bell [size, size, 1, 1]."""
    place = cast(sequence(size), dtypes.float32) - (size - 1) / 2
    weights = place * place * np.float32(-0.5 / sigma**2)
    flat = reshape(reshape(weights, [1, -1]) + reshape(weights, [-1, 1]), [1, -1])
    return reshape(raw_ops.Softmax(logits=flat), [size, size, 1, 1])


def _similarity(
    first: Tensor, second: Tensor, most: Tensor, size: int, sigma: float, k1: float, k2: float
) -> tuple[Tensor, Tensor]:
    """The index and its contrast part of each window: [..., rows, columns, channels]."""
    sizes = [shape(v) for v in (first, second)]
    fits = [Assert(reduce_all(raw_ops.GreaterEqual(x=s[-3:-1], y=size)), [s, size]) for s in sizes]
    with control_dependencies(fits):
        first = identity(first)
    kernel = tile(_gauss(size, sigma), stack([1, 1, sizes[0][-1], 1]))

    def mean(x: Tensor) -> Tensor:
        own = shape(x)
        flat = reshape(x, concat([[-1], own[-3:]], 0))
        smooth = raw_ops.DepthwiseConv2dNative(input=flat, filter=kernel, strides=[1, 1, 1, 1], padding="VALID")
        return reshape(smooth, concat([own[:-3], shape(smooth)[1:]], 0))

    c1, c2 = (k1 * most) ** 2, (k2 * most) ** 2
    means = mean(first), mean(second)
    product, squares = means[0] * means[1] * 2.0, means[0] ** 2 + means[1] ** 2
    luminance = (product + c1) / (squares + c1)
    contrast = (mean(first * second) * 2.0 - product + c2) / (mean(first**2 + second**2) - squares + c2)
    return luminance * contrast, contrast


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
        first, second, most = _as_floats(img1, img2, max_val)
        with control_dependencies(_compatible(first, second)):
            first = identity(first)
        index, _ = _similarity(first, second, most, filter_size, filter_sigma, k1, k2)
        return reduce_mean(index, [-1] if return_index_map else [-3, -2, -1])


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
        first, second, most = _as_floats(img1, img2, max_val)
        with control_dependencies(_compatible(first, second)):
            first = identity(first)
        found: list[Tensor] = []
        for scale in range(len(power_factors)):
            if scale:
                first, second = _halved(first), _halved(second)
            index, contrast = _similarity(first, second, most, filter_size, filter_sigma, k1, k2)
            part = index if scale == len(power_factors) - 1 else contrast
            found.append(raw_ops.Relu(features=reduce_mean(part, [-3, -2])))
        powers = raw_ops.Pow(x=stack(found, axis=-1), y=convert_to_tensor(list(power_factors), dtypes.float32))
        return reduce_mean(reduce_prod(powers, [-1]), [-1])


def _halved(images: Tensor) -> Tensor:
    """Means over squares of four pixels, the image mirrored where a row or column is left over."""
    sizes = shape(images)
    flat = reshape(images, concat([[-1], sizes[-3:]], 0))
    left = raw_ops.FloorMod(x=sizes[-3:-1], y=2)
    even = pad(flat, [[0, 0], [0, left[0]], [0, left[1]], [0, 0]], mode="SYMMETRIC")
    small = raw_ops.AvgPool(value=even, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    return reshape(small, concat([sizes[:-3], shape(small)[1:]], 0))
