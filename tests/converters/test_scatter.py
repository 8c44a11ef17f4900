"""Sums at equal indices are right however many updates there are, on several threads, and with unknown sizes."""

import numpy as np
import onnxruntime
import pytest

from converters.builder import Builder, Value
from converters.guards import non_negative
from converters.model import build_model
from converters.scatter import SERIAL_ELEMENTS, place
from tfcompat.graph import dtypes

REFERENCE = {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


def placed(data, indices, updates, reduction, known, dtype=dtypes.float32):
    """Runs `place` on four threads; `known` says which sizes the model is built with."""
    b = Builder("test")
    count = len(indices) if "count" in known else None
    width = updates.shape[1:] if "width" in known else (None,) * (updates.ndim - 1)
    values = [
        Value("data", dtype, data.shape if "data" in known else (None,) * data.ndim),
        Value("indices", dtypes.int64, (count, indices.shape[1])),
        Value("updates", dtype, (count, *width)),
    ]
    flat = non_negative(b, values[1])
    flat.shape = values[1].shape
    result = place(b, values[0], flat, values[2], reduction)
    result.shape = (None,) * data.ndim
    model = build_model(b.nodes, values, [result])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 4
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"data": data, "indices": indices, "updates": updates})[0]


def expected(data, indices, updates, reduction):
    result = data.copy()
    where = tuple(indices.T)
    if reduction is None:
        result[where] = updates
    else:
        REFERENCE[reduction].at(result, where, updates)
    return result


@pytest.mark.parametrize("known", [("count", "width", "data"), ("width", "data"), ("data",), ()], ids=str)
@pytest.mark.parametrize("reduction", ["add", None, "max"])
@pytest.mark.parametrize("count", [0, 7, SERIAL_ELEMENTS // 16, 5 * SERIAL_ELEMENTS // 16])
def test_rows(count, reduction, known):
    random = np.random.RandomState(count)
    indices = random.randint(0, 11, (count, 1))
    updates = random.randint(-5, 6, (count, 16)).astype(np.float32)
    data = random.randint(-5, 6, (11, 16)).astype(np.float32)
    for _ in range(3):
        got = placed(data, indices, updates, reduction, known)
        np.testing.assert_array_equal(got, expected(data, indices, updates, reduction))


@pytest.mark.parametrize("known", [("count", "width", "data"), ("width",), ()], ids=str)
def test_index_vectors(known):
    random = np.random.RandomState(0)
    indices = np.stack([random.randint(0, 3, 50_000), random.randint(0, 4, 50_000)], 1)
    updates = random.randint(0, 3, (50_000, 2, 3)).astype(np.float32)
    data = np.zeros((3, 4, 2, 3), np.float32)
    got = placed(data, indices, updates, "add", known)
    np.testing.assert_array_equal(got, expected(data, indices, updates, "add"))


@pytest.mark.parametrize("known", [("count", "width", "data"), ("width",), ()], ids=str)
@pytest.mark.parametrize("vector", [[3, 0], [0, 4], [-1, 0], [0, -1], [-(2**63), 0]])
def test_an_index_outside_fails(vector, known):
    data = np.zeros((3, 4, 2), np.float32)
    with pytest.raises(Exception, match=r"(?i)index|indic"):
        placed(data, np.array([[1, 1], vector]), np.ones((2, 2), np.float32), "add", known)


def test_sums_of_float16_are_made_in_float32():
    indices = np.zeros((4096, 1), np.int64)
    updates = np.full((4096, 1), 0.5, np.float16)
    got = placed(np.zeros((1, 1), np.float16), indices, updates, "add", ("count", "width", "data"), dtypes.float16)
    assert got == 2048
