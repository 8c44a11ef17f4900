"""Images and weights in the blocked layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.builder import Node, Value
from converters.passes.blocked_biases import DOMAIN
from converters.passes.dimensions import Dimensions
from converters.passes.producers import Producers
from converters.passes.size_terms import known
from tfcompat.graph import dtypes

TO_LAST, TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
"""The permutations of NCHW to NHWC and back."""

EDGE = 0.2
"""From what share of positions at the left and right edge on zeros are put there before, for these are slower."""

_TO_THE_FRONT = np.iinfo(np.int64).min


class BlockedValues:
    """Emits nodes, and knows which images are in the layout already.

    Attributes:
        block: channels of a block.
        nodes: what was emitted.
        dimensions, producers: of the nodes that were noted.
    """

    def __init__(self, block: int):
        self.block = block
        self.nodes: list[Node] = []
        self.dimensions = Dimensions()
        self.producers = Producers([])
        self._images: dict[tuple[str, int, int], Value] = {}
        self._scope = ""
        self._made = 0

    def note(self, node: Node) -> None:
        """Learns of a node; what is emitted next has names behind its own."""
        self.dimensions.note(node)
        self.producers.replace(node)
        self._scope = node.name

    def _name(self) -> str:
        self._made += 1
        return f"{self._scope}/blocked_{self._made}"

    def emit(self, op_type: str, *inputs: Value, domain: str = "", result: Value | None = None, **attrs: Any) -> Value:
        """Emits a node with one output of float32, `result` if given."""
        result = result or Value(self._name(), dtypes.float32)
        self.nodes.append(Node(op_type, domain, list(inputs), [result], attrs, self._name()))
        return result

    def const(self, numbers: Sequence[int]) -> Value:
        """A vector of int64."""
        array = np.array(numbers, np.int64)
        return Value(self._name(), dtypes.int64, array.shape, array)

    def reshaped(self, x: Value, sizes: Sequence[int], result: Value | None = None) -> Value:
        """Emits a Reshape."""
        return self.emit("Reshape", x, self.const(sizes), result=result)

    def whole(self, channels: int) -> int:
        """`channels` in whole blocks."""
        return -(-channels // self.block) * self.block

    def has_blocks(self, channels: int) -> bool:
        """Whether an image of so many channels is put into the layout; ONNX Runtime takes one of few as it is."""
        return channels >= self.block

    def space(self, x: Value) -> list[int] | None:
        """The spatial sizes of an image, as NCHW, if they are known."""
        return known((self.dimensions.of(x) or [])[2:]) or None

    # ---------------------------------------------------------------- images

    def is_image(self, x: Value, blocked: Value) -> None:
        """Notes that `blocked` is the image `x`, as NCHW, in the layout."""
        self._images[x.name, 0, 0] = blocked

    def image(self, x: Value) -> Value:
        """The image `x`, as NCHW, in the layout."""
        key = (x.name, 0, 0)
        if key not in self._images:
            before = self.producers.of(x, "Transpose")
            if before is not None and before.attrs.get("perm") == TO_FIRST and before.inputs[0] is not None:
                self._images[key] = self.emit("ReorderInput", before.inputs[0], domain=DOMAIN, channels_last=1)
            else:
                self._images[key] = self.emit("ReorderInput", x, domain=DOMAIN)
        return self._images[key]

    def padded_image(self, x: Value, channels: int, pads: Sequence[int]) -> tuple[Value, list[int]]:
        """The image `x` for a Conv with `pads`, and what it still has to pad."""
        if not self.has_blocks(channels):
            return x, list(pads)
        top, left, bottom, right = pads
        sizes = self.space(x)
        if sizes is None or (left + right) < EDGE * sizes[1]:
            return self.image(x), list(pads)
        height, width = sizes
        key = (x.name, left, right)
        if key not in self._images:
            rows = self.reshaped(self.image(x), [-1, height, width, self.block])
            wider = self.emit("Pad", rows, self.const([0, 0, left, 0, 0, 0, right, 0]))
            self._images[key] = self.reshaped(wider, [-1, self.whole(channels), height, width + left + right])
        return self._images[key], [top, 0, bottom, 0]

    def interleaved(self, phases: Sequence[Sequence[Value]], channels: int, height: int, width: int) -> Value:
        """The image whose point (y, x) is one of phase (y % rows, x % columns), all in the layout.

        Args:
            phases: images of equal sizes, by rows and columns.
            channels: in whole blocks.
            height, width: of each phase.
        """
        columns = len(phases[0])
        rows = []
        for row in phases:
            points = [self.reshaped(phase, [-1, height, width, self.block]) for phase in row]
            joined = self.emit("Concat", *points, axis=3) if columns > 1 else points[0]
            rows.append(self.reshaped(joined, [-1, height, columns * width * self.block]))
        joined = self.emit("Concat", *rows, axis=2) if len(rows) > 1 else rows[0]
        return self.reshaped(joined, [-1, channels, len(rows) * height, columns * width])

    # ---------------------------------------------------------------- weights

    def weights(self, w: Value, filters: Sequence[int], out: int, into: int, turned: bool) -> Value:
        """Weights as `[out / block, in / block, kh, kw, in of a block, out of a block]`; few inputs are no blocks.

        They are taken from where they were before a Transpose.

        Args:
            w: the weights.
            filters: their sizes, those of the window last.
            out, into: their axes of output and input channels.
            turned: whether the window is turned round.
        """
        before = self.producers.of(w, "Transpose")
        order = list(range(4))
        if before is not None and before.inputs[0] is not None and "perm" in before.attrs:
            w, order = before.inputs[0], [int(a) for a in before.attrs["perm"]]
        sizes = [filters[order.index(a)] for a in range(4)]
        out, into, *window = (order[a] for a in (out, into, 2, 3))
        whole = {a: self.whole(sizes[a]) for a in (out, into) if a == out or self.has_blocks(sizes[a])}
        missing = [whole.get(a, size) - size for a, size in enumerate(sizes)]
        if any(missing):
            w = self.emit("Pad", w, self.const([0] * 4 + missing))
        if turned:
            w = self._turned(w, sizes, window)
        if (out, into) == (2, 3) and into in whole:
            return self._swapped(w, sizes[:2], whole[out], whole[into])
        split: list[int] = []
        place: dict[int, int] = {}
        for a, size in enumerate(sizes):
            place[a] = len(split)
            split += [whole[a] // self.block, self.block] if a in whole else [size]
        inner = [place[a] + 1 for a in (into, out) if a in whole]
        perm = [place[out], place[into], *(place[a] for a in window), *inner]
        return self.emit("Transpose", self.reshaped(w, split), perm=perm)

    def _turned(self, w: Value, sizes: Sequence[int], window: Sequence[int]) -> Value:
        if all(sizes[a] == 1 for a in window):
            return w
        return self.emit("Slice", w, *map(self.const, ([-1, -1], [_TO_THE_FRONT] * 2, window, [-1, -1])))

    def _swapped(self, w: Value, window: Sequence[int], out: int, into: int) -> Value:
        """Weights `[kh, kw, out, in]`: the operator for images turns their blocks, a Transpose moves these."""
        b = self.block
        outer = [*window, out // b, into // b]
        rows = self.reshaped(w, [math.prod(outer[:3]), b, 1, into])
        blocks = self.reshaped(self.emit("ReorderInput", rows, domain=DOMAIN), [*outer, b, b])
        return self.emit("Transpose", blocks, perm=[2, 3, 0, 1, 4, 5])

    def window(
        self, weights: Value, sizes: Sequence[int], starts: Sequence[int], taps: Sequence[int], steps: Any
    ) -> Value:
        """What a Conv takes: every `steps`th of the window's elements from `starts` on, `taps` of them.

        Args:
            weights: as from `weights`.
            sizes: of the whole weights, channels in whole blocks: out, in, kh, kw.
            starts, taps, steps: along the two axes of the window.
        """
        if list(taps) != list(sizes[2:]):
            ends = [start + (n - 1) * step + 1 for start, n, step in zip(starts, taps, steps, strict=True)]
            weights = self.emit("Slice", weights, *map(self.const, (starts, ends, [2, 3], steps)))
        return self.reshaped(weights, [*sizes[:2], *taps])
