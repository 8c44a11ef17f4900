"""Rows of pooling. Sizes make padding totals odd as well as even, and windows overlap or leave gaps."""

from tests.cases import FLOATS, INTS, Case, arr, bf16, by_dtype, expr, f16, f32, f64, sym
from tests.runner import run_cases

NAN, INF = float("nan"), float("inf")
PADDINGS = ("SAME", "VALID")
KINDS = ("nn.max_pool", "nn.avg_pool")
GEOMETRIES = (
    (5, 6, 2, 2, 2, 2), (5, 6, 3, 3, 1, 1), (7, 4, 3, 2, 2, 3), (4, 4, 2, 2, 1, 1), (6, 5, 1, 2, 2, 2),
    (7, 8, 2, 3, 3, 4),
)  # fmt: skip

HOLES = [
    [
        [[NAN, 1.0], [1.0, NAN], [-3.0, -2.0]],
        [[2.0, NAN], [NAN, NAN], [NAN, -1.0]],
        [[0.5, 4.0], [3.0, 4.0], [NAN, 0.0]],
    ]
]

CASES = [
    *[
        Case(kind, f32(2, h, w, 3), [1, kh, kw, 1], [1, sh, sw, 1], padding)
        for kind in KINDS
        for h, w, kh, kw, sh, sw in GEOMETRIES
        for padding in PADDINGS
    ],
    # ways to say the same
    *[Case(kind, value=f32(1, 4, 4, 2), ksize=2, strides=2, padding="SAME", name="pool") for kind in KINDS],
    *[Case(kind, f32(1, 5, 4, 2), ksize=[2, 3], strides=[1, 2], padding="VALID") for kind in KINDS],
    *[Case(f"{kind}2d", f32(1, 5, 5, 2), 3, 2, "SAME") for kind in KINDS],
    *[Case(f"{kind}1d", f32(2, 7, 3), 3, 2, padding) for kind in KINDS for padding in PADDINGS],
    *[Case(f"{kind}_v2", f32(2, 7, 3), 3, 2, "SAME") for kind in KINDS],
    *[Case(kind, f32(1, 5, 5, 2), 3, 2, "OTHER", raises="ValueError") for kind in KINDS],
    *[Case(kind, f32(5, 5, 2), 3, 2, "SAME", raises="ValueError") for kind in KINDS],
    *[Case(kind, f32(1, 2, 5, 5), 3, 2, "SAME", data_format="NCHW", run=False) for kind in KINDS],
    # windows larger than the image, nothing in the batch, one pixel
    *[Case(kind, f32(1, 2, 3, 1), 5, 1, "SAME") for kind in KINDS],
    *[Case(kind, f32(1, 2, 3, 1), 4, 1, "VALID", raises=("ValueError", "Negative dimension size")) for kind in KINDS],
    *[Case(kind, f32(0, 4, 4, 2), 2, 2, "SAME", grad=False) for kind in KINDS],
    *[Case(kind, f32(1, 1, 1, 2), 1, 1, "VALID") for kind in KINDS],
    # values: all negative under padding, ties, infinities
    *[Case(kind, f32(1, 3, 3, 1, lo=-5, hi=-1), 2, 2, "SAME") for kind in KINDS],
    Case("nn.max_pool", arr([[[[1.0], [3.0], [3.0]], [[3.0], [2.0], [0.0]]]]), 2, 1, "SAME"),
    *[Case(kind, arr([[[[INF], [1.0], [-INF]], [[2.0], [-INF], [-INF]]]]), 2, 1, "SAME", grad=False) for kind in KINDS],
    *[Case("nn.max_pool", arr(HOLES), *g, p) for g in ((2, 1), (2, 2), (3, 2)) for p in PADDINGS],
    Case("nn.max_pool_with_argmax", arr(HOLES), [1, 2, 2, 1], [1, 1, 1, 1], "SAME", grad=False),
    Case("nn.max_pool", f32(1, 5, 6, 2), [1, 2, 2, 1], [1, 2, 2, 1], [[0, 0], [1, 0], [0, 1], [0, 0]], grad2=False),
    Case("nn.max_pool", f32(1, 4, 4, 6), [1, 1, 1, 2], [1, 1, 1, 2], "SAME", grad=False),
    *[
        expr(
            f"tf.raw_ops.MaxPoolV2(input=x, ksize=[1, 3, 2, 1], strides=tf.constant([1, 2, 1, 1]), padding='{p}')",
            x=f32(2, 5, 6, 2),
            grad2=False,
        )
        for p in PADDINGS
    ],
    *[case for kind in KINDS for case in by_dtype(FLOATS, lambda t, k=kind: Case(k, t(1, 5, 4, 2), 3, 2, "SAME"))],
    *by_dtype(INTS[:-2], lambda t: Case("nn.max_pool", t(1, 5, 4, 2), 3, 2, "VALID")),
    # three dimensions
    *[
        Case(f"nn.{kind}_pool3d", f32(1, 4, 5, 3, 2), k, s, padding)
        for kind in ("max", "avg")
        for k, s in ((2, 2), (3, 1))
        for padding in PADDINGS
    ],
    Case(
        "nn.avg_pool3d", f32(1, 4, 5, 3, 2), ksize=[1, 2, 3, 1, 1], strides=[1, 2, 1, 2, 1], padding="SAME", name="cube"
    ),
    # positions of the largest
    Case("nn.max_pool_with_argmax", f32(2, 5, 4, 3), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
    Case("nn.max_pool_with_argmax", f32(2, 5, 4, 3), [1, 3, 2, 1], [1, 1, 2, 1], padding="VALID", name="where"),
    Case("nn.max_pool_with_argmax", f32(2, 4, 4, 1), [1, 2, 2, 1], [1, 2, 2, 1], "SAME", include_batch_in_index=True),
    Case("nn.max_pool_with_argmax", f32(1, 4, 4, 1), 2, 2, "SAME", Targmax=sym("int32"), raises="TypeError"),
    *by_dtype(
        (f16, bf16, f64), lambda t: Case("nn.max_pool_with_argmax", t(1, 4, 3, 2), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    ),
    # windows that are tensors
    *[
        Case(
            "raw_ops.MaxPoolV2", input=f32(2, 5, 4, 3), ksize=arr(k, "int32"), strides=arr(s, "int32"), padding=padding
        )
        for k, s in (([1, 2, 2, 1], [1, 2, 1, 1]), ([1, 3, 2, 1], [1, 2, 3, 1]))
        for padding in PADDINGS
    ],
    Case(
        "raw_ops.MaxPoolV2",
        input=arr([[[[3], [-9], [3]], [[-9], [-8], [-7]]]], "int32"),
        ksize=arr([1, 1, 2, 1], "int32"),
        strides=arr([1, 1, 1, 1], "int32"),
        padding="SAME",
    ),
    Case(
        "raw_ops.MaxPoolV2",
        input=f32(2, 5, 4, 3),
        ksize=arr([2, 1, 1, 1], "int32"),
        strides=arr([2, 1, 1, 1], "int32"),
        padding="SAME",
        raises="UnimplementedError",
    ),
    # pool in general form
    Case("nn.pool", f32(1, 6, 7, 2), [2, 3], "MAX", "SAME"),
    Case(
        "nn.pool",
        f32(1, 6, 7, 2),
        window_shape=[2, 2],
        pooling_type="AVG",
        padding="VALID",
        strides=[2, 1],
        name="general",
    ),
    Case("nn.pool", f32(1, 7, 8, 2), [2, 2], "MAX", "VALID", dilation_rate=[2, 2]),
    Case("nn.pool", f32(1, 7, 2), [3], "AVG", "SAME"),
    Case("nn.pool", f32(1, 4, 4, 4, 1), [2, 2, 2], "MAX", "VALID"),
    # fractional
    Case(
        "nn.fractional_max_pool",
        f32(1, 6, 7, 2),
        [1.0, 1.5, 1.4, 1.0],
        deterministic=True,
        seed=3,
        seed2=4,
        grad=False,
        random=True,
    ),
]

test_rows = run_cases("pool", CASES)
