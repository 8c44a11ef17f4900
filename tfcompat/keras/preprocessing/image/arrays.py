"""Images of PIL as arrays and back, and files of images."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras import config

Size = tuple[int, int]
_MODES = {"grayscale": ("L", ("L", "I;16", "I")), "rgba": ("RGBA", ("RGBA",)), "rgb": ("RGB", ("RGB",))}
"""Color mode -> (mode of PIL to convert to, modes that stay)."""


def pil() -> Any:
    """The module PIL.Image; ImportError that names the package."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("Could not import PIL.Image. The use of images requires PIL: install pillow.") from None
    return Image


def data_format_or(value: str | None) -> str:
    """`value`, the setting when None; ValueError unless it is one of the two."""
    chosen = value or config.image_data_format()
    if chosen not in config.DATA_FORMATS:
        raise ValueError(f"Invalid data_format: {chosen}")
    return chosen


@tf_export("keras.preprocessing.image.array_to_img", "keras.utils.array_to_img")
def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """An image of PIL from an array.

    Args:
        x: [rows, columns, channels], or channels first; 1, 3 or 4 channels.
        data_format: "channels_last" or "channels_first".
        scale: whether values are moved and stretched to 0 ... 255.
        dtype: type to compute in; the default float type when None.

    Raises:
        ValueError: another shape or format.
    """
    image = pil()
    x = np.asarray(x, dtype=dtype or config.floatx())
    if x.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {x.shape}")
    if data_format_or(data_format) == "channels_first":
        x = x.transpose(1, 2, 0)
    if scale:
        x = x - np.min(x)
        largest = np.max(x)
        if largest != 0:
            x = x / largest
        x = x * 255
    channels = x.shape[2]
    if channels == 4:
        return image.fromarray(x.astype("uint8"), "RGBA")
    if channels == 3:
        return image.fromarray(x.astype("uint8"), "RGB")
    if channels == 1:
        gray = x[:, :, 0]
        return image.fromarray(gray.astype("int32" if np.max(x) > 255 else "uint8"))
    raise ValueError(f"Unsupported channel number: {channels}")


@tf_export("keras.preprocessing.image.img_to_array", "keras.utils.img_to_array")
def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """The array of an image, [rows, columns, channels] or channels first.

    Args:
        img: an image of PIL.
        data_format: "channels_last" or "channels_first".
        dtype: type of the array; the default float type when None.

    Raises:
        ValueError: another format.
    """
    first = data_format_or(data_format) == "channels_first"
    x = np.asarray(img, dtype=dtype or config.floatx())
    if x.ndim == 3:
        return x.transpose(2, 0, 1) if first else x
    if x.ndim == 2:
        return x[np.newaxis] if first else x[..., np.newaxis]
    raise ValueError(f"Unsupported image shape: {x.shape}")


@tf_export("keras.preprocessing.image.save_img", "keras.utils.save_img")
def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Writes an array as a file of an image.

    Args:
        path: where to write.
        x: see `array_to_img`.
        data_format: see `array_to_img`.
        file_format: format of the file; what the ending of `path` says when None.
        scale: see `array_to_img`.
        kwargs: more arguments of PIL's `save`.
    """
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and file_format in ("jpg", "jpeg"):
        warnings.warn("The JPG format does not support RGBA images, converting to RGB.", stacklevel=2)
        img = img.convert("RGB")
    img.save(path, format=file_format, **kwargs)


def resampling(name: str) -> Any:
    """PIL's filter of a name; ValueError for an unknown one."""
    filters = pil().Resampling
    known = {name.lower(): getattr(filters, name) for name in ("NEAREST", "BILINEAR", "BICUBIC", "HAMMING", "BOX")}
    known["lanczos"] = filters.LANCZOS
    if name not in known:
        raise ValueError(f"Invalid interpolation method {name} specified. Supported methods are {', '.join(known)}")
    return known[name]


@tf_export("keras.preprocessing.image.load_img", "keras.utils.load_img")
def load_img(
    path: Any, grayscale: bool = False, color_mode: str = "rgb", target_size: Size | None = None,
    interpolation: str = "nearest",
) -> Any:  # fmt: skip
    """The image of a file, as PIL has it.

    Args:
        path: the file.
        grayscale: deprecated, the same as `color_mode="grayscale"`.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: (rows, columns) of the result; those of the file when None.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos", for another size.

    Raises:
        ValueError: an argument is none of these.
    """
    if grayscale:
        warnings.warn('grayscale is deprecated. Please use color_mode = "grayscale"', stacklevel=2)
        color_mode = "grayscale"
    if color_mode not in _MODES:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    mode, staying = _MODES[color_mode]
    with open(path, "rb") as stream:
        img = pil().open(stream)
        img.load()
    if img.mode not in staying:
        img = img.convert(mode)
    if target_size is not None:
        columns_and_rows = (target_size[1], target_size[0])
        if img.size != columns_and_rows:
            img = img.resize(columns_and_rows, resampling(interpolation))
    return img


def image_files(folder: str, formats: set[str], follow_links: bool) -> Iterator[tuple[str, str]]:
    """(folder, name) of the image files below a folder, in order.

    Yields:
        One file after the other.
    """
    for root, _, names in sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0]):
        for name in sorted(names):
            if name.lower().endswith(tuple(formats)):
                yield root, name
