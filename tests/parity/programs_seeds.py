"""Programs of random numbers: seeds of the graph and of operations, what counts operations, functions that draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cases import f32

Runs = list[tuple[Any, dict[Any, Any]]]


def _drawn(tf: Any, graph_seed: int | None, seeds: list[int | None]) -> Runs:
    if graph_seed is not None:
        tf.set_random_seed(graph_seed)
    drawn = [
        [
            tf.random_uniform([3], seed=seed),
            tf.random_normal([5], 1.0, 2.0, seed=seed),
            tf.truncated_normal([2, 3], dtype=tf.float64, seed=seed),
            tf.random_uniform([4], -3, 100, tf.int64, seed=seed),
            tf.random_shuffle(np.arange(7), seed=seed),
            tf.multinomial(np.log([[0.1, 0.2, 0.7]]), 6, seed=seed),
            tf.random_gamma([2], [0.5, 3.0], seed=seed),
            tf.random_poisson([0.5, 30.0], [3], seed=seed),
        ]
        for seed in seeds
    ]
    return [(drawn, {})] * 3


def seeds_of_operations_alone(tf: Any) -> Runs:
    return _drawn(tf, None, [0, 1, -7, 2**31 + 9, 2**62])


def a_seed_of_the_graph(tf: Any) -> Runs:
    return _drawn(tf, 42, [None, 0, None, -7])


def a_seed_of_zero(tf: Any) -> Runs:
    return _drawn(tf, 0, [0, None, 1])


def a_negative_seed(tf: Any) -> Runs:
    return _drawn(tf, -5, [None, 3])


def a_large_seed(tf: Any) -> Runs:
    return _drawn(tf, 2**40 + 3, [None, 2**31 - 1])


def what_drops_nothing_has_a_number_too(tf: Any) -> Runs:
    tf.set_random_seed(7)
    x = tf.constant(f32(3, 4, 2))
    dropped = [
        tf.nn.dropout(x, 1.0),
        tf.nn.dropout(x, rate=0.0),
        tf.nn.dropout(x, rate=0.0, seed=3),
        tf.nn.dropout(x, 0.6, noise_shape=[3, 1, 2]),
        tf.nn.dropout(x, rate=tf.constant(0.0)),
        tf.random_uniform([3]),
    ]
    return [(dropped, {})] * 2


def branches_and_loops_are_numbered_with_the_rest(tf: Any) -> Runs:
    tf.set_random_seed(5)
    taken = tf.cond(tf.constant(True), lambda: tf.random_uniform([2]), lambda: tf.random_normal([2]))
    between = tf.random_uniform([2])

    def step(i: Any, total: Any) -> Any:
        inner = tf.cond(total > 0.0, lambda: tf.random_normal([]), lambda: tf.random_uniform([]))
        return i + 1, total + inner

    summed = tf.while_loop(lambda i, _: i < 3, step, [0, 0.0], parallel_iterations=1)[1]
    return [([taken, between, summed, tf.random_uniform([2])], {})] * 3


def draws_of_distributions(tf: Any) -> Runs:
    tf.set_random_seed(5)
    d = tf.distributions
    with tf.name_scope("cond"):
        drawn = [
            d.Normal(0.0, [1.0, 2.0]).sample(3),
            d.Multinomial(5.0, probs=[0.2, 0.3, 0.5]).sample(3),
            d.StudentT(3.0, 0.0, 1.0).sample(4),
            d.DirichletMultinomial(4.0, [1.0, 2.0]).sample(2),
            d.Uniform(0.0, [1.0, 5.0]).sample(3),
        ]
    return [(drawn, {})] * 2


def pictures_changed_at_random(tf: Any) -> Runs:
    tf.set_random_seed(7)
    one, several = tf.constant(f32(5, 6, 3, lo=0, hi=1)), tf.constant(f32(2, 5, 6, 3, lo=0, hi=1))
    boxes = tf.constant([[[0.1, 0.2, 0.5, 0.9], [0.3, 0.3, 0.8, 0.7]]])
    with tf.name_scope("cond"):
        changed = [
            [
                tf.image.random_flip_left_right(image),
                tf.image.random_flip_up_down(image, seed=3),
                tf.image.random_brightness(image, 0.3),
                tf.image.random_contrast(image, 0.5, 1.5, seed=1),
                tf.image.random_hue(image, 0.2),
                tf.image.random_saturation(image, 0.5, 1.5),
            ]
            for image in (one, several)
        ]
        cut = tf.image.sample_distorted_bounding_box([50, 60, 3], boxes, seed=3, min_object_covered=0.5)
    return [([changed, list(cut)], {})] * 3


def candidates_for_losses(tf: Any) -> Runs:
    tf.set_random_seed(3)
    weights, biases, x = tf.constant(f32(20, 3)), tf.zeros([20]), tf.constant(f32(2, 3))
    labels = tf.constant([[1, 2], [3, 0]], tf.int64)
    drawn = [
        *tf.nn.log_uniform_candidate_sampler(labels, 2, 5, True, 20),
        *tf.nn.learned_unigram_candidate_sampler(labels, 2, 5, False, 20),
        tf.nn.nce_loss(weights, biases, labels, x, 6, 20, num_true=2),
        tf.nn.sampled_softmax_loss(weights, biases, labels, x, 6, 20, num_true=2, seed=3),
    ]
    return [(drawn, {})] * 3
