"""Host kernels of values that may be absent."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.data.functions import bare
from tfcompat.data.iterator_kernels import live_iterator
from tfcompat.graph.errors import InvalidArgumentError, OutOfRangeError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.handles import boxed


class Held:
    """What a variant of an optional holds: its components, or None."""

    def __init__(self, components: tuple[Any, ...] | None):
        self.components = components


def _held(optional: Any) -> Held:
    """An optional, which models give as its only component."""
    found = optional.item() if isinstance(optional, np.ndarray) and optional.ndim == 0 else optional
    return found if isinstance(found, Held) else Held((optional,))


@kernel("OptionalFromValue")
def _from_value(k: KernelContext, *components: Any) -> np.ndarray:
    return boxed(Held(tuple(c.copy() if isinstance(c, np.ndarray) else c for c in components)))


@kernel("OptionalNone")
def _none(k: KernelContext) -> np.ndarray:
    return boxed(Held(None))


@kernel("OptionalHasValue")
def _has_value(k: KernelContext, optional: Any) -> np.ndarray:
    return np.array(_held(optional).components is not None)


@kernel("OptionalGetValue")
def _get_value(k: KernelContext, optional: Any) -> tuple[Any, ...]:
    components = _held(optional).components
    if components is None:
        raise InvalidArgumentError(None, k.op, "The given optional does not have a value.")
    return components


@kernel("IteratorGetNextAsOptional")
def _next_as_optional(k: KernelContext, iterator: np.ndarray) -> np.ndarray:
    try:
        return boxed(Held(tuple(map(bare, live_iterator(k, iterator, "GetNext").next(k.run)))))
    except OutOfRangeError:
        return boxed(Held(None))
