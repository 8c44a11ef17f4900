"""Host kernels of conditional accumulators."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel, may_wait
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.kernels.handles import shared_resource
from tfcompat.kernels.sparse_places import listed

Array = np.ndarray
may_wait("AccumulatorTakeGradient", "ResourceAccumulatorTakeGradient", "SparseAccumulatorTakeGradient")


class Accumulator:
    """Dense gradients of one type, summed.

    Attributes:
        changed: held while anything is read or written; told of every change.
        count: how many gradients there are.
        step: gradients of earlier steps are dropped.
    """

    def __init__(self, name: str, dtype: Any, shape: TensorShape, mean: bool):
        self.name, self.dtype, self.shape, self.mean = name, dtype, shape, mean
        self.changed = threading.Condition()
        self.count = 0
        self.step = 0
        self._sum: Array | None = None

    def check(self, k: KernelContext, *gradient: Array) -> None:
        """InvalidArgumentError when a gradient does not fit."""
        shape = gradient[0].shape
        if not self.shape.is_compatible_with(list(shape)):
            found = f"{listed(shape)} to accumulator of shape {self.shape}"
            raise InvalidArgumentError(None, k.op, f"Attempt to apply gradient of incompatible shape: {found}")
        if self._sum is not None and self._sum.shape != shape:
            found = f"expected {listed(self._sum.shape)}, got {listed(shape)}"
            raise InvalidArgumentError(None, k.op, f"Shape mismatch: {found}")

    def add(self, *gradient: Array) -> None:
        """Adds a gradient that fits."""
        self._sum = gradient[0].copy() if self._sum is None else self._sum + gradient[0]

    def take(self) -> tuple[Array, ...]:
        """The mean or sum; the accumulator is empty afterwards."""
        total, self._sum = self._sum, None
        assert total is not None
        return (_divided(total, self.count) if self.mean else total,)


class SparseAccumulator(Accumulator):
    """Gradients that are slices, summed by index."""

    def __init__(self, name: str, dtype: Any, shape: TensorShape, mean: bool):
        super().__init__(name, dtype, shape, mean)
        self._slices: dict[int, tuple[Array, int]] = {}
        self._inner: tuple[int, ...] = ()

    def check(self, k: KernelContext, *gradient: Array) -> None:
        indices, values, shape = gradient
        if indices.ndim != 1:
            self._refuse(k, f"Input indices should be vector but received shape: {listed(indices.shape)}")
        if shape.ndim != 1:
            self._refuse(k, f"Input shape should be a vector but received shape: {listed(shape.shape)}")
        if values.ndim == 0:
            self._refuse(k, "Values cannot be 0-dimensional.")
        if len(values) != len(indices):
            self._refuse(k, f"Expected {len(indices)} non-empty input values, got {len(values)}")
        if k.attr("has_known_shape"):
            self._check_shape(k, shape.tolist(), "shape")
            self._check_inner(k, shape.tolist(), values)
        if self.shape.rank is not None:
            self._check_values(k, indices, values)
        if self._slices:
            self._check_same(k, values)

    def _check_same(self, k: KernelContext, values: Array) -> None:
        """Values have the sizes of those that are added up already."""
        if values.ndim != len(self._inner) + 1:
            self._refuse(k, f"Shape mismatch: expected values rank {len(self._inner) + 1}, got {values.ndim}")
        for axis, (wanted, size) in enumerate(zip(self._inner, values.shape[1:], strict=True), 1):
            if wanted != size:
                self._refuse(k, f"Shape mismatch: expected values dim {axis} to be {wanted}, got {size}")

    def _refuse(self, k: KernelContext, message: str) -> None:
        raise InvalidArgumentError(None, k.op, message)

    def _check_shape(self, k: KernelContext, sizes: list[int], what: str) -> None:
        wanted = self.shape.as_list() if self.shape.rank is not None else []
        if len(sizes) < len(wanted):
            self._refuse(k, f"Shape mismatch: expected {what} rank at least {len(wanted)}, got {len(sizes)}")
        for axis, (want, have) in enumerate(zip(wanted, sizes, strict=False)):
            if want is not None and want != have:
                self._refuse(k, f"Shape mismatch: expected {what} dim {axis} to be {want}, got {have}")

    def _check_inner(self, k: KernelContext, sizes: list[int], values: Array) -> None:
        if sizes and list(values.shape[1:]) != sizes[1:] and len(sizes) == values.ndim:
            for axis in range(1, len(sizes)):
                if sizes[axis] != values.shape[axis]:
                    text = f"expected values dim {axis} to be {sizes[axis]}, got {values.shape[axis]}"
                    self._refuse(k, f"Shape mismatch: {text}")

    def _check_values(self, k: KernelContext, indices: Array, values: Array) -> None:
        wanted = self.shape.as_list()
        if values.ndim < len(wanted):
            self._refuse(k, f"Shape mismatch: expected values rank at least {len(wanted)}, got {values.ndim}")
        if wanted and wanted[0] is not None:
            beyond = np.flatnonzero(indices >= wanted[0])
            if beyond.size:
                place = int(beyond[0])
                text = (
                    f"index of slice {place} exceeded limits of shape; index is {indices[place]} exceeded {wanted[0]}"
                )
                self._refuse(k, f"Shape mismatch: {text}")
        for axis, want in enumerate(wanted[1:], start=1):
            if want is not None and values.shape[axis] != want:
                text = f"expected values dim {axis} to be {want}, got {values.shape[axis]}"
                self._refuse(k, f"Shape mismatch: {text}")

    def add(self, *gradient: Array) -> None:
        indices, values, _ = gradient
        self._inner = values.shape[1:]
        own: dict[int, Array] = {}
        for index, value in zip(indices.tolist(), values, strict=True):
            own[index] = own[index] + value if index in own else np.array(value)
        for index, value in own.items():
            total, count = self._slices.get(index, (None, 0))
            self._slices[index] = (value if total is None else total + value, count + 1)

    def take(self) -> tuple[Array, ...]:
        slices, self._slices = self._slices, {}
        order = sorted(slices)
        values: Any = np.empty((len(order), *self._inner), self.dtype)
        for place, index in enumerate(order):
            total, count = slices[index]
            values[place] = _divided(total, count) if self.mean else total
        first = -1 if not self.shape.rank or self.shape.as_list()[0] is None else self.shape.as_list()[0]
        shape = np.array([first, *self._inner], np.int64)
        return np.array(order, np.int64), values, shape


def _divided(total: Array, count: int) -> Array:
    """`total` / `count` in the type of `total`."""
    if total.dtype.kind in "iu":
        return np.trunc(total / count).astype(total.dtype)
    return (total / np.asarray(count, total.dtype)).astype(total.dtype)


def _made(k: KernelContext, kind: type[Accumulator]) -> Array:
    dtype, shape = k.attr("dtype").as_numpy_dtype, k.attr("shape")
    mean = k.attr("reduction_type") == b"MEAN"
    handle = shared_resource(k, "accumulator", lambda name: kind(name, dtype, shape, mean))
    found = handle.item()
    for what, have, want in (
        ("dtype", np.dtype(found.dtype).name, np.dtype(dtype).name),
        ("shape", str(found.shape), str(shape)),
        ("reduction type", found.mean, mean),
    ):
        if have != want:
            text = f"Shared conditional accumulator '{found.name}' has {what} {have} but requested {what} was {want}"
            raise InvalidArgumentError(None, k.op, text)
    return handle


@kernel("ConditionalAccumulator", "ResourceConditionalAccumulator")
def _dense(k: KernelContext) -> Array:
    return _made(k, Accumulator)


@kernel("SparseConditionalAccumulator")
def _sparse(k: KernelContext) -> Array:
    return _made(k, SparseAccumulator)


@kernel("AccumulatorNumAccumulated", "ResourceAccumulatorNumAccumulated")
def _count(k: KernelContext, handle: Array) -> Array:
    return np.array(handle.item().count, np.int32)


@kernel("AccumulatorSetGlobalStep", "ResourceAccumulatorSetGlobalStep")
def _set_step(k: KernelContext, handle: Array, step: Array) -> None:
    accumulator = handle.item()
    with accumulator.changed:
        accumulator.step = int(step)


@kernel("AccumulatorApplyGradient", "ResourceAccumulatorApplyGradient", "SparseAccumulatorApplyGradient")
def _apply(k: KernelContext, handle: Array, step: Array, *gradient: Array) -> None:
    accumulator = handle.item()
    with accumulator.changed:
        accumulator.check(k, *gradient)
        if int(step) >= accumulator.step:
            accumulator.add(*gradient)
            accumulator.count += 1
            accumulator.changed.notify_all()


@kernel("AccumulatorTakeGradient", "ResourceAccumulatorTakeGradient", "SparseAccumulatorTakeGradient")
def _take(k: KernelContext, handle: Array, count: Array) -> tuple[Array, ...]:
    accumulator, required = handle.item(), int(count)
    if required <= 0:
        raise InvalidArgumentError(None, k.op, f"Argument num_required must be positive, but was {required}")
    with accumulator.changed:
        k.wait_for(accumulator.changed, lambda: accumulator.count >= required, "TakeGrad operation was cancelled")
        taken: tuple[Array, ...] = accumulator.take()
        accumulator.count = 0
        accumulator.step += 1
        return taken
