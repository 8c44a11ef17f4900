"""`tf.train.ClusterSpec`: the jobs of a cluster, and where their tasks are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfcompat import protos
from tfcompat.graph.export import tf_export


@tf_export("train.ClusterSpec")
class ClusterSpec:
    """Jobs by name, each a set of numbered tasks with network addresses.

    Args:
        cluster: a dictionary from names of jobs to lists of addresses, or to dictionaries from task numbers to
            addresses; or a `ClusterDef` message, or another ClusterSpec.

    Raises:
        TypeError: it is something else, or an address is no string.
    """

    def __init__(self, cluster: Any):
        self._tasks: dict[str, dict[int, str]] = {}
        if isinstance(cluster, ClusterSpec):
            cluster = cluster.as_cluster_def()
        if isinstance(cluster, Mapping):
            for name, tasks in cluster.items():
                self._tasks[_text(name)] = _numbered(name, tasks)
        elif getattr(getattr(cluster, "DESCRIPTOR", None), "full_name", "") == "tensorflow.ClusterDef":
            for job in cluster.job:
                self._tasks[job.name] = dict(sorted(job.tasks.items()))
        else:
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network addresses, "
                "or a `ClusterDef` protocol buffer"
            )

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._tasks)

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has; ValueError for an unknown job."""
        return len(self._job(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks, ascending; ValueError for an unknown job."""
        return sorted(self._job(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a task; ValueError for an unknown job or task."""
        try:
            return self._job(job_name)[task_index]
        except KeyError:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}") from None

    def job_tasks(self, job_name: str) -> list[str | None]:
        """The addresses of a job's tasks by number, None for numbers without a task; ValueError for an unknown job."""
        tasks = self._job(job_name)
        return [tasks.get(i) for i in range(max(tasks, default=-1) + 1)]

    def as_dict(self) -> dict[str, Any]:
        """A dictionary from jobs to lists of addresses, or to dictionaries where numbers are left out."""
        return {
            name: list(tasks.values()) if list(tasks) == list(range(len(tasks))) else dict(tasks)
            for name, tasks in self._tasks.items()
        }

    def as_cluster_def(self) -> Any:
        """The same as a `ClusterDef` message, with jobs in the order of their names."""
        message = protos.ClusterDef()
        for name, tasks in sorted(self._tasks.items()):
            job = message.job.add(name=name)
            for index, address in sorted(tasks.items()):
                job.tasks[index] = address
        return message

    def _job(self, name: str) -> dict[int, str]:
        try:
            return self._tasks[name]
        except KeyError:
            raise ValueError(f"No such job in cluster: {name!r}") from None

    def __bool__(self) -> bool:
        return bool(self._tasks)

    __nonzero__ = __bool__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._tasks == other._tasks

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        jobs = self.as_dict()
        return f"ClusterSpec({{{', '.join(f'{name!r}: {jobs[name]!r}' for name in sorted(jobs))}}})"


def _numbered(job: Any, tasks: Any) -> dict[int, str]:
    if isinstance(tasks, (list, tuple)):
        tasks = dict(enumerate(tasks))
    elif not isinstance(tasks, Mapping):
        raise TypeError(f"The tasks for job {job!r} must be a list or a dictionary from integers to strings.")
    numbered = {int(index): address for index, address in tasks.items()}
    for address in numbered.values():
        if not isinstance(address, (str, bytes)):
            raise TypeError(f"Task address {address!r} must be bytes or unicode")
    return {index: _text(numbered[index]) for index in sorted(numbered)}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value
