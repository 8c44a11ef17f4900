"""Distributions with a location and a scale, or with ends: Normal, Laplace, StudentT, Uniform."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tfcompat.distributions.distribution import FULLY_REPARAMETERIZED, Distribution
from tfcompat.distributions.kullback_leibler import RegisterKL, tensor
from tfcompat.distributions.special_math import log_cdf_laplace, log_ndtr, ndtr, ndtri
from tfcompat.distributions.util import (
    joint_shape,
    joint_static_shape,
    new_seed,
    no_dims,
    ones_like,
    prepend,
    public,
    select,
    zeros_like,
)
from tfcompat.graph import dtypes
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import SCALAR
from tfcompat.ops import raw_ops
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import fill, ones, zeros
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.identity import identity
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import exp, log, rsqrt, square
from tfcompat.ops.random import random_gamma, random_normal, random_uniform

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


class Independent(Distribution):
    """Distributions of numbers, whose batch has the shape to which their parameters broadcast."""

    _PARAMETERS: tuple[str, ...] = ()

    def __init__(self, values: dict[str, Any], checks: Any, parameters: dict[str, Any], validate_args: bool,
                 allow_nan_stats: bool, name: str, reparameterization: Any = FULLY_REPARAMETERIZED):  # fmt: skip
        """Makes tensors of the parameters; `checks()` gives what must hold first."""
        with name_scope(name, None, list(values.values())) as scope:
            with get_default_graph().control_dependencies(checks() if validate_args else []):
                made = [identity(value, name=key) for key, value in values.items()]
            public("assert_same_float_dtype")(made)
        for key, value in zip(values, made, strict=True):
            setattr(self, f"_{key}", value)
        self._made = made
        super().__init__(made[0].dtype, reparameterization, validate_args, allow_nan_stats, parameters, made, scope)

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        return {key: tensor(sample_shape, dtype=dtypes.int32) for key in cls._PARAMETERS}

    def _batch_shape_tensor(self) -> Any:
        return joint_shape(*self._made)

    def _batch_shape(self) -> Any:
        return joint_static_shape(*self._made)

    def _event_shape_tensor(self) -> Any:
        return no_dims()

    def _event_shape(self) -> Any:
        return SCALAR


@tf_export("distributions.Normal")
class Normal(Independent):
    """Normal numbers with mean `loc` and standard deviation `scale`, which broadcast."""

    _PARAMETERS = ("loc", "scale")

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Normal"
    ):
        """Keeps the parameters, of one float type; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        super().__init__({"loc": loc, "scale": scale}, lambda: [public("assert_positive")(scale)], parameters,
                         validate_args, allow_nan_stats, name)  # fmt: skip

    @property
    def loc(self) -> Any:
        """The mean."""
        return self._loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Any:
        """The standard deviation."""
        return self._scale  # type: ignore[attr-defined]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, self.batch_shape_tensor())
        return random_normal(shape=dims, mean=0.0, stddev=1.0, dtype=self.loc.dtype, seed=seed) * self.scale + self.loc

    def _z(self, x: Any) -> Any:
        with name_scope("standardize", None, [x]):
            return (x - self.loc) / self.scale

    def _log_prob(self, x: Any) -> Any:
        return -0.5 * square(self._z(x)) - (_HALF_LOG_2PI + log(self.scale))

    def _log_cdf(self, x: Any) -> Any:
        return log_ndtr(self._z(x))

    def _cdf(self, x: Any) -> Any:
        return ndtr(self._z(x))

    def _log_survival_function(self, x: Any) -> Any:
        return log_ndtr(-self._z(x))

    def _survival_function(self, x: Any) -> Any:
        return ndtr(-self._z(x))

    def _entropy(self) -> Any:
        return 0.5 + _HALF_LOG_2PI + log(self.scale * ones_like(self.loc))

    def _mean(self) -> Any:
        return self.loc * ones_like(self.scale)

    def _quantile(self, p: Any) -> Any:
        z = ndtri(p)
        with name_scope("reconstruct", None, [z]):
            return z * self.scale + self.loc

    def _stddev(self) -> Any:
        return self.scale * ones_like(self.loc)

    def _mode(self) -> Any:
        return self._mean()


