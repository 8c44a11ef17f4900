"""Attributes of NodeDef messages against the definitions of their op types."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.dtypes import DType
from tfcompat.graph.op_def import AttrDef

_FIELDS = {"string": "s", "int": "i", "float": "f", "bool": "b", "type": "type", "shape": "shape", "tensor": "tensor",
           "func": "func"}  # fmt: skip
_PLURAL = {field: f"list({kind})" for kind, field in _FIELDS.items()}
_SINGULAR = {field: kind for kind, field in _FIELDS.items()}


def check_kind(message: Any, kind: str, where: str) -> None:
    """Raises ValueError when an `AttrValue` does not hold what an attribute of `kind` ("int", "list(type)") takes."""
    found = message.WhichOneof("value")
    if found == "placeholder":
        return
    if found is None:
        raise ValueError(f"AttrValue missing value with expected type '{kind}' {where}")
    if found != "list":
        held = {_SINGULAR[found]}
    else:
        held = {_PLURAL[field.name] for field, _ in message.list.ListFields()}
        held = held or ({kind} if kind.startswith("list(") else {"list"})
    if held != {kind}:
        raise ValueError(f"AttrValue had value with type '{', '.join(sorted(held))}' when '{kind}' expected {where}")


def check_value(value: Any, attr: AttrDef, where: str) -> None:
    """Raises ValueError when the value of an attribute is too small, or none of those that the definition allows."""
    if attr.minimum is not None and value is not None:
        size = len(value) if attr.type.startswith("list(") else value
        if size < attr.minimum:
            what = "Length for" if attr.type.startswith("list(") else "Value for"
            raise ValueError(f"{what} attr '{attr.name}' of {size} must be at least minimum {attr.minimum} {where}")
    if attr.type in ("type", "list(type)") and None in (value if isinstance(value, list) else [value]):
        raise ValueError(f"Value for attr '{attr.name}' is not a type {where}")
    if attr.allowed is not None:
        for item in value if isinstance(value, list) else [value]:
            if item is not None and _base(item) not in attr.allowed:
                names = ", ".join(_text(a) for a in attr.allowed)
                raise ValueError(
                    f"Value for attr '{attr.name}' of {_text(item)} is not in the list of allowed values: {names} "
                    f"{where}"
                )


def _base(item: Any) -> Any:
    return item.base_dtype if isinstance(item, DType) else item


def _text(item: Any) -> str:
    if isinstance(item, DType):
        return {"float32": "float", "float64": "double", "float16": "half"}.get(item.name, item.name)
    return f'"{item.decode(errors="replace")}"' if isinstance(item, bytes) else str(item)
