"""Colors of images: brightness, contrast, hue, saturation, and pixels of other types."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, shape
from tfcompat.ops.assertion import assert_equal, assert_greater_equal  # type: ignore[attr-defined]
from tfcompat.ops.cast import cast, saturate_cast
from tfcompat.ops.concat import concat
from tfcompat.ops.einsum import tensordot
from tfcompat.ops.filling import ones, zeros
from tfcompat.ops.gather import gather
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.identity import identity
from tfcompat.ops.image_checks import assertion, with_three_axes
from tfcompat.ops.random import random_uniform
from tfcompat.ops.reduction import reduce_max, reduce_mean, reduce_min, reduce_prod, reduce_std, reduce_sum
from tfcompat.ops.shape_checks import at_least_rank, exact_rank
from tfcompat.ops.tiling import tile

_FLOATS = (dtypes.float16, dtypes.float32)


@tf_export("image.convert_image_dtype")
def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False, name: str | None = None) -> Tensor:
    """Pixels of another type: integers from 0 to the largest one stand for floating-point numbers from 0 to 1.

    Args:
        image: tensor of floating-point numbers or integers.
        dtype: type of the result.
        saturate: whether values beyond the type's range become its limits.
        name: name scope.

    Raises:
        AttributeError: `dtype` is neither floating-point nor an integer type.
    """
    image, dtype = convert_to_tensor(image, name="image"), dtypes.as_dtype(dtype)
    if not dtype.is_floating and not dtype.is_integer:
        raise AttributeError("dtype must be either floating point or integer")
    if dtype == image.dtype:
        return identity(image, name=name)
    with name_scope(name, "convert_image", [image]) as scope:
        if image.dtype.is_integer and dtype.is_integer:
            return _between_integers(image, dtype, saturate, scope)
        if image.dtype.is_floating and dtype.is_floating:
            return cast(image, dtype, name=scope)  # type: ignore[no-any-return]
        if image.dtype.is_integer:
            return raw_ops.Mul(x=cast(image, dtype), y=1.0 / image.dtype.max, name=scope)  # type: ignore[no-any-return]
        scaled = raw_ops.Mul(x=image, y=dtype.max + 0.5)
        return saturate_cast(scaled, dtype, name=scope) if saturate else cast(scaled, dtype, name=scope)


def _between_integers(image: Tensor, dtype: dtypes.DType, saturate: bool, scope: str) -> Tensor:
    own, wanted = int(image.dtype.max), int(dtype.max)
    if own > wanted:
        scaled = raw_ops.FloorDiv(x=image, y=(own + 1) // (wanted + 1), name="floordiv")
        return saturate_cast(scaled, dtype, name=scope) if saturate else cast(scaled, dtype, name=scope)
    wide = saturate_cast(image, dtype) if saturate else cast(image, dtype)
    return raw_ops.Mul(x=wide, y=(wanted + 1) // (own + 1), name=scope)  # type: ignore[no-any-return]


def _floats(image: Tensor) -> Tensor:
    return image if image.dtype in _FLOATS else convert_image_dtype(image, dtypes.float32)


@tf_export("image.adjust_brightness")
def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """`image` + `delta`, in floating-point numbers from 0 to 1, and back in the type of `image`."""
    with name_scope(None, "adjust_brightness", [image, delta]) as scope:
        image = convert_to_tensor(image, name="image")
        floats = _floats(image)
        result = raw_ops.AddV2(x=floats, y=cast(delta, floats.dtype), name=scope)
        return convert_image_dtype(result, image.dtype, saturate=True)


@tf_export("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """(x - mean) * contrast_factor + mean, mean being that of a channel of an image [..., height, width, channels]."""
    with name_scope(None, "adjust_contrast", [images, contrast_factor]) as scope:
        images = convert_to_tensor(images, name="images")
        result = raw_ops.AdjustContrastv2(images=_floats(images), contrast_factor=contrast_factor, name=scope)
        return convert_image_dtype(result, images.dtype, saturate=True)


@tf_export("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """gain * image ** gamma, in floating-point numbers from 0 to 1, and back in the type of `image`.

    Raises:
        ValueError: `gamma` is a negative number.
    """
    with name_scope(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        floats = _floats(image)
        checks = assertion(gamma >= 0, "Gamma should be a non-negative real number.")
        if checks:
            gamma = with_dependencies(checks, gamma)
        return convert_image_dtype(gain * floats**gamma, image.dtype, saturate=True)


@tf_export("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """RGB images [..., 3] with hues turned by `delta`, a part of a turn."""
    with name_scope(name, "adjust_hue", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(raw_ops.AdjustHue(images=_floats(image), delta=delta), image.dtype)


@tf_export("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """RGB images [..., 3] with saturations multiplied by `saturation_factor`."""
    with name_scope(name, "adjust_saturation", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(
            raw_ops.AdjustSaturation(images=_floats(image), scale=saturation_factor), image.dtype
        )


def _check_range(lower: float, upper: float) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


@tf_export("image.random_brightness")
def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`adjust_brightness` by a random number in [-max_delta, max_delta); ValueError when it is negative."""
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, random_uniform([], -max_delta, max_delta, seed=seed))


