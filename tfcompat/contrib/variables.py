"""Variables of models, which join MODEL_VARIABLES."""

from __future__ import annotations

from typing import Any

from tfcompat.contrib.arg_scope import add_arg_scope
from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.default import add_to_collection, add_to_collections, get_collection
from tfcompat.graph.export import export, tf_export
from tfcompat.ops.variable_scope import get_variable
from tfcompat.training.global_step import (
    assert_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)

for _function in (assert_global_step, create_global_step, get_global_step, get_or_create_global_step):
    export(f"contrib.framework.{_function.__name__}", _function)
    export(f"contrib.slim.{_function.__name__}", _function)


@tf_export("contrib.framework.variable", "contrib.slim.variable")
@add_arg_scope
def variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
) -> Any:
    """`tf.get_variable`, in GLOBAL_VARIABLES and `collections`, on `device`."""
    from tfcompat.graph.default import device as on_device

    joined = list(
        dict.fromkeys(
            [*(collections if collections is not None else [GraphKeys.GLOBAL_VARIABLES]), GraphKeys.GLOBAL_VARIABLES]
        )
    )
    getter = custom_getter or get_variable
    with on_device(device or ""):
        return getter(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=joined,
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
        )


@tf_export("contrib.framework.model_variable", "contrib.slim.model_variable")
@add_arg_scope
def model_variable(
    name: str,
    shape: Any = None,
    dtype: Any = "float32",
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
) -> Any:
    """`variable` that joins MODEL_VARIABLES too."""
    joined = [*(collections or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=joined,
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
    )


@tf_export("contrib.framework.get_variables", "contrib.slim.get_variables")
def get_variables(
    scope: Any = None, suffix: str | None = None, collection: str = GraphKeys.GLOBAL_VARIABLES
) -> list[Any]:
    """The variables of a collection whose names start with `scope`, a string or variable scope, and end in `suffix`."""
    found = get_collection(collection, getattr(scope, "name", scope))
    return found if suffix is None else [v for v in found if v.op.name.endswith(suffix)]


@tf_export("contrib.framework.get_model_variables", "contrib.slim.get_model_variables")
def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """`get_variables` of MODEL_VARIABLES."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


@tf_export("contrib.framework.get_trainable_variables", "contrib.slim.get_trainable_variables")
def get_trainable_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """`get_variables` of TRAINABLE_VARIABLES."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


@tf_export("contrib.framework.get_variables_to_restore", "contrib.slim.get_variables_to_restore")
def get_variables_to_restore(include: Any = None, exclude: Any = None) -> list[Any]:
    """Variables below the scopes `include`, all when None, and not below the scopes `exclude`."""
    chosen = get_variables() if include is None else [v for scope in include for v in get_variables(scope)]
    dropped = [v for scope in exclude or () for v in get_variables(scope)]
    return [v for v in chosen if not any(v is d for d in dropped)]


def collect(collections: Any, value: Any, kind: str | None = None) -> Any:
    """Adds `value` to its collections: a name, a list of names, or a dict of them by `kind`. Returns `value`."""
    if isinstance(collections, dict):
        collections = collections.get(kind)
    if collections:
        if isinstance(collections, str):
            add_to_collection(collections, value)
        else:
            add_to_collections(collections, value)
    return value
