"""tf.contrib.distributions: those of tf.distributions, and the ones that programs use beside them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tfcompat.distributions import discrete, distribution, gamma, kullback_leibler, location_scale, simplex
from tfcompat.distributions.distribution import FULLY_REPARAMETERIZED, NOT_REPARAMETERIZED, Distribution
from tfcompat.distributions.kullback_leibler import RegisterKL, tensor
from tfcompat.distributions.location_scale import Independent, Normal
from tfcompat.distributions.util import logits_and_probs, no_dims, ones_like, prepend, public
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.tensor_shape import SCALAR
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.identity import identity
from tfcompat.ops.linalg import matrix_triangular_solve
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.math import exp, log, square
from tfcompat.ops.matmul import matmul
from tfcompat.ops.random import random_normal, random_uniform
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.softmax import log_softmax, softmax

for _module, _names in (
    (distribution, ("Distribution", "ReparameterizationType", "FULLY_REPARAMETERIZED", "NOT_REPARAMETERIZED")),
    (kullback_leibler, ("RegisterKL", "kl_divergence")),
    (location_scale, ("Normal", "Laplace", "Uniform", "StudentT")),
    (discrete, ("Bernoulli", "Categorical")),
    (gamma, ("Gamma", "Exponential", "Beta")),
    (simplex, ("Dirichlet", "Multinomial", "DirichletMultinomial")),
):
    for _name in _names:
        export(f"contrib.distributions.{_name}", getattr(_module, _name))


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k != "__class__"}


def _positive(base: type, name: str, argument: str, transform: str, doc: str) -> None:
    """Publishes a distribution whose last parameter comes out of softplus or abs."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        names = list(base._PARAMETERS)  # type: ignore[attr-defined]
        values = dict(zip(names, args, strict=False)) | kwargs
        values.setdefault("name", name)
        with name_scope(values["name"]):
            values[argument] = public(transform)(values[argument], name=f"{transform.rpartition('.')[2]}_{argument}")
        base.__init__(self, **values)  # type: ignore[misc]

    made = type(name, (base,), {"__init__": __init__, "__doc__": doc})
    export(f"contrib.distributions.{name}", made)


for _base, _argument in ((Normal, "scale"), (location_scale.Laplace, "scale"), (gamma.Exponential, "rate")):
    _label = f"{_base.__name__}WithSoftplus{_argument.capitalize()}"
    _positive(_base, _label, _argument, "nn.softplus", f"{_base.__name__} with softplus(`{_argument}`).")


