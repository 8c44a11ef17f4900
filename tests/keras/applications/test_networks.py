"""tf.keras.applications: the layers of every network, answers with random weights, images, classes, refusals."""

import json

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.golden_store import GOLDEN
from tests.keras.applications import networks
from tfcompat.keras.applications import imagenet

A = tf.keras.applications
HELD = json.loads((GOLDEN / "keras_applications.json").read_text())
# the other sizes of each family are drawn by the same code
BUILT = ["DenseNet121", "InceptionV3", "MobileNet", "MobileNetV2", "NASNetMobile", "ResNet50", "VGG16", "Xception"]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


@pytest.mark.parametrize("name", BUILT)
def test_layers(name):
    assert networks.described(tf, getattr(A, name)(weights=None)) == HELD["networks"][name]


@pytest.mark.parametrize("call", networks.CALLS)
def test_answers(call):
    found = networks.answers(tf, call, networks.CALLS[call])
    np.testing.assert_allclose(found, HELD["answers"][call], rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("module", networks.MODULES)
def test_images(module):
    wanted = HELD["scaled"][module]
    np.testing.assert_allclose(networks.scaled(tf, module), wanted, rtol=1e-5, atol=1e-5)
    made = getattr(A, module).preprocess_input(tf.constant(networks.images((2, 3, 3))))
    with tf.Session() as session:
        np.testing.assert_allclose(np.ravel(session.run(made)), wanted, rtol=1e-5, atol=1e-4)


def test_classes(monkeypatch, tmp_path):
    index = tmp_path / "index.json"
    index.write_text(json.dumps({str(i): [f"n{i:04}", f"class {i}"] for i in range(1000)}))
    monkeypatch.setattr(imagenet, "_classes", lambda: json.loads(index.read_text()))
    answers = np.zeros((2, 1000))
    answers[0, [3, 700]] = 0.2, 0.7
    answers[1, 999] = 1.0
    found = A.vgg16.decode_predictions(answers, top=2)
    assert found[0] == [("n0700", "class 700", 0.7), ("n0003", "class 3", 0.2)]
    assert found[1][0] == ("n0999", "class 999", 1.0)
    with pytest.raises(ValueError, match="a batch of predictions"):
        A.imagenet_utils.decode_predictions(answers[:, :10])


def test_an_input_of_ones_own():
    x = tf.placeholder(tf.float32, [None, 40, 40, 3])
    model = A.VGG16(weights=None, include_top=False, input_tensor=x)
    assert model.output_shape == (None, 1, 1, 512)
    given = tf.keras.Input((64, 64, 1))
    model = A.MobileNet(weights=None, input_tensor=given, input_shape=(64, 64, 1), alpha=0.25, classes=3)
    assert model.input_shape == (None, 64, 64, 1)
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("VGG16(weights='nowhere.h5')", "path to the weights file"),
        ("VGG16(classes=10)", "`classes` should be 1000"),
        ("VGG16(input_shape=(100, 100, 3))", "`input_shape` should be"),
        ("VGG16(weights=None, input_shape=(20, 100, 3), include_top=False)", "at least 32x32"),
        ("VGG16(weights=None, input_shape=(None, None, 3))", "static `input_shape`"),
        ("VGG16(weights=None, colour='red')", "Unknown argument"),
        ("Xception(weights=None, input_shape=(60, 60, 3), include_top=False)", "at least 71x71"),
        ("MobileNet(alpha=0.3)", "alpha can be one of"),
        ("MobileNet(depth_multiplier=2)", "depth multiplier must be 1"),
        ("MobileNetV2(alpha=0.3)", "alpha can be one of"),
        ("imagenet_utils.preprocess_input(tf.zeros([2, 2, 3]), mode='theano')", "Expected mode"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        eval("A." + call, {"A": A, "tf": tf})
