"""ONNX forms of lookups in tables whose entries are known, and of operations on text.

ONNX's strings are text and TensorFlow's are bytes, so strings enter models that are exported only, and only through
operations that give the same for text. Tables become LabelEncoders from keys to rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from converters.array import shape_of
from converters.builder import Builder, Node, Value
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

TEXT_OPS = frozenset({
    "AsString", "BroadcastTo", "ConcatV2", "Const", "DynamicPartition", "DynamicStitch", "EnsureShape", "Equal",
    "ExpandDims", "Fill", "Gather", "GatherNd", "GatherV2", "Identity", "IdentityN", "NotEqual", "OneHot", "Pack",
    "PlaceholderWithDefault", "Rank", "ReduceJoin", "RegexFullMatch", "RegexReplace", "Reshape", "ReverseV2", "Roll",
    "Select", "SelectV2", "Shape", "ShapeN", "Size", "Slice", "SparseCross", "SparseCrossHashed", "SparseCrossV2",
    "SparseToDense", "Split", "SplitV", "Squeeze",
    "StaticRegexFullMatch", "StaticRegexReplace", "StopGradient", "StridedSlice", "StringJoin", "StringLength",
    "StringLower", "StringSplit", "StringSplitV2", "StringStrip", "StringToHashBucket", "StringToHashBucketFast",
    "StringToHashBucketStrong", "StringToNumber", "StringUpper", "Substr",
    "TensorListFromTensor", "TensorListGetItem", "TensorListReserve", "TensorListSetItem", "TensorListStack",
    "TensorScatterUpdate", "Tile", "Transpose", "Unique", "UniqueWithCounts", "Unpack", "ZerosLike",
})  # fmt: skip
"""Op types that may take or give strings in exported models."""

TABLE_OPS = frozenset({"LookupTableFindV2", "LookupTableFind", "LookupTableSizeV2", "LookupTableSize"})
"""Op types that may take tables in exported models."""


class TableValue(Value):
    """The handle of a table whose entries are known.

    Attributes:
        keys: the keys; vectors have a second dimension.
        values: the values, by row.
    """

    __slots__ = ("keys", "values")

    def __init__(self, name: str, keys: np.ndarray, values: np.ndarray):
        super().__init__(name, dtypes.resource, ())
        self.keys, self.values = keys, values


def may_be_in_model(op: Operation, inputs: Any) -> bool:
    """Whether an operation on strings or handles has a form in exported models."""
    if op.type in TABLE_OPS:
        return isinstance(inputs[0], TableValue)
    return op.type in TEXT_OPS


@converts("LookupTableSizeV2", "LookupTableSize")
def _size(b: Builder, op: Operation, table: Value) -> Value:
    return b.const(len(_known(table).keys), dtypes.int64)


def _known(table: Value) -> TableValue:
    if not isinstance(table, TableValue):
        raise NotConvertible("the entries of the table are not known")
    return table


@converts("LookupTableFindV2", "LookupTableFind")
def _find(b: Builder, op: Operation, handle: Value, keys: Value, default: Value) -> Value:
    table = _known(handle)
    if table.keys.ndim != 1:
        raise NotConvertible("keys that are vectors have no form in ONNX")
    shape = None if keys.shape is None else (*keys.shape, *table.values.shape[1:])
    found = _found(b, table, keys, default)
    found.shape = shape if found.shape is None else found.shape
    return found


def _found(b: Builder, table: TableValue, keys: Value, default: Value) -> Value:
    whole = default.shape == (*(keys.shape or ()), *table.values.shape[1:])
    if not len(table.keys):
        outer = b.Concat(shape_of(b, keys), b.const(np.array(table.values.shape[1:], np.int64)), axis=0)
        return default if whole and keys.shape else b.Expand(default, outer)  # type: ignore[no-any-return]
    rows = _rows(b, table, keys)
    found = b.Gather(b.const(table.values), b.Max(rows, b.const(0, dtypes.int64)))
    there = b.GreaterOrEqual(rows, b.const(0, dtypes.int64))
    for _ in table.values.shape[1:]:
        there = b.Unsqueeze(there, [-1])
    return b.Where(there, found, default)  # type: ignore[no-any-return]


def _rows(b: Builder, table: TableValue, keys: Value) -> Value:
    """The row of each key, -1 for absent ones."""
    attrs: dict[str, Any] = {"values_int64s": list(range(len(table.keys))), "default_int64": -1}
    if keys.dtype is dtypes.string:
        attrs["keys_strings"] = [as_text(k) for k in table.keys.tolist()]
    else:
        keys = b.int64(keys)
        attrs["keys_int64s"] = table.keys.tolist()
    rows = Value(b._fresh("rows"), dtypes.int64, keys.shape)
    b.nodes.append(Node("LabelEncoder", "ai.onnx.ml", [keys], [rows], attrs, rows.name))
    return rows


def as_text(value: bytes) -> str:
    """Bytes as text; NotConvertible when they are none."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise NotConvertible(f"the bytes {value!r} are not UTF-8 text, which ONNX strings must be") from None


@converts("StringJoin")
def _join(b: Builder, op: Operation, *parts: Value) -> Value:
    separator = op.attrs["separator"]
    joined = parts[0]
    for part in parts[1:]:
        if separator:
            joined = b.StringConcat(joined, b.const(np.array(separator, object)))
        joined = b.StringConcat(joined, part)
    return joined


@converts("StaticRegexFullMatch")
def _static_match(b: Builder, op: Operation, text: Value) -> Value:
    return b.RegexFullMatch(text, pattern=as_text(op.attrs["pattern"]), dtype=dtypes.bool)  # type: ignore[no-any-return]


@converts("RegexFullMatch")
def _match(b: Builder, op: Operation, text: Value, pattern: Value) -> Value:
    expression = as_text(b.constant(pattern, "pattern").reshape(()).item())
    return b.RegexFullMatch(text, pattern=expression, dtype=dtypes.bool)  # type: ignore[no-any-return]


@converts("AsString")
def _as_string(b: Builder, op: Operation, x: Value) -> Value:
    attrs = op.attrs
    if x.dtype is dtypes.bool and attrs["width"] <= 0:
        return b.Where(x, *(b.const(np.array(t, object)) for t in ("true", "false")))
    if not x.dtype.is_integer or attrs["width"] > 0 or attrs["fill"] or attrs["scientific"]:
        raise NotConvertible("only integers without padding are written in ONNX as here")
    return b.cast(b.int64(x), dtypes.string)
