"""What `fetches` may look like: nested structures flattened to tensors and operations, results packed back.

Leaves are tensors, operations, names, and instances of registered types (sparse tensors, ...), each of which expands to
a few graph elements and contracts their values to one.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph.dtypes import DType
from tfcompat.graph.graph import Graph
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.session.conversions import conversion_of

Pack = Callable[[list[Any]], Any]


class Fetches:
    """A flattened structure.

    Attributes:
        tensors: the distinct tensors to compute.
        targets: the distinct operations to run.
        handles: position among `tensors` -> type of the kept tensor, for fetched session handles.
    """

    def __init__(self, graph: Graph, fetches: Any):
        self._graph = graph
        self.tensors: list[Tensor] = []
        self.targets: list[Operation] = []
        self.handles: dict[int, DType] = {}
        self._index: dict[Tensor, int] = {}
        self._pack = self._visit(fetches)

    def pack(self, values: list[Any]) -> Any:
        """The values of `tensors`, in the structure of the fetches; operations give None."""
        return self._pack(values)

    def _visit(self, fetch: Any) -> Pack:
        if fetch is None:
            raise TypeError(f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}". Cannot be None')
        if isinstance(fetch, (list, tuple)):
            return self._sequence(fetch)
        if isinstance(fetch, collections.abc.Mapping):
            return self._mapping(fetch)
        if hasattr(type(fetch), "__attrs_attrs__"):
            return self._attrs(fetch)
        conversion = conversion_of(fetch)
        if conversion is None:
            return self._single(fetch)
        elements, contract = conversion.fetch(fetch)
        return self._leaf(elements, contract)

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
        return lambda values: contract([None if s is None else values[s] for s in slots])

    def _single(self, element: Any) -> Pack:
        slot = self._element(element)
        return (lambda values: None) if slot is None else (lambda values: values[slot])

    def _element(self, fetch: Any) -> int | None:
        """The position of a fetched tensor among `tensors`; None for an operation."""
        try:
            element = self._graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            raise TypeError(
                f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}" must be a '
                f"string or Tensor. ({error})"
            ) from None
        except (ValueError, KeyError) as error:
            raise ValueError(f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ({error})") from None
        if not self._graph.is_fetchable(element):
            raise ValueError(
                f"Operation {(element.op if isinstance(element, Tensor) else element).name!r} has been "
                "marked as not fetchable."
            )
        if isinstance(element, Operation):
            if element not in self.targets:
                self.targets.append(element)
            return None
        if element not in self._index:
            self._index[element] = len(self.tensors)
            self.tensors.append(element)
            if element.op.type in _HANDLE_OPS:
                self.handles[self._index[element]] = element.op._inputs[0].dtype.base_dtype
        return self._index[element]


_HANDLE_OPS = ("GetSessionHandle", "GetSessionHandleV2")


def structure_key(fetches: Any) -> Any:
    """A hashable key that is equal for fetches of equal structure and leaves.

    Raises:
        TypeError: a leaf is not hashable.
    """
    kind = type(fetches)
    if kind is Tensor or kind is Operation or kind is str:
        return fetches
    if isinstance(fetches, (list, tuple)):
        return kind, tuple([structure_key(f) for f in fetches])
    if isinstance(fetches, collections.abc.Mapping):
        items = tuple([(k, structure_key(f)) for k, f in fetches.items()])
        return kind, items, getattr(fetches, "default_factory", None)
    if hasattr(kind, "__attrs_attrs__"):
        return kind, tuple([structure_key(getattr(fetches, a.name)) for a in kind.__attrs_attrs__])
    hash(fetches)
    return kind, fetches
