"""`IndexedSlices`: slices of a larger tensor, as gradients of gathers give them."""

from __future__ import annotations

import collections
import warnings
from typing import Any

from tfcompat.graph.apply import apply_op
from tfcompat.graph.convert import register_tensor_conversion_function
from tfcompat.graph.dtypes import DType, as_dtype
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, unknown_shape

_LARGE_ELEMENTS = 100_000_000

IndexedSlicesValue = collections.namedtuple("IndexedSlicesValue", ["values", "indices", "dense_shape"])
IndexedSlicesValue.__doc__ = "What a run gives for IndexedSlices, and what may be fed for them: three arrays."
export("IndexedSlicesValue", IndexedSlicesValue)


@tf_export("IndexedSlices")
class IndexedSlices(CompositeTensor):
    """A tensor that is zero but for `values[i]` added to its slice `indices[i]`; equal indices add up.

    Args:
        values: shape [n, d1, ...], the slices.
        indices: shape [n], int32 or int64, positions along the first dimension.
        dense_shape: vector, the shape of the whole tensor, if known.
    """

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Any = None):
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Tensor:
        """The slices."""
        return self._values

    @property
    def indices(self) -> Tensor:
        """The position of each slice."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """The shape of the whole tensor as a vector, or None."""
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        """What is statically known of the whole tensor's shape."""
        if self._dense_shape is None:
            return UNKNOWN
        known = GRAPH_VALUES.partial(self._dense_shape)
        if isinstance(known, list):
            return TensorShape([None if d is None or d < 0 else d for d in known])
        length = self._dense_shape.shape.num_elements()
        return UNKNOWN if length is None else unknown_shape(length)

    def get_shape(self) -> TensorShape:
        """Same as `shape`."""
        return self.shape

    @property
    def name(self) -> str:
        """The name of `values`."""
        return self._values.name

    @property
    def device(self) -> str:
        """The device of `values`."""
        return self._values.device

    @property
    def op(self) -> Operation:
        """The operation that gives `values`."""
        return self._values.op

    @property
    def dtype(self) -> DType:
        """The type of `values`."""
        return self._values.dtype

    @property
    def graph(self) -> Any:
        """The graph that holds it."""
        return self._values.graph

    def consumers(self) -> list[Operation]:
        """The operations that take one of its parts."""
        return [op for part in self.component_tensors() for op in part.consumers()]

    def component_tensors(self) -> list[Tensor]:
        """values, indices and, if there is one, dense_shape."""
        return [t for t in (self._values, self._indices, self._dense_shape) if t is not None]

    def with_component_tensors(self, tensors: list[Tensor]) -> IndexedSlices:
        """IndexedSlices of other tensors, in the order of `component_tensors`."""
        return IndexedSlices(*tensors)

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(apply_op("Neg", None, {"x": self._values}), self._indices, self._dense_shape)

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"


def _to_tensor(value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    """The whole tensor, by UnsortedSegmentSum."""
    if dtype is not None and not as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible tensor conversion requested to `dtype` {as_dtype(dtype).name} for "
            f"IndexedSlices ({value}) with dtype {value.dtype.name}"
        )
    if value.dense_shape is None:
        raise ValueError(
            f"Tensor conversion requested for IndexedSlices for argument `value` without dense_shape: {value}"
        )
    size = value.shape.num_elements()
    if size is not None and size >= _LARGE_ELEMENTS:
        warnings.warn(
            f"Converting sparse IndexedSlices to a dense Tensor with {size} elements. This may consume a "
            "large amount of memory.",
            stacklevel=2,
        )
    rows = value.dense_shape[0]
    inputs = {"data": value.values, "segment_ids": value.indices, "num_segments": rows}
    return apply_op("UnsortedSegmentSum", name, inputs)  # type: ignore[no-any-return]


register_tensor_conversion_function(IndexedSlices, _to_tensor)
