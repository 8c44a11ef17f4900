"""ONNX forms of discrete Fourier transforms.

A transform of known, moderate length that is no power of two is a product with the matrix of its roots of unity: for
those ONNX Runtime's DFT loses half of the digits of float32, and is slower. Powers of two use DFT as it is; the rest
use it in float64. Runs leave longer transforms to the host, which is several times faster there than DFT.
"""

from __future__ import annotations

import numpy as np

from converters import guards
from converters.builder import Builder, Value
from converters.complex_value import ComplexValue, pair
from converters.registry import NotConvertible, converts_complex
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation

_LARGEST_MATRIX = 1024
_LONGEST_IN_RUNS = 1024


def _axes(x: Value, op: Operation) -> list[int]:
    """The transformed axes, counted from the front."""
    digits = op.type.partition("FFT")[2]
    count = int(digits[0]) if digits else 1
    if x.rank < count:
        raise NotConvertible(f"a transform over {count} axes of a tensor of rank {x.rank}")
    return list(range(x.rank - count, x.rank))


def _by_matrix(length: int | None) -> bool:
    return length is not None and 0 < length <= _LARGEST_MATRIX and length & (length - 1) != 0


def _leave_to_host(b: Builder, length: int | None) -> None:
    if not b.for_export and (length is None or length > _LONGEST_IN_RUNS):
        raise NotConvertible("long transforms are faster on the host")


def _size(x: Value, axis: int) -> int | None:
    return None if x.shape is None else x.shape[axis]


def _with_last(b: Builder, x: Value, axis: int) -> Value:
    """`x` with `axis` and the last axis exchanged."""
    rank = x.rank
    if axis == rank - 1:
        return x
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    moved: Value = b.Transpose(x, perm=order)
    moved.shape = None if x.shape is None else tuple(x.shape[i] for i in order)
    return moved


def _halves(b: Builder, x: Value, count: int) -> list[Value]:
    """`x` cut into two along its last axis, each `count` long."""
    return b.Split(x, [count, count], axis=-1, outputs=2)  # type: ignore[no-any-return]


