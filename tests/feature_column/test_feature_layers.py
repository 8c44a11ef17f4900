"""`DenseFeatures` and `SequenceFeatures` as layers of models; losses are those of TensorFlow 2.15.1."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

fc = tf.feature_column
LABELS = np.arange(8, dtype=np.float32).reshape(8, 1)
WORDS = np.array([["x"], ["y"], ["z"], ["x"], ["q"], ["y"], ["y"], ["z"]])


def columns():
    words = fc.categorical_column_with_hash_bucket("b", 5)
    return [
        fc.numeric_column("a"),
        fc.indicator_column(fc.categorical_column_with_hash_bucket("b", 3)),
        fc.embedding_column(words, 2, initializer=tf.random_uniform_initializer(-1, 1, seed=4)),
    ]


@pytest.fixture(autouse=True)
def graph():
    tf.keras.backend.clear_session()
    with tf.Graph().as_default():
        yield
    tf.keras.backend.clear_session()


def test_a_model_over_features_is_trained():
    inputs = {"a": tf.keras.Input((1,), name="a"), "b": tf.keras.Input((1,), name="b", dtype=tf.string)}
    dense = tf.keras.layers.DenseFeatures(columns())(inputs)
    output = tf.keras.layers.Dense(1, kernel_initializer=tf.keras.initializers.Constant(0.2))(dense)
    model = tf.keras.Model(inputs=list(inputs.values()), outputs=output)
    model.compile("sgd", "mse")
    history = model.fit([LABELS / 8, WORDS], LABELS, epochs=2, batch_size=4, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], [15.148382425308228, 13.564539909362793], rtol=1e-5)
    assert model.weights[0].name == "dense_features/b_embedding/embedding_weights:0"


def test_layers_are_made_again_from_their_configurations():
    layer = tf.keras.layers.DenseFeatures(columns(), name="first")
    config = layer.get_config()
    assert [c["class_name"] for c in config["feature_columns"]] == [
        "NumericColumn",
        "EmbeddingColumn",
        "IndicatorColumn",
    ]
    again = tf.keras.layers.DenseFeatures.from_config(config)
    assert again.get_config() == config
    assert again.compute_output_shape({"a": (None, 1), "b": (None, 1)}).as_list() == [None, 6]


def test_what_layers_refuse():
    ids = fc.categorical_column_with_identity("a", 3)
    with pytest.raises(ValueError, match=r"must be a <class .*DenseColumn'>"):
        tf.keras.layers.DenseFeatures([ids])
    with pytest.raises(ValueError, match=r"must be a <class .*DenseColumn'>"):
        tf.keras.layers.DenseFeatures(fc.shared_embedding_columns([ids], 2))
    with pytest.raises(ValueError, match=r"must be a <class .*SequenceDenseColumn'>"):
        tf.keras.experimental.SequenceFeatures([fc.numeric_column("a")])
    with pytest.raises(ValueError, match="We expected a dictionary here"):
        tf.keras.layers.DenseFeatures([fc.numeric_column("a")])(tf.zeros([2, 1]))
    with pytest.raises(ValueError, match="categorical_column must be of type SequenceCategoricalColumn"):
        tf.keras.experimental.SequenceFeatures([fc.indicator_column(ids)])({"a": tf.zeros([2, 1], tf.int64)})


def test_sequences_of_contrib_are_those_of_tensorflow_1_15():
    c = tf.contrib.feature_column
    ids = tf.SparseTensor([[0, 0], [1, 0], [1, 2]], tf.constant([1, 2, 0], tf.int64), [2, 3])
    numbers = tf.SparseTensor([[0, 0], [1, 0], [1, 2]], [1.0, 2.0, 3.0], [2, 3])
    column = fc.embedding_column(
        c.sequence_categorical_column_with_identity("a", 4), 2, initializer=tf.ones_initializer()
    )
    outputs, lengths = c.sequence_input_layer({"a": ids, "n": numbers}, [column, c.sequence_numeric_column("n")])
    assert [v.name for v in tf.global_variables()] == ["sequence_input_layer/a_embedding/embedding_weights:0"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = session.run([outputs, lengths])
    np.testing.assert_array_equal(found[0], [[[1, 1, 1], [0, 0, 0], [0, 0, 0]], [[1, 1, 2], [0, 0, 0], [1, 1, 3]]])
    assert found[1].tolist() == [1, 3]
    with pytest.raises(ValueError, match="must be of type _SequenceDenseColumn"):
        c.sequence_input_layer({"a": ids}, [fc.numeric_column("a")])
