"""Convolutions whose weights are no constants, in the layout that ONNX Runtime's own optimizer keeps for constant ones.

The layout puts a block of channels together, as many as a vector register holds: `[N, C / block, H, W, block]`, and
weights as `[out / block, in / block, kh, kw, block of in, block of out]`. ONNX Runtime has operators for it in the
domain `com.microsoft.nchwc`, whose values it declares with the shape of the plain layout, channels in whole blocks. No
file may have them: the block depends on the processor.

A transposed convolution of stride 1 is one with the window turned round. Transposes of images go through the layout,
too: ONNX Runtime's Transpose takes several times as long there, and longest with threads.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from converters.builder import Node, Value
from converters.model import live_nodes
from converters.passes.blocked_biases import DOMAIN, with_biases
from converters.passes.dimensions import Dimensions
from converters.passes.layouts import without_transposes
from converters.passes.producers import Producers
from converters.passes.size_terms import known
from tfcompat.graph import dtypes

_TO_LAST, _TO_FIRST, _TO_CHANNELS = [0, 2, 3, 1], [0, 3, 1, 2], [3, 0, 1, 2]
_TO_THE_FRONT = np.iinfo(np.int64).min

FEWEST_POSITIONS = 64
"""With fewer window positions, the weights' way into the layout takes longer than the convolution."""

LARGEST_WINDOW = 32
"""The weights of larger windows leave the first cache for every few positions."""

MOST_PADDING = {"Conv": 3.0, "ConvTranspose": 1.5}
"""How many times the products may become when channels are filled up to whole blocks."""

EDGE = 0.2
"""From what share of positions at the left and right edge on zeros are put there before, for these are slower."""


def may_block(nodes: Sequence[Node]) -> bool:
    """Whether there are nodes that `in_blocks` looks at."""
    return any(node.op_type in _FORMS and not node.domain for node in nodes)


def in_blocks(nodes: Sequence[Node], kept: Sequence[str], block: int, constants: Collection[str] = ()) -> list[Node]:
    """The nodes with convolutions of float32 images in the blocked layout, where their weights are no constants.

    Args:
        nodes: of the model, in order; bodies stay as they are.
        kept: names of the values that must be made.
        block: channels of a block.
        constants: names of further values that are constants when the model is loaded.
    """
    blocker = _Blocker(block, frozenset(constants))
    result = blocker.run(without_transposes(nodes, kept))
    return with_biases(live_nodes(result, kept), kept, block) if blocker.found else list(nodes)


@dataclass(frozen=True, slots=True)
class _Form:
    """A node as ONNX's Conv.

    Attributes:
        attrs: of the Conv.
        out, into: the axes of output and input channels in the node's weights.
        turned: whether the window is turned round.
    """

    attrs: dict[str, Any]
    out: int
    into: int
    turned: bool


def _plain(node: Node) -> _Form | None:
    return _Form({k: v for k, v in node.attrs.items() if k != "group"}, 0, 1, turned=False)


def _transposed(node: Node) -> _Form | None:
    """Of a ConvTranspose of stride 1: the pads become what they leave of the window."""
    attrs = node.attrs
    if {"auto_pad", "output_shape"} & attrs.keys() or "kernel_shape" not in attrs:
        return None
    if max(attrs.get("strides", [1])) > 1 or any(attrs.get("output_padding", [])):
        return None
    window, dilations = attrs["kernel_shape"], attrs.get("dilations", [1, 1])
    extents = [(k - 1) * d for k, d in zip(window, dilations, strict=True)]
    pads = [extent - p for extent, p in zip(extents * 2, attrs.get("pads", [0] * 4), strict=True)]
    if min(pads) < 0:
        return None
    return _Form({"kernel_shape": window, "dilations": dilations, "pads": pads}, 1, 0, turned=True)


_FORMS = {"Conv": _plain, "ConvTranspose": _transposed}


