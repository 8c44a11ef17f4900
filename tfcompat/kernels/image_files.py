"""Host kernels that decode and encode images."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels import image_decoding as decoding
from tfcompat.kernels.media_files import encode_png

Array = np.ndarray

_WRONG_JPEG = "jpeg::Uncompress failed. Invalid JPEG data or crop window."
_REFUSED = {
    ("JPEG", 4): "JPEG does not support 4 channels",
    ("GIF", 1): "channels must be 0 or 3 for GIF, got 1",
    ("GIF", 4): "channels must be 0 or 3 for GIF, got 4",
    ("BMP", 1): "`channels` must be 0, 3 or 4 for BMP, but got 1",
}
_JPEG_OPS = ("DecodeJpeg", "DecodeAndCropJpeg")
_GIF_FRAMES = "Got {} frames, but animated gifs can only be decoded by tf.io.decode_gif or tf.io.decode_image"


def _bytes_of(k: KernelContext, contents: Array) -> bytes:
    if contents.ndim:
        raise InvalidArgumentError(None, k.op, f"`contents` must be scalar but got shape{list(contents.shape)}")
    return contents.item() if isinstance(contents.item(), bytes) else bytes(contents[()])


@kernel("DecodePng", "DecodeJpeg", "DecodeAndCropJpeg", "DecodeGif", "DecodeBmp", "DecodeImage")
def _decode(k: KernelContext, contents: Array, window: Array | None = None) -> Array:
    """Any of these ops decodes most formats; which it refuses is the reference's choice."""
    data, op_type = _bytes_of(k, contents), k.op.type
    kind = decoding.format_of(data)
    channels = 3 if op_type == "DecodeGif" else int(k.attr("channels"))
    if channels not in (0, 1, 3, 4):
        raise InvalidArgumentError(None, k.op, f"`channels` must be 0, 1, 3 or 4 but got {channels}")
    if kind is None:
        raise InvalidArgumentError(None, k.op, "Unknown image file format. One of JPEG, PNG, GIF, BMP required.")
    _check_op(k, kind)
    if (kind, channels) in _REFUSED:
        raise InvalidArgumentError(None, k.op, _REFUSED[kind, channels])
    try:
        return _decoded(k, kind, data, channels, window)
    except decoding.BadImage as error:
        if op_type in _JPEG_OPS and k.attr("try_recover_truncated"):
            message = f"{op_type} does not support try_recover_truncated of a file that ends early."
            raise UnimplementedError(None, k.op, message) from None
        text = _WRONG_JPEG if kind == "JPEG" else str(error)
        raise InvalidArgumentError(None, k.op, text) from None
    except decoding.UnsupportedImage as error:
        raise UnimplementedError(None, k.op, f"{op_type} does not support {error}.") from None


def _check_op(k: KernelContext, kind: str) -> None:
    """Refuses BMP files for ops of other formats, and other formats for DecodeBmp and DecodeAndCropJpeg."""
    op_type = k.op.type
    only = {"DecodeBmp": "BMP", "DecodeAndCropJpeg": "JPEG"}.get(op_type)
    if only is not None and kind != only or kind == "BMP" and op_type not in ("DecodeBmp", "DecodeImage"):
        raise InvalidArgumentError(
            None,
            k.op,
            f"Trying to decode {kind} format using {'a wrong' if only is None else op_type} op. "
            f"Use `decode_{kind.lower()}` or `decode_image` instead."
            f"{f' Op used: {op_type}' if only is None else ''}",
        )


def _decoded(k: KernelContext, kind: str, data: bytes, channels: int, window: Array | None) -> Array:
    op_type, dtype = k.op.type, k.output_dtype().as_numpy_dtype
    if kind == "PNG":
        wide = decoding.decode_png(data, channels, np.uint8 if dtype == np.uint8 else np.uint16)
        pixels = wide.astype(np.float32) * np.float32(1 / 65535) if dtype == np.float32 else wide
        return pixels[None] if op_type == "DecodeGif" else pixels
    if kind == "JPEG":
        options: dict[str, Any] = {}
        if op_type in _JPEG_OPS:
            options = {"ratio": int(k.attr("ratio")), "fancy": bool(k.attr("fancy_upscaling"))}
            options["fast"] = k.attr("dct_method") != b"INTEGER_ACCURATE"
        pixels = decoding.decode_jpeg(data, channels, **options)
        if window is not None:
            pixels = _cropped(k, pixels, window)
        pixels = pixels[None] if op_type == "DecodeGif" else pixels
    elif kind == "BMP":
        pixels = decoding.decode_bmp(data, channels)
    else:
        keeps_all = op_type == "DecodeGif" or op_type == "DecodeImage" and k.attr("expand_animations")
        pixels = decoding.decode_gif(data, first_only=op_type == "DecodeImage" and not keeps_all)
        if not keeps_all:
            if len(pixels) > 1:
                raise decoding.BadImage(_GIF_FRAMES.format(len(pixels)))
            pixels = pixels[0]
    return _converted(pixels, dtype)


