"""`tf.train.replica_device_setter`: variables go to parameter servers, everything else to the worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph.device import DeviceSpec
from tfcompat.graph.export import export_internal, tf_export
from tfcompat.graph.operation import Operation
from tfcompat.training.cluster_spec import ClusterSpec

STANDARD_PS_OPS = (
    "Variable",
    "VariableV2",
    "AutoReloadVariable",
    "MutableHashTable",
    "MutableHashTableV2",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "VarHandleOp",
    "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp",
    "ResourceConditionalAccumulator",
    "DecisionTreeResource",
)
"""Types of the operations that stand for shared state."""


class RoundRobinStrategy:
    """Gives the tasks of a job in turn.

    Args:
        num_tasks: how many tasks there are.
    """

    def __init__(self, num_tasks: int):
        self._num_tasks = num_tasks
        self._next = 0

    def __call__(self, op: Operation) -> int:
        """The number of the task for `op`."""
        task = self._next
        self._next = (task + 1) % self._num_tasks
        return task


@tf_export("train.replica_device_setter")
def replica_device_setter(
    ps_tasks: int = 0,
    ps_device: str = "/job:ps",
    worker_device: str = "/job:worker",
    merge_devices: bool = True,
    cluster: Any = None,
    ps_ops: Sequence[str] | None = None,
    ps_strategy: Callable[[Operation], int] | None = None,
) -> Callable[[Operation], str] | None:
    """A device function for `tf.device` that spreads variables over the tasks of a job of parameter servers.

    Args:
        ps_tasks: how many tasks the job has; taken from `cluster` where that is given.
        ps_device: the device of variables; the task is added to it.
        worker_device: the device of all other operations.
        merge_devices: whether devices that are set already are completed; else they stay as they are.
        cluster: a ClusterSpec, `ClusterDef` message or dictionary.
        ps_ops: types of the operations that count as variables; `STANDARD_PS_OPS` when None.
        ps_strategy: gives the task for an operation; one task after the other when None.

    Returns:
        The device function; None when there are no parameter servers.

    Raises:
        TypeError: `cluster` is of another type, or `ps_strategy` cannot be called.
    """
    if cluster is not None:
        spec = ClusterSpec(cluster)
        job = DeviceSpec.from_string(ps_device).job
        if job not in spec.jobs:
            return None
        ps_tasks = spec.num_tasks(job)
    if ps_tasks == 0:
        return None
    strategy = RoundRobinStrategy(ps_tasks) if ps_strategy is None else ps_strategy
    if not callable(strategy):
        raise TypeError("ps_strategy must be callable")
    shared = set(STANDARD_PS_OPS if ps_ops is None else ps_ops)
    servers, worker = DeviceSpec.from_string(ps_device or ""), DeviceSpec.from_string(worker_device or "")

    def device_of(op: Operation) -> str:
        if op.device and not merge_devices:
            return op.device
        present = DeviceSpec.from_string(op.device or "")
        if not ps_device or op.type not in shared:
            return worker.make_merged_spec(present).to_string()
        place = servers
        if place.job and present.job in (None, place.job):
            place = place.replace(task=strategy(op))
        return place.make_merged_spec(present).to_string()

    return device_of


export_internal("python.training.device_setter._RoundRobinStrategy", RoundRobinStrategy)
export_internal("python.training.device_setter.STANDARD_PS_OPS", STANDARD_PS_OPS)
