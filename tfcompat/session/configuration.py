"""What a `ConfigProto` means for a session."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from tfcompat.graph.device import canonical_name
from tfcompat.graph.export import export_internal
from tfcompat.session.servers import server_config, task_of, task_state


def check_target(target: Any) -> str:
    """`target` as text.

    Raises:
        TypeError: it is no string.
        NotFoundError: it is of no known form.
        UnavailableError: no server of this process has it.
    """
    if isinstance(target, bytes):
        target = target.decode()
    if target is not None and not isinstance(target, str):
        raise TypeError(f'Argument `target` must be a string, but got "{type(target).__name__}"')
    if target:
        task_of(target)
    return target or ""


def check_config(config: Any) -> Any:
    """`config` itself, None or a ConfigProto; TypeError for anything else."""
    if config is not None and getattr(getattr(config, "DESCRIPTOR", None), "full_name", "") != "tensorflow.ConfigProto":
        raise TypeError(f'Argument `config` must be a tf.ConfigProto, but got "{type(config).__name__}"')
    return config


@dataclass(slots=True)
class SessionSettings:
    """The parts of a ConfigProto that concern single runs and the graph.

    Attributes:
        timeout_ms: limit of every run that has none of its own; 0 means none.
        cost_model_every: after how many runs of one kind the cost graph is measured; 0 means never.
        cost_model_after: how many runs come before the first that counts.
        add_shapes: whether `graph_def` has the static shapes.
        place_pruned_graph: whether only what a run needs must have a device.
        pools: how many thread pools runs may choose from; 0 when they are not listed.
    """

    timeout_ms: int = 0
    cost_model_every: int = 0
    cost_model_after: int = 0
    add_shapes: bool = False
    place_pruned_graph: bool = False
    pools: int = 0

    @classmethod
    def from_config(cls, config: Any) -> SessionSettings:
        """The settings of `config`, a ConfigProto or None."""
        if config is None:
            return cls()
        graph = config.graph_options
        return cls(
            config.operation_timeout_in_ms,
            graph.build_cost_model,
            graph.build_cost_model_after,
            graph.infer_shapes,
            graph.place_pruned_graph,
            len(config.session_inter_op_thread_pool),
        )


def make_engine(config: Any, target: str = "") -> Any:
    """The engine of a session with `config` (None or a ConfigProto) on `target`."""
    from tfcompat.runtime.devices import DevicePolicy
    from tfcompat.runtime.models import ModelOptions
    from tfcompat.runtime.store import HostState, Resources, VariableStore
    from tfcompat.session.prepared import Engine

    if target:
        config = server_config(task_of(target), config)
        state, names = task_state(task_of(target), config)
        policy = replace(DevicePolicy.from_config(config), tasks=names)
    else:
        state = HostState(VariableStore(), Resources())
        policy = DevicePolicy.from_config(config)
    options = ModelOptions()
    if config is not None:
        optimizer = config.graph_options.optimizer_options
        options = ModelOptions(
            threads=max(0, config.intra_op_parallelism_threads),
            optimize=optimizer.opt_level >= 0,
            memory_fraction=policy.memory_fraction,
            allow_growth=policy.allow_growth,
        )
    log_placement = config is not None and config.log_device_placement
    return Engine(state, policy, options, log_placement)


class DeviceAttributes:
    """A device as `Session.list_devices` describes it.

    Attributes:
        name: its full name.
        device_type: such as "CPU" or "GPU".
        memory_limit_bytes: how much memory it may use.
        incarnation: a number other than 0 that tells this use of the device from others.
    """

    def __init__(self, name: str, device_type: str, memory_limit_bytes: int, incarnation: int):
        self.name = canonical_name(name)
        self.device_type = device_type
        self.memory_limit_bytes = memory_limit_bytes
        self.incarnation = incarnation

    def __repr__(self) -> str:
        return f"_DeviceAttributes({self.name}, {self.device_type}, {self.memory_limit_bytes}, {self.incarnation})"


export_internal("python.client.session._DeviceAttributes", DeviceAttributes)


def device_attributes(policy: Any) -> list[DeviceAttributes]:
    """The devices of a policy, with fresh incarnations."""
    return [
        DeviceAttributes(d.name, d.type, d.memory_limit, random.SystemRandom().randrange(1, 1 << 63))
        for d in policy.devices()
    ]