def _converted(pixels: Array, dtype: Any) -> Array:
    if dtype == np.float32:
        return pixels.astype(np.float32) * np.float32(1 / 255)
    return pixels.astype(np.uint16) * 256 if dtype == np.uint16 else pixels


def _cropped(k: KernelContext, pixels: Array, window: Array) -> Array:
    if window.shape != (4,):
        raise InvalidArgumentError(None, k.op, f"crop_window must have four elements {list(window.shape)}")
    top, left, height, width = window.tolist()
    inside = top >= 0 and left >= 0 and height > 0 and width > 0
    if not inside or top + height > pixels.shape[0] or left + width > pixels.shape[1]:
        raise InvalidArgumentError(None, k.op, _WRONG_JPEG)
    return np.ascontiguousarray(pixels[top : top + height, left : left + width])


@kernel("ExtractJpegShape")
def _jpeg_shape(k: KernelContext, contents: Array) -> Array:
    try:
        return np.array(decoding.jpeg_shape(_bytes_of(k, contents)), k.output_dtype().as_numpy_dtype)
    except decoding.BadImage:
        raise InvalidArgumentError(None, k.op, f"Invalid JPEG data, data size {len(contents.item())}") from None


# ---------------------------------------------------------------- encoding


@kernel("EncodePng")
def _encode_png(k: KernelContext, image: Array) -> Array:
    """One file per image of a batch."""
    if image.ndim < 3:
        raise InvalidArgumentError(None, k.op, f"image must have at least rank 3: {list(image.shape)}")
    if not 1 <= image.shape[-1] <= 4:
        raise InvalidArgumentError(None, k.op, f"image must have 1, 2, 3, or 4 channels, got {image.shape[-1]}")
    if not image.size:
        raise InvalidArgumentError(None, k.op, f"image cannot be empty, got {list(image.shape)}")
    files = np.empty(image.shape[:-3], object)
    for index in np.ndindex(files.shape):
        files[index] = encode_png(image[index], int(k.attr("compression")))
    return files


@kernel("EncodeJpeg")
def _encode_jpeg(k: KernelContext, image: Array) -> Array:
    quality = int(k.attr("quality"))
    if not 0 <= quality <= 100:
        raise InvalidArgumentError(None, k.op, f"quality must be in [0,100], got {quality}")
    wanted = {b"grayscale": 1, b"rgb": 3}.get(k.attr("format"))
    if wanted is not None and image.ndim == 3 and image.shape[2] != wanted:
        raise InvalidArgumentError(
            None, k.op, f"format is {k.attr('format').decode()} but image has {image.shape[2]} channels"
        )
    file = _jpeg(
        k,
        image,
        quality=quality,
        progressive=k.attr("progressive"),
        optimize=k.attr("optimize_size"),
        subsampling=2 if k.attr("chroma_downsampling") else 0,
        xmp=k.attr("xmp_metadata") or None,
    )
    return _with_density(file, k.attr("density_unit") == b"cm", k.attr("x_density"), k.attr("y_density"))


@kernel("EncodeJpegVariableQuality")
def _encode_variable(k: KernelContext, image: Array, quality: Array) -> Array:
    if quality.ndim:
        raise InvalidArgumentError(None, k.op, f"quality must be scalar: {list(quality.shape)}")
    if not 0 <= int(quality) <= 100:
        raise InvalidArgumentError(None, k.op, f"quality must be in [0,100], got {int(quality)}")
    return _with_density(_jpeg(k, image, quality=int(quality), subsampling=2), False, 300, 300)


def _with_density(file: bytes, per_centimeter: bool, x: int, y: int) -> Array:
    """The file with the density in its JFIF header, which is the first segment."""
    return np.array(file[:13] + struct.pack(">BHH", 2 if per_centimeter else 1, x, y) + file[18:], object)


def _jpeg(k: KernelContext, image: Array, quality: int, **options: Any) -> bytes:
    from PIL import Image

    if image.ndim != 3:
        raise InvalidArgumentError(None, k.op, "Image must be 3-dimensional. Shape: " + str(list(image.shape)))
    if image.shape[2] not in (1, 3):
        raise InvalidArgumentError(None, k.op, f"image must have 1 or 3 channels, got {list(image.shape)}")
    if not image.size:
        raise InvalidArgumentError(None, k.op, f"image cannot be empty, got {list(image.shape)}")
    if max(image.shape) > 65500:
        raise InvalidArgumentError(None, k.op, f"JPEG images have at most 65500 rows and columns, got {image.shape}")
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    if image.shape[2] == 1:
        options.pop("subsampling")
    file = io.BytesIO()
    # Pillow takes quality 0 for its default; libjpeg treats 0 as 1
    picture.save(file, format="JPEG", quality=max(1, quality), **options)
    return file.getvalue()
