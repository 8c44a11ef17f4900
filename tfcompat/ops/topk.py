"""The largest elements along the last axis: which they are, and whether given ones are among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant_op
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import normalize_axis
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import at_least_rank, exact_rank


@tf_export("nn.top_k", "math.top_k")
def top_k(input: Any, k: Any = 1, sorted: bool = True, index_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """The `k` largest elements along the last axis, largest first; of equal ones the first come first.

    Args:
        input: tensor of a floating-point or integer type, rank >= 1.
        k: how many, an integer scalar, at most the size of the last axis.
        sorted: False permits any order.
        index_type: int16, int32 or int64.
        name: name of the operation.

    Returns:
        (values, indices), both with `k` in the place of the last axis.

    Raises:
        ValueError: the last axis is known to be smaller than `k`.
    """
    return raw_ops.TopKV2(input=input, k=k, sorted=sorted, index_type=index_type, name=name)


def _approximate(name: str, is_max: bool, which: str) -> Callable[..., Any]:
    def top(
        operand: Any,
        k: int,
        reduction_dimension: int = -1,
        recall_target: float = 0.95,
        reduction_input_size_override: int = -1,
        aggregate_to_topk: bool = True,
        name: str | None = None,
    ) -> Any:
        return raw_ops.ApproxTopK(
            input=operand,
            k=k,
            reduction_dimension=reduction_dimension,
            is_max_k=is_max,
            recall_target=recall_target,
            aggregate_to_topk=aggregate_to_topk,
            reduction_input_size_override=reduction_input_size_override,
            name=name,
        )

    top.__name__ = top.__qualname__ = name
    top.__doc__ = f"""The `k` {which} elements along an axis, in order.

    Args:
        operand: tensor of float16, bfloat16 or float32.
        k: how many, an int.
        reduction_dimension: the axis.
        recall_target: the share of them that must be found; all of them are.
        reduction_input_size_override: size of the axis that `recall_target` is meant for; not used.
        aggregate_to_topk: must be True when run.
        name: name of the operation.

    Returns:
        (values, int32 indices), both with `k` in the place of the axis.
    """
    return tf_export(f"nn.{name}", f"math.{name}")(top)


approx_max_k = _approximate("approx_max_k", True, "largest")
approx_min_k = _approximate("approx_min_k", False, "smallest")


@tf_export("nn.in_top_k", "math.in_top_k")
def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Whether the target class is among the `k` with the highest predictions; ties with the last one count.

    Args:
        predictions: float32, shape [batch, classes].
        targets: int32 or int64, shape [batch].
        k: integer scalar.
        name: name of the operation.

    Returns:
        bool, shape [batch]; False where the target is no class or a prediction is not finite.
    """
    with name_scope(name, "in_top_k"):
        return raw_ops.InTopKV2(predictions=predictions, targets=targets, k=k, name=name)  # type: ignore[no-any-return]


def _known_k(c: InferenceContext) -> int | None:
    if "k" in c.op.attrs:
        return int(c.attr("k"))
    value = c.value(1)
    return None if value is None else int(value)


@shape_of("TopK", "TopKV2", "ApproxTopK")
def _top_k_shape(c: InferenceContext, shape: TensorShape, *k_shape: TensorShape) -> list[TensorShape]:
    at_least_rank(shape, 1)
    if k_shape:
        exact_rank(k_shape[0], 0)
    k = _known_k(c)
    if k is not None and k < 0:
        raise ValueError(f"Need k >= 0, got {k}")
    if shape.tuple is None:
        return [UNKNOWN, UNKNOWN]
    axis = normalize_axis(c.op.attrs.get("reduction_dimension", -1), len(shape.tuple))
    size = shape.tuple[axis]
    if size is not None and k is not None and size < k:
        raise ValueError(f"input must have last dimension >= k = {k} but is {size}")
    aggregated = c.op.attrs.get("aggregate_to_topk", True)
    result = TensorShape.of((*shape.tuple[:axis], k if aggregated else None, *shape.tuple[axis + 1 :]))
    return [result, result]


