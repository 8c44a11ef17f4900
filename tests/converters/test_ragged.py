"""Ragged tensors made dense in exported models: the same as on the host."""

import numpy as np
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
from tfcompat import onnx as tfonnx

VALUES = np.float32([1, -2, np.nan, 4, 5, 6, 7])
INTS = np.arange(14, dtype=np.int32).reshape(7, 2)
IDS, SPLITS = ["FIRST_DIM_SIZE", "VALUE_ROWIDS"], ["ROW_SPLITS"]


@pytest.mark.parametrize(
    ("values", "kinds", "parts", "wanted", "default"),
    [
        (VALUES, IDS, [5, [0, 0, 2, 2, 2, 3, 3]], -1, 0.5),
        (VALUES, IDS, [5, [0, 0, 2, 2, 2, 3, 3]], [-1, -1], 0.0),
        (VALUES, IDS, [5, [0, 0, 2, 2, 2, 3, 3]], [3, 2], 0.0),
        (VALUES, IDS, [5, [0, 0, 2, 2, 2, 3, 3]], [-1, 4], -1.0),
        (VALUES, SPLITS, [[0, 0, 3, 3, 7, 7]], -1, 0.0),
        (VALUES, SPLITS, [[0, 7]], [2, -1], 9.0),
        (VALUES, ["ROW_SPLITS", "ROW_SPLITS"], [[0, 2, 2, 3], [0, 1, 1, 7]], -1, 0.0),
        (VALUES, [*IDS, "VALUE_ROWIDS"], [2, [0, 1, 1], [0, 0, 1, 2, 2, 2, 2]], [-1, -1, 3], 0.0),
        (INTS, IDS, [4, [1, 1, 1, 3, 3, 3, 3]], [-1, -1, 2], [-1, -2]),
        (INTS, SPLITS, [[0, 2, 7]], -1, -5),
        (VALUES[:0], SPLITS, [[0, 0, 0]], -1, 1.0),
        (VALUES[:0], IDS, [0, []], -1, 1.0),
    ],
)
def test_ragged_to_dense(values, kinds, parts, wanted, default):
    with tf.Graph().as_default(), tf.Session() as session:
        flat = tf.placeholder(values.dtype, [None, *values.shape[1:]], name="flat")
        arrays = [np.array(p, np.int64) for p in parts]
        inputs = [tf.placeholder(tf.int64, [None] * a.ndim, name=f"part_{i}") for i, a in enumerate(arrays)]
        dense = tf.raw_ops.RaggedTensorToTensor(
            shape=tf.constant(wanted, tf.int64),
            values=flat,
            default_value=tf.constant(default, values.dtype),
            row_partition_tensors=inputs,
            row_partition_types=kinds,
        )
        feeds = {flat.name: values, **{t.name: a for t, a in zip(inputs, arrays, strict=True)}}
        host = session.run(dense, feeds)
        model = tfonnx.export(dense, [flat, *inputs], session)
    runner = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = runner.run(None, feeds)
    assert found.dtype == host.dtype
    np.testing.assert_array_equal(found, host)
