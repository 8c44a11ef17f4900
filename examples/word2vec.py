"""Learns word vectors from Lewis Carroll's two Alice books and prints the nearest neighbours of some words.

The skip-gram model: a word's vector has to tell the words that stand near it from words drawn at random
(`tf.nn.nce_loss`). Only the rows of the words in a batch have a gradient, so every training step updates a few rows
of each table. The text is `data/carroll.txt` (see data/README.md).

    python examples/word2vec.py
    python examples/word2vec.py --steps 2000 --words queen said
"""

import argparse
import collections
import re
import time
from pathlib import Path

import numpy as np

import tfcompat.compat.v1 as tf

TEXT = Path(__file__).parent / "data" / "carroll.txt"
MIN_COUNT = 5
WINDOW = 4
SUBSAMPLE = 1e-3
DIMENSIONS = 64
BATCH = 256
NEGATIVES = 64
SEED = 5
WORDS = ["alice", "queen", "said", "eyes", "tweedledum", "two", "she", "could", "water", "door"]


def read_text():
    """The text as word ids, and the vocabulary from the most to the least frequent word; id 0 stands for rare words."""
    words = re.findall(r"[a-z]+(?:'[a-z]+)*", TEXT.read_text(encoding="ascii").lower())
    counts = collections.Counter(words)
    vocabulary = ["<rare>"] + [word for word, count in counts.most_common() if count >= MIN_COUNT]
    ids = {word: i for i, word in enumerate(vocabulary)}
    return np.array([ids.get(word, 0) for word in words], np.int64), vocabulary


def skip_gram_pairs(text, random):
    """All (word, neighbour) pairs of one pass, shuffled: int64 `[n, 2]`.

    Rare words are left out, frequent ones are dropped at random, and each word looks a random distance of at most
    WINDOW to both sides.
    """
    frequency = np.bincount(text) / len(text)
    keep = np.minimum(1, np.sqrt(SUBSAMPLE / np.maximum(frequency, 1e-12)))
    keep[0] = 0
    text = text[random.uniform(size=len(text)) < keep[text]]
    reach = random.randint(1, WINDOW + 1, size=len(text))
    pairs = []
    for distance in range(1, WINDOW + 1):
        left, right = text[:-distance], text[distance:]
        pairs.append(np.stack([left, right], 1)[reach[:-distance] >= distance])
        pairs.append(np.stack([right, left], 1)[reach[distance:] >= distance])
    pairs = np.concatenate(pairs)
    return pairs[random.permutation(len(pairs))]


def batches(text, random):
    """Endless batches of pairs: (words int64 `[BATCH]`, neighbours int64 `[BATCH, 1]`)."""
    while True:
        pairs = skip_gram_pairs(text, random)
        for start in range(0, len(pairs) - BATCH + 1, BATCH):
            batch = pairs[start : start + BATCH]
            yield batch[:, 0], batch[:, 1:]


def build(vocabulary_size):
    """The graph: placeholders for words and neighbours, the loss, the training operation and the unit vectors."""
    words = tf.placeholder(tf.int64, [BATCH], name="words")
    neighbours = tf.placeholder(tf.int64, [BATCH, 1], name="neighbours")
    embeddings = tf.get_variable(
        "embeddings", [vocabulary_size, DIMENSIONS], initializer=tf.random_uniform_initializer(-0.1, 0.1)
    )
    weights = tf.get_variable("nce_weights", [vocabulary_size, DIMENSIONS], initializer=tf.zeros_initializer())
    biases = tf.get_variable("nce_biases", [vocabulary_size], initializer=tf.zeros_initializer())
    vectors = tf.nn.embedding_lookup(embeddings, words)
    losses = tf.nn.nce_loss(
        weights=weights,
        biases=biases,
        labels=neighbours,
        inputs=vectors,
        num_sampled=NEGATIVES,
        num_classes=vocabulary_size,
    )
    loss = tf.reduce_mean(losses)
    rate = tf.placeholder(tf.float32, [], name="rate")
    train = tf.train.GradientDescentOptimizer(rate).minimize(loss)
    unit_vectors = tf.nn.l2_normalize(embeddings - tf.reduce_mean(embeddings, axis=0), axis=1)
    return words, neighbours, rate, loss, train, unit_vectors


def print_neighbours(session, unit_vectors, vocabulary, words):
    """Prints, for every known word of `words`, the six words whose vectors point in the most similar directions."""
    ids = [vocabulary.index(word) for word in words]
    similarity = tf.matmul(tf.gather(unit_vectors, ids), unit_vectors, transpose_b=True)
    values, indices = session.run(tf.nn.top_k(similarity, k=7))
    for word, row_values, row_indices in zip(words, values, indices, strict=True):
        others = [f"{vocabulary[i]} {value:.2f}" for value, i in zip(row_values[1:], row_indices[1:], strict=True)]
        print(f"{word:>12}: {', '.join(others)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20000, help="training steps (default: %(default)s)")
    parser.add_argument("--words", nargs="+", default=WORDS, help="words to show the neighbours of")
    parser.add_argument("--quiet", action="store_true", help="print the neighbours only")
    options = parser.parse_args()

    text, vocabulary = read_text()
    unknown = sorted(set(options.words) - set(vocabulary))
    if unknown:
        parser.error(f"not among the {len(vocabulary)} words of the vocabulary: {', '.join(unknown)}")
    tf.set_random_seed(SEED)
    words, neighbours, rate, loss, train, unit_vectors = build(len(vocabulary))

    started = time.perf_counter()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        losses = []
        source = batches(text, np.random.RandomState(SEED))
        for step in range(options.steps):
            batch_words, batch_neighbours = next(source)
            feed = {words: batch_words, neighbours: batch_neighbours, rate: 2.0 - 1.8 * step / options.steps}
            _, value = session.run([train, loss], feed)
            losses.append(value)
            if not options.quiet and (step + 1) % 4000 == 0:
                elapsed = time.perf_counter() - started
                print(f"step {step + 1:6d}  loss {np.mean(losses):.3f}  {elapsed:5.1f} s")
                losses = []
        print_neighbours(session, unit_vectors, vocabulary, options.words)


if __name__ == "__main__":
    main()
