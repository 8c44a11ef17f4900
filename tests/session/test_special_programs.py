"""Programs made for exact shapes once those have come often: the same results, for any shapes, in any order."""

import numpy as np

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
