"""Trees of tuples, named tuples and dicts: how elements are put together of components; lists are tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tfcompat.graph.composite import IndexedSlicesValue
from tfcompat.graph.sparse_tensor import SparseTensorValue
from tfcompat.graph.tensor_shape import TensorShape

_LEAVES = (TensorShape, SparseTensorValue, IndexedSlicesValue)


def is_branch(value: Any) -> bool:
    """Whether `value` is a structure rather than a component."""
    return isinstance(value, (tuple, Mapping)) and not isinstance(value, _LEAVES)


def flatten(value: Any) -> list[Any]:
    """The components, dicts in the order of their sorted keys."""
    return list(_leaves(value))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(value[key])
    elif is_branch(value):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def pack(structure: Any, flat: list[Any]) -> Any:
    """`flat` in the structure of `structure`."""
    return _packed(structure, iter(flat))


def _packed(structure: Any, values: Iterator[Any]) -> Any:
    if isinstance(structure, Mapping):
        found = {key: _packed(structure[key], values) for key in sorted(structure)}
        ordered = {key: found[key] for key in structure}
        made: Any = type(structure)
        return made(ordered)
    if is_branch(structure):
        parts = [_packed(p, values) for p in structure]
        return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)
    return next(values)


def map_components(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """`function` of every component (and those of `others` at the same place), in the same structure."""
    columns = [flatten(s) for s in (structure, *others)]
    return pack(structure, [function(*row) for row in zip(*columns, strict=True)])
