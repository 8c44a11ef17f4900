"""Sparse updates of large variables: in place, all or nothing, and never visible in arrays handed out."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

ROWS, WIDTH = 5000, 64


@pytest.fixture
def table():
    with tf.Graph().as_default():
        values = np.arange(ROWS * WIDTH, dtype=np.float32).reshape(ROWS, WIDTH) % 97
        variable = tf.Variable(values)
        indices = tf.placeholder(tf.int32, [None])
        updates = tf.placeholder(tf.float32, [None, WIDTH])
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            yield sess, variable, indices, updates, values.copy()


@pytest.mark.parametrize(("function", "numpy_function"), [
    (tf.scatter_add, np.add.at),
    (tf.scatter_sub, np.subtract.at),
    (tf.scatter_update, lambda a, i, u: a.__setitem__(i, u)),
])  # fmt: skip
def test_rows_change_as_numpy_changes_them(table, function, numpy_function):
    sess, variable, indices, updates, expected = table
    op = function(variable, indices, updates).op
    rng = np.random.RandomState(0)
    for rows in ([3, 4999, 0], [7, 7, 8, 7], [], list(range(100))):
        fed = rng.rand(len(rows), WIDTH).astype(np.float32)
        if numpy_function not in (np.add.at, np.subtract.at):
            rows = list(dict.fromkeys(rows))
            fed = fed[: len(rows)]
        sess.run(op, {indices: rows, updates: fed})
        numpy_function(expected, np.array(rows, np.int64), fed)
        assert np.allclose(sess.run(variable), expected, rtol=1e-6)


def test_the_table_is_not_copied_and_not_a_model_output(table):
    sess, variable, indices, updates, _ = table
    op = tf.scatter_add(variable, indices, updates).op
    feed = {indices: [1], updates: np.ones((1, WIDTH), np.float32)}
    sess.run(op, feed)
    key = next(iter(sess.variables.snapshot()))
    buffer = sess.variables.get(key)
    sess.run(op, feed)
    assert sess.variables.get(key) is buffer


def test_handed_out_arrays_and_aliases_keep_their_values(table):
    sess, variable, indices, updates, expected = table
    other = tf.Variable(np.zeros((ROWS, WIDTH), np.float32))
    sess.run(other.initializer)
    op = tf.scatter_add(variable, indices, updates).op
    feed = {indices: [0], updates: np.ones((1, WIDTH), np.float32)}
    sess.run(op, feed)
    before = sess.run(variable)
    sess.run(tf.assign(other, variable))
    kept = before.copy()
    sess.run(op, feed)
    assert np.array_equal(before, kept)
    assert np.array_equal(sess.run(other), kept)
    assert np.allclose(sess.run(variable)[0], expected[0] + 2)


def test_an_index_outside_changes_no_variable(table):
    sess, variable, indices, updates, expected = table
    counter = tf.Variable(0)
    sess.run(counter.initializer)
    ops = [tf.scatter_add(variable, indices, updates).op, tf.assign_add(counter, 1).op]
    for bad in (ROWS, -1):
        with pytest.raises(tf.errors.InvalidArgumentError):
            sess.run(ops, {indices: [0, bad], updates: np.ones((2, WIDTH), np.float32)})
    assert sess.run(counter) == 0
    assert np.array_equal(sess.run(variable), expected)


def test_a_read_after_the_update_sees_it(table):
    sess, variable, indices, updates, expected = table
    new = tf.scatter_add(variable, indices, updates)
    first = new[0] * 1.0
    got = sess.run(first, {indices: [0], updates: np.ones((1, WIDTH), np.float32)})
    assert np.allclose(got, expected[0] + 1)
    assert np.allclose(sess.run(variable)[0], expected[0] + 1)


@pytest.mark.parametrize("count", [5, 4000])
def test_equal_indices_add_up_where_the_new_table_is_used_in_the_same_run(count):
    with tf.Graph().as_default(), tf.Session() as sess:
        variable = tf.Variable(np.zeros((ROWS, WIDTH), np.float32))
        indices = tf.placeholder(tf.int32, [None])
        updates = tf.placeholder(tf.float32, [None, WIDTH])
        total = tf.reduce_sum(tf.scatter_add(variable, indices, updates), axis=1)
        sess.run(variable.initializer)
        fed = {indices: np.arange(count) % 3, updates: np.ones((count, WIDTH), np.float32)}
        for step in range(1, 4):
            found = sess.run(total, fed)
            expected = np.bincount(np.arange(count) % 3, minlength=ROWS) * WIDTH * step
            assert np.array_equal(found, expected)


def test_a_table_that_a_model_made_is_copied_before_its_rows_change():
    with tf.Graph().as_default(), tf.Session() as sess:
        variable = tf.Variable(tf.fill([ROWS, WIDTH], 1.0) + 1.0)
        op = tf.scatter_add(variable, [1], tf.ones([1, WIDTH])).op
        sess.run(variable.initializer)
        for _ in range(3):
            sess.run(op)
        expected = np.full((ROWS, WIDTH), 2, np.float32)
        expected[1] = 5
        assert np.array_equal(sess.run(variable), expected)
