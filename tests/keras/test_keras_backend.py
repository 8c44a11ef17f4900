"""Functions of tf.keras.backend."""

from tests.cases import Case, Expression, arr, const, expr, f32, f64, i32
from tests.runner import run_cases

FIXED = {"unknown_batch": False, "unknown_rank": False}
KNOWN_RANK = {"unknown_rank": False}
# branches and loops, which are recorded otherwise, and functions of which newer versions record other nodes
OTHER = {"graph": False, **FIXED}
K = "keras.backend."


def pair(name: str) -> Case:
    return Case(K + name, f32(3, 4), f32(3, 4, salt=1))


def run(tf, x, w, u, mask=None, **options):
    """A plain recurrent network that also counts its steps."""

    def step(now, states):
        output = tf.tanh(tf.matmul(now, w) + tf.matmul(states[0], u))
        return output, [output, states[1] + 1.0]

    zeros = tf.zeros([tf.shape(w)[0] + 1, 5])
    last, outputs, states = tf.keras.backend.rnn(step, x, [zeros, zeros], mask=mask, **options)
    return [last, outputs, *states]


MASK = const([[True, True, False, True], [False, True, True, False], [True, False, False, False]])


def recurrent(**options: object) -> Case:
    weights = f32(2, 5), f32(5, 5, lo=-0.3, hi=0.3)
    return Case(run, f32(3, 4, 2), *weights, label=" ".join(options) or "plain", static=False, export=False,
                grad2=False, **OTHER, **options)  # fmt: skip


