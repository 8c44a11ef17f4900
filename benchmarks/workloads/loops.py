"""Loops in the graph: recurrent nets, attention, beam search, a counting loop."""

import numpy as np

from workloads.program import Program, cross_entropy, dense, training_step, variable, zeros


def _lstm_cell(tf, inputs, state, kernel, bias):
    c, h = state
    i, j, f, o = tf.split(tf.matmul(tf.concat([inputs, h], 1), kernel) + bias, 4, axis=1)
    c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
    return c, tf.tanh(c) * tf.sigmoid(o)


def _recurrence(tf, inputs, kernel, bias, hidden, lengths=None):
    """An LSTM over [time, batch, features] through while_loop; past `lengths` the state stays."""
    time, batch = int(inputs.shape[0]), int(inputs.shape[1])
    sources = tf.TensorArray(tf.float32, time).unstack(inputs)
    outputs = tf.TensorArray(tf.float32, time)

    def step(t, c, h, outputs):
        new_c, new_h = _lstm_cell(tf, sources.read(t), (c, h), kernel, bias)
        output = new_h
        if lengths is not None:
            going = tf.expand_dims(t < lengths, 1) & tf.ones([batch, hidden], tf.bool)
            new_c, new_h = tf.where(going, new_c, c), tf.where(going, new_h, h)
            output = tf.where(going, output, tf.zeros_like(output))
        return t + 1, new_c, new_h, outputs.write(t, output)

    start = tf.zeros([batch, hidden])
    final = tf.while_loop(lambda t, *_: t < time, step, [0, start, start, outputs])
    return final[3].stack(), final[2]


def lstm_training(tf, time: int = 50, batch: int = 32, hidden: int = 128) -> Program:
    """A step of gradient descent on an LSTM that is a while_loop."""
    random = np.random.RandomState(0)
    inputs = tf.placeholder(tf.float32, [time, batch, hidden], name="inputs")
    labels = tf.placeholder(tf.int64, [batch], name="labels")
    kernel = variable(tf, random, "kernel", [2 * hidden, 4 * hidden])
    outputs, _ = _recurrence(tf, inputs, kernel, zeros(tf, "bias", [4 * hidden]), hidden)
    loss = cross_entropy(tf, labels, dense(tf, random, tf.reduce_mean(outputs, 0), 10, "logits"))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feeds = {
        inputs: random.standard_normal([time, batch, hidden]).astype(np.float32),
        labels: random.randint(0, 10, [batch]),
    }
    return Program([train, loss], feeds)


def lstm_inference(tf, time: int = 50, batch: int = 32, hidden: int = 128) -> Program:
    """The outputs of an LSTM over sequences of different lengths."""
    random = np.random.RandomState(0)
    inputs = tf.placeholder(tf.float32, [time, batch, hidden], name="inputs")
    lengths = tf.placeholder(tf.int32, [batch], name="lengths")
    kernel = variable(tf, random, "kernel", [2 * hidden, 4 * hidden])
    outputs, _ = _recurrence(tf, inputs, kernel, zeros(tf, "bias", [4 * hidden]), hidden, lengths)
    feeds = {
        inputs: random.standard_normal([time, batch, hidden]).astype(np.float32),
        lengths: random.randint(1, time + 1, [batch]).astype(np.int32),
    }
    return Program([outputs], feeds)


def scalar_loop(tf, count: int = 5000) -> Program:
    """A loop over two scalars."""
    x = tf.placeholder(tf.float32, [], name="x")
    _, total = tf.while_loop(lambda i, _: i < count, lambda i, s: (i + 1, s * 0.999 + x), [0, x])
    return Program([total], {x: np.float32(0.5)})


def _gru(tf, inputs, state, gates, candidate):
    z, r = tf.split(tf.sigmoid(tf.matmul(tf.concat([inputs, state], 1), gates)), 2, axis=1)
    new = tf.tanh(tf.matmul(tf.concat([inputs, r * state], 1), candidate))
    return z * state + (1.0 - z) * new


