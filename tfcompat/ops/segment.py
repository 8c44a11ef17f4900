"""Reductions of the rows of a tensor that belong together: sorted, unsorted and sparse segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.apply import apply_op
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, shape_internal
from tfcompat.ops.filling import ones
from tfcompat.ops.math import sqrt
from tfcompat.ops.shape_checks import at_least_rank, exact_rank

_SORTED = {
    "segment_sum":  ("SegmentSum", "The sum of the rows of each segment; 0 for an empty one."),
    "segment_mean": ("SegmentMean", "The mean of the rows of each segment; 0 for an empty one."),
    "segment_prod": ("SegmentProd", "The product of the rows of each segment; 1 for an empty one."),
    "segment_max":  ("SegmentMax", "The largest elements of the rows of each segment; 0 for an empty one."),
    "segment_min":  ("SegmentMin", "The smallest elements of the rows of each segment; 0 for an empty one."),
}  # fmt: skip

_UNSORTED = {
    "unsorted_segment_sum":  ("UnsortedSegmentSum", "The sum of the rows of each segment; 0 for an empty one."),
    "unsorted_segment_prod": ("UnsortedSegmentProd", "The product of the rows of each segment; 1 for an empty one."),
    "unsorted_segment_max":  ("UnsortedSegmentMax",
                              "The largest elements of each segment; the lowest value of the type for an empty one."),
    "unsorted_segment_min":  ("UnsortedSegmentMin",
                              "The smallest elements of each segment; the highest value of the type for an empty one."),
}  # fmt: skip


def _sorted_segments(name: str, op_type: str, doc: str) -> None:
    def reduce(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
        return apply_op(op_type, name, {"data": data, "segment_ids": segment_ids})  # type: ignore[no-any-return]

    reduce.__name__ = reduce.__qualname__ = name
    reduce.__doc__ = f"""{doc}

    Args:
        data: tensor of a number type, rank >= 1.
        segment_ids: int32 or int64 vector, the segment of each row; sorted, not negative.
        name: name of the operation.

    Returns:
        A tensor of the type of `data` with one row per segment up to the last id.
    """
    globals()[name] = tf_export(name, f"math.{name}")(reduce)


def _unsorted_segments(name: str, op_type: str, doc: str) -> None:
    def reduce(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Tensor:
        values = {"data": data, "segment_ids": segment_ids, "num_segments": num_segments}
        return apply_op(op_type, name, values)  # type: ignore[no-any-return]

    reduce.__name__ = reduce.__qualname__ = name
    reduce.__doc__ = f"""{doc}

    Args:
        data: tensor of a number type.
        segment_ids: int32 or int64, its shape a prefix of that of `data`; parts with a negative id are left out.
        num_segments: how many segments there are, an integer scalar above all ids.
        name: name of the operation.

    Returns:
        A tensor of the type of `data`: [num_segments] in the place of the shape of `segment_ids`.
    """
    globals()[name] = tf_export(name, f"math.{name}")(reduce)


for _name, (_op_type, _doc) in _SORTED.items():
    _sorted_segments(_name, _op_type, _doc)
for _name, (_op_type, _doc) in _UNSORTED.items():
    _unsorted_segments(_name, _op_type, _doc)


def _counts(data: Tensor, segment_ids: Tensor, num_segments: Tensor) -> Tensor:
    """The number of rows of each segment, at least 1, in the shape that divides the sums."""
    number = raw_ops.UnsortedSegmentSum(
        data=ones(shape_internal(segment_ids), dtype=data.dtype), segment_ids=segment_ids, num_segments=num_segments
    )
    first = num_segments[None]
    rest = ones([rank(data) - rank(segment_ids)], dtype=num_segments.dtype)
    number = raw_ops.Reshape(tensor=number, shape=raw_ops.ConcatV2(values=[first, rest], axis=0, name="concat"))
    return raw_ops.Maximum(x=number, y=1)  # type: ignore[no-any-return]


def _averaged(name: str, scope_name: str, divisor: Callable[[Tensor], Tensor], doc: str) -> Callable[..., Tensor]:
    def reduce(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Tensor:
        with name_scope(name, scope_name):
            data = convert_to_tensor(data)
            segment_ids = convert_to_tensor(segment_ids)
            number = _counts(data, segment_ids, convert_to_tensor(num_segments))
            total = raw_ops.UnsortedSegmentSum(data=data, segment_ids=segment_ids, num_segments=num_segments)
            return total / divisor(number)  # type: ignore[no-any-return]

    reduce.__name__ = reduce.__qualname__ = name
    reduce.__doc__ = f"{doc} Arguments and result as for `unsorted_segment_sum`."
    return tf_export(name, f"math.{name}")(reduce)


unsorted_segment_mean = _averaged(
    "unsorted_segment_mean",
    "UnsortedSegmentMean",
    lambda n: n,
    "The mean of the rows of each segment; 0 for an empty one.",
)
unsorted_segment_sqrt_n = _averaged(
    "unsorted_segment_sqrt_n",
    "UnsortedSegmentSqrtN",
    sqrt,
    "The sum of the rows of each segment over the square root of their number.",
)


def _sparse_segments(name: str, op_type: str, doc: str) -> None:
    def reduce(
        data: Any,
        indices: Any,
        segment_ids: Any,
        name: str | None = None,
        num_segments: Any = None,
        sparse_gradient: bool = False,
    ) -> Tensor:
        values = {"data": data, "indices": indices, "segment_ids": segment_ids, "sparse_gradient": sparse_gradient}
        if num_segments is None:
            return apply_op(op_type, name, values)  # type: ignore[no-any-return]
        return apply_op(f"{op_type}WithNumSegments", name, {**values, "num_segments": num_segments})  # type: ignore[no-any-return]

    reduce.__name__ = reduce.__qualname__ = name
    reduce.__doc__ = f"""{doc}

    Args:
        data: tensor of a floating-point type (sums: of a number type), rank >= 1.
        indices: int32 or int64 vector, rows of `data`.
        segment_ids: int32 or int64 vector, the segment of each index; sorted, not negative.
        name: name of the operation.
        num_segments: how many segments there are; up to the last id by default.
        sparse_gradient: whether the gradient by `data` is IndexedSlices.

    Returns:
        A tensor of the type of `data` with one row per segment; 0 for an empty one.
    """
    globals()[f"sparse_{name}"] = tf_export(f"sparse.{name}", f"sparse_{name}")(reduce)


_sparse_segments("segment_sum", "SparseSegmentSum", "The sum of the given rows of each segment.")
_sparse_segments("segment_mean", "SparseSegmentMean", "The mean of the given rows of each segment.")
_sparse_segments(
    "segment_sqrt_n",
    "SparseSegmentSqrtN",
    "The sum of the given rows of each segment over the square root of their number.",
)


@shape_of("SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin")
def _segment_shape(c: InferenceContext, data: TensorShape, ids: TensorShape) -> list[TensorShape]:
    at_least_rank(data, 1)
    exact_rank(ids, 1)
    if data.tuple is None:
        return [UNKNOWN]
    return [TensorShape.of((None, *data.tuple[1:]))]


@shape_of("UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin")
def _unsorted_segment_shape(
    c: InferenceContext, data: TensorShape, ids: TensorShape, num_segments: TensorShape
) -> list[TensorShape]:
    exact_rank(num_segments, 0)
    if ids.tuple is None or data.tuple is None:
        return [UNKNOWN]
    for size, other in zip(data.tuple, ids.tuple, strict=False):
        merge_dims(size, other)
    if len(ids.tuple) > len(data.tuple):
        raise ValueError(f"Shape must be at least rank {len(ids.tuple)} but is rank {len(data.tuple)}")
    return [TensorShape.of((_known_size(c, 2), *data.tuple[len(ids.tuple) :]))]


def _known_size(c: InferenceContext, index: int) -> int | None:
    known = c.value(index)
    if known is None:
        return None
    if int(known) < 0:
        raise ValueError(f"Dimension size, given by scalar input {index}, must be non-negative but is {int(known)}")
    return int(known)


_SPARSE = ("SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN")


@shape_of(*_SPARSE, *(f"{t}WithNumSegments" for t in _SPARSE))
def _sparse_segment_shape(
    c: InferenceContext, data: TensorShape, indices: TensorShape, ids: TensorShape, *num_segments: TensorShape
) -> list[TensorShape]:
    at_least_rank(data, 1)
    merge_dims(exact_rank(indices, 1).as_list()[0], exact_rank(ids, 1).as_list()[0])
    if data.tuple is None:
        return [UNKNOWN]
    rows = None
    if num_segments:
        exact_rank(num_segments[0], 0)
        known = c.value(3)
        if known is not None and int(known) < 0:
            raise ValueError("Cannot specify a negative value for num_segments")
        rows = _known_size(c, 3)
    return [TensorShape.of((rows, *data.tuple[1:]))]


@shape_of("SparseSegmentSumGrad", "SparseSegmentMeanGrad", "SparseSegmentSqrtNGrad")
def _sparse_segment_grad_shape(
    c: InferenceContext, grad: TensorShape, indices: TensorShape, ids: TensorShape, rows: TensorShape
) -> list[TensorShape]:
    at_least_rank(grad, 1)
    merge_dims(exact_rank(indices, 1).as_list()[0], exact_rank(ids, 1).as_list()[0])
    exact_rank(rows, 0)
    if grad.tuple is None:
        return [UNKNOWN]
    return [TensorShape.of((_known_size(c, 3), *grad.tuple[1:]))]
