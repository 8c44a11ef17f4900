"""Programs of tf.keras.mixed_precision.experimental, which TensorFlow 2.15.1 lacks."""

import numpy as np


def policies(tf):
    policy = tf.keras.mixed_precision.experimental.Policy
    seen = {}
    for name in ("float16", "mixed_float16", "mixed_bfloat16", "infer", "infer_with_float32_vars", "float64",
                 "float32_with_float32_vars", "float16_with_float32_vars"):  # fmt: skip
        made = policy(name)
        scale = None if made.loss_scale is None else repr(made.loss_scale)
        seen[name] = [made.name, made.compute_dtype, made.variable_dtype, made.should_cast_variables, scale]
    scaled = policy("mixed_float16", loss_scale=8)
    return [seen, repr(scaled), repr(policy("infer")), repr(tf.keras.mixed_precision.experimental.global_policy())]


def policy_of_no_type(tf):
    return tf.keras.mixed_precision.experimental.Policy("abc")


def policy_of_a_type(tf):
    return tf.keras.mixed_precision.experimental.Policy(tf.float16)


def policy_for_all_layers(tf):
    return tf.keras.mixed_precision.experimental.set_policy("mixed_float16")


def policy_as_it_is(tf):
    tf.keras.mixed_precision.experimental.set_policy("infer")
    tf.keras.mixed_precision.experimental.set_policy(None)
    return tf.keras.mixed_precision.experimental.global_policy().name


def _steps(tf, make, scale, sparse=False):
    x = tf.placeholder(tf.float32, [2])
    v = tf.Variable([1.0, 2.0], use_resource=True)
    optimizer = tf.keras.mixed_precision.experimental.LossScaleOptimizer(make, scale)
    rows = [0, 1, 0]
    step = optimizer.minimize(lambda: tf.reduce_sum(tf.gather(v, rows) * tf.gather(x, rows) if sparse else v * x), [v])
    session = tf.get_default_session()
    tf.keras.backend.set_session(session)
    session.run(tf.global_variables_initializer())
    seen = []
    for feed in ([1, 1], [1, 1], [np.inf, 1], [1, 1], [1, np.nan]):
        session.run(step, {x: feed})
        seen.append(session.run([v, optimizer.loss_scale(), optimizer.iterations]))
    names = [w.name.split("cond_1/")[-1] for w in optimizer._optimizer.weights]
    return [seen, names, optimizer.get_slot_names(), session.run(optimizer.lr)]


def steps_with_a_dynamic_scale(tf):
    return _steps(tf, tf.keras.optimizers.Adam(0.1), tf.train.experimental.DynamicLossScale(16.0, 2, 4.0))


def steps_with_a_dynamic_scale_and_rows(tf):
    made = tf.keras.optimizers.SGD(0.1, momentum=0.9)
    return _steps(tf, made, tf.train.experimental.DynamicLossScale(16.0, 2, 4.0), sparse=True)


def steps_with_a_fixed_scale(tf):
    return _steps(tf, tf.keras.optimizers.SGD(0.5), 8)


def scaled_by_hand(tf):
    optimizer = tf.keras.mixed_precision.experimental.LossScaleOptimizer(tf.keras.optimizers.SGD(0.5), 4.0)
    loss = tf.constant(3.0)
    back = optimizer.get_unscaled_gradients([tf.constant([8.0]), None])
    session = tf.get_default_session()
    return [
        session.run([optimizer.get_scaled_loss(loss), optimizer.get_scaled_loss(lambda: loss)(), back[0]]),
        back[1] is None,
    ]


def optimizer_that_clips(tf):
    return tf.keras.mixed_precision.experimental.LossScaleOptimizer(tf.keras.optimizers.SGD(0.5, clipnorm=1.0), 4.0)


def optimizer_of_another_kind(tf):
    return tf.keras.mixed_precision.experimental.LossScaleOptimizer(tf.train.AdamOptimizer(), 4.0)


def configuration(tf):
    return tf.keras.mixed_precision.experimental.LossScaleOptimizer(tf.keras.optimizers.SGD(0.5), 2.0).get_config()


def rewrite(tf):
    made = tf.train.experimental.enable_mixed_precision_graph_rewrite(tf.keras.optimizers.SGD(0.5))
    tf.train.experimental.disable_mixed_precision_graph_rewrite()
    return [type(made).__name__, repr(made.loss_scale)]


def rewrite_twice(tf):
    made = tf.train.experimental.enable_mixed_precision_graph_rewrite(tf.keras.optimizers.SGD(0.5), 2.0)
    tf.train.experimental.disable_mixed_precision_graph_rewrite()
    return tf.train.experimental.enable_mixed_precision_graph_rewrite(made)
