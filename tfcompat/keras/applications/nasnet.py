"""NASNetMobile and NASNetLarge (Zoph et al., 2017): two kinds of cells that a search found."""

from __future__ import annotations

from typing import Any

from tfcompat.keras.applications.application import Application, export_in
from tfcompat.keras.applications.draw import Draw

_BN = {"momentum": 0.9997, "epsilon": 1e-3}


class _Cells:
    """Draws the cells.

    Args:
        draw: the drawing.
    """

    def __init__(self, draw: Draw):
        self._draw = draw
        self._axis = 1 if draw.channels == 1 else -1

    def _normalised(self, x: Any, name: str) -> Any:
        return self._draw.BatchNormalization(x, axis=self._axis, name=name, **_BN)

    def _convolved(self, x: Any, filters: int, name: str) -> Any:
        return self._draw.Conv2D(x, filters, (1, 1), strides=(1, 1), padding="same", use_bias=False, name=name)

    def _joined(self, parts: list[Any], name: str | None = None) -> Any:
        return self._draw.Concatenate(parts, axis=self._axis, name=name)

    def _separable(self, x: Any, filters: int, kernel: int, name: str, stride: int = 1) -> Any:
        """Two separable convolutions, each behind an activation and before a normalisation."""
        draw = self._draw
        x = draw.Activation(x, "relu")
        padding = "same"
        if stride == 2:
            x = draw.ZeroPadding2D(x, draw.correct_pad(x, kernel), name=f"separable_conv_1_pad_{name}")
            padding = "valid"
        for place in (1, 2):
            if place == 2:
                x, stride, padding = draw.Activation(x, "relu"), 1, "same"
            x = draw.SeparableConv2D(
                x,
                filters,
                (kernel, kernel),
                strides=stride,
                padding=padding,
                use_bias=False,
                name=f"separable_conv_{place}_{name}",
            )
            x = self._normalised(x, f"separable_conv_{place}_bn_{name}")
        return x

    def _fitted(self, x: Any, before: Any, filters: int, name: str) -> Any:
        """`before`, the output of the last cell but one, in the size and with the channels of the cell."""
        draw = self._draw
        space = slice(2, 4) if draw.channels == 1 else slice(1, 3)
        if before is None:
            return x
        if before.shape.as_list()[space] != x.shape.as_list()[space]:
            before = draw.Activation(before, "relu", name=f"adjust_relu_1_{name}")
            pool = {"strides": (2, 2), "padding": "valid"}
            first = draw.AveragePooling2D(before, (1, 1), name=f"adjust_avg_pool_1_{name}", **pool)
            first = self._convolved(first, filters // 2, f"adjust_conv_1_{name}")
            second = draw.Cropping2D(draw.ZeroPadding2D(before, ((0, 1), (0, 1))), ((1, 0), (1, 0)))
            second = draw.AveragePooling2D(second, (1, 1), name=f"adjust_avg_pool_2_{name}", **pool)
            second = self._convolved(second, filters // 2, f"adjust_conv_2_{name}")
            return self._normalised(self._joined([first, second]), f"adjust_bn_{name}")
        if draw.count(before) != filters:
            before = draw.Activation(before, "relu")
            before = self._convolved(before, filters, f"adjust_conv_projection_{name}")
            return self._normalised(before, f"adjust_bn_{name}")
        return before

    def _begin(self, x: Any, before: Any, filters: int, kind: str, name: str) -> tuple[Any, Any]:
        """The two inputs of a cell, both with `filters` channels."""
        p = self._fitted(x, before, filters, name)
        h = self._convolved(self._draw.Activation(x, "relu"), filters, f"{kind}_conv_1_{name}")
        return self._normalised(h, f"{kind}_bn_1_{name}"), p

    def normal(self, x: Any, before: Any, filters: int, name: str) -> tuple[Any, Any]:
        """A cell that keeps the size: (its output, its input)."""
        draw = self._draw

        def mean(value: Any, part: str) -> Any:
            return draw.AveragePooling2D(value, (3, 3), strides=(1, 1), padding="same", name=f"normal_{part}_{name}")

        h, p = self._begin(x, before, filters, "normal", name)
        left = self._separable(h, filters, 5, f"normal_left1_{name}")
        right = self._separable(p, filters, 3, f"normal_right1_{name}")
        parts = [p, draw.Add([left, right], name=f"normal_add_1_{name}")]
        left = self._separable(p, filters, 5, f"normal_left2_{name}")
        right = self._separable(p, filters, 3, f"normal_right2_{name}")
        parts.append(draw.Add([left, right], name=f"normal_add_2_{name}"))
        parts.append(draw.Add([mean(h, "left3"), p], name=f"normal_add_3_{name}"))
        parts.append(draw.Add([mean(p, "left4"), mean(p, "right4")], name=f"normal_add_4_{name}"))
        left = self._separable(h, filters, 3, f"normal_left5_{name}")
        parts.append(draw.Add([left, h], name=f"normal_add_5_{name}"))
        return self._joined(parts, f"normal_concat_{name}"), x

    def reduction(self, x: Any, before: Any, filters: int, name: str) -> tuple[Any, Any]:
        """A cell that halves the size: (its output, its input)."""
        draw = self._draw
        h, p = self._begin(x, before, filters, "reduction", name)
        padded = draw.ZeroPadding2D(h, draw.correct_pad(h, 3), name=f"reduction_pad_1_{name}")
        pool = {"strides": (2, 2), "padding": "valid"}
        left = self._separable(h, filters, 5, f"reduction_left1_{name}", 2)
        right = self._separable(p, filters, 7, f"reduction_right1_{name}", 2)
        first = draw.Add([left, right], name=f"reduction_add_1_{name}")
        left = draw.MaxPooling2D(padded, (3, 3), name=f"reduction_left2_{name}", **pool)
        right = self._separable(p, filters, 7, f"reduction_right2_{name}", 2)
        second = draw.Add([left, right], name=f"reduction_add_2_{name}")
        left = draw.AveragePooling2D(padded, (3, 3), name=f"reduction_left3_{name}", **pool)
        right = self._separable(p, filters, 5, f"reduction_right3_{name}", 2)
        third = draw.Add([left, right], name=f"reduction_add3_{name}")
        mean = draw.AveragePooling2D(first, (3, 3), strides=(1, 1), padding="same", name=f"reduction_left4_{name}")
        fourth = draw.Add([second, mean])
        left = self._separable(first, filters, 3, f"reduction_left4_{name}")
        right = draw.MaxPooling2D(padded, (3, 3), name=f"reduction_right5_{name}", **pool)
        fifth = draw.Add([left, right], name=f"reduction_add4_{name}")
        return self._joined([second, third, fourth, fifth], f"reduction_concat_{name}"), x


def _body(last_filters: int, blocks: int, stem_filters: int, skips: bool) -> Any:
    """The cells of a network.

    Args:
        last_filters: number of channels of the last cell.
        blocks: normal cells of each size.
        stem_filters: channels of the first convolution.
        skips: whether the cell behind a reduction sees the output before the reduction's input.
    """

    def body(draw: Draw, x: Any) -> Any:
        cells, filters = _Cells(draw), last_filters // 24
        x = draw.Conv2D(
            x, stem_filters, (3, 3), strides=(2, 2), padding="valid", use_bias=False, name="stem_conv1",
            kernel_initializer="he_normal",
        )  # fmt: skip
        x = cells._normalised(x, "stem_bn1")
        x, p = cells.reduction(x, None, filters // 4, "stem_1")
        x, p = cells.reduction(x, p, filters // 2, "stem_2")
        for stage in range(3):
            width = filters << stage
            if stage:
                x, before = cells.reduction(x, p, width, f"reduce_{stage * blocks}")
                p = p if skips else before
            for place in range(blocks):
                x, p = cells.normal(x, p, width, str(stage * blocks + place + (stage > 0)))
        return draw.Activation(x, "relu")

    return body


def _head(draw: Draw, x: Any, classes: int, activation: Any) -> Any:
    return draw.Dense(draw.GlobalAveragePooling2D(x), classes, activation=activation, name="predictions")


def _published(function_name: str, size: int, body: Any, digests: tuple[str, str]) -> None:
    kind = function_name.removeprefix("NASNet").lower()
    ends = (("", ""), ("-no-top", "_no_top"))
    files = tuple(
        (f"nasnet/NASNet-{kind}{dashed}.h5", f"nasnet_{kind}{lined}.h5", digest)
        for (dashed, lined), digest in zip(ends, digests, strict=True)
    )
    application = Application("NASNet", body, files, size=size, head=_head, always_flattened=True)  # type: ignore[arg-type]

    def function(
        input_shape: Any = None,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        **kwargs: Any,
    ) -> Any:
        return application.model(
            include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation
        )

    function.__name__ = function.__qualname__ = function_name
    function.__doc__ = f"{function_name} as a Keras model; see `Application.model` for the arguments."
    export_in(function_name, ["nasnet"], function)


_published(
    "NASNetMobile",
    224,
    _body(1056, 4, 32, False),
    ("020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"),
)
_published(
    "NASNetLarge",
    331,
    _body(4032, 6, 96, True),
    ("11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"),
)
