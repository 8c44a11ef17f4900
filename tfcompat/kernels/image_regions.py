"""Host kernels of regions of images: boxes drawn, random crops, glimpses, gradients of boxes cut out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.random import philox
from tfcompat.kernels.random.arguments import generator
from tfcompat.kernels.random.stateless import stream_of_seed

Array = np.ndarray
F32 = np.float32

_COLORS = np.array([[1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [0.5, 0, 0.5, 1], [0.5, 0.5, 0, 1],
                    [0.5, 0, 0, 1], [0, 0, 0.5, 1], [0, 1, 1, 1], [1, 0, 1, 1]], F32)  # fmt: skip


@kernel("DrawBoundingBoxes", "DrawBoundingBoxesV2")
def _draw(k: KernelContext, images: Array, boxes: Array, colors: Array | None = None) -> Array:
    _, height, width, depth = images.shape
    if depth not in (1, 3, 4):
        raise InvalidArgumentError(None, k.op, "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    if boxes.ndim != 3 or boxes.shape[2] != 4 or boxes.shape[0] != images.shape[0]:
        raise InvalidArgumentError(None, k.op, f"The batch sizes or boxes do not fit: {images.shape}, {boxes.shape}")
    table = _COLORS if colors is None or not len(colors) else colors
    if table.shape[1] < depth:
        raise InvalidArgumentError(None, k.op, f"colors must have {depth} columns, got {table.shape[1]}")
    table = np.ones((1, 1), F32) if depth == 1 and colors is None else table[:, :depth]
    out = images.copy()
    for image, image_boxes in zip(out, boxes.astype(F32), strict=True):
        for number, box in enumerate(image_boxes):
            _draw_one(image, box, table[number % len(table)], height, width)
    return out


def _draw_one(image: Array, box: Array, color: Array, height: int, width: int) -> None:
    if np.isnan(box).any():
        return
    top, bottom = (int(box[i] * F32(height - 1)) for i in (0, 2))
    left, right = (int(box[i] * F32(width - 1)) for i in (1, 3))
    if top > bottom or left > right or top >= height or bottom < 0 or left >= width or right < 0:
        return
    rows = slice(max(top, 0), min(bottom, height - 1) + 1)
    columns = slice(max(left, 0), min(right, width - 1) + 1)
    if top >= 0:
        image[top, columns] = color
    if bottom < height:
        image[bottom, columns] = color
    if left >= 0:
        image[rows, left] = color
    if right < width:
        image[rows, right] = color


# ---------------------------------------------------------------- random crops


class _Words:
    """Random 32-bit numbers one after the other."""

    def __init__(self, stream: philox.Philox):
        self._stream = stream
        self._ready: list[int] = []

    def next(self) -> int:
        """The next number."""
        if not self._ready:
            self._ready = self._stream.words(1)[0].tolist()
            self._stream = self._stream.skip(1)
        return self._ready.pop(0)

    def uniform(self) -> np.float32:
        """In [0, 1), of the lowest 23 bits."""
        return F32((self.next() & 0x7FFFFF) / (1 << 23))

    def below(self, limit: int) -> int:
        """In [0, limit), each as likely."""
        if limit & (limit - 1) == 0:
            return self.next() & (limit - 1)
        least = (2**32 - 1) % limit + 1
        while True:
            word = self.next()
            if word >= least:
                return word % limit


_Rectangle = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


@kernel("SampleDistortedBoundingBox", "SampleDistortedBoundingBoxV2", "StatelessSampleDistortedBoundingBox")
def _sample(
    k: KernelContext, size: Array, boxes: Array, least_covered: Array | None = None, seed: Array | None = None
) -> tuple[Array, Array, Array]:
    if size.shape != (3,):
        raise InvalidArgumentError(None, k.op, f"image_size must contain 3 elements {list(size.shape)}")
    height, width = int(size[0]), int(size[1])
    if height <= 0 or width <= 0:
        raise InvalidArgumentError(None, k.op, f"image height and width must be positive, got {height} and {width}")
    covered = float(k.attr("min_object_covered") if least_covered is None else least_covered)
    if covered < 0:
        raise InvalidArgumentError(None, k.op, f"Min object covered must be non-negative: {covered}")
    objects = _objects(k, boxes, height, width)
    aspects, areas = ([F32(v) for v in k.attr(name)] for name in ("aspect_ratio_range", "area_range"))
    words = _Words(generator(k).reserve(k.attr("max_attempts")) if seed is None else stream_of_seed(seed.tolist()))
    left, top, right, bottom = 0, 0, width, height
    for _ in range(k.attr("max_attempts")):
        aspect = words.uniform() * (aspects[1] - aspects[0]) + aspects[0]
        crop = _crop(words, width, height, areas, aspect)
        if crop is not None and _covers(crop, covered, objects):
            left, top, right, bottom = crop
            break
    dtype = size.dtype
    box = [top / F32(height), left / F32(width), bottom / F32(height), right / F32(width)]
    return (
        np.array([top, left, 0], dtype),
        np.array([bottom - top, right - left, -1], dtype),
        np.array(box, F32).reshape(1, 1, 4),
    )


def _objects(k: KernelContext, boxes: Array, height: int, width: int) -> list[_Rectangle]:
    found = []
    for y1, x1, y2, x2 in boxes.reshape(-1, 4).astype(F32):
        if not (0 <= y1 < y2 <= 1 and 0 <= x1 < x2 <= 1):
            raise InvalidArgumentError(
                None, k.op, f"All bounding box coordinates must be in [0.0, 1.0]: {y1} {x1} {y2} {x2}"
            )
        found.append((int(x1 * F32(width)), int(y1 * F32(height)), int(x2 * F32(width)), int(y2 * F32(height))))
    if not found:
        if not k.attr("use_image_if_no_bounding_boxes"):
            message = "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if you wish "
            raise InvalidArgumentError(None, k.op, message + "to not provide any bounding boxes.")
        found.append((0, 0, width, height))
    return found


def _crop(
    words: _Words, own_width: int, own_height: int, areas: Sequence[np.float32], aspect: np.float32
) -> _Rectangle | None:
    """A rectangle of random height and place, None when there is none of that shape."""
    least, most = (area * F32(own_width) * F32(own_height) for area in areas)
    height, highest = (int(np.rint(np.sqrt(area / aspect))) for area in (least, most))
    if int(np.rint(F32(highest) * aspect)) > own_width:
        highest = int(F32(own_width + 0.5 - 1e-7) / aspect)
        if int(np.rint(F32(highest) * aspect)) > own_width:
            highest -= 1
    highest = min(highest, own_height)
    height = min(height, highest)
    if height < highest:
        height += words.below(highest - height + 1)
    width = int(np.rint(F32(height) * aspect))
    for change in (1, -1):
        area = F32(width * height)
        if area < least if change > 0 else area > most:
            height += change
            width = int(np.rint(F32(height) * aspect))
    area = F32(width * height)
    if not (least <= area <= most and 0 < width <= own_width and 0 < height <= own_height):
        return None
    top = words.below(own_height - height) if height < own_height else 0
    left = words.below(own_width - width) if width < own_width else 0
    return left, top, left + width, top + height


def _area(rectangle: _Rectangle) -> int:
    left, top, right, bottom = rectangle
    return max(0, right - left) * max(0, bottom - top)


def _covers(crop: _Rectangle, covered: float, objects: Sequence[_Rectangle]) -> bool:
    """Whether enough of one of the objects lies inside."""
    for box in objects if _area(crop) >= 1 else ():
        common = (max(crop[0], box[0]), max(crop[1], box[1]), min(crop[2], box[2]), min(crop[3], box[3]))
        if _area(box) >= 1 and F32(_area(common)) / F32(_area(box)) >= F32(covered):
            return True
    return False


# ---------------------------------------------------------------- glimpses


@kernel("ExtractGlimpse", "ExtractGlimpseV2")
def _glimpse(k: KernelContext, images: Array, size: Array, offsets: Array) -> Array:
    batch, height, width, depth = images.shape
    if size.shape != (2,):
        raise InvalidArgumentError(None, k.op, f"input must be a vector of size 2 (height, width) {list(size.shape)}")
    if offsets.shape != (batch, 2):
        raise InvalidArgumentError(None, k.op, f"input must be a tensor [batch_size, 2] {list(offsets.shape)}")
    rows, columns = int(size[0]), int(size[1])
    if rows <= 0 or columns <= 0:
        raise InvalidArgumentError(None, k.op, f"glimpse must be positive, got {rows} x {columns}")
    out = _noise(k, images, (batch, rows, columns, depth))
    for index, (y, x) in enumerate(offsets.astype(np.float64)):
        top, left = (_start(k, *v) for v in ((y, height, rows), (x, width, columns)))
        inner = slice(max(0, -top), min(rows, height - top)), slice(max(0, -left), min(columns, width - left))
        if inner[0].start < inner[0].stop and inner[1].start < inner[1].stop:
            source = images[index, top + inner[0].start : top + inner[0].stop]
            out[(index, *inner)] = source[:, left + inner[1].start : left + inner[1].stop]
    return out


def _start(k: KernelContext, offset: float, size: int, window: int) -> int:
    """The first pixel of a window along one axis."""
    if k.attr("normalized"):
        offset *= size
    if k.attr("centered"):
        offset = offset / 2 + size / 2
    return math.trunc(offset - window / 2)


def _noise(k: KernelContext, images: Array, shape: tuple[int, ...]) -> Array:
    kind = k.attr("noise")
    if kind == b"zero" or not images.size:
        return np.zeros(shape, F32)
    random = np.random.default_rng()
    if kind == b"uniform" and k.attr("uniform_noise"):
        low, high = float(images.min()), float(images.max())
        return (random.random(shape) * (high - low) + low).astype(F32)
    return (random.standard_normal(shape) * float(images.std()) + float(images.mean())).astype(F32)


# ---------------------------------------------------------------- gradients of boxes cut out


def _along(start: np.float32, end: np.float32, size: int, count: int) -> tuple[Array, Array]:
    """Positions along an axis, and which are inside of the image."""
    last = F32(size - 1)
    step = (end - start) * last / F32(count - 1) if count > 1 else F32(0)
    first = start * last if count > 1 else F32(0.5) * (start + end) * last
    at = (first + np.arange(count, dtype=F32) * step).astype(F32)
    return at, (at >= 0) & (at <= last)


@kernel("CropAndResizeGradImage")
def _image_gradient(k: KernelContext, grads: Array, boxes: Array, owners: Array, size: Array) -> Array:
    out = np.zeros(size.tolist(), np.float64)
    for grad, box, owner in zip(grads, boxes.astype(F32), owners, strict=True):
        if not 0 <= owner < len(out):
            continue
        (y, in_y), (x, in_x) = (_along(box[a], box[a + 2], out.shape[a + 1], grad.shape[a]) for a in (0, 1))
        grad = grad[in_y][:, in_x].astype(np.float64)
        y, x = y[in_y], x[in_x]
        if k.attr("method") == b"nearest":
            np.add.at(out[owner], np.ix_(np.floor(y + F32(0.5)).astype(int), np.floor(x + F32(0.5)).astype(int)), grad)
            continue
        for rows, down in _weights(y):
            for columns, across in _weights(x):
                np.add.at(out[owner], np.ix_(rows, columns), grad * (down[:, None] * across)[..., None])
    return out.astype(k.output_dtype().as_numpy_dtype)


def _weights(at: Array) -> list[tuple[Array, Array]]:
    """Both neighbours of positions, and their shares."""
    low = np.floor(at)
    share = (at - low).astype(np.float64)
    return [(low.astype(int), 1 - share), (np.ceil(at).astype(int), share)]


@kernel("CropAndResizeGradBoxes")
def _boxes_gradient(k: KernelContext, grads: Array, image: Array, boxes: Array, owners: Array) -> Array:
    out = np.zeros(boxes.shape, np.float64)
    height, width = image.shape[1:3]
    for index, (grad, box, owner) in enumerate(zip(grads, boxes.astype(F32), owners, strict=True)):
        rows, columns = grad.shape[:2]
        (y, in_y), (x, in_x) = (_along(box[a], box[a + 2], image.shape[a + 1], grad.shape[a]) for a in (0, 1))
        grad = grad[in_y][:, in_x].astype(np.float64)
        picture = image[owner].astype(np.float64)
        (top, up), (bottom, down) = _weights(y[in_y])
        (left, near), (right, far) = _weights(x[in_x])
        corners = [picture[r][:, c] for r in (top, bottom) for c in (left, right)]
        up, down = up[:, None, None], down[:, None, None]
        near, far = near[None, :, None], far[None, :, None]
        over_y = ((near * (corners[2] - corners[0]) + far * (corners[3] - corners[1])) * grad).sum((1, 2))
        over_x = ((up * (corners[1] - corners[0]) + down * (corners[3] - corners[2])) * grad).sum((0, 2))
        for axis, over, number, inside, size in ((0, over_y, rows, in_y, height), (1, over_x, columns, in_x, width)):
            share = np.arange(number)[inside] / (number - 1) if number > 1 else np.full(int(inside.sum()), 0.5)
            out[index, axis] += (over * (1 - share)).sum() * (size - 1)
            out[index, axis + 2] += (over * share).sum() * (size - 1)
    return out.astype(F32)
