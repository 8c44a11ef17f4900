"""Programs of tf.contrib.opt: three steps of each optimizer, with dense gradients of a matrix and sparse of a table."""

import numpy as np


def _steps(tf, make, sparse=True, steps=3, resource=True, dtype=np.float64):
    start = np.linspace(-1.0, 1.5, 6).reshape(2, 3).astype(dtype)
    matrix = tf.get_variable("matrix", initializer=start, use_resource=resource)
    start = np.linspace(2.0, -1.0, 10).reshape(5, 2).astype(dtype)
    table = tf.get_variable("table", initializer=start, use_resource=resource)
    optimizer = make(matrix, table)
    count = tf.get_variable("count", initializer=np.int64(0), use_resource=True, trainable=False)
    before = []
    for step in range(steps):
        with tf.control_dependencies(before):
            loss = tf.reduce_sum(tf.square(matrix.read_value() - 0.3 * (step + 1)))
            if sparse:
                loss += tf.reduce_sum(tf.gather(table, [step, 3, 3]) ** 2)
            pairs = [(tf.gradients(loss, v)[0], v) for v in ([matrix, table] if sparse else [matrix])]
        with tf.control_dependencies([loss] + [tf.convert_to_tensor(g) for g, _ in pairs]):
            before = [optimizer.apply_gradients(pairs, global_step=count)]
    with tf.control_dependencies(before):
        values = [tf.cast(v.read_value(), tf.float64) for v in sorted(tf.global_variables(), key=lambda v: v.name)]
    return values, None


def adam_w(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.AdamWOptimizer(0.02, 0.1, beta1=0.8, epsilon=1e-3))


def adam_w_of_a_tensor(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.AdamWOptimizer(tf.constant(0.02, tf.float64), 0.1))


def momentum_w(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.MomentumWOptimizer(0.05, 0.1, 0.7, use_nesterov=True))


def extended(tf):
    kind = tf.contrib.opt.extend_with_decoupled_weight_decay(tf.train.AdagradOptimizer)
    return _steps(tf, lambda m, t: kind(weight_decay=0.03, learning_rate=0.2))


def lazy_adam(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.LazyAdamOptimizer(0.1))


def nadam(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.NadamOptimizer(0.1, beta2=0.9))


def ada_max(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.AdaMaxOptimizer(0.1, beta2=0.9))


def lars(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.LARSOptimizer(0.5, weight_decay=0.01, eeta=0.1), sparse=False)


def lars_skipped(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.LARSOptimizer(0.1, skip_list=["matrix"], use_nesterov=True), False)


def add_sign(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.AddSignOptimizer(0.1, alpha=1.5, beta=0.6), sparse=False)


def power_sign(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.PowerSignOptimizer(0.1, base=3.0, beta=0.6), sparse=False)


def add_sign_of_references(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.AddSignOptimizer(0.1, alpha=1.5), steps=1, resource=False)


def power_sign_of_references(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.PowerSignOptimizer(0.1), steps=1, resource=False)


def ada_max_of_references(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.AdaMaxOptimizer(0.1), steps=1, resource=False)


def nadam_of_references(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.NadamOptimizer(0.1), steps=1, resource=False)


def reg_adagrad(tf):
    return _steps(tf, lambda m, t: tf.contrib.opt.RegAdagradOptimizer(0.2))


def moving_average(tf):
    make = tf.train.GradientDescentOptimizer
    return _steps(tf, lambda m, t: tf.contrib.opt.MovingAverageOptimizer(make(0.1), 0.7), steps=1)


def clipped(tf):
    make = tf.train.GradientDescentOptimizer
    return _steps(tf, lambda m, t: tf.contrib.opt.VariableClippingOptimizer(make(0.1), {m: [0], t: [1]}, 0.5))


def _shampoo(tf, resource=True, sparse=True, **options):
    def make(matrix, table):
        return tf.contrib.opt.ShampooOptimizer(learning_rate=0.3, **options)

    return _steps(tf, make, sparse, steps=2, resource=resource, dtype=np.float32)


def shampoo(tf):
    return _shampoo(tf)


def shampoo_of_references(tf):
    return _shampoo(tf, resource=False, gbar_decay=0.5, gbar_weight=0.5)


def shampoo_of_rows(tf):
    return _shampoo(tf, max_matrix_size=2, resource=False)


def shampoo_without_matrices(tf):
    return _shampoo(tf, max_matrix_size=1, gbar_decay=0.5, mat_gbar_decay=0.9, mat_gbar_weight=0.2, epsilon=0.01)


def shampoo_at_intervals(tf):
    return _shampoo(tf, global_step=1, svd_interval=2, precond_update_interval=2, alpha=0.7, mat_gbar_decay=0.5)


def shampoo_between_intervals(tf):
    return _shampoo(tf, global_step=2, svd_interval=4, precond_update_interval=2)


def shampoo_with_parameters_of_the_step(tf):
    return _shampoo(tf, gbar_decay=lambda t: t / (t + 1.0), gbar_weight=lambda t: 1.0 / (t + 1.0), epsilon=0.1)


def shampoo_by_iterations(tf):
    return _shampoo(tf, sparse=False, use_iterative_root=True, epsilon=0.01)
