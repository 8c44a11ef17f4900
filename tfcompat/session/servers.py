"""The tasks that this process serves, by address, and the part of a session that depends on its task.

A session whose target is such a task shares the variables and resources of the tasks of its cluster with the other
sessions of the cluster. Tasks of other processes cannot be reached.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from tfcompat import protos
from tfcompat.graph.errors import DeadlineExceededError, NotFoundError, UnavailableError, UnknownError

SCHEME = "grpc://"


@dataclass(slots=True, eq=False)
class Task:
    """One task that a `tf.train.Server` of this process serves.

    Attributes:
        address: host and port.
        server_def: the `ServerDef` message: its cluster, its place in it, and the default configuration of sessions.
    """

    address: str
    server_def: Any


_lock = threading.Lock()
_served: dict[str, Task] = {}
_state: list[Any] = []


def serve(task: Task) -> None:
    """Makes `task` reachable; UnknownError when its address is served already."""
    with _lock:
        if _served.setdefault(task.address, task) is not task:
            raise UnknownError(None, None, f"Could not start a server on {task.address}: the address is in use.")


def task_of(target: str, timeout_ms: int = 0) -> Task:
    """The task that a session's target names.

    Raises:
        NotFoundError: `target` is of no known form.
        UnavailableError: no server of this process has that address; DeadlineExceededError if `timeout_ms` is set.
    """
    if not target.startswith(SCHEME):
        raise NotFoundError(
            None,
            None,
            f'No session factory registered for the given session options: {{target: "{target}"}}: known are "" '
            f'and "{SCHEME}HOST:PORT".',
        )
    task = _served.get(target.removeprefix(SCHEME))
    if task is not None:
        return task
    error = DeadlineExceededError if timeout_ms else UnavailableError
    raise error(None, None, f'No server of this process has the target "{target}"; others cannot be reached.')


def server_config(task: Task, config: Any) -> Any:
    """The configuration of a session on `task`: the server's, and over it the session's own (or None)."""
    merged = protos.ConfigProto()
    merged.CopyFrom(task.server_def.default_session_config)
    if config is not None:
        merged.MergeFrom(config)
    return merged


def task_state(task: Task, config: Any) -> tuple[Any, Any]:
    """What a session on `task` sees of the cluster.

    Args:
        task: the session's own.
        config: its configuration. A cluster in it takes the place of the server's, and means variables and resources
            of the session's own unless it says that they are shared; `isolate_session_state` means that too.

    Returns:
        (`HostState`, the `TaskNames` that places operations).
    """
    from tfcompat.runtime.tasks import ClusterState, SharedState, TaskNames

    given = len(config.cluster_def.job) > 0
    shares = config.experimental.share_session_state_in_clusterspec_propagation or not given
    cluster = config.cluster_def if given else task.server_def.cluster
    addresses = {(job.name, index): address for job in cluster.job for index, address in sorted(job.tasks.items())}
    own = (task.server_def.job_name, task.server_def.task_index)
    if given:
        own = next((place for place, address in addresses.items() if address == task.address), own)
    addresses[own] = task.address
    names = TaskNames(own, addresses, frozenset(_served))
    with _lock:
        if not _state:
            _state.append(SharedState())
        shared = _state[0] if shares and not config.isolate_session_state else SharedState()
    return ClusterState(shared, names), names


def reset_task(task: Task, containers: set[str]) -> None:
    """Clears the variables and resources of a task in `containers`; in the default one when there are none."""
    if _state:
        _state[0].clear(task.address, containers or {"localhost"})
