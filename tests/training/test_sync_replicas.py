"""Accumulators of gradients, and steps made of the gradients of several workers."""

import threading
import time

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize(("reduction", "expected"), [("MEAN", [5.5, -1.0]), ("SUM", [11.0, -2.0])])
def test_dense_gradients_are_averaged_or_summed(reduction, expected):
    accumulator = tf.ConditionalAccumulator(tf.float64, shape=[2], reduction_type=reduction)
    give = [accumulator.apply_grad(g) for g in ([1.0, -4.0], [10.0, 2.0])]
    with tf.Session() as session:
        session.run(give)
        assert session.run(accumulator.num_accumulated()) == 2
        taken = session.run(accumulator.take_grad(2))
        assert session.run(accumulator.num_accumulated()) == 0
    assert taken.dtype == np.float64
    np.testing.assert_array_equal(taken, expected)


def test_the_mean_of_a_row_is_over_the_gradients_that_had_it():
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[None, 2])
    give = [
        accumulator.apply_grad([0, 2], np.array([[1, 2], [3, 4]], np.float32)),
        accumulator.apply_grad([2, 3], np.array([[10, 20], [30, 40]], np.float32)),
        accumulator.apply_grad([2], np.array([[100, 20]], np.float32), grad_shape=[5, 2]),
    ]
    with tf.Session() as session:
        for op in give:
            session.run(op)
        indices, values, shape = session.run(accumulator.take_grad(1))
    np.testing.assert_array_equal(indices, [0, 2, 3])
    np.testing.assert_allclose(values, [[1, 2], [113 / 3, 44 / 3], [30, 40]], rtol=1e-6)
    np.testing.assert_array_equal(shape, [-1, 2])


def test_gradients_of_earlier_steps_are_dropped():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[])
    count, take = accumulator.num_accumulated(), accumulator.take_grad(1)
    old, new = (accumulator.apply_grad(1.0, local_step=step) for step in (0, 1))
    with tf.Session() as session:
        session.run(old)
        session.run(take)
        session.run(old)
        assert session.run(count) == 0
        session.run(new)
        assert session.run(count) == 1
        session.run(accumulator.set_global_step(9))
        session.run(new)
        assert session.run(count) == 1


def test_taking_waits_for_enough_gradients():
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[])
    give, take = accumulator.apply_grad(3.0), accumulator.take_grad(2)
    taken = []
    with tf.Session() as session:
        session.run(give)
        waiting = threading.Thread(target=lambda: taken.append(session.run(take)))
        waiting.start()
        assert session.run(accumulator.num_accumulated()) == 1
        session.run(give)
        waiting.join(20)
    assert taken == [3.0]


@pytest.mark.parametrize(
    ("indices", "values", "text"),
    [
        ([[0]], [[1.0, 2.0]], "Input indices should be vector but received shape:"),
        ([0], 1.0, "Values cannot be 0-dimensional."),
        ([0, 1], [[1.0, 2.0]], " non-empty input values, got "),
        ([0], [[1.0, 2.0, 3.0]], "expected values dim 1 to be 2, got 3"),
        ([0], [1.0], "expected values rank at least 2, got 1"),
    ],
)
def test_sparse_gradients_that_do_not_fit(indices, values, text):
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[None, 2])
    op = accumulator.apply_grad(indices, np.array(values, np.float32))
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=text):
        session.run(op)


def test_wrong_arguments_of_accumulators():
    with pytest.raises(ValueError, match="reduction_type"):
        tf.ConditionalAccumulator(tf.float32, reduction_type="MAX")
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[1])
    with pytest.raises(ValueError, match="incompatible"):
        accumulator.apply_grad([1.0, 2.0])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="must be positive, but was 0"):
        session.run(accumulator.take_grad(0))


def wait_until(holds):
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _worker(target, number, workers):
    with tf.Graph().as_default():
        with tf.device("/job:ps/task:0"):
            step = tf.train.get_or_create_global_step()
            dense, table = tf.Variable(0.0, name="dense"), tf.Variable([[3.0], [4.0]], name="table")
        with tf.device(f"/job:worker/task:{number}"):
            size = 0.1 + number * 0.2
            rows = tf.IndexedSlices(tf.constant([[size]]), tf.constant([1]), tf.constant([2, 1]))
            optimizer = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(2.0), workers)
            train = optimizer.apply_gradients([(tf.constant(size), dense), (rows, table)], global_step=step)
            hook = optimizer.make_session_run_hook(number == 0, num_tokens=workers)
        session = tf.train.MonitoredTrainingSession(master=target, is_chief=number == 0, hooks=[hook])
    return session, train, (step, dense, table)


def test_two_workers_make_one_step():
    servers, _ = tf.test.create_local_cluster(num_workers=2, num_ps=1)
    workers = [_worker(server.target, i, 2) for i, server in enumerate(servers)]
    session, _, (step, dense, table) = workers[1]
    for session, train, _ in workers:
        session.run(train)
    wait_until(lambda: session.run(step) == 1)
    for session, train, _ in workers:  # these gradients are of the step before, and are dropped
        session.run(train)
    threads = [threading.Thread(target=session.run, args=(train,)) for session, train, _ in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    steps, dense, table = session.run([step, dense, table])
    assert steps == 2
    np.testing.assert_allclose(dense, -2 * 0.2 * 2.0, rtol=1e-6)
    np.testing.assert_allclose(table, [[3.0], [4.0 - 2 * 0.2 * 2.0]], rtol=1e-6)


def test_what_synchronous_steps_need():
    optimizer = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(1.0), 2)
    with pytest.raises(ValueError, match="apply_gradient should be called"):
        optimizer.make_session_run_hook(True).begin()
    with pytest.raises(ValueError, match="Should be called after apply_gradients"):
        optimizer.get_chief_queue_runner()
    with pytest.raises(ValueError, match="at least one variable"):
        optimizer.apply_gradients([])
    v = tf.Variable(1.0)
    with pytest.raises(ValueError, match="Global step is required"):
        optimizer.apply_gradients([(tf.constant(1.0), v)])
    optimizer.apply_gradients([(tf.constant(1.0), v)], tf.train.get_or_create_global_step())
    assert optimizer.get_init_tokens_op(0).name == "no_init_tokens"
    assert optimizer.get_init_tokens_op().type == "QueueEnqueueManyV2"
