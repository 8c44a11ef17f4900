"""Values that stand for several tensors in fetches and feeds: sparse tensors, slices, and what users register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tfcompat.graph.composite import IndexedSlices, IndexedSlicesValue
from tfcompat.graph.export import export_internal
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import CompositeTensor

FetchFunction = Callable[[Any], tuple[list[Any], Callable[[list[Any]], Any]]]
"""A fetched object -> the graph elements to fetch, and how their values become the object's value."""

FeedFunction = Callable[[Any, Any], list[tuple[Any, Any]]]
"""A feed key and the value fed for it -> pairs of tensor and value."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """How instances of a type are fetched and fed; `feed_keys` gives the tensors that a feed key stands for."""

    kind: type
    fetch: FetchFunction
    feed: FeedFunction | None = None
    feed_keys: Callable[[Any], list[Any]] | None = None


def _parts(composite: Any) -> list[Any]:
    return composite.component_tensors()  # type: ignore[no-any-return]


def _feed_parts(composite: Any, value: Any) -> list[tuple[Any, Any]]:
    """Pairs parts and values in their order; parts at the end that get none are not fed."""
    return list(zip(_parts(composite), value, strict=False))


def _slices_value(values: list[Any]) -> IndexedSlicesValue:
    return IndexedSlicesValue(values[0], values[1], values[2] if len(values) > 2 else None)


_conversions = [
    Conversion(SparseTensor, lambda x: (_parts(x), lambda values: SparseTensorValue(*values)), _feed_parts, _parts),
    Conversion(IndexedSlices, lambda x: (_parts(x), _slices_value), _feed_parts, _parts),
    Conversion(
        CompositeTensor,
        lambda x: (_parts(x), x.value_of),
        lambda x, value: list(zip(_parts(x), x.feed_values(value), strict=True)),
        _parts,
    ),
]


def conversion_of(value: Any) -> Conversion | None:
    """How `value` is fetched and fed when it is no single graph element; None when it is one."""
    for conversion in _conversions:
        if isinstance(value, conversion.kind):
            return conversion
    return None


def register_session_run_conversion_functions(
    tensor_type: type,
    fetch_function: FetchFunction,
    feed_function: FeedFunction | None = None,
    feed_function_for_partial_run: Any = None,
) -> None:
    """Lets `Session.run` fetch and feed instances of a type.

    Args:
        tensor_type: the type; its subtypes are included.
        fetch_function: an instance -> (graph elements, function of the list of their values that gives the result).
        feed_function: (an instance, the value fed for it) -> list of (tensor, value).
        feed_function_for_partial_run: an instance -> list of the tensors that it feeds.

    Raises:
        ValueError: the type, or a subtype of it, is registered already.
    """
    if any(issubclass(c.kind, tensor_type) for c in _conversions):
        raise ValueError(f"{tensor_type} has already been registered so ignore it.")
    _conversions.insert(0, Conversion(tensor_type, fetch_function, feed_function, feed_function_for_partial_run))


export_internal(
    "python.client.session.register_session_run_conversion_functions", register_session_run_conversion_functions
)
