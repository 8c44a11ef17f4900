"""Sparse tensors as rows: taken apart along their first dimension, and put together again, for `map_fn`."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.type_spec import SparseTensorSpec
from tfcompat.ops import raw_ops
from tfcompat.ops.concat import concat
from tfcompat.ops.repeat import repeat
from tfcompat.ops.tensor_array import TensorArray


class SparseRows:
    """A sparse tensor, its entries ordered by row, to be walked over."""

    def __init__(self, value: SparseTensor):
        self._value = value
        shape = value.shape
        self._row_shape = shape[1:] if shape.rank is not None else TensorShape(None)
        self.spec = SparseTensorSpec(self._row_shape, value.dtype)
        rows = raw_ops.Cast(x=value.dense_shape[0], DstT=dtypes.int32)
        self.counted = raw_ops.Fill(dims=raw_ops.Pack(values=[rows]), value=0)
        if shape.rank is not None and shape.as_list()[0] is not None:
            self.counted.set_shape([shape.as_list()[0]])

    def arrays(self, count: Any) -> list[TensorArray]:
        """Nothing: rows are cut out of the tensors."""
        return []

    def filled(self, arrays: list[TensorArray]) -> list[TensorArray]:
        """Finds where each row begins and ends."""
        indices = self._value.indices
        counts = raw_ops.UnsortedSegmentSum(
            data=raw_ops.OnesLike(x=indices[:, 0]),
            segment_ids=indices[:, 0],
            num_segments=raw_ops.Cast(x=self._value.dense_shape[0], DstT=dtypes.int32),
        )
        self._ends = raw_ops.Cumsum(x=counts, axis=0)
        self._starts = raw_ops.Sub(x=self._ends, y=counts)
        return arrays

    def row(self, index: Tensor, arrays: list[TensorArray]) -> SparseTensor:
        """One row."""
        start, end = self._starts[index], self._ends[index]
        row = SparseTensor(
            self._value.indices[start:end, 1:], self._value.values[start:end], self._value.dense_shape[1:]
        )
        row.set_shape(self._row_shape)
        return row


class SparseResults:
    """Sparse tensors that a function gives, one per row."""

    def __init__(self, spec: SparseTensorSpec):
        self._spec = spec

    def arrays(self, count: Any) -> list[TensorArray]:
        """Empty arrays for their indices, values, shapes and numbers of entries."""
        rank = self._spec.shape.rank
        kinds = [(dtypes.int64, [None, rank]), (self._spec.dtype, [None]), (dtypes.int64, [rank]), (dtypes.int64, [])]
        return [
            TensorArray(dtype, size=count, dynamic_size=False, infer_shape=False, element_shape=shape)
            for dtype, shape in kinds
        ]

    def parts(self, value: Any) -> list[Tensor]:
        """One of them, as what is written into the arrays."""
        if not isinstance(value, SparseTensor):
            raise TypeError(f"Error in map_fn: fn returned {value!r}, and a SparseTensor was expected.")
        size = raw_ops.Size(input=value.values, out_type=dtypes.int64)
        return [value.indices, value.values, value.dense_shape, size]

    def joined(self, arrays: list[TensorArray], rows: int | None) -> SparseTensor:
        """All of them as one sparse tensor of one more dimension, as large as the largest of them."""
        indices, values, shapes, counts = arrays[0].concat(), arrays[1].concat(), arrays[2].stack(), arrays[3].stack()
        number = raw_ops.Size(input=counts, out_type=dtypes.int64)
        row = repeat(
            raw_ops.Range(
                start=raw_ops.Cast(x=0, DstT=dtypes.int64), limit=number, delta=raw_ops.Cast(x=1, DstT=dtypes.int64)
            ),
            counts,
        )
        largest = raw_ops.Max(input=shapes, reduction_indices=[0])
        result = SparseTensor(
            concat([raw_ops.ExpandDims(input=row, dim=1), indices], 1),
            values,
            concat([raw_ops.Pack(values=[number]), largest], 0),
        )
        result.set_shape(TensorShape([rows]).concatenate(self._spec.shape))
        return result
