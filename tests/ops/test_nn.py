"""Rows of activations, softmax, cross-entropies, bias, moments, normalisation and other functions of tf.nn."""

from tests.cases import (
    COMPLEX,
    FLOATS,
    INTS,
    REALS,
    Case,
    arr,
    bf16,
    by_dtype,
    expr,
    f16,
    f32,
    f64,
    i32,
    i64,
    special,
    sym,
)  # fmt: skip
from tests.runner import run_cases

NAN, INF = float("nan"), float("inf")
ACTIVATIONS = (
    "relu",
    "relu6",
    "elu",
    "selu",
    "leaky_relu",
    "crelu",
    "swish",
    "softplus",
    "softsign",
    "sigmoid",
    "tanh",
)
# a half in two classes, one class certain, all classes equal
LABELS = arr([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3], [0.2, 0.3, 0.1]])
LOGITS = arr([[1.0, -2.0, 0.5], [1000.0, -1000.0, 900.0], [0.0, 0.0, 0.0], [-3.0, 4.0, 2.5]])
SOFTMAXES = ("nn.softmax", "nn.log_softmax")
IMAGE = f32(2, 3, 5, 4)

GRADIENTS = {
    "ReluGrad": "features",
    "Relu6Grad": "features",
    "EluGrad": "outputs",
    "SeluGrad": "outputs",
    "LeakyReluGrad": "features",
    "SoftplusGrad": "features",
    "SoftsignGrad": "features",
}

