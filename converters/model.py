"""Nodes to ONNX models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from converters.builder import Node, Subgraph, Value, onnx_type
from converters.opset import IR_VERSION, OPSET
from converters.registry import NotConvertible
from tfcompat.graph import dtypes
from tfcompat.protos.tensor_proto import is_repeated

_DOMAIN_VERSIONS = {"ai.onnx.ml": 2}
EXTERNAL_BYTES = 1 << 16
"""Constants of at least this many bytes may stay outside the model's message."""

_MANY_BYTES = 1 << 24


def free_values(nodes: Sequence[Node]) -> dict[str, Value]:
    """The values that `nodes` (and the bodies inside) use but do not make, by name; constants too."""
    made: set[str] = set()
    free: dict[str, Value] = {}
    for node in nodes:
        for value in node.inputs:
            if value is not None and value.name not in made:
                free.setdefault(value.name, value)
        for body in node.subgraphs.values():
            for name, value in free_of_body(body).items():
                if name not in made:
                    free.setdefault(name, value)
        made.update(v.name for v in node.outputs)
    return free


def live_nodes(nodes: Sequence[Node], wanted: Iterable[str]) -> list[Node]:
    """The nodes that the values called `wanted` depend on, in their order; ONNX Runtime would run the others too."""
    needed = set(wanted)
    live: list[Node] = []
    for node in reversed(nodes):
        if any(v.name in needed for v in node.outputs):
            live.append(node)
            needed.update(free_values([node]))
    return live[::-1]


def free_of_body(body: Subgraph) -> dict[str, Value]:
    """The values a body uses from outside."""
    free = free_values(body.nodes)
    made = {v.name for node in body.nodes for v in node.outputs}
    for value in body.outputs:
        if value.name not in made:
            free.setdefault(value.name, value)
    for value in body.inputs:
        free.pop(value.name, None)
    return free


def build_model(
    nodes: Sequence[Node],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    *,
    name: str = "tfcompat",
    initializers: Mapping[str, np.ndarray] | None = None,
    external: dict[str, np.ndarray] | None = None,
    dim_names: Mapping[str, Sequence[str | None]] | None = None,
    doc: str = "",
    constants_in_bodies: bool = True,
) -> onnx.ModelProto:
    """The model of `nodes`.

    Args:
        nodes: in an order that respects their data edges.
        inputs: graph inputs.
        outputs: graph outputs, made by `nodes`, or given as inputs or constants.
        name: name of the graph.
        initializers: further constants by name.
        external: when given, large constants go here by name instead of into the message.
        dim_names: names of symbolic dimensions by input name.
        doc: documentation string of the model.
        constants_in_bodies: whether bodies have small constants once more.

    Raises:
        NotConvertible: an input or output has a type that ONNX lacks.
    """
    graph = onnx.GraphProto(name=name)
    fed = {v.name for v in inputs}
    for constant, array in (initializers or {}).items():
        _add_initializer(graph, constant, array, external)
        fed.add(constant)
    made = {v.name for node in nodes for v in node.outputs}
    _add_constants(graph, free_values(nodes), fed, external)
    for node in nodes:
        graph.node.append(_node_proto(node, constants_in_bodies))
    graph.value_info.extend(map(value_info, _of_unknown_type(nodes)))
    for value in inputs:
        graph.input.append(value_info(value, (dim_names or {}).get(value.name)))
    for value in outputs:
        if value.const is not None and value.name not in made | fed | {i.name for i in graph.initializer}:
            _add_initializer(graph, value.name, value.const, external)
        graph.output.append(value_info(value))
    model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="tfcompat", doc_string=doc)
    model.graph.CopyFrom(graph)
    model.opset_import.append(helper.make_opsetid("", OPSET))
    for domain in sorted(_domains(nodes)):
        model.opset_import.append(helper.make_opsetid(domain, _DOMAIN_VERSIONS.get(domain, 1)))
    return model


def _domains(nodes: Iterable[Node]) -> set[str]:
    found = set()
    for node in nodes:
        found.add(node.domain)
        for body in node.subgraphs.values():
            found |= _domains(body.nodes)
    return found - {""}


def _of_unknown_type(nodes: Iterable[Node]) -> Iterator[Value]:
    """Texts made by operators that onnx does not know; its inference takes for granted that operators on text know."""
    for node in nodes:
        if node.domain:
            yield from (v for v in node.outputs if v.dtype is dtypes.string)


def _add_constants(
    graph: onnx.GraphProto, free: Mapping[str, Value], known: set[str], external: dict[str, np.ndarray] | None
) -> None:
    for value in free.values():
        if value.const is not None and value.name not in known:
            _add_initializer(graph, value.name, value.const, external)


