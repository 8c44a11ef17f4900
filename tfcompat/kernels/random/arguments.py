"""What the kernels of random operations check of their inputs, and the generator that an operation keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.kernels.random.philox import PhiloxState


def refuse(k: KernelContext, message: str) -> NoReturn:
    """Raises InvalidArgumentError for the operation."""
    raise InvalidArgumentError(None, k.op, message)


def bracketed(shape: Sequence[int]) -> str:
    """A shape as error messages show it: [2,3]."""
    return f"[{','.join(map(str, shape))}]"


def sizes(k: KernelContext, shape: np.ndarray) -> list[int]:
    """The sizes that a shape input holds.

    Raises:
        InvalidArgumentError: the input is not a vector, or a size is negative.
    """
    if shape.ndim != 1:
        refuse(k, f"shape must be a vector of {{int32,int64}}, got shape {bracketed(shape.shape)}")
    dims: list[int] = shape.tolist()
    for size in dims:
        if size < 0:
            refuse(k, f"Dimension {size} must be >= 0")
    return dims


def samples_before(k: KernelContext, shape: list[int], inner: Sequence[int]) -> int:
    """How many values each element of a parameter of shape `inner` gets in a result of `shape`.

    Raises:
        InvalidArgumentError: `shape` does not end with `inner`.
    """
    outer = len(shape) - len(inner)
    if outer < 0 or shape[outer:] != list(inner):
        refuse(k, "Shape passed in must end with broadcasted shape.")
    return int(np.prod(shape[:outer], dtype=np.int64))


def check_range(k: KernelContext, size: int, minval: np.ndarray, maxval: np.ndarray) -> tuple[int, int]:
    """The bounds of uniform integers as numbers.

    Raises:
        InvalidArgumentError: a bound is not a scalar, or they are not in order where a value is asked for.
    """
    for name, bound in (("minval", minval), ("maxval", maxval)):
        if bound.ndim:
            refuse(k, f"{name} must be 0-D, got shape {bracketed(bound.shape)}")
    if size and minval >= maxval:
        refuse(k, f"Need minval < maxval, got {minval} >= {maxval}")
    return int(minval), int(maxval)


def generator(k: KernelContext) -> PhiloxState:
    """The generator of the operation, made from its seeds at its first run in the session."""
    memory = k.memory()
    if "philox" not in memory:
        memory.setdefault("philox", PhiloxState.from_seeds(k.attr("seed"), k.attr("seed2")))
    return memory["philox"]  # type: ignore[no-any-return]
