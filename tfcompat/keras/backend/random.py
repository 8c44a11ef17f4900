"""`tf.keras.backend`: tensors of random numbers. Without a seed, numpy's global generator gives one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import config
from tfcompat.ops import filling, nn_misc, random
from tfcompat.ops.masks import where_v2


def float_or(dtype: Any) -> dtypes.DType:
    """`dtype`, the default float type when None."""
    return dtypes.as_dtype(dtype or config.floatx())


def seed_or_drawn(seed: int | None) -> int:
    """`seed`, or one drawn from numpy's global generator."""
    return int(np.random.randint(10_000_000)) if seed is None else seed


@tf_export("keras.backend.random_normal")
def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Normal random numbers of mean `mean` and standard deviation `stddev`."""
    return random.random_normal(shape, mean=mean, stddev=stddev, dtype=float_or(dtype), seed=seed_or_drawn(seed))


@tf_export("keras.backend.random_uniform")
def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Uniform random numbers in [minval, maxval)."""
    return random.random_uniform(shape, minval=minval, maxval=maxval, dtype=float_or(dtype), seed=seed_or_drawn(seed))


@tf_export("keras.backend.truncated_normal")
def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Normal random numbers, those beyond two standard deviations drawn again."""
    return random.truncated_normal(shape, mean, stddev, dtype=float_or(dtype), seed=seed_or_drawn(seed))


@tf_export("keras.backend.random_binomial", "keras.backend.random_bernoulli")
def random_binomial(shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None) -> Tensor:
    """1 with probability `p`, else 0."""
    dtype = float_or(dtype)
    drawn: Any = random.random_uniform(shape, dtype=dtype, seed=seed_or_drawn(seed))
    return where_v2(drawn <= p, filling.ones(shape, dtype=dtype), filling.zeros(shape, dtype=dtype))


@tf_export("keras.backend.dropout")
def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Tensor:
    """Sets elements to 0 with probability `level` and divides the others by 1 - level.

    Args:
        x: float tensor.
        level: in [0, 1).
        noise_shape: shape of the mask, which is broadcast; that of `x` when None.
        seed: seed of the operation.
    """
    return nn_misc.dropout(x, rate=level, noise_shape=noise_shape, seed=seed_or_drawn(seed))
