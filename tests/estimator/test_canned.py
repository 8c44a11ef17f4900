"""Given estimators train, evaluate, predict and export as those of TensorFlow 2.15.1 and 1.15.5 do."""

import json
import os

import pytest

import tfcompat.compat.v1 as tf
from tests.estimator import canned


def recorded(number):
    with open(os.path.join(canned.FOLDER, f"canned_{number}.json")) as stream:
        return json.load(stream)


CASES = [("2", p) for p in canned.PUBLIC] + [("1", p) for p in canned.CONTRIB]
EXPORTED = [canned.dnn_classifier, canned.dnn_regressor, canned.linear_classifier_of_names, *canned.CONTRIB[::5]]


@pytest.mark.parametrize(("number", "program"), CASES, ids=lambda v: getattr(v, "__name__", v))
def test_program(number, program, tmp_path):
    wanted = recorded(number)[program.__name__]
    seen = canned.observe(tf, program, str(tmp_path), exporting=program in EXPORTED)
    if program is canned.head_of_sets:  # heads of 2.15.1 tell the names of the classes, those of 1.15.5 do not
        seen["predictions"].pop("classes")
        seen["signatures"]["predict"][1].remove("classes")
    assert seen["variables"] == wanted["variables"]
    assert seen["signatures"] in (None, wanted["signatures"])
    assert seen["losses"] == pytest.approx(wanted["losses"], rel=2e-5)
    assert seen["evaluation"] == pytest.approx(wanted["evaluation"], rel=2e-4, abs=1e-6)
    assert list(seen["predictions"]) == list(wanted["predictions"])
    for key, values in wanted["predictions"].items():
        got = seen["predictions"][key]
        assert got == values if isinstance(values[0], str) else got == pytest.approx(values, rel=2e-4, abs=2e-5), key


@pytest.mark.parametrize("name", [p.__name__ for p in canned.PUBLIC])
def test_versions_1_and_2_of_the_reference_agree(name):
    one, two = recorded("1")[name], recorded("2")[name]
    assert one["losses"] == pytest.approx(two["losses"], rel=1e-4)
    assert one["variables"] == two["variables"]
