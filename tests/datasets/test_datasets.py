"""Datasets: what the reference gives, element by element."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Dataset = tf.data.Dataset


def elements(make):
    """All elements of the dataset that `make` gives, as nested lists."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(3)
        element = make().make_one_shot_iterator().get_next()
        found = []
        try:
            while True:
                found.append(np.asarray(session.run(element)).tolist())
        except tf.errors.OutOfRangeError:
            return found


# What TensorFlow 2.15.1 gives.
# fmt: off
RECORDED = [
    (lambda: Dataset.range(2, 9, 3), [2, 5, 8]),
    (lambda: Dataset.range(10).filter(lambda x: x > 2).take(3).skip(1).flat_map(Dataset.range),
     [0, 1, 2, 3, 0, 1, 2, 3, 4]),
    (lambda: Dataset.range(1, 5).map(lambda x: tf.fill([x], x)).padded_batch(2, [None]),
     [[[1, 0], [2, 2]], [[3, 3, 3, 0], [4, 4, 4, 4]]]),
    (lambda: Dataset.range(7).window(3, 2).flat_map(lambda w: w.batch(3)), [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6]]),
    (lambda: Dataset.range(1, 5).interleave(lambda x: Dataset.from_tensors(x).repeat(x), 2, 1),
     [1, 2, 2, 3, 3, 4, 3, 4, 4, 4]),
    (lambda: Dataset.zip((Dataset.range(3), Dataset.range(5, 9))).map(lambda a, b: a + b).concatenate(Dataset.range(2)),
     [5, 7, 9, 0, 1]),
    (lambda: Dataset.range(5).batch(2, drop_remainder=True), [[0, 1], [2, 3]]),
    (lambda: Dataset.range(3).cache().repeat(2), [0, 1, 2, 0, 1, 2]),
]
# fmt: on


@pytest.mark.parametrize(("make", "expected"), RECORDED)
def test_elements_are_those_of_the_reference(make, expected):
    assert elements(make) == expected


@pytest.mark.parametrize("grouped", [lambda d: d.batch(2), lambda d: d.padded_batch(2, [])])
def test_scalar_strings_are_grouped_as_values(grouped):
    with tf.Graph().as_default(), tf.Session() as session:
        batch = session.run(grouped(Dataset.from_tensor_slices(["a", "bc"])).make_one_shot_iterator().get_next())
    assert [type(value) for value in batch] == [bytes, bytes]
    assert batch.tolist() == [b"a", b"bc"]


def test_a_shuffle_takes_every_element_once_and_anew_in_every_epoch():
    found = elements(lambda: Dataset.range(20).shuffle(5, seed=1).repeat(2))
    assert sorted(found[:20]) == list(range(20)) == sorted(found[20:])
    assert found[:20] != found[20:]
    assert found == elements(lambda: Dataset.range(20).shuffle(5, seed=1).repeat(2))


def test_generators_yield_structures():
    def generator():
        for i in range(3):
            yield {"n": i, "text": "ab\0"[: i + 1]}

    with tf.Graph().as_default(), tf.Session() as session:
        made = Dataset.from_generator(generator, {"n": tf.int64, "text": tf.string}, {"n": [], "text": []})
        element = made.make_one_shot_iterator().get_next()
        assert [session.run(element)["text"] for _ in range(3)] == [b"a", b"ab", b"ab\0"]
        with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
            session.run(element)


def test_iterators_start_when_they_are_initialized_and_read_variables():
    with tf.Graph().as_default(), tf.Session() as session:
        count = tf.placeholder(tf.int64, [])
        weight = tf.get_variable("w", [], tf.int64, initializer=tf.ones_initializer())
        iterator = Dataset.range(count).map(lambda x: x + 10 * weight).make_initializable_iterator()
        element = iterator.get_next()
        session.run(weight.initializer)
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(element)
        session.run(iterator.initializer, {count: 2})
        assert [session.run(element), session.run(element)] == [10, 11]


def test_one_iterator_serves_several_datasets_and_is_found_by_its_handle():
    with tf.Graph().as_default(), tf.Session() as session:
        iterator = tf.data.Iterator.from_structure(tf.int64, tf.TensorShape([]))
        first, second = (iterator.make_initializer(Dataset.range(a, 9)) for a in (0, 5))
        element = iterator.get_next()
        session.run(first)
        assert session.run(element) == 0
        session.run(second)
        assert session.run(element) == 5
        text = tf.placeholder(tf.string, [])
        other = tf.data.Iterator.from_string_handle(text, tf.int64, [])
        assert session.run(other.get_next(), {text: session.run(iterator.string_handle())}) == 6


def test_files_give_lines_and_records(tmp_path):
    lines, records = tmp_path / "lines", tmp_path / "records"
    lines.write_bytes(b"a\nb\r\nc")
    with tf.python_io.TFRecordWriter(str(records)) as writer:
        writer.write(b"one")
        writer.write(b"two\0")
    assert elements(lambda: tf.data.TextLineDataset(str(lines))) == [b"a", b"b", b"c"]
    with tf.Graph().as_default(), tf.Session() as session:
        element = tf.data.TFRecordDataset(str(records)).make_one_shot_iterator().get_next()
        assert [session.run(element), session.run(element)] == [b"one", b"two\0"]


def test_cardinalities_of_windows():
    for drop, expected in ((False, [4, 2, 0]), (True, [3, 1, 0])):
        with tf.Graph().as_default(), tf.Session() as session:
            counts = [
                tf.data.experimental.cardinality(Dataset.range(n).window(size, shift, stride, drop))
                for n, size, shift, stride in ((8, 3, 2, 1), (5, 2, 3, 2), (0, 2, 1, 1))
            ]
            assert session.run(counts) == expected


