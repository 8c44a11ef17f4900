"""Programs of tf.contrib.seq2seq."""

import numpy as np

from tests.contrib.observed import numbers


def _memory(tf, size=4, rows=5):
    memory = tf.placeholder(tf.float32, [3, rows, size], name="memory")
    lengths = tf.placeholder(tf.int32, [3], name="memory_lengths")
    return memory, lengths, {memory: numbers(3, 5, size), lengths: [5, 2, 3]}


def _training_helper(tf, time=4, size=3):
    inputs = tf.placeholder(tf.float32, [3, None, size], name="inputs")
    lengths = tf.placeholder(tf.int32, [3], name="lengths")
    helper = tf.contrib.seq2seq.TrainingHelper(inputs, lengths)
    return helper, {inputs: numbers(3, time, size), lengths: [time, 2, 1]}


def training_decoder(tf):
    helper, feed = _training_helper(tf)
    cell = tf.contrib.rnn.BasicLSTMCell(5)
    layer = tf.layers.Dense(6, use_bias=False)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32), output_layer=layer)
    return tf.contrib.seq2seq.dynamic_decode(decoder, impute_finished=True), feed


def training_decoder_time_major(tf):
    inputs = tf.placeholder(tf.float32, [4, 3, 2], name="inputs")
    helper = tf.contrib.seq2seq.TrainingHelper(inputs, [4, 1, 2], time_major=True)
    cell = tf.contrib.rnn.GRUCell(5)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
    result = tf.contrib.seq2seq.dynamic_decode(
        decoder, output_time_major=True, maximum_iterations=3, swap_memory=True, scope="reader"
    )
    return result, {inputs: numbers(4, 3, 2)}


def greedy_decoder(tf):
    embedding = tf.get_variable("embedding", [6, 4])
    helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(embedding, tf.constant([1, 2, 3]), 5)
    cell = tf.contrib.rnn.GRUCell(4)
    decoder = tf.contrib.seq2seq.BasicDecoder(
        cell, helper, cell.zero_state(3, tf.float32) + 0.3, output_layer=tf.layers.Dense(6)
    )
    return tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=6), {}


def sampling_decoder(tf):
    embedding = tf.get_variable("embedding", [6, 4])
    helper = tf.contrib.seq2seq.SampleEmbeddingHelper(
        lambda ids: tf.nn.embedding_lookup(embedding, ids), [1, 2, 3], 5, softmax_temperature=0.5, seed=3
    )
    cell = tf.contrib.rnn.GRUCell(6)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
    return tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=5, parallel_iterations=1), {}


def inference_decoder(tf):
    helper = tf.contrib.seq2seq.InferenceHelper(
        sample_fn=lambda outputs: outputs * 2.0,
        sample_shape=[3],
        sample_dtype=tf.float32,
        start_inputs=tf.constant(numbers(2, 3)),
        end_fn=lambda samples: tf.reduce_sum(samples, -1) > 1.0,
        next_inputs_fn=lambda samples: samples + 0.1,
    )
    cell = tf.contrib.rnn.GRUCell(3)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(2, tf.float32))
    return tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=4), {}


def custom_decoder(tf):
    start = tf.constant(numbers(2, 3))
    helper = tf.contrib.seq2seq.CustomHelper(
        initialize_fn=lambda: (tf.tile([False], [2]), start),
        sample_fn=lambda time, outputs, state: tf.cast(tf.argmax(outputs, -1), tf.int32),
        next_inputs_fn=lambda time, outputs, state, sample_ids: (tf.tile([time > 2], [2]), outputs, state),
    )
    cell = tf.contrib.rnn.GRUCell(3)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(2, tf.float32))
    return tf.contrib.seq2seq.dynamic_decode(decoder), {}


def scheduled_embedding(tf):
    inputs = tf.placeholder(tf.float32, [3, None, 4], name="inputs")
    embedding = tf.get_variable("embedding", [6, 4])
    helper = tf.contrib.seq2seq.ScheduledEmbeddingTrainingHelper(
        inputs, tf.constant([4, 2, 3]), embedding, 0.5, seed=3, scheduling_seed=7
    )
    cell = tf.contrib.rnn.GRUCell(6)
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
    return tf.contrib.seq2seq.dynamic_decode(decoder, parallel_iterations=1), {inputs: numbers(3, 4, 4)}


def scheduled_output(tf):
    inputs = tf.placeholder(tf.float32, [3, None, 4], name="inputs")
    results = []
    for index, function in enumerate((None, lambda outputs: outputs * 0.5)):
        with tf.variable_scope(f"n{index}"):
            helper = tf.contrib.seq2seq.ScheduledOutputTrainingHelper(
                inputs,
                tf.constant([4, 2, 3]),
                0.5,
                seed=5,
                next_inputs_fn=function,
                auxiliary_inputs=inputs[:, :, :2] * 0.5,
            )
            cell = tf.contrib.rnn.GRUCell(4)
            decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
            results.append(tf.contrib.seq2seq.dynamic_decode(decoder, parallel_iterations=1))
    return results, {inputs: numbers(3, 4, 4)}


def _attend(tf, make, **options):
    memory, memory_lengths, feed = _memory(tf)
    helper, more = _training_helper(tf, 3)
    feed.update(more)
    cell = tf.contrib.seq2seq.AttentionWrapper(
        tf.contrib.rnn.BasicLSTMCell(4), make(tf.contrib.seq2seq, memory, memory_lengths), **options
    )
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
    outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, parallel_iterations=1)
    histories = state.alignment_history
    arrays = list(histories) if isinstance(histories, tuple) else [histories]
    stacked = [array.stack() for array in arrays if array != ()]
    return (outputs, state.cell_state, state.attention, state.alignments, lengths, stacked), feed


