"""What layers say of themselves, as TensorFlow's: configurations, variables and their first values, shapes, sizes."""

import json

import pytest

import tfcompat.compat.v1 as tf
from tests.golden_store import GOLDEN
from tests.keras.layers.layer_rows import ROWS, asked

HELD = json.loads((GOLDEN / "keras_layers.json").read_text())


@pytest.mark.parametrize("call", ROWS)
def test_facts(call):
    found, wanted = asked(tf, call, ROWS[call]), HELD[call]
    values = found.pop("values", [])
    assert values == [pytest.approx(some, abs=2e-5) for some in wanted.get("values", values)]
    assert found == {key: value for key, value in wanted.items() if key != "values"}
