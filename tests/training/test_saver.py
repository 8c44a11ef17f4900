"""Savers and checkpoints, on files that TensorFlow 2.15.1 wrote (`scripts/record_checkpoints.py`)."""

import contextlib
import os
import pathlib
import shutil

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat import protos
from tfcompat.io.checkpoint import state
from tfcompat.io.checkpoint.bundle_writer import BundleWriter
from tfcompat.io.checkpoint.table import read_table

DATA = pathlib.Path(__file__).parent.parent / "data" / "checkpoints"
FILES = (".index", ".data-00000-of-00001")


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def restored(session):
    saver = tf.train.import_meta_graph(str(DATA / "v2-7.meta"))
    saver.restore(session, str(DATA / "v2-7"))
    return saver


def test_a_graph_and_its_checkpoint_come_back(session):
    restored(session)
    values = session.run({v.op.name: v for v in tf.global_variables()})
    assert values["ints"].tolist() == [0, 1, 2, 3, 4]
    assert values["text"].tolist() == [b"x", b"\xff\x00" * 49 + b"\xff", b""]
    assert values["double"] == 2.5
    assert values["half"].dtype == np.float16
    assert values["empty"].shape == (0, 3)
    assert values["resource"] == 7


def test_what_is_saved_again_is_the_same_byte_for_byte(session, tmp_path):
    saver = restored(session)
    assert saver.save(session, str(tmp_path / "v2"), global_step=7) == str(tmp_path / "v2-7")
    for ending in FILES:
        assert (tmp_path / f"v2-7{ending}").read_bytes() == (DATA / f"v2-7{ending}").read_bytes()
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "v2-7")


@pytest.fixture(scope="module")
def recorder():
    """The recording script, with this library in the place of TensorFlow."""
    code = (pathlib.Path(__file__).parents[2] / "scripts" / "record_checkpoints.py").read_text()
    names = {"__name__": "recorder", "__file__": __file__}
    exec(code.replace("import tensorflow.compat.v1 as tf", "import tfcompat.compat.v1 as tf"), names)
    return names


def test_all_types_and_slices_are_the_same_byte_for_byte(session, tmp_path, recorder):
    recorder["save_tensors"](session, str(tmp_path / "types"))
    for ending in FILES:
        assert (tmp_path / f"types{ending}").read_bytes() == (DATA / f"types{ending}").read_bytes()
    reader = tf.train.NewCheckpointReader(str(DATA / "types"))
    for name, value in recorder["tensors"]().items():
        read = reader.get_tensor(name)
        assert np.array_equal(np.asarray(read).view(value.dtype) if value.dtype != object else read, value), name
    assert np.array_equal(reader.get_tensor("w"), np.arange(24).reshape(4, 6))
    part = tf.raw_ops.RestoreV2(
        prefix=str(DATA / "types"), tensor_names=["w"], shape_and_slices=["4 6 1,2:2,3"], dtypes=[tf.int32]
    )[0]
    assert np.array_equal(session.run(part), np.arange(24).reshape(4, 6)[1:3, 2:5])


def test_shards_are_the_same_byte_for_byte(tmp_path, recorder):
    recorder["save_shards"](str(tmp_path / "shards"))
    for ending in (".index", ".data-00000-of-00002", ".data-00001-of-00002"):
        assert (tmp_path / f"shards{ending}").read_bytes() == (DATA / f"shards{ending}").read_bytes()
    assert tf.train.load_variable(str(DATA / "shards"), "v1").tolist() == [0, 1, 2, 3]


def test_version_1_is_read():
    first, second = tf.train.NewCheckpointReader(str(DATA / "v1")), tf.train.NewCheckpointReader(str(DATA / "v2-7"))
    assert first.get_variable_to_shape_map() == second.get_variable_to_shape_map()
    for name in first.get_variable_to_shape_map():
        assert np.array_equal(first.get_tensor(name), second.get_tensor(name)), name


def test_version_1_is_written_as_in_the_reference(session, tmp_path):
    restored(session)
    path = tf.train.Saver(write_version=tf.train.SaverDef.V1).save(session, str(tmp_path / "v1"))
    tables = [list(read_table(pathlib.Path(p).read_bytes(), "")) for p in (path, DATA / "v1")]
    assert tables[0] == tables[1]
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["checkpoint", "v1", "v1.meta"]
    session.run(tf.global_variables_initializer())
    tf.train.Saver().restore(session, tf.train.latest_checkpoint(str(tmp_path)))
    assert session.run("double:0") == 2.5


