"""What a `ConfigProto` means for a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfcompat.graph.errors import NotFoundError


def check_target(target: Any) -> str:
    """`target` as text.

    Raises:
        TypeError: it is no string.
        NotFoundError: it names an engine other than this process.
    """
    if isinstance(target, bytes):
        target = target.decode()
    if not isinstance(target, str):
        raise TypeError(f"Argument `target` must be a string, but got \"{type(target).__name__}\"")
    if target:
        raise NotFoundError(None, None, f"No session factory registered for the given session options: {{target: "
                            f"\"{target}\"}}: only the local target \"\" is available.")
    return target


def make_engine(config: Any) -> Any:
    """The engine of a session with `config` (None or a ConfigProto); TypeError for anything else."""
    return _LazyEngine(config) if config is None else _engine(config)


def _engine(config: Any) -> Any:
    from tfcompat.runtime.devices import DevicePolicy
    from tfcompat.runtime.models import ModelOptions
    from tfcompat.runtime.store import HostState, Resources, VariableStore
    from tfcompat.session.prepared import Engine

    if config is not None and not hasattr(config, "gpu_options"):
        raise TypeError(f"Argument `config` must be a tf.ConfigProto, but got \"{type(config).__name__}\"")
    policy = DevicePolicy.from_config(config)
    options = ModelOptions()
    if config is not None:
        optimizer = config.graph_options.optimizer_options
        options = ModelOptions(threads=max(0, config.intra_op_parallelism_threads), optimize=optimizer.opt_level >= 0,
                               memory_fraction=policy.memory_fraction, allow_growth=policy.allow_growth)
    return Engine(HostState(VariableStore(), Resources()), policy, options)


class _LazyEngine:
    """Makes the engine, which loads ONNX Runtime, when it is first needed."""

    def __init__(self, config: Any):
        self._config = config

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        engine = self.__dict__.get("_engine")
        if engine is None:
            engine = self.__dict__["_engine"] = _engine(self._config)
        return getattr(engine, name)


@dataclass(frozen=True, slots=True)
class DeviceAttributes:
    """A device as `Session.list_devices` describes it."""

    name: str
    device_type: str
    memory_limit_bytes: int
    incarnation: int = 1

    def __repr__(self) -> str:
        return f"_DeviceAttributes({self.name}, {self.device_type}, {self.memory_limit_bytes}, {self.incarnation})"


def device_attributes(policy: Any) -> list[DeviceAttributes]:
    """The devices of a policy."""
    return [DeviceAttributes(d.name, d.type, d.memory_limit) for d in policy.devices()]
