"""The base class of distributions: names, shapes, sampling, and which quantity follows from which."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat.distributions import kullback_leibler
from tfcompat.distributions.kullback_leibler import tensor
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, export, tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.concat import concat
from tfcompat.ops.math import exp, log, sqrt, square
from tfcompat.ops.reduction import reduce_prod


@tf_export("distributions.ReparameterizationType")
class ReparameterizationType:
    """Whether samples of a distribution are differentiable functions of its parameters; compared by identity."""

    def __init__(self, rep_type: str):
        self._rep_type = rep_type

    def __repr__(self) -> str:
        return f"<Reparameterization Type: {self._rep_type}>"

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


FULLY_REPARAMETERIZED = ReparameterizationType("FULLY_REPARAMETERIZED")
NOT_REPARAMETERIZED = ReparameterizationType("NOT_REPARAMETERIZED")
export("distributions.FULLY_REPARAMETERIZED", FULLY_REPARAMETERIZED)
export("distributions.NOT_REPARAMETERIZED", NOT_REPARAMETERIZED)


@tf_export("distributions.Distribution")
class Distribution:
    """A probability distribution, or a batch of them.

    Subclasses define the underscored methods that they can: `_sample_n(n, seed)`, `_log_prob` or `_prob`, `_log_cdf` or
    `_cdf`, `_entropy`, `_mean`, `_variance` or `_stddev`, `_mode`, and the four of shapes.
    """

    # what subclasses may define; the functions behind refuse
    _log_prob: Any
    _prob: Any
    _log_cdf: Any
    _cdf: Any
    _log_survival_function: Any
    _survival_function: Any
    _quantile: Any
    _entropy: Any
    _mean: Any
    _variance: Any
    _stddev: Any
    _covariance: Any
    _mode: Any

    def __init__(
        self,
        dtype: Any,
        reparameterization_type: ReparameterizationType,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any] | None = None,
        graph_parents: Sequence[Any] | None = None,
        name: str | None = None,
    ):
        """Keeps what all distributions have.

        Args:
            dtype: type of the samples.
            reparameterization_type: `FULLY_REPARAMETERIZED` or `NOT_REPARAMETERIZED`.
            validate_args: whether arguments are checked in the run.
            allow_nan_stats: whether statistics that are not defined are NaN instead of an error.
            parameters: the arguments of the constructor, for `copy`.
            graph_parents: the tensors that the distribution depends on.
            name: a name, or a scope that ends in "/".

        Raises:
            ValueError: a graph parent is no tensor.
        """
        for i, parent in enumerate(graph_parents or []):
            if parent is None or not isinstance(parent, Tensor):
                raise ValueError(f"Graph parent item {i} is not a Tensor; {parent}.")
        if not name or name[-1] != "/":
            with name_scope(name or type(self).__name__) as scope:
                name = scope
        self._dtype = dtype
        self._reparameterization_type = reparameterization_type
        self._allow_nan_stats = allow_nan_stats
        self._validate_args = validate_args
        self._parameters = parameters or {}
        self._graph_parents = list(graph_parents or [])
        self._name = name

    # ---------------------------------------------------------------- what it is

    @classmethod
    def param_shapes(cls, sample_shape: Any, name: str = "DistributionParamShapes") -> dict[str, Any]:
        """The shapes of the parameters of a distribution whose `sample()` has a shape, as tensors by name."""
        with name_scope(name, None, [sample_shape]):
            return cls._param_shapes(sample_shape)

    @classmethod
    def param_static_shapes(cls, sample_shape: Any) -> dict[str, TensorShape]:
        """`param_shapes` for a shape that is known, as TensorShapes.

        Raises:
            ValueError: the shape is not fully known.
        """
        if isinstance(sample_shape, TensorShape):
            if not sample_shape.is_fully_defined():
                raise ValueError("TensorShape sample_shape must be fully defined")
            sample_shape = sample_shape.as_list()
        static = {}
        for name, value in cls.param_shapes(sample_shape).items():
            known = GRAPH_VALUES.constant(value)
            if known is None:
                raise ValueError("sample_shape must be a fully-defined TensorShape or list/tuple")
            static[name] = TensorShape(known.tolist())
        return static

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        raise NotImplementedError(f"param_shapes is not implemented for {cls.__name__}")

    @property
    def name(self) -> str:
        """The scope of its operations, which ends in "/"."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The type of the samples."""
        return self._dtype

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {k: v for k, v in self._parameters.items() if not k.startswith("__") and k != "self"}

    @property
    def reparameterization_type(self) -> ReparameterizationType:
        """Whether samples are differentiable functions of the parameters."""
        return self._reparameterization_type

    @property
    def allow_nan_stats(self) -> bool:
        """Whether statistics that are not defined are NaN."""
        return self._allow_nan_stats

    @property
    def validate_args(self) -> bool:
        """Whether arguments are checked in the run."""
        return self._validate_args

    def copy(self, **override_parameters_kwargs: Any) -> Distribution:
        """A distribution of the same class with some arguments of the constructor changed."""
        return type(self)(**{**self.parameters, **override_parameters_kwargs})

    def __str__(self) -> str:
        shapes = "".join(
            f", {label}={known}"
            for label, known in (("batch_shape", self.batch_shape), ("event_shape", self.event_shape))
            if known.rank is not None
        )
        return f'tfp.distributions.{type(self).__name__}("{self.name}"{shapes}, dtype={self._dtype_name()})'

    def __repr__(self) -> str:
        return (
            f"<tfp.distributions.{type(self).__name__} '{self.name}' batch_shape={self.batch_shape} "
            f"event_shape={self.event_shape} dtype={self._dtype_name()}>"
        )

    def _dtype_name(self) -> str:
        return dtypes.as_dtype(self.dtype).name

    # ---------------------------------------------------------------- shapes

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """The shape of the batch of distributions, an int32 vector."""
        with self._scope(name):
            if self.batch_shape.is_fully_defined():
                return tensor(self.batch_shape.as_list(), dtype=dtypes.int32, name="batch_shape")
            return self._batch_shape_tensor()

    def _batch_shape_tensor(self) -> Any:
        raise NotImplementedError(f"batch_shape_tensor is not implemented: {type(self).__name__}")

    @property
    def batch_shape(self) -> TensorShape:
        """What is known of the shape of the batch."""
        return TensorShape(self._batch_shape())

    def _batch_shape(self) -> Any:
        return TensorShape(None)

    def event_shape_tensor(self, name: str = "event_shape_tensor") -> Any:
        """The shape of one sample of one distribution, an int32 vector."""
        with self._scope(name):
            if self.event_shape.is_fully_defined():
                return tensor(self.event_shape.as_list(), dtype=dtypes.int32, name="event_shape")
            return self._event_shape_tensor()

    def _event_shape_tensor(self) -> Any:
        raise NotImplementedError(f"event_shape_tensor is not implemented: {type(self).__name__}")

    @property
    def event_shape(self) -> TensorShape:
        """What is known of the shape of one sample."""
        return TensorShape(self._event_shape())

    def _event_shape(self) -> Any:
        return TensorShape(None)

    def is_scalar_event(self, name: str = "is_scalar_event") -> Any:
        """Whether a sample is a scalar, a bool tensor."""
        with self._scope(name):
            return self._is_scalar(self.event_shape, self.event_shape_tensor, "is_scalar_event")

    def is_scalar_batch(self, name: str = "is_scalar_batch") -> Any:
        """Whether there is one distribution only, a bool tensor."""
        with self._scope(name):
            return self._is_scalar(self.batch_shape, self.batch_shape_tensor, "is_scalar_batch")

    @staticmethod
    def _is_scalar(static: TensorShape, dynamic: Any, name: str) -> Any:
        if static.rank is not None:
            return tensor(static.rank == 0, name=name)
        return PUBLIC["equal"](shape(dynamic())[0], 0)

    # ---------------------------------------------------------------- samples

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str = "sample") -> Any:
        """Random values.

        Args:
            sample_shape: how many, an integer or a vector of them.
            seed: seed of the operation.
            name: name of the scope.

        Returns:
            A tensor of shape [sample shape, batch shape, event shape].
        """
        return self._call_sample_n(sample_shape, seed, name)

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        raise NotImplementedError(f"sample_n is not implemented: {type(self).__name__}")

    def _call_sample_n(self, sample_shape: Any, seed: int | None, name: str, **kwargs: Any) -> Any:
        with self._scope(name, [sample_shape]):
            sizes = tensor(sample_shape, dtype=dtypes.int32, name="sample_shape")
            sizes, count = self._expand_sample_shape_to_vector(sizes, "sample_shape")
            samples = self._sample_n(count, seed, **kwargs)
            rest = shape(samples)[1:]
            samples = reshape(samples, concat([sizes, rest], 0))
            return self._set_sample_static_shape(samples, sizes)

    @staticmethod
    def _expand_sample_shape_to_vector(x: Any, name: str) -> tuple[Any, Any]:
        """(sizes as a vector, their product)."""
        known = GRAPH_VALUES.constant(x)
        count = reduce_prod(x) if known is None else np.prod(known, dtype=x.dtype.as_numpy_dtype)
        if x.shape.rank is None:
            return reshape(x, [-1]), count
        if x.shape.rank == 0:
            return (reshape(x, [1]) if known is None else tensor(np.array([known]), name=name)), count
        if x.shape.rank != 1:
            raise ValueError(f"`sample_shape` must be a scalar or a vector, not of rank {x.shape.rank}")
        return x, count

    def _set_sample_static_shape(self, x: Any, sample_shape: Any) -> Any:
        """Tells `x` the parts of its shape that are known."""
        known = GRAPH_VALUES.constant(sample_shape)
        sizes = TensorShape(None) if known is None else TensorShape(known.tolist())
        parts = (sizes, self.batch_shape, self.event_shape)
        if all(p.rank is not None for p in parts):
            x.set_shape(sizes.concatenate(self.batch_shape).concatenate(self.event_shape))
            return x
        rank = x.shape.rank
        if rank is not None and self.event_shape.rank is not None:
            sized = self.batch_shape.rank is not None
            tail = self.batch_shape.concatenate(self.event_shape) if sized else self.event_shape
            front = [None] * (rank - (tail.rank or 0))
            x.set_shape(TensorShape(front).concatenate(tail))
        return x

    # ---------------------------------------------------------------- densities

    def _value(self, value: Any) -> Any:
        return tensor(value, name="value", preferred_dtype=self.dtype)

    def _call(self, name: str, value: Any, own: str, *others: tuple[str, Any], **kwargs: Any) -> Any:
        """The method `own` at `value`, else the first of `others` that exists, with a function of its result."""
        with self._scope(name, [value]):
            value = self._value(value)
            for method, then in ((own, None), *others):
                with contextlib.suppress(NotImplementedError):
                    result = getattr(self, method)(value, **kwargs)
                    return result if then is None else then(result)
            raise NotImplementedError(f"{own[1:]} is not implemented: {type(self).__name__}")

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        """The logarithm of the density (or probability) at `value`, [sample shape, batch shape]."""
        return self._call(name, value, "_log_prob", ("_prob", log))

    def prob(self, value: Any, name: str = "prob") -> Any:
        """The density (or probability) at `value`."""
        return self._call(name, value, "_prob", ("_log_prob", exp))

    def log_cdf(self, value: Any, name: str = "log_cdf") -> Any:
        """The logarithm of the probability of being at most `value`."""
        return self._call(name, value, "_log_cdf", ("_cdf", log))

    def cdf(self, value: Any, name: str = "cdf") -> Any:
        """The probability of being at most `value`."""
        return self._call(name, value, "_cdf", ("_log_cdf", exp))

    def log_survival_function(self, value: Any, name: str = "log_survival_function") -> Any:
        """The logarithm of the probability of being above `value`."""
        with self._scope(name, [value]):
            value = self._value(value)
            with contextlib.suppress(NotImplementedError):
                return self._log_survival_function(value)
            return PUBLIC["log1p"](-self.cdf(value))

    def survival_function(self, value: Any, name: str = "survival_function") -> Any:
        """The probability of being above `value`."""
        with self._scope(name, [value]):
            value = self._value(value)
            with contextlib.suppress(NotImplementedError):
                return self._survival_function(value)
            return 1.0 - self.cdf(value)

    def quantile(self, value: Any, name: str = "quantile") -> Any:
        """The x below which a sample lies with the probability `value`."""
        return self._call(name, value, "_quantile")

    # ---------------------------------------------------------------- statistics

    def entropy(self, name: str = "entropy") -> Any:
        """-E[log prob(x)], of the batch shape."""
        with self._scope(name):
            return self._entropy()

    def mean(self, name: str = "mean") -> Any:
        """The mean, [batch shape, event shape]."""
        with self._scope(name):
            return self._mean()

    def variance(self, name: str = "variance") -> Any:
        """The variance of each element."""
        with self._scope(name):
            with contextlib.suppress(NotImplementedError):
                return self._variance()
            return square(self._stddev())

    def stddev(self, name: str = "stddev") -> Any:
        """The standard deviation of each element."""
        with self._scope(name):
            with contextlib.suppress(NotImplementedError):
                return self._stddev()
            return sqrt(self._variance())

    def covariance(self, name: str = "covariance") -> Any:
        """The covariance of the elements of an event."""
        with self._scope(name):
            return self._covariance()

    def mode(self, name: str = "mode") -> Any:
        """The most probable value."""
        with self._scope(name):
            return self._mode()

    def cross_entropy(self, other: Distribution, name: str = "cross_entropy") -> Any:
        """-E[log other.prob(x)] for x from this distribution."""
        with self._scope(name):
            return kullback_leibler.cross_entropy(self, other, allow_nan_stats=self.allow_nan_stats)

    def kl_divergence(self, other: Distribution, name: str = "kl_divergence") -> Any:
        """The divergence from `other`; see `kl_divergence`."""
        with self._scope(name):
            return kullback_leibler.kl_divergence(self, other, allow_nan_stats=self.allow_nan_stats)

    @contextlib.contextmanager
    def _scope(self, name: str | None = None, values: Sequence[Any] | None = None) -> Iterator[str]:
        with name_scope(self.name), name_scope(name, None, [*(values or []), *self._graph_parents]) as scope:
            yield scope


def _missing(method: str) -> Any:
    def refuse(self: Distribution, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{method[1:]} is not implemented: {type(self).__name__}")

    return refuse


for _name in ("_log_prob", "_prob", "_log_cdf", "_cdf", "_log_survival_function", "_survival_function", "_quantile",
              "_entropy", "_mean", "_variance", "_stddev", "_covariance", "_mode"):  # fmt: skip
    setattr(Distribution, _name, _missing(_name))


def ones(dims: Any, dtype: Any) -> Any:
    """A tensor of ones."""
    return raw_ops.Fill(dims=dims, value=PUBLIC["constant"](1, dtype=dtype))
