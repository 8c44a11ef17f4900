"""Stateful random operations in files: ONNX's own random operators, whose numbers differ from the reference's.

A session draws the reference's exact numbers on the host. A file has no session: it gets operators of the same
distributions, unless the export keeps the exact streams (`tfcompat.onnx.export(..., random_streams=True)`).
"""

from __future__ import annotations

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation

_TRIES = 4
"""Normal numbers drawn for each truncated one: all of them lie outside once in 230,000 times; then the last is cut."""

_EXACT_INTEGERS = 1 << 53


def _require_file(b: Builder, op: Operation) -> None:
    if b.random_streams:
        raise NotConvertible(f"there is no exact stream of {op.type} in a model, or not inside a loop or branch")
    if not b.for_export:
        raise NotConvertible("the host draws the exact stream")


def _seed(op: Operation) -> float | None:
    """The attribute `seed`: one for each pair of seeds, None (different in every session) where none is set."""
    seed, seed2 = op.attrs["seed"], op.attrs["seed2"]
    return None if seed == seed2 == 0 else float((seed * 1_000_003 + seed2) % (1 << 24))


def _filled(b: Builder, kind: str, op: Operation, shape: Value, dtype: DType) -> Value:
    """Random numbers of `shape`; 16-bit types are drawn as float32."""
    wide = dtype if dtype is dtypes.float64 else dtypes.float32
    like = b.Expand(b.const(0.0, wide), b.int64(shape))
    return b.cast(b.node(kind, [like], dtype=wide, seed=_seed(op)), dtype)


@converts("RandomUniform")
def _random_uniform(b: Builder, op: Operation, shape: Value) -> Value:
    _require_file(b, op)
    return _filled(b, "RandomUniformLike", op, shape, op.outputs[0].dtype)


@converts("RandomStandardNormal")
def _random_normal(b: Builder, op: Operation, shape: Value) -> Value:
    _require_file(b, op)
    return _filled(b, "RandomNormalLike", op, shape, op.outputs[0].dtype)


@converts("TruncatedNormal")
def _truncated_normal(b: Builder, op: Operation, shape: Value) -> Value:
    """The first of a few normal numbers that is within two deviations."""
    _require_file(b, op)
    dtype = op.outputs[0].dtype
    wide = dtype if dtype is dtypes.float64 else dtypes.float32
    rows = b.Concat(b.const([_TRIES]), b.int64(shape), axis=0)
    drawn = b.Split(_filled(b, "RandomNormalLike", op, rows, wide), None, axis=0, num_outputs=_TRIES, outputs=_TRIES)
    chosen = b.Clip(drawn[-1], b.const(-2.0, wide), b.const(2.0, wide))
    for candidate in drawn[:-1]:
        chosen = b.Where(b.Less(b.Abs(candidate), 2.0), candidate, chosen)
    return b.cast(b.Squeeze(chosen, b.const([0])), dtype)


@converts("RandomUniformInt")
def _random_integers(b: Builder, op: Operation, shape: Value, low: Value, high: Value) -> Value:
    """minval + floor(u * (maxval - minval)), in float64."""
    _require_file(b, op)
    if low.const is not None and high.const is not None and int(high.const) - int(low.const) >= _EXACT_INTEGERS:
        raise NotConvertible("the range is wider than float64 resolves")
    start, end = (b.cast(v, dtypes.float64) for v in (low, high))
    units = _filled(b, "RandomUniformLike", op, shape, dtypes.float64)
    whole = b.Floor(b.Mul(units, b.Sub(end, start)))
    return b.Add(b.cast(whole, low.dtype), low)  # type: ignore[no-any-return]


@converts("Multinomial")
def _multinomial(b: Builder, op: Operation, logits: Value, count: Value) -> Value:
    _require_file(b, op)
    samples = int(b.constant(count, "the number of samples"))
    if not samples:
        raise NotConvertible("no samples are drawn")
    dtype = op.outputs[0].dtype
    number = 6 if dtype is dtypes.int32 else 7
    drawn: Value = b.Multinomial(b.cast(logits, dtypes.float32), dtype=dtype, sample_size=samples, seed=_seed(op))
    b.nodes[-1].attrs["dtype"] = number
    return drawn


@converts("RandomShuffle")
def _random_shuffle(b: Builder, op: Operation, value: Value) -> Value:
    """The rows in the order of as many random numbers."""
    _require_file(b, op)
    if value.rank == 0:
        return value
    count = b.Shape(value, start=0, end=1)
    keys = _filled(b, "RandomUniformLike", op, count, dtypes.float32)
    _, order = b.TopK(keys, count, outputs=2)
    return b.Gather(value, order, axis=0)  # type: ignore[no-any-return]


STREAMED = frozenset({"RandomUniform", "RandomStandardNormal", "RandomUniformInt"})
"""Op types whose exact stream a model can give (`converters.random.stream_values`)."""
