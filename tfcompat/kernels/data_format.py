"""Host kernels that carry dimensions from one data format to another."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel


def _formats(k: KernelContext) -> tuple[str, str]:
    source, target = k.attr("src_format").decode(), k.attr("dst_format").decode()
    for what, attr, text in (("Source", "src_format", source), ("Destination", "dst_format", target)):
        if len(text) not in (4, 5):
            raise InvalidArgumentError(None, k.op, f"{what} format must be of length 4 or 5, received {attr} = {text}")
    if sorted(source) != sorted(target) or len(set(source)) != len(source):
        raise InvalidArgumentError(
            None, k.op, f"Destination and source format must determine a permutation, got {source} and {target}"
        )
    return source, target


@kernel("DataFormatDimMap")
def _dim_map(k: KernelContext, x: np.ndarray) -> np.ndarray:
    source, target = _formats(k)
    if x.size and not (-len(source) <= x.min() and x.max() < len(source)):
        raise InvalidArgumentError(None, k.op, f"dimensions must be in [{-len(source)}, {len(source)}), got {x}")
    return np.array([target.index(c) for c in source], x.dtype)[x]


@kernel("DataFormatVecPermute")
def _vec_permute(k: KernelContext, x: np.ndarray) -> np.ndarray:
    source, target = _formats(k)
    full, spatial = len(source), len(source) - 2
    if x.ndim not in (1, 2):
        raise InvalidArgumentError(None, k.op, f"input must be a vector or 2D tensor, but got shape {list(x.shape)}")
    if x.shape[0] not in (full, spatial):
        raise InvalidArgumentError(
            None, k.op, f"{x.ndim}D input must be of size {spatial} or {full}, but got shape {list(x.shape)}"
        )
    if x.ndim == 2 and x.shape[1] != 2:
        raise InvalidArgumentError(
            None, k.op, f"Second dimension of 2D input must be of size 2, but got shape {list(x.shape)}"
        )
    if x.shape[0] == spatial:
        source, target = ("".join(c for c in text if c not in "NC") for text in (source, target))
    return x[[source.index(c) for c in target]]
