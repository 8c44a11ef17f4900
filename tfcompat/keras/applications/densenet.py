"""DenseNet121, 169 and 201 (Huang et al., 2016): every layer of a block sees the outputs of all before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.keras.applications.application import Application, publish
from tfcompat.keras.applications.draw import Draw

_EPSILON = 1.001e-5
_GROWTH = 32
_DEPTHS = {"121": (6, 12, 24, 16), "169": (6, 12, 32, 32), "201": (6, 12, 48, 32)}
_DIGESTS = {
    "121": ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
    "169": ("d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
    "201": ("1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
}


def _activated(draw: Draw, x: Any, normalisation: str, activation: str) -> Any:
    x = draw.normalised(x, normalisation, epsilon=_EPSILON)
    return draw.Activation(x, "relu", name=activation)


def _layer(draw: Draw, x: Any, name: str) -> Any:
    """`x` and what two convolutions of it give."""
    new = _activated(draw, x, f"{name}_0_bn", f"{name}_0_relu")
    new = draw.Conv2D(new, 4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")
    new = _activated(draw, new, f"{name}_1_bn", f"{name}_1_relu")
    new = draw.Conv2D(new, _GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")
    return draw.joined([x, new], f"{name}_concat")


def _transition(draw: Draw, x: Any, name: str) -> Any:
    """Half the channels, and half the size."""
    x = _activated(draw, x, f"{name}_bn", f"{name}_relu")
    x = draw.Conv2D(x, draw.count(x) // 2, 1, use_bias=False, name=f"{name}_conv")
    return draw.AveragePooling2D(x, 2, strides=2, name=f"{name}_pool")


def _body(depths: tuple[int, ...]) -> Callable[[Draw, Any], Any]:
    def body(draw: Draw, x: Any) -> Any:
        x = draw.ZeroPadding2D(x, ((3, 3), (3, 3)))
        x = draw.Conv2D(x, 64, 7, strides=2, use_bias=False, name="conv1/conv")
        x = _activated(draw, x, "conv1/bn", "conv1/relu")
        x = draw.ZeroPadding2D(x, ((1, 1), (1, 1)))
        x = draw.MaxPooling2D(x, 3, strides=2, name="pool1")
        for block, depth in enumerate(depths, 2):
            for place in range(1, depth + 1):
                x = _layer(draw, x, f"conv{block}_block{place}")
            if block < 5:
                x = _transition(draw, x, f"pool{block}")
        return _activated(draw, x, "bn", "relu")

    return body


for _layers, _depths in _DEPTHS.items():
    _files = [f"densenet{_layers}_weights_tf_dim_ordering_tf_kernels{end}.h5" for end in ("", "_notop")]
    _pair = tuple((f"densenet/{file}", file, digest) for file, digest in zip(_files, _DIGESTS[_layers], strict=True))
    publish(
        f"DenseNet{_layers}",
        ["densenet"],
        Application(f"densenet{_layers}", _body(_depths), _pair, last="fc1000", names_pools=True),  # type: ignore[arg-type]
    )
