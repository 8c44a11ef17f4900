"""Distributions of vectors: of probabilities (Dirichlet), and of counts (Multinomial, DirichletMultinomial)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.distributions.distribution import FULLY_REPARAMETERIZED, NOT_REPARAMETERIZED, Distribution
from tfcompat.distributions.kullback_leibler import RegisterKL, tensor
from tfcompat.distributions.util import (
    log_combinations,
    logits_and_probs,
    new_seed,
    non_negative_integers,
    ones_like,
    public,
    select,
)
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.diagonals import matrix_set_diag
from tfcompat.ops.filling import fill
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.map_fn import map_fn
from tfcompat.ops.math import log, rsqrt, sqrt
from tfcompat.ops.matmul import matmul
from tfcompat.ops.random import random_gamma
from tfcompat.ops.reduction import reduce_all, reduce_sum
from tfcompat.ops.softmax import log_softmax


class _Vectors(Distribution):
    """Distributions of vectors, [..., k], of which `_per_element` has the shape."""

    _per_element: Any
    _per_batch: Any

    def _batch_shape_tensor(self) -> Any:
        return shape(self._per_batch)

    def _batch_shape(self) -> Any:
        return self._per_batch.shape

    def _event_shape_tensor(self) -> Any:
        return shape(self._per_element)[-1:]

    def _event_shape(self) -> Any:
        return self._per_element.shape.with_rank_at_least(1)[-1:]

    def _product_covariance(self, x: Any, y: Any) -> Any:
        """-x y^T, with the variances on the diagonal."""
        return matrix_set_diag(-matmul(x[..., None], y[..., None, :]), self._variance())


def _checked_concentration(concentration: Any, validate_args: bool) -> Any:
    if not validate_args:
        return concentration
    checks = [
        public("assert_positive")(concentration, message="Concentration parameter must be positive."),
        public("assert_rank_at_least")(concentration, 1, message="Concentration parameter must have >=1 dimensions."),
        public("assert_less")(
            1, shape(concentration)[-1], message="Concentration parameter must have event_size >= 2."
        ),
    ]
    return with_dependencies(checks, concentration)


@tf_export("distributions.Dirichlet")
class Dirichlet(_Vectors):
    """Vectors of k probabilities, of density proportional to the product of x_i^(concentration_i - 1)."""

    def __init__(
        self, concentration: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Dirichlet"
    ):
        """Keeps the concentrations, [..., k], of a float type; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        with name_scope(name, None, [concentration]) as scope:
            concentration = tensor(concentration, name="concentration")
            self._per_element = _checked_concentration(concentration, validate_args)
            self._per_batch = reduce_sum(self._per_element, -1)
        super().__init__(self._per_element.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._per_element, self._per_batch], scope)  # fmt: skip

    @property
    def concentration(self) -> Any:
        """The concentrations, [..., k]."""
        return self._per_element

    @property
    def total_concentration(self) -> Any:
        """Their sum over the last axis."""
        return self._per_batch

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        gamma = random_gamma(shape=[n], alpha=self.concentration, dtype=self.dtype, seed=seed)
        return gamma / reduce_sum(gamma, -1, keepdims=True)

    def _checked(self, x: Any) -> Any:
        if not self.validate_args:
            return x
        one = public("ones")([], dtype=self.dtype)
        total = reduce_sum(x, -1)
        checks = [public("assert_positive")(x, message="samples must be positive"),
                  public("assert_near")(one, total, message="sample last-dimension must sum to `1`")]  # fmt: skip
        return with_dependencies(checks, x)

    def _log_prob(self, x: Any) -> Any:
        x = self._checked(x)
        unnormalized = reduce_sum(public("math.xlogy")(self.concentration - 1.0, x), -1)
        return unnormalized - public("lbeta")(self.concentration)

    def _prob(self, x: Any) -> Any:
        return public("exp")(self._log_prob(x))

    def _entropy(self) -> Any:
        digamma = public("digamma")
        k = cast(self.event_shape_tensor()[0], self.dtype)
        return (
            public("lbeta")(self.concentration)
            + (self.total_concentration - k) * digamma(self.total_concentration)
            - reduce_sum((self.concentration - 1.0) * digamma(self.concentration), -1)
        )

    def _mean(self) -> Any:
        return self.concentration / self.total_concentration[..., None]

    def _scale(self) -> Any:
        return rsqrt(1.0 + self.total_concentration[..., None])

    def _covariance(self) -> Any:
        x = self._scale() * self._mean()
        return self._product_covariance(x, x)

    def _variance(self) -> Any:
        scale = self._scale()
        x = scale * self._mean()
        return x * (scale - x)

    def _mode(self) -> Any:
        k = cast(self.event_shape_tensor()[0], self.dtype)
        mode = (self.concentration - 1.0) / (self.total_concentration[..., None] - k)
        if self.allow_nan_stats:
            nan = fill(shape(mode), np.array(np.nan, self.dtype.as_numpy_dtype), name="nan")
            return select(reduce_all(raw_ops.Greater(x=self.concentration, y=1.0), axis=-1), mode, nan)
        one = public("ones")([], self.dtype)
        message = "Mode undefined when any concentration <= 1"
        return with_dependencies([public("assert_less")(one, self.concentration, message=message)], mode)


