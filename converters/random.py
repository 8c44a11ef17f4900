"""Random streams inside models: Philox 4x32-10 in 64-bit integer arithmetic, bit-equal to the host kernels.

Words travel in pairs, two 32-bit words in one uint64, the earlier one in the upper half: the shape of what one round
computes, and of what becomes a 64-bit value. Stateless operations bring their stream as inputs. Operations that keep a
generator read from a counter that is an input of the model (`stream_values`): the caller carries it from run to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts
from converters.sizes import Size, divided, product, reshape
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.operation import Operation

_M0, _M1 = 0xD2511F53, 0xCD9E8D57
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
_MASK32 = 0xFFFFFFFF
_SCRAMBLING_KEY = 0x02461E29_3EC8F720
_RESERVED_PER_VALUE = 256  # blocks by which a kept generator moves on for every value
_SMALLEST = 1e-7  # the logarithm of Box-Muller never sees less
_MANTISSA_BITS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}


@dataclass(frozen=True, slots=True)
class Stream:
    """A position in a stream, uint64 Values of shape [1]: the key, and the halves of the counter."""

    key: Value
    low: Value
    high: Value


def _left(b: Builder, x: Value) -> Value:
    return b.BitShift(x, 32, direction="LEFT")  # type: ignore[no-any-return]


def _right(b: Builder, x: Value) -> Value:
    return b.BitShift(x, 32, direction="RIGHT")  # type: ignore[no-any-return]


def _exchanged(b: Builder, x: Value) -> Value:
    """The halves of every element exchanged."""
    return b.BitwiseOr(_left(b, x), _right(b, x))  # type: ignore[no-any-return]


def _round_keys(b: Builder, key: Value) -> list[tuple[Value, Value]]:
    """Both keys of every round in upper halves: constants where the key is one."""
    if key.const is not None:
        whole = int(key.const.reshape(-1)[0])
        halves = whole & _MASK32, whole >> 32
        return [
            (
                b.const([((halves[0] + i * _W0) & _MASK32) << 32], dtypes.uint64),
                b.const([((halves[1] + i * _W1) & _MASK32) << 32], dtypes.uint64),
            )
            for i in range(_ROUNDS)
        ]
    # Only the lower half of the sum is left after the shift.
    lower, upper = key, _right(b, key)
    return [(_left(b, b.Add(lower, i * _W0)), _left(b, b.Add(upper, i * _W1))) for i in range(_ROUNDS)]


def philox(b: Builder, key: Value, first: Value, second: Value) -> tuple[Value, Value]:
    """The words of blocks.

    Args:
        b: the builder.
        key: uint64, shape [1].
        first: words 0 (upper half) and 1 of the counters, uint64, shape [n] or [1].
        second: words 2 (upper half) and 3 of the counters, uint64, shape [n] or [1].

    Returns:
        Words 0 and 1, and words 2 and 3, of each block: uint64, shape [n].
    """
    for k0, k1 in _round_keys(b, key):
        p0 = b.Mul(_right(b, first), _M0)
        p1 = b.Mul(_right(b, second), _M1)
        first = b.BitwiseXor(b.BitwiseXor(_left(b, first), p1), k0)
        second = b.BitwiseXor(b.BitwiseXor(_left(b, second), p0), k1)
    return first, second


def _pairs(b: Builder, stream: Stream, blocks: Size) -> tuple[Value, Value]:
    """The next `blocks` blocks of a stream; see `philox`."""
    if isinstance(blocks, int):
        ramp = b.const(np.arange(blocks, dtype=np.uint64)) if blocks <= 64 else None
    else:
        ramp = None
        blocks = b.Reshape(blocks, b.const(np.zeros(0, np.int64)))  # type: ignore[assignment]
    if ramp is None:
        ramp = b.cast(b.Range(0, blocks if isinstance(blocks, Value) else b.const(blocks), b.const(1)), dtypes.uint64)
    low = b.Add(stream.low, ramp)
    high = stream.high
    if stream.low.const is None or int(stream.low.const[0]) >= 1 << 63:
        high = b.Add(high, b.cast(b.Less(low, stream.low), dtypes.uint64))
    return philox(b, stream.key, _exchanged(b, low), _exchanged(b, high))


def _in_order(b: Builder, first: Value, second: Value) -> Value:
    """Values of blocks, two from each, in the order of the stream: shape [2 n]."""
    both = b.Concat(b.Unsqueeze(first, [1]), b.Unsqueeze(second, [1]), axis=1)
    return b.Reshape(both, [-1])  # type: ignore[no-any-return]


def _words(b: Builder, pairs: Value) -> Value:
    """The words of pairs, one to an element: uint64, shape [2 n]."""
    return _in_order(b, _right(b, pairs), b.BitwiseAnd(pairs, _MASK32))


def _units(b: Builder, bits: Value, dtype: DType) -> Value:
    """Floats in [0, 1) from the lowest bits, as many as the mantissa holds; float16 and bfloat16 as float32.

    The quotient by a power of two is exact.
    """
    count = _MANTISSA_BITS[dtype.name]
    wide = dtypes.float64 if dtype is dtypes.float64 else dtypes.float32
    return b.Mul(b.cast(b.BitwiseAnd(bits, (1 << count) - 1), wide), 2.0**-count)  # type: ignore[no-any-return]


def _box_muller(b: Builder, u: Value, v: Value, exact: bool) -> tuple[Value, Value]:
    """(sin, cos)(2 pi v) * sqrt(-2 log u) for u and v in [0, 1).

    In float32 the angle is a product in float64, rounded once. `exact` rounds every function correctly.
    """
    angle = b.cast(b.Mul(b.cast(v, dtypes.float64), 2 * np.pi), v.dtype)

    def function(name: str, x: Value) -> Value:
        return b.cast(b.node(name, [b.cast(x, dtypes.float64) if exact else x]), x.dtype)

    radius = b.Sqrt(b.Mul(function("Log", b.Max(u, _SMALLEST)), -2.0))
    return b.Mul(function("Sin", angle), radius), b.Mul(function("Cos", angle), radius)


def _uniform(b: Builder, first: Value, second: Value, dtype: DType) -> Value:
    pairs = _in_order(b, first, second)
    return b.cast(_units(b, pairs if dtype is dtypes.float64 else _words(b, pairs), dtype), dtype)


def _normal(b: Builder, first: Value, second: Value, dtype: DType) -> Value:
    if dtype is dtypes.float64:
        return _in_order(b, *_box_muller(b, _units(b, first, dtype), _units(b, second, dtype), False))
    pairs = _in_order(b, first, second)
    u, v = (_units(b, words, dtypes.float32) for words in (_right(b, pairs), pairs))
    return b.cast(_in_order(b, *_box_muller(b, u, v, dtype is not dtypes.float32)), dtype)


def _full_int(b: Builder, first: Value, second: Value, dtype: DType) -> Value:
    return b.cast(_bits(b, first, second, dtype), dtype)


def _bits(b: Builder, first: Value, second: Value, dtype: DType) -> Value:
    """Random bits for integers of `dtype` in uint64: a word each, or two with the lower half first."""
    pairs = _in_order(b, first, second)
    return _exchanged(b, pairs) if dtype.size == 8 else _words(b, pairs)


def _uniform_int(b: Builder, first: Value, second: Value, bounds: Sequence[Value], dtype: DType) -> Value:
    """minval + bits modulo (maxval - minval); the sum wraps where the range is wider than int64."""
    low, high = (int(b.constant(bound, "a bound of random integers")) for bound in bounds)
    if low >= high:
        raise NotConvertible(f"need minval < maxval, got {low} >= {high}")
    rest = b.Mod(_bits(b, first, second, dtype), b.const(np.uint64(high - low)))
    return b.cast(b.Add(b.cast(rest, dtypes.int64), low), dtype)


_FILLS: dict[str, Any] = {
    "StatelessRandomUniform": _uniform,
    "StatelessRandomNormal": _normal,
    "StatelessRandomUniformFullInt": _full_int,
    "RandomUniform": _uniform,
    "RandomStandardNormal": _normal,
}


def _values(b: Builder, op: Operation, op_type: str, stream: Stream, shape: Value, bounds: Sequence[Value]) -> Value:
    """The values of a fill of type `op_type`, in `shape`."""
    dtype = op.outputs[0].dtype.base_dtype
    if shape.const is not None and (shape.const < 0).any():
        raise NotConvertible("a size is negative")
    per_block = 2 if dtype.size == 8 else 4
    size = _size(b, shape)
    blocks = divided(b, size + per_block - 1 if isinstance(size, int) else b.Add(size, per_block - 1), per_block)
    words = _pairs(b, stream, blocks)
    flat = _FILLS[op_type](b, *words, dtype) if op_type in _FILLS else _uniform_int(b, *words, bounds, dtype)
    if not isinstance(size, int) or size % per_block:
        flat = b.Slice(flat, [0], b.const([size]) if isinstance(size, int) else size)
    if shape.const is not None:
        return reshape(b, flat, shape.const.tolist())
    return b.Reshape(flat, b.int64(shape), allowzero=1)  # type: ignore[no-any-return]


def _size(b: Builder, shape: Value) -> Size:
    """The number of elements: an int, or an int64 Value of shape [1]."""
    if shape.const is not None:
        return product(b, [int(n) for n in shape.const])
    return b.ReduceProd(b.int64(shape), keepdims=1)  # type: ignore[no-any-return]


def stream_values(b: Builder, op: Operation, counter: Value, *inputs: Value) -> tuple[Value, Value]:
    """One run of RandomUniform, RandomStandardNormal or RandomUniformInt.

    Args:
        b: the builder.
        op: the operation; its seeds must be set.
        counter: blocks that earlier runs have reserved, uint64, shape [1].
        inputs: inputs of the operation.

    Returns:
        The values, and the counter of the next run.

    Raises:
        NotConvertible: the operation has no seeds, or is of another type.
    """
    seed, seed2 = op.attrs["seed"], op.attrs["seed2"]
    if seed == seed2 == 0:
        raise NotConvertible("without seeds the stream differs in every session")
    if op.type not in ("RandomUniform", "RandomStandardNormal", "RandomUniformInt"):
        raise NotConvertible(f"the length of {op.type}'s stream depends on its values")
    key, high = (b.const([n % (1 << 64)], dtypes.uint64) for n in (seed, seed2))
    values = _values(b, op, op.type, Stream(key, counter, high), inputs[0], inputs[1:])
    size = _size(b, inputs[0])
    if isinstance(size, int):
        return values, b.Add(counter, size * _RESERVED_PER_VALUE)
    return values, b.Add(counter, b.Mul(b.cast(size, dtypes.uint64), _RESERVED_PER_VALUE))


def _element(b: Builder, vector: Value, index: int) -> Value:
    """One element of a vector, with shape [1]."""
    if vector.const is not None:
        return b.const(vector.const[index : index + 1])
    return b.Slice(vector, [index], [index + 1])  # type: ignore[no-any-return]


def _keyed(b: Builder, key: Value, counter: Value, alg: Value) -> Stream:
    if int(b.constant(alg, "the algorithm of a random generator")) not in (1, 3):
        raise NotConvertible("only the Philox algorithm has a kernel")
    if key.shape != (1,) or counter.shape != (2,):
        raise NotConvertible("key and counter must be known to have one and two elements")
    return Stream(key, _element(b, counter, 0), _element(b, counter, 1))


def _seeded(b: Builder, seed: Value) -> Stream:
    """The stream of a seed: the four words of a fixed key at the seed as counter are key and upper counter half."""
    if seed.shape != (2,):
        raise NotConvertible("the seed must be known to have two elements")
    wide = b.cast(b.int64(seed), dtypes.uint64)
    halves = [_exchanged(b, _element(b, wide, i)) for i in range(2)]
    key, high = philox(b, b.const([_SCRAMBLING_KEY], dtypes.uint64), *halves)
    return Stream(_exchanged(b, key), b.const([0], dtypes.uint64), _exchanged(b, high))


_STATELESS = ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessRandomUniformFullInt",
              "StatelessRandomUniformInt")  # fmt: skip


@converts(*_STATELESS)
def _from_seed(b: Builder, op: Operation, shape: Value, seed: Value, *bounds: Value) -> Value:
    return _values(b, op, op.type, _seeded(b, seed), shape, bounds)


@converts(*(f"{op_type}V2" for op_type in _STATELESS))
def _from_key(b: Builder, op: Operation, shape: Value, key: Value, counter: Value, alg: Value, *bounds: Value) -> Value:
    return _values(b, op, op.type.removesuffix("V2"), _keyed(b, key, counter, alg), shape, bounds)


@converts("StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg")
def _key_counter(b: Builder, op: Operation, seed: Value) -> list[Value]:
    stream = _seeded(b, seed)
    counter = b.Concat(stream.low, stream.high, axis=0)
    return [stream.key, counter, b.const(1, dtypes.int32)][: len(op.outputs)]
