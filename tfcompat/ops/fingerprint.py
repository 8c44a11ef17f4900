"""Fingerprints of the rows of tensors."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import at_least_rank

not_differentiable("Fingerprint")


@shape_of("Fingerprint")
def _fingerprint_shape(c: InferenceContext, data: TensorShape, method: TensorShape) -> list[TensorShape]:
    at_least_rank(data, 1)
    value = c.value(1)
    width = 8 if value is not None and value.item() == b"farmhash64" else None
    return [TensorShape([data.as_list()[0] if data.rank else None, width])]


@tf_export("fingerprint")
def fingerprint(data: Any, method: str = "farmhash64", name: str | None = None) -> Tensor:
    """A fingerprint of each slice of `data` along its first dimension, as uint8 of shape [n, 8].

    Args:
        data: tensor of rank 1 or more.
        method: "farmhash64".
        name: name of the operation.
    """
    return raw_ops.Fingerprint(data=data, method=method, name=name)  # type: ignore[no-any-return]


not_differentiable("Fact")


@shape_of("Fact")
def _fact_shape(c: InferenceContext) -> list[TensorShape]:
    return [TensorShape(None)]


@tf_export("user_ops.my_fact")
def my_fact() -> Tensor:
    """A fact about factorials, as a string: the example of an operation of one's own."""
    return raw_ops.Fact()  # type: ignore[no-any-return]
