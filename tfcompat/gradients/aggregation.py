"""Sums of the gradients that arrive at one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.default import get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops


@tf_export("AggregationMethod")
class AggregationMethod:
    """How gradients that meet are summed: all at once (`ADD_N`, the default), or pairwise (the experimental ones)."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


_PAIRWISE = (AggregationMethod.EXPERIMENTAL_TREE, AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)


def check_method(method: int | None) -> None:
    """ValueError unless `method` is None or one of `AggregationMethod`."""
    if method is not None and method not in (AggregationMethod.ADD_N, *_PAIRWISE):
        raise ValueError(
            f"Invalid `aggregation_method` specified {method}. Accepted values are "
            f"{[AggregationMethod.ADD_N, *_PAIRWISE]}."
        )


def aggregated(op: Operation, received: list[list[Any]], method: int | None) -> list[Any]:
    """The gradient of each output of `op`: the sum of what was received, None where that is nothing."""
    return [_sum(op, gradients, method) if gradients else None for gradients in received]


def _sum(op: Operation, gradients: list[Any], method: int | None) -> Any:
    if len(gradients) == 1:
        return gradients[0]
    if any(isinstance(g, IndexedSlices) for g in gradients):
        return sum_of_slices(gradients)
    if method in _PAIRWISE:
        with name_scope(op.name + "_gradient_sum"):
            total = gradients[0]
            for gradient in gradients[1:]:
                total = raw_ops.AddN(inputs=[total, gradient])
        return total
    return _add_by_device(gradients)


def _add_by_device(tensors: Sequence[Tensor]) -> Tensor:
    """Sums first what lies on one device, then the sums."""
    by_device: dict[str, list[Tensor]] = {}
    for tensor in tensors:
        by_device.setdefault(tensor.device, []).append(tensor)
    sums = []
    for device in sorted(by_device):
        group = by_device[device]
        with get_default_graph().colocate_with(group[0].op, ignore_existing=True):
            sums.append(group[0] if len(group) == 1 else raw_ops.AddN(inputs=group))
    return sums[0] if len(sums) == 1 else raw_ops.AddN(inputs=sums)  # type: ignore[no-any-return]


def sum_of_slices(gradients: Sequence[Any]) -> Any:
    """The sum of gradients some of which are IndexedSlices: dense if one of them is, else all slices in a row."""
    if len(gradients) == 1:
        return gradients[0]
    if any(isinstance(g, Tensor) for g in gradients):
        return raw_ops.AddN(inputs=list(gradients))
    indices = [g.indices for g in gradients]
    if len({i.dtype for i in indices}) > 1:
        indices = [i if i.dtype == dtypes.int64 else raw_ops.Cast(x=i, DstT=dtypes.int64) for i in indices]
    values = _concat_rows([g.values for g in gradients])
    return IndexedSlices(values, _concat_rows(indices), gradients[0].dense_shape)


def _concat_rows(tensors: Sequence[Tensor]) -> Tensor:
    return raw_ops.ConcatV2(values=list(tensors), axis=0, name="concat")  # type: ignore[no-any-return]
