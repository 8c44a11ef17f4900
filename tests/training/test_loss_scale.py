"""Losses scaled for float16: factors that stay, grow and shrink, and steps that are left out."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


def trained(optimizer, feeds):
    """The variable, the scale and the number of good steps after each feed, for loss = sum(v * x)."""
    x = tf.placeholder(tf.float32, [2])
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    step = optimizer.minimize(tf.reduce_sum(v * x), tf.train.get_or_create_global_step())
    watched = [v, *list(optimizer._loss_scale._weights.values()), tf.train.get_global_step()]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        seen = []
        for feed in feeds:
            session.run(step, {x: feed})
            seen.append([np.asarray(a).tolist() for a in session.run(watched)])
    return seen


@pytest.mark.parametrize("make", [tf.train.GradientDescentOptimizer, tf.train.AdamOptimizer])
def test_steps_without_finite_gradients_are_left_out_and_shrink_the_scale(make):
    with tf.Graph().as_default():
        scale = tf.train.experimental.DynamicLossScale(16.0, 2, 4.0)
        optimizer = tf.train.experimental.enable_mixed_precision_graph_rewrite(make(0.5), scale)
        seen = trained(optimizer, [[1, 1], [1, 1], [np.inf, 1], [1, 1], [1, np.nan]])
    values, scales, good, steps = zip(*seen, strict=True)
    np.testing.assert_allclose(values, [[0.5, 1.5], [0.0, 1.0], [0.0, 1.0], [-0.5, 0.5], [-0.5, 0.5]], atol=1e-5)
    assert scales == (16, 64, 16, 16, 4)
    assert good == (1, 0, 0, 1, 0)
    assert steps == (1, 2, 2, 3, 3)


def test_a_fixed_scale_changes_nothing_but_the_way():
    with tf.Graph().as_default():
        optimizer = tf.mixed_precision.MixedPrecisionLossScaleOptimizer(tf.train.GradientDescentOptimizer(0.5), 8)
        seen = trained(optimizer, [[1, 2], [np.inf, 0]])
        assert [op.type for op in tf.get_default_graph().get_operations()].count("If") == 0
    assert seen == [[[0.5, 1.0], 1], [[-np.inf, 1.0], 2]]


def test_what_is_refused():
    with tf.Graph().as_default():
        wrapped = tf.train.experimental.enable_mixed_precision_graph_rewrite(tf.train.AdamOptimizer(), 2.0)
        for call, words in (
            (lambda: tf.train.experimental.FixedLossScale(0.5), "at least 1"),
            (lambda: tf.train.experimental.FixedLossScale("a"), "int or float"),
            (lambda: tf.train.experimental.enable_mixed_precision_graph_rewrite(wrapped), "must not already be"),
            (lambda: tf.train.experimental.enable_mixed_precision_graph_rewrite(3), "must be an instance"),
            (lambda: tf.train.experimental.MixedPrecisionLossScaleOptimizer(tf.train.AdamOptimizer(), None), "None"),
        ):
            with pytest.raises(ValueError, match=words):
                call()
    tf.train.experimental.disable_mixed_precision_graph_rewrite()
