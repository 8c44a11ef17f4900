"""Records recurrent layers of Keras, frozen by TensorFlow 2, and what they answer: tests/data/control_flow/keras_*.npz.

    path/to/tensorflow/bin/python scripts/record_keras_rnn.py

The files are like those of `record_control_flow.py`.
"""

import pathlib

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "control_flow"
layers = tf.keras.layers


def record(name, layer, x, *before):
    inputs = tf.keras.Input((None, x.shape[-1]))
    value = inputs
    for first in (*before, layer):
        value = first(value)
    model = tf.keras.Model(inputs, value)
    concrete = tf.function(model).get_concrete_function(tf.TensorSpec([None, None, x.shape[-1]], x.dtype))
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    values = tf.nest.flatten(frozen(tf.constant(x)))
    arrays = {
        "graph": np.frombuffer(frozen.graph.as_graph_def().SerializeToString(), np.uint8),
        f"in:{frozen.inputs[0].name}": x,
    }
    arrays.update({f"out:{i}:{t.name}": v.numpy() for i, (t, v) in enumerate(zip(frozen.outputs, values, strict=True))})
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)


def main():
    tf.random.set_seed(1)
    x = np.random.RandomState(0).uniform(-1, 1, (2, 5, 3)).astype(np.float32)
    masked = x.copy()
    masked[0, 3:] = 0
    record("keras_lstm", layers.LSTM(4, return_sequences=True, return_state=True), x)
    record("keras_lstm_last", layers.LSTM(4), x)
    record("keras_gru", layers.GRU(4, return_sequences=True), x)
    record("keras_gru_reset_before", layers.GRU(4, return_sequences=True, reset_after=False), x)
    record("keras_simple_rnn", layers.SimpleRNN(4, return_sequences=True), x)
    record("keras_bidirectional", layers.Bidirectional(layers.LSTM(3, return_sequences=True)), x)
    record("keras_masked_gru", layers.GRU(4, return_sequences=True), masked, layers.Masking())


if __name__ == "__main__":
    main()
