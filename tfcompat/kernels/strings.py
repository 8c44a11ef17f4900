"""Host kernels of string operations; strings are bytes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


def mapped(function: Any, array: np.ndarray, dtype: Any = object) -> np.ndarray:
    """`function` of each element."""
    out = np.empty(array.shape, dtype)
    flat = out.reshape(-1)
    for i, item in enumerate(array.reshape(-1)):
        flat[i] = function(item)
    return out


def compiled(k: KernelContext, pattern: Any) -> re.Pattern[bytes]:
    """A regular expression; InvalidArgumentError when it is malformed."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InvalidArgumentError(None, k.op, f"Invalid pattern: {pattern.decode(errors='replace')}, error: {error}") \
            from None


@kernel("StringJoin")
def _join(k: KernelContext, *parts: np.ndarray) -> np.ndarray:
    shapes = {p.shape for p in parts if p.ndim}
    if len(shapes) > 1:
        raise InvalidArgumentError(None, k.op, f"Input shapes do not match: {' vs. '.join(map(str, sorted(shapes)))}")
    separator: bytes = k.attr("separator")
    spread = np.broadcast_arrays(*parts)
    out = np.empty(spread[0].shape, object)
    flat = out.reshape(-1)
    for i, items in enumerate(zip(*(p.reshape(-1) for p in spread), strict=True)):
        flat[i] = separator.join(items)
    return out


@kernel("RegexFullMatch")
def _full_match(k: KernelContext, text: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    expression = compiled(k, pattern[()])
    return mapped(lambda s: expression.fullmatch(s) is not None, text, np.bool_)


@kernel("StaticRegexFullMatch")
def _static_full_match(k: KernelContext, text: np.ndarray) -> np.ndarray:
    expression = compiled(k, k.attr("pattern"))
    return mapped(lambda s: expression.fullmatch(s) is not None, text, np.bool_)
