"""Models that are trained."""

import numpy as np

from tests.keras.answers import placed, plain, printed, refusal, sums

_DRAW = np.random.RandomState(3)
X = _DRAW.randn(50, 4).astype(np.float32)
CLASSES = _DRAW.randint(0, 3, 50)
ONE_HOT = np.eye(3, dtype=np.float32)[CLASSES]
IMAGES = _DRAW.rand(12, 7, 6, 2).astype(np.float32)
WORDS = _DRAW.randint(0, 9, (20, 5))


def _mlp(tf, **options):
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Dense(5, activation="relu", input_shape=(4,), **options),
            layers.Dense(3, activation="softmax"),
        ]
    )
    return placed(model)


def perceptron(tf):
    model = _mlp(tf)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy", "mse", "ce"])
    history = model.fit(X, CLASSES, batch_size=16, epochs=3, validation_split=0.2, verbose=0)
    return plain(
        {
            "names": model.metrics_names,
            "history": history.history,
            "epochs": history.epoch,
            "evaluate": model.evaluate(X, CLASSES, verbose=0),
            "predict": model.predict(X[:3]),
            "train": model.train_on_batch(X, CLASSES),
            "test": model.test_on_batch(X[:7], CLASSES[:7]),
            "more": model.train_on_batch(X, CLASSES, reset_metrics=False),
            "optimizer": [w.name for w in model.optimizer.weights],
            "values": sums(model),
        }
    )


def optimizers(tf):
    found = {}
    for name in ("sgd", "rmsprop", "adadelta", "adam", "adamax", "nadam"):
        model = _mlp(tf)
        model.compile(name, "categorical_crossentropy")
        found[name] = [model.train_on_batch(X, ONE_HOT) for _ in range(20)]
    for name, made in (
        ("momentum", tf.keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, decay=0.1)),
        ("clipped", tf.keras.optimizers.Adam(0.01, clipnorm=0.01)),
        ("train", tf.train.AdamOptimizer(0.01)),
    ):
        model = _mlp(tf)
        model.compile(made, "categorical_crossentropy")
        found[name] = [model.train_on_batch(X, ONE_HOT) for _ in range(20)]
    return plain(found)


def convolutions(tf):
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Conv2D(3, 3, activation="relu", input_shape=(7, 6, 2)),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    placed(model).compile("adam", "binary_crossentropy", metrics=["acc"])
    history = model.fit(IMAGES, CLASSES[:12] > 0, batch_size=5, epochs=3, verbose=0)
    return plain(
        {
            "history": history.history,
            "evaluate": model.evaluate(IMAGES, CLASSES[:12] > 0, verbose=0),
            "values": sums(model),
            "weights": [w.name for w in model.weights],
            "trainable": [w.name for w in model.trainable_weights],
            "updates": len(model.updates),
        }
    )


def several_ends(tf):
    layers = tf.keras.layers
    a, b = tf.keras.Input((4,), name="a"), tf.keras.Input((4,), name="b")
    joined = layers.concatenate([layers.Dense(2)(a), b])
    first = layers.Dense(1, name="first")(joined)
    second = layers.Dense(3, name="second", activation="softmax")(joined)
    model = tf.keras.Model([a, b], [first, second])
    placed(model).compile(
        tf.train.GradientDescentOptimizer(0.1),
        loss={"first": "mse", "second": "categorical_crossentropy"},
        loss_weights={"first": 0.5, "second": 2.0},
        metrics={"second": ["acc"], "first": ["mae", tf.keras.metrics.MeanSquaredError(name="q")]},
    )
    labels = {"first": X[:, :1], "second": ONE_HOT}
    history = model.fit({"a": X, "b": -X}, labels, epochs=2, batch_size=20, verbose=0)
    weighted = model.fit(
        [X, -X], [X[:, :1], ONE_HOT], verbose=0, sample_weight={"first": np.arange(50) / 50.0}, shuffle=False
    )
    return plain(
        {
            "names": model.metrics_names,
            "history": history.history,
            "weighted": weighted.history,
            "evaluate": model.evaluate([X, X], [X[:, :1], ONE_HOT], verbose=0),
            "predict": model.predict([X[:2], X[:2]]),
            "values": sums(model),
        }
    )


