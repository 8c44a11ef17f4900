"""Descriptions of tensors and values made of tensors: `TensorSpec`, `SparseTensorSpec`, `IndexedSlicesSpec`.

A spec knows the parts of the values it describes: `_component_specs`, `_to_components(value)` and
`_from_components(parts)`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph import homes
from tfcompat.graph.composite import IndexedSlices, IndexedSlicesValue
from tfcompat.graph.dtypes import DType, as_dtype, float32, int64
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape, dimension_value


@tf_export("TypeSpec")
class TypeSpec(abc.ABC):
    """Describes values of one type; two specs are equal when what they serialise to is equal."""

    @property
    @abc.abstractmethod
    def value_type(self) -> type:
        """The type of the values."""

    @abc.abstractmethod
    def _serialize(self) -> tuple[Any, ...]:
        """The constructor's arguments."""

    @property
    @abc.abstractmethod
    def _component_specs(self) -> Any:
        """The specs of the parts."""

    @abc.abstractmethod
    def _to_components(self, value: Any) -> Any:
        """The parts of a value."""

    @abc.abstractmethod
    def _from_components(self, components: Any) -> Any:
        """The value with these parts."""

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether some value fits both this and the other spec (or the spec of the other value)."""
        other = spec_or_value if isinstance(spec_or_value, TypeSpec) else type_spec_from_value(spec_or_value)
        return type(self) is type(other) and _compatible(self._serialize(), other._serialize())

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every value that fits this spec fits the other."""
        return type(self) is type(other) and _within(self._serialize(), other._serialize())

    def most_specific_common_supertype(self, others: Sequence[Any]) -> TypeSpec | None:
        """The narrowest spec that this one and all the others are subtypes of, or None."""
        parts = self._serialize()
        for other in others:
            if type(self) is not type(other):
                return None
            try:
                parts = _common(parts, other._serialize())
            except ValueError:
                return None
        return type(self)(*parts)

    def most_specific_compatible_type(self, other: Any) -> TypeSpec:
        """The narrowest spec that this one and the other are subtypes of; ValueError when there is none."""
        found = self.most_specific_common_supertype([other])
        if found is None:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return found

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._key() == other._key()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> Any:
        return type(self), tuple(p.tuple if isinstance(p, TensorShape) else p for p in self._serialize())

    def __reduce__(self) -> Any:
        return type(self), self._serialize()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._serialize()))})"


