"""ONNX forms of operations on text, for files: letters, lengths, parts, joins, numbers.

ONNX's strings are text and TensorFlow's are bytes; what is here gives the same for UTF-8 text. Texts are taken apart
into characters by ONNX Runtime's own operator Tokenizer, and joined by StringConcat.
"""

from __future__ import annotations

import numpy as np

from converters.branches import loop
from converters.builder import Builder, Node, Value
from converters.guards import only_if
from converters.registry import NotConvertible, converts_for_files
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_SPACE = r"\t\n\v\f\r "
_CHARACTER = r"(?s:.)"
_DECIMAL = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_NUMBER = rf"[{_SPACE}]*[+-]?({_DECIMAL}|0[xX][0-9a-fA-F]+|(?i:inf|nan))[{_SPACE}]*"
_WHOLE = rf"[{_SPACE}]*-?[0-9]+[{_SPACE}]*"


def text(b: Builder, value: str) -> Value:
    """A scalar constant."""
    return b.const(np.array(value, object))


def flat(b: Builder, x: Value) -> Value:
    """The elements of `x` as a vector."""
    return b.Reshape(x, [-1])  # type: ignore[no-any-return]


def shaped(b: Builder, x: Value, like: Value) -> Value:
    """The vector `x` in the shape of `like`."""
    result = b.Reshape(x, b.Shape(like), allowzero=1)
    result.shape = like.shape
    return result  # type: ignore[no-any-return]


def padded(b: Builder, x: Value) -> Value:
    """`x` and one more row, as operators on text refuse to have none; see `unpadded`."""
    return b.Concat(x, b.Reshape(text(b, "a"), [1]), axis=0)  # type: ignore[no-any-return]


def unpadded(b: Builder, x: Value) -> Value:
    """All rows but the last one."""
    return b.Slice(x, [0], [-1], [0])  # type: ignore[no-any-return]


def empty_column(b: Builder, rows: Value) -> Value:
    """As many empty texts, one a row, as the matrix or vector `rows` has rows."""
    count = b.Slice(b.Shape(rows), [0], [1])
    return b.Expand(text(b, ""), b.Concat(count, b.const([1]), axis=0))  # type: ignore[no-any-return]


def tokens(b: Builder, x: Value, expression: str) -> Value:
    """The longest matches of `expression` in each text of a vector, from left to right, and at least one "" after."""
    found = Value(b._fresh("Tokenizer"), dtypes.string)
    attrs = {"mark": 0, "mincharnum": 1, "pad_value": "", "tokenexp": expression}
    b.nodes.append(Node("Tokenizer", "com.microsoft", [padded(b, x)], [found], attrs, found.name))
    found = unpadded(b, found)
    return b.Concat(found, empty_column(b, found), axis=1)  # type: ignore[no-any-return]


def joined(b: Builder, x: Value) -> Value:
    """The texts of each row of a matrix one after the other: neighbours are joined until one column is left."""

    def columns(b: Builder, x: Value) -> Value:
        return b.Slice(b.Shape(x), [1], [2])  # type: ignore[no-any-return]

    def more(b: Builder, x: Value) -> Value:
        return b.Greater(b.Squeeze(columns(b, x), [0]), 1)  # type: ignore[no-any-return]

    def step(b: Builder, iteration: Value, x: Value) -> tuple[Value, list[Value]]:
        even = b.Mul(b.Div(b.Add(columns(b, x), 1), 2), 2)
        x = b.Slice(b.Concat(x, empty_column(b, x), axis=1), b.const([0]), even, [1])
        last = b.const([np.iinfo(np.int64).max])
        left, right = (b.Slice(x, [start], last, [1], [2]) for start in (0, 1))
        result = b.StringConcat(left, right)
        return more(b, result), [result]

    x = b.Concat(x, empty_column(b, x), axis=1)
    x.shape = (None, None)
    (whole,) = loop(b, None, more(b, x), [x], step)
    return b.Reshape(whole, [-1])  # type: ignore[no-any-return]


def matches(b: Builder, x: Value, expression: str) -> Value:
    """Whether `expression` matches each whole text."""
    return b.RegexFullMatch(x, pattern=expression, dtype=dtypes.bool)  # type: ignore[no-any-return]


def checked(b: Builder, x: Value, ok: Value) -> Value:
    """The vector `x` in a run in which all of the bools `ok` hold."""
    wrong = b.ReduceSum(b.cast(b.Not(ok), dtypes.int64), keepdims=0)
    return only_if(b, b.Equal(wrong, 0), x)


def byte_sizes(b: Builder, characters: Value) -> Value:
    """How many bytes of UTF-8 each character has, int64; 0 for the empty text."""
    above = [r"(?s:.)", r"[^\x{0}-\x{7f}]", r"[^\x{0}-\x{7ff}]", r"[^\x{0}-\x{ffff}]"]
    sizes = [b.cast(matches(b, characters, expression), dtypes.int64) for expression in above]
    return b.Add(b.Add(sizes[0], sizes[1]), b.Add(sizes[2], sizes[3]))  # type: ignore[no-any-return]


def _sizes(b: Builder, op: Operation, characters: Value) -> Value:
    if op.attrs["unit"] == b"UTF8_CHAR":
        return b.cast(b.Not(b.Equal(characters, text(b, ""))), dtypes.int64)
    return byte_sizes(b, characters)


