"""dropout, zero_fraction, grey-scale dilation and erosion."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, as_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.random_seed import get_seed
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.windows import check_attributes, slid_shape

# ---------------------------------------------------------------- dropout


@tf_export("nn.dropout")
def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """Sets each element to 0 with probability `rate` and multiplies the others by 1 / (1 - rate).

    Args:
        x: a float type.
        keep_prob: deprecated: 1 - rate.
        noise_shape: shape of the random choice, which broadcasts to that of `x`; its own by default.
        seed: operation seed.
        name: name of the scope.
        rate: number in [0, 1), or a scalar tensor of the type of `x`.

    Raises:
        ValueError: no rate, one out of range, or `x` is no float.
    """
    if keep_prob is not None and not isinstance(keep_prob, (Tensor, numbers.Real)) and not hasattr(keep_prob, "dtype"):
        raise ValueError(f"`keep_prob` must be a floating point number or Tensor. Received: keep_prob={keep_prob}")
    rate = one_of("rate", rate, "keep_prob", None if keep_prob is None else 1.0 - keep_prob)
    if rate is None:
        raise ValueError(f"`rate` must be provided. Received: rate={rate}")

    def uniform(shape: Any, dtype: Any) -> Tensor:
        return PUBLIC["random.uniform"](shape=shape, seed=seed, dtype=dtype)

    return _dropout(x, rate, noise_shape, uniform, name, "dropout", lambda: get_seed(seed))


@tf_export("nn.experimental.general_dropout")
def general_dropout(
    x: Any, rate: Any, uniform_sampler: Callable[..., Tensor], noise_shape: Any = None, name: str | None = None
) -> Tensor:
    """`dropout` whose random numbers in [0, 1) come from `uniform_sampler(shape=..., dtype=...)`."""
    return _dropout(x, rate, noise_shape, uniform_sampler, name, "general_dropout")


@tf_export("nn.experimental.stateless_dropout")
def stateless_dropout(
    x: Any, rate: Any, seed: Any, rng_alg: Any = None, noise_shape: Any = None, name: str | None = None
) -> Tensor:
    """`dropout` whose random numbers follow from `seed`, two integers, alone.

    Args:
        x: a float type.
        rate: number in [0, 1), or a scalar tensor of the type of `x`.
        seed: int32 or int64 of shape [2].
        rng_alg: algorithm, "auto_select" by default.
        noise_shape: shape of the random choice, which broadcasts to that of `x`; its own by default.
        name: name of the scope.
    """

    def uniform(shape: Any, dtype: Any) -> Tensor:
        alg = "auto_select" if rng_alg is None else rng_alg
        return PUBLIC["random.stateless_uniform"](shape=shape, seed=seed, dtype=dtype, alg=alg)

    return _dropout(x, rate, noise_shape, uniform, name, "stateless_dropout")


def _dropout(
    x: Any,
    rate: Any,
    noise_shape: Any,
    uniform: Callable[..., Tensor],
    name: str | None,
    default_name: str,
    take_seed: Callable[[], Any] = lambda: None,
) -> Tensor:
    with name_scope(name, default_name, [x]):
        is_number = isinstance(rate, numbers.Real)
        if is_number and not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
        x = convert_to_tensor(x, name="x")
        dtype = x.dtype.base_dtype
        if not dtype.is_floating:
            raise ValueError(
                f"`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype={x.dtype!r}"
            )
        if is_number and rate == 0:
            take_seed()
            return x
        if is_number:
            scaled = raw_ops.Mul(x=x, y=constant(1 / (1 - rate), dtype))
        elif hasattr(rate, "dtype") and not isinstance(rate, numbers.Number):
            rate = convert_to_tensor(rate)
            rate.shape.assert_has_rank(0)
            if not rate.dtype.is_compatible_with(dtype):
                raise ValueError(
                    "`x.dtype` must be compatible with `rate.dtype`. "
                    f"Received: x.dtype={x.dtype!r} and rate.dtype={rate.dtype!r}"
                )
            scaled = raw_ops.RealDiv(x=x, y=raw_ops.Sub(x=constant(1, dtype), y=rate))
        else:
            raise ValueError(f"`rate` must be a scalar or scalar tensor. Received: rate={rate}")
        kept = raw_ops.GreaterEqual(x=uniform(shape=_noise_shape(x, noise_shape), dtype=dtype), y=rate)
        result = raw_ops.SelectV2(condition=kept, t=scaled, e=constant(0, dtype))
        result.set_shape(x.shape)
        return result


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    """The shape of the random choice; unknown sizes of `noise_shape` are those of `x`."""
    if noise_shape is None:
        return shape(x)
    try:
        given = as_shape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.shape.tuple is not None and given.tuple is not None and len(x.shape.tuple) == len(given.tuple):
        pairs = zip(x.shape.tuple, given.tuple, strict=True)
        return TensorShape([own if wanted is None else wanted for own, wanted in pairs])
    return noise_shape


# ---------------------------------------------------------------- fractions


@tf_export("nn.zero_fraction", "math.zero_fraction")
def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """The share of zeros among the elements of `value`, a float32 scalar; NaN when there are no elements."""
    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        from tfcompat.ops.array import size

        count = size(value, out_type=dtypes.int64)
        nonzero = PUBLIC["cond"](
            count <= dtypes.int32.max,  # type: ignore[operator]
            true_fn=lambda: cast(_count_nonzero(value, dtypes.int32), dtypes.int64),
            false_fn=lambda: _count_nonzero(value, dtypes.int64),
        )
        with name_scope("counts_to_fraction"):
            zeros = cast(count - nonzero, dtypes.float32)
            fraction = zeros / cast(count, dtypes.float32)
        return raw_ops.Identity(input=fraction, name="fraction")


def _count_nonzero(x: Tensor, dtype: Any) -> Tensor:
    from tfcompat.ops.reduction import reduce_sum

    with name_scope("count_nonzero", values=[x]):
        zero = PUBLIC["zeros"]([], dtype=x.dtype)
        return reduce_sum(cast(PUBLIC["not_equal"](x, zero), dtype), name="nonzero_count")


# ---------------------------------------------------------------- grey-scale morphology


@tf_export("nn.dilation2d")
def dilation2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """out[b, y, x, c] = max over dy, dx of input[b, s * y + r * dy, s * x + r * dx, c] + filter[dy, dx, c].

    Args:
        input: `[batch, height, width, channels]`, a real type.
        filter: `[height, width, channels]`.
        strides: four numbers.
        rates: four numbers.
        padding: "SAME" or "VALID".
        name: name of the operation.
        filters: alias of `filter`.
        dilations: alias of `rates`.
    """
    filter = one_of("filter", filter, "filters", filters)
    rates = one_of("rates", rates, "dilations", dilations)
    return raw_ops.Dilation2D(input=input, filter=filter, strides=strides, rates=rates, padding=padding, name=name)


@tf_export("nn.erosion2d")
def erosion2d(
    value: Any, kernel: Any, strides: Sequence[int], rates: Sequence[int], padding: str, name: str | None = None
) -> Tensor:
    """The dual of `dilation2d`: out = min over dy, dx of value[...] - kernel[...]."""
    with name_scope(name, "erosion2d", [value, kernel]) as scope:
        inverted = raw_ops.Neg(x=value)
        mirrored = raw_ops.ReverseV2(tensor=kernel, axis=[0, 1])
        grown = raw_ops.Dilation2D(
            input=inverted, filter=mirrored, strides=strides, rates=rates, padding=padding, name=scope
        )
        return raw_ops.Neg(x=grown)


@shape_of("Dilation2D")
def _dilation_shape(c: InferenceContext, x: TensorShape, filter: TensorShape) -> list[TensorShape]:
    dims = exact_rank(x, 4).tuple or (None,) * 4
    height, width, depth = exact_rank(filter, 3).tuple or (None,) * 3
    check_attributes(c, 4, ("strides", "rates"))
    channels = merge_dims(dims[3], depth)
    if None in (dims[1], dims[2], height, width):
        return [TensorShape.of((None, None, None, channels))]
    return [slid_shape(c, x, 4, [1, height, width, 1], channels, c.attr("rates"))]


@shape_of("Dilation2DBackpropInput")
def _dilation_input_shape(c: InferenceContext, x: TensorShape, *shapes: TensorShape) -> list[TensorShape]:
    return [x]


@shape_of("Dilation2DBackpropFilter")
def _dilation_filter_shape(
    c: InferenceContext, x: TensorShape, filter: TensorShape, *shapes: TensorShape
) -> list[TensorShape]:
    return [filter]


@gradient_of("Dilation2D")
def _dilation_gradient(op: Operation, grad: Tensor) -> tuple[Any, Any]:
    inputs = {"input": op.inputs[0], "filter": op.inputs[1], "out_backprop": grad}
    attrs = {k: op.attrs[k] for k in ("strides", "rates", "padding")}
    return raw_ops.Dilation2DBackpropInput(**inputs, **attrs), raw_ops.Dilation2DBackpropFilter(**inputs, **attrs)
