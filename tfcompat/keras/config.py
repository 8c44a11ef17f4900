"""Settings of `tf.keras.backend`: the default float type, the fuzz factor, and the order of dimensions of images.

They begin with what `~/.keras/keras.json` says, if there is such a file; `$KERAS_HOME` is another directory for it.
"""

from __future__ import annotations

import json
import os
from typing import Any

from tfcompat.graph.export import tf_export

FLOATS = ("float16", "float32", "float64")
DATA_FORMATS = ("channels_last", "channels_first")


def keras_home() -> str:
    """The directory of settings and downloads: $KERAS_HOME, else ~/.keras, else /tmp/.keras without a home."""
    if "KERAS_HOME" in os.environ:
        return os.environ["KERAS_HOME"]
    base = os.path.expanduser("~")
    return os.path.join(base if os.access(base, os.W_OK) else "/tmp", ".keras")


def _stored() -> dict[str, Any]:
    """What the file of settings says and makes sense."""
    try:
        with open(os.path.join(keras_home(), "keras.json")) as stream:
            held = json.load(stream)
    except (OSError, ValueError):
        return {}
    allowed = {
        "floatx": lambda value: value in FLOATS,
        "epsilon": lambda value: isinstance(value, float),
        "image_data_format": lambda value: value in DATA_FORMATS,
    }
    return {
        key: held[key] for key, fits in allowed.items() if isinstance(held, dict) and key in held and fits(held[key])
    }


_settings: dict[str, Any] = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last", **_stored()}


@tf_export("keras.backend.floatx")
def floatx() -> str:
    """The name of the default float type, "float32" unless it was set."""
    return _settings["floatx"]  # type: ignore[no-any-return]


@tf_export("keras.backend.set_floatx")
def set_floatx(value: str) -> None:
    """Sets the default float type.

    Args:
        value: "float16", "float32" or "float64".

    Raises:
        ValueError: another value.
    """
    if value not in FLOATS:
        raise ValueError(f"Unknown floatx type: {value}. Expected one of {FLOATS}")
    _settings["floatx"] = str(value)


@tf_export("keras.backend.epsilon")
def epsilon() -> float:
    """The small number that keeps logarithms and divisions finite, 1e-7 unless it was set."""
    return _settings["epsilon"]  # type: ignore[no-any-return]


@tf_export("keras.backend.set_epsilon")
def set_epsilon(value: float) -> None:
    """Sets the number that `epsilon` gives."""
    _settings["epsilon"] = value


@tf_export("keras.backend.image_data_format")
def image_data_format() -> str:
    """Where images have their channels by default: "channels_last" or "channels_first"."""
    return _settings["image_data_format"]  # type: ignore[no-any-return]


@tf_export("keras.backend.set_image_data_format")
def set_image_data_format(data_format: str) -> None:
    """Sets where images have their channels.

    Args:
        data_format: "channels_last" or "channels_first".

    Raises:
        ValueError: another value.
    """
    if data_format not in DATA_FORMATS:
        raise ValueError(f"Unknown data_format: {data_format}. Expected one of {DATA_FORMATS}")
    _settings["image_data_format"] = str(data_format)


def normalize_data_format(value: str | None) -> str:
    """`value` in lower case, the setting when None; ValueError unless it is one of the two."""
    chosen = image_data_format() if value is None else value.lower()
    if chosen not in DATA_FORMATS:
        raise ValueError(
            f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {chosen}'
        )
    return chosen
