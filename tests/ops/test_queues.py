"""Queues: order, batches, closing, waiting."""

import threading

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as found:
        yield found


def test_elements_come_out_in_order_one_by_one_and_in_batches(session):
    queue = tf.FIFOQueue(10, [tf.int32, tf.float32], shapes=[[], [2]], name="q")
    session.run(queue.enqueue_many(([1, 2, 3], [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])))
    assert session.run(queue.size()) == 3
    first = session.run(queue.dequeue())
    assert first[0] == 1
    assert first[1].tolist() == [1.0, 1.0]
    numbers, rows = session.run(queue.dequeue_many(2))
    assert numbers.tolist() == [2, 3]
    assert rows.tolist() == [[2.0, 2.0], [3.0, 3.0]]


def test_a_closed_queue_gives_what_it_has_and_then_ends(session):
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]], name="q")
    enqueue = queue.enqueue_many([[1, 2]])
    session.run(enqueue)
    session.run(queue.close())
    assert session.run(queue.is_closed())
    with pytest.raises(tf.errors.OutOfRangeError, match=r"insufficient elements \(requested 5, current size 2\)"):
        session.run(queue.dequeue_many(5))
    assert session.run(queue.dequeue_up_to(5)).tolist() == [1, 2]
    with pytest.raises(tf.errors.OutOfRangeError, match="current size 0"):
        session.run(queue.dequeue())
    with pytest.raises(tf.errors.CancelledError, match="is closed"):
        session.run(enqueue)


def test_a_dequeue_waits_for_an_enqueue_of_another_thread(session):
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    taken, enqueue = queue.dequeue(), queue.enqueue(7)
    found = []
    thread = threading.Thread(target=lambda: found.append(session.run(taken)))
    thread.start()
    session.run(enqueue)
    thread.join(10)
    assert found == [7]


def test_closing_with_cancellation_ends_an_enqueue_that_waits(session):
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    enqueue, close = queue.enqueue(7), queue.close(cancel_pending_enqueues=True)
    session.run(enqueue)
    failures = []

    def wait():
        try:
            session.run(enqueue)
        except tf.errors.CancelledError as error:
            failures.append(error.message)

    thread = threading.Thread(target=wait)
    thread.start()
    session.run(close)
    thread.join(10)
    assert len(failures) == 1


def test_random_order_is_that_of_the_reference(session):
    tf.set_random_seed(5)
    queue = tf.RandomShuffleQueue(100, 0, tf.int32, shapes=[[]], seed=7)
    session.run(queue.enqueue_many([list(range(20))]))
    recorded = [10, 9, 1, 3, 7, 6, 2, 13, 19, 15, 16, 14, 11, 12, 4, 0, 5, 18, 8, 17]
    assert session.run(queue.dequeue_many(20)).tolist() == recorded


def test_priorities_decide_the_order_and_unequal_elements_are_padded(session):
    priorities = tf.PriorityQueue(10, tf.string, shapes=[[]])
    session.run(priorities.enqueue_many(([3, 1, 2], ["c", "a", "b"])))
    assert session.run(priorities.dequeue_many(3))[1].tolist() == [b"a", b"b", b"c"]
    padded = tf.PaddingFIFOQueue(10, [tf.int32, tf.string], shapes=[[None], []])
    for element in (([1, 2, 3], "a"), ([1], "b")):
        session.run(padded.enqueue(element))
    rows, texts = session.run(padded.dequeue_many(2))
    assert rows.tolist() == [[1, 2, 3], [1, 0, 0]]
    assert [type(text) for text in texts] == [bytes, bytes]


def test_components_that_do_not_fit_are_refused():
    with tf.Graph().as_default():
        queue = tf.FIFOQueue(10, [tf.float32], shapes=[[2]])
        with pytest.raises(ValueError, match="incompatible"):
            queue.enqueue([np.zeros(3, np.float32)])
        with pytest.raises(ValueError, match="names"):
            queue.enqueue({"a": 1.0})
