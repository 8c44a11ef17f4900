"""Distributions of positive numbers: Gamma, Exponential; and of numbers between 0 and 1: Beta."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.distributions.distribution import FULLY_REPARAMETERIZED, Distribution
from tfcompat.distributions.kullback_leibler import RegisterKL, tensor
from tfcompat.distributions.location_scale import Independent
from tfcompat.distributions.util import (
    new_seed,
    no_dims,
    ones_like,
    prepend,
    public,
    select,
)
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import SCALAR
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.filling import fill, ones
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.math import log, sqrt, square
from tfcompat.ops.random import random_gamma, random_uniform


@tf_export("distributions.Gamma")
class Gamma(Independent):
    """Numbers of density proportional to x^(concentration - 1) exp(-rate x)."""

    _PARAMETERS: tuple[str, ...] = ("concentration", "rate")

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Gamma",
    ):
        """Keeps the parameters, of one float type; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        positive = public("assert_positive")
        super().__init__({"concentration": concentration, "rate": rate},
                         lambda: [positive(concentration), positive(rate)], parameters, validate_args,
                         allow_nan_stats, name)  # fmt: skip

    @property
    def concentration(self) -> Any:
        """The shape of the density."""
        return self._concentration  # type: ignore[attr-defined]

    @property
    def rate(self) -> Any:
        """The inverse scale."""
        return self._rate  # type: ignore[attr-defined]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        return random_gamma(shape=[n], alpha=self.concentration, beta=self.rate, dtype=self.dtype, seed=seed)

    def _positive(self, x: Any) -> Any:
        if not self.validate_args:
            return x
        return with_dependencies([public("assert_positive")(x)], x)

    def _log_prob(self, x: Any) -> Any:
        x = self._positive(x)
        c = self.concentration
        unnormalized = public("math.xlogy")(c - 1.0, x) - self.rate * x
        return unnormalized - (public("lgamma")(c) - c * log(self.rate))

    def _cdf(self, x: Any) -> Any:
        return public("igamma")(self.concentration, self.rate * self._positive(x))

    def _entropy(self) -> Any:
        c = self.concentration
        return c - log(self.rate) + public("lgamma")(c) + (1.0 - c) * public("digamma")(c)

    def _mean(self) -> Any:
        return self.concentration / self.rate

    def _variance(self) -> Any:
        return self.concentration / square(self.rate)

    def _stddev(self) -> Any:
        return sqrt(self.concentration) / self.rate

    def _mode(self) -> Any:
        mode = (self.concentration - 1.0) / self.rate
        if self.allow_nan_stats:
            nan = fill(self.batch_shape_tensor(), np.array(np.nan, self.dtype.as_numpy_dtype), name="nan")
            return select(raw_ops.Greater(x=self.concentration, y=1.0), mode, nan)
        message = "mode not defined when any concentration <= 1"
        one = public("constant")(1, self.dtype)
        return with_dependencies([public("assert_less")(one, self.concentration, message=message)], mode)


@RegisterKL(Gamma, Gamma)
def _kl_gamma(a: Gamma, b: Gamma, name: str | None = None) -> Any:
    with name_scope(name, "kl_gamma_gamma", values=[a.concentration, a.rate, b.concentration, b.rate]):
        lgamma = public("lgamma")
        return (
            (a.concentration - b.concentration) * public("digamma")(a.concentration)
            + lgamma(b.concentration)
            - lgamma(a.concentration)
            + b.concentration * log(a.rate)
            - b.concentration * log(b.rate)
            + a.concentration * (b.rate / a.rate - 1.0)
        )


