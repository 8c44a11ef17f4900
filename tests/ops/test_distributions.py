"""Rows of distributions: samples, densities and statistics with the nodes they record."""

import numpy as np

from tests.cases import Case, arr, const, f32, f64, sym
from tests.runner import run_cases


def densities(tf, cls, values, *args, methods=("log_prob", "prob"), **kwargs):
    """What a distribution says of values."""
    d = getattr(tf.distributions, cls)(*args, **kwargs)
    return [getattr(d, m)(values) for m in methods]


def statistics(tf, cls, *args, methods=("mean", "variance", "stddev", "entropy", "mode"), **kwargs):
    """Statistics of a distribution, and its shapes."""
    d = getattr(tf.distributions, cls)(*args, **kwargs)
    return [getattr(d, m)() for m in methods], d.batch_shape_tensor(), d.event_shape_tensor(), d.is_scalar_event()


def samples(tf, cls, sizes, seed, *args, **kwargs):
    """Samples with a seed."""
    return getattr(tf.distributions, cls)(*args, **kwargs).sample(sizes, seed=seed)


def divergence(tf, cls, first, second):
    """The divergence and the cross entropy of two distributions of one class."""
    a, b = (getattr(tf.distributions, cls)(**kwargs) for kwargs in (first, second))
    return tf.distributions.kl_divergence(a, b), a.cross_entropy(b, name="crossed")


ALL = ("log_prob", "prob", "cdf", "log_cdf", "survival_function", "log_survival_function")
P = f32.positive
X = arr([-30.0, -6.0, -1.0, 0.0, 0.3, 2.0, 7.0])
UNIT = arr([0.1, 0.5, 0.9])
PARTS = arr([[0.2, 0.3, 0.5], [0.6, 0.1, 0.3]])
CONT = {"unknown_rank": False}

