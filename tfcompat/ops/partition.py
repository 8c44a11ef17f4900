"""Sorting elements into lists: dynamic_partition and dynamic_stitch, unique, setdiff1d."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape_internal
from tfcompat.ops.gather import gather
from tfcompat.ops.shapes import merge_shapes


@tf_export("dynamic_partition")
def dynamic_partition(data: Any, partitions: Any, num_partitions: int, name: str | None = None) -> list[Tensor]:
    """The slices of `data` in `num_partitions` lists, in their order.

    Args:
        data: tensor whose first dimensions are those of `partitions`.
        partitions: int32, the list each slice goes to, in [0, num_partitions).
        num_partitions: number of lists.
        name: name of the operation.

    Errors: a run fails with InvalidArgumentError when a number is out of range.
    """
    return raw_ops.DynamicPartition(data=data, partitions=partitions, num_partitions=num_partitions, name=name)  # type: ignore[no-any-return]


@tf_export("dynamic_stitch")
def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """Slices put together: result[indices[m][i, ...]] = data[m][i, ...]; later ones win.

    Args:
        indices: list of int32 tensors.
        data: list of tensors, each of the shape of its indices followed by that of one slice.
        name: name of the operation.

    Returns:
        A tensor with as many slices as the largest index asks for.
    """
    return raw_ops.DynamicStitch(indices=indices, data=data, name=name)  # type: ignore[no-any-return]


@tf_export("unique")
def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """The different elements of a vector in the order they appear, and for every element its position among them.

    Args:
        x: vector.
        out_idx: int32 or int64, type of the positions.
        name: name of the operation.

    Returns:
        A named tuple (y, idx) with x[i] == y[idx[i]].
    """
    return raw_ops.Unique(x=x, out_idx=out_idx, name=name)


@tf_export("unique_with_counts")
def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """`unique`, and how often each different element appears: a named tuple (y, idx, count)."""
    return raw_ops.UniqueWithCounts(x=x, out_idx=out_idx, name=name)


@tf_export("setdiff1d")
def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> Any:
    """The elements of the vector `x` that are not in the vector `y`, and their positions: a named tuple (out, idx)."""
    return raw_ops.ListDiff(x=x, y=y, out_idx=index_dtype, name=name)


# ---------------------------------------------------------------- shapes


@shape_of("DynamicPartition")
def _dynamic_partition_shape(c: InferenceContext, data: TensorShape, partitions: TensorShape) -> list[TensorShape]:
    count = c.attr("num_partitions")
    if partitions.tuple is None or data.tuple is None:
        return [UNKNOWN] * count
    if len(partitions.tuple) > len(data.tuple):
        raise ValueError(f"Shape must be at least rank {len(partitions.tuple)} but is rank {len(data.tuple)}")
    merge_shapes(TensorShape.of(data.tuple[: len(partitions.tuple)]), partitions)
    return [TensorShape.of((None, *data.tuple[len(partitions.tuple) :]))] * count


@shape_of("DynamicStitch", "ParallelDynamicStitch")
def _dynamic_stitch_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    count = len(shapes) // 2
    rest = UNKNOWN
    for index, data in zip(shapes[:count], shapes[count:], strict=True):
        if index.tuple is None or data.tuple is None:
            continue
        if len(data.tuple) < len(index.tuple):
            raise ValueError(f"Shape must be at least rank {len(index.tuple)} but is rank {len(data.tuple)}")
        merge_shapes(TensorShape.of(data.tuple[: len(index.tuple)]), index)
        rest = merge_shapes(TensorShape.of(data.tuple[len(index.tuple) :]), rest)
    known = [c.value(i) for i in range(count)]
    size = None
    if all(k is not None for k in known):
        size = max((int(k.max()) + 1 for k in known if k is not None and k.size), default=0)
    return [TensorShape.of((size,)).concatenate(rest)]


@shape_of("Unique", "UniqueWithCounts")
def _unique_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    if x.rank not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {x.rank}")
    found = [unknown_shape(1), x]
    return found if len(c.op.outputs) == 2 else [*found, found[0]]


@shape_of("UniqueV2", "UniqueWithCountsV2")
def _unique_v2_shape(c: InferenceContext, x: TensorShape, axis: TensorShape) -> list[TensorShape]:
    found = [unknown_shape(x.rank), unknown_shape(1)]
    axes = c.value(1)
    if axes is not None and axes.size <= 1 and x.rank:
        place = int(axes.reshape(-1)[0]) % x.rank if axes.size else 0
        found[1] = TensorShape([x.as_list()[place]])
    return found if len(c.op.outputs) == 2 else [*found, unknown_shape(1)]


@shape_of("ListDiff")
def _list_diff_shape(c: InferenceContext, x: TensorShape, y: TensorShape) -> list[TensorShape]:
    for s in (x, y):
        if s.rank not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {s.rank}")
    return [unknown_shape(1), unknown_shape(1)]


# ---------------------------------------------------------------- gradients


@gradient_of("DynamicPartition")
def _dynamic_partition_grad(op: Operation, *grads: Any) -> list[Any]:
    """The lists' gradients back in the places of the slices."""
    data, partitions = op.inputs
    prefix = shape_internal(partitions)
    total = raw_ops.Prod(input=prefix, reduction_indices=[0])
    places = reshape(raw_ops.Range(start=0, limit=total, delta=1), prefix)
    parts = dynamic_partition(places, partitions, op.attrs["num_partitions"])
    stitched = raw_ops.ParallelDynamicStitch(indices=parts, data=list(grads))
    return [reshape(stitched, shape_internal(data)), None]


@gradient_of("DynamicStitch", "ParallelDynamicStitch")
def _dynamic_stitch_grad(op: Operation, grad: Any) -> list[Any]:
    """The slices of the gradient at the indices; a slice that a later one replaced gets them all the same."""
    count = op.attrs["N"]
    return [None] * count + [gather(grad, index) for index in op.inputs[:count]]
