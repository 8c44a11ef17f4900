"""Random tensors: uniform, normal, gamma, Poisson and categorical values, shuffles and crops.

Every operation continues a stream of its own from run to run; see `random_seed` for where it starts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import Dimension
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape as shape_of_tensor
from tfcompat.ops.assertion import Assert
from tfcompat.ops.binary import maximum, truediv
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.random_seed import seed_attrs
from tfcompat.ops.reduction import reduce_all
from tfcompat.ops.slicing import slice_

_UNIFORM_TYPES = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64)


def shape_tensor(shape: Any) -> Tensor:
    """A shape (TensorShape, tensor, or list of ints, dimensions and scalar tensors) as a vector named `shape`."""
    dtype = None
    if isinstance(shape, (list, tuple)):
        dtype = None if shape else dtypes.int32
        shape = [d.value if isinstance(d, Dimension) else d for d in shape]
    return convert_to_tensor(shape, dtype=dtype, name="shape")


def _is_int(value: Any, number: int) -> bool:
    return isinstance(value, int) and value == number


@tf_export("random_uniform", "random.uniform")
def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Tensor:
    """Uniform values in [minval, maxval).

    Args:
        shape: shape of the result.
        minval: lower bound, a scalar, or for floats anything that broadcasts.
        maxval: upper bound, the same; 1 for floats when None.
        dtype: float16, bfloat16, float32, float64, int32 or int64.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: name of the operation.

    Returns:
        A tensor of `shape`. Integers are random bits modulo maxval - minval, biased a bit unless that is a power of 2.

    Raises:
        ValueError: `maxval` is missing for an integer type, or the type is another one.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype not in _UNIFORM_TYPES:
        accepted = ", ".join(f"tf.{t.name}" for t in _UNIFORM_TYPES)
        raise ValueError(f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are ({accepted}).")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype tf.{dtype.name}")
        maxval = 1
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        from_zero, to_one = _is_int(minval, 0), _is_int(maxval, 1)
        if not from_zero or not to_one or dtype.is_integer:
            minval = convert_to_tensor(minval, dtype, name="min")
            maxval = convert_to_tensor(maxval, dtype, name="max")
        if dtype.is_integer:
            return raw_ops.RandomUniformInt(  # type: ignore[no-any-return]
                shape=shape, minval=minval, maxval=maxval, **seed_attrs(seed), name=scope
            )
        values = raw_ops.RandomUniform(shape=shape, dtype=dtype, **seed_attrs(seed))
        return scaled_uniform(values, minval, maxval, from_zero, to_one, scope)


def scaled_uniform(values: Tensor, minval: Any, maxval: Any, from_zero: bool, to_one: bool, name: str) -> Tensor:
    """Values in [0, 1) brought to [minval, maxval)."""
    if from_zero:
        return values if to_one else raw_ops.Mul(x=values, y=maxval)  # type: ignore[no-any-return]
    return shifted(values, maxval - minval, minval, name)


def shifted(values: Tensor, scale: Any, offset: Any, name: str) -> Tensor:
    """values * scale + offset, the sum under `name`."""
    product = raw_ops.Mul(x=values, y=scale, name="mul")
    return raw_ops.AddV2(x=product, y=offset, name=name)  # type: ignore[no-any-return]


def _normal(
    op_type: str, default_name: str, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: Any, name: str | None
) -> Tensor:
    with name_scope(name, default_name, [shape, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype, name="stddev")
        values = getattr(raw_ops, op_type)(shape=shape, dtype=dtypes.as_dtype(dtype), **seed_attrs(seed))
        return shifted(values, stddev, mean, scope)


@tf_export("random_normal", "random.normal")
def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Tensor:
    """Normal values.

    Args:
        shape: shape of the result.
        mean: mean, a scalar or anything that broadcasts against `shape`.
        stddev: standard deviation, the same.
        dtype: float16, bfloat16, float32 or float64.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: name of the operation.

    Returns:
        A tensor of `shape`.
    """
    return _normal("RandomStandardNormal", "random_normal", shape, mean, stddev, dtype, seed, name)


@tf_export("truncated_normal", "random.truncated_normal")
def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: Any = None,
    name: str | None = None,
) -> Tensor:
    """Normal values, those further than two standard deviations from the mean drawn again; see `tf.random_normal`.

    Args:
        shape: shape of the result.
        mean: mean before the cut, a scalar or anything that broadcasts against `shape`.
        stddev: standard deviation before the cut, the same.
        dtype: float16, bfloat16, float32 or float64.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: name of the operation.

    Returns:
        A tensor of `shape`.
    """
    return _normal("TruncatedNormal", "truncated_normal", shape, mean, stddev, dtype, seed, name)


@tf_export("random_shuffle", "random.shuffle")
def random_shuffle(value: Any, seed: Any = None, name: str | None = None) -> Tensor:
    """`value` with its rows (the slices of the first dimension) in another order.

    Args:
        value: tensor of any type and shape.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: name of the operation.
    """
    return raw_ops.RandomShuffle(value=value, **seed_attrs(seed), name=name)  # type: ignore[no-any-return]


