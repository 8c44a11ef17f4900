"""Programs of tf.contrib.crf."""

import numpy as np

from tests.contrib.observed import numbers


def _fields(tf, steps, known=True, kind="int32"):
    inputs = tf.placeholder(tf.float32, [3, steps if known else None, 4], name="inputs")
    tags = tf.placeholder(kind, [3, steps if known else None], name="tags")
    lengths = tf.placeholder(kind, [3], name="lengths")
    feed = {
        inputs: numbers(3, steps, 4) * 3,
        tags: np.arange(3 * steps).reshape(3, steps) * 3 % 4,
        lengths: [steps, 1, 0 if steps == 1 else 2],
    }
    return inputs, tags, lengths, feed


def likelihoods(tf):
    inputs, tags, lengths, feed = _fields(tf, 5)
    return tf.contrib.crf.crf_log_likelihood(inputs, tags, lengths), feed


def likelihoods_of_unknown_length(tf):
    inputs, tags, lengths, feed = _fields(tf, 4, known=False, kind="int64")
    transitions = tf.get_variable("transitions", [4, 4])
    crf = tf.contrib.crf
    bitmap = inputs > 0.2
    return (
        [
            crf.crf_log_likelihood(inputs, tags, lengths, transitions)[0],
            crf.crf_sequence_score(inputs, tags, lengths, transitions),
            crf.crf_unary_score(tags, lengths, inputs),
            crf.crf_binary_score(tags, lengths, transitions),
            crf.crf_multitag_sequence_score(inputs, tf.logical_or(bitmap, inputs < 0), lengths, transitions),
        ],
        feed,
    )


def single_steps(tf):
    inputs, tags, lengths, feed = _fields(tf, 1)
    unknown, more_tags, more_lengths, more = _fields(tf, 1, known=False)
    feed.update(more)
    crf = tf.contrib.crf
    transitions = tf.get_variable("transitions", [4, 4])
    return (
        [
            crf.crf_log_likelihood(inputs, tags, lengths, transitions)[0],
            crf.crf_log_likelihood(unknown, more_tags, more_lengths, transitions)[0],
            crf.crf_decode(inputs, transitions, lengths),
        ],
        feed,
    )


def decoded(tf):
    results, feed = [], {}
    for known in (True, False):
        inputs, _, lengths, more = _fields(tf, 5, known)
        with tf.variable_scope("known" if known else "unknown"):
            transitions = tf.get_variable("transitions", [4, 4])
            results.append(tf.contrib.crf.crf_decode(inputs, transitions, lengths))
        feed.update({k: v for k, v in more.items() if k in (inputs, lengths)})
    score, transition = numbers(5, 4) * 3, numbers(4, 4)
    tags, best = tf.contrib.crf.viterbi_decode(score, transition)
    return [results, tf.constant(np.array(tags, np.int64)), tf.constant(np.float32(best))], feed
