"""tf.contrib.opt against what TensorFlow 1.15.5 answered, and SciPy's optimizers against known minima."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.contrib import observed

PROGRAMS = observed.programs("opt")


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    problems = observed.differences(tf, "opt", PROGRAMS[name])
    if problems:
        pytest.fail("\n".join([name, *problems]), pytrace=False)


@pytest.mark.parametrize("resource", [False, True])
def test_scipy_finds_a_minimum_and_assigns_it(resource):
    point = tf.get_variable("point", initializer=[7.0, -2.0], use_resource=resource)
    offset = tf.get_variable("offset", initializer=np.float32(4.0), use_resource=resource)
    target = tf.placeholder(tf.float32, [2])
    loss = tf.reduce_sum(tf.square(point - target)) + tf.square(offset - 1.0)
    seen, steps = [], []
    optimizer = tf.contrib.opt.ScipyOptimizerInterface(loss, options={"maxiter": 50})
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        optimizer.minimize(
            session, {target: [1.0, 2.0]}, fetches=[loss], loss_callback=seen.append, step_callback=steps.append
        )
        np.testing.assert_allclose(session.run(point), [1.0, 2.0], atol=1e-4)
        np.testing.assert_allclose(session.run(offset), 1.0, atol=1e-4)
    assert seen[0] > 40.0 > 1e-6 > seen[-1]
    assert steps


def test_scipy_respects_constraints_and_bounds():
    vector = tf.Variable([7.0, 7.0], dtype=tf.float64)
    loss = tf.reduce_sum(tf.square(vector))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.contrib.opt.ScipyOptimizerInterface(
            loss, equalities=[vector[1] - 2.0], inequalities=[vector[0] - 1.0], method="SLSQP"
        ).minimize(session)
        np.testing.assert_allclose(session.run(vector), [1.0, 2.0], atol=1e-6)
        session.run(tf.global_variables_initializer())
        bounds = {vector: ([1.5, -np.inf], np.inf)}
        with session.as_default():
            tf.contrib.opt.ScipyOptimizerInterface(loss, var_to_bounds=bounds).minimize()
        np.testing.assert_allclose(session.run(vector), [1.5, 0.0], atol=1e-6)


@pytest.mark.filterwarnings("ignore")  # gradients that a method does not use
@pytest.mark.parametrize(
    ("method", "accuracy"),
    [("CG", 1e-4), ("BFGS", 1e-4), ("Newton-CG", 1e-3), ("TNC", 1e-2), ("SLSQP", 1e-2), ("Nelder-Mead", 1e-3),
     ("Powell", 1e-3), ("COBYLA", 1e-2)],
)  # fmt: skip
def test_scipy_by_other_methods(method, accuracy):
    a, b = tf.Variable(np.array([-1.2, 1.0])), tf.Variable(np.float64(0.5))
    loss = tf.square(1 - a[0]) + 5 * tf.square(a[1] - a[0] ** 2) + tf.square(b - a[0] - 0.3)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.contrib.opt.ScipyOptimizerInterface(loss, method=method).minimize(session)
        np.testing.assert_allclose(np.append(*session.run([a, b])), [1.0, 1.0, 1.3], atol=accuracy)


def test_scipy_refuses_what_is_set_for_it():
    v = tf.Variable([1.0])
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(ValueError, match="'jac' is set automatically"):
            tf.contrib.opt.ScipyOptimizerInterface(tf.reduce_sum(v * v), jac=False).minimize(session)
    with tf.Graph().as_default(), pytest.raises(ValueError, match="No variables to optimize"):
        tf.contrib.opt.ScipyOptimizerInterface(tf.constant(1.0))


def test_only_listed_variables_decay():
    a, b = tf.Variable(2.0), tf.Variable(3.0)
    optimizer = tf.contrib.opt.MomentumWOptimizer(0.5, 1.0, 0.0)
    train = optimizer.apply_gradients(optimizer.compute_gradients(0.0 * (a + b)), decay_var_list=[a])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert session.run([a, b]) == [1.0, 3.0]


def test_averages_are_saved_under_the_names_of_variables(tmp_path):
    w = tf.Variable(1.0, name="w")
    optimizer = tf.contrib.opt.MovingAverageOptimizer(tf.train.GradientDescentOptimizer(1.0), average_decay=0.5)
    train = optimizer.minimize(3.0 * w)
    saver = optimizer.swapping_saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        path = saver.save(session, str(tmp_path / "model"))
    assert tf.train.load_variable(path, "w") == 1.0 * 0.5 + -2.0 * 0.5
    assert tf.train.load_variable(path, "w/ExponentialMovingAverage") == -2.0


def test_slots_stay_where_the_gradient_is_all_zero():
    w = tf.Variable(1.0)
    optimizer = tf.train.MomentumOptimizer(1.0, 0.5)
    tf.contrib.opt.MultitaskOptimizerWrapper(optimizer)
    scale = tf.placeholder(tf.float32, [])
    train = optimizer.apply_gradients([(scale * tf.ones_like(w), w)])
    slot = optimizer.get_slot(w, "momentum")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for s in (1.0, 0.0):
            session.run(train, {scale: s})
        assert session.run([w, slot]) == [0.0, 1.0]


def test_gradients_are_clipped_together():
    pairs = [(tf.constant([3.0, 4.0]), "a"), (tf.constant([[12.0]]), "b")]
    clipped = tf.contrib.opt.clip_gradients_by_global_norm(pairs, 6.5)
    assert [name for _, name in clipped] == ["a", "b"]
    with tf.Session() as session:
        first, second = session.run([g for g, _ in clipped])
    np.testing.assert_allclose(first, [1.5, 2.0], rtol=1e-6)
    np.testing.assert_allclose(second, [[6.0]], rtol=1e-6)


@pytest.mark.parametrize("make", [tf.contrib.opt.AddSignOptimizer, tf.contrib.opt.PowerSignOptimizer])
def test_signs_of_sparse_gradients_count_for_both_kinds_of_variables(make):
    seen = []
    for resource in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            table = tf.get_variable("t", initializer=np.ones((4, 2), np.float32), use_resource=resource)
            step = make(0.1).minimize(tf.reduce_sum(tf.square(tf.gather(table, [1, 3, 1]))))
            session.run(tf.global_variables_initializer())
            for _ in range(3):
                session.run(step)
            seen.append(session.run(table))
    assert np.array_equal(*seen)
    assert seen[0][0].tolist() == [1.0, 1.0]
    assert (seen[0][1] < 1.0).all()
