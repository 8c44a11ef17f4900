"""Programs of feature columns: features in, dense tensors and linear models out."""

from __future__ import annotations

from typing import Any

import numpy as np

Runs = list[tuple[Any, dict[Any, Any]]]

WORDS = [["red", ""], ["blue", "red"], ["pink", "blue"], ["", ""]]
NUMBERS = [[1.0], [-2.5], [0.0], [7.25]]
IDS = [[2, -1], [0, 1], [-1, -1], [3, 3]]


def _batch(tf: Any) -> tuple[dict[str, Any], dict[Any, Any]]:
    """Features of unknown batch size, and what to feed."""
    features = {
        "words": tf.placeholder(tf.string, [None, 2], name="words"),
        "number": tf.placeholder(tf.float32, [None, 1], name="number"),
        "pair": tf.placeholder(tf.int64, [None, 2], name="pair"),
        "ids": tf.placeholder(tf.int32, [None, 2], name="ids"),
        "weights": tf.placeholder(tf.float32, [None, 2], name="weights"),
        "flat": tf.placeholder(tf.int64, [None], name="flat"),
        "texts": tf.sparse_placeholder(tf.string, [None, None], name="texts"),
    }
    values = [
        WORDS,
        NUMBERS,
        [[1, 2], [3, 4], [5, 6], [7, 8]],
        IDS,
        [[0.5, 0], [1, -2], [0, 0], [3, 0.25]],
        [0, 3, 1, 9],
    ]
    feed: dict[Any, Any] = {f: np.array(v, f.dtype.as_numpy_dtype) for f, v in zip(features.values(), values)}  # noqa: B905
    feed[features["texts"]] = tf.SparseTensorValue([[0, 0], [0, 1], [2, 0], [3, 4]], ["a", "b", "c", "a"], [4, 5])
    return features, feed


def _initial(tf: Any) -> Any:
    return tf.random_uniform_initializer(-1, 1, seed=3)


