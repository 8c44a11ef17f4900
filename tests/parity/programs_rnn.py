"""Recurrent networks whose graphs must equal the reference's outside of their loops, and whose results must be its."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases import f32, f64, i32

Runs = list[tuple[Any, dict[Any, Any]]]


def _scope(tf: Any, seed: int = 3) -> Any:
    return tf.variable_scope("net", initializer=tf.random_uniform_initializer(-0.6, 0.6, seed=seed))


def _trained(tf: Any, outputs: Any, feed: dict[Any, Any]) -> Runs:
    """Runs before and after a step of gradient descent on the squares of `outputs`, with the gradients."""
    flat = tf.nest.flatten(outputs)
    loss = tf.add_n([tf.reduce_mean(tf.square(t + 0.3)) for t in flat])
    gradients = tf.gradients(loss, tf.trainable_variables())
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    return [([loss, flat, gradients], feed), ([step], feed), ([loss, flat], feed)]


def cells_one_by_one(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    rnn = tf.nn.rnn_cell
    cells = [
        rnn.BasicRNNCell(5),
        rnn.GRUCell(5, name="gru"),
        rnn.GRUCell(5, bias_initializer=tf.zeros_initializer(), kernel_initializer=tf.ones_initializer()),
        rnn.BasicLSTMCell(5, forget_bias=0.0),
        rnn.BasicLSTMCell(5, state_is_tuple=False, activation=tf.nn.relu),
        rnn.LSTMCell(5, use_peepholes=True, cell_clip=0.3, num_proj=3, proj_clip=0.1),
        rnn.LSTMCell(5, num_proj=2, state_is_tuple=False, activation="sigmoid"),
        rnn.LSTMCell(4, num_unit_shards=2, num_proj=4, num_proj_shards=2),
    ]
    results = []
    with _scope(tf):
        for cell in cells:
            state = cell.zero_state(3, tf.float32)
            output, state = cell(x, state)
            output, state = cell(x * 0.5, state)
            results.append((output, state))
    return _trained(tf, results, {x: f32(3, 4)})


def stacked_with_wrappers(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    rnn = tf.nn.rnn_cell
    with _scope(tf):
        cell = rnn.MultiRNNCell(
            [
                rnn.DropoutWrapper(rnn.BasicLSTMCell(4), input_keep_prob=0.5, output_keep_prob=0.7, seed=11),
                rnn.ResidualWrapper(rnn.DeviceWrapper(rnn.GRUCell(4), "/cpu:0")),
                rnn.DropoutWrapper(rnn.LSTMCell(3, use_peepholes=True), state_keep_prob=0.6, seed=5),
            ]
        )
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
    return _trained(tf, [outputs, state], {x: f32(2, 3, 4)})


def variational_dropout(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    keep = tf.placeholder_with_default(np.float32(0.8), [], name="keep")
    rnn = tf.nn.rnn_cell
    with _scope(tf):
        cell = rnn.DropoutWrapper(
            rnn.LSTMCell(5),
            input_keep_prob=keep,
            output_keep_prob=0.6,
            state_keep_prob=0.7,
            variational_recurrent=True,
            input_size=4,
            dtype=tf.float32,
            seed=9,
            dropout_state_filter_visitor=lambda state: True,
        )
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
    return [([outputs, state], {x: f32(2, 3, 4)})]


def concatenated_states(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, 2, 4], name="x")
    rnn = tf.nn.rnn_cell
    with _scope(tf):
        cell = rnn.MultiRNNCell([rnn.LSTMCell(3, state_is_tuple=False), rnn.GRUCell(2)], state_is_tuple=False)
        outputs, state = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32, scope="rows")
    return _trained(tf, [outputs, state], {x: f32(3, 2, 4)})


def static_in_both_directions(tf: Any) -> Runs:
    steps = [tf.placeholder(tf.float32, [None, 4], name=f"x{t}") for t in range(3)]
    rnn = tf.nn.rnn_cell
    with _scope(tf):
        outputs, fw, bw = tf.nn.static_bidirectional_rnn(rnn.GRUCell(3), rnn.BasicRNNCell(2), steps, dtype=tf.float32)
    return _trained(tf, [outputs, fw, bw], {x: f32(2, 4, salt=t) for t, x in enumerate(steps)})


def static_with_lengths(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [3, 4, 2], name="x")
    lengths = tf.placeholder(tf.int64, [3], name="lengths")
    rnn = tf.nn.rnn_cell
    with _scope(tf):
        outputs, fw, bw = tf.nn.static_bidirectional_rnn(
            rnn.BasicLSTMCell(3), rnn.LSTMCell(3), tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=lengths
        )
    return [([outputs, fw, bw], {x: f32(3, 4, 2), lengths: ends}) for ends in ([2, 0, 3], [4, 4, 4], [1, 1, 1])]


def saved_states(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    kept = {name: tf.get_variable(name, [2, 3], initializer=tf.zeros_initializer(), trainable=False) for name in "ch"}

    class Saver:
        def state(self, name):
            return kept[name]

        def save_state(self, name, value):
            return tf.assign(kept[name], value)

    with _scope(tf):
        outputs, state = tf.nn.static_state_saving_rnn(
            tf.nn.rnn_cell.BasicLSTMCell(3), tf.unstack(x, axis=1), Saver(), ("c", "h")
        )
    return [([outputs[-1], state], {x: f32(2, 3, 4)})] * 2 + [(kept, {})]


def dynamic_without_lengths(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, None, 3], name="x")
    with _scope(tf):
        outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicRNNCell(4), x, dtype=tf.float32)
    return _trained(tf, [outputs, state], {x: f32(2, 5, 3)})


def dynamic_with_lengths(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [3, None, 2], name="x")
    lengths = tf.placeholder(tf.int32, [3], name="lengths")
    rnn = tf.nn.rnn_cell
    with _scope(tf):
        cell = rnn.MultiRNNCell([rnn.BasicLSTMCell(3), rnn.GRUCell(4)])
        outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, swap_memory=True)
    feed = {x: f32(3, 5, 2), lengths: [2, 0, 4]}
    return [*_trained(tf, [outputs, state], feed), ([outputs, state], {x: f32(3, 5, 2), lengths: [5, 1, 5]})]


def dynamic_time_major_in_double(tf: Any) -> Runs:
    x = tf.placeholder(tf.float64, [4, 2, 3], name="x")
    start = tf.placeholder(tf.float64, [2, 3], name="start")
    with tf.variable_scope("net", dtype=tf.float64, initializer=tf.random_uniform_initializer(-0.6, 0.6, seed=3)):
        cell = tf.nn.rnn_cell.LSTMCell(3, use_peepholes=True, cell_clip=0.4, num_proj=3, dtype=tf.float64)
        state = tf.nn.rnn_cell.LSTMStateTuple(start, start * 0.5)
        outputs, final = tf.nn.dynamic_rnn(cell, x, initial_state=state, time_major=True)
    return _trained(tf, [outputs, final], {x: f64(4, 2, 3), start: f64(2, 3)})


def dynamic_in_both_directions(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [None, 4, 3], name="x")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    rnn = tf.nn.rnn_cell
    with _scope(tf):
        (fw, bw), states = tf.nn.bidirectional_dynamic_rnn(
            rnn.GRUCell(3), rnn.BasicLSTMCell(2), x, lengths, dtype=tf.float32
        )
        whole, _ = tf.nn.bidirectional_dynamic_rnn(
            rnn.BasicRNNCell(2), rnn.BasicRNNCell(2), x, dtype=tf.float32, scope="whole"
        )
    feed = {x: f32(3, 4, 3), lengths: i32.positive(3) % 5}
    return _trained(tf, [fw, bw, states, whole], feed)


def raw_loop_that_reads_its_own_outputs(tf: Any) -> Runs:
    x = tf.placeholder(tf.float32, [3, None, 2], name="x")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    cell = tf.nn.rnn_cell.LSTMCell(2)
    inputs = tf.TensorArray(tf.float32, 3).unstack(x)

    def steer(time, output, state, loop_state):
        if output is None:
            state, seen = cell.zero_state(tf.shape(x)[1], tf.float32), tf.zeros([])
        else:
            seen = loop_state + tf.reduce_sum(output)
        finished = time >= lengths
        following = tf.cond(
            tf.reduce_all(finished), lambda: tf.zeros([tf.shape(x)[1], 2]), lambda: inputs.read(time) * (1.0 + seen)
        )
        following.set_shape([None, 2])
        return finished, following, state, output, seen

    with _scope(tf):
        emitted, state, seen = tf.nn.raw_rnn(cell, steer)
        outputs = emitted.stack()
    return _trained(tf, [outputs, state, seen], {x: f32(3, 2, 2), lengths: [3, 1]})


def own_cell_with_get_variable(tf: Any) -> Runs:
    class Scaled(tf.nn.rnn_cell.RNNCell):
        @property
        def state_size(self):
            return 3

        @property
        def output_size(self):
            return 2

        def call(self, inputs, state):
            w = tf.get_variable("w", [4, 3])
            with tf.variable_scope("out"):
                v = tf.get_variable("v", [3, 2])
            state = tf.tanh(tf.matmul(inputs, w) + state)
            return tf.matmul(state, v), state

    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    with _scope(tf):
        outputs, state = tf.nn.dynamic_rnn(Scaled(), x, dtype=tf.float32)
        tf.get_variable_scope().reuse_variables()
        again, _ = tf.nn.static_rnn(Scaled(name="scaled"), tf.unstack(x, axis=1), dtype=tf.float32)
    return _trained(tf, [outputs, state, again], {x: f32(2, 3, 4)})
