"""Models described: names, configurations, JSON, tables of layers, and what is refused."""

import json

import numpy as np

from tests.keras.answers import plain, refusal


def _table(model):
    lines = []
    model.summary(print_fn=lines.append)
    return [line.rstrip() for line in lines]


def _described(model, **options):
    return plain({
        "name": model.name,
        "config": json.loads(model.to_json(**options)),
        "table": _table(model),
        "layers": [layer.name for layer in model.layers],
        "weights": [w.name for w in model.weights],
        "inputs": [t.name for t in model.inputs],
        "outputs": [t.name for t in model.outputs],
        "ends": [model.input_names, model.output_names],
        "shapes": [model.input_shape, model.output_shape],
    })  # fmt: skip


def several_ends(tf):
    layers = tf.keras.layers
    a, b = tf.keras.Input((4,), name="a"), tf.keras.Input((4,), name="b")
    shared = layers.Dense(3, name="shared")
    joined = layers.concatenate([shared(a), shared(b)])
    first, second = layers.Dense(1, name="first")(joined), layers.Dense(2, activation="softmax")(joined)
    model = tf.keras.Model([a, b], [first, second])
    found = _described(model)
    found["called"] = [t.name for t in model([a, b])]
    found["again"] = [[t.name, t.shape.as_list()] for t in model([tf.ones([2, 4]), tf.ones([2, 4])])]
    twin = tf.keras.Model.from_config(model.get_config())
    found["twin"] = [[w.name for w in twin.weights], [layer.name for layer in twin.layers]]
    clone = tf.keras.models.clone_model(model)
    found["clone"] = [[w.name for w in clone.weights], [t.name for t in clone.inputs]]
    return found


def sequence(tf):
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Dense(3, activation="relu", batch_input_shape=(None, 5, 6)),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Flatten(),
        ]
    )
    model.add(layers.Dense(2, activation="softmax", kernel_regularizer="l2"))
    found = _described(model)
    model.pop()
    found["shorter"] = [t.name for t in model.outputs]
    found["no layers"] = refusal(lambda: tf.keras.Sequential().pop())
    found["no layer"] = refusal(lambda: tf.keras.Sequential().add(3))
    return found


def deferred_sequence(tf):
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Dense(3), layers.Dense(2)])
    found = {"weights": refusal(lambda: model.weights), "table": refusal(model.summary), "built": model.built}
    model.build((None, 5))
    found["after"] = [[w.name for w in model.weights], _table(model), plain(model.get_config()["build_input_shape"])]
    called = tf.keras.Sequential([layers.Dense(3), layers.Dense(2)])
    found["output"] = called(tf.ones([2, 6])).name
    found["called"] = [w.name for w in called.weights]
    return found


def models_inside(tf):
    layers = tf.keras.layers
    inner = tf.keras.Sequential([layers.Dense(3, input_shape=(4,))], name="inner")
    outer = tf.keras.Sequential([layers.InputLayer((4,)), inner, layers.Dense(1)], name="outer")
    x = tf.keras.Input((4,), name="x")
    functional = tf.keras.Model(x, layers.add([outer(x), layers.Dense(1)(x)]), name="functional")
    return {"outer": _described(outer), "functional": _described(functional)}


def operations(tf):
    x = tf.keras.Input((3,), name="x")
    hidden = tf.keras.layers.Dense(2, name="hidden")(x)
    y = tf.reduce_mean(hidden * 2.0 + tf.constant([1.0, 2.0]), axis=1)
    model = tf.keras.Model(x, y)
    twin = tf.keras.models.model_from_json(model.to_json())
    twin.set_weights(model.get_weights())
    same = np.allclose(twin.predict(np.ones((2, 3))), model.predict(np.ones((2, 3))))
    return {"model": _described(model, sort_keys=True), "same": bool(same)}


def subclass(tf):
    class Two(tf.keras.Model):
        def __init__(self):
            super().__init__(name="two")
            self.first, self.second = tf.keras.layers.Dense(3), tf.keras.layers.Dense(1)

        def call(self, inputs):
            return self.second(self.first(inputs))

    model = Two()
    found = {"before": [len(model.weights), model.built], "table": refusal(model.summary)}
    found["output"] = model(tf.ones([2, 5])).name
    found["after"] = [[w.name for w in model.weights], _table(model), [layer.name for layer in model.layers]]
    return found


def wrong_graphs(tf):
    layers = tf.keras.layers
    a, b = tf.keras.Input((4,), name="a"), tf.keras.Input((4,), name="b")
    y = layers.Dense(2)(layers.concatenate([a, b]))
    ones = tf.ones([2, 4])
    model = tf.keras.Model([a, b], y)
    return {
        "disconnected": refusal(lambda: tf.keras.Model(a, y)),
        "twice": refusal(lambda: tf.keras.Model([a, a], y)),
        "names": refusal(lambda: tf.keras.Model(a, layers.Dense(3, name="x")(layers.Dense(3, name="x")(a)))),
        "layer": refusal(lambda: model.get_layer("nothing")),
        "index": refusal(lambda: model.get_layer(index=99)),
        "shape": refusal(lambda: layers.Dense(2)(tf.ones([2]))),
        "number": refusal(lambda: layers.Dense(2, input_shape=(4,))([ones, ones])),
    }
