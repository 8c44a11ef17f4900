"""`tfcompat inspect`: what it says of each kind of file, and the page it draws."""

import itertools
import pathlib
import xml.dom.minidom

import pytest

import tfcompat.compat.v1 as tf
from tfcompat.inspection.layout import MOST_BOXES, DrawnNode, laid_out
from tfcompat.inspection.text import bracketed, sized

DATA = pathlib.Path(__file__).parent.parent / "data"


def test_a_saved_model_of_version_2(run, run_json):
    code, out, _ = run("inspect", DATA / "saved_models" / "module")
    assert code == 0
    assert "graph with the tags serve, written by TensorFlow 2.15.1" in out
    assert "signature loop (tensorflow/serving/predict)" in out
    assert "input  x  float32[?,3]  = loop_x:0" in out
    assert "assets: words.txt" in out
    assert "w/.ATTRIBUTES/VARIABLE_VALUE  " in out
    assert "cannot be run here" not in out
    _, about = run_json("inspect", DATA / "saved_models" / "module")
    graph = about["graphs"][0]
    assert graph["signatures"]["tick"]["outputs"]["count"]["dtype"] == "int64"
    assert graph["ops"]["HashTableV2"] >= 2
    assert about["bytes"] == sum(f.stat().st_size for f in (DATA / "saved_models/module").rglob("*") if f.is_file())


def test_a_saved_model_of_version_1(run_json):
    code, about = run_json("inspect", DATA / "saved_models" / "version1" / "saved_model.pb")
    assert (code, about["kind"]) == (0, "saved_model")
    assert about["variables"] == [
        {"name": "scale", "dtype": "float32", "shape": [], "bytes": 4},
        {"name": "table", "dtype": "float32", "shape": [6, 2], "bytes": 48},
    ]
    assert sorted(about["graphs"][0]["signatures"]) == ["serving_default", "words"]


def test_a_frozen_graph(run_json, frozen):
    code, about = run_json("inspect", frozen)
    graph = about["graphs"][0]
    assert (code, about["kind"]) == (0, "graphdef")
    assert graph["placeholders"][0] == {"name": "x:0", "dtype": "float32", "shape": [None, 6, 5, 2]}
    assert graph["ops"]["Conv2D"] == 1
    assert "variables" not in about


@pytest.mark.parametrize("name", ["v2-7", "v2-7.index", "v2-7.meta"])
def test_a_checkpoint_with_its_graph(run_json, name):
    code, about = run_json("inspect", DATA / "checkpoints" / name)
    assert (code, about["kind"]) == (0, "checkpoint")
    shapes = {v["name"]: (v["dtype"], v["shape"], v["bytes"]) for v in about["variables"]}
    assert shapes["text"] == ("string", [3], None)
    assert shapes["half"] == ("float16", [2], 4)
    assert shapes["part/w"] == ("float32", [20, 3], 240)


def test_variables_alone(run_json):
    code, about = run_json("inspect", DATA / "saved_models" / "keras" / "variables" / "variables")
    assert (code, about["kind"]) == (0, "variables")
    assert len(about["variables"]) > 8


def test_an_onnx_file(run, run_json, frozen, tmp_path):
    assert run("convert", frozen, "-o", tmp_path / "m.onnx", "-q")[0] == 0
    code, about = run_json("inspect", tmp_path / "m.onnx")
    assert (code, about["kind"], about["opset"]["ai.onnx"]) == (0, "onnx", 21)
    assert about["graphs"][0]["signatures"][""]["inputs"]["x:0"]["shape"] == [None, 6, 5, 2]


def test_op_types_that_nothing_can_run_are_named(run, tmp_path):
    node = tf.NodeDef(name="a<b&c", op="NobodyKnowsThisOp")
    (tmp_path / "g.pb").write_bytes(tf.GraphDef(node=[node]).SerializeToString())
    assert "cannot be run here: NobodyKnowsThisOp" in run("inspect", tmp_path / "g.pb")[1]
    assert run("inspect", tmp_path / "g.pb", "--html", tmp_path / "p.html")[0] == 0
    assert "a&lt;b&amp;c" in (tmp_path / "p.html").read_text()


@pytest.mark.parametrize("model", ["module", "version1"])
def test_the_page_draws_the_graph_and_needs_nothing_else(run, tmp_path, model):
    page = tmp_path / "p.html"
    code, out, _ = run("inspect", DATA / "saved_models" / model, "--html", page)
    assert code == 0
    assert f"page: {page}" in out
    text = page.read_text()
    drawings = [part.partition("</svg>")[0] for part in text.split("<svg")[1:]]
    assert drawings
    for drawing in drawings:
        parsed = xml.dom.minidom.parseString(f"<svg{drawing}</svg>")
        boxes = parsed.getElementsByTagName("rect")
        assert boxes
        assert parsed.getElementsByTagName("path") or len(boxes) < 8
    for outside in ("http://", "https://", "src=", "@import"):
        assert outside not in text.replace("http://www.w3.org/2000/svg", "")


def test_boxes_do_not_overlap_and_stand_below_what_they_take():
    nodes = [
        DrawnNode(f"s{i // 7}/n{i}", "Add", [f"s{j // 7}/n{j}" for j in (i - 1, i - 13, i * 7 // 11)])
        for i in range(90)
    ]
    drawing = laid_out(nodes)
    assert len(drawing.boxes) == 90
    rows = {}
    for box in drawing.boxes:
        rows.setdefault(box.y, []).append((box.x - box.width / 2, box.x + box.width / 2))
        assert box.x - box.width / 2 >= 0
        assert box.y + box.height <= drawing.height
    for row in rows.values():
        row.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(row))
    assert all(source.y < target.y for source, target, _ in drawing.arrows)


@pytest.mark.parametrize("name", ["scope{0}/n{1}", "n{1}", "a/b/c/d{0}/e/n{1}"])
def test_large_graphs_and_circles_are_drawn_in_few_boxes(name):
    names = [name.format(i // 60, i) for i in range(3000)]
    nodes = [DrawnNode(n, "Add", [names[i - 1]]) for i, n in enumerate(names)]
    drawing = laid_out(nodes)
    assert 2 <= len(drawing.boxes) <= MOST_BOXES
    assert sum(len(b.members) for b in drawing.boxes) == 3000


def test_nothing_to_inspect(run, tmp_path):
    assert run("inspect", tmp_path / "no")[0] == 2
    (tmp_path / "x.pb").write_bytes(b"what")
    assert run("inspect", tmp_path / "x.pb")[0] == 2
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff")
    assert run("inspect", tmp_path)[0] == 1


def test_numbers_for_people():
    assert [sized(n) for n in (0, 999, 1000, 2_500_000, 3_000_000_000)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "2.5 MB",
        "3.0 GB",
    ]
    assert [bracketed(d) for d in (None, [], [None, 3])] == ["[unknown rank]", "[]", "[?,3]"]


def test_a_checkpoint_of_version_1(run_json, run):
    code, about = run_json("inspect", DATA / "checkpoints" / "v1")
    assert (code, about["kind"]) == (0, "variables")
    assert {"name": "double", "dtype": "float64", "shape": [], "bytes": 8} in about["variables"]
    code, _, err = run("convert", DATA / "checkpoints" / "v1", "--output", "x.onnx")
    assert code == 2
    assert "v1.meta is needed" in err


def test_pages_that_cannot_be_written(run, frozen):
    code, _, err = run("inspect", frozen, "--html", "/no/such/place/p.html")
    assert code == 2
    assert "there is no directory" in err
