"""MobileNet (Howard et al., 2017) and MobileNetV2 (Sandler et al., 2018), of any width."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import PUBLIC
from tfcompat.keras.applications.application import Application, File, check_keywords, export_in
from tfcompat.keras.applications.draw import Draw

_SIZES = (128, 160, 192, 224)
# fmt: off
_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
    (1024, 2), (1024, 1),
)
"""(filters, stride) of the blocks of MobileNet."""
_BLOCKS_V2 = (
    (1, 16, 1), (6, 24, 2), (6, 24, 1), (6, 32, 2), (6, 32, 1), (6, 32, 1), (6, 64, 2), (6, 64, 1), (6, 64, 1),
    (6, 64, 1), (6, 96, 1), (6, 96, 1), (6, 96, 1), (6, 160, 2), (6, 160, 1), (6, 160, 1), (6, 320, 1),
)
"""(expansion, filters, stride) of the blocks of MobileNetV2."""
_TEXTS = {1.0: "1_0", 0.75: "7_5", 0.50: "5_0", 0.25: "2_5"}
# fmt: on


def _size_for(input_shape: Any) -> int:
    """The size of images of the trained weights that is meant: that of the images where there is one, else 224."""
    if input_shape is None:
        return 224
    first = PUBLIC["keras.backend.image_data_format"]() == "channels_first"
    rows, columns = input_shape[1:] if first else input_shape[:2]
    return rows if rows == columns and rows in _SIZES else 224


def _mobilenet_body(alpha: float, depth_multiplier: int) -> Any:
    def body(draw: Draw, x: Any) -> Any:
        x = draw.ZeroPadding2D(x, ((0, 1), (0, 1)), name="conv1_pad")
        x = draw.Conv2D(x, int(32 * alpha), (3, 3), strides=(2, 2), padding="valid", use_bias=False, name="conv1")
        x = draw.normalised(x, "conv1_bn")
        x = draw.ReLU(x, 6.0, name="conv1_relu")
        for block, (filters, stride) in enumerate(_BLOCKS, 1):
            if stride > 1:
                x = draw.ZeroPadding2D(x, ((0, 1), (0, 1)), name=f"conv_pad_{block}")
            x = draw.DepthwiseConv2D(
                x,
                (3, 3),
                padding="same" if stride == 1 else "valid",
                depth_multiplier=depth_multiplier,
                strides=stride,
                use_bias=False,
                name=f"conv_dw_{block}",
            )
            x = draw.normalised(x, f"conv_dw_{block}_bn")
            x = draw.ReLU(x, 6.0, name=f"conv_dw_{block}_relu")
            x = draw.Conv2D(x, int(filters * alpha), 1, padding="same", use_bias=False, name=f"conv_pw_{block}")
            x = draw.normalised(x, f"conv_pw_{block}_bn")
            x = draw.ReLU(x, 6.0, name=f"conv_pw_{block}_relu")
        return x

    return body


def _mobilenet_head(alpha: float, dropout: float) -> Any:
    def head(draw: Draw, x: Any, classes: int, activation: Any) -> Any:
        width = int(1024 * alpha)
        x = draw.GlobalAveragePooling2D(x)
        x = draw.Reshape(x, (width, 1, 1) if draw.channels == 1 else (1, 1, width), name="reshape_1")
        x = draw.Dropout(x, dropout, name="dropout")
        x = draw.Conv2D(x, classes, (1, 1), padding="same", name="conv_preds")
        x = draw.Reshape(x, (classes,), name="reshape_2")
        return draw.Activation(x, activation, name="act_softmax")

    return head


def MobileNet(
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    **kwargs: Any,
) -> Any:
    """MobileNet as a Keras model; see `Application.model` for the other arguments.

    Args:
        input_shape: shape of the images.
        alpha: factor of all numbers of channels.
        depth_multiplier: channels that each channel gives in the convolutions of channels by themselves.
        dropout: share that training drops before the classifier.
        include_top, weights, input_tensor, pooling, classes, classifier_activation: see there.
        kwargs: must be empty.

    Raises:
        ValueError: trained weights of another width or depth than there are.
    """
    check_keywords(kwargs)
    size = _size_for(input_shape)
    if weights == "imagenet":
        _check_width(alpha, tuple(_TEXTS))
        if depth_multiplier != 1:
            raise ValueError(
                "If imagenet weights are being loaded, depth multiplier must be 1.  "
                f"Received: depth_multiplier={depth_multiplier}"
            )
    files = tuple(_mobilenet_file(alpha, size, end) for end in ("tf.h5", "tf_no_top.h5"))
    name = f"mobilenet_{alpha:0.2f}_{size if input_shape is None else _rows(input_shape)}"
    application = Application(
        name,
        _mobilenet_body(alpha, depth_multiplier),
        files,  # type: ignore[arg-type]
        size=size,
        head=_mobilenet_head(alpha, dropout),
    )
    return application.model(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)


def _rows(input_shape: Any) -> Any:
    return input_shape[1 if PUBLIC["keras.backend.image_data_format"]() == "channels_first" else 0]


def _check_width(alpha: float, known: tuple[float, ...]) -> None:
    if alpha not in known:
        raise ValueError(
            f"If imagenet weights are being loaded, alpha can be one of {known} only.  Received: alpha={alpha}"
        )


def _mobilenet_file(alpha: float, size: int, end: str) -> File | None:
    if alpha not in _TEXTS:
        return None
    name = f"mobilenet_{_TEXTS[alpha]}_{size}_{end}"
    return f"mobilenet/{name}", name, None


def _divisible(value: float, divisor: int = 8) -> int:
    """`value` rounded to a multiple of `divisor`, not down by more than a tenth."""
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def _inverted(draw: Draw, x: Any, expansion: int, filters: int, stride: int, block: int) -> Any:
    """A wide convolution of channels by themselves between narrow ones, beside the inputs where these fit."""
    before, channels = x, draw.count(x)
    prefix = f"block_{block}_" if block else "expanded_conv_"
    momentum = {"epsilon": 1e-3, "momentum": 0.999}
    if block:
        x = draw.Conv2D(x, expansion * channels, 1, padding="same", use_bias=False, name=f"{prefix}expand")
        x = draw.normalised(x, f"{prefix}expand_BN", **momentum)
        x = draw.ReLU(x, 6.0, name=f"{prefix}expand_relu")
    if stride == 2:
        x = draw.ZeroPadding2D(x, draw.correct_pad(x, 3), name=f"{prefix}pad")
    padding = "same" if stride == 1 else "valid"
    x = draw.DepthwiseConv2D(x, 3, strides=stride, use_bias=False, padding=padding, name=f"{prefix}depthwise")
    x = draw.normalised(x, f"{prefix}depthwise_BN", **momentum)
    x = draw.ReLU(x, 6.0, name=f"{prefix}depthwise_relu")
    x = draw.Conv2D(x, filters, 1, padding="same", use_bias=False, name=f"{prefix}project")
    x = draw.normalised(x, f"{prefix}project_BN", **momentum)
    return draw.Add([before, x], name=f"{prefix}add") if channels == filters and stride == 1 else x


def _mobilenet_v2_body(alpha: float) -> Any:
    def body(draw: Draw, x: Any) -> Any:
        x = draw.ZeroPadding2D(x, draw.correct_pad(x, 3), name="Conv1_pad")
        x = draw.Conv2D(x, _divisible(32 * alpha), 3, strides=(2, 2), padding="valid", use_bias=False, name="Conv1")
        x = draw.normalised(x, "bn_Conv1", epsilon=1e-3, momentum=0.999)
        x = draw.ReLU(x, 6.0, name="Conv1_relu")
        for block, (expansion, filters, stride) in enumerate(_BLOCKS_V2):
            x = _inverted(draw, x, expansion, _divisible(int(filters * alpha)), stride, block)
        last = _divisible(1280 * alpha) if alpha > 1.0 else 1280
        x = draw.Conv2D(x, last, 1, use_bias=False, name="Conv_1")
        x = draw.normalised(x, "Conv_1_bn", epsilon=1e-3, momentum=0.999)
        return draw.ReLU(x, 6.0, name="out_relu")

    return body


def _mobilenet_v2_head(draw: Draw, x: Any, classes: int, activation: Any) -> Any:
    x = draw.GlobalAveragePooling2D(x)
    return draw.Dense(x, classes, activation=activation, use_bias=True, name="Logits")


def MobileNetV2(
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    **kwargs: Any,
) -> Any:
    """MobileNetV2 as a Keras model; see `Application.model` for the other arguments.

    Args:
        input_shape: shape of the images.
        alpha: factor of all numbers of channels.
        include_top, weights, input_tensor, pooling, classes, classifier_activation: see there.
        kwargs: must be empty.

    Raises:
        ValueError: trained weights of another width than there are.
    """
    check_keywords(kwargs)
    size = 96 if input_shape is not None and _rows(input_shape) == 96 else _size_for(input_shape)
    if weights == "imagenet":
        _check_width(alpha, (0.35, 0.50, 0.75, 1.0, 1.3, 1.4))
    names = [f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{size}{end}.h5" for end in ("", "_no_top")]
    files = tuple((f"mobilenet_v2/{name}", name, None) for name in names)
    rows = size if input_shape is None else _rows(input_shape)
    application = Application(
        f"mobilenetv2_{alpha:0.2f}_{rows}",
        _mobilenet_v2_body(alpha),
        files,  # type: ignore[arg-type]
        size=size,
        head=_mobilenet_v2_head,
    )
    return application.model(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)


export_in("MobileNet", ["mobilenet"], MobileNet)
export_in("MobileNetV2", ["mobilenet_v2"], MobileNetV2)
