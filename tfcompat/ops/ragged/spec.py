"""`RaggedTensorSpec`, and how ragged tensors take part in structures."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.dtypes import as_dtype, float32, int32, int64
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape
from tfcompat.graph.type_spec import TensorSpec, TypeSpec, register_type_spec_from_value
from tfcompat.ops.ragged.partition import RowPartition
from tfcompat.ops.ragged.tensor import RaggedTensor, make
from tfcompat.ops.ragged.value import RaggedTensorValue


@tf_export("RaggedTensorSpec")
class RaggedTensorSpec(TypeSpec):
    """Describes ragged tensors.

    Args:
        shape: what is known of the shape; None when nothing is.
        dtype: type of the values.
        ragged_rank: number of ragged axes; the rank of `shape` less 1 by default.
        row_splits_dtype: int32 or int64.
        flat_values_spec: spec of the innermost values, when they are no plain tensors.

    Raises:
        ValueError: `ragged_rank` does not fit the shape, or cannot be known.
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = int64,
        flat_values_spec: Any = None,
    ):
        self._shape = as_shape(shape)
        self._row_splits_dtype = as_dtype(row_splits_dtype)
        if self._row_splits_dtype not in (int32, int64):
            raise ValueError(f"Argument `row_splits_dtype` must be int32 or int64. Received {row_splits_dtype}.")
        if flat_values_spec is not None:
            dtype = flat_values_spec.dtype if dtype is None or dtype is float32 else dtype
        elif dtype is None:
            raise ValueError("At least one of dtype or flat_values_spec must be provided")
        self._dtype = as_dtype(dtype)
        self._flat_values_spec = flat_values_spec
        rank = self._shape.rank
        if ragged_rank is None:
            if rank is None:
                raise ValueError("Must specify ragged_rank or a shape with a known rank.")
            ragged_rank = rank - 1
        elif not isinstance(ragged_rank, int):
            raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank}.")
        self._ragged_rank = ragged_rank
        if rank is not None and ragged_rank >= rank:
            raise ValueError(f"Argument `ragged_rank` ({ragged_rank}) must be less than rank ({rank}).")

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        if self._shape.rank is None and self._flat_values_spec is not None:
            inner = self._flat_values_spec.shape
            return TensorShape([None] * (self._ragged_rank + 1)).concatenate(inner[1:])
        return self._shape

    dtype = property(lambda self: self._dtype, doc="Type of the values.")
    ragged_rank = property(lambda self: self._ragged_rank, doc="Number of ragged axes.")
    row_splits_dtype = property(lambda self: self._row_splits_dtype, doc="int32 or int64.")
    flat_values_spec = property(lambda self: self._flat_values_spec, doc="Spec of the innermost values, or None.")

    @property
    def value_type(self) -> type:
        return RaggedTensor if self._ragged_rank > 0 else Tensor

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensorSpec:
        """The spec of a RaggedTensor or RaggedTensorValue."""
        if isinstance(value, RaggedTensorValue):
            return cls(value.shape, as_dtype(value.dtype), value.ragged_rank, as_dtype(value.row_splits.dtype))
        return cls(value.shape, value.dtype, value.ragged_rank, value.row_splits.dtype)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether some value fits both this and the other spec (or the spec of the other value)."""
        if self._ragged_rank == 0 and isinstance(spec_or_value, (Tensor, TensorSpec)):
            return bool(self._flat_spec().is_compatible_with(spec_or_value))
        return super().is_compatible_with(spec_or_value)

    def _serialize(self) -> tuple[Any, ...]:
        if self._flat_values_spec is None:
            return self._shape, self._dtype, self._ragged_rank, self._row_splits_dtype
        return self._shape, self._dtype, self._ragged_rank, self._row_splits_dtype, self._flat_values_spec

    def _flat_spec(self) -> Any:
        if self._flat_values_spec is not None:
            return self._flat_values_spec
        shape = TensorShape(None) if self._shape.rank is None else self._shape[self._ragged_rank + 1 :]
        if self._ragged_rank <= 0:
            return TensorSpec(self._shape, self._dtype)
        return TensorSpec(TensorShape([None]).concatenate(shape), self._dtype)

    @property
    def _component_specs(self) -> Any:
        if self._ragged_rank <= 0:
            return [self._flat_spec()]
        rows = self._shape.as_list()[0] if self._shape.rank else None
        outer = TensorSpec([None if rows is None else rows + 1], self._row_splits_dtype)
        inner = TensorSpec([None], self._row_splits_dtype)
        return [self._flat_spec(), outer, *[inner] * (self._ragged_rank - 1)]

    def _to_components(self, value: Any) -> Any:
        return (
            [value.flat_values, *value.nested_row_splits]
            if isinstance(value, (RaggedTensor, RaggedTensorValue))
            else [value]
        )

    def _from_components(self, components: Any) -> Any:
        result = components[0]
        if all(isinstance(part, np.ndarray) for part in components):
            for splits in reversed(components[1:]):
                result = RaggedTensorValue(result, splits)
            return result
        sizes = self._shape.as_list() if self._shape.rank is not None else []
        for axis, splits in reversed(list(enumerate(components[1:], start=1))):
            partition = RowPartition.from_row_splits(splits, validate=False)
            length = sizes[axis] if axis < len(sizes) else None
            result = make(result, partition if length is None else partition.with_static_length(length))
        return result

    def _with_shape(self, shape: TensorShape) -> RaggedTensorSpec:
        """The same spec with another shape."""
        return RaggedTensorSpec(shape, self._dtype, self._ragged_rank, self._row_splits_dtype)

    def _batch(self, batch_size: int | None) -> RaggedTensorSpec:
        """The spec of a batch of such tensors."""
        return RaggedTensorSpec(
            TensorShape([batch_size]).concatenate(self._shape),
            self._dtype,
            self._ragged_rank + 1,
            self._row_splits_dtype,
        )

    def _unbatch(self) -> RaggedTensorSpec:
        """The spec of the elements of such a batch."""
        return RaggedTensorSpec(self._shape[1:], self._dtype, self._ragged_rank - 1, self._row_splits_dtype)


register_type_spec_from_value(RaggedTensor, RaggedTensorSpec.from_value)
register_type_spec_from_value(RaggedTensorValue, RaggedTensorSpec.from_value)
RaggedTensor._type_spec = property(RaggedTensorSpec.from_value)  # type: ignore[attr-defined]
