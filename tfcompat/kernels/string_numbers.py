"""Host kernels between numbers and their texts."""

from __future__ import annotations

import decimal
import math
import re
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.strings import mapped

_SPACES = b" \t\n\v\f\r"
_INTEGER = re.compile(rb"-?[0-9]+")
_DECIMAL = re.compile(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_HEXADECIMAL = re.compile(rb"[+-]?0x[0-9a-f]+", re.IGNORECASE)
_SPECIAL = re.compile(rb"[+-]?(inf|nan)", re.IGNORECASE)


@kernel("StringToNumber")
def _to_number(k: KernelContext, text: np.ndarray) -> np.ndarray:
    dtype = np.dtype(k.output_dtype().as_numpy_dtype)
    parse = _integer if dtype.kind == "i" else _float32 if dtype == np.float32 else _float64

    def convert(item: bytes) -> Any:
        found = parse(item.strip(_SPACES))
        if found is None or (dtype.kind == "i" and not np.iinfo(dtype).min <= found <= np.iinfo(dtype).max):
            shown = item.decode(errors="replace")
            raise InvalidArgumentError(None, k.op, f"StringToNumberOp could not correctly convert string: {shown}")
        return found

    return mapped(convert, text, dtype)


def _integer(text: bytes) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _float64(text: bytes) -> float | None:
    if _DECIMAL.fullmatch(text) or _SPECIAL.fullmatch(text):
        return float(text)
    if _HEXADECIMAL.fullmatch(text):
        return float.fromhex(text.decode())
    return None


def _float32(text: bytes) -> Any:
    """The nearest float32; a text near the middle of two is rounded by its own value, not by that of its float64."""
    wide = _float64(text)
    if wide is None or not math.isfinite(wide) or not _DECIMAL.fullmatch(text):
        return wide
    exact, near = decimal.Decimal(text.decode()), decimal.Decimal(wide)
    if exact != near:
        outward = np.nextafter(wide, math.inf if exact > near else -math.inf)
        with np.errstate(over="ignore", under="ignore"):
            here, there = np.float32(wide), np.float32(outward)
            if here != there and np.float64(here) != wide:
                return there
    with np.errstate(over="ignore", under="ignore"):
        return np.float32(wide)


@kernel("AsString")
def _as_string(k: KernelContext, array: np.ndarray) -> np.ndarray:
    dtype = k.input_dtype()
    floating = dtype.is_floating or dtype.is_complex
    precision, width, fill = k.attr("precision"), k.attr("width"), k.attr("fill").decode()
    _check_format(k, dtype, floating)
    if dtype.name == "bool":
        return mapped(lambda v: b"true" if v else b"false", array)
    layout = "%" + fill + (str(width) if width > -1 else "")
    if dtype.name == "string":
        align = bytes.ljust if fill == "-" else bytes.rjust
        return mapped(lambda v: align(v, max(width, 0)), array)
    if not floating:
        return mapped(lambda v: (layout + "d").__mod__(int(v)).encode(), array)
    kind = "g" if k.attr("shortest") else "e" if k.attr("scientific") else "f"
    layout += (f".{precision}" if precision > -1 else "") + kind
    if dtype.is_complex:
        parts = (array.real, array.imag)
        texts = [mapped(lambda v: _float_text(layout, fill, width, float(v)), np.asarray(p)) for p in parts]
        out = np.empty(array.shape, object)
        flat = out.reshape(-1)
        for i, (real, imaginary) in enumerate(zip(*(t.reshape(-1) for t in texts), strict=True)):
            flat[i] = b"(" + real + b"," + imaginary + b")"
        return out
    return mapped(lambda v: _float_text(layout, fill, width, float(v)), array)


def _check_format(k: KernelContext, dtype: Any, floating: bool) -> None:
    fill = k.attr("fill").decode()
    scientific, shortest = k.attr("scientific"), k.attr("shortest")
    wrong = None
    if len(fill) > 1:
        wrong = "Fill string must be one or fewer characters"
    elif fill and fill not in " +-0#":
        wrong = f'Fill argument not supported: "{fill}"'
    elif scientific and shortest:
        wrong = "Cannot select both scientific and shortest notation"
    elif (scientific or shortest) and not floating:
        wrong = f"scientific and shortest format not supported for datatype {dtype.name}"
    elif k.attr("precision") > -1 and not floating:
        wrong = f"precision not supported for datatype {dtype.name}"
    if wrong:
        raise InvalidArgumentError(None, k.op, wrong)


def _float_text(layout: str, fill: str, width: int, value: float) -> bytes:
    if math.isfinite(value):
        return (layout % value).encode()
    sign = "-" if math.copysign(1.0, value) < 0 else fill if fill in ("+", " ") else ""
    text = sign + ("nan" if math.isnan(value) else "inf")
    return (text.ljust(width) if fill == "-" else text.rjust(width)).encode() if width > 0 else text.encode()
