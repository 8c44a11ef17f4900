"""Programs of tf.contrib.legacy_seq2seq."""

from tests.contrib.observed import numbers


def _reals(tf, name, count, size=3):
    steps = [tf.placeholder(tf.float32, [2, size], name=f"{name}{t}") for t in range(count)]
    return steps, {x: numbers(2, size, salt=f"{name}{t}") for t, x in enumerate(steps)}


def _symbols(tf, name, count, symbols=5):
    steps = [tf.placeholder(tf.int32, [None], name=f"{name}{t}") for t in range(count)]
    return steps, {x: [(t * 2 + 1) % symbols, (t + 3) % symbols] for t, x in enumerate(steps)}


def decoder_over_own_outputs(tf):
    steps, feed = _reals(tf, "x", 3)
    cell = tf.contrib.rnn.GRUCell(3)
    state = cell.zero_state(2, tf.float32)
    return tf.contrib.legacy_seq2seq.rnn_decoder(
        steps, state, cell, loop_function=lambda prev, i: prev * float(i)
    ), feed


def basic_and_tied(tf):
    legacy = tf.contrib.legacy_seq2seq
    read, feed = _reals(tf, "x", 2)
    written, more = _reals(tf, "y", 3)
    feed.update(more)
    basic = legacy.basic_rnn_seq2seq(read, written, tf.contrib.rnn.BasicLSTMCell(3))
    tied = legacy.tied_rnn_seq2seq(read, written, tf.contrib.rnn.GRUCell(4))
    return (basic, tied), feed


def embedding(tf):
    legacy = tf.contrib.legacy_seq2seq
    read, feed = _symbols(tf, "x", 2)
    written, more = _symbols(tf, "y", 3)
    feed.update(more)
    results = []
    for index, feeds in enumerate((True, tf.constant(False))):
        with tf.variable_scope(f"n{index}"):
            cell = tf.contrib.rnn.BasicLSTMCell(3)
            results.append(legacy.embedding_rnn_seq2seq(read, written, cell, 5, 6, 4, feed_previous=feeds))
    return results, feed


def embedding_tied(tf):
    legacy = tf.contrib.legacy_seq2seq
    read, feed = _symbols(tf, "x", 2)
    written, more = _symbols(tf, "y", 3)
    feed.update(more)
    results = []
    for index, feeds in enumerate((False, tf.constant(True))):
        with tf.variable_scope(f"n{index}"):
            cell = tf.contrib.rnn.GRUCell(3)
            results.append(legacy.embedding_tied_rnn_seq2seq(read, written, cell, 5, 4, feed_previous=feeds))
    return results, feed


def embedding_attention(tf):
    legacy = tf.contrib.legacy_seq2seq
    read, feed = _symbols(tf, "x", 2)
    written, more = _symbols(tf, "y", 2)
    feed.update(more)
    results = []
    for index, feeds in enumerate((False, True)):
        with tf.variable_scope(f"n{index}"):
            cell = tf.contrib.rnn.GRUCell(4)
            results.append(
                legacy.embedding_attention_seq2seq(
                    read,
                    written,
                    cell,
                    5,
                    6,
                    4,
                    num_heads=index + 1,
                    feed_previous=feeds,
                    initial_state_attention=index == 1,
                )
            )
    return results, feed


def with_output_projection(tf):
    legacy = tf.contrib.legacy_seq2seq
    read, feed = _symbols(tf, "x", 2)
    written, more = _symbols(tf, "y", 2)
    feed.update(more)
    w, b = tf.get_variable("proj_w", [4, 6]), tf.get_variable("proj_b", [6])
    cell = tf.contrib.rnn.GRUCell(4)
    return (
        legacy.embedding_attention_seq2seq(read, written, cell, 5, 6, 4, output_projection=(w, b), feed_previous=True),
        feed,
    )


def one_to_many(tf):
    legacy = tf.contrib.legacy_seq2seq
    read, feed = _symbols(tf, "x", 2)
    first, more = _symbols(tf, "y", 3)
    feed.update(more)
    second, more = _symbols(tf, "z", 2)
    feed.update(more)
    rnn = tf.contrib.rnn
    cells = {"0": rnn.GRUCell(3), "1": rnn.GRUCell(3)}
    outputs, states = legacy.one2many_rnn_seq2seq(
        read, {"0": first, "1": second}, rnn.GRUCell(3), cells, 5, {"0": 5, "1": 6}, 3
    )
    return (outputs, states), feed


def losses_of_sequences(tf):
    legacy = tf.contrib.legacy_seq2seq
    logits, feed = _reals(tf, "x", 3, 4)
    targets, more = _symbols(tf, "y", 3, 4)
    feed.update(more)
    weights = [tf.constant([1.0, 0.5 * t]) for t in range(3)]
    return (
        [
            legacy.sequence_loss(logits, targets, weights),
            legacy.sequence_loss(logits, targets, weights, average_across_timesteps=False, average_across_batch=False),
            legacy.sequence_loss_by_example(logits, targets, weights),
        ],
        feed,
    )


def buckets(tf):
    legacy = tf.contrib.legacy_seq2seq
    read, feed = _symbols(tf, "x", 4)
    written, more = _symbols(tf, "y", 4)
    feed.update(more)
    weights = [tf.constant([1.0, 0.5]) for _ in range(4)]

    def network(x, y):
        return legacy.embedding_rnn_seq2seq(x, y, tf.contrib.rnn.GRUCell(3), 5, 5, 3)

    return legacy.model_with_buckets(read, written, written, weights, [(2, 2), (4, 4)], network), feed
