"""String operations: shape functions of those that keep the shape."""

from __future__ import annotations

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.tensor_shape import SCALAR, TensorShape

shape_of("RegexFullMatch", "StaticRegexFullMatch")(unchanged)
not_differentiable("StringJoin", "RegexFullMatch", "StaticRegexFullMatch")


@shape_of("StringJoin")
def _join_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    """Scalars go with every other element; the rest have one shape."""
    merged = SCALAR
    for shape in shapes:
        if shape.rank != 0:
            merged = shape if merged.rank == 0 else merged.merge_with(shape)
    return [merged]
