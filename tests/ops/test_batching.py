"""Computations on the inputs of several runs at once."""

import threading

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

OPTIONS = {"num_batch_threads": 1, "batch_timeout_micros": 300_000, "grad_timeout_micros": 5_000_000}


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def at_once(session, fetches, feeds):
    """The results of runs in threads of their own, one for each feed."""
    results = [None] * len(feeds)

    def run(i):
        results[i] = session.run(fetches, feeds[i])

    threads = [threading.Thread(target=run, args=[i]) for i in range(len(feeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_run_gets_the_rows_of_all():
    x, y = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None, 2])
    (rows, pairs), index, number = tf.raw_ops.Batch(in_tensors=[x, y], max_batch_size=3, **OPTIONS)
    assert rows.shape.as_list() == [None]
    assert pairs.shape.as_list() == [None, 2]
    assert index.shape.as_list() == [None, 3]
    with tf.Session() as session:
        feeds = [{x: [1], y: [[1, 2]]}, {x: [2, 3], y: [[3, 4], [5, 6]]}]
        results = sorted(at_once(session, [rows, pairs, index, number], feeds), key=lambda r: len(r[0]))
    nothing, everything = results
    assert [part.shape for part in nothing[:3]] == [(0,), (0, 2), (0, 3)]
    assert sorted(everything[0]) == [1, 2, 3]
    assert (everything[1][:, 0] == 2 * everything[0] - 1).all()
    assert {(end - start) for _, start, end in everything[2]} == {1, 2}
    assert {nothing[3], everything[3]} == set(everything[2][:, 0])


def test_batches_are_padded_to_the_sizes_that_are_allowed():
    x = tf.placeholder(tf.int32, [2])
    [rows], index, _ = tf.raw_ops.Batch(in_tensors=[x], max_batch_size=10, allowed_batch_sizes=[5, 10], **OPTIONS)
    with tf.Session() as session:
        padded, parts = session.run([rows, index], {x: [7, 8]})
    assert padded.tolist() == [7, 8, 7, 7, 7]
    assert parts[:, 1:].tolist() == [[0, 2]]


def test_every_run_takes_its_part_of_the_results_and_of_the_gradients():
    x = tf.placeholder(tf.float32, [None])
    w = tf.constant(3.0)
    [rows], index, number = tf.raw_ops.Batch(in_tensors=[x], max_batch_size=3, **OPTIONS)
    computed = rows * rows * w
    own = tf.raw_ops.Unbatch(batched_tensor=computed, batch_index=index, id=number, timeout_micros=5_000_000)
    [grad] = tf.gradients(own, x)
    with tf.Session() as session:
        first, second = at_once(session, [own, grad], [{x: [1.0]}, {x: [2.0, 4.0]}])
    assert [v.tolist() for v in first] == [[3.0], [6.0]]
    assert [v.tolist() for v in second] == [[12.0, 48.0], [12.0, 24.0]]


def test_a_function_of_the_rows_of_all_runs():
    seen, bias = [], tf.placeholder_with_default(1.0, [])

    def note(rows):
        seen.append(len(rows))
        return rows

    @tf.nondifferentiable_batch_function(1, 4, 300_000)
    def computed(rows, more):
        rows = tf.py_func(note, [rows], tf.float32)
        rows.set_shape([None])
        return {"sum": rows + more + bias, "twice": tf.reshape(rows * 2.0, [-1, 1])}

    x = tf.placeholder(tf.float32, [None])
    made = computed(x, x * 10.0)
    with tf.Session() as session:
        results = at_once(session, made, [{x: [1.0]}, {x: [2.0, 3.0]}, {x: [4.0]}])
    assert [r["sum"].tolist() for r in results] == [[12.0], [23.0, 34.0], [45.0]]
    assert [r["twice"].tolist() for r in results] == [[[2.0]], [[4.0], [6.0]], [[8.0]]]
    assert sorted(seen) == [0, 0, 4]
    with pytest.raises(LookupError, match="no gradient"):
        tf.gradients(made["sum"], x)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([[1], [1, 2]], {}, "must have equal 0th-dimension size"),
        ([1, [1]], {}, "at least one dimension"),
        ([[1, 2, 3], [1, 2, 3]], {}, "Task size 3 is larger than maximum batch size 2"),
        ([[1], [2]], {"allowed_batch_sizes": [1]}, "end in max_batch_size"),
    ],
)
def test_inputs_that_make_no_batch(values, options, message):
    inputs = [tf.placeholder_with_default(np.int32(v), None) for v in values]
    batch = tf.raw_ops.Batch(in_tensors=inputs, max_batch_size=2, **OPTIONS, **options)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(batch)


def test_results_that_do_not_come_in_time():
    own = tf.raw_ops.Unbatch(
        batched_tensor=tf.zeros([0]), batch_index=np.zeros([0, 3], np.int64), id=np.int64(5), timeout_micros=20_000
    )
    with tf.Session() as session, pytest.raises(tf.errors.DeadlineExceededError, match="did not arrive"):
        session.run(own)
