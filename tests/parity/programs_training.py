"""Programs of training: every optimizer with its slots, schedules of the learning rate, moving averages."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases import f32, f64
from tests.parity.training_step import Runs, trained, updated


def gradient_descent(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.GradientDescentOptimizer(0.1))


def momentum(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.MomentumOptimizer(0.1, 0.9))


def nesterov_momentum(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.MomentumOptimizer(lambda: 0.1, lambda: 0.9, use_nesterov=True))


def adam(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.AdamOptimizer(0.1, beta1=0.8, epsilon=1e-4, name="Fast"))


def adagrad(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.AdagradOptimizer(0.1, initial_accumulator_value=0.2))


def dual_averaging(tf: Any) -> Runs:
    return trained(
        tf,
        lambda step: tf.train.AdagradDAOptimizer(
            0.5, step, l1_regularization_strength=0.01, l2_regularization_strength=0.1
        ),
    )


def adadelta(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.AdadeltaOptimizer(0.5, rho=0.8, epsilon=1e-2))


def rms_prop(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.1, decay=0.8, momentum=0.5, epsilon=1e-3))


def centered_rms_prop(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.RMSPropOptimizer(0.1, momentum=0.2, epsilon=1e-2, centered=True))


def ftrl(tf: Any) -> Runs:
    return trained(
        tf, lambda step: tf.train.FtrlOptimizer(0.3, l1_regularization_strength=0.05, l2_regularization_strength=0.1)
    )


def ftrl_with_shrinkage(tf: Any) -> Runs:
    return trained(
        tf,
        lambda step: tf.train.FtrlOptimizer(
            0.3, learning_rate_power=-0.7, l2_shrinkage_regularization_strength=0.2, accum_name="squares", beta=0.1
        ),
    )


def proximal_gradient_descent(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.ProximalGradientDescentOptimizer(0.1, 0.2, 0.3))


def proximal_adagrad(tf: Any) -> Runs:
    return trained(tf, lambda step: tf.train.ProximalAdagradOptimizer(0.1, 0.2, 0.1, 0.3))


def learning_rates(tf: Any) -> Runs:
    step = tf.placeholder(tf.int64, [], name="step")
    rates = [
        tf.train.exponential_decay(0.1, step, 10, 0.9),
        tf.train.exponential_decay(0.1, step, 10, 0.9, staircase=True, name="stairs"),
        tf.train.natural_exp_decay(0.1, step, 10, 0.9),
        tf.train.inverse_time_decay(0.1, step, 10, 0.5),
        tf.train.inverse_time_decay(0.1, step, 10, 0.5, staircase=True),
        tf.train.polynomial_decay(0.1, step, 20, 0.01, power=2.0),
        tf.train.polynomial_decay(0.1, step, 20, 0.01, cycle=True),
        tf.train.cosine_decay(0.1, step, 20, alpha=0.2),
        tf.train.linear_cosine_decay(0.1, step, 20, num_periods=1.5),
    ]
    return [(rates, {step: n}) for n in (0, 7, 20, 33)]


def learning_rates_with_branches(tf: Any) -> Runs:
    step = tf.placeholder(tf.int64, [], name="step")
    with tf.name_scope("cond"):
        rates = [
            tf.train.piecewise_constant(step, [5, 10], [0.3, 0.2, 0.1]),
            tf.train.cosine_decay_restarts(0.1, step, 8),
            tf.train.cosine_decay_restarts(0.1, step, 8, t_mul=1.0, m_mul=0.5, alpha=0.1),
        ]
    return [(rates, {step: n}) for n in (0, 5, 6, 10, 11, 40)]


def averages_of_variables_and_tensors(tf: Any) -> Runs:
    w = tf.get_variable("w", initializer=f32(2, 2))
    r = tf.get_variable("r", initializer=f32(3), use_resource=True)
    x = tf.placeholder(tf.float32, [2], name="x")
    seen = tf.identity(x, name="seen")
    step = tf.train.get_or_create_global_step()
    average = tf.train.ExponentialMovingAverage(0.9, num_updates=step, name="Mean")
    update = average.apply([w, r])
    of_tensor = tf.train.ExponentialMovingAverage(0.5, zero_debias=True)
    follow = of_tensor.apply([seen])
    change = tf.group(tf.assign_add(w, tf.ones([2, 2])), r.assign_sub([1.0, 2.0, 3.0]), tf.assign_add(step, 1))
    values = [average.average(w), average.average(r), of_tensor.average(seen), w, r]
    names = sorted(average.variables_to_restore())
    assert names == sorted([*names]), names
    return [(values, {}), *[([change], {}), ([update, follow], {x: [1.0, 5.0]})] * 3, (values, {})]


def constraints_after_each_step(tf: Any) -> Runs:
    w = tf.get_variable("w", initializer=f32(4), constraint=lambda v: tf.clip_by_value(v, -0.2, 0.2))
    r = tf.get_variable("r", initializer=f32(4), use_resource=True, constraint=tf.nn.relu)
    loss = tf.reduce_sum(tf.square(w - 1.0)) + tf.reduce_sum(tf.square(r + 1.0))
    step = tf.train.MomentumOptimizer(0.1, 0.5).minimize(loss)
    return [(step, {}), ([w, r], {}), (step, {}), ([w, r], {})]


def steps_in_double_precision(tf: Any) -> Runs:
    w = tf.get_variable("w", initializer=f64(3))
    loss = tf.reduce_sum(tf.pow(w, 4))
    steps = [
        tf.train.AdamOptimizer(0.1).minimize(loss),
        tf.train.RMSPropOptimizer(0.1).minimize(loss),
        tf.train.FtrlOptimizer(0.1).minimize(loss),
    ]
    return [([s], {}) for s in steps] + [(w, {})]


def gradients_by_hand(tf: Any) -> Runs:
    w = tf.get_variable("w", initializer=np.ones(3, np.float32))
    v = tf.get_variable("v", initializer=f32(4, 2))
    optimizer = tf.train.AdamOptimizer(0.1)
    loss = tf.reduce_sum(tf.tanh(w)) + tf.reduce_sum(tf.gather(v, [1, 2]))
    pairs = optimizer.compute_gradients(loss, var_list=[w, v], gate_gradients=optimizer.GATE_GRAPH)
    clipped = [(tf.clip_by_value(g, -1.0, 1.0), var) for g, var in pairs if not isinstance(g, tf.IndexedSlices)]
    rows = [(g, var) for g, var in pairs if isinstance(g, tf.IndexedSlices)]
    step = optimizer.apply_gradients(clipped + rows, name="apply")
    return [(step, {}), (step, {}), ([w, v, optimizer.get_slot(w, "m"), optimizer.get_slot(v, "v")], {})]


def replicas_in_step(tf: Any) -> Runs:
    step = tf.train.get_or_create_global_step()
    w = tf.get_variable("w", initializer=f32(3))
    v = tf.get_variable("v", initializer=f32(4, 2), use_resource=True)
    loss = tf.reduce_sum(tf.square(w)) + tf.reduce_sum(tf.gather(v, [1, 2, 1]))
    optimizer = tf.train.SyncReplicasOptimizer(tf.train.MomentumOptimizer(0.1, 0.5), 1, total_num_replicas=1)
    optimizer.minimize(loss, global_step=step)
    optimizer.get_init_tokens_op()
    return []


def updates_that_no_optimizer_here_uses(tf: Any) -> Runs:
    return [
        *updated(tf, "ApplyAdaMax", "m v", "beta1_power lr beta1 beta2 epsilon"),
        *updated(tf, "ResourceApplyAdaMax", "m v", "beta1_power lr beta1 beta2 epsilon"),
        *updated(tf, "ApplyAddSign", "m", "lr alpha sign_decay beta"),
        *updated(tf, "ApplyPowerSign", "m", "lr logbase sign_decay beta"),
        *updated(tf, "ResourceApplyAdamWithAmsgrad", "m v vhat", "beta1_power beta2_power lr beta1 beta2 epsilon"),
        *updated(tf, "ResourceApplyKerasMomentum", "accum", "lr momentum"),
        *updated(tf, "ResourceApplyKerasMomentum", "accum", "lr momentum", use_nesterov=True),
        *updated(tf, "ResourceSparseApplyKerasMomentum", "accum", "lr momentum"),
        *updated(tf, "ResourceSparseApplyKerasMomentum", "accum", "lr momentum", use_nesterov=True),
        *updated(tf, "ApplyAdam", "m v", "beta1_power beta2_power lr beta1 beta2 epsilon", use_nesterov=True),
        *updated(tf, "SparseApplyMomentum", "accum", "lr momentum", use_nesterov=True),
        *updated(tf, "ApplyAdagrad", "accum", "lr", update_slots=False),
        *updated(tf, "SparseApplyAdagrad", "accum", "lr", update_slots=False),
        *updated(tf, "ResourceApplyAdagradV2", "accum", "lr epsilon"),
        *updated(tf, "ResourceSparseApplyAdagradV2", "accum", "lr epsilon"),
        *updated(tf, "ApplyFtrl", "accum linear", "lr l1 l2 lr_power", multiply_linear_by_lr=True),
        *updated(tf, "SparseApplyFtrl", "accum linear", "lr l1 l2 lr_power", multiply_linear_by_lr=True),
        *updated(tf, "ResourceSparseApplyFtrlV2", "accum linear", "lr l1 l2 l2_shrinkage lr_power"),
        *updated(tf, "SparseApplyFtrlV2", "accum linear", "lr l1 l2 l2_shrinkage lr_power",
                 multiply_linear_by_lr=True),
    ]  # fmt: skip
