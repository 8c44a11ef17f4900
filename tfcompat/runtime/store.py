"""The values that outlive a run: variables, and the memory and resources of host operations."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfcompat.graph.operation import Operation
from tfcompat.planner.variables import VariableKey
from tfcompat.runtime.arrays import to_numpy


class VariableStore:
    """The variables of a session: a value per key. Values are never changed in place, only replaced.

    `writer` serialises the runs that change variables; `version` counts their commits.
    """

    def __init__(self) -> None:
        self.writer = threading.RLock()
        self.version = 0
        self._values: dict[VariableKey, Any] = {}

    def get(self, key: VariableKey) -> Any:
        """The value (an array or OrtValue), or None when the variable is not initialized."""
        return self._values.get(key)

    def commit(self, values: Mapping[VariableKey, Any]) -> None:
        """Replaces several values at once."""
        with self.writer:
            self._values.update(values)
            self.version += 1

    def snapshot(self) -> dict[VariableKey, Any]:
        """The values as they are now."""
        with self.writer:
            return dict(self._values)

    def array(self, key: VariableKey) -> np.ndarray | None:
        """A copy of a value as an array."""
        value = self.get(key)
        return None if value is None else to_numpy(value).copy()

    def remove(self, key: VariableKey) -> None:
        """Makes a variable uninitialized."""
        with self.writer:
            self._values.pop(key, None)
            self.version += 1

    def clear(self, containers: set[str] | None = None) -> None:
        """Forgets the variables of `containers`, or all."""
        with self.writer:
            self._values = {k: v for k, v in self._values.items() if containers and k.container not in containers}
            self.version += 1


class Resources:
    """Queues, tables, iterators and other objects of host operations, by kind, container and name."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._table: dict[tuple[str, str, str], Any] = {}

    def get_or_create(self, kind: str, container: str, name: str, make: Any) -> Any:
        """The object; `make()` provides it the first time."""
        with self._lock:
            key = (kind, container, name)
            if key not in self._table:
                self._table[key] = make()
            return self._table[key]

    def get(self, kind: str, container: str, name: str) -> Any:
        """The object, or None."""
        return self._table.get((kind, container, name))

    def remove(self, kind: str, container: str, name: str) -> Any:
        """Takes the object out and returns it, or None."""
        with self._lock:
            return self._table.pop((kind, container, name), None)

    def values(self) -> list[Any]:
        """All objects."""
        return list(self._table.values())

    def clear(self, containers: set[str] | None = None) -> None:
        """Forgets the objects of `containers`, or all."""
        with self._lock:
            self._table = {k: v for k, v in self._table.items() if containers and k[1] not in containers}


class HostState:
    """What host kernels find in `KernelContext.state`: the session's stores, and a memory per operation."""

    def __init__(self, variables: VariableStore, resources: Resources):
        self.variables = variables
        self.resources = resources
        self.cancelled = threading.Event()
        self._memory: weakref.WeakKeyDictionary[Operation, dict[str, Any]] = weakref.WeakKeyDictionary()

    def memory_of(self, op: Operation) -> dict[str, Any]:
        """The dictionary that `op` keeps things in between runs."""
        return self._memory.setdefault(op, {})