class _Blocker:
    def __init__(self, block: int, constants: frozenset[str]):
        self.found = False
        self._block = block
        self._constants = constants
        self._dimensions = Dimensions()
        self._producers = Producers([])
        self._blocked: dict[tuple[str, int, int], Value] = {}
        self._made = 0
        self._out: list[Node] = []
        self._at = ""

    def run(self, nodes: Sequence[Node]) -> list[Node]:
        for node in nodes:
            self._dimensions.note(node)
            self._producers.replace(node)
            self._at = node.name
            if not self._convolved(node) and not self._transposed(node):
                self._out.append(node)
        return self._out

    # ---------------------------------------------------------------- nodes

    def _name(self) -> str:
        self._made += 1
        return f"{self._at}/blocked_{self._made}"

    def _emit(self, op_type: str, *inputs: Value, domain: str = "", result: Value | None = None, **attrs: Any) -> Value:
        result = result or Value(self._name(), dtypes.float32)
        self._out.append(Node(op_type, domain, list(inputs), [result], attrs, self._name()))
        return result

    def _const(self, numbers: Sequence[int]) -> Value:
        array = np.array(numbers, np.int64)
        return Value(self._name(), dtypes.int64, array.shape, array)

    def _reshaped(self, x: Value, sizes: Sequence[int]) -> Value:
        return self._emit("Reshape", x, self._const(sizes))

    # ---------------------------------------------------------------- convolutions

    def _convolved(self, node: Node) -> bool:
        """Whether `node` is a convolution that was put into the layout."""
        maker = None if node.domain else _FORMS.get(node.op_type)
        if maker is None or node.attrs.get("group", 1) != 1 or len(node.inputs) > 2:
            return False
        x, w = node.inputs
        assert x is not None
        assert w is not None
        sizes = self._dimensions.of(w)
        filters = None if sizes is None or len(sizes) != 4 else known(sizes)
        if w.dtype != dtypes.float32 or filters is None or self._is_constant(w):
            return False
        form = maker(node)
        if form is None or not self._pays(node, form, filters):
            return False
        self.found = True
        image, attrs = self._image(x, form, filters)
        weights = self._weights(w, form, filters)
        y = self._emit("Conv", image, weights, domain=DOMAIN, **attrs)
        self._emit("ReorderOutput", y, domain=DOMAIN, result=node.outputs[0], channels=filters[form.out])
        self._blocked[node.outputs[0].name, 0, 0] = y
        return True

    def _is_constant(self, value: Value) -> bool:
        """Whether ONNX Runtime computes `value` when it loads the model."""
        while (node := self._producers.of(value, "Transpose", "Reshape")) is not None and node.inputs[0] is not None:
            value = node.inputs[0]
        return value.const is not None or value.name in self._constants

    def _pays(self, node: Node, form: _Form, filters: Sequence[int]) -> bool:
        out, into = filters[form.out], filters[form.into]
        if self._has_blocks(into) and into % 4:
            return False
        padding = self._whole(out) / out * (self._whole(into) / into if self._has_blocks(into) else 1)
        window = math.prod(filters[2:]) * min(into, self._block) / self._block
        sizes = self._dimensions.of(node.outputs[0]) or []
        positions = math.prod(factor for axis, (factor, atoms) in enumerate(sizes) if axis != 1 and not atoms)
        return padding <= MOST_PADDING[node.op_type] and window <= LARGEST_WINDOW and positions >= FEWEST_POSITIONS

    def _whole(self, channels: int) -> int:
        """`channels` in whole blocks."""
        return -(-channels // self._block) * self._block

    def _has_blocks(self, channels: int) -> bool:
        """Whether an image of so many channels is put into the layout; ONNX Runtime takes one of few as it is."""
        return channels >= self._block

    # ---------------------------------------------------------------- into the layout

    def _image(self, x: Value, form: _Form, filters: Sequence[int]) -> tuple[Value, dict[str, Any]]:
        """The image for the Conv, and the Conv's attributes: what was padded here already is left out of them."""
        channels = filters[form.into]
        if not self._has_blocks(channels):
            return x, form.attrs
        top, left, bottom, right = form.attrs.get("pads", [0] * 4)
        sizes = known((self._dimensions.of(x) or [])[2:])
        if not sizes or (left + right) < EDGE * sizes[1]:
            return self._in_layout(x), form.attrs
        height, width = sizes
        key = (x.name, left, right)
        if key not in self._blocked:
            rows = self._reshaped(self._in_layout(x), [-1, height, width, self._block])
            padded = self._emit("Pad", rows, self._const([0, 0, left, 0, 0, 0, right, 0]))
            whole = self._whole(channels)
            self._blocked[key] = self._reshaped(padded, [-1, whole, height, width + left + right])
        return self._blocked[key], {**form.attrs, "pads": [top, 0, bottom, 0]}

    def _in_layout(self, x: Value) -> Value:
        """An image, as NCHW, in the layout."""
        key = (x.name, 0, 0)
        if key not in self._blocked:
            before = self._producers.of(x, "Transpose")
            if before is not None and before.attrs.get("perm") == _TO_FIRST and before.inputs[0] is not None:
                self._blocked[key] = self._emit("ReorderInput", before.inputs[0], domain=DOMAIN, channels_last=1)
            else:
                self._blocked[key] = self._emit("ReorderInput", x, domain=DOMAIN)
        return self._blocked[key]

    def _transposed(self, node: Node) -> bool:
        """Whether `node` is a Transpose of an image that was done by way of the layout."""
        perm = node.attrs.get("perm")
        if node.op_type != "Transpose" or node.domain or perm not in (_TO_LAST, _TO_FIRST, _TO_CHANNELS):
            return False
        (x,), (y,) = node.inputs, node.outputs
        assert x is not None
        sizes = self._dimensions.of(x)
        image = None if sizes is None else known(sizes[1:])
        if image is None or x.dtype != dtypes.float32:
            return False
        channels = image[0 if perm == _TO_LAST else -1]
        if not self._has_blocks(channels) or channels % 4:
            return False
        if perm == _TO_LAST:
            blocked = self._in_layout(x)
            self._emit("ReorderOutput", blocked, domain=DOMAIN, result=y, channels=channels, channels_last=1)
            return True
        if perm == _TO_CHANNELS:
            x = self._reshaped(x, [1, -1, *image[1:]])
        blocked = self._emit("ReorderInput", x, domain=DOMAIN, channels_last=1)
        if perm == _TO_FIRST:
            self._blocked[y.name, 0, 0] = blocked
            self._emit("ReorderOutput", blocked, domain=DOMAIN, result=y, channels=channels)
        else:
            rows = self._emit("ReorderOutput", blocked, domain=DOMAIN, channels=channels)
            self._emit("Reshape", rows, self._const([channels, -1, *image[:2]]), result=y)
        return True

    def _weights(self, w: Value, form: _Form, filters: Sequence[int]) -> Value:
        """The weights in the layout, from where they were before a Transpose."""
        before = self._producers.of(w, "Transpose")
        order = list(range(4))
        if before is not None and before.inputs[0] is not None and "perm" in before.attrs:
            w, order = before.inputs[0], [int(a) for a in before.attrs["perm"]]
        sizes = [filters[order.index(a)] for a in range(4)]
        out, into, *window = (order[a] for a in (form.out, form.into, 2, 3))
        if form.turned and max(sizes[a] for a in window) > 1:
            w = self._emit("Slice", w, *map(self._const, ([-1, -1], [_TO_THE_FRONT] * 2, window, [-1, -1])))
        whole = {a: self._whole(sizes[a]) for a in (out, into) if a == out or self._has_blocks(sizes[a])}
        missing = [whole.get(a, size) - size for a, size in enumerate(sizes)]
        if any(missing):
            w = self._emit("Pad", w, self._const([0] * 4 + missing))
        split: list[int] = []
        place: dict[int, int] = {}
        for a, size in enumerate(sizes):
            place[a] = len(split)
            split += [whole[a] // self._block, self._block] if a in whole else [size]
        inner = [place[a] + 1 for a in (into, out) if a in whole]
        perm = [place[out], place[into], *(place[a] for a in window), *inner]
        blocks = self._emit("Transpose", self._reshaped(w, split), perm=perm)
        return self._reshaped(blocks, [whole.get(a, sizes[a]) for a in (out, into, *window)])
