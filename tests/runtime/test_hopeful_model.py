"""Models without their rare branches: what they compute, and that a run that needs one is right as well."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from converters.branches import RareBranch, hopeful, if_else
from converters.builder import Builder, Value
from tfcompat.graph import dtypes

NAN = float("nan")


@pytest.fixture
def sess():
    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        yield session


def choice(builder, flag, x, rare):
    return if_else(builder, flag, lambda i: i.Neg(x), lambda i: i.Abs(x), x.dtype, (2,), rare=rare)


def test_rare_branches_are_left_out():
    builder = Builder("b")
    flags = [Value(f"flag{i}", dtypes.bool, ()) for i in range(3)]
    x = Value("x", dtypes.float32, (2,))
    results = [choice(builder, flag, x, rare) for flag, rare in zip(flags, (True, False, True), strict=True)]
    nodes, doubt = hopeful(builder.nodes)
    assert [n.op_type for n in nodes if n.op_type in ("If", "Abs", "Or", "Neg")] == ["Abs", "If", "Abs", "Or"]
    assert not any(isinstance(n, RareBranch) for n in nodes)
    assert {r.name for r in results} <= {v.name for n in nodes for v in n.outputs}
    assert doubt is nodes[-1].outputs[0]
    assert doubt.dtype is dtypes.bool


def test_other_nodes_stay_as_they_are():
    builder = Builder("b")
    x = Value("x", dtypes.float32, (2,))
    choice(builder, Value("flag", dtypes.bool, ()), x, False)
    nodes, doubt = hopeful(builder.nodes)
    assert doubt is None
    assert nodes == builder.nodes


@pytest.mark.parametrize("constant", [False, True])
def test_a_run_that_needs_the_rare_branch_is_right(sess, constant):
    rows = np.array([[1.0, 3.0], [2.0, -5.0]], np.float32)
    x = tf.placeholder(tf.float32, [None, 2])
    scale = tf.Variable(2.0, trainable=False)
    largest = tf.reduce_max(x * scale if constant else x * 2.0, axis=1)
    place = tf.argmax(x, axis=1)
    sess.run(tf.global_variables_initializer())
    for values in (rows, rows, rows, rows, rows, rows, rows * [[1, NAN], [1, 1]], rows):
        values = values.astype(np.float32)
        got, where = sess.run([largest, place], {x: values})
        np.testing.assert_array_equal(got, values.max(1) * 2)
        np.testing.assert_array_equal(where, [0 if np.isnan(values).any() else 1, 0])


def test_variables_change_once(sess):
    x = tf.placeholder(tf.float32, [2])
    total = tf.Variable(0.0)
    add = total.assign_add(tf.reduce_max(tf.where(tf.is_nan(x), tf.ones_like(x), x)))
    step = tf.Variable(0)
    with tf.control_dependencies([tf.reduce_max(x)]):
        count = step.assign_add(1)
    sess.run(tf.global_variables_initializer())
    for index, value in enumerate([1.0, NAN, 2.0]):
        sess.run([add, count, tf.reduce_max(x)], {x: [0.0, value]})
        assert sess.run(step) == index + 1
    assert sess.run(total) == 4.0


def test_batch_normalization_forgets_a_batch_of_nan(sess):
    x = tf.placeholder(tf.float32, [None, 2, 2, 3])
    y, mean, variance = tf.nn.fused_batch_norm(x, tf.ones([3]), tf.zeros([3]))
    images = np.random.RandomState(0).randn(4, 2, 2, 3).astype(np.float32)
    for factor in (1.0, NAN, 1.0, 2.0):
        values = images * np.float32(factor)
        normal, center, spread = sess.run([y, mean, variance], {x: values})
        np.testing.assert_allclose(center, values.mean((0, 1, 2)), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(spread, values.var((0, 1, 2)) * 16 / 15, rtol=1e-5)
        expected = (values - values.mean((0, 1, 2))) / np.sqrt(values.var((0, 1, 2)) + 1e-3)
        np.testing.assert_allclose(normal, expected, rtol=1e-4, atol=1e-5)
