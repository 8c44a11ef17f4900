"""`Draw`: layers applied by the names of their classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.export import PUBLIC


class Draw:
    """`draw.Conv2D(x, 64, 3, name="conv1")` is the output of such a layer for `x`.

    Attributes:
        channels: the axis of the channels.
    """

    def __init__(self) -> None:
        self.channels = 1 if PUBLIC["keras.backend.image_data_format"]() == "channels_first" else 3

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        layer = PUBLIC[f"keras.layers.{kind}"]
        return lambda x, *args, **kwargs: layer(*args, **kwargs)(x)

    def normalised(self, x: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Batch normalisation of the channels."""
        return self.BatchNormalization(x, axis=self.channels, name=name, **kwargs)

    def joined(self, parts: list[Any], name: str | None = None) -> Any:
        """`parts` one behind the other along the channels."""
        return self.Concatenate(parts, axis=self.channels, name=name)

    def count(self, x: Any) -> int:
        """The number of channels of `x`."""
        return int(x.shape.as_list()[self.channels])

    def correct_pad(self, x: Any, kernel: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """How to pad images before a convolution of stride 2 without padding, so that it sees the right places."""
        start = 2 if self.channels == 1 else 1
        sizes = x.shape.as_list()[start : start + 2]
        adjust = [0 if n is None else 1 - n % 2 for n in sizes] if sizes[0] is not None else [1, 1]
        half = kernel // 2
        return tuple((half - a, half) for a in adjust)  # type: ignore[return-value]
