"""Gradients of random values by the parameters of their distribution, at a fixed value of its distribution function."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.broadcasting import reduce_to_shape_of
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones, ones_like, zeros_like


@gradient_of("RandomGamma")
def _gamma_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """Through the distribution function F(x; alpha) of a value x: dx / dalpha = -(dF / dalpha) / (dF / dx)."""
    leading = raw_ops.Shape(input=op.inputs[0])
    return [None, _summed_over_samples(op, grad, op.inputs[1], leading)]


@gradient_of("StatelessRandomGammaV2", "StatelessRandomGammaV3")
def _stateless_gamma_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """As for RandomGamma; the result's shape ends with that of alpha."""
    alpha = op.inputs[-1]
    leading = raw_ops.Size(input=op.inputs[0]) - raw_ops.Rank(input=alpha)
    others: list[Any] = [None] * (len(op.inputs) - 1)
    return [*others, _summed_over_samples(op, grad, alpha, raw_ops.Reshape(tensor=leading, shape=[1]))]


def _summed_over_samples(op: Operation, grad: Tensor, alpha: Tensor, leading: Tensor) -> Tensor:
    """The gradient of `alpha`, summed over the `leading` (a vector of one element) dimensions that count samples."""
    count = raw_ops.Squeeze(input=leading)
    spread = raw_ops.Reshape(tensor=alpha, shape=concat([ones(leading, "int32"), raw_ops.Shape(input=alpha)], 0))
    partial = raw_ops.RandomGammaGrad(alpha=spread, sample=op.outputs[0])
    return raw_ops.Sum(input=grad * partial, axis=raw_ops.Range(start=0, limit=count, delta=1))  # type: ignore[no-any-return]


@gradient_of("StatelessParameterizedTruncatedNormal")
def _truncated_normal_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """With x = mean + stddev * z and z between a and b, F(z) = (1 - u) F(a) + u F(b) holds for a fixed u.

    So the bounds move x by (1 - u) f(a) / f(z) and u f(b) / f(z), f being the normal density. As the reference has it,
    the mean moves x by 1 and the standard deviation by z: what they do to a and b is left out.
    """
    mean, stddev, low, high = op.inputs[2:]
    z, a, b = ((x - mean) / stddev for x in (op.outputs[0], low, high))
    below, above = _distances(z, a, b)
    partials = (ones_like(z), z, above * _density_ratio(a, z), below * _density_ratio(b, z))
    reduced = [reduce_to_shape_of(grad * partial, parameter, op.outputs[0])
               for parameter, partial in zip(op.inputs[2:], partials, strict=True)]  # fmt: skip
    return [None, None, *reduced]


def _distances(z: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """u = (F(z) - F(a)) / (F(b) - F(a)) and 1 - u, taken on the side of the tail in which the bounds lie."""
    upper_tail = raw_ops.Greater(x=a + zeros_like(z), y=zeros_like(z))
    flip = raw_ops.Select(condition=upper_tail, t=-ones_like(z), e=ones_like(z))
    at_z, at_a, at_b = (raw_ops.Erfc(x=-flip * x / math.sqrt(2)) for x in (z, a, b))
    whole = at_b - at_a
    return (at_z - at_a) / whole, (at_b - at_z) / whole


def _density_ratio(x: Tensor, z: Tensor) -> Tensor:
    """f(x) / f(z) of the normal density."""
    return raw_ops.Exp(x=(z * z - x * x) / 2)  # type: ignore[no-any-return]
