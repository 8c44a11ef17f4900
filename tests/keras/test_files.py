"""Models in files: checkpoints and HDF5, those of TensorFlow 1.15.5 and 2.15.1 too; estimators; pictures."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

DATA = Path(__file__).parent.parent / "data" / "keras_files"
VERSIONS = sorted(path.name for path in DATA.iterdir())
layers = tf.keras.layers


@pytest.fixture(autouse=True)
def graph():
    tf.keras.backend.clear_session()
    with tf.Graph().as_default():
        yield


def made(optimizer="adam"):
    x = tf.keras.Input((4,), name="x")
    hidden = layers.BatchNormalization()(layers.Dense(3, activation="relu")(x))
    model = tf.keras.Model(x, layers.Dense(1)(layers.concatenate([hidden, x])))
    model.compile(optimizer, "mse")
    return model


INPUTS = np.sin(np.arange(80)).reshape(20, 4).astype(np.float32)
LABELS = INPUTS[:, :1]


def trained(optimizer="adam"):
    model = made(optimizer)
    model.fit(INPUTS, LABELS, epochs=3, shuffle=False, verbose=0)
    return model


def answers(model):
    return model.predict(INPUTS), model.train_on_batch(INPUTS, LABELS), model.predict(INPUTS)


def check(model, before, loss, after):
    found = answers(model)
    for name, value, wanted in zip(("before", "loss", "after"), found, (before, loss, after), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("version", VERSIONS)
def test_checkpoints_of_tensorflow(version):
    model = made()
    status = model.load_weights(DATA / version / "values")
    status.assert_existing_objects_matched()
    check(model, **np.load(DATA / version / "answers.npz"))


@pytest.mark.parametrize("version", VERSIONS)
def test_models_of_tensorflow(version):
    pytest.importorskip("h5py")
    model = tf.keras.models.load_model(DATA / version / "model.h5")
    assert [layer.name for layer in model.layers] == [layer.name for layer in made().layers]
    check(model, **np.load(DATA / version / "answers.npz"))


@pytest.mark.parametrize("optimizer", ["adam", "train"])
def test_keys_of_checkpoints(optimizer, tmp_path):
    model = trained(tf.train.AdamOptimizer() if optimizer == "train" else optimizer)
    model.save_weights(tmp_path / "values")
    keys = tf.train.load_checkpoint(str(tmp_path / "values")).get_variable_to_shape_map()
    ends = {key.replace("/.ATTRIBUTES/VARIABLE_VALUE", "") for key in keys}
    if optimizer == "adam":
        recorded = tf.train.load_checkpoint(str(DATA / VERSIONS[0] / "values")).get_variable_to_shape_map()
        assert {k: v for k, v in keys.items() if v} == {k: v for k, v in recorded.items() if v}
        assert set(keys) == set(recorded)
    else:
        assert "layer_with_weights-0/kernel/.OPTIMIZER_SLOT/optimizer/optimizer/m" in ends
        assert {"optimizer/global_step", "optimizer/optimizer/beta1_power"} <= ends
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "values")


def test_a_checkpoint_gives_back_values_and_the_optimizer(tmp_path):
    model = trained()
    model.save_weights(str(tmp_path / "folder" / "values"))
    wanted = answers(model)
    with tf.Graph().as_default():
        twin = made()
        twin.load_weights(str(tmp_path / "folder" / "values"))
        check(twin, *wanted)
    with pytest.raises(NotImplementedError, match="by_name"):
        model.load_weights(str(tmp_path / "folder" / "values"), by_name=True)


def test_checkpoints_of_savers_and_of_subclasses(tmp_path):
    class Two(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.others = layers.Dense(3), [layers.Dense(2)]

        def call(self, inputs):
            return self.others[0](self.first(inputs))

    model = Two()
    wanted = model.predict(INPUTS)
    model.save_weights(tmp_path / "values")
    keys = tf.train.load_checkpoint(str(tmp_path / "values")).get_variable_to_shape_map()
    assert "first/kernel/.ATTRIBUTES/VARIABLE_VALUE" in keys
    assert "others/0/bias/.ATTRIBUTES/VARIABLE_VALUE" in keys
    later = Two()
    later.load_weights(tmp_path / "values")
    np.testing.assert_allclose(later.predict(INPUTS), wanted, rtol=1e-6)
    tf.train.Saver(model.weights).save(tf.keras.backend.get_session(), str(tmp_path / "saver"))
    values = model.get_weights()
    model.set_weights([w * 0 for w in values])
    model.load_weights(tmp_path / "saver")
    np.testing.assert_array_equal(model.get_weights()[0], values[0])


def test_hdf5_files(tmp_path):
    h5py = pytest.importorskip("h5py")
    model = trained()
    model.save(tmp_path / "model.h5")
    model.save_weights(tmp_path / "values.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        assert json.loads(file.attrs["training_config"])["optimizer_config"]["class_name"] == "Adam"
        assert file["model_weights/dense/dense/kernel:0"].shape == (4, 3)
        assert file["optimizer_weights/training/Adam/iter:0"][()] == 3
    wanted = answers(model)
    with tf.Graph().as_default():
        check(tf.keras.models.load_model(tmp_path / "model.h5"), *wanted)
        twin = made("sgd")
        twin.load_weights(tmp_path / "values.h5")
        np.testing.assert_allclose(twin.predict(INPUTS), wanted[0], rtol=1e-6)
        named = tf.keras.Sequential([layers.Dense(3, input_shape=(4,), name=twin.layers[1].name), layers.Dense(7)])
        named.load_weights(tmp_path / "values.h5", by_name=True)
        np.testing.assert_array_equal(named.get_weights()[0], twin.get_weights()[0])
        with pytest.raises(ValueError, match="containing 3 layers into a model with 2 layers"):
            named.load_weights(tmp_path / "values.h5")


@pytest.mark.skipif(importlib.util.find_spec("h5py") is not None, reason="h5py is installed")
def test_hdf5_needs_a_package(tmp_path):
    model = made()
    for call in (lambda: model.save(tmp_path / "m.h5"), lambda: model.save_weights(tmp_path / "m.h5")):
        with pytest.raises(ImportError, match="h5py"):
            call()


def test_what_cannot_be_saved(tmp_path):
    model = made()
    with pytest.raises(ValueError, match="looks like an HDF5 file"):
        model.save_weights(tmp_path / "m.h5", save_format="tf")
    with pytest.raises(ValueError, match="Unknown format"):
        model.save_weights(tmp_path / "m", save_format="pickle")
    with pytest.raises(ValueError, match="Unknown format"):
        model.save(tmp_path / "m", save_format="pickle")
    with pytest.raises(OSError, match="does not exist"):
        tf.keras.models.load_model(tmp_path / "nothing.h5")


def test_saved_models(tmp_path):
    model = trained()
    tf.keras.experimental.export_saved_model(model, tmp_path / "export")
    with tf.Session(graph=tf.Graph()) as session:
        loaded = tf.saved_model.load(session, ["serve"], str(tmp_path / "export"))
        signature = loaded.signature_def["serving_default"]
        feed = {signature.inputs["x"].name: INPUTS}
        served = session.run(signature.outputs["dense_1"].name, feed)
    np.testing.assert_allclose(served, model.predict(INPUTS), rtol=1e-6)
    twin = tf.keras.models.load_model(tmp_path / "export")
    np.testing.assert_allclose(twin.predict(INPUTS), served, rtol=1e-6)


def test_directories_keep_how_a_model_is_trained(tmp_path):
    model = trained()
    model.save(tmp_path / "model", save_format="tf")
    model.save(tmp_path / "model", save_format="tf")
    wanted = answers(model)
    check(tf.keras.models.load_model(tmp_path / "model"), *wanted)
    assert tf.keras.models.load_model(tmp_path / "model", compile=False).optimizer is None


@pytest.mark.parametrize("version", VERSIONS)
def test_saved_models_of_tensorflow(version):
    model = tf.keras.models.load_model(DATA / version / "saved_model")
    np.testing.assert_allclose(model.predict(INPUTS), np.load(DATA / version / "answers.npz")["before"], rtol=1e-5)


@pytest.mark.skipif(importlib.util.find_spec("pydot") is not None, reason="pydot is installed")
def test_pictures_need_a_package():
    with pytest.raises(ImportError, match="pydot"):
        tf.keras.utils.plot_model(made())


def test_a_model_as_an_estimator(tmp_path):
    model = made(tf.keras.optimizers.SGD(0.1))
    wanted = model.predict(INPUTS)
    estimator = tf.keras.estimator.model_to_estimator(model, model_dir=str(tmp_path))

    def data(epochs):
        return tf.estimator.inputs.numpy_input_fn(
            {"x": INPUTS}, LABELS, batch_size=20, num_epochs=epochs, shuffle=False
        )

    estimator.train(data(None), steps=1)
    assert estimator.get_variable_value("global_step") == 1
    found = estimator.evaluate(data(1))
    model.train_on_batch(INPUTS, LABELS)
    np.testing.assert_allclose(found["loss"], model.evaluate(INPUTS, LABELS, verbose=0), rtol=1e-4)
    predicted = [next(iter(p.values())) for p in estimator.predict(data(1))]
    np.testing.assert_allclose(predicted, model.predict(INPUTS), rtol=1e-4, atol=1e-5)
    assert not np.allclose(predicted, wanted)
