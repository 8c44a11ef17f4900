"""Sobol's sequence."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops


@tf_export("math.sobol_sample")
def sobol_sample(
    dim: Any, num_results: Any, skip: Any = 0, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Points of Sobol's sequence, which fill the unit cube evenly.

    Args:
        dim: int32 scalar, dimensions of the cube, up to 1111.
        num_results: int32 scalar, how many points.
        skip: int32 scalar, how many points of the sequence to leave out at its start.
        dtype: float32 or float64.
        name: name scope.

    Returns:
        [num_results, dim], in [0, 1).

    Raises:
        InvalidArgumentError: a run finds `dim` or `num_results` below 1, or `skip` negative.
    """
    with name_scope(name, "sobol", [dim, num_results, skip]):
        return raw_ops.SobolSample(dim=dim, num_results=num_results, skip=skip, dtype=dtype)  # type: ignore[no-any-return]


@shape_of("SobolSample")
def _samples_shape(c: InferenceContext, *scalars: TensorShape) -> list[TensorShape]:
    for scalar in scalars:
        scalar.assert_has_rank(0) if scalar.rank is not None else None
    dim, count = c.value(0), c.value(1)
    return [TensorShape([None if count is None else int(count), None if dim is None else int(dim)])]


not_differentiable("SobolSample")
