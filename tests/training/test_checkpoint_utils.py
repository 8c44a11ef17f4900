"""`init_from_checkpoint`, `warm_start`, and waiting for checkpoints."""

from __future__ import annotations

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("a", initializer=np.float32([1, 2]))
        with tf.variable_scope("sc"):
            tf.get_variable("b", initializer=np.float32(3), use_resource=True)
            tf.get_variable("m", [4, 3], initializer=tf.constant_initializer(MATRIX))
            with tf.variable_scope("deep", partitioner=tf.fixed_size_partitioner(2)):
                tf.get_variable("p", [6, 2], initializer=tf.random_uniform_initializer(seed=1))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(folder / "m"), global_step=3)
        whole = session.run(tf.convert_to_tensor(tf.get_default_graph().get_tensor_by_name("sc/deep/p/part_0:0")))
    return folder, whole


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def test_by_name_variable_scope_and_slices(session, checkpoint):
    folder, first = checkpoint
    with tf.variable_scope("new"):
        a, b = tf.get_variable("a", [2]), tf.get_variable("b", [])
        r = tf.get_variable("r", [2], use_resource=True)
        with tf.variable_scope("deep", partitioner=tf.fixed_size_partitioner(3)):
            p = tf.get_variable("p", [6, 2])
    with tf.variable_scope("new_2"):
        other = tf.get_variable("other", initializer=9.0)
    tf.train.init_from_checkpoint(str(folder), {"a": "new/a"})
    tf.train.init_from_checkpoint(str(folder / "m-3"), {"a": r, "sc/b": b})
    tf.train.init_from_checkpoint(str(folder), {"sc/deep/": "new/deep/"})
    assert r.initial_value.op.type == "RestoreV2"
    session.run(tf.global_variables_initializer())
    values = session.run([a, r, b, other, tf.convert_to_tensor(p)])
    assert [v.tolist() for v in values[:4]] == [[1, 2], [1, 2], 3, 9]
    assert np.array_equal(values[4][:3], first)
    with tf.Graph().as_default(), tf.Session() as again:
        with tf.variable_scope("x"):
            part = tf.get_variable("deep/p", [6, 2])
            top = tf.get_variable("a", [2])
        tf.train.init_from_checkpoint(str(folder), {"sc/deep/p": "x/deep/p", "a": top})
        again.run(tf.global_variables_initializer())
        assert np.array_equal(again.run(part)[:3], first)


def test_root_to_scope_and_back(session, checkpoint):
    folder = str(checkpoint[0])
    with tf.variable_scope("x/sc"):
        m = tf.get_variable("m", [4, 3])
    tf.train.init_from_checkpoint(folder, {"/": "x/"})
    session.run(tf.global_variables_initializer())
    assert np.array_equal(session.run(m), MATRIX)
    with tf.Graph().as_default(), tf.Session() as other:
        m = tf.get_variable("m", [4, 3])
        tf.train.init_from_checkpoint(folder, {"sc/": "/"})
        other.run(tf.global_variables_initializer())
        assert np.array_equal(other.run(m), MATRIX)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"zz": "new/a"}, "Tensor zz is not found in"),
        ({"a": "new/zz"}, "Assignment map with scope only name new should map to scope only a. Should be"),
        ({"sc/b": "new/a"}, r"Shape of variable new/a:0 \(\(2,\)\) doesn't match with shape of tensor sc/b \(\[\]\)"),
        ({"nosc/": "new/"}, r"Tensor nosc/a \(a in nosc/\) is not found in"),
    ],
)
def test_what_does_not_fit(session, checkpoint, mapping, message):
    with tf.variable_scope("new"):
        tf.get_variable("a", [2])
    with pytest.raises(ValueError, match=message):
        tf.train.init_from_checkpoint(str(checkpoint[0]), mapping)