def _compatible(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_compatible(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, (TensorShape, DType, TypeSpec)) and isinstance(b, type(a)):
        return a.is_compatible_with(b)
    return bool(a == b)


def _within(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_within(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, TensorShape) and isinstance(b, TensorShape):
        if b.tuple is None:
            return True
        return (
            a.tuple is not None
            and a.rank == b.rank
            and all(wide is None or narrow == wide for narrow, wide in zip(a.tuple, b.tuple, strict=True))
        )
    return a.is_subtype_of(b) if isinstance(a, TypeSpec) else bool(a == b)


def _common(a: Any, b: Any) -> Any:
    """What includes both; ValueError when nothing does."""
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return tuple(_common(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, TensorShape) and isinstance(b, TensorShape):
        if a.tuple is None or b.tuple is None or a.rank != b.rank:
            return TensorShape(None)
        return TensorShape.of(tuple(x if x == y else None for x, y in zip(a.tuple, b.tuple, strict=True)))
    if isinstance(a, TypeSpec):
        return a.most_specific_compatible_type(b)
    if a != b:
        raise ValueError(f"{a!r} and {b!r} have nothing in common")
    return a


@tf_export("TensorSpec")
class TensorSpec(TypeSpec):
    """Describes tensors.

    Args:
        shape: what is known of the shape; None when nothing is.
        dtype: type of the elements.
        name: name of the tensor, or None.
    """

    def __init__(self, shape: Any, dtype: Any = float32, name: str | None = None):
        self._shape = as_shape(shape)
        self._dtype = as_dtype(dtype)
        self._name = name

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """Type of the elements."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """Name of the tensor, or None."""
        return self._name

    @property
    def value_type(self) -> type:
        return Tensor

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """The spec with the shape, dtype and (unless given) name of another."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The spec of a tensor; ValueError when it is none."""
        if not isinstance(tensor, Tensor):
            raise ValueError(f"`tensor` should be a tf.Tensor, but got type {type(tensor)}.")
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a tensor or another spec has the same dtype and a shape that fits; names do not count."""
        return (
            isinstance(spec_or_value, (Tensor, TensorSpec))
            and self._dtype.is_compatible_with(spec_or_value._dtype)
            and self._shape.is_compatible_with(spec_or_value._shape)
        )

    def is_subtype_of(self, other: Any) -> bool:
        return (
            type(self) is type(other)
            and other._name in (None, self._name)
            and self._dtype == other._dtype
            and _within(self._shape, other._shape)
        )

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype, self._name

    @property
    def _component_specs(self) -> Any:
        return self

    def _to_components(self, value: Any) -> Any:
        return value

    def _from_components(self, components: Any) -> Any:
        return components

    def _batch(self, batch_size: int | None) -> TensorSpec:
        """The spec of a batch of such tensors."""
        return TensorSpec(TensorShape([batch_size]).concatenate(self._shape), self._dtype)

    def _unbatch(self) -> TensorSpec:
        """The spec of the elements of such a batch; ValueError for scalars."""
        if self._shape.rank == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        return TensorSpec(self._shape[1:], self._dtype)

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


@tf_export("SparseTensorSpec")
class SparseTensorSpec(TypeSpec):
    """Describes sparse tensors.

    Args:
        shape: what is known of the dense shape; None when nothing is.
        dtype: type of the values.
    """

    def __init__(self, shape: Any = None, dtype: Any = float32):
        self._shape = as_shape(shape)
        self._dtype = as_dtype(dtype)

    @property
    def shape(self) -> TensorShape:
        """What is known of the dense shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """Type of the values."""
        return self._dtype

    @property
    def value_type(self) -> type:
        return SparseTensor

    @classmethod
    def from_value(cls, value: Any) -> SparseTensorSpec:
        """The spec of a SparseTensor or SparseTensorValue; ValueError for anything else."""
        if isinstance(value, SparseTensor):
            return cls(value.shape, value.dtype)
        if isinstance(value, SparseTensorValue):
            values = value.values
            is_array = isinstance(values, np.ndarray)
            return cls(value.dense_shape, values.dtype if is_array else values.dtype.as_numpy_dtype)
        raise ValueError("Expected SparseTensor or SparseTensorValue.")

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype

    @property
    def _component_specs(self) -> Any:
        rank = self._shape.rank
        return [TensorSpec([None, rank], int64), TensorSpec([None], self._dtype), TensorSpec([rank], int64)]

    def _to_components(self, value: Any) -> Any:
        if isinstance(value, SparseTensorValue):
            value = SparseTensor.from_value(value)
        return [value.indices, value.values, value.dense_shape]

    def _from_components(self, components: Any) -> Any:
        if all(isinstance(part, np.ndarray) for part in components):
            return SparseTensorValue(*components)
        result = SparseTensor(*components)
        result.set_shape(self._shape)
        return result

    def _batch(self, batch_size: int | None) -> SparseTensorSpec:
        """The spec of a batch of such tensors."""
        return SparseTensorSpec(TensorShape([batch_size]).concatenate(self._shape), self._dtype)

    def _unbatch(self) -> SparseTensorSpec:
        """The spec of the elements of such a batch; ValueError for scalars."""
        if self._shape.rank == 0:
            raise ValueError("Unbatching a sparse tensor is only supported for rank >= 1")
        return SparseTensorSpec(self._shape[1:], self._dtype)


@tf_export("IndexedSlicesSpec")
class IndexedSlicesSpec(TypeSpec):
    """Describes IndexedSlices.

    Args:
        shape: what is known of the whole tensor's shape; None when nothing is.
        dtype: type of the values.
        indices_dtype: type of the indices.
        dense_shape_dtype: type of the dense shape; None when there is none.
        indices_shape: what is known of the shape of the indices.
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = float32,
        indices_dtype: Any = int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ):
        self._shape = as_shape(shape)
        self._values_dtype = as_dtype(dtype)
        self._indices_dtype = as_dtype(indices_dtype)
        self._dense_shape_dtype = None if dense_shape_dtype is None else as_dtype(dense_shape_dtype)
        self._indices_shape = as_shape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> type:
        return IndexedSlices

    def _serialize(self) -> tuple[Any, ...]:
        return (self._shape, self._values_dtype, self._indices_dtype, self._dense_shape_dtype, self._indices_shape)

    @property
    def _component_specs(self) -> Any:
        values = self._indices_shape.concatenate(self._shape[1:]) if self._shape.rank is not None else TensorShape(None)
        specs = [TensorSpec(values, self._values_dtype), TensorSpec(self._indices_shape, self._indices_dtype)]
        if self._dense_shape_dtype is not None:
            specs.append(TensorSpec([self._shape.rank], self._dense_shape_dtype))
        return tuple(specs)

    def _to_components(self, value: Any) -> Any:
        parts = (value.values, value.indices)
        return parts if value.dense_shape is None else (*parts, value.dense_shape)

    def _from_components(self, components: Any) -> Any:
        if all(isinstance(part, np.ndarray) for part in components):
            return IndexedSlicesValue(*components, *[None] * (3 - len(components)))
        return IndexedSlices(*components)


_from_value: list[tuple[type, Callable[[Any], TypeSpec]]] = [
    (Tensor, lambda t: TensorSpec(t.shape, t.dtype)),
    (np.ndarray, lambda a: TensorSpec(a.shape, as_dtype(a.dtype))),
    (SparseTensor, SparseTensorSpec.from_value),
    (SparseTensorValue, SparseTensorSpec.from_value),
    (IndexedSlices, lambda s: IndexedSlicesSpec(
        None if s.values.shape.rank is None else [None, *map(dimension_value, s.values.shape[1:])], s.values.dtype,
        s.indices.dtype, None if s.dense_shape is None else s.dense_shape.dtype, s.indices.shape)),
]  # fmt: skip


SPEC_MAKER = "maker of a spec"
"""The kind of these makers in the table of homes; an entry is the full name of the values' class."""


def full_name(kind: type) -> str:
    """Module and name of a class."""
    return f"{kind.__module__}.{kind.__qualname__}"


def register_type_spec_from_value(kind: type, function: Callable[[Any], TypeSpec]) -> None:
    """Registers how the spec of an instance of `kind` is made."""
    _from_value.insert(0, (kind, function))


@tf_export("type_spec_from_value")
def type_spec_from_value(value: Any) -> TypeSpec:
    """The spec of a value; TypeError when values of its type have none."""
    found = next((function for kind, function in _from_value if isinstance(value, kind)), None)
    if found is None and homes.load(SPEC_MAKER, full_name(type(value))):
        found = next((function for kind, function in _from_value if isinstance(value, kind)), None)
    if found is not None:
        return found(value)
    raise TypeError(f"Could not build a TypeSpec for {value!r} with type {type(value).__name__}")
