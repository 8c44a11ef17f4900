"""Programs of tf.contrib.rnn."""

import numpy as np

from tests.contrib.observed import numbers


def _steps(tf, cell, size=4, batch=3, inputs=None):
    """Three steps of a cell, unrolled."""
    x = tf.placeholder(tf.float32, [batch, 3, size], name="x")
    steps = tf.unstack(x, axis=1)
    outputs, state = tf.contrib.rnn.static_rnn(cell, steps, dtype=tf.float32)
    return (outputs, state), {x: numbers(batch, 3, size)}


def layer_norm_basic_lstm(tf):
    return _steps(tf, tf.contrib.rnn.LayerNormBasicLSTMCell(5, forget_bias=0.5))


def layer_norm_basic_lstm_without(tf):
    return _steps(tf, tf.contrib.rnn.LayerNormBasicLSTMCell(5, layer_norm=False, activation=tf.nn.relu))


def coupled(tf):
    cell = tf.contrib.rnn.CoupledInputForgetGateLSTMCell(
        4, True, num_proj=3, proj_clip=0.3, num_unit_shards=2, num_proj_shards=2
    )
    return _steps(tf, cell)


def coupled_normalized(tf):
    return _steps(tf, tf.contrib.rnn.CoupledInputForgetGateLSTMCell(4, layer_norm=True))


def groups(tf):
    return _steps(tf, tf.contrib.rnn.GLSTMCell(6, num_proj=4, number_of_groups=2))


def time_and_frequency(tf):
    cell = tf.contrib.rnn.TimeFreqLSTMCell(3, True, cell_clip=0.3, feature_size=4)
    return _steps(tf, cell)


def phased(tf):
    cell = tf.contrib.rnn.PhasedLSTMCell(4, use_peepholes=True, ratio_on=0.4)
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    time = tf.placeholder(tf.float32, [2, 1], name="time")
    state = cell.zero_state(2, tf.float32)
    output, state = cell((time, x), state)
    output, state = cell((time + 0.3, x), state)
    return (output, state), {x: numbers(2, 3), time: np.array([[0.1], [0.9]], np.float32)}


def update_gate(tf):
    return _steps(tf, tf.contrib.rnn.UGRNNCell(5))


def intersection(tf):
    return _steps(tf, tf.contrib.rnn.IntersectionRNNCell(5, num_in_proj=5))


def architecture_search(tf):
    return _steps(tf, tf.contrib.rnn.NASCell(4, num_proj=3, use_bias=True))


def simple_recurrent_unit(tf):
    return _steps(tf, tf.contrib.rnn.SRUCell(5))


def independent_units(tf):
    rnn = tf.contrib.rnn
    return _steps(tf, rnn.MultiRNNCell([rnn.IndRNNCell(3), rnn.IndyGRUCell(4), rnn.IndyLSTMCell(2, forget_bias=0.2)]))


def block_lstm(tf):
    return _steps(tf, tf.contrib.rnn.LSTMBlockCell(5, forget_bias=0.3, cell_clip=0.2, use_peephole=True))


def block_lstm_without_peephole(tf):
    return _steps(tf, tf.contrib.rnn.LSTMBlockCell(5))


def block_gru(tf):
    return _steps(tf, tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.GRUBlockCell(5), tf.contrib.rnn.GRUBlockCellV2(3)]))


def fused_lstm(tf):
    x = tf.placeholder(tf.float32, [4, 3, 2], name="x")
    lengths = tf.placeholder(tf.int32, [3], name="lengths")
    cell = tf.contrib.rnn.LSTMBlockFusedCell(4, use_peephole=True)
    outputs, state = cell(x, dtype=tf.float32, sequence_length=lengths)
    turned, last = tf.contrib.rnn.TimeReversedFusedRNN(tf.contrib.rnn.LSTMBlockFusedCell(2, name="back"))(
        x, dtype=tf.float32
    )
    return (outputs, state, turned, last), {x: numbers(4, 3, 2), lengths: [4, 1, 2]}


