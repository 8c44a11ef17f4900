"""Programs made for exact shapes once those have come often: the same results, for any shapes, in any order."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.session import prepared


def test_shapes_may_change_at_any_time():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, None])
        w = tf.Variable(tf.ones([3, 1]))
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            weights = np.ones((3, 1))
            rng = np.random.RandomState(0)
            sizes = [4] * 12 + [2] + [4] * 3 + [7, 5] * 3 + [5] * 9 + [1, 4, 5, 3]
            for size in sizes:
                fed = rng.rand(size, 3)
                found, _ = sess.run([loss, train], {x: fed})
                error = fed @ weights - 1
                assert np.allclose(found, np.mean(error**2), rtol=1e-4)
                weights -= 0.1 * 2 / size * fed.T @ error
            assert np.allclose(sess.run(w), weights, rtol=1e-4)


def test_streams_and_steps_go_on():
    def values(after):
        prepared._SPECIALIZE_AFTER, kept = after, prepared._SPECIALIZE_AFTER
        try:
            with tf.Graph().as_default():
                tf.set_random_seed(3)
                x = tf.placeholder(tf.float32, [None])
                y = tf.nn.dropout(x, rate=0.5) + tf.random.uniform(tf.shape(x))
                with tf.Session() as sess:
                    return [sess.run(y, {x: np.ones(20)}) for _ in range(9)]
        finally:
            prepared._SPECIALIZE_AFTER = kept

    assert np.array_equal(values(1000), values(3))


def test_there_are_few_programs():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        y = tf.reduce_mean(x) + tf.cast(tf.size(x), tf.float32)
        with tf.Session() as sess:
            for size in range(1, 9):
                for _ in range(9):
                    assert sess.run(y, {x: np.ones(size)}) == size + 1
            (run,) = sess._calls._prepared.values()
            assert len(run._special.programs) == prepared._MOST_SPECIAL


def special_programs(session):
    """The programs for exact shapes and truths of the session's calls, by these."""
    return {
        key: program
        for run in session._calls._prepared.values()
        if run._special is not None
        for key, program in run._special.programs.items()
    }


def training_or_not(training):
    tf.set_random_seed(3)
    x = tf.placeholder(tf.float32, [4, 6])
    hidden = tf.layers.dense(x, 5, kernel_initializer=tf.ones_initializer())
    hidden = tf.layers.dropout(hidden, 0.5, training=training, seed=2)
    hidden = tf.layers.batch_normalization(hidden, training=training)
    loss = tf.reduce_mean(tf.square(hidden - 1.0))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        return x, loss, tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)


def test_choices_by_what_is_fed_are_decided():
    order = [True] * 12 + [False] * 9 + [True, False] * 3 + [True] * 2

    def losses(after):
        prepared._SPECIALIZE_AFTER, kept = after, prepared._SPECIALIZE_AFTER
        try:
            with tf.Graph().as_default(), tf.Session() as sess:
                training = tf.placeholder(tf.bool, [])
                x, loss, train = training_or_not(training)
                sess.run(tf.global_variables_initializer())
                fed = np.random.RandomState(0).rand(4, 6)
                found = [sess.run([loss, train], {x: fed, training: t})[0] for t in order]
                found += [np.abs(value).sum() for value in sess.run(tf.global_variables())]
                return found, special_programs(sess)
        finally:
            prepared._SPECIALIZE_AFTER = kept

    expected, none = losses(1000)
    found, programs = losses(3)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert not none
    by_truth = {key[-1]: program for key, program in programs.items()}
    assert set(by_truth) == {True, False}
    assert not by_truth[False].has_host_calls
    assert len(by_truth[True].models) == 1


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_choice_that_is_decided_reads_and_writes_variables(use_resource):
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.get_variable("v", initializer=1.0, use_resource=use_resource)
        up, twice = (tf.placeholder(tf.bool, []) for _ in range(2))
        both = tf.logical_and(up, tf.logical_not(twice))
        changed = tf.cond(both, lambda: tf.assign_add(v, 1.0), lambda: tf.assign(v, v * 2.0))
        with tf.control_dependencies([changed]):
            after = v.read_value() if use_resource else tf.identity(v)
        fetches = [tf.identity(changed), after, up]
        sess.run(v.initializer)
        expected = 1.0
        for pair in [(True, False)] * 10 + [(True, True)] * 9 + [(False, False), (True, False)] * 2:
            expected = expected + 1 if pair == (True, False) else expected * 2
            found = sess.run(fetches, dict(zip((up, twice), pair, strict=True)))
            assert found == [expected, expected, pair[0]]
            assert sess.run(v) == expected
        assert set(special_programs(sess)) == {((), (), True, False), ((), (), True, True)}
