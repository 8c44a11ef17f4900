"""What is known of the dimensions of values: numbers, and products of sizes that only the run knows.

Equal sizes are equal tuples (`size_terms`), so that a Reshape whose target was computed from `Shape` can be recognised
as "the same batch, and the rest".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from converters.builder import Node, Subgraph, Value
from converters.passes.size_terms import (
    ARITHMETIC,
    ONE,
    Size,
    Sizes,
    broadcast,
    fitting,
    formula,
    is_size,
    known,
    number,
    plus,
    positions,
    quotient,
    times,
)

_MOST = 64
"""Longer integer vectors are no shapes."""

# fmt: off
_BROADCAST = frozenset({
    "Add", "And", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater", "GreaterOrEqual", "Less",
    "LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow", "PRelu", "Sub", "Sum", "Where", "Xor",
})
_LIKE_FIRST = frozenset({
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BatchNormalization", "BitwiseNot", "Cast", "Ceil",
    "Celu", "Clip", "Cos", "Cosh", "CumSum", "DequantizeLinear", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid",
    "HardSwish", "Identity", "InstanceNormalization", "IsInf", "IsNaN", "LayerNormalization", "LeakyRelu", "Log",
    "LogSoftmax", "LRN", "Mish", "Neg", "Not", "QuantizeLinear", "Reciprocal", "Relu", "ReverseSequence", "Round",
    "ScatterElements", "ScatterND", "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Softmax", "Softplus", "Softsign", "Sqrt",
    "Tan", "Tanh", "ThresholdedRelu", "Trilu",
})
# fmt: on


class Dimensions:
    """The dimensions of values, and the elements of integer vectors and scalars that hold sizes.

    Nodes are noted one after the other; those of bodies after what they use from outside.
    """

    def __init__(self) -> None:
        self._dims: dict[str, Sizes | None] = {}
        self._content: dict[str, Sizes] = {}
        self._counts: dict[str, Size] = {}
        self._largest: dict[str, Size] = {}
        self._guarded: set[str] = set()

    def of(self, value: Value | None) -> Sizes | None:
        """The dimensions of a value; None when not even their number is known."""
        if value is None:
            return None
        if value.const is not None:
            return [number(n) for n in value.const.shape]
        if value.name not in self._dims:
            self._dims[value.name] = None if value.shape is None else self._named(value.name, value.shape)
        return self._dims[value.name]

    def content(self, value: Value | None) -> Sizes | None:
        """The elements of an integer vector (or the one of a scalar, or those of a matrix row by row) as sizes."""
        if value is None:
            return None
        if value.const is not None:
            array = value.const
            if array.dtype not in (np.int64, np.int32) or array.ndim > 2 or array.size > _MOST:
                return None
            return [number(n) for n in array.reshape(-1)]
        return self._content.get(value.name)

    def counts_to(self, value: Value | None) -> Size | None:
        """n, if the value is the vector 0, 1, ... n - 1."""
        return None if value is None else self._counts.get(value.name)

    def is_guarded(self, value: Value | None) -> bool:
        """Whether making the integers of this value may fail (`guards.require`), so that they must be made."""
        return value is not None and value.name in self._guarded

    def note(self, node: Node) -> None:
        """Finds out about the outputs of a node."""
        self._note_guards(node)
        rule = None if node.domain else _RULES.get(node.op_type)
        found = rule(self, node) if rule is not None else None
        for index, value in enumerate(node.outputs):
            sizes = None if found is None or index >= len(found) else found[index]
            self._dims[value.name] = self._joined(value, sizes)
        if not node.domain:
            self._note_counting(node)
        elements = None if node.domain else self._elements(node)
        if elements is not None and len(elements) <= _MOST:
            self._content[node.outputs[0].name] = elements

    def _note_guards(self, node: Node) -> None:
        """A guard is a Reshape of a constant to a computed size; what is made of its result is guarded too."""
        x, *others = node.inputs or [None]
        begins = node.op_type == "Reshape" and x is not None and x.const is not None and others[0].const is None  # type: ignore[union-attr]
        if begins or any(map(self.is_guarded, node.inputs)):
            self._guarded.update(v.name for v in node.outputs if v.dtype.is_integer)

    def _note_counting(self, node: Node) -> None:
        """Follows vectors 0, 1, ... n - 1 to their largest element, which is -1 when there is one of -1 beside."""
        first, (y, *_) = node.inputs[0] if node.inputs else None, node.outputs
        count = self.counts_to(first)
        if node.op_type == "Range":
            start, limit, step = (self.content(v) for v in node.inputs)
            if start == [(0, ())] and step == [ONE] and limit is not None and is_size(limit[0]):
                self._counts[y.name] = limit[0]
        elif node.op_type in ("Cast", "Unsqueeze") and count is not None and y.dtype.is_integer:
            self._counts[y.name] = count
        elif (
            node.op_type == "Concat" and count is not None and list(map(self.content, node.inputs[1:])) == [[(-1, ())]]
        ):
            self._largest[y.name] = plus(count, (-1, ()))

    def _joined(self, value: Value, sizes: Sizes | None) -> Sizes | None:
        """What the rule found, with the numbers that the value itself knows."""
        if value.shape is None:
            return sizes
        if sizes is None or len(sizes) != len(value.shape):
            return self._named(value.name, value.shape)
        return [size if dim is None else number(dim) for size, dim in zip(sizes, value.shape, strict=True)]

    @staticmethod
    def _named(name: str, shape: Sequence[int | None]) -> Sizes:
        return [(1, (f"{name}[{axis}]",)) if dim is None else number(dim) for axis, dim in enumerate(shape)]

    # ---------------------------------------------------------------- dimensions

    def _unknown(self, node: Node, rank: int) -> Sizes:
        return self._named(node.outputs[0].name, [None] * rank)

    def _like_first(self, node: Node) -> list[Sizes | None]:
        return [self.of(node.inputs[0])]

    def _broadcast(self, node: Node) -> list[Sizes | None] | None:
        operands = [self.of(v) for v in node.inputs]
        return None if any(o is None for o in operands) else [broadcast([o for o in operands if o is not None])]

    def _transpose(self, node: Node) -> list[Sizes | None] | None:
        sizes, perm = self.of(node.inputs[0]), node.attrs.get("perm")
        if sizes is None:
            return None
        return [[sizes[a] for a in perm] if perm is not None else sizes[::-1]]

    def _axes(self, node: Node, rank: int, at: int = 1) -> list[int] | None:
        given = node.inputs[at] if len(node.inputs) > at else None
        if given is None:
            return list(range(rank))
        return None if given.const is None else [int(a) % max(rank, 1) for a in given.const.reshape(-1)]

    def _squeeze(self, node: Node) -> list[Sizes | None] | None:
        sizes = self.of(node.inputs[0])
        axes = None if sizes is None or len(node.inputs) < 2 else self._axes(node, len(sizes))
        return None if sizes is None or axes is None else [[s for i, s in enumerate(sizes) if i not in axes]]

    def _unsqueeze(self, node: Node) -> list[Sizes | None] | None:
        sizes, axes = self.of(node.inputs[0]), node.inputs[1]
        if sizes is None or axes is None or axes.const is None:
            return None
        rank = len(sizes) + axes.const.size
        places = {int(a) % rank for a in axes.const.reshape(-1)}
        rest = iter(sizes)
        return [[ONE if i in places else next(rest) for i in range(rank)]]

    def _reduce(self, node: Node) -> list[Sizes | None] | None:
        sizes = self.of(node.inputs[0])
        axes = None if sizes is None else self._axes(node, len(sizes))
        if sizes is None or axes is None:
            return None
        if not axes or (len(node.inputs) < 2 and node.attrs.get("noop_with_empty_axes", 0)):
            return None
        keep = node.attrs.get("keepdims", 1)
        return [[ONE if i in axes else s for i, s in enumerate(sizes) if keep or i not in axes]]

    def _position(self, node: Node) -> list[Sizes | None] | None:
        sizes = self.of(node.inputs[0])
        if sizes is None:
            return None
        axis = node.attrs.get("axis", 0) % max(len(sizes), 1)
        keep = node.attrs.get("keepdims", 1)
        return [[ONE if i == axis else s for i, s in enumerate(sizes) if keep or i != axis]]

    def _reshape(self, node: Node) -> list[Sizes | None] | None:
        source, target = self.of(node.inputs[0]), self.content(node.inputs[1])
        if target is None:
            count = self.of(node.inputs[1])
            rank = None if count is None else known(count)
            return None if rank is None else [self._unknown(node, rank[0])]
        found = list(target)
        for i, size in enumerate(target):
            if size == (0, ()) and not node.attrs.get("allowzero", 0):
                if source is None or i >= len(source):
                    return [self._unknown(node, len(target))]
                found[i] = source[i]
        if (-1, ()) in target:
            open_at = target.index((-1, ()))
            others = times(*(s for i, s in enumerate(found) if i != open_at))
            rest = None if source is None else quotient(times(*source), others)
            found[open_at] = self._unknown(node, len(target))[open_at] if rest is None else rest
        return [found]

    def _expand(self, node: Node) -> list[Sizes | None] | None:
        source, target = self.of(node.inputs[0]), self.content(node.inputs[1])
        return None if source is None or target is None else [broadcast([source, target])]

    def _concat(self, node: Node) -> list[Sizes | None] | None:
        parts = [self.of(v) for v in node.inputs]
        if any(p is None for p in parts):
            return None
        present = [p for p in parts if p is not None]
        axis = node.attrs["axis"] % len(present[0])
        joined = plus(*(p[axis] for p in present))
        return [[joined if i == axis else fitting([p[i] for p in present]) for i in range(len(present[0]))]]

    def _gather(self, node: Node) -> list[Sizes | None] | None:
        sizes, places = self.of(node.inputs[0]), self.of(node.inputs[1])
        if sizes is None or places is None:
            return None
        axis = node.attrs.get("axis", 0) % max(len(sizes), 1)
        return [[*sizes[:axis], *places, *sizes[axis + 1 :]]]

    def _slice(self, node: Node) -> list[Sizes | None] | None:
        sizes = self.of(node.inputs[0])
        if sizes is None:
            return None
        axes = self._axes(node, len(sizes), 3)
        bounds = [
            v.const.reshape(-1).tolist() if v is not None and v.const is not None else None for v in node.inputs[1:3]
        ]
        steps = node.inputs[4] if len(node.inputs) > 4 else None
        if axes is None:
            return [self._unknown(node, len(sizes))]
        found = list(sizes)
        for i, axis in enumerate(axes):
            step = 1 if steps is None else None if steps.const is None else int(steps.const.reshape(-1)[i])
            start, end = (None if b is None else b[i] for b in bounds)
            found[axis] = self._unknown(node, len(sizes))[axis]
            if start is not None and end is not None and step is not None:
                found[axis] = _sliced(sizes[axis], start, end, step) or found[axis]
        return [found]

    def _pad(self, node: Node) -> list[Sizes | None] | None:
        sizes, amounts = self.of(node.inputs[0]), self.content(node.inputs[1])
        if sizes is None:
            return None
        if amounts is None or len(node.inputs) > 3 or len(amounts) != 2 * len(sizes):
            return [self._unknown(node, len(sizes))]
        return [[plus(s, amounts[i], amounts[i + len(sizes)]) for i, s in enumerate(sizes)]]

    def _matmul(self, node: Node) -> list[Sizes | None] | None:
        left, right = self.of(node.inputs[0]), self.of(node.inputs[1])
        if left is None or right is None or len(left) < 2 or len(right) < 2:
            return None
        return [[*broadcast([left[:-2], right[:-2]]), left[-2], right[-1]]]

    def _gemm(self, node: Node) -> list[Sizes | None] | None:
        left, right = self.of(node.inputs[0]), self.of(node.inputs[1])
        if left is None or right is None:
            return None
        return [[left[1 if node.attrs.get("transA") else 0], right[0 if node.attrs.get("transB") else 1]]]

    def _conv(self, node: Node) -> list[Sizes | None] | None:
        sizes, filters = self.of(node.inputs[0]), self.of(node.inputs[1])
        return None if sizes is None or filters is None else [self._windows(node, sizes, filters[0])]

    def _pool(self, node: Node) -> list[Sizes | None] | None:
        sizes = self.of(node.inputs[0])
        if sizes is None or node.attrs.get("ceil_mode"):
            return None
        return [self._windows(node, sizes, sizes[1])] * len(node.outputs)

    def _windows(self, node: Node, sizes: Sizes, channels: Size) -> Sizes:
        """The batch, the channels and the positions of windows."""
        attrs, count = node.attrs, len(sizes) - 2
        window = attrs.get("kernel_shape")
        if window is None or attrs.get("auto_pad", "NOTSET") not in ("NOTSET", b"NOTSET"):
            return [sizes[0], channels, *self._unknown(node, len(sizes))[2:]]
        strides, dilations = (attrs.get(k) or [1] * count for k in ("strides", "dilations"))
        pads = attrs.get("pads") or [0] * (2 * count)
        found = [sizes[0], channels]
        for i, size in enumerate(sizes[2:]):
            extent = (window[i] - 1) * dilations[i] + 1
            larger = plus(size, number(pads[i] + pads[i + count] - extent))
            found.append(positions(larger, strides[i]))
        return found

    def _conv_transpose(self, node: Node) -> list[Sizes | None] | None:
        sizes, filters = self.of(node.inputs[0]), self.of(node.inputs[1])
        if sizes is None or filters is None:
            return None
        attrs, count = node.attrs, len(sizes) - 2
        channels = times(filters[1], number(attrs.get("group", 1)))
        window = attrs.get("kernel_shape")
        if window is None or {"auto_pad", "output_shape"} & attrs.keys():
            return [[sizes[0], channels, *self._unknown(node, len(sizes))[2:]]]
        strides, dilations = (attrs.get(k) or [1] * count for k in ("strides", "dilations"))
        pads, added = attrs.get("pads") or [0] * (2 * count), attrs.get("output_padding") or [0] * count
        found = [sizes[0], channels]
        for i, size in enumerate(sizes[2:]):
            rest = (window[i] - 1) * dilations[i] + 1 - strides[i] + added[i] - pads[i] - pads[i + count]
            found.append(plus(times(size, number(strides[i])), number(rest)))
        return [found]

    def _split(self, node: Node) -> list[Sizes | None] | None:
        sizes = self.of(node.inputs[0])
        lengths = self.content(node.inputs[1]) if len(node.inputs) > 1 else None
        if sizes is None:
            return None
        axis = node.attrs.get("axis", 0) % len(sizes)
        whole = quotient(sizes[axis], number(len(node.outputs)))
        if lengths is None:
            lengths = [whole] * len(node.outputs) if whole is not None and len(node.inputs) < 2 else None
        if lengths is None:
            return None
        return [[*sizes[:axis], length, *sizes[axis + 1 :]] for length in lengths]

    def _depth_to_space(self, node: Node) -> list[Sizes | None] | None:
        sizes, block = self.of(node.inputs[0]), number(node.attrs["blocksize"])
        if sizes is None:
            return None
        batch, depth, *image = sizes
        if node.op_type == "DepthToSpace":
            channels, rest = quotient(depth, times(block, block)), [times(s, block) for s in image]
        else:
            channels, rest = (
                times(depth, block, block),
                [positions(plus(s, number(-block[0])), block[0]) for s in image],
            )
        return None if channels is None else [[batch, channels, *rest]]

    def _shape(self, node: Node) -> list[Sizes | None] | None:
        elements = self._elements(node)
        return [[number(len(elements))]] if elements is not None else None

    def _scalar(self, node: Node) -> list[Sizes | None]:
        return [[]]

    def _range(self, node: Node) -> list[Sizes | None] | None:
        start, limit, step = (self.content(v) for v in node.inputs)
        counts = start == [(0, ())] and step == [ONE] and limit is not None and is_size(limit[0])
        return [limit] if counts else [self._unknown(node, 1)]

    def _loop(self, node: Node) -> list[Sizes | None] | None:
        """A loop that nothing ends before its time stacks as many values as it has iterations."""
        trips, body = self.content(node.inputs[0]), node.subgraphs["body"]
        if trips is None or node.inputs[1] is not None or not is_size(trips[0]) or not _goes_on(body):
            return None
        carried = len(node.inputs) - 2
        found: list[Sizes | None] = [None] * carried
        for value in node.outputs[carried:]:
            found.append(None if value.shape is None else [trips[0], *self._named(value.name, value.shape)[1:]])
        return found

    def _top_k(self, node: Node) -> list[Sizes | None] | None:
        sizes, count = self.of(node.inputs[0]), self.content(node.inputs[1])
        if sizes is None or count is None:
            return None
        axis = node.attrs.get("axis", -1) % len(sizes)
        return [[*sizes[:axis], count[0], *sizes[axis + 1 :]]] * 2

    def _of_content(self, node: Node) -> list[Sizes | None] | None:
        content = self.content(node.inputs[0])
        return None if content is None else [content]

    # ---------------------------------------------------------------- elements of shapes

    def _elements(self, node: Node) -> Sizes | None:
        rule = _ELEMENTS.get(node.op_type)
        return None if rule is None or not node.inputs else rule(self, node)

    def _is_vector(self, value: Value | None) -> bool:
        sizes = self.of(value)
        return sizes is not None and len(sizes) == 1

    def _shape_elements(self, node: Node) -> Sizes | None:
        sizes = self.of(node.inputs[0])
        return None if sizes is None else sizes[node.attrs.get("start", 0) : node.attrs.get("end")]

    def _size_element(self, node: Node) -> Sizes | None:
        sizes = self.of(node.inputs[0])
        return None if sizes is None else [times(*sizes)]

    def _same_elements(self, node: Node) -> Sizes | None:
        return self.content(node.inputs[0]) if node.outputs[0].dtype.name in ("int32", "int64") else None

    def _reshaped_elements(self, node: Node) -> Sizes | None:
        """Those of Reshape, Squeeze and Unsqueeze, where the result is a matrix, a vector or a scalar.

        What a guard gives is not among them.
        """
        if self.is_guarded(node.outputs[0]):
            return None
        elements, sizes = self.content(node.inputs[0]), self._dims.get(node.outputs[0].name)
        return elements if sizes is not None and len(sizes) <= 2 else None

    def _gathered_elements(self, node: Node) -> Sizes | None:
        elements, places = self.content(node.inputs[0]), node.inputs[1]
        if elements is None or places is None or places.const is None or places.const.ndim > 1:
            return None
        whole = self.of(node.inputs[0])
        if whole is None or len(whole) != 1 or (np.abs(places.const + 0.5) > len(elements)).any():
            return None
        return [elements[int(i)] for i in places.const.reshape(-1)]

    def _sliced_elements(self, node: Node) -> Sizes | None:
        """Those of a part of a vector, or of rows of a matrix."""
        elements, sizes = self.content(node.inputs[0]), self.of(node.inputs[0])
        start, end, axis, step = (_only(v) for v in (*node.inputs[1:], None, None)[:4])
        axis, step = (0 if len(node.inputs) < 4 else axis), (1 if len(node.inputs) < 5 else step)
        if elements is None or not sizes or start is None or end is None or axis != 0 or step is None:
            return None
        width = known(sizes[1:])
        if width is None:
            return None
        rows = [elements[i : i + math.prod(width)] for i in range(0, len(elements), max(math.prod(width), 1))]
        return [size for row in rows[start : None if end < -(2**31) else end : step] for size in row]

    def _joined_elements(self, node: Node) -> Sizes | None:
        parts = [self.content(v) for v in node.inputs]
        if node.attrs["axis"] != 0 and not all(map(self._is_vector, node.inputs)):
            return None
        return None if any(p is None for p in parts) else [s for p in parts if p is not None for s in p]

    def _largest_element(self, node: Node) -> Sizes | None:
        largest = None if node.inputs[0] is None else self._largest.get(node.inputs[0].name)
        return None if largest is None or len(node.inputs) > 1 or node.attrs.get("keepdims", 1) else [largest]

    def _product_of_elements(self, node: Node) -> Sizes | None:
        elements = self.content(node.inputs[0])
        return [times(*elements)] if elements is not None and self._is_vector(node.inputs[0]) else None

    def _computed_elements(self, node: Node) -> Sizes | None:
        if len(node.inputs) != 2:
            return None
        left, right = (self.content(v) for v in node.inputs)
        if left is None or right is None or any(len(self.of(v) or ()) > 1 for v in node.inputs):
            return None
        count = max(len(left), len(right))
        if not {len(left), len(right)} <= {1, count}:
            return None
        pairs = zip(left * (count // len(left)), right * (count // len(right)), strict=True)
        found = [ARITHMETIC[node.op_type](p, q) for p, q in pairs]
        return None if any(s is None for s in found) else [s for s in found if s is not None]


def _goes_on(body: Subgraph) -> bool:
    """Whether the body of a loop never says that it was the last iteration."""
    (_, given, *_), (result, *_) = body.inputs, body.outputs
    maker = next((node for node in body.nodes if node.outputs[0].name == result.name), None)
    source = result if maker is None else maker.inputs[0] if maker.op_type == "Identity" else None
    return source is not None and (source.name == given.name or (source.const is not None and bool(source.const.all())))


def _sliced(size: Size, start: int, end: int, step: int) -> Size | None:
    if not size[1]:
        return number(len(range(*slice(start, None if step < 0 and end < -(2**31) else end, step).indices(size[0]))))
    whole = (start == 0 and end >= 2**31 - 1 and step == 1) or (step == -1 and start == -1 and end < -(2**31))
    if whole:
        return size
    if 0 <= start < end <= 1 and step == 1:
        return None
    return formula("slice", size, start, end, step)


def _only(value: Value | None) -> int | None:
    """The only element of a constant."""
    return (
        int(value.const.reshape(-1)[0])
        if value is not None and value.const is not None and value.const.size == 1
        else None
    )


_RULES: dict[str, Callable[[Dimensions, Node], Any]] = {
    **dict.fromkeys(_BROADCAST, Dimensions._broadcast),
    **dict.fromkeys(_LIKE_FIRST, Dimensions._like_first),
    **dict.fromkeys(
        ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
         "ReduceProd", "ReduceSum", "ReduceSumSquare"), Dimensions._reduce),
    **dict.fromkeys(("ArgMax", "ArgMin"), Dimensions._position),
    **dict.fromkeys(("AveragePool", "MaxPool"), Dimensions._pool),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), Dimensions._depth_to_space),
    "Concat": Dimensions._concat, "ConstantOfShape": Dimensions._of_content, "Conv": Dimensions._conv,
    "ConvTranspose": Dimensions._conv_transpose, "Expand": Dimensions._expand, "Gather": Dimensions._gather,
    "Gemm": Dimensions._gemm, "Loop": Dimensions._loop, "MatMul": Dimensions._matmul, "Pad": Dimensions._pad,
    "Range": Dimensions._range, "Reshape": Dimensions._reshape,
    "Shape": Dimensions._shape, "Size": Dimensions._scalar, "Slice": Dimensions._slice, "Split": Dimensions._split,
    "Squeeze": Dimensions._squeeze, "TopK": Dimensions._top_k, "Transpose": Dimensions._transpose,
    "Unsqueeze": Dimensions._unsqueeze,
}  # fmt: skip

_ELEMENTS: dict[str, Callable[[Dimensions, Node], Sizes | None]] = {
    **dict.fromkeys(ARITHMETIC, Dimensions._computed_elements),
    **dict.fromkeys(("Cast", "Identity"), Dimensions._same_elements),
    **dict.fromkeys(("Reshape", "Squeeze", "Unsqueeze"), Dimensions._reshaped_elements),
    "Concat": Dimensions._joined_elements, "Gather": Dimensions._gathered_elements,
    "ReduceMax": Dimensions._largest_element, "ReduceProd": Dimensions._product_of_elements,
    "Shape": Dimensions._shape_elements, "Size": Dimensions._size_element, "Slice": Dimensions._sliced_elements,
}  # fmt: skip
