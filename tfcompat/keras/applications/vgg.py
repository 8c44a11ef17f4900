"""VGG16 and VGG19 (Simonyan and Zisserman, 2014): convolutions of 3 by 3 between poolings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.keras.applications.application import Application, publish
from tfcompat.keras.applications.draw import Draw

_FILTERS = (64, 128, 256, 512, 512)
_DIGESTS = {
    "vgg16": ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
    "vgg19": ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
}


def _body(depths: tuple[int, ...]) -> Callable[[Draw, Any], Any]:
    """Blocks of as many convolutions as `depths` says, each followed by a pooling."""

    def body(draw: Draw, x: Any) -> Any:
        for block, (filters, depth) in enumerate(zip(_FILTERS, depths, strict=True), 1):
            for place in range(1, depth + 1):
                name = f"block{block}_conv{place}"
                x = draw.Conv2D(x, filters, (3, 3), activation="relu", padding="same", name=name)
            x = draw.MaxPooling2D(x, (2, 2), strides=(2, 2), name=f"block{block}_pool")
        return x

    return body


def _head(draw: Draw, x: Any, classes: int, activation: Any) -> Any:
    x = draw.Flatten(x, name="flatten")
    x = draw.Dense(x, 4096, activation="relu", name="fc1")
    x = draw.Dense(x, 4096, activation="relu", name="fc2")
    return draw.Dense(x, classes, activation=activation, name="predictions")


def _published(name: str, depths: tuple[int, ...]) -> Any:
    files = [f"{name}_weights_tf_dim_ordering_tf_kernels{end}.h5" for end in ("", "_notop")]
    pair = tuple((f"{name}/{file}", file, digest) for file, digest in zip(files, _DIGESTS[name], strict=True))
    return publish(name.upper(), [name], Application(name, _body(depths), pair, head=_head))  # type: ignore[arg-type]


VGG16 = _published("vgg16", (2, 2, 3, 3, 3))
VGG19 = _published("vgg19", (2, 2, 4, 4, 4))
