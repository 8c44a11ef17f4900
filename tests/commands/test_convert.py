"""`tfcompat convert`: kinds of files, options, guesses, verification, failures, exit codes."""

import pathlib
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.conversion.ends import Named, guess_outputs, parse_inputs
from tfcompat.conversion.verification import compare

ROOT = pathlib.Path(__file__).parent.parent.parent
MODELS = ROOT / "tests" / "data" / "saved_models"


def names(infos):
    return [i.name for i in infos]


def shapes(infos):
    return [[d.dim_value or d.dim_param for d in i.type.tensor_type.shape.dim] for i in infos]


def test_a_frozen_graph_with_guessed_ends(run, frozen, tmp_path):
    code, out, err = run("convert", frozen, "-o", tmp_path / "m.onnx", "--verify")
    assert code == 0
    assert "guessed outputs: scores:0" in err
    assert "guessed inputs: x:0" in err
    assert "input  x:0  float32[?,6,5,2]" in out
    assert "output scores:0  float32[?,3]" in out
    assert "same: scores:0: largest difference" in out
    assert "opset 21" in out
    assert "Softmax 1" in out
    model = onnx.load(tmp_path / "m.onnx")
    assert names(model.graph.input) == ["x:0"]


def _with_condition(x):
    switch = tf.placeholder_with_default(False, [], "training")
    return tf.layers.batch_normalization(tf.layers.dense(x, 3), training=switch)


def _with_loop(x):
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), tf.reshape(x, [-1, 3, 2]), dtype=tf.float32)
    return tf.layers.dense(outputs[:, -1], 3)


@pytest.mark.parametrize("net", [_with_condition, _with_loop])
@pytest.mark.parametrize("version", [1, 2])
def test_results_behind_control_flow_are_guessed_in_a_graph_that_trains(net, version):
    if version == 2:
        tf.enable_control_flow_v2()
    try:
        with tf.Graph().as_default() as graph:
            result = tf.identity(net(tf.placeholder(tf.float32, [None, 6], "x")), "y")
            labels = tf.placeholder(tf.int32, [None], "labels")
            loss = tf.losses.sparse_softmax_cross_entropy(labels, result)
            tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, tf.train.get_or_create_global_step())
        assert [t.name for t in guess_outputs(graph)] == ["y:0"]
    finally:
        tf.disable_control_flow_v2()


def test_text_and_meta_graphs_are_recognised(run_json, frozen, tmp_path):
    graph_def = tf.GraphDef.FromString(frozen.read_bytes())
    (tmp_path / "a.pbtxt").write_text(str(graph_def))
    (tmp_path / "b.meta").write_bytes(tf.MetaGraphDef(graph_def=graph_def).SerializeToString())
    for file, kind in (("a.pbtxt", "graphdef"), ("b.meta", "meta_graph")):
        code, report = run_json("convert", tmp_path / file, "-o", tmp_path / "m.onnx", "--outputs", "scores")
        assert (code, report["kind"]) == (0, kind)
        assert report["outputs"][0]["name"] == "scores:0"


