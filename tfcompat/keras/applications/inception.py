"""InceptionV3 (Szegedy et al., 2015) and InceptionResNetV2 (2016): branches of convolutions side by side.

A branch is written as its convolutions, "48 64:5x5 96:3x3/2": filters, the size of the kernel where it is not 1x1, and
/2 for a stride of 2 without padding; /1 for no padding alone.
"""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.keras.applications.application import Application, publish
from tfcompat.keras.applications.draw import Draw


def _branch(draw: Draw, x: Any, text: str, name: str | None = None) -> Any:
    """Convolutions, each with normalisation and activation."""
    for convolution in text.split():
        sizes, _, stride = convolution.partition("/")
        filters, _, kernel = sizes.partition(":")
        x = draw.Conv2D(
            x,
            int(filters),
            tuple(int(n) for n in (kernel or "1x1").split("x")),
            strides=int(stride or 1),
            padding="valid" if stride else "same",
            use_bias=False,
            name=name,
        )
        x = draw.normalised(x, name and f"{name}_bn", scale=False)
        x = draw.Activation(x, "relu", name=name and f"{name}_ac")
    return x


def _pooled(draw: Draw, x: Any, text: str) -> Any:
    """The means of windows, then convolutions."""
    return _branch(draw, draw.AveragePooling2D(x, (3, 3), strides=(1, 1), padding="same"), text)


def _halved(draw: Draw, x: Any) -> Any:
    return draw.MaxPooling2D(x, (3, 3), strides=(2, 2))


def _stem(draw: Draw, x: Any) -> Any:
    x = _halved(draw, _branch(draw, x, "32:3x3/2 32:3x3/1 64:3x3"))
    return _halved(draw, _branch(draw, x, "80/1 192:3x3/1"))


def _mixed(draw: Draw, x: Any, branches: tuple[str, ...], pooled: str, name: str) -> Any:
    """Branches, and one behind a pooling, one behind the other."""
    parts = [_branch(draw, x, text) for text in branches]
    return draw.joined([*parts, _pooled(draw, x, pooled)], name)


def _reduced(draw: Draw, x: Any, branches: tuple[str, ...], name: str) -> Any:
    """Branches of stride 2, and a pooling, one behind the other."""
    parts = [_branch(draw, x, text) for text in branches]
    return draw.joined([*parts, _halved(draw, x)], name)


def _split(draw: Draw, x: Any, name: str | None) -> Any:
    """Two flat convolutions side by side."""
    return draw.joined([_branch(draw, x, "384:1x3"), _branch(draw, x, "384:3x1")], name)


def _inception_v3(draw: Draw, x: Any) -> Any:
    x = _stem(draw, x)
    for block, filters in enumerate((32, 64, 64)):
        x = _mixed(draw, x, ("64", "48 64:5x5", "64 96:3x3 96:3x3"), str(filters), f"mixed{block}")
    x = _reduced(draw, x, ("384:3x3/2", "64 96:3x3 96:3x3/2"), "mixed3")
    for block, c in enumerate((128, 160, 160, 192), 4):
        branches = ("192", f"{c} {c}:1x7 192:7x1", f"{c} {c}:7x1 {c}:1x7 {c}:7x1 192:1x7")
        x = _mixed(draw, x, branches, "192", f"mixed{block}")
    x = _reduced(draw, x, ("192 320:3x3/2", "192 192:1x7 192:7x1 192:3x3/2"), "mixed8")
    for block in (0, 1):
        first = _branch(draw, x, "320")
        second = _split(draw, _branch(draw, x, "384"), f"mixed9_{block}")
        third = _split(draw, _branch(draw, x, "448 384:3x3"), None)
        x = draw.joined([first, second, third, _pooled(draw, x, "192")], f"mixed{9 + block}")
    return x


_RESIDUAL = {
    "block35": ("32", "32 32:3x3", "32 48:3x3 64:3x3"),
    "block17": ("192", "128 160:1x7 192:7x1"),
    "block8": ("192", "192 224:1x3 256:3x1"),
}
"""The branches of the residual blocks of InceptionResNetV2."""


def _scaled_sum(inputs: Any, scale: float) -> Any:
    return inputs[0] + inputs[1] * scale


def _residual(draw: Draw, x: Any, kind: str, index: int, scale: float, activation: str | None = "relu") -> Any:
    """`x` plus a share of what the branches give."""
    name = f"{kind}_{index}"
    mixed = draw.joined([_branch(draw, x, text) for text in _RESIDUAL[kind]], f"{name}_mixed")
    up = draw.Conv2D(mixed, draw.count(x), 1, padding="same", use_bias=True, name=f"{name}_conv")
    shape = PUBLIC["keras.backend.int_shape"](x)[1:]
    x = draw.Lambda([x, up], _scaled_sum, output_shape=shape, arguments={"scale": scale}, name=name)
    return x if activation is None else draw.Activation(x, activation, name=f"{name}_ac")


def _inception_resnet_v2(draw: Draw, x: Any) -> Any:
    x = _stem(draw, x)
    x = _mixed(draw, x, ("96", "48 64:5x5", "64 96:3x3 96:3x3"), "64", "mixed_5b")
    for index in range(1, 11):
        x = _residual(draw, x, "block35", index, 0.17)
    x = _reduced(draw, x, ("384:3x3/2", "256 256:3x3 384:3x3/2"), "mixed_6a")
    for index in range(1, 21):
        x = _residual(draw, x, "block17", index, 0.1)
    x = _reduced(draw, x, ("256 384:3x3/2", "256 288:3x3/2", "256 288:3x3 320:3x3/2"), "mixed_7a")
    for index in range(1, 10):
        x = _residual(draw, x, "block8", index, 0.2)
    x = _residual(draw, x, "block8", 10, 1.0, None)
    return _branch(draw, x, "1536", "conv_7b")


def _published(function: str, name: str, body: Any, digests: tuple[str, str]) -> Any:
    files = [f"{name}_weights_tf_dim_ordering_tf_kernels{end}.h5" for end in ("", "_notop")]
    pair = tuple((f"{name}/{file}", file, digest) for file, digest in zip(files, digests, strict=True))
    return publish(function, [name], Application(name, body, pair, size=299, least=75))  # type: ignore[arg-type]


InceptionV3 = _published(
    "InceptionV3",
    "inception_v3",
    _inception_v3,
    ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
)
InceptionResNetV2 = _published(
    "InceptionResNetV2",
    "inception_resnet_v2",
    _inception_resnet_v2,
    ("e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"),
)
