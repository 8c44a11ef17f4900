"""tf.keras.layers over spatial axes: convolutions, pooling, padding, cropping, repeating, local connections."""

from __future__ import annotations

from tests.cases import Case, expr, f32
from tests.runner import run_cases

L = "tf.keras.layers"
SERIES = f32(2, 7, 4)
IMAGES = f32(2, 7, 5, 4)
VOLUMES = f32(1, 4, 3, 5, 2)
KERNEL = "kernel_initializer=tf.keras.initializers.glorot_uniform(seed=3)"
DEPTHWISE = "depthwise_initializer=tf.keras.initializers.glorot_uniform(seed=3)"
POINTWISE = "pointwise_initializer=tf.keras.initializers.glorot_uniform(seed=4)"


def layer(call: str, x=IMAGES, **options) -> Case:
    """A layer applied to `x`."""
    return expr(f"{L}.{call}(x)", x=x, **options)


CONVOLUTIONS = [
    *(layer(f"Conv1D(3, {options}, {KERNEL})", SERIES) for options in (
        "3", "2, 2, 'same'", "3, padding='causal'", "2, activation='relu'", "3, use_bias=False",
    )),
    layer(f"Conv1D(3, 3, padding='causal', dilation_rate=2, {KERNEL})", SERIES, graph=False),
    *(layer(f"Conv2D(3, {options}, {KERNEL})") for options in (
        "3", "(2, 3), (1, 2), 'same'", "3, dilation_rate=2", "2, activation='tanh', use_bias=False",
        "3, bias_initializer='ones'",
    )),
    layer(f"Conv2D(4, 3, groups=2, {KERNEL})", graph=False, grad=False),
    layer(f"Conv2D(3, 2, data_format='channels_first', {KERNEL})", f32(2, 4, 5, 3), run=False),
    layer(f"Conv3D(2, 2, {KERNEL})", VOLUMES), layer(f"Conv3D(2, (1, 2, 3), 2, 'same', {KERNEL})", VOLUMES),
    *(layer(f"Conv2DTranspose(3, {options}, {KERNEL})", f32(2, 3, 4, 2)) for options in (
        "3", "3, 2", "2, (2, 3), 'same'", "3, 2, 'same', 1", "3, 2, output_padding=(1, 0)", "(3, 2), activation='relu'",
        "3, dilation_rate=2",
    )),
    layer(f"Conv3DTranspose(2, 2, 2, {KERNEL})", f32(1, 2, 3, 2, 2)),
    layer(f"Conv1DTranspose(3, 3, 2, {KERNEL})", SERIES),
    layer(f"Conv1DTranspose(3, 2, 2, 'same', 1, {KERNEL})", SERIES),
    *(layer(f"SeparableConv2D(3, {options}, {DEPTHWISE}, {POINTWISE})") for options in (
        "3", "2, 2, 'same'", "3, dilation_rate=2", "2, depth_multiplier=2, activation='relu', use_bias=False",
    )),
    *(layer(f"SeparableConv1D(3, {options}, {DEPTHWISE}, {POINTWISE})", SERIES) for options in (
        "3", "2, 2, 'same'", "3, padding='causal', dilation_rate=2",
    )),
    *(layer(f"DepthwiseConv2D({options}, {DEPTHWISE})") for options in (
        "3", "(2, 3), padding='same'", "2, 2, depth_multiplier=2", "2, activation='relu', use_bias=False",
    )),
    layer(f"DepthwiseConv1D(3, {DEPTHWISE})", SERIES),
    *(layer(call, raises=(error, words)) for call, error, words in (
        ("Conv2D(0, 2)", "ValueError", "strictly positive value"), ("Conv2D(2, 0)", "ValueError", "kernel_size"),
        ("Conv2D(2, (1, 2, 3))", "ValueError", "tuple of 2 integers"),
        ("Conv2D(2, 2, 0)", "ValueError", "cannot contains 0"), ("Conv2D(2, 2, padding='s')", "ValueError", "padding"),
        ("Conv2D(2, 2, padding='causal')", "ValueError", "Causal padding is only supported"),
        ("Conv2D(3, 2, groups=2)", "ValueError", "evenly divisible"),
        ("Conv2D(3, 2, groups=3)", "ValueError", "evenly divisible"),
        ("Conv2D(3, 2, data_format='c')", "ValueError", "data_format"),
        ("Conv2DTranspose(2, 2, 1, output_padding=1)", "ValueError", "output padding"),
    )),
]  # fmt: skip