def _add_initializer(
    graph: onnx.GraphProto, name: str, array: np.ndarray, external: dict[str, np.ndarray] | None
) -> None:
    if is_filling(array):
        _add_filling(graph, name, array)
        return
    if external is not None and array.nbytes >= EXTERNAL_BYTES and array.dtype.isbuiltin == 1 and array.dtype != object:
        external[name] = np.ascontiguousarray(array)
        proto = graph.initializer.add(
            name=name,
            dims=array.shape,
            data_type=onnx_type(dtypes.as_dtype(array.dtype)),
            data_location=onnx.TensorProto.EXTERNAL,
        )
        proto.external_data.add(key="location", value=name)
        return
    graph.initializer.append(tensor_proto(array, name))


def is_filling(array: np.ndarray) -> bool:
    """Whether a constant is large and one value in memory; it is made by a node instead of written down."""
    return is_repeated(array) and array.nbytes >= _MANY_BYTES and array.dtype.isbuiltin == 1 and array.dtype != object


def _add_filling(graph: onnx.GraphProto, name: str, array: np.ndarray) -> None:
    """A large constant of one value as a node that makes it."""
    graph.initializer.append(tensor_proto(np.array(array.shape, np.int64), f"{name}/shape"))
    value = helper.make_attribute("value", tensor_proto(array.reshape(-1)[:1], ""))
    node = onnx.NodeProto(op_type="ConstantOfShape", name=f"{name}/fill", input=[f"{name}/shape"], output=[name])
    node.attribute.append(value)
    graph.node.append(node)


def tensor_proto(array: np.ndarray, name: str) -> onnx.TensorProto:
    """`array` as an ONNX tensor; NotConvertible for byte strings that are not UTF-8 text."""
    if array.dtype == object:
        for item in array.reshape(-1):
            try:
                item.decode("utf-8")
            except UnicodeDecodeError:
                raise NotConvertible(f"the bytes {item!r} are not UTF-8 text, which ONNX strings must be") from None
        proto = onnx.TensorProto(name=name, dims=array.shape, data_type=onnx.TensorProto.STRING)
        proto.string_data.extend(array.reshape(-1).tolist())
        return proto
    if array.dtype.names:
        array = array.view(array.dtype[0])
    return numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)


def value_info(value: Value, names: Sequence[str | None] | None = None) -> onnx.ValueInfoProto:
    """The declaration of a graph input or output; `names` of its symbolic dimensions."""
    info = onnx.ValueInfoProto(name=value.name)
    tensor = info.type.tensor_type
    tensor.elem_type = onnx_type(value.dtype)
    if value.shape is not None:
        tensor.shape.SetInParent()
        for axis, dim in enumerate(value.shape):
            proto = tensor.shape.dim.add()
            if dim is not None:
                proto.dim_value = dim
            elif names is not None and axis < len(names) and names[axis]:
                proto.dim_param = names[axis]
    return info


def _node_proto(node: Node, constants_in_bodies: bool) -> onnx.NodeProto:
    proto = onnx.NodeProto(
        op_type=node.op_type,
        domain=node.domain,
        name=node.name,
        output=[v.name for v in node.outputs],
        input=["" if v is None else v.name for v in node.inputs],
    )
    for key, value in node.attrs.items():
        proto.attribute.append(_attribute(key, value))
    for key, body in node.subgraphs.items():
        proto.attribute.append(helper.make_attribute(key, _body_proto(f"{node.name}/{key}", body, constants_in_bodies)))
    return proto


def _attribute(key: str, value: Any) -> onnx.AttributeProto:
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, np.ndarray):
        value = tensor_proto(value, "")
    if isinstance(value, (list, tuple)) and not value:
        return onnx.AttributeProto(name=key, type=onnx.AttributeProto.INTS)
    return helper.make_attribute(key, value)


def _body_proto(name: str, body: Subgraph, own_constants: bool) -> onnx.GraphProto:
    graph = onnx.GraphProto(name=name)
    made = {v.name for node in body.nodes for v in node.outputs} | {v.name for v in body.inputs}
    free = free_values(body.nodes)
    # Large constants are the model's alone: one that bodies had as well would be unused there, which ONNX Runtime
    # refuses for those that stay outside of the message.
    large = {v.name for v in free.values() if v.const is not None and v.const.nbytes >= EXTERNAL_BYTES}
    if own_constants:
        _add_constants(graph, free, made | large, None)
    graph.node.extend(_node_proto(node, own_constants) for node in body.nodes)
    graph.value_info.extend(map(value_info, _of_unknown_type(body.nodes)))
    graph.input.extend(map(value_info, body.inputs))
    for value in body.outputs:
        if value.const is not None and value.name not in made | {i.name for i in graph.initializer}:
            graph.initializer.append(tensor_proto(value.const, value.name))
        graph.output.append(value_info(value))
    return graph