@tf_export("image.random_contrast")
def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`adjust_contrast` by a random factor in [lower, upper); ValueError unless 0 <= lower < upper."""
    _check_range(lower, upper)
    return adjust_contrast(image, random_uniform([], lower, upper, seed=seed))


@tf_export("image.random_hue")
def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`adjust_hue` by a random number in [-max_delta, max_delta); ValueError unless it is in [0, 0.5]."""
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, random_uniform([], -max_delta, max_delta, seed=seed))


@tf_export("image.random_saturation")
def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`adjust_saturation` by a random factor in [lower, upper); ValueError unless 0 <= lower < upper."""
    _check_range(lower, upper)
    return adjust_saturation(image, random_uniform([], lower, upper, seed=seed))


@tf_export("image.per_image_standardization")
def per_image_standardization(image: Any) -> Tensor:
    """(x - mean) / max(stddev, 1 / sqrt(pixels)) of each image [..., height, width, channels]; float32."""
    with name_scope(None, "per_image_standardization", [image]) as scope:
        image = with_three_axes(convert_to_tensor(image, name="image"))
        image = cast(image, dtypes.float32)
        pixels = reduce_prod(shape(image)[-3:])
        mean = reduce_mean(image, axis=[-1, -2, -3], keepdims=True)
        deviation = reduce_std(image, axis=[-1, -2, -3], keepdims=True)
        least = raw_ops.Rsqrt(x=cast(pixels, dtypes.float32))
        divisor = raw_ops.Maximum(x=deviation, y=least)
        return raw_ops.RealDiv(x=image - mean, y=divisor, name=scope)  # type: ignore[no-any-return]


@tf_export("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """0.2989 red + 0.587 green + 0.114 blue: [..., 3] to [..., 1] of the same type."""
    with name_scope(name, "rgb_to_grayscale", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        floats = convert_image_dtype(images, dtypes.float32)
        gray = expand_dims(tensordot(floats, [0.2989, 0.5870, 0.1140], [-1, -1]), -1)
        return convert_image_dtype(gray, images.dtype, name=scope)


def _one_channel(images: Tensor) -> list[Any]:
    """The checks of the run that there is one channel, as far as that is not known; ValueError for another number."""
    if images.shape.rank is not None and images.shape.rank < 2:
        raise ValueError(f"A grayscale image (shape {images.shape}) must be at least two-dimensional.")
    message = "Last dimension of a grayscale image should be size 1."
    if images.shape.is_fully_defined():
        if images.shape[-1] != 1:
            raise ValueError(message)
        return []
    return [
        assert_equal(shape(images)[-1], 1, message=message),  # type: ignore[index]
        assert_greater_equal(rank(images), 3, message="A grayscale image must be at least two-dimensional."),
    ]


@tf_export("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """The last dimension, of size 1, three times."""
    with name_scope(name, "grayscale_to_rgb", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        images = with_dependencies(_one_channel(images), images)
        leading = ones(expand_dims(rank(images) - 1, 0), dtype=dtypes.int32)  # type: ignore[operator]
        multiples = concat([leading, expand_dims(3, 0)], 0)
        result = tile(images, multiples, name=scope)
        result.set_shape(images.shape[:-1].concatenate([3]))
        return result


@tf_export("image.rgb_to_hsv")
def rgb_to_hsv(images: Any, name: str | None = None) -> Tensor:
    """Hue as part of a turn, saturation and value of RGB colors [..., 3] from 0 to 1."""
    return raw_ops.RGBToHSV(images=images, name=name)  # type: ignore[no-any-return]


@tf_export("image.hsv_to_rgb")
def hsv_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """RGB colors from 0 to 1 of hue, saturation and value [..., 3]."""
    return raw_ops.HSVToRGB(images=images, name=name)  # type: ignore[no-any-return]


_MATRICES = {
    "rgb_to_yiq": [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]],
    "yiq_to_rgb": [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]],
    "rgb_to_yuv": [
        [0.299, -0.14714119, 0.61497538],
        [0.587, -0.28886916, -0.51496512],
        [0.114, 0.43601035, -0.10001026],
    ],
    "yuv_to_rgb": [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]],
}


def _color_space(name: str) -> None:
    def convert(images: Any) -> Tensor:
        images = convert_to_tensor(images, name="images")
        matrix = convert_to_tensor(_MATRICES[name], dtype=images.dtype, name="kernel")
        return tensordot(images, matrix, axes=[[images.shape.ndims - 1], [0]])

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"Colors [..., 3] of floating-point numbers in another space, {name.replace('_', ' ')}."
    tf_export(f"image.{name}")(convert)


for _name in _MATRICES:
    _color_space(_name)


@shape_of("RGBToHSV", "HSVToRGB", "AdjustHue", "AdjustSaturation", "AdjustContrastv2")
def _colors_shape(c: InferenceContext, images: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    images = at_least_rank(images, 3 if c.op.type.startswith("Adjust") else 1)
    for amount in rest:
        exact_rank(amount, 0)
    if images.rank is not None and c.op.type in ("RGBToHSV", "HSVToRGB"):
        images[-1:].assert_is_compatible_with([3])
        return [images[:-1].concatenate([3])]
    return [images]


not_differentiable("HSVToRGB")


_HUE_NUMERATORS = ((0, 1, -1), (-1, 0, 1), (1, -1, 0))
"""What hue times span is made of where red, green or blue is the largest: green - blue, blue - red, red - green."""


@gradient_of("RGBToHSV")
def _hsv_gradient(op: Operation, grad: Tensor) -> Tensor:
    """With v the largest, m the least, d = v - m and n the numerator: h = n / 6d + const, s = 1 - m / v, v."""
    colors = op.inputs[0]
    dtype = colors.dtype
    value, least = reduce_max(colors, -1, keepdims=True), reduce_min(colors, -1, keepdims=True)
    largest = raw_ops.ArgMax(input=colors, dimension=-1)
    of_value = raw_ops.OneHot(indices=largest, depth=3, on_value=ones([], dtype), off_value=zeros([], dtype))
    smallest = raw_ops.ArgMin(input=colors, dimension=-1)
    of_least = raw_ops.OneHot(indices=smallest, depth=3, on_value=ones([], dtype), off_value=zeros([], dtype))
    of_numerator = gather(cast(_HUE_NUMERATORS, dtype), largest)
    numerator, span = reduce_sum(of_numerator * colors, -1, keepdims=True), value - least
    of_hue = raw_ops.DivNoNan(x=of_numerator, y=span) - raw_ops.DivNoNan(
        x=numerator * (of_value - of_least), y=span * span
    )
    of_saturation = raw_ops.DivNoNan(x=least * of_value, y=value * value) - raw_ops.DivNoNan(x=of_least, y=value)
    return grad[..., 0:1] * of_hue / 6.0 + grad[..., 1:2] * of_saturation + grad[..., 2:3] * of_value
