"""A bias and a ReLU behind a convolution in the blocked layout go into it: ONNX Runtime's operator has both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from converters.builder import Node, Value
from converters.passes.substitution import use_counts
from tfcompat.graph import dtypes

DOMAIN = "com.microsoft.nchwc"


def with_biases(nodes: Sequence[Node], kept: Sequence[str], block: int) -> list[Node]:
    """The nodes with Adds of one number a channel, and Relus behind them, in the convolutions before.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
        block: channels of a block.
    """
    tails = _Tails(use_counts(nodes, kept), block)
    for node in nodes:
        if not tails.take(node):
            tails.add(node)
    return list(tails.nodes.values())


class _Tails:
    def __init__(self, uses: Mapping[str, int], block: int):
        self.nodes: dict[int, Node] = {}
        self._uses, self._block = uses, block
        self._made: dict[str, Node] = {}

    def add(self, node: Node) -> None:
        """Puts `node` behind the others."""
        self.nodes[id(node)] = node
        self._made.update({v.name: node for v in node.outputs})

    def take(self, node: Node) -> bool:
        """Whether `node` was put into the convolution before it."""
        if node.domain or node.op_type not in ("Add", "Relu"):
            return False
        for index, value in enumerate(node.inputs):
            reorder = self._only(value, "ReorderOutput")
            conv = None if reorder is None else self._only(reorder.inputs[0], "Conv")
            if reorder is None or conv is None or "activation" in conv.attrs:
                continue
            if node.op_type == "Relu":
                self._replace(conv, reorder, node, conv.inputs, {"activation": "Relu"})
                return True
            bias = self._bias(node.inputs[1 - index], reorder)
            if bias is not None and len(conv.inputs) == 2:
                self._replace(conv, reorder, node, [*conv.inputs, self._whole(bias, node.name)], {})
                return True
        return False

    def _only(self, value: Value | None, op_type: str) -> Node | None:
        """The node of the layout that made `value`, if it is such a one and `value` is used once."""
        node = None if value is None or self._uses[value.name] != 1 else self._made.get(value.name)
        return node if node is not None and (node.domain, node.op_type) == (DOMAIN, op_type) else None

    def _replace(
        self, conv: Node, reorder: Node, last: Node, inputs: Sequence[Value | None], attrs: Mapping[str, str]
    ) -> None:
        """Puts `conv` with other inputs, and `reorder` behind it, in the place of `last`."""
        del self.nodes[id(conv)], self.nodes[id(reorder)]
        self.add(dataclasses.replace(conv, inputs=list(inputs), attrs={**conv.attrs, **attrs}))
        self.add(dataclasses.replace(reorder, outputs=last.outputs))

    def _bias(self, value: Value | None, reorder: Node) -> Value | None:
        """The vector, one number a channel, that `value` is beside the result of `reorder`."""
        if value is None or value.const is not None:
            return None
        if not reorder.attrs.get("channels_last"):
            column = self._made.get(value.name)
            axes = None if column is None or column.op_type != "Unsqueeze" else column.inputs[1]
            if column is None or axes is None or axes.const is None or axes.const.tolist() != [1, 2]:
                return None
            value = column.inputs[0]
        return value if value is not None and value.shape == (reorder.attrs["channels"],) else None

    def _whole(self, bias: Value, name: str) -> Value:
        """`bias` with zeros to whole blocks."""
        assert bias.shape is not None
        missing = -(bias.shape[0] or 0) % self._block
        if not missing:
            return bias
        amounts = np.array([0, missing], np.int64)
        pads = Value(f"{name}/missing", dtypes.int64, amounts.shape, amounts)
        whole = Value(f"{name}/whole", bias.dtype, ((bias.shape[0] or 0) + missing,))
        self.add(Node("Pad", "", [bias, pads], [whole], {}, whole.name))
        return whole
