"""Names that NumPy has dropped since the days of TensorFlow 1, for the programs of that time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def _asscalar(a: Any) -> Any:
    """The Python number of an array of one element."""
    return a.item()


class _Cast:
    """`np.cast[dtype](x)` is `x` as an array of that type."""

    def __getitem__(self, dtype: Any) -> Callable[[Any], Any]:
        return lambda x: np.asarray(x, dtype=dtype)


_DROPPED: dict[str, Any] = {
    "int": int, "float": float, "bool": bool, "object": object, "str": str, "complex": complex, "long": int,
    "unicode": str, "bool8": np.bool_, "float_": np.float64, "complex_": np.complex128, "unicode_": np.str_,
    "string_": np.bytes_, "NaN": math.nan, "NAN": math.nan, "Inf": math.inf, "infty": math.inf, "Infinity": math.inf,
    "PINF": math.inf, "NINF": -math.inf, "product": np.prod, "cumproduct": np.cumprod, "sometrue": np.any,
    "alltrue": np.all, "in1d": np.isin, "row_stack": np.vstack, "round_": np.round, "rank": np.ndim,
    "asscalar": _asscalar, "cast": _Cast(),
}  # fmt: skip


def restore() -> list[str]:
    """Gives NumPy the names that it lacks, and says which; what it has stays as it is."""
    missing = {name: value for name, value in _DROPPED.items() if name not in vars(np)}
    if "trapz" not in vars(np):
        missing["trapz"] = np.trapezoid
    for name, value in missing.items():
        setattr(np, name, value)
    return sorted(missing)