@RegisterKL(Normal, Normal)
def _kl_normal(a: Normal, b: Normal, name: str | None = None) -> Any:
    with name_scope(name, "kl_normal_normal", [a.loc, b.loc]):
        one, two, half = (public("constant")(x, dtype=a.dtype) for x in (1, 2, 0.5))
        squares_a, squares_b = square(a.scale), square(b.scale)
        ratio = squares_a / squares_b
        distance = public("squared_difference")(a.loc, b.loc)
        return distance / (two * squares_b) + half * (ratio - one - log(ratio))


@tf_export("distributions.Laplace")
class Laplace(Independent):
    """Numbers of density exp(-|x - loc| / scale) / (2 scale)."""

    _PARAMETERS = ("loc", "scale")

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Laplace"
    ):
        """Keeps the parameters, of one float type; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        super().__init__({"loc": loc, "scale": scale}, lambda: [public("assert_positive")(scale)], parameters,
                         validate_args, allow_nan_stats, name)  # fmt: skip

    @property
    def loc(self) -> Any:
        """The mean."""
        return self._loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Any:
        """The scale."""
        return self._scale  # type: ignore[attr-defined]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, self.batch_shape_tensor())
        numpy_type = self.dtype.as_numpy_dtype
        lowest = np.nextafter(numpy_type(-1.0), numpy_type(0.0))
        uniform = random_uniform(shape=dims, minval=lowest, maxval=1.0, dtype=self.dtype, seed=seed)
        sign = public("sign")(uniform)
        return self.loc - self.scale * sign * public("log1p")(-absolute(uniform))

    def _z(self, x: Any) -> Any:
        return (x - self.loc) / self.scale

    def _log_prob(self, x: Any) -> Any:
        return -absolute(self._z(x)) - (math.log(2.0) + log(self.scale))

    def _log_cdf(self, x: Any) -> Any:
        return log_cdf_laplace(self._z(x))

    def _log_survival_function(self, x: Any) -> Any:
        return log_cdf_laplace(-self._z(x))

    def _cdf(self, x: Any) -> Any:
        z = self._z(x)
        return 0.5 + 0.5 * public("sign")(z) * (1.0 - exp(-absolute(z)))

    def _entropy(self) -> Any:
        return math.log(2.0) + 1.0 + log(self.scale + zeros_like(self.loc))

    def _mean(self) -> Any:
        return self.loc + zeros_like(self.scale)

    def _stddev(self) -> Any:
        return math.sqrt(2.0) * self.scale + zeros_like(self.loc)

    def _mode(self) -> Any:
        return self._mean()


@tf_export("distributions.Uniform")
class Uniform(Independent):
    """Numbers between `low` and `high`, all equally probable."""

    _PARAMETERS = ("low", "high")

    def __init__(
        self,
        low: Any = 0.0,
        high: Any = 1.0,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Uniform",
    ):
        """Keeps the ends, of one float type; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        message = "uniform not defined when low >= high."
        super().__init__({"low": low, "high": high},
                         lambda: [public("assert_less")(low, high, message=message)], parameters,
                         validate_args, allow_nan_stats, name)  # fmt: skip

    @property
    def low(self) -> Any:
        """The lower end, which belongs to the range."""
        return self._low  # type: ignore[attr-defined]

    @property
    def high(self) -> Any:
        """The upper end, which does not."""
        return self._high  # type: ignore[attr-defined]

    def range(self, name: str = "range") -> Any:
        """`high - low`."""
        with self._scope(name):
            return self.high - self.low

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, self.batch_shape_tensor())
        samples = random_uniform(shape=dims, dtype=self.dtype, seed=seed)
        return self.low + self.range() * samples

    def _prob(self, x: Any) -> Any:
        wide = x * ones(self.batch_shape_tensor(), dtype=x.dtype)
        is_nan = public("is_nan")(wide)
        below, above = raw_ops.Less(x=wide, y=self.low), raw_ops.GreaterEqual(x=wide, y=self.high)
        outside = raw_ops.LogicalOr(x=below, y=above)
        return select(is_nan, wide, select(outside, zeros_like(wide), ones_like(wide) / self.range()))

    def _cdf(self, x: Any) -> Any:
        dims = public("broadcast_dynamic_shape")(public("shape")(x), self.batch_shape_tensor())
        zero, one = zeros(dims, dtype=self.dtype), ones(dims, dtype=self.dtype)
        wide = x * one
        below = raw_ops.Less(x=x, y=self.low)
        inside = select(below, zero, (wide - self.low) / self.range())
        return select(raw_ops.GreaterEqual(x=x, y=self.high), one, inside)

    def _entropy(self) -> Any:
        return log(self.range())

    def _mean(self) -> Any:
        return (self.low + self.high) / 2.0

    def _variance(self) -> Any:
        return square(self.range()) / 12.0

    def _stddev(self) -> Any:
        return self.range() / math.sqrt(12.0)


