"""Models as graphs of layers: order, names, shared layers, configurations, tables; with a layer of the test's own."""

import json

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

keras = tf.keras


@pytest.fixture(autouse=True)
def graph():
    keras.backend.clear_session()
    with tf.Graph().as_default():
        yield


class Linear(keras.layers.Layer):
    def __init__(self, units, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.scale = units, scale

    def build(self, shape):
        self.kernel = self.add_weight("kernel", [shape[-1].value, self.units])
        super().build(shape)

    def call(self, inputs, training=None):
        self.training = training
        return tf.matmul(inputs, self.kernel) * self.scale

    def get_config(self):
        return {**super().get_config(), "units": self.units, "scale": self.scale}


@pytest.fixture
def two_ends():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = Linear(3, name="shared")
    joined = tf.concat([shared(a), shared(b)], axis=-1)
    return keras.Model([a, b], [Linear(1, name="first")(joined), Linear(2, name="second")(joined)], name="ends")


def test_inputs_and_their_names():
    assert keras.Input((3,), batch_size=4).shape.as_list() == [4, 3]
    assert keras.Input(batch_shape=(2, 3)).name == "input_2:0"
    assert keras.Input((3,), dtype="int32", name="k").dtype == tf.int32
    ones = tf.ones([2, 3])
    assert keras.Input(tensor=ones) is ones
    assert isinstance(keras.Input((3,), sparse=True), tf.SparseTensor)
    assert keras.layers.InputLayer((3,)).get_config() == {
        "batch_input_shape": (None, 3), "dtype": "float32", "sparse": False, "ragged": False, "name": "input_5",
    }  # fmt: skip
    with pytest.raises(ValueError, match="either a `shape` or a `tensor`"):
        keras.Input()
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        keras.Input((3,), colour=1)


def test_layers_are_in_the_order_of_use(two_ends):
    names = ["a", "b", "shared", "tf_op_layer_concat", "first", "second"]
    assert [layer.name for layer in two_ends.layers] == names
    assert two_ends.input_names == ["a", "b"]
    assert two_ends.output_names == ["first", "second"]
    assert two_ends.input_shape == [(None, 4), (None, 4)]
    assert two_ends.output_shape == [(None, 1), (None, 2)]
    assert [w.name for w in two_ends.weights] == ["shared/kernel:0", "first/kernel:0", "second/kernel:0"]
    assert two_ends.get_layer(index=2) is two_ends.get_layer("shared")
    with pytest.raises(ValueError, match="No such layer: other"):
        two_ends.get_layer("other")
    with pytest.raises(ValueError, match="only has 6 layers"):
        two_ends.get_layer(index=6)


def test_calling_a_model_on_other_tensors(two_ends):
    outputs = two_ends([tf.ones([2, 4]), tf.ones([2, 4])], training=True)
    assert [t.name for t in outputs] == ["ends/first/mul:0", "ends/second/mul:0"]
    assert [t.shape.as_list() for t in outputs] == [[2, 1], [2, 2]]
    assert two_ends.get_layer("first").training is True
    assert two_ends.compute_output_shape([(None, 4), (None, 4)])[1].as_list() == [None, 2]
    rows = [np.eye(3, 4), np.ones((3, 4))]
    shared, first, second = two_ends.get_weights()
    hidden = np.concatenate([r @ shared for r in rows], axis=-1)
    for found, kernel in zip(two_ends.predict(rows), (first, second), strict=True):
        np.testing.assert_allclose(found, hidden @ kernel, rtol=1e-5, atol=1e-6)


def test_a_configuration_makes_an_equal_model(two_ends):
    config = two_ends.get_config()
    assert [layer["inbound_nodes"] for layer in config["layers"][2:4]] == [
        [[["a", 0, 0, {}]], [["b", 0, 0, {}]]], [[["shared", 0, 0, {}], ["shared", 1, 0, {}]]],
    ]  # fmt: skip
    assert config["output_layers"] == [["first", 0, 0], ["second", 0, 0]]
    with keras.utils.custom_object_scope({"Linear": Linear}):
        from_config = keras.Model.from_config(config)
        from_json = keras.models.model_from_json(two_ends.to_json())
        clone = keras.models.clone_model(two_ends)
    for model in (from_config, from_json, clone):
        assert json.loads(json.dumps(model.get_config()["output_layers"])) == config["output_layers"]
        assert [layer.name for layer in model.layers] == [layer.name for layer in two_ends.layers]
        model.set_weights(two_ends.get_weights())
        rows = [np.eye(2, 4), np.ones((2, 4))]
        np.testing.assert_array_equal(model.predict(rows)[1], two_ends.predict(rows)[1])


def test_arguments_of_calls_are_kept():
    class Scaled(keras.layers.Layer):
        def call(self, inputs, by=1.0, plus=None):
            return inputs * by if plus is None else inputs * by + plus

    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model([a, b], Scaled()(a, by=3.0, plus=b))
    assert model.get_config()["layers"][2]["inbound_nodes"] == [[["a", 0, 0, {"by": 3.0, "plus": ["b", 0, 0]}]]]
    with keras.utils.custom_object_scope({"Scaled": Scaled}):
        twin = keras.Model.from_config(model.get_config())
    np.testing.assert_array_equal(twin.predict([np.ones((1, 2)), np.ones((1, 2))]), [[4, 4]])


def test_what_is_no_model():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    y = Linear(2)(a)
    for inputs, outputs, message in (
        (b, y, r"Graph disconnected.*at layer \"a\""),
        ([a, a], y, "redundant"),
        (tf.ones([2, 2]), y, "must come from `tf.keras.Input`"),
        (a, Linear(2, name="x")(Linear(2, name="x")(a)), "used 2 times"),
    ):
        with pytest.raises(ValueError, match=message):
            keras.Model(inputs, outputs)


def test_models_inside_models():
    x = keras.Input((4,), name="x")
    inner = keras.Model(x, Linear(3)(x), name="inner")
    outer = keras.Model(x, Linear(1)(inner(inner(x)[:, :1] * tf.ones([1, 4]))), name="outer")
    config = outer.get_config()["layers"]
    assert next(layer for layer in config if layer["name"] == "inner")["inbound_nodes"][0] == [["x", 0, 0, {}]]
    assert [w.name for w in outer.weights] == ["linear/kernel:0", "linear_1/kernel:0"]
    assert outer.get_config()["output_layers"] == [["linear_1", 0, 0]]
    inner.trainable = False
    assert [w.name for w in outer.trainable_weights] == ["linear_1/kernel:0"]


def test_the_table_of_layers(two_ends):
    lines = []
    two_ends.summary(print_fn=lines.append)
    assert lines[0] == 'Model: "ends"'
    assert lines[8].split() == ["shared", "(Linear)", "(None,", "3)", "12", "a[0][0]"]
    assert lines[9].strip() == "b[0][0]"
    assert lines[-4:-1] == ["Total params: 30", "Trainable params: 30", "Non-trainable params: 0"]


def test_losses_and_parts_of_layers():
    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.parts = [Linear(2), {"deep": Linear(3)}]
            self.variable = tf.Variable(1.0, name="own")

        def call(self, inputs):
            self.add_loss(tf.reduce_sum(inputs), inputs=inputs)
            self.add_loss(lambda: tf.constant(3.0))
            return self.parts[1]["deep"](self.parts[0](inputs))

    outer = Outer()
    outer(tf.ones([2, 4]))
    assert [w.name for w in outer.weights] == ["own:0", "outer/linear/kernel:0", "outer/linear_1/kernel:0"]
    assert len(outer.losses) == 2
    assert [loss.op.type for loss in outer.get_losses_for(None)] == ["Const"]
    outer.trainable = False
    assert outer.trainable_weights == []
    assert not outer.parts[0].trainable
    del outer.variable
    assert len(outer.weights) == 2


def test_masks_and_the_learning_phase_reach_layers():
    class Taking(keras.layers.Layer):
        def call(self, inputs, mask=None, training=None):
            self.seen = mask, training
            return inputs

    class Masking(keras.layers.Layer):
        def compute_mask(self, inputs, mask=None):
            return tf.not_equal(inputs, 0)

    masked = Masking()(tf.ones([2]))
    taking = Taking()
    taking(masked)
    assert taking.seen[0] is masked._keras_mask
    assert taking.seen[1] is None
    keras.backend.set_learning_phase(1)
    taking(tf.ones([2]))
    assert taking.seen == (None, 1)


def test_connections_of_a_layer():
    layer = Linear(2, name="layer")
    with pytest.raises(AttributeError, match="not connected"):
        _ = layer.input
    x = keras.Input((3,))
    y = layer(x)
    assert (layer.input, layer.output, layer.get_output_at(0)) == (x, y, y)
    assert (layer.input_shape, layer.output_shape) == ((None, 3), (None, 2))
    layer(tf.ones([1, 3]))
    layer(keras.Input((3,), batch_size=5))
    with pytest.raises(AttributeError, match="multiple inbound nodes"):
        _ = layer.output
    with pytest.raises(AttributeError, match="different input shapes"):
        _ = layer.input_shape
    with pytest.raises(ValueError, match="only 2 inbound nodes"):
        layer.get_input_at(2)
