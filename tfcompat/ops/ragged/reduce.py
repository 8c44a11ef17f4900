"""Reductions and sums over segments of ragged tensors."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones_like
from tfcompat.ops.gather import gather
from tfcompat.ops.ragged.ranges import ragged_range
from tfcompat.ops.ragged.segments import row_splits_to_segment_ids
from tfcompat.ops.ragged.tensor import RaggedTensor, as_ragged_or_tensor, positive_axis
from tfcompat.ops.reduction import reduce_max
from tfcompat.ops.scan import cumsum


def segment_aggregate(segment_op: Any, data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """The rows of `data` that have one segment id, joined value by value."""
    if not isinstance(data, RaggedTensor) and not isinstance(segment_ids, RaggedTensor):
        return segment_op(data, segment_ids, num_segments, name)
    with name_scope(name, "RaggedSegment", [data, segment_ids, num_segments]):
        data = as_ragged_or_tensor(data, name="data")
        segment_ids = as_ragged_or_tensor(segment_ids, name="segment_ids")
        if isinstance(segment_ids, RaggedTensor):
            if not isinstance(data, RaggedTensor):
                raise ValueError(
                    "segment_ids.shape must be a prefix of data.shape, but segment_ids is ragged and data is not."
                )
            message = "segment_ids.shape must be a prefix of data.shape"
            check = PUBLIC["debugging.assert_equal"](segment_ids.row_splits, data.row_splits, message=message)
            with control_dependencies([check]):
                return segment_aggregate(segment_op, data.values, segment_ids.values, num_segments)
        segment_ids = cast(segment_ids, data.row_splits.dtype)
        lengths = data.row_splits[1:] - data.row_splits[:-1]
        longest = raw_ops.Maximum(
            x=raw_ops.UnsortedSegmentMax(data=lengths, segment_ids=segment_ids, num_segments=num_segments), y=0
        )
        splits = concat([[0], cumsum(longest)], axis=0)
        starts = gather(splits, segment_ids)
        places = ragged_range(starts, starts + lengths, row_splits_dtype=data.row_splits.dtype).values
        values = segment_aggregate(segment_op, data.values, places, splits[-1])
        return RaggedTensor.from_row_splits(values, splits, validate=False)


def reduce_aggregate(
    reduce_op: Any,
    segment_op: Any,
    ragged: Any,
    axis: Any,
    keepdims: bool,
    separator: Any = None,
    name: str | None = None,
) -> Any:
    """`ragged` reduced along `axis`: a ragged tensor where ragged axes are left.

    Raises:
        ValueError: `axis` is not known before a run, or out of bounds.
    """
    if not isinstance(ragged, RaggedTensor):
        options = {"keepdims": keepdims, "name": name, **({} if separator is None else {"separator": separator})}
        return reduce_op(ragged, axis, **options)
    if isinstance(axis, Tensor):
        known = GRAPH_VALUES.constant(axis)
        if known is None:
            raise ValueError("axis must be known at graph construction time.")
        axis = known.tolist()
    if axis is None:
        options = {"keepdims": keepdims, "name": name, **({} if separator is None else {"separator": separator})}
        result = reduce_op(ragged.flat_values, None, **options)
        if keepdims:
            for _ in range(ragged.ragged_rank):
                result = expand_dims(result, axis=0)
        return result
    with name_scope(name, "RaggedReduce", [ragged, axis]):
        if isinstance(axis, (tuple, list)):
            if not axis:
                return ragged
            if len(axis) > 1:
                axes = sorted(
                    positive_axis(a, ragged.shape.rank, f"axis[{i}]", "rank(input_tensor)") for i, a in enumerate(axis)
                )
                inner = reduce_aggregate(reduce_op, segment_op, ragged, axes[-1], keepdims, separator)
                return reduce_aggregate(reduce_op, segment_op, inner, axes[:-1], keepdims, separator)
            axis = axis[0]
        axis = positive_axis(axis, ragged.shape.rank, ndims_name="rank(input_tensor)")
        if axis == 0:
            lengths = ragged.row_splits[1:] - ragged.row_splits[:-1]
            count = raw_ops.Maximum(x=reduce_max(lengths), y=0)
            places = ragged_range(lengths, row_splits_dtype=ragged.row_splits.dtype).values
            result = segment_aggregate(segment_op, ragged.values, places, count)
            return _expanded(result, 0) if keepdims else result
        if axis == 1:
            rows = shape(ragged.row_splits)[0] - 1
            result = segment_aggregate(segment_op, ragged.values, row_splits_to_segment_ids(ragged.row_splits), rows)
            return _expanded(result, 1) if keepdims else result
        return ragged.with_values(reduce_aggregate(reduce_op, segment_op, ragged.values, axis - 1, keepdims, separator))


def _expanded(value: Any, axis: int) -> Any:
    from tfcompat.ops.ragged.rearrange import expand_dims as ragged_expand_dims

    return ragged_expand_dims(value, axis)


def _scoped(name: str | None, scope: str, ragged: Any, axis: Any) -> Any:
    return name_scope(name, scope, [ragged, axis])


def _reduction(scope: str, reduce_name: str, segment_name: str) -> Any:
    """A reduction whose parts have the given public names."""

    def reduce(input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None, **old: Any) -> Any:
        axis, keepdims = _old_names(axis, keepdims, old)
        with _scoped(name, scope, input_tensor, axis):
            return reduce_aggregate(PUBLIC[reduce_name], PUBLIC[segment_name], input_tensor, axis, bool(keepdims))

    return reduce


def _old_names(axis: Any, keepdims: Any, old: dict[str, Any]) -> tuple[Any, Any]:
    """`axis` and `keepdims`, perhaps given by their deprecated names."""
    if old.get("reduction_indices") is not None:
        axis = old["reduction_indices"]
    if old.get("keep_dims") is not None:
        keepdims = old["keep_dims"]
    return axis, keepdims


reduce_sum = _reduction("RaggedReduceSum", "reduce_sum", "math.unsorted_segment_sum")
reduce_prod = _reduction("RaggedReduceProd", "reduce_prod", "math.unsorted_segment_prod")
reduce_max_ragged = _reduction("RaggedReduceMax", "reduce_max", "math.unsorted_segment_max")
reduce_min = _reduction("RaggedReduceMin", "reduce_min", "math.unsorted_segment_min")


def reduce_mean(input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None, **old: Any) -> Any:
    """Sums divided by counts; NaN (0 for integers) of nothing."""
    axis, keepdims = _old_names(axis, keepdims, old)
    with _scoped(name, "RaggedReduceMean", input_tensor, axis):
        total = reduce_sum(input_tensor, axis, keepdims)
        if isinstance(input_tensor, RaggedTensor):
            counted = reduce_sum(input_tensor.with_flat_values(ones_like(input_tensor.flat_values)), axis, keepdims)
        else:
            counted = reduce_sum(ones_like(input_tensor), axis, keepdims)
        if isinstance(total, RaggedTensor):
            return RaggedTensor.from_nested_row_splits(
                total.flat_values / counted.flat_values, total.nested_row_splits, validate=False
            )
        return total / counted


def reduce_variance(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The mean of the squares less the square of the mean."""
    with _scoped(name, "RaggedReduceVariance", input_tensor, axis):
        input_tensor = as_ragged_or_tensor(input_tensor, name="input_tensor")
        if input_tensor.dtype.is_complex:
            raise ValueError("reduce_variance is not supported for RaggedTensors with complex dtypes.")
        squared = input_tensor.with_flat_values(raw_ops.Square(x=input_tensor.flat_values))
        mean = reduce_mean(input_tensor, axis, keepdims)
        mean_of_squares = reduce_mean(squared, axis, keepdims)
        if isinstance(mean, RaggedTensor):
            square = raw_ops.Square(x=mean.flat_values)
            return mean.with_flat_values(raw_ops.Maximum(x=mean_of_squares.flat_values - square, y=0))
        return raw_ops.Maximum(x=mean_of_squares - raw_ops.Square(x=mean), y=0)


