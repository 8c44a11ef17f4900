"""Host kernels of random generators whose counter and key lie in a variable."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import InferenceContext, KernelContext
from tfcompat.graph.registry import not_differentiable, shape_of, state_kernel
from tfcompat.graph.shape_functions import no_outputs
from tfcompat.graph.tensor_shape import TensorShape

_PHILOX = 1
_WORDS_PER_SAMPLE = 256
_MASK = (1 << 64) - 1

not_differentiable("RngReadAndSkip", "RngSkip")
shape_of("RngSkip")(no_outputs)


@shape_of("RngReadAndSkip")
def _state_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape([3])]


@state_kernel("RngReadAndSkip", "RngSkip")
def _skip(k: KernelContext, state: np.ndarray, algorithm: np.ndarray, delta: np.ndarray) -> dict[Any, Any]:
    """The state before; the 128 bits of the counter, its first two words, go on by 256 for each sample."""
    if int(algorithm) not in (_PHILOX, 3):
        raise InvalidArgumentError(None, k.op, f"Unsupported algorithm id: {int(algorithm)}")
    if state.shape != (3,):
        raise InvalidArgumentError(
            None, k.op, f"The state must be a vector of 3 numbers, got shape {list(state.shape)}"
        )
    low, high, _ = (int(word) & _MASK for word in state.tolist())
    counter = low + (high << 64) + int(delta) * _WORDS_PER_SAMPLE
    words = np.array([counter & _MASK, counter >> 64 & _MASK, int(state[2]) & _MASK], np.uint64).view(np.int64)
    return {0: words, "outputs": [state.copy()] if k.op.outputs else []}
