"""Windows: weights of the samples of a frame."""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones
from tfcompat.ops.sequences import range as sequence


def _checked(window_length: Any, dtype: Any) -> tuple[Tensor, Any, int | None]:
    """The length as a tensor, the type, and the length if it is known."""
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {dtype!r}")
    length = convert_to_tensor(window_length, dtypes.int32, name="window_length")
    if length.shape.rank not in (0, None):
        raise ValueError(f"Shape must be rank 0 but is rank {length.shape.rank}")
    known = GRAPH_VALUES.constant(length)
    return length, dtype, None if known is None else int(known)


def _raised_cosine(name: str | None, default: str, args: tuple[Any, bool, Any], a: float, b: float) -> Tensor:
    """a - b * cos(2 pi i / n), n the length, or one less for even lengths that are not periodic and odd ones."""
    window_length, periodic, dtype = args
    with name_scope(name, default, [window_length, periodic]):
        length, dtype, known = _checked(window_length, dtype)
        periodic_flag = cast(convert_to_tensor(periodic, dtypes.bool, name="periodic"), dtypes.int32)
        if known == 1:
            return ones([1], dtype)
        even = 1 - raw_ops.FloorMod(x=length, y=2)
        n = cast(length + periodic_flag * even - 1, dtype)
        count = cast(sequence(length), dtype)
        angle = 2 * math.pi * count / n
        return cast(a - b * raw_ops.Cos(x=angle), dtype)  # type: ignore[no-any-return]


@tf_export("signal.hann_window")
def hann_window(
    window_length: Any, periodic: bool = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """The window 0.5 - 0.5 * cos(2 pi i / n).

    Args:
        window_length: int32 scalar.
        periodic: whether even lengths have n = window_length; else, and for odd lengths, n is one less.
        dtype: floating-point type.
        name: name scope.

    Returns:
        A tensor [window_length] of `dtype`.

    Raises:
        ValueError: `dtype` is not a floating-point type.
    """
    return _raised_cosine(name, "hann_window", (window_length, periodic, dtype), 0.5, 0.5)


@tf_export("signal.hamming_window")
def hamming_window(
    window_length: Any, periodic: bool = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """The window 0.54 - 0.46 * cos(2 pi i / n); see `hann_window`."""
    return _raised_cosine(name, "hamming_window", (window_length, periodic, dtype), 0.54, 0.46)


@tf_export("signal.kaiser_window")
def kaiser_window(window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """The window I0(beta * sqrt(1 - (i / h - 1)^2)) / I0(beta), h half of the length less one.

    Args:
        window_length: int32 scalar.
        beta: how narrow it is.
        dtype: floating-point type.
        name: name scope.
    """
    with name_scope(name, "kaiser_window"):
        length, dtype, known = _checked(window_length, dtype)
        if known is not None and known <= 1:
            return ones([known], dtype)
        half = (cast(length, dtype) - 1) / 2
        steps = cast(sequence(length), dtype) - half
        beta = cast(beta, dtype)
        ratio = steps / half
        inside = raw_ops.Sqrt(x=raw_ops.Maximum(x=1 - ratio * ratio, y=convert_to_tensor(0.0, dtype)))
        return raw_ops.BesselI0(x=beta * inside) / raw_ops.BesselI0(x=beta)  # type: ignore[no-any-return]


@tf_export("signal.kaiser_bessel_derived_window")
def kaiser_bessel_derived_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """A window for `mdct`: roots of the running sum of a Kaiser window, and the same backwards.

    Args:
        window_length: int32 scalar, even.
        beta: how narrow the Kaiser window is.
        dtype: floating-point type.
        name: name scope.
    """
    with name_scope(name, "kaiser_bessel_derived_window"):
        length, dtype, _ = _checked(window_length, dtype)
        sums = raw_ops.Cumsum(x=kaiser_window(length // 2 + 1, beta, dtype), axis=0)
        half = raw_ops.Sqrt(x=sums[:-1] / sums[-1])
        return concat((half, raw_ops.ReverseV2(tensor=half, axis=[0])), axis=0)


@tf_export("signal.vorbis_window")
def vorbis_window(window_length: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """The window sin(pi / 2 * sin^2(pi / window_length * (i + 0.5)))."""
    with name_scope(name, "vorbis_window"):
        length, dtype, _ = _checked(window_length, dtype)
        place = cast(sequence(length), dtype) + 0.5
        inner = raw_ops.Sin(x=place * (math.pi / cast(length, dtype)))
        return raw_ops.Sin(x=inner * inner * (math.pi / 2))  # type: ignore[no-any-return]
