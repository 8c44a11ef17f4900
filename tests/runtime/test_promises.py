"""The promises about runs: results never change, failed runs change nothing, threads see consistent state."""

import threading

import numpy as np
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
import tfcompat.onnx


@pytest.fixture
def graph():
    with tf.Graph().as_default() as g:
        yield g


def test_fetched_arrays_do_not_change_when_the_variable_does(graph):
    v = tf.Variable(np.zeros((3, 3), np.float32))
    add = tf.assign_add(v, tf.ones((3, 3)))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        before, first = sess.run(v), sess.run(add)
        kept = before.copy(), first.copy()
        for _ in range(5):
            sess.run(add)
        assert np.array_equal(before, kept[0])
        assert np.array_equal(first, kept[1])
        assert np.array_equal(sess.run(v), np.full((3, 3), 6, np.float32))


def test_changing_a_fetched_array_does_not_change_the_variable_or_a_constant(graph):
    v = tf.Variable(np.arange(4, dtype=np.float32))
    c = tf.constant(np.arange(4, dtype=np.float32))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for tensor in (v, c):
            sess.run(tensor)[:] = 99
            assert sess.run(tensor).tolist() == [0, 1, 2, 3]


def test_changing_a_fed_array_afterwards_changes_nothing(graph):
    x = tf.placeholder(tf.float32, [3])
    v = tf.Variable(np.zeros(3, np.float32))
    assign = tf.assign(v, x)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        fed = np.ones(3, np.float32)
        echoed = sess.run([assign, x], {x: fed})[1]
        fed[:] = 7
        assert sess.run(v).tolist() == [1, 1, 1]
        assert echoed.tolist() == [1, 1, 1]


def test_a_failed_run_leaves_every_variable_as_it_was(graph):
    v = tf.Variable(np.ones(3, np.float32))
    w = tf.Variable(5)
    index = tf.placeholder(tf.int32, [])
    with tf.control_dependencies([tf.assign_add(v, tf.ones(3)), tf.assign_add(w, 1)]):
        fails = tf.gather(tf.constant([1.0, 2.0]), index)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for bad in (2, -1):
            with pytest.raises(tf.errors.InvalidArgumentError):
                sess.run(fails, {index: bad})
            assert sess.run(v).tolist() == [1, 1, 1]
            assert sess.run(w) == 5
        assert sess.run(fails, {index: 1}) == 2
        assert sess.run(w) == 6


def test_reads_that_are_not_ordered_after_a_write_come_before_it(graph):
    v = tf.Variable(1.0)
    read = v * 10
    write = tf.assign(v, 5.0)
    with tf.control_dependencies([write]):
        later = tf.identity(v) * 10
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run([read, write, later]) == [10.0, 5.0, 50.0]


def test_unordered_writes_go_in_creation_order(graph):
    v = tf.Variable(0.0)
    first, second = tf.assign(v, 3.0), tf.assign_add(v, 4.0)
    with tf.Session() as sess:
        sess.run(v.initializer)
        sess.run([second, first])
        assert sess.run(v) == 7.0


def test_a_hundred_threads_lose_no_update(graph):
    v = tf.Variable(0)
    add = tf.assign_add(v, 1)
    with tf.Session() as sess:
        sess.run(v.initializer)

        def work():
            for _ in range(10):
                sess.run(add)

        threads = [threading.Thread(target=work) for _ in range(100)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sess.run(v) == 1000


def test_uninitialised_variables_are_named(graph):
    v = tf.Variable(1.0, name="lonely")
    r = tf.get_variable("resource", initializer=2.0, use_resource=True)
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="lonely") as info:
            sess.run(v * 2)
        assert info.value.op is not None
        with pytest.raises(tf.errors.FailedPreconditionError, match="resource"):
            sess.run(r * 2)


def test_ten_thousand_chained_operations(graph):
    x = tf.placeholder(tf.float32, [2])
    y = x
    for _ in range(10_000):
        y = y + 1.0
    with tf.Session() as sess:
        assert sess.run(y, {x: [0, 1]}).tolist() == [10_000, 10_001]


def test_inference_after_baking_follows_new_values(graph):
    x = tf.placeholder(tf.float32, [None, 2])
    v = tf.Variable(np.eye(2, dtype=np.float32))
    y = tf.matmul(x, v)
    double = tf.assign(v, v * 2)
    with tf.Session() as sess:
        sess.run(v.initializer)
        for expected in (1, 2, 4):
            for _ in range(8):
                assert sess.run(y, {x: [[1, 1]]}).tolist() == [[expected, expected]]
            sess.run(double)


def test_a_training_step_exports_as_a_stateful_model(graph, tmp_path):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    v = tf.get_variable("v", initializer=np.array([[1.0], [2.0]], np.float32))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, v) - 1.0), name="loss")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    path = tmp_path / "step.onnx"
    data = np.array([[1, 2], [3, 4]], np.float32)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        tfcompat.onnx.export([loss, train], [x], sess, path)
        model = onnxruntime.InferenceSession(str(path))
        state = sess.run(v)
        for _ in range(3):
            expected, _ = sess.run([loss, train], {x: data})
            got = dict(
                zip((o.name for o in model.get_outputs()), model.run(None, {"x:0": data, "v:0": state}), strict=True)
            )
            state = got["v:0/next"]
            assert np.allclose(got["loss:0"], expected, rtol=1e-6)
        assert np.allclose(state, sess.run(v), rtol=1e-6)
