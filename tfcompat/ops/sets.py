"""Sets: the elements of the last axis of tensors, each row a set."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops

_TYPES = (dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8, dtypes.uint16, dtypes.string)

not_differentiable("SetSize", "DenseToDenseSetOperation", "DenseToSparseSetOperation", "SparseToSparseSetOperation")


@shape_of("SetSize")
def _size_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [UNKNOWN]


@shape_of("DenseToDenseSetOperation", "DenseToSparseSetOperation", "SparseToSparseSetOperation")
def _operation_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    rank = _known_rank(c, shapes)
    return [TensorShape.of((None, rank)), TensorShape.of((None,)), TensorShape.of((rank,))]


def _known_rank(c: InferenceContext, shapes: tuple[TensorShape, ...]) -> int | None:
    """The rank of the sets, from whichever operand tells it; ValueError when they differ or are too low."""
    if c.op.type == "DenseToDenseSetOperation":
        ranks = [s.rank for s in shapes]
        _check_groups(*shapes)
    elif c.op.type == "DenseToSparseSetOperation":
        ranks = [shapes[0].rank, *_sparse_rank(shapes[1], shapes[3])]
    else:
        ranks = [*_sparse_rank(shapes[0], shapes[2]), *_sparse_rank(shapes[3], shapes[5])]
    known = [r for r in ranks if r is not None]
    if any(r < 2 for r in known):
        raise ValueError(f"Shape must be at least rank 2 but is rank {min(known)}")
    if len(set(known)) > 1:
        raise ValueError(f"Shape must be rank {known[0]} but is rank {known[-1]}")
    return known[0] if known else None


def _check_groups(a: TensorShape, b: TensorShape) -> None:
    """All sizes but the last must agree."""
    if a.rank is None or a.rank != b.rank:
        return
    for axis, (x, y) in enumerate(zip(a.as_list()[:-1], b.as_list()[:-1], strict=True)):
        if x is not None and y is not None and x != y:
            shapes = f"Shapes are {TensorShape(a.as_list()[:-1])} and {TensorShape(b.as_list()[:-1])}."
            raise ValueError(f"Dimension {axis} in both shapes must be equal, but are {x} and {y}. {shapes}")


def _sparse_rank(indices: TensorShape, shape: TensorShape) -> list[int | None]:
    return [indices.as_list()[1] if indices.rank == 2 else None, shape.as_list()[0] if shape.rank == 1 else None]


@tf_export("sets.size", "sets.set_size")
def set_size(a: Any, validate_indices: bool = True) -> Tensor:
    """The number of distinct elements in each row of a SparseTensor.

    Args:
        a: SparseTensor of rank n whose rows, along the last axis, are sets.
        validate_indices: refuse indices that are out of bounds, repeated or not in row-major order.

    Returns:
        An int32 tensor of rank n - 1.

    Raises:
        TypeError: `a` is no SparseTensor, or of a type that has no sets.
    """
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if not isinstance(a, SparseTensor):
        raise TypeError("Expected `SparseTensor`, got {}.".format(a))  # noqa: UP032
    if a.values.dtype.base_dtype not in _TYPES:
        raise TypeError(f"Invalid dtype `{a.values.dtype}` not in supported dtypes: `{_TYPES}`.")
    return raw_ops.SetSize(  # type: ignore[no-any-return]
        set_indices=a.indices, set_values=a.values, set_shape=a.dense_shape, validate_indices=validate_indices
    )


def _operation(a: Any, b: Any, operation: str, validate_indices: bool) -> SparseTensor:
    both = {"set_operation": operation, "validate_indices": validate_indices}
    if not isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        parts = raw_ops.DenseToDenseSetOperation(set1=a, set2=b, **both)
    elif not isinstance(b, SparseTensor):
        raise ValueError(f"SparseTensor,Tensor is not supported. `a` = {a}, `b` = {b}")
    elif not isinstance(a, SparseTensor):
        parts = raw_ops.DenseToSparseSetOperation(
            set1=a, set2_indices=b.indices, set2_values=b.values, set2_shape=b.dense_shape, **both
        )
    else:
        parts = raw_ops.SparseToSparseSetOperation(
            set1_indices=a.indices,
            set1_values=a.values,
            set1_shape=a.dense_shape,
            set2_indices=b.indices,
            set2_values=b.values,
            set2_shape=b.dense_shape,
            **both,
        )
    return SparseTensor(*parts)


def _operands(a: Any, b: Any) -> tuple[Any, Any, bool]:
    """`a` and `b` as tensors, exchanged when only `a` is sparse, and whether they were."""
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if a.dtype.base_dtype not in _TYPES:
        raise TypeError(f"'a' has invalid dtype `{a.dtype}` not in supported dtypes: `{_TYPES}`.")
    b = convert_to_tensor_or_sparse_tensor(b, name="b")
    if b.dtype.base_dtype != a.dtype.base_dtype:
        raise TypeError(f"Types don't match, {a.dtype} vs {b.dtype}.")
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        return b, a, True
    return a, b, False


@tf_export("sets.intersection", "sets.set_intersection")
def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in both of two sets, row by row.

    Args:
        a: tensor or SparseTensor of integers or strings; its last axis holds the elements.
        b: the same, with equal sizes but for the last axis.
        validate_indices: refuse indices that are out of bounds, repeated or not in row-major order.

    Returns:
        A SparseTensor, elements of each row in ascending order.
    """
    a, b, _ = _operands(a, b)
    return _operation(a, b, "intersection", validate_indices)


@tf_export("sets.difference", "sets.set_difference")
def set_difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """What is in one of two sets and not in the other: a - b, or b - a unless `aminusb`; see `intersection`."""
    a, b, exchanged = _operands(a, b)
    return _operation(a, b, "a-b" if aminusb != exchanged else "b-a", validate_indices)


@tf_export("sets.union", "sets.set_union")
def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in at least one of two sets, row by row; see `intersection`."""
    a, b, _ = _operands(a, b)
    return _operation(a, b, "union", validate_indices)
