"""Counting: of integers, and of numbers in bins of equal width."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape, size
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_value
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.math import floor
from tfcompat.ops.reduction import reduce_max
from tfcompat.ops.shape_checks import exact_rank


@tf_export("bincount", "math.bincount")
def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: Any = dtypes.int32
) -> Tensor:
    """How often each integer 0, 1, ... occurs, or the sum of the weights where it does.

    Args:
        arr: int32 or int64, any shape, not negative; SparseTensors and RaggedTensors count by their values.
        weights: tensor of the kind and shape of `arr`; counts when None.
        minlength: the least length of the result.
        maxlength: the largest length; higher integers are left out.
        dtype: type of the counts.

    Returns:
        A vector of length max(arr) + 1 within the limits, of the type of `weights` or of `dtype`.
    """
    with name_scope(None, "bincount"):
        if isinstance(arr, SparseTensor):
            arr, weights = arr.values, None if weights is None else weights.values
        arr = convert_to_tensor(arr, name="arr")
        if arr.dtype.base_dtype not in (dtypes.int32, dtypes.int64):
            arr = cast(arr, dtypes.int32)
        kind = arr.dtype.base_dtype
        length = cast(size(arr) > 0, kind) * (reduce_max(arr) + 1)
        if minlength is not None:
            length = raw_ops.Maximum(x=convert_to_tensor(minlength, kind, name="minlength"), y=length)
        if maxlength is not None:
            length = raw_ops.Minimum(x=convert_to_tensor(maxlength, kind, name="maxlength"), y=length)
        if weights is not None:
            weights = _flat(convert_to_tensor(weights, name="weights"))
            return raw_ops.DenseBincount(input=_flat(arr), size=length, weights=weights)  # type: ignore[no-any-return]
        flat = _flat(arr)
        return raw_ops.DenseBincount(input=flat, size=length, weights=constant([], dtype))  # type: ignore[no-any-return]


def _flat(x: Tensor) -> Tensor:
    return raw_ops.Reshape(tensor=x, shape=[-1])  # type: ignore[no-any-return]


@tf_export("histogram_fixed_width")
def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """How many values fall into each of `nbins` bins of equal width.

    Args:
        values: tensor of int32, int64, float32 or float64.
        value_range: vector of two numbers of that type, the ends of the first and last bin, which also take what lies
            outside.
        nbins: how many bins, an integer scalar.
        dtype: int32 or int64.
        name: name of the operation.

    Returns:
        A vector of `nbins` counts.
    """
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        return raw_ops.HistogramFixedWidth(values=values, value_range=value_range, nbins=nbins, dtype=dtype, name=scope)  # type: ignore[no-any-return]


@tf_export("histogram_fixed_width_bins")
def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """The bin of each value; see `histogram_fixed_width` for the arguments.

    Returns:
        A tensor of the shape of `values` and type `dtype`.
    """
    with name_scope(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        original = shape(values)
        values = _flat(values)
        value_range = convert_to_tensor(value_range, name="value_range")
        bins = convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
        check = PUBLIC["Assert"](bins > 0, [f"nbins {bins} must > 0"])
        count = cast(with_dependencies([check], bins), values.dtype)
        scaled = raw_ops.RealDiv(x=values - value_range[0], y=value_range[1] - value_range[0], name="scaled_values")
        indices = floor(count * scaled, name="indices")
        return raw_ops.Reshape(tensor=cast(clip_by_value(indices, 0, count - 1), dtypes.int32), shape=original)  # type: ignore[no-any-return]


@shape_of("Bincount", "DenseBincount")
def _bincount_shape(
    c: InferenceContext, arr: TensorShape, size_: TensorShape, weights: TensorShape
) -> list[TensorShape]:
    known = c.value(1)
    if known is not None and int(known) < 0:
        raise ValueError(f"size ({int(known)}) must be non-negative")
    length = None if known is None else int(known)
    if c.op.type == "Bincount" or arr.rank == 1:
        return [TensorShape.of((length,))]
    return [TensorShape.of((arr.as_list()[0], length))] if arr.rank == 2 else [unknown_shape()]


@shape_of("HistogramFixedWidth")
def _histogram_shape(
    c: InferenceContext, values: TensorShape, value_range: TensorShape, nbins: TensorShape
) -> list[TensorShape]:
    (ends,) = exact_rank(value_range, 1).as_list()
    if ends not in (2, None):
        raise ValueError(f"Dimension must be 2 but is {ends}")
    exact_rank(nbins, 0)
    known = c.value(2)
    if known is not None and int(known) <= 0:
        raise ValueError(f"Requires nbins > 0: {int(known)}")
    return [TensorShape.of((None if known is None else int(known),))]