@tf_export("random_crop", "image.random_crop")
def random_crop(value: Any, size: Any, seed: Any = None, name: str | None = None) -> Tensor:
    """A part of `value` of a given size, at a position drawn uniformly.

    Args:
        value: tensor to cut.
        size: size of the part in every dimension, a vector of int32 with an element for each.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: name of the operation.

    Returns:
        A tensor of the type of `value` and shape `size`.

    Raises:
        InvalidArgumentError: `value` is smaller than `size` in some dimension.
    """
    with name_scope(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        shape = shape_of_tensor(value)
        fits = reduce_all(raw_ops.GreaterEqual(x=shape, y=size))
        check = Assert(fits, ["Need value.shape >= size, got ", shape, size], summarize=1000)
        shape = with_dependencies([check], shape)
        limit = shape - size + 1
        offset = random_uniform(shape_of_tensor(shape), maxval=size.dtype.max, dtype=size.dtype, seed=seed) % limit
        return slice_(value, offset, size, name=scope)


def _multinomial(default_name: str, logits: Any, num_samples: Any, dtype: Any, seed: Any, name: str | None) -> Tensor:
    with name_scope(name, default_name, [logits]):
        logits = convert_to_tensor(logits, name="logits")
        return raw_ops.Multinomial(  # type: ignore[no-any-return]
            logits=logits, num_samples=num_samples, output_dtype=dtype, **seed_attrs(seed)
        )


@tf_export("multinomial", "random.multinomial")
def multinomial(
    logits: Any, num_samples: Any, seed: Any = None, name: str | None = None, output_dtype: Any = None
) -> Tensor:
    """Class indices drawn with probability proportional to exp(logits). Deprecated name of `tf.random.categorical`.

    Args:
        logits: float tensor, shape [batch, classes].
        num_samples: samples per row, an int32 scalar.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: prefix of the names of the operations.
        output_dtype: int32 or int64, the default.

    Returns:
        A tensor of shape [batch, num_samples].
    """
    return _multinomial("multinomial", logits, num_samples, output_dtype, seed, name)


@tf_export("random.categorical")
def categorical(logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None, name: str | None = None) -> Tensor:
    """Class indices drawn with probability proportional to exp(logits).

    Args:
        logits: float tensor, shape [batch, classes].
        num_samples: samples per row, an int32 scalar.
        dtype: int32 or int64, the default.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: prefix of the names of the operations.

    Returns:
        A tensor of shape [batch, num_samples].
    """
    return _multinomial("categorical", logits, num_samples, dtype, seed, name)


@tf_export("random_gamma", "random.gamma")
def random_gamma(
    shape: Any, alpha: Any, beta: Any = None, dtype: Any = dtypes.float32, seed: Any = None, name: str | None = None
) -> Tensor:
    """Gamma values, at least the smallest positive normal number of the type; differentiable in both parameters.

    Args:
        shape: shape of the values drawn for every pair of parameters.
        alpha: shape parameters, a tensor of `dtype`.
        beta: rates (inverse scales), which broadcast against `alpha`; 1 when None.
        dtype: float16, float32 or float64.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: prefix of the names of the operations.

    Returns:
        A tensor of shape `shape` + the shape to which `alpha` and `beta` broadcast.
    """
    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = convert_to_tensor(shape, dtypes.int32, name="shape")
        alpha, beta = gamma_parameters(alpha, beta, dtype)
        return positive_gamma(raw_ops.RandomGamma(shape=shape, alpha=alpha, **seed_attrs(seed)), beta)


def gamma_parameters(alpha: Any, beta: Any, dtype: Any) -> tuple[Tensor, Tensor]:
    """The parameters as tensors, the first one broadcast to the shape of both."""
    alpha = convert_to_tensor(alpha, dtype, name="alpha")
    beta = convert_to_tensor(1 if beta is None else beta, dtype, name="beta")
    both = raw_ops.BroadcastArgs(s0=shape_of_tensor(alpha), s1=shape_of_tensor(beta))
    return raw_ops.BroadcastTo(input=alpha, shape=both), beta


def positive_gamma(values: Tensor, beta: Tensor) -> Tensor:
    """Gamma values of rate 1 brought to rate `beta`, none below the smallest normal number."""
    return maximum(np.finfo(values.dtype.as_numpy_dtype).tiny, truediv(values, beta))


@tf_export("random_poisson", "random.poisson")
def random_poisson(
    lam: Any, shape: Any, dtype: Any = dtypes.float32, seed: Any = None, name: str | None = None
) -> Tensor:
    """Poisson values.

    Args:
        lam: expected values, float16, float32, float64, int32 or int64.
        shape: shape of the values drawn for every element of `lam`.
        dtype: float16, float32, float64, int32 or int64.
        seed: seed of the operation; see `tf.set_random_seed`.
        name: prefix of the names of the operations.

    Returns:
        A tensor of `dtype` and shape `shape` + shape of `lam`.
    """
    return random_poisson_v2(shape, lam, dtype, seed, name)


def random_poisson_v2(
    shape: Any, lam: Any, dtype: Any = dtypes.float32, seed: Any = None, name: str | None = None
) -> Tensor:
    """`random_poisson` with the shape first."""
    with name_scope(name, "random_poisson", [lam, shape]):
        shape = convert_to_tensor(shape, dtypes.int32, name="shape")
        return raw_ops.RandomPoissonV2(  # type: ignore[no-any-return]
            shape=shape, rate=lam, dtype=dtypes.as_dtype(dtype), **seed_attrs(seed)
        )