def test_no_checkpoint(session, tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files for"):
        tf.train.init_from_checkpoint(str(tmp_path / "none"), {"a": "b"})
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file or checkpoints in given directory"):
        tf.train.init_from_checkpoint(str(tmp_path), {"a": "b"})


# ---------------------------------------------------------------- warm start


def words(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_warm_start_of_everything(session, checkpoint):
    a, b = tf.get_variable("a", [2]), tf.get_variable("renamed", [], use_resource=True)
    fixed = tf.get_variable("fixed", initializer=7.0, trainable=False)
    tf.train.warm_start(str(checkpoint[0]), var_name_to_prev_var_name={"renamed": "sc/b"})
    session.run(tf.global_variables_initializer())
    assert [v.tolist() for v in session.run([a, b, fixed])] == [[1, 2], 3, 7]


def test_warm_start_by_pattern_and_by_variable(session, checkpoint):
    with tf.variable_scope("sc"):
        b, m = tf.get_variable("b", []), tf.get_variable("m", [4, 3], initializer=tf.zeros_initializer())
    a = tf.get_variable("a", initializer=[0.0, 0.0])
    tf.train.warm_start(str(checkpoint[0]), vars_to_warm_start=["sc/b"])
    tf.train.warm_start(str(checkpoint[0]), vars_to_warm_start=[a])
    session.run(tf.global_variables_initializer())
    assert session.run(b) == 3
    assert session.run(a).tolist() == [1, 2]
    assert not session.run(m).any()


@pytest.mark.parametrize("partitions", [None, 2])
def test_warm_start_with_vocabularies(session, checkpoint, tmp_path, partitions):
    partitioner = None if partitions is None else tf.fixed_size_partitioner(partitions)
    rows = tf.get_variable("rows", [6, 3], partitioner=partitioner)
    columns = tf.get_variable("columns", [4, 5], partitioner=partitioner)
    old = words(tmp_path, "old", "a", "b", "c", "d")
    info = {
        "rows": tf.train.VocabInfo(
            words(tmp_path, "new", "d", "x", "b", "a", "y"), 5, 1, old, backup_initializer=tf.ones_initializer()
        ),
        "columns": tf.train.VocabInfo(words(tmp_path, "new_2", "c", "z", "a"), 3, 2, old, old_vocab_size=2, axis=1),
    }
    tf.train.warm_start(str(checkpoint[0]), None, info, {"rows": "sc/m", "columns": "sc/m"})
    session.run(tf.global_variables_initializer())
    expected = np.ones((6, 3), np.float32)
    expected[[0, 2, 3]] = MATRIX[[3, 1, 0]]
    assert np.array_equal(session.run(tf.convert_to_tensor(rows)), expected)
    expected = np.zeros((4, 5), np.float32)
    expected[:, [0, 2]] = MATRIX[:, [2, 0]]
    assert np.array_equal(session.run(tf.convert_to_tensor(columns)), expected)


def test_warm_start_says_what_is_not_used(session, checkpoint):
    tf.get_variable("a", [2])
    with pytest.raises(ValueError, match=r"var_name_to_prev_var_name that were not used: \{'nope'\}"):
        tf.train.warm_start(str(checkpoint[0]), var_name_to_prev_var_name={"nope": "a"})
    with pytest.raises(ValueError, match="must be all `Variable` or all `str`"):
        tf.train.warm_start(str(checkpoint[0]), vars_to_warm_start=["a", 3])
    with pytest.raises(ValueError, match="must be a `list` or `str`"):
        tf.train.warm_start(str(checkpoint[0]), vars_to_warm_start=3)
    with pytest.raises(ValueError, match="The only supported values for the axis argument are 0 and 1"):
        tf.train.VocabInfo("new", 1, 0, "old", axis=2)


def test_remapping_errors(session, checkpoint, tmp_path):
    old, new = words(tmp_path, "old", "a", "b"), words(tmp_path, "new", "b", "a", "c")
    remapping, present = tf.raw_ops.GenerateVocabRemapping(
        new_vocab_file=new, old_vocab_file=old, new_vocab_offset=1, num_new_vocab=2
    )
    values = session.run([remapping, present])
    assert values[0].tolist() == [0, -1]
    assert values[1] == 1

    def load(rows, columns, values):
        return session.run(
            tf.raw_ops.LoadAndRemapMatrix(
                ckpt_path=[str(checkpoint[0] / "m-3")],
                old_tensor_name="sc/m",
                row_remapping=np.array(rows, np.int64),
                col_remapping=np.array(columns, np.int64),
                initializing_values=np.array(values, np.float32),
                num_rows=2,
                num_cols=2,
            )
        )

    assert load([3, -1], [1, 0], [7, 8]).tolist() == [[10, 9], [7, 8]]
    for bad in (([1, 1], [0, 1], []), ([0, 1], [2, 2], [])):
        with pytest.raises(tf.errors.UnimplementedError, match="multiple mappings"):
            load(*bad)
    with pytest.raises(tf.errors.InvalidArgumentError, match="number of initializing values"):
        load([0, -1], [0, 1], [1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="row_remapping has index 4"):
        load([0, 4], [0, 1], [])


# ---------------------------------------------------------------- waiting


def test_checkpoints_iterator(session, tmp_path):
    assert list(tf.train.checkpoints_iterator(str(tmp_path), timeout=0)) == []
    v = tf.get_variable("v", initializer=1.0)
    session.run(v.initializer)
    saver = tf.train.Saver()
    saver.save(session, str(tmp_path / "m"), global_step=1)
    seen = []
    for path in tf.train.checkpoints_iterator(str(tmp_path), timeout=0):
        seen.append(path.rpartition("-")[2])
        if len(seen) < 3:
            saver.save(session, str(tmp_path / "m"), global_step=len(seen) + 1)
    assert seen == ["1", "2", "3"]
    calls = []
    assert not list(
        tf.train.checkpoints_iterator(str(tmp_path / "x"), 0, 0, lambda: calls.append(1) or len(calls) == 3)
    )
    assert len(calls) == 3


def test_debug_string_lists_slices(checkpoint):
    text = tf.train.load_checkpoint(str(checkpoint[0])).debug_string()
    assert text.startswith(b"\x00sc/deep/p\x00\x01\x01\x02\x80\x83\x80\x82 (DT_FLOAT) [3,2]\n")
    assert text.endswith(b"\na (DT_FLOAT) [2]\nsc/b (DT_FLOAT) []\nsc/m (DT_FLOAT) [4,3]\n")


@pytest.mark.parametrize("module", ["framework", "slim"])
def test_assignments_of_contrib(session, checkpoint, module):
    path = str(checkpoint[0] / "m-3")
    functions = getattr(tf.contrib, module)
    a, b = tf.get_variable("a", [2]), tf.get_variable("other", [], use_resource=True)
    operation, feeds = functions.assign_from_checkpoint(path, {"a": a, "sc/b": b})
    session.run(operation, feeds)
    assert [v.tolist() for v in session.run([a, b])] == [[1, 2], 3]
    functions.assign_from_values_fn({"a": [7.0, 8.0]})(session)
    assert session.run(a).tolist() == [7, 8]
    functions.assign_from_checkpoint_fn(path, [a, b], ignore_missing_vars=True)(session)
    assert session.run(a).tolist() == [1, 2]
    with tf.variable_scope("sc/deep", partitioner=tf.fixed_size_partitioner(3)):
        p = tf.get_variable("p", [6, 2])
    operation, feeds = functions.assign_from_checkpoint(path, [p])
    session.run(operation, feeds)
    assert np.array_equal(session.run(tf.convert_to_tensor(p))[:3], checkpoint[1])
    assert functions.assign_from_checkpoint_fn(path, [b], ignore_missing_vars=True) is None
    with pytest.raises(ValueError, match="missing variable"):
        functions.assign_from_checkpoint(path, [b])
    with pytest.raises(ValueError, match="does not exist"):
        functions.assign_from_values({"nope": 1.0})
    with pytest.raises(ValueError, match="size of new array must be unchanged"):
        functions.assign_from_checkpoint(path, {"sc/m": a})
