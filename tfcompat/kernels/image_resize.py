"""Host kernels of resizing images, their gradients, and of boxes cut out of images."""

from __future__ import annotations

import numpy as np

from tfcompat.graph import resampling
from tfcompat.graph.errors import InvalidArgumentError, OutOfRangeError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel

Array = np.ndarray


_MOST_ELEMENTS = 1 << 40


def _checked(k: KernelContext, images: Array, size: Array) -> tuple[int, int]:
    if images.ndim != 4:
        raise InvalidArgumentError(None, k.op, f"input must be 4-dimensional{list(images.shape)}")
    if size.shape != (2,):
        raise InvalidArgumentError(None, k.op, f"shape_t must have two elements{list(size.shape)}")
    if size.min() <= 0:
        raise InvalidArgumentError(None, k.op, "output dimensions must be positive")
    if 0 in images.shape[1:3]:
        raise InvalidArgumentError(None, k.op, "input image must be of non-zero size")
    height, width = int(size[0]), int(size[1])
    if images.shape[0] * height * width * images.shape[3] > _MOST_ELEMENTS:
        raise InvalidArgumentError(None, k.op, f"the resized images would have too many pixels: {height} x {width}")
    return height, width


def _mode(k: KernelContext) -> tuple[bool, bool]:
    return bool(k.attr("align_corners")), bool(k.attr("half_pixel_centers"))


@kernel("ResizeNearestNeighbor")
def _nearest(k: KernelContext, images: Array, size: Array) -> Array:
    height, width = _checked(k, images, size)
    rows = resampling.nearest(images.shape[1], height, *_mode(k))
    columns = resampling.nearest(images.shape[2], width, *_mode(k))
    return images[:, rows][:, :, columns]


@kernel("ResizeBilinear")
def _bilinear(k: KernelContext, images: Array, size: Array) -> Array:
    height, width = _checked(k, images, size)
    images = images.astype(np.float32)
    low, high, share = resampling.linear(images.shape[2], width, *_mode(k))
    left = images[:, :, low]
    across = left + (images[:, :, high] - left) * share[:, None]
    low, high, share = resampling.linear(images.shape[1], height, *_mode(k))
    top = across[:, low]
    return top + (across[:, high] - top) * share[:, None, None]


def _weighted(images: Array, axis: int, taps: tuple[Array, Array]) -> Array:
    """The sum over taps of slices of `images` along `axis` times weights."""
    positions, weights = taps
    shape = [1] * images.ndim
    shape[axis] = -1
    total = np.take(images, positions[:, 0], axis) * weights[:, 0].reshape(shape)
    for tap in range(1, positions.shape[1]):
        total = total + np.take(images, positions[:, tap], axis) * weights[:, tap].reshape(shape)
    return total


@kernel("ResizeBicubic")
def _bicubic(k: KernelContext, images: Array, size: Array) -> Array:
    height, width = _checked(k, images, size)
    rows = resampling.cubic(images.shape[1], height, *_mode(k))
    columns = resampling.cubic(images.shape[2], width, *_mode(k))
    return _weighted(_weighted(images.astype(np.float32), 1, rows), 2, columns)


@kernel("ResizeArea")
def _area(k: KernelContext, images: Array, size: Array) -> Array:
    height, width = _checked(k, images, size)
    corners = bool(k.attr("align_corners"))
    rows = resampling.area(images.shape[1], height, corners)
    columns = resampling.area(images.shape[2], width, corners)
    return _weighted(_weighted(images.astype(np.float32), 1, rows), 2, columns)


def _matrix(size: int, taps: tuple[Array, Array]) -> Array:
    """The weights as a matrix [outputs, inputs], in float64."""
    positions, weights = taps
    matrix = np.zeros((len(positions), size))
    for tap in range(positions.shape[1]):
        np.add.at(matrix, (np.arange(len(positions)), positions[:, tap]), weights[:, tap])
    return matrix


def _spread(grads: Array, rows: Array, columns: Array, dtype: np.dtype) -> Array:
    """The gradient of a resized image, spread back by the matrices of its rows and columns."""
    return np.einsum("nhwc,hi,wj->nijc", grads.astype(np.float64), rows, columns, optimize=True).astype(dtype)


