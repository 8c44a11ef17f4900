"""tf.keras.layers: dense, rearranging, masking, activations, noise: graphs, values, shapes and what is refused."""

from __future__ import annotations

from tests.cases import Case, arr, expr, f16, f32, f64, i32
from tests.runner import run_cases

L = "tf.keras.layers"
SEEDED = "tf.keras.initializers.glorot_uniform(seed=3)"
X = f32(4, 3)
SERIES = f32(2, 5, 3)
IMAGES = f32(2, 4, 5, 3)


def layer(call: str, x=X, **options) -> Case:
    """A layer applied to `x`."""
    return expr(f"{L}.{call}(x)", x=x, **options)


DENSE = [
    *(layer(f"Dense({options})") for options in (
        f"2, kernel_initializer={SEEDED}", f"2, 'relu', kernel_initializer={SEEDED}", "5, kernel_initializer='ones'",
        f"2, activation='softmax', use_bias=False, kernel_initializer={SEEDED}",
        "2, 'exponential', True, 'zeros', tf.keras.initializers.Constant(0.5), name='given'",
    )),
    layer("Dense(2, 'tanh', kernel_initializer=tf.keras.initializers.he_normal(seed=1))", SERIES),
    layer("Dense(2, kernel_initializer='lecun_uniform')", f64(4, 3), random=True),
    layer("Dense(2, kernel_initializer=tf.keras.initializers.he_uniform(seed=1))", f16(4, 3), tol=1e-2),
    layer("Dense(-1)", raises=("ValueError", "positive integer")),
    layer("Dense(2, activation='rely')", raises=("ValueError", "rely")),
    layer("Dense(2)", arr([1.0, 2.0]), raises=("ValueError", "min_ndim=2"), unknown_rank=False),
    layer("Dense(2, units2=3)", raises=("TypeError", "not understood")),
    expr("[(d := tf.keras.layers.Dense(2, kernel_initializer='ones', kernel_regularizer='l2', "
         "activity_regularizer=tf.keras.regularizers.l1(0.1))), d(x), d.losses][1:]", x=X, graph=False),
]  # fmt: skip

REARRANGED = [
    layer("Flatten()"), layer("Flatten()", SERIES), layer("Flatten('channels_first')", IMAGES, unknown_rank=False),
    layer("Flatten(data_format='channels')", raises=("ValueError", "data_format")),
    layer("Reshape((3, 5))", SERIES), layer("Reshape((-1, 5))", SERIES), layer("Reshape((15,))", SERIES),
    layer("Reshape((4, 5))", SERIES, raises=("ValueError", "Cannot reshape")),
    layer("Reshape((-1, -1))", SERIES, raises=("ValueError", "one unknown dimension")),
    layer("Permute((2, 1))", SERIES), layer("Permute((3, 1, 2))", IMAGES),
    layer("Permute((2, 3))", SERIES, raises=("ValueError", "consecutive")),
    layer("RepeatVector(3)"), layer("RepeatVector(2.0)", raises=("TypeError", "integer value")),
    layer("RepeatVector(2)", SERIES, raises=("ValueError", "expected ndim=2")),
    layer("Lambda(lambda x: x * 2)"), layer("Lambda(tf.reduce_sum, arguments={'axis': 1})"),
    layer("Activation('relu')"), layer("Activation('softmax')"), layer("Activation(tf.nn.tanh)"),
    layer("Activation('linear')"),
    layer("ActivityRegularization(0.1, 0.2)"),
    layer("Masking()", arr([[[0, 0], [1, 0]], [[2, 3], [0, 0]]])),
    layer("Masking(1.0)", arr([[[1, 1], [1, 0]], [[2, 3], [1, 1]]])),
    expr(f"{L}.Masking().compute_mask(x)", x=arr([[[0, 0], [1, 0]], [[2, 3], [0, 0]]])),
    expr(f"{L}.Masking()(x)._keras_mask", x=arr([[[0, 0], [1, 0]], [[2, 3], [0, 0]]])),
]  # fmt: skip

