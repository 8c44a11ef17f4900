"""Options of datasets: they are kept, compare by value, and merge."""

import tfcompat.compat.v1 as tf


def test_options_are_equal_when_all_that_was_set_is():
    one, other = tf.data.Options(), tf.data.Options()
    assert one == other
    one.experimental_threading = tf.data.experimental.ThreadingOptions()
    one.experimental_threading.private_threadpool_size = 3
    assert one != other
    assert one.threading.private_threadpool_size == 3
    other.threading.private_threadpool_size = 3
    assert one == other


def test_merging_keeps_what_only_one_side_says():
    one, other = tf.data.Options(), tf.data.Options()
    one.threading.private_threadpool_size = 3
    one.experimental_deterministic = True
    other.threading.max_intra_op_parallelism = 2
    other.experimental_deterministic = False
    merged = one.merge(other)
    assert merged.threading.private_threadpool_size == 3
    assert merged.threading.max_intra_op_parallelism == 2
    assert merged.deterministic is False
    assert one.deterministic is True
