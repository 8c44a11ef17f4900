"""Models of many kinds of layers, trained for some steps: losses, answers, states."""

import numpy as np

from tests.keras.answers import placed, plain
from tests.keras.observed import numbers


def _trained(model, x, y, epochs=2, batch_size=4):
    history = model.fit(x, y, verbose=0, shuffle=False, epochs=epochs, batch_size=batch_size)
    return plain(history.history["loss"])


def _one_hot(*shape, **options):
    classes = options.pop("classes")
    return np.eye(classes, dtype="float32")[np.random.RandomState(2).randint(0, classes, shape)]


def _words():
    return np.random.RandomState(1).randint(0, 50, (32, 12))


def texts(tf):
    """An embedding with masks, an LSTM, a classifier."""
    L = tf.keras.layers
    model = tf.keras.Sequential([L.Embedding(50, 8, mask_zero=True), L.LSTM(8), L.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.build((None, 12))
    x = _words()
    return [_trained(placed(model), x, (x[:, 0] > 25).astype("float32")), plain(model.predict(x[:3]))]


def texts_in_both_directions(tf):
    """Bidirectional layers one upon the other."""
    L = tf.keras.layers
    model = tf.keras.Sequential([
        L.Embedding(50, 8, input_length=12), L.Bidirectional(L.LSTM(4, return_sequences=True)),
        L.Bidirectional(L.GRU(4)),
        L.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.compile("rmsprop", "binary_crossentropy")
    x = _words()
    return _trained(placed(model), x, (x[:, 0] > 25).astype("float32"))


def texts_from_random_values(tf):
    """Initial values and dropout from the seed of the graph."""
    L = tf.keras.layers
    model = tf.keras.Sequential([
        L.Embedding(50, 8), L.LSTM(8, dropout=0.3, recurrent_dropout=0.2), L.GaussianNoise(0.1), L.Dropout(0.4),
        L.Dense(1, kernel_initializer="he_normal", activation="sigmoid"),
    ])  # fmt: skip
    model.compile("sgd", "binary_crossentropy")
    x = _words()
    return _trained(model, x, (x[:, 0] > 25).astype("float32"))


def states_from_batch_to_batch(tf):
    """A stateful layer in training and prediction."""
    L = tf.keras.layers
    model = placed(tf.keras.Sequential([L.LSTM(5, stateful=True, batch_input_shape=(4, 4, 3)), L.Dense(1)]))
    model.compile("sgd", "mse")
    x, y = numbers(16, 4, 3), numbers(16, 1)
    losses = _trained(model, x, y)
    model.reset_states()
    answers = [plain(model.predict(x[:4], batch_size=4)) for _ in range(2)]
    model.layers[0].reset_states([np.ones((4, 5)), np.full((4, 5), 0.5)])
    return [losses, answers, plain(model.predict(x[:4], batch_size=4))]


def images(tf):
    """Convolutions of several kinds with normalisations."""
    L = tf.keras.layers
    model = tf.keras.Sequential([
        L.Conv2D(6, 3, input_shape=(12, 12, 3)), L.BatchNormalization(momentum=0.9), L.Activation("relu"),
        L.MaxPooling2D(), L.SeparableConv2D(8, 3, padding="same", activation="relu"), L.BatchNormalization(scale=False),
        L.DepthwiseConv2D(3), L.LeakyReLU(0.1), L.GlobalAveragePooling2D(), L.Dense(4, activation="softmax"),
    ])  # fmt: skip
    model.compile(tf.keras.optimizers.SGD(0.05), "categorical_crossentropy")
    x, y = numbers(16, 12, 12, 3), _one_hot(16, classes=4)
    names = [v.name for v in model.weights]
    model.set_weights([
        np.abs(w) if "variance" in names[i] else w for i, w in enumerate(placed(model).get_weights())
    ])  # fmt: skip
    return [_trained(model, x, y), plain(model.evaluate(x, y, verbose=0)), plain(model.layers[1].get_weights())]


def sequences_to_sequences(tf):
    """States of one layer are the initial ones of another."""
    L = tf.keras.layers
    encoded = L.Input((None, 3))
    _, h, c = L.LSTM(6, return_state=True)(encoded)
    decoded = L.Input((None, 2))
    z = L.LSTM(6, return_sequences=True)(decoded, initial_state=[h, c])
    outputs = L.TimeDistributed(L.Dense(2, activation="softmax"))(z)
    model = placed(tf.keras.Model([encoded, decoded], outputs))
    model.compile("adam", "categorical_crossentropy")
    return _trained(model, [numbers(16, 5, 3), numbers(16, 4, 2)], _one_hot(16, 4, classes=2))


def two_inputs(tf):
    """Merging in several ways, with a regularizer."""
    L = tf.keras.layers
    a, b = L.Input((5,)), L.Input((3,))
    x = L.concatenate([L.Dense(4, activation="relu")(a), L.Dense(4, kernel_regularizer="l2")(b)])
    x = L.add([x, L.PReLU()(x)])
    outputs = L.Dense(1)(L.concatenate([x, L.dot([x, L.multiply([x, x])], axes=1), L.maximum([x, L.ELU()(x)])]))
    model = placed(tf.keras.Model([a, b], outputs))
    model.compile("sgd", "mse")
    return _trained(model, [numbers(20, 5), numbers(20, 3)], numbers(20, 1))


def in_a_graph(tf):
    """Layers without a model, trained by an optimizer of tf.train."""
    L = tf.keras.layers
    x, y = tf.placeholder(tf.float32, [None, 6, 4]), tf.placeholder(tf.float32, [None, 1])
    ones = {"kernel_initializer": tf.constant_initializer(0.1), "recurrent_initializer": tf.constant_initializer(-0.1)}
    h = L.LSTM(5, return_sequences=True, **ones)(x) + L.GRU(5, return_sequences=True, reset_after=True, **ones)(x)
    h = L.Conv1D(4, 2, activation="relu", kernel_initializer=tf.constant_initializer(0.2))(h)
    h = L.Attention()([h, h])
    loss = tf.reduce_mean(tf.square(L.Dense(1, kernel_initializer="ones")(L.Flatten()(h)) - y))
    step = tf.train.AdamOptimizer(0.05).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [float(session.run([loss, step], {x: numbers(8, 6, 4), y: numbers(8, 1)})[0]) for _ in range(4)]


def two_that_compete(tf):
    """A layer that is trained in one model and fixed in another."""
    L = tf.keras.layers
    makes = placed(tf.keras.Sequential([L.Dense(8, input_dim=4), L.LeakyReLU(0.2), L.Dense(6, activation="tanh")]))
    judges = placed(tf.keras.Sequential([L.Dense(8, input_dim=6), L.LeakyReLU(0.2), L.Dense(1, activation="sigmoid")]))
    judges.compile(tf.keras.optimizers.Adam(0.01), "binary_crossentropy")
    judges.trainable = False
    noise = L.Input((4,))
    both = tf.keras.Model(noise, judges(makes(noise)))
    both.compile(tf.keras.optimizers.Adam(0.01), "binary_crossentropy")
    losses = []
    for i in range(3):
        made = makes.predict(numbers(8, 4, salt=i))
        losses.append(float(judges.train_on_batch(numbers(8, 6, salt=i), np.ones((8, 1)))))
        losses.append(float(judges.train_on_batch(made, np.zeros((8, 1)))))
        losses.append(float(both.train_on_batch(numbers(8, 4, salt=i), np.ones((8, 1)))))
    return losses


def masked(tf):
    """A mask that goes through several layers to a mean."""
    L = tf.keras.layers
    x = numbers(12, 6, 3)
    x[:, 4:] = 0
    inputs = L.Input((6, 3))
    h = L.GRU(4, return_sequences=True)(L.Masking()(inputs))
    h = L.Bidirectional(L.SimpleRNN(3, return_sequences=True), merge_mode="ave")(L.TimeDistributed(L.Dense(3))(h))
    model = placed(tf.keras.Model(inputs, L.Dense(1)(L.GlobalAveragePooling1D()(h))))
    model.compile("sgd", "mse")
    return [_trained(model, x, numbers(12, 1)), plain(model.predict(x[:2]))]


def films(tf):
    """A convolutional LSTM and a convolution over time."""
    L = tf.keras.layers
    model = placed(tf.keras.Sequential([
        L.ConvLSTM2D(3, 3, padding="same", return_sequences=True, input_shape=(None, 5, 4, 1)),
        L.Conv3D(1, 3, padding="same", activation="sigmoid"),
    ]))  # fmt: skip
    model.compile("adadelta", "binary_crossentropy")
    return _trained(model, numbers(4, 3, 5, 4, 1), (numbers(4, 3, 5, 4, 1) > 0).astype("float32"), batch_size=2)


def from_configurations(tf):
    """Models made again from their JSON and their configurations."""
    L = tf.keras.layers
    model = placed(tf.keras.Sequential([
        L.Lambda(lambda t: t * 2.0 + 1.0, input_shape=(4, 2)), L.Bidirectional(L.LSTM(3)), L.Dense(2),
        L.Reshape((2, 1)), L.RNN([L.GRUCell(2), L.LSTMCell(3)]),
    ]))  # fmt: skip
    x = numbers(2, 4, 2)
    answers = [plain(model.predict(x))]
    for again in (
        tf.keras.models.model_from_json(model.to_json()),
        tf.keras.Sequential.from_config(model.get_config()),
    ):
        again.set_weights(model.get_weights())
        answers.append(plain(again.predict(x)))
    return answers
