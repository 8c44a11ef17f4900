"""Loop variables that are sparse or ragged tensors: which of their sizes may change."""

import pytest

import tfcompat.compat.v1 as tf


def count(i, _):
    return i < 3


def test_the_values_of_ragged_rows_may_grow_and_the_rows_may_not():
    with tf.Graph().as_default(), tf.Session() as session:
        rows = tf.ragged.constant([[1, 2], [3], [4, 5, 6]])
        _, wider = tf.while_loop(count, lambda i, x: (i + 1, tf.concat([x, x[:, :1]], axis=1)), [0, rows])
        assert wider.row_splits.shape.as_list() == [4]
        assert session.run(wider).to_list() == [[1, 2, 1, 1, 1], [3, 3, 3, 3], [4, 5, 6, 4, 4, 4]]
        deep = tf.ragged.constant([[[1, 2], [3]], [[], [8]]])
        _, deeper = tf.while_loop(count, lambda i, x: (i + 1, tf.concat([x, x[..., :1]], axis=-1)), [0, deep])
        assert session.run(deeper).to_list() == [[[1, 2, 1, 1, 1], [3, 3, 3, 3]], [[], [8, 8, 8, 8]]]

        def longer(i, x):
            return i + 1, tf.concat([x, x], axis=0)

        with pytest.raises(ValueError, match="after one iteration"):
            tf.while_loop(count, longer, [0, rows])
        for invariant in (tf.TensorShape([None, None]), tf.RaggedTensorSpec([None, None], tf.int32)):
            _, more = tf.while_loop(count, longer, [0, rows], [tf.TensorShape([]), invariant])
            assert more.row_splits.shape.as_list() == [None]
            assert len(session.run(more).to_list()) == 24


def test_a_spec_is_an_invariant_of_values_of_its_kind():
    invariants = [tf.TensorSpec([], tf.int32), tf.SparseTensorSpec([None])]
    with tf.Graph().as_default():
        sparse = tf.SparseTensor([[0]], [1.0], [10])
        _, found = tf.while_loop(count, lambda i, x: (i + 1, x), [tf.constant(0), sparse], invariants)
        assert found.indices.shape.as_list() == [None, 1]
        for other in (tf.constant([1]), tf.ragged.constant([[1, 2], [3]])):
            with pytest.raises(TypeError, match="not compatible with the loop variable"):
                tf.while_loop(count, lambda i, x: (i + 1, x), [tf.constant(0), other], invariants)


def test_a_single_result_comes_alone():
    def body(i, _):
        return [i + 1, []]

    with tf.Graph().as_default(), tf.Session() as session:
        assert session.run(tf.while_loop(count, body, [0, []])) == 3
        assert session.run(tf.while_loop(count, body, [0, []], maximum_iterations=9)) == [3, []]
        assert session.run(tf.while_loop(count, body, [0, []], return_same_structure=True)) == [3, []]


def test_the_index_of_a_branch_is_a_tensor():
    with tf.Graph().as_default(), pytest.raises(TypeError, match="'branch_index' must be a Tensor"):
        tf.switch_case(1, [lambda: tf.constant(1), lambda: tf.constant(2)])
