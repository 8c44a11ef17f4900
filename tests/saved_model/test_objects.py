"""`load_v2` makes the objects of SavedModels anew; `save` writes what it and the session loader read."""

import pathlib
import shutil

import numpy as np
import pytest
from google.protobuf.message import DecodeError

import tfcompat.compat.v1 as tf
from tests import fuzz
from tests.saved_model.test_reference_models import FOLDER, NAMES, answers, recorded
from tfcompat.saved_model import files
from tfcompat.saved_model.structures import StructureCoder


def initialized(session):
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])


def assert_equal(found, expected):
    if isinstance(expected, np.ndarray) and expected.dtype == object:
        assert np.asarray(found).tolist() == expected.tolist()
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_signatures_answer_as_in_the_reference(session, name):
    loaded = tf.saved_model.load_v2(FOLDER / name)
    initialized(session)
    for key, (inputs, outputs) in recorded(name).items():
        function = loaded.signatures[key]
        given = {k: tf.constant(v.tolist() if v.dtype == object else v) for k, v in inputs.items()}
        found = session.run(function(**given))
        assert found.keys() == outputs.keys()
        for k, v in outputs.items():
            assert_equal(found[k], v)


@pytest.fixture
def objects(session):
    loaded = tf.saved_model.load_v2(str(FOLDER / "objects"))
    initialized(session)
    return loaded


def test_attributes_are_there(session, objects):
    assert objects.w.shape.as_list() == [2, 2]
    assert objects.w.trainable
    assert not objects.layers[0].trainable
    assert session.run([objects.layers, objects.named, objects.pair[0]]) == [[3.0, [0.5]], {"one": 1}, 5.0]
    assert pathlib.Path(session.run(objects.words.asset_path).decode()).read_text() == "cat\ndog\n"
    assert tf.trainable_variables() == []
    assert len(tf.global_variables()) == 5


def test_the_traced_function_that_fits_is_called(session, objects):
    x = tf.constant([2.0])
    results = session.run([
        objects(tf.constant([[1.0, 1.0]])),
        objects(x=[[1.0, 1.0]]),
        objects.choose(x),
        objects.choose(tf.constant(2.0), 3, mode="minus"),
        objects.choose(tf.constant([3, 4]), both=True),
        objects.choose(x, tf.constant(5.0)),
    ])  # fmt: skip
    assert results[0].tolist() == results[1].tolist() == [[25.0, 30.0]]
    assert [results[2].tolist(), results[3], results[5].tolist()] == [[4.0], -1.0, [10.0]]
    assert results[4]["y"].tolist() == [6, 8]
    assert results[4]["z"][1].b[0].tolist() == [3, 4]
    sums, doubled = session.run(objects.rows(tf.ragged.constant([[1.0, 2.0], [3.0]])))
    assert sums.tolist() == [3.0, 3.0]
    assert doubled.to_list() == [[2.0, 4.0], [6.0]]
    assert [session.run(objects.tick()) for _ in range(2)] == [2, 3]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda o: o(tf.constant([1.0])), TypeError, r"Can not cast TensorSpec\(shape=\(1,\)"),
        (lambda o: o(), TypeError, "missing a required argument: 'x'"),
        (lambda o: o(1, 2), TypeError, "too many positional arguments"),
        (lambda o: o.choose(tf.constant(2.0), k=4), ValueError, "Could not find matching concrete function"),
        (lambda o: o.signatures["look"](t=[b""]), TypeError, "missing a required argument: s"),
        (lambda o: o.signatures["look"](s=3.5), TypeError, "string"),
    ],
)
def test_other_arguments_are_refused(objects, call, error, message):
    with pytest.raises(error, match=message):
        call(objects)


def test_gradients_reach_the_variables(session, objects):
    loss = tf.reduce_sum(objects(tf.constant([[1.0, 2.0]])) ** 2)
    gradient = session.run(tf.gradients(loss, [objects.w])[0])
    y = np.array([1 + 6 + 21, 2 + 8 + 24])
    np.testing.assert_allclose(gradient, 2 * np.outer([1, 2], y))