def luong(tf):
    return _attend(tf, lambda s, m, n: s.LuongAttention(4, m, n), attention_layer_size=3, alignment_history=True)


def luong_scaled_without_lengths(tf):
    return _attend(
        tf, lambda s, m, n: s.LuongAttention(4, m, scale=True, probability_fn=s.hardmax), output_attention=False
    )


def bahdanau(tf):
    return _attend(tf, lambda s, m, n: s.BahdanauAttention(6, m, n), attention_layer_size=3)


def bahdanau_normalized(tf):
    return _attend(tf, lambda s, m, n: s.BahdanauAttention(5, m, n, normalize=True), alignment_history=True)


def several_mechanisms(tf):
    return _attend(
        tf,
        lambda s, m, n: [s.BahdanauAttention(5, m, n), s.LuongAttention(4, m, n)],
        attention_layer_size=[3, 2],
        alignment_history=True,
        cell_input_fn=lambda inputs, attention: tf.concat([attention, inputs], -1),
    )


def monotonic(tf):
    seq2seq = tf.contrib.seq2seq
    p = tf.placeholder(tf.float32, [2, 4], name="p")
    before = tf.placeholder(tf.float32, [2, 4], name="before")
    results = [seq2seq.monotonic_attention(p, before, mode) for mode in ("recursive", "parallel")]
    results.append(seq2seq.monotonic_attention(tf.round(p), tf.constant([[1.0, 0, 0, 0], [0, 1.0, 0, 0]]), "hard"))
    results.append(seq2seq.safe_cumprod(p, axis=1, exclusive=True))
    feed = {p: np.abs(numbers(2, 4)) + 0.2, before: np.abs(numbers(2, 4, salt=1))}
    return results, feed


def bahdanau_monotonic(tf):
    return _attend(
        tf,
        lambda s, m, n: s.BahdanauMonotonicAttention(5, m, n, normalize=True, score_bias_init=0.3, mode="recursive"),
        attention_layer_size=3,
    )


def luong_monotonic(tf):
    return _attend(
        tf,
        lambda s, m, n: s.LuongMonotonicAttention(4, m, n, scale=True, sigmoid_noise=0.5, sigmoid_noise_seed=4),
        alignment_history=True,
    )


def _beams(tf, attention, **options):
    seq2seq = tf.contrib.seq2seq
    memory, memory_lengths, feed = _memory(tf, rows=None)
    embedding = tf.get_variable("embedding", [7, 3])
    width = 3
    cell = tf.contrib.rnn.GRUCell(4)
    start = tf.constant(numbers(3, 4, salt="start"))
    if attention:
        tiled, lengths = seq2seq.tile_batch(memory, width), seq2seq.tile_batch(memory_lengths, width)
        cell = seq2seq.AttentionWrapper(
            cell, seq2seq.LuongAttention(4, tiled, lengths), attention_layer_size=4, alignment_history=True
        )
        state = cell.zero_state(3 * width, tf.float32).clone(cell_state=seq2seq.tile_batch(start, width))
    else:
        state = seq2seq.tile_batch(start, width)
    layer = tf.layers.Dense(7, use_bias=True)
    decoder = seq2seq.BeamSearchDecoder(cell, embedding, [1, 2, 3], 6, state, width, output_layer=layer, **options)
    outputs, final, lengths = seq2seq.dynamic_decode(decoder, maximum_iterations=5)
    kept = [final.log_probs, final.finished, final.lengths]
    if attention:
        kept += [final.cell_state.alignments, final.cell_state.alignment_history]
    return (outputs, kept, lengths), feed


def beam_search(tf):
    return _beams(tf, False)


def beam_search_with_penalty(tf):
    return _beams(tf, False, length_penalty_weight=0.7)


def beam_search_with_attention(tf):
    return _beams(tf, True, coverage_penalty_weight=0.2)


def trees(tf):
    steps = np.array([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]], [[-1, -1, -1]]], np.int32)
    parents = np.array([[[0, 0, 0]], [[0, 1, 1]], [[2, 1, 2]], [[-1, -1, -1]]], np.int32)
    ids = tf.placeholder(tf.int32, [None, None, 3], name="ids")
    full = tf.contrib.seq2seq.gather_tree(ids, parents, max_sequence_lengths=[3], end_token=10)
    ended = tf.contrib.seq2seq.gather_tree(
        np.array([[[1, 10]], [[10, 2]], [[3, 4]]], np.int32),
        np.array([[[0, 0]], [[0, 1]], [[0, 1]]], np.int32),
        max_sequence_lengths=[3],
        end_token=10,
    )
    return (full, ended, tf.contrib.seq2seq.hardmax(tf.constant(numbers(2, 4)))), {ids: steps}


def losses(tf):
    logits = tf.placeholder(tf.float32, [2, 3, 4], name="logits")
    targets = tf.placeholder(tf.int32, [2, 3], name="targets")
    weights = tf.constant([[1.0, 0.5, 0.0], [1.0, 1.0, 0.0]])
    loss = tf.contrib.seq2seq.sequence_loss
    off = {"average_across_timesteps": False, "average_across_batch": False}
    results = [
        loss(logits, targets, weights),
        loss(logits, targets, weights, average_across_timesteps=False),
        loss(logits, targets, weights, average_across_batch=False),
        loss(logits, targets, weights, **off),
        loss(logits, targets, weights, sum_over_timesteps=True, sum_over_batch=True, **off),
        loss(logits, targets, weights, sum_over_batch=True, **off),
        loss(logits, targets, weights, sum_over_timesteps=True, **off),
    ]
    return results, {logits: numbers(2, 3, 4), targets: [[0, 3, 1], [2, 2, 0]]}
