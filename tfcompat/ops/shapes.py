"""Shape arithmetic of shape functions with the messages that users of shape inference know."""

from __future__ import annotations

from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.tensor_shape import TensorShape


def merge_shapes(a: TensorShape, b: TensorShape) -> TensorShape:
    """What is known of a shape from two places; ValueError, worded as users of shape inference know it, on conflict."""
    if a.tuple is None or b.tuple is None:
        return b if a.tuple is None else a
    if len(a.tuple) != len(b.tuple):
        raise ValueError(f"Shapes must be equal rank, but are {len(a.tuple)} and {len(b.tuple)}")
    for i, (p, q) in enumerate(zip(a.tuple, b.tuple, strict=True)):
        if p is not None and q is not None and p != q:
            raise ValueError(
                f"Dimension {i} in both shapes must be equal, but are {p} and {q}. Shapes are "
                f"{bracketed(a)} and {bracketed(b)}."
            )
    return TensorShape.of(tuple(merge_dims(p, q) for p, q in zip(a.tuple, b.tuple, strict=True)))


def bracketed(shape: TensorShape) -> str:
    """A shape of known rank as messages of shape inference show it: [2,?]."""
    return f"[{','.join('?' if d is None else str(d) for d in shape.as_list())}]"
