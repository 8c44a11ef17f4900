"""Random tensors that are a function of a seed: the same seed gives the same values in every run."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.packing import stack
from tfcompat.ops.random import gamma_parameters, positive_gamma, shape_tensor, shifted
from tfcompat.ops.random_streams import key_counter_alg

_UNIFORM_TYPES = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64,
                  dtypes.uint32, dtypes.uint64)  # fmt: skip

_THIRD_SEED = 498247692


@tf_export("random.stateless_uniform")
def stateless_random_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Uniform values in [minval, maxval), or integers over the whole range of their type.

    Args:
        shape: shape of the result.
        seed: two integers, int32 or int64.
        minval: lower bound; None, with `maxval` None too, for integers over the whole range.
        maxval: upper bound; 1 for floats when None.
        dtype: float16, bfloat16, float32, float64, int32, int64; without bounds also uint32 or uint64.
        name: name of the operation.
        alg: generator: "philox" or "auto_select", which is the same.

    Returns:
        A tensor of `shape`.

    Raises:
        ValueError: the type is another one, or one bound of an integer range is missing.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype not in _UNIFORM_TYPES:
        accepted = ", ".join(f"tf.{t.name}" for t in _UNIFORM_TYPES)
        raise ValueError(f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are ({accepted}).")
    if dtype.is_integer:
        if (minval is None) != (maxval is None):
            raise ValueError(
                f"For integer `dtype` argument {dtype}, argument `minval` and `maxval` must be both None "
                f"or not None. Got `minval`={minval} and `maxval`={maxval}."
            )
        if minval is not None and dtype in (dtypes.uint32, dtypes.uint64):
            raise ValueError(
                f"Argument `dtype` got invalid value {dtype} when argument `minval` is not None. Please "
                "don't use unsigned integers in this case."
            )
    elif maxval is None:
        maxval = 1
    with name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        if dtype.is_integer and minval is None:
            key, counter, number = key_counter_alg(seed, alg)
            return raw_ops.StatelessRandomUniformFullIntV2(  # type: ignore[no-any-return]
                shape=shape, key=key, counter=counter, dtype=dtype, alg=number, name=scope
            )
        minval = convert_to_tensor(minval, dtype, name="min")
        maxval = convert_to_tensor(maxval, dtype, name="max")
        key, counter, number = key_counter_alg(seed, alg)
        if dtype.is_integer:
            return raw_ops.StatelessRandomUniformIntV2(  # type: ignore[no-any-return]
                shape=shape, key=key, counter=counter, minval=minval, maxval=maxval, alg=number, name=scope
            )
        values = raw_ops.StatelessRandomUniformV2(shape=shape, key=key, counter=counter, dtype=dtype, alg=number)
        return shifted(values, maxval - minval, minval, scope)


def _normal(
    op_type: str,
    default_name: str,
    shape: Any,
    seed: Any,
    mean: Any,
    stddev: Any,
    dtype: Any,
    name: str | None,
    alg: Any,
) -> Tensor:
    dtype = dtypes.as_dtype(dtype)
    with name_scope(name, default_name, [shape, seed, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype, name="stddev")
        key, counter, number = key_counter_alg(seed, alg)
        values = getattr(raw_ops, op_type)(shape=shape, key=key, counter=counter, dtype=dtype, alg=number)
        return shifted(values, stddev, mean, scope)


@tf_export("random.stateless_normal")
def stateless_random_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Normal values.

    Args:
        shape: shape of the result.
        seed: two integers, int32 or int64.
        mean: mean, a scalar or anything that broadcasts against `shape`.
        stddev: standard deviation, the same.
        dtype: float16, bfloat16, float32 or float64.
        name: name of the operation.
        alg: generator: "philox" or "auto_select", which is the same.

    Returns:
        A tensor of `shape`.
    """
    return _normal("StatelessRandomNormalV2", "stateless_random_normal", shape, seed, mean, stddev, dtype, name, alg)


