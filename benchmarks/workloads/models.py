"""Training steps beyond images: embeddings, a transformer, reinforcement learning, a physics-informed net."""

import functools

import numpy as np

from workloads.program import Program, cross_entropy, dense, ones, training_step, variable, zeros


def word2vec(tf, vocabulary: int = 1205, dimensions: int = 64, batch: int = 256, sampled: int = 64) -> Program:
    """A step of the word2vec example: embedding lookup, NCE loss, gradient descent on the rows that were used."""
    random = np.random.RandomState(0)
    words = tf.placeholder(tf.int64, [batch], name="words")
    neighbours = tf.placeholder(tf.int64, [batch, 1], name="neighbours")
    embeddings = variable(tf, random, "embeddings", [vocabulary, dimensions])
    losses = tf.nn.nce_loss(
        weights=variable(tf, random, "weights", [vocabulary, dimensions]),
        biases=zeros(tf, "biases", [vocabulary]),
        labels=neighbours,
        inputs=tf.nn.embedding_lookup(embeddings, words),
        num_sampled=sampled,
        num_classes=vocabulary,
    )
    loss = tf.reduce_mean(losses)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feeds = {
        words: random.randint(0, vocabulary, [batch]),
        neighbours: random.randint(0, vocabulary, [batch, 1]),
    }
    return Program([train, loss], feeds)


def embedding(tf, optimizer: str, rows: int = 200_000, dimensions: int = 128, batch: int = 512) -> Program:
    """A step on a few rows of a large table."""
    random = np.random.RandomState(0)
    words = tf.placeholder(tf.int64, [batch], name="words")
    labels = tf.placeholder(tf.int64, [batch], name="labels")
    table = variable(tf, random, "table", [rows, dimensions])
    loss = cross_entropy(tf, labels, dense(tf, random, tf.nn.embedding_lookup(table, words), 10, "logits"))
    rule = {
        "sgd": tf.train.GradientDescentOptimizer,
        "adagrad": tf.train.AdagradOptimizer,
        "adam": tf.train.AdamOptimizer,
    }[optimizer](1e-2)
    feeds = {words: random.randint(0, rows, [batch]), labels: random.randint(0, 10, [batch])}
    return Program([rule.minimize(loss), loss], feeds)


def _layer_norm(tf, inputs, name):
    size = int(inputs.shape[-1])
    mean, variance = tf.nn.moments(inputs, [-1], keep_dims=True)
    scale, offset = ones(tf, f"{name}/gamma", [size]), zeros(tf, f"{name}/beta", [size])
    return tf.nn.batch_normalization(inputs, mean, variance, offset, scale, 1e-6)


