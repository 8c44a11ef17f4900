"""Device names: `/job:worker/replica:0/task:1/device:GPU:0`, parsed, merged and printed."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from tfcompat.graph.export import tf_export

_PART = re.compile(
    r"^(?:job:(?P<job>[^/:]+)|replica:(?P<replica>\d+)|task:(?P<task>\d+)"
    r"|(?:device:)?(?P<type>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<index>\d+|\*))?)$"
)
_FIELDS = ("job", "replica", "task", "device_type", "device_index")


@tf_export("DeviceSpec")
class DeviceSpec:
    """A device by parts, each of which may be missing (None).

    Attributes:
        job: name of the job.
        replica: number of the replica.
        task: number of the task.
        device_type: such as "CPU" or "GPU".
        device_index: number of the device.
    """

    __slots__ = _FIELDS

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ):
        self.job = None if job is None else str(job)
        self.replica = None if replica is None else int(replica)
        self.task = None if task is None else int(task)
        self.device_type = None if device_type is None else _canonical_type(device_type)
        self.device_index = None if device_index is None else int(device_index)

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """Parses `spec`; ValueError when it is no device name."""
        return cls().parse_from_string(spec)

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Sets the parts from `spec` and returns self; ValueError when it is no device name."""
        for field in _FIELDS:
            setattr(self, field, None)
        for part in filter(None, (spec or "").split("/")):
            match = _PART.match(part)
            if match is None:
                raise ValueError(
                    f"Unknown attribute '{part.split(':')[0]}' is encountered while parsing the device spec: '{spec}'."
                )
            found = match.groupdict()
            if found["job"] is not None:
                self.job = found["job"]
            elif found["replica"] is not None:
                self.replica = int(found["replica"])
            elif found["task"] is not None:
                self.task = int(found["task"])
            else:
                if self.device_type is not None:
                    raise ValueError(f"Multiple device types are not allowed while parsing the device spec: {spec}.")
                self.device_type = _canonical_type(found["type"])
                self.device_index = None if found["index"] in (None, "*") else int(found["index"])
        return self

    def to_string(self) -> str:
        """The full spelling; an empty string when no part is set."""
        out = ""
        if self.job is not None:
            out += f"/job:{self.job}"
        if self.replica is not None:
            out += f"/replica:{self.replica}"
        if self.task is not None:
            out += f"/task:{self.task}"
        if self.device_type is not None:
            out += f"/device:{self.device_type}:{'*' if self.device_index is None else self.device_index}"
        return out

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """A new spec: the parts of `dev`, and this one's where `dev` has none."""
        merged = DeviceSpec()
        for field in _FIELDS:
            theirs = getattr(dev, field)
            setattr(merged, field, getattr(self, field) if theirs is None else theirs)
        return merged

    def merge_from(self, dev: DeviceSpec) -> None:
        """Takes over the parts that `dev` has."""
        merged = self.make_merged_spec(dev)
        for field in _FIELDS:
            setattr(self, field, getattr(merged, field))

    def replace(self, **parts: Any) -> DeviceSpec:
        """A copy with some parts changed."""
        return DeviceSpec(**{**{f: getattr(self, f) for f in _FIELDS}, **parts})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())

    def __repr__(self) -> str:
        return f"<DeviceSpec {self.to_string()!r}>"


def _canonical_type(name: str) -> str:
    return name.upper() if name.lower() in ("cpu", "gpu") else name


@functools.lru_cache(maxsize=4096)
def canonical_name(device: str) -> str:
    """`device` in its full spelling."""
    return DeviceSpec.from_string(device).to_string()


@functools.lru_cache(maxsize=4096)
def merge_names(outer: str, inner: str) -> str:
    """The device `inner` where it says something, `outer` elsewhere."""
    return DeviceSpec.from_string(outer).make_merged_spec(DeviceSpec.from_string(inner)).to_string()


@functools.lru_cache(maxsize=4096)
def placed_container(container: str, device: str) -> str:
    """The container of a resource on `device`: with "@" and the task's name behind it, if the device has a job.

    Resources of tasks of a cluster live apart, whatever their names.
    """
    spec = DeviceSpec.from_string(device)
    if spec.job in (None, "localhost"):
        return container
    return f"{container}@{DeviceSpec(job=spec.job, task=spec.task).to_string()}"


def split_container(placed: str) -> tuple[str, str]:
    """The container and the name of the task that `placed_container` put together."""
    container, _, task = placed.partition("@")
    return container, task


DeviceFunction = Callable[[Any], Any]


def merge_device(spec: Any) -> DeviceFunction:
    """A device function that fills what the operation's device leaves open with `spec` (string, DeviceSpec, None)."""
    name = spec.to_string() if isinstance(spec, DeviceSpec) else canonical_name(spec or "")

    def fill(op: Any) -> str:
        return merge_names(name, op.device or "")

    return fill