def reduce_std(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The square root of the variance."""
    with _scoped(name, "RaggedReduceStd", input_tensor, axis):
        variance = reduce_variance(input_tensor, axis, keepdims)
        if isinstance(variance, RaggedTensor):
            return variance.with_flat_values(raw_ops.Sqrt(x=variance.flat_values))
        return raw_ops.Sqrt(x=variance)


def _logic(scope: str, reduce: Any) -> Any:
    def function(input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None, **old: Any) -> Any:
        axis, keepdims = _old_names(axis, keepdims, old)
        with _scoped(name, scope, input_tensor, axis):
            numbers = input_tensor.with_flat_values(cast(input_tensor.flat_values, dtypes.int32))
            found = reduce(numbers, axis, keepdims)
            if isinstance(found, RaggedTensor):
                return found.with_flat_values(cast(found.flat_values, dtypes.bool))
            return cast(found, dtypes.bool)

    return function


reduce_all = _logic("RaggedReduceAll", reduce_prod)
reduce_any = _logic("RaggedReduceAny", reduce_sum)


def segment(op_name: str) -> Any:
    """The ragged form of an op over segments of the given public name."""

    def function(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        return segment_aggregate(PUBLIC[op_name].__wrapped__, data, segment_ids, num_segments, name)

    return function


def segment_mean(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None, root: bool = False) -> Any:
    """Sums over segments divided by counts, or by their square roots."""
    with name_scope(name, "RaggedSegmentSqrtN" if root else "RaggedSegmentMean", [data, segment_ids, num_segments]):
        total = segment("math.unsorted_segment_sum")(data, segment_ids, num_segments)
        data = as_ragged_or_tensor(data)
        counted = segment("math.unsorted_segment_sum")(
            data.with_flat_values(ones_like(data.flat_values)), segment_ids, num_segments
        )
        if not isinstance(total, RaggedTensor):
            return total / (raw_ops.Sqrt(x=counted) if root else counted)
        count = counted.flat_values
        return total.with_flat_values(total.flat_values / (raw_ops.Sqrt(x=count) if root else count))


def segment_sqrt_n(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """Sums over segments divided by the square roots of counts."""
    return segment_mean(data, segment_ids, num_segments, name, root=True)


def reduce_join(
    inputs: Any, axis: Any = None, keepdims: Any = None, separator: str = "", name: str | None = None, **old: Any
) -> Any:
    """The strings of each row joined."""
    axis, keepdims = _old_names(axis, keepdims, old)

    def joined(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        return PUBLIC["strings.unsorted_segment_join"](data, segment_ids, num_segments, separator, name)

    with _scoped(name, "RaggedReduceJoin", inputs, axis):
        if axis is None:
            axis = list(range(inputs.shape.rank))
        return reduce_aggregate(PUBLIC["strings.reduce_join"], joined, inputs, axis, bool(keepdims), separator)
