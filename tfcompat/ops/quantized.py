"""Quantized numbers: integers that stand for the numbers of a range."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import exact_rank


@tf_export("quantization.quantize", "quantize")
def quantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
    ensure_minimum_range: float = 0.01,
) -> Any:
    """`input` as integers that stand for the numbers of a range.

    Args:
        input: float32.
        min_range: lower end of the range, a scalar, or one for each index of `axis`.
        max_range: its upper end.
        T: qint8, quint8, qint16, quint16 or qint32.
        mode: "MIN_COMBINED", "MIN_FIRST" or "SCALED", how integers and numbers belong together; 0 is 0 in "SCALED".
        round_mode: "HALF_AWAY_FROM_ZERO", or "HALF_TO_EVEN" in the mode "SCALED".
        name: name of the operation.
        narrow_range: whether the least integer is not used, in the mode "SCALED".
        axis: axis along which ranges differ; None for one range.
        ensure_minimum_range: how far apart the ends are at least, as a part of their magnitude.

    Returns:
        (output of type `T`, output_min, output_max): the range that is used, which has 0 in it.
    """
    axis = -1 if axis is None else axis
    return raw_ops.QuantizeV2(
        input=input,
        min_range=min_range,
        max_range=max_range,
        T=T,
        mode=mode,
        round_mode=round_mode,
        name=name,
        narrow_range=narrow_range,
        axis=axis,
        ensure_minimum_range=ensure_minimum_range,
    )


@tf_export("quantize_v2")
def quantize_v2(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    narrow_range: bool = False,
    axis: int | None = None,
    ensure_minimum_range: float = 0.01,
) -> Any:
    """Older form of `quantize`, with another order of arguments."""
    return quantize(input, min_range, max_range, T, mode, round_mode, name, narrow_range, axis, ensure_minimum_range)


@tf_export("quantization.dequantize", "dequantize")
def dequantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    axis: int | None = None,
    narrow_range: bool = False,
    dtype: Any = dtypes.float32,
) -> Tensor:
    """The numbers that the integers `input` stand for; arguments as for `quantize`.

    Returns:
        float32 or bfloat16, as `dtype` says, of the shape of `input`.
    """
    axis = -1 if axis is None else axis
    if (axis >= 0 or narrow_range) and mode != "SCALED":
        input = convert_to_tensor(input)
    return raw_ops.Dequantize(  # type: ignore[no-any-return]
        input=input,
        min_range=min_range,
        max_range=max_range,
        mode=mode,
        name=name,
        narrow_range=narrow_range,
        axis=axis,
        dtype=dtypes.as_dtype(dtype),
    )


def _there_and_back(op_type: str, input: Any, input_min: Any, input_max: Any, axis: int | None, **attrs: Any) -> Tensor:
    return getattr(raw_ops, op_type)(  # type: ignore[no-any-return]
        input=input, input_min=input_min, input_max=input_max, axis=-1 if axis is None else axis, **attrs
    )


@tf_export("quantization.quantize_and_dequantize")
def quantize_and_dequantize(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """`input` rounded to the numbers that integers of `num_bits` times a step can stand for.

    Args:
        input: floating-point tensor.
        input_min: lower end of the range, used if `range_given`.
        input_max: its upper end.
        signed_input: whether negative numbers count.
        num_bits: bits of the integers.
        range_given: whether the range is given; else it is that of the values.
        round_mode: "HALF_TO_EVEN" or "HALF_UP".
        name: name of the operation.
        narrow_range: whether the least integer is not used.
        axis: axis along which ranges differ; None for one range.

    Returns:
        Same type and shape as `input`; gradients pass straight through.
    """
    return _there_and_back(
        "QuantizeAndDequantizeV2", input, input_min, input_max, axis, signed_input=signed_input, num_bits=num_bits,
        range_given=range_given, round_mode=round_mode, narrow_range=narrow_range, name=name)  # fmt: skip


@tf_export("quantization.quantize_and_dequantize_v2")
def quantize_and_dequantize_v2(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """As `quantize_and_dequantize`; gradients stop outside the range."""
    return _there_and_back(
        "QuantizeAndDequantizeV4", input, input_min, input_max, axis, signed_input=signed_input, num_bits=num_bits,
        range_given=range_given, round_mode=round_mode, narrow_range=narrow_range, name=name)  # fmt: skip


# ---------------------------------------------------------------- gradients


@gradient_of("QuantizeAndDequantize", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3")
def _straight_through(op: Operation, grad: Tensor) -> list[Any]:
    return [grad, *[None] * (len(op.inputs) - 1)]


@gradient_of("QuantizeAndDequantizeV4")
def _stopped_outside(op: Operation, grad: Tensor) -> list[Any]:
    x, low, high = op.inputs
    results = raw_ops.QuantizeAndDequantizeV4Grad(
        gradients=grad, input=x, input_min=low, input_max=high, axis=op.get_attr("axis")
    )
    return list(results)


@gradient_of("QuantizeAndDequantizeV4Grad")
def _second_gradient(op: Operation, grad: Tensor, *rest: Any) -> list[Any]:
    return [grad, None, None, None]


# ---------------------------------------------------------------- shapes

_SCALAR = TensorShape([])


def _end_shape(c: InferenceContext, x: TensorShape, end: TensorShape) -> TensorShape:
    axis = c.attr("axis")
    if axis == -1:
        return end if end.rank == 0 else _SCALAR
    return TensorShape([None if x.rank is None else x.as_list()[axis]])


@shape_of("QuantizeV2")
def _quantized_shape(c: InferenceContext, x: TensorShape, low: TensorShape, high: TensorShape) -> list[TensorShape]:
    return [x, _end_shape(c, x, low), _end_shape(c, x, high)]


@shape_of("Dequantize", "QuantizeAndDequantize", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3",
          "QuantizeAndDequantizeV4")  # fmt: skip
def _same_shape(c: InferenceContext, x: TensorShape, *rest: TensorShape) -> list[TensorShape]:
    return [x]


@shape_of("QuantizeAndDequantizeV4Grad")
def _gradient_shape(
    c: InferenceContext, grad: TensorShape, x: TensorShape, low: TensorShape, high: TensorShape
) -> list[TensorShape]:
    return [x, low, high]


@shape_of("QuantizedRelu", "QuantizedRelu6", "Requantize", "QuantizeDownAndShrinkRange")
def _with_range(c: InferenceContext, x: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    for end in ends:
        exact_rank(end, 0)
    return [x, _SCALAR, _SCALAR]


@shape_of("RequantizationRange")
def _range_shape(c: InferenceContext, x: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    return [_SCALAR, _SCALAR]


@shape_of("QuantizedMatMul")
def _matmul_shape(c: InferenceContext, a: TensorShape, b: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    left, right = exact_rank(a, 2).as_list(), exact_rank(b, 2).as_list()
    left, right = (left[::-1] if c.attr("transpose_a") else left), (right[::-1] if c.attr("transpose_b") else right)
    if None not in (left[1], right[0]) and left[1] != right[0]:
        raise ValueError(f"Dimensions must be equal, but are {left[1]} and {right[0]}")
    return [TensorShape([left[0], right[1]]), _SCALAR, _SCALAR]


def _window_sizes(c: InferenceContext, sizes: list[int | None], windows: list[int | None]) -> list[int | None]:
    found: list[int | None] = []
    for size, window, stride in zip(sizes, windows, c.attr("strides")[1:3], strict=True):
        if size is None or window is None:
            found.append(None)
        else:
            same = c.attr("padding") == b"SAME"
            found.append(-(-size // stride) if same else max(0, -(-(size - window + 1) // stride)))
    return found


@shape_of("QuantizedConv2D")
def _conv_shape(c: InferenceContext, x: TensorShape, w: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    batch, *sizes, _ = exact_rank(x, 4).as_list()
    *windows, _, depth = exact_rank(w, 4).as_list()
    return [TensorShape([batch, *_window_sizes(c, sizes, windows), depth]), _SCALAR, _SCALAR]


@shape_of("QuantizedMaxPool", "QuantizedAvgPool")
def _pool_shape(c: InferenceContext, x: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    batch, *sizes, depth = exact_rank(x, 4).as_list()
    return [TensorShape([batch, *_window_sizes(c, sizes, c.attr("ksize")[1:3]), depth]), _SCALAR, _SCALAR]


@shape_of("QuantizedMul")
def _mul_shape(c: InferenceContext, x: TensorShape, y: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    if x.rank is None or y.rank is None:
        return [UNKNOWN, _SCALAR, _SCALAR]
    if x.rank == 0 or y.rank == 0 or x.as_list() == y.as_list():
        return [y if x.rank == 0 else x, _SCALAR, _SCALAR]
    return [UNKNOWN, _SCALAR, _SCALAR]


@shape_of("QuantizedReshape")
def _reshape_shape(c: InferenceContext, x: TensorShape, shape: TensorShape, *ends: TensorShape) -> list[TensorShape]:
    return [c.shape_value(1), _SCALAR, _SCALAR]
