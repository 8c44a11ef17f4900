"""Metrics of the k best predictions; expected values are those of the reference."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

SCORES = [[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]]


def run(metric):
    """The value after two batches."""
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(metric[1])
        session.run(metric[1])
        return session.run(metric[0])


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("recall_at_k", {"k": 2}, 0.5),
        ("recall_at_k", {"k": 3, "class_id": 1}, 1.0),
        ("precision_at_k", {"k": 2, "class_id": 1, "weights": [1.0, 2.0]}, 0.0),
        ("precision_at_k", {"k": 3}, 3 / 6),
        ("average_precision_at_k", {"k": 2, "weights": [1.0, 2.0]}, 5 / 12),
        ("sparse_average_precision_at_k", {"k": 3}, 13 / 24),
    ],
)
def test_dense_labels(name, arguments, expected):
    with tf.Graph().as_default():
        labels = tf.constant([[1, 2], [0, 3]], tf.int64)
        value = run(getattr(tf.metrics, name)(labels, tf.constant(SCORES), **arguments))
    assert value.dtype == np.float64
    assert value == pytest.approx(expected)


@pytest.mark.parametrize("kind", [tf.SparseTensor, tf.SparseTensorValue])
def test_sparse_labels_beyond_the_classes(kind):
    with tf.Graph().as_default():
        labels = kind(np.array([[0, 0], [1, 0], [1, 1]]), np.array([1, 2, 9]), [2, 2])
        value = run(tf.metrics.average_precision_at_k(labels, tf.constant(SCORES), 3))
        hits = run(tf.metrics.precision_at_top_k(labels, tf.constant([[1, 2], [2, 3]], tf.int64), class_id=2))
    assert value == pytest.approx(0.25)
    assert hits == pytest.approx(0.5)


def test_variables_are_local_and_named_by_k_and_class():
    with tf.Graph().as_default():
        tf.metrics.recall_at_k(tf.constant([[1]], tf.int64), tf.constant([[0.1, 0.9]]), 1, class_id=1)
        names = [v.op.name for v in tf.local_variables()]
    scope = "recall_at_1_class1"
    assert names == [f"{scope}/true_positive_at_1_class1", f"{scope}/false_negative_at_1_class1"]


def test_k_below_one_is_refused():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="Invalid k=0"):
        tf.metrics.average_precision_at_k(tf.constant([[1]], tf.int64), tf.constant([[0.1, 0.9]]), 0)
