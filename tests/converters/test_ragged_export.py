"""Models that are exported from graphs of ragged and sparse tensors give what a session gives."""

import numpy as np
import onnxruntime as ort
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.onnx import export

VALUES = np.arange(6, dtype=np.float32)
SPLITS = np.array([0, 2, 2, 3, 6])
OUTER = np.array([0, 1, 3, 3, 4])
PLACES = np.array([[0, 1], [1, 0], [1, 2]])
THREE = np.array([1, 2, 3], np.float32)


def rows(values, splits):
    return tf.RaggedTensor.from_row_splits(values, splits, validate=False)


def deep(values, splits, outer):
    return tf.RaggedTensor.from_nested_row_splits(values, [outer, splits], validate=False)


def ints(*values):
    return np.array(values, np.int32)


CASES = {
    "range": (tf.ragged.range, [ints(0, 5, 3, 4), ints(3, 1, 3, 9), ints(1, -2, 1, 2)]),
    "range of floats": (tf.ragged.range, [np.float32([0, 5]), np.float32([3, 1]), np.float32([0.4, -2])]),
    "to_tensor": (lambda v, s: rows(v, s).to_tensor(7.0), [VALUES, SPLITS]),
    "to_tensor cut": (lambda v, s: rows(v, s).to_tensor(7.0, shape=[3, 2]), [VALUES, SPLITS]),
    "to_tensor wide": (lambda v, s: rows(v, s).to_tensor(7.0, shape=[None, 5]), [VALUES, SPLITS]),
    "to_tensor deep": (lambda *parts: deep(*parts).to_tensor(), [VALUES, SPLITS, OUTER]),
    "to_tensor inner": (lambda v, s: rows(v, s).to_tensor(), [np.outer(VALUES, np.float32([1, 2])), SPLITS]),
    "to_tensor empty": (lambda v, s: rows(v, s).to_tensor(), [VALUES[:0], np.array([0, 0, 0])]),
    "to_sparse": (lambda *parts: deep(*parts).to_sparse(), [VALUES, SPLITS, OUTER]),
    "gather": (lambda v, s, i: tf.gather(rows(v, s), i), [VALUES, SPLITS, np.array([3, 1, 0, 3])]),
    "sparse matmul": (lambda i, x, m: tf.sparse.matmul(tf.SparseTensor(i, x, [2, 3]), m),
                      [PLACES, THREE, np.arange(12, dtype=np.float32).reshape(3, 4)]),
    "sparse matmul adjoint": (lambda i, x, m: tf.sparse.matmul(tf.SparseTensor(i, x, [2, 3]), m, True, True),
                              [PLACES, THREE, np.arange(8, dtype=np.float32).reshape(4, 2)]),
    "sparse reshape": (lambda i, x: tf.sparse.reshape(tf.SparseTensor(i, x, [2, 3]), [3, -1]), [PLACES, THREE]),
    "sparse fill": (lambda i, x: tf.sparse.fill_empty_rows(tf.SparseTensor(i, x, [5, 3]), 9.0),
                    [np.array([[0, 1], [0, 2], [3, 2]]), THREE]),
}  # fmt: skip


@pytest.mark.parametrize("label", CASES)
def test_export(label):
    build, feeds = CASES[label]
    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        inputs = [tf.placeholder(tf.as_dtype(feed.dtype), [None] * feed.ndim) for feed in feeds]
        outputs = tf.nest.flatten(build(*inputs), expand_composites=True)
        expected = session.run(outputs, dict(zip(inputs, feeds, strict=True)))
        model = export(outputs, inputs, session)
    runner = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    wanted = {entry.name for entry in runner.get_inputs()}
    given = {node.name: feed for node, feed in zip(inputs, feeds, strict=True) if node.name in wanted}
    got = runner.run([entry.name for entry in model.graph.output], given)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
