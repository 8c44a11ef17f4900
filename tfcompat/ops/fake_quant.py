"""Simulated quantization: floats rounded to the numbers that few bits can tell apart."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import at_least_rank, exact_rank


@tf_export("quantization.fake_quant_with_min_max_args", "fake_quant_with_min_max_args")
def fake_quant_with_min_max_args(
    inputs: Any, min: float = -6, max: float = 6, num_bits: int = 8, narrow_range: bool = False, name: str | None = None
) -> Tensor:
    """`inputs` rounded to the nearest of 2**num_bits equidistant numbers in a range that has zero among them.

    The range [min, max] is moved by less than a step so that zero is one of the numbers; a range that lies on one side
    of zero is moved to begin or end there. What lies outside becomes its nearer end. NaN stays NaN.

    Args:
        inputs: float32.
        min: lower end of the range.
        max: upper end, above `min`.
        num_bits: 2 to 16.
        narrow_range: whether there is one number less, so that a range around zero is symmetric.
        name: name of the operation.

    Returns:
        float32 of the shape of `inputs`.

    Raises:
        InvalidArgumentError: in the run, when `min` is not below `max`, or `num_bits` is not in 2 to 16.
    """
    return raw_ops.FakeQuantWithMinMaxArgs(  # type: ignore[no-any-return]
        inputs=inputs, min=min, max=max, num_bits=num_bits, narrow_range=narrow_range, name=name
    )


@tf_export("quantization.fake_quant_with_min_max_args_gradient", "fake_quant_with_min_max_args_gradient")
def fake_quant_with_min_max_args_gradient(
    gradients: Any,
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """`gradients` where `inputs` lie within the moved range of `fake_quant_with_min_max_args`, zero elsewhere.

    Args:
        gradients: float32.
        inputs: float32 of the same shape.
        min, max, num_bits, narrow_range: as for `fake_quant_with_min_max_args`.
        name: name of the operation.

    Returns:
        float32 of the same shape.
    """
    return raw_ops.FakeQuantWithMinMaxArgsGradient(  # type: ignore[no-any-return]
        gradients=gradients,
        inputs=inputs,
        min=min,
        max=max,
        num_bits=num_bits,
        narrow_range=narrow_range,
        name=name,
    )


shape_of("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxArgsGradient")(unchanged)


@gradient_of("FakeQuantWithMinMaxArgs")
def _fake_quant_gradient(op: Operation, grad: Tensor) -> Tensor:
    """The gradient passes straight through the rounding, and stops outside the range."""
    attrs = {name: op.get_attr(name) for name in ("min", "max", "num_bits", "narrow_range")}
    return raw_ops.FakeQuantWithMinMaxArgsGradient(gradients=grad, inputs=op.inputs[0], **attrs)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- ranges that are computed


def _ends(c: InferenceContext, x: TensorShape, ends: tuple[TensorShape, ...]) -> TensorShape:
    """The shape of both ends of the range, for the whole tensor or for each index of its last dimension."""
    if "PerChannel" not in c.op.type:
        for end in ends:
            exact_rank(end, 0)
        return TensorShape([])
    at_least_rank(x, 1)
    channels = TensorShape([None if x.rank is None else x.as_list()[-1]])
    for end in ends:
        channels = channels.merge_with(exact_rank(end, 1))
    return channels


@shape_of("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
def _ranged_shape(c: InferenceContext, x: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    channels = _ends(c, x, ends)
    return [x if x.rank in (0, None) or not channels.rank else TensorShape([*x.as_list()[:-1], *channels.as_list()])]


@shape_of("FakeQuantWithMinMaxVarsGradient", "FakeQuantWithMinMaxVarsPerChannelGradient")
def _ranged_gradient_shape(
    c: InferenceContext, gradients: TensorShape, x: TensorShape, *ends: TensorShape
) -> list[TensorShape]:
    merged = gradients.merge_with(x)
    channels = _ends(c, merged, ends)
    return (
        [merged, channels, channels] if merged.rank is not None or not channels.rank else [UNKNOWN, channels, channels]
    )


@gradient_of("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
def _ranged_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    """Straight through inside the range; what lies outside moves its end."""
    attrs = {name: op.get_attr(name) for name in ("num_bits", "narrow_range")}
    x, low, high = op.inputs
    return getattr(raw_ops, f"{op.type}Gradient")(gradients=grad, inputs=x, min=low, max=high, **attrs)  # type: ignore[no-any-return]
