"""Changes to graphs before they are loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tfcompat import protos

_SIMULATED = frozenset({
    "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel", "QuantizeAndDequantize",
    "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4",
})  # fmt: skip


def without_fake_quantization(graph_def: Any) -> Any:
    """A copy of a `GraphDef` in which operations that simulate quantization hand on their first input."""
    copy = protos.GraphDef.FromString(graph_def.SerializeToString())
    _replace(copy.node)
    for function in copy.library.function:
        replaced = _replace(function.node_def)
        for node in function.node_def:
            node.input[:] = [_spelled(i, replaced) for i in node.input]
        for key in list(function.ret):
            function.ret[key] = _spelled(function.ret[key], replaced)
    return copy


def _replace(nodes: Iterable[Any]) -> set[str]:
    """Makes Identities of the nodes that simulate quantization; returns their names."""
    replaced = set()
    for node in nodes:
        if node.op not in _SIMULATED:
            continue
        replaced.add(node.name)
        kept = {k: protos.AttrValue.FromString(v.SerializeToString()) for k, v in node.attr.items() if k[0] == "_"}
        dtype = node.attr["T"].type if "T" in node.attr else protos.DataType.Value("DT_FLOAT")
        node.op = "Identity"
        node.input[:] = [node.input[0], *(i for i in node.input if i.startswith("^"))]
        node.attr.clear()
        node.attr["T"].type = dtype
        for key, value in kept.items():
            node.attr[key].CopyFrom(value)
    return replaced


def _spelled(source: str, replaced: set[str]) -> str:
    """How a function spells an input, given that some of its nodes have become Identities."""
    name, _, rest = source.partition(":")
    return f"{name}:output:0" if name in replaced and rest else source
