"""`SparseTensor`: a tensor given by the positions and values of its explicit elements."""

from __future__ import annotations

import collections
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, as_shape

SparseTensorValue = collections.namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])
SparseTensorValue.__doc__ = """What a run gives for a SparseTensor, and what may be fed for one.

Attributes:
    indices: int64 array of shape [n, rank], the positions.
    values: array of shape [n].
    dense_shape: int64 array of shape [rank].
"""
export("SparseTensorValue", SparseTensorValue)


@tf_export("SparseTensor", "sparse.SparseTensor")
class SparseTensor(CompositeTensor):
    """A tensor of shape `dense_shape` that has `values[i]` at position `indices[i]` and zeros elsewhere.

    Args:
        indices: int64, shape [n, rank].
        values: any type, shape [n].
        dense_shape: int64, shape [rank].

    Most operations want the indices in row-major order; `tf.sparse.reorder` sorts them.

    Raises:
        ValueError: the ranks or sizes of the three do not fit each other.
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any):
        with name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            self._indices = convert_to_tensor(indices, dtypes.int64, name="indices")
            self._values = convert_to_tensor(values, name="values")
            self._dense_shape = convert_to_tensor(dense_shape, dtypes.int64, name="dense_shape")
        places = self._indices.shape.with_rank(2)
        places.dims[0].merge_with(self._values.shape.with_rank(1).dims[0])  # type: ignore[index]
        places.dims[1].merge_with(self._dense_shape.shape.with_rank(1).dims[0])  # type: ignore[index]
        self._static_shape = _known_shape(self._dense_shape)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A SparseTensor of a `SparseTensorValue` (a SparseTensor passes through its parts).

        Raises:
            TypeError: it is neither.
        """
        if not isinstance(sparse_tensor_value, (cls, SparseTensorValue)):
            raise TypeError(
                f"Argument sparse_tensor_value={sparse_tensor_value} is neither a SparseTensor nor SparseTensorValue."
            )
        return cls(sparse_tensor_value.indices, sparse_tensor_value.values, sparse_tensor_value.dense_shape)

    @property
    def indices(self) -> Tensor:
        """The positions, int64 of shape [n, rank]."""
        return self._indices

    @property
    def values(self) -> Tensor:
        """The explicit elements, shape [n]."""
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        """The shape of the whole tensor as an int64 vector."""
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        """What is statically known of the whole tensor's shape."""
        return self._static_shape

    def get_shape(self) -> TensorShape:
        """Same as `shape`."""
        return self._static_shape

    def set_shape(self, shape: Any) -> None:
        """Adds knowledge about the shape; ValueError when it contradicts what is known."""
        self._static_shape = self._static_shape.merge_with(as_shape(shape))

    def with_values(self, new_values: Any) -> SparseTensor:
        """The same positions with other values."""
        return type(self)(self._indices, new_values, self._dense_shape)

    @property
    def op(self) -> Operation:
        """The operation that gives `values`."""
        return self._values.op

    @property
    def name(self) -> str:
        """The name of `values`."""
        return self._values.name

    @property
    def dtype(self) -> dtypes.DType:
        """The type of `values`."""
        return self._values.dtype

    @property
    def graph(self) -> Any:
        """The graph that holds it."""
        return self._indices.graph

    def consumers(self) -> list[Operation]:
        """The operations that take one of its parts."""
        return list(dict.fromkeys(op for part in self.component_tensors() for op in part.consumers()))

    def component_tensors(self) -> list[Tensor]:
        """indices, values and dense_shape."""
        return [self._indices, self._values, self._dense_shape]

    def with_component_tensors(self, tensors: list[Tensor]) -> SparseTensor:
        """A SparseTensor of other tensors, in the order of `component_tensors`."""
        return type(self)(*tensors)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Runs the graph for its parts in `session` (default: the default session); gives a SparseTensorValue."""
        parts = self.graph.session_for(session, self._values).run(self.component_tensors(), feed_dict)
        return SparseTensorValue(*parts)

    def __str__(self) -> str:
        return f"SparseTensor(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"


def _known_shape(dense_shape: Tensor) -> TensorShape:
    known = GRAPH_VALUES.partial(dense_shape)
    if isinstance(known, list):
        return TensorShape.of(tuple(None if d is None or d < 0 else int(d) for d in known))
    length = dense_shape.shape.num_elements()
    return UNKNOWN if length is None else TensorShape.of((None,) * length)


@tf_export("convert_to_tensor_or_sparse_tensor")
def convert_to_tensor_or_sparse_tensor(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`value` as a SparseTensor when it is one (or a SparseTensorValue), else `convert_to_tensor(value)`.

    Raises:
        RuntimeError: a sparse value has another type than `dtype`.
    """
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        return convert_to_tensor(value, dtype=dtype, name=name)
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise RuntimeError(
            f"Sparse dtype mismatch. Requested: {dtypes.as_dtype(dtype).name}, Actual: {value.dtype.name}"
        )
    return value
