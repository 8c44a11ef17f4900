"""Loops of recurrent layers become ONNX's operators, with the functions of their gates."""

from collections import Counter

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.runtime.test_recurrent import operators, plain
from tfcompat import onnx as tfonnx

LAYERS = {
    "LSTM(3)": {"LSTM": 1},
    "LSTM(3, 'relu', return_sequences=True)": {"LSTM": 1},
    "LSTM(3, recurrent_activation='sigmoid', return_state=True)": {"LSTM": 1},
    "LSTM(3, recurrent_activation='softsign')": {"Loop": 1},
    "LSTM(3, dropout=0.5)": {"LSTM": 1},
    "GRU(3)": {"GRU": 1},
    "GRU(3, 'relu', reset_after=True, return_sequences=True)": {"GRU": 1},
    "GRU(3, recurrent_activation='sigmoid', implementation=2)": {"GRU": 1},
    "SimpleRNN(3, 'relu')": {"RNN": 1},
    "Bidirectional(L.LSTM(3, return_sequences=True))": {"LSTM": 2},
    "CuDNNLSTM(3)": {"LSTM": 1},
    "CuDNNGRU(3, return_sequences=True)": {"GRU": 1},
    "RNN([L.LSTMCell(3), L.GRUCell(2)])": {"LSTM": 1, "GRU": 1},
    "LSTM(3, stateful=True, batch_input_shape=(2, 4, 5))": {"LSTM": 1},
}


@pytest.mark.parametrize("call", LAYERS)
def test_operators_and_values(call):
    batch = 2 if "stateful" in call else None
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(5)
        x = tf.placeholder(tf.float32, [batch, 4, 5], "x")
        layer = eval("L." + call, {"L": tf.keras.layers})
        options = {"training": False} if "dropout" in call else {}
        outputs = tf.nest.flatten(layer(x, **options))
        unrolled = eval("L." + call[:-1] + ", unroll=True)", {"L": tf.keras.layers}) if call[0] in "LGS" else None
        steps = tf.nest.flatten(unrolled(x, **options)) if unrolled else []
        session.run(tf.global_variables_initializer())
        model = tfonnx.export(outputs, [x], session)
        found = Counter({k: v for k, v in operators(model.graph).items() if k in ("LSTM", "GRU", "RNN", "Loop")})
        assert found == LAYERS[call]
        feeds = {"x:0": np.random.RandomState(3).randn(2, 4, 5).astype(np.float32)}
        wanted = session.run(outputs, feeds)
        for got, value in zip(plain(model, {model.graph.input[0].name: feeds["x:0"]}), wanted, strict=True):
            np.testing.assert_allclose(got, value, atol=1e-6)
        if unrolled:
            session.run([tf.assign(a, b) for a, b in zip(unrolled.weights, layer.weights, strict=True)])
            for got, value in zip(session.run(steps, feeds), wanted, strict=True):
                np.testing.assert_allclose(got, value, atol=2e-6)