CASES = [
    # activations
    *[Case(f"nn.{f}", f32(3, 5)) for f in ACTIVATIONS],
    *[Case(f"nn.{f}", special(), label="special", grad=f not in ("selu", "swish", "elu")) for f in ACTIVATIONS],
    *[case for f in ACTIVATIONS for case in by_dtype((f16, bf16, f64), lambda t, f=f: Case(f"nn.{f}", t(2, 3)))],
    *[case for f in ("relu", "leaky_relu") for case in by_dtype(INTS, lambda t, f=f: Case(f"nn.{f}", t(2, 3)))],
    Case("nn.relu", f32(2, 3), name="active"),
    Case("nn.relu", f32(0, 3)),
    Case("nn.relu", COMPLEX[0](2), raises="TypeError"),
    Case("nn.leaky_relu", f32(2, 3), alpha=0.3, name="leaky"),
    Case("nn.leaky_relu", f32(2, 3), 1.5),
    Case("nn.crelu", f32(2, 3), axis=0),
    Case("nn.silu", f32(2, 3)),
    Case("nn.relu6", arr([-1.0, 0.0, 3.0, 6.0, 7.0]), grad2=False),
    Case("nn.elu", arr([-100.0, -1e-6, 0.0, 1e-6]), grad2=False),
    *[
        Case(f"raw_ops.{f}", gradients=f32(*special().shape), **{k: special()}, label="special", grad=False)
        for f, k in GRADIENTS.items()
    ],
    *[
        Case("raw_ops.LeakyReluGrad", gradients=f32(3), features=arr([-2.0, NAN, 1.5]), alpha=alpha, grad=False)
        for alpha in (-0.5, 0.0, 1.0, 2.0)
    ],
    Case("nn.relu", arr([0.0, -0.0, 1.0]), grad2=False),
    # softmax
    *[Case(f, f32(3, 5)) for f in SOFTMAXES],
    *[Case(f, f32(2, 3, 4), axis=1) for f in SOFTMAXES],
    *[Case(f, f32(2, 3, 4), 0, "weights") for f in SOFTMAXES],
    *[Case(f, f32(2, 3, 4), dim=-2) for f in SOFTMAXES],
    *[Case(f, logits=f32(4)) for f in SOFTMAXES],
    *[case for f in SOFTMAXES for case in by_dtype(FLOATS, lambda t, f=f: Case(f, t(2, 3)))],
    *[Case(f, f64(1, 5) * 1e3) for f in SOFTMAXES],
    *[Case(f, arr([[INF, 1.0], [-INF, 0.0], [-INF, -INF], [NAN, 1.0]]), grad=False) for f in SOFTMAXES],
    *[Case(f, f32(0, 3)) for f in SOFTMAXES],
    *[Case(f, f32(3, 0)) for f in SOFTMAXES],
    Case("nn.softmax", f32(2, 3), axis=2, raises="InvalidArgumentError"),
    Case("nn.softmax", i32(2, 3), raises="TypeError"),
    Case("math.softmax", f32(2, 3)),
    # cross-entropies
    *[Case(f"nn.softmax_cross_entropy_with_logits{v}", labels=LABELS, logits=LOGITS) for v in ("", "_v2")],
    Case("nn.softmax_cross_entropy_with_logits_v2", f32.positive(2, 3, 4), f32(2, 3, 4), axis=1, name="loss"),
    Case("nn.softmax_cross_entropy_with_logits_v2", labels=f32.positive(2, 3, 4), logits=f32(2, 3, 4), dim=0),
    Case("nn.softmax_cross_entropy_with_logits", labels=f32.positive(2, 3), logits=f32(2, 3), dim=-1, name="xent"),
    Case("nn.softmax_cross_entropy_with_logits", f32(2, 3), f32(2, 3, salt=1)),
    Case("nn.softmax_cross_entropy_with_logits_v2", labels=f32.positive(2, 3), logits=f32(2, 4), raises="ValueError"),
    Case("nn.softmax_cross_entropy_with_logits_v2", labels=f32.positive(1, 3), logits=f32(2, 3), grad=False),
    Case("nn.softmax_cross_entropy_with_logits_v2", labels=i32.positive(2, 3), logits=f32(2, 3)),
    *by_dtype(
        FLOATS, lambda t: Case("nn.softmax_cross_entropy_with_logits_v2", labels=t.positive(2, 3), logits=t(2, 3))
    ),
    *by_dtype(
        FLOATS,
        lambda t: Case("nn.sparse_softmax_cross_entropy_with_logits", labels=arr([2, 0], "int32"), logits=t(2, 3)),
    ),
    Case("nn.sparse_softmax_cross_entropy_with_logits", labels=arr([2, 0, 0, 1], "int64"), logits=LOGITS),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        labels=arr([[2, 0], [1, 1]], "int32"),
        logits=f32(2, 2, 3),
        name="nll",
    ),
    Case("nn.sparse_softmax_cross_entropy_with_logits", labels=arr(1, "int32"), logits=f32(3), grad2=False),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits",
        labels=arr([0, 3], "int32"),
        logits=f32(2, 3),
        raises=("InvalidArgumentError", "Received a label value of 3"),
    ),
    Case(
        "nn.sparse_softmax_cross_entropy_with_logits", labels=arr([[0]], "int32"), logits=f32(2, 3), raises="ValueError"
    ),
    Case("nn.sparse_softmax_cross_entropy_with_logits", labels=f32(2), logits=f32(2, 3), raises="TypeError"),
    Case("nn.sigmoid_cross_entropy_with_logits", labels=f32(3, 4, lo=0, hi=1), logits=f32(3, 4)),
    Case(
        "nn.sigmoid_cross_entropy_with_logits",
        labels=arr([0.0, 1.0, 0.0, 1.0, 0.3]),
        logits=arr([100.0, 100.0, -100.0, -100.0, 0.0]),
        name="bce",
        grad2=False,
    ),
    Case(
        "nn.sigmoid_cross_entropy_with_logits",
        labels=f32(3),
        logits=f32(4),
        raises=("ValueError", "must have the same shape"),
    ),
    *by_dtype(FLOATS, lambda t: Case("nn.sigmoid_cross_entropy_with_logits", labels=t.positive(2, 3), logits=t(2, 3))),
    Case(
        "nn.weighted_cross_entropy_with_logits",
        labels=f32(3, 4, lo=0, hi=1),
        logits=f32(3, 4),
        pos_weight=2.5,
        name="weighted",
    ),
    Case(
        "nn.weighted_cross_entropy_with_logits", targets=f32(3, lo=0, hi=1), logits=f32(3), pos_weight=f32.positive(3)
    ),
    Case("nn.log_poisson_loss", targets=f32.positive(2, 3), log_input=f32(2, 3)),
    Case("nn.log_poisson_loss", f32.positive(2, 3), f32(2, 3), compute_full_loss=True),
    *by_dtype(FLOATS, lambda t: Case("nn.l2_loss", t(3, 4))),
    Case("nn.l2_loss", f32(2, 3, 4), name="half_square"),
    Case("nn.l2_loss", f32(0)),
    # bias
    Case("nn.bias_add", f32(2, 3, 4), f32(4)),
    Case("nn.bias_add", IMAGE, f32(4), name="biased"),
    Case("nn.bias_add", f32(2, 3, 4, 5), f32(3), data_format="NCHW"),
    Case("nn.bias_add", f32(2, 3), f32(3), "NHWC"),
    Case("nn.bias_add", f32(2, 3, 4), f32(3), data_format="NCW"),
    Case("nn.bias_add", f32(2, 3, 4), f32(3), raises="ValueError"),
    *by_dtype((*FLOATS, *INTS, *COMPLEX), lambda t: Case("nn.bias_add", t(2, 3), t(3))),
    # moments and normalisation
    Case("nn.moments", f32(3, 4), [0]),
    Case("nn.moments", f32(2, 3, 5, 4), axes=[0, 1, 2]),
    Case("nn.moments", f32(2, 3, 4), [1], keep_dims=True, name="stats"),
    Case("nn.moments", f32(2, 3, 4), axes=[-1], keepdims=True),
    Case("nn.moments", f32(2, 3), [0], shift=f32(3)),
    Case("nn.moments", arr([[10000.0, 1.0], [10001.0, 1.0], [10002.0, 1.0]]), [0]),
    *by_dtype((f16, bf16, f64, *COMPLEX), lambda t: Case("nn.moments", t(3, 4), [0], grad=t not in COMPLEX)),
    Case("nn.weighted_moments", f32(3, 4), [0], f32.positive(3, 4)),
    Case("nn.weighted_moments", f32(3, 4), [0, 1], f32.positive(4), keep_dims=True),
    Case("nn.sufficient_statistics", f32(3, 4), [0]),
    Case("nn.sufficient_statistics", f32(3, 4), [0, 1], shift=0.5, keep_dims=True),
    Case("nn.normalize_moments", f32(), f32(4), f32.positive(4, salt=1), None),
    Case("nn.batch_normalization", f32(3, 4), f32(4), f32.positive(4), f32(4, salt=1), f32.positive(4, salt=1), 1e-3),
    Case("nn.batch_normalization", IMAGE, f32(4), f32.positive(4), None, None, variance_epsilon=0.1, name="bn"),
    Case(
        "nn.batch_normalization",
        x=IMAGE,
        mean=f32(4),
        variance=f32.positive(4),
        offset=f32(4, salt=1),
        scale=None,
        variance_epsilon=1e-5,
    ),
    *by_dtype(FLOATS, lambda t: Case("nn.batch_normalization", t(3, 2), t(2), t.positive(2), t(2, salt=1), None, 1e-2)),
    Case("nn.fused_batch_norm", IMAGE, f32.positive(4), f32(4)),
    Case("nn.fused_batch_norm", IMAGE, f32.positive(4), f32(4), epsilon=0.01, name="fused"),
    Case("nn.fused_batch_norm", f32(2, 4, 3, 5), f32.positive(4), f32(4), data_format="NCHW"),
    Case(
        "nn.fused_batch_norm",
        IMAGE,
        f32.positive(4),
        f32(4),
        f32(4, salt=1),
        f32.positive(4, salt=1),
        is_training=False,
    ),
    Case(
        "nn.fused_batch_norm",
        IMAGE,
        f32.positive(4),
        f32(4),
        exponential_avg_factor=0.7,
        mean=f32(4, salt=1),
        variance=f32.positive(4, salt=1),
    ),
    Case("nn.fused_batch_norm", f32(0, 3, 5, 4), f32.positive(4), f32(4), grad=False),
    Case("nn.fused_batch_norm", f32(1, 1, 1, 4), f32.positive(4), f32(4), grad=False),
    *by_dtype((f16, bf16), lambda t: Case("nn.fused_batch_norm", t(2, 3, 2, 2), f32.positive(2), f32(2), grad=False)),
    Case(
        "nn.batch_norm_with_global_normalization",
        IMAGE,
        f32(4),
        f32.positive(4),
        f32(4, salt=1),
        f32(4, salt=2),
        1e-3,
        True,
    ),
    Case("nn.l2_normalize", f32(3, 4), 1),
    Case("nn.l2_normalize", f32(2, 3, 4), axis=[1, 2], epsilon=0.3, name="unit"),
    Case("nn.l2_normalize", f32(3, 4), dim=0),
    Case("nn.l2_normalize", arr([[0.0, 0.0], [3.0, 4.0]]), 1, grad2=False),
    *by_dtype((f16, bf16, f64, *COMPLEX), lambda t: Case("nn.l2_normalize", t(3, 4), 1, grad=t not in COMPLEX)),
    Case("nn.local_response_normalization", IMAGE),
    Case("nn.lrn", IMAGE, depth_radius=1, bias=0.5, alpha=0.3, beta=0.7, name="lrn", grad2=False),
    Case("nn.lrn", f32(1, 2, 3, 7), 2, 1.0, 1e-4, 0.75, grad2=False),
    Case("nn.lrn", f16(1, 2, 2, 3), grad=False),
    Case("nn.zero_fraction", arr([[0.0, 1.0], [-0.0, 2.0]]), graph=False),
    Case("nn.zero_fraction", i32(3, 4), name="sparsity", graph=False),
    # dropout that keeps all; random ones have values of their own elsewhere
    Case("nn.dropout", f32(3, 4), keep_prob=1.0),
    Case("nn.dropout", f32(3, 4), rate=0.0),
    Case("nn.dropout", f32(3, 4), 0.5, seed=3, random=True),
    Case("nn.dropout", f32(3, 4), rate=0.25, noise_shape=[3, 1], seed=1, name="drop", random=True),
    Case("nn.dropout", f32(3, 4), keep_prob=1.5, raises="ValueError"),
    Case("nn.dropout", i32(3, 4), 0.5, raises="ValueError"),
    Case("nn.dropout", f32(3, 4), raises="ValueError"),
    Case("nn.embedding_lookup_sparse", f32(5, 2), sym("SparseTensor"), None, raises="TypeError"),
    expr(
        "tf.nn.embedding_lookup_sparse(p, tf.SparseTensor(i, v, [2, 3]), None, combiner='sum')",
        p=f32(5, 2),
        i=arr([[0, 0], [0, 2], [1, 1]], "int64"),
        v=arr([1, 3, 3], "int64"),
        unknown_rank=False,
    ),
    expr(
        "tf.nn.embedding_lookup_sparse(p, tf.SparseTensor(i, v, [2, 3]), tf.SparseTensor(i, w, [2, 3]), combiner=c)",
        p=f32(5, 2),
        i=arr([[0, 0], [0, 2], [1, 1]], "int64"),
        v=arr([1, 3, 3], "int64"),
        w=f32.positive(3),
        c="mean",
        unknown_rank=False,
    ),
    Case("nn.in_top_k", predictions=f32(3, 5), targets=arr([1, 4, 0], "int32"), k=1),
    *by_dtype((i64,), lambda t: Case("nn.in_top_k", f32(3, 5), t(3, lo=0, hi=5), 2)),
    *by_dtype([t for t in REALS if t in INTS], lambda t: Case("nn.relu6", t(2, 5))),
]

test_rows = run_cases("nn", CASES)
