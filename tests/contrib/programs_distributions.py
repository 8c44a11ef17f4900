"""Programs of tf.contrib.distributions."""

import numpy as np

from tests.contrib.observed import numbers

POINTS = np.abs(numbers(2, 3)) * 3
TRIL = np.array([[1, 0, 0], [0.5, 2, 0], [0.1, 0.2, 0.3]], np.float32)


def _normal(d):
    points = d.log_prob(POINTS), d.prob(POINTS)
    return points, d.entropy(), d.mean(), d.stddev(), d.variance(), d.covariance(), d.sample(2, seed=3), d.mode()


def diagonal_normal(tf):
    ds = tf.contrib.distributions
    return _normal(ds.MultivariateNormalDiag(numbers(3), np.array([[1, 2, 3], [0.5, 0.4, 0.3]], np.float32))), {}


def scaled_normal(tf):
    ds = tf.contrib.distributions
    return _normal(ds.MultivariateNormalDiag(loc=numbers(2, 3), scale_identity_multiplier=np.float32(0.5))), {}


def triangular_normal(tf):
    return _normal(tf.contrib.distributions.MultivariateNormalTriL(numbers(3), TRIL)), {}


def logistic(tf):
    d = tf.contrib.distributions.Logistic(numbers(3), np.float32(1.5))
    points = d.log_prob(POINTS), d.cdf(POINTS), d.log_cdf(POINTS), d.survival_function(POINTS)
    return (points, d.entropy(), d.mean(), d.stddev(), d.sample(2, seed=3)), {}


def one_hot(tf):
    ds = tf.contrib.distributions
    d, other = ds.OneHotCategorical(logits=POINTS), ds.OneHotCategorical(logits=numbers(2, 3, salt=1))
    hot = np.array([[0, 1, 0], [0, 0, 1]], np.int32)
    return (d.log_prob(hot), d.prob(hot), d.entropy(), d.mode(), d.sample(3, seed=5), ds.kl_divergence(d, other)), {}


def relaxed(tf):
    d = tf.contrib.distributions.RelaxedOneHotCategorical(np.float32(0.7), logits=POINTS)
    return (d.log_prob(np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]], np.float32)), d.sample(2, seed=4)), {}


def counts_and_certainties(tf):
    ds = tf.contrib.distributions
    p, d = ds.Poisson(rate=np.array([1.5, 3], np.float32)), ds.Deterministic(np.array([1.0, 2.0], np.float32))
    k = np.array([2, 4], np.float32)
    counts = p.log_prob(k), p.cdf(k), p.mean(), p.variance(), p.mode()
    return (counts, d.prob([1.0, 3.0]), d.cdf([0.5, 2.5]), d.sample(2), d.mean(), d.variance()), {}


def positive_scales(tf):
    ds = tf.contrib.distributions
    scale = numbers(3, salt=2)
    n, p = ds.NormalWithSoftplusScale(numbers(3), scale), ds.LaplaceWithSoftplusScale(numbers(3), scale)
    return (n.scale, n.log_prob(POINTS), p.scale, p.log_prob(POINTS)), {}
