"""Programs of the optimizers of tf.train."""

from tests.steps.shared import trained


def gradient_descent(tf):
    return trained(tf, lambda step: tf.train.GradientDescentOptimizer(0.1))


def gradient_descent_that_slows_down(tf):
    return trained(
        tf, lambda step: tf.train.GradientDescentOptimizer(tf.train.exponential_decay(0.3, step, 3, 0.8, True))
    )


def gradient_descent_in_float64(tf):
    return trained(tf, lambda step: tf.train.GradientDescentOptimizer(0.1, use_locking=True), dtype="float64")


def momentum(tf):
    return trained(tf, lambda step: tf.train.MomentumOptimizer(0.1, 0.9))


def momentum_in_float64(tf):
    return trained(tf, lambda step: tf.train.MomentumOptimizer(0.1, 0.9, use_locking=True), dtype="float64")


def nesterov(tf):
    return trained(tf, lambda step: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True))


def nesterov_in_float64(tf):
    return trained(tf, lambda step: tf.train.MomentumOptimizer(0.05, 0.7, use_nesterov=True), dtype="float64")


def adam(tf):
    return trained(tf, lambda step: tf.train.AdamOptimizer())


def adam_with_options(tf):
    return trained(
        tf, lambda step: tf.train.AdamOptimizer(0.1, beta1=0.7, beta2=0.9, epsilon=1e-3, use_locking=True, name="Fast")
    )


def adam_of_a_schedule(tf):
    return trained(tf, lambda step: tf.train.AdamOptimizer(tf.train.cosine_decay(0.1, step, 15, 0.1)))


def adam_in_float64(tf):
    return trained(tf, lambda step: tf.train.AdamOptimizer(0.05), dtype="float64")


def adagrad(tf):
    return trained(tf, lambda step: tf.train.AdagradOptimizer(0.2))


def adagrad_in_float64(tf):
    return trained(tf, lambda step: tf.train.AdagradOptimizer(0.2, initial_accumulator_value=0.5), dtype="float64")


def dual_averaging(tf):
    return trained(tf, lambda step: tf.train.AdagradDAOptimizer(0.5, step))


def dual_averaging_with_options(tf):
    return trained(
        tf,
        lambda step: tf.train.AdagradDAOptimizer(
            0.5, step, 0.2, l1_regularization_strength=0.01, l2_regularization_strength=0.1, use_locking=True
        ),
    )


def dual_averaging_in_float64(tf):
    return trained(tf, lambda step: tf.train.AdagradDAOptimizer(0.5, step, 0.2, 0.02, 0.03), dtype="float64")


def adadelta(tf):
    return trained(tf, lambda step: tf.train.AdadeltaOptimizer(1.0))


def adadelta_in_float64(tf):
    return trained(tf, lambda step: tf.train.AdadeltaOptimizer(0.5, rho=0.8, epsilon=1e-2), dtype="float64")


def rms_prop(tf):
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.05))


def rms_prop_with_momentum(tf):
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.05, decay=0.8, momentum=0.5, epsilon=1e-3))


def rms_prop_centered(tf):
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.05, epsilon=1e-2, centered=True))


def rms_prop_centered_with_momentum(tf):
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.05, 0.8, 0.5, 1e-2, use_locking=True, centered=True))


def rms_prop_in_float64(tf):
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.05, momentum=0.3), dtype="float64")


def rms_prop_centered_in_float64(tf):
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.05, centered=True, epsilon=1e-2), dtype="float64")


def ftrl(tf):
    return trained(tf, lambda step: tf.train.FtrlOptimizer(0.3))


def ftrl_with_regularization(tf):
    return trained(
        tf,
        lambda step: tf.train.FtrlOptimizer(
            0.3, -0.5, 0.2, l1_regularization_strength=0.05, l2_regularization_strength=0.1, use_locking=True
        ),
    )


def ftrl_with_all_options(tf):
    return trained(
        tf,
        lambda step: tf.train.FtrlOptimizer(
            0.3,
            learning_rate_power=-0.7,
            l1_regularization_strength=0.01,
            l2_shrinkage_regularization_strength=0.2,
            accum_name="squares",
            linear_name="sums",
            beta=0.1,
        ),
    )


def ftrl_of_a_fixed_rate(tf):
    return trained(tf, lambda step: tf.train.FtrlOptimizer(0.3, learning_rate_power=0.0))


def ftrl_in_float64(tf):
    return trained(tf, lambda step: tf.train.FtrlOptimizer(0.3, -0.6, 0.2, 0.01, 0.02), dtype="float64")


def proximal_gradient_descent(tf):
    return trained(tf, lambda step: tf.train.ProximalGradientDescentOptimizer(0.1))


def proximal_gradient_descent_with_regularization(tf):
    return trained(tf, lambda step: tf.train.ProximalGradientDescentOptimizer(0.1, 0.02, 0.03, use_locking=True))


def proximal_gradient_descent_in_float64(tf):
    def make(step):
        rate, l1, l2 = (tf.constant(value, tf.float64) for value in (0.1, 0.02, 0.03))
        return tf.train.ProximalGradientDescentOptimizer(rate, l1, l2)

    return trained(tf, make, dtype="float64")


def proximal_adagrad(tf):
    return trained(tf, lambda step: tf.train.ProximalAdagradOptimizer(0.1))


def proximal_adagrad_with_regularization(tf):
    return trained(tf, lambda step: tf.train.ProximalAdagradOptimizer(0.1, 0.2, 0.02, 0.03, use_locking=True))


def proximal_adagrad_in_float64(tf):
    def make(step):
        rate, l1, l2 = (tf.constant(value, tf.float64) for value in (0.1, 0.02, 0.03))
        return tf.train.ProximalAdagradOptimizer(rate, 0.2, l1, l2)

    return trained(tf, make, dtype="float64")


def averages_of_what_is_trained(tf):
    def start(session, optimizer):
        del session, optimizer

    class Averaged(tf.train.GradientDescentOptimizer):
        def minimize(self, loss, global_step=None):
            with tf.control_dependencies([super().minimize(loss, global_step)]):
                return tf.train.ExponentialMovingAverage(0.9, global_step).apply(tf.trainable_variables())

    return trained(tf, lambda step: Averaged(0.1), start=start)


def steps_of_replicas(tf):
    def start(session, optimizer):
        session.run([optimizer.chief_init_op, optimizer.local_step_init_op])
        queue_runner = optimizer.get_chief_queue_runner()
        queue_runner.create_threads(session, tf.train.Coordinator(), daemon=True, start=True)
        session.run(tokens[0])

    tokens = []

    class Synchronous(tf.train.SyncReplicasOptimizer):
        def apply_gradients(self, *args, **options):
            made = super().apply_gradients(*args, **options)
            tokens.append(self.get_init_tokens_op(0))
            return made

    return trained(tf, lambda step: Synchronous(tf.train.AdagradOptimizer(0.1), replicas_to_aggregate=1), start=start)