def _attention(tf, random, inputs, batch, length, size, heads, name):
    def split(values):
        return tf.transpose(tf.reshape(values, [batch, length, heads, size // heads]), [0, 2, 1, 3])

    query, key, value = (split(dense(tf, random, inputs, size, f"{name}/{part}")) for part in ("q", "k", "v"))
    scores = tf.matmul(query, key, transpose_b=True) / np.float32(np.sqrt(size // heads))
    context = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
    return dense(tf, random, tf.reshape(context, [batch * length, size]), size, f"{name}/out")


def transformer(tf, batch: int = 8, length: int = 64, size: int = 128, heads: int = 4, vocabulary: int = 1000):
    """A step of Adam on a two-layer transformer that predicts a token for every position."""
    random = np.random.RandomState(0)
    tokens = tf.placeholder(tf.int64, [batch, length], name="tokens")
    targets = tf.placeholder(tf.int64, [batch, length], name="targets")
    table = variable(tf, random, "table", [vocabulary, size])
    places = variable(tf, random, "places", [length, size])
    hidden = tf.reshape(tf.nn.embedding_lookup(table, tokens) + places, [batch * length, size])
    for layer in range(2):
        name = f"layer{layer}"
        inner = _layer_norm(tf, hidden, f"{name}/norm1")
        hidden = hidden + _attention(tf, random, inner, batch, length, size, heads, f"{name}/attention")
        inner = _layer_norm(tf, hidden, f"{name}/norm2")
        inner = tf.nn.relu(dense(tf, random, inner, 4 * size, f"{name}/wide"))
        hidden = hidden + dense(tf, random, inner, size, f"{name}/narrow")
    logits = dense(tf, random, _layer_norm(tf, hidden, "norm"), vocabulary, "logits")
    loss = cross_entropy(tf, tf.reshape(targets, [-1]), logits)
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    feeds = {placeholder: random.randint(0, vocabulary, [batch, length]) for placeholder in (tokens, targets)}
    return Program([train, loss], feeds)


def policy(tf, learn: bool) -> Program:
    """A small actor-critic net: values of actions for one observation, or a step on a batch of 32."""
    random = np.random.RandomState(0)
    observations = tf.placeholder(tf.float32, [None, 8], name="observations")
    hidden = tf.tanh(dense(tf, random, observations, 64, "hidden1"))
    hidden = tf.tanh(dense(tf, random, hidden, 64, "hidden2"))
    logits, values = dense(tf, random, hidden, 4, "policy"), dense(tf, random, hidden, 1, "value")[:, 0]
    if not learn:
        feeds = {observations: random.standard_normal([1, 8]).astype(np.float32)}
        return Program([tf.nn.softmax(logits), values], feeds, calls=20)
    actions = tf.placeholder(tf.int32, [None], name="actions")
    returns = tf.placeholder(tf.float32, [None], name="returns")
    logs = tf.nn.log_softmax(logits)
    chosen = tf.reduce_sum(logs * tf.one_hot(actions, 4), axis=1)
    advantage = tf.stop_gradient(returns - values)
    entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logs) * logs, axis=1))
    loss = tf.reduce_mean(tf.square(returns - values)) - tf.reduce_mean(chosen * advantage) - 0.01 * entropy
    rule = tf.train.RMSPropOptimizer(1e-3)
    gradients, variables = zip(*rule.compute_gradients(loss), strict=True)
    clipped, _ = tf.clip_by_global_norm(gradients, 0.5)
    train = rule.apply_gradients(zip(clipped, variables, strict=True))
    feeds = {
        observations: random.standard_normal([32, 8]).astype(np.float32),
        actions: random.randint(0, 4, [32]).astype(np.int32),
        returns: random.standard_normal([32]).astype(np.float32),
    }
    return Program([train, loss], feeds, calls=5)


def physics(tf, points: int = 1000) -> Program:
    """A step of Adam on the residual of u'' + u = 0 in two dimensions, float64, by nested gradients."""
    random = np.random.RandomState(0)
    x = tf.placeholder(tf.float64, [None, 1], name="x")
    t = tf.placeholder(tf.float64, [None, 1], name="t")
    hidden = tf.concat([x, t], 1)
    for layer in range(4):
        hidden = tf.tanh(dense(tf, random, hidden, 20, f"hidden{layer}"))
    u = dense(tf, random, hidden, 1, "u")
    u_x, u_t = tf.gradients(u, x)[0], tf.gradients(u, t)[0]
    residual = u_t + u * u_x - 0.01 * tf.gradients(u_x, x)[0]
    loss = tf.reduce_mean(tf.square(residual)) + tf.reduce_mean(tf.square(u - tf.sin(x)))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    return Program([train, loss], {p: random.uniform(-1, 1, [points, 1]) for p in (x, t)})


MODELS = {
    "word2vec/train": training_step("word2vec training step, batch 256", word2vec, tolerance=0.5),
    **{
        f"embedding/{optimizer}": training_step(
            f"512 rows of a 200,000 x 128 table, sparse {optimizer}",
            functools.partial(embedding, optimizer=optimizer),
        )
        for optimizer in ("sgd", "adagrad", "adam")
    },
    "transformer/train": training_step("two-layer transformer, Adam, 8 x 64 tokens", transformer),
    "policy/act": training_step("20 calls of a policy for one observation", functools.partial(policy, learn=False)),
    "policy/train": training_step("5 actor-critic steps, batch 32", functools.partial(policy, learn=True)),
    "physics/train": training_step("physics-informed net in float64, Adam, 1000 points", physics),
}
