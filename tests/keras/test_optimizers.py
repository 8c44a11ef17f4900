"""Keras' optimizers as objects: hyperparameters, configurations, variables, names, refusals."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

K = tf.keras.backend
optimizers = tf.keras.optimizers


@pytest.fixture(autouse=True)
def cleared():
    K.clear_session()
    yield
    K.clear_session()


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("SGD", {"learning_rate": 0.01, "decay": 0.0, "momentum": 0.0, "nesterov": False}),
        (
            "RMSprop",
            {"learning_rate": 0.001, "decay": 0.0, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
        ),
        (
            "Adam",
            {"learning_rate": 0.001, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
        ),
        ("Adamax", {"learning_rate": 0.001, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
        ("Nadam", {"learning_rate": 0.001, "decay": 0.004, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
        ("Adagrad", {"learning_rate": 0.001, "decay": 0.0, "initial_accumulator_value": 0.1, "epsilon": 1e-7}),
        ("Adadelta", {"learning_rate": 0.001, "decay": 0.0, "rho": 0.95, "epsilon": 1e-7}),
        (
            "Ftrl",
            {
                "learning_rate": 0.001,
                "decay": 0.0,
                "initial_accumulator_value": 0.1,
                "learning_rate_power": -0.5,
                "l1_regularization_strength": 0.0,
                "l2_regularization_strength": 0.0,
                "l2_shrinkage_regularization_strength": 0.0,
            },
        ),
    ],
)
def test_configurations(name, config):
    made = optimizers.get(name.lower())
    assert made.get_config() == {"name": name, **config}
    written = optimizers.serialize(made)
    assert written["class_name"] == name
    assert optimizers.deserialize(written).get_config() == made.get_config()
    assert optimizers.get(made) is made


def test_configurations_have_present_values_and_clipping():
    made = optimizers.SGD(lr=0.5, decay=0.1, clipnorm=1.0, momentum=0.9)
    made.lr = 0.25
    assert made.get_config()["learning_rate"] == 0.25
    assert K.get_value(made.lr) == 0.25
    made.lr = 0.125
    config = made.get_config()
    assert config["learning_rate"] == 0.125
    assert list(config) == ["name", "clipnorm", "learning_rate", "decay", "momentum", "nesterov"]
    assert optimizers.SGD.from_config({"lr": 0.5}).get_config()["learning_rate"] == 0.5


def test_schedules_are_written_with_the_optimizer():
    made = optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
    written = optimizers.serialize(made)
    assert written["config"]["learning_rate"] == {
        "class_name": "ExponentialDecay",
        "config": {
            "initial_learning_rate": 0.1,
            "decay_steps": 10,
            "decay_rate": 0.5,
            "staircase": False,
            "name": None,
        },
    }
    read = optimizers.deserialize(written)
    assert isinstance(read.learning_rate, optimizers.schedules.ExponentialDecay)
    with pytest.raises(ValueError, match="Nadam optimizer does not support"):
        optimizers.Nadam(read.learning_rate)


def test_hyperparameters_are_variables_made_at_their_first_use():
    made = optimizers.Adam(0.3)
    assert tf.global_variables() == []
    rate = made.lr
    assert rate.name == "learning_rate:0"
    assert made.learning_rate is rate
    assert [v.name for v in tf.global_variables()] == ["beta_1:0", "beta_2:0", "decay:0", "learning_rate:0"]
    assert made.iterations.name == "iter:0"
    assert made.iterations.dtype == tf.int64
    assert tf.trainable_variables() == []
    assert [v.name for v in made.weights] == ["iter:0"]
    with pytest.raises(AttributeError, match="no attribute 'rho'"):
        made.rho  # noqa: B018


def test_steps_have_names():
    v = K.variable([1.0, 2.0], name="v")
    made = optimizers.Adam(0.1)
    updates = made.get_updates(K.sum(v * v), [v])
    assert [op.name for op in updates] == ["Adam/Adam/AssignAddVariableOp"]
    assert [w.name for w in made.weights] == ["Adam/iter:0", "Adam/v/m:0", "Adam/v/v:0"]
    assert made.get_slot_names() == ["m", "v"]
    assert made.get_slot(v, "m") is made.weights[1]
    assert "Adam/Adam/update_v/ResourceApplyAdam" in [n.name for n in tf.get_default_graph().as_graph_def().node]


def test_weights_are_given_and_set():
    v = K.variable([1.0, 2.0], name="v")
    made = optimizers.Adam(0.1)
    made.get_updates(K.sum(v * v), [v])
    assert [np.asarray(w).tolist() for w in made.get_weights()] == [0, [0.0, 0.0], [0.0, 0.0]]
    made.set_weights([np.array(3), np.ones(2), np.full(2, 2.0)])
    assert [np.asarray(w).tolist() for w in made.get_weights()] == [3, [1.0, 1.0], [2.0, 2.0]]
    with pytest.raises(ValueError, match="weight list of length 1"):
        made.set_weights([np.array(3)])
    with pytest.raises(ValueError, match="not compatible"):
        made.set_weights([np.array(3), np.ones(3), np.ones(2)])


def test_minimize_takes_functions_and_tensors():
    v = K.variable([1.0, 2.0])
    made = optimizers.SGD(0.25)
    step = made.minimize(lambda: K.sum(v * v), [v])
    session = K.get_session()
    session.run(step)
    assert K.get_value(v).tolist() == [0.5, 1.0]
    step = optimizers.SGD(0.5).minimize(K.sum(v), lambda: [v])
    K.get_session().run(step)
    assert K.get_value(v).tolist() == [0.0, 0.5]


def test_optimizers_of_train_are_wrapped():
    v = K.variable([1.0, 2.0])
    inner = tf.train.AdamOptimizer(0.1)
    made = optimizers.get(inner)
    assert made.optimizer is inner
    step = made.get_updates(K.sum(v * v), [v])
    session = K.get_session()
    session.run(step)
    assert K.get_value(v) == pytest.approx([0.9, 1.9], abs=1e-4)
    assert K.get_value(made.iterations) == 1
    with pytest.raises(NotImplementedError):
        made.get_config()


def test_optimizers_are_in_checkpoints_of_objects(tmp_path):
    v = K.variable([1.0, 2.0], name="v")
    made = optimizers.Adam(0.1)
    step = made.get_updates(K.sum(v * v), [v])
    session = K.get_session()
    session.run(step)
    checkpoint = tf.train.Checkpoint(optimizer=made, v=v)
    with session.as_default():
        path = checkpoint.save(str(tmp_path / "model"))
        names = [name for name, _ in tf.train.list_variables(path)]
        kept = made.get_weights()
        made.set_weights([np.zeros_like(w) for w in kept])
        checkpoint.restore(path).assert_consumed().run_restore_ops(session)
        assert all(np.array_equal(a, b) for a, b in zip(made.get_weights(), kept, strict=True))
    assert "optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE" in names
    assert "optimizer/learning_rate/.ATTRIBUTES/VARIABLE_VALUE" in names
    assert "v/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE" in names


class Halving(optimizers.Optimizer):
    """An optimizer of a program's own, in the manner of version 1.15: without `apply_state`."""

    def __init__(self, learning_rate=0.1, name="Halving", **kwargs):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", learning_rate)

    def _resource_apply_dense(self, grad, var):
        return var.assign_sub(grad * self._get_hyper("learning_rate", var.dtype) / 2.0)

    def get_config(self):
        return {**super().get_config(), "learning_rate": self._serialize_hyperparameter("learning_rate")}


