"""Programs of tf.contrib.opt; the syntax is Python 3.7's."""

from tests.steps.shared import trained


def adam_w(tf):
    return trained(tf, lambda step: tf.contrib.opt.AdamWOptimizer(0.02, 0.05), fixed=True)


def adam_w_with_options(tf):
    return trained(
        tf,
        lambda step: tf.contrib.opt.AdamWOptimizer(0.02, 0.05, 0.8, 0.9, 1e-3, use_locking=True, name="Decay"),
        fixed=True,
    )


def adam_w_in_float64(tf):
    return trained(tf, lambda step: tf.contrib.opt.AdamWOptimizer(0.02, 0.05), dtype="float64", fixed=True)


def momentum_w(tf):
    return trained(tf, lambda step: tf.contrib.opt.MomentumWOptimizer(0.01, 0.1, 0.8), fixed=True)


def momentum_w_by_nesterov(tf):
    return trained(tf, lambda step: tf.contrib.opt.MomentumWOptimizer(0.01, 0.1, 0.8, use_nesterov=True), fixed=True)


def decay_that_minimize_forgets_to_limit(tf):
    kind = tf.contrib.opt.extend_with_decoupled_weight_decay(tf.train.AdagradOptimizer)

    class Some(kind):
        def minimize(self, loss, global_step=None):
            chosen = [v for v in tf.trainable_variables() if "table" in v.name]
            return super().minimize(loss, global_step=global_step, decay_var_list=chosen)

    return trained(tf, lambda step: Some(weight_decay=0.02, learning_rate=0.2), fixed=True)


def decay_of_some_variables(tf):
    kind = tf.contrib.opt.extend_with_decoupled_weight_decay(tf.train.RMSPropOptimizer)

    class Some(kind):
        def apply_gradients(self, pairs, global_step=None, name=None):
            chosen = [v for v in tf.trainable_variables() if "table" in v.name]
            return super().apply_gradients(pairs, global_step, name, decay_var_list=chosen)

    return trained(tf, lambda step: Some(0.02, learning_rate=0.05), fixed=True)


def lazy_adam(tf):
    return trained(tf, lambda step: tf.contrib.opt.LazyAdamOptimizer(0.05), fixed=True)


def lazy_adam_with_options(tf):
    return trained(tf, lambda step: tf.contrib.opt.LazyAdamOptimizer(0.05, 0.7, 0.9, 1e-3), fixed=True)


def lazy_adam_in_float64(tf):
    return trained(tf, lambda step: tf.contrib.opt.LazyAdamOptimizer(0.05), dtype="float64", fixed=True)


def adam_of_the_global_step(tf):
    return trained(tf, lambda step: tf.contrib.opt.AdamGSOptimizer(step, 0.05), fixed=True)


def lazy_adam_of_the_global_step(tf):
    return trained(tf, lambda step: tf.contrib.opt.LazyAdamGSOptimizer(step, 0.05), fixed=True)


def nadam(tf):
    return trained(tf, lambda step: tf.contrib.opt.NadamOptimizer(0.05), fixed=True)


def ada_max(tf):
    return trained(tf, lambda step: tf.contrib.opt.AdaMaxOptimizer(0.05), fixed=True)


def ada_max_in_float64(tf):
    return trained(tf, lambda step: tf.contrib.opt.AdaMaxOptimizer(0.05), dtype="float64", fixed=True)


def reg_adagrad(tf):
    return trained(tf, lambda step: tf.contrib.opt.RegAdagradOptimizer(0.1), fixed=True)


def lars(tf):
    return trained(
        tf,
        lambda step: tf.contrib.opt.LARSOptimizer(1.0, weight_decay=0.01, eeta=0.1, use_nesterov=True),
        sparse=False,
        fixed=True,
    )


def lars_of_rows(tf):
    return trained(tf, lambda step: tf.contrib.opt.LARSOptimizer(0.1, momentum=0.8), dense=False, fixed=True)


def lars_with_skipped_variables(tf):
    return trained(tf, lambda step: tf.contrib.opt.LARSOptimizer(0.1, skip_list=["b"]), sparse=False, fixed=True)


def add_sign(tf):
    return trained(tf, lambda step: tf.contrib.opt.AddSignOptimizer(0.05), sparse=False, fixed=True)


def add_sign_that_decays(tf):
    return trained(
        tf,
        lambda step: tf.contrib.opt.AddSignOptimizer(
            0.05,
            beta=0.8,
            sign_decay_fn=lambda step: 1.0 / (1.0 + tf.cast(step, tf.float32)),
        ),
        sparse=False,
        fixed=True,
    )


def power_sign(tf):
    return trained(tf, lambda step: tf.contrib.opt.PowerSignOptimizer(0.05), sparse=False, fixed=True)


def power_sign_that_decays(tf):
    return trained(
        tf,
        lambda step: tf.contrib.opt.PowerSignOptimizer(
            0.05,
            base=2.0,
            sign_decay_fn=lambda step: 1.0 / (1.0 + tf.cast(step, tf.float32)),
        ),
        sparse=False,
        fixed=True,
    )


def ggt(tf):
    return trained(
        tf, lambda step: tf.contrib.opt.GGTOptimizer(0.05, window=4), sparse=False, dtype="float64", fixed=True
    )


def ggt_with_options(tf):
    return trained(
        tf,
        lambda step: tf.contrib.opt.GGTOptimizer(0.02, 0.8, window=5, eps=1e-2, svd_eps=1e-4, sigma_eps=0.05),
        sparse=False,
        dtype="float64",
        fixed=True,
    )


def moving_average(tf):
    make = tf.train.GradientDescentOptimizer
    return trained(tf, lambda step: tf.contrib.opt.MovingAverageOptimizer(make(0.1), 0.7), fixed=True)


def variables_of_bounded_norm(tf):
    def make(step):
        limits = {v: [0] for v in tf.trainable_variables() if not v.name.startswith("resource/table")}
        return tf.contrib.opt.VariableClippingOptimizer(tf.train.GradientDescentOptimizer(0.1), limits, 0.4)

    return trained(tf, make, fixed=True)


def two_tasks(tf):
    make = tf.train.MomentumOptimizer
    return trained(tf, lambda step: tf.contrib.opt.MultitaskOptimizerWrapper(make(0.1, 0.9)), fixed=True)