def test_functions_tell_what_they_take(objects):
    function = objects.signatures["serving_default"]
    assert [t.shape.as_list() for t in function.inputs[:1]] == [[None, 2]]
    assert list(function.structured_outputs) == ["output_0"]
    assert set(function.variables) == {objects.w, objects.layers[0]}
    assert objects.__call__.get_concrete_function().structured_input_signature[0][0].name == "x"


def test_tags_have_to_be_those_of_the_model(session):
    with pytest.raises(ValueError, match=r"incompatible argument to `tags`: \['train'\]"):
        tf.saved_model.load_v2(FOLDER / "objects", tags=["train"])
    assert tf.saved_model.load_v2(FOLDER / "objects", tags="serve").w is not None
    with pytest.raises(RuntimeError, match="could not be found"):
        tf.saved_model.load_v2(FOLDER / "version1", tags=["train"])


def test_a_model_of_version_1_has_prune_and_restore(session):
    loaded = tf.saved_model.load_v2(FOLDER / "references")
    initialized(session)
    assert sorted(v.name for v in loaded.variables) == ["dense/step:0", "dense/w:0"]
    product = loaded.prune(["x:0"], ["MatMul:0"])
    assert session.run(product(tf.constant([[1.0, 1.0]])))[0].tolist() == [[4.0, 6.0]]
    session.run(loaded.signatures["count"]())
    session.run(loaded.restore(str(FOLDER / "references" / "variables" / "variables")))
    assert session.run(loaded.signatures["count"]())["count"] == 5


def test_two_loads_share_nothing(session):
    first, second = (tf.saved_model.load_v2(FOLDER / "objects") for _ in range(2))
    initialized(session)
    session.run(first.w.assign(first.w * 0.0))
    assert session.run([tf.reduce_sum(o([[1.0, 1.0]])) for o in (first, second)]) == [45.0, 55.0]


# ---------------------------------------------------------------- saving


def variable(value, name, **options):
    return tf.Variable(value, name=name, use_resource=True, **options)


class Model(tf.Module):
    def __init__(self, folder):
        super().__init__()
        self.w = variable([[1.0, 2.0], [3.0, 4.0]], "w")
        self.parts = [variable(3.0, "k", trainable=False), {"inner": variable([1, 2], "k")}]
        path = folder / "words.txt"
        path.write_text("cat\ndog\n")
        self.words = tf.saved_model.Asset(path)
        lines = tf.lookup.TextFileInitializer(self.words.asset_path, tf.string, -2, tf.int64, -1)
        self.table = tf.lookup.StaticHashTable(lines, -1)
        pairs = tf.lookup.KeyValueTensorInitializer(["x", "y"], tf.constant([5, 6], tf.int64))
        self.pairs = tf.lookup.StaticHashTable(pairs, -2)
        self.changing = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -7)
        self.constant = tf.constant([7.0, 8.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def __call__(self, x):
        return tf.matmul(x, self.w) + self.constant * self.parts[0]

    @tf.function
    def choose(self, x, k=2, both=False):
        return {"y": x * k, "x": (x, [])} if both else x * k

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="s")])
    def look(self, s):
        return self.table.lookup(s), self.pairs.lookup(s), self.changing.lookup(s)

    @tf.function(input_signature=[])
    def tick(self):
        self.parts[1]["inner"].assign_add([1, 1])

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def loop(self, n):
        return tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + self.w[0]), (0, tf.zeros([2])))[1]

    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
    def rows(self, r):
        return r * 2.0


