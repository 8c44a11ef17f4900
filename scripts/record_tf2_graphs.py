"""Records functions and recurrent layers of Keras, frozen by TensorFlow 2, and what they answer.

    path/to/tensorflow/bin/python scripts/record_tf2_graphs.py

The files, tests/data/control_flow/keras_*.npz and function_*.npz, are like those of `record_control_flow.py`. Freezing
turns loops and conditions of most functions into control flow of version 1.
"""

import pathlib

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "control_flow"
layers = tf.keras.layers


def record(name, concrete, feeds, lower):
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=lower)
    values = tf.nest.flatten(frozen(*map(tf.constant, feeds)))
    arrays = {"graph": np.frombuffer(frozen.graph.as_graph_def().SerializeToString(), np.uint8)}
    arrays.update({f"in:{t.name}": x for t, x in zip(frozen.inputs, feeds, strict=True)})
    arrays.update({f"out:{i}:{t.name}": v.numpy() for i, (t, v) in enumerate(zip(frozen.outputs, values, strict=True))})
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)


def record_layer(name, layer, x, *before):
    inputs = tf.keras.Input((None, x.shape[-1]))
    value = inputs
    for first in (*before, layer):
        value = first(value)
    model = tf.keras.Model(inputs, value)
    concrete = tf.function(model).get_concrete_function(tf.TensorSpec([None, None, x.shape[-1]], x.dtype))
    record(name, concrete, [x], lower=False)


def record_function(function, *feeds):
    specs = [tf.TensorSpec([None] * min(1, x.ndim) + list(x.shape[1:]), x.dtype) for x in feeds]
    record(f"function_{function.__name__}", tf.function(function).get_concrete_function(*specs), feeds, lower=True)


RNG = np.random.RandomState(5)
WEIGHTS = tf.Variable(RNG.uniform(-1, 1, (3, 3)).astype(np.float32))
BIAS = tf.Variable(RNG.uniform(-1, 1, 3).astype(np.float32))


@tf.function
def chosen(x):
    if tf.reduce_sum(x) > 0:
        return tf.tanh(x @ WEIGHTS)
    return x * 2.0


def calls(x):
    for i in tf.range(3):  # noqa: B007
        x = chosen(x) + BIAS
        if tf.reduce_max(x) > 2.0:
            break
    return x, i


def leaves_early(x):
    total, count = tf.constant(0.0), tf.constant(0)
    for value in x:
        if value < -0.5:
            continue
        if total > 2.0:
            break
        total += value
        count += 1
    return total, count


def writes(x):
    array, i = tf.TensorArray(tf.float32, 0, dynamic_size=True), 0
    while tf.reduce_sum(x) < 10.0 and i < 6:
        array = array.write(i, x)
        x, i = x * 1.7 + 0.1, i + 1
    return array.stack(), i


def switches(x, k):
    return tf.switch_case(k, [lambda: x + 1.0, lambda: x * 2.0, lambda: tf.sin(x)], default=lambda: -x)


def gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = chosen(x) * x
    return tape.gradient(y, x)


def main():
    tf.random.set_seed(1)
    x = np.random.RandomState(0).uniform(-1, 1, (2, 5, 3)).astype(np.float32)
    masked = x.copy()
    masked[0, 3:] = 0
    record_layer("keras_lstm", layers.LSTM(4, return_sequences=True, return_state=True), x)
    record_layer("keras_lstm_last", layers.LSTM(4), x)
    record_layer("keras_gru", layers.GRU(4, return_sequences=True), x)
    record_layer("keras_gru_reset_before", layers.GRU(4, return_sequences=True, reset_after=False), x)
    record_layer("keras_simple_rnn", layers.SimpleRNN(4, return_sequences=True), x)
    record_layer("keras_bidirectional", layers.Bidirectional(layers.LSTM(3, return_sequences=True)), x)
    record_layer("keras_masked_gru", layers.GRU(4, return_sequences=True), masked, layers.Masking())
    record_function(calls, x[0])
    record_function(leaves_early, x.reshape(-1))
    record_function(writes, abs(x[0]))
    record_function(switches, x[0, 0], np.array(1, np.int32))
    record_function(gradient, abs(x[0]))


if __name__ == "__main__":
    main()
