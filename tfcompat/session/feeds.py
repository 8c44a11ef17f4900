"""What `feed_dict` may look like: keys to tensors, values to arrays, with the reference's checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.graph import Graph
from tfcompat.graph.tensor import Tensor

Pairs = list[tuple[Any, Any]]


def _expand_sparse(feed: SparseTensor, value: Any) -> Pairs:
    return list(zip([feed.indices, feed.values, feed.dense_shape], value, strict=True))


def _expand_slices(feed: IndexedSlices, value: Any) -> Pairs:
    parts = [feed.values, feed.indices] + ([] if feed.dense_shape is None else [feed.dense_shape])
    return list(zip(parts, value, strict=False))


FEED_EXPANSIONS: list[tuple[type, Callable[[Any, Any], Pairs]]] = [
    (SparseTensor, _expand_sparse),
    (IndexedSlices, _expand_slices),
    (object, lambda feed, value: [(feed, value)]),
]
"""Types and how a feed of each becomes feeds of tensors, asked from first to last."""


def expand(graph: Graph, feed_dict: Mapping[Any, Any]) -> Iterator[tuple[Tensor, Any]]:
    """The fed tensors and their values.

    Raises:
        TypeError: a key means no tensor of `graph`.
    """
    for key, value in _flat_items(feed_dict):
        pairs = next((fn(key, value) for kind, fn in FEED_EXPANSIONS if isinstance(key, kind)), None)
        if pairs is None:
            raise TypeError(f"Feed argument {key} has invalid type \"{type(key).__name__}\"")
        for element, part in pairs:
            yield fed_tensor(graph, element), part


def fed_tensor(graph: Graph, key: Any) -> Tensor:
    """The tensor that a feed key means; TypeError when it means none."""
    try:
        tensor: Tensor = graph.as_graph_element(key, allow_tensor=True, allow_operation=False)
    except Exception as error:
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error.args[0] if error.args else error}") from None
    return tensor


def _flat_items(feed_dict: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """The items, with nested tuples of keys paired with the values in the same places."""
    for key, value in feed_dict.items():
        if isinstance(key, (tuple, list)) and not hasattr(key, "dtype"):
            keys, values = list(_leaves(key)), list(_leaves_like(key, value))
            yield from zip(keys, values, strict=True)
        else:
            yield key, value


def _leaves(structure: Any) -> Iterator[Any]:
    if isinstance(structure, (tuple, list)):
        for item in structure:
            yield from _leaves(item)
    else:
        yield structure


def _leaves_like(structure: Any, value: Any) -> Iterator[Any]:
    if isinstance(structure, (tuple, list)):
        if not isinstance(value, (tuple, list, np.ndarray)) or len(value) != len(structure):
            raise ValueError(f"Could not flatten dictionary. Key had {len(structure)} elements, but value had "
                             f"{len(value) if hasattr(value, '__len__') else 1} elements. Key: {structure}, value: "
                             f"{value}.")
        for item, part in zip(structure, value, strict=True):
            yield from _leaves_like(item, part)
    else:
        yield value


class FeedSlot:
    """One fed tensor of a prepared call: checks and converts what is fed for it."""

    __slots__ = ("_dims", "_is_string", "_name", "_numpy", "_shape", "tensor")

    def __init__(self, graph: Graph, tensor: Tensor):
        if not graph.is_feedable(tensor):
            raise ValueError(f"Tensor {tensor} may not be fed.")
        self.tensor = tensor
        self._numpy = tensor.dtype.as_numpy_dtype
        self._is_string = tensor.dtype.base_dtype is dtypes.string
        self._shape = tensor.shape
        self._dims = tensor.shape.tuple

    def array(self, value: Any) -> np.ndarray:
        """`value` as an array for this tensor.

        Raises:
            TypeError: it is a Tensor, or an int that the type cannot hold.
            ValueError: its shape does not fit the tensor's, or it cannot become an array.
        """
        if type(value) is np.ndarray and value.dtype == self._numpy and not self._is_string:
            array = value
        else:
            array = self._converted(value)
        dims = self._dims
        if dims is not None and array.shape != dims:
            if len(dims) != array.ndim or any(d is not None and d != s for d, s in zip(dims, array.shape, strict=True)):
                raise ValueError(f"Cannot feed value of shape {array.shape} for Tensor {self.tensor.name}, which has "
                                 f"shape {self._shape}")
        return array

    def _converted(self, value: Any) -> np.ndarray:
        if isinstance(value, Tensor):
            raise TypeError("The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python "
                            "scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor "
                            f"object was {value} which was passed to the argument `feed_dict` with key {self.tensor}.")
        if isinstance(value, int) and not isinstance(value, bool) and not self._is_string:
            self._check_int(value)
        if self._is_string:
            return _as_bytes(np.asarray(value, object) if not _is_text_array(value) else value)
        if self.tensor.dtype.base_dtype in (dtypes.resource, dtypes.variant):
            array = np.empty((), object)
            array[()] = value
            return value if isinstance(value, np.ndarray) and value.dtype == object else array
        return np.asarray(value, self._numpy)

    def _check_int(self, value: int) -> None:
        try:
            exact = np.asarray(value).astype(self._numpy) == value and np.asarray(value, self._numpy) == value
        except (OverflowError, TypeError):
            exact = False
        if not exact:
            raise TypeError(f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type "
                            f"{self._numpy}. Try explicitly setting the type of the feed tensor to a larger type "
                            "(e.g. int64).")


def _is_text_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) and np.asarray(value).dtype.kind in "SU"


def _as_bytes(value: Any) -> np.ndarray:
    """An object array of bytes; text is encoded as UTF-8."""
    source = np.asarray(value)
    out = np.empty(source.shape, object)
    flat = out.reshape(-1)
    for i, item in enumerate(source.reshape(-1)):
        flat[i] = item.encode("utf-8") if isinstance(item, str) else bytes(item) if isinstance(item, bytes) else item
    return out
