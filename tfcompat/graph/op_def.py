"""Op definitions: inputs, outputs, attributes and defaults of every op type, read from a data table on first use.

The table (`op_defs.jsonl`, one op a line) is written by `scripts/make_op_table.py`.
"""

from __future__ import annotations

import functools
import json
import pathlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.tensor_shape import TensorShape

_TABLE = pathlib.Path(__file__).with_name("op_defs.jsonl")


@dataclass(frozen=True, slots=True)
class ArgDef:
    """One input or output: a single tensor, `number_attr` tensors of one type, or a `type_list_attr` list."""

    name: str
    type: dtypes.DType | None = None
    type_attr: str = ""
    number_attr: str = ""
    type_list_attr: str = ""
    is_ref: bool = False

    @property
    def is_list(self) -> bool:
        """Whether the argument is a list of tensors."""
        return bool(self.number_attr or self.type_list_attr)


@dataclass(frozen=True, slots=True)
class AttrDef:
    """One attribute; `type` is its kind as op definitions spell it ("int", "list(type)", ...)."""

    name: str
    type: str
    has_default: bool = False
    default: Any = None
    allowed: tuple[Any, ...] | None = None
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class OpDef:
    """The definition of one op type."""

    name: str
    inputs: tuple[ArgDef, ...]
    outputs: tuple[ArgDef, ...]
    attrs: dict[str, AttrDef]
    is_stateful: bool = False
    is_commutative: bool = False
    is_aggregate: bool = False
    allows_uninitialized_input: bool = False
    inferred: frozenset[str] = field(default_factory=frozenset)
    """Names of the attributes that follow from the inputs."""

    def output_arity(self, attrs: dict[str, Any]) -> list[int]:
        """How many tensors each output argument stands for, given the attributes."""
        return [_arity(arg, attrs) for arg in self.outputs]

    def output_types(self, attrs: dict[str, Any]) -> list[dtypes.DType]:
        """The types of all output tensors, given the attributes."""
        types: list[dtypes.DType] = []
        for arg in self.outputs:
            types.extend(arg_types(arg, attrs))
        return types


def _arity(arg: ArgDef, attrs: dict[str, Any]) -> int:
    if arg.number_attr:
        return int(attrs[arg.number_attr])
    return len(attrs[arg.type_list_attr]) if arg.type_list_attr else 1


_MOST_TENSORS = 1 << 16


def arg_types(arg: ArgDef, attrs: dict[str, Any]) -> list[dtypes.DType]:
    """The types of the tensors that one argument stands for."""
    if arg.type_list_attr:
        types = list(attrs[arg.type_list_attr])
    else:
        one = arg.type if arg.type is not None else attrs[arg.type_attr]
        count = int(attrs[arg.number_attr]) if arg.number_attr else 1
        if count > _MOST_TENSORS:
            raise ValueError(
                f"{arg.number_attr} is {count}: an operation has at most {_MOST_TENSORS} inputs or outputs."
            )
        types = [one] * count
    return [t._as_ref for t in types] if arg.is_ref else types


@functools.cache
def _lines() -> dict[str, str]:
    """Op type -> its line of the table, unparsed."""
    prefix = len('{"op":"')
    return {line[prefix : line.index('"', prefix)]: line for line in _TABLE.read_text().splitlines()}


def op_types() -> list[str]:
    """All op types of the table."""
    return list(_lines())


def is_defined(op_type: str) -> bool:
    """Whether the table has `op_type`."""
    return op_type in _lines()


@functools.cache
def op_def(op_type: str) -> OpDef:
    """The definition of `op_type`.

    Raises:
        KeyError: the table has no such op type.
    """
    record = json.loads(_lines()[op_type])
    inputs = tuple(_arg(a) for a in record["inputs"])
    attrs = {a["name"]: _attr(a) for a in record["attrs"]}
    inferred = frozenset(
        name for arg in inputs for name in (arg.type_attr, arg.number_attr, arg.type_list_attr) if name
    )
    return OpDef(
        name=op_type,
        inputs=inputs,
        outputs=tuple(_arg(a) for a in record["outputs"]),
        attrs=attrs,
        is_stateful=record.get("stateful", False),
        is_commutative=record.get("commutative", False),
        is_aggregate=record.get("aggregate", False),
        allows_uninitialized_input=record.get("allows_uninitialized_input", False),
        inferred=inferred,
    )


def _arg(record: dict[str, Any]) -> ArgDef:
    fields = dict(record)
    if "type" in fields:
        fields["type"] = dtypes.as_dtype(fields["type"])
    return ArgDef(**fields)


def _attr(record: dict[str, Any]) -> AttrDef:
    kind = record["type"]
    default = _default(kind, record["default"]) if "default" in record else None
    allowed = record.get("allowed")
    if allowed is not None:
        allowed = tuple(dtypes.as_dtype(t) if "type" in kind else t.encode() for t in allowed)
    return AttrDef(record["name"], kind, "default" in record, default, allowed, record.get("min"))


def _default(kind: str, value: Any) -> Any:
    """A default of the table as the value an `Operation` keeps."""
    if kind.startswith("list("):
        return [_default(kind[5:-1], v) for v in value]
    if kind == "type":
        return dtypes.as_dtype(value)
    if kind == "string":
        return value.encode()
    if kind == "shape":
        return TensorShape(None if value == "unknown" else value)
    if kind == "float":
        return float(np.float32(value))
    if kind == "tensor":
        return _tensor_default(value)
    return value


def _tensor_default(text: str) -> np.ndarray:
    """A tensor default, which the table spells as the text form of a small TensorProto of ints."""
    values = [int(word) for key, word in zip(text.split(), text.split()[1:], strict=False) if key == "int_val:"]
    dtype = np.uint8 if "DT_UINT8" in text else np.int32
    return np.array(values if "dim" in text else values[0], dtype)
