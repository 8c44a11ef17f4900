"""Xception (Chollet, 2016): separable convolutions with residual connections."""

from __future__ import annotations

from typing import Any

from tfcompat.keras.applications.application import Application, publish
from tfcompat.keras.applications.draw import Draw


def _separable(draw: Draw, x: Any, filters: int, name: str) -> Any:
    x = draw.SeparableConv2D(x, filters, (3, 3), padding="same", use_bias=False, name=name)
    return draw.normalised(x, f"{name}_bn")


def _shrinking(draw: Draw, x: Any, filters: tuple[int, int], block: int) -> Any:
    """Two separable convolutions and a pooling, beside a convolution of stride 2."""
    beside = draw.Conv2D(x, filters[1], (1, 1), strides=(2, 2), padding="same", use_bias=False)
    beside = draw.normalised(beside)
    if block > 2:
        x = draw.Activation(x, "relu", name=f"block{block}_sepconv1_act")
    x = _separable(draw, x, filters[0], f"block{block}_sepconv1")
    x = draw.Activation(x, "relu", name=f"block{block}_sepconv2_act")
    x = _separable(draw, x, filters[1], f"block{block}_sepconv2")
    x = draw.MaxPooling2D(x, (3, 3), strides=(2, 2), padding="same", name=f"block{block}_pool")
    return draw.Add([x, beside])


def _body(draw: Draw, x: Any) -> Any:
    for place, (filters, stride) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{place}"
        x = draw.Conv2D(x, filters, (3, 3), strides=stride, use_bias=False, name=name)
        x = draw.normalised(x, f"{name}_bn")
        x = draw.Activation(x, "relu", name=f"{name}_act")
    for block, filters in enumerate((128, 256, 728), 2):
        x = _shrinking(draw, x, (filters, filters), block)
    for block in range(5, 13):
        before = x
        for place in range(1, 4):
            x = draw.Activation(x, "relu", name=f"block{block}_sepconv{place}_act")
            x = _separable(draw, x, 728, f"block{block}_sepconv{place}")
        x = draw.Add([x, before])
    x = _shrinking(draw, x, (728, 1024), 13)
    for place, filters in enumerate((1536, 2048), 1):
        x = _separable(draw, x, filters, f"block14_sepconv{place}")
        x = draw.Activation(x, "relu", name=f"block14_sepconv{place}_act")
    return x


_FILES = [f"xception_weights_tf_dim_ordering_tf_kernels{end}.h5" for end in ("", "_notop")]
Xception = publish(
    "Xception",
    ["xception"],
    Application(
        "xception",
        _body,
        (
            (f"xception/{_FILES[0]}", _FILES[0], "0a58e3b7378bc2990ea3b43d5981f1f6"),
            (f"xception/{_FILES[1]}", _FILES[1], "b0042744bf5b25fce3cb969f33bebb97"),
        ),
        size=299,
        least=71,
    ),
)