def test_all_types_in_version_1(session, tmp_path, recorder):
    path = str(tmp_path / "types")
    names, values = zip(*((n, v) for n, v in recorder["tensors"]().items() if n != "scalar"), strict=True)
    given = [tf.constant(v.tolist()) if v.dtype == object else tf.constant(v) for v in values]
    session.run(tf.raw_ops.Save(filename=path, tensor_names=list(names), data=given))
    reader = tf.train.NewCheckpointReader(path)
    for name, value in zip(names, values, strict=True):
        assert np.array_equal(reader.get_tensor(name), value), name
    with pytest.raises(tf.errors.InvalidArgumentError, match="written twice"):
        session.run(tf.raw_ops.Save(filename=path, tensor_names=["a", "a"], data=given[:1] * 2))
    assert tf.train.NewCheckpointReader(path).has_tensor("bf")


def test_shards_of_version_1(tmp_path):
    with tf.Graph().as_default(), tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
        with tf.device("/cpu:1"):
            b = tf.get_variable("b", initializer=[1.0, 2.0])
        with tf.device("/cpu:0"):
            a = tf.get_variable("a", initializer=3.0)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(sharded=True, write_version=tf.train.SaverDef.V1, max_to_keep=1)
        saver.save(session, str(tmp_path / "m"), 0)
        path = saver.save(session, str(tmp_path / "m"), 1)
        assert path == str(tmp_path / "m-1-?????-of-00002")
        assert sorted(p.name for p in tmp_path.iterdir()) == [
            "checkpoint", "m-1-00000-of-00002", "m-1-00001-of-00002", "m-1.meta",
        ]  # fmt: skip
        session.run([tf.assign(a, 0.0), tf.assign(b, [0.0, 0.0])])
        saver.restore(session, tf.train.latest_checkpoint(str(tmp_path)))
        assert [v.tolist() for v in session.run([a, b])] == [3, [1, 2]]
    assert tf.train.list_variables(path) == [("a", []), ("b", [2])]
    assert len(tf.train.get_checkpoint_mtimes([path, "none"])) == 1
    tf.train.remove_checkpoint(path, tf.train.SaverDef.V1)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]


def test_paths_in_state_files(session, tmp_path, monkeypatch):
    session.run(tf.get_variable("v", initializer=1.0).initializer)
    monkeypatch.chdir(tmp_path)
    for relative, folder in ((True, "a"), (False, "b")):
        saver = tf.train.Saver(save_relative_paths=relative, pad_step_number=True)
        for path in (f"{folder}/m", f"{tmp_path}/{folder}/n"):
            saver.save(session, path, np.int64(3))
            assert tf.train.latest_checkpoint(folder) == f"{folder}/{path[-1]}-00000003" or not relative
            assert tf.train.latest_checkpoint(f"{tmp_path}/{folder}") == f"{tmp_path}/{folder}/{path[-1]}-00000003"
    assert [line.split()[1] for line in (tmp_path / "a" / "checkpoint").read_text().splitlines()] == [
        '"n-00000003"', '"a/m-00000003"', '"n-00000003"',
    ]  # fmt: skip


def test_the_state_file_names_the_new_checkpoint_before_the_old_one_goes(session, tmp_path, monkeypatch):
    session.run(tf.get_variable("v", initializer=1.0).initializer)
    saver = tf.train.Saver(max_to_keep=1)
    saver.save(session, str(tmp_path / "m"), 0)
    latest = []
    remove = state.remove_checkpoint
    monkeypatch.setattr(
        state, "remove_checkpoint", lambda *a: latest.append(tf.train.latest_checkpoint(str(tmp_path))) or remove(*a)
    )
    saver.save(session, str(tmp_path / "m"), 1)
    assert latest == [str(tmp_path / "m-1")]
    assert not (tmp_path / "m-0.index").exists()


def test_savers_of_messages(session, tmp_path):
    v = tf.get_variable("v", initializer=[1.0])
    session.run(v.initializer)
    saver = tf.train.Saver()
    path = saver.save(session, str(tmp_path / "m"), save_debug_info=True)
    again = tf.train.Saver(saver_def=saver.saver_def)
    session.run(tf.assign(v, [5.0]))
    again.restore(session, path)
    assert session.run(v) == 1
    assert (
        tf.train.Saver(saver_def=saver.saver_def, name="a").saver_def.save_tensor_name == "a/save/control_dependency:0"
    )
    assert saver.saver_def.save_tensor_name == "save/control_dependency:0"
    info = protos.GraphDebugInfo.FromString((tmp_path / "m.debug").read_bytes())
    frame = info.frames_by_id[info.traces_by_id[info.name_to_trace_id["v@"]].frame_id[-1]]
    assert (info.files[frame.file_index], frame.func) == (__file__, "test_savers_of_messages")
    with pytest.raises(ValueError, match="saver_def must specify the save_tensor_name"):
        tf.train.Saver(saver_def=tf.train.SaverDef())
    with pytest.raises(ValueError, match=r"saver_def must be a saver_pb2.SaverDef"):
        tf.train.Saver(saver_def=3)
    with pytest.raises(AssertionError):
        saver.set_last_checkpoints("m-1")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda v: tf.train.Saver(3), TypeError, "passed in a dict or a list. Got 3"),
        (lambda v: tf.train.Saver(v), TypeError, "passed in a dict or a list"),
        (lambda v: tf.train.Saver([3]), TypeError, "Variable to save is not a Variable: 3"),
        (lambda v: tf.train.Saver([tf.constant(1.0)]), TypeError, "Variable to save is not a Variable: Tensor"),
        (lambda v: tf.train.Saver({"a": tf.constant(1.0)}), TypeError, "Not a variable: Tensor"),
        (lambda v: tf.train.Saver({3: v}), TypeError, "Name is not a string: 3"),
        (lambda v: tf.train.Saver(write_version=7), RuntimeError, "Unexpected write_version: 7"),
    ],
)
def test_what_cannot_be_saved_is_named(session, make, error, message):
    with pytest.raises(error, match=message):
        make(tf.get_variable("v", [1]))


