"""State of several tasks in one process: variables and resources belong to the task that an operation is placed on.

The container of what has a place in a cluster is written `container@task`, with the task's address; before it is known
which session asks, with the job and task that the device names (see `tfcompat.graph.device.placed_container`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from tfcompat.graph.device import DeviceSpec, split_container
from tfcompat.graph.operation import Operation
from tfcompat.planner.variables import VariableKey
from tfcompat.runtime.store import HostState, Resources, VariableStore


@dataclasses.dataclass(frozen=True)
class TaskNames:
    """The tasks of a session's cluster.

    Attributes:
        own: (job, number) of the session's task.
        addresses: address by (job, number), of all tasks.
        served: the addresses that this process serves.
    """

    own: tuple[str, int]
    addresses: Mapping[tuple[str, int], str]
    served: frozenset[str]

    def place(self, spec: DeviceSpec) -> tuple[str, int] | None:
        """The task that a device is of: the session's without a job; None when there is no such task."""
        job = spec.job or self.own[0]
        tasks = sorted(index for name, index in self.addresses if name == job)
        if spec.task is None and tasks:
            return job, self.own[1] if job == self.own[0] else tasks[0]
        return (job, spec.task) if spec.task in tasks else None  # type: ignore[return-value]

    def address(self, device: str) -> str:
        """The address of the task that `device` is of."""
        return self.addresses[self.place(DeviceSpec.from_string(device)) or self.own]

    def is_served(self, place: tuple[str, int]) -> bool:
        """Whether this process serves a task."""
        return self.addresses[place] in self.served


class SharedState:
    """Variables and resources of all tasks that this process serves, by address."""

    def __init__(self) -> None:
        self.variables = VariableStore()
        self._resources: dict[str, Resources] = {}

    def resources(self, address: str) -> Resources:
        """The resources of one task."""
        return self._resources.setdefault(address, Resources())

    def clear(self, address: str, containers: set[str]) -> None:
        """Forgets what a task has in `containers`; the default one goes by the name of localhost."""
        names = containers | ({""} if "localhost" in containers else set())
        self.variables.clear({f"{name}@{address}" for name in names})
        self.resources(address).clear(names)


class ClusterState(HostState):
    """The state of a session in a cluster: its own memory of operations, and shared variables and resources."""

    shares_names = True

    def __init__(self, shared: SharedState, names: TaskNames):
        super().__init__(TaskVariables(shared.variables, names), shared.resources(names.addresses[names.own]))
        self._shared, self._names = shared, names

    def resources_of(self, op: Operation) -> Resources:
        return self._shared.resources(self._names.address(op._device))


class TaskVariables(VariableStore):
    """The variables of the tasks as one session names them, in a store that has them by address."""

    def __init__(self, store: VariableStore, names: TaskNames):
        super().__init__()
        self._store, self._names = store, names
        self._known: dict[VariableKey, VariableKey] = {}

    @property
    def version(self) -> int:  # type: ignore[override]
        """Counts the commits of all sessions."""
        return self._store.version

    @version.setter
    def version(self, value: int) -> None:
        """The store counts."""

    def stored(self, key: VariableKey) -> VariableKey:
        """The key with the address of its task."""
        found = self._known.get(key)
        if found is None:
            container, device = split_container(key.container)
            found = VariableKey(f"{container}@{self._names.address(device)}", key.name)
            self._known[key] = found
        return found

    def locks(self, keys: Iterable[VariableKey]) -> list[Any]:
        return self._store.locks([self.stored(k) for k in keys])

    def get(self, key: VariableKey) -> Any:
        return self._store.get(self.stored(key))

    def commit(self, values: Mapping[VariableKey, Any]) -> None:
        self._store.commit({self.stored(k): v for k, v in values.items()})

    def own_array(self, key: VariableKey) -> np.ndarray:
        return self._store.own_array(self.stored(key))

    def snapshot(self) -> Mapping[VariableKey, Any]:
        return _Snapshot(self, self._store.snapshot())

    def versioned_snapshot(self) -> tuple[int, Mapping[VariableKey, Any]]:
        version, values = self._store.versioned_snapshot()
        return version, _Snapshot(self, values)

    def remove(self, key: VariableKey) -> None:
        self._store.remove(self.stored(key))

    def clear(self, containers: set[str] | None = None) -> None:
        """Nothing: variables of a cluster outlive its sessions."""


class _Snapshot(Mapping[VariableKey, Any]):
    """Values of a moment, by the keys of one session; iteration goes over the keys that it has asked for."""

    def __init__(self, names: TaskVariables, values: Mapping[VariableKey, Any]):
        self._names, self._values = names, values

    def __getitem__(self, key: VariableKey) -> Any:
        return self._values[self._names.stored(key)]

    def __iter__(self) -> Iterator[VariableKey]:
        return (key for key, stored in list(self._names._known.items()) if stored in self._values)

    def __len__(self) -> int:
        return sum(1 for _ in self)
