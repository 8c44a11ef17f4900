"""Images from PNG, JPEG, GIF and BMP files.

Pillow decodes PNG and GIF files; simplejpeg decodes JPEG, as it has the fast integer transform, whose pixels are the
reference's. Both are imported when the first image is.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from tfcompat.kernels import png_rows

Array = np.ndarray


class BadImage(ValueError):
    """The bytes cannot be decoded; the text is the reference's."""


class UnsupportedImage(ValueError):
    """The reference decodes the bytes, and this module does not."""


def format_of(data: bytes) -> str | None:
    """PNG, JPEG, GIF or BMP by the first bytes; None for anything else."""
    for start, name in ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF8", "GIF"), (b"BM", "BMP")):
        if data.startswith(start):
            return name
    return None


def _opened(data: bytes, kind: str) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(data), formats=[kind])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadImage(str(error)) from None


# ---------------------------------------------------------------- PNG


def decode_png(data: bytes, channels: int, dtype: Any) -> Array:
    """uint8 or uint16 [height, width, channels]; 0 channels: as many as the file has.

    Raises:
        BadImage: the file is damaged.
    """
    try:
        _, _, depth, color, _ = png_rows.header(data)
        pixels, clear = png_rows.decode_wide(data) if depth == 16 else _narrow(data, depth, color)
    except png_rows.DamagedPng as error:
        raise BadImage(f"Invalid PNG. {error}") from None
    own_alpha = pixels.shape[2] in (2, 4)
    wanted = channels or (4 if color == 3 and clear is not None else pixels.shape[2])
    bits = pixels.dtype.itemsize
    colors = pixels[..., :-1] if own_alpha else pixels
    alpha = pixels[..., -1:] if own_alpha else None
    if wanted in (2, 4) and alpha is None:
        alpha = np.full((*pixels.shape[:2], 1), 2**depth - 1, pixels.dtype)  # not scaled to 8 bits
        if clear is not None:
            alpha = clear if color == 3 else np.where((pixels == clear).all(-1, keepdims=True), 0, alpha)
    if wanted >= 3 and colors.shape[2] == 1:
        colors = np.repeat(colors, 3, -1)
    elif wanted < 3 and colors.shape[2] == 3:
        colors = _gray(colors)
    result = np.concatenate([colors, alpha], -1) if wanted in (2, 4) and alpha is not None else colors
    if np.dtype(dtype).itemsize < bits:
        return (result >> 8).astype(np.uint8)
    return result.astype(np.uint16) * 257 if np.dtype(dtype).itemsize > bits else result.astype(dtype)


def _gray(colors: Array) -> Array:
    """Colors weighted 0.299, 0.587 and 0.114 in whole 32768ths, as libpng does: 8 bits truncated, 16 bits rounded."""
    weighted = colors.astype(np.int64) @ np.array([9797, 19234, 3737], np.int64)
    weighted = (weighted + (16384 if colors.dtype == np.uint16 else 0)) >> 15
    same = (colors == colors[..., :1]).all(-1)
    return np.where(same, colors[..., 0], weighted)[..., None].astype(colors.dtype)  # type: ignore[no-any-return]


