"""Datasets that group, scan, choose and check: what TensorFlow 2.15.1 gives."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Dataset, experimental = tf.data.Dataset, tf.data.experimental


def listed(value):
    """A fetched element as nested lists."""
    return [listed(v) for v in value] if isinstance(value, tuple) else np.asarray(value).tolist()


def elements(dataset):
    element = dataset.make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as session:
        try:
            while True:
                found.append(listed(session.run(element)))
        except tf.errors.OutOfRangeError:
            return found


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        tf.set_random_seed(5)
        yield made


def of_lengths(*lengths):
    return Dataset.from_generator(lambda: ([1] * n for n in lengths), tf.int32, [None])


def length(x):
    return tf.shape(x)[0]


def with_key(key, group):
    return group.batch(2).map(lambda batch: (key, batch))


SUM = experimental.Reducer(lambda key: np.int64(0), lambda s, x: s + x, lambda s: s * 10)
SUM_AND_KEY = experimental.Reducer(
    lambda key: (np.int64(0), key), lambda s, x: (s[0] + x, s[1]), lambda total, key: total * 10 + key
)

# fmt: off
RECORDED = {
    "group by window": (
        lambda: Dataset.range(10).apply(experimental.group_by_window(lambda x: x % 3, with_key, 2)),
        [[0, [0, 3]], [1, [1, 4]], [2, [2, 5]], [0, [6, 9]], [1, [7]], [2, [8]]]),
    "group by window of a size of its own": (
        lambda: Dataset.range(10).group_by_window(
            lambda x: x % 3, lambda k, w: w.batch(4), window_size_func=lambda k: k + 1),
        [[0], [3], [1, 4], [6], [2, 5, 8], [9], [7]]),
    "bucket by length": (
        lambda: of_lengths(1, 5, 3, 2, 8, 4, 1).apply(
            experimental.bucket_by_sequence_length(length, [3, 5], [2, 2, 1])),
        [[[1] * 5], [[1, 0], [1, 1]], [[1] * 8], [[1, 1, 1, 0], [1] * 4], [[1]]]),
    "bucket padded to the boundary": (
        lambda: of_lengths(1, 2, 3, 2, 4, 4, 1).bucket_by_sequence_length(
            length, [3, 5], [2, 2, 1], pad_to_bucket_boundary=True),
        [[[1, 0], [1, 1]], [[1, 1, 1, 0], [1] * 4], [[1, 1], [1, 0]], [[1] * 4]]),
    "scan": (
        lambda: Dataset.range(5).apply(experimental.scan(np.int64(10), lambda s, x: (s + x, s * x))),
        [0, 10, 22, 39, 64]),
    "scan with a growing state": (
        lambda: Dataset.range(3).scan(
            (np.int64(1), np.zeros([0], np.int64)), lambda s, x: ((s[0] + x, tf.concat([s[1], [x]], 0)), s[1])),
        [[], [0], [0, 1]]),
    "take while": (lambda: Dataset.range(9).take_while(lambda x: x < 4), [0, 1, 2, 3]),
    "unique": (lambda: Dataset.from_tensor_slices([b"a", b"b", b"a", b"c"]).unique(), [b"a", b"b", b"c"]),
    "ignore errors": (
        lambda: Dataset.from_tensor_slices([1.0, 2.0, 0.0, 4.0]).map(
            lambda x: tf.check_numerics(1.0 / x, "e")).apply(experimental.ignore_errors()),
        [1.0, 0.5, 0.25]),
    "choose": (
        lambda: experimental.choose_from_datasets(
            [Dataset.from_tensors(b"x").repeat(2), Dataset.from_tensors(b"y").repeat()],
            Dataset.from_tensor_slices(np.array([0, 1, 0, 0, 1, 1], np.int64))),
        [b"x", b"y", b"x", b"y", b"y"]),
    "choose until one is empty": (
        lambda: Dataset.choose_from_datasets(
            [Dataset.range(1), Dataset.range(9)], Dataset.from_tensor_slices(np.array([1, 0, 0, 1], np.int64))),
        [0, 0]),
    "sample": (
        lambda: experimental.sample_from_datasets(
            [Dataset.range(0, 100), Dataset.range(100, 200)], [0.3, 0.7], seed=3).take(12),
        [0, 100, 1, 101, 102, 2, 103, 104, 3, 105, 106, 107]),
    "sample equally until all are empty": (
        lambda: experimental.sample_from_datasets(
            [Dataset.range(0, 3), Dataset.range(100, 103), Dataset.range(7, 9)], seed=1),
        [100, 101, 102, 0, 1, 7, 8, 2]),
    "random": (lambda: experimental.RandomDataset(seed=4).take(3), [3949691112, 1216040066, 825314089]),
    "random without a seed of its own": (lambda: experimental.RandomDataset().take(2), [3289868317, 299389332]),
    "counter": (lambda: experimental.Counter(5, 2).take(3), [5, 7, 9]),
    "reduced by key": (
        lambda: Dataset.range(10).apply(experimental.group_by_reducer(lambda x: x % 2, SUM)), [200, 250]),
    "reduced by key with a state of two": (
        lambda: Dataset.range(10).apply(experimental.group_by_reducer(lambda x: x % 3, SUM_AND_KEY)), [180, 121, 152]),
    "sliding window": (
        lambda: Dataset.range(6).apply(tf.contrib.data.sliding_window_batch(3, window_shift=2)),
        [[0, 1, 2], [2, 3, 4]]),
}
CARDINALITY = {
    7: [lambda d: d, lambda d: d.shuffle(3), lambda d: d.prefetch(2), lambda d: d.cache(),
        lambda d: Dataset.zip((d, Dataset.range(3).repeat()))],
    -1: [lambda d: d.repeat(), lambda d: d.concatenate(d.repeat())],
    -2: [lambda d: d.filter(lambda x: x > 2), lambda d: d.map(lambda x: x + 1), lambda d: d.flat_map(Dataset.range),
         lambda d: Dataset.zip((d, d.filter(lambda x: x > 2)))],
    14: [lambda d: d.repeat(2), lambda d: d.concatenate(d)],
    3: [lambda d: d.take(3), lambda d: d.batch(3), lambda d: d.repeat().take(3)],
    2: [lambda d: d.batch(3, True), lambda d: d.shard(3, 1), lambda d: d.skip(5)],
    4: [lambda d: d.filter(lambda x: x > 2).apply(experimental.assert_cardinality(4))],
    0: [lambda d: d.skip(9), lambda d: d.repeat(0), lambda d: d.take(0).repeat()],
}
# fmt: on


@pytest.mark.parametrize("name", RECORDED)
def test_elements(name):
    make, expected = RECORDED[name]
    assert elements(make()) == expected


@pytest.mark.parametrize("expected", CARDINALITY)
def test_cardinality(expected):
    with tf.Session() as session:
        for make in CARDINALITY[expected]:
            assert session.run(experimental.cardinality(make(Dataset.range(7)))) == expected


def test_the_only_element():
    with tf.Session() as session:
        assert session.run(experimental.get_single_element(Dataset.range(5).batch(9))).tolist() == [0, 1, 2, 3, 4]
        for count, text in ((0, "Dataset was empty."), (2, "Dataset had more than one element.")):
            with pytest.raises(tf.errors.InvalidArgumentError, match=text):
                session.run(Dataset.range(count).get_single_element())


@pytest.mark.parametrize(("count", "text"), [(4, "only 2 elements"), (1, "at least 2 elements")])
def test_asserted_cardinality(count, text):
    with pytest.raises(tf.errors.FailedPreconditionError, match=f"{count} elements? but contained {text}"):
        elements(Dataset.range(2).apply(experimental.assert_cardinality(count)))


def test_resampled_classes_have_the_wanted_frequencies():
    tf.set_random_seed(1)
    source = Dataset.range(4000).map(lambda x: x % 4)
    resampled = source.apply(
        experimental.rejection_resample(lambda x: tf.cast(x < 1, tf.int32), [0.5, 0.5], [0.75, 0.25], seed=2)
    )
    kinds = [kind for kind, _ in elements(resampled)]
    assert 0.45 < np.mean(kinds) < 0.55


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Dataset.choose_from_datasets([Dataset.range(3)], Dataset.from_tensors(1.0)), TypeError, "tf.int64"),
        (
            lambda: Dataset.choose_from_datasets([Dataset.range(3), Dataset.from_tensors(1.0)], Dataset.range(2)),
            TypeError,
            "compatible element specs",
        ),
        (lambda: Dataset.choose_from_datasets([], Dataset.range(2)), ValueError, "should not be empty"),
        (lambda: Dataset.range(3).scan(0, lambda s, x: (x, s)), TypeError, "must match the initial state"),
        (lambda: Dataset.range(3).scan(0, lambda s, x: s), TypeError, "pair"),
        (lambda: Dataset.from_tensors(1.0).unique(), TypeError, "does not support"),
        (lambda: Dataset.range(3).group_by_window(lambda x: x, lambda k, w: w), ValueError, "window_size"),
        (lambda: Dataset.range(3).group_by_window(lambda x: x * 1.0, lambda k, w: w, 2), TypeError, "int64"),
        (lambda: of_lengths(1).bucket_by_sequence_length(length, [3], [1]), ValueError, "bucket_boundaries"),
        (lambda: experimental.get_single_element(3), TypeError, "tf.data.Dataset"),
    ],
)
def test_wrong_arguments(make, error, text):
    with pytest.raises(error, match=text):
        make()