def sequence_training(tf, time: int = 20, batch: int = 32, hidden: int = 64, vocabulary: int = 200) -> Program:
    """A step of Adam on a GRU encoder and decoder with additive attention."""
    random = np.random.RandomState(0)
    source = tf.placeholder(tf.int64, [time, batch], name="source")
    target = tf.placeholder(tf.int64, [time, batch], name="target")
    table = variable(tf, random, "table", [vocabulary, hidden])
    encoder = [variable(tf, random, f"encoder/{n}", [2 * hidden, m * hidden]) for n, m in (("g", 2), ("c", 1))]
    decoder = [variable(tf, random, f"decoder/{n}", [3 * hidden, m * hidden]) for n, m in (("g", 2), ("c", 1))]
    keys, query = (variable(tf, random, f"attention/{n}", [hidden, hidden]) for n in ("keys", "query"))
    score = variable(tf, random, "attention/score", [hidden, 1])

    def read(tokens):
        return tf.TensorArray(tf.float32, time).unstack(tf.nn.embedding_lookup(table, tokens))

    words = read(source)

    def encode(t, state, outputs):
        state = _gru(tf, words.read(t), state, *encoder)
        return t + 1, state, outputs.write(t, state)

    start = [0, tf.zeros([batch, hidden]), tf.TensorArray(tf.float32, time)]
    _, state, outputs = tf.while_loop(lambda t, *_: t < time, encode, start)
    memory = outputs.stack()
    projected = tf.reshape(tf.matmul(tf.reshape(memory, [time * batch, hidden]), keys), [time, batch, hidden])
    shifted = read(tf.concat([tf.zeros([1, batch], tf.int64), target[:-1]], 0))

    def decode(t, state, outputs):
        mixed = tf.reshape(tf.tanh(projected + tf.matmul(state, query)), [time * batch, hidden])
        weights = tf.nn.softmax(tf.reshape(tf.matmul(mixed, score), [time, batch]), axis=0)
        context = tf.reduce_sum(tf.expand_dims(weights, 2) * memory, 0)
        state = _gru(tf, tf.concat([shifted.read(t), context], 1), state, *decoder)
        return t + 1, state, outputs.write(t, state)

    start = [0, state, tf.TensorArray(tf.float32, time)]
    _, _, outputs = tf.while_loop(lambda t, *_: t < time, decode, start)
    logits = dense(tf, random, tf.reshape(outputs.stack(), [time * batch, hidden]), vocabulary, "logits")
    loss = cross_entropy(tf, tf.reshape(target, [-1]), logits)
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    feeds = {placeholder: random.randint(0, vocabulary, [time, batch]) for placeholder in (source, target)}
    return Program([train, loss], feeds)


def beam_search(tf, time: int = 30, batch: int = 8, beams: int = 5, hidden: int = 64, vocabulary: int = 500) -> Program:
    """The best sequences of a GRU language model."""
    random = np.random.RandomState(0)
    first = tf.placeholder(tf.float32, [batch, hidden], name="first")
    table = variable(tf, random, "table", [vocabulary, hidden])
    cell = [variable(tf, random, f"cell/{n}", [2 * hidden, m * hidden]) for n, m in (("g", 2), ("c", 1))]
    project = variable(tf, random, "project", [hidden, vocabulary])
    offsets = np.arange(batch, dtype=np.int32)[:, None] * beams

    def step(t, words, state, scores, ids):
        state = _gru(tf, tf.nn.embedding_lookup(table, tf.reshape(words, [-1])), state, *cell)
        logs = tf.reshape(tf.nn.log_softmax(tf.matmul(state, project)), [batch, beams, vocabulary])
        totals = tf.reshape(tf.expand_dims(scores, 2) + logs, [batch, beams * vocabulary])
        scores, best = tf.nn.top_k(totals, beams)
        parents = best // vocabulary
        state = tf.gather(state, tf.reshape(parents + offsets, [-1]))
        words = best % vocabulary
        return t + 1, words, state, scores, ids.write(t, words)

    scores = np.tile(np.float32([0] + [-1e9] * (beams - 1)), (batch, 1))
    start = [
        0,
        tf.zeros([batch, beams], tf.int32),
        tf.reshape(tf.tile(tf.expand_dims(first, 1), [1, beams, 1]), [batch * beams, hidden]),
        tf.constant(scores),
        tf.TensorArray(tf.int32, time),
    ]
    final = tf.while_loop(lambda t, *_: t < time, step, start)
    feeds = {first: random.standard_normal([batch, hidden]).astype(np.float32)}
    return Program([final[4].stack(), final[3]], feeds)


LOOPS = {
    "lstm/train": training_step("LSTM training through while_loop, 50 x 32 x 128", lstm_training, "loops"),
    "lstm/inference": training_step("LSTM with sequence lengths, 50 x 32 x 128", lstm_inference, "loops"),
    "scalar/loop": training_step("scalar loop of 5,000 iterations", scalar_loop, "loops"),
    "seq2seq/train": training_step("GRU encoder and decoder with attention, Adam", sequence_training, "loops"),
    "beam/search": training_step("beam search, 30 steps, 5 beams", beam_search, "loops"),
}
