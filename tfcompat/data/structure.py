"""Structures of dataset elements: tuples, named tuples and dicts of tensors; lists are tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.errors import UnimplementedError
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, TensorShape
from tfcompat.graph.type_spec import TensorSpec


class DatasetSpec:
    """Describes elements that are datasets themselves.

    Args:
        element_spec: structure of the specs of their elements.
    """

    def __init__(self, element_spec: Any, dataset_shape: Any = ()):
        self.element_spec = element_spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetSpec) and other.element_spec == self.element_spec

    def __hash__(self) -> int:
        return hash(repr(self.element_spec))

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec!r}, TensorShape([]))"


def is_branch(value: Any) -> bool:
    """Whether `value` is a structure rather than a component."""
    return isinstance(value, (tuple, Mapping)) and not isinstance(value, (TensorShape, SparseTensorValue))


def refuse_sparse(part: Any) -> None:
    """Raises UnimplementedError for a sparse component."""
    if isinstance(part, (SparseTensor, SparseTensorValue)):
        raise UnimplementedError(
            None,
            None,
            "Datasets of SparseTensors are not supported: make a dataset of their indices, values and dense_shape.",
        )


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


def as_tensors(element: Any) -> Any:
    """An element with its components as tensors; datasets stay."""
    parts = []
    with name_scope("normalize_element"):
        for index, part in enumerate(flatten(element)):
            refuse_sparse(part)
            parts.append(
                part if hasattr(part, "_variant_tensor") else convert_to_tensor(part, name=f"component_{index}")
            )
    return pack(element, parts)


def spec_of(value: Any) -> Any:
    """The spec of a component."""
    if hasattr(value, "_variant_tensor"):
        return DatasetSpec(value.element_spec)
    return TensorSpec(value.shape, value.dtype.base_dtype)


def variant_of(value: Any) -> Tensor:
    """The tensor that carries a component."""
    return value._variant_tensor if hasattr(value, "_variant_tensor") else value


def types_and_shapes(spec: Any) -> tuple[list[Any], list[TensorShape]]:
    """Types and shapes of the tensors that carry an element."""
    from tfcompat.graph import dtypes

    parts = flatten(spec)
    return (
        [dtypes.variant if isinstance(p, DatasetSpec) else p.dtype for p in parts],
        [SCALAR if isinstance(p, DatasetSpec) else p.shape for p in parts],
    )
