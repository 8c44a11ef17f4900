"""Discrete cosine transforms, shifts of spectra, mel filters and cepstral coefficients."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, rank, reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.complex import complex as complex_of
from tfcompat.ops.complex import real
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros
from tfcompat.ops.gather import gather
from tfcompat.ops.masks import where
from tfcompat.ops.reversal import roll
from tfcompat.ops.sequences import linspace
from tfcompat.ops.sequences import range as sequence
from tfcompat.ops.signal import irfft, rfft
from tfcompat.ops.tiling import pad


def _check(x: Tensor, kind: int, n: Any, axis: int, norm: str | None) -> None:
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    if kind not in (1, 2, 3, 4):
        raise ValueError("Types I, II, III and IV (I)DCT are supported.")
    if kind == 1:
        if norm == "ortho":
            raise ValueError("Normalization is not supported for the Type-I DCT.")
        size = x.shape.as_list()[-1] if x.shape.rank else None
        if size is not None and size < 2:
            raise ValueError("DCT-I requires the dimension to be greater than one.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")


def _last(x: Tensor) -> Any:
    """The last size: an int if it is known."""
    known = x.shape.as_list()[-1] if x.shape.rank else None
    return shape(x)[-1] if known is None else known


def _with_zeros(x: Tensor, count: Any) -> Tensor:
    if x.shape.rank is not None:
        return pad(x, [[0, 0]] * (x.shape.rank - 1) + [[0, count]])
    return pad(x, concat([zeros([rank(x) - 1, 2], dtypes.int32), [[0, count]]], 0))


@tf_export("signal.dct", "spectral.dct")
def dct(
    input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Tensor:
    """The discrete cosine transform of type I, II, III or IV along the last axis.

    Args:
        input: float32 or float64.
        type: 1, 2, 3 or 4.
        n: how many samples to transform: more are cut off, zeros are added to fewer.
        axis: -1.
        norm: None, or "ortho" for the orthonormal transform (not of type I).
        name: name scope.

    Returns:
        Same type, and the shape of the `n` samples.

    Raises:
        ValueError: `type`, `n`, `norm` or the size are wrong.
        NotImplementedError: `axis` is not -1.
    """
    x = convert_to_tensor(input, preferred_dtype=dtypes.float32)
    _check(x, type, n, axis, norm)
    with name_scope(name, "dct", [x]):
        if n is not None:
            x = x[..., :n]
            size = _last(x)
            x = _with_zeros(x, n - size if isinstance(size, int) else raw_ops.Maximum(x=n - size, y=0))
        return _TYPES[type](x, norm)


@tf_export("signal.idct", "spectral.idct")
def idct(
    input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> Tensor:
    """The inverse of `dct` of the same type, but for a factor of 2 * size (2 * (size - 1) for type I) without `norm`.

    Args and errors are those of `dct`.
    """
    _check(convert_to_tensor(input, preferred_dtype=dtypes.float32), type, n, axis, norm)
    return dct(input, {1: 1, 2: 3, 3: 2, 4: 4}[type], n, axis, norm, name)


def _type_1(x: Tensor, norm: str | None) -> Tensor:
    return real(rfft(concat([x, x[..., -2:0:-1]], axis=-1)))


def _turn(x: Tensor, size: Any, sign: int) -> Tensor:
    """2 * exp(sign * i pi k / (2 size)) for k < size."""
    dtype = x.dtype
    angle = cast(sequence(size), dtype) * (sign * math.pi * 0.5) / cast(size, dtype)
    zero = convert_to_tensor(0.0, dtype)
    return 2.0 * raw_ops.Exp(x=complex_of(zero, angle))  # type: ignore[no-any-return]


def _first_and_rest(first: Tensor, rest: Tensor, size: Any) -> Tensor:
    """`first`, then `rest` again and again, `size` numbers."""
    return pad(expand_dims(first, 0), [[0, size - 1]], constant_values=rest)


def _type_2(x: Tensor, norm: str | None) -> Tensor:
    size, dtype = _last(x), x.dtype
    spectrum = rfft(x, [2 * size])[..., :size]
    result = real(spectrum * _turn(x, size, -1))
    if norm == "ortho":
        first = 0.5 * raw_ops.Rsqrt(x=cast(size, dtype))
        result = result * _first_and_rest(first, first * 2**0.5, size)
    return result


def _type_3(x: Tensor, norm: str | None) -> Tensor:
    size, dtype = _last(x), x.dtype
    if norm == "ortho":
        first = raw_ops.Sqrt(x=cast(size, dtype))
        x = x * _first_and_rest(first, first * 0.5**0.5, size)
    else:
        x = x * cast(size, dtype)
    turned = _turn(x, size, 1) * complex_of(x, convert_to_tensor(0.0, dtype))
    return irfft(turned, [2 * size])[..., :size]


def _type_4(x: Tensor, norm: str | None) -> Tensor:
    size, dtype = _last(x), x.dtype
    result = _type_2(_with_zeros(x, size), None)[..., 1::2]
    if norm == "ortho":
        result = result * (0.5**0.5 * raw_ops.Rsqrt(x=cast(size, dtype)))
    return result


_TYPES = {1: _type_1, 2: _type_2, 3: _type_3, 4: _type_4}


# ---------------------------------------------------------------- shifts


def _shifted(x: Any, axes: Any, sign: int, default: str, name: str | None) -> Tensor:
    with name_scope(name, default):
        x = convert_to_tensor(x)
        if axes is None:
            if x.shape.rank is None:
                axes = sequence(rank(x))
            else:
                axes = list(range(x.shape.rank))
        sizes = shape(x)
        if isinstance(axes, int):
            return roll(x, sign * (sizes[axes] // 2) if sign > 0 else -(sizes[axes] // 2), axes)
        places = convert_to_tensor(axes, dtypes.int32)
        places = where(places < 0, places + rank(x), places)
        half = gather(sizes, places) // 2
        return roll(x, half if sign > 0 else -half, places)


@tf_export("signal.fftshift")
def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """`x` with the zero frequency moved to the middle.

    Args:
        x: tensor.
        axes: int or ints, the axes to shift; all when None.
        name: name scope.
    """
    return _shifted(x, axes, 1, "fftshift", name)


@tf_export("signal.ifftshift")
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _shifted(x, axes, -1, "ifftshift", name)


# ---------------------------------------------------------------- mel


def _mel(hertz: Any) -> Any:
    return 1127.0 * raw_ops.Log(x=1.0 + hertz / 700.0)


@tf_export("signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """The weights [num_spectrogram_bins, num_mel_bins] of triangular filters, evenly spaced in mel.

    Args:
        num_mel_bins: number of filters.
        num_spectrogram_bins: size of the spectra, 0 Hz to half the sample rate.
        sample_rate: samples a second, a number or a tensor.
        lower_edge_hertz: where the first filter begins.
        upper_edge_hertz: where the last one ends.
        dtype: floating-point type.
        name: name of the last operation.

    Raises:
        ValueError: numbers are out of range.
    """
    with name_scope(name, "linear_to_mel_weight_matrix") as scope:
        dtype = dtypes.as_dtype(dtype)
        if num_mel_bins <= 0:
            raise ValueError(f"num_mel_bins must be positive. Got: {num_mel_bins}")
        if lower_edge_hertz < 0.0:
            raise ValueError(f"lower_edge_hertz must be non-negative. Got: {lower_edge_hertz}")
        if lower_edge_hertz >= upper_edge_hertz:
            raise ValueError(f"lower_edge_hertz {lower_edge_hertz:.1f} >= upper_edge_hertz {upper_edge_hertz:.1f}")
        if not isinstance(sample_rate, Tensor):
            if sample_rate <= 0.0:
                raise ValueError(f"sample_rate must be positive. Got: {sample_rate}")
            if upper_edge_hertz > sample_rate / 2:
                raise ValueError(
                    "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). Got "
                    f"{upper_edge_hertz} for sample_rate: {sample_rate}"
                )
        if not dtype.is_floating:
            raise ValueError(f"dtype must be a floating point type. Got: {dtype}")
        rate = cast(sample_rate, dtype)
        low, high = (convert_to_tensor(v, dtype) for v in (lower_edge_hertz, upper_edge_hertz))
        zero = convert_to_tensor(0.0, dtype)
        frequencies = linspace(zero, rate / 2.0, num_spectrogram_bins)[1:]
        bins = expand_dims(_mel(frequencies), 1)
        edges = linspace(_mel(low), _mel(high), num_mel_bins + 2)
        lower, center, upper = (reshape(edges[i : num_mel_bins + i], [1, num_mel_bins]) for i in range(3))
        rising, falling = (bins - lower) / (center - lower), (upper - bins) / (upper - center)
        weights = raw_ops.Maximum(x=zero, y=raw_ops.Minimum(x=rising, y=falling))
        return pad(weights, [[1, 0], [0, 0]], name=scope)


@tf_export("signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Cepstral coefficients: the cosine transform of log mel spectra [..., bins], over the root of twice the bins.

    Raises:
        ValueError: there are no bins.
    """
    with name_scope(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        spectra = convert_to_tensor(log_mel_spectrograms)
        bins = _last(spectra)
        if isinstance(bins, int) and bins == 0:
            raise ValueError(f"num_mel_bins must be positive. Got: {log_mel_spectrograms}")
        scale = raw_ops.Rsqrt(x=cast(bins, spectra.dtype) * 2.0)
        return dct(spectra, type=2) * scale  # type: ignore[no-any-return]
