"""Conditional accumulators and critical sections."""

import threading

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as opened:
        yield opened


@pytest.mark.parametrize(("reduction", "expected"), [("MEAN", [2.0, -1.0]), ("SUM", [6.0, -3.0])])
def test_dense_gradients(session, reduction, expected):
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[2], reduction_type=reduction)
    gradient = tf.placeholder(tf.float32, [2])
    apply, take, count = accumulator.apply_grad(gradient), accumulator.take_grad(3), accumulator.num_accumulated()
    for value in ([1, 0], [2, -5], [3, 2]):
        session.run(apply, {gradient: value})
    assert session.run(count) == 3
    np.testing.assert_allclose(session.run(take), expected)
    assert session.run(count) == 0


def test_gradients_of_earlier_steps_are_dropped(session):
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[])
    step = tf.placeholder(tf.int64, [])
    apply = accumulator.apply_grad(2.0, local_step=step)
    session.run(accumulator.set_global_step(3))
    for value in (2, 3, 7):
        session.run(apply, {step: value})
    assert session.run(accumulator.num_accumulated()) == 2
    session.run(accumulator.take_grad(1))
    session.run(apply, {step: 3})  # taking moved on to step 4
    assert session.run(accumulator.num_accumulated()) == 0


def test_taking_waits_for_enough_gradients(session):
    accumulator = tf.ConditionalAccumulator(tf.float64, shape=[])
    apply, take = accumulator.apply_grad(5.0), accumulator.take_grad(2)
    results = []
    thread = threading.Thread(target=lambda: results.append(session.run(take)))
    thread.start()
    session.run(apply)
    session.run(apply)
    thread.join(10)
    assert results == [5.0]


def test_bad_arguments(session):
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[2])
    with pytest.raises(ValueError, match="incompatible"):
        accumulator.apply_grad([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="reduction_type"):
        tf.ConditionalAccumulator(tf.float32, reduction_type="MAX")
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be positive"):
        session.run(accumulator.take_grad(0))


def test_slices_are_averaged_by_index(session):
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[None, 2])
    for indices, values in (([0, 2], [[1, 1], [4, 4]]), ([2], [[8, 0]])):
        slices = tf.IndexedSlices(tf.constant(values, tf.float32), tf.constant(indices, tf.int64))
        session.run(accumulator.apply_indexed_slices_grad(slices))
    taken = session.run(accumulator.take_indexed_slices_grad(2))
    assert taken.indices.tolist() == [0, 2]
    assert taken.values.tolist() == [[1, 1], [6, 2]]
    assert taken.dense_shape.tolist() == [-1, 2]


def test_slices_that_do_not_fit(session):
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[2, 2])
    for arguments, message in (
        (([[0]], [[1.0, 1.0]]), "Input indices should be vector"),
        (([0], 1.0), "Values cannot be 0-dimensional"),
        (([0, 1], [[1.0, 1.0]]), "non-empty input values"),
        (([3], [[1.0, 1.0]]), "index of slice 0 exceeded limits of shape; index is 3 exceeded 2"),
        (([0], [[1.0, 1.0, 1.0]]), "expected values dim 1 to be 2, got 3"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(accumulator.apply_grad(*arguments))


def test_critical_sections_keep_updates_apart(session):
    section = tf.CriticalSection(name="section")
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)

    def add():
        value = variable.read_value()
        with tf.control_dependencies([value]):
            return variable.assign_add(1.0, read_value=True)

    updated = section.execute(add)
    session.run(variable.initializer)
    threads = [threading.Thread(target=session.run, args=(updated,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.run(variable) == 8.0


def test_critical_sections_refuse_what_would_lock_itself(session):
    section, other = tf.CriticalSection(name="a"), tf.CriticalSection(name="b")
    with pytest.raises(ValueError, match="directly access the CriticalSection"):
        section.execute(lambda: section.execute(lambda: tf.constant(1.0)))
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    section.execute(lambda: variable + 1.0)
    with pytest.raises(ValueError, match="requested exclusive resource access"):
        other.execute(lambda: variable + 1.0)


def test_fingerprint_of_rows(session):
    value = session.run(tf.fingerprint(tf.constant([[1, 2], [3, 4], [1, 2]])))
    assert value.shape == (3, 8)
    assert (value[0] == value[2]).all()
    assert (value[0] != value[1]).any()
