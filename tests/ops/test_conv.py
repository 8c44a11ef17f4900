"""Rows of convolutions: one, two and three dimensions, depthwise, separable, transposed, dilated, and dilation2d.

Sizes are chosen so that padding totals are odd as well as even, strides do not divide sizes, and kernels are larger
than inputs: rows with even totals alone once let two SAME-padding bugs live.
"""

from tests.cases import FLOATS, Case, arr, bf16, by_dtype, f16, f32, f64, i32
from tests.runner import run_cases

PADDINGS = ("SAME", "VALID")
# height, width, kernel height, kernel width, stride height, stride width
GEOMETRIES = (
    (5, 6, 3, 3, 1, 1), (5, 6, 2, 2, 1, 1), (5, 6, 3, 2, 2, 2), (7, 4, 4, 3, 3, 2), (6, 5, 1, 1, 2, 2),
    (4, 7, 2, 5, 1, 3),
)  # fmt: skip
EXPLICIT = [[0, 0], [2, 1], [0, 3], [0, 0]]

CASES = [
    *[
        Case("nn.conv2d", f32(2, h, w, 3), f32(kh, kw, 3, 4), [1, sh, sw, 1], padding)
        for h, w, kh, kw, sh, sw in GEOMETRIES
        for padding in PADDINGS
    ],
    # ways to say the same
    Case("nn.conv2d", f32(1, 5, 5, 2), filter=f32(3, 3, 2, 3), strides=[1, 2, 2, 1], padding="SAME", name="conv"),
    Case("nn.conv2d", input=f32(1, 5, 5, 2), filters=f32(3, 3, 2, 3), strides=2, padding="VALID"),
    Case("nn.conv2d", f32(1, 5, 5, 2), f32(3, 3, 2, 3), [2, 1], "SAME"),
    Case("nn.conv2d", f32(1, 5, 5, 2), f32(3, 3, 2, 3), 1, "same", raises="ValueError"),
    Case("nn.conv2d", f32(1, 5, 5, 2), f32(3, 3, 2, 3), [1, 1, 1, 1], "SAME", use_cudnn_on_gpu=False),
    # explicit padding, dilation, groups, layouts
    Case("nn.conv2d", f32(1, 5, 6, 2), f32(3, 2, 2, 3), [1, 2, 1, 1], EXPLICIT),
    Case("nn.conv2d", f32(1, 7, 8, 2), f32(3, 2, 2, 3), [1, 1, 1, 1], "SAME", dilations=[1, 2, 3, 1], onednn=True),
    Case("nn.conv2d", f32(1, 7, 8, 2), f32(3, 2, 2, 3), 1, "VALID", dilations=2, onednn=True),
    Case("nn.conv2d", f32(1, 7, 8, 2), f32(3, 2, 2, 3), 1, EXPLICIT, dilations=[1, 2, 2, 1], name="wide", grad=False),
    Case("nn.conv2d", f32(1, 5, 5, 4), f32(3, 3, 2, 6), 1, "SAME", grad=False),
    Case("nn.conv2d", f32(1, 2, 5, 5), f32(3, 3, 2, 3), 1, "SAME", data_format="NCHW", run=False),
    # kernels larger than the image, empty batches, one pixel
    Case("nn.conv2d", f32(1, 2, 2, 1), f32(5, 4, 1, 2), 1, "SAME"),
    Case("nn.conv2d", f32(1, 2, 2, 1), f32(3, 3, 1, 2), 1, "VALID", raises=("ValueError", "Negative dimension size")),
    Case("nn.conv2d", f32(0, 5, 5, 2), f32(3, 3, 2, 3), 1, "SAME", grad=False),
    Case("nn.conv2d", f32(1, 1, 1, 3), f32(1, 1, 3, 2), 1, "VALID"),
    Case("nn.conv2d", f32(1, 5, 5, 2), f32(3, 3, 3, 4), 1, "SAME", raises="ValueError"),
    Case("nn.conv2d", f32(5, 5, 2), f32(3, 3, 2, 4), 1, "SAME", raises="ValueError"),
    Case("nn.conv2d", f32(1, 5, 5, 2), f64(3, 3, 2, 4), 1, "SAME", raises="TypeError"),
    *by_dtype((*FLOATS, i32), lambda t: Case("nn.conv2d", t(1, 4, 5, 2), t(2, 3, 2, 3), [1, 2, 1, 1], "SAME")),
    # one dimension
    *[
        Case("nn.conv1d", f32(2, n, 3), f32(k, 3, 4), stride, padding)
        for n, k, stride in ((7, 3, 1), (7, 2, 2), (6, 4, 3))
        for padding in PADDINGS
    ],
    Case(
        "nn.conv1d",
        value=f32(2, 7, 3),
        filters=f32(3, 3, 4),
        stride=1,
        padding="SAME",
        dilations=2,
        name="line",
        onednn=True,
    ),
    Case("nn.convolution", f32(2, 7, 3), f32(3, 3, 4), "VALID"),
    Case("nn.convolution", f32(1, 6, 7, 2), f32(2, 3, 2, 3), "SAME", strides=[2, 1]),
    Case("nn.convolution", f32(1, 7, 8, 2), f32(2, 3, 2, 3), padding="SAME", dilation_rate=[2, 3], name="atrous"),
    Case("nn.convolution", f32(1, 4, 5, 6, 2), f32(2, 3, 2, 2, 3), "VALID"),
    Case("nn.atrous_conv2d", f32(1, 7, 8, 2), f32(3, 2, 2, 3), 2, "SAME"),
    Case("nn.atrous_conv2d", f32(1, 7, 8, 2), f32(3, 2, 2, 3), rate=2, padding="VALID", name="holes"),
    Case("nn.atrous_conv2d_transpose", f32(1, 5, 5, 3), f32(3, 2, 2, 3), [1, 5, 5, 2], 2, "SAME", grad2=False),
    # three dimensions
    *[
        Case("nn.conv3d", f32(1, 4, 5, 6, 2), f32(2, 3, 2, 2, 3), strides, padding)
        for strides in ([1, 1, 1, 1, 1], [1, 2, 1, 3, 1])
        for padding in PADDINGS
    ],
    Case("nn.conv3d", f32(1, 4, 5, 6, 2), filter=f32(2, 2, 2, 2, 1), strides=[1] * 5, padding="SAME", name="cube"),
    *by_dtype((f16, bf16, f64), lambda t: Case("nn.conv3d", t(1, 3, 3, 3, 1), t(2, 2, 2, 1, 2), [1] * 5, "SAME")),
    # depthwise and separable
    *[
        Case("nn.depthwise_conv2d", f32(2, h, w, 3), f32(kh, kw, 3, 2), [1, s, s, 1], padding)
        for h, w, kh, kw, s in ((5, 6, 3, 3, 1), (5, 6, 2, 2, 1), (7, 5, 3, 2, 2))
        for padding in PADDINGS
    ],
    Case("nn.depthwise_conv2d", f32(1, 7, 8, 2), f32(3, 2, 2, 1), [1, 1, 1, 1], "SAME", rate=[2, 2], name="deep"),
    Case("nn.depthwise_conv2d", f32(1, 7, 8, 2), f32(3, 2, 2, 1), [1, 1, 1, 1], "VALID", dilations=[2, 3]),
    Case("nn.depthwise_conv2d_native", f32(1, 5, 5, 2), f32(3, 3, 2, 2), [1, 2, 2, 1], "SAME"),
    *by_dtype((f16, bf16, f64), lambda t: Case("nn.depthwise_conv2d", t(1, 4, 4, 2), t(2, 2, 2, 2), [1] * 4, "SAME")),
    Case("nn.separable_conv2d", f32(1, 5, 6, 3), f32(3, 3, 3, 2), f32(1, 1, 6, 4), [1, 1, 1, 1], "SAME"),
    Case("nn.separable_conv2d", f32(1, 6, 7, 2), f32(2, 3, 2, 1), f32(1, 1, 2, 3), [1, 2, 2, 1], padding="VALID"),
    Case(
        "nn.separable_conv2d",
        f32(1, 6, 7, 2),
        f32(2, 3, 2, 1),
        f32(1, 1, 2, 3),
        [1] * 4,
        "SAME",
        rate=[2, 2],
        name="sep",
    ),
    # transposed
    *[
        Case("nn.conv2d_transpose", f32(1, h, w, 3), f32(kh, kw, 2, 3), out, [1, s, s, 1], padding)
        for h, w, kh, kw, out, s, padding in (
            (3, 4, 3, 3, [1, 6, 8, 2], 2, "SAME"),
            (3, 4, 3, 3, [1, 5, 7, 2], 2, "SAME"),
            (3, 4, 2, 2, [1, 3, 4, 2], 1, "SAME"),
            (3, 4, 3, 2, [1, 7, 8, 2], 2, "VALID"),
            (3, 4, 2, 3, [1, 6, 9, 2], 2, "VALID"),
            (2, 2, 2, 4, [1, 5, 6, 2], 3, "SAME"),
        )
    ],
    Case(
        "nn.conv2d_transpose",
        value=f32(1, 3, 3, 2),
        filter=f32(3, 3, 4, 2),
        output_shape=[1, 6, 6, 4],
        strides=[1, 2, 2, 1],
        padding="SAME",
        name="up",
    ),
    Case("nn.conv2d_transpose", f32(1, 3, 3, 2), f32(3, 3, 4, 2), arr([1, 6, 6, 4], "int32"), strides=2),
    Case(
        "nn.conv2d_transpose",
        f32(1, 3, 3, 2),
        f32(3, 3, 4, 2),
        [1, 7, 6, 4],
        [1, 2, 2, 1],
        "SAME",
        raises=("InvalidArgumentError", "Size of out_backprop"),
    ),
    *by_dtype((f16, bf16, f64), lambda t: Case("nn.conv2d_transpose", t(1, 2, 3, 2), t(3, 2, 1, 2), [1, 4, 6, 1], 2)),
    Case("nn.conv1d_transpose", f32(1, 4, 2), f32(3, 5, 2), [1, 8, 5], 2, "SAME"),
    Case("nn.conv3d_transpose", f32(1, 2, 3, 2, 2), f32(2, 3, 2, 1, 2), [1, 4, 6, 4, 1], [1, 2, 2, 2, 1], "SAME"),
    # gradients called as functions
    Case("nn.conv2d_backprop_input", [1, 5, 6, 2], f32(3, 2, 2, 3), f32(1, 3, 3, 3), [1, 2, 2, 1], "SAME"),
    Case("nn.conv2d_backprop_filter", f32(1, 5, 6, 2), [3, 2, 2, 3], f32(1, 3, 3, 3), [1, 2, 2, 1], "SAME"),
    Case(
        "nn.depthwise_conv2d_native_backprop_input",
        [1, 5, 5, 2],
        f32(3, 3, 2, 2),
        f32(1, 5, 5, 4),
        [1, 1, 1, 1],
        "SAME",
    ),
    Case(
        "nn.depthwise_conv2d_native_backprop_filter",
        f32(1, 5, 5, 2),
        [3, 3, 2, 2],
        f32(1, 5, 5, 4),
        [1, 1, 1, 1],
        "SAME",
    ),
    # morphology
    Case("nn.dilation2d", f32(1, 5, 6, 2), f32(3, 2, 2), [1, 1, 1, 1], [1, 1, 1, 1], "SAME", grad2=False),
    Case("nn.dilation2d", f32(1, 7, 6, 2), f32(2, 2, 2), [1, 2, 1, 1], [1, 2, 2, 1], "VALID", grad2=False),
    Case("nn.erosion2d", f32(1, 5, 6, 2), f32(3, 2, 2), [1, 1, 1, 1], [1, 1, 1, 1], "SAME", grad2=False),
]

test_rows = run_cases("conv", CASES)
