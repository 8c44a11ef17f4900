"""tf.contrib.framework: variables found by their names, and variables of one process and of models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tfcompat.contrib.variables import get_variables
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import add_to_collection, get_collection
from tfcompat.graph.export import export
from tfcompat.ops.variable_base import Variable


def local_variable(
    initial_value: Any, validate_shape: bool = True, name: str | None = None, use_resource: bool | None = None
) -> Any:
    """A variable of LOCAL_VARIABLES: neither trained nor saved."""
    return _variable(GraphKeys.LOCAL_VARIABLES, initial_value, validate_shape, name, use_resource)


def global_variable(
    initial_value: Any, validate_shape: bool = True, name: str | None = None, use_resource: bool | None = None
) -> Any:
    """A variable of GLOBAL_VARIABLES that is not trained."""
    return _variable(GraphKeys.GLOBAL_VARIABLES, initial_value, validate_shape, name, use_resource)


def _variable(collection: str, value: Any, validate_shape: bool, name: str | None, use_resource: bool | None) -> Any:
    return Variable(
        value,
        trainable=False,
        collections=[collection],
        validate_shape=validate_shape,
        use_resource=use_resource,
        name=name,
    )


def add_model_variable(var: Any) -> None:
    """Adds a variable to MODEL_VARIABLES, once."""
    if not any(v is var for v in get_collection(GraphKeys.MODEL_VARIABLES)):
        add_to_collection(GraphKeys.MODEL_VARIABLES, var)


def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """`get_variables` of LOCAL_VARIABLES."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """Global variables below `scope` whose names end in `suffix`."""
    return get_variables(scope, suffix)


def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """Global variables below `scope` whose name without scopes is `given_name`."""
    return [v for v in get_variables(scope) if v.op.name.rpartition("/")[2] == given_name]


def get_unique_variable(var_op_name: str) -> Any:
    """The global variable of that full name; ValueError where there is none."""
    candidates = get_variables(var_op_name)
    if not candidates:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


def get_variable_full_name(var: Any) -> str:
    """The variable's name in checkpoints: for a part of a partitioned variable, the name of the whole."""
    part = getattr(var, "_save_slice_info", None)
    return part.full_name if part else var.op.name


def filter_variables(
    var_list: Iterable[Any],
    include_patterns: Sequence[str] | None = None,
    exclude_patterns: Sequence[str] | None = None,
    reg_search: bool = True,
) -> list[Any]:
    """The variables whose names have one of some regular expressions and none of others.

    Args:
        var_list: variables.
        include_patterns: expressions of which one is needed; None for all variables.
        exclude_patterns: expressions of which none may be there.
        reg_search: look for them anywhere in a name, or else at its start.
    """
    find = re.search if reg_search else re.match

    def has(var: Any, patterns: Sequence[str]) -> bool:
        return any(find(pattern, var.name) for pattern in patterns)

    chosen = [v for v in var_list if include_patterns is None or has(v, include_patterns)]
    return [v for v in chosen if not has(v, exclude_patterns or ())]


_FUNCTIONS = (
    local_variable, global_variable, add_model_variable, get_local_variables, get_variables_by_suffix,
    get_variables_by_name, get_unique_variable, get_variable_full_name, filter_variables,
)  # fmt: skip

for _function in _FUNCTIONS:
    for _place in ("framework", "slim"):
        export(f"contrib.{_place}.{_function.__name__}", _function)
