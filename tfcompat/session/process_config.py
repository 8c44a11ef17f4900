"""`tf.config`: devices of this machine, and the configuration of sessions that get none of their own."""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tfcompat.graph.export import export, tf_export

PhysicalDevice = collections.namedtuple("PhysicalDevice", ["name", "device_type"])
PhysicalDevice.__doc__ = "A device of this machine: its name (/physical_device:GPU:0) and type."
LogicalDevice = collections.namedtuple("LogicalDevice", ["name", "device_type"])
LogicalDevice.__doc__ = "A device as programs name it: its name (/device:GPU:0) and type."
export("config.PhysicalDevice", PhysicalDevice)
export("config.LogicalDevice", LogicalDevice)

_REWRITERS = ("layout_optimizer", "constant_folding", "shape_optimization", "remapping", "arithmetic_optimization",
              "dependency_optimization", "loop_optimization", "function_optimization", "debug_stripper",
              "implementation_selector", "auto_mixed_precision", "pin_to_host_optimization",
              "scoped_allocator_optimization")  # fmt: skip
_PLAIN_OPTIONS = ("disable_model_pruning", "disable_meta_optimizer", "min_graph_nodes")


class _ProcessConfig:
    """What was set for the process; None and empty where nothing was."""

    def __init__(self) -> None:
        self.soft_placement: bool | None = None
        self.log_placement: bool | None = None
        self.inter_threads = 0
        self.intra_threads = 0
        self.jit: Any = None
        self.optimizer: dict[str, Any] = {}
        self.visible: dict[str, list[Any]] = {}
        self.growth: dict[Any, bool] = {}
        self.logical: dict[Any, list[Any]] = {}

    def message(self) -> Any:
        """A ConfigProto with what was set, or None when nothing was."""
        if vars(self) == vars(_ProcessConfig()):
            return None
        from tfcompat import protos

        config = protos.ConfigProto(
            allow_soft_placement=bool(self.soft_placement),
            log_device_placement=bool(self.log_placement),
            inter_op_parallelism_threads=self.inter_threads,
            intra_op_parallelism_threads=self.intra_threads,
        )
        if self.jit is not None:
            level = protos.OptimizerOptions.ON_1 if self.jit else protos.OptimizerOptions.OFF
            config.graph_options.optimizer_options.global_jit_level = level
        rewrite = config.graph_options.rewrite_options
        for key, value in self.optimizer.items():
            if key in _REWRITERS:
                value = protos.RewriterConfig.ON if value else protos.RewriterConfig.OFF
            setattr(rewrite, key, value)
        if "GPU" in self.visible:
            indices = [device.name.rpartition(":")[2] for device in self.visible["GPU"]]
            config.device_count["GPU"] = len(indices)
            config.gpu_options.visible_device_list = ",".join(indices)
        config.gpu_options.allow_growth = any(self.growth.values())
        for device, logical in self.logical.items():
            if device.device_type == "CPU":
                config.device_count["CPU"] = len(logical)
        return config


_process = _ProcessConfig()


def default_config() -> Any:
    """The ConfigProto of sessions that get none, or None when nothing was set."""
    return _process.message()


# ---------------------------------------------------------------- devices


def _types(device_type: str | None) -> list[str]:
    return ["CPU", "GPU"] if device_type is None else [device_type.upper()]


@tf_export("config.list_physical_devices", "config.experimental.list_physical_devices")
def list_physical_devices(device_type: str | None = None) -> list[Any]:
    """The devices of this machine.

    Args:
        device_type: "CPU" or "GPU"; all when None.
    """
    from tfcompat.runtime.devices import cuda_device_count

    counts: dict[str, Callable[[], int]] = {"CPU": lambda: 1, "GPU": cuda_device_count}
    return [
        PhysicalDevice(f"/physical_device:{kind}:{i}", kind)
        for kind in _types(device_type)
        if kind in counts
        for i in range(counts[kind]())
    ]


@tf_export("config.get_visible_devices", "config.experimental.get_visible_devices")
def get_visible_devices(device_type: str | None = None) -> list[Any]:
    """The devices that sessions use unless their own configuration says otherwise."""
    return [d for kind in _types(device_type) for d in _process.visible.get(kind, list_physical_devices(kind))]


