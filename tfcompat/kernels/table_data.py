"""Lookup tables: what the handles of table operations stand for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph.dtypes import DType
from tfcompat.graph.errors import FailedPreconditionError, InvalidArgumentError, UnimplementedError


class Table:
    """Keys and their values; this kind may be changed at any time.

    Values lie in an array with a row per key; `_rows` says which row. Keys that are vectors are tuples there.

    Args:
        name: its name, for messages.
        key_dtype: type of the keys.
        value_dtype: type of the values.
        value_shape: shape of one value.
        key_shape: shape of one key.
    """

    kind = "MutableHashTable"

    def __init__(
        self,
        name: str,
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Sequence[int] = (),
        key_shape: Sequence[int] = (),
    ):
        self.name = name
        self.key_dtype, self.value_dtype = key_dtype, value_dtype
        self.key_shape, self.value_shape = tuple(key_shape), tuple(value_shape)
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """Forgets all keys."""
        self._rows: dict[Any, int] = {}
        self._values = np.empty((0, *self.value_shape), self.value_dtype.as_numpy_dtype)
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def size(self) -> int:
        """How many keys there are."""
        return len(self._rows)

    def key_list(self, keys: np.ndarray) -> list[Any]:
        """Keys as they stand in `_rows`."""
        if not self.key_shape:
            return keys.reshape(-1).tolist()  # type: ignore[no-any-return]
        return [tuple(k) for k in keys.reshape(-1, int(np.prod(self.key_shape))).tolist()]

    def check_types(self, keys: DType | None, values: DType | None) -> None:
        """Raises InvalidArgumentError unless the types are those of the table; None is not checked."""
        for what, mine, given in (("key", self.key_dtype, keys), ("value", self.value_dtype, values)):
            if given is not None and given.base_dtype != mine:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Table {what} type is {mine.name}, and the operation has {given.base_dtype.name} ({self.name})",
                )

    def outer_shape(self, keys: np.ndarray) -> tuple[int, ...]:
        """The shape of `keys` without that of a single key."""
        rank = len(self.key_shape)
        if keys.ndim < rank or keys.shape[keys.ndim - rank :] != self.key_shape:
            raise InvalidArgumentError(
                None, None, f"Expected key shape {list(self.key_shape)} got {list(keys.shape[keys.ndim - rank :])}"
            )
        return keys.shape[: keys.ndim - rank]

    def find(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
        """The values of `keys`, and for absent ones `default`: one value, or one for each key."""
        outer = self.outer_shape(keys)
        shape = (*outer, *self.value_shape)
        if default.shape not in (self.value_shape, shape):
            raise InvalidArgumentError(
                None,
                None,
                f"Expected shape {list(self.value_shape)} or {list(shape)} for default value, "
                f"got {list(default.shape)}",
            )
        with self.lock:
            get = self._rows.get
            rows = np.array([get(k, -1) for k in self.key_list(keys)], np.int64).reshape(outer)
            out = np.broadcast_to(default, shape).copy()
            there = rows >= 0
            if there.any():
                out[there] = self._values[rows[there]]
        return out

    def insert(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Adds keys or replaces their values."""
        outer = self.outer_shape(keys)
        if values.shape != (*outer, *self.value_shape):
            raise InvalidArgumentError(
                None, None, f"Expected shape {[*outer, *self.value_shape]} for value, got {list(values.shape)}"
            )
        with self.lock:
            self._put(self.key_list(keys), values.reshape(-1, *self.value_shape))

    def _put(self, keys: Sequence[Any], values: np.ndarray) -> None:
        rows = np.empty(len(keys), np.int64)
        for i, key in enumerate(keys):
            row = self._rows.get(key)
            if row is None:
                row = self._free.pop() if self._free else len(self._rows) + len(self._free)
                self._rows[key] = row
            rows[i] = row
        needed = int(rows.max()) + 1 if rows.size else 0
        if needed > len(self._values):
            grown = np.empty((max(needed, 2 * len(self._values)), *self.value_shape), self._values.dtype)
            grown[: len(self._values)] = self._values
            self._values = grown
        self._values[rows] = values

    def remove(self, keys: np.ndarray) -> None:
        """Removes those of `keys` that are there."""
        self.outer_shape(keys)
        with self.lock:
            for key in self.key_list(keys):
                row = self._rows.pop(key, None)
                if row is not None:
                    self._free.append(row)

    def replace(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Makes `keys` and `values` all there is."""
        with self.lock:
            self.clear()
            self.insert(keys, values)

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        """What an export operation gives: all keys, and their values."""
        return self.entries()

    def entries(self) -> tuple[np.ndarray, np.ndarray]:
        """All keys, and their values."""
        with self.lock:
            return self._key_array(self._rows), self._values[list(self._rows.values())]

    def _key_array(self, keys: Iterable[Any]) -> np.ndarray:
        listed = list(keys)
        array = np.empty((len(listed), *self.key_shape), self.key_dtype.as_numpy_dtype)
        if listed:
            array[...] = np.array(listed, array.dtype).reshape(array.shape)
        return array


class StaticTable(Table):
    """Gets its keys once."""

    kind = "HashTable"

    def clear(self) -> None:
        super().clear()
        self.initialized = False

    def find(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
        if not self.initialized:
            raise FailedPreconditionError(None, None, "Table not initialized.")
        if default.shape != ():
            raise InvalidArgumentError(None, None, f"Expected shape [] for default value, got {list(default.shape)}")
        return super().find(keys, default)

    def initialize(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Takes the keys; doing it again is allowed with the same ones.

        Raises:
            InvalidArgumentError: a key comes twice, with different values.
            FailedPreconditionError: the table has other keys already.
        """
        if keys.size != values.size:
            raise InvalidArgumentError(
                None, None, f"keys and values do not match: {keys.size} and {values.size} elements ({self.name})"
            )
        listed, flat = self.key_list(keys), values.reshape(-1)
        given: dict[Any, Any] = {}
        for key, value in zip(listed, flat.tolist(), strict=True):
            if given.setdefault(key, value) != value:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"HashTable has different value for same key. Key {_text(key)} has {_text(given[key])} and trying "
                    f"to add value {_text(value)}",
                )
        with self.lock:
            if self.initialized:
                present = dict(zip(self._rows, self._values[list(self._rows.values())].tolist(), strict=True))
                if present != given:
                    raise FailedPreconditionError(None, None, "Table was already initialized with different data.")
                return
            self._put(listed, flat)
            self.initialized = True

    def replace(self, keys: np.ndarray, values: np.ndarray) -> None:
        self.initialize(keys, values)

    def insert(self, keys: np.ndarray, values: np.ndarray) -> None:
        raise UnimplementedError(None, None, "Insert not supported by InitializableLookupTable implementations")

    def remove(self, keys: np.ndarray) -> None:
        raise UnimplementedError(None, None, "Remove not supported by InitializableLookupTable implementations")


