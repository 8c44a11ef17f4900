"""What SavedModelBuilder and simple_save write, and that it comes back."""

import os

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.saved_model import files

sm = tf.saved_model


def a_model(session):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    v = tf.get_variable("v", initializer=tf.constant([[1.0, 2.0], [3.0, 4.0]]))
    y = tf.matmul(x, v, name="y")
    session.run(tf.global_variables_initializer())
    return x, y


def test_simple_save_and_load(session, tmp_path):
    x, y = a_model(session)
    sm.simple_save(session, str(tmp_path / "m"), {"x": x}, {"y": y})
    with tf.Graph().as_default(), tf.Session() as other:
        meta = sm.loader.load(other, [sm.tag_constants.SERVING], str(tmp_path / "m"))
        signature = meta.signature_def[sm.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        assert signature.method_name == "tensorflow/serving/predict"
        assert [d.size for d in signature.inputs["x"].tensor_shape.dim] == [-1, 2]
        assert other.run(signature.outputs["y"].name, {signature.inputs["x"].name: [[1, 1]]}).tolist() == [[4, 6]]


def test_files_are_where_the_reference_puts_them(session, tmp_path):
    x, y = a_model(session)
    words = tmp_path / "words.txt"
    words.write_text("a\nb\n")
    tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, tf.constant(str(words), name="path"))
    sm.simple_save(session, str(tmp_path / "m"), {"x": x}, {"y": y})
    found = sorted(str(p.relative_to(tmp_path / "m")) for p in (tmp_path / "m").rglob("*") if p.is_file())
    data = [f"variables/variables.{n}" for n in ("data-00000-of-00001", "index")]
    assert found == ["assets/words.txt", "saved_model.pb", *data]
    meta = files.read_saved_model(tmp_path / "m").meta_graphs[0]
    assets = meta.collection_def["saved_model_assets"].any_list.value
    assert [a.type_url for a in assets] == ["type.googleapis.com/tensorflow.AssetFileDef"]
    assert meta.saver_def.sharded
    assert list(meta.meta_info_def.tags) == ["serve"]


def test_assets_of_one_name_are_told_apart(session, tmp_path):
    a_model(session)
    for folder, text in (("a", "one"), ("b", "two"), ("c", "one")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "words").write_text(text)
    paths = [tf.constant(str(tmp_path / f / "words")) for f in "abc"]
    builder = sm.builder.SavedModelBuilder(str(tmp_path / "m"))
    builder.add_meta_graph_and_variables(session, ["serve"], assets_collection=paths)
    builder.save()
    folder = tmp_path / "m" / "assets"
    assert {p.name: p.read_text() for p in folder.iterdir()} == {"words": "one", "words_1": "two"}


def test_several_meta_graphs_share_the_variables(session, tmp_path):
    a_model(session)
    builder = sm.Builder(tmp_path / "m")
    builder.add_meta_graph_and_variables(session, ["train", "gpu"])
    with pytest.raises(AssertionError, match="already been saved"):
        builder.add_meta_graph_and_variables(session, ["again"])
    with tf.Graph().as_default():
        tf.get_variable("v", shape=[2, 2])
        builder.add_meta_graph(["serve"])
    assert builder.save(as_text=True) == os.fsencode(tmp_path / "m" / "saved_model.pbtxt")
    for tags in (["serve"], ["gpu", "train"]):
        with tf.Graph().as_default(), tf.Session() as other:
            sm.load(other, tags, str(tmp_path / "m"))
            assert other.run("v:0").tolist() == [[1, 2], [3, 4]]
    with pytest.raises(RuntimeError, match=r"associated with tags 'gpu' could not be found"):
        sm.load(session, ["gpu"], str(tmp_path / "m"))


def test_main_op_runs_after_the_variables_are_there(session, tmp_path):
    v = tf.get_variable("v", initializer=3.0)
    w = tf.get_variable("w", initializer=0.0, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    session.run(v.initializer)
    builder = sm.Builder(tmp_path / "m")
    main_op = tf.assign(w, v * 2).op
    with pytest.raises(TypeError, match="to be an Operation"):
        builder.add_meta_graph_and_variables(session, ["t"], main_op=v)
    builder.add_meta_graph_and_variables(session, ["serve"], main_op=main_op)
    with pytest.raises(ValueError, match="already contains one or more main ops"):
        builder.add_meta_graph(["t"], legacy_init_op=main_op)
    builder.save()
    with tf.Graph().as_default(), tf.Session() as other:
        sm.load(other, ["serve"], tmp_path / "m")
        assert other.run("w:0") == 6


def test_a_directory_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "m").mkdir()
    sm.Builder(tmp_path / "m")
    (tmp_path / "m" / "x").touch()
    with pytest.raises(AssertionError, match="isn't empty"):
        sm.Builder(tmp_path / "m")


