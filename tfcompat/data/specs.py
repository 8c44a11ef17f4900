"""Specs of what datasets may have in elements, and the tensors that carry such components from operation to operation.

A tensor carries itself; a sparse or ragged tensor, a TensorArray or a dataset travels as variants; None as nothing.
"""

from __future__ import annotations

from typing import Any

from tfcompat.data.trees import flatten
from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.export import INTERNAL, PUBLIC, export_internal, tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape
from tfcompat.graph.type_spec import SparseTensorSpec, TensorSpec, TypeSpec
from tfcompat.ops.packing import stack, unstack
from tfcompat.ops.ragged.spec import RaggedTensorSpec
from tfcompat.ops.ragged.variant import ragged_from_variant, ragged_to_variant
from tfcompat.ops.sparse_serialization import deserialize_sparse, serialize_many_sparse, serialize_sparse

_VARIANT = TensorSpec(None, dtypes.variant)


@tf_export("data.DatasetSpec")
class DatasetSpec(TypeSpec):
    """Describes elements that are datasets themselves.

    Args:
        element_spec: structure of the specs of their elements.
        dataset_shape: shape of the variant tensor that carries them.
    """

    def __init__(self, element_spec: Any, dataset_shape: Any = ()):
        self._element_spec = element_spec
        self._dataset_shape = as_shape(dataset_shape)

    @property
    def element_spec(self) -> Any:
        """Structure of the specs of their elements."""
        return self._element_spec

    @property
    def value_type(self) -> type:
        return PUBLIC["data.Dataset"]  # type: ignore[no-any-return]

    @staticmethod
    def from_value(value: Any) -> DatasetSpec:
        """The spec of a dataset."""
        return DatasetSpec(value.element_spec)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether the other's elements have the same structure and specs that fit."""
        other = spec_or_value if isinstance(spec_or_value, TypeSpec) else DatasetSpec.from_value(spec_or_value)
        if not isinstance(other, DatasetSpec):
            return False
        own, theirs = flatten(self._element_spec), flatten(other._element_spec)
        return len(own) == len(theirs) and all(a.is_compatible_with(b) for a, b in zip(own, theirs, strict=True))

    def _serialize(self) -> tuple[Any, ...]:
        return self._element_spec, self._dataset_shape

    def _key(self) -> Any:
        return DatasetSpec, repr(self._serialize())

    @property
    def _component_specs(self) -> Any:
        return TensorSpec(self._dataset_shape, dtypes.variant)

    def _to_components(self, value: Any) -> Any:
        return value._variant_tensor

    def _from_components(self, components: Any) -> Any:
        if self._dataset_shape.rank != 0:
            return _NestedVariant(components, self)
        return INTERNAL["python.data.ops.dataset_ops._VariantDataset"](components, self._element_spec)

    def _batch(self, batch_size: int | None) -> DatasetSpec:
        return DatasetSpec(self._element_spec, TensorShape([batch_size]).concatenate(self._dataset_shape))

    def _unbatch(self) -> DatasetSpec:
        if self._dataset_shape.rank == 0:
            raise ValueError("Slicing dataset elements is not supported for rank 0.")
        return DatasetSpec(self._element_spec, self._dataset_shape[1:])


class _NestedVariant:
    """Several datasets, as a batch of them has it.

    Args:
        variant_tensor: what carries them.
        spec: of the whole.
    """

    def __init__(self, variant_tensor: Tensor, spec: DatasetSpec):
        self._variant_tensor, self._spec = variant_tensor, spec

    @property
    def element_spec(self) -> Any:
        """Structure of the specs of the elements of one of them."""
        return self._spec.element_spec


