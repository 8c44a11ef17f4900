"""A model brought to an older opset."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator

import onnx
from onnx import TensorProto, defs, helper

_ASIDE = "tfcompat.aside:"
"""Before the domains of nodes that onnx's converter must not look at; it ends the process over some."""
_VALUES_SINCE = {
    ("Pad", "mode", b"wrap"): 19,
    ("Resize", "coordinate_transformation_mode", b"half_pixel_symmetric"): 19,
    **{(op_type, "reduction", value): since for op_type in ("ScatterND", "ScatterElements")
       for value, since in ((b"add", 16), (b"mul", 16), (b"max", 18), (b"min", 18))},
}  # fmt: skip
_CHANGED_IN_MEANING = frozenset(
    {"Softmax", "LogSoftmax", "Hardmax", "GridSample", "DFT", "RoiAlign", "GroupNormalization", "Upsample"}
)
_BODIES_HAVE_ADAPTERS_FROM = 16
_BOOLEANS_REDUCED_FROM = 20
_REDUCTIONS = ("ReduceMin", "ReduceMax")


def at_opset(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """`model` with the operators of version `opset` of ONNX's own domain.

    onnx's converter changes what it has adapters for. Operators that use nothing which their older version lacks need
    none, and are kept from it.

    Raises:
        ValueError: operators have no such form, or not for the types in this model; the message has those known to need
            a higher opset.
    """
    oldest, newest = 1, defs.onnx_opset_version()
    if not oldest <= opset <= newest:
        raise ValueError(f"There is no opset {opset}: this version of onnx knows those from {oldest} to {newest}.")
    current = next(entry.version for entry in model.opset_import if entry.domain == "")
    kept = onnx.ModelProto()
    kept.CopyFrom(model)
    booleans = _booleans(kept)
    for graph in _graphs(kept.graph):
        if opset < _BOOLEANS_REDUCED_FROM:
            _reduce_booleans_as_numbers(graph, booleans)
        for node in graph.node:
            _check_values(node, opset)
            if node.domain or _means_the_same(node, opset, current):
                node.domain = _ASIDE + node.domain
    for domain in {node.domain for graph in _graphs(kept.graph) for node in graph.node} - {""}:
        kept.opset_import.add(domain=domain, version=1)
    absent = {
        n.op_type for g in _graphs(kept.graph) for n in g.node if n.domain == "" and not defs.has(n.op_type, opset)
    }
    if absent:  # onnx's converter may end the process over an operator that does not exist in the older version
        reason = _younger_operators(model, opset, current) or ", ".join(sorted(absent))
        raise ValueError(f"The model has no form in opset {opset}: {reason}")
    try:
        converted = onnx.version_converter.convert_version(kept, opset)
        for graph in _graphs(converted.graph):
            for node in graph.node:
                node.domain = node.domain.removeprefix(_ASIDE)
        others = [entry for entry in converted.opset_import if not entry.domain.startswith(_ASIDE)]
        del converted.opset_import[:]
        converted.opset_import.extend(others)
        onnx.checker.check_model(converted, full_check=True)
    except (RuntimeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = _younger_operators(model, opset, current) or str(error).strip().splitlines()[-1]
        raise ValueError(f"The model has no form in opset {opset}: {reason}") from error
    return converted


def _younger_operators(model: onnx.ModelProto, opset: int, current: int) -> str:
    """The op types that have no form in `opset` with the opset that each needs, as text; empty when none is known."""
    counts: Counter[str] = Counter()
    examples: dict[str, onnx.NodeProto] = {}
    for graph in _graphs(model.graph):
        for node in graph.node:
            if node.domain == "" and not any(a.HasField("g") or a.graphs for a in node.attribute):
                counts[node.op_type] += 1
                examples.setdefault(node.op_type, node)
    needs = {}
    for op_type, node in examples.items():
        first = next((v for v in range(opset, current + 1) if _has_form(node, model, v, current)), current)
        if first > opset:
            needs[op_type] = first
    if not needs:
        return ""
    listed = sorted(needs.items(), key=lambda item: (-item[1], item[0]))
    text = ", ".join(f"{op_type} ({counts[op_type]}) needs opset {first}" for op_type, first in listed)
    return f"{text}. All of these have one in opset {listed[0][1]}"


def _has_form(node: onnx.NodeProto, model: onnx.ModelProto, opset: int, current: int) -> bool:
    """Whether one node means the same in `opset`, or onnx's converter has an adapter for it."""
    alone = onnx.NodeProto.FromString(node.SerializeToString())
    if _means_the_same(alone, opset, current):
        return True
    if not defs.has(node.op_type, opset):
        return False
    constants = [c for c in model.graph.initializer if c.name in node.input]
    known = {c.name for c in constants}
    types = {v.name: v for v in (*model.graph.value_info, *model.graph.input, *model.graph.output)}

    def info(name: str) -> onnx.ValueInfoProto:
        return types.get(name) or helper.make_tensor_value_info(name, TensorProto.FLOAT, None)

    graph = helper.make_graph(
        [node],
        "node",
        [info(name) for name in dict.fromkeys(node.input) if name and name not in known],
        [info(name) for name in node.output if name],
        constants,
    )
    try:
        onnx.version_converter.convert_version(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", current)]), opset
        )
    except (RuntimeError, ValueError):
        return False
    return True


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and all inside it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for body in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from _graphs(body)


def _booleans(model: onnx.ModelProto) -> set[str]:
    """Names of the values of type bool that ReduceMin and ReduceMax read or give."""
    names = {
        name for g in _graphs(model.graph) for node in g.node if node.op_type in _REDUCTIONS
        for name in (node.input[0], node.output[0])
    }  # fmt: skip
    if not names:
        return set()
    inferred = onnx.shape_inference.infer_shapes(model)
    return {
        value.name for g in _graphs(inferred.graph) for value in (*g.value_info, *g.input, *g.output)
        if value.name in names and value.type.tensor_type.elem_type == TensorProto.BOOL
    }  # fmt: skip


def _reduce_booleans_as_numbers(graph: onnx.GraphProto, booleans: set[str]) -> None:
    nodes = []
    for node in graph.node:
        if node.op_type in _REDUCTIONS and booleans & {node.input[0], node.output[0]}:
            source, result = node.input[0], node.output[0]
            node.input[0], node.output[0] = f"{result}/numbers", f"{result}/number"
            nodes += [
                helper.make_node("Cast", [source], [node.input[0]], name=f"{node.name}/numbers", to=TensorProto.UINT8),
                node,
                helper.make_node("Cast", [node.output[0]], [result], name=f"{node.name}/boolean", to=TensorProto.BOOL),
            ]
        else:
            nodes.append(node)
    made = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(made)


def _check_values(node: onnx.NodeProto, opset: int) -> None:
    """Raises ValueError for the values of attributes that a schema does not tell from others."""
    for attribute in node.attribute:
        since = _VALUES_SINCE.get((node.op_type, attribute.name, attribute.s), 0)
        if since > opset:
            what = f"{node.op_type} with {attribute.name}={attribute.s.decode()}, {node.name},"
            raise ValueError(f"The model has no form in opset {opset}: {what} needs opset {since}")


def _means_the_same(node: onnx.NodeProto, first: int, last: int) -> bool:
    """Whether `node` means the same in every opset from `first` to `last`; takes away what only says defaults."""
    versions = _versions(node.op_type, first, last)
    if not versions or node.op_type in _CHANGED_IN_MEANING:
        return False
    if any(a.HasField("g") or a.graphs for a in node.attribute) and first >= _BODIES_HAVE_ADAPTERS_FROM:
        return False
    oldest, newest = versions[0], versions[-1]
    for schema in versions[1:]:
        known = [(i.name, i.option) for i in schema.inputs][: len(node.input)]
        if known != [(i.name, i.option) for i in oldest.inputs][: len(node.input)]:
            return False
        shared = schema.attributes.keys() & oldest.attributes.keys()
        if any(schema.attributes[n].default_value != oldest.attributes[n].default_value for n in shared):
            return False
    if node.op_type == "Split" and len(node.input) < 2 and "num_outputs" not in oldest.attributes:
        _drop(node, "num_outputs")
    for attribute in list(node.attribute):
        if attribute.name not in oldest.attributes:
            default = newest.attributes[attribute.name].default_value
            if helper.get_attribute_value(attribute) != (default.name and helper.get_attribute_value(default)):
                return False
            _drop(node, attribute.name)
    return True


def _drop(node: onnx.NodeProto, name: str) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)


@functools.cache
def _versions(op_type: str, first: int, last: int) -> list[defs.OpSchema]:
    """The versions of an operator in force from opset `first` to `last`, the oldest first; none when it is younger."""
    known = sorted(_history().get(op_type, ()), key=lambda schema: schema.since_version)
    known = [schema for schema in known if schema.since_version <= last]
    start = max((i for i, schema in enumerate(known) if schema.since_version <= first), default=None)
    return [] if start is None else known[start:]


@functools.cache
def _history() -> dict[str, list[defs.OpSchema]]:
    found: dict[str, list[defs.OpSchema]] = {}
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "":
            found.setdefault(schema.name, []).append(schema)
    return found