def test_a_checkpoint(run_json, tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        labels = tf.placeholder(tf.int32, [None], name="labels")
        v = tf.get_variable("v", initializer=tf.constant([[1.0, 2.0], [3.0, 4.0]]))
        logits = tf.matmul(x, v, name="logits")
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        tf.train.AdamOptimizer().minimize(loss)
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    for given in (path, path + ".meta", tmp_path):
        code, report = run_json("convert", given, "-o", tmp_path / "m.onnx", "--verify")
        assert (code, report["kind"], report["verify"]["ok"]) == (0, "checkpoint", True)
        assert [e["name"] for e in report["outputs"]] == ["logits:0"]
        assert [e["name"] for e in report["inputs"]] == ["x:0"]


def test_signatures_of_saved_models(run_json, tmp_path):
    file = tmp_path / "m.onnx"
    code, report = run_json("convert", MODELS / "module", "--signature_def", "loop", "-o", file, "--verify")
    assert (code, report["signature"]) == (0, "loop")
    assert names(onnx.load(file).graph.input) == ["n", "x"]
    assert report["outputs"] == [
        {"name": "top", "tensor": "StatefulPartitionedCall:0", "dtype": "float32", "shape": []},
        {"name": "y", "tensor": "StatefulPartitionedCall:1", "dtype": "float32", "shape": [None, 3]},
    ]
    code, report = run_json("convert", MODELS / "module", "--signature_def", "nothing", "-o", file)
    assert code == 2
    assert "there are: loop, serving_default, tick" in report["error"]
    code, report = run_json("convert", MODELS / "keras", "--tag", "train", "-o", file)
    assert code == 2
    assert "there are: serve" in report["error"]
    code, report = run_json("convert", "--saved-model", MODELS / "keras", "--use-graph-names", "-o", file)
    assert (code, report["inputs"][0]["name"]) == (0, "serving_default_dense_input:0")


def test_state_goes_in_and_out(run, tmp_path):
    code, out, _ = run("convert", MODELS / "module", "--signature_def", "tick", "-o", tmp_path / "m.onnx", "--verify")
    assert code == 0
    assert "state  count:0" in out or "state  Variable" in out
    assert "same: count" in out


def test_shapes_names_and_layouts(run_json, frozen, tmp_path):
    file = tmp_path / "m.onnx"
    code, report = run_json(
        "convert", "--graphdef", frozen, "--inputs", "x:0[3,6,5,2]", "--outputs", "features,scores:0", "-o", file,
        "--rename-inputs", "image", "--rename-outputs", "maps,classes", "--inputs-as-nchw", "x:0",
        "--outputs-as-nchw", "maps", "--verify",
    )  # fmt: skip
    assert code == 0, report
    graph = onnx.load(file).graph
    assert names(graph.input) == ["image"]
    assert shapes(graph.input) == [[3, 2, 6, 5]]
    assert names(graph.output) == ["maps", "classes"]
    assert shapes(graph.output)[0] == [3, 3, 6, 5]
    onnxruntime.InferenceSession(str(file)).run(None, {"image": np.zeros([3, 2, 6, 5], np.float32)})


def test_simulated_quantization_can_be_left_out(run_json, frozen, tmp_path):
    file = tmp_path / "m.onnx"
    ones = np.ones([1, 6, 5, 2], np.float32)
    answers = []
    for options in ([], ["--dequantize"]):
        assert run_json("convert", frozen, "--outputs", "features", "-o", file, "--verify", *options)[0] == 0
        answers.append(onnxruntime.InferenceSession(str(file)).run(None, {"x:0": ones})[0][0, 0, 0].tolist())
    assert answers[1] == [1.25, 1.0, -0.5]
    np.testing.assert_allclose(answers[0], np.multiply(answers[1], 0.3), rtol=0.02)


def test_defaults_stay_unless_they_are_asked_for(run_json, frozen, tmp_path):
    _, report = run_json("convert", frozen, "--outputs", "scores", "--ignore_default", "scale", "-o", tmp_path / "m")
    assert [e["name"] for e in report["inputs"]] == ["x:0", "scale:0"]


def test_other_opsets_and_weights_beside_the_model(run_json, frozen, tmp_path):
    file = tmp_path / "m.onnx"
    code, report = run_json("convert", frozen, "-o", file, "--opset", "17", "--large_model", "--verify")
    assert (code, report["opset"]) == (0, 17)


def test_verification_on_given_arrays(run, frozen, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.linspace(-1, 1, 60).reshape(1, 6, 5, 2))
    code, out, _ = run("convert", frozen, "-o", tmp_path / "m.onnx", "--verify", tmp_path / "x.npz")
    assert code == 0
    assert "same: scores:0" in out
    np.savez(tmp_path / "y.npz", y=np.zeros(3))
    code, _, err = run("convert", frozen, "-o", tmp_path / "m.onnx", "--verify", tmp_path / "y.npz")
    assert code == 2
    assert "no array for the input x:0; it has y" in err


def test_results_that_differ(run, frozen, tmp_path, monkeypatch):
    """Exit code 3, when the file gives something else than the source."""
    monkeypatch.setattr("tfcompat.session.session.BaseSession.run", lambda self, f, d: [np.zeros([2, 3], np.float32)])
    code, out, _ = run("convert", frozen, "-o", tmp_path / "m.onnx", "--verify")
    assert code == 3
    assert "DIFFERENT: scores:0: largest difference" in out


@pytest.mark.parametrize(
    ("got", "want", "ok"),
    [
        (np.float32([1, 2]), np.float32([1, 2.0001]), True),
        (np.float32([1, 2]), np.float32([1, 2.1]), False),
        (np.float32([1e6]), np.float32([1e6 + 10]), True),
        (np.float32([np.nan]), np.float32([np.nan]), True),
        (np.float32([1]), np.float32([np.nan]), False),
        (np.float32([np.inf]), np.float32([-np.inf]), False),
        (np.int32([1]), np.int32([2]), False),
        (np.float32([1]), np.float32([[1]]), False),
        (np.array(["a"], object), np.array([b"a"], object), True),
        (np.float32([[1, 2]]), np.complex64([1 + 2j]), True),
    ],
)
def test_comparisons(got, want, ok):
    assert compare("y", got, want, 1e-4).ok is ok


def test_everything_that_is_not_supported_is_listed(run, run_json, tmp_path):
    with tf.Graph().as_default() as graph:
        text = tf.placeholder(tf.string, [None], name="text")
        for i in range(8):
            tf.decode_base64(text, name=f"clean_{i}")
        images = tf.image.decode_jpeg(tf.placeholder(tf.string, [], name="jpeg"), channels=3)
        tf.identity(tf.cast(images, tf.float32), name="pixels")
    path = tmp_path / "g.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    options = ("--outputs", ",".join(["pixels", *(f"clean_{i}" for i in range(8))]), "-o", tmp_path / "m.onnx")
    code, _, err = run("convert", path, *options)
    assert code == 1
    assert "operation(s) of 2 type(s) cannot be expressed in ONNX" in err
    assert "nodes: clean_0, clean_1, clean_2, clean_3, clean_4, clean_5 and 2 more" in err
    assert "feed the decoded pixels; start after it: --inputs DecodeJpeg:0" in err
    assert not (tmp_path / "m.onnx").exists()
    code, report = run_json("convert", path, *options)
    assert {p["op"]: p["count"] for p in report["unsupported"]} == {"DecodeBase64": 8, "DecodeJpeg": 1}
    options = ("--outputs", "pixels", "--inputs", "DecodeJpeg", "-o", tmp_path / "m.onnx", "--verify")
    assert run("convert", path, *options)[0] == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "name one model"),
        (("a", "--graphdef", "b"), "name one model, not a and b"),
        (("no.pb",), "no such file or directory"),
        (("--keras", "m.h5"), "Keras files are not read"),
        (("--concrete_function", "1", "m"), "--concrete-function: Choose a function"),
        (("FROZEN", "--outputs", "scoers"), "Similar names: scores"),
        (("FROZEN", "--inputs", "x[2"), "expected names separated by commas"),
        (("FROZEN", "--inputs", "x[2,3]"), "contradicts the graph"),
        (("FROZEN", "--rename-outputs", "a,b"), "2 names for 1 outputs"),
        (("FROZEN", "--inputs-as-nchw", "y"), "y is not among the inputs: x:0"),
    ],
)
def test_wrong_usage(run, frozen, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("convert", *(frozen if a == "FROZEN" else a for a in argv))
    assert code in (1, 2)
    assert message in err


@pytest.mark.parametrize("name", ["model.h5", "model.tflite", "train.py"])
def test_files_of_other_kinds_say_what_to_do(run, tmp_path, name):
    (tmp_path / name).write_bytes(b"\x89HDF\r\n")
    code, _, err = run("convert", tmp_path / name)
    assert code == 2
    assert f"{name} is a" in err


def test_files_that_are_no_graphs(run, tmp_path):
    (tmp_path / "x.pb").write_bytes(b"this is no graph")
    assert run("convert", tmp_path / "x.pb")[0] == 2
    (tmp_path / "empty").mkdir()
    assert "neither a SavedModel nor a checkpoint" in run("convert", tmp_path / "empty")[2]


def test_variables_without_values(run, tmp_path):
    with tf.Graph().as_default() as graph:
        tf.identity(tf.get_variable("v", [2]) * tf.placeholder(tf.float32, [2], name="x"), name="y")
    (tmp_path / "g.pb").write_bytes(graph.as_graph_def().SerializeToString())
    code, _, err = run("convert", tmp_path / "g.pb")
    assert code == 1
    assert "variables without values: convert the checkpoint" in err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x:0", [Named("x:0")]),
        ("a,b:1", [Named("a"), Named("b:1")]),
        ("a[1,?,None], b:0[-1] ,c[]", [Named("a", (1, None, None)), Named("b:0", (None,)), Named("c", ())]),
        ("s/x:0[2 3],", [Named("s/x:0", (2, 3))]),
    ],
)
def test_spelling_of_inputs(text, found):
    assert parse_inputs(text) == found


