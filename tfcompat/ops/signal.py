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
    if known is None or x.shape.rank is None:
        raise NotImplementedError("Real Fourier transforms need an fft_length and a rank known in advance.")
    needed = known.tolist()
    if half:
        needed[-1] = needed[-1] // 2 + 1 if needed[-1] else 0
    sizes = x.shape.as_list()[-rank:]
    if None in sizes:
        raise NotImplementedError("Real Fourier transforms need inner sizes that are known in advance.")
    added = [max(0, want - have) for want, have in zip(needed, sizes, strict=True)]
    if not any(added):
        return x
    amounts = [[0, 0]] * (x.shape.rank - rank) + [[0, amount] for amount in added]
    return raw_ops.Pad(input=x, paddings=amounts, name="Pad")  # type: ignore[no-any-return]


def _default_lengths(x: Tensor, rank: int, inverse: bool) -> np.ndarray:
    sizes: list[Any] = x.shape.as_list()[-rank:] if x.shape.rank is not None else [None]
    if None in sizes:
        raise NotImplementedError("Real Fourier transforms need inner sizes that are known in advance.")
    if inverse:
        sizes[-1] = max(0, 2 * (sizes[-1] - 1))
    return np.array(sizes, np.int32)


def _publish(suffix: str, rank: int, inverse: bool) -> None:
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
                if lengths.shape.rank == 1 and lengths.shape.num_elements() == rank:
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
        NotImplementedError: lengths depend on what is fed.
    """
    tf_export(f"signal.{default}", f"spectral.{default}")(transform)


def _types(x: Tensor, inverse: bool) -> tuple[Any, Any]:
    double = x.dtype.base_dtype in (dtypes.float64, dtypes.complex128)
    wanted = (dtypes.float64, dtypes.complex128) if double else (dtypes.float32, dtypes.complex64)
    if x.dtype.base_dtype != wanted[1 if inverse else 0]:
        kind = "complex64 or complex128" if inverse else "float32 or float64"
        raise ValueError(f"The input must be {kind}, got: {x.dtype.base_dtype!r}")
    return wanted


for _suffix, _rank in (("", 1), ("2d", 2), ("3d", 3)):
    _publish(_suffix, _rank, False)
    _publish(_suffix, _rank, True)