def numbers_and_intervals(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    number = fc.numeric_column("number", normalizer_fn=lambda x: (x - 1.0) / 3.0)
    pair = fc.numeric_column("pair", shape=2, dtype=tf.int64)
    flat = fc.numeric_column("flat", dtype=tf.int64)
    columns = [number, pair, flat, fc.bucketized_column(pair, [2, 5.5]), fc.bucketized_column(flat, [1.0])]
    outputs: dict[Any, Any] = {}
    dense = fc.input_layer(features, columns, cols_to_output_tensors=outputs)
    return [([dense, outputs[number], outputs[columns[3]]], feed)]


def words_of_every_kind(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    columns = [
        fc.categorical_column_with_hash_bucket("words", 5),
        fc.categorical_column_with_identity("ids", 4, default_value=1),
        fc.categorical_column_with_identity("flat", 10),
        fc.categorical_column_with_hash_bucket("pair", 7, dtype=tf.int64),
        fc.categorical_column_with_hash_bucket("texts", 3),
    ]
    return [(fc.input_layer(features, [fc.indicator_column(c) for c in columns]), feed)]


def embeddings(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    words = fc.categorical_column_with_hash_bucket("words", 8)
    texts = fc.categorical_column_with_hash_bucket("texts", 6)
    ids = fc.weighted_categorical_column(fc.categorical_column_with_identity("ids", 4), "weights")
    columns = [
        fc.embedding_column(words, 3, initializer=_initial(tf)),
        fc.embedding_column(texts, 2, combiner="sqrtn", initializer=_initial(tf), trainable=False),
        fc.embedding_column(ids, 2, combiner="sum", initializer=_initial(tf), max_norm=0.5),
        fc.indicator_column(ids),
    ]
    variables: dict[Any, Any] = {}
    dense = fc.input_layer(features, columns, weight_collections=["mine"], cols_to_vars=variables)
    with tf.name_scope("gradients"):
        gradients = [tf.convert_to_tensor(g) for g in tf.gradients(dense * dense, tf.trainable_variables())]
    return [([dense, [v for c in columns for v in variables[c]], gradients], feed)]


def shared_embeddings(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    ids, flat = (fc.categorical_column_with_identity(key, 10, default_value=0) for key in ("ids", "flat"))
    named = fc.shared_embedding_columns([ids, flat], 2, initializer=_initial(tf))
    first = fc.input_layer(features, named)
    with tf.variable_scope("again"):
        second = fc.input_layer(features, [named[1]])
    weighted = fc.weighted_categorical_column(ids, "weights")
    other = fc.shared_embedding_columns(
        [weighted, flat], 3, shared_embedding_collection_name="mine", initializer=_initial(tf), trainable=False
    )
    return [([first, second, fc.input_layer(features, [*other, fc.numeric_column("number")])], feed)]


def slices_and_reuse(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    column = fc.embedding_column(fc.categorical_column_with_identity("ids", 5), 2, initializer=tf.ones_initializer())
    variables: dict[Any, Any] = {}
    with tf.variable_scope("net", partitioner=tf.fixed_size_partitioner(2), reuse=tf.AUTO_REUSE):
        first = fc.input_layer(features, column, cols_to_vars=variables)
        linear = fc.linear_model(features, [column.categorical_column], cols_to_vars=variables)
    with tf.variable_scope("net", partitioner=tf.fixed_size_partitioner(2), reuse=True):
        second = fc.input_layer(features, [column])
    return [([first, second, linear, variables[column], variables["bias"]], feed)]


def linear_models(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    number, pair = fc.numeric_column("number"), fc.numeric_column("pair", shape=2)
    words = fc.categorical_column_with_hash_bucket("words", 4)
    bucketized = fc.bucketized_column(pair, [2, 5])
    inner = fc.crossed_column(["flat", fc.categorical_column_with_identity("ids", 4)], 3)
    columns = [
        number, pair, words, bucketized,
        fc.weighted_categorical_column(fc.categorical_column_with_identity("ids", 4), "weights"),
        fc.crossed_column(["words", "flat"], 6),
        fc.crossed_column([bucketized, inner], 9, hash_key=7),
    ]  # fmt: skip
    variables: dict[Any, Any] = {}
    with tf.variable_scope("wide", initializer=_initial(tf)):
        one = fc.linear_model(features, columns, units=2, sparse_combiner="mean", cols_to_vars=variables)
    two = fc.linear_model(features, columns[:3], trainable=False, weight_collections=["mine"])
    names = [v for c in columns for v in variables[c]] + variables["bias"]
    with tf.name_scope("gradients"):
        step = tf.train.FtrlOptimizer(0.5, l1_regularization_strength=0.01).minimize(tf.reduce_sum((one - 1.0) ** 2))
    return [([one, two], feed), (step, feed), ([one, names], feed)]


def examples_parsed(tf: Any) -> Runs:
    fc = tf.feature_column
    columns = [
        fc.numeric_column("age", default_value=3),
        fc.numeric_column("pair", shape=(2,), dtype=tf.int64),
        fc.indicator_column(fc.categorical_column_with_hash_bucket("job", 4)),
        fc.weighted_categorical_column(fc.categorical_column_with_identity("id", 3), "w"),
        fc.crossed_column(["job", "town"], 5),
    ]
    spec = fc.make_parse_example_spec(columns)
    serialized = []
    for age, jobs in ((30.5, [b"cook", b"smith"]), (None, [])):
        example = tf.train.Example()
        if age is not None:
            example.features.feature["age"].float_list.value.append(age)
        example.features.feature["pair"].int64_list.value.extend([1, -4])
        example.features.feature["job"].bytes_list.value.extend(jobs)
        example.features.feature["town"].bytes_list.value.extend([b"Ulm"])
        example.features.feature["id"].int64_list.value.extend([2])
        example.features.feature["w"].float_list.value.extend([0.5])
        serialized.append(example.SerializeToString())
    parsed = tf.parse_example(tf.placeholder(tf.string, [None], name="examples"), spec)
    linear = fc.linear_model(parsed, columns[3:])
    dense = fc.input_layer(parsed, [*columns[:3], fc.indicator_column(columns[4])])
    return [([dense, linear], {"examples:0": serialized})]


def vocabularies(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    columns = [
        fc.categorical_column_with_vocabulary_list("words", ["red", "blue"], num_oov_buckets=2),
        fc.categorical_column_with_vocabulary_list("ids", [3, 1, 2], default_value=0),
        fc.categorical_column_with_vocabulary_list("texts", np.array(["a", "b"])),
    ]
    dense = fc.input_layer(features, [fc.indicator_column(c) for c in columns])
    return [(tf.tables_initializer(), {}), (dense, feed)]


def dense_features(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    number = fc.numeric_column("number")
    column = fc.embedding_column(fc.categorical_column_with_identity("ids", 5), 2, initializer=_initial(tf))
    layer = tf.keras.layers.DenseFeatures(
        [number, column, fc.bucketized_column(number, [0.5])], partitioner=tf.fixed_size_partitioner(2)
    )
    outputs: dict[Any, Any] = {}
    with tf.variable_scope("net"):
        first = layer(features, training=False)
        second = layer(features, cols_to_output_tensors=outputs, training=False)
    return [([first, second, outputs[column], layer.weights], feed)]


def sequences_of_words(tf: Any) -> Runs:
    fc = tf.feature_column
    features, feed = _batch(tf)
    words = fc.sequence_categorical_column_with_hash_bucket("texts", 6)
    layer = tf.keras.experimental.SequenceFeatures([fc.embedding_column(words, 2, initializer=_initial(tf))])
    counts = tf.keras.experimental.SequenceFeatures([fc.indicator_column(words)])
    return [([layer(features, training=False), counts(features, training=False)], feed)]


def sequences_of_numbers(tf: Any) -> Runs:
    fc = tf.feature_column
    numbers = tf.sparse_placeholder(tf.float32, [None, None], name="numbers")
    column = fc.sequence_numeric_column("numbers", shape=2, default_value=-1.0)
    layer = tf.keras.experimental.SequenceFeatures([column])
    value = tf.SparseTensorValue([[0, 0], [0, 1], [2, 0], [2, 3]], [1.0, 2.0, 3.0, 4.0], [4, 6])
    return [(layer({"numbers": numbers}, training=False), {numbers: value})]
