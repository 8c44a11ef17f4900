"""A convolution between SpaceToBatch and BatchToSpace is one whose taps lie apart.

`converters.dilated` sees to this where paddings and crops are constant; this pass where they are computed in the run
from sizes that are not known. The converters of the two then emit groups: nodes of this package's own domain with the
nodes that they stand for as a body. The pass makes convolutions of groups where it can, and puts bodies in the place
of the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from converters.builder import Node, Value
from converters.group import GROUPS
from converters.passes.dimensions import Dimensions
from converters.passes.producers import Producers
from converters.passes.size_terms import known, plus
from converters.passes.substitution import use_counts, used_names
from tfcompat.graph import dtypes


def with_dilations(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes without groups.

    Args:
        nodes: of the whole model, in order.
        kept: names of the values that must be made.
    """
    if not any(node.domain == GROUPS for node in nodes):
        return [_with_bodies(node) for node in nodes]
    dimensions, producers, uses = Dimensions(), Producers(nodes), use_counts(nodes, kept)
    groups = {v.name: node for node in nodes if node.domain == GROUPS for v in node.outputs}
    result: list[Node] = []
    for node in nodes:
        dimensions.note(node)
        if node.domain != GROUPS:
            result.append(_with_bodies(node))
            continue
        direct = _dilated(node, groups, producers, uses, dimensions) if node.op_type == "BatchToSpace" else None
        result += _opened(node) if direct is None else direct
    return result


def _with_bodies(node: Node) -> Node:
    if not node.subgraphs:
        return node
    bodies = {
        key: dataclasses.replace(body, nodes=with_dilations(body.nodes, [v.name for v in body.outputs]))
        for key, body in node.subgraphs.items()
    }
    return dataclasses.replace(node, subgraphs=bodies)


def _opened(group: Node) -> list[Node]:
    """The nodes that a group stands for."""
    body = group.subgraphs["body"]
    return [*body.nodes, Node("Identity", "", list(body.outputs), group.outputs, {}, f"{group.name}/result")]


def _dilated(
    last: Node, groups: dict[str, Node], producers: Producers, uses: dict[str, int], dimensions: Dimensions
) -> list[Node] | None:
    """The nodes of one convolution with dilations; None where something else is between the groups."""
    blocks = last.attrs["blocks"]
    places = list(range(1, len(blocks) + 1))
    chain: list[Node] = []
    (value, crops) = last.inputs
    while value is not None and value.name not in groups:
        node = producers.of(value, "Conv", "Squeeze", "Transpose", "Unsqueeze")
        own = used_names(last).count(value.name) if not chain else 1
        if node is None or uses[value.name] != own:
            return None
        before = _places_before(node, places, dimensions)
        if before is None:
            return None
        places = before
        chain.append(_spread(node, places, blocks) if node.op_type == "Conv" else node)
        value = node.inputs[0]
    first = None if value is None else groups[value.name]
    if first is None or first.op_type != "SpaceToBatch" or first.attrs["blocks"] != blocks:
        return None
    pads = _pads(dimensions, first.inputs[1], crops)
    x = first.inputs[0]
    if places != list(range(1, len(blocks) + 1)) or pads is None or x is None:
        return None
    if sum(node.op_type == "Conv" for node in chain) != 1:
        return None
    return _linked(last, x, pads, chain[::-1])


def _places_before(node: Node, places: list[int], dimensions: Dimensions) -> list[int] | None:
    """Where the dimensions that are at `places` in what the node gives are in what it takes."""
    if node.op_type == "Transpose":
        perm = node.attrs.get("perm")
        return None if perm is None else [perm[p] for p in places]
    if node.op_type == "Conv":
        return places if _is_plain(node, places) else None
    sizes = dimensions.of(node.inputs[0])
    axes = node.inputs[1].const if len(node.inputs) > 1 and node.inputs[1] is not None else None
    if sizes is None or axes is None:
        return None
    if node.op_type == "Squeeze":
        gone = {int(a) % len(sizes) for a in axes.reshape(-1)}
        left = [i for i in range(len(sizes)) if i not in gone]
        return [left[p] for p in places]
    rank = len(sizes) + axes.size
    new = {int(a) % rank for a in axes.reshape(-1)}
    return None if new & set(places) else [p - sum(a < p for a in new) for p in places]


def _is_plain(conv: Node, places: list[int]) -> bool:
    """Whether the convolution goes one by one over the dimensions at `places`, without pads."""
    if min(places) < 2 or conv.attrs.get("auto_pad", "NOTSET") not in ("NOTSET", b"NOTSET"):
        return False
    count = len(conv.attrs["kernel_shape"])
    strides, pads = conv.attrs.get("strides") or [1] * count, conv.attrs.get("pads") or [0] * (2 * count)
    return all(strides[p - 2] == 1 and pads[p - 2] == pads[p - 2 + count] == 0 for p in places)


def _spread(conv: Node, places: list[int], blocks: list[int]) -> Node:
    """The convolution with its taps `blocks` times as far apart."""
    dilations = list(conv.attrs.get("dilations") or [1] * len(conv.attrs["kernel_shape"]))
    for place, block in zip(places, blocks, strict=True):
        dilations[place - 2] *= block
    return dataclasses.replace(conv, attrs={**conv.attrs, "dilations": dilations})


def _pads(dimensions: Dimensions, paddings: Value | None, crops: Value | None) -> list[list[int]] | None:
    """Before and after of each dimension: what is cropped has not to be added."""
    added, taken = dimensions.content(paddings), dimensions.content(crops)
    if added is None or taken is None or len(added) != len(taken):
        return None
    left = known([plus(p, (-c[0], c[1])) for p, c in zip(added, taken, strict=True)])
    if left is None or min(left) < 0:
        return None
    return [left[::2], left[1::2]]


def _linked(last: Node, x: Value, pads: list[list[int]], chain: list[Node]) -> list[Node]:
    """The nodes of the chain on `x`, padded; the last one gives what the group `last` gives."""
    result: list[Node] = []
    if any(map(any, pads)):
        rank = len(x.shape or ())
        sides = [n for side in pads for n in (0, *side, *[0] * (rank - len(side) - 1))]
        amounts = Value(f"{last.name}/pads", dtypes.int64, (len(sides),), np.array(sides, np.int64))
        padded = Value(f"{last.name}/padded", x.dtype, (None,) * rank)
        result.append(Node("Pad", "", [x, amounts], [padded], {}, padded.name))
        x = padded
    for node in chain:
        (y,) = node.outputs
        made = Value(f"{y.name}/dilated", y.dtype, None if y.shape is None else (None,) * len(y.shape))
        result.append(dataclasses.replace(node, inputs=[x, *node.inputs[1:]], outputs=[made]))
        x = made
    result[-1] = dataclasses.replace(result[-1], outputs=last.outputs)
    return result
