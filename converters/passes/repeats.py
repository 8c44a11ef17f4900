"""Nodes that only pass a value on, or compute again what another node has computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from converters.builder import Node, Value
from converters.passes.substitution import substituted
from tfcompat.graph import dtypes

_SIZE_STEPS = {"Concat", "Gather", "Identity", "Reshape", "Slice", "Squeeze", "Unsqueeze"}
_DRAW = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}


def without_repeats(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes without Identity, without casts of sizes to int32 and back, and each computation once.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    outputs = set(kept)
    same: dict[str, Value] = {}
    seen: dict[object, Node] = {}
    sizes = _Sizes()
    result: list[Node] = []
    for original in nodes:
        node = substituted(original, same)
        source = _passed_on(node, sizes)
        if source is not None and node.outputs[0].name not in outputs:
            same[node.outputs[0].name] = source
            continue
        key = _key(node)
        twin = seen.get(key)
        if key is not None and twin is not None and outputs.isdisjoint(v.name for v in node.outputs):
            same.update({v.name: w for v, w in zip(node.outputs, twin.outputs, strict=True)})
            continue
        seen[key] = node
        sizes.note(node)
        result.append(node)
    return _with_outputs_made_directly(result, outputs)


def _passed_on(node: Node, sizes: _Sizes) -> Value | None:
    """The value that `node` hands on as it is."""
    source = node.inputs[0] if node.inputs else None
    if node.domain or source is None:
        return None
    if node.op_type == "Identity" or (node.op_type == "Cast" and node.outputs[0].dtype is source.dtype):
        return source
    if node.op_type == "Cast":
        return sizes.widened.get((source.name, node.outputs[0].dtype.name)) or (
            sizes.copied.get(source.name) if node.outputs[0].dtype is dtypes.int64 else None
        )
    return None


class _Sizes:
    """int64 values made of sizes of tensors alone, which int32 holds; and values in wider types.

    Attributes:
        copied: int32 copies of such values, by name.
        widened: what was cast to a type that holds all its values, by the name of the copy and the type it had.
    """

    def __init__(self) -> None:
        self.copied: dict[str, Value] = {}
        self.widened: dict[tuple[str, str], Value] = {}
        self._small: set[str] = set()

    def note(self, node: Node) -> None:
        """Looks at a node that comes after all that were noted."""
        given = node.inputs if node.op_type == "Concat" else node.inputs[:1]
        if node.domain or not given:
            return
        if node.op_type in ("Shape", "Size") or (node.op_type in _SIZE_STEPS and all(self._has(v) for v in given)):
            self._small.update(v.name for v in node.outputs)
        if node.op_type == "Cast" and given[0] is not None:
            own, wide = (v.dtype.as_numpy_dtype for v in (given[0], node.outputs[0]))
            if given[0].dtype is not dtypes.string and np.can_cast(own, wide, "safe"):
                self.widened[node.outputs[0].name, given[0].dtype.name] = given[0]
        if node.op_type == "Cast" and node.outputs[0].dtype is dtypes.int32:
            source = given[0]
            if source is not None and self._has(source):
                self.copied[node.outputs[0].name] = source

    def _has(self, value: Value | None) -> bool:
        if value is None or value.dtype is not dtypes.int64:
            return False
        if value.const is not None:
            return bool((np.abs(value.const) <= np.iinfo(np.int32).max).all())
        return value.name in self._small


def _key(node: Node) -> object:
    """What is the same for nodes that compute the same; None for those that must stay."""
    if node.subgraphs or node.op_type in _DRAW:
        return None
    inputs = tuple(None if v is None else _identity(v) for v in node.inputs)
    attrs = tuple(sorted((k, _frozen(v)) for k, v in node.attrs.items()))
    return node.op_type, node.domain, inputs, attrs, tuple(v.dtype.name for v in node.outputs)


def _identity(value: Value) -> object:
    if value.const is not None and value.const.dtype != object and value.const.nbytes <= 256:
        return value.dtype.name, value.const.shape, value.const.tobytes()
    return value.name


def _frozen(attr: object) -> str:
    return f"{attr.dtype}{attr.shape}{attr.tobytes()!r}" if isinstance(attr, np.ndarray) else repr(attr)


def _with_outputs_made_directly(nodes: list[Node], outputs: set[str]) -> list[Node]:
    """An Identity that names an output of the model goes when the node before it can give that name itself."""
    made = {v.name for node in nodes for v in node.outputs}
    renamed: dict[str, Value] = {}
    left = []
    for node in nodes:
        source = node.inputs[0] if node.op_type == "Identity" else None
        if source is None or source.name not in made - outputs or source.name in renamed:
            left.append(node)
        else:
            renamed[source.name] = node.outputs[0]
    return [
        dataclasses.replace(substituted(n, renamed), outputs=[renamed.get(v.name, v) for v in n.outputs]) for n in left
    ]
