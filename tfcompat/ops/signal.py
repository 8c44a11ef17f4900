"""Discrete Fourier transforms over the innermost axes, of complex and of real tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES, InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import rank as array_rank
from tfcompat.ops.array import shape as array_shape
from tfcompat.ops.complex import real
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones_like, zeros, zeros_like
from tfcompat.ops.masks import where
from tfcompat.ops.packing import stack
from tfcompat.ops.sequences import range as sequence
from tfcompat.ops.shape_checks import at_least_rank, exact_rank

_RANKS = {"": 1, "2D": 2, "3D": 3}


def _rank_of(op_type: str) -> int:
    return _RANKS[op_type.partition("FFT")[2]]


@shape_of("FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D")
def _complex_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [at_least_rank(x, _rank_of(c.op.type))]


@shape_of("RFFT", "RFFT2D", "RFFT3D", "IRFFT", "IRFFT2D", "IRFFT3D")
def _real_shape(c: InferenceContext, x: TensorShape, lengths: TensorShape) -> list[TensorShape]:
    rank = _rank_of(c.op.type)
    at_least_rank(x, rank)
    count = exact_rank(lengths, 1).as_list()[0]
    if count is not None and count != rank:
        raise ValueError(f"Dimension must be {rank} but is {count}")
    if x.rank is None:
        return [UNKNOWN]
    known = c.value(1)
    sizes: list[int | None] = [None] * rank if known is None else known.tolist()
    if c.op.type.startswith("R") and sizes[-1]:
        sizes[-1] = sizes[-1] // 2 + 1
    return [TensorShape.of((*x.as_list()[: x.rank - rank], *sizes))]


def _samples(x: Tensor, rank: int) -> Tensor:
    """How many samples one transform has, in the type of `x`."""
    shape = raw_ops.Shape(input=x)
    inner = raw_ops.StridedSlice(input=shape, begin=[-rank], end=[0], strides=[1], end_mask=1)
    return raw_ops.Cast(x=raw_ops.Prod(input=inner, axis=[0]), DstT=x.dtype.real_dtype)  # type: ignore[no-any-return]


def _as_complex(real: Tensor, dtype: Any) -> Tensor:
    return raw_ops.Complex(real=real, imag=raw_ops.ZerosLike(x=real), Tout=dtype)  # type: ignore[no-any-return]


@gradient_of("FFT", "FFT2D", "FFT3D")
def _forward_gradient(op: Operation, grad: Tensor) -> Tensor:
    scale = _as_complex(_samples(grad, _rank_of(op.type)), grad.dtype)
    return getattr(raw_ops, f"I{op.type}")(input=grad) * scale  # type: ignore[no-any-return]


@gradient_of("IFFT", "IFFT2D", "IFFT3D")
def _inverse_gradient(op: Operation, grad: Tensor) -> Tensor:
    scale = _as_complex(1 / _samples(grad, _rank_of(op.type)), grad.dtype)
    return getattr(raw_ops, op.type[1:])(input=grad) * scale  # type: ignore[no-any-return]


def _padded(x: Tensor, rank: int, lengths: Any, half: bool) -> Tensor:
    """`x` with zeros after its innermost axes where a transform needs more samples than there are."""
    known = GRAPH_VALUES.constant(lengths)
    needed: list[Any] = [None] * rank if known is None else known.tolist()
    if half and needed[-1] is not None:
        needed[-1] = needed[-1] // 2 + 1 if needed[-1] else 0
    sizes = x.shape.as_list()[-rank:] if x.shape.rank is not None else [None] * rank
    if x.shape.rank is not None and None not in needed and None not in sizes:
        added = [max(0, want - have) for want, have in zip(needed, sizes, strict=True)]
        if not any(added):
            return x
        amounts = [[0, 0]] * (x.shape.rank - rank) + [[0, amount] for amount in added]
        return raw_ops.Pad(input=x, paddings=amounts, name="Pad")  # type: ignore[no-any-return]
    wanted = lengths
    if half:
        last = lengths[-1:]
        wanted = concat([lengths[:-1], where(last > 0, last // 2 + 1, last)], 0)
    missing = raw_ops.Maximum(x=0, y=wanted - array_shape(x)[-rank:])
    after = concat([zeros([array_rank(x) - rank], dtypes.int32), missing], 0)
    padded: Tensor = raw_ops.Pad(input=x, paddings=stack([zeros_like(after), after], 1))
    if x.shape.rank is not None:
        padded.set_shape([*x.shape.as_list()[:-rank], *[None] * rank])
    return padded


def _default_lengths(x: Tensor, rank: int, inverse: bool) -> Any:
    sizes: list[Any] = x.shape.as_list()[-rank:] if x.shape.rank is not None else [None]
    if None not in sizes:
        if inverse:
            sizes[-1] = max(0, 2 * (sizes[-1] - 1))
        return np.array(sizes, np.int32)
    inner = array_shape(x)[-rank:]
    if not inverse:
        return inner
    return concat([inner[:-1], raw_ops.Maximum(x=0, y=2 * (inner[-1:] - 1))], 0)


# ---------------------------------------------------------------- gradients of real transforms


def _sample_count(lengths: Tensor, dtype: Any) -> Tensor:
    return raw_ops.Cast(x=raw_ops.Prod(input=lengths, axis=[0]), DstT=dtype)  # type: ignore[no-any-return]


def _fitted(x: Tensor, rank: int, sizes: Tensor) -> Tensor:
    """`x` cut or filled with zeros to `sizes` along its innermost axes."""
    own = array_shape(x)
    kept = raw_ops.Minimum(x=own[-rank:], y=sizes)
    cut = raw_ops.Slice(input=x, begin=zeros_like(own), size=concat([own[:-rank], kept], 0))
    after = concat([zeros_like(own[:-rank]), sizes - kept], 0)
    return raw_ops.Pad(input=cut, paddings=stack([zeros_like(after), after], 1))  # type: ignore[no-any-return]


@gradient_of("RFFT", "RFFT2D")
def _real_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """The real part of the inverse of the given half of the spectrum, times the number of samples."""
    rank, lengths = _rank_of(op.type), op.inputs[1]
    whole = concat([array_shape(grad)[-rank:-1], lengths[-1:]], 0)
    spectrum = _fitted(grad, rank, whole)
    samples = real(getattr(raw_ops, f"I{op.type[1:]}")(input=spectrum))
    result = _fitted(samples * _sample_count(lengths, samples.dtype), rank, array_shape(op.inputs[0])[-rank:])
    result.set_shape(op.inputs[0].shape)
    return [result, None]


@gradient_of("IRFFT", "IRFFT2D")
def _real_inverse_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """The half spectrum of the gradient; all but the first and, of even lengths, the last value count twice."""
    rank, lengths = _rank_of(op.type), op.inputs[1]
    spectrum = getattr(raw_ops, op.type[1:])(input=grad, fft_length=lengths, Tcomplex=op.inputs[0].dtype)
    last = lengths[-1]
    places = sequence(last // 2 + 1)
    alone = raw_ops.LogicalOr(x=raw_ops.Equal(x=places, y=0), y=raw_ops.Equal(x=places * 2, y=last))
    one = ones_like(places)
    weights = raw_ops.Cast(x=where(alone, one, one * 2), DstT=grad.dtype) / _sample_count(lengths, grad.dtype)
    result = _fitted(spectrum * raw_ops.Cast(x=weights, DstT=spectrum.dtype), rank, array_shape(op.inputs[0])[-rank:])
    result.set_shape(op.inputs[0].shape)
    return [result, None]


def _publish(suffix: str, rank: int, inverse: bool) -> Any:
    op_type = ("IRFFT" if inverse else "RFFT") + suffix.upper()
    default = op_type.lower()

    def transform(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
        with name_scope(name, default, [input_tensor, fft_length]) as scope:
            x = convert_to_tensor(input_tensor, preferred_dtype=dtypes.complex64 if inverse else dtypes.float32)
            real, complexes = _types(x, inverse)
            if x.shape.rank is not None and x.shape.rank < rank:
                raise ValueError(f"Shape {x.shape} must have rank at least {rank}")
            if fft_length is None:
                lengths = convert_to_tensor(_default_lengths(x, rank, inverse))
            else:
                lengths = convert_to_tensor(fft_length, dtypes.int32)
                if lengths.shape.rank not in (1, None):
                    raise ValueError(f"Shape {lengths.shape} must have rank 1")
                if lengths.shape.num_elements() in (rank, None):
                    x = _padded(x, rank, lengths, inverse)
            attrs = {"Treal": real} if inverse else {"Tcomplex": complexes}
            known = GRAPH_VALUES.constant(lengths)
            return getattr(raw_ops, op_type)(  # type: ignore[no-any-return]
                input=x, fft_length=lengths if known is None else known, name=scope, **attrs
            )

    transform.__name__ = transform.__qualname__ = default
    transform.__doc__ = f"""The {"inverse of the " if inverse else ""}transform of real samples, over {rank} axes.

    The innermost axis of the spectrum has `fft_length[-1] // 2 + 1` values. `fft_length` holds {rank} int32 lengths, by
    default those of the input; a longer transform pads with zeros, a shorter one leaves out the rest.

    Raises:
        ValueError: the rank is too low, or `fft_length` has another size.
    """
    return tf_export(f"signal.{default}", f"spectral.{default}")(transform)


def _types(x: Tensor, inverse: bool) -> tuple[Any, Any]:
    double = x.dtype.base_dtype in (dtypes.float64, dtypes.complex128)
    wanted = (dtypes.float64, dtypes.complex128) if double else (dtypes.float32, dtypes.complex64)
    if x.dtype.base_dtype != wanted[1 if inverse else 0]:
        kind = "complex64 or complex128" if inverse else "float32 or float64"
        raise ValueError(f"The input must be {kind}, got: {x.dtype.base_dtype!r}")
    return wanted


rfft, irfft = _publish("", 1, False), _publish("", 1, True)
rfft2d, irfft2d = _publish("2d", 2, False), _publish("2d", 2, True)
rfft3d, irfft3d = _publish("3d", 3, False), _publish("3d", 3, True)