def _narrow(data: bytes, depth: int, color: int) -> tuple[Array, Array | None]:
    """Pixels with 8 bits a channel, palettes resolved, and what is transparent: a color, or alpha for palettes."""
    image = _opened(data, "PNG")
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise png_rows.DamagedPng(str(error)) from None
    clear = image.info.get("transparency")
    if color == 3:
        rgba = np.array(image.convert("RGBA"))
        return rgba[..., :3], None if clear is None else rgba[..., 3:]
    mode = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}[color]
    pixels = np.array(image if image.mode == mode else image.convert(mode))
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if clear is None or color not in (0, 2):
        return pixels, None
    return pixels, np.array(clear, np.int64) * (255 // (2**depth - 1))


# ---------------------------------------------------------------- JPEG


def decode_jpeg(data: bytes, channels: int, ratio: int = 1, fancy: bool = True, fast: bool = True) -> Array:
    """uint8 [height, width, 1 or 3]; 0 channels: as many as the file has, three for four inks.

    Args:
        data: the file.
        channels: 0, 1 or 3.
        ratio: 1, 2, 4 or 8, the part of height and width to decode.
        fancy: whether colors of fewer samples are interpolated.
        fast: whether the cosine transform is the fast one.

    Raises:
        BadImage: the file is damaged or ends early.
        UnsupportedImage: the image is too small for `ratio`.
    """
    import simplejpeg

    height, width, own = jpeg_shape(data)
    if own == 4 and channels == 1:
        raise BadImage("four inks have no gray")
    wanted = channels or min(own, 3)
    size = (-(-height // ratio), -(-width // ratio))
    scaling = {"min_height": size[0], "min_width": size[1], "min_factor": ratio} if ratio > 1 else {}
    space = "CMYK" if own == 4 else "GRAY" if wanted == 1 else "RGB"
    try:
        pixels = simplejpeg.decode_jpeg(data, space, fastdct=fast, fastupsample=not fancy, **scaling)
    except ValueError as error:
        raise BadImage(str(error)) from None
    if pixels.shape[:2] != size:
        raise UnsupportedImage(f"ratio={ratio} of an image of {width} x {height}")
    if own < 4:
        return pixels  # type: ignore[no-any-return]
    inks = pixels.astype(np.int32)
    if b"Adobe" not in data[:_MARKERS]:
        inks = 255 - inks
    return (inks[..., :3] * inks[..., 3:] // 255).astype(np.uint8)  # type: ignore[no-any-return]


_MARKERS = 1 << 16
_BANDS = {"Gray": 1, "CMYK": 4, "YCCK": 4}


def jpeg_shape(data: bytes) -> tuple[int, int, int]:
    """(height, width, channels) of a JPEG file from its header; BadImage when it has none."""
    import simplejpeg

    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except (KeyError, ValueError) as error:
        raise BadImage(str(error)) from None
    return height, width, _BANDS.get(space, 3)


# ---------------------------------------------------------------- GIF and BMP


def decode_gif(data: bytes, first_only: bool = False) -> Array:
    """uint8 [frames, height, width, 3]; what a frame leaves out is as in the frame before, black at first.

    Raises:
        BadImage: the file is damaged.
    """
    image = _opened(_without_disposal(data), "GIF")
    frames = []
    try:
        for index in range(1 if first_only else image.n_frames):
            image.seek(index)
            frames.append(np.array(image.convert("RGBA")))
    except (OSError, EOFError, ValueError, SyntaxError) as error:
        raise BadImage(f"Invalid GIF data: {error}") from None
    stacked = np.stack(frames)
    return np.where(stacked[..., 3:] == 0, 0, stacked[..., :3]).astype(np.uint8)


def _without_disposal(data: bytes) -> bytes:
    """The file with frames that stay where they are: the reference never takes one away."""
    patched = bytearray(data)
    at = 13 + _table_size(data[10]) if len(data) > 13 else len(data)
    while at + 10 < len(data) and data[at] in (0x21, 0x2C):
        if data[at] == 0x21:
            if data[at + 1] == 0xF9:
                patched[at + 3] = data[at + 3] & 0b11100011 | 0b100
            at += 2
        else:
            at += 11 + _table_size(data[at + 9])
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return bytes(patched)


def _table_size(flags: int) -> int:
    """Bytes of the color table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def decode_bmp(data: bytes, channels: int) -> Array:
    """uint8 [height, width, channels] of an uncompressed file; 0 channels: as many as the file has.

    Raises:
        BadImage: the file is damaged or compressed.
    """
    if len(data) < 32:
        raise BadImage(f"Incomplete bmp content, requires at least 32 bytes to find the header size, width, height, "
                       f"and bpp, got {len(data)} bytes")  # fmt: skip
    start, width, height = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (10, 18, 22))
    bits = int.from_bytes(data[28:30], "little", signed=True)
    own = bits // 8
    if own not in (1, 3, 4):
        raise BadImage(f"Number of channels inherent in the image must be 1, 3 or 4, was {own}")
    rows = abs(height)
    if width <= 0 or rows == 0 or width > 2**27 // own or rows > 2**31 // (width * own):
        raise BadImage(f"Invalid BMP data: {width} x {height}")
    stride = (own * width + 3) // 4 * 4
    body = np.frombuffer(data, np.uint8, offset=max(0, min(start, len(data))))
    if start < 0 or len(body) < stride * (rows - 1) + own * width:
        raise BadImage("Incomplete bmp content")
    padded = np.zeros(stride * rows, np.uint8)
    padded[: min(len(body), padded.size)] = body[: padded.size]
    pixels = padded.reshape(rows, stride)[:, : own * width].reshape(rows, width, own)
    if height > 0:
        pixels = pixels[::-1]
    colors = pixels[..., [2, 1, 0, 3][:own]] if own > 1 else pixels
    if not channels or channels == own:
        return np.ascontiguousarray(colors)
    colors = np.repeat(colors, 3, -1) if own == 1 else colors[..., :3]
    opaque = [np.full((*colors.shape[:2], 1), 255, np.uint8)] if channels == 4 else []
    return np.concatenate([colors, *opaque], -1)
