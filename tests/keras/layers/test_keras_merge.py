"""tf.keras.layers of several inputs, normalisations and attention."""

from __future__ import annotations

from tests.cases import Case, expr, f16, f32, f64
from tests.runner import run_cases

L = "tf.keras.layers"
X, Y, Z = f32(4, 3), f32(4, 3, salt=1), f32(4, 3, salt=2)
SERIES = f32(2, 5, 3)
IMAGES = f32(2, 4, 3, 3)


def pair(call: str, x=X, y=Y, **options) -> Case:
    """A layer applied to two inputs."""
    return expr(f"{L}.{call}([x, y])", x=x, y=y, **options)


def layer(call: str, x=SERIES, arguments: str = "", **options) -> Case:
    """A layer applied to `x`."""
    return expr(f"{L}.{call}(x{arguments})", x=x, **options)


def averages(tf, x, **options):
    """A batch normalisation and its moving averages after their update."""
    made = tf.keras.layers.BatchNormalization(**options)
    outputs = made(x, training=True)
    with tf.control_dependencies(made.updates):
        return [outputs, *(tf.identity(v.read_value()) for v in made.weights)]


MASKS = "[tf.constant([[True, False]]), tf.constant([[True, True]])]"
MERGED = [
    *(expr(f"{L}.{kind}()([x, y, z])", x=X, y=Y, z=Z, unknown_rank=False) for kind in (
        "Add", "Multiply", "Average", "Maximum", "Minimum")),
    *(expr(f"{L}.{kind}([x, y])", x=X, y=Y, unknown_rank=False) for kind in (
        "add", "multiply", "average", "maximum", "minimum", "subtract", "concatenate")),
    pair("Subtract()", unknown_rank=False), pair("Add()", f32(2, 3), f32(2, 4, 3), unknown_rank=False),
    pair("Multiply()", f32(2, 1, 3), f32(2, 4, 1), unknown_rank=False),
    pair("Add()", f32(2, 3), f32(2, 3, salt=1), graph=False, static=False),
    pair("Concatenate()", unknown_rank=False), pair("Concatenate(1)", f32(2, 3, 4), f32(2, 2, 4), unknown_rank=False),
    expr(f"{L}.concatenate([x, y], axis=0)", x=X, y=Y, unknown_rank=False),
    *(pair(f"Dot({axes})", x, y, unknown_rank=False) for axes, x, y in (
        ("1", X, Y), ("-1", X, Y), ("1", f32(2, 3, 4), f32(2, 3, 5)), ("(2, 1)", f32(2, 3, 4), f32(2, 4, 5)),
        ("(1, 2), normalize=True", f32(2, 3, 4), f32(2, 5, 3)), ("(1, 1)", f32(2, 3), f32(2, 3, 5)),
        ("(2, 3)", f32(2, 3, 4), f32(2, 5, 2, 4)), ("(3, 2)", f32(2, 5, 2, 4), f32(2, 3, 4)),
    )),
    expr(f"{L}.dot([x, y], 1, True)", x=X, y=Y, unknown_rank=False),
    expr(f"{L}.Add().compute_mask([x, y], {MASKS})", x=X, y=Y, unknown_rank=False, grad=False),
    expr(f"{L}.Concatenate(1).compute_mask([x, y], {MASKS})", x=f32(1, 2, 3), y=f32(1, 2, 3, salt=1),
         unknown_rank=False, grad=False),
    pair("Add()", f32(2, 3), f32(2, 4), raises=("ValueError", "incompatible shapes"), unknown_rank=False),
    pair("Add()", f32(2, 3), f32(3, 3), raises=("ValueError", "different batch sizes")),
    expr(f"{L}.Add()(x)", x=X, raises=("ValueError", "list of")),
    expr(f"{L}.Subtract()([x, y, z])", x=X, y=Y, z=Z, raises=("ValueError", "exactly 2 inputs")),
    pair("Concatenate()", f32(2, 3), f32(3, 3), raises=("ValueError", "matching shapes")),
    pair("Dot('a')", raises=("TypeError", "axes")), pair("Dot((1, 2, 3))", raises=("ValueError", "axes")),
    pair("Dot(1)", f32(2, 3), f32(2, 4), raises=("ValueError", "ncompatible")),
]  # fmt: skip

