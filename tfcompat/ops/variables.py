"""The variables of a graph as collections, and the operations that initialize and check them."""

from __future__ import annotations

import os
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.constant import constant
from tfcompat.graph.default import device, get_collection, get_default_graph, name_scope
from tfcompat.graph.dtypes import string
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import array, grouping, masks, packing, raw_ops, state

_REFERENCE_OPS = ("Variable", "VariableV2", "AutoReloadVariable")
_VARIABLE_OPS = (*_REFERENCE_OPS, "VarHandleOp")


def _collection_function(name: str, key: str, what: str, *names: str) -> Any:
    def function(scope: str | None = None) -> list[Any]:
        return get_collection(key, scope)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{what}, in the order in which they were made.

    Args:
        scope: regular expression that the names must match from their start.
    """
    return tf_export(name, *names)(function)


# fmt: off
global_variables = _collection_function(
    "global_variables", GraphKeys.GLOBAL_VARIABLES, "The variables that are shared and saved")
local_variables = _collection_function(
    "local_variables", GraphKeys.LOCAL_VARIABLES, "The variables of this process alone, which are not saved")
model_variables = _collection_function(
    "model_variables", GraphKeys.MODEL_VARIABLES, "The variables that inference needs")
trainable_variables = _collection_function(
    "trainable_variables", GraphKeys.TRAINABLE_VARIABLES, "The variables that optimizers change")
moving_average_variables = _collection_function(
    "moving_average_variables", GraphKeys.MOVING_AVERAGE_VARIABLES, "The variables that keep moving averages")
# fmt: on


@tf_export("all_variables")
def all_variables() -> list[Any]:
    """Deprecated spelling of `global_variables()`."""
    return get_collection(GraphKeys.GLOBAL_VARIABLES)


def all_saveable_objects(scope: str | None = None) -> list[Any]:
    """What a saver saves by default: global variables and the collection SAVEABLE_OBJECTS."""
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope) + get_collection(GraphKeys.SAVEABLE_OBJECTS, scope)


@tf_export("variables_initializer", "initializers.variables", "initialize_variables")
def variables_initializer(var_list: Any, name: str = "init") -> Any:
    """An operation that initializes the variables in `var_list`, called `name`."""
    if not var_list:
        return grouping.no_op(name)
    return grouping.group(*[v.initializer for v in var_list], name=name)


@tf_export("global_variables_initializer", "initializers.global_variables", "initialize_all_variables")
def global_variables_initializer() -> Any:
    """An operation that initializes all global variables."""
    return variables_initializer(global_variables())


@tf_export("local_variables_initializer", "initializers.local_variables", "initialize_local_variables")
def local_variables_initializer() -> Any:
    """An operation that initializes all local variables."""
    return variables_initializer(local_variables())


def _all_or_given(var_list: Any) -> list[Any]:
    """The variables given, or all global and local ones, or all variables that the graph's operations stand for."""
    if var_list is None:
        var_list = global_variables() + local_variables()
        if not var_list:
            var_list = _outputs_of(_VARIABLE_OPS)
    return list(var_list)


def _outputs_of(types: tuple[str, ...]) -> list[Any]:
    return [op.outputs[0] for op in get_default_graph().get_operations() if op.type in types]


@tf_export("assert_variables_initialized")
def assert_variables_initialized(var_list: Any = None) -> Tensor | None:
    """A tensor that fails to compute with FailedPreconditionError while one of `var_list` has no value.

    Args:
        var_list: variables; default all global and local ones.

    Returns:
        None when there are no variables.
    """
    variables = _all_or_given(var_list) or _outputs_of(_REFERENCE_OPS)
    if not variables:
        return None
    ranks = []
    for variable in variables:
        with get_default_graph().colocate_with(variable.op):
            ranks.append(array.rank_internal(variable, optimize=False))
    return ranks[0] if len(ranks) == 1 else packing.stack(ranks)


@tf_export("report_uninitialized_variables")
def report_uninitialized_variables(var_list: Any = None, name: str = "report_uninitialized_variables") -> Tensor:
    """The names of those of `var_list` that have no value, as a vector of strings.

    Args:
        var_list: variables; default all global and local ones.
        name: name of the scope.
    """
    variables = _all_or_given(var_list)
    with name_scope(name):
        known = [state.is_variable_initialized_op(v) for v in variables]
        with device(os.environ.get("TF_DEVICE_FOR_UNINITIALIZED_VARIABLE_REPORTING", "/cpu:0")):
            if not variables:
                return constant([], dtype=string)
            missing = raw_ops.LogicalNot(x=packing.stack(known))
            return masks.boolean_mask(constant([v.op.name for v in variables]), missing)  # type: ignore[no-any-return]
