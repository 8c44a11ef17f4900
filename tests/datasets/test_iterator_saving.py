"""Where iterators are, in checkpoints and serialized tensors; caches in files."""

import contextlib
import os
import threading

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat import protos
from tfcompat.io.checkpoint.bundle import BundleReader
from tfcompat.io.checkpoint.bundle_writer import BundleWriter

Dataset = tf.data.Dataset


def _texts(directory):
    path = os.path.join(directory, "lines.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("a\nbb\n\nccc")
    return tf.data.TextLineDataset([path, path])


# fmt: off
PIPELINES = {
    "range": lambda d: Dataset.range(3, 9, 2),
    "slices": lambda d: Dataset.from_tensor_slices(([1.5, np.nan, -2.0], ["a", "", "\xff"])),
    "map and filter": lambda d: Dataset.range(7).map(lambda x: (x * x, tf.as_string(x))).filter(lambda x, s: x > 3),
    "flat_map": lambda d: Dataset.range(4).flat_map(lambda x: Dataset.range(x).map(lambda y: y + 10 * x)),
    "interleave": lambda d: Dataset.range(1, 5).interleave(lambda x: Dataset.from_tensors(x).repeat(x), 3, 2),
    "repeat, take, skip, shard": lambda d: Dataset.range(5).repeat(3).skip(2).take(9).shard(2, 1),
    "zip and concatenate": lambda d: Dataset.zip((Dataset.range(3), Dataset.range(9, 5, -1))).concatenate(
        Dataset.from_tensors((np.int64(5), np.int64(6)))),
    "shuffle": lambda d: Dataset.range(9).shuffle(4, seed=5).repeat(2),
    "shuffle without a seed": lambda d: Dataset.range(3).map(lambda x: 0 * x).shuffle(2),
    "shuffle that stays": lambda d: Dataset.range(9).shuffle(4, seed=5, reshuffle_each_iteration=False).repeat(2),
    "batch": lambda d: Dataset.range(7).batch(3),
    "padded_batch": lambda d: Dataset.range(1, 6).map(lambda x: tf.fill([x], x)).padded_batch(2, [None]),
    "unbatch": lambda d: Dataset.from_tensor_slices(np.arange(6).reshape(2, 3)).apply(tf.data.experimental.unbatch()),
    "window": lambda d: Dataset.range(9).window(3, 4).flat_map(lambda w: w.batch(3)),
    "shuffled windows": lambda d: Dataset.range(9).window(3, 2).shuffle(3, seed=2).flat_map(lambda w: w.batch(3)),
    "cache": lambda d: Dataset.range(4).cache().repeat(3),
    "cache in files": lambda d: Dataset.range(4).map(lambda x: (x, tf.as_string(x))).cache(
        os.path.join(d, "cache")).repeat(3),
    "files": _texts,
    "scan": lambda d: Dataset.range(5).apply(tf.data.experimental.scan(np.int64(1), lambda s, x: (s + x, s * x))),
    "take_while": lambda d: Dataset.range(5).apply(tf.data.experimental.take_while(lambda x: x < 3)),
    "unique": lambda d: Dataset.from_tensor_slices([1, 2, 1, 3, 2]).apply(tf.data.experimental.unique()),
    "group_by_window": lambda d: Dataset.range(9).apply(tf.data.experimental.group_by_window(
        lambda x: x % 2, lambda k, w: w.batch(3), 3)),
    "group_by_reducer": lambda d: Dataset.range(9).apply(tf.data.experimental.group_by_reducer(
        lambda x: x % 3, tf.data.experimental.Reducer(lambda k: k, lambda s, x: s + x, lambda s: s))),
    "choose": lambda d: tf.data.experimental.choose_from_datasets(
        [Dataset.range(3), Dataset.range(10, 13)], Dataset.from_tensor_slices(np.array([0, 1, 1, 0, 0, 0, 1]))),
    "random": lambda d: tf.data.experimental.RandomDataset(7).take(5),
    "ignore_errors": lambda d: Dataset.range(3).map(lambda x: 4 // (x - 1)).apply(tf.data.experimental.ignore_errors()),
    "sparse": lambda d: Dataset.range(3).map(lambda x: tf.SparseTensor([[x]], [x], [4])).batch(2),
}
# fmt: on


class _Program:
    """A graph with an iterator over a dataset, and a session on it."""

    def __init__(self, make, directory):
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.iterator = tf.data.make_initializable_iterator(make(directory))
            self.element = self.iterator.get_next()
            saveable = tf.data.experimental.make_saveable_from_iterator(self.iterator)
            self.saver = tf.train.Saver([saveable])
        self.session = tf.Session(graph=self.graph)
        self.session.run(self.iterator.initializer)

    def take(self, count=100):
        found = []
        for _ in range(count):
            try:
                found.append(repr(self.session.run(self.element)))
            except tf.errors.OutOfRangeError:
                break
        return found


@pytest.mark.parametrize("name", PIPELINES)
def test_a_restored_iterator_goes_on_where_it_was(name, tmp_path):
    make = PIPELINES[name]
    whole = _Program(make, str(tmp_path))
    expected = whole.take()
    for count in sorted({0, 1, 2, len(expected) - 1, len(expected)}):
        directory = tmp_path / f"after {count}"
        directory.mkdir()
        first = _Program(make, str(directory))
        before = first.take(count)
        path = first.saver.save(first.session, str(directory / "model"))
        first.take(1)
        first.session.close()
        del first
        second = _Program(make, str(directory))
        second.saver.restore(second.session, path)
        found = before + second.take()
        if name == "shuffle without a seed":
            assert sorted(found) == sorted(expected)
        else:
            assert found == expected


def test_the_state_goes_through_serialized_tensors():
    with tf.Graph().as_default(), tf.Session() as session:
        iterator = tf.data.make_initializable_iterator(Dataset.range(5).batch(2))
        text = tf.io.serialize_tensor(tf.raw_ops.SerializeIterator(resource_handle=iterator._iterator_resource))
        given = tf.placeholder(tf.string)
        restore = tf.raw_ops.DeserializeIterator(
            resource_handle=iterator._iterator_resource, serialized=tf.io.parse_tensor(given, tf.variant)
        )
        element = iterator.get_next()
        session.run(iterator.initializer)
        session.run(element)
        state = session.run(text)
        assert session.run(element).tolist() == [2, 3]
        session.run(restore, {given: state})
        assert session.run(element).tolist() == [2, 3]
        other = protos.TensorProto(dtype=21, variant_val=[protos.VariantTensorDataProto(type_name="int")])
        other.tensor_shape.dim.add(size=1)
        with pytest.raises(tf.errors.InvalidArgumentError, match="no state of an iterator"):
            session.run(restore, {given: other.SerializeToString()})


STATEFUL = {
    "ReadVariableOp": lambda: Dataset.range(2).map(lambda x: x + tf.get_variable("v", [], tf.int64, use_resource=True)),
    "RandomUniform": lambda: Dataset.range(2).flat_map(lambda x: Dataset.from_tensors(x).map(tf_random)),
    "PyFunc": lambda: Dataset.range(2).map(lambda x: tf.py_func(lambda v: v, [x], tf.int64)).batch(2),
}


def tf_random(x):
    return tf.random_uniform([]) + tf.cast(x, tf.float32)


@pytest.mark.parametrize("op_type", STATEFUL)
def test_functions_with_a_state_are_refused_unless_told_otherwise(op_type):
    with tf.Graph().as_default(), tf.Session() as session:
        iterator = tf.data.make_initializable_iterator(STATEFUL[op_type]())
        saves = {
            policy: tf.data.experimental.make_saveable_from_iterator(iterator, policy).parts[0][1].op
            for policy in (None, "warn", "ignore")
        }
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.FailedPreconditionError, match="not been initialized"):
            session.run(saves[None])
        session.run(iterator.initializer)
        with pytest.raises(tf.errors.FailedPreconditionError, match=f"{op_type} is stateful"):
            session.run(saves[None])
        session.run([saves["warn"], saves["ignore"]])
        with pytest.raises(ValueError, match="external_state_policy"):
            tf.data.experimental.make_saveable_from_iterator(iterator, "perhaps")


def test_values_of_python_functions_and_datasets_in_buffers_have_no_state_to_save():
    for make, what in (
        (lambda: Dataset.from_generator(lambda: iter([1, 2]), tf.int32), "Python function"),
        (lambda: Dataset.range(6).map(lambda x: Dataset.range(x)).shuffle(3, seed=1), "Source"),
    ):
        with tf.Graph().as_default(), tf.Session() as session:
            iterator = tf.data.make_initializable_iterator(make())
            element = iterator.get_next()
            tensors = element if isinstance(element, tf.Tensor) else element._variant_tensor
            save = tf.data.experimental.make_saveable_from_iterator(iterator, "ignore").parts[0][1].op
            session.run(iterator.initializer)
            session.run(tensors.op)
            with pytest.raises(tf.errors.UnimplementedError, match=what):
                session.run(save)


def test_a_cache_in_files_is_written_once_and_read_after(tmp_path):
    name = str(tmp_path / "kept")
    calls = []

    def made():
        return (
            Dataset.range(12).map(lambda x: (x, tf.py_func(lambda v: calls.append(v) or v, [x], tf.int64))).cache(name)
        )

    for seen in (12, 12):
        with tf.Graph().as_default(), tf.Session() as session:
            element = tf.data.make_one_shot_iterator(made()).get_next()
            assert [session.run(element)[0] for _ in range(12)] == list(range(12))
            with pytest.raises(tf.errors.OutOfRangeError):
                session.run(element)
        assert len(calls) == seen
        assert sorted(os.listdir(tmp_path)) == ["kept.data-00000-of-00001", "kept.index"]
    reader = BundleReader(name)
    assert reader.read("     11_1") == 11
    assert "      0_0" in reader


def test_a_cache_that_is_being_written_is_refused(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = Dataset.range(3).cache(str(tmp_path / "kept"))
        one, two = (tf.data.make_initializable_iterator(dataset) for _ in range(2))
        elements = one.get_next(), two.get_next()
        session.run([one.initializer, two.initializer])
        session.run(elements[0])
        with pytest.raises(tf.errors.AlreadyExistsError, match="cache lockfile already exists"):
            session.run(elements[1])
        assert [session.run(elements[0]) for _ in range(2)] == [1, 2]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(elements[0])
        assert session.run(elements[1]) == 0


def test_damaged_variants_in_a_checkpoint_are_noticed(tmp_path):
    prefix = str(tmp_path / "ck")
    array = np.empty(2, object)
    array[:] = [protos.VariantTensorDataProto(type_name=t, metadata=b"x" * n) for t, n in (("a", 3), ("b", 300))]
    writer = BundleWriter(prefix)
    writer.add("v", array)
    writer.finish()
    assert BundleReader(prefix).read("v").tolist() == array.tolist()
    path = prefix + ".data-00000-of-00001"
    with open(path, "rb") as file:
        data = bytearray(file.read())
    for at in (0, 4, len(data) - 1):
        damaged = bytearray(data)
        damaged[at] ^= 1
        with open(path, "wb") as file:
            file.write(damaged)
        with pytest.raises(tf.errors.DataLossError):
            BundleReader(prefix).read("v")


def test_threads_that_run_a_one_shot_iterator_first_start_it_once():
    with tf.Graph().as_default(), tf.Session() as session:
        element = tf.data.make_one_shot_iterator(
            Dataset.range(1).flat_map(lambda _: Dataset.range(40)).map(lambda x: x + 0)
        ).get_next()
        found = []

        def take():
            with contextlib.suppress(tf.errors.OutOfRangeError):
                while True:
                    found.append(int(session.run(element)))

        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == list(range(40))
