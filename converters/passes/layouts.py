"""Transposes move down past nodes that work in any layout, until they meet their inverse or cannot go on.

A value behind a Transpose is kept as (base, permutation) for as long as possible: nodes that work elementwise, or along
axes that can be renumbered, take the base in its place and hand the permutation on. Where a value itself is needed,
one Transpose makes it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from converters.builder import Node, Value
from converters.passes.substitution import substituted, use_counts, used_names
from tfcompat.graph import dtypes

Perm = tuple[int, ...]

# fmt: off
_ELEMENTWISE = (
    "Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "BitwiseAnd", "BitwiseNot", "BitwiseOr",
    "BitwiseXor", "Cast", "Ceil", "Celu", "Clip", "Cos", "Cosh", "Div", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu",
    "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual",
    "Log", "Max", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu", "Round",
    "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tan", "Tanh",
    "ThresholdedRelu", "Where", "Xor",
)
_REDUCTIONS = (
    "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
    "ReduceSum", "ReduceSumSquare",
)
# fmt: on


def without_transposes(nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
    """The nodes with Transposes as late as can be; as they are when that takes more of them.

    Args:
        nodes: of the model, in order.
        kept: names of the values that must be made.
    """
    pushed = _Pusher(use_counts(nodes, kept)).run(nodes, kept)
    return pushed if _count(pushed) <= _count(nodes) else list(nodes)


def _count(nodes: Sequence[Node]) -> int:
    return sum(node.op_type == "Transpose" for node in nodes)


def _permuted(dims: tuple[int | None, ...] | None, perm: Perm) -> tuple[int | None, ...] | None:
    return None if dims is None else tuple(dims[a] for a in perm)


def _inverse(perm: Perm) -> Perm:
    return tuple(int(a) for a in np.argsort(perm))


def _ints(value: Value | None) -> list[int] | None:
    return None if value is None or value.const is None else [int(v) for v in value.const.reshape(-1)]


class _Pusher:
    def __init__(self, uses: Mapping[str, int]) -> None:
        self._uses = uses
        self._pads: dict[str, Node] = {}
        self._lazy: dict[str, tuple[Value, Perm]] = {}
        self._same: dict[str, Value] = {}
        self._made: set[str] = set()
        self._out: list[Node] = []

    def run(self, nodes: Sequence[Node], kept: Sequence[str]) -> list[Node]:
        for original in nodes:
            node = substituted(original, self._same)
            if node.op_type == "Transpose" and not node.domain:
                self._transpose(node, kept)
            elif not self._push(node):
                for name in used_names(node):
                    self._make(name)
                self._out.append(node)
                if node.op_type == "Pad" and _ints(node.inputs[1]) is not None and not any(node.inputs[3:]):
                    self._pads[node.outputs[0].name] = node
        for name in kept:
            self._make(name)
        return self._out

    def _make(self, name: str) -> None:
        """Makes a value that so far is a base and a permutation."""
        if name in self._lazy and name not in self._made:
            self._made.add(name)
            base, perm = self._lazy[name]
            value = Value(name, base.dtype, _permuted(base.shape, perm))
            self._out.append(Node("Transpose", "", [base], [value], {"perm": list(perm)}, f"{name}/transpose"))

    def _transpose(self, node: Node, kept: Sequence[str]) -> None:
        (x,), (y,) = node.inputs, node.outputs
        assert x is not None
        base, perm = self._lazy.get(x.name, (x, None))
        asked = node.attrs.get("perm")
        if asked is None:
            self._make(x.name)
            self._out.append(node)
            return
        pad = self._pads.get(x.name)
        if pad is not None and self._uses[x.name] == 1:
            self._before(pad, node, tuple(int(a) for a in asked))
            return
        whole = tuple(int(a) for a in asked) if perm is None else tuple(perm[a] for a in asked)
        if whole != tuple(range(len(whole))):
            self._lazy[y.name] = base, whole
        elif y.name in kept:
            self._out.append(Node("Identity", "", [base], [y], {}, node.name))
        else:
            self._same[y.name] = base

    def _before(self, pad: Node, node: Node, perm: Perm) -> None:
        """Puts a Transpose before the Pad that it follows: a convolution after both can take the Pad in."""
        source, pads = pad.inputs[0], _ints(pad.inputs[1])
        assert source is not None
        assert pads is not None
        turned = Value(f"{node.outputs[0].name}/unpadded", source.dtype, _permuted(source.shape, perm))
        rank = len(perm)
        moved = np.array([pads[a] for a in perm] + [pads[a + rank] for a in perm], np.int64)
        constant = _constant(f"{node.name}/pads", moved, pad.inputs[1])
        self._out = [n for n in self._out if n is not pad]
        self._out.append(Node("Transpose", "", [source], [turned], {"perm": list(perm)}, f"{node.name}/unpadded"))
        self._out.append(dataclasses.replace(pad, inputs=[turned, constant, *pad.inputs[2:3]], outputs=node.outputs))

    # ---------------------------------------------------------------- nodes that take the base

    def _push(self, node: Node) -> bool:
        """Whether `node` was put in a form that takes bases."""
        perms = {self._lazy[v.name][1] for v in node.inputs if v is not None and v.name in self._lazy}
        if len(perms) != 1 or node.domain or node.subgraphs:
            return False
        (perm,) = perms
        rule = _RULES.get(node.op_type)
        return rule is not None and rule(self, node, perm)

    def _base(self, value: Value | None) -> Value | None:
        return self._lazy[value.name][0] if value is not None and value.name in self._lazy else None

    def _emit(self, node: Node, inputs: list[Value | None], attrs: dict[str, object], perm: Perm) -> bool:
        """Records `node` on bases; its outputs are behind `perm`."""
        outputs = []
        for value in node.outputs:
            inverse = _inverse(perm)
            base = Value(f"{value.name}/base", value.dtype, _permuted(value.shape, inverse))
            self._lazy[value.name] = base, perm
            outputs.append(base)
        self._out.append(dataclasses.replace(node, inputs=inputs, outputs=outputs, attrs={**node.attrs, **attrs}))
        return True

    def _elementwise(self, node: Node, perm: Perm) -> bool:
        inputs: list[Value | None] = []
        for value in node.inputs:
            base = self._base(value)
            if base is None and value is not None:
                base = _in_layout(value, perm)
                if base is None and not self._is_vector(value, perm):
                    return False
            inputs.append(base)
        for index, value in enumerate(node.inputs):
            if value is not None and inputs[index] is None:
                inputs[index] = self._column(value, perm)
        return self._emit(node, inputs, {}, perm)

    @staticmethod
    def _is_vector(value: Value, perm: Perm) -> bool:
        """Whether `value` goes along the last axis, such as a bias along channels that come last."""
        return value.shape is not None and len(value.shape) == 1 and perm[-1] < len(perm) - 1

    def _column(self, vector: Value, perm: Perm) -> Value:
        """`vector` along the axis of the base that is behind the last one."""
        axes = np.arange(1, len(perm) - perm[-1], dtype=np.int64)
        assert vector.shape is not None
        shape = (*vector.shape, *[1] * axes.size)
        name = f"{vector.name}/column{axes.size}_{len(self._out)}"
        column = Value(name, vector.dtype, shape)
        constant = Value(f"{name}/axes", dtypes.int64, axes.shape, axes)
        self._out.append(Node("Unsqueeze", "", [vector, constant], [column], {}, name))
        return column

    def _concat(self, node: Node, perm: Perm) -> bool:
        inputs = [self._base(v) for v in node.inputs]
        if any(v is None for v in inputs):
            return False
        return self._emit(node, inputs, {"axis": perm[node.attrs["axis"]]}, perm)

    def _pad(self, node: Node, perm: Perm) -> bool:
        pads = _ints(node.inputs[1])
        if pads is None or self._base(node.inputs[0]) is None or any(v is not None for v in node.inputs[3:]):
            return False
        rank = len(perm)
        moved = [0] * (2 * rank)
        for axis, before in enumerate(perm):
            moved[before], moved[before + rank] = pads[axis], pads[axis + rank]
        constant = _constant(f"{node.name}/pads", np.array(moved, np.int64), node.inputs[1])
        return self._emit(node, [self._base(node.inputs[0]), constant, *node.inputs[2:3]], {}, perm)

    def _softmax(self, node: Node, perm: Perm) -> bool:
        return self._emit(node, [self._base(node.inputs[0])], {"axis": perm[node.attrs.get("axis", -1)]}, perm)

    def _slice(self, node: Node, perm: Perm) -> bool:
        axes = _ints(node.inputs[3]) if len(node.inputs) > 3 else None
        if axes is None or any(v is not None and v.name in self._lazy for v in node.inputs[1:]):
            return False
        moved = _constant(f"{node.name}/axes", np.array([perm[a] for a in axes], np.int64), node.inputs[3])
        inputs = [self._base(node.inputs[0]), *node.inputs[1:3], moved, *node.inputs[4:]]
        return self._emit(node, inputs, {}, perm)

    def _reduction(self, node: Node, perm: Perm) -> bool:
        axes = _ints(node.inputs[1]) if len(node.inputs) > 1 else None
        if not axes:
            return False
        axes = [a % len(perm) for a in axes]
        moved = _constant(f"{node.name}/axes", np.array(sorted(perm[a] for a in axes), np.int64), node.inputs[1])
        inputs = [self._base(node.inputs[0]), moved]
        if node.attrs.get("keepdims", 1):
            return self._emit(node, inputs, {}, perm)
        return self._reordered(node, inputs, [perm[a] for a in range(len(perm)) if a not in axes])

    def _quantized(self, node: Node, perm: Perm) -> bool:
        """QuantizeLinear and DequantizeLinear with constant steps, of all or along an axis."""
        x, step, *zero = node.inputs
        if (
            self._base(x) is None
            or step is None
            or step.const is None
            or any(v is None or v.const is None for v in zero)
        ):
            return False
        attrs = {} if step.const.ndim == 0 else {"axis": perm[node.attrs.get("axis", 1)]}
        return self._emit(node, [self._base(x), step, *zero], attrs, perm)

    def _squeeze(self, node: Node, perm: Perm) -> bool:
        axes = _ints(node.inputs[1]) if len(node.inputs) > 1 else None
        if axes is None:
            return False
        axes = [a % len(perm) for a in axes]
        moved = _constant(f"{node.name}/axes", np.array(sorted(perm[a] for a in axes), np.int64), node.inputs[1])
        left = [perm[a] for a in range(len(perm)) if a not in axes]
        return self._reordered(node, [self._base(node.inputs[0]), moved], left)

    def _unsqueeze(self, node: Node, perm: Perm) -> bool:
        """The new dimension comes right before that which it has come before, wherever that is."""
        axes = _ints(node.inputs[1])
        if axes is None or len(axes) != 1 or self._base(node.inputs[0]) is None:
            return False
        axis = axes[0] % (len(perm) + 1)
        place = perm[axis] if axis < len(perm) else len(perm)
        moved = _constant(f"{node.name}/axes", np.array([place], np.int64), node.inputs[1])
        later = [a + (a >= place) for a in perm]
        later.insert(axis, place)
        return self._reordered(node, [self._base(node.inputs[0]), moved], later)

    def _reordered(self, node: Node, inputs: list[Value | None], left: list[int]) -> bool:
        """Records `node` on bases; its dimensions come from those called `left` in the base, in this order."""
        order = tuple(sorted(left).index(a) for a in left)
        if order != tuple(range(len(order))):
            return self._emit(node, inputs, {}, order)
        self._out.append(dataclasses.replace(node, inputs=inputs))
        return True

    def _shape(self, node: Node, perm: Perm) -> bool:
        if node.attrs:
            return False
        (y,) = node.outputs
        sizes = Value(f"{y.name}/base", y.dtype, y.shape)
        self._out.append(dataclasses.replace(node, inputs=[self._base(node.inputs[0])], outputs=[sizes]))
        order = _constant(f"{node.name}/order", np.array(perm, np.int64), y)
        self._out.append(Node("Gather", "", [sizes, order], [y], {"axis": 0}, f"{node.name}/reordered"))
        return True


def _in_layout(value: Value, perm: Perm) -> Value | None:
    """What to broadcast against a base in the place of `value`; None where it would have to be transposed."""
    if value.shape == () or (value.shape is not None and all(d == 1 for d in value.shape)):
        return value if len(value.shape) <= len(perm) else None
    if value.const is None or value.const.ndim > len(perm):
        return None
    array = value.const.reshape((1,) * (len(perm) - value.const.ndim) + value.const.shape).transpose(_inverse(perm))
    name = f"{value.name}/{''.join(map(str, perm))}"
    return Value(name, value.dtype, array.shape, np.ascontiguousarray(array))


def _constant(name: str, array: np.ndarray, like: Value | None) -> Value:
    assert like is not None
    return Value(name, like.dtype, array.shape, array)


_RULES: dict[str, Callable[[_Pusher, Node, Perm], bool]] = {
    **dict.fromkeys(_ELEMENTWISE, _Pusher._elementwise),
    **dict.fromkeys(_REDUCTIONS, _Pusher._reduction),
    "Concat": _Pusher._concat,
    "Pad": _Pusher._pad,
    "Softmax": _Pusher._softmax,
    "LogSoftmax": _Pusher._softmax,
    "DequantizeLinear": _Pusher._quantized,
    "QuantizeLinear": _Pusher._quantized,
    "Slice": _Pusher._slice,
    "Squeeze": _Pusher._squeeze,
    "Unsqueeze": _Pusher._unsqueeze,
    "Shape": _Pusher._shape,
}
