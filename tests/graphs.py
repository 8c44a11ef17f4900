"""Reads GraphDefs into plain rows of name, op, inputs and attributes that can be compared and stored.

Works on any message with GraphDef's fields, so the reference and tfcompat are read by the same code.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

# numbers of types.proto's DataType
DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64",
    10: "bool", 11: "qint8", 12: "quint8", 13: "qint32", 14: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16",
    18: "complex128", 19: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64", 24: "float8_e5m2",
    25: "float8_e4m3fn", 29: "int4", 30: "uint4",
}  # fmt: skip

_VALUE_FIELDS = {
    "float32": "float_val", "float64": "double_val", "string": "string_val", "int64": "int64_val", "bool": "bool_val",
    "complex64": "scomplex_val", "complex128": "dcomplex_val", "float16": "half_val", "bfloat16": "half_val",
    "uint32": "uint32_val", "uint64": "uint64_val",
}  # fmt: skip


# names that count what the process has done before, or are drawn at random
_COUNTED = re.compile(r"^(CustomGradient|hash_table)[-_](\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")


@dataclass(frozen=True)
class Node:
    """A node of a graph; attrs maps names to JSON values."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: dict[str, Any]


def read_nodes(graph_def: Any) -> list[Node]:
    """The nodes of a GraphDef in order; a device is kept as the attribute "@device"."""
    nodes = []
    for node in graph_def.node:
        attrs = {name: read_attr(node.attr[name]) for name in sorted(node.attr)}
        if node.device:
            attrs["@device"] = node.device
        nodes.append(Node(node.name, node.op, tuple(node.input), attrs))
    return nodes


def read_attr(attr: Any) -> Any:
    """An AttrValue as JSON: [kind, value]."""
    kind = attr.WhichOneof("value")
    if kind is None:
        return None
    value = getattr(attr, kind)
    if kind == "list":
        for name in ("s", "i", "f", "b", "type", "shape", "tensor", "func"):
            items = getattr(value, name)
            if len(items):
                return ["list", [_read(name, v) for v in items]]
        return ["list", []]
    return [kind, _read(kind, value)]


def _read(kind: str, value: Any) -> Any:
    if kind == "type":
        return _dtype(value)
    if kind == "shape":
        return _shape(value)
    if kind == "tensor":
        return read_tensor(value)
    if kind == "func":
        return [value.name, {k: read_attr(value.attr[k]) for k in sorted(value.attr)}]
    if kind == "s":
        return _COUNTED.sub(r"\1", value.decode("latin-1"))
    if kind == "f":
        return repr(float(value))
    return value


def _dtype(number: int) -> str:
    return DTYPES[number] if number < 100 else f"{DTYPES[number - 100]}_ref"


def _shape(shape: Any) -> list[int] | None:
    return None if shape.unknown_rank else [d.size for d in shape.dim]


def read_tensor(tensor: Any) -> list[Any]:
    """A TensorProto as [dtype, shape, values]; more than 16 values are given by their digest.

    Values are decoded, since the same tensor has several encodings.
    """
    dtype, shape = _dtype(tensor.dtype), _shape(tensor.tensor_shape)
    size = int(np.prod(shape, dtype=np.int64)) if shape is not None else 0
    if dtype == "string":
        texts = [v.decode("latin-1") for v in tensor.string_val]
        return [dtype, shape, texts + texts[-1:] * (size - len(texts))]
    if dtype in ("resource", "variant"):
        return [dtype, shape, None]
    values = _numbers(tensor, dtype, size)
    if size > 16:
        return [dtype, shape, hashlib.sha1(values.tobytes()).hexdigest()[:12]]
    return [dtype, shape, [repr(v) if isinstance(v, (float, complex)) else v for v in values.tolist()]]


def _numbers(tensor: Any, dtype: str, size: int) -> np.ndarray:
    """The values of a numeric TensorProto, from its bytes or its typed field, whose last value repeats."""
    width = {"qint8": "int8", "quint8": "uint8", "qint32": "int32", "qint16": "int16", "quint16": "uint16"}
    numpy_dtype = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(width.get(dtype, dtype))
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, numpy_dtype)
    held = list(getattr(tensor, _VALUE_FIELDS.get(dtype, "int_val")))
    if dtype in ("float16", "bfloat16"):
        values = np.array(held, np.uint16).view(numpy_dtype)
    elif dtype.startswith("complex"):
        values = np.array([complex(re, im) for re, im in zip(held[::2], held[1::2], strict=True)], numpy_dtype)
    else:
        values = np.array(held, numpy_dtype)
    if len(values) < size:
        values = np.concatenate([values, np.full(size - len(values), values[-1] if len(values) else 0, numpy_dtype)])
    return values