@pytest.fixture
def saved(tmp_path):
    """The directory of a model that was written twice: by `save`, and again from what `load_v2` made of that."""
    with tf.Graph().as_default(), tf.Session() as session:
        model = Model(tmp_path)
        model.choose(tf.constant([1.0]))
        model.choose(tf.constant(1.0), k=tf.constant(3.0), both=True)
        initialized(session)
        session.run(model.changing.insert(tf.constant(["a"]), tf.constant([10], tf.int64)))
        session.run(model.w.assign(model.w * 2.0))
        signatures = {"serving_default": model.__call__, "look": model.look.get_concrete_function()}
        tf.saved_model.save(model, tmp_path / "first", signatures)
    with tf.Graph().as_default(), tf.Session() as session:
        loaded = tf.saved_model.load_v2(tmp_path / "first")
        initialized(session)
        tf.saved_model.save(loaded, tmp_path / "second", dict(loaded.signatures))
    return tmp_path


@pytest.mark.parametrize("name", ["first", "second"])
def test_what_was_saved_loads_as_objects(session, saved, name):
    loaded = tf.saved_model.load_v2(saved / name)
    initialized(session)
    assert session.run(loaded(tf.constant([[1.0, 1.0]]))).tolist() == [[8 + 21, 12 + 24]]
    assert session.run(loaded.choose(tf.constant([4.0]))).tolist() == [8.0]
    both = session.run(loaded.choose(tf.constant(4.0), k=tf.constant(5.0), both=True))
    assert both == {"y": 20.0, "x": (4.0, [])}
    words = session.run(loaded.look(["dog", "y", "a"]))
    assert [w.tolist() for w in words] == [[1, -1, -1], [-2, 6, -2], [-7, -7, 10]]
    session.run(loaded.tick())
    assert session.run(loaded.parts[1]["inner"]).tolist() == [2, 3]
    assert session.run(loaded.loop(3)).tolist() == [6.0, 12.0]
    assert session.run(loaded.rows(tf.ragged.constant([[1.0], []]))).to_list() == [[2.0], []]
    assert not loaded.parts[0].trainable


@pytest.mark.parametrize("name", ["first", "second"])
def test_what_was_saved_loads_into_a_session(session, saved, name):
    meta = tf.saved_model.load(session, ["serve"], saved / name)
    found = answers(session, meta, "look", {"s": np.array([b"cat", b"x", b"a"], object)})
    assert [found[f"output_{i}"].tolist() for i in range(3)] == [[0, -1, -1], [-2, 5, -2], [-7, -7, 10]]
    found = answers(session, meta, "serving_default", {"x": np.array([[1, 1]], np.float32)})
    assert found["output_0"].tolist() == [[29.0, 36.0]]


def module_with(**attributes):
    module = tf.Module()
    for name, value in attributes.items():
        setattr(module, name, value)
    return module


SCALAR = tf.TensorSpec([], tf.float32)


def untracked():
    v = variable(1.0, "v")
    return module_with(f=tf.function(lambda x: x * v, input_signature=[SCALAR]))


def of_a_placeholder():
    p = tf.placeholder(tf.float32, [])
    return module_with(f=tf.function(lambda x: x * p, input_signature=[SCALAR]))


def of_a_ref_variable():
    v = tf.get_variable("r", [], use_resource=False)
    return module_with(v=v, f=tf.function(lambda x: x * v, input_signature=[SCALAR]))


@pytest.mark.parametrize(
    ("make", "signatures", "error", "message"),
    [
        (untracked, None, AssertionError, "references an 'untracked' resource"),
        (of_a_placeholder, None, ValueError, "captures graph tensor .* cannot be converted to a constant"),
        (of_a_ref_variable, None, TypeError, "use_resource=True"),
        (lambda: 3, None, ValueError, "Expected an object of type `Trackable`"),
        (tf.Module, lambda x: x, ValueError, "Only `tf.functions` with an input signature"),
        (tf.Module, {"a": tf.function(lambda x: x)}, ValueError, "Only `tf.functions` with an input signature"),
        (tf.Module, tf.function(lambda x: {"a": [x]}, input_signature=[SCALAR]), ValueError, "Got a non-Tensor value"),
        (lambda: module_with(v=variable(1.0, "v")), None, tf.errors.FailedPreconditionError, "v"),
    ],
)
def test_what_cannot_be_saved_is_refused(session, tmp_path, make, signatures, error, message):
    with pytest.raises(error, match=message):
        tf.saved_model.save(make(), tmp_path / "model", signatures)
    assert not (tmp_path / "model" / "saved_model.pb").exists()