def test_the_script_is_the_command(frozen, tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "convert.py", frozen, "-q", "-o", tmp_path / "m.onnx"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "m.onnx").exists()


def test_layer_normalization_with_unknown_sizes(run, tmp_path):
    """As Keras writes it: images of one row whose channels are batch times length."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, None, 4], name="x")
        image = tf.reshape(x, [1, tf.shape(x)[0] * tf.shape(x)[1], 4, 1])
        rows = tf.shape(image)[1:2]
        moments = tf.nn.fused_batch_norm(image, tf.ones(rows), tf.zeros(rows), data_format="NCHW", epsilon=1e-3)[0]
        tf.reshape(moments, tf.shape(x), name="y")
    (tmp_path / "g.pb").write_bytes(graph.as_graph_def().SerializeToString())
    code, out, err = run("convert", tmp_path / "g.pb", "--outputs", "y", "-o", tmp_path / "m.onnx", "--verify")
    assert (code, "same: y:0" in out) == (0, True), err


def test_what_datasets_and_queues_give_is_fed(run_json, tmp_path):
    rows = np.arange(12, dtype=np.float32).reshape(6, 2)
    for name in ("dataset", "queue"):
        with tf.Graph().as_default() as graph:
            if name == "dataset":
                data = tf.data.Dataset.from_tensor_slices((rows, rows[:, 0])).batch(3)
                x, _ = tf.data.make_one_shot_iterator(data).get_next()
            else:
                x = tf.FIFOQueue(9, tf.float32, [2]).dequeue_many(3)
            tf.multiply(x, 2.0, name="output")
        path = tmp_path / f"{name}.pb"
        path.write_bytes(graph.as_graph_def().SerializeToString())
        file = tmp_path / f"{name}.onnx"
        shape = ["--inputs", f"{x.name}[?,2]"] if name == "queue" else []  # files do not have the shapes of queues
        code, _ = run_json("convert", path, "--output", file, "--outputs", "output", *shape)
        assert code == 0
        runner = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        (given,) = runner.get_inputs()
        assert given.name == x.name
        np.testing.assert_array_equal(runner.run(None, {given.name: rows[:3]})[0], 2 * rows[:3])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--output", "/no/such/place/m.onnx"], "there is no directory /no/such/place"),
        (["--rename-inputs", "a,b,c"], "--rename-inputs has 3 names for"),
        (["--inputs", "x:0[a]"], "'a' is no dimension"),
        (["--inputs", "x:0[1"], "expected names separated by commas"),
        (["--verify", "none.npz"], "none.npz is no readable .npz file"),
    ],
)
def test_what_is_asked_for_wrongly_is_usage(run, frozen, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("convert", frozen, *argv)
    assert code == 2
    assert message in err