def adapted_to_fused(tf):
    x = tf.placeholder(tf.float32, [4, 3, 2], name="x")
    rnn = tf.contrib.rnn
    outputs, state = rnn.FusedRNNCellAdaptor(rnn.GRUCell(3), use_dynamic_rnn=True)(x, dtype=tf.float32)
    listed, last = rnn.FusedRNNCellAdaptor(rnn.GRUCell(2))(tf.unstack(x), dtype=tf.float32, scope="listed")
    return (outputs, state, listed, last), {x: numbers(4, 3, 2)}


def attention_cell(tf):
    rnn = tf.contrib.rnn
    cell = rnn.AttentionCellWrapper(rnn.BasicLSTMCell(4), attn_length=2, attn_size=3, attn_vec_size=5)
    return _steps(tf, cell)


def attention_cell_concatenated(tf):
    rnn = tf.contrib.rnn
    return _steps(tf, rnn.AttentionCellWrapper(rnn.GRUCell(4), 2, state_is_tuple=False))


def projected(tf):
    rnn = tf.contrib.rnn
    cell = rnn.OutputProjectionWrapper(rnn.InputProjectionWrapper(rnn.GRUCell(4), 3, activation=tf.tanh), 2)
    return _steps(tf, cell)


def embedded(tf):
    rnn = tf.contrib.rnn
    x = tf.placeholder(tf.int32, [3, 1], name="x")
    cell = rnn.EmbeddingWrapper(rnn.BasicRNNCell(4), 6, 3)
    return cell(x, cell.zero_state(3, tf.float32)), {x: [[5], [0], [2]]}


def highway(tf):
    rnn = tf.contrib.rnn
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    results = []
    for index, coupled in enumerate((True, False)):
        with tf.variable_scope(f"n{index}"):
            cell = rnn.HighwayWrapper(rnn.GRUCell(4), couple_carry_transform_gates=coupled)
            results.append(cell(x, cell.zero_state(3, tf.float32)))
    return results, {x: numbers(3, 4)}


def stacked_in_both_directions(tf):
    rnn = tf.contrib.rnn
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    outputs, fw, bw = rnn.stack_bidirectional_rnn(
        [rnn.GRUCell(3), rnn.BasicRNNCell(2)],
        [rnn.GRUCell(2), rnn.BasicRNNCell(3)],
        tf.unstack(x, axis=1),
        dtype=tf.float32,
    )
    return (outputs, fw, bw), {x: numbers(2, 3, 4)}


def stacked_dynamic_in_both_directions(tf):
    rnn = tf.contrib.rnn
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    lengths = tf.placeholder(tf.int32, [2], name="lengths")
    outputs, fw, bw = rnn.stack_bidirectional_dynamic_rnn(
        [rnn.LSTMCell(3), rnn.GRUCell(2)],
        [rnn.LSTMCell(2), rnn.GRUCell(3)],
        x,
        dtype=tf.float32,
        sequence_length=lengths,
    )
    return (outputs, fw, bw), {x: numbers(2, 3, 4), lengths: [3, 1]}


def convolutional(tf):
    x = tf.placeholder(tf.float32, [2, 4, 3, 2], name="x")
    cell = tf.contrib.rnn.Conv2DLSTMCell(input_shape=[4, 3, 2], output_channels=3, kernel_shape=[3, 2])
    output, state = cell(x, cell.zero_state(2, tf.float32))
    line = tf.contrib.rnn.Conv1DLSTMCell(
        input_shape=[4, 6], output_channels=2, kernel_shape=[3], use_bias=False, skip_connection=True
    )
    flat = tf.reshape(x, [2, 4, 6])
    return (output, state, line(flat, line.zero_state(2, tf.float32))), {x: numbers(2, 4, 3, 2)}