@RegisterKL(Dirichlet, Dirichlet)
def _kl_dirichlet(a: Dirichlet, b: Dirichlet, name: str | None = None) -> Any:
    with name_scope(name, "kl_dirichlet_dirichlet", values=[a.concentration, b.concentration]):
        digamma, lbeta = public("digamma"), public("lbeta")
        total = digamma(reduce_sum(a.concentration, axis=-1, keepdims=True))
        logs = digamma(a.concentration) - total
        difference = a.concentration - b.concentration
        return reduce_sum(difference * logs, axis=-1) - lbeta(a.concentration) + lbeta(b.concentration)


def _checked_total(total: Any, name: str, validate_args: bool) -> Any:
    total = tensor(total, name=name)
    return non_negative_integers(total) if validate_args else total


def _counts(self: Any, counts: Any) -> Any:
    """Counts, once it is known that they add up."""
    if not self.validate_args:
        return counts
    counts = non_negative_integers(counts)
    message = "counts last-dimension must sum to `self.total_count`"
    total = public("assert_equal")(self.total_count, reduce_sum(counts, -1), message=message)
    return with_dependencies([total], counts)


@tf_export("distributions.Multinomial")
class Multinomial(_Vectors):
    """How often each of k classes is drawn in `total_count` draws."""

    def __init__(
        self,
        total_count: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Multinomial",
    ):
        """Takes the counts [...], of a float type, and either logits or probabilities [..., k]."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        with name_scope(name, None, [total_count, logits, probs]) as scope:
            self._total_count = _checked_total(total_count, "total_count", validate_args)
            self._logits, self._probs = logits_and_probs(logits, probs, True, validate_args, scope)
            self._per_element = self._total_count[..., None] * self._probs
        super().__init__(self._probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._total_count, self._logits, self._probs], scope)  # fmt: skip

    @property
    def total_count(self) -> Any:
        """The numbers of draws."""
        return self._total_count

    @property
    def logits(self) -> Any:
        """Logarithms of the probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._probs

    def _batch_shape_tensor(self) -> Any:
        return shape(self._per_element)[:-1]

    def _batch_shape(self) -> Any:
        return self._per_element.shape.with_rank_at_least(1)[:-1]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        draws = cast(self.total_count, dtypes.int32)
        k = self.event_shape_tensor()[0]
        logits = ones_like(draws[..., None], dtype=self.logits.dtype) * self.logits
        draws = ones_like(logits[..., 0], dtype=draws.dtype) * draws
        flat = reshape(logits, [-1, k])

        def single(args: Any) -> Any:
            row, count = args[0], args[1]
            classes = public("multinomial")(row[None, ...], n * count, seed=seed)
            classes = reshape(classes, [n, -1])
            return reduce_sum(public("one_hot")(classes, depth=k, dtype=self.dtype), axis=-2)

        counts = map_fn(single, [flat, reshape(draws, [-1])], dtype=self.dtype)
        counts = transpose(counts, perm=[1, 0, 2])
        return reshape(counts, concat([[n], self.batch_shape_tensor(), [k]], 0))

    def _log_prob(self, counts: Any) -> Any:
        counts = _counts(self, counts)
        unnormalized = reduce_sum(counts * log_softmax(self.logits), -1)
        return unnormalized - -log_combinations(self.total_count, counts)

    def _mean(self) -> Any:
        return public("identity")(self._per_element)

    def _spread(self) -> Any:
        return self._probs * ones_like(self.total_count)[..., None]

    def _covariance(self) -> Any:
        return self._product_covariance(self._per_element, self._spread())

    def _variance(self) -> Any:
        p = self._spread()
        return self._per_element - self._per_element * p


