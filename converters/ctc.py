"""The ONNX form of greedy decoding."""

from __future__ import annotations

from converters.builder import Builder, Value
from converters.guards import require
from converters.registry import converts
from converters.sizes import sizes_of
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


@converts("CTCGreedyDecoder")
def _greedy_decoder(b: Builder, op: Operation, inputs: Value, lengths: Value) -> list[Value]:
    """The best class at each time; kept where it counts, is no blank, and differs from the one before."""
    lengths = b.int64(lengths)
    shape = b.Shape(inputs)
    steps = b.Slice(shape, [0], [1], [0])
    longest = b.ReduceMax(b.Concat(lengths, b.const([0]), axis=0), keepdims=0)
    steps = require(b, b.Squeeze(b.LessOrEqual(longest, steps), [0]), steps)
    times = b.Range(b.const(0), b.Squeeze(steps, [0]), b.const(1))
    best = b.Transpose(b.ArgMax(inputs, axis=2, keepdims=0), perm=[1, 0])
    largest = b.Transpose(b.ReduceMax(inputs, [2], keepdims=0), perm=[1, 0])
    counted = b.Less(times, b.Unsqueeze(lengths, [1]))
    kept = b.And(counted, b.Not(b.Equal(best, _blank(b, op, inputs))))
    if op.attrs["merge_repeated"]:
        before = b.Pad(b.Slice(best, [0], [-1], [1]), [0, 1, 0, 0], b.const(-1))
        kept = b.And(kept, b.Not(b.Equal(best, before)))
    number = b.cast(kept, dtypes.int64)
    places = b.Sub(b.CumSum(number, b.const(1)), 1)
    found = b.Transpose(b.NonZero(kept), perm=[1, 0])
    indices = b.Concat(b.Slice(found, [0], [1], [1]), b.Unsqueeze(b.GatherND(places, found), [1]), axis=1)
    most = b.ReduceMax(b.Concat(b.ReduceSum(number, [1], keepdims=0), b.const([0]), axis=0), [0])
    decoded_shape = b.Concat(b.Slice(shape, [1], [2], [0]), most, axis=0)
    zero = b.const(0.0, inputs.dtype)
    score = b.Neg(b.ReduceSum(b.Where(counted, largest, zero), [1]))
    return [indices, b.GatherND(best, found), decoded_shape, score]


def _blank(b: Builder, op: Operation, inputs: Value) -> Value:
    index = op.attrs.get("blank_index", -1)
    if index >= 0:
        return b.const(index)
    classes = sizes_of(b, inputs)[2]
    if isinstance(classes, int):
        return b.const(classes + index)
    return b.Add(b.Squeeze(classes, [0]), index)
