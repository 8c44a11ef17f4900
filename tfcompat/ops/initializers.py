"""Initializers: callables that give the initial value of a variable of a shape and type."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.export import tf_export
from tfcompat.ops import array, filling, random, raw_ops
from tfcompat.ops import math as math_ops

# Standard deviation of a standard normal cut off at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer:
    """Base of initializers; subclasses give the tensor in `__call__`."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The initial value.

        Args:
            shape: its shape.
            dtype: its type; the initializer's own when None.
            partition_info: shape of the whole and offset, when the variable is a slice.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initializer from what `get_config` gave."""
        return cls(**config)


class _Typed(Initializer):
    """Initializers whose configuration is a list of attributes, the type last."""

    _config: tuple[str, ...] = ()
    dtype: dtypes.DType

    def _resolved(self, dtype: Any) -> dtypes.DType:
        return self.dtype if dtype is None else dtypes.as_dtype(dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {**{name: getattr(self, name) for name in self._config}, "dtype": self.dtype.name}


def _float_type(dtype: Any) -> dtypes.DType:
    """`dtype`; ValueError unless it is a floating-point type."""
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"Argument `dtype` is expected to be floating point. Received: {dtype}.")
    return dtype


@tf_export("zeros_initializer", "initializers.zeros")
class Zeros(_Typed):
    """Zeros.

    Args:
        dtype: type of the value.
    """

    def __init__(self, dtype: Any = dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return filling.zeros(shape, self._resolved(dtype))


@tf_export("ones_initializer", "initializers.ones")
class Ones(_Typed):
    """Ones.

    Args:
        dtype: type of the value.
    """

    def __init__(self, dtype: Any = dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return filling.ones(shape, self._resolved(dtype))


@tf_export("constant_initializer", "initializers.constant")
class Constant(_Typed):
    """A given value.

    Args:
        value: a number, or a list or array whose elements are laid out in order, the last one repeated.
        dtype: type of the value.
        verify_shape: whether `value` must have the variable's shape.

    Raises:
        TypeError: `value` is of another kind.
    """

    _config = ("value",)

    def __init__(self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False):
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value={value} of type: {type(value).__name__}. Expected Python "
                "scalar, list or tuple of values, or numpy.ndarray."
            )
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: Any = None, verify_shape: bool | None = None
    ) -> Any:
        verify = self._verify_shape if verify_shape is None else verify_shape
        return constant(self.value, dtype=self._resolved(dtype), shape=shape, verify_shape=verify)


@tf_export("random_uniform_initializer", "initializers.random_uniform")
class RandomUniform(_Typed):
    """Uniform random numbers in [minval, maxval).

    Args:
        minval: lower bound.
        maxval: upper bound; 1 for floats when None.
        seed: seed of the operation.
        dtype: type of the value.
    """

    _config = ("minval", "maxval", "seed")

    def __init__(self, minval: Any = 0.0, maxval: Any = None, seed: int | None = None, dtype: Any = dtypes.float32):
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return random.random_uniform(shape, self.minval, self.maxval, self._resolved(dtype), seed=self.seed)


class _Normal(_Typed):
    _config = ("mean", "stddev", "seed")
    _functions: tuple[Callable[..., Any], ...] = ()

    def __init__(self, mean: Any = 0.0, stddev: Any = 1.0, seed: int | None = None, dtype: Any = dtypes.float32):
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self.dtype = _float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        normal = self._functions[0]
        return normal(shape, self.mean, self.stddev, self._resolved(dtype), seed=self.seed)


@tf_export("random_normal_initializer", "initializers.random_normal")
class RandomNormal(_Normal):
    """Normal random numbers.

    Args:
        mean: mean.
        stddev: standard deviation.
        seed: seed of the operation.
        dtype: floating-point type of the value.
    """

    _functions = (random.random_normal,)


@tf_export("truncated_normal_initializer", "initializers.truncated_normal")
class TruncatedNormal(_Normal):
    """Normal random numbers, those beyond two standard deviations drawn again.

    Args:
        mean: mean before truncation.
        stddev: standard deviation before truncation.
        seed: seed of the operation.
        dtype: floating-point type of the value.
    """

    _functions = (random.truncated_normal,)


@tf_export("uniform_unit_scaling_initializer", "initializers.uniform_unit_scaling")
class UniformUnitScaling(_Typed):
    """Uniform random numbers up to sqrt(3 / n) * factor, n the number of inputs: keeps the variance through a layer.

    Args:
        factor: scale.
        seed: seed of the operation.
        dtype: floating-point type of the value.
    """

    _config = ("factor", "seed")

    def __init__(self, factor: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32):
        self.factor, self.seed = factor, seed
        self.dtype = _float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        whole = _whole_shape(shape, partition_info)
        inputs = max(1.0, math.prod(float(d) for d in whole[:-1]))
        limit = math.sqrt(3 / inputs) * self.factor
        return random.random_uniform(shape, -limit, limit, self._resolved(dtype), seed=self.seed)


@tf_export("variance_scaling_initializer", "initializers.variance_scaling")
class VarianceScaling(_Typed):
    """Random numbers of variance scale / n, n the number of inputs, of outputs, or their mean.

    Args:
        scale: positive factor.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "normal" or "truncated_normal", "untruncated_normal", or "uniform".
        seed: seed of the operation.
        dtype: floating-point type of the value.

    Raises:
        ValueError: an argument is none of these.
    """

    _config: tuple[str, ...] = ("scale", "mode", "distribution", "seed")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ):
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"Argument `mode` should be one of ('fan_in', 'fan_out', 'fan_avg'). Received: {mode}")
        distribution = distribution.lower()
        allowed = ("normal", "uniform", "truncated_normal", "untruncated_normal")
        if distribution not in allowed:
            raise ValueError(f"Argument `distribution` should be one of {allowed}. Received: {distribution}")
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed
        self.dtype = _float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        fan_in, fan_out = compute_fans(_whole_shape(shape, partition_info))
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        scale = self.scale / max(1.0, fan)
        dtype = self._resolved(dtype)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return random.random_uniform(shape, -limit, limit, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.random_normal(shape, 0.0, math.sqrt(scale), dtype, seed=self.seed)
        return random.truncated_normal(shape, 0.0, math.sqrt(scale) / _TRUNCATED_STDDEV, dtype, seed=self.seed)


def _whole_shape(shape: Any, partition_info: Any) -> list[int]:
    return list(shape if partition_info is None else partition_info.full_shape)


def compute_fans(shape: Sequence[int]) -> tuple[int, int]:
    """(inputs, outputs) of a layer with weights of `shape`: a matrix, or the kernel of a convolution."""
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return int(shape[0]), int(shape[0])
    field = math.prod(shape[:-2])
    return int(shape[-2] * field), int(shape[-1] * field)


class _Glorot(VarianceScaling):
    _config = ("seed",)
    _distribution = ""

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32):
        super().__init__(1.0, "fan_avg", self._distribution, seed)


@tf_export("glorot_uniform_initializer", "initializers.glorot_uniform")
class GlorotUniform(_Glorot):
    """Uniform random numbers up to sqrt(6 / (inputs + outputs)).

    Args:
        seed: seed of the operation.
        dtype: has no effect, as in the reference; the call says the type.
    """

    _distribution = "uniform"


@tf_export("glorot_normal_initializer", "initializers.glorot_normal")
class GlorotNormal(_Glorot):
    """Truncated normal random numbers of standard deviation sqrt(2 / (inputs + outputs)).

    Args:
        seed: seed of the operation.
        dtype: has no effect, as in the reference; the call says the type.
    """

    _distribution = "truncated_normal"


def _scaled(name: str, scale: float, distribution: str, meaning: str) -> None:
    def function(seed: int | None = None) -> VarianceScaling:
        return VarianceScaling(scale=scale, mode="fan_in", distribution=distribution, seed=seed)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"An initializer: {meaning}; `seed` is the seed of the operation."
    tf_export(f"initializers.{name}")(function)


_scaled("lecun_normal", 1.0, "truncated_normal", "truncated normal of standard deviation sqrt(1 / inputs)")
_scaled("lecun_uniform", 1.0, "uniform", "uniform up to sqrt(3 / inputs)")
_scaled("he_normal", 2.0, "truncated_normal", "truncated normal of standard deviation sqrt(2 / inputs)")
_scaled("he_uniform", 2.0, "uniform", "uniform up to sqrt(6 / inputs)")


@tf_export("orthogonal_initializer", "initializers.orthogonal")
class Orthogonal(_Typed):
    """A random matrix with orthogonal rows or columns; further dimensions count as rows.

    Args:
        gain: factor.
        seed: seed of the operation.
        dtype: floating-point type of the value.
    """

    _config = ("gain", "seed")

    def __init__(self, gain: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32):
        self.gain, self.seed = gain, seed
        self.dtype = _float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least "
                f"two-dimensional. Received shape={shape}"
            )
        rows, columns = math.prod(shape[:-1]), int(shape[-1])
        flat = (columns, rows) if rows < columns else (rows, columns)
        normal = random.random_normal(flat, dtype=self._resolved(dtype), seed=self.seed)
        q, r = raw_ops.Qr(input=normal, full_matrices=False)
        q *= math_ops.sign(raw_ops.DiagPart(input=r))
        if rows < columns:
            q = array.matrix_transpose(q)
        scaled: Any = array.reshape(q, shape)
        return self.gain * scaled


@tf_export("initializers.identity")
class Identity(_Typed):
    """The identity matrix.

    Args:
        gain: factor.
        dtype: floating-point type of the value.
    """

    _config = ("gain",)

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32):
        self.gain = gain
        self.dtype = _float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        whole = _whole_shape(shape, partition_info)
        if len(whole) != 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least "
                f"two-dimensional. Received shape={shape}"
            )
        value: Any = filling.eye(whole[0], whole[1], dtype=self._resolved(dtype))
        if partition_info is not None:
            value = raw_ops.Slice(input=value, begin=partition_info.var_offset, size=shape)
        return self.gain * value
