"""Models that do not know their inputs take those of the first batch, wherever it comes from."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.cases import f32

STEPS, SIZE = 4, 8
X, Y = f32(STEPS * SIZE, 5), f32(STEPS * SIZE, 1)


class Subclassed(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = tf.keras.layers.Dense(4, "tanh", kernel_initializer="ones")
        self.outer = tf.keras.layers.Dense(1, kernel_initializer="ones")

    def call(self, inputs):
        return self.outer(self.inner(inputs))


def sequential():
    inner = tf.keras.layers.Dense(4, "tanh", kernel_initializer="ones")
    return tf.keras.Sequential([inner, tf.keras.layers.Dense(1, kernel_initializer="ones")])


def dataset():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(SIZE).repeat()


def generator():
    while True:
        for start in range(0, STEPS * SIZE, SIZE):
            yield X[start : start + SIZE], Y[start : start + SIZE]


SOURCES = {
    "dataset": dataset,
    "iterator": lambda: tf.data.make_one_shot_iterator(dataset()),
    "generator": generator,
}


def history(make, source):
    with tf.Graph().as_default(), tf.Session().as_default():
        model = make()
        model.compile("sgd", "mse", ["mae"])
        if source is None:
            return model.fit(X, Y, SIZE, epochs=2, verbose=0, shuffle=False).history
        return model.fit(SOURCES[source](), steps_per_epoch=STEPS, epochs=2, verbose=0).history


@pytest.mark.parametrize("make", [sequential, Subclassed])
@pytest.mark.parametrize("source", SOURCES)
def test_they_train_as_on_arrays(make, source):
    expected, found = history(make, None), history(make, source)
    assert list(found) == list(expected) == ["loss", "mean_absolute_error"]
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)


def test_a_model_that_is_not_compiled_predicts_from_a_dataset():
    with tf.Graph().as_default(), tf.Session().as_default():
        model = sequential()
        assert np.allclose(model.predict(dataset(), steps=STEPS), model.predict(X), atol=1e-6)


def test_layers_and_cells_of_version_1_in_a_model():
    with tf.Graph().as_default(), tf.Session().as_default():
        x = tf.keras.Input((None, 5))
        cell = tf.nn.rnn_cell.BasicLSTMCell(4)
        model = tf.keras.Model(x, tf.layers.Dense(3)(tf.keras.layers.RNN(cell)(x)))
        assert model.predict(f32(2, 6, 5)).shape == (2, 3)


def test_checkpoints_of_objects_take_the_session_of_keras(tmp_path):
    with tf.Graph().as_default():
        model = sequential()
        model.compile("sgd", "mse")
        model.fit(X, Y, verbose=0)
        expected = model.predict(X)
        path = tf.train.Checkpoint(model=model).save(str(tmp_path / "values"))
        model.set_weights([weights * 0 for weights in model.get_weights()])
        tf.train.Checkpoint(model=model).restore(path).assert_consumed().run_restore_ops()
        assert np.allclose(model.predict(X), expected)