@tf_export("distributions.Exponential")
class Exponential(Gamma):
    """Numbers of density rate exp(-rate x): Gamma with concentration 1."""

    _PARAMETERS = ("rate",)

    def __init__(self, rate: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Exponential"):
        """Keeps the rate, of a float type; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        with name_scope(name, None, [rate]) as scope:
            rate = tensor(rate, name="rate")
        one = ones([], dtype=rate.dtype)
        super().__init__(one, rate, validate_args, allow_nan_stats, scope)
        self._reparameterization_type = FULLY_REPARAMETERIZED
        self._parameters = parameters

    def _log_survival_function(self, x: Any) -> Any:
        return self._log_prob(x) - log(self.rate)

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, shape(self.rate))
        tiny = np.finfo(self.dtype.as_numpy_dtype).tiny
        return -log(random_uniform(dims, minval=tiny, maxval=1.0, seed=seed, dtype=self.dtype)) / self.rate


@tf_export("distributions.Beta")
class Beta(Distribution):
    """Numbers of density proportional to x^(concentration1 - 1) (1 - x)^(concentration0 - 1)."""

    def __init__(
        self,
        concentration1: Any = None,
        concentration0: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Beta",
    ):
        """Keeps the concentrations, of one float type, 1 by default; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        with name_scope(name, None, [concentration1, concentration0]) as scope:
            self._one = self._concentration(concentration1, validate_args, "concentration1")
            self._zero = self._concentration(concentration0, validate_args, "concentration0")
            public("assert_same_float_dtype")([self._one, self._zero])
            self._total = self._one + self._zero
        super().__init__(self._total.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._one, self._zero, self._total], scope)  # fmt: skip

    @staticmethod
    def _concentration(value: Any, validate_args: bool, name: str) -> Any:
        value = tensor(1.0 if value is None else value, name=name)
        if not validate_args:
            return value
        message = "Concentration parameter must be positive."
        return with_dependencies([public("assert_positive")(value, message=message)], value)

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        return {key: tensor(sample_shape, dtype=dtypes.int32) for key in ("concentration1", "concentration0")}

    @property
    def concentration1(self) -> Any:
        """The concentration at 1."""
        return self._one

    @property
    def concentration0(self) -> Any:
        """The concentration at 0."""
        return self._zero

    @property
    def total_concentration(self) -> Any:
        """Their sum."""
        return self._total

    def _batch_shape_tensor(self) -> Any:
        return shape(self._total)

    def _batch_shape(self) -> Any:
        return self._total.shape

    def _event_shape_tensor(self) -> Any:
        return no_dims()

    def _event_shape(self) -> Any:
        return SCALAR

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        one = ones_like(self._total, dtype=self.dtype) * self._one
        zero = ones_like(self._total, dtype=self.dtype) * self._zero
        first = random_gamma(shape=[n], alpha=one, dtype=self.dtype, seed=seed)
        second = random_gamma(shape=[n], alpha=zero, dtype=self.dtype, seed=new_seed(seed, "beta"))
        return first / (first + second)

    def _inside(self, x: Any) -> Any:
        if not self.validate_args:
            return x
        one = public("ones")([], self.dtype)
        checks = [public("assert_positive")(x, message="sample must be positive"),
                  public("assert_less")(x, one, message="sample must be less than `1`.")]  # fmt: skip
        return with_dependencies(checks, x)

    def _log_norm(self) -> Any:
        lgamma = public("lgamma")
        return lgamma(self._one) + lgamma(self._zero) - lgamma(self._total)

    def _log_prob(self, x: Any) -> Any:
        x = self._inside(x)
        xlogy, log1p = public("math.xlogy"), public("log1p")
        unnormalized = xlogy(self._one - 1.0, x) + (self._zero - 1.0) * log1p(-x)
        return unnormalized - self._log_norm()

    def _cdf(self, x: Any) -> Any:
        return public("betainc")(self._one, self._zero, self._inside(x))

    def _entropy(self) -> Any:
        digamma = public("digamma")
        return (
            self._log_norm()
            - (self._one - 1.0) * digamma(self._one)
            - (self._zero - 1.0) * digamma(self._zero)
            + (self._total - 2.0) * digamma(self._total)
        )

    def _mean(self) -> Any:
        return self._one / self._total

    def _variance(self) -> Any:
        return self._mean() * (1.0 - self._mean()) / (1.0 + self._total)

    def _mode(self) -> Any:
        mode = (self._one - 1.0) / (self._total - 2.0)
        if self.allow_nan_stats:
            nan = fill(self.batch_shape_tensor(), np.array(np.nan, self.dtype.as_numpy_dtype), name="nan")
            above = raw_ops.LogicalAnd(x=raw_ops.Greater(x=self._one, y=1.0), y=raw_ops.Greater(x=self._zero, y=1.0))
            return select(above, mode, nan)
        one = public("ones")([], self.dtype)
        checks = [public("assert_less")(one, c, message=f"Mode undefined for {k} <= 1.")
                  for k, c in (("concentration1", self._one), ("concentration0", self._zero))]  # fmt: skip
        return with_dependencies(checks, mode)


@RegisterKL(Beta, Beta)
def _kl_beta(a: Beta, b: Beta, name: str | None = None) -> Any:
    with name_scope(name, "kl_beta_beta", values=[a.total_concentration, b.total_concentration]):
        digamma = public("digamma")
        ones_, zeros_, totals = ((getattr(a, k), getattr(b, k)) for k in ("_one", "_zero", "_total"))
        return (
            b._log_norm()
            - a._log_norm()
            - digamma(a._one) * (ones_[1] - ones_[0])
            - digamma(a._zero) * (zeros_[1] - zeros_[0])
            + digamma(a._total) * (totals[1] - totals[0])
        )
