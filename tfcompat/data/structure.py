"""Elements of datasets and the tensors that carry them."""

from __future__ import annotations

from typing import Any

from tfcompat.data.specs import DatasetSpec, NoneTensorSpec, carried, carriers, slices, with_carriers
from tfcompat.data.trees import flatten, map_components, pack
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import TensorSpec, type_spec_from_value
from tfcompat.ops.ragged.tensor import as_ragged_or_tensor
from tfcompat.ops.ragged.value import RaggedTensorValue


def as_tensors(element: Any) -> Any:
    """An element with its components as tensors; datasets, sparse and ragged ones stay."""
    with name_scope("normalize_element"):
        return pack(element, [as_component(part, f"component_{i}") for i, part in enumerate(flatten(element))])


def as_component(part: Any, name: str | None = None) -> Any:
    """A component as a tensor; composite ones and datasets stay."""
    if isinstance(part, (SparseTensor, SparseTensorValue)):
        return part if isinstance(part, SparseTensor) else SparseTensor.from_value(part)
    if isinstance(part, RaggedTensorValue):
        return as_ragged_or_tensor(part, name=name)
    if part is None or isinstance(part, CompositeTensor) or hasattr(part, "_variant_tensor"):
        return part
    return convert_to_tensor(part, name=name)


def returned_components(returned: Any) -> Any:
    """What a function returned, its components as tensors; a list is a tuple."""
    value = tuple(returned) if isinstance(returned, list) else returned
    return pack(value, [as_component(part) for part in flatten(value)])


def spec_of(value: Any) -> Any:
    """The spec of a component."""
    if hasattr(value, "_variant_tensor"):
        return getattr(value, "_spec", None) or DatasetSpec(value.element_spec)
    if value is None:
        return NoneTensorSpec()
    if isinstance(value, Tensor):
        return TensorSpec(value.shape, value.dtype.base_dtype)
    return type_spec_from_value(value)


def specs_of(element: Any) -> Any:
    """The specs of the components of an element."""
    return map_components(spec_of, element)


def to_tensors(spec: Any, element: Any) -> list[Tensor]:
    """The tensors that carry an element of structure `spec`."""
    return [t for s, v in zip(flatten(spec), flatten(element), strict=True) for t in carried(s, v)]


def to_sliced_tensors(spec: Any, element: Any) -> list[Tensor]:
    """Tensors whose slices carry the slices of an element of structure `spec`."""
    return [t for s, v in zip(flatten(spec), flatten(element), strict=True) for t in slices(s, v)]


def from_tensors(spec: Any, tensors: Any) -> Any:
    """The element of structure `spec` that tensors carry."""
    left = iter(tensors if isinstance(tensors, (list, tuple)) else () if tensors is None else [tensors])
    return pack(spec, [with_carriers(s, [next(left) for _ in carriers(s)]) for s in flatten(spec)])


def kind_of(spec: Any) -> Any:
    """What is the same in specs of components that fit together, whatever their shapes."""
    return spec.dtype if isinstance(spec, TensorSpec) else type(spec)


def weaker(one: Any, other: Any) -> Any:
    """The narrowest spec that includes both; ValueError when there is none."""
    if isinstance(one, TensorSpec):
        return TensorSpec(one.shape.most_specific_compatible_shape(other.shape), one.dtype)
    if isinstance(one, (DatasetSpec, NoneTensorSpec)):
        return one
    return one.most_specific_compatible_type(other)


def types_and_shapes(spec: Any) -> tuple[list[Any], list[TensorShape]]:
    """Types and shapes of the tensors that carry an element."""
    parts = [c for s in flatten(spec) for c in carriers(s)]
    return [p.dtype for p in parts], [p.shape for p in parts]


def is_dense(spec: Any) -> bool:
    """Whether all components are tensors."""
    return all(isinstance(s, TensorSpec) for s in flatten(spec))
