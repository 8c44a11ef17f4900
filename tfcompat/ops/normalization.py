"""Moments and normalisation: batch, local response, length."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import rank, shape, squeeze
from tfcompat.ops.cast import cast
from tfcompat.ops.filling import zeros_like
from tfcompat.ops.gather import gather
from tfcompat.ops.reduction import reduce_mean, reduce_prod, reduce_sum
from tfcompat.ops.shape_checks import exact_rank

_Moments = tuple[Tensor, Tensor]


@tf_export("nn.moments")
def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> _Moments:
    """Mean and (biased) variance along `axes`.

    Args:
        x: a float or complex type; float16 is computed in float32.
        axes: ints.
        shift: not used.
        name: name of the scope.
        keep_dims: deprecated alias of `keepdims`.
        keepdims: whether the axes stay with size 1.

    Returns:
        (mean, variance).
    """
    keep = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "moments", [x, axes]):
        half = getattr(x, "dtype", None) in (dtypes.float16, np.float16)
        y = cast(x, dtypes.float32) if half else x
        mean = reduce_mean(y, axes, keepdims=True, name="mean")
        difference = raw_ops.SquaredDifference(x=y, y=raw_ops.StopGradient(input=mean))
        variance = reduce_mean(difference, axes, keepdims=True, name="variance")
        return _finished(mean, variance, axes, keep, half)


def _finished(mean: Tensor, variance: Tensor, axes: Any, keep: bool, half: bool) -> _Moments:
    if not keep:
        mean, variance = squeeze(mean, axes), squeeze(variance, axes)
    if half:
        return cast(mean, dtypes.float16), cast(variance, dtypes.float16)
    return mean, variance


@tf_export("nn.weighted_moments")
def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> _Moments:
    """Mean and variance along `axes` of elements that count `frequency_weights` times (broadcast to `x`)."""
    keep = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        half = x.dtype.base_dtype is dtypes.float16
        if half:
            x = cast(x, dtypes.float32)
        if weights.dtype.base_dtype is not x.dtype.base_dtype:
            weights = cast(weights, x.dtype)
        total = reduce_sum(weights * x, axes, name="weighted_input_sum", keepdims=True)  # type: ignore[operator]
        broadcast = weights + zeros_like(x)  # type: ignore[operator]
        count = reduce_sum(broadcast, axes, name="sum_of_weights", keepdims=True)
        mean = raw_ops.DivNoNan(x=total, y=count, name="div_no_nan")
        difference = raw_ops.SquaredDifference(x=x, y=mean)
        spread = reduce_sum(weights * difference, axes, name="weighted_distsq", keepdims=True)
        return _finished(mean, raw_ops.DivNoNan(x=spread, y=count, name="div_no_nan"), axes, keep, half)


@tf_export("nn.sufficient_statistics")
def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """(count, sum of x - shift, sum of (x - shift) ** 2, shift) along `axes`; `shift` is 0 when None."""
    keep = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    axes = list(set(axes))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        dims = x.shape.tuple
        if dims is not None and all(dims[a] is not None for a in axes):
            count = constant(int(np.prod([dims[a] for a in axes])), dtype=x.dtype)
        else:
            size = rank(x)
            positive = [a + size if a < 0 else a for a in axes]
            sizes = gather(cast(shape(x), x.dtype), positive)
            count = reduce_prod(sizes, name="count")
        if shift is not None:
            shift = convert_to_tensor(shift, name="shift")
            first = raw_ops.Sub(x=x, y=shift)
            second = raw_ops.SquaredDifference(x=x, y=shift)
        else:
            first, second = x, raw_ops.Square(x=x)
        first = reduce_sum(first, axes, keepdims=keep, name="mean_ss")
        second = reduce_sum(second, axes, keepdims=keep, name="var_ss")
    return count, first, second, shift


@tf_export("nn.normalize_moments")
def normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None) -> _Moments:
    """Mean and variance from what `sufficient_statistics` gives."""
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = raw_ops.Reciprocal(x=counts, name="divisor")
        if shift is not None:
            shifted = raw_ops.Mul(x=mean_ss, y=divisor, name="shifted_mean")
            mean = raw_ops.AddV2(x=shifted, y=shift, name="mean")
        else:
            shifted = mean = raw_ops.Mul(x=mean_ss, y=divisor, name="mean")
        variance = raw_ops.Sub(x=raw_ops.Mul(x=variance_ss, y=divisor), y=raw_ops.Square(x=shifted), name="variance")
    return mean, variance


@tf_export("nn.batch_normalization")
def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any, name: str | None = None
) -> Tensor:
    """scale * (x - mean) / sqrt(variance + variance_epsilon) + offset, all broadcast to `x`.

    Args:
        x: a float type.
        mean, variance: moments.
        offset: added at the end, or None.
        scale: factor, or None.
        variance_epsilon: small number against division by zero.
        name: name of the scope.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        factor = raw_ops.Rsqrt(x=variance + variance_epsilon)
        if scale is not None:
            factor = factor * scale
        scaled = x * cast(factor, x.dtype)
        remainder = offset - mean * factor if offset is not None else -mean * factor
        return scaled + cast(remainder, x.dtype)


