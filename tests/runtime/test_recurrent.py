"""Loops that become ONNX's operators for recurrent networks: which do, what they give, and on nothing at all."""

from collections import Counter

import numpy as np
import onnxruntime as ort
import pytest

import tfcompat.compat.v1 as tf
from tests.session.test_recorded_control_flow import imported, load
from tfcompat import onnx as tfonnx

OPERATORS = {
    "basic_rnn_v1": {"RNN": 1},
    "basic_rnn_v2": {"RNN": 1},
    "bidirectional_v1": {"LSTM": 2},
    "bidirectional_v2": {"LSTM": 2},
    "gru_time_major_v1": {"GRU": 1},
    "gru_time_major_v2": {"GRU": 1},
    "lstm_lengths_v1": {"LSTM": 1},
    "lstm_lengths_v2": {"LSTM": 1},
    "lstm_peepholes_v1": {"LSTM": 1},
    "lstm_peepholes_v2": {"LSTM": 1},
    "lstm_projection_v1": {"Loop": 1},
    "stacked_lstm_v1": {"LSTM": 1, "GRU": 1},
    "stacked_lstm_v2": {"LSTM": 1, "GRU": 1},
    "keras_lstm": {"LSTM": 1},
    "keras_lstm_last": {"LSTM": 1},
    "keras_gru": {"GRU": 1},
    "keras_gru_reset_before": {"GRU": 1},
    "keras_simple_rnn": {"RNN": 1},
    "keras_bidirectional": {"LSTM": 2},
    "keras_masked_gru": {"Loop": 1},
}


def exported(outputs, inputs, session):
    return tfonnx.export(outputs, inputs, session)


def operators(graph) -> Counter:
    """Operators of a graph and its bodies by type."""
    found = Counter(node.op_type for node in graph.node)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found += operators(attribute.g)
    return found


def plain(model, feeds):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


@pytest.mark.parametrize("name", OPERATORS)
def test_recorded_loops_become_operators(name):
    graph, feeds, wanted = load(name)
    with tf.Graph().as_default(), tf.Session() as session:
        imported(graph)
        found = operators(exported(list(wanted), list(feeds), session).graph)
    assert {k: found[k] for k in ("LSTM", "GRU", "RNN", "Loop") if found[k]} == OPERATORS[name]


@pytest.mark.parametrize("name", ["basic_rnn_v2", "gru_time_major_v1", "lstm_lengths_v1", "keras_lstm", "keras_gru"])
@pytest.mark.parametrize("empty", ["batch", "time"])
def test_nothing_in_the_batch_or_no_time(name, empty):
    graph, feeds, wanted = load(name)
    time_axis = 0 if "time_major" in name else 1
    axis = 1 - time_axis if empty == "batch" else time_axis
    if name == "basic_rnn_v2" and empty == "time":
        pytest.skip("the number of steps is fixed")
    small = {
        k: np.zeros([0 if i == axis else d for i, d in enumerate(v.shape)] if v.ndim == 3 else [0], v.dtype)
        if v.ndim == 3 or empty == "batch"
        else np.zeros_like(v)
        for k, v in feeds.items()
    }
    shapes = [[0 if i == axis else d for i, d in enumerate(w.shape)] for w in wanted.values()]
    with tf.Graph().as_default(), tf.Session() as session:
        imported(graph)
        values = session.run(list(wanted), small)
        model = exported(list(wanted), list(feeds), session)
    for got in (values, plain(model, small)):
        assert list(got[0].shape) == shapes[0]
        assert all(not np.any(v) for v in got)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_by_hand(x, lengths, c, h, kernel, bias):
    """BasicLSTMCell over [batch, time, size], state after state."""
    outputs = np.zeros((*x.shape[:2], c.shape[1]))
    for t in range(x.shape[1]):
        i, j, f, o = np.split(np.concatenate([x[:, t], h], 1) @ kernel + bias, 4, 1)
        new_c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
        new_h = sigmoid(o) * np.tanh(new_c)
        alive = (t < lengths)[:, None]
        outputs[:, t] = np.where(alive, new_h, 0)
        c, h = np.where(alive, new_c, c), np.where(alive, new_h, h)
    return outputs, c, h


def test_initial_states_and_lengths_of_any_size():
    rng = np.random.RandomState(1)
    x, c, h = rng.randn(4, 3, 2), rng.randn(4, 5), rng.randn(4, 5)
    lengths = np.array([0, 2, 3, 99], np.int32)
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.placeholder(tf.float32, [None, None, 2], "x")
        count = tf.placeholder(tf.int32, [None], "n")
        start = tf.nn.rnn_cell.LSTMStateTuple(*(tf.placeholder(tf.float32, [None, 5], k) for k in "ch"))
        outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(5), given, count, start)
        session.run(tf.global_variables_initializer())
        kernel, bias = session.run(tf.trainable_variables())
        feeds = {given: x, count: lengths, start.c: c, start.h: h}
        values = session.run([outputs, state.c, state.h], feeds)
        model = exported([outputs, state.c, state.h], list(feeds), session)
    assert operators(model.graph)["LSTM"] == 1
    expected = lstm_by_hand(x, lengths, c, h, kernel, bias)
    fed = {t.name: np.asarray(v, t.dtype.as_numpy_dtype) for t, v in feeds.items()}
    for got in (values, plain(model, fed)):
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_what_is_almost_a_cell_stays_a_loop():
    """The forget gate acts on the new memory's candidate: no LSTM, though all its parts are there."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2, 3, 4])
        kernel = tf.constant(np.random.RandomState(0).randn(8, 16).astype(np.float32))
        array = tf.TensorArray(tf.float32, 3).unstack(tf.transpose(x, [1, 0, 2]))

        def body(t, c, h):
            i, j, f, o = tf.split(tf.matmul(tf.concat([array.read(t), h], 1), kernel), 4, 1)
            c = tf.sigmoid(i) * c + tf.sigmoid(f) * tf.tanh(c + j)
            return t + 1, c, tf.sigmoid(o) * tf.tanh(c)

        _, _, h = tf.while_loop(lambda t, c, h: t < 3, body, [0, tf.zeros([2, 4]), tf.zeros([2, 4])])
        found = operators(exported([h], [x], session).graph)
    assert found["Loop"] == 1
    assert not found["LSTM"]
