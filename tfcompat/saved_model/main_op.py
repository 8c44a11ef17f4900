"""Initialization of a loaded model: an operation that runs once, after the variables are restored."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.ops import lookup, variables
from tfcompat.ops.grouping import group


@tf_export("saved_model.main_op.main_op")
def main_op() -> Any:
    """An operation that initializes all global and local variables and all tables."""
    return group(
        variables.global_variables_initializer(), variables.local_variables_initializer(), lookup.tables_initializer()
    )


@tf_export("saved_model.main_op_with_restore", "saved_model.main_op.main_op_with_restore")
def main_op_with_restore(restore_op_name: Any) -> Any:
    """`main_op`, and then the operation `restore_op_name`."""
    from tfcompat.graph.default import control_dependencies

    with control_dependencies([main_op()]):
        return group(restore_op_name)