@tf_export("distributions.DirichletMultinomial")
class DirichletMultinomial(_Vectors):
    """Counts of `total_count` draws of k classes whose probabilities are drawn from a Dirichlet distribution."""

    def __init__(
        self,
        total_count: Any,
        concentration: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "DirichletMultinomial",
    ):
        """Takes the counts [...] and the concentrations [..., k], of one float type."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        with name_scope(name, None, [total_count, concentration]) as scope:
            self._total_count = _checked_total(total_count, "total_count", validate_args)
            concentration = tensor(concentration, name="concentration")
            self._per_element = _checked_concentration(concentration, validate_args)
            self._per_batch = reduce_sum(self._per_element, -1)
        super().__init__(self._per_element.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._total_count, self._per_element], scope)  # fmt: skip

    @property
    def total_count(self) -> Any:
        """The numbers of draws."""
        return self._total_count

    @property
    def concentration(self) -> Any:
        """The concentrations, [..., k]."""
        return self._per_element

    @property
    def total_concentration(self) -> Any:
        """Their sum over the last axis."""
        return self._per_batch

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        draws = cast(self.total_count, dtypes.int32)
        k = self.event_shape_tensor()[0]
        if draws.shape.rank is not None and draws.shape.rank != 0:
            raise NotImplementedError("Sample only supported for scalar number of draws.")
        gamma = random_gamma(shape=[n], alpha=self.concentration, dtype=self.dtype, seed=seed)
        logits = reshape(log(gamma), shape=[-1, k])
        seed = new_seed(seed, "dirichlet_multinomial")
        classes = public("multinomial")(logits, num_samples=draws, seed=seed)
        counts = reduce_sum(public("one_hot")(classes, depth=k), -2)
        counts = reshape(counts, concat([[n], self.batch_shape_tensor(), [k]], 0))
        return cast(counts, self.dtype)

    def _log_prob(self, counts: Any) -> Any:
        counts = _counts(self, counts)
        lbeta = public("lbeta")
        ordered = lbeta(self.concentration + counts) - lbeta(self.concentration)
        return ordered + log_combinations(self.total_count, counts)

    def _prob(self, counts: Any) -> Any:
        return public("exp")(self._log_prob(counts))

    def _mean(self) -> Any:
        return self.total_count * (self.concentration / self.total_concentration[..., None])

    def _scale(self) -> Any:
        total = self.total_concentration[..., None]
        return sqrt((1.0 + total / self.total_count) / (1.0 + total))

    def _covariance(self) -> Any:
        x = self._scale() * self._mean()
        return self._product_covariance(x, x)

    def _variance(self) -> Any:
        scale = self._scale()
        x = scale * self._mean()
        return x * (self.total_count * scale - x)
