"""What is the same in every iteration is computed once, before the loop."""

from __future__ import annotations

from converters.builder import Node
from converters.passes.loops.parts import Loop
from converters.passes.substitution import used_names

# Operators that cannot fail for what their node gets, and give no more than they take.
_SAFE = frozenset({
    "Abs", "Cast", "Ceil", "Cos", "Erf", "Exp", "Floor", "Identity", "Log", "Neg", "Not", "Reciprocal", "Relu", "Shape",
    "Sigmoid", "Sign", "Sin", "Size", "Sqrt", "Squeeze", "Tanh", "Transpose", "Unsqueeze",
})  # fmt: skip
# Operators that fail where shapes do not fit: they may move where there is an iteration, which would fail as well.
_BROADCASTING = frozenset({
    "Add", "And", "Concat", "Div", "Equal", "Gemm", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "MatMul", "Max",
    "Min", "Mul", "Or", "Slice", "Sub", "Where", "Xor",
})  # fmt: skip


def hoisted(loop: Loop) -> None:
    """Moves nodes that take nothing from the iteration, and cannot fail, out of the body."""
    inner = loop.inner_names()
    given = set(loop.outputs())
    movable = _SAFE | _BROADCASTING if loop.count else _SAFE
    left: list[Node] = []
    for node in loop.nodes:
        fixed = (
            node.op_type in movable
            and not node.domain
            and given.isdisjoint(v.name for v in node.outputs)
            and inner.isdisjoint(used_names(node))
        )
        if fixed:
            loop.before.append(node)
            inner.difference_update(v.name for v in node.outputs)
        else:
            left.append(node)
    loop.nodes = left
