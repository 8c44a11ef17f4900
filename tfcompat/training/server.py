"""`tf.train.Server`: a task of a cluster, served by this process."""

from __future__ import annotations

import socket
import threading
from typing import Any

from tfcompat import protos
from tfcompat.graph.errors import InternalError, InvalidArgumentError, UnknownError
from tfcompat.graph.export import tf_export
from tfcompat.session.configuration import check_config
from tfcompat.session.servers import SCHEME, Task, serve
from tfcompat.training.cluster_spec import ClusterSpec


@tf_export("train.Server")
class Server:
    """Serves one task of a cluster to sessions of this process, which share its variables and resources.

    Several tasks of a cluster may be served by one process. There is no network service: other processes do not reach
    the server, and operations placed on tasks of other processes are refused.

    Args:
        server_or_cluster_def: a `ServerDef` or `ClusterDef` message, a ClusterSpec, or a dictionary for one.
        job_name: the server's job; may be left out when there is one only, or the `ServerDef` has it.
        task_index: its number in the job; likewise.
        protocol: "grpc" when None; only names the target.
        config: a `ConfigProto`, the default for sessions.
        start: whether to start at once.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: job or task are left out and there are several.
        InternalError: the cluster has no such job or task.
        InvalidArgumentError: the task's address has no port.
        UnknownError: the address is in use.
    """

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ):
        self._server_def = server_def = _server_def(server_or_cluster_def, job_name, task_index, protocol, config)
        self._task = Task(_reserve(_address(server_def)), server_def)
        self._started = False
        if start:
            self.start()

    def start(self) -> None:
        """Makes the server reachable under `target`; once more does nothing."""
        if not self._started:
            serve(self._task)
            self._started = True

    def join(self) -> None:
        """Blocks for good: servers do not end before their process."""
        threading.Event().wait()

    @property
    def server_def(self) -> Any:
        """The `ServerDef` message that describes it."""
        return self._server_def

    @property
    def target(self) -> str:
        """What sessions take as their `target`."""
        return SCHEME + self._task.address

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """A server that is a cluster of its own, with the job "local", on a free port."""
        return Server({"local": ["localhost:0"]}, protocol="grpc", config=config, start=start)


def _server_def(given: Any, job_name: str | None, task_index: int | None, protocol: str | None, config: Any) -> Any:
    message = protos.ServerDef()
    if getattr(getattr(given, "DESCRIPTOR", None), "full_name", "") == "tensorflow.ServerDef":
        message.CopyFrom(given)
        if job_name is not None:
            message.job_name = job_name
        if task_index is not None:
            message.task_index = task_index
    else:
        cluster = _cluster(given)
        message.cluster.CopyFrom(cluster.as_cluster_def())
        message.job_name, message.task_index = _place(cluster, job_name, task_index)
    message.protocol = protocol or message.protocol or "grpc"
    if check_config(config) is not None:
        message.default_session_config.MergeFrom(config)
    return message


def _cluster(given: Any) -> ClusterSpec:
    try:
        return ClusterSpec(given)
    except TypeError:
        raise TypeError(
            "Could not convert `server_or_cluster_def` to a `tf.train.ServerDef` or `tf.train.ClusterSpec`."
        ) from None


def _place(cluster: ClusterSpec, job_name: str | None, task_index: int | None) -> tuple[str, int]:
    """The job and number given, or the only ones that there are."""
    if job_name is None:
        if len(cluster.jobs) != 1:
            raise ValueError("Must specify an explicit `job_name`.")
        job_name = cluster.jobs[0]
    if task_index is None:
        if job_name not in cluster.jobs or cluster.num_tasks(job_name) != 1:
            raise ValueError("Must specify an explicit `task_index`.")
        task_index = cluster.task_indices(job_name)[0]
    return job_name, task_index


def _address(server_def: Any) -> str:
    """The address of the server's task."""
    job = next((j for j in server_def.cluster.job if j.name == server_def.job_name), None)
    if job is None:
        raise InternalError(None, None, f'Job "{server_def.job_name}" was not defined in cluster')
    if server_def.task_index not in job.tasks:
        raise InternalError(None, None, f'Task {server_def.task_index} was not defined in job "{job.name}"')
    address: str = job.tasks[server_def.task_index]
    return address


def _reserve(address: str) -> str:
    """Takes the port of `address` (a free one for 0) until the process ends, and gives the address.

    Raises:
        InvalidArgumentError: there is no port.
        UnknownError: the port is taken.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise InvalidArgumentError(None, None, f'Could not parse port for local server from "{address}".')
    with socket.socket() as held:
        try:
            held.bind(("", int(port)))
        except (OSError, OverflowError) as error:
            raise UnknownError(None, None, f"Could not start a server on {address}: {error}") from None
        taken = held.getsockname()[1]
        held.detach()
    return f"localhost:{taken}" if port == "0" else address
