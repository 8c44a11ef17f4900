"""Host kernels of the random operations whose stream is one of their inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.errors import InternalError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.random.arguments import bracketed, check_range, refuse, samples_before, sizes
from tfcompat.kernels.random.binomial import binomial
from tfcompat.kernels.random.gamma import gamma
from tfcompat.kernels.random.kernels import check_logits
from tfcompat.kernels.random.multinomial import multinomial
from tfcompat.kernels.random.normal import normal, truncated_normal
from tfcompat.kernels.random.parameterized import Exhausted, parameterized_truncated_normal
from tfcompat.kernels.random.philox import Philox
from tfcompat.kernels.random.poisson import poisson
from tfcompat.kernels.random.shuffle import index_shuffle, permutation
from tfcompat.kernels.random.stateless import AUTO_SELECT, PHILOX, key_and_counter, stream_of_key, stream_of_seed
from tfcompat.kernels.random.uniform import full_int, size_of, uniform, uniform_int

_FILLS: dict[str, Callable[..., np.ndarray]] = {
    "StatelessRandomUniform": uniform,
    "StatelessRandomNormal": normal,
    "StatelessTruncatedNormal": truncated_normal,
    "StatelessRandomUniformFullInt": full_int,
}

_NO_BATCHES = "(Note that batched {} are not supported yet.)"


def _seeded(k: KernelContext, seed: np.ndarray) -> Philox:
    if seed.shape != (2,):
        refuse(k, f"seed must have shape [2], not {bracketed(seed.shape)}")
    return stream_of_seed(seed.tolist())


def _keyed(k: KernelContext, key: np.ndarray, counter: np.ndarray, alg: np.ndarray) -> Philox:
    if alg.ndim:
        refuse(k, f"algorithm must be of shape [], not {bracketed(alg.shape)}")
    if int(alg) not in (PHILOX, AUTO_SELECT):
        refuse(k, f"Unsupported algorithm id: {alg}")
    if key.shape != (1,):
        refuse(k, f"key must have shape [1], not {bracketed(key.shape)}. " + _NO_BATCHES.format("keys"))
    if counter.ndim != 1 or len(counter) < 2:
        shape = bracketed(counter.shape)
        refuse(
            k, f"counter must be a vector with length at least 2; got shape: {shape}. " + _NO_BATCHES.format("counters")
        )
    return stream_of_key(key, counter)


@kernel(*_FILLS)
def _fill(k: KernelContext, shape: np.ndarray, seed: np.ndarray) -> np.ndarray:
    return _FILLS[k.op.type](_seeded(k, seed), sizes(k, shape), k.output_dtype().as_numpy_dtype)


@kernel(*(f"{op_type}V2" for op_type in _FILLS))
def _fill_v2(k: KernelContext, shape: np.ndarray, *stream: np.ndarray) -> np.ndarray:
    fill = _FILLS[k.op.type.removesuffix("V2")]
    return fill(_keyed(k, *stream), sizes(k, shape), k.output_dtype().as_numpy_dtype)


@kernel("StatelessRandomUniformInt")
def _uniform_int(k: KernelContext, shape: np.ndarray, seed: np.ndarray, *bounds: np.ndarray) -> np.ndarray:
    return _integers(k, sizes(k, shape), _seeded(k, seed), *bounds)


@kernel("StatelessRandomUniformIntV2")
def _uniform_int_v2(k: KernelContext, shape: np.ndarray, *inputs: np.ndarray) -> np.ndarray:
    return _integers(k, sizes(k, shape), _keyed(k, *inputs[:3]), *inputs[3:])


def _integers(k: KernelContext, dims: list[int], stream: Philox, minval: np.ndarray, maxval: np.ndarray) -> np.ndarray:
    low, high = check_range(k, size_of(dims), minval, maxval)
    return uniform_int(stream, dims, low, high, minval.dtype)


@kernel("StatelessRandomGetKeyCounter")
def _key_counter(k: KernelContext, seed: np.ndarray) -> tuple[np.ndarray, ...]:
    _seeded(k, seed)
    return key_and_counter(seed.tolist())


@kernel("StatelessRandomGetKeyCounterAlg")
def _key_counter_alg(k: KernelContext, seed: np.ndarray) -> tuple[np.ndarray, ...]:
    return (*_key_counter(k, seed), np.array(PHILOX, np.int32))


@kernel("StatelessRandomGetAlg")
def _alg(k: KernelContext) -> np.ndarray:
    return np.array(PHILOX, np.int32)


@kernel("StatelessMultinomial")
def _multinomial(k: KernelContext, logits: np.ndarray, num_samples: np.ndarray, seed: np.ndarray) -> np.ndarray:
    count = check_logits(k, logits, num_samples)
    return multinomial(_seeded(k, seed), logits, count, k.output_dtype().as_numpy_dtype)


@kernel("StatelessRandomGammaV2")
def _gamma(k: KernelContext, shape: np.ndarray, seed: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return _per_element(k, sizes(k, shape), alpha.shape, lambda samples: gamma(_seeded(k, seed), samples, alpha))


@kernel("StatelessRandomGammaV3")
def _gamma_v3(k: KernelContext, shape: np.ndarray, *inputs: np.ndarray) -> np.ndarray:
    stream, alpha = _keyed(k, *inputs[:3]), inputs[3]
    return _per_element(k, sizes(k, shape), alpha.shape, lambda samples: gamma(stream, samples, alpha))


@kernel("StatelessRandomPoisson")
def _poisson(k: KernelContext, shape: np.ndarray, seed: np.ndarray, rate: np.ndarray) -> np.ndarray:
    stream, dtype = _seeded(k, seed), k.output_dtype().as_numpy_dtype
    return _per_element(k, sizes(k, shape), rate.shape, lambda samples: poisson(stream, samples, rate, dtype))


@kernel("StatelessRandomBinomial")
def _binomial(
    k: KernelContext, shape: np.ndarray, seed: np.ndarray, counts: np.ndarray, probs: np.ndarray
) -> np.ndarray:
    stream, dtype, inner = _seeded(k, seed), k.output_dtype().as_numpy_dtype, _broadcast(k, counts, probs)
    return _per_element(k, sizes(k, shape), inner, lambda samples: binomial(stream, samples, counts, probs, dtype))


@kernel("StatelessParameterizedTruncatedNormal")
def _parameterized(k: KernelContext, shape: np.ndarray, seed: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    stream, inner = _seeded(k, seed), _broadcast(k, *parameters)
    return _per_element(
        k, sizes(k, shape), inner, lambda samples: parameterized_truncated_normal(stream, samples, parameters)
    )


def _broadcast(k: KernelContext, *parameters: np.ndarray) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(p.shape for p in parameters))
    except ValueError:
        refuse(k, f"Parameters do not broadcast: {', '.join(bracketed(p.shape) for p in parameters)}")


def _per_element(k: KernelContext, dims: list[int], inner: Any, draw: Callable[[int], np.ndarray]) -> np.ndarray:
    """Draws as many values for each element of the parameters, whose shape is `inner`, as a result of `dims` needs."""
    samples = samples_before(k, dims, inner)
    try:
        return draw(samples).reshape(dims)
    except ValueError as error:
        refuse(k, str(error))
    except Exhausted:
        raise InternalError(None, k.op, "TruncatedNormal rejection sampler failed to accept a sample.") from None


@kernel("StatelessShuffle")
def _shuffle(k: KernelContext, value: np.ndarray, *stream: np.ndarray) -> np.ndarray:
    position = _keyed(k, *stream)
    if value.ndim == 0 or len(value) <= 1:
        return value.copy()
    return value[permutation(position, len(value))]


@kernel("RandomIndexShuffle")
def _index_shuffle(k: KernelContext, index: np.ndarray, seed: np.ndarray, max_index: np.ndarray) -> np.ndarray:
    rounds = k.attr("rounds")
    if rounds < 4 or rounds % 2:
        refuse(k, f"The number of rounds must be even and at least 4, got {rounds}")
    count = index.shape[0] if index.ndim else 1
    if index.ndim > 1:
        refuse(k, f"Index must be a scalar or vector but got {bracketed(index.shape)}.")
    if seed.shape not in ((3,), (count, 3)):
        wanted = f"a vector of size [3] or a matrix of size [{count}, 3]"
        refuse(k, f"Seed must be {wanted} but got {bracketed(seed.shape)}.")
    if max_index.shape not in ((), (count,)):
        refuse(k, f"Maxval must be a scalar or a vector of the same size as index but got {bracketed(max_index.shape)}")
    seeds = np.broadcast_to(seed, (count, 3)).tolist()
    limits = np.broadcast_to(max_index, (count,)).tolist()
    found = []
    for i, key, limit in zip(index.reshape(-1).tolist(), seeds, limits, strict=True):
        if not 0 <= i <= limit:
            refuse(k, f"Index must be in [0, {limit}], got {i}")
        found.append(index_shuffle(i, key, limit, rounds))
    return np.array(found, index.dtype).reshape(index.shape)
