"""Host kernels of reading and writing variables, for types that ONNX Runtime has no kernels for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError, OutOfRangeError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, state_kernel
from tfcompat.kernels.gather import checked, checked_vectors
from tfcompat.kernels.slicing import assigned

Writes = dict[Any, Any]


@kernel("ReadVariableOp", "DestroyTemporaryVariable")
def _read(k: KernelContext, variable: np.ndarray) -> np.ndarray:
    return variable


@kernel("DisableCopyOnRead")
def _disable_copy_on_read(k: KernelContext, handle: Any) -> None:
    """Nothing: reads never copy here."""


@kernel("VariableShape")
def _variable_shape(k: KernelContext, variable: np.ndarray) -> np.ndarray:
    return np.array(variable.shape, k.output_dtype().as_numpy_dtype)


@kernel("ResourceGather")
def _resource_gather(k: KernelContext, variable: np.ndarray, indices: np.ndarray) -> np.ndarray:
    batch = k.attr("batch_dims")
    chosen = checked(k, indices, variable.shape[batch])
    if not batch:
        return np.take(variable, chosen, 0)
    if variable.shape[:batch] != indices.shape[:batch]:
        raise InvalidArgumentError(
            None,
            k.op,
            f"params.shape[:batch_dims]: {list(variable.shape[:batch])} should be "
            f"equal to indices.shape[:batch_dims]: {list(indices.shape[:batch])}",
        )
    leading = np.ogrid[tuple(slice(n) for n in indices.shape)][:batch]
    return variable[(*leading, chosen)]  # type: ignore[no-any-return]


@kernel("ResourceGatherNd")
def _resource_gather_nd(k: KernelContext, variable: np.ndarray, indices: np.ndarray) -> np.ndarray:
    if indices.shape[-1] == 0:
        return np.broadcast_to(variable, indices.shape[:-1] + variable.shape)
    return variable[checked_vectors(k, indices, variable.shape)]  # type: ignore[no-any-return]


# ---------------------------------------------------------------- whole variables


@state_kernel("Assign", "AssignVariableOp")
def _assign(k: KernelContext, variable: None, value: np.ndarray) -> Writes:
    return {0: value}


def _arithmetic(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[..., Writes]:
    def run(k: KernelContext, variable: np.ndarray, value: np.ndarray) -> Writes:
        if variable.shape != value.shape:
            raise InvalidArgumentError(
                None,
                k.op,
                f"Cannot update variable with shape {list(variable.shape)} using a "
                f"Tensor with shape {list(value.shape)}, shapes must be equal.",
            )
        return {0: function(variable, value)}

    return run


state_kernel("AssignAdd", "AssignAddVariableOp")(_arithmetic(np.add))
state_kernel("AssignSub", "AssignSubVariableOp")(_arithmetic(np.subtract))


@state_kernel("CountUpTo", "ResourceCountUpTo")
def _count_up_to(k: KernelContext, variable: np.ndarray) -> Writes:
    """The value before goes out; at the limit the run fails."""
    if variable.ndim:
        raise InvalidArgumentError(None, k.op, f"input is not a scalar: {list(variable.shape)}")
    if variable >= k.attr("limit"):
        raise OutOfRangeError(None, k.op, f"Reached limit of {k.attr('limit')}")
    return {0: np.asarray(variable + 1, variable.dtype), "outputs": [variable]}


@state_kernel("StridedSliceAssign", "ResourceStridedSliceAssign")
def _strided_slice_assign(
    k: KernelContext, variable: np.ndarray, begin: np.ndarray, end: np.ndarray, strides: np.ndarray, value: np.ndarray
) -> Writes:
    return {0: assigned(k, variable, begin, end, strides, value)}


# ---------------------------------------------------------------- slices


def _truncated_quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b; integers towards zero."""
    if a.dtype.kind not in "iu":
        return a / b
    if not np.all(b):
        raise ZeroDivisionError
    quotient = a // b
    return quotient + ((a % b != 0) & ((a < 0) != (b < 0))).astype(a.dtype)


_COMBINE: dict[str, Callable[[Any, Any], Any] | None] = {
    "Update": None, "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": _truncated_quotient,
    "Min": np.minimum, "Max": np.maximum,
}  # fmt: skip


def scattered(
    k: KernelContext, kind: str, table: np.ndarray, where: tuple[np.ndarray, ...], updates: np.ndarray
) -> np.ndarray:
    """A copy of `table` with `updates` brought into the places `where`, one after the other where places repeat."""
    out = table.copy()
    combine = _COMBINE[kind]
    if combine is None:
        # The ellipsis makes a scalar string's value go in, and not its array.
        place: tuple[Any, ...] = (*where, ...)
        out[place] = updates
        return out
    slices = np.broadcast_to(updates, out[where].shape)
    depth = where[0].ndim
    vectors = np.stack(where, -1).reshape(-1, len(where))
    rows = slices.reshape(len(vectors), *slices.shape[depth:])
    try:
        with np.errstate(all="ignore"):
            if len(np.unique(vectors, axis=0)) == len(vectors):
                out[where] = combine(out[where], slices)
            else:
                for vector, row in zip(vectors, rows, strict=True):
                    out[tuple(vector)] = combine(out[tuple(vector)], row)
    except ZeroDivisionError:
        raise InvalidArgumentError(None, k.op, "Integer division by zero") from None
    return out


def _scatter(kind: str) -> Callable[..., Writes]:
    def run(k: KernelContext, variable: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> Writes:
        chosen = checked(k, indices, variable.shape[0])
        if updates.ndim and updates.shape != indices.shape + variable.shape[1:]:
            raise InvalidArgumentError(
                None,
                k.op,
                "Must have updates.shape = indices.shape + params.shape[1:] or "
                f"updates.shape = [], got updates.shape {list(updates.shape)}, indices.shape "
                f"{list(indices.shape)}, params.shape {list(variable.shape)}",
            )
        return {0: scattered(k, kind, variable, (chosen,), updates)}

    return run


def _scatter_nd(kind: str) -> Callable[..., Writes]:
    def run(k: KernelContext, variable: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> Writes:
        depth = indices.shape[-1]
        if updates.shape != indices.shape[:-1] + variable.shape[depth:]:
            raise InvalidArgumentError(
                None,
                k.op,
                f"Dimensions of updates {list(updates.shape)} must be those of "
                f"indices {list(indices.shape)} and of the variable {list(variable.shape)} from "
                f"{depth} on.",
            )
        if depth == 0:
            flat = variable[None]
            places = (np.zeros(indices.shape[:-1], np.int64),)
            return {0: scattered(k, kind, flat, places, updates)[0]}
        return {0: scattered(k, kind, variable, checked_vectors(k, indices, variable.shape), updates)}

    return run


for _kind in _COMBINE:
    state_kernel(f"Scatter{_kind}", f"ResourceScatter{_kind}")(_scatter(_kind))
    if _kind not in ("Mul", "Div"):
        state_kernel(f"ScatterNd{_kind}", f"ResourceScatterNd{_kind}")(_scatter_nd(_kind))
