"""The ONNX forms of ranges, gathers and sparse forms of ragged tensors in exported models.

In a run these op types are computed by their host kernels, which check their arguments; a file has only models.
"""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.guards import non_negative
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_END = np.iinfo(np.int64).max


def exported_only(b: Builder, *values: Value) -> None:
    """NotConvertible unless a file is written and all values are numbers."""
    if not b.for_export:
        raise NotConvertible("ragged and sparse tensors are computed on the host in runs")
    if any(v.dtype in (dtypes.string, dtypes.complex64, dtypes.complex128) for v in values):
        raise NotConvertible("strings and complex numbers have no ONNX form here")


def part(b: Builder, x: Value, begin: int, end: int, axis: int = 0) -> Value:
    """`x[begin:end]` along `axis`."""
    return b.Slice(x, [begin], [end], [axis])  # type: ignore[no-any-return]


def count_of(b: Builder, x: Value) -> Value:
    """The size of the first axis, as a vector of one."""
    return part(b, b.Shape(x), 0, 1)


def counting(b: Builder, count: Value) -> Value:
    """0, 1, ... below a vector of one."""
    zero, one = b.const(np.array(0, np.int64)), b.const(np.array(1, np.int64))
    return b.Range(zero, b.Reshape(count, []), one)  # type: ignore[no-any-return]


def added_up(b: Builder, count: Value, places: Value, amounts: Value) -> Value:
    """A vector of `count` zeros (a vector of one) to which `amounts` are added at `places`."""
    zeros = b.Expand(b.const(np.zeros(1, np.int64)), count)
    zeros.shape = (None,)
    return b.ScatterElements(zeros, places, amounts, axis=0, reduction="add")  # type: ignore[no-any-return]


def splits_of(b: Builder, lengths: Value) -> Value:
    """Where rows of these lengths begin, and their sum."""
    return b.Concat(b.const(np.zeros(1, np.int64)), b.CumSum(lengths, b.const(0)), axis=0)  # type: ignore[no-any-return]


def rows_of(b: Builder, splits: Value) -> tuple[Value, Value]:
    """(the row of each value, its place in the row)."""
    total = part(b, splits, -1, _END)
    inner = part(b, splits, 1, -1)
    ones = b.Expand(b.const(np.ones(1, np.int64)), b.Shape(inner))
    steps = added_up(b, b.Add(total, 1), inner, ones)
    rows = b.Slice(b.CumSum(steps, b.const(0)), [0], [-1], [0])
    return rows, b.Sub(counting(b, total), b.Gather(splits, rows, axis=0))


@converts("RaggedRange")
def _range(b: Builder, op: Operation, starts: Value, limits: Value, deltas: Value) -> list[Value]:
    exported_only(b, starts)
    vectors = [v for v in (starts, limits, deltas) if v.rank == 1]
    rows = b.Shape(vectors[0]) if vectors else b.const(np.ones(1, np.int64))
    first, last, step = (b.Expand(v, rows) for v in (starts, limits, deltas))
    distance = b.Sub(last, first)
    if starts.dtype.is_floating:
        counts = b.cast(b.Ceil(b.Div(distance, step)), dtypes.int64)
    else:
        counts = b.int64(b.Div(b.Add(distance, b.Sub(step, b.Sign(step))), step))
    counts = b.Max(counts, b.const(np.zeros(1, np.int64)))
    splits = splits_of(b, counts)
    row, place = rows_of(b, splits)
    values = b.Add(b.Gather(first, row, axis=0), b.Mul(b.Gather(step, row, axis=0), b.cast(place, starts.dtype)))
    return [b.cast(splits, op.outputs[0].dtype.base_dtype), values]


@converts("RaggedGather")
def _gather(b: Builder, op: Operation, *inputs: Value) -> list[Value]:
    *nested, values, indices = inputs
    exported_only(b, values)
    if len(nested) != 1 or indices.rank != 1:
        raise NotConvertible("RaggedGather of one ragged axis and a vector of indices alone has an ONNX form")
    splits, chosen = b.int64(nested[0]), non_negative(b, b.int64(indices))
    begins = b.Gather(part(b, splits, 0, -1), chosen, axis=0)
    lengths = b.Sub(b.Gather(part(b, splits, 1, _END), chosen, axis=0), begins)
    made = splits_of(b, lengths)
    row, place = rows_of(b, made)
    found = b.Gather(values, b.Add(b.Gather(begins, row, axis=0), place), axis=0)
    return [b.cast(made, op.outputs[0].dtype.base_dtype), found]


@converts("RaggedTensorToSparse")
def _to_sparse(b: Builder, op: Operation, *inputs: Value) -> list[Value]:
    *nested, values = inputs
    exported_only(b, values)
    if values.rank != 1:
        raise NotConvertible("RaggedTensorToSparse of values of rank 1 alone has an ONNX form")
    rows = b.Sub(count_of(b, nested[0]), 1)
    places, sizes = b.Unsqueeze(counting(b, rows), [1]), [rows]
    for tensor in nested:
        splits = b.int64(tensor)
        row, place = rows_of(b, splits)
        lengths = b.Sub(part(b, splits, 1, _END), part(b, splits, 0, -1))
        longest = b.ReduceMax(b.Concat(b.const(np.zeros(1, np.int64)), lengths, axis=0), keepdims=1)
        sizes.append(b.Reshape(longest, [1]))
        places = b.Concat(b.Gather(places, row, axis=0), b.Unsqueeze(place, [1]), axis=1)
    return [places, b.Identity(values), b.Concat(*sizes, axis=0)]