@converts_for_files("StringLower", "StringUpper")
def _change_case(b: Builder, op: Operation, x: Value) -> Value:
    """In the locale C, which knows the letters of ASCII."""
    if op.attrs["encoding"]:
        raise NotConvertible("letters beyond ASCII depend on the locales of the machine that runs the file")
    action = op.type.removeprefix("String").upper()
    changed = Value(b._fresh("StringNormalizer"), dtypes.string)
    attrs = {"case_change_action": action, "is_case_sensitive": 1, "locale": "C"}
    b.nodes.append(Node("StringNormalizer", "", [padded(b, flat(b, x))], [changed], attrs, changed.name))
    return shaped(b, unpadded(b, changed), x)


@converts_for_files("StringStrip")
def _strip(b: Builder, op: Operation, x: Value) -> Value:
    found = tokens(b, flat(b, x), f"[^{_SPACE}]((?s:.)*[^{_SPACE}])?")
    return shaped(b, b.Slice(found, [0], [1], [1]), x)


@converts_for_files("StringLength")
def _length(b: Builder, op: Operation, x: Value) -> Value:
    sizes = _sizes(b, op, tokens(b, flat(b, x), _CHARACTER))
    return b.cast(shaped(b, b.ReduceSum(sizes, [1], keepdims=0), x), dtypes.int32)


@converts_for_files("Substr")
def _substr(b: Builder, op: Operation, x: Value, position: Value, length: Value) -> Value:
    """The characters that begin and end between the two ends; the run fails where an end lies within one."""
    per_text = position.rank > 0
    if per_text and x.shape != position.shape:
        spread = b.Shape(b.Add(b.Expand(b.const(0, position.dtype), b.Shape(x)), position))
        x, position, length = (b.Expand(v, spread) for v in (x, position, length))
        x.shape = position.shape = length.shape = op.outputs[0].shape.tuple
    characters = tokens(b, flat(b, x), _CHARACTER)
    sizes = _sizes(b, op, characters)
    ends = b.CumSum(sizes, b.const(1))
    begins = b.Sub(ends, sizes)
    total = b.ReduceSum(sizes, [1])
    start, count = (b.Reshape(b.int64(v), [-1, 1] if per_text else [1, 1]) for v in (position, length))
    start = b.Where(b.Less(start, 0), b.Add(start, total), start)
    stop = b.Where(b.Less(count, 0), total, b.Min(b.Add(start, count), total))
    within = b.And(b.GreaterOrEqual(start, 0), b.LessOrEqual(start, total))
    kept = b.And(b.GreaterOrEqual(begins, start), b.LessOrEqual(ends, stop))
    for end in (start, stop):
        within = b.And(within, b.Not(b.And(b.Less(begins, end), b.Greater(ends, end))))
    parts = b.Where(kept, characters, text(b, ""))
    return shaped(b, joined(b, checked(b, parts, within)), x)


@converts_for_files("ReduceJoin")
def _reduce_join(b: Builder, op: Operation, x: Value, axes: Value) -> Value:
    rank = x.rank
    given = [int(a) for a in b.constant(axes, "the axes").reshape(-1)]
    wanted = [a % rank for a in given]
    if not wanted or len(set(wanted)) < len(wanted) or any(not -rank <= a < rank for a in given):
        raise NotConvertible(f"joins along the axes {given} of a tensor of rank {rank}")
    kept = [a for a in range(rank) if a not in wanted]
    moved = b.Transpose(x, perm=kept + wanted[::-1])
    shape = b.Shape(x)
    count = b.ReduceProd(b.Gather(shape, b.const(wanted)), keepdims=1)
    outer = b.ReduceProd(b.Gather(shape, b.const(np.array(kept, np.int64))), keepdims=1) if kept else b.const([1])
    rows = b.Reshape(moved, b.Concat(outer, count, axis=0), allowzero=1)
    if separator := op.attrs["separator"]:
        rest = b.StringConcat(text(b, separator.decode()), b.Slice(rows, [1], [np.iinfo(np.int64).max], [1]))
        rows = b.Concat(b.Slice(rows, [0], [1], [1]), rest, axis=1)
    final = b.Gather(shape, b.const(np.array(kept, np.int64)))
    if op.attrs["keep_dims"]:
        final = b.ScatterElements(shape, b.const(wanted), b.const([1] * len(wanted)), axis=0)
    return b.Reshape(joined(b, rows), final, allowzero=1)


@converts_for_files("StringToNumber")
def _to_number(b: Builder, op: Operation, x: Value) -> Value:
    """Decimal numbers and hexadecimal integers; others, and those that no float64 holds, make the run fail."""
    dtype = op.outputs[0].dtype
    whole = dtype.is_integer
    vector = flat(b, x)
    vector = checked(b, vector, matches(b, vector, _WHOLE if whole else _NUMBER))
    wide = b.Cast(vector, to=7 if whole else 11, dtype=dtypes.int64 if whole else dtypes.float64)
    if dtype is dtypes.int32:
        wide = checked(b, wide, b.Equal(b.cast(b.cast(wide, dtypes.int32), dtypes.int64), wide))
    return shaped(b, b.cast(wide, dtype), x)
