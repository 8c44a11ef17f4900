"""Makes public functions of tables: functions that record one op type with its inputs and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.apply import apply_op
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor

Recorder = Callable[..., Any]


def features(op_type: str, names: str, doc: str) -> Recorder:
    """Makes fn(features, name=None), which records the activation `op_type`; see `unary`."""

    def record(features: Any, name: str | None = None) -> Any:
        return apply_op(op_type, name, {"features": features})

    record.__doc__ = (
        f"{doc}\n\nArgs:\n    features: tensor of a real type.\n    name: name of the operation.\n\n"
        "Returns:\n    A tensor of the shape and type of `features`.\n"
    )
    return _published(record, names)


def unary(op_type: str, names: str, doc: str, types: str, sparse: bool = False, returns: str = "") -> Recorder:
    """Makes fn(x, name=None), which records `op_type`, and publishes it under the space-separated `names`.

    Args:
        op_type: an op type whose one input is `x`.
        names: public names; the first one is the function's own.
        doc: first line of its documentation.
        types: element types it takes, for its documentation.
        sparse: whether a SparseTensor may be given; the operation then acts on its values.
        returns: element type of the result, for its documentation; that of `x` by default.
    """

    def record(x: Any, name: str | None = None) -> Any:
        if sparse and isinstance(x, SparseTensor):
            return on_values(op_type, x, name)
        return apply_op(op_type, name, {"x": x})

    also = ", or a SparseTensor of it" if sparse else ""
    record.__doc__ = (
        f"{doc}\n\nArgs:\n    x: tensor of {types}{also}.\n    name: name of the operation.\n\n"
        f"Returns:\n    A tensor of the shape {f'of `x`, {returns}' if returns else 'and type of `x`'}.\n"
    )
    return _published(record, names)


def on_values(op_type: str, x: SparseTensor, name: str | None) -> SparseTensor:
    """`x` with `op_type` applied to its values; the reference uses up one name before it comes to the values."""
    x.graph.unique_name(name or op_type)
    return x.with_values(apply_op(op_type, name, {"x": x.values}))


def scoped_unary(op_type: str, scope: str, names: str, doc: str, types: str) -> Recorder:
    """Like `unary`; the operation is recorded inside a name scope, `scope` by default."""

    def record(x: Any, name: str | None = None) -> Any:
        with name_scope(name, scope, [x]):
            return apply_op(op_type, None, {"x": x})

    record.__doc__ = (
        f"{doc}\n\nArgs:\n    x: tensor of {types}.\n    name: name scope of the operation.\n\n"
        "Returns:\n    A tensor of the shape and type of `x`.\n"
    )
    return _published(record, names)


def binary(op_type: str, names: str, doc: str, types: str, returns: str = "") -> Recorder:
    """Makes fn(x, y, name=None), which records `op_type` and broadcasts `x` against `y`; see `unary`."""

    def record(x: Any, y: Any, name: str | None = None) -> Any:
        return apply_op(op_type, name, {"x": x, "y": y})

    record.__doc__ = (
        f"{doc}\n\nArgs:\n    x: tensor of {types}.\n    y: tensor of the type of `x`.\n"
        "    name: name of the operation.\n\nReturns:\n"
        f"    A tensor of the shape the inputs broadcast to{f', {returns}' if returns else ''}.\n\n"
        "Raises:\n    TypeError: the types differ.\n    ValueError: the shapes do not broadcast.\n"
    )
    return _published(record, names)


def _published(function: Any, names: str) -> Recorder:
    public = names.split()
    function.__name__ = function.__qualname__ = public[0].rpartition(".")[2]
    return tf_export(*public)(function)  # type: ignore[no-any-return]