CASES = [
    *[
        Case(K + name, f32(3, 4))
        for name in (
            "abs",
            "exp",
            "round",
            "sign",
            "square",
            "sin",
            "cos",
            "tanh",
            "sigmoid",
            "softplus",
            "softsign",
            "sqrt",
            "flatten",
            "transpose",
            "elu",
            "l2_normalize",
            "softmax",
            "zeros_like",
        )
    ],
    Case(K + "ones_like", f32(3, 4), graph=False),
    Case(K + "sqrt", arr([-1.0, 0.0, 4.0]), grad2=False),
    Case(K + "log", f32.positive(3, 4)),
    Case(K + "pow", f32.positive(3, 4), 2.5),
    *[
        pair(name)
        for name in ("maximum", "minimum", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
    ],
    *[
        Case(K + name, f32(3, 4, 2), **options)
        for name in ("sum", "mean", "max", "min", "prod", "std", "var", "any", "all")
        for options in ({}, {"axis": -1}, {"axis": [0, 2], "keepdims": True})
    ],
    *[Case(K + name, f32(3, 4) > 0) for name in ("mean", "std", "any", "all")],
    *[Case(K + name, f32(3, 4), **options) for name in ("argmax", "argmin") for options in ({}, {"axis": 0})],
    *[Case(K + name, f32(3, 4), axis=1) for name in ("cumsum", "cumprod")],
    Case(K + "clip", f32(3, 4), -0.5, 0.5),
    Case(K + "clip", f32(3, 4), 0.5, -0.5),
    Case(K + "clip", f64(3, 4), 0, 1),
    Case(K + "cast", f32(3), "int32"),
    Case(K + "hard_sigmoid", f64(5), **KNOWN_RANK),
    Case(K + "in_top_k", f32(3, 4), i32(3, lo=0, hi=4), 2),
    Case(K + "batch_flatten", f32(3, 4, 2), static=False),
    Case(K + "expand_dims", f32(3, 4)),
    Case(K + "squeeze", f32(3, 1, 2), 1),
    Case(K + "permute_dimensions", f32(3, 4, 2), (2, 0, 1)),
    Case(K + "reshape", f32(3, 4), (2, -1)),
    Case(K + "concatenate", [f32(3, 4), f32(3, 2)], **KNOWN_RANK),
    Case(K + "concatenate", [f32(3, 4), f32(2, 4)], axis=0),
    Case(K + "stack", [f32(3, 4), f32(3, 4, salt=1)], axis=1),
    Case(K + "tile", f32(3, 4), [2, 1]),
    Case(K + "tile", f32(3), 2),
    Case(K + "repeat", f32(3, 4), 2, **KNOWN_RANK),
    Case(K + "repeat_elements", f32(3, 4), 2, 1, **KNOWN_RANK),
    Case(K + "repeat_elements", f32(3, 4), 3, 0, graph=False, **KNOWN_RANK),
    Case(K + "reverse", f32(3, 4), 1),
    Case(K + "reverse", f32(3, 4), (0, 1)),
    Case(K + "gather", f32(3, 4), i32(5, lo=0, hi=3)),
    Case(K + "one_hot", i32(2, 3, lo=0, hi=4), 4),
    Case(K + "arange", 2, 9, 3, "float32"),
    Case(K + "arange", -3),
    Case(K + "constant", 3, shape=[2]),
    Case(K + "temporal_padding", f32(2, 3, 4), (2, 1), **KNOWN_RANK),
    Case(K + "spatial_2d_padding", f32(1, 2, 3, 4), ((1, 2), (0, 1)), **KNOWN_RANK),
    Case(K + "spatial_2d_padding", f32(1, 2, 3, 4), ((1, 2), (0, 1)), "channels_first", **KNOWN_RANK),
    Case(K + "spatial_3d_padding", f32(1, 2, 3, 2, 2), **KNOWN_RANK),
    Case(K + "resize_images", f32(1, 2, 3, 4), 2, 3, "channels_last", **KNOWN_RANK),
    Case(K + "resize_images", f32(1, 2, 3, 4), 2, 3, "channels_first", "bilinear", **KNOWN_RANK),
    Case(K + "resize_images", f32(1, 2, 3, 4), 2, 3, "last", raises=("ValueError", "data_format")),
    Case(K + "resize_volumes", f32(1, 2, 3, 2, 2), 2, 1, 3, "channels_last", **KNOWN_RANK),
    Case(K + "dot", f32(3, 4), f32(4, 2), **KNOWN_RANK),
    Case(K + "dot", f32(2, 3, 4), f32(4, 5), **KNOWN_RANK),
    Case(K + "dot", f32(2, 3), f32(4, 3, 5), **KNOWN_RANK),
    *[
        Case(K + "batch_dot", f32(*x), f32(*y, salt=1), axes, **KNOWN_RANK)
        for x, y, axes in (
            ((2, 3), (2, 3), 1),
            ((2, 3, 4), (2, 4), None),
            ((2, 3), (2, 3, 4), (1, 1)),
            ((2, 3, 4), (2, 3, 5), 1),
            ((2, 3, 4, 5), (2, 5, 6), None),
            ((2, 3, 4, 5), (2, 7, 5, 6), (3, 2)),
            ((2, 3, 4, 5), (2, 4, 6), (2, 1)),
            ((2, 3), (2, 5, 3, 4), None),
            ((2, 3, 4), (2, 4, 5), (-1, -2)),
        )
    ],
    *[
        Case(K + "batch_dot", f32(*x), f32(*y, salt=1), axes, raises="ValueError")
        for x, y, axes in (((2, 3), (2, 4), 1), ((2, 3), (3, 3), 1), ((2,), (2,), None), ((2, 3), (2, 3), 0))
    ],
    Case(K + "bias_add", f32(2, 3), f32(3), **KNOWN_RANK),
    Case(K + "bias_add", f32(2, 3, 2, 4), f32(3), "channels_first", **KNOWN_RANK),
    Case(K + "bias_add", f32(2, 3, 4), f32(3, 4), **KNOWN_RANK),
    Case(K + "bias_add", f32(2, 3, 4), f32(3, 2, 4), raises="ValueError"),
    Case(K + "conv1d", f32(2, 7, 2), f32(3, 2, 4), strides=2, **KNOWN_RANK),
    Case(K + "conv1d", f32(2, 7, 2), f32(3, 2, 4), padding="causal", dilation_rate=2, **FIXED),
    Case(K + "conv2d", f32(1, 5, 6, 2), f32(3, 3, 2, 4), (2, 1), "same", **KNOWN_RANK),
    Case(K + "conv2d", f32(1, 2, 5, 6), f32(3, 2, 2, 4), (1, 1), "same", "channels_first", **FIXED),
    Case(K + "conv2d", f32(1, 5, 6, 2), f32(3, 3, 2, 4), padding="causal", raises="ValueError"),
    Case(K + "conv2d_transpose", f32(1, 5, 4, 3), f32(3, 3, 2, 3), (1, 10, 8, 2), (2, 2), "same", **FIXED),
    Case(K + "conv3d", f32(1, 4, 3, 4, 2), f32(2, 2, 3, 2, 3), grad2=False, **KNOWN_RANK),
    Case(K + "separable_conv2d", f32(1, 5, 6, 2), f32(3, 3, 2, 2), f32(1, 1, 4, 3), **KNOWN_RANK),
    Case(K + "depthwise_conv2d", f32(1, 5, 6, 2), f32(3, 3, 2, 2), padding="same", **KNOWN_RANK),
    Case(K + "pool2d", f32(1, 5, 6, 2), (2, 3), (2, 1), "same", **KNOWN_RANK),
    Case(K + "pool2d", f32(1, 2, 5, 6), (2, 2), (2, 2), "valid", "channels_first", "avg", **FIXED),
    Case(K + "pool3d", f32(1, 4, 5, 4, 2), (2, 2, 2), (2, 2, 2), grad2=False, **KNOWN_RANK),
    Case(K + "local_conv1d", f32(2, 5, 2), f32(3, 6, 4), (3,), (1,), **KNOWN_RANK),
    Case(K + "local_conv2d", f32(2, 2, 4, 5), f32(6, 8, 3), (2, 2), (1, 2), (3, 2), "channels_first", **KNOWN_RANK),
    Case(
        K + "batch_normalization", f32(2, 3, 4), f32(4), f32.positive(4), f32(4, salt=1), f32(4, salt=2), **KNOWN_RANK
    ),
    Case(
        K + "batch_normalization",
        f32(2, 3, 2, 4),
        f32(4),
        f32.positive(4),
        None,
        f32(4, salt=2),
        grad2=False,
        graph=False,
        **KNOWN_RANK,
    ),
    Case(K + "normalize_batch_in_training", f32(4, 3), f32(3), f32(3, salt=1), [0], **KNOWN_RANK),
    Case(K + "normalize_batch_in_training", f32(2, 3, 4), f32(3), f32(3, salt=1), [0, 2], **KNOWN_RANK),
    Case(K + "normalize_batch_in_training", f32(2, 3, 2, 4), f32(4), f32(4, salt=1), [0, 1, 2], grad2=False, **FIXED),
    Case(K + "switch", arr(True, "bool"), f32(3, 4), f32(3, 4, salt=1), **OTHER),
    Case(K + "switch", arr(0, "int32"), f32(3, 4), f32(3, 4, salt=1), **OTHER),
    Case(K + "switch", f32(3) > 0, f32(3, 4), f32(3, 4, salt=1), raises="ValueError", **FIXED),
    Case(K + "switch", f32(3, 4) > 0, f32(3, 4), f32(3, 4, salt=1), **OTHER),
    Case(K + "switch", f32(3, 1) > 0, f32(3, 4), f32(3, 4, salt=1), **OTHER),
    Case(K + "switch", f32(3, 4) > 0, f32(3), f32(3, salt=1), raises="ValueError"),
    Case(K + "in_train_phase", f32(3, 4), f32(3, 4, salt=1), **OTHER),
    Case(K + "in_train_phase", f32(3, 4), f32(3, 4, salt=1), training=1),
    Case(K + "in_test_phase", f32(3, 4), f32(3, 4, salt=1), training=arr(True, "bool"), **OTHER),
    Case(Expression("tf.keras.backend.map_fn(lambda row: row * 2.0, x)"), x=f32(3, 4), **OTHER),
    Case(Expression("tf.keras.backend.foldl(lambda a, b: a * 0.5 + b, x)"), x=f32(3, 4), **OTHER),
    Case(Expression("tf.keras.backend.foldr(lambda a, b: a * 0.5 + b, x)"), x=f32(3, 4), **OTHER),
    Case(K + "stop_gradient", f32(3, 4)),
    Case(K + "binary_crossentropy", f32(3, 4, lo=0, hi=1), f32(3, 4, lo=0, hi=1, salt=1)),
    Case(K + "binary_crossentropy", f32(3, 4, lo=0, hi=1), f32(3, 4), from_logits=True),
    expr("tf.keras.backend.binary_crossentropy(t, tf.sigmoid(x))", t=f32(3, 4, lo=0, hi=1), x=f32(3, 4) * 20),
    Case(K + "categorical_crossentropy", f32(3, 4, lo=0, hi=1), f32(3, 4, lo=0.1, hi=1, salt=1), **KNOWN_RANK),
    Case(
        K + "categorical_crossentropy", f32(2, 3, 4, lo=0, hi=1), f32(2, 3, 4, salt=1), from_logits=True, **KNOWN_RANK
    ),
    Case(
        K + "categorical_crossentropy",
        f32(2, 3, 4, lo=0, hi=1),
        f32(2, 3, 4, lo=0.1, hi=1, salt=1),
        axis=1,
        **KNOWN_RANK,
    ),
    expr(
        "tf.keras.backend.categorical_crossentropy(t, tf.nn.softmax(x))",
        t=f32(3, 4, lo=0, hi=1),
        x=f32(3, 4) * 20,
        **KNOWN_RANK,
    ),
    Case(K + "categorical_crossentropy", f32(3, 4), f32(3, 5), raises="ValueError"),
    Case(K + "sparse_categorical_crossentropy", i32(3, lo=0, hi=4), f32(3, 4, lo=0.1, hi=1), **KNOWN_RANK),
    Case(K + "sparse_categorical_crossentropy", i32(3, 1, lo=0, hi=4), f32(3, 4), from_logits=True, **KNOWN_RANK),
    Case(K + "sparse_categorical_crossentropy", i32(2, 3, lo=0, hi=4), f32(2, 3, 4, lo=0.1, hi=1), **KNOWN_RANK),
    Case(
        K + "sparse_categorical_crossentropy", i32(2, 4, lo=0, hi=3), f32(2, 3, 4, lo=0.1, hi=1), axis=1, **KNOWN_RANK
    ),
    Case(
        K + "sparse_categorical_crossentropy", i32(3, lo=0, hi=4), f32(3, 4), from_logits=True, ignore_class=1, **OTHER
    ),
    Case(
        K + "ctc_batch_cost",
        arr([[1, 2, 0], [0, 1, 1]], "int32"),
        f32(2, 5, 4, lo=0.1, hi=1),
        arr([[5], [4]], "int32"),
        arr([[3], [2]], "int32"),
        grad2=False,
        static=False,
        export=False,
        **OTHER,
    ),
    Case(
        K + "ctc_label_dense_to_sparse",
        arr([[1, 2, 0], [0, 1, 1]], "int32"),
        arr([2, 3], "int32"),
        static=False,
        **OTHER,
    ),
    recurrent(),
    recurrent(unroll=True),
    recurrent(unroll=True, go_backwards=True),
    recurrent(go_backwards=True),
    *[
        recurrent(mask=MASK, **options)
        for options in (
            {},
            {"unroll": True},
            {"go_backwards": True},
            {"zero_output_for_mask": True},
            {"unroll": True, "zero_output_for_mask": True},
        )
    ],
]

test_rows = run_cases("keras_backend", CASES)