def test_partitions_are_read_with_other_partitions(session):
    with tf.variable_scope("part", partitioner=tf.fixed_size_partitioner(4)):
        w = tf.get_variable("w", shape=[20, 3])
    tf.train.Saver({"part/w": w}).restore(session, str(DATA / "v2-7"))
    assert np.array_equal(session.run(tf.convert_to_tensor(w)), tf.train.load_variable(str(DATA / "v2-7"), "part/w"))


def test_sharded_savers_write_the_same_values(session, tmp_path):
    a, b = tf.Variable([1.0, 2.0], name="a"), tf.get_variable("b", initializer=3, use_resource=True)
    session.run(tf.global_variables_initializer())
    saver = tf.train.Saver(sharded=True)
    path = saver.save(session, str(tmp_path / "m"))
    session.run([tf.assign(a, [0.0, 0.0]), b.assign(0)])
    saver.restore(session, path)
    assert session.run(a).tolist() == [1, 2]
    assert session.run(b) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint", "m.data-00000-of-00001", "m.index", "m.meta"]


def test_every_device_writes_a_shard(tmp_path):
    with tf.Graph().as_default() as graph, tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
        with tf.device("/cpu:1"):
            b = tf.get_variable("b", initializer=[1.0, 2.0])
            c = tf.get_variable("c", initializer=5, use_resource=True)
        with tf.device("/cpu:0"):
            a = tf.get_variable("a", initializer=3.0)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(sharded=True)
        path = saver.save(session, str(tmp_path / "m"))
        assert sorted(p.name for p in tmp_path.iterdir()) == [
            "checkpoint", "m.data-00000-of-00002", "m.data-00001-of-00002", "m.index", "m.meta",
        ]  # fmt: skip
        assert {o.device for o in graph.get_operations() if o.name.startswith("save/Assign")} == {
            "/device:CPU:0", "/device:CPU:1",
        }  # fmt: skip
        session.run([tf.assign(a, 0.0), tf.assign(b, [0.0, 0.0]), c.assign(0)])
        saver.restore(session, path)
        assert [v.tolist() for v in session.run([a, b, c])] == [3, [1, 2], 5]
    assert [n for n, _ in tf.train.list_variables(path)] == ["a", "b", "c"]


def test_only_the_latest_checkpoints_are_kept(session, tmp_path):
    tf.Variable(1.0)
    session.run(tf.global_variables_initializer())
    saver = tf.train.Saver(max_to_keep=2)
    for step in range(4):
        saver.save(session, str(tmp_path / "m"), global_step=step)
    assert [pathlib.Path(p).name for p in saver.last_checkpoints] == ["m-2", "m-3"]
    assert sorted(p.name for p in tmp_path.glob("*.index")) == ["m-2.index", "m-3.index"]
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert state.model_checkpoint_path == str(tmp_path / "m-3")
    assert list(state.all_model_checkpoint_paths) == [str(tmp_path / "m-2"), str(tmp_path / "m-3")]


def test_missing_and_mismatched_variables_are_named(session):
    tf.get_variable("nowhere", shape=[2])
    with pytest.raises(tf.errors.NotFoundError, match="Key nowhere not found in checkpoint"):
        tf.train.Saver().restore(session, str(DATA / "v2-7"))
    with tf.Graph().as_default(), tf.Session() as other:
        tf.get_variable("float", shape=[9])
        with pytest.raises(tf.errors.InvalidArgumentError, match="float"):
            tf.train.Saver().restore(other, str(DATA / "v2-7"))
    with pytest.raises(ValueError, match="not a valid checkpoint"):
        tf.train.Saver().restore(session, str(DATA / "other"))


def _read_all(prefix):
    reader = tf.train.NewCheckpointReader(str(prefix))
    for name in reader.get_variable_to_shape_map():
        reader.get_tensor(name)