NORMALISED = [
    *(layer(f"BatchNormalization({options})", x, ", training=True", tol=2e-5) for x, options in (
        (X, ""), (SERIES, ""), (IMAGES, ""), (IMAGES, "axis=1"), (IMAGES, "center=False, scale=False"),
        (IMAGES, "fused=False"), (SERIES, "axis=1, momentum=0.5, epsilon=0.1"), (X, "renorm=True"),
        (X, "gamma_initializer='zeros'"), (X, "virtual_batch_size=2"), (SERIES, "axis=[1, 2]"),
    )),
    *(layer(f"BatchNormalization({options})", x, ", training=False", tol=2e-5) for x, options in (
        (X, ""), (IMAGES, ""), (IMAGES, "moving_mean_initializer='ones'"),
    )),
    *(layer("BatchNormalization()", x, tol=2e-5, graph=False) for x in (X, IMAGES)),
    *(Case(averages, x=x, tol=2e-5, graph=False, momentum=0.7) for x in (X, IMAGES)),
    Case(averages, x=X, tol=2e-5, graph=False, renorm=True),
    layer("BatchNormalization(axis=5)", raises=("ValueError", "axis")),
    # second gradients leave out what flows through the mean inside of the variance, unlike the fused operation's
    *(layer(f"LayerNormalization({options})", x, graph=False, tol=2e-5, unknown_rank=False, grad2=False)
      for x, options in (
        (X, ""), (SERIES, ""), (SERIES, "axis=1"), (SERIES, "axis=(1, 2)"), (SERIES, "center=False, epsilon=0.1"),
        (SERIES, "scale=False"), (IMAGES, "axis=[1, 3], gamma_initializer='ones'"), (f64(3, 4), ""),
    )),
    layer("LayerNormalization()", f16(3, 4), graph=False, tol=1e-2, grad2=False, unknown_rank=False),
    layer("LayerNormalization(axis=3)", raises=("ValueError", "axis"), unknown_rank=False),
]  # fmt: skip

Q, V, K = f32(2, 3, 4), f32(2, 5, 4), f32(2, 5, 4, salt=1)
MASK = "tf.constant([[True, True, False, True, False], [False, True, True, True, True]])"
ATTENDED = [
    expr(f"{L}.Attention()([x, y])", x=Q, y=V, unknown_rank=False),
    expr(f"{L}.Attention()([x, y, z])", x=Q, y=V, z=K, unknown_rank=False),
    expr(f"{L}.Attention(use_scale=True)([x, y])", x=Q, y=V, unknown_rank=False),
    expr(f"{L}.Attention()([x, y], mask=[None, {MASK}])", x=Q, y=V, unknown_rank=False),
    expr(f"{L}.Attention()([x, y], mask=[tf.constant([[True, False, True], [True, True, False]]), {MASK}])", x=Q, y=V,
         unknown_rank=False),
    expr(f"{L}.Attention(causal=True)([x, y])", x=Q, y=V, graph=False, unknown_rank=False),
    expr(f"{L}.Attention(dropout=0.5)([x, y], training=False)", x=Q, y=V, unknown_rank=False),
    expr(f"{L}.AdditiveAttention()([x, y])", x=Q, y=V, random=True, unknown_rank=False),
    expr(f"{L}.AdditiveAttention(use_scale=False)([x, y], mask=[None, {MASK}])", x=Q, y=V, unknown_rank=False),
    expr(f"{L}.Attention()(x)", x=Q, raises=("ValueError", "must be called on a list")),
    *(expr(f"{L}.MultiHeadAttention({options}, kernel_initializer=tf.keras.initializers.glorot_uniform(seed=2))(x, y)",
           x=Q, y=V, unknown_rank=False, graph=False, unknown_batch=False) for options in (
        "2, 3", "2, 3, value_dim=2, output_shape=5", "1, 2, use_bias=False",
    )),
    expr(f"{L}.MultiHeadAttention(2, 3, kernel_initializer='ones')(x, y, z, attention_mask=tf.constant([[[True, False, "
         "True, True, False]], [[False, True, True, True, True]]]), return_attention_scores=True)",
         x=Q, y=V, z=K, unknown_rank=False, graph=False, unknown_batch=False),
    *(expr(f"{L}.EinsumDense({options}, kernel_initializer=tf.keras.initializers.glorot_uniform(seed=2))(x)", x=SERIES,
           unknown_rank=False, graph=False) for options in (
        "'abc,cd->abd', (None, 4), bias_axes='d'", "'...c,cd->...d', 4",
        "'abc,cde->abde', (None, 4, 2), bias_axes='de', activation='relu'",
    )),
]  # fmt: skip

CASES = MERGED + NORMALISED + ATTENDED
for _case in CASES:  # the operations are exported in their own rows
    _case.options["export"] = False
test_rows = run_cases("keras_merge", CASES)