def _linear_taps(size: int, wanted: int, mode: tuple[bool, bool]) -> tuple[Array, Array]:
    low, high, share = resampling.linear(size, wanted, *mode)
    return np.stack([low, high], 1), np.stack([1 - share, share], 1)


@kernel("ResizeBilinearGrad", "ResizeBicubicGrad")
def _smooth_grad(k: KernelContext, grads: Array, original: Array) -> Array:
    cubic = k.op.type == "ResizeBicubicGrad"
    matrices = []
    for axis in (1, 2):
        size, wanted = original.shape[axis], grads.shape[axis]
        taps = resampling.cubic(size, wanted, *_mode(k)) if cubic else _linear_taps(size, wanted, _mode(k))
        matrices.append(_matrix(size, taps))
    return _spread(grads, matrices[0], matrices[1], original.dtype)


@kernel("ResizeNearestNeighborGrad")
def _nearest_grad(k: KernelContext, grads: Array, size: Array) -> Array:
    matrices = []
    for axis in (1, 2):
        wanted = int(size[axis - 1])
        positions = resampling.nearest(wanted, grads.shape[axis], *_mode(k))[:, None]
        matrices.append(_matrix(wanted, (positions, np.ones(positions.shape))))
    return _spread(grads, matrices[0], matrices[1], grads.dtype)


@kernel("CropAndResize")
def _crop_and_resize(k: KernelContext, image: Array, boxes: Array, owners: Array, crop_size: Array) -> Array:
    height, width = int(crop_size[0]), int(crop_size[1])
    if height <= 0 or width <= 0:
        raise InvalidArgumentError(None, k.op, "crop dimensions must be positive")
    if owners.size and (owners.min() < 0 or owners.max() >= len(image)):
        raise OutOfRangeError(None, k.op, "box_index has values outside [0, batch_size)")
    out = np.full((len(boxes), height, width, image.shape[3]), k.attr("extrapolation_value"), np.float32)
    nearest = k.attr("method") in (b"nearest", "nearest")
    for i, (box, owner) in enumerate(zip(boxes.astype(np.float32), owners, strict=True)):
        rows, columns = (_sampled(box[a], box[a + 2], image.shape[a + 1], n) for a, n in ((0, height), (1, width)))
        inside = np.ix_(_inside(rows, image.shape[1]), _inside(columns, image.shape[2]))
        rows, columns = rows[inside[0].ravel()], columns[inside[1].ravel()]
        picture = image[owner].astype(np.float32)
        out[i][inside] = _at_nearest(picture, rows, columns) if nearest else _at_linear(picture, rows, columns)
    return out


def _sampled(start: np.float32, end: np.float32, size: int, count: int) -> Array:
    """Positions in a dimension of `size` that divide the stretch from `start` to `end`, parts of it, evenly."""
    last = np.float32(size - 1)
    if count == 1:
        return np.array([np.float32(0.5) * (start + end) * last], np.float32)
    step = (end - start) * last / np.float32(count - 1)
    return (start * last + np.arange(count, dtype=np.float32) * step).astype(np.float32)


def _inside(positions: Array, size: int) -> Array:
    return np.flatnonzero((positions >= 0) & (positions <= size - 1))


def _at_nearest(picture: Array, rows: Array, columns: Array) -> Array:
    def index(x: Array) -> Array:
        return np.floor(x + np.float32(0.5)).astype(np.int64)

    return picture[index(rows)][:, index(columns)]


def _at_linear(picture: Array, rows: Array, columns: Array) -> Array:
    top, bottom = np.floor(rows).astype(np.int64), np.ceil(rows).astype(np.int64)
    left, right = np.floor(columns).astype(np.int64), np.ceil(columns).astype(np.int64)
    across = (columns - left).astype(np.float32)[:, None]
    down = (rows - top).astype(np.float32)[:, None, None]
    upper = picture[top][:, left] + (picture[top][:, right] - picture[top][:, left]) * across
    lower = picture[bottom][:, left] + (picture[bottom][:, right] - picture[bottom][:, left]) * across
    return upper + (lower - upper) * down
