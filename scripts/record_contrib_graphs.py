"""Records decoders and cells of tf.contrib, frozen by TensorFlow 1.15, and what they answer.

    path/to/tensorflow1/bin/python scripts/record_contrib_graphs.py

The files, tests/data/control_flow/contrib_*.npz, are like those of `record_control_flow.py`.
"""

import os

import numpy as np
import tensorflow as tf

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "data", "control_flow")
RNG = np.random.RandomState(3)
seq2seq, cells = tf.contrib.seq2seq, tf.nn.rnn_cell


def floats(*shape):
    return RNG.uniform(-1, 1, shape).astype(np.float32)


def sequences():
    x, n = tf.placeholder(tf.float32, [None, None, 4], "x"), tf.placeholder(tf.int32, [None], "n")
    return x, n, {x: floats(3, 5, 4), n: np.array([5, 2, 4], np.int32)}


def encoded(x, n):
    return tf.nn.dynamic_rnn(cells.GRUCell(6), x, n, dtype=tf.float32)


def greedy_bahdanau():
    x, n, feeds = sequences()
    memory, state = encoded(x, n)
    attention = seq2seq.BahdanauAttention(6, memory, n)
    cell = seq2seq.AttentionWrapper(cells.GRUCell(6), attention, attention_layer_size=6, alignment_history=True)
    batch = tf.shape(x)[0]
    helper = seq2seq.GreedyEmbeddingHelper(tf.get_variable("embedding", [9, 4]), tf.fill([batch], 1), 2)
    start = cell.zero_state(batch, tf.float32).clone(cell_state=state)
    decoder = seq2seq.BasicDecoder(cell, helper, start, tf.layers.Dense(9))
    outputs, final, lengths = seq2seq.dynamic_decode(decoder, maximum_iterations=6)
    return [outputs.rnn_output, outputs.sample_id, lengths, final.alignment_history.stack()], feeds


def training_luong():
    x, n, feeds = sequences()
    memory, _ = encoded(x, n)
    cell = seq2seq.AttentionWrapper(cells.LSTMCell(6), seq2seq.LuongAttention(6, memory, n, scale=True), 5)
    y = tf.placeholder(tf.float32, [None, None, 4], "y")
    feeds[y] = floats(3, 4, 4)
    batch = tf.shape(x)[0]
    helper = seq2seq.TrainingHelper(y, tf.fill([batch], 4))
    decoder = seq2seq.BasicDecoder(cell, helper, cell.zero_state(batch, tf.float32), tf.layers.Dense(9))
    outputs, final, lengths = seq2seq.dynamic_decode(decoder, impute_finished=True)
    return [outputs.rnn_output, lengths, final.attention], feeds


def raw_rnn():
    x, n, feeds = sequences()
    cell = cells.GRUCell(4)
    steps = tf.TensorArray(tf.float32, tf.shape(x)[1]).unstack(tf.transpose(x, [1, 0, 2]))

    def loop(time, output, state, _):
        finished = time >= n
        nothing = tf.zeros([tf.shape(x)[0], 4])
        following = tf.cond(tf.reduce_all(finished), lambda: nothing, lambda: steps.read(time))
        return finished, following, nothing if state is None else state, output, None

    outputs, state, _ = tf.nn.raw_rnn(cell, loop)
    return [outputs.stack(), state], feeds


def layer_norm_lstm():
    x, n, feeds = sequences()
    outputs, state = tf.nn.dynamic_rnn(tf.contrib.rnn.LayerNormBasicLSTMCell(5), x, n, dtype=tf.float32)
    return [outputs, state.h], feeds


def collatz():
    x = tf.placeholder(tf.int32, [None], "x")

    def step(v, count):
        return tf.cond(tf.equal(v % 2, 0), lambda: v // 2, lambda: 3 * v + 1), count + 1

    counts = tf.map_fn(lambda v: tf.while_loop(lambda v, count: v > 1, step, [v, 0])[1], x)
    return [counts], {x: np.array([1, 7, 6, 27], np.int32)}


def map_gradient():
    x, w = tf.placeholder(tf.float32, [None, 3], "x"), tf.constant(floats(3))
    y = tf.map_fn(lambda row: tf.reduce_sum(tf.tanh(row * w)), x)
    return [y, *tf.gradients(y, [x, w])], {x: floats(4, 3)}


def record(make):
    tf.reset_default_graph()
    with tf.Session() as session:
        tf.set_random_seed(3)
        outputs, feeds = make()
        session.run(tf.global_variables_initializer())
        values = session.run(outputs, feeds)
        names = [t.op.name for t in outputs]
        graph_def = tf.graph_util.convert_variables_to_constants(session, session.graph.as_graph_def(), names)
    arrays = {"graph": np.frombuffer(graph_def.SerializeToString(), np.uint8)}
    arrays.update({"in:" + t.name: np.asarray(v) for t, v in feeds.items()})
    arrays.update({f"out:{i}:{t.name}": np.asarray(values[i]) for i, t in enumerate(outputs)})
    np.savez_compressed(os.path.join(FOLDER, f"contrib_{make.__name__}.npz"), **arrays)


if __name__ == "__main__":
    for case in (greedy_bahdanau, training_luong, raw_rnn, layer_norm_lstm, collatz, map_gradient):
        record(case)
