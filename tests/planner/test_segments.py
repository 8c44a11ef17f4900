"""Segments: what models compute for later waits for the host, so that there are fewer models."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.runtime.compiler import ModelStep


def kinds(sess):
    (run,) = sess._calls._prepared.values()
    (program,) = run._programs.values()
    return ["model" if isinstance(step, ModelStep) else "host" for step in program._recipe.steps]


def test_a_step_with_dropout_is_a_host_call_and_a_model():
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(1)
        x = tf.placeholder(tf.float32, [4, 8])
        hidden = tf.nn.dropout(tf.matmul(x, tf.ones([8, 8])), rate=0.5)
        loss = tf.reduce_sum(tf.nn.dropout(hidden * 2.0, rate=0.5))
        assert np.isfinite(sess.run(loss, {x: np.ones((4, 8))}))
        assert kinds(sess) == ["host", "model"]


def test_what_the_host_takes_comes_before_it():
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [4])
        early, late = x * 2.0, x + 1.0
        text = tf.as_string(early)
        y = late * tf.string_to_number(text)
        assert sess.run(y, {x: [1, 2, 3, 4]}).tolist() == [4, 12, 24, 40]
        assert kinds(sess) == ["model", "host", "model"]


def test_control_edges_hold():
    seen = []
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [])
        checked = tf.debugging.assert_positive(x)
        with tf.control_dependencies([tf.group(checked)]):
            note = tf.py_func(lambda v: seen.append(v) or np.float32(3), [tf.constant(1.0)], tf.float32)
        y = note + tf.sqrt(x)
        assert sess.run(y, {x: 4.0}) == 5
        with pytest.raises(tf.errors.InvalidArgumentError):
            sess.run(y, {x: -1.0})
        assert len(seen) == 1
