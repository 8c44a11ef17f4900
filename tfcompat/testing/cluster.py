"""`tf.test.create_local_cluster`: the servers of a small cluster in this process."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

from tfcompat.training.server import Server


def create_local_cluster(
    num_workers: int, num_ps: int, protocol: str = "grpc", worker_config: Any = None, ps_config: Any = None
) -> tuple[list[Server], list[Server]]:
    """Starts the servers of a cluster with the jobs "worker" and "ps".

    Args:
        num_workers: how many workers.
        num_ps: how many parameter servers.
        protocol: names the targets.
        worker_config: a `ConfigProto` for the workers.
        ps_config: a `ConfigProto` for the parameter servers.

    Returns:
        (the workers, the parameter servers).
    """
    ports = _free_ports(num_workers + num_ps)
    cluster = {
        "worker": [f"localhost:{port}" for port in ports[:num_workers]],
        "ps": [f"localhost:{port}" for port in ports[num_workers:]],
    }
    configs = {"worker": worker_config, "ps": ps_config}
    workers, servers = (
        [Server(cluster, job, i, protocol, configs[job]) for i in range(len(cluster[job]))] for job in ("worker", "ps")
    )
    return workers, servers


def _free_ports(count: int) -> list[int]:
    """Ports that nothing uses, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for s in sockets:
            s.bind(("", 0))
        return [s.getsockname()[1] for s in sockets]
