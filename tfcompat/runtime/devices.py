"""Local devices, and the device of each operation."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from tfcompat.graph.device import DeviceSpec
from tfcompat.graph.errors import InvalidArgumentError, UnavailableError
from tfcompat.graph.operation import Operation
from tfcompat.runtime.tasks import TaskNames

CPU = "cpu"
_CUDA_PROVIDER = "CUDAExecutionProvider"


@dataclass(frozen=True, slots=True)
class LocalDevice:
    """A device of this machine as `Session.list_devices` shows it; `task` is the job and number of its task."""

    kind: str
    type: str
    index: int
    memory_limit: int
    task: tuple[str, int] = ("localhost", 0)

    @property
    def name(self) -> str:
        """Its full name."""
        job, number = self.task
        return f"/job:{job}/replica:0/task:{number}/device:{self.type}:{self.index}"


def cuda_is_installed() -> bool:
    """Whether ONNX Runtime has an execution provider for CUDA."""
    import onnxruntime

    return _CUDA_PROVIDER in onnxruntime.get_available_providers()


@functools.cache
def cuda_device_count() -> int:
    """How many CUDA devices ONNX Runtime can use."""
    import onnxruntime

    if not cuda_is_installed():
        return 0
    devices = [d for d in onnxruntime.get_ep_devices() if d.ep_name == _CUDA_PROVIDER]
    return max(1, len(devices))


LOCAL_TASK = TaskNames(("localhost", 0), {("localhost", 0): ""}, frozenset([""]))


@dataclass(frozen=True, slots=True)
class DevicePolicy:
    """What a session's ConfigProto says about devices, and the tasks of the session's cluster."""

    gpus: tuple[int, ...] = ()
    cpus: int = 1
    soft_placement: bool = False
    memory_fraction: float = 0.0
    allow_growth: bool = False
    memory_limit: int = 256 << 20
    tasks: TaskNames = LOCAL_TASK

    @classmethod
    def from_config(cls, config: Any) -> DevicePolicy:
        """Reads visible devices, device counts, soft placement and memory options from a ConfigProto (or None)."""
        available = range(cuda_device_count())
        if config is None:
            return cls(gpus=tuple(available))
        options = config.gpu_options
        listed = [int(i) for i in options.visible_device_list.split(",") if i.strip()]
        wanted = listed if options.visible_device_list else available
        gpus = [i for i in wanted if i in available]
        if "GPU" in config.device_count:
            gpus = gpus[: config.device_count["GPU"]]
        return cls(
            tuple(gpus),
            max(1, config.device_count["CPU"]) if "CPU" in config.device_count else 1,
            config.allow_soft_placement,
            options.per_process_gpu_memory_fraction,
            options.allow_growth,
        )

    def devices(self) -> list[LocalDevice]:
        """The devices a session has, those of its own task first."""
        others = [task for task in self.tasks.addresses if task != self.tasks.own and self.tasks.is_served(task)]
        return [device for task in (self.tasks.own, *others) for device in self._devices_of(task)]

    def _devices_of(self, task: tuple[str, int]) -> list[LocalDevice]:
        cpus = [LocalDevice(CPU, "CPU", i, self.memory_limit, task) for i in range(self.cpus)]
        return cpus + [LocalDevice(f"cuda:{g}", "GPU", i, 0, task) for i, g in enumerate(self.gpus)]

    def kind_of(self, op: Operation) -> str:
        """The execution kind of `op`: "cpu" or "cuda:N".

        Raises:
            InvalidArgumentError: its device does not exist here and soft placement is off.
            UnavailableError: its device is of a task of another process.
        """
        if not op.device:
            return f"cuda:{self.gpus[0]}" if self.gpus else CPU
        spec = DeviceSpec.from_string(op.device)
        task = None if spec.replica else self.tasks.place(spec)
        if task is not None and not self.tasks.is_served(task):
            raise UnavailableError(
                None,
                op,
                f"Operation {op.name} is placed on {op.device}, and no server of this process is the task "
                f"/job:{task[0]}/task:{task[1]} at {self.tasks.addresses[task]}; others cannot be reached.",
            )
        if task is not None and spec.device_type == "GPU" and (spec.device_index or 0) < len(self.gpus):
            return f"cuda:{self.gpus[spec.device_index or 0]}"
        if task is not None and spec.device_type in (None, "CPU") and (spec.device_index or 0) < self.cpus:
            return CPU if spec.device_type else (f"cuda:{self.gpus[0]}" if self.gpus else CPU)
        if self.soft_placement and task is not None:
            return CPU
        names = ", ".join(d.name for d in self.devices())
        gpu = " The requested device appears to be a GPU, but CUDA is not enabled."
        raise InvalidArgumentError(
            None,
            op,
            f"Cannot assign a device for operation {op.name}: {{{{node {op.name}}}}} "
            f"was explicitly assigned to {op.device} but available devices are [ {names} ]. "
            "Make sure the device specification refers to a valid device."
            f"{gpu if spec.device_type == 'GPU' and not self.gpus else ''}",
        )

    def placed_name(self, op: Operation) -> str:
        """The full name of the device that `op` runs on."""
        kind = self.kind_of(op)
        spec = DeviceSpec.from_string(op.device)
        index = spec.device_index if kind == CPU and spec.device_type == "CPU" else None
        task = self.tasks.place(spec) or self.tasks.own
        fitting = [d for d in self._devices_of(task) if d.kind == kind]
        return next((d for d in fitting if d.index == index), fitting[0]).name
