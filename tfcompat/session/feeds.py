"""What `feed_dict` may look like: keys to tensors, values to arrays, with the reference's checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.graph import Graph
from tfcompat.graph.tensor import Tensor
from tfcompat.session.conversions import conversion_of
from tfcompat.session.handles import TensorHandle


def expand(graph: Graph, feed_dict: Mapping[Any, Any]) -> Iterator[tuple[Tensor, Any]]:
    """The fed tensors and their values.

    Raises:
        TypeError: a key means no tensor of `graph`, or `feed_dict` is no mapping.
    """
    if not hasattr(feed_dict, "items"):
        raise TypeError(f"Argument `feed_dict` must be a dictionary. Received: {feed_dict!r}")
    for key, value in _flat_items(feed_dict):
        conversion = conversion_of(key)
        pairs = [(key, value)] if conversion is None else _function(conversion.feed, key)(key, value)
        for element, part in pairs:
            yield fed_tensor(graph, element), part


def fed_tensor(graph: Graph, key: Any) -> Tensor:
    """The tensor that a feed key means; TypeError when it means none."""
    try:
        tensor: Tensor = graph.as_graph_element(key, allow_tensor=True, allow_operation=False)
    except Exception as error:
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error.args[0] if error.args else error}") from None
    return tensor


def fed_tensors(graph: Graph, keys: Any) -> list[Tensor]:
    """The tensors that feed keys stand for, when no values are given yet (`partial_run_setup`).

    Raises:
        TypeError: a key means no tensor of `graph`.
    """
    tensors = []
    for key in keys:
        conversion = conversion_of(key)
        elements = [key] if conversion is None else _function(conversion.feed_keys, key)(key)
        tensors += [fed_tensor(graph, element) for element in elements]
    return tensors


def _function(function: Any, key: Any) -> Any:
    """`function`, or a TypeError when values such as `key` were registered without it."""
    if function is None:
        raise TypeError(f'Feed argument {key} has invalid type "{type(key).__name__}"')
    return function


def _flat_items(feed_dict: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """The items, with nested tuples of keys paired with the values in the same places."""
    for key, value in feed_dict.items():
        if isinstance(key, (tuple, list)):
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
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(structure)} elements, but value had "
                f"{len(value) if hasattr(value, '__len__') else 1} elements. Key: {structure}, value: "
                f"{value}."
            )
        for item, part in zip(structure, value, strict=True):
            yield from _leaves_like(item, part)
    else:
        yield value


class FeedSlot:
    """One fed tensor of a prepared call: checks and converts what is fed for it."""

    __slots__ = ("_accepted", "_is_string", "_numpy", "_ready", "_shape", "tensor")

    def __init__(self, graph: Graph, tensor: Tensor):
        if not graph.is_feedable(tensor):
            raise ValueError(f"Tensor {tensor} may not be fed.")
        self.tensor = tensor
        self._numpy = tensor.dtype.as_numpy_dtype
        self._is_string = tensor.dtype.base_dtype is dtypes.string
        self._ready = None if self._numpy is np.object_ else np.dtype(self._numpy)
        self._shape = tensor.shape
        self._accepted: Any = None

    def array(self, value: Any) -> np.ndarray:
        """`value` as an array for this tensor.

        Raises:
            TypeError: it is a Tensor, or an int that the type cannot hold.
            ValueError: its shape does not fit the tensor's, or it cannot become an array.
        """
        array = value if type(value) is np.ndarray and value.dtype is self._ready else self._converted(value)
        if array.shape != self._accepted:
            if not self._shape.is_compatible_with(list(array.shape)):
                raise ValueError(
                    f"Cannot feed value of shape {array.shape} for Tensor {self.tensor.name}, which has "
                    f"shape {self._shape}"
                )
            self._accepted = array.shape
        return array

    def _converted(self, value: Any) -> np.ndarray:
        if isinstance(value, Tensor):
            raise TypeError(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python "
                "scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor "
                f"object was {value} which was passed to the argument `feed_dict` with key {self.tensor}."
            )
        if isinstance(value, TensorHandle):
            return self._from_handle(value)
        if isinstance(value, int):
            self._check_int(value)
        if self._is_string:
            return _as_bytes(np.asarray(value, object) if not _is_text_array(value) else value)
        if self.tensor.dtype.base_dtype in (dtypes.resource, dtypes.variant):
            array = np.empty((), object)
            array[()] = value
            return value if isinstance(value, np.ndarray) and value.dtype == object else array
        return np.asarray(value, self._numpy)

    def _from_handle(self, handle: TensorHandle) -> np.ndarray:
        """The array that a session keeps, or the text of the handle for string tensors."""
        if self._is_string:
            return _as_bytes(np.asarray(handle.handle, object))
        array = handle.array()
        if array.dtype != self._numpy:
            wanted = self.tensor.dtype.base_dtype.name
            raise InvalidArgumentError(
                None, None, f"Expects {self.tensor.name} to be {wanted} but {array.dtype} is provided"
            )
        return array

    def _check_int(self, value: int) -> None:
        try:
            exact = not self._is_string and np.array(value, self._numpy) == value
        except (OverflowError, TypeError):
            exact = False
        if not exact:
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type "
                f"{self._numpy}. Try explicitly setting the type of the feed tensor to a larger type "
                "(e.g. int64)."
            )


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