def test_a_seed_may_be_a_tensor():
    with tf.Graph().as_default(), tf.Session() as session:
        seed = tf.placeholder(tf.int64, [])
        iterators = [
            tf.data.make_initializable_iterator(Dataset.range(9).shuffle(9, seed=s).batch(9)) for s in (seed, 3, 0)
        ]
        orders = [i.get_next() for i in iterators]
        starts = [i.initializer for i in iterators]
        for value, same in ((3, 1), (0, 2), (2**31 - 1, 2)):
            session.run(starts, {seed: value})
            found = session.run(orders)
            assert found[0].tolist() == found[same].tolist()


def test_shuffle_and_repeat_gives_the_elements_of_an_epoch_before_those_of_the_next():
    found = elements(lambda: Dataset.range(4).apply(tf.data.experimental.shuffle_and_repeat(3, 3, seed=1)))
    assert found == [1, 2, 3, 0, 0, 1, 2, 3, 0, 2, 1, 3]
    large = tf.data.experimental.shuffle_and_repeat(10**12, 10**6)
    assert sorted(elements(lambda: Dataset.range(4).apply(large).take(8))[4:]) == [0, 1, 2, 3]


def test_an_error_takes_a_turn_of_parallel_interleave():
    with tf.Graph().as_default(), tf.Session() as session:
        numbers = Dataset.from_tensor_slices(np.array([4, 5, 6])).map(lambda x: x + 0 * (12 // (x - 5)))
        made = numbers.apply(
            tf.data.experimental.parallel_interleave(lambda x: Dataset.from_tensors(x).repeat(x), cycle_length=2)
        )
        element = tf.data.make_one_shot_iterator(made).get_next()
        found = []
        for _ in range(11):
            try:
                found.append(int(session.run(element)))
            except tf.errors.InvalidArgumentError:
                found.append("error")
    assert found == [4, "error", 4, 4, 6, 4, 6, 6, 6, 6, 6]


@pytest.mark.parametrize("known", [None, [0.25, 0.75]])
def test_rejection_resample_balances_classes(known):
    resample = tf.data.experimental.rejection_resample(lambda x: tf.cast(x % 4 > 0, tf.int32), [0.5, 0.5], known, 5)
    found = elements(lambda: Dataset.range(800).apply(resample))
    kinds = np.array([kind for kind, _ in found])
    assert 0.42 < kinds.mean() < 0.58
    assert all((x % 4 > 0) == kind for kind, x in found)


def bucketed(first, last):
    lengths = Dataset.range(first, last).map(lambda x: tf.fill([x], x))
    bucket = tf.data.experimental.bucket_by_sequence_length
    return lengths.apply(bucket(tf.size, [20], [2, 2], pad_to_bucket_boundary=True))


# fmt: off
REFUSED_IN_RUNS = [
    (lambda: Dataset.range(3).prefetch(-2), "buffer_size must be >= 0"),
    (lambda: Dataset.range(3).map(lambda x: tf.fill([x], x)).padded_batch(2, tf.constant([-5], tf.int64)), ">= -1"),
    (lambda: Dataset.range(3).map(lambda x: tf.fill([x + 1], x)).batch(2), "number of elements does not match"),
    (lambda: Dataset.range(3).flat_map(lambda x: Dataset.from_tensors(tf.fill([x + 1], x))).batch(2),
     "Cannot batch tensors with different shapes"),
    (lambda: bucketed(2, 4).concatenate(bucketed(21, 23)), "bucket_boundaries"),
]
# fmt: on


@pytest.mark.parametrize(("make", "message"), REFUSED_IN_RUNS)
def test_errors_of_runs_say_what_is_wrong(make, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        elements(make)


@pytest.mark.parametrize("method", ["repeat", "take", "skip", "shuffle", "batch", "prefetch"])
def test_numbers_of_datasets_are_scalars(method):
    with tf.Graph().as_default(), pytest.raises(ValueError, match="Shape must be rank 0 but is rank 1"):
        getattr(Dataset.range(3), method)([1, 2])


def test_what_a_graph_shows_to_be_wrong_is_refused_when_it_is_recorded():
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="different batch sizes"):
            Dataset.from_tensors((np.arange(7), np.arange(8))).unbatch()
        random = Dataset.range(3).take(tf.random_uniform([], maxval=3, dtype=tf.int64))
        with pytest.raises(ValueError, match="stateful node"):
            tf.data.make_one_shot_iterator(random)


def test_a_one_shot_iterator_over_no_files_ends_at_once(tmp_path):
    pattern = str(tmp_path / "*")
    assert elements(lambda: Dataset.list_files(pattern)) == []
    with tf.Graph().as_default(), tf.Session() as session:
        iterator = tf.data.make_initializable_iterator(Dataset.list_files(pattern))
        with pytest.raises(tf.errors.InvalidArgumentError, match="No files matched pattern"):
            session.run(iterator.initializer)


def test_one_shot_iterators_count_for_the_seeds_of_later_operations():
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(5)
        element = Dataset.range(10).shuffle(5).batch(10).make_one_shot_iterator().get_next()
        after = tf.random_uniform([])
        assert session.run(element).tolist() == [1, 3, 6, 0, 2, 4, 7, 5, 8, 9]
        assert session.run(after) == np.float32(0.014760375)