POOLS = [
    *(layer(f"{kind}Pooling{rank}D({options})", x) for kind in ("Max", "Average") for rank, x, options in (
        (1, SERIES, ""), (1, SERIES, "3, 2, 'same'"), (2, IMAGES, ""), (2, IMAGES, "(3, 2), padding='same'"),
        (3, VOLUMES, ""), (3, VOLUMES, "2, 1, 'same'"),
    )),
    layer("MaxPool2D(2, data_format='channels_first')", run=False), layer("AvgPool1D(2, 1)", SERIES),
    *(layer(f"Global{kind}Pooling{rank}D({options})", x, unknown_rank=False)
      for kind in ("Max", "Average") for rank, x in ((1, SERIES), (2, IMAGES), (3, VOLUMES))
      for options in ("", "data_format='channels_first'", "keepdims=True")),
    *(expr(f"{L}.GlobalAveragePooling1D({options})(x, mask=tf.constant([[True, False, True], [False, True, False]]))",
           x=f32(2, 3, 2), graph=False) for options in ("", "keepdims=True")),
    expr(f"{L}.GlobalAvgPool1D('channels_first')(x, mask=tf.constant([[True, False, True], [False, True, False]]))",
         x=f32(2, 4, 3), graph=False),
    layer("MaxPool2D(2, 2, 'full')", raises=("ValueError", "padding")),
    layer("MaxPool1D()", raises=("ValueError", "ndim=3")),
]  # fmt: skip

SIZES = [
    layer("ZeroPadding1D()", SERIES), layer("ZeroPadding1D((2, 0))", SERIES),
    *(layer(f"ZeroPadding2D({options})", unknown_rank=False) for options in (
        "", "2", "(1, 2)", "((1, 0), (2, 3))", "1, 'channels_first'")),
    layer("ZeroPadding3D()", VOLUMES), layer("ZeroPadding3D(((1, 0), (2, 3), (0, 1)))", VOLUMES),
    layer("ZeroPadding2D((1, 2, 3))", raises=("ValueError", "two elements|2 elements")),
    *(layer(call, x, unknown_rank=False) for call, x in (
        ("Cropping1D()", SERIES), ("Cropping1D((2, 0))", SERIES), ("Cropping2D()", IMAGES),
        ("Cropping2D(1)", IMAGES), ("Cropping2D(((1, 2), (0, 3)))", IMAGES),
        ("Cropping2D((1, 0), 'channels_first')", IMAGES),
        ("Cropping3D(1)", f32(1, 4, 3, 5, 2)), ("Cropping3D(((0, 1), (1, 0), (2, 1)))", VOLUMES),
    )),
    layer("Cropping2D(3)", raises=("ValueError", "Argument `cropping` must be greater")),
    layer("UpSampling1D(3)", SERIES, graph=False, unknown_rank=False),
    layer("UpSampling3D((1, 2, 3))", VOLUMES, graph=False, unknown_rank=False),
    *(layer(f"UpSampling2D({options})", graph=False, unknown_rank=False) for options in (
        "", "(2, 3)", "2, interpolation='bilinear'", "(1, 3), 'channels_first'", "2, interpolation='area'")),
    layer("UpSampling2D(2, interpolation='bicubic')", graph=False, unknown_rank=False),
]  # fmt: skip

LOCAL = [
    *(layer(f"LocallyConnected1D(3, {options}, {KERNEL})", SERIES, graph=False, unknown_rank=False) for options in (
        "3", "2, 2", "3, use_bias=False, activation='relu'", "3, implementation=2",
        "3, padding='same', implementation=2", "3, implementation=3",
    )),
    *(layer(f"LocallyConnected2D(3, {options}, {KERNEL})", graph=False, unknown_rank=False) for options in (
        "3", "(2, 3), (1, 2)", "2, implementation=2", "3, padding='same', implementation=2", "2, implementation=3",
    )),
    layer("LocallyConnected1D(2, 3, padding='same')", SERIES, raises=("ValueError", "Invalid border mode")),
    layer("LocallyConnected2D(2, 3, implementation=4)", raises=("ValueError", "implementation")),
]  # fmt: skip

CASES = CONVOLUTIONS + POOLS + SIZES + LOCAL
for _case in CASES:  # the operations are exported in their own rows
    _case.options["export"] = False
test_rows = run_cases("keras_space", CASES)
