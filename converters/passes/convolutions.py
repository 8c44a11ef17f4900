"""What scales, shifts or pads around a Conv goes into its weights, bias and pads."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from converters.builder import Node, Value
from converters.passes.substitution import use_counts
from tfcompat.graph import dtypes

_TYPES = (dtypes.float32, dtypes.float64)


def folded(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes with BatchNormalization, Mul and Add of constants, and Pad, folded into the Convs beside them.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    uses = use_counts(nodes, kept)
    made: dict[str, Node] = {}
    result: dict[int, Node] = {}
    for node in nodes:
        before, merged = _merged(node, made, uses)
        if before is not None and merged is not None:
            del result[id(before)]
            node = merged
        result[id(node)] = node
        made.update({v.name: node for v in node.outputs})
    return list(result.values())


def _merged(node: Node, made: Mapping[str, Node], uses: Counter[str]) -> tuple[Node | None, Node | None]:
    """(a node before `node`, what both become together); None when there is none."""
    for value in node.inputs[: 2 if node.op_type in ("Add", "Mul") else 1]:
        before = None if value is None or uses[value.name] != 1 else made.get(value.name)
        if value is None or before is None or node.domain or before.domain:
            continue
        if before.op_type == "Pad" and node.op_type == "Conv":
            return before, _with_pads(node, before)
        if before.op_type == "Conv" and before.outputs[0].dtype in _TYPES:
            filters = before.inputs[1]
            affine = None if filters is None or filters.const is None else _affine(node, value, filters.const.shape)
            if affine is not None:
                return before, _scaled(before, node, *affine)
    return None, None


def _affine(node: Node, x: Value, filters: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
    """(scale, shift) per channel of a node that computes scale * x + shift, x the result of a Conv with `filters`."""
    if node.op_type == "BatchNormalization":
        arrays = [None if v is None else v.const for v in node.inputs[1:]]
        if any(a is None for a in arrays) or node.attrs.get("training_mode", 0) or len(node.outputs) > 1:
            return None
        gamma, beta, mean, variance = (np.asarray(a, np.float64) for a in arrays)
        scale = gamma / np.sqrt(variance + node.attrs.get("epsilon", 1e-5))
        return scale, beta - mean * scale
    if node.op_type not in ("Add", "Mul"):
        return None
    other = node.inputs[1] if node.inputs[0] is x else node.inputs[0]
    channels = filters[0]
    if other is None or other.const is None or other.const.ndim > len(filters):
        return None
    dims = (1,) * (len(filters) - other.const.ndim) + other.const.shape
    if dims[1] not in (1, channels) or any(d != 1 for i, d in enumerate(dims) if i != 1):
        return None
    values = np.broadcast_to(np.asarray(other.const, np.float64).reshape(-1), (channels,))
    return (values, np.zeros(channels)) if node.op_type == "Mul" else (np.ones(channels), values)


def _scaled(conv: Node, node: Node, scale: np.ndarray, shift: np.ndarray) -> Node | None:
    weights = conv.inputs[1]
    bias = conv.inputs[2] if len(conv.inputs) > 2 else None
    if weights is None or weights.const is None or (bias is not None and bias.const is None):
        return None
    kind = weights.const.dtype
    filters = weights.const
    if not (scale == 1).all():
        filters = (filters * scale.reshape(-1, *[1] * (filters.ndim - 1))).astype(kind)
        weights = Value(f"{node.outputs[0].name}/weights", weights.dtype, filters.shape, filters)
    start = np.zeros(scale.size) if bias is None or bias.const is None else bias.const
    moved = np.asarray(start * scale + shift).astype(kind)
    added = Value(f"{node.outputs[0].name}/bias", weights.dtype, moved.shape, moved)
    assert conv.inputs[0] is not None
    return dataclasses.replace(conv, inputs=[conv.inputs[0], weights, added], outputs=node.outputs)


def _with_pads(conv: Node, pad: Node) -> Node | None:
    pads = None if pad.inputs[1] is None else pad.inputs[1].const
    value = pad.inputs[2] if len(pad.inputs) > 2 else None
    if pads is None or pad.attrs.get("mode", "constant") not in ("constant", b"constant") or len(pad.inputs) > 3:
        return None
    if value is not None and (value.const is None or value.const.any()):
        return None
    rank = pads.size // 2
    before, after = pads[:rank].tolist(), pads[rank:].tolist()
    if any(before[:2]) or any(after[:2]) or min(before + after) < 0:
        return None
    if conv.attrs.get("auto_pad", "NOTSET") not in ("NOTSET", b"NOTSET", "VALID", b"VALID"):
        return None
    own = conv.attrs.get("pads") or [0] * (2 * (rank - 2))
    total = [int(a + b) for a, b in zip(own, before[2:] + after[2:], strict=True)]
    attrs = {k: v for k, v in conv.attrs.items() if k != "auto_pad"}
    return dataclasses.replace(conv, inputs=[pad.inputs[0], *conv.inputs[1:]], attrs={**attrs, "pads": total})