def _roots(rows: int, columns: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines of 2 pi j k / length for j < rows, k < columns."""
    turns = np.outer(np.arange(rows), np.arange(columns)) % length * (2 * np.pi / length)
    return np.cos(turns), np.sin(turns)


def _along(b: Builder, x: ComplexValue, axis: int, inverse: bool) -> ComplexValue:
    """The complex transform along one axis."""
    length, rank = _size(x, axis), x.real.rank
    if length == 0:
        raise NotConvertible("a transform of length 0")
    _leave_to_host(b, length)
    if not _by_matrix(length):
        return _by_operator(b, x, axis, length, inverse, rank)
    assert length is not None
    cos, sin = _roots(length, length, length)
    cos, sin = (cos / length, sin / length) if inverse else (cos, -sin)
    matrix = np.block([[cos, sin], [-sin, cos]]).astype(x.real.dtype.as_numpy_dtype)
    joined = b.Concat(_with_last(b, x.real, axis), _with_last(b, x.imag, axis), axis=-1)
    parts = _halves(b, b.MatMul(joined, b.const(matrix)), length)
    for part in parts:
        part.shape = _with_last(b, x.real, axis).shape if axis != rank - 1 else x.shape
    real, imag = (_with_last(b, part, axis) for part in parts)
    return pair(b, real, imag)


def _by_operator(b: Builder, x: ComplexValue, axis: int, length: int | None, inverse: bool, rank: int) -> ComplexValue:
    stacked = b.Concat(b.Unsqueeze(x.real, [rank]), b.Unsqueeze(x.imag, [rank]), axis=rank)
    spectrum = _dft(b, stacked, axis, length, inverse=int(inverse))
    real, imag = _unstacked(b, spectrum, rank)
    real.shape = imag.shape = x.shape
    return pair(b, real, imag)


def _dft(b: Builder, x: Value, axis: int, length: int | None, **attrs: int) -> Value:
    exact = length is not None and length & (length - 1) == 0
    running = x if exact else b.cast(x, dtypes.float64)
    spectrum = b.DFT(running, None, b.const(np.array(axis, np.int64)), **attrs)
    return b.cast(spectrum, x.dtype)


def _unstacked(b: Builder, x: Value, rank: int) -> tuple[Value, Value]:
    real, imag = b.Split(x, [1, 1], axis=rank, outputs=2)
    return b.Squeeze(real, [rank]), b.Squeeze(imag, [rank])


@converts_complex("FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D")
def _transform(b: Builder, op: Operation, x: ComplexValue) -> Value:
    for axis in _axes(x.real, op):
        x = _along(b, x, axis, op.type.startswith("I"))
    return x


# ---------------------------------------------------------------- real signals


def _cropped(b: Builder, parts: list[Value], axes: list[int], wanted: Value, half: bool) -> list[Value]:
    """`parts` cut to the samples that a transform of lengths `wanted` uses; the run fails where they are too few."""
    if wanted.const is not None:
        needed = [int(n) for n in wanted.const]
        if any(n <= 0 for n in needed) or len(needed) != len(axes):
            raise NotConvertible(f"transforms of the lengths {needed}")
        if half:
            needed[-1] = needed[-1] // 2 + 1
        sizes = [_size(parts[0], axis) for axis in axes]
        if any(s is not None and s < n for s, n in zip(sizes, needed, strict=True)):
            raise NotConvertible(f"the input has {sizes} samples, and {needed} are needed")
        if sizes == needed:
            return parts
        ends = b.const(needed)
    else:
        needed = [None] * len(axes)  # type: ignore[list-item]
        ends = b.int64(wanted)
        if half:
            last = np.arange(len(axes)) == len(axes) - 1
            ends = b.Where(b.const(last), b.Add(b.Div(ends, 2), 1), ends)
    enough = b.ReduceMin(b.LessOrEqual(ends, b.Shape(parts[0], start=axes[0])), keepdims=0)
    ends = guards.require(b, enough, ends)
    cut = [b.Slice(part, [0] * len(axes), ends, axes) for part in parts]
    for part in cut:
        part.shape = (*(parts[0].shape or ())[: axes[0]], *needed)
    return cut


def _length(wanted: Value, index: int) -> int | None:
    return None if wanted.const is None else int(wanted.const[index])


@converts_complex("RFFT", "RFFT2D", "RFFT3D")
def _real_transform(b: Builder, op: Operation, x: Value, wanted: Value) -> Value:
    axes = _axes(x, op)
    (x,) = _cropped(b, [x], axes, wanted, False)
    length = _length(wanted, -1)
    spectrum = _half_spectrum(b, x, length)
    spectrum.shape = (*(x.shape or ())[:-1], None if length is None else length // 2 + 1)
    for axis in axes[:-1]:
        spectrum = _along(b, spectrum, axis, False)
    return spectrum


def _half_spectrum(b: Builder, x: Value, length: int | None) -> ComplexValue:
    """The transform of real samples along the last axis, up to the middle."""
    rank = x.rank
    _leave_to_host(b, length)
    if not _by_matrix(length):
        spectrum = _dft(b, b.Unsqueeze(x, [rank]), rank - 1, length, onesided=1)
        return pair(b, *_unstacked(b, spectrum, rank))
    assert length is not None
    cos, sin = _roots(length, length // 2 + 1, length)
    matrix = np.concatenate([cos, -sin], 1).astype(x.dtype.as_numpy_dtype)
    return pair(b, *_halves(b, b.MatMul(x, b.const(matrix)), length // 2 + 1))


@converts_complex("IRFFT", "IRFFT2D", "IRFFT3D")
def _real_inverse(b: Builder, op: Operation, x: ComplexValue, wanted: Value) -> Value:
    axes = _axes(x.real, op)
    x = pair(b, *_cropped(b, [x.real, x.imag], axes, wanted, True))
    for axis in axes[:-1]:
        x = _along(b, x, axis, True)
    length = _length(wanted, -1)
    _leave_to_host(b, length)
    if _by_matrix(length):
        assert length is not None
        cos, sin = _roots(length // 2 + 1, length, length)
        weights = np.full((length // 2 + 1, 1), 2 / length)
        weights[0] = 1 / length
        if length % 2 == 0:
            weights[-1] = 1 / length
        matrix = np.concatenate([weights * cos, -weights * sin]).astype(x.real.dtype.as_numpy_dtype)
        return b.MatMul(b.Concat(x.real, x.imag, axis=-1), b.const(matrix))  # type: ignore[no-any-return]
    whole = _mirrored(b, x, wanted)
    return _by_operator(b, whole, axes[-1], length, True, x.real.rank).real


def _mirrored(b: Builder, x: ComplexValue, wanted: Value) -> ComplexValue:
    """The whole spectrum of a real signal from its first half: value n - k is the conjugate of value k."""
    last = x.real.rank - 1
    length = b.int64(b.Slice(wanted, [-1], [2**31 - 1]))
    start = b.Div(b.Sub(length, 1), 2)
    real, imag = (b.Slice(part, start, [0], [last], [-1]) for part in (x.real, x.imag))
    made = pair(b, b.Concat(x.real, real, axis=last), b.Concat(x.imag, b.Neg(imag), axis=last))
    made.shape = None if x.shape is None else (*x.shape[:-1], None)
    return made
