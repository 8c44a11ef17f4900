"""`tf.config` for logical devices, and switches of the process that choose nothing here."""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.session.process_config import list_physical_devices, logical_devices_of, set_logical_devices


@tf_export("config.LogicalDeviceConfiguration", "config.experimental.VirtualDeviceConfiguration")
class LogicalDeviceConfiguration(
    collections.namedtuple(
        "LogicalDeviceConfiguration",
        ["memory_limit", "experimental_priority", "experimental_device_ordinal"],
        defaults=(None, None, None),
    )
):
    """A logical device of a physical one.

    Attributes:
        memory_limit: megabytes of a GPU; accepted, memory is taken as it is needed.
        experimental_priority: accepted.
        experimental_device_ordinal: accepted.
    """

    __slots__ = ()


@tf_export("config.get_logical_device_configuration", "config.experimental.get_virtual_device_configuration")
def get_logical_device_configuration(device: Any) -> list[Any] | None:
    """The logical devices that were set for a physical device; None when none were."""
    return logical_devices_of(device)


@tf_export("config.set_logical_device_configuration", "config.experimental.set_virtual_device_configuration")
def set_logical_device_configuration(device: Any, logical_devices: Sequence[Any]) -> None:
    """Says how many logical devices sessions make of a physical one.

    Args:
        device: one of `list_physical_devices`.
        logical_devices: a `LogicalDeviceConfiguration` for each.

    Raises:
        ValueError: `device` is not of this machine, or a CPU gets a memory limit.
        NotImplementedError: several logical devices of one GPU.
    """
    if device not in list_physical_devices(device.device_type):
        raise ValueError(f"Unrecognized device: {device!r}")
    if device.device_type == "CPU" and any(each.memory_limit is not None for each in logical_devices):
        raise ValueError("Setting memory limit on CPU virtual devices is currently not supported")
    if device.device_type == "GPU" and len(logical_devices) != 1:
        raise NotImplementedError("A GPU is one logical device here.")
    set_logical_devices(device, list(logical_devices))


_switches = {"tensor_float_32": True}


@tf_export("config.experimental.enable_tensor_float_32_execution")
def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Says whether GPUs may round float32 products; what a GPU does is up to ONNX Runtime's provider."""
    _switches["tensor_float_32"] = enabled


@tf_export("config.experimental.tensor_float_32_execution_enabled")
def tensor_float_32_execution_enabled() -> bool:
    """What `enable_tensor_float_32_execution` was told; True at first."""
    return _switches["tensor_float_32"]


@tf_export("config.experimental.get_synchronous_execution")
def get_synchronous_execution() -> bool:
    """True: nothing runs behind a program's back."""
    return True


@tf_export("config.experimental.set_synchronous_execution")
def set_synchronous_execution(enable: bool | None) -> None:
    """Accepted: it is about eager operations."""


@tf_export("config.experimental.get_device_policy")
def get_device_policy() -> str:
    """ "silent": values are copied between devices where it is needed."""
    return "silent"


@tf_export("config.experimental.set_device_policy")
def set_device_policy(device_policy: str | None) -> None:
    """Accepts "silent", "silent_for_int32", "warn", "explicit" and None; ValueError for others."""
    if device_policy not in ("silent", "silent_for_int32", "warn", "explicit", None):
        raise ValueError(
            f"Invalid argument `device_policy`: {device_policy!r}. Please refer to "
            "https://www.tensorflow.org/api_docs/python/tf/config/experimental/set_device_policy for valid "
            "`device_policy` arguments."
        )


def _memory_of(device: str) -> Any:
    raise ValueError(f"Allocator stats not available for device '{device}'")


@tf_export("config.experimental.get_memory_info")
def get_memory_info(device: str) -> dict[str, int]:
    """ValueError: there are no numbers about the memory of devices."""
    return _memory_of(device)  # type: ignore[no-any-return]


@tf_export("config.experimental.get_memory_usage")
def get_memory_usage(device: str) -> int:
    """ValueError, as `get_memory_info`."""
    return _memory_of(device)  # type: ignore[no-any-return]


@tf_export("config.experimental.reset_memory_stats")
def reset_memory_stats(device: str) -> None:
    """ValueError, as `get_memory_info`."""
    _memory_of(device)


@tf_export("config.experimental.enable_mlir_bridge")
def enable_mlir_bridge() -> None:
    """Accepted: there is no such compiler here."""


@tf_export("config.experimental.disable_mlir_bridge")
def disable_mlir_bridge() -> None:
    """Accepted: there is no such compiler here."""


@tf_export("experimental.async_scope")
@contextlib.contextmanager
def async_scope() -> Iterator[None]:
    """A block of eager operations; runs of sessions are as always."""
    yield


@tf_export("experimental.async_clear_error")
def async_clear_error() -> None:
    """Accepted: there are no pending errors of eager operations."""


@tf_export("experimental.output_all_intermediates")
def output_all_intermediates(state: bool | None) -> None:
    """Accepted: conditions and loops keep what their gradients need."""


@tf_export("debugging.enable_traceback_filtering")
def enable_traceback_filtering() -> None:
    """Says that tracebacks may leave frames out; none are left out here."""
    _switches["filtering"] = True


@tf_export("debugging.disable_traceback_filtering")
def disable_traceback_filtering() -> None:
    """Says that tracebacks have all frames, as they always have here."""
    _switches["filtering"] = False


@tf_export("debugging.is_traceback_filtering_enabled")
def is_traceback_filtering_enabled() -> bool:
    """What was said last; True at first."""
    return _switches.get("filtering", True)