def test_optimizers_of_programs():
    v = K.variable([1.0, 2.0])
    made = Halving(0.5)
    step = made.get_updates(K.sum(v * v), [v])
    K.get_session().run(step)
    assert K.get_value(v).tolist() == [0.5, 1.0]
    assert made.get_config() == {"name": "Halving", "learning_rate": 0.5}


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: optimizers.SGD(foo=1), TypeError),
        (lambda: optimizers.SGD(clipnorm=-1.0), ValueError),
        (lambda: optimizers.SGD(decay=-1.0), ValueError),
        (lambda: optimizers.SGD(lr=-1.0), ValueError),
        (lambda: optimizers.SGD(momentum=2.0), ValueError),
        (lambda: optimizers.Adagrad(initial_accumulator_value=-1.0), ValueError),
        (lambda: optimizers.Ftrl(learning_rate_power=1.0), ValueError),
        (lambda: optimizers.Ftrl(l1_regularization_strength=-1.0), ValueError),
        (lambda: optimizers.get("nope"), ValueError),
        (lambda: optimizers.get(3), ValueError),
        (lambda: optimizers.get(None), ValueError),
        (lambda: optimizers.schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2]), ValueError),
        (lambda: optimizers.schedules.LearningRateSchedule()(1), NotImplementedError),
    ],
)
def test_refusals(make, error):
    with pytest.raises(error):
        make()


def test_losses_without_gradients_are_refused():
    v = K.variable([1.0, 2.0])
    with pytest.raises(ValueError, match="have a gradient defined"):
        optimizers.SGD().get_updates(tf.constant(1.0), [v])
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizers.SGD().apply_gradients([(None, v)])
    with pytest.raises(NotImplementedError, match="use_resource=True"):
        optimizers.SGD().apply_gradients([(tf.ones([2]), tf.Variable([1.0, 2.0]))])
    w = K.variable([1.0, 2.0], constraint=tf.keras.constraints.NonNeg())
    with pytest.raises(RuntimeError, match="constraint function on a sparse variable"):
        optimizers.SGD().get_updates(K.sum(K.gather(w, [0])), [w])
