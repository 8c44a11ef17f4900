"""Ragged tensors filled up to dense ones."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank, shape
from tfcompat.ops.filling import zeros
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.reduction import reduce_sum


def to_tensor(ragged: Any, default_value: Any, name: str | None, shape: Any) -> Tensor:
    """See `RaggedTensor.to_tensor`."""
    with name_scope(name, "RaggedToTensor", [ragged, default_value, shape]):
        if default_value is not None:
            default_value = convert_to_tensor(default_value, dtype=ragged.dtype, name="default_value")
        else:
            default_value = zeros((), ragged.dtype)
        kinds, tensors = _partitions(ragged)
        if shape is None:
            wanted: Any = constant(-1, dtype=dtypes.int64)
        elif isinstance(shape, Tensor):
            wanted = (
                shape
                if shape.dtype.base_dtype in (dtypes.int32, dtypes.int64)
                else convert_to_tensor(shape, dtypes.int64)
            )
        else:
            known = TensorShape(shape)
            sizes = [-1] if known.rank is None else [-1 if d is None else d for d in known.as_list()]
            wanted = constant(-1, dtype=dtypes.int64) if known.rank is None else constant(sizes, dtype=dtypes.int64)
        result: Tensor = raw_ops.RaggedTensorToTensor(
            shape=wanted,
            values=ragged.flat_values,
            default_value=default_value,
            row_partition_types=kinds,
            row_partition_tensors=tensors,
        )
        if not isinstance(shape, Tensor):
            result.set_shape(_result_shape(ragged.shape, shape))
        return result


def _result_shape(known: TensorShape, wanted: Any) -> TensorShape:
    if wanted is None:
        return known
    wanted = TensorShape(wanted)
    if wanted.rank is None or known.rank is None:
        return known
    if wanted.rank != known.rank:
        return UNKNOWN
    return TensorShape([a if a is not None else b for a, b in zip(wanted.as_list(), known.as_list(), strict=True)])


def _partitions(ragged: Any) -> tuple[list[str], list[Tensor]]:
    """The kinds of the partitions of all ragged axes, and their tensors."""
    outer = ragged._row_partition
    if outer._value_rowids is not None:
        kinds, tensors = ["FIRST_DIM_SIZE", "VALUE_ROWIDS"], [outer.nrows(), outer.value_rowids()]
        for partition in ragged._nested_row_partitions[1:]:
            if partition._value_rowids is not None:
                kinds.append("VALUE_ROWIDS")
                tensors.append(partition.value_rowids())
            else:
                kinds.append("ROW_SPLITS")
                tensors.append(partition.row_splits())
        return kinds, tensors
    kinds = ["ROW_SPLITS"] * ragged.ragged_rank
    return kinds, list(ragged.nested_row_splits)


@shape_of("RaggedTensorToTensor")
def _to_tensor_shape(
    c: InferenceContext, wanted: TensorShape, values: TensorShape, default: TensorShape, *parts: TensorShape
) -> list[TensorShape]:
    kinds = [k.decode() if isinstance(k, bytes) else k for k in c.attr("row_partition_types")]
    ragged_rank = len(kinds) - (kinds[:1] == ["FIRST_DIM_SIZE"])
    known = UNKNOWN if wanted.rank == 0 else c.shape_value(0)
    if values.rank is None:
        return [known]
    total = ragged_rank + values.rank
    if default.rank is not None and default.rank >= values.rank:
        raise ValueError(
            f"default_value.shape={default} and rt_input.flat_values.shape={values} are incompatible: "
            f"default_value.rank = {default.rank}  must be less than rt_input.flat_values.rank = {values.rank}"
        )
    if known.rank is not None and known.rank != total:
        raise ValueError(
            f"rt_input.shape and shape={known} are incompatible: rt_input.rank = {total} but shape.rank = {known.rank}"
        )
    inner = [*[None] * (ragged_rank + 1), *values.as_list()[1:]]
    if known.rank is None:
        return [TensorShape(inner)]
    return [TensorShape([a if a is not None else b for a, b in zip(known.as_list(), inner, strict=True)])]


@gradient_of("RaggedTensorToTensor")
def _to_tensor_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """What of `grad` fell on values goes to them, the rest to the default value."""
    values, default, *parts = op.inputs[1:]
    kinds = [k.decode() if isinstance(k, bytes) else k for k in op.get_attr("row_partition_types")]
    count = shape(values, out_type=dtypes.int64)[0]
    numbers = raw_ops.Range(start=constant(0, dtypes.int64), limit=count, delta=constant(1, dtypes.int64))
    # where each value went: the numbers of values, filled up in the same way
    ragged_rank = len(kinds) - (kinds[:1] == ["FIRST_DIM_SIZE"])
    outer = shape(grad, out_type=dtypes.int64)[: ragged_rank + 1]
    places = raw_ops.RaggedTensorToTensor(
        shape=outer,
        values=numbers,
        default_value=constant(-1, dtypes.int64),
        row_partition_types=kinds,
        row_partition_tensors=parts,
    )
    used = raw_ops.GreaterEqual(x=places, y=constant(0, dtypes.int64))
    where = raw_ops.Where(condition=used)
    rows = gather_nd(places, where)
    by_values = IndexedSlices(
        values=gather_nd(grad, where), indices=raw_ops.Cast(x=rows, DstT=dtypes.int32), dense_shape=shape(values)
    )
    unused = raw_ops.Where(condition=raw_ops.LogicalNot(x=used))
    rest = gather_nd(grad, unused)
    by_default = reduce_sum(rest, axis=0)
    if default.shape.rank is None or grad.shape.rank is None:
        extra = rank(by_default) - rank(default)
        by_default = reduce_sum(by_default, axis=raw_ops.Range(start=0, limit=extra, delta=1))
    else:
        added = grad.shape.rank - ragged_rank - 1 - default.shape.rank
        if added:
            by_default = reduce_sum(by_default, axis=list(range(added)))
    if default.shape.rank != 0:
        by_default = _unbroadcast(by_default, default)
    return [None, by_values, by_default, *[None] * len(parts)]


def _unbroadcast(grad: Tensor, like: Tensor) -> Tensor:
    """`grad` summed over the axes along which `like` was broadcast."""
    axes, _ = raw_ops.BroadcastGradientArgs(s0=shape(like), s1=shape(grad))
    return raw_ops.Reshape(tensor=reduce_sum(grad, axis=axes), shape=shape(like))  # type: ignore[no-any-return]
