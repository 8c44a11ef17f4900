"""Arrays of labels and vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.export import tf_export


@tf_export("keras.utils.to_categorical")
def to_categorical(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> np.ndarray:
    """Rows of zeros with a one at each label.

    Args:
        y: labels from 0 on, an array or list; a last dimension of size 1 goes.
        num_classes: length of the rows; the largest label and one when None.
        dtype: type of the result.

    Returns:
        An array with one dimension more.
    """
    labels = np.array(y, dtype="int")
    shape = labels.shape
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    flat = labels.ravel()
    count = num_classes or int(np.max(flat)) + 1
    made = np.zeros((flat.size, count), dtype=dtype)
    made[np.arange(flat.size), flat] = 1
    return made.reshape((*shape, count))


@tf_export("keras.utils.to_ordinal")
def to_ordinal(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> np.ndarray:
    """Rows of as many ones as the label says, then zeros.

    Args:
        y: labels from 0 on, an array or list; a last dimension of size 1 goes.
        num_classes: one more than the length of the rows; the largest label and one when None.
        dtype: type of the result.

    Returns:
        An array with one dimension more.
    """
    labels = np.array(y, dtype="int")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    count = num_classes or int(np.max(labels)) + 1
    return (np.arange(count - 1) < labels[..., None]).astype(dtype)


@tf_export("keras.utils.normalize")
def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """`x` divided by its norms of `order` along `axis`; vectors of zeros stay."""
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)  # type: ignore[no-any-return]