@tf_export("random.stateless_truncated_normal")
def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Normal values, those further than two standard deviations from the mean drawn again.

    Args:
        shape: shape of the result.
        seed: two integers, int32 or int64.
        mean: mean before the cut, a scalar or anything that broadcasts against `shape`.
        stddev: standard deviation before the cut, the same.
        dtype: float16, bfloat16, float32 or float64.
        name: name of the operation.
        alg: generator: "philox" or "auto_select", which is the same.

    Returns:
        A tensor of `shape`.
    """
    op_type, default_name = "StatelessTruncatedNormalV2", "stateless_truncated_normal"
    return _normal(op_type, default_name, shape, seed, mean, stddev, dtype, name, alg)


@tf_export("random.stateless_parameterized_truncated_normal")
def stateless_parameterized_truncated_normal(
    shape: Any,
    seed: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    name: str | None = None,
) -> Tensor:
    """Normal values cut off at bounds; the four parameters broadcast against each other.

    Args:
        shape: shape of the result; ends with the shape to which the parameters broadcast.
        seed: two integers, int32 or int64.
        means: means before the cut, float16, float32 or float64.
        stddevs: standard deviations before the cut, positive.
        minvals: lower bounds.
        maxvals: upper bounds.
        name: prefix of the names of the operations.

    Returns:
        A tensor of `shape` and the type of the parameters.
    """
    with name_scope(name, "stateless_parameterized_truncated_normal", [shape, means, stddevs, minvals, maxvals]):
        shape = shape_tensor(shape)
        return raw_ops.StatelessParameterizedTruncatedNormal(  # type: ignore[no-any-return]
            shape=shape, seed=seed,
            means=convert_to_tensor(means, name="means"),
            stddevs=convert_to_tensor(stddevs, name="stddevs"),
            minvals=convert_to_tensor(minvals, name="minvals"),
            maxvals=convert_to_tensor(maxvals, name="maxvals"),
        )  # fmt: skip


@tf_export("random.stateless_gamma")
def stateless_random_gamma(
    shape: Any, seed: Any, alpha: Any, beta: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Gamma values, at least the smallest positive normal number of the type; differentiable in both parameters.

    Args:
        shape: shape of the result; ends with the shape to which the parameters broadcast.
        seed: two integers, int32 or int64.
        alpha: shape parameters.
        beta: rates (inverse scales); 1 when None.
        dtype: float16, float32 or float64.
        name: prefix of the names of the operations.

    Returns:
        A tensor of `shape`.
    """
    with name_scope(name, "stateless_random_gamma", [shape, seed, alpha, beta]):
        shape = shape_tensor(shape)
        alpha, beta = gamma_parameters(alpha, beta, dtype)
        key, counter, number = key_counter_alg(seed, "auto_select")
        values = raw_ops.StatelessRandomGammaV3(shape=shape, key=key, counter=counter, alg=number, alpha=alpha)
        return positive_gamma(values, beta)


@tf_export("random.stateless_poisson")
def stateless_random_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Poisson values.

    Args:
        shape: shape of the result; ends with the shape of `lam`.
        seed: two integers, int32 or int64.
        lam: expected values, float16, float32, float64, int32 or int64.
        dtype: float16, float32, float64, int32 or int64.
        name: prefix of the names of the operations.

    Returns:
        A tensor of `shape`.
    """
    with name_scope(name, "stateless_random_poisson", [shape, seed, lam]):
        shape = shape_tensor(shape)
        return raw_ops.StatelessRandomPoisson(  # type: ignore[no-any-return]
            shape=shape, seed=seed, lam=lam, dtype=dtypes.as_dtype(dtype)
        )


@tf_export("random.stateless_binomial")
def stateless_random_binomial(
    shape: Any, seed: Any, counts: Any, probs: Any, output_dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Binomial values: numbers of successes.

    Args:
        shape: shape of the result; ends with the shape to which the parameters broadcast.
        seed: two integers, int32 or int64.
        counts: numbers of trials, of the type of `probs`.
        probs: chances of success, float16, float32 or float64.
        output_dtype: float16, float32, float64, int32 or int64.
        name: prefix of the names of the operations.

    Returns:
        A tensor of `shape`.
    """
    with name_scope(name, "stateless_random_binomial", [shape, seed, counts, probs]):
        shape = shape_tensor(shape)
        probs = convert_to_tensor(probs, dtype_hint=dtypes.float32, name="probs")
        counts = convert_to_tensor(counts, dtype_hint=probs.dtype, name="counts")
        return raw_ops.StatelessRandomBinomial(  # type: ignore[no-any-return]
            shape=shape, seed=seed, counts=counts, probs=probs, dtype=dtypes.as_dtype(output_dtype)
        )


