"""Elements with sparse and ragged tensors, TensorArrays, datasets and None: what TensorFlow 2.15.1 gives."""

import collections

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

Dataset = tf.data.Dataset


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def sparse():
    return tf.SparseTensor([[0, 0], [1, 2]], [1.0, 2.0], [2, 3])


def first(dataset):
    with tf.Session() as session:
        return session.run(dataset.make_one_shot_iterator().get_next())


def same_sparse(found, indices, values, shape):
    assert found.indices.tolist() == indices
    assert found.values.tolist() == values
    assert found.dense_shape.tolist() == shape


def test_sparse_components_travel_as_variants():
    dataset = Dataset.from_tensors((sparse(), 3))
    assert dataset.output_types == (tf.float32, tf.int32)
    assert dataset.output_classes == (tf.SparseTensor, tf.Tensor)
    assert dataset._variant_tensor.op.get_attr("Toutput_types") == [tf.variant, tf.int32]
    found, number = first(dataset)
    same_sparse(found, [[0, 0], [1, 2]], [1.0, 2.0], [2, 3])
    assert number == 3


def test_slices_maps_and_batches_of_sparse_tensors():
    dataset = Dataset.from_tensor_slices((sparse(), [3, 4])).map(lambda a, b: (a * 2.0, b)).batch(2)
    assert dataset.element_spec == (tf.SparseTensorSpec([None, 3]), tf.TensorSpec([None], tf.int32))
    found, numbers = first(dataset)
    same_sparse(found, [[0, 0], [1, 2]], [2.0, 4.0], [2, 3])
    assert numbers.tolist() == [3, 4]
    same_sparse(first(dataset.unbatch().skip(1))[0], [[2]], [4.0], [3])


def test_dense_shapes_known_beforehand_are_constants():
    def nodes(shape):
        before = len(tf.get_default_graph().get_operations())
        tf.data.Iterator.from_structure(tf.float32, tf.TensorShape(shape), output_classes=tf.SparseTensor).get_next()
        return [op.type for op in tf.get_default_graph().get_operations()[before + 3 :]]

    assert nodes([2, 3]) == ["DeserializeSparse", "Const"]
    assert nodes([None, 3]) == ["DeserializeSparse", "Unpack", "Const", "Pack"]
    assert nodes([None, None]) == nodes(None) == ["DeserializeSparse"]


def test_sparse_state_is_reduced():
    total = Dataset.from_tensors(sparse()).repeat(3).reduce(sparse(), tf.sparse_add)
    with tf.Session() as session:
        same_sparse(session.run(total), [[0, 0], [1, 2]], [4.0, 8.0], [2, 3])


@pytest.mark.parametrize("rows", [[[1, 2], [3]], [[], [1]], [[[1], []], [[2, 3]]]])
def test_ragged_slices_and_batches(rows):
    ragged = tf.ragged.constant(rows, dtype=tf.int32)
    assert first(Dataset.from_tensors(ragged)).to_list() == rows
    assert first(Dataset.from_tensor_slices(ragged).batch(2)).to_list() == rows
    second = first(Dataset.from_tensor_slices(ragged).skip(1))
    assert (second.to_list() if hasattr(second, "to_list") else second.tolist()) == rows[1]


def test_ragged_batches_of_other_lengths():
    dataset = Dataset.range(4).map(lambda i: tf.ragged.range(tf.stack([i]))).batch(4)
    assert first(dataset).to_list() == [[[]], [[0]], [[0, 1]], [[0, 1, 2]]]


def test_tensor_arrays_datasets_and_none():
    array = tf.TensorArray(tf.float32, size=2, element_shape=[]).unstack([1.0, 2.0])
    assert first(Dataset.from_tensors(array).map(lambda a: a.stack())).tolist() == [1.0, 2.0]
    assert first(Dataset.from_tensors(Dataset.range(3)).flat_map(lambda d: d.skip(2))) == 2
    element = Dataset.from_tensors((5, None)).map(lambda a, b: (a + 1, b)).make_one_shot_iterator().get_next()
    assert element[1] is None
    with tf.Session() as session:
        assert session.run(element[0]) == 6


def test_windows_of_sparse_tensors():
    dataset = Dataset.from_tensors(sparse()).repeat(2).window(2).flat_map(lambda w: w.batch(2))
    assert first(dataset).dense_shape.tolist() == [2, 2, 3]


def test_lists_are_tuples_and_named_tuples_are_one_argument():
    assert first(Dataset.range(3).map(lambda x: [x, "hello", 10])) == (0, b"hello", 10)
    Pair = collections.namedtuple("Pair", "a b")
    dataset = Dataset.range(2).map(lambda x: Pair(x, x + 1)).map(lambda p: Pair(p.b, p.a))
    assert first(dataset) == Pair(1, 0)


def test_what_does_not_fit_is_refused():
    dataset = Dataset.from_tensors(sparse())
    with pytest.raises(TypeError, match="only supported for datasets that produce tensor elements"):
        dataset.padded_batch(2)
    with pytest.raises(TypeError, match="not supported for datasets of datasets"):
        Dataset.from_tensors(dataset).padded_batch(2)
    with pytest.raises(TypeError, match="Incompatible dataset elements"):
        dataset.concatenate(Dataset.from_tensors(1.0))
    iterator = tf.data.Iterator.from_structure(tf.int64, tf.TensorShape([]))
    for other, words in ((Dataset.from_tensors(1.0), "output types"), (Dataset.range(4).batch(3), "output shapes"),
                         (dataset, "output classes")):  # fmt: skip
        with pytest.raises(TypeError, match=words):
            iterator.make_initializer(other)
    with pytest.raises(ValueError, match="structure"):
        iterator.make_initializer(Dataset.from_tensors((1, 2)))


def test_empty_ragged_rows_keep_their_type():
    empty = tf.RaggedTensor.from_row_splits(np.zeros([0], np.float32), [0])
    assert first(Dataset.from_tensors(empty)).values.dtype == np.float32
