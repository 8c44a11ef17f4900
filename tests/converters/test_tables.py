"""Lookups in tables, and operations on text, in exported models: the same as in a session."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.converters.text_models import assert_same, texts
from tfcompat import onnx as tfonnx

lookup = tf.lookup


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


@pytest.mark.parametrize(
    ("keys", "values", "default", "asked"),
    [
        (["a", "b", "é", ""], np.array([3, 1, 7, 2]), -1, texts([["b", "zz"], ["", "é"]])),
        (["a", "b"], np.float32([1.5, -2]), 0.25, texts(["b", "x", "a"])),
        (["a", "b"], [True, False], False, texts(["b", "x", "a"])),
        (np.array([5, -3, 2**40]), ["x", "y", "ü"], "?", np.array([2**40, 0, -3])),
        (np.array([5, -3, 0]), np.array([1, 2, 3]), -7, np.array([[0], [5], [1]])),
        (np.array([5, -3], np.int32), np.int32([1, 2]), -7, np.array([5, 0], np.int32)),
        (np.array([5, -3]), np.float64([0.1, 2]), 0.5, np.array([5, 0])),
        (["a"], np.array([1]), -1, texts("a")),
        (["a"], np.array([1]), -1, texts([]).reshape(0, 2)),
    ],
)
def test_static_tables(session, keys, values, default, asked):
    table = lookup.StaticHashTable(lookup.KeyValueTensorInitializer(keys, values), default)
    x = tf.placeholder(table.key_dtype, [None] * asked.ndim, name="x")
    session.run(table.initializer)
    assert_same(session, [table.lookup(x), table.size()], [x], [asked])


def test_words_to_rows_of_an_embedding(session):
    table = lookup.StaticHashTable(lookup.KeyValueTensorInitializer(["cat", "dog"], np.array([0, 1])), 2)
    weights = tf.get_variable("w", initializer=tf.reshape(tf.range(9.0), [3, 3]))
    x = tf.placeholder(tf.string, [None, 2], name="x")
    rows = tf.reduce_sum(tf.nn.embedding_lookup(weights, table.lookup(x)), 1)
    session.run([table.initializer, weights.initializer])
    assert_same(session, rows, [x], [texts([["dog", "cow"], ["cat", "cat"]])])


def test_tables_that_change_have_their_present_entries(session):
    table = lookup.experimental.MutableHashTable(tf.string, tf.float32, [0.0, -1.0])
    dense = lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, 100, 200)
    x, y = tf.placeholder(tf.string, [None], name="x"), tf.placeholder(tf.int64, [None], name="y")
    outputs = [table.lookup(x), table.size(), dense.lookup(y), dense.size()]
    empty = [texts(["a", "b"]), np.array([1, 2])]
    assert_same(session, outputs, [x, y], empty)
    session.run([table.insert(["b"], [[3.0, 4.0]]), dense.insert([2, 3], [7, 8])])
    session.run(dense.remove([3]))
    assert_same(session, outputs, [x, y], [texts(["a", "b", "b"]), np.array([1, 2, 3])])


def test_a_default_for_each_key(session):
    table = lookup.experimental.MutableHashTable(tf.int64, tf.int64, -1)
    x = tf.placeholder(tf.int64, [3], name="x")
    session.run(table.insert([2], [7]))
    found = table.lookup(x, dynamic_default_values=tf.constant([4, 5, 6], tf.int64))
    assert_same(session, found, [x], [np.array([1, 2, 3])])


def test_text(session):
    x = tf.placeholder(tf.string, [None], name="x")
    n = tf.placeholder(tf.int32, [2], name="n")
    outputs = [
        tf.strings.join([x, "é", x], "--"),
        tf.equal(x, "b"),
        tf.not_equal(x, tf.reverse(tf.constant(["b", "a"]), [0])),
        tf.strings.regex_full_match(x, "a+|[[:alpha:]]b"),
        tf.where(tf.equal(x, "b"), x, tf.constant(["o", "p"])),
        tf.as_string(n),
        tf.expand_dims(tf.gather(x, [1, 0, 1]), 0),
        tf.concat([x, x[:1]], 0),
        tf.shape(x),
    ]
    assert_same(session, outputs, [x, n], [texts(["aa", "b"]), np.array([-5, 2**31 - 1], np.int32)])


def test_what_has_no_form_is_refused(session):
    x = tf.placeholder(tf.string, [None], name="x")
    table = lookup.StaticHashTable(lookup.KeyValueTensorInitializer([b"\xff"], [1]), -1)
    with pytest.raises(tf.errors.FailedPreconditionError, match="Table not initialized"):
        tfonnx.export(table.lookup(x), x, session)
    session.run(table.initializer)
    with pytest.raises(tf.errors.UnimplementedError, match="not UTF-8 text"):
        tfonnx.export(table.lookup(x), x, session)
    with pytest.raises(tfonnx.NotExportable, match="DecodeBase64"):
        tfonnx.export(tf.decode_base64(x), x, session)
    with pytest.raises(tfonnx.NotExportable, match="without padding"):
        tfonnx.export(tf.as_string(tf.strings.length(x), width=5), x, session)
