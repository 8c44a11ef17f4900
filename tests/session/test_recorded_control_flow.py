"""Graphs of TensorFlow with control flow of both versions: run in a session, and exported with unknown dimensions.

`scripts/record_control_flow.py` made them.
"""

import io
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

import tfcompat.compat.v1 as tf
from tfcompat import onnx as tfonnx

FOLDER = Path(__file__).resolve().parent.parent / "data" / "control_flow"
NAMES = sorted(p.stem for p in FOLDER.glob("*.npz"))
ONE_BRANCH = "what only one branch saves for the gradient has no known shape for the other one"
SHAPES = "the elements of a list have different shapes"
CANNOT_EXPORT = {
    "gradient_cond_in_while_v2": ONE_BRANCH,
    "split_and_concat_v1": SHAPES,
    "split_and_concat_v2": SHAPES,
}


def rows(reasons: dict[str, str]) -> list:
    """All names; those that do not work yet are expected to fail."""
    marks = {n: [pytest.mark.xfail(strict=True, reason=r)] for n, r in reasons.items()}
    return [pytest.param(n, marks=marks.get(n, [])) for n in NAMES]


def load(name: str) -> tuple[bytes, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The graph, its inputs and its outputs by tensor name."""
    with np.load(io.BytesIO((FOLDER / f"{name}.npz").read_bytes())) as data:
        arrays = dict(data.items())
    graph = arrays.pop("graph").tobytes()
    feeds = {k.partition(":")[2]: v for k, v in arrays.items() if k.startswith("in:")}
    wanted = {k.split(":", 2)[2]: v for k, v in arrays.items() if k.startswith("out:")}
    return graph, feeds, wanted


def imported(graph: bytes) -> None:
    message = tf.GraphDef()
    message.ParseFromString(graph)
    tf.import_graph_def(message, name="")


def check(got: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    for name, want in wanted.items():
        assert got[name].shape == want.shape, name
        assert got[name].dtype == want.dtype, name
        np.testing.assert_allclose(got[name], want, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
def test_runs(name: str) -> None:
    graph, feeds, wanted = load(name)
    with tf.Graph().as_default(), tf.Session() as session:
        imported(graph)
        before = tf.get_default_graph().as_graph_def().SerializeToString(deterministic=True)
        values = session.run(list(wanted), feeds)
        assert tf.get_default_graph().as_graph_def().SerializeToString(deterministic=True) == before
    check(dict(zip(wanted, map(np.asarray, values), strict=True)), wanted)


@pytest.mark.parametrize("name", rows(CANNOT_EXPORT))
def test_exports(name: str) -> None:
    graph, feeds, wanted = load(name)
    with tf.Graph().as_default(), tf.Session() as session:
        imported(graph)
        model = tfonnx.export(list(wanted), list(feeds), session)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    plain = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    present = {i.name for i in plain.get_inputs()}
    values = plain.run(None, {k: v for k, v in feeds.items() if k in present})
    check(dict(zip(wanted, values, strict=True)), wanted)
