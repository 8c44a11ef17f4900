"""Images scaled, translated and projected: ScaleAndTranslate, ImageProjectiveTransformV2 and V3."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import decomposes, gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import text_of
from tfcompat.ops.array import expand_dims, reshape, shape
from tfcompat.ops.binary import maximum, minimum
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_value
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones_like, zeros_like
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.linalg import matrix_inverse
from tfcompat.ops.masks import where_v2
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import sign
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.shape_checks import exact_rank


def _of_size(c: InferenceContext, images: TensorShape, position: int) -> list[TensorShape]:
    """[batch, height, width, channels] with the height and width that the input at `position` tells."""
    batch, *_, channels = exact_rank(images, 4).as_list()
    known = c.shape_value(position)
    return [TensorShape([batch, *(known.as_list() if known.rank == 2 else [None, None]), channels])]


@shape_of("ScaleAndTranslate")
def _scaled_shape(
    c: InferenceContext, images: TensorShape, size: TensorShape, scale: TensorShape, translation: TensorShape
) -> list[TensorShape]:
    for pair in (scale, translation):
        if exact_rank(pair, 1).as_list()[0] not in (2, None):
            raise ValueError(f"Dimension must be 2 but is {pair.as_list()[0]}")
    return _of_size(c, images, 1)


@shape_of("ScaleAndTranslateGrad")
def _scaled_gradient_shape(c: InferenceContext, grads: TensorShape, original: TensorShape, *_: Any) -> Any:
    return [original]


@gradient_of("ScaleAndTranslate")
def _scaled_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """The weights of each pixel of the result, spread back."""
    images, _, scale, translation = op.inputs
    kind, antialias = op.get_attr("kernel_type"), op.get_attr("antialias")
    back = raw_ops.ScaleAndTranslateGrad(
        grads=grad,
        original_image=images,
        scale=scale,
        translation=translation,
        kernel_type=kind,
        antialias=antialias,
    )
    return [back, None, None, None]


@shape_of("ImageProjectiveTransformV2", "ImageProjectiveTransformV3")
def _projected_shape(
    c: InferenceContext, images: TensorShape, transforms: TensorShape, size: TensorShape, *fill: TensorShape
) -> list[TensorShape]:
    exact_rank(size, 1)
    for value in fill:
        exact_rank(value, 0)
    exact_rank(transforms, 2)
    return _of_size(c, images, 2)


@gradient_of("ImageProjectiveTransformV2", "ImageProjectiveTransformV3")
def _projected_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """`grad` projected by the inverse transforms."""
    images, transforms = op.inputs[:2]
    matrices = reshape(concat([transforms, ones_like(transforms[:, :1])], 1), [-1, 3, 3])
    inverse = reshape(matrix_inverse(matrices), [-1, 9])
    given = {
        "images": grad,
        "transforms": inverse[:, :8] / inverse[:, 8:],
        "output_shape": shape(images)[1:3],
        "interpolation": op.get_attr("interpolation"),
        "fill_mode": op.get_attr("fill_mode"),
    }
    if op.type == "ImageProjectiveTransformV3":
        return [raw_ops.ImageProjectiveTransformV3(**given, fill_value=0.0), None, None, None]
    return [raw_ops.ImageProjectiveTransformV2(**given), None, None]


@decomposes("ImageProjectiveTransformV2", "ImageProjectiveTransformV3")
def _project(op: Operation, images: Tensor, transforms: Tensor, output_shape: Tensor, fill_value: Any = 0.0) -> Tensor:
    """Pixel (x, y) comes from ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k = c0 x + c1 y + 1."""
    count, eight = transforms.shape.as_list()
    if eight != 8 or count not in (1, None) and images.shape.as_list()[0] not in (count, None):
        raise InvalidArgumentError(None, op, "Input transform should be num_images x 8 or 1 x 8")
    a0, a1, a2, b0, b1, b2, c0, c1 = (expand_dims(expand_dims(t, -1), -1) for t in unstack(transforms, 8, axis=1))
    x = expand_dims(cast(range_of(output_shape[1]), dtypes.float32), 0)
    y = expand_dims(cast(range_of(output_shape[0]), dtypes.float32), 1)
    k = c0 * x + c1 * y + 1.0
    at_x, at_y = (a0 * x + a1 * y + a2) / k, (b0 * x + b1 * y + b2) / k
    nearest = text_of(op.attrs["interpolation"]) == "NEAREST"
    read = _Reader(images, images.dtype if nearest else dtypes.float32, fill_value, k)
    sizes = shape(images)
    mode = text_of(op.attrs["fill_mode"])
    at_x, at_y = _brought_inside(at_x, sizes[2], mode), _brought_inside(at_y, sizes[1], mode)
    if nearest:
        return read(_rounded(at_y), _rounded(at_x))
    left, top = _floor(at_x), _floor(at_y)
    right, bottom = left + 1.0, top + 1.0
    to_right, to_bottom = expand_dims(at_x - left, -1), expand_dims(at_y - top, -1)
    upper = (1.0 - to_right) * read(top, left) + to_right * read(top, right)
    lower = (1.0 - to_right) * read(bottom, left) + to_right * read(bottom, right)
    return cast(read.chosen((1.0 - to_bottom) * upper + to_bottom * lower), images.dtype)


def _floor(x: Tensor) -> Tensor:
    return raw_ops.Floor(x=x)  # type: ignore[no-any-return]


def _rounded(x: Tensor) -> Tensor:
    """The nearest whole number, halves away from 0."""
    return sign(x) * _floor(absolute(x) + 0.5)


class _Reader:
    """Reads pixels of images at whole positions [batch or 1, height, width] as `dtype`.

    There is `fill` outside of the images, and everywhere where `k` is 0.
    """

    def __init__(self, images: Tensor, dtype: DType, fill: Any, k: Tensor):
        self._images = images
        self._dtype = dtype
        self._fill = cast(fill, dtype)
        self._possible = expand_dims(raw_ops.NotEqual(x=k, y=0.0), -1)

    def __call__(self, y: Tensor, x: Tensor) -> Tensor:
        sizes = shape(self._images)
        places, inside = [], None
        for at, size in ((y, sizes[1]), (x, sizes[2])):
            last = cast(size - 1, dtypes.float32)
            within = (at >= 0.0) & (at <= last)
            inside = within if inside is None else inside & within
            places.append(cast(clip_by_value(where_v2(within, at, zeros_like(at)), 0.0, last), dtypes.int32))
        zero = range_of(sizes[0])[:, None, None] + zeros_like(places[0])
        index = stack([zero, *(place + zeros_like(zero) for place in places)], -1)
        assert inside is not None
        return self.chosen(
            where_v2(expand_dims(inside, -1), cast(gather_nd(self._images, index), self._dtype), self._fill)
        )

    def chosen(self, pixels: Tensor) -> Tensor:
        """`pixels`, or the fill value where the projection has no place for them."""
        return where_v2(self._possible, pixels, self._fill)


def _brought_inside(at: Tensor, size: Tensor, mode: str) -> Tensor:
    """Positions outside 0 to size - 1 as those inside that `mode` (CONSTANT, NEAREST, REFLECT, WRAP) puts there."""
    if mode == "CONSTANT":
        return at
    count = cast(size, dtypes.float32)
    last = count - 1.0
    if mode == "NEAREST":
        return minimum(maximum(at, 0.0), last)
    if mode == "REFLECT":
        folded = at % (2.0 * count)
        moved = where_v2(folded >= count, 2.0 * count - folded - 1.0, folded)
        return minimum(maximum(where_v2((at >= 0.0) & (at <= last), at, moved), 0.0), last)
    span = maximum(last, 1.0)
    below = at + count * (_floor(-at / span) + 1.0)
    above = at - count * _floor(at / span)
    moved = where_v2(at < 0.0, below, where_v2(at > last, above, at))
    return minimum(maximum(moved, 0.0), last)
