"""ONNX forms of replacing and splitting by patterns, for files."""

from __future__ import annotations

import re

from converters.builder import Builder, Node, Value
from converters.expressions import check_certain
from converters.registry import NotConvertible, converts_for_files
from converters.tables import as_text
from converters.text import (
    checked,
    empty_column,
    flat,
    joined,
    matches,
    padded,
    shaped,
    text,
    tokens,
    unpadded,
)
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation


def _constant_text(b: Builder, x: Value, what: str) -> str:
    return as_text(b.constant(x, what).reshape(()).item())


# ---------------------------------------------------------------- replacing


@converts_for_files("StaticRegexReplace")
def _static_replace(b: Builder, op: Operation, x: Value) -> Value:
    return _replace(b, op, x, as_text(op.attrs["pattern"]), as_text(op.attrs["rewrite"]))


@converts_for_files("RegexReplace")
def _regex_replace(b: Builder, op: Operation, x: Value, pattern: Value, rewrite: Value) -> Value:
    return _replace(b, op, x, _constant_text(b, pattern, "the pattern"), _constant_text(b, rewrite, "the rewrite"))


def _replace(b: Builder, op: Operation, x: Value, pattern: str, rewrite: str) -> Value:
    check_certain(pattern)
    return shaped(b, _replaced(b, flat(b, x), pattern, rewrite, bool(op.attrs["replace_global"])), x)


def _replaced(b: Builder, x: Value, pattern: str, rewrite: str, everywhere: bool = True) -> Value:
    """Texts as matches of the pattern and the characters between them, matches replaced, and joined again."""
    parts = tokens(b, x, f"(?:{pattern})|(?s:.)")
    found = matches(b, parts, pattern)
    if not everywhere:
        number = b.CumSum(b.cast(found, dtypes.int64), b.const(1))
        found = b.And(found, b.Equal(number, 1))
    return joined(b, b.Where(found, _rewritten(b, parts, rewrite), parts))


def _rewritten(b: Builder, match: Value, rewrite: str) -> Value:
    r"""What a match becomes: `rewrite` with the match for \0."""
    result: Value | None = None
    for piece in re.findall(r"\\.|[^\\]+", rewrite, re.DOTALL):
        if piece[0] != "\\":
            value = text(b, piece)
        elif piece in (r"\0", r"\\"):
            value = match if piece == r"\0" else text(b, "\\")
        else:
            raise NotConvertible(f"{piece} in a rewrite has no form in ONNX")
        result = value if result is None else b.StringConcat(result, value)
    return text(b, "") if result is None else result


# ---------------------------------------------------------------- splitting


@converts_for_files("StringSplitV2")
def _split_v2(b: Builder, op: Operation, x: Value, separator: Value) -> list[Value]:
    by, most = _constant_text(b, separator, "the separator"), op.attrs["maxsplit"]
    if not by:
        if most >= 0:
            raise NotConvertible("a limited number of splits at white space has no form in ONNX")
        return _sparse(b, *_counted(b, tokens(b, x, r"[^\t\n\v\f\r ]+")))
    parts, counts = _split(b, x, by, most)
    return _sparse(b, b.Concat(parts, empty_column(b, parts), axis=1), b.Max(counts, 1))


@converts_for_files("StringSplit")
def _string_split(b: Builder, op: Operation, x: Value, delimiter: Value) -> list[Value]:
    """At each character of the delimiter, or between all characters."""
    by = _constant_text(b, delimiter, "the delimiter")
    if not by.isascii():
        raise NotConvertible("texts are split at bytes that are no characters")
    if not by:
        ascii_only = matches(b, x, r"[\x00-\x7f]*")
        return _sparse(b, *_counted(b, tokens(b, checked(b, x, ascii_only), r"[\x00-\x7f]")))
    members = "".join(rf"\x{ord(c):02x}" for c in by)
    if op.attrs["skip_empty"]:
        return _sparse(b, *_counted(b, tokens(b, x, f"[^{members}]+")))
    if len(by) > 1:
        x = _replaced(b, x, f"[{members}]", by[0].replace("\\", "\\\\"))
    return _sparse(b, *_split(b, x, by[0], -1))


def _split(b: Builder, x: Value, by: str, most: int) -> tuple[Value, Value]:
    """ONNX's StringSplit: (parts, how many of them each text has)."""
    parts, counts = (Value(b._fresh(n), t) for n, t in (("StringSplit", dtypes.string), ("counts", dtypes.int64)))
    attrs = {"delimiter": by, **({"maxsplit": most} if most >= 0 else {})}
    b.nodes.append(Node("StringSplit", "", [padded(b, x)], [parts, counts], attrs, parts.name))
    return unpadded(b, parts), unpadded(b, counts)


def _counted(b: Builder, parts: Value) -> tuple[Value, Value]:
    there = b.Not(b.Equal(parts, text(b, "")))
    return parts, b.ReduceSum(b.cast(there, dtypes.int64), [1], keepdims=0)


def _sparse(b: Builder, parts: Value, counts: Value) -> list[Value]:
    """Indices, values and dense shape of the first parts of each row, `counts` many."""
    shape = b.Shape(parts)
    columns = b.Range(b.const(0), b.Squeeze(b.Slice(shape, [1], [2]), [0]), b.const(1))
    indices = b.Transpose(b.NonZero(b.Less(columns, b.Unsqueeze(counts, [1]))), perm=[1, 0])
    longest = b.ReduceMax(b.Concat(counts, b.const([0]), axis=0), keepdims=1)
    dense_shape = b.Concat(b.Slice(shape, [0], [1]), longest, axis=0)
    for value, dims in ((indices, (None, 2)), (dense_shape, (2,))):
        value.shape = dims
    return [indices, b.GatherND(parts, indices), dense_shape]