@pytest.mark.parametrize("ending", FILES)
def test_damaged_files_are_data_loss(tmp_path, ending):
    for e in FILES:
        shutil.copy(DATA / f"v2-7{e}", tmp_path / f"m{e}")
    path = tmp_path / f"m{ending}"
    good = path.read_bytes()
    original = tf.train.NewCheckpointReader(str(DATA / "v2-7"))
    expected = {name: original.get_tensor(name) for name in original.get_variable_to_shape_map()}
    failures = 0
    rng = np.random.RandomState(0)
    for _ in range(60):
        bad = bytearray(good)
        bad[rng.randint(len(bad))] ^= 1 << rng.randint(8)
        path.write_bytes(bytes(bad))
        try:
            reader = tf.train.NewCheckpointReader(str(tmp_path / "m"))
            read = {name: reader.get_tensor(name) for name in expected}
        except (tf.errors.DataLossError, tf.errors.NotFoundError):
            failures += 1
        else:
            assert all(np.array_equal(read[n], expected[n]) for n in expected)
    assert failures > 50
    for size in (0, 10, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:size])
        with pytest.raises(tf.errors.DataLossError):
            _read_all(tmp_path / "m")


def test_uris_of_local_files(session, tmp_path):
    v = tf.get_variable("v", initializer=1.0)
    session.run(v.initializer)
    saver = tf.train.Saver()
    path = saver.save(session, f"file://{tmp_path}/m", global_step=1)
    assert path == f"file://{tmp_path}/m-1"
    saver.restore(session, path)
    assert tf.train.latest_checkpoint(f"file://{tmp_path}") == path
    assert (tmp_path / "m-1.meta").exists()
    with pytest.raises(tf.errors.UnimplementedError, match="File system scheme 's3' not implemented"):
        saver.save(session, "s3://bucket/m")


def test_savers_that_cannot_save(session, tmp_path):
    v = tf.get_variable("v", initializer=1.0)
    session.run(v.initializer)
    deferred = tf.train.Saver(defer_build=True)
    with pytest.raises(RuntimeError, match=r"`build\(\)` should be called before save"):
        deferred.save(session, str(tmp_path / "m"))
    with pytest.raises(ValueError, match="'latest_filename' collides with 'save_path'"):
        tf.train.Saver().save(session, str(tmp_path / "state"), latest_filename="state")
    one, two = (tf.get_variable(n, [4, 2], partitioner=tf.fixed_size_partitioner(2)) for n in ("p", "q"))
    two._name = "p"
    with pytest.raises(ValueError, match="At least two variables have the same name: p"):
        tf.train.Saver([one, two])


def test_a_graph_without_variables_is_written(session, tmp_path):
    tf.constant(1.0, name="c")
    assert tf.train.Saver(allow_empty=True).save(session, str(tmp_path / "m")) is None
    assert [p.name for p in tmp_path.iterdir()] == ["m.meta"]


def test_reads_of_slices_are_on_the_cpu_of_their_device(session):
    with tf.device("/job:ps/device:GPU:0"):
        v = tf.get_variable("v", [10, 2], partitioner=tf.fixed_size_partitioner(2), use_resource=True)
    tf.train.Saver({"v": v})
    (save,) = (op for op in session.graph.get_operations() if op.type == "SaveV2")
    assert {t.device for t in list(save.inputs)[3:]} == {"/job:ps/device:CPU:0"}


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_save_that_is_killed_leaves_the_old_checkpoint_or_the_new_one(
    session, tmp_path, monkeypatch, sharded, at_once
):
    if at_once:
        monkeypatch.setattr(BundleWriter, "discard", lambda self: None)
    v = [tf.get_variable(f"v{i}", initializer=np.zeros(5, np.float32)) for i in range(3)]
    saver = tf.train.Saver(sharded=sharded)
    session.run(tf.global_variables_initializer())
    path = str(tmp_path / "m")
    saver.save(session, path)
    replace = os.replace
    seen = set()
    for number in range(1, 13):
        for one in v:
            one.load(np.full(5, number, np.float32), session)
        calls = []

        def killed(source, target, calls=calls, number=number):
            if len(calls) == number - 1:
                raise KeyboardInterrupt
            calls.append(1)
            replace(source, target)

        monkeypatch.setattr(os, "replace", killed)
        with contextlib.suppress(KeyboardInterrupt):
            saver.save(session, path)
        monkeypatch.setattr(os, "replace", replace)
        reader = tf.train.NewCheckpointReader(path)
        values = {x for i in range(3) for x in reader.get_tensor(f"v{i}").tolist()}
        assert len(values) == 1
        seen |= values
    assert len(seen) > 2
    assert not [p.name for p in tmp_path.iterdir() if "tempstate" in p.name or "next" in p.name]
