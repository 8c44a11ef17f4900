"""ONNX forms of hashes of text, for files: the formulas of `tfcompat.graph.string_hashes` on uint64.

A text becomes its bytes by way of its characters, each of which ONNX's LabelEncoder knows by its number. Those below
U+0800 are known: Latin, Greek, Cyrillic, Hebrew and Arabic letters. Others make the run fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from converters.branches import loop
from converters.builder import Builder, Node, Value
from converters.registry import NotConvertible, converts_for_files
from converters.text import checked, flat, shaped, tokens
from tfcompat.graph import dtypes
from tfcompat.graph import string_hashes as hashes
from tfcompat.graph.operation import Operation

_CHARACTERS = 0x800
_ROOM = 72
"""Bytes behind the longest text, so that words of 64 bytes can be read of every one."""

_END = np.iinfo(np.int64).max
Trace = list[Builder]


class Word:
    """A uint64 of each text, or one of all of them, under Python's operators; `trace` ends in the builder to use."""

    def __init__(self, trace: Trace, value: Value, alone: bool = False):
        self.trace, self.value, self.alone = trace, value, alone

    def _with(self, op_type: str, other: Any, swap: bool = False, **attrs: Any) -> Word:
        b = self.trace[-1]
        right = other.value if isinstance(other, Word) else b.const(np.uint64(other))
        args = [right, self.value] if swap else [self.value, right]
        return Word(self.trace, b.node(op_type, args, **attrs), self.alone and getattr(other, "alone", True))

    def __add__(self, other: Any) -> Word:
        return self._with("Add", other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Word:
        return self._with("Sub", other)

    def __mul__(self, other: Any) -> Word:
        return self._with("Mul", other)

    def __xor__(self, other: Any) -> Word:
        return self._with("BitwiseXor", other)

    __rxor__ = __xor__

    def __or__(self, other: Any) -> Word:
        return self._with("BitwiseOr", other)

    def __and__(self, other: int) -> Word:
        return self if other == hashes.MASK else self._with("BitwiseAnd", other)

    def __lshift__(self, count: int) -> Word:
        return self._with("BitShift", count, direction="LEFT")

    def __rshift__(self, count: int) -> Word:
        return self._with("BitShift", count, direction="RIGHT")

    def where(self, mask: Value, other: Any) -> Word:
        """This word where `mask` holds, else `other`; ONNX Runtime chooses between signed numbers only."""
        b = self.trace[-1]
        kept = other.value if isinstance(other, Word) else b.const(np.uint64(other))
        chosen = b.Where(mask, *(b.cast(v, dtypes.int64) for v in (self.value, kept)))
        return Word(self.trace, b.cast(chosen, dtypes.uint64))


class Texts:
    """The bytes of a vector of texts as a `Text` of words."""

    def __init__(self, b: Builder, x: Value):
        self.trace: Trace = [b]
        octets, sizes = _bytes_of(b, x)
        self.lengths = sizes
        self.size = Word(self.trace, b.cast(sizes, dtypes.uint64))
        self.tables = {1: octets}
        self.tables[4] = self._joined(b, self.tables[1], [0, 1, 2, 3], 1)
        self.tables[8] = self._joined(b, self.tables[4], [0, 4], 4)

    @staticmethod
    def _joined(b: Builder, table: Value, places: Sequence[int], own: int) -> Value:
        """The words that begin at every place, from shorter ones."""
        last = places[-1]
        total: Value | None = None
        for place in places:
            end = place - last if place < last else _END
            word = b.Slice(table, [place], [end], [1])
            if place:
                word = b.BitShift(word, b.const(np.uint64(8 * place)), direction="LEFT")
            total = word if total is None else b.BitwiseOr(total, word)
        assert total is not None
        return total

    def word(self, place: Any, length: int = 8) -> Word:
        """See `Text`; a place before the first byte is taken for it."""
        b, table = self.trace[-1], self.tables[length]
        if not isinstance(place, Word):
            return Word(self.trace, b.Gather(table, b.const(np.array(place)), axis=1))
        number = b.cast(place.value, dtypes.int64)
        if place.alone:
            return Word(self.trace, b.Gather(table, number, axis=1))
        inside = b.Max(number, b.const(np.array(0)))
        return Word(self.trace, b.Squeeze(b.GatherElements(table, b.Unsqueeze(inside, [1]), axis=1), [1]))

    def spread(self, value: Any) -> Word:
        """A number as a word of each text."""
        return value if isinstance(value, Word) else self.size * 0 + value

    def each(self, width: int, counts: Value, state: Sequence[Any], step: Callable[..., Sequence[Any]]) -> list[Word]:
        """`state` after step(place, state) for places 0, width, 2 * width, ...: `counts` of them, for each text."""
        outer = self.trace[-1]

        def body(b: Builder, turn: Value, *carried: Value) -> tuple[None, list[Value]]:
            self.trace.append(b)
            place = Word(self.trace, b.cast(b.Mul(turn, width), dtypes.uint64), alone=True)
            before = [Word(self.trace, v) for v in carried]
            after = step(place, before)
            on = b.Less(turn, counts)
            kept = [self.spread(a).where(on, old).value for a, old in zip(after, before, strict=True)]
            self.trace.pop()
            return None, kept

        most = outer.ReduceMax(outer.Concat(counts, outer.const([0]), axis=0), keepdims=0)
        begin = [self.spread(s).value for s in state]
        return [Word(self.trace, v) for v in loop(outer, most, None, begin, body)]


def _bytes_of(b: Builder, x: Value) -> tuple[Value, Value]:
    """(bytes of each text uint64 [count, length], zeros behind; how many there are, int64 [count])."""
    characters = tokens(b, x, r"(?s:.)")
    numbers = Value(b._fresh("LabelEncoder"), dtypes.int64)
    attrs = {"keys_strings": ["", *map(chr, range(_CHARACTERS))], "values_int64s": [-1, *range(_CHARACTERS)],
             "default_int64": -2}  # fmt: skip
    b.nodes.append(Node("LabelEncoder", "ai.onnx.ml", [characters], [numbers], attrs, numbers.name))
    number = checked(b, numbers, b.GreaterOrEqual(numbers, -1))
    short, there = b.Less(number, 0x80), b.GreaterOrEqual(number, 0)
    first = b.Where(short, number, b.Add(b.Div(number, 64), 0xC0))
    second = b.Add(b.Mod(b.Max(number, b.const([[0]])), b.const([[64]])), 0x80)
    counts = b.Add(b.int64(there), b.int64(b.Not(short)))
    ends = b.CumSum(counts, b.const(1))
    begins = b.Sub(ends, counts)
    sizes = b.ReduceSum(counts, [1], keepdims=0)
    longest = b.ReduceMax(b.Concat(sizes, b.const([0]), axis=0), keepdims=1)
    nowhere = b.Add(longest, _ROOM)
    zeros = b.Expand(b.const([[0]]), b.Concat(b.Shape(x), b.Add(nowhere, 1), axis=0))
    places = b.Concat(b.Where(there, begins, nowhere), b.Where(short, nowhere, b.Add(begins, 1)), axis=1)
    values = b.Concat(b.Where(there, first, b.const([[0]])), b.Where(short, b.const([[0]]), second), axis=1)
    octets = b.ScatterElements(zeros, places, values, axis=1)
    return b.cast(octets, dtypes.uint64), sizes


def fingerprint(b: Builder, t: Texts) -> Word:
    """The formula for the size of each text."""
    result = t.spread(hashes.EMPTY)
    formulas = ((1, hashes.up_to_3), (4, hashes.up_to_7), (8, hashes.up_to_16), (17, hashes.up_to_32),
                (33, hashes.up_to_64), (65, _of_many))  # fmt: skip
    for least, formula in formulas:
        result = formula(t).where(b.GreaterOrEqual(t.lengths, least), result)
    return result


def _of_many(t: Texts) -> Word:
    b = t.trace[-1]
    counts = b.Div(b.Max(b.Sub(t.lengths, 1), b.const(np.array(0))), 64)
    state = t.each(64, counts, hashes.long_start(t), lambda place, s: hashes.long_step(t, place, tuple(s)))  # type: ignore[arg-type]
    return hashes.long_end(t, tuple(state))  # type: ignore[no-any-return, arg-type]


def _murmur(b: Builder, t: Texts) -> Word:
    whole = b.Div(t.lengths, 8)
    (h,) = t.each(8, whole, [hashes.murmur_start(t)], lambda place, s: [hashes.murmur_step(s[0], t.word(place))])
    rest = Word(t.trace, b.cast(b.Mul(whole, 8), dtypes.uint64))
    h = hashes.murmur_rest(h, t.word(rest)).where(b.Less(b.Mul(whole, 8), t.lengths), h)
    return hashes.murmur_end(h)  # type: ignore[no-any-return]


def siphash(b: Builder, t: Texts, key: tuple[int, int]) -> Word:
    whole = b.Div(t.lengths, 8)
    state = t.each(8, whole, hashes.sip_start(key), lambda place, s: hashes.sip_step(tuple(s), t.word(place)))  # type: ignore[arg-type]
    rest = Word(t.trace, b.cast(b.Mul(whole, 8), dtypes.uint64))
    last = t.word(rest) | ((t.size & 0xFF) << 56)
    return hashes.sip_end(hashes.sip_step(tuple(state), last))  # type: ignore[no-any-return, arg-type]


def in_bucket(b: Builder, word: Word, count: int) -> Value:
    """The remainder by `count`, int64."""
    return b.cast(b.Mod(word.value, b.const(np.array(count, np.uint64))), dtypes.int64)


@converts_for_files("StringToHashBucket", "StringToHashBucketFast", "StringToHashBucketStrong")
def _bucket(b: Builder, op: Operation, x: Value) -> Value:
    t = Texts(b, flat(b, x))
    if op.type == "StringToHashBucketStrong":
        key = op.attrs["key"]
        if len(key) != 2:
            raise NotConvertible("the key must have 2 elements")
        word = siphash(b, t, (key[0], key[1]))
    else:
        word = (fingerprint if op.type.endswith("Fast") else _murmur)(b, t)
    return shaped(b, in_bucket(b, word, op.attrs["num_buckets"]), x)
