"""Checkpoints of objects, on files that TensorFlow 2.15.1 wrote (`scripts/record_object_checkpoints.py`)."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

DATA = pathlib.Path(__file__).parent.parent / "data" / "object_checkpoints"


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def variable(shape, name, dtype=tf.float32):
    return tf.get_variable(name, shape, dtype, initializer=tf.zeros_initializer(), use_resource=True)


def test_module_of_tensorflow_2_by_attribute_path(session):
    net = tf.train.Checkpoint(
        first={"w": variable([2, 3], "w"), "b": variable([3], "b")},
        rest=[variable([], "r", tf.float64), tf.Variable(["", ""], name="s")],
    )
    status = tf.train.Checkpoint(net=net, step=variable([], "step", tf.int64)).restore(str(DATA / "module-1"))
    status.assert_consumed().run_restore_ops(session)
    w, b, r, s = session.run([net.first["w"], net.first["b"], *net.rest])
    assert w.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert b.tolist() == [0.5, 1.5, 2.5]
    assert r == 7
    assert s.tolist() == [b"a", b"bc"]


def test_keras_model_into_a_layer(session):
    dense = tf.layers.Dense(2)
    y = dense(tf.ones([1, 3]))
    model = tf.train.Checkpoint(**{"layer_with_weights-0": dense})
    status = tf.train.Checkpoint(model=model).restore(str(DATA / "keras"))
    with pytest.raises(AssertionError, match="not bound to checkpointed values"):
        status.assert_existing_objects_matched()
    status.assert_nontrivial_match().run_restore_ops(session)
    assert session.run(y).tolist() == [[7, 8]]


def model_of(session):
    """Variables of both kinds, an optimizer with slots, containers, and names that need escapes."""
    a = tf.Variable([1.0, 2.0], name="a")
    b = tf.get_variable("sc/b", initializer=3.0, use_resource=True)
    optimizer = tf.train.AdamOptimizer(0.1)
    train = optimizer.minimize(tf.reduce_sum(a) * b)
    inner = tf.train.Checkpoint(x=a, **{"odd.name/x": b})
    root = tf.train.Checkpoint(inner=inner, lst=[a, [b], 3], d={"k": b, "z": {"q": a}}, opt=optimizer)
    session.run(tf.global_variables_initializer())
    return root, a, b, train


def test_names_and_graph_in_the_file(session, tmp_path):
    root, *_ = model_of(session)
    path = root.save(str(tmp_path / "ck"), session=session)
    assert path == str(tmp_path / "ck-1")
    shapes = tf.train.load_checkpoint(path).get_variable_to_shape_map()
    value = "/.ATTRIBUTES/VARIABLE_VALUE"
    assert sorted(shapes) == [
        "_CHECKPOINTABLE_OBJECT_GRAPH",
        f"d/k{value}",
        f"d/k/.OPTIMIZER_SLOT/opt/m{value}",
        f"d/k/.OPTIMIZER_SLOT/opt/v{value}",
        f"inner/x{value}",
        f"inner/x/.OPTIMIZER_SLOT/opt/m{value}",
        f"inner/x/.OPTIMIZER_SLOT/opt/v{value}",
        f"opt/beta1_power{value}",
        f"opt/beta2_power{value}",
        f"save_counter{value}",
    ]
    assert tf.train.latest_checkpoint(str(tmp_path)) == path
    assert 'model_checkpoint_path: "ck-1"' in (tmp_path / "checkpoint").read_text()
    only = tf.train.Checkpoint(**{"odd.name/x": tf.train.Checkpoint(a=root.inner.x)})
    assert (
        f"odd..name.Sx/a{value}"
        in tf.train.load_checkpoint(only.write(str(tmp_path / "w"), session)).get_variable_to_shape_map()
    )


def test_slots_and_variables_come_back(session, tmp_path):
    root, a, b, train = model_of(session)
    session.run(train)
    path = root.write(str(tmp_path / "ck"), session)
    before = session.run(tf.global_variables())
    session.run(train)
    status = root.read(path)
    status.assert_consumed()
    assert not np.array_equal(session.run(a), before[0])
    status.run_restore_ops(session)
    for one, other in zip(session.run(tf.global_variables()), before, strict=True):
        assert np.array_equal(one, other)
    with tf.Graph().as_default(), tf.Session() as other:
        again, a, b, _ = model_of(other)
        again.read(path).assert_consumed().initialize_or_restore(other)
        assert [v.tolist() for v in other.run([a, b])] == [before[0].tolist(), before[1]]


def test_what_does_not_match_is_said(session, tmp_path):
    root, a, b, _ = model_of(session)
    path = root.write(str(tmp_path / "ck"), session)
    status = tf.train.Checkpoint(d={"k": b, "extra": a}).read(path)
    with pytest.raises(AssertionError, match=r"Found 1 Python objects that were not bound .*'a:0'"):
        status.assert_existing_objects_matched()
    status = tf.train.Checkpoint(d={"k": b}).read(path)
    status.assert_existing_objects_matched()
    with pytest.raises(AssertionError, match="Unresolved object in checkpoint"):
        status.assert_consumed()
    with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files"):
        root.restore(str(tmp_path / "none"))
    with pytest.raises(ValueError, match="expecting a trackable object"):
        tf.train.Checkpoint(x=3)
    nothing = root.restore(None)
    for check in (nothing.assert_consumed, lambda: nothing.run_restore_ops(session)):
        with pytest.raises(AssertionError, match="No checkpoint specified"):
            check()
    nothing.initialize_or_restore(session)


def test_objects_that_come_later(session, tmp_path):
    root, _, b, _ = model_of(session)
    path = root.write(str(tmp_path / "ck"), session)
    late = tf.train.Checkpoint()
    status = late.read(path)
    session.run(b.assign(9.0))
    late.d = {"k": b}
    status.run_restore_ops(session)
    assert session.run(b) == 3
    del late.d
    assert late._lookup_dependency("d") is None


def test_names_and_objects_read_each_other(session, tmp_path):
    root, a, b, _ = model_of(session)
    saver = tf.train.Saver([a, b])
    named = saver.save(session, str(tmp_path / "named"))
    path = root.write(str(tmp_path / "ck"), session)
    session.run([a.assign([0.0, 0.0]), b.assign(0.0)])
    tf.train.Checkpoint(a=a).restore(named).assert_existing_objects_matched().run_restore_ops(session)
    assert session.run(a).tolist() == [1, 2]
    saver.restore(session, path)
    assert session.run(b) == 3
    other = tf.get_variable("other", initializer=1.0)
    with pytest.raises(ValueError, match=r"Existing variables not in the checkpoint.*other"):
        tf.train.Saver([a, other]).restore(session, path)
    fresh = tf.get_variable("fresh", shape=[2])
    tf.train.warm_start(
        path, vars_to_warm_start=[a, fresh], var_name_to_prev_var_name={"fresh": "inner/x/.ATTRIBUTES/VARIABLE_VALUE"}
    )
    session.run(tf.global_variables_initializer())
    assert session.run([a, fresh])[1].tolist() == [1, 2]


def test_state_in_python(session, tmp_path):
    class State(tf.train.experimental.PythonState):
        value = 1

        def serialize(self):
            return str(self.value)

        def deserialize(self, text):
            self.value = int(text)

    state = State()
    root = tf.train.Checkpoint(state=state)
    with session.as_default():
        path = root.write(str(tmp_path / "ck"))
        state.value = 5
        root.read(path).assert_consumed().run_restore_ops()
    assert state.value == 1


def test_manager(session, tmp_path):
    root, a, *_ = model_of(session)
    manager = tf.train.CheckpointManager(root, str(tmp_path / "m"), max_to_keep=2, checkpoint_name="q")
    assert manager.latest_checkpoint is None
    with session.as_default():
        paths = [manager.save() for _ in range(3)]
        assert [p.rpartition("/")[2] for p in paths] == ["q-1", "q-2", "q-3"]
        assert manager.checkpoints == paths[1:]
        assert sorted(p.name for p in (tmp_path / "m").glob("*.index")) == ["q-2.index", "q-3.index"]
        other = tf.train.CheckpointManager(root, str(tmp_path / "m"), max_to_keep=1)
        assert other.latest_checkpoint == paths[2]
        session.run(a.assign([7.0, 7.0]))
        assert other.restore_or_initialize() == paths[2]
        assert session.run(a).tolist() == [1, 2]
        assert other.save(checkpoint_number=44) == str(tmp_path / "m" / "ckpt-44")
        assert other.checkpoints == [str(tmp_path / "m" / "ckpt-44")]
        step = tf.train.get_or_create_global_step()
        session.run(step.initializer)
        spaced = tf.train.CheckpointManager(root, str(tmp_path / "s"), None, step_counter=step, checkpoint_interval=2)
        assert spaced.save()
        assert spaced.save() is None
        session.run(tf.assign_add(step, 2))
        assert spaced.save()
    with pytest.raises(ValueError, match="max_to_keep"):
        tf.train.CheckpointManager(root, str(tmp_path), 0)


def test_modules(session):
    class Inner(tf.Module):
        def __init__(self):
            super().__init__()
            with self.name_scope:
                self.w = tf.get_variable("w", initializer=1.0)
                self.op = tf.constant(1.0, name="c")

    class MyNet(tf.Module):
        def __init__(self):
            super().__init__()
            self.parts = [Inner(), Inner()] if not tf.trainable_variables() else []
            self.b = tf.get_variable("b", initializer=2.0, trainable=False)

    with tf.variable_scope("one", reuse=tf.AUTO_REUSE):
        net = MyNet()
    assert net.name == "my_net"
    assert [v.op.name for v in net.variables] == ["one/b", "one/w"]
    assert [v.op.name for v in net.trainable_variables] == ["one/w"]
    assert len(net.submodules) == 2
    assert net.parts[0].op.op.name.endswith("inner/c")
    with pytest.raises(ValueError, match="not a valid module name"):
        tf.Module(name="not a name")


def test_a_function_writes_the_values_of_its_calls(tmp_path):
    path = str(tmp_path / "x")
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(1.0, use_resource=True)
        checkpoint = tf.train.Checkpoint(v=v, w=tf.Variable([2.0], use_resource=True))

        @tf.function
        def write():
            v.assign_add(1.0)
            prefix = checkpoint.write(path)
            v.assign_add(10.0)
            return prefix

        prefix = write()
        session.run(tf.global_variables_initializer())
        for expected in (2.0, 13.0, 24.0):
            assert session.run(prefix) == path.encode()
            assert tf.train.load_variable(path, "v/.ATTRIBUTES/VARIABLE_VALUE") == expected
        checkpoint.read(path).assert_consumed().run_restore_ops(session)
        assert session.run(v) == 24
        with pytest.raises(NotImplementedError, match=r"save\(\) from a function is not supported"):
            tf.function(lambda: checkpoint.save(path))()


def test_templates_are_objects(tmp_path):
    def scale(x):
        return x * tf.get_variable("w", [2], initializer=tf.ones_initializer())

    def both(x):
        inner = tf.make_template("inner", scale)
        return inner(x) + inner(x) + tf.get_variable("b", [2])

    with tf.Graph().as_default(), tf.Session() as session:
        one, other = tf.make_template("one", scale), tf.make_template("two", both)
        for template in (one, other):
            template(template(tf.ones([2])))
        checkpoint = tf.train.Checkpoint(t=one, u=other)
        session.run(tf.global_variables_initializer())
        path = checkpoint.save(str(tmp_path / "m"), session=session)
        ending = ".ATTRIBUTES/VARIABLE_VALUE"
        assert [n for n, _ in tf.train.list_variables(path) if ending in n] == [
            f"{n}/{ending}" for n in ("save_counter", "t/w", "u/b", "u/inner/w")
        ]
        session.run(tf.assign(one.variables[0], [5.0, 5.0]))
        checkpoint.restore(path).assert_consumed().run_restore_ops(session)
        assert session.run(one.variables[0]).tolist() == [1, 1]
