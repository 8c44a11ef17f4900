"""Distributions of truth values and of classes: Bernoulli, Categorical."""

from __future__ import annotations

from typing import Any

from tfcompat.distributions.distribution import NOT_REPARAMETERIZED, Distribution
from tfcompat.distributions.kullback_leibler import RegisterKL, tensor
from tfcompat.distributions.util import logits_and_probs, no_dims, non_negative_integers, ones_like, prepend, public
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import SCALAR, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import ones
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.identity import identity
from tfcompat.ops.masks import sequence_mask
from tfcompat.ops.random import random_uniform
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.softmax import log_softmax, softmax


@tf_export("distributions.Bernoulli")
class Bernoulli(Distribution):
    """1 with the probability `probs` = sigmoid(`logits`), else 0."""

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Bernoulli",
    ):
        """Takes either logits or probabilities, of a float type; `dtype` is the type of the samples."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        with name_scope(name) as scope:
            self._logits, self._probs = logits_and_probs(logits, probs, False, validate_args, scope)
        super().__init__(dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._probs], scope)  # fmt: skip

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        return {"logits": tensor(sample_shape, dtype=dtypes.int32)}

    @property
    def logits(self) -> Any:
        """log(probs / (1 - probs))."""
        return self._logits

    @property
    def probs(self) -> Any:
        """The probability of 1."""
        return self._probs

    def _batch_shape_tensor(self) -> Any:
        return shape(self._logits)

    def _batch_shape(self) -> Any:
        return self._logits.shape

    def _event_shape_tensor(self) -> Any:
        return no_dims()

    def _event_shape(self) -> Any:
        return SCALAR

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        dims = prepend(n, self.batch_shape_tensor())
        uniform = random_uniform(dims, seed=seed, dtype=self.probs.dtype)
        return cast(raw_ops.Less(x=uniform, y=self.probs), self.dtype)

    def _log_prob(self, event: Any) -> Any:
        if self.validate_args:
            event = _checked_bit(event)
        event = cast(event, self.logits.dtype)
        logits = self.logits
        both = event.shape.is_fully_defined() and logits.shape.is_fully_defined()
        if not (both and event.shape == logits.shape):
            logits, event = ones_like(event) * logits, ones_like(logits) * event
        return -public("nn.sigmoid_cross_entropy_with_logits")(labels=event, logits=logits)

    def _entropy(self) -> Any:
        return -self.logits * (public("sigmoid")(self.logits) - 1) + public("nn.softplus")(-self.logits)

    def _mean(self) -> Any:
        return identity(self.probs)

    def _variance(self) -> Any:
        return self._mean() * (1.0 - self.probs)

    def _mode(self) -> Any:
        return cast(raw_ops.Greater(x=self.probs, y=0.5), self.dtype)


def _checked_bit(x: Any) -> Any:
    x = non_negative_integers(x)
    most = public("assert_less_equal")(x, ones_like(x), message="Elements cannot exceed 1.")
    return with_dependencies([most], x)


@RegisterKL(Bernoulli, Bernoulli)
def _kl_bernoulli(a: Bernoulli, b: Bernoulli, name: str | None = None) -> Any:
    with name_scope(name, "kl_bernoulli_bernoulli", values=[a.logits, b.logits]):
        softplus, sigmoid = public("nn.softplus"), public("sigmoid")
        zero = softplus(-b.logits) - softplus(-a.logits)
        one = softplus(b.logits) - softplus(a.logits)
        return sigmoid(a.logits) * zero + sigmoid(-a.logits) * one


@tf_export("distributions.Categorical")
class Categorical(Distribution):
    """Classes 0 to n - 1 with the probabilities `probs` = softmax(`logits`) along the last axis."""

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = dtypes.int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Categorical",
    ):
        """Takes either logits or probabilities [..., n], of a float type; `dtype` is the type of the samples."""
        parameters = {k: v for k, v in locals().items() if k != "__class__"}
        with name_scope(name, None, [logits, probs]) as scope:
            self._logits, self._probs = logits_and_probs(logits, probs, True, validate_args, scope)
            known = self._logits.shape
            if known.rank is not None:
                self._batch_rank = tensor(known.rank - 1, dtype=dtypes.int32, name="batch_rank")
            else:
                with name_scope("batch_rank"):
                    self._batch_rank = public("rank")(self._logits) - 1
            sizes = shape(self._logits, name="logits_shape")
            if known.rank is not None and known.as_list()[-1] is not None:
                self._event_size = tensor(known.as_list()[-1], dtype=dtypes.int32, name="event_size")
            else:
                with name_scope("event_size"):
                    self._event_size = sizes[self._batch_rank]
            if known.rank is not None and known[:-1].is_fully_defined():
                self._batch_dims = public("constant")(known[:-1].as_list(), dtype=dtypes.int32, name="batch_shape")
            else:
                with name_scope("batch_shape"):
                    self._batch_dims = sizes[:-1]
        super().__init__(dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._probs], scope)  # fmt: skip

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        return {"logits": tensor(sample_shape, dtype=dtypes.int32)}

    @property
    def event_size(self) -> Any:
        """The number of classes, an int32 scalar."""
        return self._event_size

    @property
    def logits(self) -> Any:
        """Logarithms of the probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._probs

    def _batch_shape_tensor(self) -> Any:
        return identity(self._batch_dims)

    def _batch_shape(self) -> Any:
        return self.logits.shape[:-1] if self.logits.shape.rank is not None else TensorShape(None)

    def _event_shape_tensor(self) -> Any:
        return no_dims()

    def _event_shape(self) -> Any:
        return SCALAR

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        logits = self.logits
        if logits.shape.rank != 2:
            logits = reshape(logits, [-1, self.event_size])
        wide = dtypes.as_dtype(self.dtype).size > 4
        draws = public("multinomial")(logits, n, seed=seed, output_dtype=dtypes.int64 if wide else dtypes.int32)
        draws = reshape(transpose(draws), prepend(n, self.batch_shape_tensor()))
        return cast(draws, self.dtype)

    def _cdf(self, k: Any) -> Any:
        """The probability of a class below `k`."""
        k, probs = _broadcast(k, self.probs, self.dtype)
        mask = sequence_mask(k, self.event_size, dtype=probs.dtype)
        return reduce_sum(probs * mask, axis=-1)

    def _log_prob(self, k: Any) -> Any:
        k = tensor(k, name="k")
        if self.validate_args:
            k = non_negative_integers(k)
        k, logits = _broadcast(k, self.logits, self.dtype)
        return -public("nn.sparse_softmax_cross_entropy_with_logits")(labels=k, logits=logits)

    def _entropy(self) -> Any:
        return -reduce_sum(log_softmax(self.logits) * self.probs, axis=-1)

    def _mode(self) -> Any:
        result = cast(public("argmax")(self.logits, axis=self._batch_rank), self.dtype)
        result.set_shape(self.batch_shape)
        return result


def _broadcast(event: Any, params: Any, dtype: Any) -> tuple[Any, Any]:
    """Classes and parameters of one batch shape."""
    if event.dtype.is_floating:
        event = cast(event, dtypes.int32 if dtypes.as_dtype(dtype).size <= 4 else dtypes.int64)
    elif not event.dtype.is_integer:
        raise TypeError(f"`value` should have integer `dtype` or `self.dtype` ({dtypes.as_dtype(dtype).name})")
    known = params.shape.rank is not None and params.shape[:-1].is_fully_defined() and event.shape.is_fully_defined()
    if not known or params.shape[:-1] != event.shape:
        params = params * public("ones_like")(event[..., None], dtype=params.dtype)
        event = event * ones(shape(params)[:-1], dtype=event.dtype)
        if params.shape.rank is not None:
            event.set_shape([None] * (params.shape.rank - 1))
    return event, params


@RegisterKL(Categorical, Categorical)
def _kl_categorical(a: Categorical, b: Categorical, name: str | None = None) -> Any:
    with name_scope(name, "kl_categorical_categorical", values=[a.logits, b.logits]):
        difference = log_softmax(a.logits) - log_softmax(b.logits)
        return reduce_sum(softmax(a.logits) * difference, axis=-1)
