"""Optimizers of several workers, by one of them: what TensorFlow 1.15.5 gives, step by step."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

opt = tf.contrib.opt


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def trained(train, init, steps):
    """The values of all variables by name after each step."""
    made = []
    with tf.Session() as session:
        session.run([tf.local_variables_initializer(), tf.global_variables_initializer()])
        session.run(init)
        for _ in range(steps):
            session.run(train)
            variables = tf.global_variables() + tf.local_variables()
            made.append({v.op.name: np.round(session.run(v), 5).tolist() for v in variables})
    return made


def model(getter):
    """The loss of one local variable that starts as [1, 2], and a variable that is not trained."""
    with tf.variable_scope("", custom_getter=getter):
        w = tf.get_variable("w", initializer=[1.0, 2.0])
        tf.get_variable("n", initializer=1.0, trainable=False, collections=[tf.GraphKeys.GLOBAL_VARIABLES])
    return tf.reduce_sum(w * w)


@pytest.fixture
def step():
    return tf.train.get_or_create_global_step()


def assert_values(got, **wanted):
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, atol=1e-5, err_msg=name)


def test_models_are_averaged_after_some_steps(step):
    getter = opt.ModelAverageCustomGetter("/cpu:0")
    loss = model(getter)
    optimizer = opt.ModelAverageOptimizer(tf.train.GradientDescentOptimizer(0.1), 1, True, getter, interval_steps=2)
    seen = trained(optimizer.minimize(loss, step), optimizer.get_init_op(), 5)
    center = "global_center_variable/w"
    assert_values(seen[0], w=[0.8, 1.6], **{center: [1, 2]}, global_step=0, local_step=1)
    assert_values(seen[1], w=[0.64, 1.28], **{center: [0.64, 1.28]}, global_step=1)
    assert_values(seen[2], w=[0.512, 1.024], **{center: [0.64, 1.28]}, global_step=1)
    assert_values(seen[4], w=[0.32768, 0.65536], **{center: [0.4096, 0.8192]}, global_step=2, local_step=5, n=1)


def test_centers_and_workers_move_towards_each_other(step):
    getter = opt.ElasticAverageCustomGetter("/cpu:0")
    loss = model(getter)
    optimizer = opt.ElasticAverageOptimizer(tf.train.MomentumOptimizer(0.1, 0.9), 2, getter, communication_period=2)
    seen = trained(optimizer.minimize(loss, step), optimizer.get_init_op(0), 5)
    center, own = "global_center_variable/w", "local_center_variable/w"
    assert_values(seen[1], **{center: [0.88862, 1.77725], own: [1, 2]}, global_step=1)
    assert_values(seen[3], w=[0.30324, 0.60648], **{center: [0.71867, 1.43735], own: [0.88862, 1.77725]}, global_step=2)
    assert_values(seen[4], w=[0.21174, 0.42348], **{"w/Momentum": [0.91501, 1.83001]}, local_step=5)
    assert {v.op.name for v in tf.global_variables()} == {"global_step", "n", center}
    names = optimizer.swapping_saver().saver_def  # holds the center under the name of the variable
    assert names.save_tensor_name


def test_mean_gradients_are_handed_in(step):
    getter = opt.AGNCustomGetter("/cpu:0")
    loss = model(getter)
    optimizer = opt.AGNOptimizer(tf.train.MomentumOptimizer(0.1, 0.9), 1, getter, communication_period=2)
    seen = trained(optimizer.minimize(loss, step), optimizer.get_init_op(0), 5)
    for got, wanted in zip(seen, AGN, strict=True):
        assert_values(got, **wanted)


def test_stale_gradients_are_dropped_and_counted(step):
    w = tf.get_variable("w", initializer=[1.0, 2.0])
    rows = tf.get_variable("rows", initializer=np.ones((3, 2), np.float32))
    loss = tf.reduce_sum(w * w) + tf.reduce_sum(tf.gather(rows, [1]))
    lenient = opt.DropStaleGradientOptimizer(tf.train.MomentumOptimizer(0.1, 0.9), 1)
    train = lenient.minimize(loss, step)
    with tf.variable_scope("strict"):
        drop = opt.DropStaleGradientOptimizer(tf.train.GradientDescentOptimizer(0.1), -1).minimize(loss, step)
    assert lenient.get_slot_names() == ["momentum"]
    assert tf.get_collection(tf.GraphKeys.SUMMARIES)[0].op.name == "Gradient_staleness_percentage"
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert [session.run(t) for t in (train, train, drop, drop, train)] == [0.0, 0.0, 1.0, 2.0, 0.0]
        assert session.run(step) == 3
        np.testing.assert_allclose(session.run(w), [0.062, 0.124], atol=1e-5)


# fmt: off
NAMES = ("w", "w/Momentum", "grad_variable/w", "global_center_variable/w", "global_center_variable/w/Momentum",
         "global_step")
AGN = [dict(zip(NAMES, row, strict=True)) for row in (
    ([0.8, 1.6], [2.0, 4.0], [2.0, 4.0], [1.0, 2.0], [0.0, 0.0], 0),
    ([0.82, 1.64], [3.4, 6.8], [0.0, 0.0], [0.82, 1.64], [1.8, 3.6], 1),
    ([0.35, 0.7], [4.7, 9.4], [1.64, 3.28], [0.82, 1.64], [1.8, 3.6], 1),
    ([0.541, 1.082], [4.93, 9.86], [0.0, 0.0], [0.541, 1.082], [2.79, 5.58], 2),
    ([-0.0109, -0.0218], [5.519, 11.038], [1.082, 2.164], [0.541, 1.082], [2.79, 5.58], 2),
)]
# fmt: on
