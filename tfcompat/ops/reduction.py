"""Reductions over axes: sums, means, products, extremes, logical ones, and what is composed of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant, constant_op
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape, unknown_shape
from tfcompat.ops import math, raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.cast import cast

Axis = Any


def reduction_axes(x: Any, axis: Axis) -> Any:
    """`axis`, or all axes of `x` when it is None: a constant if the rank is known and not 0."""
    if axis is not None:
        return axis
    rank = None
    if isinstance(x, SparseTensor):
        rank = x.dense_shape.shape.num_elements()
    elif isinstance(getattr(x, "shape", None), TensorShape):
        rank = x.shape.rank
    if rank:
        return constant_op(np.arange(rank, dtype=np.int32))
    return raw_ops.Range(start=0, limit=_rank(x), delta=1, name="range")


def _rank(x: Any) -> Tensor:
    from tfcompat.ops.array import rank

    return rank(x)


def _checked_axis(axis: Axis, reduction_indices: Any) -> Axis:
    return one_of("axis", axis, "reduction_indices", reduction_indices)


def _checked_keepdims(keepdims: Any, keep_dims: Any) -> bool:
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return bool(keepdims) if keepdims is not None else False


def _reduce(op_type: str, x: Any, axis: Axis, keepdims: Any, name: str | None) -> Tensor:
    axes = reduction_axes(x, axis)
    record = getattr(raw_ops, op_type)
    result: Tensor = record(input=x, reduction_indices=axes, keep_dims=bool(keepdims), name=name)
    if axis is None and not keepdims:
        result.set_shape(SCALAR)
    return result


_NUMBERS = "a floating-point, integer or complex type"
_REALS = "a floating-point or integer type"


def _reduction(op_type: str, name: str, doc: str, types: str) -> Callable[..., Tensor]:
    def reduce(
        input_tensor: Any,
        axis: Axis = None,
        keepdims: bool | None = None,
        name: str | None = None,
        reduction_indices: Axis = None,
        keep_dims: bool | None = None,
    ) -> Tensor:
        axis = _checked_axis(axis, reduction_indices)
        return _reduce(op_type, input_tensor, axis, _checked_keepdims(keepdims, keep_dims), name)

    reduce.__name__ = reduce.__qualname__ = name
    reduce.__doc__ = f"""{doc}

    Args:
        input_tensor: tensor of {types}.
        axis: axis, or list or vector of axes, each in [-rank, rank); all axes when None.
        keepdims: whether reduced axes stay with size 1.
        name: name of the operation.
        reduction_indices: deprecated name of `axis`.
        keep_dims: deprecated name of `keepdims`.

    Returns:
        A tensor of the type of `input_tensor`.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both of its names.
    """
    return tf_export(name, f"math.{name}")(reduce)


# fmt: off
reduce_sum  = _reduction("Sum", "reduce_sum", "The sum over axes; 0 over nothing; integers wrap.", _NUMBERS)
reduce_mean = _reduction("Mean", "reduce_mean", "The mean over axes; NaN over nothing; integers cut off.", _NUMBERS)
reduce_prod = _reduction("Prod", "reduce_prod", "The product over axes; 1 over nothing; integers wrap.", _NUMBERS)
reduce_max  = _reduction("Max", "reduce_max", "The largest element over axes; NaN if one is.", _REALS)
reduce_min  = _reduction("Min", "reduce_min", "The smallest element over axes; NaN if one is.", _REALS)
reduce_all  = _reduction("All", "reduce_all", "Whether all elements over axes are true; True over nothing.", "bool")
reduce_any  = _reduction("Any", "reduce_any", "Whether an element over axes is true; False over nothing.", "bool")
# fmt: on


@tf_export("math.reduce_euclidean_norm")
def reduce_euclidean_norm(
    input_tensor: Any, axis: Axis = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The square root of the sum of squares over axes.

    Args:
        input_tensor: tensor of a number type; integers round the result down.
        axis: axis or axes; all when None.
        keepdims: whether reduced axes stay with size 1.
        name: name of the operation.
    """
    return _reduce("EuclideanNorm", input_tensor, axis, keepdims, name)


