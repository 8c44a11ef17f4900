"""Pools over regions of uneven size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import exact_rank


@tf_export("nn.fractional_max_pool")
def fractional_max_pool(
    value: Any,
    pooling_ratio: Sequence[float],
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
    seed: int = 0,
    seed2: int = 0,
    name: str | None = None,
) -> Any:
    """The maximum of regions whose sizes differ by one, in an order that is drawn at random.

    Args:
        value: `[batch, height, width, channels]`; float32, float64, int32 or int64.
        pooling_ratio: four numbers >= 1, the first and last 1: size of the input over size of the output.
        pseudo_random: whether sizes follow one random offset, rather than being shuffled.
        overlapping: whether neighbouring regions share their border.
        deterministic: whether the regions are the same in every run; they follow from the seeds.
        seed, seed2: seeds; not zero only if `deterministic`.
        name: name of the operation.

    Returns:
        (output, row_pooling_sequence, col_pooling_sequence): the maxima, and where regions begin (int64).
    """
    return _record(
        "FractionalMaxPool", value, pooling_ratio, pseudo_random, overlapping, deterministic, seed, seed2, name
    )


@tf_export("nn.fractional_avg_pool")
def fractional_avg_pool(
    value: Any,
    pooling_ratio: Sequence[float],
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
    seed: int = 0,
    seed2: int = 0,
    name: str | None = None,
) -> Any:
    """The mean of the regions of `fractional_max_pool`."""
    return _record(
        "FractionalAvgPool", value, pooling_ratio, pseudo_random, overlapping, deterministic, seed, seed2, name
    )


def _record(op_type: str, value: Any, pooling_ratio: Any, pseudo_random: bool, overlapping: bool, deterministic: bool,
            seed: int, seed2: int, name: str | None) -> Any:  # fmt: skip
    return getattr(raw_ops, op_type)(value=value, pooling_ratio=pooling_ratio, pseudo_random=pseudo_random,
                                     overlapping=overlapping, deterministic=deterministic, seed=seed, seed2=seed2,
                                     name=name)  # fmt: skip


@shape_of("FractionalMaxPool", "FractionalAvgPool")
def _pool_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    ratios = c.attr("pooling_ratio")
    if len(ratios) != 4:
        raise ValueError("pooling_ratio field must specify 4 dimensions")
    for ratio in ratios:
        if ratio < 1:
            raise ValueError(f"pooling_ratio cannot be smaller than 1, got: {ratio:g}")
    dims = exact_rank(x, 4).tuple or (None,) * 4
    out = tuple(None if d is None else math.floor(d / r) for d, r in zip(dims, ratios, strict=True))
    return [TensorShape.of(out), TensorShape.of((out[1],)), TensorShape.of((out[2],))]


@shape_of("FractionalMaxPoolGrad")
def _max_grad_shape(c: InferenceContext, x: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    return [exact_rank(x, 4)]


@shape_of("FractionalAvgPoolGrad")
def _avg_grad_shape(c: InferenceContext, sizes: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    return [exact_rank(c.shape_value(0), 4)]


@gradient_of("FractionalMaxPool")
def _max_gradient(op: Operation, grad: Tensor, *unused: Any) -> Any:
    return raw_ops.FractionalMaxPoolGrad(
        orig_input=op.inputs[0], orig_output=op.outputs[0], out_backprop=grad, row_pooling_sequence=op.outputs[1],
        col_pooling_sequence=op.outputs[2], overlapping=op.attrs["overlapping"])  # fmt: skip


@gradient_of("FractionalAvgPool")
def _avg_gradient(op: Operation, grad: Tensor, *unused: Any) -> Any:
    return raw_ops.FractionalAvgPoolGrad(
        orig_input_tensor_shape=raw_ops.Shape(input=op.inputs[0], out_type="int64"), out_backprop=grad,
        row_pooling_sequence=op.outputs[1], col_pooling_sequence=op.outputs[2],
        overlapping=op.attrs["overlapping"])  # fmt: skip
