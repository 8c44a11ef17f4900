"""Host kernels of the random operations that keep a generator between runs."""

from __future__ import annotations

import math
import os

import numpy as np

from tfcompat.graph.errors import InternalError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.random.arguments import bracketed, check_range, generator, refuse, sizes
from tfcompat.kernels.random.gamma import gamma_gradient, random_gamma
from tfcompat.kernels.random.multinomial import random_multinomial
from tfcompat.kernels.random.normal import random_standard_normal, random_truncated_normal
from tfcompat.kernels.random.parameterized import Exhausted, random_parameterized_truncated_normal
from tfcompat.kernels.random.poisson import random_poisson
from tfcompat.kernels.random.shuffle import random_shuffle
from tfcompat.kernels.random.uniform import random_uniform, random_uniform_int, size_of

_FILLS = {
    "RandomUniform": random_uniform,
    "RandomStandardNormal": random_standard_normal,
    "TruncatedNormal": random_truncated_normal,
}


@kernel(*_FILLS)
def _fill(k: KernelContext, shape: np.ndarray) -> np.ndarray:
    return _FILLS[k.op.type](generator(k), sizes(k, shape), k.output_dtype().as_numpy_dtype)


@kernel("NonDeterministicInts")
def _any_integers(k: KernelContext, shape: np.ndarray) -> np.ndarray:
    """Integers of the operating system's source of random bits."""
    dims, dtype = sizes(k, shape), np.dtype(k.output_dtype().as_numpy_dtype)
    return np.frombuffer(bytearray(os.urandom(math.prod(dims) * dtype.itemsize)), dtype).reshape(dims)


@kernel("RandomUniformInt")
def _random_uniform_int(k: KernelContext, shape: np.ndarray, minval: np.ndarray, maxval: np.ndarray) -> np.ndarray:
    dims = sizes(k, shape)
    low, high = check_range(k, size_of(dims), minval, maxval)
    return random_uniform_int(generator(k), dims, low, high, minval.dtype)


@kernel("ParameterizedTruncatedNormal")
def _parameterized(k: KernelContext, shape: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    dims = sizes(k, shape)
    if not dims:
        refuse(k, "Shape tensor must not be empty, got []")
    for name, value in zip(("means", "stdevs", "minvals", "maxvals"), parameters, strict=True):
        if value.ndim > 1:
            refuse(k, f"Input {name} should be a scalar or vector, got shape: {bracketed(value.shape)}")
        if value.ndim and len(value) not in (1, dims[0]):
            refuse(k, f"Input {name} should have length 1 or shape[0], got shape: {bracketed(value.shape)}")
    try:
        return random_parameterized_truncated_normal(generator(k), dims, parameters)
    except ValueError as error:
        refuse(k, str(error))
    except Exhausted:
        raise InternalError(None, k.op, "TruncatedNormal rejection sampler failed to accept a sample.") from None


@kernel("RandomShuffle")
def _random_shuffle(k: KernelContext, value: np.ndarray) -> np.ndarray:
    return random_shuffle(generator(k), value)


def check_logits(k: KernelContext, logits: np.ndarray, num_samples: np.ndarray) -> int:
    """The number of samples.

    Raises:
        InvalidArgumentError: logits are no matrix or have no classes, or the number is no scalar or negative.
    """
    if logits.ndim != 2:
        refuse(k, f"logits should be a matrix, got shape {bracketed(logits.shape)}")
    if num_samples.ndim:
        refuse(k, f"num_samples should be a scalar, got shape {bracketed(num_samples.shape)}")
    if num_samples < 0:
        refuse(k, f"num_samples should be nonnegative, got {num_samples}")
    if logits.shape[1] == 0:
        refuse(k, "num_classes should be positive, got 0")
    return int(num_samples)


@kernel("Multinomial")
def _multinomial(k: KernelContext, logits: np.ndarray, num_samples: np.ndarray) -> np.ndarray:
    count = check_logits(k, logits, num_samples)
    return random_multinomial(generator(k), logits, count, k.output_dtype().as_numpy_dtype)


@kernel("RandomGamma")
def _random_gamma(k: KernelContext, shape: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return random_gamma(generator(k), sizes(k, shape), alpha)


@kernel("RandomGammaGrad")
def _random_gamma_grad(k: KernelContext, alpha: np.ndarray, sample: np.ndarray) -> np.ndarray:
    return gamma_gradient(alpha, sample)


@kernel("RandomPoisson", "RandomPoissonV2")
def _random_poisson(k: KernelContext, shape: np.ndarray, rate: np.ndarray) -> np.ndarray:
    try:
        return random_poisson(generator(k), sizes(k, shape), rate, k.output_dtype().as_numpy_dtype)
    except ValueError as error:
        refuse(k, str(error))
