"""Keeps what the reference answered: <family>.json for everything but numbers, <family>.npz for the numbers.

The json holds one row a line under its key, and a table of attribute sets that nodes refer to by index. Arrays are
[dtype, shape, offset] into one block of bytes; strings are written out as [dtype, shape, texts].
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.cases import dtype_name, dtype_named
from tests.graphs import Node

GOLDEN = Path(__file__).parent / "golden"
REFERENCE = "tensorflow 2.15.1, tf.compat.v1 without v2 behaviour"


class Store:
    """The recorded rows of one family."""

    def __init__(self, family: str, folder: Path = GOLDEN) -> None:
        self.json_path = folder / f"{family}.json"
        self.npz_path = folder / f"{family}.npz"
        self.rows: dict[str, dict[str, Any]] = {}
        self._attrs: list[dict[str, Any]] = []
        self._block = b""
        if self.json_path.exists():
            held = json.loads(self.json_path.read_text())
            self.rows, self._attrs = held["rows"], held["attrs"]
            with np.load(self.npz_path) as arrays:
                self._block = arrays["block"].tobytes()

    def array(self, ref: list[Any]) -> np.ndarray:
        """The array that a reference stands for."""
        dtype, shape, where = ref
        if dtype == "string":
            made = np.empty(len(where), object)
            made[:] = [text.encode("latin-1") for text in where]
            return made.reshape(shape)
        size = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._block, dtype_named(dtype), size, where).reshape(shape)

    def nodes(self, rows: list[list[Any]]) -> list[Node]:
        return [Node(name, op, tuple(inputs), self._attrs[index]) for name, op, inputs, index in rows]


class Writer:
    """Collects rows and writes a family anew: only rows that are put are kept."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._attrs: dict[str, int] = {}
        self._offsets: dict[bytes, int] = {}
        self._block = bytearray()

    def put(self, key: str, row: dict[str, Any]) -> None:
        """Adds a row: a tree in which arrays and nodes are leaves, as the recorder makes it."""
        self._rows[key] = self._encode(row)

    def _encode(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, Node):
            text = json.dumps(value.attrs, separators=(",", ":"))
            return [value.name, value.op, list(value.inputs), self._attrs.setdefault(text, len(self._attrs))]
        if isinstance(value, (list, tuple)):
            return [self._encode(v) for v in value]
        if isinstance(value, dict):
            return {k: self._encode(v) for k, v in value.items()}
        return value

    def _array(self, array: np.ndarray) -> list[Any]:
        name = dtype_name(array)
        if name == "string":
            texts = [v.encode() if isinstance(v, str) else v for v in array.ravel().tolist()]
            return [name, list(array.shape), [t.decode("latin-1") for t in texts]]
        data = np.ascontiguousarray(array).tobytes()
        if data not in self._offsets:
            self._block += bytes(-len(self._block) % 16)
            self._offsets[data] = len(self._block)
            self._block += data
        return [name, list(array.shape), self._offsets[data]]

    def write(self, family: str, folder: Path = GOLDEN) -> None:
        folder.mkdir(exist_ok=True)
        rows = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in self._rows.items())
        attrs = ",\n".join(self._attrs)
        text = f'{{"reference":{json.dumps(REFERENCE)},\n"attrs":[\n{attrs}\n],\n"rows":{{\n{rows}\n}}}}\n'
        (folder / f"{family}.json").write_text(text)
        np.savez_compressed(folder / f"{family}.npz", block=np.frombuffer(bytes(self._block), np.uint8))


def decode(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    """A stored row as the recorder made it, to be put again."""

    def walk(key: str, value: Any) -> Any:
        if key == "nodes" and isinstance(value, list):
            return store.nodes(value)
        if key == "values":
            return [None if v is None else store.array(v) for v in value]
        return {k: walk(k, v) for k, v in value.items()} if isinstance(value, dict) else value

    return walk("", row)


@functools.cache
def golden(family: str) -> Store:
    """The recorded rows of a family, read once."""
    return Store(family)
