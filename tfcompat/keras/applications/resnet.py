"""Residual networks of 50, 101 and 152 layers (He et al., 2015), and their second version (2016)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.keras.applications.application import Application, publish
from tfcompat.keras.applications.draw import Draw

_EPSILON = 1.001e-5
_DEPTHS = {"50": (3, 4, 6, 3), "101": (3, 4, 23, 3), "152": (3, 8, 36, 3)}
_DIGESTS = {
    "resnet50": ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
    "resnet101": ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
    "resnet152": ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
    "resnet50v2": ("3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"),
    "resnet101v2": ("6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"),
    "resnet152v2": ("a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"),
}


def _begin(draw: Draw, x: Any, activated: bool) -> Any:
    """The convolution of 7 by 7 and the pooling that all begin with."""
    x = draw.ZeroPadding2D(x, ((3, 3), (3, 3)), name="conv1_pad")
    x = draw.Conv2D(x, 64, 7, strides=2, name="conv1_conv")
    if activated:
        x = draw.normalised(x, "conv1_bn", epsilon=_EPSILON)
        x = draw.Activation(x, "relu", name="conv1_relu")
    x = draw.ZeroPadding2D(x, ((1, 1), (1, 1)), name="pool1_pad")
    return draw.MaxPooling2D(x, 3, strides=2, name="pool1_pool")


def _block(draw: Draw, x: Any, filters: int, stride: int, widens: bool, name: str) -> Any:
    """Three convolutions beside the inputs, or where channels or sizes change beside a convolution of them."""
    shortcut = x
    if widens:
        shortcut = draw.Conv2D(x, 4 * filters, 1, strides=stride, name=f"{name}_0_conv")
        shortcut = draw.normalised(shortcut, f"{name}_0_bn", epsilon=_EPSILON)
    x = draw.Conv2D(x, filters, 1, strides=stride, name=f"{name}_1_conv")
    x = draw.normalised(x, f"{name}_1_bn", epsilon=_EPSILON)
    x = draw.Activation(x, "relu", name=f"{name}_1_relu")
    x = draw.Conv2D(x, filters, 3, padding="same", name=f"{name}_2_conv")
    x = draw.normalised(x, f"{name}_2_bn", epsilon=_EPSILON)
    x = draw.Activation(x, "relu", name=f"{name}_2_relu")
    x = draw.Conv2D(x, 4 * filters, 1, name=f"{name}_3_conv")
    x = draw.normalised(x, f"{name}_3_bn", epsilon=_EPSILON)
    x = draw.Add([shortcut, x], name=f"{name}_add")
    return draw.Activation(x, "relu", name=f"{name}_out")


def _block_v2(draw: Draw, x: Any, filters: int, stride: int, widens: bool, name: str) -> Any:
    """The block of the second version: normalisation and activation come before the convolutions."""
    active = draw.normalised(x, f"{name}_preact_bn", epsilon=_EPSILON)
    active = draw.Activation(active, "relu", name=f"{name}_preact_relu")
    if widens:
        shortcut = draw.Conv2D(active, 4 * filters, 1, strides=stride, name=f"{name}_0_conv")
    else:
        shortcut = draw.MaxPooling2D(x, 1, strides=stride) if stride > 1 else x
    x = draw.Conv2D(active, filters, 1, strides=1, use_bias=False, name=f"{name}_1_conv")
    x = draw.normalised(x, f"{name}_1_bn", epsilon=_EPSILON)
    x = draw.Activation(x, "relu", name=f"{name}_1_relu")
    x = draw.ZeroPadding2D(x, ((1, 1), (1, 1)), name=f"{name}_2_pad")
    x = draw.Conv2D(x, filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")
    x = draw.normalised(x, f"{name}_2_bn", epsilon=_EPSILON)
    x = draw.Activation(x, "relu", name=f"{name}_2_relu")
    x = draw.Conv2D(x, 4 * filters, 1, name=f"{name}_3_conv")
    return draw.Add([shortcut, x], name=f"{name}_out")


def _body(depths: tuple[int, ...]) -> Callable[[Draw, Any], Any]:
    def body(draw: Draw, x: Any) -> Any:
        x = _begin(draw, x, True)
        for stage, depth in enumerate(depths):
            for place in range(depth):
                stride = 2 if stage > 0 and place == 0 else 1
                x = _block(draw, x, 64 << stage, stride, place == 0, f"conv{stage + 2}_block{place + 1}")
        return x

    return body


def _body_v2(depths: tuple[int, ...]) -> Callable[[Draw, Any], Any]:
    def body(draw: Draw, x: Any) -> Any:
        x = _begin(draw, x, False)
        for stage, depth in enumerate(depths):
            for place in range(depth):
                # the last block of a stage makes the images smaller, except in the last stage
                stride = 2 if stage < len(depths) - 1 and place == depth - 1 else 1
                x = _block_v2(draw, x, 64 << stage, stride, place == 0, f"conv{stage + 2}_block{place + 1}")
        x = draw.normalised(x, "post_bn", epsilon=_EPSILON)
        return draw.Activation(x, "relu", name="post_relu")

    return body


def _application(name: str, body: Callable[[Draw, Any], Any]) -> Application:
    files = [f"{name}_weights_tf_dim_ordering_tf_kernels{end}.h5" for end in ("", "_notop")]
    pair = tuple((f"resnet/{file}", file, digest) for file, digest in zip(files, _DIGESTS[name], strict=True))
    return Application(name, body, pair, last="probs", names_pools=True)  # type: ignore[arg-type]


for _layers, _depths in _DEPTHS.items():
    _modules = ["resnet", "resnet50"] if _layers == "50" else ["resnet"]
    publish(f"ResNet{_layers}", _modules, _application(f"resnet{_layers}", _body(_depths)))
    publish(f"ResNet{_layers}V2", ["resnet_v2"], _application(f"resnet{_layers}v2", _body_v2(_depths)))
