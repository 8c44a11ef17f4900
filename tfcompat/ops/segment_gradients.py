"""Gradients of reductions of segments."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops


def _rows(x: Tensor, indices: Tensor) -> Tensor:
    return raw_ops.GatherV2(params=x, indices=indices, axis=0)  # type: ignore[no-any-return]


def _select(condition: Any, t: Any, e: Any) -> Tensor:
    return raw_ops.SelectV2(condition=condition, t=t, e=e)  # type: ignore[no-any-return]


def _zeros_like(x: Tensor) -> Tensor:
    return raw_ops.ZerosLike(x=x)  # type: ignore[no-any-return]


def _spread(x: Tensor, like: Tensor) -> Tensor:
    """`x` with trailing axes of size 1 up to the rank of `like`."""
    if x.shape.rank is not None and like.shape.rank is not None:
        for _ in range(like.shape.rank - x.shape.rank):
            x = raw_ops.ExpandDims(input=x, dim=-1)
        return x
    missing = raw_ops.Rank(input=like) - raw_ops.Rank(input=x)
    tail = raw_ops.Fill(dims=raw_ops.Reshape(tensor=missing, shape=[1]), value=1)
    return raw_ops.Reshape(tensor=x, shape=raw_ops.ConcatV2(values=[raw_ops.Shape(input=x), tail], axis=0))  # type: ignore[no-any-return]


def _kept_rows(x: Tensor, ids: Tensor, zero_clipped: Tensor | None = None, is_kept: Tensor | None = None) -> Any:
    """Rows of `x` by ids, zeros where an id is negative; also the ids from 0 on, and which ones they were."""
    if zero_clipped is None:
        zero_clipped = raw_ops.Maximum(x=ids, y=_zeros_like(ids))
    gathered = _rows(x, zero_clipped)
    if is_kept is None:
        is_kept = _spread(raw_ops.GreaterEqual(x=ids, y=0), gathered)
    return _select(is_kept, gathered, _zeros_like(gathered)), zero_clipped, is_kept


@gradient_of("SegmentSum")
def _segment_sum_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_rows(grad, op.inputs[1]), None]


@gradient_of("SegmentMean")
def _segment_mean_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    ids = op.inputs[1]
    ones = raw_ops.Fill(dims=raw_ops.Shape(input=ids), value=raw_ops.Cast(x=1.0, DstT=grad.dtype))
    number = _spread(raw_ops.SegmentSum(data=ones, segment_ids=ids), grad)
    return [_rows(grad / number, ids), None]


@gradient_of("SegmentMax", "SegmentMin")
def _segment_extreme_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """Shared equally by all elements that equal the extreme one of their segment."""
    data, ids = op.inputs
    chosen = raw_ops.Equal(x=data, y=_rows(op.outputs[0], ids))
    number = raw_ops.SegmentSum(data=raw_ops.Cast(x=chosen, DstT=grad.dtype), segment_ids=ids)
    return [_select(chosen, _rows(grad / number, ids), _zeros_like(data)), None]


def _product_gradient(op: Operation, grad: Tensor, segment_prod: Any, rows: Any) -> list[Tensor | None]:
    """Product without the element: the product of the others where it is 0, else product over element.

    More than one zero in a segment leaves no gradient, one leaves it to the zero itself.
    """
    data, ids = op.inputs[:2]
    is_zero = raw_ops.Equal(x=data, y=0)
    zeros = segment_prod("Sum", raw_ops.Cast(x=is_zero, DstT="int32"), ids)
    grad = _select(raw_ops.Greater(x=zeros, y=1), _zeros_like(grad), grad)
    without_zeros = segment_prod("Prod", _select(is_zero, raw_ops.OnesLike(x=data), data), ids)
    others = rows(without_zeros)
    quotient = raw_ops.DivNoNan(x=rows(op.outputs[0]), y=data)
    partial = _select(is_zero, others, quotient)
    return [rows(grad) * partial, None]


@gradient_of("SegmentProd")
def _segment_prod_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    def reduce(kind: str, data: Tensor, ids: Tensor) -> Tensor:
        return getattr(raw_ops, f"Segment{kind}")(data=data, segment_ids=ids)  # type: ignore[no-any-return]

    return _product_gradient(op, grad, reduce, lambda x: _rows(x, op.inputs[1]))


@gradient_of("UnsortedSegmentSum")
def _unsorted_segment_sum_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_kept_rows(grad, op.inputs[1])[0], None, None]


@gradient_of("UnsortedSegmentMax", "UnsortedSegmentMin")
def _unsorted_segment_extreme_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    data, ids, num_segments = op.inputs
    outputs, zero_clipped, is_kept = _kept_rows(op.outputs[0], ids)
    chosen = raw_ops.LogicalAnd(x=raw_ops.Equal(x=data, y=outputs), y=is_kept)
    number = raw_ops.UnsortedSegmentSum(
        data=raw_ops.Cast(x=chosen, DstT=grad.dtype), segment_ids=ids, num_segments=num_segments
    )
    shared, _, _ = _kept_rows(grad / number, ids, zero_clipped, is_kept)
    return [_select(chosen, shared, _zeros_like(data)), None, None]


@gradient_of("UnsortedSegmentProd")
def _unsorted_segment_prod_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    num_segments = op.inputs[2]

    def reduce(kind: str, data: Tensor, ids: Tensor) -> Tensor:
        return getattr(raw_ops, f"UnsortedSegment{kind}")(data=data, segment_ids=ids, num_segments=num_segments)  # type: ignore[no-any-return]

    return [*_product_gradient(op, grad, reduce, lambda x: _kept_rows(x, op.inputs[1])[0]), None]


def _sparse_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """By the op types that the sparse reductions have for it; as IndexedSlices if the attribute says so."""
    data, indices, ids = op.inputs[:3]
    kind = op.type.removesuffix("WithNumSegments")
    rest = [None] * (len(op.inputs) - 1)
    size = raw_ops.Shape(input=data)
    rows = raw_ops.GatherV2(params=size, indices=0, axis=0)
    if op.attrs["sparse_gradient"]:
        values = _rows(_scaled(kind, grad, ids), ids)
        return [IndexedSlices(values, indices, size), *rest]
    inputs = {"grad": grad, "indices": indices, "segment_ids": ids, "output_dim0": rows}
    return [getattr(raw_ops, f"{kind}Grad")(**inputs), *rest]


def _scaled(kind: str, grad: Tensor, ids: Tensor) -> Tensor:
    """The gradient over the number of rows of each segment, or its square root."""
    if kind == "SparseSegmentSum":
        return grad
    ones = raw_ops.Fill(dims=raw_ops.Shape(input=ids), value=raw_ops.Cast(x=1.0, DstT=grad.dtype))
    number = raw_ops.UnsortedSegmentSum(
        data=ones, segment_ids=ids, num_segments=raw_ops.GatherV2(params=raw_ops.Shape(input=grad), indices=0, axis=0)
    )
    number = raw_ops.Maximum(x=number, y=1.0)
    return grad / _spread(raw_ops.Sqrt(x=number) if kind == "SparseSegmentSqrtN" else number, grad)  # type: ignore[no-any-return]


gradient_of(
    "SparseSegmentSum",
    "SparseSegmentMean",
    "SparseSegmentSqrtN",
    "SparseSegmentSumWithNumSegments",
    "SparseSegmentMeanWithNumSegments",
    "SparseSegmentSqrtNWithNumSegments",
)(_sparse_gradient)
