"""Host kernels of maximum pools whose windows are known when they run (MaxPoolV2 and its gradients)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tfcompat.graph.errors import InvalidArgumentError, UnimplementedError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


def _windows(k: KernelContext, x: np.ndarray, ksize: np.ndarray, strides: np.ndarray) -> np.ndarray:
    """For every output position the positions in the flat input, -1 outside; the last axis runs over the window."""
    for what, numbers in (("ksize", ksize), ("strides", strides)):
        if numbers.shape != (4,):
            raise InvalidArgumentError(None, k.op, f"Sliding window {what} field must specify 4 dimensions")
        if (numbers <= 0).any():
            raise InvalidArgumentError(None, k.op, f"Sliding window {what} must be > 0, got {numbers.tolist()}")
    if x.ndim != 4:
        raise InvalidArgumentError(None, k.op, "tensor_in must be 4-dimensional")
    channel = 1 if k.attr("data_format") == b"NCHW" else 3
    if ksize[0] != 1 or strides[0] != 1:
        raise UnimplementedError(None, k.op, "Pooling is not yet supported on the batch dimension.")
    if ksize[channel] != 1 and (x.shape[channel] % ksize[channel] or ksize[channel] != strides[channel]):
        raise UnimplementedError(
            None,
            k.op,
            "Depthwise max pooling requires the depth window to evenly divide the input depth, and to equal "
            "the depth stride.",
        )
    pads = []
    for size, window, stride in zip(x.shape, ksize.tolist(), strides.tolist(), strict=True):
        missing = 0
        if k.attr("padding") == b"SAME":
            missing = max(0, (-(-size // stride) - 1) * stride + window - size)
        elif size < window:
            raise InvalidArgumentError(None, k.op, f"Computed output size would be negative: {size} - {window}")
        pads.append((missing // 2, missing - missing // 2))
    places = np.pad(np.arange(x.size).reshape(x.shape), pads, constant_values=-1)
    found = sliding_window_view(places, tuple(ksize.tolist()))
    found = found[tuple(slice(None, None, s) for s in strides.tolist())]
    return found.reshape(*found.shape[:4], -1)


def _largest(k: KernelContext, x: np.ndarray, ksize: np.ndarray, strides: np.ndarray) -> np.ndarray:
    """The position of the first maximum of each window in the flat input."""
    places = _windows(k, x, ksize, strides)
    values = x.reshape(-1)[places].astype(np.float64 if x.dtype.kind != "i" else np.int64)
    lowest = -np.inf if values.dtype.kind == "f" else np.iinfo(np.int64).min
    chosen = np.where(places < 0, lowest, values).argmax(-1)
    return np.take_along_axis(places, chosen[..., None], -1)[..., 0]


@kernel("MaxPoolV2")
def _max_pool(k: KernelContext, x: np.ndarray, ksize: np.ndarray, strides: np.ndarray) -> np.ndarray:
    return x.reshape(-1)[_largest(k, x, ksize, strides)]


@kernel("MaxPoolGradV2")
def _max_pool_grad(
    k: KernelContext, x: np.ndarray, y: np.ndarray, grad: np.ndarray, ksize: np.ndarray, strides: np.ndarray
) -> np.ndarray:
    out = np.zeros(x.size, x.dtype)
    np.add.at(out, _largest(k, x, ksize, strides).reshape(-1), grad.reshape(-1))
    return out.reshape(x.shape)


@kernel("MaxPoolGradGradV2")
def _max_pool_grad_grad(
    k: KernelContext, x: np.ndarray, y: np.ndarray, grad: np.ndarray, ksize: np.ndarray, strides: np.ndarray
) -> np.ndarray:
    return grad.reshape(-1)[_largest(k, x, ksize, strides)]
