"""Descriptions of what to take out of `Example` messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops.array import reshape


@tf_export("io.VarLenFeature", "VarLenFeature")
class VarLenFeature(NamedTuple):
    """A list of values of any length; becomes a `SparseTensor`."""

    dtype: Any


class _SparseFeature(NamedTuple):
    index_key: Any
    value_key: Any
    dtype: Any
    size: Any
    already_sorted: bool = False


@tf_export("io.SparseFeature", "SparseFeature")
class SparseFeature(_SparseFeature):
    """A sparse tensor in parts: indices under `index_key` (or keys, one per axis), values under `value_key`.

    `size` is the size of the axis (or sizes), `already_sorted` whether the indices are in order.
    """

    def __new__(
        cls, index_key: Any, value_key: Any, dtype: Any, size: Any, already_sorted: bool = False
    ) -> SparseFeature:
        return super().__new__(cls, index_key, value_key, dtypes.as_dtype(dtype), size, already_sorted)


class _FixedLenFeature(NamedTuple):
    shape: Any
    dtype: Any
    default_value: Any = None


@tf_export("io.FixedLenFeature", "FixedLenFeature")
class FixedLenFeature(_FixedLenFeature):
    """Values of one shape; `default_value` stands in where the key is missing, which is an error without."""


class _FixedLenSequenceFeature(NamedTuple):
    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


@tf_export("io.FixedLenSequenceFeature", "FixedLenSequenceFeature")
class FixedLenSequenceFeature(_FixedLenSequenceFeature):
    """A list of values of one shape; becomes a tensor padded with `default_value` (0 or "")."""


@dataclass
class FeatureColumns:
    """Features by kind, as the operations take them: keys in sorted order with types, shapes and defaults."""

    sparse: dict[str, dtypes.DType] = field(default_factory=dict)
    dense: dict[str, tuple[dtypes.DType, TensorShape]] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    may_miss: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, features: Mapping[str, Any] | None, allowed: Sequence[type], prepend: bool = False) -> FeatureColumns:
        """The columns of `features`.

        Args:
            features: key to description.
            allowed: kinds that may occur.
            prepend: whether sequences get an axis of unknown size, as `parse_example` gives them.

        Raises:
            ValueError: a description is of another kind or incomplete.
        """
        columns = cls()
        for key in sorted(features or {}):
            feature = features[key]  # type: ignore[index]
            if not isinstance(feature, tuple(allowed)):
                raise ValueError(
                    f"Unsupported {type(feature).__name__} {feature}."
                    if isinstance(feature, _KINDS)
                    else f"Invalid feature {key}:{feature}."
                )
            columns._add(key, feature, prepend)
        return columns

    def _add(self, key: str, feature: Any, prepend: bool) -> None:
        if not feature.dtype:
            raise ValueError(f"Missing type for feature {key}. Received feature={feature}")
        dtype = dtypes.as_dtype(feature.dtype)
        if isinstance(feature, VarLenFeature):
            self._add_sparse(key, dtype)
        elif isinstance(feature, SparseFeature):
            self._add_sparse_parts(key, feature, dtype)
        elif feature.shape is None:
            raise ValueError(f"Missing shape for feature {key}. Received feature={feature}.")
        elif isinstance(feature, FixedLenSequenceFeature):
            if prepend and not feature.allow_missing:
                raise ValueError("Unsupported: FixedLenSequenceFeature requires allow_missing to be True.")
            shape = TensorShape(feature.shape)
            self.dense[key] = dtype, TensorShape([None]).concatenate(shape) if prepend else shape
            if feature.allow_missing:
                self.may_miss.add(key)
            if feature.default_value is not None:
                self.defaults[key] = feature.default_value
        else:
            shape = TensorShape(feature.shape)
            if shape.rank and shape.as_list()[0] is None:
                raise ValueError(
                    f"First dimension of shape for feature {key} unknown. Consider using FixedLenSequenceFeature."
                )
            if not shape.is_fully_defined():
                raise ValueError(
                    f"All dimensions of shape for feature {key} need to be known but received {feature.shape!s}."
                )
            self.dense[key] = dtype, shape
            if feature.default_value is not None:
                self.defaults[key] = feature.default_value

    def _add_sparse(self, key: str, dtype: dtypes.DType) -> None:
        if self.sparse.setdefault(key, dtype) != dtype:
            raise ValueError(f"Conflicting type {self.sparse[key]} vs {dtype} for feature {key}.")

    def _add_sparse_parts(self, key: str, feature: SparseFeature, dtype: dtypes.DType) -> None:
        if not feature.index_key:
            raise ValueError(f"Missing index_key for SparseFeature {feature}.")
        if not feature.value_key:
            raise ValueError(f"Missing value_key for SparseFeature {feature}.")
        keys = [feature.index_key] if isinstance(feature.index_key, str) else feature.index_key
        for index_key in sorted(keys):
            self._add_sparse(index_key, dtypes.int64)
        self._add_sparse(feature.value_key, dtype)

    def ordered_sparse(self) -> tuple[list[str], list[dtypes.DType]]:
        """Keys and types of the sparse columns."""
        return list(self.sparse), list(self.sparse.values())

    def check(self, ragged: Sequence[str] = ()) -> None:
        """ValueError when a key is of two kinds."""
        kinds = {"dense": list(self.dense), "sparse": list(self.sparse), "ragged": list(ragged)}
        for first, second in (("dense", "sparse"), ("dense", "ragged"), ("ragged", "sparse")):
            both = set(kinds[first]) & set(kinds[second])
            if both:
                raise ValueError(
                    f"{first.capitalize()} and {second} keys must not intersect; {first}_keys: {kinds[first]}, "
                    f"{second}_keys: {kinds[second]}, intersection: {both}"
                )

    def default_tensors(self) -> list[Tensor]:
        """A tensor per dense column: its default, nothing where the key must be there."""
        return [self._default(k, dtype, shape) for k, (dtype, shape) in self.dense.items()]

    def _default(self, key: str, dtype: dtypes.DType, shape: TensorShape) -> Tensor:
        value = self.defaults.get(key)
        label = re.sub(r"[^A-Za-z0-9_.\-/]", "_", key)
        if shape.rank and shape.as_list()[0] is None:
            if value is None:
                return constant("" if dtype == dtypes.string else 0, dtype=dtype)
            return reshape(convert_to_tensor(value, dtype=dtype, name=f"padding_{label}"), [])
        if value is None:
            return constant([], dtype=dtype)
        if not isinstance(value, Tensor):
            return reshape(convert_to_tensor(value, dtype=dtype, name=f"key_{label}"), shape)
        return value


_KINDS = (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature)
