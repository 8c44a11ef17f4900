"""Gradients against finite differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfcompat.gradients.api import gradients
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_session
from tfcompat.ops.identity import placeholder

Jacobians = tuple[np.ndarray, np.ndarray]


def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Sequence[int],
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Mapping[Any, Any] | None = None,
) -> Any:
    """The Jacobian of `y` with respect to `x`, by `tf.gradients` and by central differences.

    Runs in the default session.

    Args:
        x: a tensor, or a list of them.
        x_shape: its shape; for a list, the list of theirs.
        y: a tensor.
        y_shape: its shape.
        x_init_value: where to differentiate; random when None. For a list, the list of values.
        delta: half the distance of the two points of a difference.
        init_targets: operations to run first.
        extra_feed_dict: further feeds.

    Returns:
        Two arrays of shape [size of x, size of y], theoretical and numeric; complex numbers count as two. For a list,
        the list of such pairs.

    Raises:
        ValueError: there is no default session.
        AssertionError: a type is no floating-point or complex one, or `y` does not depend on `x`.
    """
    session = get_default_session()
    if session is None:
        raise ValueError("compute_gradient needs a default session")
    if init_targets is not None:
        if not isinstance(init_targets, (list, tuple)):
            raise AssertionError(f"init_targets must be a list or tuple: {init_targets}")
        session.run(list(init_targets))
    feeds = dict(extra_feed_dict or {})
    if not isinstance(x, list):
        return _jacobians(session, x, x_shape, y, y_shape, x_init_value, delta, feeds)
    values = x_init_value if x_init_value is not None else [None] * len(x)
    starts = [_start(t, shape, value) for t, shape, value in zip(x, x_shape, values, strict=True)]
    pairs = []
    for i, (tensor, shape) in enumerate(zip(x, x_shape, strict=True)):
        others = {t: v for j, (t, v) in enumerate(zip(x, starts, strict=True)) if j != i}
        pairs.append(_jacobians(session, tensor, shape, y, y_shape, starts[i], delta, {**feeds, **others}))
    return pairs


def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Sequence[int],
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Mapping[Any, Any] | None = None,
) -> float:
    """The largest absolute difference of the Jacobians that `compute_gradient` gives; arguments as there."""
    found = compute_gradient(x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict)
    pairs = found if isinstance(found, list) else [found]
    return max((float(np.fabs(a - b).max()) if a.size or b.size else 0.0 for a, b in pairs), default=0.0)


def _start(x: Any, shape: Any, value: Any) -> np.ndarray:
    dtype = x.dtype.base_dtype.as_numpy_dtype
    if value is None:
        value = np.random.random_sample(tuple(shape))
        if np.dtype(dtype).kind == "c":
            value = value + 1j * np.random.random_sample(tuple(shape))
    value = np.array(value, dtype)
    if value.shape != tuple(shape):
        raise ValueError(f"x_init_value has shape {value.shape}, expected {tuple(shape)}")
    return value


def _jacobians(
    session: Any,
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Sequence[int],
    x_init_value: Any,
    delta: float,
    feeds: Mapping[Any, Any],
) -> Jacobians:
    for tensor, what in ((x, "x"), (y, "y")):
        if not (tensor.dtype.is_floating or tensor.dtype.is_complex):
            raise AssertionError(f"Don't support type {tensor.dtype.name} for {what}")
    start = _start(x, x_shape, x_init_value)
    with session.graph.as_default():
        dy = placeholder(y.dtype.base_dtype, y_shape)
        dx = gradients([y], [x], [dy])[0]
        if dx is None:
            raise AssertionError("dx = None")
        if isinstance(dx, IndexedSlices):
            dx = convert_to_tensor(dx)
    x = convert_to_tensor(x) if not hasattr(x, "op") else x
    return (
        _theoretical(session, x, start, dx, dy, y_shape, feeds),
        _numeric(session, x, start, y, y_shape, delta, feeds),
    )


def _flat(array: np.ndarray) -> np.ndarray:
    """The real numbers in an array; two for each complex one."""
    array = np.ascontiguousarray(array).reshape(-1)
    return array.view(array.real.dtype) if array.dtype.kind == "c" else array


def _theoretical(
    session: Any, x: Any, start: np.ndarray, dx: Any, dy: Any, y_shape: Sequence[int], feeds: Mapping[Any, Any]
) -> np.ndarray:
    """Column j is the gradient of the j-th number of `y`."""
    seed = np.zeros(tuple(y_shape), dy.dtype.as_numpy_dtype)
    rows, columns = _flat(start).size, _flat(seed).size
    jacobian = np.zeros((rows, columns), _flat(start).dtype)
    if not rows:
        return jacobian
    for column in range(columns):
        seed[...] = 0
        _flat(seed)[column] = 1
        jacobian[:, column] = _flat(session.run(dx, {**feeds, x: start, dy: seed}))
    return jacobian


def _numeric(
    session: Any, x: Any, start: np.ndarray, y: Any, y_shape: Sequence[int], delta: float, feeds: Mapping[Any, Any]
) -> np.ndarray:
    """Row i is the difference quotient along the i-th number of `x`."""
    jacobian = np.zeros(
        (_flat(start).size, _flat(np.zeros(tuple(y_shape), y.dtype.as_numpy_dtype)).size), _flat(start).dtype
    )
    for row in range(jacobian.shape[0]):
        ends = []
        for sign in (1, -1):
            moved = start.copy()
            _flat(moved)[row] += sign * delta
            ends.append(_flat(session.run(y, {**feeds, x: moved})).astype(np.float64))
        jacobian[row] = (ends[0] - ends[1]) / (2 * delta)
    return jacobian