@tf_export("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """`batch_normalization` with offset `beta`, and scale `gamma` if `scale_after_normalization`."""
    t, m = one_of("input", input, "t", t), one_of("mean", mean, "m", m)
    return batch_normalization(
        t,
        m,
        one_of("variance", variance, "v", v),
        beta,
        gamma if scale_after_normalization else None,
        variance_epsilon,
        name,
    )


@tf_export("nn.fused_batch_norm")
def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalisation over all dimensions but the channels.

    Args:
        x: rank 4 (5 for NDHWC); float16, bfloat16 or float32.
        scale: `[channels]`, float32.
        offset: `[channels]`, float32.
        mean: `[channels]`, the mean to use when not training, or to average with.
        variance: the same for the variance.
        epsilon: added to the variance.
        data_format: "NHWC", "NCHW", "NDHWC" or "NCDHW".
        is_training: whether the moments of `x` are used, rather than `mean` and `variance`.
        name: name of the operation.
        exponential_avg_factor: weight of the moments of `x` in those returned; the rest is what is given.

    Returns:
        (y, mean, variance); in training the variance is the unbiased one.

    Raises:
        ValueError: moments are needed and not given.
    """
    if (not is_training or exponential_avg_factor != 1.0) and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or "
            f"`exponential_avg_factor` != 1.0. Received: `mean` {mean!r} and `variance` {variance!r}"
        )
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    mean = constant([]) if mean is None else mean
    variance = constant([]) if variance is None else variance
    outputs = raw_ops.FusedBatchNormV3(
        x=x,
        scale=scale,
        offset=offset,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
        name=name,
    )
    return outputs[0], outputs[1], outputs[2]


@tf_export("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize")
def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None) -> Tensor:
    """x / sqrt(max(sum(|x| ** 2, axis), epsilon)); `axis` None means all dimensions, `dim` is its deprecated alias."""
    axis = one_of("axis", axis, "dim", dim)
    with name_scope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return _complex_l2_normalize(x, axis, epsilon, scope)
        total = reduce_sum(raw_ops.Square(x=x), axis, keepdims=True)
        inverse = raw_ops.Rsqrt(x=raw_ops.Maximum(x=total, y=epsilon))
        return raw_ops.Mul(x=x, y=inverse, name=scope)


def _complex_l2_normalize(x: Tensor, axis: Any, epsilon: float, scope: str) -> Tensor:
    from tfcompat.ops.complex import imag, real

    squares = raw_ops.Square(x=real(x)) + raw_ops.Square(x=imag(x))
    total = real(reduce_sum(squares, axis, keepdims=True))
    inverse = raw_ops.Rsqrt(x=raw_ops.Maximum(x=total, y=epsilon))
    parts = [raw_ops.Mul(x=part(x), y=inverse) for part in (real, imag)]
    return raw_ops.Complex(real=parts[0], imag=parts[1], Tout=x.dtype.base_dtype, name=scope)


# ---------------------------------------------------------------- local response normalisation


@tf_export("nn.local_response_normalization")
def local_response_normalization(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5, name: str | None = None
) -> Tensor:
    """x / (bias + alpha * sum of x ** 2 over the channels at most `depth_radius` away) ** beta.

    Args:
        input: `[batch, height, width, channels]`; float16, bfloat16 or float32.
        depth_radius: half the window over the channels, without its middle.
        bias, alpha, beta: numbers of the formula.
        name: name of the operation.
    """
    return raw_ops.LRN(input=input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name)


export("nn.lrn", local_response_normalization)


@shape_of("LRN")
def _lrn_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [exact_rank(x, 4)]


@shape_of("LRNGrad")
def _lrn_grad_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    result = exact_rank(shapes[0], 4)
    for other in shapes[1:]:
        result = result.merge_with(exact_rank(other, 4))
    return [result]


@gradient_of("LRN")
def _lrn_gradient(op: Operation, grad: Tensor) -> Tensor:
    return raw_ops.LRNGrad(
        input_grads=grad,
        input_image=op.inputs[0],
        output_image=op.outputs[0],
        **{k: op.attrs[k] for k in ("depth_radius", "bias", "alpha", "beta")},
    )
