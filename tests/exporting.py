"""Checks that a row, exported to ONNX, gives the recorded values in plain ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort

import tfcompat.onnx
from tests import compare
from tests.cases import Case
from tests.golden_store import Store
from tests.observe import Built
from tfcompat.graph.errors import UnimplementedError
from tfcompat.runtime.arrays import to_numpy


def check(store: Store, case: Case, graphs: Iterable[Built], row: dict[str, Any]) -> list[str] | None:
    """Problems of the exported model, or None when none of the graphs has a form in ONNX.

    Args:
        graphs: the row as built, in order of preference: with unknown batch first, for its symbolic dimensions.
        row: what the reference answered with known shapes.
    """
    for built in graphs:
        if not built.leaves:
            return None  # a row about Python objects
        if any(leaf.shape is None for leaf in built.leaves):
            continue  # ONNX declares the rank of every output
        try:
            model = _exported(built, strict=_has_nan(built))
        except UnimplementedError:
            continue
        onnx.checker.check_model(model, full_check=True)
        if any(o.name.endswith("/next") for o in model.graph.output):
            return None  # its inputs are the variables' values, which the row does not feed
        if any(node.op_type.startswith("Random") or node.op_type == "Multinomial" for node in model.graph.node):
            return None  # ONNX's random operators give other numbers
        lines = _differences(store, case, built, row, run(model, built.feed))
        if lines and any(name in case.name for name in NOT_STRICT):
            lines = _differences(store, case, built, row, run(_exported(built, strict=True), built.feed))
        return lines
    return None


NOT_STRICT = {
    "max_pool": "the largest of what is all -inf",
    "reduce_mean": "the mean of nothing, integers from 2**53 on",
    "reduce_prod": "integers beyond int64",
    "reduce_sum": "integers from 2**53 on, a million numbers whose count is not known",
    "sigmoid": "below -18",
}
"""Functions for which files that are not strict give other numbers, and where."""


def _has_nan(built: Built) -> bool:
    """Whether NaN goes in, for which files that are not strict promise nothing."""
    return any(a.dtype.kind in "fc" and np.isnan(a).any() for a in built.feed.values())


def _exported(built: Built, strict: bool) -> onnx.ModelProto:
    outputs = [leaf.tensor for leaf in built.leaves]
    return tfcompat.onnx.export(outputs, built.inputs, built.session, strict=strict)


def run(model: onnx.ModelProto, feed: dict[Any, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs of a model by name, in ONNX Runtime without any part of tfcompat but the reading of bfloat16."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    present = {i.name for i in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]
    if any("string" in v.type for v in (*session.get_inputs(), *session.get_outputs())):
        arrays = session.run(names, {t.name: _as_text(a) for t, a in feed.items() if t.name in present})
        return {name: _as_bytes(np.asarray(array)) for name, array in zip(names, arrays, strict=True)}
    feeds = {t.name: _ort_value(array) for t, array in feed.items() if t.name in present}
    values = session.run_with_ort_values(names, feeds)
    return {name: to_numpy(value._ortvalue) for name, value in zip(names, values, strict=True)}


def _as_text(array: np.ndarray) -> np.ndarray:
    """ONNX Runtime takes and gives text where the reference has bytes."""
    return (
        np.array([s.decode() if isinstance(s, bytes) else s for s in array.reshape(-1)], object).reshape(array.shape)
        if array.dtype == object
        else array
    )


def _as_bytes(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "OU":
        return array
    out = np.empty(array.shape, object)
    out.reshape(-1)[:] = [s.encode() for s in array.reshape(-1)]
    return out


def _ort_value(array: np.ndarray) -> ort.OrtValue:
    dense = array.copy(order="C")  # ascontiguousarray would give a scalar a dimension
    if array.dtype.kind == "c":
        dense = np.stack([array.real, array.imag], -1)
    if array.dtype.name == "bfloat16":
        return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(dense.view(np.uint16), onnx.TensorProto.BFLOAT16)
    return ort.OrtValue.ortvalue_from_numpy(dense)


def _differences(
    store: Store, case: Case, built: Built, row: dict[str, Any], outputs: dict[str, np.ndarray]
) -> list[str]:
    lines = []
    for leaf, ref in zip(built.leaves, row["values"], strict=True):
        found = outputs.get(leaf.tensor.name, outputs.get(f"{leaf.tensor.name}/identity"))
        if found is None:
            lines.append(f"the model has no output {leaf.tensor.name}, but {sorted(outputs)}")
            continue
        if leaf.tensor.dtype.is_complex:
            found = (found[..., 0] + 1j * found[..., 1]).astype(leaf.tensor.dtype.as_numpy_dtype)
        tol = compare.tolerance(ref[0], case.tol)
        lines += [f"{leaf.tensor.name}: {line}" for line in compare.array_differences(found, store.array(ref), *tol)]
    return lines
