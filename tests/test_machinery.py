"""The test machinery itself: what it calls equal, and what it does not."""

import numpy as np
import pytest

from tests import compare
from tests.cases import Case, arr, bf16, expr, f32, f64, i32, identify, strings
from tests.graphs import Node


def differences(got, expected, dtype="float32", tol=None):
    return compare.array_differences(arr(got, dtype), arr(expected, dtype), *compare.tolerance(dtype, tol))


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        ([1.0, 2.0], [1.0, 2.00001], True),
        ([1.0, 2.0], [1.0, 2.0001], False),
        ([np.nan, np.inf], [np.nan, np.inf], True),
        ([np.nan], [0.0], False),
        ([np.inf], [-np.inf], False),
        ([np.inf], [1e38], False),
        ([1.0, 1e-6], [1.0, 0.0], True),
        ([1e-6], [0.0], False),
        ([1e-9, 0.0], [1e-9, 1e-13], False),
        ([1e6, 1e-3], [1e6, 2e-3], False),
        ([1e6, 1.000015], [1e6, 1.0], True),
        ([], [], True),
    ],
)
def test_closeness_of_float32(got, expected, same):
    assert (not differences(got, expected)) == same


def test_integers_and_strings_are_exact():
    assert differences([1, 2], [1, 3], "int64")
    assert not differences([2**62], [2**62], "int64")
    assert compare.array_differences(strings("a", "b"), strings("a", "c"), 1.0, 1.0)
    assert not compare.array_differences(strings("a", "b\0"), strings("a", "b\0"), 0.0, 0.0)


def test_dtype_and_shape_are_told():
    assert compare.array_differences(f32(2), f64(2), 1.0, 1.0) == ["dtype: got float32, expected float64"]
    assert compare.array_differences(f32(2), f32(2, 1), 1.0, 1.0) == ["shape: got (2,), expected (2, 1)"]
    assert not compare.array_differences(bf16(3), bf16(3), *compare.tolerance("bfloat16", None))


def test_graphs_differ_in_names_inputs_and_attributes():
    base = Node("a", "Add", ("x", "y"), {"T": ["type", "float32"]})
    assert not compare.graph_differences([base], [base])
    assert compare.graph_differences([], [base]) == ["missing node a: Add(x, y)"]
    assert compare.graph_differences([base], []) == ["node too many a: Add(x, y)"]
    swapped = Node("a", "Add", ("y", "x"), base.attrs)
    assert "node differs" in compare.graph_differences([swapped], [base])[0]
    typed = Node("a", "Add", ("x", "y"), {"T": ["type", "int32"]})
    assert "attribute T" in compare.graph_differences([typed], [base])[0]


def test_an_error_must_have_class_phase_and_message():
    expected = {"class": "ValueError", "phase": "build", "message": "bad"}
    assert not compare.error_differences("build", ["ValueError", "Exception"], "bad", expected, ("ValueError", "ba"))
    assert compare.error_differences("run", ["ValueError", "Exception"], "bad", expected, None)
    assert compare.error_differences("build", ["TypeError", "Exception"], "bad", expected, None)
    assert compare.error_differences("build", ["ValueError", "Exception"], "good", expected, ("ValueError", "bad"))


def test_makers_depend_on_shape_and_salt_alone():
    assert np.array_equal(f32(2, 3), f32(2, 3))
    assert not np.array_equal(f32(2, 3), f32(2, 3, salt=1))
    assert f32.positive(50).min() > 0
    assert i32(100, lo=3, hi=5).max() == 4
    # written out, since a row is found by the bytes of its inputs
    assert f64(2).tolist() == [1.0095300617658736, 0.5631910643332394]


def test_rows_are_known_by_what_they_call():
    row = Case("nn.softmax", f32(2, 3), axis=1)
    assert row.key() == Case("nn.softmax", f32(2, 3), axis=1, tol=1e-3, label="same").key()
    assert row.key() != Case("nn.softmax", f32(2, 3), axis=0).key()
    assert row.key() != Case("nn.softmax", f64(2, 3), axis=1).key()
    assert row.key() != Case("nn.softmax", f32(2, 3), axis=1, grad=False).key()
    names = [name for name, _ in identify([row, row, expr("x + 1", x=f32(2), label="plus")])]
    assert names == ["nn.softmax-0", "nn.softmax-1", "x+1-0-plus"]


def test_equal_inputs_and_lambdas_are_refused():
    with pytest.raises(ValueError, match="inputs 0 and 1 are equal"):
        Case("add", f32(2, 3), f32(2, 3))
    with pytest.raises(ValueError, match="lambda"):
        Case(lambda tf, x: x, f32(2))
