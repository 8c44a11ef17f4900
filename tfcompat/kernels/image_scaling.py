"""Host kernels of ScaleAndTranslate and its gradient: two products with the weights of rows and of columns."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.graph.scaled_sampling import KERNELS, weights

Array = np.ndarray
_MOST_ELEMENTS = 1 << 40


def _matrices(k: KernelContext, shape: tuple[int, ...], size: Array, scale: Array, translation: Array) -> list[Array]:
    name = k.attr("kernel_type")
    name = name.decode() if isinstance(name, bytes) else name
    if name not in KERNELS:
        raise InvalidArgumentError(None, k.op, f"Unrecognized kernel type: {name}")
    if np.any(scale <= 0):
        raise InvalidArgumentError(None, k.op, "Scale must be greater than zero.")
    return [
        weights(
            shape[axis], int(size[axis - 1]), scale[axis - 1], translation[axis - 1], name, bool(k.attr("antialias"))
        )
        for axis in (1, 2)
    ]


@kernel("ScaleAndTranslate")
def _scale_and_translate(k: KernelContext, images: Array, size: Array, scale: Array, translation: Array) -> Array:
    if images.ndim != 4:
        raise InvalidArgumentError(None, k.op, f"input must be 4-dimensional{list(images.shape)}")
    if size.shape != (2,):
        raise InvalidArgumentError(None, k.op, f"output_shape_t must have two elements{list(size.shape)}")
    if np.any(size <= 0) or 0 in images.shape[1:3]:
        raise InvalidArgumentError(None, k.op, "output dimensions must be positive and the input image not empty")
    if images.shape[0] * int(size[0]) * int(size[1]) * images.shape[3] > _MOST_ELEMENTS:
        raise InvalidArgumentError(None, k.op, f"the images would have too many pixels: {size.tolist()}")
    rows, columns = _matrices(k, images.shape, size, scale, translation)
    return np.einsum("hi,niwc,vw->nhvc", rows, images.astype(np.float32), columns, optimize=True).astype(np.float32)


@kernel("ScaleAndTranslateGrad")
def _gradient(k: KernelContext, grads: Array, original: Array, scale: Array, translation: Array) -> Array:
    rows, columns = _matrices(k, original.shape, np.array(grads.shape[1:3]), scale, translation)
    return np.einsum("hi,nhvc,vw->niwc", rows, grads, columns, optimize=True).astype(np.float32)
