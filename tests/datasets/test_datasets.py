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
