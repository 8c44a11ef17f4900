"""SavedModels that the reference wrote (`scripts/record_saved_models.py`) load and answer as there."""

import pathlib
import shutil

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests import fuzz
from tfcompat.saved_model import files

FOLDER = pathlib.Path(__file__).parent.parent / "data" / "saved_models"
NAMES = sorted(p.name for p in FOLDER.iterdir() if p.is_dir())


def recorded(name):
    """signature -> (inputs, outputs) by their names in the signature."""
    found = {}
    with np.load(FOLDER / f"{name}.npz") as data:
        for key, array in data.items():
            way, signature, tensor = key.split(":")
            pair = found.setdefault(signature, ({}, {}))
            pair[way == "out"][tensor] = array.astype(object) if array.dtype.kind == "S" else array
    return found


def answers(session, meta, signature, inputs, scope=""):
    infos = meta.signature_def[signature]
    names = {k: scope + v.name for k, v in infos.outputs.items()}
    return session.run(names, {scope + infos.inputs[k].name: v for k, v in inputs.items()})


def assert_answers(session, meta, name, scope=""):
    for signature, (inputs, outputs) in recorded(name).items():
        found = answers(session, meta, signature, inputs, scope)
        assert found.keys() == outputs.keys()
        for key, array in outputs.items():
            got = np.asarray(found[key])
            assert got.shape == array.shape
            if array.dtype == object:
                assert got.tolist() == array.tolist()
            else:
                assert got.dtype == array.dtype
                np.testing.assert_allclose(got, array, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_signatures_answer_as_in_the_reference(session, name):
    meta = tf.saved_model.loader.load(session, ["serve"], str(FOLDER / name))
    assert_answers(session, meta, name)


@pytest.mark.parametrize("name", NAMES)
def test_models_load_below_a_scope(session, name):
    meta = tf.saved_model.load(session, {"serve"}, FOLDER / name, import_scope="inner")
    assert_answers(session, meta, name, "inner/")


def test_two_models_share_a_graph(session):
    first = tf.saved_model.load(session, ["serve"], FOLDER / "keras", import_scope="a")
    second = tf.saved_model.load(session, ["serve"], FOLDER / "checkpoint", import_scope="b")
    assert_answers(session, first, "keras", "a/")
    assert_answers(session, second, "checkpoint", "b/")


def test_a_function_that_counts_keeps_counting(session):
    meta = tf.saved_model.load(session, ["serve"], FOLDER / "module")
    assert [answers(session, meta, "tick", {})["count"] for _ in range(3)] == [2, 4, 6]


def test_a_moved_model_finds_its_assets(session, tmp_path):
    shutil.copytree(FOLDER / "version1", tmp_path / "moved")
    meta = tf.saved_model.load(session, ["serve"], tmp_path / "moved")
    assert_answers(session, meta, "version1")


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "", "a\0b", "."])
def test_assets_outside_the_model_are_not_opened(session, tmp_path, name):
    shutil.copytree(FOLDER / "version1", tmp_path / "m")
    model = files.read_saved_model(tmp_path / "m")
    asset = model.meta_graphs[0].collection_def["saved_model_assets"].any_list.value[0]
    message = tf.MetaGraphDef().asset_file_def.add()
    message.ParseFromString(asset.value)
    message.filename = name
    asset.value = message.SerializeToString()
    (tmp_path / "m" / "saved_model.pb").write_bytes(model.SerializeToString())
    with pytest.raises(tf.errors.InvalidArgumentError, match="lies outside"):
        tf.saved_model.load(session, ["serve"], tmp_path / "m")


def test_a_link_out_of_the_model_is_not_followed(session, tmp_path):
    shutil.copytree(FOLDER / "version1", tmp_path / "m")
    (tmp_path / "secret").write_text("x\nyy\n")
    asset = tmp_path / "m" / "assets" / "words.txt"
    asset.unlink()
    asset.symlink_to(tmp_path / "secret")
    with pytest.raises(tf.errors.InvalidArgumentError, match="lies outside"):
        tf.saved_model.load(session, ["serve"], tmp_path / "m")


def test_initialization_reads_nothing_outside_the_model(session, tmp_path):
    """A file that is no asset, named by a constant of the graph."""
    shutil.copytree(FOLDER / "version1", tmp_path / "m")
    (tmp_path / "secret").write_text("x\nyy\n")
    model = files.read_saved_model(tmp_path / "m")
    meta = model.meta_graphs[0]
    del meta.collection_def["saved_model_assets"]
    for node in meta.graph_def.node:
        if node.name == "asset_path":
            node.attr["value"].tensor.string_val[0] = str(tmp_path / "secret").encode()
    (tmp_path / "m" / "saved_model.pb").write_bytes(model.SerializeToString())
    with pytest.raises(tf.errors.PermissionDeniedError, match="secret"):
        tf.saved_model.load(session, ["serve"], tmp_path / "m")


