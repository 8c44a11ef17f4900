"""Host kernels of reductions over axes, for every type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.binary import truncated_quotient
from tfcompat.kernels.cast import lowest_and_highest

Array = np.ndarray
Axes = tuple[int, ...]


def _axes(k: KernelContext, x: Array, axes: Array) -> Axes:
    """The axes counted from the front; each may occur once."""
    if axes.ndim > 1:
        raise InvalidArgumentError(None, k.op, f"Expected scalar or vector as index argument, got {axes.shape}")
    found = []
    for axis in axes.reshape(-1).tolist():
        if not -x.ndim <= axis < x.ndim:
            raise InvalidArgumentError(
                None, k.op, f"Invalid reduction dimension ({axis} for input with {x.ndim} dimension(s)"
            )
        if axis % x.ndim in found:
            raise InvalidArgumentError(
                None, k.op, f"Invalid reduction arguments: Axes contains duplicate dimension: {axis % x.ndim}"
            )
        found.append(axis % x.ndim)
    return tuple(found)


def _accumulator(x: Array) -> Any:
    """The type to add in: 16- and 32-bit floating-point numbers in a wider one."""
    if x.dtype.kind in "iu":
        return x.dtype
    return {"complex64": np.complex128, "complex128": np.complex128, "float64": np.float64}.get(
        x.dtype.name, np.float64
    )


def _sum(x: Array, axes: Axes, keep: bool) -> Any:
    return x.sum(axis=axes, keepdims=keep, dtype=_accumulator(x)) if axes else x


def _prod(x: Array, axes: Axes, keep: bool) -> Any:
    return x.prod(axis=axes, keepdims=keep, dtype=_accumulator(x)) if axes else x


def _mean(x: Array, axes: Axes, keep: bool) -> Any:
    """Integers of up to 32 bits are added in 64, and the mean is cut off towards zero; over nothing it is 0."""
    count = int(np.prod([x.shape[a] for a in axes], dtype=np.int64))
    if x.dtype.kind not in "iu":
        total = _sum(x, axes, keep)
        return total / count if count else np.full_like(total, np.nan)
    total = _sum(x if x.dtype.itemsize == 8 else x.astype(np.int64), axes, keep)
    return truncated_quotient(np.asarray(total), np.array(max(count, 1)).astype(total.dtype))


def _euclidean_norm(x: Array, axes: Axes, keep: bool) -> Any:
    return np.sqrt(_sum((x * np.conj(x)).real if x.dtype.kind == "c" else x.astype(_accumulator(x)) ** 2, axes, keep))


def _extreme(which: str) -> Callable[[Array, Axes, bool], Any]:
    def reduce(x: Array, axes: Axes, keep: bool) -> Any:
        if not axes:
            return x
        lowest, highest = lowest_and_highest(x.dtype)
        if which == "max":
            return x.max(axis=axes, keepdims=keep, initial=lowest)
        return x.min(axis=axes, keepdims=keep, initial=highest)

    return reduce


_FUNCTIONS: dict[str, Callable[[Array, Axes, bool], Any]] = {
    "Sum": _sum,
    "Prod": _prod,
    "Mean": _mean,
    "EuclideanNorm": _euclidean_norm,
    "Max": _extreme("max"),
    "Min": _extreme("min"),
    "All": lambda x, axes, keep: np.all(x, axis=axes, keepdims=keep),
    "Any": lambda x, axes, keep: np.any(x, axis=axes, keepdims=keep),
}


@kernel(*_FUNCTIONS)
def _reduce(k: KernelContext, x: Array, axes: Array) -> Array:
    with np.errstate(all="ignore"):
        result = _FUNCTIONS[k.op.type](x, _axes(k, x, axes), k.attr("keep_dims"))
        return np.asarray(result).astype(x.dtype, copy=False)


@kernel("ArgMax", "ArgMin")
def _position(k: KernelContext, x: Array, dimension: Array) -> Array:
    axis = int(dimension)
    if not -x.ndim <= axis < max(x.ndim, 1):
        raise InvalidArgumentError(None, k.op, f"Expected dimension in the range [{-x.ndim}, {x.ndim}), but got {axis}")
    if x.ndim == 0:
        return np.zeros((), k.output_dtype().as_numpy_dtype)
    axis %= x.ndim
    if x.shape[axis] == 0:
        raise InvalidArgumentError(
            None, k.op, f"Reduction axis {axis} is empty in shape [{','.join(map(str, x.shape))}]"
        )
    find = np.argmax if k.op.type == "ArgMax" else np.argmin
    comparable = x.astype(np.float32) if x.dtype.name == "bfloat16" else x
    if comparable.dtype.kind == "f":
        comparable = np.where(np.isnan(comparable), -np.inf if find is np.argmax else np.inf, comparable)
    return np.asarray(find(comparable, axis=axis)).astype(k.output_dtype().as_numpy_dtype)


@kernel("AddN", "AccumulateNV2")
def _add_n(k: KernelContext, *inputs: Array) -> Array:
    total = inputs[0]
    with np.errstate(all="ignore"):
        for value in inputs[1:]:
            if value.shape != total.shape:
                raise InvalidArgumentError(
                    None,
                    k.op,
                    f"Inputs to operation {k.op.name} of type {k.op.type} must have "
                    f"the same size and shape.  Input 0: {list(total.shape)} != input: "
                    f"{list(value.shape)}",
                )
            total = total + value
    return np.asarray(total, inputs[0].dtype)
