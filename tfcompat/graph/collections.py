"""Graph collections: named lists of whatever a program wants to find again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tfcompat.graph.export import tf_export


@tf_export("GraphKeys")
class GraphKeys:
    """Names of the collections that library functions fill and read."""

    GLOBAL_VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    METRIC_VARIABLES = "metric_variables"
    MODEL_VARIABLES = "model_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    TRAINABLE_RESOURCE_VARIABLES = "trainable_resource_variables"
    SUMMARIES = "summaries"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    ASSET_FILEPATHS = "asset_filepaths"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    REGULARIZATION_LOSSES = "regularization_losses"
    CONCATENATED_VARIABLES = "concatenated_variables"
    SAVERS = "savers"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"
    UPDATE_OPS = "update_ops"
    LOSSES = "losses"
    SAVEABLE_OBJECTS = "saveable_objects"
    RESOURCES = "resources"
    LOCAL_RESOURCES = "local_resources"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    READY_OP = "ready_op"
    READY_FOR_LOCAL_INIT_OP = "ready_for_local_init_op"
    SUMMARY_OP = "summary_op"
    GLOBAL_STEP = "global_step"
    EVAL_STEP = "eval_step"
    TRAIN_OP = "train_op"
    COND_CONTEXT = "cond_context"
    WHILE_CONTEXT = "while_context"
    VARIABLES = "variables"
    _SUMMARY_COLLECTION = "_SUMMARY_V2"
    _STREAMING_MODEL_PORTS = "streaming_model_ports"
    _VARIABLE_COLLECTIONS = (
        GLOBAL_VARIABLES,
        LOCAL_VARIABLES,
        METRIC_VARIABLES,
        MODEL_VARIABLES,
        TRAINABLE_VARIABLES,
        MOVING_AVERAGE_VARIABLES,
        CONCATENATED_VARIABLES,
    )


class Collections:
    """The collections of one graph."""

    def __init__(self) -> None:
        self._lists: dict[Any, list[Any]] = {}

    def add(self, name: Any, value: Any) -> None:
        """Appends `value` to collection `name`."""
        self._lists.setdefault(name, []).append(value)

    def add_to_all(self, names: Any, value: Any) -> None:
        """Appends `value` to each of `names` once (a lone string is one name)."""
        for name in {names: None} if isinstance(names, str) else dict.fromkeys(names):
            self.add(name, value)

    def live(self, name: Any) -> list[Any]:
        """The list itself, made when absent."""
        return self._lists.setdefault(name, [])

    def get(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of collection `name`; with `scope`, the members whose `.name` the pattern matches from its start."""
        members = self._lists.get(name, [])
        if scope is None:
            return list(members)
        pattern = re.compile(scope)
        return [m for m in members if hasattr(m, "name") and pattern.match(m.name)]

    def keys(self) -> list[Any]:
        """The names of the non-internal collections."""
        return [k for k in self._lists if isinstance(k, str) and not k.startswith("__")]

    def clear(self, name: Any) -> None:
        """Removes collection `name`."""
        self._lists.pop(name, None)

    def names(self) -> Iterable[Any]:
        """All names, internal ones too."""
        return list(self._lists)