def test_python_functions_of_a_file_do_not_run(session, tmp_path):
    """A graph that wants to call a function of this process by its token."""
    called = []
    with tf.Graph().as_default(), tf.Session() as other:
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.py_func(lambda v: called.append(v) or v, [x], tf.float32, name="y")
        tf.saved_model.simple_save(other, str(tmp_path / "m"), {"x": x}, {"y": y})
        meta = tf.saved_model.load(session, ["serve"], tmp_path / "m")
        with pytest.raises((tf.errors.OpError, ValueError)):
            answers(session, meta, "serving_default", {"x": np.float32(1)})
    assert not called


def test_fuzz_models_are_answered(tmp_path):
    shutil.copytree(FOLDER / "checkpoint", tmp_path / "m")

    def read(data):
        (tmp_path / "m" / "saved_model.pb").write_bytes(data)
        with tf.Graph().as_default(), tf.Session() as session:
            meta = tf.saved_model.load(session, ["serve"], tmp_path / "m")
            signature = meta.signature_def["serving_default"]
            session.run([v.name for v in signature.outputs.values()], {signature.inputs["x"].name: [1.0, 2.0]})

    sample = (tmp_path / "m" / "saved_model.pb").read_bytes()
    outcomes = fuzz.check(read, [sample], fuzz.count_of(60), seed=5, also=(KeyError, RuntimeError))
    assert len(outcomes) > 2, outcomes


def _message_mutants(model, rng):
    """A copy of a model in which a few names, types, inputs or attributes are others; it still parses."""
    copy = type(model).FromString(model.SerializeToString())
    meta = copy.meta_graphs[0]
    nodes = [*meta.graph_def.node, *(n for f in meta.graph_def.library.function for n in f.node_def)]
    infos = [i for s in meta.signature_def.values() for i in (*s.inputs.values(), *s.outputs.values())]
    names = (
        [n.name for n in nodes] + [i for n in nodes for i in n.input] + ["", ":", "^", "a:99", "/", "\0", "x" * 5000]
    )
    for _ in range(rng.choice((1, 1, 2, 4))):
        node = rng.choice(nodes)
        kind = rng.randrange(9)
        if kind == 0:
            node.op = rng.choice([n.op for n in nodes] + ["Nothing", ""])
        elif kind == 1:
            node.name = rng.choice(names)
        elif kind == 2 and node.input:
            node.input[rng.randrange(len(node.input))] = rng.choice(names)
        elif kind == 3 and node.input:
            del node.input[rng.randrange(len(node.input))]
        elif kind == 4 and node.attr:
            other = rng.choice([n for n in nodes if n.attr])
            node.attr[rng.choice(sorted(node.attr))].CopyFrom(other.attr[rng.choice(sorted(other.attr))])
        elif kind == 5 and node.attr:
            del node.attr[rng.choice(sorted(node.attr))]
        elif kind == 6 and infos:
            rng.choice(infos).name = rng.choice(names)
        elif kind == 7:
            field = rng.choice(("filename_tensor_name", "save_tensor_name", "restore_op_name"))
            setattr(meta.saver_def, field, rng.choice(names))
        elif meta.graph_def.library.function:
            function = rng.choice(meta.graph_def.library.function)
            if function.ret and rng.random() < 0.7:
                function.ret[rng.choice(sorted(function.ret))] = rng.choice(names)
            else:
                function.signature.name = rng.choice([f.signature.name for f in meta.graph_def.library.function])
    return copy.SerializeToString()


@pytest.mark.parametrize("name", ["module", "version1"])
def test_fuzz_messages_are_answered(tmp_path, name):
    shutil.copytree(FOLDER / name, tmp_path / "m")
    model = files.read_saved_model(tmp_path / "m")
    asked = {key: pair[0] for key, pair in recorded(name).items()}
    rng = fuzz.generator(11)

    def read(data):
        (tmp_path / "m" / "saved_model.pb").write_bytes(data)
        with tf.Graph().as_default(), tf.Session() as session:
            meta = tf.saved_model.load(session, ["serve"], tmp_path / "m")
            for key, inputs in asked.items():
                if key in meta.signature_def and inputs.keys() <= meta.signature_def[key].inputs.keys():
                    answers(session, meta, key, inputs)

    damaged = (_message_mutants(model, rng) for _ in range(fuzz.count_of(40)))
    outcomes = fuzz.answers(read, damaged, name, also=(KeyError, RuntimeError), seconds=10.0, megabytes=2048)
    assert len(outcomes) > 2, outcomes


def test_a_call_that_does_not_fit_its_function_is_refused(session, tmp_path):
    shutil.copytree(FOLDER / "checkpoint", tmp_path / "m")
    model = files.read_saved_model(tmp_path / "m")
    meta = model.meta_graphs[0]
    node = next(n for n in meta.graph_def.node if n.name == "StatefulPartitionedCall")
    node.attr["Tout"].list.type.append(node.attr["Tout"].list.type[0])
    del node.attr["_output_shapes"]
    (tmp_path / "m" / "saved_model.pb").write_bytes(model.SerializeToString())
    loaded = tf.saved_model.load(session, ["serve"], tmp_path / "m")
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"has the outputs \(float32, int64, float32\), and the function"
    ):
        answers(session, loaded, "serving_default", {"x": np.float32([1, 2])})
