"""Layers as objects: names, variables, losses, configuration, Keras' style."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def names(values):
    return [value.op.name if hasattr(value, "op") else value.name for value in values]


class Scaled(tf.layers.Layer):
    def __init__(self, start, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, shape):
        self.factor = self.add_weight(
            "factor", [shape[-1].value], initializer=tf.constant_initializer(self.start), regularizer=tf.nn.l2_loss
        )
        self.calls = self.add_variable("calls", [], initializer="zeros", trainable=False)

    def call(self, inputs, scope=None):
        self.add_update(lambda: tf.assign_add(self.calls, 1.0))
        self.add_loss([tf.reduce_sum(inputs), lambda: tf.constant(2.0)])
        return inputs * self.factor if scope is not None else None


def test_names_are_numbered_and_scopes_are_not():
    first, second = tf.layers.Dense(2), tf.layers.Dense(2)
    assert (first.name, second.name, tf.layers.Dense(2, name="given").name) == ("dense_1", "dense_2", "given")
    second(tf.ones([1, 3]))
    assert second.scope_name == "dense"
    with pytest.raises(ValueError, match="dense_1"):
        _ = first.scope_name


def test_losses_and_updates():
    layer = Scaled(3.0, name="scaled")
    outputs = layer(tf.ones([2, 2]))
    assert names(layer.weights) == ["scaled/factor", "scaled/calls"]
    assert names(tf.get_collection("regularization_losses")) == [
        "scaled/factor/Regularizer/L2Loss", "scaled/Sum", "scaled/Const_1",
    ]  # fmt: skip
    assert names(tf.get_collection("update_ops")) == names(layer.updates) == ["scaled/AssignAdd"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([outputs, *layer.losses])[1:] == [4.0, 9.0, 2.0]
        assert session.run(outputs).tolist() == [[3, 3], [3, 3]]
        layer.set_weights([np.array([1, 2]), 5])
        assert [v.tolist() for v in layer.get_weights()] == [[1, 2], 5]
        with pytest.raises(ValueError, match="expecting 2 weights"):
            layer.set_weights([1])
    layer.trainable = False
    assert layer.updates == [] == layer.trainable_weights
    with pytest.raises(NotImplementedError, match="override `get_config`"):
        layer.get_config()


def test_losses_and_updates_of_inputs():
    layer = Scaled(1.0, activity_regularizer=tf.nn.l2_loss)
    x = tf.placeholder(tf.float32, [2, 2])
    layer(x)
    layer.add_loss(tf.constant(1.0, name="alone"))
    assert names(layer.get_losses_for(x)) == ["scaled/ActivityRegularizer/truediv"]
    assert [n.rpartition("/")[2] for n in names(layer.get_losses_for(None))] == ["Sum", "alone", "L2Loss", "Const_1"]
    assert layer.get_updates_for(x) == []
    assert names(layer.get_updates_for(None)) == ["scaled/AssignAdd"]
    layer.add_loss(x[0, 0], inputs=True)
    assert len(layer.get_losses_for(None)) == 4
    assert len(layer.get_losses_for([x])) == 2
    normalised = tf.layers.BatchNormalization()
    normalised(x, training=True)
    assert len(normalised.get_updates_for(x)) == 2
    assert normalised.get_updates_for(None) == []


def test_a_regularizer_of_the_variable_scope_counts_once():
    with tf.variable_scope("v", regularizer=tf.nn.l2_loss):
        tf.layers.dense(tf.ones([1, 2]), 3, use_bias=False)
    assert names(tf.get_collection("regularization_losses")) == ["v/dense/kernel/Regularizer/L2Loss"]


def test_variables_in_parts():
    with tf.variable_scope("v", partitioner=tf.fixed_size_partitioner(2)):
        outputs = tf.layers.batch_normalization(tf.layers.dense(tf.ones([2, 3]), 4), training=True)
    assert outputs.shape.as_list() == [2, 4]
    assert "v/batch_normalization/moving_mean" in names(tf.global_variables())
    assert "v/batch_normalization/gamma/part_1" in names(tf.global_variables())


def test_shapes_inputs_and_configuration():
    layer = tf.layers.Dropout(0.3, seed=4, name="drop")
    x = tf.ones([2, 3])
    layer(x)
    with pytest.raises(AttributeError, match="not connected"):
        _ = layer.input
    twin = tf.layers.Dropout.from_config(layer.get_config())
    assert (twin.rate, twin.seed, twin.name) == (0.3, 4, "drop")
    with pytest.raises(AttributeError, match="never been called"):
        _ = layer.input_shape
    with pytest.raises(RuntimeError, match="never been called"):
        twin.get_input_at(0)
    signature = tf.layers.Dense(4).compute_output_signature(tf.TensorSpec([None, 3]))
    assert (signature.shape.as_list(), signature.dtype) == ([None, 4], tf.float32)
    spec = tf.layers.InputSpec(shape=(None, 3), dtype="float32", axes={1: 3})
    assert repr(spec) == "InputSpec(dtype=float32, shape=(None, 3), ndim=2, axes={1: 3})"
    assert tf.layers.InputSpec.from_config(spec.get_config()).axes == {1: 3}


def test_layers_inside_layers():
    class Outer(tf.layers.Layer):
        def build(self, shape):
            self.inner = [tf.layers.Dense(2), tf.layers.BatchNormalization()]

        def call(self, inputs):
            return self.inner[1](self.inner[0](inputs), training=True)

    outer = Outer()
    outer(tf.ones([2, 3]))
    assert list(outer.submodules) == outer.inner
    assert outer.weights == []
    assert len(tf.get_collection("update_ops")) == 2


def test_style_of_keras():
    with tf.layers.experimental.keras_style_scope():
        layer = tf.layers.Dense(2, kernel_regularizer=tf.nn.l2_loss)
        outputs = layer(tf.ones([1, 3]))
        with pytest.raises(ValueError, match="scope argument"):
            layer(tf.ones([1, 3]), scope="s")
        with pytest.raises(ValueError, match="reuse argument"):
            tf.layers.Dense(2, _reuse=True)
        moving = tf.layers.BatchNormalization()
        moving(outputs, training=True)
    assert outputs.op.name == "dense_1/BiasAdd"
    assert names(layer.weights) == ["dense_1/kernel", "dense_1/bias"]
    assert [v.handle.op.type for v in layer.weights] == ["VarHandleOp"] * 2
    assert len(moving.updates) == 2
    assert tf.get_collection("update_ops") == []
    assert names(layer.losses) == ["dense_1/kernel/Regularizer/L2Loss"]


def test_keywords_that_no_layer_has():
    with pytest.raises(TypeError, match="Unknown keyword argument"):
        tf.layers.Layer().add_weight("v", [], color="red")

    class Nothing(tf.layers.Layer):
        def call(self, inputs):
            return None

    with pytest.raises(ValueError, match="not None"):
        Nothing()(tf.ones([1]))
