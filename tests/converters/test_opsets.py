"""Models brought to older opsets: the same values, or a refusal."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from converters.opsets import at_opset


def model_of(nodes, inputs, output_type, shape, opset=21):
    values = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs]
    result = helper.make_tensor_value_info("y", output_type, shape)
    graph = helper.make_graph(nodes, "g", values, [result])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def run(model, **feeds):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


X = np.arange(-3, 3, dtype=np.float32).reshape(2, 3)
TWO = helper.make_node("Constant", [], ["two"], value=helper.make_tensor("two", TensorProto.INT64, [1], [2]))
PADS = helper.make_node("Constant", [], ["pads"], value=helper.make_tensor("p", TensorProto.INT64, [4], [0, 1, 1, 0]))
ROWS = helper.make_node("Constant", [], ["rows"], value=helper.make_tensor("r", TensorProto.INT64, [1, 1], [1]))
CASES = {
    "types alone": ([TWO, helper.make_node("ConstantOfShape", ["two"], ["y"])], 13, [2]),
    "a type that is younger": ([
        helper.make_node("Sign", ["x"], ["s"]), helper.make_node("Cast", ["s"], ["b"], to=TensorProto.BOOL),
        helper.make_node("ReduceMin", ["b"], ["m"], keepdims=0),
        helper.make_node("Cast", ["m"], ["y"], to=TensorProto.FLOAT)], 17, []),
    "attributes at their defaults": ([helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT, saturate=1)], 17,
                                     [2, 3]),
    "inputs that are left out": ([PADS, helper.make_node("Pad", ["x", "pads"], ["y"])], 15, [3, 4]),
    "axes that were attributes": ([TWO, helper.make_node("Neg", ["two"], ["minus"]),
                                   helper.make_node("ReduceMax", ["x"], ["y"])], 17, [1, 1]),
    "parts of equal size": ([helper.make_node("Split", ["x"], ["y", "z"], num_outputs=2)], 17, [1, 3]),
    "no reduction": ([ROWS, helper.make_node("Slice", ["x", "zero", "one"], ["u"]),
                      helper.make_node("ScatterND", ["x", "rows", "u"], ["y"], reduction="none")], 15, [2, 3]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_stay(name):
    nodes, opset, shape = CASES[name]
    ends = [
        helper.make_node("Constant", [], [n], value=helper.make_tensor(n, TensorProto.INT64, [1], [v]))
        for n, v in (("zero", 0), ("one", 1))
    ]
    model = model_of([*ends, *nodes], [("x", TensorProto.FLOAT, [2, 3])], TensorProto.FLOAT, shape)
    older = at_opset(model, opset)
    assert [(entry.domain, entry.version) for entry in older.opset_import] == [("", opset)]
    np.testing.assert_array_equal(run(older, x=X), run(model, x=X))


def test_what_an_older_opset_cannot_say_is_refused():
    mode = helper.make_node("Pad", ["x", "pads"], ["y"], mode="wrap")
    rows = helper.make_node("ScatterND", ["x", "rows", "x"], ["y"], reduction="max")
    bits = helper.make_node("BitwiseNot", ["x"], ["y"])
    for nodes, kind in (
        ([PADS, mode], TensorProto.FLOAT),
        ([ROWS, rows], TensorProto.FLOAT),
        ([bits], TensorProto.INT32),
    ):
        with pytest.raises(ValueError, match="no form in opset 15"):
            at_opset(model_of(nodes, [("x", kind, [2, 3])], kind, [None, None]), 15)


def test_operators_that_need_a_higher_opset_are_listed():
    nodes = [
        helper.make_node("LessOrEqual", ["x", "x"], ["b"]),
        helper.make_node("Cast", ["b"], ["c"], to=TensorProto.FLOAT),
        helper.make_node("Round", ["c"], ["d"]),
        helper.make_node("Neg", ["d"], ["y"]),
    ]
    model = model_of(nodes, [("x", TensorProto.FLOAT, [2, 3])], TensorProto.FLOAT, [2, 3])
    message = (
        r"opset 9: LessOrEqual \(1\) needs opset 12, Round \(1\) needs opset 11. All of these have one in opset 12"
    )
    with pytest.raises(ValueError, match=message):
        at_opset(model, 9)
    assert at_opset(model, 12).opset_import[0].version == 12
    for opset in (0, 99):
        with pytest.raises(ValueError, match=f"There is no opset {opset}"):
            at_opset(model, opset)


def test_operators_of_other_domains_stay_as_they_are():
    """onnx's converter crashes over tables of texts and over operators that the older opset does not have."""
    table = helper.make_node(
        "LabelEncoder", ["t"], ["i"], domain="ai.onnx.ml", keys_strings=["a", "b"], values_int64s=[5, 7]
    )
    number = helper.make_node("Cast", ["i"], ["y"], to=TensorProto.FLOAT)
    model = model_of([table, number], [("t", TensorProto.STRING, [3])], TensorProto.FLOAT, [3])
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    older = at_opset(model, 15)
    assert {entry.domain: entry.version for entry in older.opset_import} == {"": 15, "ai.onnx.ml": 2}
    assert run(older, t=np.array(["b", "a", "b"], object)).tolist() == [7, 5, 7]
    matches = helper.make_node("RegexFullMatch", ["t"], ["y"], pattern="a+")
    model = model_of([matches], [("t", TensorProto.STRING, [3])], TensorProto.BOOL, [3])
    with pytest.raises(ValueError, match=r"RegexFullMatch \(1\) needs opset 20"):
        at_opset(model, 18)
