"""tf.layers: graphs, values, updates of moving averages, names of variables, losses, and what is refused."""

from __future__ import annotations

from tests.cases import Case, arr, expr, f16, f32, f64
from tests.runner import run_cases

X = f32(6, 3)
IMAGES = f32(4, 3, 2, 3)
UPDATED = "[y, *[tf.identity(u) if hasattr(u, 'dtype') else u.outputs[0] for u in tf.get_collection('update_ops')]]"


def normalised(options: str, x=X, **kwargs) -> Case:
    """A batch normalisation and the values that its updates give."""
    return expr(f"[(y := tf.layers.batch_normalization(x, {options})), {UPDATED}][1]", x=x, tol=2e-5, **kwargs)


CLIPS = "renorm_clipping={'rmax': 1.2, 'rmin': 0.9, 'dmax': 0.3}"
NORMALISATIONS = [
    *(normalised(f"training=True, {options}") for options in (
        "renorm=True", f"renorm=True, {CLIPS}, renorm_momentum=0.7", "renorm=True, renorm_clipping={'dmax': 0.1}",
        "renorm=True, center=False", "renorm=True, scale=False", "virtual_batch_size=2", "virtual_batch_size=3, axis=1",
        "virtual_batch_size=2, renorm=True", "virtual_batch_size=6, center=False, scale=False",
        "adjustment=lambda s: (tf.fill(s, 2.0), tf.fill(s, 3.0))",
        "adjustment=lambda s: (tf.fill(s, 2.0), tf.fill(s, 3.0)), renorm=True", "momentum=0.5, epsilon=0.1",
        "beta_regularizer=tf.nn.l2_loss, gamma_regularizer=tf.nn.l2_loss",
        "moving_variance_initializer=tf.constant_initializer(4.0), renorm=True", "trainable=False", "axis=0",
    )),
    *(normalised(f"training=True, {options}", IMAGES) for options in (
        "", "renorm=True", "renorm=True, axis=1", "virtual_batch_size=2", "axis=2", "axis=[1, 3]", "fused=False",
        "fused=True, axis=2", "axis=1", "center=False, scale=False",
    )),
    normalised("training=True", f32(4, 2, 2, 2, 3), export="FusedBatchNormV3 of rank 5 in training"),
    normalised("training=True, fused=False", f16(6, 3)),
    normalised("training=True", f64(6, 3)),
    normalised("training=True, renorm=True", f64(6, 3), raises=("TypeError", "'y' of 'Maximum'")),
    normalised("training=tf.placeholder_with_default(True, []), renorm=True", graph=False),
    normalised("training=tf.placeholder_with_default(False, []), renorm=True", graph=False),
    normalised("training=tf.placeholder_with_default(False, []), virtual_batch_size=2", graph=False, grad2=False),
    normalised("renorm=True"),
    normalised("virtual_batch_size=2"),
    expr("tf.layers.BatchNormalization()(x, training=True, mask=tf.constant([[True, False], [True, True]]))",
         x=f32(2, 2, 3)),
    normalised("renorm=True, renorm_clipping={'max': 1}", raises=("ValueError", "renorm_clipping")),
    normalised("virtual_batch_size=0", raises=("ValueError", "positive integer")),
    normalised("virtual_batch_size=2, axis=0", raises=("ValueError", "cannot include 0")),
    normalised("virtual_batch_size=2, adjustment=lambda s: (1.0, 1.0)", raises=("ValueError", "adjustment")),
    normalised("axis=5", raises=("ValueError", "Expected 0 <= axis < inputs.rank")),
    normalised("axis='a'", raises=("TypeError", "Expected an int")),
]  # fmt: skip

