"""Columns of numbers, as they are or by the interval they lie in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from tfcompat.feature_column.base import CategoricalColumn, DenseColumn, IdWeightPair
from tfcompat.feature_column.checks import check_key, checked_default, checked_shape
from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.example_features import FixedLenFeature
from tfcompat.ops.filling import one_hot
from tfcompat.ops.packing import stack
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.tiling import tile


class _Numeric(NamedTuple):
    key: str
    shape: tuple[int, ...]
    default_value: Any
    dtype: dtypes.DType
    normalizer_fn: Callable[[Any], Any] | None


class NumericColumn(DenseColumn, _Numeric):
    """See `numeric_column`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The key of the feature."""
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """A feature of fixed length."""
        return {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)}

    @property
    def parents(self) -> list[Any]:
        """The key of the feature."""
        return [self.key]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The feature as float32, normalized; ValueError for a sparse one."""
        feature = transformation_cache.get(self.key, state_manager)
        if isinstance(feature, SparseTensor):
            raise ValueError(
                "The corresponding Tensor of numerical column must be a Tensor. SparseTensor is not supported. "
                f"key: {self.key}"
            )
        if self.normalizer_fn is not None:
            feature = self.normalizer_fn(feature)
        return cast(feature, dtypes.float32)

    @property
    def variable_shape(self) -> TensorShape:
        """The shape of an example."""
        return TensorShape(self.shape)

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The normalized feature."""
        return transformation_cache.get(self, state_manager)


@tf_export("feature_column.numeric_column")
def numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: Any = None,
    dtype: Any = dtypes.float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> NumericColumn:
    """A feature of numbers, as it is.

    Args:
        key: key of the feature.
        shape: of one example; a size stands for a vector.
        default_value: number, or nested numbers of that shape, for examples without the feature.
        dtype: type of the feature in examples; integer or floating.
        normalizer_fn: function of the [batch, *shape] tensor that gives the one to use.

    Raises:
        ValueError: `dtype` is of no numbers, a size is not positive, or the default has another shape.
        TypeError: a size is no integer, the default does not fit `dtype`, or `normalizer_fn` cannot be called.
    """
    check_key(key)
    sizes = checked_shape(shape, key)
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype must be convertible to float. dtype: {dtype}, key: {key}")
    default = checked_default(sizes, default_value, dtype, key)
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise TypeError(f"normalizer_fn must be a callable. Given: {normalizer_fn}")
    return NumericColumn(key, sizes, default, dtype, normalizer_fn)


class _Bucketized(NamedTuple):
    source_column: NumericColumn
    boundaries: tuple[float, ...]


class BucketizedColumn(DenseColumn, CategoricalColumn, _Bucketized):
    """See `bucketized_column`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """`<source>_bucketized`."""
        return f"{self.source_column.name}_bucketized"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """That of the source."""
        return self.source_column.parse_example_spec

    @property
    def parents(self) -> list[Any]:
        """The source."""
        return [self.source_column]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The number of the interval of each element, int32."""
        numbers = transformation_cache.get(self.source_column, state_manager)
        return raw_ops.Bucketize(input=numbers, boundaries=self.boundaries)

    @property
    def variable_shape(self) -> TensorShape:
        """The shape of the source, and the number of intervals."""
        return TensorShape((*self.source_column.shape, len(self.boundaries) + 1))

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """A one for the interval of each element."""
        buckets = transformation_cache.get(self, state_manager)
        return one_hot(cast(buckets, dtypes.int64), len(self.boundaries) + 1, on_value=1.0, off_value=0.0)

    @property
    def num_buckets(self) -> int:
        """Intervals of all elements of an example together."""
        return (len(self.boundaries) + 1) * self.source_column.shape[0]

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """An id for each element, those of different elements differ."""
        buckets = transformation_cache.get(self, state_manager)
        batch, width = shape(buckets)[0], self.source_column.shape[0]  # type: ignore[index]
        rows = reshape(tile(expand_dims(range_of(0, batch), 1), [1, width]), [-1])
        columns = tile(range_of(0, width), [batch])
        ids = reshape(buckets, [-1]) + (len(self.boundaries) + 1) * columns
        places = cast(transpose(stack([rows, columns])), dtypes.int64)
        sizes = cast(stack([batch, width]), dtypes.int64)
        return IdWeightPair(SparseTensor(places, ids, sizes), None)


@tf_export("feature_column.bucketized_column")
def bucketized_column(source_column: NumericColumn, boundaries: Any) -> BucketizedColumn:
    """Numbers by the interval they lie in, each of which includes its lower bound.

    Args:
        source_column: a column of `numeric_column` with vectors.
        boundaries: increasing numbers; n of them make n + 1 intervals.

    Raises:
        ValueError: the source is no such column, or the boundaries do not increase.
    """
    if not isinstance(source_column, NumericColumn):
        raise ValueError(f"source_column must be a column generated with numeric_column(). Given: {source_column}")
    if len(source_column.shape) > 1:
        raise ValueError(f"source_column must be one-dimensional column. Given: {source_column}")
    if not boundaries:
        raise ValueError("boundaries must not be empty.")
    if not isinstance(boundaries, (list, tuple)):
        raise ValueError("boundaries must be a sorted list.")
    if any(low >= high for low, high in itertools.pairwise(boundaries)):
        raise ValueError("boundaries must be a sorted list.")
    return BucketizedColumn(source_column, tuple(boundaries))
