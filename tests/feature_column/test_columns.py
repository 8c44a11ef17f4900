"""Feature columns as objects: their attributes and configurations, what they refuse, files and checkpoints."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.feature_column.configs import deserialize_column, serialize_column

fc = tf.feature_column


def halved(x):
    return x / 2


def every_kind():
    number = fc.numeric_column("n", shape=(2, 1), default_value=3, dtype=tf.int32, normalizer_fn=halved)
    pair = fc.bucketized_column(fc.numeric_column("b"), [1, 2.5])
    ids = fc.categorical_column_with_identity("i", 4, default_value=0)
    words = fc.categorical_column_with_vocabulary_list("v", ["a", "b"], num_oov_buckets=2)
    weighted = fc.weighted_categorical_column(fc.categorical_column_with_hash_bucket("h", 9), "w")
    steps = fc.sequence_categorical_column_with_identity("s", 3)
    return [
        number,
        pair,
        ids,
        words,
        weighted,
        fc.categorical_column_with_vocabulary_file("f", "words.txt", 3, default_value=2, dtype=tf.int64),
        fc.crossed_column(["x", ids, pair], 11, hash_key=5),
        fc.indicator_column(weighted),
        fc.embedding_column(words, 3, max_norm=2.0, use_safe_embedding_lookup=False),
        fc.embedding_column(steps, 2, combiner="sum"),
        fc.sequence_numeric_column("t", shape=2, default_value=-1.0),
    ]


# name, num_buckets or shape, features of examples; as TensorFlow 2.15.1 has them.
SEEN = [
    ("n", (2, 1), {"n": tf.FixedLenFeature((2, 1), tf.int32, ((3,), (3,)))}),
    ("b_bucketized", (1, 3), {"b": tf.FixedLenFeature((1,), tf.float32)}),
    ("i", 4, {"i": tf.VarLenFeature(tf.int64)}),
    ("v", 4, {"v": tf.VarLenFeature(tf.string)}),
    ("h_weighted_by_w", 9, {"h": tf.VarLenFeature(tf.string), "w": tf.VarLenFeature(tf.float32)}),
    ("f", 3, {"f": tf.VarLenFeature(tf.int64)}),
    (
        "b_bucketized_X_i_X_x",
        11,
        {
            "x": tf.VarLenFeature(tf.string),
            "i": tf.VarLenFeature(tf.int64),
            "b": tf.FixedLenFeature((1,), tf.float32),
        },
    ),
    ("h_weighted_by_w_indicator", (1, 9), {"h": tf.VarLenFeature(tf.string), "w": tf.VarLenFeature(tf.float32)}),
    ("v_embedding", (3,), {"v": tf.VarLenFeature(tf.string)}),
    ("s_embedding", (2,), {"s": tf.VarLenFeature(tf.int64)}),
    ("t", (2,), {"t": tf.VarLenFeature(tf.float32)}),
]


@pytest.mark.parametrize(("column", "seen"), list(zip(every_kind(), SEEN, strict=True)))
def test_attributes_and_copies(column, seen):
    name, size, spec = seen
    assert column.name == name
    assert column.parse_example_spec == column._parse_example_spec == spec
    if isinstance(size, int):
        assert column.num_buckets == column._num_buckets == size
    else:
        assert column.variable_shape.as_list() == list(size)
    assert copy.deepcopy(column).name == name
    assert column._replace() == column
    if column.name not in ("v_embedding", "s_embedding"):
        assert pickle.loads(pickle.dumps(column)) == column
        assert hash(copy.deepcopy(column)) == hash(column)


@pytest.mark.parametrize("column", every_kind(), ids=lambda column: column.name)
def test_configurations_make_equal_columns(column):
    made = deserialize_column(serialize_column(column), {"halved": halved})
    assert type(made) is type(column)
    assert made.get_config() == column.get_config()
    assert {k: v for k, v in made._asdict().items() if k != "initializer"} == {
        k: v for k, v in column._asdict().items() if k != "initializer"
    }


def test_configurations_are_those_of_the_reference():
    embedding = fc.embedding_column(fc.categorical_column_with_identity("i", 4), 4).get_config()
    assert embedding == {
        "categorical_column": {
            "class_name": "IdentityCategoricalColumn",
            "config": {"key": "i", "number_buckets": 4, "default_value": None},
        },
        "dimension": 4,
        "combiner": "mean",
        "initializer": {
            "class_name": "TruncatedNormal",
            "config": {"mean": 0.0, "stddev": 0.5, "seed": None, "dtype": "float32"},
        },
        "ckpt_to_load_from": None,
        "tensor_name_in_ckpt": None,
        "max_norm": None,
        "trainable": True,
        "use_safe_embedding_lookup": True,
    }
    with pytest.raises(ValueError, match="Unknown feature_column: Other"):
        deserialize_column({"class_name": "Other", "config": {}})
    with pytest.raises(ValueError, match="Improper config format"):
        deserialize_column({"class_name": "NumericColumn"})


def test_columns_are_ordered_as_texts_and_equal_by_arguments():
    a, b = fc.numeric_column("a"), fc.numeric_column("b")
    assert sorted([b, a]) == [a, b]
    assert fc.numeric_column("a", shape=[1]) == a
    assert len({a, fc.numeric_column("a"), b}) == 2
    assert repr(a) == "NumericColumn(key='a', shape=(1,), default_value=None, dtype=tf.float32, normalizer_fn=None)"


NUMBER, IDS = fc.numeric_column("a"), fc.categorical_column_with_identity("i", 3)
HASHED = fc.categorical_column_with_hash_bucket("h", 3)
REFUSED = [
    (lambda: fc.numeric_column(3), ValueError, "key must be a string"),
    (lambda: fc.numeric_column("a", shape=[1.0]), TypeError, "shape dimensions must be integer"),
    (lambda: fc.numeric_column("a", shape=[2, 0]), ValueError, "must be greater than 0"),
    (lambda: fc.numeric_column("a", shape=[2], default_value=[1.0]), ValueError, "must be equal to given shape"),
    (lambda: fc.numeric_column("a", dtype=tf.int32, default_value=1.5), TypeError, "must be compatible with dtype"),
    (lambda: fc.numeric_column("a", dtype=tf.string), ValueError, "must be convertible to float"),
    (lambda: fc.numeric_column("a", normalizer_fn=3), TypeError, "must be a callable"),
    (lambda: fc.bucketized_column(IDS, [0]), ValueError, r"generated with numeric_column\(\)"),
    (lambda: fc.bucketized_column(fc.numeric_column("a", [2, 3]), [0]), ValueError, "must be one-dimensional"),
    (lambda: fc.bucketized_column(NUMBER, [1, 0]), ValueError, "boundaries must be a sorted list"),
    (lambda: fc.bucketized_column(NUMBER, []), ValueError, "boundaries must not be empty"),
    (lambda: fc.categorical_column_with_identity("i", 0), ValueError, "num_buckets 0 < 1"),
    (lambda: fc.categorical_column_with_identity("i", 2, 2), ValueError, "default_value 2 not in range"),
    (lambda: fc.categorical_column_with_hash_bucket("i", 0), ValueError, "must be at least 1"),
    (lambda: fc.categorical_column_with_hash_bucket("i", 2, tf.float32), ValueError, "must be string or integer"),
    (lambda: fc.categorical_column_with_vocabulary_list("i", []), ValueError, "must be non-empty"),
    (lambda: fc.categorical_column_with_vocabulary_list("i", ["a", "a"]), ValueError, "Duplicate keys"),
    (lambda: fc.categorical_column_with_vocabulary_list("i", ["a"], tf.int32), ValueError, "do not match"),
    (lambda: fc.categorical_column_with_vocabulary_list("i", ["a"], None, 0, 1), ValueError, "Can't specify both"),
    (lambda: fc.categorical_column_with_vocabulary_list("i", ["a"], None, -1, -1), ValueError, "Invalid num_oov"),
    (lambda: fc.categorical_column_with_vocabulary_file("i", ""), ValueError, "Missing vocabulary_file in i"),
    (lambda: fc.categorical_column_with_vocabulary_file("i", "no/such/file"), ValueError, "does not exist"),
    (lambda: fc.categorical_column_with_vocabulary_file("i", "f", 0), ValueError, "Invalid vocabulary_size in i"),
    (lambda: fc.crossed_column(["a"], 3), ValueError, "length > 1"),
    (lambda: fc.crossed_column(["a", "b"], 0), ValueError, "hash_bucket_size must be > 1"),
    (lambda: fc.crossed_column(["a", NUMBER], 3), ValueError, "Unsupported key type"),
    (lambda: fc.crossed_column(["a", HASHED], 3), ValueError, "is not supported for crossing"),
    (lambda: fc.weighted_categorical_column(IDS, "w", tf.string), ValueError, "is not convertible to float"),
    (lambda: fc.embedding_column(IDS, 0), ValueError, "Invalid dimension 0"),
    (lambda: fc.embedding_column(IDS, 2, ckpt_to_load_from="p"), ValueError, "Must specify both"),
    (lambda: fc.embedding_column(IDS, 2, initializer=3), ValueError, "initializer must be callable"),
    (lambda: fc.shared_embedding_columns([IDS, HASHED], 2), ValueError, "must have the same type"),
    (
        lambda: fc.shared_embedding_columns([IDS, fc.categorical_column_with_identity("j", 4)], 2),
        ValueError,
        "same number of buckets",
    ),
    (lambda: fc.make_parse_example_spec([NUMBER, 3]), ValueError, "All feature_columns must be"),
    (
        lambda: fc.make_parse_example_spec([NUMBER, fc.categorical_column_with_identity("a", 3)]),
        ValueError,
        "different parse_spec for key a",
    ),
]
ONE = {"a": [[1.0]], "i": [[1]], "h": [["x"]], "f": [[2.0]]}
REFUSED_INPUTS = [
    (lambda: fc.input_layer(ONE, []), ValueError, "must not be empty"),
    (lambda: fc.input_layer(ONE, {"a": NUMBER}), ValueError, "found dict"),
    (lambda: fc.input_layer(ONE, ["a"]), ValueError, "must be a _FeatureColumn"),
    (lambda: fc.input_layer(ONE, [IDS]), ValueError, "must be a _DenseColumn"),
    (lambda: fc.input_layer(ONE, [NUMBER, NUMBER]), ValueError, "Duplicate feature column name"),
    (lambda: fc.input_layer({}, [NUMBER]), ValueError, "a is not in features dictionary"),
    (lambda: fc.input_layer({"a": 1.0}, [NUMBER]), ValueError, "cannot have rank 0"),
    (lambda: fc.input_layer({"a": tf.sparse_placeholder(tf.float32)}, [NUMBER]), ValueError, "is not supported"),
    (
        lambda: fc.input_layer({"a": [[1.0]], "b": [[1.0], [2.0]]}, [NUMBER, fc.numeric_column("b")]),
        ValueError,
        "must be same",
    ),
    (
        lambda: fc.linear_model({"h": [[1.0]]}, [fc.categorical_column_with_hash_bucket("h", 3, tf.int32)]),
        ValueError,
        "input_tensor dtype must be string or integer",
    ),
    (lambda: fc.linear_model({"h": [[1]]}, [HASHED]), ValueError, "dtype must be compatible"),
    (lambda: fc.linear_model({"i": [["x"]]}, [IDS]), ValueError, "Invalid input, not integer"),
    (lambda: fc.linear_model(ONE, [fc.weighted_categorical_column(HASHED, "i")]), ValueError, "Bad dtype"),
    (
        lambda: fc.input_layer(ONE, [fc.embedding_column(fc.sequence_categorical_column_with_identity("i", 3), 2)]),
        ValueError,
        "must not be of type SequenceCategoricalColumn",
    ),
    (
        lambda: fc.linear_model(ONE, [fc.crossed_column(["h", fc.weighted_categorical_column(IDS, "a")], 3)]),
        ValueError,
        "does not support weight_tensor",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED + REFUSED_INPUTS)
def test_refused(make, error, message):
    with tf.Graph().as_default(), pytest.raises(error, match=message):
        make()


def run(fetches):
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(fetches)


def test_vocabularies_of_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("red\nblue\ngreen\n")
    with tf.Graph().as_default():
        column = fc.categorical_column_with_vocabulary_file("w", str(path))
        short = fc.categorical_column_with_vocabulary_file("w", str(path), 2, num_oov_buckets=1)
        assert (column.vocabulary_size, short.num_buckets) == (3, 3)
        features = {"w": [["green", "pink"], ["red", "blue"]]}
        found = run([fc.input_layer(features, [fc.indicator_column(c)]) for c in (column, short)])
    np.testing.assert_array_equal(found[0], [[0, 0, 1], [1, 1, 0]])
    np.testing.assert_array_equal(found[1], [[0, 0, 2], [1, 1, 0]])


def test_embeddings_begin_with_the_values_of_a_checkpoint(tmp_path):
    table = np.arange(6, dtype=np.float32).reshape(3, 2)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("table", initializer=table)
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    for partitioner in (None, tf.fixed_size_partitioner(2)):
        with tf.Graph().as_default(), tf.variable_scope("v", partitioner=partitioner):
            column = fc.embedding_column(IDS, 2, ckpt_to_load_from=path, tensor_name_in_ckpt="table")
            found = run(fc.input_layer({"i": [[2, -1], [0, 1]]}, [column]))
        np.testing.assert_array_equal(found, [[4, 5], [1, 2]])


def test_lookups_that_are_not_safe_need_an_id_for_every_example():
    with tf.Graph().as_default():
        column = fc.embedding_column(IDS, 2, initializer=tf.ones_initializer(), use_safe_embedding_lookup=False)
        ids = tf.SparseTensor([[0, 0], [1, 0]], tf.constant([2, 1], tf.int64), [2, 2])
        found = run(fc.input_layer({"i": ids}, [column]))
    np.testing.assert_array_equal(found, np.ones([2, 2]))


def test_columns_of_programs_take_part():
    class Doubled(fc.numeric_column("a").__class__):
        @property
        def name(self):
            return "doubled"

        def transform_feature(self, transformation_cache, state_manager):
            return 2 * transformation_cache.get(NUMBER, state_manager)

    with tf.Graph().as_default():
        found = run(fc.input_layer({"a": [[1.5], [-2.0]]}, [NUMBER, Doubled(*NUMBER)._replace(key="doubled")]))
    np.testing.assert_array_equal(found, [[1.5, 3], [-2, -4]])


def test_columns_are_found_in_the_internal_modules_of_the_reference():
    program = """
from tensorflow.python.feature_column import feature_column as old, feature_column_v2 as new
from tensorflow.python.feature_column.feature_column import _EmbeddingColumn, _LazyBuilder
import tensorflow as tf
column = tf.feature_column.embedding_column(tf.feature_column.categorical_column_with_identity("i", 3), 2)
assert isinstance(column, (_EmbeddingColumn, new.EmbeddingColumn)) and isinstance(column, old._DenseColumn)
ids = column.categorical_column._get_sparse_tensors(_LazyBuilder({"i": [[1, -1]]})).id_tensor
assert tf.Session().run(ids).values.tolist() == [1]
"""
    found = subprocess.run(
        [sys.executable, "-m", "tfcompat", "run", "/dev/stdin"],
        input=program,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
