"""SparseTensor: its parts, its static shape, its value in a session, and what it refuses."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def small():
    return tf.SparseTensor([[0, 1], [2, 0]], [1.5, 2.5], [3, 4])


def test_parts_types_and_names():
    sparse = small()
    assert [t.op.name for t in (sparse.indices, sparse.values, sparse.dense_shape)] == [
        "SparseTensor/indices",
        "SparseTensor/values",
        "SparseTensor/dense_shape",
    ]
    assert (sparse.dtype, sparse.indices.dtype, sparse.dense_shape.dtype) == (tf.float32, tf.int64, tf.int64)
    assert sparse.op is sparse.values.op
    assert sparse.graph is tf.get_default_graph()
    assert str(sparse).startswith("SparseTensor(indices=Tensor(")


def test_static_shape_grows_with_set_shape():
    assert small().shape.as_list() == [3, 4]
    unknown = tf.SparseTensor(tf.placeholder(tf.int64, [None, 2]), [1.0], tf.placeholder(tf.int64, [2]))
    assert unknown.get_shape().as_list() == [None, None]
    unknown.set_shape([None, 7])
    assert unknown.shape.as_list() == [None, 7]
    with pytest.raises(ValueError, match="not compatible"):
        unknown.set_shape([None, 8])


def test_value_in_a_session():
    sparse = small()
    with tf.Session() as session:
        value = sparse.eval()
        assert isinstance(value, tf.SparseTensorValue)
        np.testing.assert_array_equal(value.indices, [[0, 1], [2, 0]])
        np.testing.assert_array_equal(value.values, np.array([1.5, 2.5], np.float32))
        np.testing.assert_array_equal(session.run(sparse).dense_shape, [3, 4])


def test_from_value_and_with_values():
    made = tf.SparseTensor.from_value(tf.SparseTensorValue([[0, 0]], [7], [1, 1]))
    assert made.dtype == tf.int32
    other = made.with_values(tf.constant([0.5]))
    assert (other.indices, other.dtype) == (made.indices, tf.float32)
    assert set(made.consumers()) == set()
    with pytest.raises(TypeError, match="neither a SparseTensor nor SparseTensorValue"):
        tf.SparseTensor.from_value([1, 2])


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="not compatible"):
        tf.SparseTensor([[0, 1]], [1.0, 2.0], [3, 4])
    with pytest.raises(ValueError, match="not compatible"):
        tf.SparseTensor([[0, 1]], [1.0], [3, 4, 5])
    with pytest.raises(ValueError, match="rank"):
        tf.SparseTensor([0, 1], [1.0, 2.0], [3])


def test_conversion_checks_the_type():
    sparse = small()
    assert tf.convert_to_tensor_or_sparse_tensor(sparse) is sparse
    with pytest.raises(RuntimeError, match="Sparse dtype mismatch"):
        tf.convert_to_tensor_or_sparse_tensor(sparse, dtype=tf.int32)
