"""Errors of single elements: what comes after them, as TensorFlow 2.15.1 gives it."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Dataset = tf.data.Dataset


def inv(x):
    """An error for 2."""
    return 12 // (x - 2)


def bad(count):
    """A dataset with an error in second place."""
    return Dataset.range(count).map(lambda y: 12 // (y - 1))


CASES = {
    "map": (
        lambda: Dataset.range(5).map(inv),
        [-6, -12, "InvalidArgument", 12, 6],
    ),
    "filter": (
        lambda: Dataset.range(5).filter(lambda x: inv(x) > -20),
        [0, 1, "InvalidArgument", 3, 4],
    ),
    "flat_map": (
        lambda: Dataset.range(4).flat_map(bad),
        [-12, -12, "InvalidArgument", -12, "InvalidArgument", 12],
    ),
    "flat_map function": (
        lambda: Dataset.range(4).flat_map(lambda x: Dataset.range(inv(x))),
        ["InvalidArgument", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    ),
    "interleave": (
        lambda: Dataset.range(1, 5).interleave(bad, 2, 1),
        [-12, -12, "InvalidArgument", -12, -12, "InvalidArgument", 12, "InvalidArgument", 12, 6],
    ),
    "repeat": (
        lambda: Dataset.range(4).map(inv).repeat(2),
        [-6, -12, "InvalidArgument", 12, -6, -12, "InvalidArgument", 12],
    ),
    "take": (
        lambda: Dataset.range(5).map(inv).take(3),
        [-6, -12, "InvalidArgument", 12],
    ),
    "skip": (
        lambda: Dataset.range(5).map(inv).skip(3),
        ["InvalidArgument"],
    ),
    "shard": (
        lambda: Dataset.range(6).map(inv).shard(2, 1),
        [-12, "InvalidArgument", 6],
    ),
    "zip": (
        lambda: Dataset.zip((Dataset.range(5).map(inv), Dataset.range(5))),
        [[-6, 0], [-12, 1], "InvalidArgument", [12, 3], [6, 4]],
    ),
    "concatenate": (
        lambda: Dataset.range(4).map(inv).concatenate(Dataset.range(2)),
        [-6, -12, "InvalidArgument", 12, 0, 1],
    ),
    "shuffle": (
        lambda: Dataset.range(5).map(inv).shuffle(2, seed=1).map(lambda x: 0 * x),
        [0, "InvalidArgument", 0, 0, 0],
    ),
    "batch": (
        lambda: Dataset.range(7).map(inv).batch(2),
        [[-6, -12], "InvalidArgument", [6, 4], [3]],
    ),
    "batch shapes": (
        lambda: Dataset.range(5).map(lambda x: tf.fill([1 + x % 3], x)).batch(2),
        ["InvalidArgument", "InvalidArgument", [[4, 4]]],
    ),
    "padded": (
        lambda: Dataset.range(7).map(lambda x: tf.fill([12 // (x - 2) * 0 + x], x)).padded_batch(2, [None]),
        [[[0], [1]], "InvalidArgument", [[3, 3, 3, 0], [4, 4, 4, 4]], [[5, 5, 5, 5, 5, 0], [6, 6, 6, 6, 6, 6]]],
    ),
    "padded rank": (
        lambda: Dataset.range(4).map(lambda x: tf.fill([x], x)).padded_batch(1, [2]),
        [[[0, 0]], [[1, 0]], [[2, 2]], "DataLoss"],
    ),
    "unbatch": (
        lambda: Dataset.range(4).map(lambda x: tf.fill([2], inv(x))).apply(tf.data.experimental.unbatch()),
        [-6, -6, -12, -12, "InvalidArgument", 12, 12],
    ),
    "window": (
        lambda: Dataset.range(7).map(inv).window(2).flat_map(lambda w: w.batch(2)),
        [[-6, -12], "InvalidArgument", [6, 4], [3]],
    ),
    "cache": (
        lambda: Dataset.range(4).map(inv).cache().repeat(2),
        [-6, -12, "InvalidArgument", 12, -6, -12, 12],
    ),
    "scan": (
        lambda: Dataset.range(5).apply(tf.data.experimental.scan(np.int64(0), lambda s, x: (s + inv(x), s + inv(x)))),
        [-6, -18, "InvalidArgument", -6, 0],
    ),
    "take_while": (
        lambda: Dataset.range(5).apply(tf.data.experimental.take_while(lambda x: inv(x) > -100)),
        [0, 1, "InvalidArgument", 3, 4],
    ),
    "group_by_window": (
        lambda: Dataset.range(6).apply(
            tf.data.experimental.group_by_window(lambda x: inv(x) % 2, lambda k, w: w.batch(3), 2)
        ),
        [[0, 1], "InvalidArgument", [3, 4], [5]],
    ),
    "map_and_batch": (
        lambda: Dataset.range(7).apply(tf.data.experimental.map_and_batch(inv, 2)),
        [[-6, -12], "InvalidArgument", [6, 4], [3]],
    ),
    "map_and_batch drop": (
        lambda: Dataset.range(7).apply(tf.data.experimental.map_and_batch(inv, 2, drop_remainder=True)),
        [[-6, -12], "InvalidArgument", [6, 4]],
    ),
    "parallel map": (
        lambda: Dataset.range(5).map(inv, num_parallel_calls=2),
        [-6, -12, "InvalidArgument", 12, 6],
    ),
    "parallel interleave": (
        lambda: Dataset.range(1, 5).interleave(bad, 2, 1, num_parallel_calls=2),
        [-12, -12, "InvalidArgument", -12, "InvalidArgument", -12, 12, "InvalidArgument", 12, 6],
    ),
    "prefetch": (
        lambda: Dataset.range(5).map(inv).prefetch(1),
        [-6, -12, "InvalidArgument", 12, 6],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_elements_after_an_error(name):
    make, expected = CASES[name]
    with tf.Graph().as_default(), tf.Session() as session:
        element = tf.data.make_one_shot_iterator(make()).get_next()
        found = []
        for _ in range(12):
            try:
                found.append(np.asarray(session.run(element)).tolist())
            except tf.errors.OutOfRangeError:
                break
            except tf.errors.OpError as error:
                found.append(type(error).__name__.removesuffix("Error"))
    assert found == expected