@shape_of("InTopK", "InTopKV2")
def _in_top_k_shape(
    c: InferenceContext, predictions: TensorShape, targets: TensorShape, *k_shape: TensorShape
) -> list[TensorShape]:
    rows = exact_rank(predictions, 2).as_list()[0]
    return [exact_rank(targets, 1).merge_with(TensorShape.of((rows,)))]


@shape_of("NthElement")
def _nth_element_shape(c: InferenceContext, shape: TensorShape, n: TensorShape) -> list[TensorShape]:
    at_least_rank(shape, 1)
    if shape.tuple is None:
        return [UNKNOWN]
    known, size = c.value(1), shape.tuple[-1]
    if known is not None and size is not None and size <= int(known):
        raise ValueError(f"Input must have last dimension > n = {int(known)} but is {size}")
    return [TensorShape.of(shape.tuple[:-1])]


@gradient_of("TopK", "TopKV2")
def _top_k_gradient(op: Operation, grad: Tensor, _: Any = None) -> list[Tensor | None]:
    """The gradients put back to where the elements came from."""
    x, indices = op.inputs[0], op.outputs[1]
    shape, outer, width = _sizes(x)
    k = raw_ops.StridedSlice(input=raw_ops.Shape(input=indices), begin=[-1], end=[0], strides=[1], end_mask=1)
    columns = raw_ops.Reshape(
        tensor=raw_ops.Cast(x=indices, DstT="int32"),
        shape=raw_ops.ConcatV2(values=[raw_ops.Reshape(tensor=outer, shape=[1]), k], axis=0),
    )
    starts = raw_ops.Mul(x=raw_ops.Range(start=0, limit=outer, delta=1), y=width)
    positions = raw_ops.Reshape(tensor=columns + raw_ops.ExpandDims(input=starts, dim=1), shape=[-1, 1])
    total = raw_ops.Reshape(tensor=outer * width, shape=[1])
    flat = raw_ops.ScatterNd(indices=positions, updates=raw_ops.Reshape(tensor=grad, shape=[-1]), shape=total)
    return [raw_ops.Reshape(tensor=flat, shape=shape)] + [None] * (len(op.inputs) - 1)


def _sizes(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The shape of `x`, the product of all but its last size, and the last size."""
    if x.shape.is_fully_defined():
        sizes = np.array(x.shape.as_list(), np.int32)
        return constant_op(sizes), constant_op(np.array(sizes[:-1].prod(), np.int32)), constant_op(sizes[-1])
    shape = raw_ops.Shape(input=x)
    leading = raw_ops.StridedSlice(input=shape, begin=[0], end=[-1], strides=[1])
    width = raw_ops.StridedSlice(input=shape, begin=[-1], end=[0], strides=[1], shrink_axis_mask=1)
    return shape, raw_ops.Prod(input=leading, reduction_indices=0), width


@gradient_of("ApproxTopK")
def _approximate_top_k_gradient(op: Operation, grad: Tensor, _: Any = None) -> list[Tensor | None]:
    """The gradients put back to where the elements came from, along the dimension that was reduced."""
    indices = op.outputs[1]
    shape, rank = raw_ops.Shape(input=indices), len(op.inputs[0].shape)

    def counted(d: int) -> Tensor:
        in_order = raw_ops.Range(start=0, limit=shape[d], delta=1)
        along = raw_ops.Reshape(tensor=in_order, shape=[-1 if i == d else 1 for i in range(rank)])
        return raw_ops.BroadcastTo(input=along, shape=shape)  # type: ignore[no-any-return]

    axis = op.attrs["reduction_dimension"] % rank
    places = raw_ops.Pack(values=[indices if d == axis else counted(d) for d in range(rank)], axis=-1)
    return [raw_ops.ScatterNd(indices=places, updates=grad, shape=raw_ops.Shape(input=op.inputs[0]))]


@gradient_of("NthElement")
def _nth_element_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """Shared equally by all elements that equal the chosen one."""
    x = op.inputs[0]
    chosen = raw_ops.Cast(x=raw_ops.Equal(x=raw_ops.ExpandDims(input=op.outputs[0], dim=-1), y=x), DstT=grad.dtype)
    count = raw_ops.Sum(input=chosen, reduction_indices=-1, keep_dims=True)
    return [chosen / count * raw_ops.ExpandDims(input=grad, dim=-1), None]