SIGNS = arr([[-2.0, -0.5, 0.0], [0.7, 1.0, 3.0]])
ACTIVATIONS = [
    *(layer(call, SIGNS) for call in (
        "LeakyReLU()", "LeakyReLU(0.1)", "PReLU()", "ELU()", "ELU(0.5)", "ThresholdedReLU(0.6)", "Softmax()",
        "Softmax(0)", "ReLU()", "ReLU(6.0)", "ReLU(1.5)", "ReLU(negative_slope=0.1)", "ReLU(threshold=0.6)",
        "ReLU(2.0, 0.1, 0.6)",
    )),
    layer("PReLU(tf.keras.initializers.Constant(0.25), shared_axes=[1])", SERIES),
    layer("Softmax(axis=(1, 2))", SERIES), layer("Softmax(axis=[-1])", SERIES),
    expr(f"{L}.Softmax()(x, mask=tf.constant([[True, False, True], [False, True, True]]))", x=SIGNS),
    layer("LeakyReLU(None)", raises=("ValueError", "cannot be None")),
    layer("ThresholdedReLU(-1)", raises=("ValueError", "should be >=0")),
    layer("ReLU(-1)", raises=("ValueError", "negative value")),
    layer("ReLU(negative_slope=None)", raises=("ValueError", "negative_slope")),
]  # fmt: skip

NOISY = [
    *(expr(f"{L}.{call}(x, training=True)", x=SERIES, graph=graph) for call, graph in (
        ("Dropout(0.4, seed=3)", True), ("Dropout(0.4, noise_shape=(None, 1, 3), seed=3)", False),
        ("SpatialDropout1D(0.4, seed=3)", True), ("GaussianNoise(0.5, seed=2)", True),
        ("GaussianDropout(0.5, seed=2)", True), ("AlphaDropout(0.4, seed=5)", False),
        ("AlphaDropout(0.4, (2, 1, 3), seed=5)", False), ("Dropout(0.0)", True), ("GaussianDropout(0.0)", True),
    )),
    expr(f"{L}.SpatialDropout2D(0.4, seed=3)(x, training=True)", x=IMAGES),
    expr(f"{L}.SpatialDropout2D(0.4, 'channels_first', seed=3)(x, training=True)", x=IMAGES),
    expr(f"{L}.SpatialDropout3D(0.4, seed=3)(x, training=True)", x=f32(2, 2, 3, 2, 4)),
    *(expr(f"{L}.{call}(x, training=False)", x=SERIES) for call in (
        "Dropout(0.4)", "SpatialDropout1D(0.4)", "GaussianNoise(0.5)", "AlphaDropout(0.4)",
    )),
    *(layer(call, SERIES, graph=False) for call in ("Dropout(0.4)", "GaussianNoise(0.5)", "AlphaDropout(0.4)")),
    layer("Dropout(1.5)", raises=("ValueError", "between 0 and 1")),
]  # fmt: skip

EMBEDDED = [
    layer("Embedding(5, 2, tf.keras.initializers.RandomUniform(seed=4))", arr([[0, 3], [4, 1]], "int32")),
    layer("Embedding(5, 2, tf.keras.initializers.RandomUniform(seed=4), mask_zero=True)", arr([[0, 3]], "int64")),
    layer("Embedding(5, 2, 'ones', input_length=2)", arr([[0.0, 3.0], [4.0, 1.0]])),
    expr(f"{L}.Embedding(5, 2, 'ones', mask_zero=True)(x)._keras_mask", x=arr([[0, 3], [4, 0]], "int32")),
    layer("Embedding(0, 2)", i32(2, 2), raises=("ValueError", "should be positive")),
]  # fmt: skip

CASES = DENSE + REARRANGED + ACTIVATIONS + NOISY + EMBEDDED
for _case in CASES:  # the operations are exported in their own rows
    _case.options["export"] = False
test_rows = run_cases("keras_core", CASES)