@tf_export("distributions.StudentT")
class StudentT(Independent):
    """Student's t with `df` degrees of freedom, moved by `loc` and multiplied by `scale`."""

    _PARAMETERS = ("df", "loc", "scale")

    def __init__(
        self,
        df: Any,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "StudentT",
    ):
        """Keeps the parameters, of one float type; see `Distribution` for the other arguments."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        super().__init__({"df": df, "loc": loc, "scale": scale}, lambda: [public("assert_positive")(df)], parameters,
                         validate_args, allow_nan_stats, name)  # fmt: skip

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return self._df  # type: ignore[attr-defined]

    @property
    def loc(self) -> Any:
        """The location, which is the mean where there is one."""
        return self._loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Any:
        """The scale."""
        return self._scale  # type: ignore[attr-defined]

    def _ones(self) -> Any:
        return ones(self.batch_shape_tensor(), dtype=self.dtype)

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, self.batch_shape_tensor())
        normal = random_normal(dims, dtype=self.dtype, seed=seed)
        df = self.df * self._ones()
        gamma = random_gamma([n], 0.5 * df, beta=0.5, dtype=self.dtype, seed=new_seed(seed, "student_t"))
        return normal * rsqrt(gamma / df) * self.scale + self.loc

    def _log_prob(self, x: Any) -> Any:
        y = (x - self.loc) / self.scale
        shape_term = -0.5 * (self.df + 1.0) * public("log1p")(y**2.0 / self.df)
        lgamma = public("lgamma")
        norm = log(absolute(self.scale)) + 0.5 * log(self.df) + 0.5 * np.log(np.pi)
        return shape_term - (norm + lgamma(0.5 * self.df) - lgamma(0.5 * (self.df + 1.0)))

    def _cdf(self, x: Any) -> Any:
        y = (x - self.loc) / absolute(self.scale)
        tail = 0.5 * public("betainc")(0.5 * self.df, 0.5, self.df / (y**2.0 + self.df))
        return select(raw_ops.Less(x=y, y=0.0), tail, 1.0 - tail)

    def _entropy(self) -> Any:
        v = self._ones()[..., None]
        u = v * self.df[..., None]
        digamma = public("digamma")
        arguments = concat([u, v], -1) / 2.0
        return (
            log(absolute(self.scale))
            + 0.5 * log(self.df)
            + public("lbeta")(arguments)
            + 0.5 * (self.df + 1.0) * (digamma(0.5 * (self.df + 1.0)) - digamma(0.5 * self.df))
        )

    def _mean(self) -> Any:
        return self._where_defined(self.loc * self._ones(), "mean")

    def _where_defined(self, value: Any, what: str) -> Any:
        """`value` where there is more than one degree of freedom."""
        if self.allow_nan_stats:
            defined = raw_ops.Greater(x=self.df, y=self._ones())
            return select(defined, value, self._filled(np.nan, "nan"))
        message = f"{what} not defined for components of df <= 1"
        return with_dependencies([public("assert_less")(self._ones(), self.df, message=message)], value)

    def _filled(self, value: float, name: str | None = None) -> Any:
        return fill(self.batch_shape_tensor(), np.array(value, self.dtype.as_numpy_dtype), name=name)

    def _variance(self) -> Any:
        divisor = select(raw_ops.Greater(x=self.df, y=2.0), self.df - 2.0, ones_like(self.df))
        variance = self._ones() * square(self.scale) * self.df / divisor
        finite = raw_ops.Greater(x=self.df, y=self._filled(2.0))
        return self._where_defined(select(finite, variance, self._filled(np.inf, "inf")), "variance")

    def _mode(self) -> Any:
        return identity(self.loc)