def weights_of_samples_and_classes(tf):
    model = _mlp(tf)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"], weighted_metrics=["acc", "mae"])
    weights = np.linspace(0, 2, 50)
    by_class = {0: 1.0, 1: 2.0, 2: 0.5}
    return plain(
        {
            "names": model.metrics_names,
            "class": model.fit(X, CLASSES, class_weight=by_class, verbose=0).history,
            "both": model.fit(
                X, CLASSES, sample_weight=weights, class_weight=by_class, verbose=0, batch_size=7
            ).history,
            "batch": model.train_on_batch(X, CLASSES, sample_weight=weights),
            "evaluate": model.evaluate(X, CLASSES, sample_weight=weights, verbose=0),
            "values": sums(model),
        }
    )


def weights_of_steps(tf):
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.TimeDistributed(layers.Dense(2), input_shape=(5, 3))])
    placed(model).compile("sgd", "mse", sample_weight_mode="temporal")
    x, y = np.sin(np.arange(60)).reshape(4, 5, 3), np.cos(np.arange(40)).reshape(4, 5, 2)
    weights = np.tile(np.arange(5.0), (4, 1))
    return plain({"fit": model.fit(x, y, sample_weight=weights, epochs=3, verbose=0).history, "values": sums(model)})


def losses_of_layers(tf):
    layers, regularizers = tf.keras.layers, tf.keras.regularizers
    x = tf.keras.Input((4,))
    hidden = layers.Dense(3, kernel_regularizer="l2", activity_regularizer=regularizers.l1(0.1))(x)
    y = layers.Dense(1, bias_regularizer=regularizers.l1_l2(0.1, 0.2))(hidden)
    model = placed(tf.keras.Model(x, y))
    model.add_loss(tf.reduce_mean(tf.square(hidden)) * 0.3)
    model.add_metric(tf.reduce_sum(hidden, axis=-1), aggregation="mean", name="sum")
    model.compile("sgd", "mse", metrics=["mae"])
    return plain(
        {
            "names": model.metrics_names,
            "history": model.fit(X, X[:, :1], epochs=3, verbose=0).history,
            "evaluate": model.evaluate(X, X[:, :1], verbose=0),
            "losses": len(model.losses),
            "values": sums(model),
        }
    )


def own_losses_and_metrics(tf):
    def cubes(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred) ** 3, axis=-1)

    def largest(y_true, y_pred):
        return tf.reduce_max(tf.abs(y_true - y_pred))

    model = _mlp(tf)
    model.compile("sgd", cubes, metrics=[largest, tf.keras.losses.categorical_crossentropy])
    first = model.fit(X, ONE_HOT, epochs=2, verbose=0, batch_size=20).history
    model.compile("sgd", tf.keras.losses.MeanAbsoluteError(reduction="sum"), metrics=[tf.keras.metrics.AUC(name="auc")])
    second = model.fit(X, ONE_HOT, epochs=2, verbose=0).history
    model.compile("sgd", lambda t, p: tf.reduce_sum(t * p, axis=-1))
    return plain({"function": first, "object": second, "lambda": model.fit(X, ONE_HOT, epochs=2, verbose=0).history})


def subclass(tf):
    class Residual(tf.keras.Model):
        def __init__(self):
            super().__init__(name="residual")
            self.hidden = [tf.keras.layers.Dense(4, activation="tanh"), tf.keras.layers.Dense(4)]
            self.last = tf.keras.layers.Dense(3, activation="softmax")

        def call(self, inputs, training=None):
            x = inputs
            for layer in self.hidden:
                x = x + layer(x)
            return self.last(x)

    model = Residual()
    model.build((None, 4))
    placed(model).compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(X, CLASSES, epochs=3, batch_size=25, verbose=0, validation_data=(X[:9], CLASSES[:9])).history
    return plain(
        {
            "history": history,
            "weights": [w.name for w in model.weights],
            "ends": [model.input_names, model.output_names],
            "predict": model.predict(X[:2]),
            "values": sums(model),
        }
    )


def words(tf):
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Embedding(9, 4, mask_zero=True, input_length=5),
            layers.LSTM(3, return_sequences=True),
            layers.Dense(9, activation="softmax"),
        ]
    )
    placed(model).compile("adam", "sparse_categorical_crossentropy", metrics=["acc"])
    return plain(
        {
            "history": model.fit(WORDS, WORDS[:, ::-1, None], epochs=3, batch_size=8, verbose=0).history,
            "evaluate": model.evaluate(WORDS, WORDS[:, ::-1, None], verbose=0),
            "predict": model.predict(WORDS[:2]),
        }
    )