def test_a_function_without_effects_alone_serves(session, tmp_path):
    module = module_with(f=tf.function(lambda x: x + 1.0, input_signature=[SCALAR]))
    options = tf.saved_model.SaveOptions(function_aliases={"plus": module.f})
    tf.saved_model.experimental.save(module, tmp_path / "model", options=options)
    meta = tf.saved_model.load(session, ["serve"], tmp_path / "model")
    assert answers(session, meta, "serving_default", {"x": 1.0})["output_0"] == 2.0
    assert list(meta.meta_info_def.function_aliases.values()) == ["plus"]
    assert session.run(tf.saved_model.load_v2(tmp_path / "model").f(2.0)) == 3.0


def test_policies():
    policy = tf.saved_model.experimental.VariablePolicy
    options = tf.saved_model.SaveOptions(experimental_variable_policy="save_variable_devices")
    assert options.experimental_variable_policy is policy.SAVE_VARIABLE_DEVICES
    with pytest.raises(ValueError, match="Received invalid VariablePolicy value: other"):
        tf.saved_model.SaveOptions(experimental_variable_policy="other")


def test_structures_come_back():
    coder = StructureCoder()
    spec = tf.RaggedTensorSpec([None, None], tf.int32)
    value = [
        (1, -2, 0.5, "x", True, None),
        {"a": tf.TensorShape([None, 3]), "b": tf.float16},
        spec,
        tf.TensorSpec(None),
    ]
    found = coder.decode_proto(coder.encode_structure(value))
    assert found[0] == value[0]
    assert found[1]["b"] is tf.float16
    assert found[2] == spec
    assert found[1]["a"].as_list() == [None, 3]
    assert found[3].shape.rank is None
    assert not coder.can_encode([object()])
    assert coder.can_encode(value)


def _damaged_models(name):
    """Models with damage somewhere, and models whose graph of objects alone is damaged."""
    model = files.read_saved_model(FOLDER / name)
    copy = type(model).FromString(model.SerializeToString())
    objects = model.meta_graphs[0].object_graph_def
    count = fuzz.count_of(40)
    yield from fuzz.message_mutants(model, count // 2, 31)
    for damaged in fuzz.message_mutants(objects, count - count // 2, 32):
        copy.meta_graphs[0].object_graph_def.ParseFromString(damaged)
        yield copy.SerializeToString()


@pytest.mark.parametrize("name", ["objects", "module", "version1"])
def test_fuzz_objects_of_damaged_models(tmp_path, name):
    shutil.copytree(FOLDER / name, tmp_path / "m")
    path = tmp_path / "m" / "saved_model.pb"

    def read(data):
        path.write_bytes(data)
        with tf.Graph().as_default(), tf.Session() as session:
            loaded = tf.saved_model.load_v2(tmp_path / "m")
            initialized(session)
            for key, (inputs, _) in recorded(name).items():
                if key in loaded.signatures:
                    given = {k: tf.constant(v.tolist() if v.dtype == object else v) for k, v in inputs.items()}
                    session.run(loaded.signatures[key](**given))

    sample = path.read_bytes()
    limits = {"also": (DecodeError, RuntimeError), "seconds": 10.0, "megabytes": 2048}
    outcomes = fuzz.check(read, [sample], 0, 0, damaged=_damaged_models(name), **limits)
    assert len(outcomes) > 2, outcomes
    fuzz.check(read, [sample], fuzz.count_of(20), 33, **limits)
