"""A file says nothing twice: equal constants are one, defaults are left out, names that users do not know are short.

Tensors of the program and large constants keep their names, and nodes tell where they come from; the other values, and
all in bodies, are numbered.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from converters.builder import Node, Subgraph, Value
from converters.opset import OPSET

_TENSOR = re.compile(r":\d+$")
_SCOPE = re.compile(r".*/(?:body|cond|branch\d+)/(?=.)")
_KEEPS_NAME = 1024
"""Bytes from which on a constant keeps its name."""

_NEUTRAL = {"strides": 1, "dilations": 1, "pads": 0, "output_padding": 0}
"""Attributes of window operators, and what stands for every number that is not given."""

_WINDOWS = ("AveragePool", "Conv", "ConvTranspose", "MaxPool")


def compact(nodes: Sequence[Node], kept: Collection[str]) -> list[Node]:
    """The nodes, those of bodies too, in fewer bytes.

    Args:
        nodes: of the whole model.
        kept: names of its inputs and outputs, and of what else keeps its name.
    """
    return _Compact(nodes, kept).run(nodes)


def _values(nodes: Sequence[Node], inside: bool = False) -> Iterator[tuple[Value, bool]]:
    """Every value as often as it occurs, and whether that is in a body."""
    for node in nodes:
        yield from ((v, inside) for v in (*node.inputs, *node.outputs) if v is not None)
        for body in node.subgraphs.values():
            yield from ((v, True) for v in body.inputs)
            yield from _values(body.nodes, True)


class _Compact:
    def __init__(self, nodes: Sequence[Node], kept: Collection[str]):
        self._new: dict[str, Value] = {}
        self._constants: dict[object, Value] = {}
        self._taken = {v.name for v, _ in _values(nodes)} | set(kept)
        self._count = 0
        results = {v.name for body in _bodies(nodes) for v in body.outputs}
        equal: dict[Value, list[str]] = {}
        for value, inside in _values(nodes):
            if value.name in self._new or value.name in kept:
                continue
            if value.const is None:
                stays = not inside and _TENSOR.search(value.name) is not None
                self._new[value.name] = value if stays else self._renamed(value, "t")
            elif value.name not in results:
                first = self._new[value.name] = self._constants.setdefault(_key(value), value)
                equal.setdefault(first, []).append(value.name)
        for value, names in equal.items():
            if value.const is not None and value.const.nbytes < _KEEPS_NAME:
                self._new.update(dict.fromkeys(names, self._renamed(value, "c")))

    def _renamed(self, value: Value, letter: str) -> Value:
        name = f"{letter}{self._count}"
        while name in self._taken:
            self._count += 1
            name = f"{letter}{self._count}"
        self._count += 1
        return Value(name, value.dtype, value.shape, value.const)

    def run(self, nodes: Sequence[Node], inside: bool = False) -> list[Node]:
        return [self._node(node, inside) for node in nodes]

    def _node(self, node: Node, inside: bool) -> Node:
        bodies = {
            key: Subgraph(list(map(self._value, b.inputs)), list(map(self._value, b.outputs)), self.run(b.nodes, True))
            for key, b in node.subgraphs.items()
        }
        inputs = [None if v is None else self._value(v) for v in _without_default_steps(node)]
        return dataclasses.replace(
            node,
            inputs=inputs,
            outputs=list(map(self._value, node.outputs)),
            attrs={k: v for k, v in node.attrs.items() if not _is_default(node, k, v)},
            name=_SCOPE.sub("", node.name) if inside else node.name,
            subgraphs=bodies,
        )

    def _value(self, value: Value) -> Value:
        return self._new.get(value.name, value)


def _bodies(nodes: Sequence[Node]) -> Iterator[Subgraph]:
    for node in nodes:
        for body in node.subgraphs.values():
            yield body
            yield from _bodies(body.nodes)


def _key(value: Value) -> object:
    """What equal constants have in common."""
    array = value.const
    assert array is not None
    if array.dtype == object:
        return value.dtype.name, array.shape, tuple(array.reshape(-1).tolist())
    content = hashlib.blake2b(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data).digest()
    return value.dtype.name, array.shape, content


def _without_default_steps(node: Node) -> list[Value | None]:
    steps = node.inputs[4] if node.op_type == "Slice" and not node.domain and len(node.inputs) == 5 else None
    return (
        node.inputs[:4] if steps is not None and steps.const is not None and (steps.const == 1).all() else node.inputs
    )


def _is_default(node: Node, name: str, value: Any) -> bool:
    """Whether an attribute says what its absence says."""
    if node.domain:
        return False
    if node.op_type in _WINDOWS and name in _NEUTRAL:
        return all(n == _NEUTRAL[name] for n in value)
    default = _defaults(node.op_type).get(name)
    return default is not None and type(default) in (int, bytes, float) and default == _as_bytes(value)


def _as_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


@functools.cache
def _defaults(op_type: str) -> Mapping[str, Any]:
    """The defaults of an operator's attributes."""
    attributes = onnx.defs.get_schema(op_type, OPSET).attributes
    return {
        name: onnx.helper.get_attribute_value(a.default_value) for name, a in attributes.items() if a.default_value.name
    }
