"""Host kernels of random operations whose counter and key lie in a variable."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import state_kernel
from tfcompat.kernels.random.arguments import check_range, samples_before, sizes
from tfcompat.kernels.random.binomial import binomial
from tfcompat.kernels.random.normal import normal, truncated_normal
from tfcompat.kernels.random.philox import Philox
from tfcompat.kernels.random.stateless import AUTO_SELECT, PHILOX, THREEFRY, stream_of_key
from tfcompat.kernels.random.uniform import RESERVED_PER_VALUE, full_int, size_of, uniform, uniform_int

_MASK = (1 << 64) - 1
_COUNTER_WORDS = 2

_FILLS: dict[str, Callable[..., np.ndarray]] = {
    "StatefulUniform": uniform,
    "StatefulStandardNormal": normal,
    "StatefulStandardNormalV2": normal,
    "StatefulTruncatedNormal": truncated_normal,
    "StatefulUniformFullInt": full_int,
}


def _stream(k: KernelContext, state: np.ndarray, algorithm: int) -> Philox:
    """The position in the stream that a state variable (int64, two words of the counter and one of the key) holds."""
    if algorithm == THREEFRY:
        raise UnimplementedError(None, k.op, "Non-XLA devices don't support the ThreeFry algorithm.")
    if algorithm not in (PHILOX, AUTO_SELECT):
        raise InvalidArgumentError(None, k.op, f"Unsupported algorithm id: {algorithm}")
    if state.dtype != np.int64:
        raise InvalidArgumentError(None, k.op, f"dtype of RNG state variable must be int64, not {state.dtype}")
    if state.ndim != 1:
        raise InvalidArgumentError(None, k.op, f"RNG state must have one and only one dimension, not {state.ndim}")
    if len(state) < _COUNTER_WORDS + 1:
        size = _COUNTER_WORDS + 1
        raise InvalidArgumentError(
            None, k.op, f"For the Philox algorithm, the size of state must be at least {size}; got {len(state)}"
        )
    words = state.view(np.uint64)
    return stream_of_key(words[_COUNTER_WORDS:], words)


def _after(state: np.ndarray, stream: Philox, samples: int) -> np.ndarray:
    """The state when `samples` values have been drawn: the product is of 64 bits, and may wrap."""
    counter = stream.skip(samples * RESERVED_PER_VALUE & _MASK).counter
    after = state.copy()
    after.view(np.uint64)[:_COUNTER_WORDS] = [counter & _MASK, counter >> 64]
    return after


@state_kernel("RngReadAndSkip", "RngSkip")
def _skip(k: KernelContext, state: np.ndarray, algorithm: np.ndarray, delta: np.ndarray) -> dict[Any, Any]:
    """The state before; its counter goes on by 256 for each sample."""
    stream = _stream(k, state, int(algorithm))
    return {0: _after(state, stream, int(delta)), "outputs": [state.copy()] if k.op.outputs else []}


@state_kernel(*_FILLS)
def _fill(k: KernelContext, state: np.ndarray, *inputs: np.ndarray) -> dict[Any, Any]:
    stream = _stream(k, state, int(inputs[0]) if len(inputs) > 1 else PHILOX)
    dims = sizes(k, inputs[-1])
    values = _FILLS[k.op.type](stream, dims, k.output_dtype().as_numpy_dtype)
    return {0: _after(state, stream, size_of(dims)), "outputs": [values]}


@state_kernel("StatefulUniformInt")
def _integers(
    k: KernelContext, state: np.ndarray, algorithm: np.ndarray, shape: np.ndarray, *bounds: np.ndarray
) -> dict[Any, Any]:
    dims = sizes(k, shape)
    low, high = check_range(k, size_of(dims), *bounds)
    stream = _stream(k, state, int(algorithm))
    values = uniform_int(stream, dims, low, high, bounds[0].dtype)
    return {0: _after(state, stream, size_of(dims)), "outputs": [values]}


@state_kernel("StatefulRandomBinomial")
def _binomial(
    k: KernelContext,
    state: np.ndarray,
    algorithm: np.ndarray,
    shape: np.ndarray,
    counts: np.ndarray,
    probs: np.ndarray,
) -> dict[Any, Any]:
    """Binomial values; they set aside 200 places for four values of an element of the parameters."""
    dims, inner = sizes(k, shape), np.broadcast_shapes(counts.shape, probs.shape)
    samples, batches = samples_before(k, dims, inner), math.prod(inner)
    stream = _stream(k, state, int(algorithm))
    values = binomial(stream, samples, counts, probs, k.output_dtype().as_numpy_dtype)
    return {0: _after(state, stream, batches * 200 * (samples + 3) // 4), "outputs": [values.reshape(dims)]}
