"""Functions that change variables: `tf.assign`, `tf.scatter_update` and their kin."""

from __future__ import annotations

import contextlib
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.registry import not_differentiable
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import array, cast, concat, filling, raw_ops
from tfcompat.ops.state_shapes import SCATTER_KINDS, SCATTER_ND_KINDS

__all__ = ["SCATTER_KINDS", "SCATTER_ND_KINDS"]


def _is_reference(ref: Any) -> bool:
    return bool(ref.dtype._is_ref_dtype)


@tf_export("assign")
def assign(
    ref: Any, value: Any, validate_shape: bool | None = None, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Gives the variable `ref` the value `value`.

    Args:
        ref: a variable.
        value: of its type and, unless `validate_shape` is False, of its shape.
        validate_shape: whether another shape is an error; default True.
        use_locking: kept as an attribute; default True.
        name: name of the operation.

    Returns:
        The new value: a reference tensor for a reference variable, the variable after the assignment for a resource
        variable.

    Raises:
        ValueError: the shapes differ.
    """
    if _is_reference(ref):
        return raw_ops.Assign(ref=ref, value=value, use_locking=use_locking, name=name, validate_shape=validate_shape)
    return ref.assign(value, name=name)


@tf_export("assign_add")
def assign_add(ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Adds `value` to the variable `ref`; arguments and result as those of `assign`."""
    if _is_reference(ref):
        return raw_ops.AssignAdd(ref=ref, value=value, use_locking=use_locking, name=name)
    return ref.assign_add(value)


@tf_export("assign_sub")
def assign_sub(ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Subtracts `value` from the variable `ref`; arguments and result as those of `assign`."""
    if _is_reference(ref):
        return raw_ops.AssignSub(ref=ref, value=value, use_locking=use_locking, name=name)
    return ref.assign_sub(value)


@tf_export("count_up_to")
def count_up_to(ref: Any, limit: int, name: str | None = None) -> Tensor:
    """Adds 1 to `ref`, an int32 or int64 scalar variable, and gives the value before.

    Raises:
        OutOfRangeError: in the run: the value has reached `limit`.
    """
    if _is_reference(ref):
        return raw_ops.CountUpTo(ref=ref, limit=limit, name=name)  # type: ignore[no-any-return]
    return raw_ops.ResourceCountUpTo(resource=ref.handle, limit=limit, T=ref.dtype, name=name)  # type: ignore[no-any-return]


@tf_export("is_variable_initialized")
def is_variable_initialized(variable: Any) -> Tensor:
    """A bool scalar: whether `variable` has a value."""
    return is_variable_initialized_op(variable)


def is_variable_initialized_op(ref: Any, name: str | None = None) -> Tensor:
    """The operation that tells whether `ref`, a variable or a reference, has a value."""
    if _is_reference(ref):
        return raw_ops.IsVariableInitialized(ref=ref, name=name)  # type: ignore[no-any-return]
    return ref.is_initialized(name=name)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- slices

_MEANING = {"Add": "Adds `updates` to", "Sub": "Subtracts `updates` from", "Mul": "Multiplies by `updates`",
            "Div": "Divides by `updates`", "Min": "Takes the minimum with `updates` of",
            "Max": "Takes the maximum with `updates` of", "Update": "Assigns `updates` to"}  # fmt: skip


def _scatter_function(kind: str, locking: bool) -> Any:
    def function(ref: Any, indices: Any, updates: Any, use_locking: bool = locking, name: str | None = None) -> Any:
        if _is_reference(ref):
            recorder = getattr(raw_ops, "Scatter" + kind)
            return recorder(ref=ref, indices=indices, updates=updates, use_locking=use_locking, name=name)
        recorder = getattr(raw_ops, "ResourceScatter" + kind)
        updates = convert_to_tensor(updates, ref.dtype)
        return ref._lazy_read(recorder(resource=ref.handle, indices=indices, updates=updates, name=name))

    function.__name__ = function.__qualname__ = f"scatter_{kind.lower()}"
    function.__doc__ = f"""{_MEANING[kind]} the slices of variable `ref` at `indices` along the first dimension.

    Args:
        ref: a variable.
        indices: int32 or int64, any shape.
        updates: shape indices.shape + ref.shape[1:], or a scalar. Repeated indices apply one after the other.
        use_locking: kept as an attribute.
        name: name of the operation.

    Returns:
        The new value, as `assign` gives it.

    Raises:
        InvalidArgumentError: in the run: an index is outside the variable.
    """
    return function


def _scatter_nd_function(kind: str, locking: bool) -> Any:
    def function(ref: Any, indices: Any, updates: Any, use_locking: bool = locking, name: str | None = None) -> Any:
        if _is_reference(ref):
            recorder = getattr(raw_ops, "ScatterNd" + kind)
            return recorder(ref=ref, indices=indices, updates=updates, use_locking=use_locking, name=name)
        recorder = getattr(raw_ops, "ResourceScatterNd" + kind)
        updates = convert_to_tensor(updates, ref.dtype)
        return ref._lazy_read(recorder(ref=ref.handle, indices=indices, updates=updates, name=name))

    function.__name__ = function.__qualname__ = f"scatter_nd_{kind.lower()}"
    function.__doc__ = f"""{_MEANING[kind]} the slices of variable `ref` that the rows of `indices` name.

    Args:
        ref: a variable.
        indices: int32 or int64, shape [..., depth]: each row leads into the first `depth` dimensions.
        updates: shape indices.shape[:-1] + ref.shape[depth:].
        use_locking: kept as an attribute.
        name: name of the operation.

    Returns:
        The new value, as `assign` gives it.

    Raises:
        InvalidArgumentError: in the run: a row is outside the variable.
    """
    return function


scatter_functions = {kind: _scatter_function(kind, kind == "Update") for kind in SCATTER_KINDS}
scatter_nd_functions = {kind: _scatter_nd_function(kind, kind == "Update") for kind in SCATTER_ND_KINDS}
for _kind, _function in scatter_functions.items():
    export(f"scatter_{_kind.lower()}", _function)
for _kind in ("Add", "Sub", "Update"):
    export(f"scatter_nd_{_kind.lower()}", scatter_nd_functions[_kind])


@tf_export("batch_scatter_update")
def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Assigns `updates` to slices of `ref`, batch by batch: ref[b, indices[b, i]] = updates[b, i].

    Args:
        ref: a variable.
        indices: integers of shape [batch..., n].
        updates: shape indices.shape + ref.shape[rank of indices:].
        use_locking: kept as an attribute.
        name: name of the scope.

    Returns:
        The new value, as `assign` gives it.
    """
    with name_scope(name) if name is not None else contextlib.nullcontext():
        places = full_indices(convert_to_tensor(indices, name="indices"))
        return scatter_nd_functions["Update"](ref, places, updates, use_locking)


def full_indices(indices: Any) -> Tensor:
    """The positions [b1, b2, ..., indices[b1, b2, ..., i]] of a batch of indices into the dimension after the batch's.

    Raises:
        ValueError: the rank of `indices` is not known.
    """
    rank = indices.shape.rank
    if rank is None:
        raise ValueError("The rank of the indices of batch_scatter_update must be known.")
    sizes: Any = array.shape(indices)
    last = array.expand_dims(indices, -1)
    parts = []
    for axis in range(rank - 1):
        size = sizes[axis]
        counted = cast.cast(raw_ops.Range(start=0, limit=size, delta=1), indices.dtype)
        in_place: Any = array.reshape(counted, [1] * axis + [size] + [1] * (rank - axis))
        parts.append(in_place * filling.ones_like(last))
    return concat.concat([*parts, last], axis=-1)


not_differentiable(
    "Assign", "AssignAdd", "AssignSub", "CountUpTo", "ResourceCountUpTo", "IsVariableInitialized",
    "VarIsInitializedOp", "VariableShape", "ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv", "ScatterNdUpdate",
    "ScatterNdAdd", "ScatterNdSub",
)  # fmt: skip
