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
        if any(leaf.shape is None for leaf in built.leaves):
            continue  # ONNX declares the rank of every output
        try:
            model = tfcompat.onnx.export([leaf.tensor for leaf in built.leaves], built.inputs, built.session)
        except UnimplementedError:
            continue
        onnx.checker.check_model(model, full_check=True)
        return _differences(store, case, built, row, run(model, built.feed))
    return None


def run(model: onnx.ModelProto, feed: dict[Any, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs of a model by name, in ONNX Runtime without any part of tfcompat but the reading of bfloat16."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    present = {i.name for i in session.get_inputs()}
    feeds = {t.name: _ort_value(array) for t, array in feed.items() if t.name in present}
    names = [output.name for output in session.get_outputs()]
    values = session.run_with_ort_values(names, feeds)
    return {name: to_numpy(value._ortvalue) for name, value in zip(names, values, strict=True)}


def _ort_value(array: np.ndarray) -> ort.OrtValue:
    dense = array.copy(order="C")  # ascontiguousarray would give a scalar a dimension
    if array.dtype.name == "bfloat16":
        return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(dense.view(np.uint16), onnx.TensorProto.BFLOAT16)
    return ort.OrtValue.ortvalue_from_numpy(dense)


def _differences(
    store: Store, case: Case, built: Built, row: dict[str, Any], outputs: dict[str, np.ndarray]
) -> list[str]:
    lines = []
    for leaf, ref in zip(built.leaves, row["values"], strict=True):
        found = outputs.get(leaf.tensor.name)
        if found is None:
            lines.append(f"the model has no output {leaf.tensor.name}, but {sorted(outputs)}")
            continue
        tol = compare.tolerance(ref[0], case.tol)
        lines += [f"{leaf.tensor.name}: {line}" for line in compare.array_differences(found, store.array(ref), *tol)]
    return lines