def states_between_batches(tf):
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.GRU(3, stateful=True, batch_input_shape=(4, 5, 2)), layers.Dense(1)])
    placed(model).compile("sgd", "mse")
    x, y = np.sin(np.arange(80)).reshape(8, 5, 2), np.cos(np.arange(8)).reshape(8, 1)
    found = {"history": model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history}
    found["stateful"] = model.stateful
    found["first"] = model.predict(x, batch_size=4)
    found["second"] = model.predict(x, batch_size=4)
    model.reset_states()
    found["reset"] = model.predict(x, batch_size=4)
    return plain(found)


def adversaries(tf):
    layers = tf.keras.layers
    generator = tf.keras.Sequential([layers.Dense(3, input_shape=(2,)), layers.LeakyReLU(0.2)], name="generator")
    judge = tf.keras.Sequential([layers.Dense(1, activation="sigmoid", input_shape=(3,))], name="judge")
    judge.compile(tf.keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    judge.trainable = False
    noise = tf.keras.Input((2,))
    both = placed(tf.keras.Model(noise, judge(generator(noise))))
    both.compile(tf.keras.optimizers.Adam(0.01), "binary_crossentropy")
    found = []
    for step in range(5):
        z = np.sin(np.arange(16) + step).reshape(8, 2)
        made = generator.predict(z)
        found.append(judge.train_on_batch(X[:8, :3], np.ones((8, 1))))
        found.append(judge.train_on_batch(made, np.zeros((8, 1))))
        found.append(both.train_on_batch(z, np.ones((8, 1))))
    return plain(
        {
            "losses": found,
            "trained": [[w.name for w in m.trainable_weights] for m in (generator, judge, both)],
            "values": sums(both),
        }
    )


def sources_of_batches(tf):
    class Rows(tf.keras.utils.Sequence):
        def __len__(self):
            return 5

        def __getitem__(self, index):
            return X[index * 10 : index * 10 + 10], CLASSES[index * 10 : index * 10 + 10]

    def endless():
        while True:
            yield X[:10], CLASSES[:10]
            yield X[10:25], CLASSES[10:25]

    model = _mlp(tf)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"])
    data = tf.data.Dataset.from_tensor_slices((X, CLASSES)).batch(10)
    tensors = tf.constant(X), tf.constant(CLASSES)
    return plain(
        {
            "generator": model.fit_generator(endless(), steps_per_epoch=3, epochs=2, verbose=0).history,
            "fit": model.fit(endless(), steps_per_epoch=2, verbose=0, validation_data=(X, CLASSES)).history,
            "sequence": model.fit_generator(Rows(), epochs=2, verbose=0, shuffle=False).history,
            "evaluated": model.evaluate_generator(endless(), steps=3),
            "predicted": model.predict_generator(Rows()).shape,
            "repeated": model.fit(data.repeat(), steps_per_epoch=3, epochs=2, verbose=0).history,
            "dataset": model.fit(data, epochs=2, verbose=0, validation_data=data).history,
            "steps": model.fit(
                data.repeat(), steps_per_epoch=2, verbose=0, validation_data=data, validation_steps=2
            ).history,
            "from dataset": model.evaluate(data, verbose=0),
            "of dataset": model.predict(data).shape,
            "tensors": model.fit(tensors[0], tensors[1], steps_per_epoch=2, verbose=0).history,
            "of tensors": model.evaluate(tensors[0], tensors[1], steps=2, verbose=0),
            "values": sums(model),
        }
    )


def refusals(tf):
    model = _mlp(tf)
    found = {"uncompiled": refusal(lambda: model.fit(X, CLASSES))}
    model.compile("sgd", "sparse_categorical_crossentropy")
    found["columns"] = refusal(lambda: model.fit(X[:, :3], CLASSES))
    found["dimensions"] = refusal(lambda: model.predict(X[:, :, None]))
    found["rows"] = refusal(lambda: model.fit(X, CLASSES[:3]))
    found["no such loss"] = refusal(lambda: model.compile("sgd", {"zz": "mse"}))
    found["losses"] = refusal(lambda: model.compile("sgd", ["mse", "mae"]))
    found["metrics"] = refusal(lambda: model.compile("sgd", "mse", metrics={"zz": ["mae"]}))
    found["nothing"] = refusal(lambda: model.compile("sgd", None))
    model.compile("sgd", "categorical_crossentropy")
    found["classes"] = refusal(lambda: model.fit(X, CLASSES))
    model.compile("sgd", "mse")
    found["shapes"] = refusal(lambda: model.fit(X, ONE_HOT[:, :2]))
    found["weights"] = refusal(lambda: model.fit(X, ONE_HOT, sample_weight=np.ones((50, 2))))
    found["class weights"] = refusal(lambda: model.fit(X, ONE_HOT, class_weight={0: 1.0}))
    found["steps"] = refusal(lambda: model.fit(tf.constant(X), tf.constant(ONE_HOT)))
    return plain(found)


def names_of_parts(tf):
    layers = tf.keras.layers

    class Outer(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.parts = [layers.Dense(2), {"deep": layers.Dense(3, kernel_regularizer="l2")}]
            self.own = tf.Variable(1.0, name="own")

        def build(self, shape):
            self.factor = self.add_weight("factor", [4])
            super().build(shape)

        def call(self, inputs):
            self.add_loss(tf.reduce_sum(inputs), inputs=inputs)
            return self.parts[1]["deep"](self.parts[0](inputs * self.factor))

    x = tf.keras.Input((4,))
    outer = Outer(name="outer")
    model = tf.keras.Model(x, layers.Dense(1)(outer(x)))
    found = {"weights": [w.name for w in model.weights], "losses": len(model.losses)}
    outer.trainable = False
    found["trainable"] = [w.name for w in model.trainable_weights]
    found["others"] = [w.name for w in model.non_trainable_weights]
    found["of outer"] = [w.name for w in outer.weights]
    found["output"] = model.output.name
    found["again"] = model(tf.ones([2, 4])).name
    return plain(found)


def epochs_and_callbacks(tf):
    seen = []
    callbacks = tf.keras.callbacks

    class Noting(callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append(["begin", sorted(self.params)])

        def on_epoch_begin(self, epoch, logs=None):
            seen.append(["epoch", epoch])

        def on_epoch_end(self, epoch, logs=None):
            seen.append(["end", epoch, sorted(logs)])

        def on_batch_end(self, batch, logs=None):
            seen.append(["batch", batch, sorted(logs), int(logs["size"])])

        def on_test_batch_end(self, batch, logs=None):
            seen.append(["test", batch])

        def on_predict_end(self, logs=None):
            seen.append(["predicted"])

    model = _mlp(tf)
    model.compile(tf.keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy", metrics=["acc"])
    history = model.fit(
        X,
        CLASSES,
        epochs=4,
        initial_epoch=1,
        batch_size=30,
        verbose=0,
        validation_data=(X, CLASSES),
        validation_freq=2,
        callbacks=[Noting()],
    )
    model.evaluate(X, CLASSES, verbose=0, callbacks=[Noting()])
    model.predict(X, callbacks=[Noting()])
    found = {"seen": seen, "history": history.history}
    stopping = callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=0.05, restore_best_weights=True)
    found["stopped"] = model.fit(X, CLASSES, epochs=20, verbose=0, callbacks=[stopping]).history
    found["stopped at"] = stopping.stopped_epoch
    plateau = callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=0.1)
    found["plateau"] = model.fit(X, CLASSES, epochs=6, verbose=0, callbacks=[plateau]).history
    schedule = callbacks.LearningRateScheduler(lambda epoch, lr: 0.1 / (epoch + 1))
    found["schedule"] = model.fit(X, CLASSES, epochs=3, verbose=0, callbacks=[schedule]).history
    found["rate"] = tf.keras.backend.get_value(model.optimizer.lr)
    return plain(found)


def printed_lines(tf):
    model = _mlp(tf)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"])
    found = {}
    for verbose in (0, 1, 2):
        with printed() as lines:
            model.fit(X, CLASSES, batch_size=32, epochs=2, verbose=verbose, validation_split=0.1)
            model.evaluate(X, CLASSES, batch_size=50, verbose=verbose)
            model.predict(X, batch_size=50, verbose=verbose)
        found[str(verbose)] = lines
    return found


def initial_values(tf):
    """With seeds, of the graph and of initializers."""
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Conv2D(2, 3, input_shape=(5, 5, 2)),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(3, kernel_initializer=tf.keras.initializers.he_normal(seed=3)),
            layers.Dense(2, kernel_initializer="random_uniform"),
            layers.Embedding(3, 2),
            layers.LSTM(2),
        ]
    )
    return plain(model.get_weights())
