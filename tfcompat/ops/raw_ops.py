"""One recording function per op type of the op-definition table: `raw_ops.MatMul(a=x, b=y, transpose_a=True)`.

The functions are made when they are first named. Arguments are the inputs and attributes of the definition, by name or
in its order, and `name`; attributes that follow from the inputs need not be given. Arguments that the public functions
call otherwise than the definition (`axis` for `reduction_indices`) may be given under either name.
"""

from __future__ import annotations

import typing
from collections.abc import Callable

from tfcompat.graph.apply import apply_op
from tfcompat.graph.op_def import is_defined, op_def, op_types

# fmt: off
_PUBLIC_NAMES: dict[str, dict[str, str]] = {
    "ExpandDims": {"axis": "dim"},
    "Select":     {"x": "t", "y": "e"},
    "Split":      {"axis": "split_dim"},
    "SplitV":     {"axis": "split_dim"},
    "Squeeze":    {"axis": "squeeze_dims"},
    "Where":      {"condition": "input"},
}
# fmt: on
"""Op type -> public name of an argument -> its name in the definition, where they differ; reductions besides."""


def _recorder(op_type: str) -> Callable[..., typing.Any]:
    definition = op_def(op_type)
    inputs = [arg.name for arg in definition.inputs]
    parameters = inputs + [a for a in definition.attrs if a not in definition.inferred]
    renamed = {"axis": "reduction_indices"} if "reduction_indices" in inputs else _PUBLIC_NAMES.get(op_type, {})
    known = {*inputs, *definition.attrs}

    def record(*args: typing.Any, name: str | None = None, **kwargs: typing.Any) -> typing.Any:
        if args:
            kwargs.update(zip(parameters, args, strict=False))
        for key in [k for k in kwargs if k not in known and k[0] != "_"]:
            if key not in renamed:
                raise TypeError(f"{op_type}() got an unexpected keyword argument '{key}'")
            kwargs[renamed[key]] = kwargs.pop(key)
        return apply_op(op_type, name, kwargs)

    record.__name__ = record.__qualname__ = op_type
    record.__doc__ = f"Records a {op_type} operation. Inputs and attributes: {', '.join(parameters) or 'none'}."
    return record


def __getattr__(name: str) -> typing.Any:
    if not is_defined(name):
        raise AttributeError(f"module 'raw_ops' has no attribute {name!r}: there is no such op type")
    function = globals()[name] = _recorder(name)
    return function


def __dir__() -> list[str]:
    return op_types()
