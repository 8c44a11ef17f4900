"""Sizes that follow from others are not computed in exported files."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime as ort
import pytest

import tfcompat.compat.v1 as tf
from converters.passes.size_terms import number, plus, positions, quotient, times
from tests.cases import f32, i32
from tfcompat import onnx as tfonnx


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def exported(outputs, feed, rtol=1e-5, **options):
    """Counts of the operators, in bodies too, of the exported model, which gives what the session gives."""
    with tf.Session() as session:
        wanted = session.run(outputs, feed)
        model = tfonnx.export(outputs, list(feed), session, **options)
    plain = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for g, w in zip(plain.run(None, {t.name: v for t, v in feed.items()}), wanted, strict=True):
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol)
        assert g.dtype == w.dtype
    return counts_of(model.graph)


def counts_of(graph: onnx.GraphProto) -> Counter:
    counts = Counter(node.op_type for node in graph.node)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                counts += counts_of(attribute.g)
    return counts


A, B = (1, ("x[0]",)), (1, ("x[1]",))


def test_arithmetic_of_sizes():
    assert times(number(3), A, number(2)) == (6, ("x[0]",))
    assert times(A, B) == times(B, A)
    assert quotient(times(A, B, number(6)), times(B, number(2))) == (3, ("x[0]",))
    assert quotient(A, B) is None
    assert quotient((3, ("x[0]",)), number(2)) is None
    assert plus(A, A) == (2, ("x[0]",))
    assert plus(plus(A, number(1)), (-1, ("x[0]",))) == number(1)
    assert plus(plus(A, B), (-1, ("x[0]",))) == B
    assert plus(A, (-1, ("x[0]",))) == number(0)
    assert positions(number(7), 2) == number(4)
    assert positions(A, 2) == positions(A, 2) != positions(A, 3)


def test_a_dense_layer_on_sequences_is_one_product():
    x = tf.placeholder(tf.float32, [None, None, 4])
    y = tf.tensordot(x, f32(4, 5), 1)
    assert exported([y], {x: f32(2, 3, 4)}) == {"MatMul": 1}
    assert exported([y], {x: f32(0, 3, 4)}) == {"MatMul": 1}


def test_batch_and_rest_need_no_shape():
    x = tf.placeholder(tf.float32, [None, 3, 4])
    batch = tf.shape(x)[0]
    outputs = [tf.reshape(x, [batch, 12]), tf.reshape(x, [batch * 3, 4]), tf.reshape(x, [batch, 2, 6])]
    assert exported(outputs, {x: f32(5, 3, 4)}) == {"Reshape": 3}


def test_two_sizes_that_stay_in_their_places_are_copied():
    x = tf.placeholder(tf.float32, [None, None, 6])
    y = tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], 2, 3])
    assert exported([y], {x: f32(5, 3, 6)}) == {"Reshape": 1}


def test_sizes_that_change_places_are_taken_from_one_shape():
    x = tf.placeholder(tf.float32, [None, None, 6])
    y = tf.reshape(x, [tf.shape(x)[1], 6, tf.shape(x)[0]])
    counts = exported([y], {x: f32(5, 3, 6)})
    assert counts["Reshape"] == 1
    assert counts["Cast"] == 0


def test_reshapes_one_after_the_other_are_one_or_none():
    x = tf.placeholder(tf.float32, [None, 3, 4])
    y = tf.reshape(tf.expand_dims(tf.reshape(x, [-1, 12]), 1), [-1, 2, 6])
    assert exported([y], {x: f32(5, 3, 4)}) == {"Reshape": 1}
    z = tf.reshape(tf.reshape(x, [-1, 12]), tf.shape(x))
    assert exported([tf.exp(z)], {x: f32(5, 3, 4)}) == {"Exp": 1}


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (2, 3)])
def test_nothing_in_the_batch(sizes):
    x = tf.placeholder(tf.float32, [None, None, 4])
    b, t = tf.shape(x)[0], tf.shape(x)[1]
    outputs = [
        tf.reshape(x, [b, t * 4]),
        tf.reshape(x, [b, t, 2, 2]),
        tf.reshape(x, [b * t, 4]),
        tf.reshape(x, [t, b, 4]),
    ]
    exported([*outputs, tf.reshape(x, [b, 2, t, 2])], {x: f32(*sizes, 4)})


def test_a_reshape_that_mixes_dimensions_stays():
    x = tf.placeholder(tf.float32, [None, None])
    y = tf.reshape(x, [tf.shape(x)[1], tf.shape(x)[0]])
    assert exported([y], {x: f32(2, 3)})["Reshape"] == 1


def test_zeros_of_the_same_shape():
    x = tf.placeholder(tf.float32, [None, 3, None])
    counts = exported([tf.zeros_like(x), tf.fill([tf.shape(x)[0], 7], 2.0)], {x: f32(2, 3, 4)})
    assert counts["Cast"] == counts["Gather"] == counts["Slice"] == 0


def test_slices_of_sizes_and_arithmetic_with_them():
    x = tf.placeholder(tf.float32, [None, None, 4])
    sizes = tf.shape(x)
    half = tf.concat([sizes[:1], sizes[1:2] // 2, [8]], 0)
    outputs = [tf.reshape(x, half), tf.reshape(x, [sizes[0] * sizes[1], -1]), sizes[::-1], tf.size(x), sizes[-1]]
    exported(outputs, {x: f32(3, 6, 4)})


def test_convolutions_pools_and_pads_keep_track_of_sizes():
    x = tf.placeholder(tf.float32, [None, None, None, 3])
    y = tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]), f32(3, 2, 3, 4), 2, "VALID")
    y = tf.nn.max_pool2d(y, 2, 1, "VALID")
    s = tf.shape(y)
    outputs = [tf.reshape(y, [s[0], s[1] * s[2], 4]), tf.reduce_sum(y, [1, 2]), tf.reshape(y, [-1, s[2], 4]), s]
    exported(outputs, {x: f32(2, 9, 8, 3)}, 1e-4)


def test_map_over_rows_needs_neither_scatter_nor_pad():
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.map_fn(lambda row: tf.reduce_max(row) * row, x * 1.5)
    counts = exported([y], {x: f32(4, 3)})
    assert counts["ScatterND"] == counts["Pad"] == 0
    exported([y], {x: f32(0, 3)})


def test_int32_overflow_is_not_folded():
    x = tf.placeholder(tf.int32, [3])
    y = tf.concat([x, [2147483647]], 0) + 1
    exported([y], {x: i32(3)})


def test_names_of_formulas_stay_short():
    size = A
    for _ in range(60):
        size = positions(plus(times(size, number(3)), B), 2)
    assert len(size[1][0]) < 60


def test_rows_of_matrices_of_sizes():
    x = tf.placeholder(tf.float32, [None, None, 2])
    sizes = tf.shape(x)
    table = tf.stack([[0, sizes[0]], [1, sizes[1]], [2, 2]])
    outputs = [tf.reshape(x, table[:, 1]), tf.reshape(x, [table[1, 1], -1]), tf.reshape(table[1:], [-1]), table[::2]]
    exported(outputs, {x: f32(3, 4, 2)})
