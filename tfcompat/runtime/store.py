"""The values that outlive a run: variables, and the memory and resources of host operations."""

from __future__ import annotations

import copy
import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tfcompat.graph.operation import Operation
from tfcompat.planner.variables import VariableKey
from tfcompat.runtime.arrays import owned, shape_of, to_numpy
from tfcompat.runtime.control import Cancellation, RunContext, wait_for


class VariableStore:
    """The variables of a session: a value per key. Values are replaced, not changed, but for those of `own_array`.

    Runs that change variables hold the locks of those (see `locks`) from the first read to the commit. `version` counts
    the commits, `layout` the values that had another shape than the one before, `varied` has the variables of these.
    """

    def __init__(self) -> None:
        self.version = 0
        self.layout = 0
        self.varied: dict[VariableKey, None] = {}
        self._change = threading.Lock()
        self._values: dict[VariableKey, Any] = {}
        self._locks: dict[VariableKey, threading.RLock] = {}
        self._own: dict[VariableKey, Any] = {}

    def locks(self, keys: Iterable[VariableKey]) -> list[Any]:
        """The locks of variables, in the order in which every run takes them."""
        with self._change:
            return [
                self._locks.setdefault(k, threading.RLock()) for k in sorted(keys, key=lambda k: (k.container, k.name))
            ]

    def get(self, key: VariableKey) -> Any:
        """The value (an array or OrtValue), or None when the variable is not initialized."""
        return self._values.get(key)

    def commit(self, values: Mapping[VariableKey, Any]) -> None:
        """Replaces several values at once: a `snapshot` has all of them or none."""
        with self._change:
            self._values = {**self._values, **values}
            self.version += 1

    def note_shapes(self, values: Mapping[VariableKey, Any], unsure: Iterable[VariableKey]) -> None:
        """Counts in `layout` what of `values`, which are to be committed, changes a shape; `unsure` says which may."""
        for key in {**dict.fromkeys(unsure), **self.varied}:
            old, new = self._values.get(key), values.get(key)
            if old is not None and new is not None and shape_of(old) != shape_of(new):
                self.varied[key] = None
                self.layout += 1

    def own_array(self, key: VariableKey) -> np.ndarray:
        """The buffer of a variable to change in place, by a run that holds its lock; counts as a commit.

        Only the store refers to it from the first such change on: before that one it is copied.
        """
        with self._change:
            value = self._values[key]
            if self._own.get(key) is not value:
                value = owned(value)
                self._values = {**self._values, key: value}
                self._own[key] = value
            self.version += 1
        return to_numpy(value)

    def snapshot(self) -> Mapping[VariableKey, Any]:
        """The values as they are now; later commits do not show in it."""
        return self._values

    def versioned_snapshot(self) -> tuple[int, Mapping[VariableKey, Any]]:
        """`version` and the values that belong to it."""
        with self._change:
            return self.version, self._values

    def array(self, key: VariableKey) -> np.ndarray | None:
        """A copy of a value as an array."""
        value = self.get(key)
        return None if value is None else to_numpy(value).copy()

    def remove(self, key: VariableKey) -> None:
        """Makes a variable uninitialized."""
        with self._change:
            self._values = {k: v for k, v in self._values.items() if k != key}
            self.version += 1

    def clear(self, containers: set[str] | None = None) -> None:
        """Forgets the variables of `containers`, or all."""
        with self._change:
            self._values = {k: v for k, v in self._values.items() if containers and k.container not in containers}
            self.version += 1


_overlays = itertools.count(1)


class OverlayVariables(VariableStore):
    """The variables of a loop or branch on the host: what it writes stays here.

    Versions are unique over all overlays, so that nothing derived from one is taken for another's.
    """

    def __init__(self, values: Mapping[VariableKey, Any]):
        super().__init__()
        self._values = dict(values)
        self.version = -next(_overlays)

    def commit(self, values: Mapping[VariableKey, Any]) -> None:
        self._values = {**self._values, **values}
        self.version = -next(_overlays)


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
    """What host kernels find in `KernelContext.state`: the session's stores, and a memory per operation.

    Attributes:
        shares_names: whether resources without a shared name go by the name of their operation, so that other sessions
            find them.
    """

    shares_names = False

    def __init__(self, variables: VariableStore, resources: Resources):
        self.variables = variables
        self.resources = resources
        self.cancelled = Cancellation()
        self._memory: weakref.WeakKeyDictionary[Operation, dict[str, Any]] = weakref.WeakKeyDictionary()
        self._memory_lock = threading.Lock()

    def with_variables(self, variables: VariableStore) -> HostState:
        """The same state with other variables."""
        other = copy.copy(self)
        other.variables = variables
        return other

    def resources_of(self, op: Operation) -> Resources:
        """The resources of the task that `op` is placed on."""
        return self.resources

    def memory_of(self, op: Operation) -> dict[str, Any]:
        """The dictionary that `op` keeps things in between runs."""
        return self._memory.setdefault(op.__dict__.get("_raised_from", op), {})

    def wait_for(
        self,
        context: RunContext | None,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        op: Operation,
        cancelled: str,
        retriable: bool,
    ) -> None:
        """Waits for the sake of `op`; see `tfcompat.runtime.control.wait_for`."""
        wait_for(self.cancelled, context, condition, predicate, op, cancelled, retriable)
