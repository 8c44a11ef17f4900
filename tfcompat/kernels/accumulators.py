"""Host kernels of conditional accumulators: gradients summed until there are enough of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, may_wait
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.kernels.handles import shared_resource

_TYPES = (dtypes.float16, dtypes.float32, dtypes.float64)
may_wait("AccumulatorTakeGradient", "ResourceAccumulatorTakeGradient", "SparseAccumulatorTakeGradient")


class Accumulator:
    """A sum of gradients and their number.

    Attributes:
        changed: the condition to hold while using it.
        count: how many gradients are in the sum.
        step: gradients of earlier steps are dropped.

    Args:
        shape: what is known of the gradients' shape.
        averages: whether the mean is taken out instead of the sum.
    """

    def __init__(self, shape: TensorShape, averages: bool):
        self.changed = threading.Condition()
        self.count = 0
        self.step = 0
        self._shape, self._averages = shape, averages

    def accepts(self, local_step: int) -> bool:
        """Whether a gradient of that step still counts."""
        return local_step >= self.step

    def counted(self) -> None:
        """Tells those who wait that there is one gradient more."""
        self.count += 1
        self.changed.notify_all()

    def emptied(self) -> None:
        """Begins the next sum; what is computed from now on belongs to the next step."""
        self.count = 0
        self.step += 1


class DenseAccumulator(Accumulator):
    """Of arrays of one shape."""

    _total: np.ndarray | None = None

    def add(self, k: KernelContext, gradient: np.ndarray) -> None:
        """Adds a gradient; InvalidArgumentError when its shape does not fit."""
        expected = self._shape if self.count == 0 else TensorShape.of(self._total.shape)  # type: ignore[union-attr]
        if not expected.is_compatible_with(TensorShape.of(gradient.shape)):
            raise _mismatch(k, f"expected {expected}, got {TensorShape.of(gradient.shape)}")
        self._total = gradient.copy() if self.count == 0 else self._total + gradient
        self.counted()

    def take(self) -> np.ndarray:
        """The mean or sum; empties."""
        assert self._total is not None
        result = self._total / self._total.dtype.type(self.count) if self._averages else self._total
        self._total = None
        self.emptied()
        return result


class SparseAccumulator(Accumulator):
    """Of rows by their index. The mean of a row is over the gradients that had it."""

    def __init__(self, shape: TensorShape, averages: bool):
        super().__init__(shape, averages)
        self._rows: dict[int, np.ndarray] = {}
        self._counts: dict[int, int] = {}

    def add(self, k: KernelContext, indices: np.ndarray, values: np.ndarray, shape: Sequence[int] | None) -> None:
        """Adds rows.

        Args:
            k: the operation.
            indices: their numbers.
            values: the rows.
            shape: of the whole gradient; None when it is not known.

        Raises:
            InvalidArgumentError: shapes do not fit.
        """
        self._check(k, indices, values, shape)
        for index, row in zip(indices.tolist(), values, strict=True):
            seen = index in self._rows
            self._rows[index] = self._rows[index] + row if seen else row.copy()
            self._counts[index] = self._counts.get(index, 0) + 1
        self.counted()

    def _check(self, k: KernelContext, indices: np.ndarray, values: np.ndarray, shape: Sequence[int] | None) -> None:
        if indices.ndim != 1:
            raise InvalidArgumentError(
                None, k.op, f"Input indices should be vector but received shape: {_text(indices.shape)}"
            )
        if values.ndim == 0:
            raise InvalidArgumentError(None, k.op, "Values cannot be 0-dimensional.")
        if len(indices) == 0 or len(indices) != len(values):
            raise InvalidArgumentError(
                None,
                k.op,
                f"Expected {len(indices) or 'some'} non-empty input values, got {len(values)} of shape "
                f"{_text(values.shape)}.",
            )
        known = self._declared()
        if shape is not None and known is not None:
            _compare(k, "shape", known, list(shape), at_least=True)
        for place, (index, limit) in enumerate((i, shape[0]) for i in indices.tolist() if shape is not None):
            if index >= limit:
                raise _mismatch(
                    k,
                    f"index of slice {place} exceeded limits of shape; index is {index} exceeded {limit}",
                )
        if known is not None:
            _compare(k, "values", [-1, *known[1:]], list(values.shape), at_least=shape is None)
        if self._rows:
            row = next(iter(self._rows.values()))
            _compare(k, "values", [-1, *row.shape], list(values.shape))

    def _declared(self) -> list[int] | None:
        """The declared sizes, -1 where one is open; None without any: a scalar shape declares nothing about rows."""
        return [-1 if d is None else d for d in self._shape.as_list()] if self._shape.rank else None

    def take(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(indices, rows, shape), the indices ascending; empties."""
        indices = sorted(self._rows)
        rows = [
            self._rows[i] / self._rows[i].dtype.type(self._counts[i]) if self._averages else self._rows[i]
            for i in indices
        ]
        values = np.stack(rows)
        shape = self._declared() or [-1, *values.shape[1:]]
        self._rows, self._counts = {}, {}
        self.emptied()
        return np.array(indices, np.int64), values, np.array(shape, np.int64)