def _categorical(default_name: str, logits: Any, num_samples: Any, seed: Any, dtype: Any, name: str | None) -> Tensor:
    with name_scope(name, default_name, [logits, seed]):
        logits = convert_to_tensor(logits, name="logits")
        return raw_ops.StatelessMultinomial(  # type: ignore[no-any-return]
            logits=logits, num_samples=num_samples, seed=seed, output_dtype=dtype
        )


@tf_export("random.stateless_multinomial")
def stateless_multinomial(
    logits: Any, num_samples: Any, seed: Any, output_dtype: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """`stateless_categorical(logits, num_samples, seed, output_dtype, name)`. Deprecated."""
    return _categorical("stateless_multinomial", logits, num_samples, seed, output_dtype, name)


@tf_export("random.stateless_categorical")
def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Class indices drawn with probability proportional to exp(logits).

    Args:
        logits: float tensor, shape [batch, classes].
        num_samples: samples per row, an int32 scalar.
        seed: two integers, int32 or int64.
        dtype: int32 or int64.
        name: prefix of the names of the operations.

    Returns:
        A tensor of shape [batch, num_samples].
    """
    return _categorical("stateless_categorical", logits, num_samples, seed, dtype, name)


@tf_export("random.experimental.stateless_shuffle")
def stateless_shuffle(value: Any, seed: Any, alg: Any = "auto_select", name: str | None = None) -> Tensor:
    """`value` with its rows (the slices of the first dimension) in another order.

    Args:
        value: tensor of any type and shape.
        seed: two integers, int32 or int64.
        alg: generator: "philox" or "auto_select", which is the same.
        name: prefix of the names of the operations.
    """
    with name_scope(name, "stateless_shuffle", [value, seed]):
        key, counter, number = key_counter_alg(seed, alg)
        return raw_ops.StatelessShuffle(value=value, key=key, counter=counter, alg=number)  # type: ignore[no-any-return]


@tf_export("random.experimental.index_shuffle")
def index_shuffle(index: Any, seed: Any, max_index: Any) -> Tensor:
    """Where a pseudo-random permutation of 0 to `max_index` takes `index`.

    Args:
        index: number or vector of numbers from 0 to `max_index`: int32, int64, uint32 or uint64.
        seed: two integers.
        max_index: greatest number that is permuted, of the type of `index`.

    Returns:
        A tensor of the type and shape of `index`.
    """
    seed = convert_to_tensor(seed)
    paddings = [[1, 0]] + [[0, 0]] * (seed.shape.rank - 1)
    three = raw_ops.PadV2(input=seed, paddings=paddings, constant_values=_THIRD_SEED)
    return raw_ops.RandomIndexShuffle(index=index, seed=three, max_index=max_index, rounds=4)  # type: ignore[no-any-return]


@tf_export("random.split", "random.experimental.stateless_split")
def split(seed: Any, num: int = 2, alg: Any = "auto_select") -> Tensor:
    """New seeds from one.

    Args:
        seed: two integers, int32 or int64.
        num: number of new seeds.
        alg: generator: "philox" or "auto_select", which is the same.

    Returns:
        A tensor of the type of `seed` and shape [num, 2].
    """
    seed = convert_to_tensor(seed)
    return stateless_random_uniform([num, 2], seed, minval=None, maxval=None, dtype=seed.dtype, alg=alg)


@tf_export("random.fold_in", "random.experimental.stateless_fold_in")
def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> Tensor:
    """A new seed from a seed and a number.

    Args:
        seed: two integers, int32 or int64.
        data: scalar of int32 or int64.
        alg: generator: "philox" or "auto_select", which is the same.

    Returns:
        A tensor of the type of `data` and shape [2].
    """
    data = convert_to_tensor(data)
    drawn = stateless_random_uniform([], seed, minval=None, maxval=None, dtype=data.dtype, alg=alg)
    return stack([drawn, data])
