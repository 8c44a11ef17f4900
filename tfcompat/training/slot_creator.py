"""Slots: variables of an optimizer that belong to a variable of the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tfcompat.graph.default import get_default_graph
from tfcompat.ops import array, filling, initializers
from tfcompat.ops.ref_variable import RefVariable
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.ops.save_slice import SaveSliceInfo
from tfcompat.ops.variable_base import Variable, variable_creator_scope
from tfcompat.ops.variable_scope import get_variable, get_variable_scope, variable_scope


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Any:
    """A slot that starts as the tensor `val`, called `<primary>/<name>`.

    Args:
        primary: variable or tensor that it belongs to.
        val: its initial value.
        name: made unique below the primary's name.
        colocate_with_primary: whether it is placed with the primary.
    """
    validate = val.shape.is_fully_defined()
    with _slot_scope(primary, name, colocate_with_primary):
        return _slot_variable(primary, val, validate, None, None)


def create_slot_with_initializer(
    primary: Any, initializer: Any, shape: Any, dtype: Any, name: str, colocate_with_primary: bool = True
) -> Any:
    """A slot of `shape` and `dtype` that starts as `initializer` says; see `create_slot`."""
    with _slot_scope(primary, name, colocate_with_primary):
        return _slot_variable(primary, initializer, shape.is_fully_defined(), shape, dtype)


def create_zeros_slot(primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True) -> Any:
    """A slot of zeros of the primary's shape, and type unless `dtype` says otherwise; see `create_slot`."""
    dtype = primary.dtype if dtype is None else dtype
    shape = primary.shape
    if shape.is_fully_defined():
        return create_slot_with_initializer(primary, initializers.Zeros(), shape, dtype, name, colocate_with_primary)
    value = primary.initialized_value() if isinstance(primary, Variable) else primary
    zeros = filling.zeros(array.shape(value), dtype=dtype)
    return create_slot(primary, zeros, name, colocate_with_primary)


@contextmanager
def _slot_scope(primary: Any, name: str, colocate: bool) -> Iterator[None]:
    prefix = primary._shared_name if isinstance(primary, Variable) else primary.op.name
    with variable_scope(None, f"{prefix}/{name}"):
        if not colocate:
            yield
            return
        with variables_placed_with(primary):
            yield


@contextmanager
def variables_placed_with(other: Any) -> Iterator[None]:
    """Inside, new variables are placed with the variable or tensor `other`."""

    def placed(next_creator: Any, **kwargs: Any) -> Any:
        with get_default_graph().colocate_with(other):
            return next_creator(**kwargs)

    with variable_creator_scope(placed):
        yield


def _slot_variable(primary: Any, value: Any, validate_shape: bool, shape: Any, dtype: Any) -> Any:
    scope = get_variable_scope()
    partitioner = scope.partitioner  # type: ignore[attr-defined]
    scope.set_partitioner(None)  # type: ignore[attr-defined]
    kinds = ((ResourceVariable, True), (RefVariable, False))
    use_resource = next((wanted for kind, wanted in kinds if isinstance(primary, kind)), None)
    slot = get_variable(
        "",
        initializer=value,
        trainable=False,
        use_resource=use_resource,
        shape=shape if callable(value) else None,
        dtype=dtype,
        validate_shape=validate_shape,
    )
    scope.set_partitioner(partitioner)  # type: ignore[attr-defined]
    if isinstance(primary, Variable) and primary._save_slice_info is not None:
        _inherit_slice(primary, slot)
    return slot


def _inherit_slice(primary: Any, slot: Any) -> None:
    """The slot of a slice is the same slice of the whole variable's slot."""
    info = primary._save_slice_info
    own_name = slot.name[len(primary.op.name + "/") : -len(":0")]
    rank = slot.shape.rank
    if rank is None or rank > 0:
        slot._set_save_slice_info(
            SaveSliceInfo(
                f"{info.full_name}/{own_name}", info.full_shape[:rank], info.var_offset[:rank], info.var_shape[:rank]
            )
        )
