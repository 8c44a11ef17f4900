"""Shape functions that many op types share, and the arithmetic they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.tensor_shape import SCALAR, UNKNOWN, TensorShape

ShapeFunction = Callable[..., list[TensorShape]]


def unchanged(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """Every output has the shape of the first input."""
    return [shapes[0]] * len(c.op.outputs)


def merged(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """All inputs have one shape, and so have the outputs."""
    shape = shapes[0]
    for other in shapes[1:]:
        shape = shape.merge_with(other)
    return [shape] * len(c.op.outputs)


def scalar(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """Every output is a scalar."""
    return [SCALAR] * len(c.op.outputs)


def unknown(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """Nothing is known of the outputs."""
    return [UNKNOWN] * len(c.op.outputs)


def no_outputs(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """The op type has no outputs."""
    return []


def broadcast(c: InferenceContext, x: TensorShape, y: TensorShape) -> list[TensorShape]:
    """The output has the shape to which both inputs broadcast."""
    return [broadcast_shapes(x, y)]


def broadcast_shapes(x: TensorShape, y: TensorShape) -> TensorShape:
    """The shape to which `x` and `y` broadcast; ValueError when they do not."""
    if x.tuple is None or y.tuple is None:
        return UNKNOWN
    long, short = (x.tuple, y.tuple) if len(x.tuple) >= len(y.tuple) else (y.tuple, x.tuple)
    padded = (1,) * (len(long) - len(short)) + short
    return TensorShape.of(tuple(map(broadcast_dims, long, padded)))


def broadcast_dims(a: int | None, b: int | None) -> int | None:
    """The size to which two sizes broadcast; None when it depends on what is not known."""
    if a == b:
        return a
    if a == 1:
        return b
    if b == 1:
        return a
    if a is None or b is None:
        return a if b is None else b
    raise ValueError(f"Dimensions must be equal, but are {a} and {b}")


def merge_dims(a: int | None, b: int | None) -> int | None:
    """The size of one axis known from two places; ValueError when they differ."""
    if a is not None and b is not None and a != b:
        raise ValueError(f"Dimensions must be equal, but are {a} and {b}")
    return b if a is None else a


def add_dims(sizes: Sequence[int | None]) -> int | None:
    """The sum, or None when a size is unknown."""
    return None if None in sizes else sum(sizes)  # type: ignore[arg-type]


def normalize_axis(axis: int, rank: int) -> int:
    """`axis` counted from the front; ValueError outside [-rank, rank)."""
    if not -rank <= axis < rank:
        raise ValueError(f"Shape must be at least rank {axis + 1 if axis >= 0 else -axis} but is rank {rank}")
    return axis + rank if axis < 0 else axis
