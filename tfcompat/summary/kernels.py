"""Host kernels of the summary op types: arrays to serialised `Summary` messages."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.node_def import tensor_message
from tfcompat.graph.registry import kernel, not_differentiable, shape_of
from tfcompat.graph.shape_functions import scalar
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.kernels.media_files import encode_png, encode_wav
from tfcompat.summary.histogram import histogram_message

_TYPES = ("ScalarSummary", "HistogramSummary", "ImageSummary", "AudioSummary", "AudioSummaryV2", "TensorSummary",
          "TensorSummaryV2", "MergeSummary")  # fmt: skip
shape_of(*_TYPES)(scalar)
not_differentiable(*_TYPES)


def _serialised(summary: Any) -> np.ndarray:
    out = np.empty((), object)
    out[()] = summary.SerializeToString()
    return out


@kernel("ScalarSummary")
def _scalar(k: KernelContext, tags: np.ndarray, values: np.ndarray) -> np.ndarray:
    if tags.shape != values.shape and not (tags.size == 1 and values.size == 1):
        raise InvalidArgumentError(
            None,
            k.op,
            f"tags and values are not the same shape: {list(tags.shape)} != "
            f"{list(values.shape)} (tag {tags.reshape(-1)[:1].tolist()})",
        )
    summary = protos.Summary()
    for tag, value in zip(tags.reshape(-1), values.reshape(-1), strict=True):
        summary.value.add(tag=tag.decode(), simple_value=float(value))
    return _serialised(summary)


@kernel("HistogramSummary")
def _histogram(k: KernelContext, tag: np.ndarray, values: np.ndarray) -> np.ndarray:
    name = tag.reshape(-1)[0].decode()
    if not np.isfinite(values.astype(np.float64)).all():
        bad = "Nan" if np.isnan(values.astype(np.float64)).any() else "Infinity"
        raise InvalidArgumentError(None, k.op, f"{bad} in summary histogram for: {k.op.name}")
    summary = protos.Summary()
    summary.value.add(tag=name).histo.CopyFrom(histogram_message(values))
    return _serialised(summary)


@kernel("ImageSummary")
def _images(k: KernelContext, tag: np.ndarray, tensor: np.ndarray) -> np.ndarray:
    if tensor.ndim != 4 or tensor.shape[3] not in (1, 3, 4):
        raise InvalidArgumentError(None, k.op, f"Tensor must be 4-D with last dim 1, 3, or 4, not {list(tensor.shape)}")
    most: int = k.attr("max_images")
    bad_color = np.asarray(k.attr("bad_color"), np.uint8)
    summary = protos.Summary()
    for i, image in enumerate(tensor[:most]):
        pixels = image if image.dtype == np.uint8 else _normalised(image.astype(np.float32), bad_color)
        value = summary.value.add(tag=_numbered(tag, "image", i, most))
        value.image.height, value.image.width, value.image.colorspace = image.shape
        value.image.encoded_image_string = encode_png(pixels)
    return _serialised(summary)


def _numbered(tag: np.ndarray, kind: str, index: int, most: int) -> str:
    base = tag.reshape(-1)[0].decode()
    return f"{base}/{kind}/{index}" if most > 1 else f"{base}/{kind}"


def _normalised(image: np.ndarray, bad_color: np.ndarray) -> np.ndarray:
    """Floats as bytes: [0, max] becomes [0, 255], or [-m, m] becomes [1, 255]; non-finite pixels `bad_color`."""
    good = np.isfinite(image).all(axis=2)
    finite = image[good]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    largest = max(abs(low), abs(high))
    scale, offset = (
        (0.0 if largest < 1e-6 else 127.0 / largest, 128.0) if low < 0 else (0.0 if high < 1e-6 else 255.0 / high, 0.0)
    )
    pixels = np.empty(image.shape, np.uint8)
    pixels[good] = np.clip(finite * scale + offset, 0, 255).astype(np.uint8)
    pixels[~good] = np.resize(bad_color, image.shape[2])
    return pixels


@kernel("AudioSummaryV2")
def _audio(k: KernelContext, tag: np.ndarray, tensor: np.ndarray, sample_rate: np.ndarray) -> np.ndarray:
    return _sounds(k, tag, tensor, float(sample_rate))


@kernel("AudioSummary")
def _audio_fixed_rate(k: KernelContext, tag: np.ndarray, tensor: np.ndarray) -> np.ndarray:
    return _sounds(k, tag, tensor, k.attr("sample_rate"))


def _sounds(k: KernelContext, tag: np.ndarray, tensor: np.ndarray, rate: float) -> np.ndarray:
    if tensor.ndim not in (2, 3):
        raise InvalidArgumentError(None, k.op, f"Tensor must be 3-D or 2-D, got: {list(tensor.shape)}")
    most: int = k.attr("max_outputs")
    summary = protos.Summary()
    for i, clip in enumerate(tensor[:most]):
        samples = clip if clip.ndim == 2 else clip[:, np.newaxis]
        value = summary.value.add(tag=_numbered(tag, "audio", i, most))
        value.audio.sample_rate = rate
        value.audio.num_channels = samples.shape[1]
        value.audio.length_frames = samples.shape[0]
        value.audio.content_type = "audio/wav"
        value.audio.encoded_audio_string = encode_wav(samples, int(rate))
    return _serialised(summary)


def _content(array: np.ndarray, dtype: DType) -> Any:
    """A tensor as the bytes of its elements, strings one by one."""
    if dtype is dtypes.string:
        return tensor_message(array, dtype)
    content = np.ascontiguousarray(array).tobytes()
    return protos.TensorProto(
        dtype=dtype.as_datatype_enum, tensor_shape=TensorShape(array.shape).as_proto(), tensor_content=content
    )


@kernel("TensorSummaryV2")
def _tensor(k: KernelContext, tag: Any, tensor: np.ndarray, metadata: Any) -> np.ndarray:
    summary = protos.Summary()
    value = summary.value.add(tag=tag[()].decode())
    value.metadata.ParseFromString(metadata[()])
    value.tensor.CopyFrom(_content(tensor, k.input_dtype(1)))
    return _serialised(summary)


@kernel("TensorSummary")
def _untagged_tensor(k: KernelContext, tensor: np.ndarray) -> np.ndarray:
    summary = protos.Summary()
    value = summary.value.add(node_name=k.op.name)
    value.tensor.CopyFrom(_content(tensor, k.input_dtype(0)))
    return _serialised(summary)


@kernel("MergeSummary")
def _merge(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    merged = protos.Summary()
    seen: set[str] = set()
    for array in inputs:
        for raw in array.reshape(-1):
            for value in protos.Summary.FromString(raw).value:
                if value.tag and value.tag in seen:
                    raise InvalidArgumentError(None, k.op, f"Duplicate tag {value.tag} found in summary inputs")
                seen.add(value.tag)
                merged.value.add().CopyFrom(value)
    return _serialised(merged)