class NoneTensorSpec(TypeSpec):
    """Describes None."""

    @property
    def value_type(self) -> type:
        return type(None)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether the other is such a spec, or None."""
        return spec_or_value is None or isinstance(spec_or_value, NoneTensorSpec)

    def _serialize(self) -> tuple[Any, ...]:
        return ()

    @property
    def _component_specs(self) -> Any:
        return []

    def _to_components(self, value: Any) -> Any:
        return []

    def _from_components(self, components: Any) -> Any:
        return None

    def _batch(self, batch_size: int | None) -> NoneTensorSpec:
        return self

    def _unbatch(self) -> NoneTensorSpec:
        return self


export_internal("python.data.util.structure.NoneTensorSpec", NoneTensorSpec)


def _parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def carriers(spec: Any) -> list[TensorSpec]:
    """The specs of the tensors that carry a component."""
    if isinstance(spec, (SparseTensorSpec, RaggedTensorSpec)):
        return [_VARIANT]
    return _parts(spec._component_specs)


def carried(spec: Any, value: Any) -> list[Tensor]:
    """The tensors that carry `value`."""
    if isinstance(spec, SparseTensorSpec):
        return [serialize_sparse(value, out_type=dtypes.variant)]
    if isinstance(spec, RaggedTensorSpec):
        return [ragged_to_variant(value)]
    return _parts(spec._to_components(value))


def slices(spec: Any, value: Any) -> list[Tensor]:
    """Tensors whose slices carry the slices of `value`."""
    if isinstance(spec, SparseTensorSpec):
        return [serialize_many_sparse(value, out_type=dtypes.variant)]
    if isinstance(spec, RaggedTensorSpec):
        return [ragged_to_variant(value, batched_input=True)]
    return _parts(spec._to_components(value))


def with_carriers(spec: Any, tensors: list[Tensor]) -> Any:
    """The component that `tensors` carry."""
    if isinstance(spec, SparseTensorSpec):
        return _with_known_sizes(deserialize_sparse(tensors[0], spec.dtype, rank=spec.shape.rank), spec.shape)
    if isinstance(spec, RaggedTensorSpec):
        parts = ragged_from_variant(tensors[0], spec.dtype, spec.ragged_rank, spec.row_splits_dtype)
        for part, known in zip(parts, spec._component_specs, strict=True):
            part.set_shape(known.shape)
        return spec._from_components(parts)
    single = isinstance(spec._component_specs, TensorSpec)
    return spec._from_components(tensors[0] if single else tensors)


def _with_known_sizes(value: SparseTensor, shape: TensorShape) -> SparseTensor:
    """`value` with the sizes that `shape` knows as constants in its dense shape."""
    sizes = [] if shape.rank is None else shape.as_list()
    if shape.rank is None or (sizes and all(s is None for s in sizes)):
        return value
    if all(s is not None for s in sizes):
        return SparseTensor(value.indices, value.values, constant(sizes, dtypes.int64, name="shape"))
    found = unstack(value.dense_shape, num=len(sizes))
    known = [f if s is None else constant(s, dtypes.int64) for f, s in zip(found, sizes, strict=True)]
    return SparseTensor(value.indices, value.values, stack(known))


def legacy_type(spec: Any) -> Any:
    """The type of a component as `output_types` has it: the spec itself for what has none."""
    return spec.dtype if _has_type(spec) else spec


def legacy_shape(spec: Any) -> Any:
    """The shape of a component as `output_shapes` has it: the spec itself for what has none."""
    return spec.shape if _has_type(spec) else spec


def legacy_class(spec: Any) -> Any:
    """The class of a component as `output_classes` has it: the spec itself for what is no tensor or sparse tensor."""
    return spec.value_type if isinstance(spec, (TensorSpec, SparseTensorSpec)) else spec


def _has_type(spec: Any) -> bool:
    return isinstance(spec, (TensorSpec, SparseTensorSpec, RaggedTensorSpec))


def of_legacy(kind: Any, dtype: Any, shape: Any) -> Any:
    """The spec of a component of a type, a shape and a class."""
    for found in (kind, dtype):
        if isinstance(found, TypeSpec):
            return found
    return SparseTensorSpec(shape, dtype) if kind is SparseTensor else TensorSpec(shape, dtype)
