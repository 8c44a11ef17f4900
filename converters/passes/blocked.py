"""Convolutions whose weights are no constants, in the layout that ONNX Runtime's own optimizer keeps for constant ones.

The layout puts a block of channels together, as many as a vector register holds: `[N, C / block, H, W, block]`, and
weights as `[out / block, in / block, kh, kw, block of in, block of out]`. ONNX Runtime has operators for it in the
domain `com.microsoft.nchwc`, whose values it declares with the shape of the plain layout, channels in whole blocks. No
file may have them: the block depends on the processor.

A transposed convolution is one with the window turned round; of stride s, one for every s-th position of the result,
with every s-th element of the window. Transposes of images go through the layout, too: ONNX Runtime's Transpose takes
several times as long there, and longest with threads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from converters.builder import Node, Value
from converters.model import live_nodes
from converters.passes.blocked_biases import DOMAIN, with_biases
from converters.passes.blocked_values import TO_FIRST, TO_LAST, BlockedValues
from converters.passes.layouts import without_transposes
from converters.passes.size_terms import known
from tfcompat.graph import dtypes

_TO_CHANNELS = [3, 0, 1, 2]

FEWEST_POSITIONS = 64
"""With fewer window positions, the weights' way into the layout takes longer than the convolution."""

LARGEST_WINDOW = 32
"""The weights of larger windows leave the first cache for every few positions."""

MOST_PADDING = {"Conv": 3.0, "ConvTranspose": 1.5}
"""How many times the products may become when channels are filled up to whole blocks."""


def may_block(nodes: Sequence[Node]) -> bool:
    """Whether there are nodes that `in_blocks` looks at."""
    return any(node.op_type in MOST_PADDING and not node.domain for node in nodes)


def in_blocks(nodes: Sequence[Node], kept: Sequence[str], block: int, constants: Collection[str] = ()) -> list[Node]:
    """The nodes with convolutions of float32 images in the blocked layout, where their weights are no constants.

    Args:
        nodes: of the model, in order; bodies stay as they are.
        kept: names of the values that must be made.
        block: channels of a block.
        constants: names of further values that are constants when the model is loaded.
    """
    blocker = _Blocker(BlockedValues(block), frozenset(constants))
    result = blocker.run(without_transposes(nodes, kept))
    return with_biases(live_nodes(result, kept), kept, block) if blocker.found else list(nodes)


@dataclass(frozen=True, slots=True)
class _Phase:
    """The convolution that gives every so many-th position of a transposed one, along one axis.

    Attributes:
        start, step, taps: which elements of the turned window it has.
        before, after: its padding.
    """

    start: int
    step: int
    taps: int
    before: int
    after: int


def _phases(node: Node, axis: int, size: int | None) -> list[_Phase] | None:
    """Of a ConvTranspose along a spatial axis of `size` elements; None where they differ in length or lack a tap."""
    attrs = node.attrs
    window, stride, dilation = (attrs.get(k, [1, 1])[axis] for k in ("kernel_shape", "strides", "dilations"))
    first, last = (attrs.get("pads", [0] * 4)[a] for a in (axis, axis + 2))
    added = attrs.get("output_padding", [0, 0])[axis]
    if stride == 1:
        extent = (window - 1) * dilation
        found = [_Phase(0, 1, window, extent - first, extent - last + added)]
    elif size is None or dilation > 1 or window < stride:
        return None
    else:
        length, rest = divmod((size - 1) * stride + window - first - last + added, stride)
        if rest:
            return None
        found = []
        for place in range(stride):
            tap = (place + first) % stride
            taps = len(range(tap, window, stride))
            position = (place + first - tap) // stride
            start = window - 1 - tap - stride * (taps - 1)
            found.append(_Phase(start, stride, taps, taps - 1 - position, position + length - size))
    return found if min(n for p in found for n in (p.before, p.after)) >= 0 else None