CASES = [
    # numbers with a location and a scale
    *[Case(densities, cls, X, arr(0.5), arr(1.5), methods=ALL) for cls in ("Normal", "Laplace")],
    Case(densities, "Normal", f64(3), f64(3, salt=1), f64.positive(3), methods=ALL),
    Case(densities, "Normal", arr([0.02, 0.5, 0.99]), arr(0.5), arr(1.5), methods=("quantile",), graph=False),
    Case(densities, "Uniform", X, arr(-2.0), arr([3.0]), methods=("log_prob", "prob", "cdf"), grad=False),
    Case(densities, "StudentT", X, arr(3.0), arr(0.5), arr(1.5), methods=("log_prob", "prob", "cdf"), grad2=False),
    Case(densities, "Normal", 1, 0.0, [1.0, 2.0], methods=("log_prob",), validate_args=True, graph=False),
    *[Case(statistics, cls, f32(2), P(2)) for cls in ("Normal", "Laplace")],
    Case(statistics, "Normal", f32(3, 1), P(2), name="Other"),
    Case(statistics, "Uniform", arr([0.5, -1.0]), arr(2.0), methods=("mean", "variance", "stddev", "entropy")),
    Case(statistics, "StudentT", arr([0.5, 1.5, 3.0]), arr(1.0), arr([2.0]), grad=False),
    *[Case(samples, cls, 3, 7, f32(2), P(2)) for cls in ("Normal", "Laplace", "Uniform")],
    Case(samples, "Normal", [2, 3], 7, f32(2, 1), P(4), name="N"),
    Case(samples, "Normal", [], 7, f64(2), f64.positive(2)),
    Case(samples, "StudentT", 3, 7, arr([3.0, 4.0]), arr(0.0), arr(1.0), grad=False),
    Case(densities, "Normal", f32(2), f32(2, salt=1), arr([-1.0, 1.0]), validate_args=True,
         raises=("InvalidArgumentError", "x > 0")),
    # positive numbers, and numbers between 0 and 1
    Case(densities, "Gamma", P(3), arr(2.5), P(3, salt=1), methods=("log_prob", "prob", "cdf"), grad2=False),
    Case(densities, "Exponential", P(3), P(3, salt=1), methods=("log_prob", "prob", "cdf"), grad2=False),
    Case(densities, "Beta", UNIT, arr(2.5), P(3), methods=("log_prob", "prob", "cdf"), grad=False),
    Case(statistics, "Gamma", arr([0.5, 2.0, 3.0]), P(3)),
    Case(statistics, "Gamma", arr([1.5, 2.0]), P(2), allow_nan_stats=False, graph=False, grad=False),
    Case(statistics, "Exponential", P(3)),
    Case(statistics, "Beta", arr([0.5, 2.0, 3.0]), arr([0.7, 1.5, 4.0]), grad=False),
    Case(samples, "Gamma", 4, 3, P(2), arr(2.0), grad=False),
    Case(samples, "Exponential", [2, 2], 3, P(2)),
    Case(samples, "Beta", 4, 3, P(2), arr(3.0), grad=False),
    # truth values and classes
    Case(densities, "Bernoulli", arr([0, 1, 1], "int32"), logits=f32(3)),
    Case(densities, "Bernoulli", 1, probs=arr([0.2, 0.7])),
    Case(statistics, "Bernoulli", logits=f32(3)),
    Case(statistics, "Bernoulli", probs=UNIT, dtype=sym("int64")),
    Case(samples, "Bernoulli", [3, 2], 5, probs=UNIT, grad=False),
    Case(densities, "Bernoulli", arr([0, 2], "int32"), logits=f32(2), validate_args=True,
         raises=("InvalidArgumentError", "Elements cannot exceed 1")),
    Case(densities, "Bernoulli", 1, raises=("ValueError", "Must pass probs or logits")),
    Case(densities, "Categorical", arr([1, 2], "int32"), logits=f32(2, 3)),
    Case(densities, "Categorical", 1, probs=PARTS, methods=("prob", "log_prob", "cdf"), graph=False),
    Case(statistics, "Categorical", logits=f32(2, 3), methods=("entropy", "mode")),
    Case(samples, "Categorical", [2, 3], 5, probs=PARTS, grad=False),
    Case(samples, "Categorical", 4, 5, logits=f32(3), grad=False),
    # vectors
    Case(densities, "Dirichlet", PARTS, P(3)),
    Case(statistics, "Dirichlet", arr([[2.0, 3.0, 1.5], [0.5, 2.0, 2.0]]), methods=("mean", "variance", "covariance",
                                                                                  "entropy"), **CONT),
    Case(statistics, "Dirichlet", arr([2.0, 3.0, 1.5]), methods=("mode",), **CONT),
    Case(samples, "Dirichlet", 3, 5, P(2, 3), grad=False, **CONT),
    Case(densities, "Multinomial", arr([[1.0, 2.0, 1.0], [0.0, 0.0, 4.0]]), arr([4.0, 4.0]), probs=PARTS, **CONT),
    Case(statistics, "Multinomial", arr([4.0, 5.0]), logits=f32(2, 3), methods=("mean", "variance", "covariance"),
         **CONT),
    Case(samples, "Multinomial", 3, 5, arr([4.0, 5.0]), probs=PARTS, random=True, graph=False, **CONT),
    Case(densities, "DirichletMultinomial", arr([[1.0, 2.0, 1.0]]), arr([4.0]), P(2, 3), **CONT),
    Case(statistics, "DirichletMultinomial", arr(4.0), P(2, 3), methods=("mean", "variance", "covariance"), **CONT),
    Case(samples, "DirichletMultinomial", 3, 5, const(np.float32(4)), P(2, 3), grad=False, **CONT),
    # divergences
    Case(divergence, "Normal", {"loc": f32(2), "scale": P(2)}, {"loc": f32(2, salt=1), "scale": P(2, salt=1)}),
    Case(divergence, "Gamma", {"concentration": P(2), "rate": P(2, salt=1)},
         {"concentration": P(2, salt=2), "rate": P(2, salt=3)}),
    Case(divergence, "Beta", {"concentration1": P(2), "concentration0": P(2, salt=1)},
         {"concentration1": P(2, salt=2), "concentration0": P(2, salt=3)}),
    Case(divergence, "Bernoulli", {"logits": f32(2)}, {"logits": f32(2, salt=1)}),
    Case(divergence, "Categorical", {"logits": f32(2, 3)}, {"logits": f32(2, 3, salt=1)}),
    Case(divergence, "Dirichlet", {"concentration": P(2, 3)}, {"concentration": P(2, 3, salt=1)}, **CONT),
]  # fmt: skip

test_rows = run_cases("distributions", CASES)