@pytest.mark.parametrize(
    ("inputs", "key", "error", "message"),
    [
        ({"x": tf.saved_model.build_tensor_info}, "s", AssertionError, "dtype"),
        ({"x": None}, "s", AssertionError, "encoding"),
        ({}, "__saved_model_init_op", KeyError, "reserved for initialization"),
        ({}, "__saved_model_train_op", KeyError, "reserved for the train op"),
    ],
)
def test_signatures_are_checked(session, tmp_path, inputs, key, error, message):
    x, _ = a_model(session)
    infos = {}
    for name, value in inputs.items():
        infos[name] = sm.build_tensor_info(x)
        infos[name].ClearField("dtype" if value else "name")
    builder = sm.Builder(tmp_path / "m")
    with pytest.raises(error, match=message):
        builder.add_meta_graph_and_variables(session, ["t"], {key: sm.build_signature_def(infos)})


def test_damaged_and_missing_files(session, tmp_path):
    with pytest.raises(OSError, match="SavedModel file does not exist at"):
        sm.load(session, ["serve"], tmp_path)
    assert not sm.loader.maybe_saved_model_directory(str(tmp_path))
    (tmp_path / "saved_model.pbtxt").write_text("what { ")
    assert sm.contains_saved_model(tmp_path)
    with pytest.raises(OSError, match=r"Cannot parse file.*saved_model\.pbtxt"):
        sm.load(session, ["serve"], tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff")
    with pytest.raises(OSError, match=r"Cannot parse file.*saved_model\.pb"):
        sm.load(session, ["serve"], tmp_path)


def test_default_attributes_can_be_left_out(session, tmp_path):
    _, y = a_model(session)
    tf.add_to_collection("kept", y)
    builder = sm.Builder(tmp_path / "m")
    builder.add_meta_graph_and_variables(session, ["serve"], strip_default_attrs=True, clear_devices=True)
    builder.save()
    meta = files.read_saved_model(tmp_path / "m").meta_graphs[0]
    assert meta.meta_info_def.stripped_default_attrs
    node = next(n for n in meta.graph_def.node if n.name == "y")
    assert "transpose_a" not in node.attr
    with tf.Graph().as_default(), tf.Session() as other:
        sm.load(other, ["serve"], tmp_path / "m")
        assert other.run("y:0", {"x:0": np.eye(2)}).tolist() == [[1, 2], [3, 4]]
        assert [t.name for t in tf.get_collection("kept")] == ["y:0"]


def test_method_names_can_be_changed(session, tmp_path):
    x, y = a_model(session)
    sm.simple_save(session, str(tmp_path / "m"), {"x": x}, {"y": y})
    updater = sm.signature_def_utils.MethodNameUpdater(str(tmp_path / "m"))
    updater.replace_method_name("serving_default", "other", tags="serve")
    with pytest.raises(ValueError, match="could not be found"):
        updater.replace_method_name("serving_default", "other", tags=["no"])
    updater.save()
    assert files.read_saved_model(tmp_path / "m").meta_graphs[0].signature_def["serving_default"].method_name == "other"


def test_a_ragged_tensor_is_its_spec_and_parts():
    with tf.Graph().as_default() as graph:
        rows = tf.ragged.placeholder(tf.float32, 2, name="r")
        info = tf.saved_model.build_tensor_info(rows)
        composite = info.composite_tensor
        assert [c.name for c in composite.components] == ["r/flat_values:0", "r/row_splits_0:0", "r/row_splits_1:0"]
        assert composite.type_spec.type_spec_class_name == "RaggedTensorSpec"
        assert composite.type_spec.num_flat_components == 3
        assert not info.dtype
        again = tf.saved_model.get_tensor_from_tensor_info(info)
        assert again.nested_row_splits[1] is graph.get_tensor_by_name("r/row_splits_1:0")
        assert again.ragged_rank == 2
        del composite.components[1]
        with pytest.raises(ValueError, match="has 2 parts"):
            tf.saved_model.get_tensor_from_tensor_info(info)
        v = tf.get_variable("v", [2], use_resource=False)
        assert tf.saved_model.build_tensor_info(v).dtype == tf.float32.as_datatype_enum + 100
