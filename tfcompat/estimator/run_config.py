"""`tf.estimator.RunConfig`: how an estimator runs."""

from __future__ import annotations

import copy
import inspect
import numbers
import os
from collections.abc import Callable
from typing import Any

from tfcompat import protos
from tfcompat.training.cluster_spec import ClusterSpec

_UNSET = object()

_REPLACEABLE = [
    "model_dir",
    "tf_random_seed",
    "save_summary_steps",
    "save_checkpoints_steps",
    "save_checkpoints_secs",
    "session_config",
    "keep_checkpoint_max",
    "keep_checkpoint_every_n_hours",
    "log_step_count_steps",
    "train_distribute",
    "device_fn",
    "protocol",
    "eval_distribute",
    "experimental_distribute",
    "experimental_max_worker_delay_secs",
    "session_creation_timeout_secs",
    "checkpoint_save_graph_def",
]

# name -> (rule, message), for values that are given
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "model_dir": (bool, "model_dir should be non-empty."),
    "save_summary_steps": (lambda v: v >= 0, "save_summary_steps should be >= 0"),
    "save_checkpoints_steps": (lambda v: v >= 0, "save_checkpoints_steps should be >= 0"),
    "save_checkpoints_secs": (lambda v: v >= 0, "save_checkpoints_secs should be >= 0"),
    "session_config": (
        lambda v: isinstance(v, protos.ConfigProto),
        "session_config must be instance of ConfigProto",
    ),
    "keep_checkpoint_max": (lambda v: v >= 0, "keep_checkpoint_max should be >= 0"),
    "keep_checkpoint_every_n_hours": (lambda v: v > 0, "keep_checkpoint_every_n_hours should be > 0"),
    "log_step_count_steps": (lambda v: v > 0, "log_step_count_steps should be > 0"),
    "tf_random_seed": (lambda v: isinstance(v, numbers.Integral), "tf_random_seed must be integer."),
    "device_fn": (
        lambda v: callable(v) and list(inspect.signature(v).parameters) == ["op"],
        'device_fn must be callable with exactly one argument "op".',
    ),
    "session_creation_timeout_secs": (lambda v: v > 0, "session_creation_timeout_secs should be > 0"),
}


class RunConfig:
    """How an `Estimator` runs, saves and logs; there is one process.

    Args:
        model_dir: directory of checkpoints and events.
        tf_random_seed: seed of the graphs.
        save_summary_steps: steps between two summaries.
        save_checkpoints_steps: steps between two checkpoints.
        save_checkpoints_secs: seconds between two checkpoints; 600 when neither is given; both None save none.
        session_config: a `ConfigProto`.
        keep_checkpoint_max: how many checkpoints stay.
        keep_checkpoint_every_n_hours: one checkpoint of so many hours stays for good.
        log_step_count_steps: steps between two logs of loss and speed; None for no logs.
        train_distribute: must be None.
        device_fn: device of each operation.
        protocol: of servers; without effect.
        eval_distribute: must be None.
        experimental_distribute: must be None.
        experimental_max_worker_delay_secs: without effect.
        session_creation_timeout_secs: how long a session may take to begin.
        checkpoint_save_graph_def: whether checkpoints come with the graph.

    Raises:
        ValueError: a value is out of its range, or steps and seconds of checkpoints are both given.
        NotImplementedError: a distribution is asked for.
    """

    def __init__(
        self,
        model_dir: str | os.PathLike[str] | None = None,
        tf_random_seed: int | None = None,
        save_summary_steps: int | None = 100,
        save_checkpoints_steps: Any = _UNSET,
        save_checkpoints_secs: Any = _UNSET,
        session_config: Any = None,
        keep_checkpoint_max: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        train_distribute: Any = None,
        device_fn: Any = None,
        protocol: str | None = None,
        eval_distribute: Any = None,
        experimental_distribute: Any = None,
        experimental_max_worker_delay_secs: float | None = None,
        session_creation_timeout_secs: float = 7200,
        checkpoint_save_graph_def: bool = True,
    ):
        given = {name: value for name, value in locals().items() if name in _REPLACEABLE}
        if given["save_checkpoints_steps"] is _UNSET and given["save_checkpoints_secs"] is _UNSET:
            given |= {"save_checkpoints_steps": None, "save_checkpoints_secs": 600}
        given = {name: None if value is _UNSET else value for name, value in given.items()}
        self._values: dict[str, Any] = {}
        self._set(given)

    def _set(self, given: dict[str, Any]) -> None:
        if given.get("save_checkpoints_steps") is not None and given.get("save_checkpoints_secs") is not None:
            raise ValueError("`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set.")
        for name, value in given.items():
            if value is not None and name in _RULES and not _RULES[name][0](value):
                raise ValueError(_RULES[name][1])
            if value is not None and name.endswith("_distribute"):
                raise NotImplementedError(f"RunConfig: {name} is not supported: there is one process.")
        if given.get("model_dir") is not None:
            given["model_dir"] = os.fsdecode(given["model_dir"])
        self._values = {**self._values, **given}

    def replace(self, **kwargs: Any) -> RunConfig:
        """A copy with other values.

        Raises:
            ValueError: a name cannot be replaced, or a value is out of its range.
        """
        for name in kwargs:
            if name not in _REPLACEABLE:
                raise ValueError(f"Replacing {name} is not supported. Allowed properties are {_REPLACEABLE}.")
        pair = ("save_checkpoints_steps", "save_checkpoints_secs")
        given = dict(kwargs)
        if all(given.get(name) is not None for name in pair):
            raise ValueError("`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set.")
        for name, other in (pair, pair[::-1]):
            if given.get(name) is not None:
                given[other] = None
        changed = copy.copy(self)
        changed._set(given)
        return changed

    @property
    def cluster_spec(self) -> ClusterSpec:
        """An empty cluster."""
        return ClusterSpec({})


_CONSTANTS = {
    "evaluation_master": "",
    "master": "",
    "global_id_in_cluster": 0,
    "is_chief": True,
    "num_ps_replicas": 0,
    "num_worker_replicas": 1,
    "service": None,
    "task_id": 0,
    "task_type": "worker",
}
"""What one process has for these properties."""


def _publish_properties() -> None:
    def stored(name: str) -> property:
        return property(lambda self: self._values[name], doc=f"The value of `{name}`.")

    def fixed(name: str, value: Any) -> property:
        return property(lambda self: value, doc=f"`{name}` of one process: {value!r}.")

    for name in _REPLACEABLE:
        setattr(RunConfig, name, stored(name))
    for name, value in _CONSTANTS.items():
        setattr(RunConfig, name, fixed(name, value))


_publish_properties()
