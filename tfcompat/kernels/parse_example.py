"""Host kernels that parse `Example` and `SequenceExample` messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfcompat import protos
from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.graph.tensor_shape import TensorShape

_FIELDS = {"float32": "float_list", "int64": "int64_list", "string": "bytes_list"}
_NAMES = {"float32": "float"}
_VALUE_NAMES = {"float32": "float", "string": "bytes"}


class _Messages:
    """Reads values out of features; errors name the example and the key."""

    def __init__(self, k: KernelContext, name: bytes):
        self._k = k
        self.name = name.decode() or "<unknown>"

    def error(self, key: str, text: str) -> InvalidArgumentError:
        return InvalidArgumentError(None, self._k.op, f"Name: {self.name}, {text}".replace("$key", key))

    def values(self, feature: Any, key: str, dtype: DType, index: int = 0) -> np.ndarray | None:
        """The values of a feature, None when it has none; InvalidArgumentError when they are of another type."""
        kind = feature.WhichOneof("kind") if feature is not None else None
        if kind is None:
            return None
        if kind != _FIELDS[dtype.name]:
            raise self.error(
                key,
                f"Key: $key, Index: {index}.  Data types don't match. Expected type: "
                f"{_NAMES.get(dtype.name, dtype.name)}, Data type: "
                f"{ {'float_list': 'float', 'int64_list': 'int64', 'bytes_list': 'string'}[kind] }",
            )
        found = getattr(feature, kind).value
        if dtype.name == "string":
            out = np.empty(len(found), object)
            out[:] = list(found)
            return out
        return np.array(found, dtype.as_numpy_dtype)


def _parsed(k: KernelContext, kind: Any, text: bytes) -> Any:
    try:
        return kind.FromString(text)
    except Exception:
        raise InvalidArgumentError(
            None, k.op, f"Could not parse example input, value: '{text.decode(errors='replace')}'"
        ) from None


@kernel("ParseExampleV2")
def parse_examples(
    k: KernelContext,
    serialized: np.ndarray,
    names: np.ndarray,
    sparse_keys: np.ndarray,
    dense_keys: np.ndarray,
    ragged_keys: np.ndarray,
    *defaults: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Indices, values and shapes of the sparse features, the dense ones, values and splits of the ragged ones."""
    texts = list(serialized.reshape(-1))
    labels = list(names.reshape(-1)) if names.size else [b""] * len(texts)
    features = [_parsed(k, protos.Example, t).features.feature for t in texts]
    readers = [_Messages(k, label) for label in labels]
    single = serialized.ndim == 0
    sparse = [
        _sparse_column(features, readers, key.decode(), dtype, single)
        for key, dtype in zip(sparse_keys, k.attr("sparse_types"), strict=True)
    ]
    dense = [
        _dense_column(features, readers, key.decode(), dtype, shape, default, single)
        for key, dtype, shape, default in zip(
            dense_keys, k.attr("Tdense"), k.attr("dense_shapes"), defaults, strict=True
        )
    ]
    ragged = [
        _ragged_column(features, readers, key, kind, splits, single)
        for key, kind, splits in _ragged_kinds(k, ragged_keys, "ragged")
    ]
    return (
        *(s[0] for s in sparse),
        *(s[1] for s in sparse),
        *(s[2] for s in sparse),
        *dense,
        *(r[0] for r in ragged),
        *(r[1] for r in ragged),
    )


def _ragged_kinds(k: KernelContext, keys: np.ndarray, which: str) -> Iterator[tuple[str, DType, DType]]:
    """(key, type of values, type of splits) of ragged features; older op types have none."""
    if keys.size:
        names = (key.decode() for key in keys)
        yield from zip(names, k.attr(f"{which}_value_types"), k.attr(f"{which}_split_types"), strict=True)