def _text(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _mismatch(k: KernelContext, text: str) -> InvalidArgumentError:
    return InvalidArgumentError(None, k.op, f"Shape mismatch: {text}")


def _compare(k: KernelContext, what: str, expected: list[int], got: list[int], at_least: bool = False) -> None:
    """Raises unless `got` has the dimensions of `expected` that are not -1."""
    if len(got) < len(expected) or (len(got) != len(expected) and not at_least):
        rank = f"at least {len(expected)}" if at_least else str(len(expected))
        raise _mismatch(k, f"expected {what} rank {rank}, got {len(got)}")
    for axis, (want, have) in enumerate(zip(expected, got, strict=False)):
        if want not in (-1, have):
            raise _mismatch(k, f"expected {what} dim {axis} to be {want}, got {have}")


def _accumulator(k: KernelContext, kind: type[Accumulator]) -> np.ndarray:
    if k.attr("dtype") not in _TYPES:
        names = ", ".join(t.name for t in _TYPES)
        raise InvalidArgumentError(
            None, k.op, f"No OpKernel was registered to support Op '{k.op.type}': dtype must be one of {names}."
        )
    averages = k.attr("reduction_type") == b"MEAN"
    return shared_resource(k, "accumulator", lambda _: kind(k.attr("shape"), averages))


@kernel("ConditionalAccumulator", "ResourceConditionalAccumulator")
def _dense(k: KernelContext) -> np.ndarray:
    return _accumulator(k, DenseAccumulator)


@kernel("SparseConditionalAccumulator")
def _sparse(k: KernelContext) -> np.ndarray:
    return _accumulator(k, SparseAccumulator)


@kernel("AccumulatorApplyGradient", "ResourceAccumulatorApplyGradient")
def _apply(k: KernelContext, handle: np.ndarray, local_step: np.ndarray, gradient: np.ndarray) -> None:
    accumulator: DenseAccumulator = handle.item()
    with accumulator.changed:
        if accumulator.accepts(int(local_step)):
            accumulator.add(k, gradient)


@kernel("SparseAccumulatorApplyGradient")
def _apply_sparse(
    k: KernelContext,
    handle: np.ndarray,
    local_step: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    shape: np.ndarray,
) -> None:
    accumulator: SparseAccumulator = handle.item()
    with accumulator.changed:
        if accumulator.accepts(int(local_step)):
            accumulator.add(k, indices, values, shape.tolist() if k.attr("has_known_shape") else None)


@kernel("AccumulatorNumAccumulated", "ResourceAccumulatorNumAccumulated")
def _count(k: KernelContext, handle: np.ndarray) -> np.ndarray:
    return np.array(handle.item().count, np.int32)


@kernel("AccumulatorSetGlobalStep", "ResourceAccumulatorSetGlobalStep")
def _set_step(k: KernelContext, handle: np.ndarray, step: np.ndarray) -> None:
    accumulator: Accumulator = handle.item()
    with accumulator.changed:
        if int(step) < accumulator.step:
            logging.getLogger("tensorflow").warning(
                "The global step of an accumulator goes back from %d to %d", accumulator.step, int(step)
            )
        accumulator.step = int(step)


@kernel("AccumulatorTakeGradient", "ResourceAccumulatorTakeGradient", "SparseAccumulatorTakeGradient")
def _take(k: KernelContext, handle: np.ndarray, num_required: np.ndarray) -> Any:
    accumulator: Any = handle.item()
    wanted = int(num_required)
    if wanted <= 0:
        raise InvalidArgumentError(None, k.op, f"Argument num_required must be positive, but was {wanted}")
    with accumulator.changed:
        k.wait_for(accumulator.changed, lambda: accumulator.count >= wanted, "TakeGrad operation was cancelled")
        return accumulator.take()