@tf_export("config.set_visible_devices", "config.experimental.set_visible_devices")
def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Restricts the devices that sessions use.

    Args:
        devices: a device or a list of them, from `list_physical_devices`.
        device_type: the type that is restricted; all types when None.

    Raises:
        ValueError: a device is not of this machine, or of another type; or no CPU is left.
    """
    chosen = list(devices) if isinstance(devices, list) else [devices]
    for device in chosen:
        if device not in list_physical_devices(device_type):
            raise ValueError(f"Invalid device {device}: it is not among {list_physical_devices(device_type)}")
    for kind in _types(device_type):
        mine = [d for d in chosen if d.device_type == kind]
        if kind == "CPU" and not mine:
            raise ValueError("At least one CPU must be visible.")
        if kind != "CPU":
            _process.visible[kind] = mine


@tf_export("config.list_logical_devices", "config.experimental.list_logical_devices")
def list_logical_devices(device_type: str | None = None) -> list[Any]:
    """The visible devices under the names that `tf.device` takes."""
    return [
        LogicalDevice(f"/device:{kind}:{i}", kind)
        for kind in _types(device_type)
        for i in range(sum(len(_process.logical.get(device, (device,))) for device in get_visible_devices(kind)))
    ]


def logical_devices_of(device: Any) -> list[Any] | None:
    """The logical devices that were set for a physical one, or None."""
    return _process.logical.get(device)


def set_logical_devices(device: Any, logical_devices: list[Any]) -> None:
    """Sets the logical devices of a physical one for sessions that are made from now on."""
    _process.logical[device] = logical_devices


@tf_export("config.experimental.get_memory_growth")
def get_memory_growth(device: Any) -> bool:
    """Whether memory of a GPU is taken as it is needed; ValueError for other devices."""
    _check_gpu(device)
    return _process.growth.get(device, False)


@tf_export("config.experimental.set_memory_growth")
def set_memory_growth(device: Any, enable: bool) -> None:
    """Sets whether memory of a GPU is taken as it is needed; ValueError for other devices."""
    _check_gpu(device)
    _process.growth[device] = bool(enable)


def _check_gpu(device: Any) -> None:
    if device.device_type != "GPU":
        raise ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices")


@tf_export("config.experimental.get_device_details")
def get_device_details(device: Any) -> dict[str, Any]:
    """What is known of a device besides its name: nothing."""
    return {}


# ---------------------------------------------------------------- sessions


@tf_export("config.get_soft_device_placement")
def get_soft_device_placement() -> bool:
    """Whether operations on devices that there are not go to the CPU."""
    return bool(_process.soft_placement)


@tf_export("config.set_soft_device_placement")
def set_soft_device_placement(enabled: bool) -> None:
    """Sets whether operations on devices that there are not go to the CPU."""
    _process.soft_placement = bool(enabled)


@tf_export("debugging.get_log_device_placement")
def get_log_device_placement() -> bool:
    """Whether sessions print where operations run."""
    return bool(_process.log_placement)


@tf_export("debugging.set_log_device_placement")
def set_log_device_placement(enabled: bool) -> None:
    """Sets whether sessions print where operations run."""
    _process.log_placement = bool(enabled)


@tf_export("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads() -> int:
    """How many operations may run at a time; 0 leaves it open."""
    return _process.inter_threads


@tf_export("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Sets how many operations may run at a time; 0 leaves it open."""
    _process.inter_threads = int(num_threads)


@tf_export("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads() -> int:
    """How many threads one operation may use; 0 means one per core."""
    return _process.intra_threads


@tf_export("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Sets how many threads one operation may use; 0 means one per core."""
    _process.intra_threads = int(num_threads)


@tf_export("config.optimizer.get_jit")
def get_jit() -> str:
    """ "autoclustering" after `set_jit(True)`, else an empty string; models are the same either way."""
    return "autoclustering" if _process.jit else ""


@tf_export("config.optimizer.set_jit")
def set_jit(enabled: Any) -> None:
    """Sets what `get_jit` gives; models are the same either way."""
    _process.jit = enabled in (True, "autoclustering")


@tf_export("config.optimizer.get_experimental_options")
def get_experimental_options() -> dict[str, Any]:
    """The options of the graph optimiser that were set."""
    return {"disable_model_pruning": False, "disable_meta_optimizer": False, **_process.optimizer}


@tf_export("config.optimizer.set_experimental_options")
def set_experimental_options(options: Mapping[str, Any]) -> None:
    """Sets options of the graph optimiser; they go into the sessions' configuration, unknown ones are ignored."""
    known: Sequence[str] = (*_REWRITERS, *_PLAIN_OPTIONS)
    _process.optimizer.update({key: value for key, value in options.items() if key in known and value is not None})


@tf_export("config.functions_run_eagerly", "config.experimental_functions_run_eagerly")
def functions_run_eagerly() -> bool:
    """False: functions are recorded into graphs."""
    return False


@tf_export("config.run_functions_eagerly", "config.experimental_run_functions_eagerly")
def run_functions_eagerly(run_eagerly: bool) -> None:
    """Nothing when `run_eagerly` is False; NotImplementedError otherwise."""
    if run_eagerly:
        raise NotImplementedError("tfcompat has no eager execution: functions are recorded into graphs.")


@tf_export("sysconfig.get_build_info")
def get_build_info() -> dict[str, Any]:
    """Which accelerators this installation can use."""
    from tfcompat.runtime.devices import cuda_is_installed

    return {"is_cuda_build": cuda_is_installed(), "is_rocm_build": False, "is_tensorrt_build": False}
