"""Compares what a row gave with what was recorded; every function returns the differences as lines of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.cases import dtype_name
from tests.graphs import Node

# dtype -> (relative tolerance, absolute tolerance as a share of the largest expected value, at most 1)
TOLERANCES = {
    "float16": (1e-2, 1e-3),
    "bfloat16": (2e-2, 1e-2),
    "float32": (1e-5, 1e-5),
    "float64": (1e-10, 1e-10),
    "complex64": (1e-5, 1e-5),
    "complex128": (1e-10, 1e-10),
}


def tolerance(dtype: str, tol: float | tuple[float, float] | None, factor: float = 1.0) -> tuple[float, float]:
    """(relative, absolute share) for a dtype; `tol` is the row's own, `factor` widens the default."""
    if isinstance(tol, tuple):
        return tol
    if tol is not None:
        return tol, tol
    relative, share = TOLERANCES.get(dtype, (0.0, 0.0))
    return relative * factor, share * factor


def array_differences(
    got: np.ndarray, expected: np.ndarray, rtol: float, share: float, least_scale: float = 0.0
) -> list[str]:
    """Differences in dtype, shape and values; NaN equals NaN, infinities must have the same sign.

    An element may differ by rtol of itself plus `share` of the scale: the largest expected value, in [least_scale, 1].
    """
    if dtype_name(got) != dtype_name(expected):
        return [f"dtype: got {dtype_name(got)}, expected {dtype_name(expected)}"]
    if got.shape != expected.shape:
        return [f"shape: got {got.shape}, expected {expected.shape}"]
    wrong = ~_close(got, expected, rtol, share, least_scale)
    if not wrong.any():
        return []
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f"{int(wrong.sum())} of {wrong.size} wrong, first at {list(index)}"
    return [f"{where}: got {got[index]!r}, expected {expected[index]!r}{_whole(got, expected)}"]


def _whole(got: np.ndarray, expected: np.ndarray) -> str:
    if not 1 < got.size <= 12:
        return ""
    return f"\n    got      {got.tolist()}\n    expected {expected.tolist()}"


def _close(got: np.ndarray, expected: np.ndarray, rtol: float, share: float, least_scale: float) -> np.ndarray:
    """Elementwise verdict."""
    if got.dtype.kind in "ObiuSU":
        return np.asarray(got == expected)
    wide_dtype = np.complex128 if got.dtype.kind == "c" else np.float64
    wide_got, wide = got.astype(wide_dtype), expected.astype(wide_dtype)
    finite = np.abs(wide[np.isfinite(wide)])
    scale = max(least_scale, min(1.0, float(finite.max()))) if finite.size else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(wide_got - wide) <= share * scale + rtol * np.abs(wide)
    near &= np.isfinite(wide_got) & np.isfinite(wide)
    return near | (_same(wide_got.real, wide.real) & _same(wide_got.imag, wide.imag))


def _same(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return (got == expected) | (np.isnan(got) & np.isnan(expected))


def graph_differences(got: Sequence[Node], expected: Sequence[Node], limit: int = 6) -> list[str]:
    """Nodes that are missing, that are too many, or that differ in op, inputs or attributes."""
    ours = {n.name: n for n in got}
    theirs = {n.name: n for n in expected}
    lines = [f"missing node {_node(n)}" for n in expected if n.name not in ours]
    lines += [f"node too many {_node(n)}" for n in got if n.name not in theirs]
    for name, node in theirs.items():
        if name in ours:
            lines += _node_differences(ours[name], node)
    if len(lines) > limit:
        lines = [*lines[:limit], f"... and {len(lines) - limit} more"]
    return lines


def _node(node: Node) -> str:
    return f"{node.name}: {node.op}({', '.join(node.inputs)})"


def _node_differences(got: Node, expected: Node) -> list[str]:
    lines = []
    if got.op != expected.op or got.inputs != expected.inputs:
        lines.append(f"node differs: got {_node(got)}, expected {_node(expected)}")
    for attr in sorted({*got.attrs, *expected.attrs}):
        ours, theirs = _plain(got.attrs.get(attr, "none")), _plain(expected.attrs.get(attr, "none"))
        if ours != theirs:
            lines.append(f"node {got.name}: {got.op} attribute {attr}: got {ours}, expected {theirs}")
    return lines


def _plain(value: Any) -> Any:
    """JSON has no tuples."""
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def shape_differences(got: Sequence[Any], expected: Sequence[Any]) -> list[str]:
    """Differences of static shapes, None standing for what is unknown."""
    return [
        f"static shape of output {i}: got {g}, expected {e}"
        for i, (g, e) in enumerate(zip(got, expected, strict=True))
        if g != e
    ]


def error_differences(
    phase: str, classes: Sequence[str], message: str, expected: dict[str, Any], raises: Any
) -> list[str]:
    """Differences between an error and the recorded one: class, phase, and message where the row gives a regex."""
    lines = []
    if expected["class"] not in classes:
        lines.append(
            f"got {classes[0]}: {message[:300]}\n    expected {expected['class']}: {expected['message'][:300]}"
        )
    elif phase != expected["phase"]:
        lines.append(f"{expected['class']} while {phase}, expected while {expected['phase']}: {message[:200]}")
    if isinstance(raises, tuple) and not re.search(raises[1], message):
        lines.append(f"message: got {message[:300]!r}, expected to match {raises[1]!r}")
    return lines