class _Blocker:
    def __init__(self, values: BlockedValues, constants: frozenset[str]):
        self.found = False
        self._values = values
        self._constants = constants

    def run(self, nodes: Sequence[Node]) -> list[Node]:
        for node in nodes:
            self._values.note(node)
            if not self._convolved(node) and not self._transposed(node):
                self._values.nodes.append(node)
        return self._values.nodes

    # ---------------------------------------------------------------- convolutions

    def _convolved(self, node: Node) -> bool:
        """Whether `node` is a convolution that was put into the layout."""
        if node.domain or node.op_type not in MOST_PADDING:
            return False
        if node.attrs.get("group", 1) != 1 or len(node.inputs) > 2 or "kernel_shape" not in node.attrs:
            return False
        x, w = node.inputs
        assert x is not None
        assert w is not None
        sizes = self._values.dimensions.of(w)
        filters = None if sizes is None or len(sizes) != 4 else known(sizes)
        if w.dtype != dtypes.float32 or filters is None or self._is_constant(w):
            return False
        out, into = (0, 1) if node.op_type == "Conv" else (1, 0)
        if not self._pays(node, filters[out], filters[into]):
            return False
        y = self._plain(node, x, w, filters) if node.op_type == "Conv" else self._turned(node, x, w, filters)
        if y is None:
            return False
        self.found = True
        self._values.emit("ReorderOutput", y, domain=DOMAIN, result=node.outputs[0], channels=filters[out])
        self._values.is_image(node.outputs[0], y)
        return True

    def _is_constant(self, value: Value) -> bool:
        """Whether ONNX Runtime computes `value` when it loads the model."""
        while True:
            node = self._values.producers.of(value, "Transpose", "Reshape")
            if node is None or node.inputs[0] is None:
                return value.const is not None or value.name in self._constants
            value = node.inputs[0]

    def _pays(self, node: Node, out: int, into: int) -> bool:
        values, attrs = self._values, node.attrs
        if values.has_blocks(into) and into % 4:
            return False
        padding = values.whole(out) / out * (values.whole(into) / into if values.has_blocks(into) else 1)
        strides = attrs.get("strides", [1, 1]) if node.op_type == "ConvTranspose" else [1, 1]
        taps = math.prod(-(-k // s) for k, s in zip(attrs["kernel_shape"], strides, strict=True))
        window = taps * min(into, values.block) / values.block
        sizes = values.dimensions.of(node.outputs[0]) or []
        positions = math.prod(factor for axis, (factor, atoms) in enumerate(sizes) if axis != 1 and not atoms)
        enough = positions / math.prod(strides) >= FEWEST_POSITIONS
        return padding <= MOST_PADDING[node.op_type] and window <= LARGEST_WINDOW and enough

    def _sizes(self, filters: Sequence[int], out: int, into: int) -> list[int]:
        """Of the weights in the layout: out, in, kh, kw."""
        values = self._values
        inputs = values.whole(filters[into]) if values.has_blocks(filters[into]) else filters[into]
        return [values.whole(filters[out]), inputs, *filters[2:]]

    def _plain(self, node: Node, x: Value, w: Value, filters: Sequence[int]) -> Value:
        values = self._values
        attrs = {k: v for k, v in node.attrs.items() if k != "group"}
        image = x
        if "auto_pad" not in attrs:
            image, attrs["pads"] = values.padded_image(x, filters[1], attrs.get("pads", [0] * 4))
        elif values.has_blocks(filters[1]):
            image = values.image(x)
        weights = values.weights(w, filters, 0, 1, turned=False)
        whole = values.reshaped(weights, self._sizes(filters, 0, 1))
        return values.emit("Conv", image, whole, domain=DOMAIN, **attrs)

    def _turned(self, node: Node, x: Value, w: Value, filters: Sequence[int]) -> Value | None:
        """A ConvTranspose, made of its phases."""
        values = self._values
        if {"auto_pad", "output_shape"} & node.attrs.keys():
            return None
        space = values.space(x)
        rows, columns = (_phases(node, axis, None if space is None else space[axis]) for axis in range(2))
        if rows is None or columns is None:
            return None
        sizes = self._sizes(filters, 1, 0)
        weights = values.weights(w, filters, 1, 0, turned=True)
        made = []
        for pair in itertools.product(rows, columns):
            starts, taps, steps = ([getattr(p, name) for p in pair] for name in ("start", "taps", "step"))
            pads = [*(p.before for p in pair), *(p.after for p in pair)]
            image, left = values.padded_image(x, filters[0], pads)
            window = values.window(weights, sizes, starts, taps, steps)
            attrs = {"kernel_shape": taps, "pads": left, "dilations": node.attrs.get("dilations", [1, 1])}
            made.append(values.emit("Conv", image, window, domain=DOMAIN, **attrs))
        if len(made) == 1 or space is None:
            return made[0]
        height, width = (n + p.before + p.after - p.taps + 1 for n, (p, *_) in zip(space, (rows, columns), strict=True))
        by_rows = [made[i : i + len(columns)] for i in range(0, len(made), len(columns))]
        return values.interleaved(by_rows, sizes[0], height, width)

    # ---------------------------------------------------------------- transposes

    def _transposed(self, node: Node) -> bool:
        """Whether `node` is a Transpose of an image that was done by way of the layout."""
        values, perm = self._values, node.attrs.get("perm")
        if node.op_type != "Transpose" or node.domain or perm not in (TO_LAST, TO_FIRST, _TO_CHANNELS):
            return False
        (x,), (y,) = node.inputs, node.outputs
        assert x is not None
        sizes = values.dimensions.of(x)
        image = None if sizes is None else known(sizes[1:])
        if image is None or x.dtype != dtypes.float32:
            return False
        channels = image[0 if perm == TO_LAST else -1]
        if not values.has_blocks(channels) or channels % 4:
            return False
        if perm == TO_LAST:
            attrs = {"channels": channels, "channels_last": 1}
            values.emit("ReorderOutput", values.image(x), domain=DOMAIN, result=y, **attrs)
            return True
        if perm == _TO_CHANNELS:
            x = values.reshaped(x, [1, -1, *image[1:]])
        blocked = values.emit("ReorderInput", x, domain=DOMAIN, channels_last=1)
        if perm == TO_FIRST:
            values.is_image(y, blocked)
            values.emit("ReorderOutput", blocked, domain=DOMAIN, result=y, channels=channels)
        else:
            rows = values.emit("ReorderOutput", blocked, domain=DOMAIN, channels=channels)
            values.reshaped(rows, [channels, -1, *image[:2]], result=y)
        return True
