"""Images from files and to files: PNG, JPEG, GIF and BMP."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.image_color import convert_image_dtype
from tfcompat.ops.random import random_uniform
from tfcompat.ops.shape_checks import at_least_rank, exact_rank

_DECODED = (dtypes.float32, dtypes.uint8, dtypes.uint16)


@tf_export("io.decode_image", "image.decode_image")
def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Tensor:
    """The pixels of a PNG, JPEG, GIF or BMP file, whichever it is.

    Args:
        contents: string scalar, the bytes of the file.
        channels: 0 or None for as many as the file has, 1 for gray, 3 for RGB, 4 for RGBA.
        dtype: type of the pixels; floating-point numbers lie in [0, 1].
        name: name scope.
        expand_animations: whether a GIF gives all frames, [frames, height, width, 3]; else the first one.

    Returns:
        A tensor [height, width, channels] of `dtype`; of unknown rank unless `expand_animations` is False.

    Raises:
        InvalidArgumentError: in the run, for other files, damaged ones, and `channels` that the format does not have.
    """
    with name_scope(name, "decode_image"):
        dtype = dtypes.as_dtype(dtype)
        decoded = raw_ops.DecodeImage(
            contents=contents,
            channels=channels or 0,
            dtype=dtype if dtype in _DECODED else dtypes.uint16,
            expand_animations=expand_animations,
        )
        return decoded if dtype in _DECODED else convert_image_dtype(decoded, dtype)


@tf_export("io.encode_png", "image.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """PNG files of images.

    Args:
        image: uint8 or uint16 [..., height, width, channels]; 1 channel is gray, 2 gray and alpha, 3 RGB, 4 RGBA.
        compression: 0 (none) to 9 (best), -1 for a middle way.
        name: name of the operation.

    Returns:
        Strings, one per image.
    """
    return raw_ops.EncodePng(  # type: ignore[no-any-return]
        image=convert_to_tensor(image), compression=compression, name=name
    )


@tf_export("io.is_jpeg", "image.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Whether a string begins as a JPEG file does.

    Args:
        contents: string scalar.
        name: name scope.
    """
    with name_scope(name, "is_jpeg"):
        start = raw_ops.Substr(input=contents, pos=0, len=3, name=None)
        return raw_ops.Equal(x=start, y=b"\xff\xd8\xff", name=name)  # type: ignore[no-any-return]


@tf_export("image.adjust_jpeg_quality")
def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Tensor:
    """What is left of `image` after it was a JPEG file.

    Args:
        image: [height, width, 1 or 3], any type of pixels.
        jpeg_quality: int32 scalar, 0 to 100.
        name: name scope.

    Returns:
        Same type and shape as `image`.
    """
    with name_scope(name, "adjust_jpeg_quality", [image]):
        image = convert_to_tensor(image, name="image")
        pixels = convert_image_dtype(image, dtypes.uint8, saturate=True)
        if not isinstance(jpeg_quality, Tensor):
            jpeg_quality = convert_to_tensor(jpeg_quality, dtypes.int32)
        file = raw_ops.EncodeJpegVariableQuality(images=pixels, quality=jpeg_quality)
        decoded = raw_ops.DecodeJpeg(contents=file, channels=image.shape.as_list()[-1])
        return convert_image_dtype(decoded, image.dtype, saturate=True)


@tf_export("image.random_jpeg_quality")
def random_jpeg_quality(image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None) -> Tensor:
    """`adjust_jpeg_quality` with a random quality in [min_jpeg_quality, max_jpeg_quality).

    Raises:
        ValueError: unless 0 <= min_jpeg_quality < max_jpeg_quality <= 100.
    """
    if not (0 <= min_jpeg_quality <= 100 and 0 <= max_jpeg_quality <= 100):
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    quality = random_uniform([], min_jpeg_quality, max_jpeg_quality, seed=seed, dtype=dtypes.int32)
    return adjust_jpeg_quality(image, quality)


@shape_of("DecodePng", "DecodeJpeg", "DecodeBmp", "DecodeAndCropJpeg")
def _decoded_shape(c: InferenceContext, contents: TensorShape, *window: TensorShape) -> list[TensorShape]:
    exact_rank(contents, 0)
    channels = c.attr("channels")
    if channels < 0:
        raise ValueError(f"channels must be non-negative, got {channels}")
    height, width = None, None
    known = c.value(1) if window else None
    if known is not None:
        height, width = int(known[2]), int(known[3])
    return [TensorShape([height, width, channels or None])]


@shape_of("DecodeImage")
def _any_image_shape(c: InferenceContext, contents: TensorShape) -> list[TensorShape]:
    return [UNKNOWN] if c.attr("expand_animations") else _decoded_shape(c, contents)


@shape_of("DecodeGif")
def _frames_shape(c: InferenceContext, contents: TensorShape) -> list[TensorShape]:
    exact_rank(contents, 0)
    return [TensorShape([None, None, None, 3])]


@shape_of("EncodeJpeg", "EncodeJpegVariableQuality")
def _file_shape(c: InferenceContext, image: TensorShape, *quality: TensorShape) -> list[TensorShape]:
    exact_rank(image, 3)
    return [TensorShape([])]


@shape_of("EncodePng")
def _files_shape(c: InferenceContext, images: TensorShape) -> list[TensorShape]:
    at_least_rank(images, 3)
    return [UNKNOWN if images.rank is None else TensorShape(images.as_list()[:-3])]


@shape_of("ExtractJpegShape")
def _jpeg_shape_shape(c: InferenceContext, contents: TensorShape) -> list[TensorShape]:
    exact_rank(contents, 0)
    return [TensorShape([3])]