@tf_export("math.reduce_variance")
def reduce_variance(input_tensor: Any, axis: Axis = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The mean squared distance from the mean over axes, as a real number.

    Args:
        input_tensor: tensor of a floating-point or complex type.
        axis: axis or axes; all when None.
        keepdims: whether reduced axes stay with size 1.
        name: name scope of the operations.

    Raises:
        TypeError: the elements are integers.
    """
    with name_scope(name or "reduce_variance", None):
        x = convert_to_tensor(input_tensor)
        means = reduce_mean(x, axis=axis, keepdims=True)
        if means.dtype.is_integer:
            raise TypeError(f"Input must be either real or complex. Received integer type {means.dtype}.")
        difference = x - means
        if difference.dtype.is_complex:
            squared = raw_ops.Mul(x=raw_ops.Conj(input=difference), y=difference)
            squared = raw_ops.Real(input=squared, Tout=difference.dtype.real_dtype)
        else:
            squared = math.square(difference)
        return reduce_mean(squared, axis=axis, keepdims=keepdims)


@tf_export("math.reduce_std")
def reduce_std(input_tensor: Any, axis: Axis = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """The square root of the variance over axes. Arguments and errors as for `reduce_variance`."""
    with name_scope(name or "reduce_std", None):
        x = convert_to_tensor(input_tensor)
        return math.sqrt(reduce_variance(x, axis=axis, keepdims=keepdims))  # type: ignore[no-any-return]


@tf_export("reduce_logsumexp", "math.reduce_logsumexp")
def reduce_logsumexp(
    input_tensor: Any,
    axis: Axis = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axis = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """log(sum(exp(x))) over axes, without overflow.

    Args:
        input_tensor: tensor of bfloat16, float16, float32 or float64.
        axis: axis or axes; all when None.
        keepdims: whether reduced axes stay with size 1.
        name: name scope of the operations.
        reduction_indices: deprecated name of `axis`.
        keep_dims: deprecated name of `keepdims`.
    """
    axis = _checked_axis(axis, reduction_indices)
    keepdims = _checked_keepdims(keepdims, keep_dims)
    with name_scope(name, "ReduceLogSumExp", [input_tensor]) as scope:
        raw_max = reduce_max(input_tensor, axis=axis, keepdims=True)
        finite = raw_ops.Select(condition=raw_ops.IsFinite(x=raw_max), t=raw_max, e=raw_ops.ZerosLike(x=raw_max))
        shift = raw_ops.StopGradient(input=finite)
        total = reduce_sum(math.exp(raw_ops.Sub(x=input_tensor, y=shift)), axis=axis, keepdims=keepdims)
        result = math.log(total)
        if not keepdims:
            shift = raw_ops.Reshape(tensor=shift, shape=raw_ops.Shape(input=result))
        return raw_ops.AddV2(x=result, y=shift, name=scope)  # type: ignore[no-any-return]


@tf_export("count_nonzero", "math.count_nonzero")
def count_nonzero(
    input_tensor: Any = None,
    axis: Axis = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Axis = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """How many elements over axes are not 0 (strings: not empty).

    Args:
        input_tensor: tensor of a number type, bool or string.
        axis: axis or axes; all when None.
        keepdims: whether reduced axes stay with size 1.
        dtype: type of the result.
        name: name scope of the operations.
        reduction_indices: deprecated name of `axis`.
        keep_dims: deprecated name of `keepdims`.
        input: newer name of `input_tensor`.
    """
    keepdims = _checked_keepdims(keepdims, keep_dims)
    input_tensor = one_of("input", input, "input_tensor", input_tensor)
    axis = _checked_axis(axis, reduction_indices)
    with name_scope(name, "count_nonzero", [input_tensor]):
        x = convert_to_tensor(input_tensor, name="input")
        if x.dtype.is_bool:
            nonzero = x
        else:
            zero = constant(b"" if x.dtype is dtypes.string else 0, x.dtype.base_dtype, name="zeros")
            nonzero = raw_ops.NotEqual(x=x, y=zero)
        total = reduce_sum(cast(nonzero, dtypes.int64), axis=axis, keepdims=keepdims)
        return cast(total, dtype)  # type: ignore[no-any-return]


REDUCTIONS = ("All", "Any", "EuclideanNorm", "Max", "Mean", "Min", "Prod", "Sum")
"""The op types of an input and reduction axes."""


@shape_of(*REDUCTIONS)
def reduced_shape(c: InferenceContext, shape: TensorShape, axes: TensorShape) -> list[TensorShape]:
    """The shape without the axes, or with size 1 there."""
    keep = c.attr("keep_dims")
    known = c.value(1)
    rank = shape.rank
    if axes.rank is not None and axes.rank > 1:
        raise ValueError(f"Shape must be at most rank 1 but is rank {axes.rank}")
    if known is None or rank is None:
        return [unknown_shape(rank) if keep else UNKNOWN]
    reduced = {_axis(int(axis), rank) for axis in known.reshape(-1)}
    dims = shape.as_list()
    if keep:
        return [TensorShape.of(tuple(1 if i in reduced else d for i, d in enumerate(dims)))]
    return [TensorShape.of(tuple(d for i, d in enumerate(dims) if i not in reduced))]


def _axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ValueError(f"Invalid reduction dimension {axis} for input with {rank} dimensions.")
    return axis % rank
