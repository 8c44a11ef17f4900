"""Layers as objects of programs: subclasses, custom objects, functions, states, what they refuse."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

L = tf.keras.layers


@pytest.fixture(autouse=True)
def session():
    tf.keras.backend.clear_session()
    with tf.Graph().as_default():
        yield tf.keras.backend.get_session()


class Scaled(L.Dense):
    """A subclass with an argument of its own."""

    def __init__(self, units, factor=2.0, **kwargs):
        super().__init__(units, **kwargs)
        self.factor = factor

    def call(self, inputs):
        return self.factor * super().call(inputs)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def test_layers_of_tf_layers_are_keras_layers():
    made = tf.layers.Conv2D(2, 3), tf.layers.Dense(2), tf.layers.MaxPooling2D(2, 2), tf.layers.BatchNormalization()
    kinds = L.Conv2D, L.Dense, L.MaxPooling2D, L.BatchNormalization
    assert all(isinstance(layer, kind) for layer, kind in zip(made, kinds, strict=True))
    assert L.Dense.from_config(tf.layers.Dense(2, "relu").get_config()).activation is tf.keras.activations.relu


def test_custom_objects():
    config = L.serialize(Scaled(3, factor=5.0, activation="tanh"))
    assert config["class_name"] == "Scaled"
    with pytest.raises(ValueError, match="Unknown layer"):
        L.deserialize(config)
    twin = L.deserialize(config, custom_objects={"Scaled": Scaled})
    assert (twin.units, twin.factor, twin.activation) == (3, 5.0, tf.keras.activations.tanh)
    wrapped = L.TimeDistributed(Scaled(2))
    with tf.keras.utils.custom_object_scope({"Scaled": Scaled}):
        assert isinstance(L.TimeDistributed.from_config(wrapped.get_config()).layer, Scaled)


def test_functions_of_lambda_layers():
    factor = 3.0

    def scaled(x, more=1.0):
        return x * factor * more

    config = L.Lambda(scaled, arguments={"more": 2.0}, output_shape=(2,)).get_config()
    twin = L.Lambda.from_config(config)
    with tf.Session() as session:
        assert session.run(twin(tf.constant([[1.0, 2.0]]))).tolist() == [[6, 12]]
    assert twin.compute_output_shape((None, 2)).as_list() == [None, 2]
    assert L.Lambda(lambda x: x[:, :1]).compute_output_shape((4, 3)).as_list() == [4, 1]
    summed = L.Lambda(tf.reduce_sum, output_shape=lambda shape: (shape[0],), mask=lambda x, mask: mask)
    assert summed.compute_output_shape((4, 3)).as_list() == [4]
    assert summed.compute_mask(None, "given") == "given"


def test_states_of_recurrent_layers():
    layer = L.GRU(2, stateful=True, batch_input_shape=(3, 4, 1))
    with pytest.raises(ValueError, match="batch size"):
        layer.reset_states()
    layer(tf.zeros([3, 4, 1]))
    assert [v.shape.as_list() for v in layer.states] == [[3, 2]]
    assert len(layer.weights) == 3
    layer.reset_states(np.ones((3, 2)))
    assert tf.keras.backend.get_value(layer.states[0]).tolist() == [[1, 1]] * 3
    with pytest.raises(ValueError, match="State 0 is incompatible"):
        layer.reset_states(np.ones((2, 2)))
    with pytest.raises(ValueError, match="expects 1 states"):
        layer.reset_states([np.ones((3, 2))] * 2)
    layer.reset_states()
    assert not tf.keras.backend.get_value(layer.states[0]).any()
    with pytest.raises(AttributeError, match="must be stateful"):
        L.LSTM(2).reset_states()


def test_cells_by_themselves():
    cell = L.LSTMCell(2, kernel_initializer="ones", recurrent_initializer="zeros")
    state = cell.get_initial_state(batch_size=3, dtype=tf.float32)
    outputs, (h, c) = cell(tf.ones([3, 1]), state)
    assert outputs is h
    assert c.shape.as_list() == [3, 2]
    with pytest.raises(ValueError, match="cannot be None"):
        cell.get_initial_state()
    peephole = tf.keras.experimental.PeepholeLSTMCell(2)
    L.RNN(peephole)(tf.ones([2, 3, 4]))
    assert [v.name.rpartition("/")[2] for v in peephole.weights][3:] == [
        "input_gate_peephole_weights:0", "forget_gate_peephole_weights:0", "output_gate_peephole_weights:0",
    ]  # fmt: skip


def test_losses_and_updates_of_models():
    normalised = L.BatchNormalization()
    model = tf.keras.Sequential([L.Dense(2, kernel_regularizer="l2", input_shape=(3,)), normalised,
                                 L.ActivityRegularization(0.1)])  # fmt: skip
    assert len(model.losses) == 2
    assert len(model.updates) == 2
    normalised.trainable = False
    assert model.updates == []
    assert len(model.trainable_weights) == 2


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ("Bidirectional(L.LSTM(2), backward_layer=L.LSTM(2))", ValueError, "different `go_backwards`"),
        ("Bidirectional(L.LSTM(2), backward_layer=L.GRU(2, go_backwards=True, stateful=True))", ValueError, "stateful"),
        ("Bidirectional(3)", ValueError, "initialize `Bidirectional`"),
        ("StackedRNNCells([3])", ValueError, "`call` method"),
        ("UpSampling2D(interpolation='cubic')", ValueError, "interpolation"),
        ("LocallyConnected1D(2, 3, implementation=4)(tf.ones([1, 5, 2]))", ValueError, "implementation"),
        ("CuDNNLSTM(2)(tf.ones([1, 3, 2]), mask=tf.ones([1, 3]))", ValueError, "Masking is not supported"),
        ("Attention(score_mode='sum')", ValueError, "score_mode"),
        ("Attention()([tf.ones([1, 2, 3])] * 2, mask=tf.ones([1, 2]))", ValueError, "mask must be a list"),
        ("Add().compute_mask([1], 2)", ValueError, "should be a list"),
        ("EinsumDense('ab,cd->ad', 2)(tf.ones([2, 3]))", ValueError, "did not have a match"),
        ("EinsumDense('ab->ad', 2)(tf.ones([2, 3]))", ValueError, "Invalid einsum equation"),
        ("Embedding(3, 2, input_length=4).compute_output_shape((2, 5))", ValueError, "input_length"),
    ],
)
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        eval("L." + call, {"L": L, "tf": tf})