ONES = "kernel_initializer='ones'"
PLACED = "kernel_initializer=tf.constant_initializer(np.linspace(-1, 1, 24))"
LOSSES = "tf.get_collection('regularization_losses')"
CONVOLUTIONS = [
    *(expr(f"tf.layers.conv1d(x, 2, 3, {options})", x=f32(2, 7, 4)) for options in (
        f"padding='causal', {PLACED}", f"padding='causal', dilation_rate=2, {PLACED}",
        f"2, padding='causal', {PLACED}", f"dilation_rate=2, {PLACED}", f"1, 'same', {PLACED}, activation='tanh'",
    )),
    expr(f"tf.layers.conv1d(x, 2, 3, padding='causal', data_format='channels_first', {PLACED})", x=f32(2, 4, 7),
         run=False),
    expr("tf.layers.separable_conv1d(x, 2, 3, padding='causal', depthwise_initializer='ones', "
         "pointwise_initializer='ones')", x=f32(2, 7, 4)),
    *(expr(f"tf.layers.conv2d(x, 2, 3, {options})", x=f32(2, 7, 5, 4)) for options in (
        f"dilation_rate=2, {ONES}", f"dilation_rate=(1, 2), padding='same', {ONES}", f"(2, 1), {ONES}",
    )),
    expr(f"tf.layers.conv3d(x, 2, 2, dilation_rate=2, {ONES})", x=f32(1, 4, 3, 3, 2)),
    expr(f"tf.layers.Conv2DTranspose(2, 3, 2, 'same', 'channels_last', tf.nn.relu, False, {ONES})(x)",
         x=f32(2, 3, 2, 4)),
    expr(f"tf.layers.conv2d_transpose(x, 2, 3, (2, 1), {ONES})", x=f32(2, 3, 2, 4)),
    expr(f"tf.layers.conv3d_transpose(x, 2, 2, (2, 1, 1), {ONES})", x=f32(1, 2, 3, 2, 4)),
    *(expr(f"tf.layers.conv2d(x, {options})", x=f32(2, 7, 5, 4), raises=(error, words))
      for options, error, words in (
        ("0, 2", "ValueError", "Expected a strictly positive value"), ("2, 0", "ValueError", "kernel_size"),
        ("2, 2, padding='causal'", "ValueError", "Causal padding is only supported"),
        ("2, 2, 2, dilation_rate=2", "ValueError", "not supported in conjunction"),
        ("2, 2, 2, 'valid', strides=2", "TypeError", "strides"), ("2, 2, units=2", "TypeError", "units"),
        ("2, 2, activation='rely'", "ValueError", "rely"),
    )),
]  # fmt: skip

OTHERS = [
    expr(f"[tf.layers.dense(x, 2, kernel_regularizer=tf.nn.l2_loss, activity_regularizer=tf.nn.l2_loss, {ONES}), "
         f"{LOSSES}]", x=f32(3, 4)),
    expr("tf.layers.dense(x, 2, dtype=1)", x=f32(3, 4), raises=("TypeError", "dtype")),
    expr(f"tf.layers.Dense(2, dtype='float32', {ONES})(x)", x=f64(3, 4)),
    expr("tf.layers.dense(x, 2)", x=arr([[1, 2]], "int32"), raises=("TypeError", "floating-point dtype")),
    expr("tf.layers.dense(x, -2)", x=f32(3, 4), raises=("ValueError", "units")),
    expr("[tf.set_random_seed(3), tf.layers.dropout(x, 0.4, noise_shape=[None, 1], training=True)][1]", x=f32(3, 4)),
    expr("tf.layers.dropout(x, 0.0, training=True)", x=f32(3, 4)),
    expr("tf.layers.dropout(x, 1.5)", x=f32(3, 4), raises=("ValueError", "between 0 and 1")),
    expr("[tf.set_random_seed(3), tf.layers.dropout(x, 0.4, training=tf.placeholder_with_default(True, [])), "
         "tf.random_uniform([2])][1:]", graph=False, x=f32(3, 4)),
    expr("tf.layers.flatten(x)", x=f32(3, 2, 4)),
    expr("tf.layers.flatten(x)", x=f32(3)),
    expr("tf.layers.flatten(x, data_format='channels_first')", x=f32(3, 2, 4), unknown_rank=False),
    expr("tf.layers.flatten(x, data_format='channels')", x=f32(3, 2), raises=("ValueError", "data_format")),
    expr("[tf.layers.Dense(2), tf.layers.Dense(3).name, tf.layers.Dense(2, name='d').name][1:]", x=X, grad=False),
]  # fmt: skip

CASES = NORMALISATIONS + CONVOLUTIONS + OTHERS

test_rows = run_cases("layers", CASES)