class DenseTable(Table):
    """Has two keys that mean "nothing yet" and "removed", and exports its buckets with those.

    Args:
        name, key_dtype, value_dtype, value_shape: as for `Table`.
        empty: the key that marks free buckets.
        deleted: the key that marks buckets whose key was removed.
        buckets: how many buckets there are at first, a power of two.
        load: share of the buckets that may be used before their number is doubled.
    """

    kind = "MutableDenseHashTable"

    def __init__(
        self,
        name: str,
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Sequence[int],
        empty: np.ndarray,
        deleted: np.ndarray,
        buckets: int,
        load: float,
    ):
        if empty.shape != deleted.shape:
            raise InvalidArgumentError(
                None,
                None,
                f"Empty and deleted keys must have same shape, got shapes: {list(empty.shape)} and "
                f"{list(deleted.shape)}",
            )
        if np.array_equal(empty, deleted):
            raise InvalidArgumentError(None, None, "Empty and deleted keys cannot be equal")
        if buckets < 4 or buckets & (buckets - 1):
            raise InvalidArgumentError(
                None, None, f"Number of buckets must be at least 4 and a power of 2, got: {buckets}"
            )
        if not 0 < load < 1:
            raise InvalidArgumentError(None, None, f"max_load_factor must be between 0 and 1, got: {load}")
        self._empty, self._deleted = empty, deleted
        self._first_buckets, self._load = buckets, load
        super().__init__(name, key_dtype, value_dtype, value_shape, empty.shape)
        self._marks = {self.key_list(empty)[0]: "empty_key", self.key_list(deleted)[0]: "deleted_key"}

    def clear(self) -> None:
        super().clear()
        self._buckets = self._first_buckets
        self._removed: list[Any] = []

    def key_list(self, keys: np.ndarray) -> list[Any]:
        listed = super().key_list(keys)
        for mark, what in self.__dict__.get("_marks", {}).items():
            if mark in listed:
                raise InvalidArgumentError(None, None, f"Using the {what} as a table key is not allowed")
        return listed

    def outer_shape(self, keys: np.ndarray) -> tuple[int, ...]:
        count = keys.shape[0] if keys.ndim else 1
        if keys.size != count * int(np.prod(self.key_shape)):
            raise InvalidArgumentError(
                None, None, f"Expected key shape {[count, *self.key_shape]} got {list(keys.shape)}"
            )
        return keys.shape[: keys.ndim - len(self.key_shape)]

    def _put(self, keys: Sequence[Any], values: np.ndarray) -> None:
        wanted = len(self._rows) + len(keys)
        if wanted > self._buckets * self._load:
            while wanted > self._buckets * self._load:
                self._buckets *= 2
            self._removed.clear()
        super()._put(keys, values)

    def remove(self, keys: np.ndarray) -> None:
        self.outer_shape(keys)
        with self.lock:
            for key in self.key_list(keys):
                row = self._rows.get(key)
                if row is not None:
                    self._removed.append(self._values[row].copy() if self.value_shape else self._values[row])
            super().remove(keys)

    def replace(self, keys: np.ndarray, values: np.ndarray) -> None:
        kept = [i for i, key in enumerate(super().key_list(keys)) if key not in self._marks]
        super().replace(keys[kept], values[kept])
        if len(keys) >= max(4, len(kept)) and not len(keys) & (len(keys) - 1):
            self._buckets = len(keys)

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        with self.lock:
            keys, values = super().export()
            removed = self._removed[: max(0, self._buckets - len(keys))]
            free = max(0, self._buckets - len(keys) - len(removed))
            gone = np.empty((len(removed), *self.value_shape), values.dtype)
            for i, value in enumerate(removed):
                gone[i] = value
            blank: Any = b"" if values.dtype == object else 0
            rest = np.full((free, *self.value_shape), blank, values.dtype)
            marks = [self._deleted[np.newaxis]] * len(removed) + [self._empty[np.newaxis]] * free
            return np.concatenate([keys, *marks]), np.concatenate([values, gone, rest])


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