@tf_export("contrib.distributions.Logistic")
class Logistic(Independent):
    """Numbers whose distribution function is sigmoid((x - loc) / scale)."""

    _PARAMETERS = ("loc", "scale")

    def __init__(
        self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Logistic"
    ):
        """Keeps the parameters, of one float type."""
        super().__init__({"loc": loc, "scale": scale}, lambda: [public("assert_positive")(scale)], _given(locals()),
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
        tiny = np.finfo(self.dtype.as_numpy_dtype).tiny
        uniform = random_uniform(shape=dims, minval=tiny, maxval=1.0, dtype=self.dtype, seed=seed)
        return (log(uniform) - public("log1p")(-1 * uniform)) * self.scale + self.loc

    def _z(self, x: Any) -> Any:
        return (x - self.loc) / self.scale

    def _log_prob(self, x: Any) -> Any:
        z = self._z(x)
        return -z - 2.0 * public("nn.softplus")(-z) - log(self.scale)

    def _log_cdf(self, x: Any) -> Any:
        return -public("nn.softplus")(-self._z(x))

    def _cdf(self, x: Any) -> Any:
        return public("sigmoid")(self._z(x))

    def _log_survival_function(self, x: Any) -> Any:
        return -public("nn.softplus")(self._z(x))

    def _survival_function(self, x: Any) -> Any:
        return public("sigmoid")(-self._z(x))

    def _entropy(self) -> Any:
        return 2 + log(self.scale * ones_like(self.loc))

    def _mean(self) -> Any:
        return self.loc * ones_like(self.scale)

    def _stddev(self) -> Any:
        return self.scale * ones_like(self.loc) * math.pi / math.sqrt(3)

    def _mode(self) -> Any:
        return self._mean()


@tf_export("contrib.distributions.OneHotCategorical")
class OneHotCategorical(Distribution):
    """Vectors with one 1, at the class that `Categorical` would draw."""

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "OneHotCategorical",
    ):
        """Takes either logits or probabilities [..., n]; `dtype` is the type of the samples."""
        parameters = _given(locals())
        with name_scope(name) as scope:
            self._logits, self._probs = logits_and_probs(logits, probs, True, validate_args, scope)
        super().__init__(dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._probs], scope)  # fmt: skip

    @property
    def logits(self) -> Any:
        """Logarithms of the probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._probs

    @property
    def event_size(self) -> Any:
        """The number of classes, an int32 scalar."""
        return shape(self._logits)[-1]

    def _batch_shape_tensor(self) -> Any:
        return shape(self._logits)[:-1]

    def _batch_shape(self) -> Any:
        return self._logits.shape[:-1]

    def _event_shape_tensor(self) -> Any:
        return shape(self._logits)[-1:]

    def _event_shape(self) -> Any:
        return self._logits.shape.with_rank_at_least(1)[-1:]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        size = self.event_size
        draws = public("multinomial")(reshape(self._logits, [-1, size]), n, seed=seed)
        hot = public("one_hot")(public("transpose")(draws), depth=size, dtype=self.dtype)
        return reshape(hot, public("concat")([[n], shape(self._logits)], 0))

    def _log_prob(self, x: Any) -> Any:
        logits = self._logits + public("zeros_like")(cast(x, self._logits.dtype))
        labels = cast(x, logits.dtype) + public("zeros_like")(logits)
        return -public("nn.softmax_cross_entropy_with_logits_v2")(labels=labels, logits=logits)

    def _entropy(self) -> Any:
        return -reduce_sum(log_softmax(self._logits) * self._probs, axis=-1)

    def _mean(self) -> Any:
        return identity(self._probs)

    def _variance(self) -> Any:
        return self._probs * (1.0 - self._probs)

    def _mode(self) -> Any:
        return public("one_hot")(public("argmax")(self._logits, -1), depth=self.event_size, dtype=self.dtype)


@RegisterKL(OneHotCategorical, OneHotCategorical)
def _kl_one_hot(a: OneHotCategorical, b: OneHotCategorical, name: str | None = None) -> Any:
    with name_scope(name, "kl_categorical_categorical", values=[a.logits, b.logits]):
        return reduce_sum(softmax(a.logits) * (log_softmax(a.logits) - log_softmax(b.logits)), axis=-1)


class _MultivariateNormal(Distribution):
    """Vectors loc + L z of standard normal z; subclasses say what L does."""

    _location: Any

    def _setup(self, location: Any, like: Any, name: str, validate: bool, nan: bool, parameters: Any) -> None:
        self._location = location
        self._like = like
        Distribution.__init__(self, like.dtype, FULLY_REPARAMETERIZED, validate, nan, parameters, [location], name)

    @property
    def loc(self) -> Any:
        """The mean."""
        return self._location

    def _sizes(self) -> Any:
        """A vector of zeros of the batch, to broadcast with."""
        return self._location + public("zeros_like")(self._like)

    def _batch_shape_tensor(self) -> Any:
        return shape(self._sizes())[:-1]

    def _batch_shape(self) -> Any:
        return public("broadcast_static_shape")(self._location.shape, self._like.shape)[:-1]

    def _event_shape_tensor(self) -> Any:
        return shape(self._sizes())[-1:]

    def _event_shape(self) -> Any:
        return public("broadcast_static_shape")(self._location.shape, self._like.shape)[-1:]

    def _spread(self, z: Any) -> Any:
        raise NotImplementedError

    def _standard(self, x: Any) -> Any:
        raise NotImplementedError

    def _log_scale(self) -> Any:
        raise NotImplementedError

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, shape(self._sizes()))
        return self._spread(random_normal(shape=dims, dtype=self.dtype, seed=seed)) + self._location

    def _size(self) -> Any:
        return cast(self.event_shape_tensor()[0], self.dtype)

    def _log_prob(self, x: Any) -> Any:
        z = self._standard(x - self._location)
        norm = 0.5 * math.log(2.0 * math.pi) * self._size() + self._log_scale()
        return -0.5 * reduce_sum(square(z), axis=-1) - norm

    def _entropy(self) -> Any:
        return 0.5 * (1.0 + math.log(2.0 * math.pi)) * self._size() + self._log_scale()

    def _mean(self) -> Any:
        return self._sizes()

    def _mode(self) -> Any:
        return self._sizes()


@tf_export("contrib.distributions.MultivariateNormalDiag")
class MultivariateNormalDiag(_MultivariateNormal):
    """Normal vectors with independent elements."""

    def __init__(
        self,
        loc: Any = None,
        scale_diag: Any = None,
        scale_identity_multiplier: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalDiag",
    ):
        """Takes the mean [..., n] (0 by default), and standard deviations: a vector, a number for all, or their sum.

        Raises:
            ValueError: neither a mean nor a vector of deviations gives the size.
        """
        parameters = _given(locals())
        with name_scope(name) as scope:
            diag = None if scale_diag is None else tensor(scale_diag, name="scale_diag")
            if loc is None and diag is None:
                raise ValueError("Cannot infer the event size from `scale_identity_multiplier` alone.")
            loc = public("zeros_like")(diag) if loc is None else tensor(loc, name="loc")
            if scale_identity_multiplier is not None:
                factor = tensor(scale_identity_multiplier, dtype=loc.dtype, name="scale_identity_multiplier")
                diag = factor[..., None] + (public("zeros")(shape(loc)[-1:], loc.dtype) if diag is None else diag)
            self._diag = ones_like(loc) if diag is None else diag
        self._setup(loc, self._diag, scope, validate_args, allow_nan_stats, parameters)

    def _spread(self, z: Any) -> Any:
        return z * self._diag

    def _standard(self, x: Any) -> Any:
        return x / self._diag

    def _log_scale(self) -> Any:
        return reduce_sum(log(absolute(self._diag + public("zeros_like")(self._location))), axis=-1)

    def _stddev(self) -> Any:
        return absolute(self._diag)

    def _variance(self) -> Any:
        return square(self._stddev())

    def _covariance(self) -> Any:
        return public("matrix_diag")(self._variance())


@tf_export("contrib.distributions.MultivariateNormalTriL")
class MultivariateNormalTriL(_MultivariateNormal):
    """Normal vectors with the covariance L L^T."""

    def __init__(
        self,
        loc: Any = None,
        scale_tril: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalTriL",
    ):
        """Takes the mean [..., n] (0 by default) and the lower triangular L [..., n, n], the identity by default."""
        parameters = _given(locals())
        with name_scope(name) as scope:
            if scale_tril is None:
                loc = tensor(loc, name="loc")
                scale_tril = public("matrix_diag")(ones_like(loc))
            self._tril = public("matrix_band_part")(tensor(scale_tril, name="scale_tril"), -1, 0)
            diagonal = public("matrix_diag_part")(self._tril)
            loc = public("zeros_like")(diagonal) if loc is None else tensor(loc, name="loc")
        self._setup(loc, diagonal, scope, validate_args, allow_nan_stats, parameters)

    def _spread(self, z: Any) -> Any:
        return matmul(self._tril, z[..., None])[..., 0]

    def _standard(self, x: Any) -> Any:
        return matrix_triangular_solve(self._tril, x[..., None])[..., 0]

    def _log_scale(self) -> Any:
        return reduce_sum(log(absolute(self._like + public("zeros_like")(self._location))), axis=-1)

    def _covariance(self) -> Any:
        return matmul(self._tril, self._tril, adjoint_b=True) + public("zeros_like")(self._sizes())[..., None]

    def _variance(self) -> Any:
        return public("matrix_diag_part")(self._covariance())

    def _stddev(self) -> Any:
        return public("sqrt")(self._variance())


@tf_export("contrib.distributions.RelaxedOneHotCategorical")
class RelaxedOneHotCategorical(Distribution):
    """softmax((logits + Gumbel noise) / temperature): differentiable vectors near those of OneHotCategorical."""

    def __init__(
        self,
        temperature: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "RelaxedOneHotCategorical",
    ):
        """Takes a positive temperature, and either logits or probabilities [..., n]."""
        parameters = _given(locals())
        with name_scope(name) as scope:
            self._logits, self._probs = logits_and_probs(logits, probs, True, validate_args, scope)
            self._temperature = tensor(temperature, dtype=self._logits.dtype, name="temperature")
        super().__init__(self._logits.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._probs, self._temperature], scope)  # fmt: skip

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self._temperature

    def _batch_shape_tensor(self) -> Any:
        return shape(self._logits)[:-1]

    def _batch_shape(self) -> Any:
        return self._logits.shape[:-1]

    def _event_shape_tensor(self) -> Any:
        return shape(self._logits)[-1:]

    def _event_shape(self) -> Any:
        return self._logits.shape.with_rank_at_least(1)[-1:]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, shape(self._logits))
        tiny = np.finfo(self.dtype.as_numpy_dtype).tiny
        uniform = random_uniform(shape=dims, minval=tiny, maxval=1.0, dtype=self.dtype, seed=seed)
        return softmax((self._logits - log(-log(uniform))) / self._temperature)

    def _log_prob(self, x: Any) -> Any:
        k = cast(self.event_shape_tensor()[0], self.dtype)
        lgamma = public("lgamma")
        norm = lgamma(k) + (k - 1) * log(self._temperature)
        scores = log_softmax(self._logits - log(x) * self._temperature)
        return reduce_sum(scores - log(x), axis=-1) + norm


@tf_export("contrib.distributions.Poisson")
class Poisson(Independent):
    """Counts of events that happen at `rate`."""

    _PARAMETERS = ("rate",)

    def __init__(
        self,
        rate: Any = None,
        log_rate: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Poisson",
    ):
        """Takes the rate or its logarithm, of a float type.

        Raises:
            ValueError: both or none are given.
        """
        if (rate is None) == (log_rate is None):
            raise ValueError("Must specify exactly one of `rate` and `log_rate`.")
        rate = exp(tensor(log_rate)) if rate is None else rate
        super().__init__({"rate": rate}, lambda: [public("assert_positive")(rate)], _given(locals()), validate_args,
                         allow_nan_stats, name, NOT_REPARAMETERIZED)  # fmt: skip

    @property
    def rate(self) -> Any:
        """The rate."""
        return self._rate  # type: ignore[attr-defined]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        return public("random_poisson")(self.rate, [n], dtype=self.dtype, seed=seed)

    def _log_prob(self, x: Any) -> Any:
        return public("math.xlogy")(x, self.rate) - public("lgamma")(1.0 + x) - self.rate

    def _cdf(self, x: Any) -> Any:
        x = public("maximum")(public("floor")(x), 0.0)
        return public("igammac")(1.0 + x, self.rate)

    def _mean(self) -> Any:
        return identity(self.rate)

    def _variance(self) -> Any:
        return identity(self.rate)

    def _mode(self) -> Any:
        return public("floor")(self.rate)


@tf_export("contrib.distributions.Deterministic")
class Deterministic(Distribution):
    """`loc` with certainty."""

    def __init__(
        self,
        loc: Any,
        atol: Any = None,
        rtol: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Deterministic",
    ):
        """Takes the value, and tolerances within which other values count as equal (0 by default)."""
        parameters = _given(locals())
        with name_scope(name) as scope:
            self._loc = tensor(loc, name="loc")
            self._slack = (0 if atol is None else atol) + (0 if rtol is None else rtol) * absolute(self._loc)
        super().__init__(self._loc.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._loc], scope)  # fmt: skip

    @property
    def loc(self) -> Any:
        """The value."""
        return self._loc

    def _batch_shape_tensor(self) -> Any:
        return shape(self._loc)

    def _batch_shape(self) -> Any:
        return self._loc.shape

    def _event_shape_tensor(self) -> Any:
        return no_dims()

    def _event_shape(self) -> Any:
        return SCALAR

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        return public("broadcast_to")(self._loc, prepend(n, shape(self._loc)))

    def _prob(self, x: Any) -> Any:
        return cast(public("less_equal")(absolute(x - self._loc), self._slack), self.dtype)

    def _cdf(self, x: Any) -> Any:
        return cast(public("greater_equal")(x, self._loc - self._slack), self.dtype)

    def _mean(self) -> Any:
        return identity(self._loc)

    def _variance(self) -> Any:
        return public("zeros_like")(self._loc)

    def _mode(self) -> Any:
        return self._mean()

    def _entropy(self) -> Any:
        return public("zeros_like")(self._loc)
