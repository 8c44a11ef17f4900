"""Switches between versions of behaviour: programs here are always graphs with the semantics of version 1."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor_shape import disable_v2_tensorshape
from tfcompat.ops.variable_base import disable_resource_variables

_control_flow_v2 = [False]


@tf_export("executing_eagerly")
def executing_eagerly() -> bool:
    """False: operations are recorded into graphs."""
    return False


@tf_export("executing_eagerly_outside_functions")
def executing_eagerly_outside_functions() -> bool:
    """False: operations are recorded into graphs."""
    return False


@tf_export("disable_eager_execution")
def disable_eager_execution() -> None:
    """Nothing: execution is never eager."""


@tf_export("enable_eager_execution")
def enable_eager_execution(config: Any = None, device_policy: Any = None, execution_mode: Any = None) -> None:
    """Raises NotImplementedError: execution is never eager."""
    raise NotImplementedError(
        "tfcompat records graphs and runs them in sessions; it has no eager execution. Keep the "
        "program in graph mode: build the graph, then use tf.Session."
    )


@tf_export("disable_v2_behavior")
def disable_v2_behavior() -> None:
    """Goes back to the semantics of version 1, which are the default, for variables and shapes."""
    disable_resource_variables()
    disable_v2_tensorshape()
    disable_control_flow_v2()


@tf_export("enable_v2_behavior")
def enable_v2_behavior() -> None:
    """Raises NotImplementedError: version 2 executes eagerly."""
    enable_eager_execution()


@tf_export("enable_control_flow_v2")
def enable_control_flow_v2() -> None:
    """Makes `control_flow_v2_enabled` true; control flow is recorded functionally in any case."""
    _control_flow_v2[0] = True


@tf_export("disable_control_flow_v2")
def disable_control_flow_v2() -> None:
    """Makes `control_flow_v2_enabled` false; control flow is recorded functionally in any case."""
    _control_flow_v2[0] = False


@tf_export("control_flow_v2_enabled")
def control_flow_v2_enabled() -> bool:
    """Whether `enable_control_flow_v2` was called."""
    return _control_flow_v2[0]


@tf_export("disable_tensor_equality")
def disable_tensor_equality() -> None:
    """Nothing: `==` compares the identity of tensors."""


@tf_export("enable_tensor_equality")
def enable_tensor_equality() -> None:
    """Raises NotImplementedError: `==` compares the identity of tensors."""
    raise NotImplementedError("In tfcompat `==` between tensors compares their identity; tf.equal compares values.")
