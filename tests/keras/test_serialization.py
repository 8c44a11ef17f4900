"""Keras objects by name and as dictionaries: what TensorFlow 1.15.5 writes, and what both versions read."""

import pytest

import tfcompat.compat.v1 as tf

K = tf.keras
FULL = {"scale": 2.0, "mode": "fan_in", "distribution": "truncated_normal", "seed": 3, "dtype": "float32"}


@pytest.mark.parametrize(
    ("module", "identifier", "written"),
    [
        (
            "initializers",
            "glorot_uniform",
            {"class_name": "GlorotUniform", "config": {"seed": None, "dtype": "float32"}},
        ),
        ("initializers", "Zeros", {"class_name": "Zeros", "config": {"dtype": "float32"}}),
        ("initializers", "one", {"class_name": "Ones", "config": {"dtype": "float32"}}),
        (
            "initializers",
            "normal",
            {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.05, "seed": None, "dtype": "float32"}},
        ),
        (
            "initializers",
            {"class_name": "HeNormal", "config": {"seed": 3}},
            {"class_name": "VarianceScaling", "config": FULL},
        ),
        ("regularizers", "l2", {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.009999999776482582}}),
        ("regularizers", {"class_name": "L2", "config": {"l2": 0.5}}, {"class_name": "L2", "config": {"l2": 0.5}}),
        ("constraints", "max_norm", {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}}),
        ("constraints", "nonneg", {"class_name": "NonNeg", "config": {}}),
        (
            "constraints",
            "MinMaxNorm",
            {"class_name": "MinMaxNorm", "config": {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0}},
        ),
        (
            "losses",
            {"class_name": "Huber", "config": {"delta": 2.0, "fn": "huber"}},
            {"class_name": "Huber", "config": {"reduction": "auto", "name": "huber_loss", "delta": 2.0}},
        ),
        ("losses", "kld", "kullback_leibler_divergence"),
        ("losses", "MSE", "mean_squared_error"),
        ("losses", "cosine_similarity", "cosine_proximity"),
        ("activations", "relu", "relu"),
        ("activations", "silu", "swish"),
    ],
)
def test_objects_are_found_and_written(module, identifier, written):
    part = getattr(K, module)
    found = part.get(identifier)
    assert part.serialize(found) == written
    assert part.serialize(part.deserialize(written)) == written
    assert part.get(found) is found


@pytest.mark.parametrize("module", ["initializers", "regularizers", "constraints", "losses"])
def test_nothing_stays_nothing_and_other_things_are_refused(module):
    part = getattr(K, module)
    assert part.get(None) is None
    with pytest.raises(ValueError, match=r"Unknown .*: 'nope'"):
        part.get("nope")
    with pytest.raises(ValueError, match="Could not interpret"):
        part.get(3)
    with pytest.raises(ValueError, match="Improper config format"):
        part.get({"class_name": "Nope"})


def test_activations_of_nothing_are_linear():
    assert K.activations.get(None) is K.activations.linear
    with pytest.raises(TypeError, match="Could not interpret"):
        K.activations.get(3)
    assert K.activations.serialize(tf.nn.relu) == "relu"


class Doubled(K.constraints.Constraint):
    def __init__(self, factor, inner=None):
        self.factor, self.inner = factor, inner

    def get_config(self):
        return {"factor": self.factor, "inner": self.inner}


def own_loss(y_true, y_pred):
    return y_pred


def test_own_objects_are_found_in_scopes_and_by_registered_names():
    written = K.utils.serialize_keras_object(Doubled(3, K.constraints.UnitNorm(axis=1)))
    assert written["class_name"] == "Doubled"
    assert written["config"]["inner"]["config"] == {"axis": 1}
    with pytest.raises(ValueError, match="Unknown"):
        K.constraints.deserialize(written)
    with K.utils.custom_object_scope({"Doubled": Doubled, "UnitNorm": K.constraints.UnitNorm}):
        read = K.constraints.deserialize(written)
    assert (read.factor, read.inner.axis) == (3, 1)
    assert "Doubled" not in K.utils.get_custom_objects()
    assert K.losses.deserialize("own_loss", {"own_loss": own_loss}) is own_loss


def test_registered_classes_are_written_with_their_package():
    @K.utils.register_keras_serializable("mine", "Thrice")
    class Tripled(Doubled):
        pass

    try:
        written = K.utils.serialize_keras_object(Tripled(2))
        assert written["class_name"] == "mine>Thrice"
        assert type(K.constraints.deserialize(written)) is Tripled
        with pytest.raises(ValueError, match="already been registered"):
            K.utils.register_keras_serializable("mine", "Thrice")(Doubled)
        with pytest.raises(ValueError, match="get_config"):
            K.utils.register_keras_serializable()(int)
    finally:
        K.utils.get_custom_objects().clear()


def test_what_has_no_name_cannot_be_written():
    with pytest.raises(ValueError, match="Cannot serialize 3"):
        K.utils.serialize_keras_object(3)
    assert K.utils.serialize_keras_object(None) is None
    assert K.utils.serialize_keras_object(len) == "len"
