"""Options of `tf.saved_model.save`."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from tfcompat.graph.export import tf_export


@tf_export("saved_model.experimental.VariablePolicy")
class VariablePolicy(enum.Enum):
    """What a model says of its variables besides their values."""

    EXPAND_DISTRIBUTED_VARIABLES = "expand_distributed_variables"
    NONE = None
    SAVE_VARIABLE_DEVICES = "save_variable_devices"

    def _save_variable_devices(self) -> bool:
        return self is not VariablePolicy.NONE

    def _expand_distributed_variables(self) -> bool:
        return self is VariablePolicy.EXPAND_DISTRIBUTED_VARIABLES

    @staticmethod
    def from_obj(obj: Any) -> VariablePolicy:
        """A policy from itself, its value or the name of its value; ValueError when there is none."""
        if obj is None or isinstance(obj, VariablePolicy):
            return obj or VariablePolicy.NONE
        for policy in VariablePolicy:
            if policy.value is not None and policy.value == str(obj).lower():
                return policy
        raise ValueError(f"Received invalid VariablePolicy value: {obj}.")


@tf_export("saved_model.SaveOptions")
class SaveOptions:
    """Options of `tf.saved_model.save`.

    Args:
        namespace_whitelist: accepted, a list of strings.
        save_debug_info: accepted; no debug information is written.
        function_aliases: name -> function; the names are kept in the model.
        experimental_io_device: accepted.
        experimental_variable_policy: a `VariablePolicy` or its value.
        experimental_custom_gradients: accepted; functions for custom gradients are not written.
        experimental_image_format: not supported.
        experimental_skip_saver: whether the operations that save and restore are left out of the graph.

    Raises:
        TypeError: `namespace_whitelist` is no list of strings.
        ValueError: there is no such policy, or `experimental_image_format` is set.
    """

    def __init__(
        self,
        namespace_whitelist: list[str] | None = None,
        save_debug_info: bool = False,
        function_aliases: Mapping[str, Any] | None = None,
        experimental_io_device: str | None = None,
        experimental_variable_policy: Any = None,
        experimental_custom_gradients: bool = True,
        experimental_image_format: bool = False,
        experimental_skip_saver: bool = False,
    ):
        if experimental_image_format:
            raise ValueError("experimental_image_format is not supported: models are written as one file up to 2 GB.")
        self.namespace_whitelist = _checked_namespaces(namespace_whitelist)
        self.save_debug_info = save_debug_info
        self.function_aliases = dict(function_aliases or {})
        self.experimental_io_device = experimental_io_device
        self.experimental_variable_policy = VariablePolicy.from_obj(experimental_variable_policy)
        self.experimental_custom_gradients = experimental_custom_gradients
        self.experimental_image_format = experimental_image_format
        self.experimental_skip_saver = experimental_skip_saver


def _checked_namespaces(names: Any) -> list[str]:
    if names is None:
        return []
    if not isinstance(names, list):
        raise TypeError(f"`namespace_whitelist` must be a list of strings. Got: {names} with type {type(names)}.")
    for name in names:
        if not isinstance(name, (str, bytes)):
            raise ValueError(f"Whitelisted namespace must be a string. Got: {name} of type {type(name)}.")
    return [n.decode() if isinstance(n, bytes) else n for n in names]
