"""The programs that the benchmarks time, each written once against a `tf` module that is handed in.

Initial values and inputs come from fixed numpy streams, so that every library computes the same numbers: the harness
compares them before it compares the times.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Program:
    """A built graph: what a call fetches and feeds.

    Attributes:
        fetches: the list that `session.run` gets; its last item is a float tensor, whose mean square is compared.
        feeds: placeholder to array, in the order of the exported model's inputs.
    """

    fetches: list[Any]
    feeds: dict[Any, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Workload:
    """One row of the table.

    Attributes:
        about: what it is, in a few words.
        build: makes the program in the default graph of the `tf` module that it gets.
        peer: the library whose time the ratio divides by: "onnxruntime" or "tensorflow".
        target: the ratio that is aimed at.
        callable: whether the call goes through `Session.make_callable` instead of `Session.run`.
        tolerance: largest relative difference of the compared numbers; wide where the random numbers differ.
    """

    about: str
    build: Callable[[Any], Program]
    peer: str
    target: float
    callable: bool = False
    tolerance: float = 1e-3


def _variable(tf, random, name, shape):
    values = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))
    return tf.get_variable(name, initializer=values.astype(np.float32))


def _zeros(tf, name, shape):
    return tf.get_variable(name, initializer=np.zeros(shape, np.float32))


def _dense(tf, random, inputs, units, name):
    kernel = _variable(tf, random, f"{name}/kernel", [int(inputs.shape[-1]), units])
    return tf.nn.bias_add(tf.matmul(inputs, kernel), _zeros(tf, f"{name}/bias", [units]))


def _convolution(tf, random, inputs, size, filters, name):
    kernel = _variable(tf, random, f"{name}/kernel", [size, size, int(inputs.shape[-1]), filters])
    outputs = tf.nn.conv2d(inputs, kernel, strides=[1, 1, 1, 1], padding="SAME")
    outputs = tf.nn.relu(tf.nn.bias_add(outputs, _zeros(tf, f"{name}/bias", [filters])))
    return tf.nn.max_pool(outputs, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")


def _mlp(tf, random, images):
    hidden = tf.nn.relu(_dense(tf, random, images, 256, "hidden1"))
    hidden = tf.nn.relu(_dense(tf, random, hidden, 128, "hidden2"))
    return _dense(tf, random, hidden, 10, "logits")


def _cnn(tf, random, images):
    hidden = _convolution(tf, random, images, 5, 16, "conv1")
    hidden = _convolution(tf, random, hidden, 5, 32, "conv2")
    hidden = tf.reshape(hidden, [-1, 7 * 7 * 32])
    hidden = tf.nn.relu(_dense(tf, random, hidden, 128, "hidden"))
    return _dense(tf, random, hidden, 10, "logits")


NETWORKS = {"mlp": (_mlp, [784]), "cnn": (_cnn, [28, 28, 1])}


def two_nodes(tf) -> Program:
    """`2 x + 1` on a 4 by 4 matrix: what a call costs when there is next to nothing to compute."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.add(tf.multiply(x, 2.0), 1.0, name="y")
    return Program([y], {x: np.arange(16, dtype=np.float32).reshape(4, 4)})


def inference(tf, network: str, batch: int) -> Program:
    """Class probabilities of a net with 28 x 28 inputs and 10 outputs."""
    random = np.random.RandomState(0)
    build, shape = NETWORKS[network]
    images = tf.placeholder(tf.float32, [None, *shape], name="images")
    probabilities = tf.nn.softmax(build(tf, random, images), name="probabilities")
    return Program([probabilities], {images: random.standard_normal([batch, *shape]).astype(np.float32)})


def training(tf, network: str, batch: int) -> Program:
    """A step of Adam on the cross-entropy of a net."""
    random = np.random.RandomState(0)
    build, shape = NETWORKS[network]
    images = tf.placeholder(tf.float32, [None, *shape], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    logits = build(tf, random, images)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    feeds = {
        images: random.standard_normal([batch, *shape]).astype(np.float32),
        labels: random.randint(0, 10, [batch]),
    }
    return Program([train, loss], feeds)


def word2vec(tf, vocabulary: int = 1205, dimensions: int = 64, batch: int = 256, sampled: int = 64) -> Program:
    """A step of the word2vec example: embedding lookup, NCE loss, gradient descent on the rows that were used."""
    random = np.random.RandomState(0)
    words = tf.placeholder(tf.int64, [batch], name="words")
    neighbours = tf.placeholder(tf.int64, [batch, 1], name="neighbours")
    embeddings = _variable(tf, random, "embeddings", [vocabulary, dimensions])
    losses = tf.nn.nce_loss(
        weights=_variable(tf, random, "weights", [vocabulary, dimensions]),
        biases=_zeros(tf, "biases", [vocabulary]),
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


def construction(tf, blocks: int = 100) -> int:
    """Builds a graph of some twenty operations a block and returns how many operations it has."""
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, 32])
        for block in range(blocks):
            with tf.name_scope(f"block{block}"):
                y = tf.matmul(x, tf.ones([32, 32])) + tf.zeros([32])
                y = tf.nn.relu(y) * 0.5
                y = tf.concat([y[:, :16], y[:, 16:]], axis=1)
                mean = tf.reduce_mean(y, axis=1, keepdims=True)
                y = tf.reshape(tf.tanh(y - mean), [-1, 32])
                x = x + y
    return len(graph.get_operations())


WORKLOADS = {
    "two_nodes/run": Workload("Session.run of 2 x + 1", two_nodes, "onnxruntime", 2.0),
    "two_nodes/callable": Workload("make_callable of 2 x + 1", two_nodes, "onnxruntime", 1.5, callable=True),
    **{
        f"{network}/inference{batch}": Workload(
            f"{network.upper()} inference, batch {batch}",
            functools.partial(inference, network=network, batch=batch),
            "onnxruntime",
            1.1,
        )
        for network in NETWORKS
        for batch in (1, 32)
    },
    "mlp/train": Workload(
        "MLP training step, Adam, batch 64",
        functools.partial(training, network="mlp", batch=64),
        "tensorflow",
        1.0,
    ),
    "cnn/train": Workload(
        "CNN training step, Adam, batch 32",
        functools.partial(training, network="cnn", batch=32),
        "tensorflow",
        1.0,
    ),
    "word2vec/train": Workload("word2vec training step, batch 256", word2vec, "tensorflow", 1.0, tolerance=0.5),
}
