"""Inputs and outputs of an ONNX model with channels first."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import helper


def make_inputs_channels_first(model: onnx.ModelProto, names: Sequence[str]) -> None:
    """Lets the inputs `names`, which have channels last, be fed with channels first (NHWC becomes NCHW).

    Raises:
        ValueError: there is no such input, or its rank is below 3.
    """
    graph = model.graph
    for name in names:
        info = _find(graph.input, name, "input")
        rank = _put_channels(info)
        inner = f"{name}/channels_last"
        for node in graph.node:
            _rename_input(node, name, inner)
        perm = [0, *range(2, rank), 1]
        graph.node.insert(0, helper.make_node("Transpose", [name], [inner], name=f"{name}/to_channels_last", perm=perm))
        for output in graph.output:
            if output.name == name:
                raise ValueError(f"{name} is an output as well as an input; its layout cannot change.")


def make_outputs_channels_first(model: onnx.ModelProto, names: Sequence[str]) -> None:
    """Lets the outputs `names`, which have channels last, come with channels first (NHWC becomes NCHW).

    Raises:
        ValueError: there is no such output, or its rank is below 3.
    """
    graph = model.graph
    for name in names:
        info = _find(graph.output, name, "output")
        rank = _put_channels(info)
        inner = f"{name}/channels_last"
        for node in graph.node:
            _rename_input(node, name, inner)
            node.output[:] = [inner if o == name else o for o in node.output]
        perm = [0, rank - 1, *range(1, rank - 1)]
        graph.node.append(helper.make_node("Transpose", [inner], [name], name=f"{name}/to_channels_first", perm=perm))


def _find(infos: Sequence[onnx.ValueInfoProto], name: str, what: str) -> onnx.ValueInfoProto:
    for info in infos:
        if info.name == name:
            return info
    raise ValueError(f"The model has no {what} {name!r}; it has {', '.join(i.name for i in infos)}.")


def _put_channels(info: onnx.ValueInfoProto) -> int:
    dims = list(info.type.tensor_type.shape.dim)
    if len(dims) < 3:
        raise ValueError(f"{info.name} has {len(dims)} dimensions; channels can move from 3 on.")
    order = [dims[0], dims[-1], *dims[1:-1]]
    copies = [onnx.TensorShapeProto.Dimension.FromString(d.SerializeToString()) for d in order]
    del info.type.tensor_type.shape.dim[:]
    info.type.tensor_type.shape.dim.extend(copies)
    return len(dims)


def _rename_input(node: onnx.NodeProto, old: str, new: str) -> None:
    """Renames what `node`, and the bodies in it, take from outside."""
    node.input[:] = [new if i == old else i for i in node.input]
    for attribute in node.attribute:
        for body in (attribute.g, *attribute.graphs):
            if attribute.type not in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS):
                continue
            for inner in body.node:
                _rename_input(inner, old, new)
            for output in body.output:
                if output.name == old:
                    output.name = new
