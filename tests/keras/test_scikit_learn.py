"""Models of tf.keras with the methods of scikit-learn."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

X = np.random.RandomState(0).uniform(-1, 1, (64, 3)).astype("float32")
CLASSES = np.array(["left", "middle", "right"])[np.digitize(X[:, 0], [-0.3, 0.3])]


def _classifier(units=8, loss="categorical_crossentropy"):
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Dense(units, "relu", input_shape=(3,)), layers.Dense(3, "softmax")])
    model.compile(tf.keras.optimizers.Adam(0.05), loss, metrics=["accuracy"])
    return model


def _regressor(rate=0.1):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(3,))])
    model.compile(tf.keras.optimizers.SGD(rate), "mse")
    return model


@pytest.fixture(autouse=True)
def session():
    tf.keras.backend.clear_session()
    with tf.Graph().as_default(), tf.Session():
        tf.set_random_seed(1)
        yield


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_classifier(loss):
    made = tf.keras.wrappers.scikit_learn.KerasClassifier(_classifier, loss=loss, epochs=30, batch_size=16, verbose=0)
    history = made.fit(X, CLASSES)
    assert len(history.history["loss"]) == 30
    assert made.classes_.tolist() == ["left", "middle", "right"]
    found = made.predict(X)
    assert np.mean(found == CLASSES) > 0.8
    assert made.predict_proba(X).shape == (64, 3)
    assert made.score(X, CLASSES) == pytest.approx(np.mean(found == CLASSES), abs=1e-6)


def test_classifier_of_two_classes():
    def build():
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, "sigmoid", input_shape=(3,))])
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        return model

    made = tf.keras.wrappers.scikit_learn.KerasClassifier(build, verbose=0)
    made.fit(X, np.where(X[:, 1] > 0, 5, 4), epochs=2)
    assert set(made.predict(X).ravel()) <= {4, 5}
    np.testing.assert_allclose(made.predict_proba(X).sum(1), 1, rtol=1e-5)


def test_classifier_without_accuracy():
    def build():
        model = tf.keras.Sequential([tf.keras.layers.Dense(3, "softmax", input_shape=(3,))])
        model.compile("sgd", "categorical_crossentropy")
        return model

    made = tf.keras.wrappers.scikit_learn.KerasClassifier(build, verbose=0)
    made.fit(X, CLASSES)
    with pytest.raises(ValueError, match="accuracy"):
        made.score(X, CLASSES)


def test_regressor():
    y = X @ [1.0, -2.0, 0.5] + 3
    made = tf.keras.wrappers.scikit_learn.KerasRegressor(_regressor, epochs=40, verbose=0)
    made.fit(X, y, batch_size=8)
    found = made.predict(X)
    np.testing.assert_allclose(found, y, atol=0.05)
    assert made.score(X, y) == pytest.approx(-np.mean((found - y) ** 2), abs=1e-5)


def test_builder_that_is_an_object_or_a_method():
    class Builder:
        def __call__(self, rate):
            return _regressor(rate)

    class Own(tf.keras.wrappers.scikit_learn.KerasRegressor):
        def __call__(self, rate):
            return _regressor(rate)

    for made in (tf.keras.wrappers.scikit_learn.KerasRegressor(Builder(), rate=0.2), Own(rate=0.2)):
        made.fit(X, X[:, 0], verbose=0)
        assert tf.keras.backend.get_value(made.model.optimizer.lr) == pytest.approx(0.2)


def test_parameters():
    made = tf.keras.wrappers.scikit_learn.KerasClassifier(_classifier, units=4)
    assert made.get_params() == {"build_fn": _classifier, "units": 4}
    assert made.set_params(epochs=2) is made
    assert made.filter_sk_params(_classifier, {"loss": "mse"}) == {"units": 4, "loss": "mse"}
    with pytest.raises(ValueError, match="rate is not a legal parameter"):
        made.set_params(rate=1)
    with pytest.raises(ValueError, match="Invalid shape for y"):
        made.fit(X, np.zeros((64, 1, 1)))
