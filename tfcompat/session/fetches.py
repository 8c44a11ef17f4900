"""What `fetches` may look like: nested structures flattened to tensors and operations, results packed back.

Leaves are tensors, operations, names, and instances of registered types (sparse tensors, ...), each of which expands to
a few graph elements and contracts their values to one.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph.composite import IndexedSlices, IndexedSlicesValue
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import Tensor

Expansion = tuple[list[Any], Callable[[list[Any]], Any]]


def _expand_sparse(fetch: SparseTensor) -> Expansion:
    return [fetch.indices, fetch.values, fetch.dense_shape], lambda values: SparseTensorValue(*values)


def _expand_slices(fetch: IndexedSlices) -> Expansion:
    parts = [fetch.values, fetch.indices]
    if fetch.dense_shape is not None:
        parts.append(fetch.dense_shape)
    return parts, lambda values: IndexedSlicesValue(values[0], values[1], values[2] if len(values) > 2 else None)


def _expand_element(fetch: Any) -> Expansion:
    return [fetch], lambda values: values[0]


FETCH_EXPANSIONS: list[tuple[type, Callable[[Any], Expansion]]] = [
    (SparseTensor, _expand_sparse),
    (IndexedSlices, _expand_slices),
    (object, _expand_element),
]
"""Types and their expansions, asked from first to last."""

Pack = Callable[[list[Any]], Any]


class Fetches:
    """A flattened structure.

    Attributes:
        tensors: the distinct tensors to compute.
        targets: the distinct operations to run.
    """

    def __init__(self, graph: Graph, fetches: Any):
        self._graph = graph
        self.tensors: list[Tensor] = []
        self.targets: list[Operation] = []
        self._index: dict[Tensor, int] = {}
        self._pack = self._visit(fetches)

    def pack(self, values: list[Any]) -> Any:
        """The values of `tensors`, in the structure of the fetches; operations give None."""
        return self._pack(values)

    def _visit(self, fetch: Any) -> Pack:
        if fetch is None:
            raise TypeError(f"Argument `fetch` = {fetch} has invalid type \"{type(fetch).__name__}\". Cannot be None")
        if isinstance(fetch, (list, tuple)):
            return self._sequence(fetch)
        if isinstance(fetch, collections.abc.Mapping):
            return self._mapping(fetch)
        if hasattr(type(fetch), "__attrs_attrs__"):
            return self._attrs(fetch)
        for kind, expand in FETCH_EXPANSIONS:
            if isinstance(fetch, kind):
                elements, contract = expand(fetch)
                return self._leaf(elements, contract)
        raise TypeError(f"Argument `fetch` = {fetch} has invalid type \"{type(fetch).__name__}\"")

    def _sequence(self, fetches: Any) -> Pack:
        packs = [self._visit(f) for f in fetches]
        kind = type(fetches)
        if issubclass(kind, list):
            return lambda values: [p(values) for p in packs]
        if hasattr(kind, "_fields"):
            return lambda values: kind(*[p(values) for p in packs])
        return lambda values: kind(p(values) for p in packs)

    def _mapping(self, fetches: Any) -> Pack:
        packs = {key: self._visit(f) for key, f in fetches.items()}
        kind = type(fetches)
        if issubclass(kind, collections.defaultdict):
            factory = fetches.default_factory
            return lambda values: kind(factory, {k: p(values) for k, p in packs.items()})

        def pack(values: list[Any]) -> Any:
            result = kind()
            for key, inner in packs.items():
                result[key] = inner(values)
            return result

        return pack

    def _attrs(self, fetches: Any) -> Pack:
        names = [a.name for a in type(fetches).__attrs_attrs__]
        packs = [self._visit(getattr(fetches, n)) for n in names]
        kind = type(fetches)
        return lambda values: kind(*[p(values) for p in packs])

    def _leaf(self, elements: Sequence[Any], contract: Callable[[list[Any]], Any]) -> Pack:
        slots = [self._element(e) for e in elements]
        if len(slots) == 1 and contract.__code__ is _ELEMENT_CONTRACT.__code__:
            slot = slots[0]
            return (lambda values: None) if slot is None else (lambda values: values[slot])
        return lambda values: contract([None if s is None else values[s] for s in slots])

    def _element(self, fetch: Any) -> int | None:
        """The position of a fetched tensor among `tensors`; None for an operation."""
        try:
            element = self._graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            raise TypeError(f"Argument `fetch` = {fetch} has invalid type \"{type(fetch).__name__}\" must be a string "
                            f"or Tensor. ({error})") from None
        except (ValueError, KeyError) as error:
            raise ValueError(f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ({error})") from None
        if not self._graph.is_fetchable(element):
            raise ValueError(f"Operation {(element.op if isinstance(element, Tensor) else element).name!r} has been "
                             "marked as not fetchable.")
        if isinstance(element, Operation):
            if element not in self.targets:
                self.targets.append(element)
            return None
        if element not in self._index:
            self._index[element] = len(self.tensors)
            self.tensors.append(element)
        return self._index[element]


_ELEMENT_CONTRACT = _expand_element(None)[1]


def structure_key(fetches: Any) -> Any:
    """A hashable key that is equal for fetches of equal structure and leaves; None when there is none."""
    kind = type(fetches)
    if kind is Tensor or kind is Operation or kind is str:
        return fetches
    if kind is list or kind is tuple:
        return kind, tuple([structure_key(f) for f in fetches])
    if kind is dict:
        return kind, tuple([(k, structure_key(f)) for k, f in fetches.items()])
    if isinstance(fetches, (list, tuple, collections.abc.Mapping)) or hasattr(kind, "__attrs_attrs__"):
        raise TypeError("no key")
    hash(fetches)
    return fetches
