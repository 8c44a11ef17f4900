"""Images as the networks expect them, and the classes of ImageNet behind their answers."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np

from tfcompat.graph.export import PUBLIC, export, tf_export
from tfcompat.graph.tensor import Tensor

_INDEX = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
_MODULES = {
    "caffe": ("vgg16", "vgg19", "resnet", "resnet50"),
    "tf": ("inception_v3", "xception", "mobilenet", "mobilenet_v2", "nasnet", "inception_resnet_v2", "resnet_v2"),
    "torch": ("densenet",),
}
"""How the images of each module's networks are scaled."""
_CAFFE_MEANS = (103.939, 116.779, 123.68)
_TORCH_MEANS, _TORCH_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@tf_export("keras.applications.imagenet_utils.preprocess_input")
def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images scaled for a network.

    Args:
        x: an array or a tensor, [height, width, channels] or a batch of these, of 0 to 255; arrays of floats change.
        data_format: "channels_last" or "channels_first"; Keras' default when None.
        mode: "caffe" turns RGB to BGR and subtracts the means; "tf" scales to [-1, 1]; "torch" scales to [0, 1] and by
            means and deviations of each channel.

    Raises:
        ValueError: an unknown mode or format.
    """
    if mode not in _MODULES:
        raise ValueError(f"Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode={mode}")
    if data_format is None:
        data_format = PUBLIC["keras.backend.image_data_format"]()
    elif data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "Expected data_format to be one of `channels_first` or `channels_last`. "
            f"Received: data_format={data_format}"
        )
    if isinstance(x, Tensor):
        return _scaled_tensor(x, data_format, mode)
    x = np.asarray(x)
    x = x if np.issubdtype(x.dtype, np.floating) else x.astype(PUBLIC["keras.backend.floatx"](), copy=False)
    if mode == "tf":
        x /= 127.5
        x -= 1.0
        return x
    axis = _channels(data_format, x.ndim)
    means, deviations = (_CAFFE_MEANS, None) if mode == "caffe" else (_TORCH_MEANS, _TORCH_DEVIATIONS)
    if mode == "caffe":
        x = np.flip(x, axis)
    else:
        x /= 255.0
    shape = [3 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    x -= np.reshape(np.asarray(means, x.dtype), shape)
    if deviations is not None:
        x /= np.reshape(np.asarray(deviations, x.dtype), shape)
    return x


def _channels(data_format: str, rank: int) -> int:
    return -1 if data_format == "channels_last" else 0 if rank == 3 else 1


def _scaled_tensor(x: Any, data_format: str, mode: str) -> Any:
    if not x.dtype.is_floating:
        x = PUBLIC["cast"](x, PUBLIC["keras.backend.floatx"]())
    if mode == "tf":
        return x / 127.5 - 1.0
    axis = _channels(data_format, x.shape.rank)
    if mode == "caffe":
        x = PUBLIC["reverse"](x, [axis])
        means, deviations = _CAFFE_MEANS, (1.0, 1.0, 1.0)
    else:
        x, means, deviations = x / 255.0, _TORCH_MEANS, _TORCH_DEVIATIONS
    shape = [3 if i == axis % x.shape.rank else 1 for i in range(x.shape.rank)]
    x -= np.reshape(np.asarray(means, x.dtype.as_numpy_dtype), shape)
    return x if mode == "caffe" else x / np.reshape(np.asarray(deviations, x.dtype.as_numpy_dtype), shape)


@functools.cache
def _classes() -> dict[str, list[str]]:
    path = PUBLIC["keras.utils.get_file"](
        "imagenet_class_index.json", _INDEX, cache_subdir="models", file_hash="c2c37ea517e94d9795004a39431a14cb"
    )
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)  # type: ignore[no-any-return]


@tf_export(
    "keras.applications.imagenet_utils.decode_predictions",
    *(f"keras.applications.{module}.decode_predictions" for modules in _MODULES.values() for module in modules),
)
def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """The likeliest classes of ImageNet: for each example (name in WordNet, description, probability), likeliest first.

    Args:
        preds: the answers of a network, [batch, 1000].
        top: how many classes.

    Raises:
        ValueError: another shape.
    """
    if len(preds.shape) != 2 or preds.shape[1] != 1000:
        raise ValueError(
            "`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, 1000)). Received "
            f"array with shape: {preds.shape}"
        )
    classes = _classes()
    best = [row.argsort()[-top:][::-1] for row in preds]
    return [[(*classes[str(i)], row[i]) for i in chosen] for row, chosen in zip(preds, best, strict=True)]  # type: ignore[misc]


def _preprocessing(mode: str) -> Any:
    def preprocess(x: Any, data_format: str | None = None, **kwargs: Any) -> Any:
        return preprocess_input(x, data_format, mode)

    preprocess.__name__ = preprocess.__qualname__ = "preprocess_input"
    preprocess.__doc__ = f"`imagenet_utils.preprocess_input` with mode={mode!r}."
    return preprocess


for _mode, _modules in _MODULES.items():
    _function = _preprocessing(_mode)
    for _module in _modules:
        export(f"keras.applications.{_module}.preprocess_input", _function)