def _ragged_column(
    features: Sequence[Any], readers: Sequence[_Messages], key: str, dtype: DType, splits: DType, single: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(values, row splits) of one key over the examples; no splits for one example."""
    rows = [r.values(f.get(key), key, dtype, i) for i, (f, r) in enumerate(zip(features, readers, strict=True))]
    values, ends = _joined(rows, dtype, splits)
    return values, ends[:0] if single else ends


def _joined(rows: Sequence[np.ndarray | None], dtype: DType, splits: DType) -> tuple[np.ndarray, np.ndarray]:
    """(values, row splits) of rows of values."""
    found = [np.empty(0, dtype.as_numpy_dtype) if r is None else r for r in rows]
    return np.concatenate([*found, np.empty(0, dtype.as_numpy_dtype)]), _ends(found, splits)


def _ends(rows: Sequence[Any], splits: DType) -> np.ndarray:
    """The row splits of rows."""
    return np.cumsum([0, *map(len, rows)], dtype=np.int64).astype(splits.as_numpy_dtype)


def _sparse_column(
    features: Sequence[Any], readers: Sequence[_Messages], key: str, dtype: DType, single: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(indices, values, shape) of one key over the examples."""
    rows = [r.values(f.get(key), key, dtype, i) for i, (f, r) in enumerate(zip(features, readers, strict=True))]
    return _ragged(rows, dtype, single)


def _ragged(rows: Sequence[np.ndarray | None], dtype: DType, single: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = [np.empty(0, dtype.as_numpy_dtype) if r is None else r for r in rows]
    values = np.concatenate(found) if found else np.empty(0, dtype.as_numpy_dtype)
    columns = np.concatenate([np.arange(len(r)) for r in found]) if found else np.empty(0)
    columns = columns.astype(np.int64)
    if single:
        return columns[:, None], values, np.array([len(values)], np.int64)
    lines = np.repeat(np.arange(len(found), dtype=np.int64), [len(r) for r in found]).astype(np.int64)
    longest = max((len(r) for r in found), default=0)
    return np.stack([lines, columns], axis=1), values, np.array([len(found), longest], np.int64)


def _dense_column(
    features: Sequence[Any],
    readers: Sequence[_Messages],
    key: str,
    dtype: DType,
    shape: TensorShape,
    default: np.ndarray,
    single: bool,
) -> np.ndarray:
    variable = bool(shape.rank) and shape.as_list()[0] is None
    inner: Any = shape.as_list()[1:] if variable else shape.as_list()
    size = int(np.prod(inner, dtype=np.int64))
    rows = []
    for index, (feature, reader) in enumerate(zip(features, readers, strict=True)):
        values = reader.values(feature.get(key), key, dtype, index)
        if variable:
            values = np.empty(0, dtype.as_numpy_dtype) if values is None else values
            if size == 0 or values.size % size:
                raise reader.error(
                    key,
                    f"Key: $key, Index: {index}.  Number of {_VALUE_NAMES.get(dtype.name, dtype.name)} values "
                    f"is not a multiple of stride length. Saw {values.size} values but output shape is: "
                    f"{_text(['?', *inner])}",
                )
            rows.append(values.reshape(-1, *inner))
            continue
        if values is None:
            if default.size == 0 and size:
                raise reader.error(
                    key,
                    f"Feature: $key (data type: {_NAMES.get(dtype.name, dtype.name)}) is required but "
                    "could not be found.",
                )
            values = np.broadcast_to(default, inner)
        elif values.size != size:
            raise reader.error(
                key,
                f"Key: $key, Index: {index}.  Number of {_VALUE_NAMES.get(dtype.name, dtype.name)} values != "
                f"expected.  Values size: {values.size} but output shape: {_text(inner)}",
            )
        rows.append(values.reshape(inner))
    if variable:
        rows = _padded(rows, default)
    stacked = (
        np.stack(rows)
        if rows
        else np.empty((0, *(0 if d is None else d for d in shape.as_list())), dtype.as_numpy_dtype)
    )
    return stacked[0, ...] if single else stacked


def _padded(rows: list[np.ndarray], default: np.ndarray) -> list[np.ndarray]:
    longest = max((len(r) for r in rows), default=0)
    out = []
    for row in rows:
        wide = np.empty((longest, *row.shape[1:]), row.dtype)
        wide[...] = default.reshape(-1)[0] if default.size else 0
        wide[: len(row)] = row
        out.append(wide)
    return out


def _text(dims: Sequence[Any]) -> str:
    return f"[{','.join(str(d) for d in dims)}]"


@kernel("ParseSequenceExampleV2")
def parse_sequences(
    k: KernelContext,
    serialized: np.ndarray,
    debug_name: np.ndarray,
    context_sparse: np.ndarray,
    context_dense: np.ndarray,
    context_ragged: np.ndarray,
    list_sparse: np.ndarray,
    list_dense: np.ndarray,
    list_ragged: np.ndarray,
    may_miss: np.ndarray,
    *defaults: np.ndarray,
) -> tuple[Any, ...]:
    """Sparse and dense features of the context, then of the lists, then the numbers of steps of the dense lists."""
    texts = list(serialized.reshape(-1))
    labels = list(debug_name.reshape(-1)) if debug_name.size else [b""] * len(texts)
    readers = [_Messages(k, label) for label in labels]
    messages = [_parsed(k, protos.SequenceExample, t) for t in texts]
    contexts = [m.context.feature for m in messages]
    lists = [m.feature_lists.feature_list for m in messages]
    single = serialized.ndim == 0
    sparse = [
        _sparse_column(contexts, readers, key.decode(), d, single)
        for key, d in zip(context_sparse, k.attr("context_sparse_types"), strict=True)
    ]
    dense = [
        _dense_column(contexts, readers, key.decode(), d, s, default, single)
        for key, d, s, default in zip(
            context_dense, k.attr("Tcontext_dense"), k.attr("context_dense_shapes"), defaults, strict=True
        )
    ]
    ragged = [
        _ragged_column(contexts, readers, key, kind, splits, single)
        for key, kind, splits in _ragged_kinds(k, context_ragged, "context_ragged")
    ]
    ragged_lists = [
        _ragged_steps(lists, readers, key, kind, splits, single)
        for key, kind, splits in _ragged_kinds(k, list_ragged, "feature_list_ragged")
    ]
    steps = [
        _sparse_steps(lists, readers, key.decode(), d, single)
        for key, d in zip(list_sparse, k.attr("feature_list_sparse_types"), strict=True)
    ]
    dense_lists = [
        _dense_lists(lists, readers, key.decode(), d, s, bool(miss), single)
        for key, d, s, miss in zip(
            list_dense,
            k.attr("feature_list_dense_types"),
            k.attr("feature_list_dense_shapes"),
            may_miss.reshape(-1),
            strict=True,
        )
    ]
    return (
        *(s[0] for s in sparse),
        *(s[1] for s in sparse),
        *(s[2] for s in sparse),
        *dense,
        *(r[0] for r in ragged),
        *(r[1] for r in ragged),
        *(s[0] for s in steps),
        *(s[1] for s in steps),
        *(s[2] for s in steps),
        *(d[0] for d in dense_lists),
        *(d[1] for d in dense_lists),
        *(r[0] for r in ragged_lists),
        *(r[1] for r in ragged_lists),
        *(r[2] for r in ragged_lists),
    )


def _ragged_steps(
    lists: Sequence[Any], readers: Sequence[_Messages], key: str, dtype: DType, splits: DType, single: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values, splits by example, splits by step) of one key."""
    steps = [list(own[key].feature) if key in own else [] for own in lists]
    rows = [r.values(f, key, dtype, i) for own, r in zip(steps, readers, strict=True) for i, f in enumerate(own)]
    values, inner = _joined(rows, dtype, splits)
    outer = _ends(steps, splits)
    return values, outer[:0] if single else outer, inner


def _sparse_steps(
    lists: Sequence[Any], readers: Sequence[_Messages], key: str, dtype: DType, single: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(indices, values, shape) of one key: examples (unless `single`), steps, values of a step."""
    parts = []
    for own, reader in zip(lists, readers, strict=True):
        features = list(own[key].feature) if key in own else []
        parts.append(_ragged([reader.values(f, key, dtype, i) for i, f in enumerate(features)], dtype, False))
    if single:
        return parts[0]
    indices = [
        np.concatenate([np.full((len(p[0]), 1), i, np.int64), p[0].reshape(-1, 2)], axis=1) for i, p in enumerate(parts)
    ]
    largest = np.max([p[2] for p in parts], axis=0) if parts else np.zeros(2, np.int64)
    values = [p[1] for p in parts] or [np.empty(0, dtype.as_numpy_dtype)]
    return (
        np.concatenate(indices or [np.empty((0, 3), np.int64)]),
        np.concatenate(values),
        np.array([len(parts), *largest], np.int64),
    )


def _dense_lists(
    lists: Sequence[Any],
    readers: Sequence[_Messages],
    key: str,
    dtype: DType,
    shape: TensorShape,
    may_miss: bool,
    single: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """(values, numbers of steps) of one key."""
    rows = [_dense_list(own, r, key, dtype, shape, may_miss) for own, r in zip(lists, readers, strict=True)]
    if single:
        return rows[0], np.array(len(rows[0]), np.int64)
    empty = np.array(b"" if dtype.name == "string" else 0, dtype.as_numpy_dtype)
    padded = _padded(rows, empty)
    sizes: Any = shape.as_list()
    stacked = np.stack(padded) if padded else np.empty((0, 0, *sizes), dtype.as_numpy_dtype)
    return stacked, np.array([len(r) for r in rows], np.int64)


def _dense_list(
    lists: Any, reader: _Messages, key: str, dtype: DType, shape: TensorShape, may_miss: bool
) -> np.ndarray:
    sizes: Any = shape.as_list()
    if key not in lists:
        if not may_miss:
            raise reader.error(
                key,
                "Feature list '$key' is required but could not be found.  Did you mean to include it in "
                "feature_list_dense_missing_assumed_empty or feature_list_dense_defaults?",
            )
        return np.empty((0, *sizes), dtype.as_numpy_dtype)
    size = int(np.prod(sizes, dtype=np.int64))
    rows = []
    for index, feature in enumerate(lists[key].feature):
        values = reader.values(feature, key, dtype, index)
        if values is None or values.size != size:
            count = 0 if values is None else values.size
            raise reader.error(
                key,
                f"Key: $key, Index: {index}.  Number of {_VALUE_NAMES.get(dtype.name, dtype.name)} values != "
                f"expected.  values size: {count} but output shape: {_text(sizes)}",
            )
        rows.append(values.reshape(sizes))
    return np.stack(rows) if rows else np.empty((0, *sizes), dtype.as_numpy_dtype)
