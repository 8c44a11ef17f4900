"""Layers by their calls, with shapes of inputs, and what is asked of each; see scripts/record_keras_layers.py."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

SERIES, IMAGES, VOLUMES = [2, 7, 4], [2, 6, 5, 4], [1, 4, 3, 5, 2]

# fmt: off
ROWS: dict[str, Any] = {
    "Activation('relu')": [4, 3], "ReLU(6)": [4, 3], "PReLU(shared_axes=[1])": SERIES, "Softmax()": [4, 3],
    "ELU()": [4, 3], "LeakyReLU()": [4, 3], "ThresholdedReLU()": [4, 3],
    "Dense(2)": [4, 3], "Dense(2, 'relu', False, kernel_initializer='he_normal')": SERIES,
    "Dense(2, kernel_regularizer='l2', input_shape=(3,))": [4, 3],
    "Dense(2, kernel_constraint='non_neg', bias_constraint=tf.keras.constraints.max_norm(2))": [4, 3],
    "Dropout(.3, noise_shape=(None, 1), seed=3)": [4, 3], "SpatialDropout1D(.3)": SERIES,
    "SpatialDropout2D(.3, 'channels_first')": IMAGES, "GaussianNoise(.2)": [4, 3], "GaussianDropout(.2)": [4, 3],
    "AlphaDropout(.2)": [4, 3], "ActivityRegularization(.1)": [4, 3], "Masking()": SERIES, "Flatten()": SERIES,
    "Reshape((2, -1))": SERIES, "Permute((2, 1))": SERIES, "RepeatVector(2)": [4, 3],
    "BatchNormalization()": IMAGES, "BatchNormalization(renorm=True, renorm_clipping={'rmax': 2.0})": [4, 3],
    "BatchNormalization(axis=1, scale=False)": SERIES, "LayerNormalization()": SERIES,
    "LayerNormalization(axis=[1, 2])": SERIES,
    "Embedding(5, 3)": [2, 4], "Embedding(5, 3, mask_zero=True, input_length=4)": [2, 4],
    "Conv1D(2, 3, padding='causal')": SERIES, "Conv2D(2, 3)": IMAGES, "Conv2D(3, (1, 2), 2, 'same')": IMAGES,
    "Conv3D(2, (1, 2, 3))": VOLUMES, "Conv2DTranspose(2, 3)": IMAGES,
    "Conv2DTranspose(2, 3, 2, output_padding=1)": IMAGES, "Conv3DTranspose(2, 3, 2)": VOLUMES,
    "SeparableConv1D(2, 3)": SERIES, "SeparableConv2D(2, 3, depth_multiplier=2)": IMAGES, "DepthwiseConv2D(3)": IMAGES,
    "LocallyConnected1D(2, 3)": SERIES, "LocallyConnected2D(2, 3, implementation=2)": IMAGES,
    "LocallyConnected1D(2, 3, implementation=3)": SERIES,
    "MaxPool1D()": SERIES, "MaxPool2D()": IMAGES, "AveragePooling3D(2, 1, 'same')": VOLUMES,
    "GlobalMaxPool1D()": SERIES, "GlobalAveragePooling1D()": SERIES, "GlobalAveragePooling2D()": IMAGES,
    "UpSampling1D()": SERIES, "UpSampling2D((2, 3))": IMAGES, "UpSampling3D(2)": VOLUMES, "ZeroPadding1D(2)": SERIES,
    "ZeroPadding2D(((1, 2), (0, 3)))": IMAGES, "ZeroPadding3D(1)": VOLUMES, "Cropping1D(1)": SERIES,
    "Cropping2D(((1, 0), (0, 2)))": IMAGES, "Cropping3D(1)": VOLUMES,
    "Add()": [[4, 3], [4, 3]], "Subtract()": [[4, 3], [4, 3]], "Maximum()": [[4, 2, 3], [4, 1, 3]],
    "Concatenate(1)": [SERIES, [2, 3, 4]], "Dot((1, 2))": [[2, 3, 4], [2, 5, 3]],
    "Attention(use_scale=True)": [SERIES, [2, 5, 4]], "AdditiveAttention()": [SERIES, [2, 5, 4]],
    "SimpleRNN(3)": SERIES, "LSTM(3)": SERIES, "LSTM(3, return_sequences=True, dropout=.3, implementation=2)": SERIES,
    "LSTM(3, unit_forget_bias=False, return_state=True)": SERIES,
    "LSTM(3, batch_input_shape=(2, 7, 4), stateful=True)": SERIES,
    "GRU(3)": SERIES, "GRU(3, reset_after=True)": SERIES, "CuDNNLSTM(3)": SERIES, "CuDNNGRU(3)": SERIES,
    "ConvLSTM2D(2, 2)": [2, 3, 4, 5, 2],
    "RNN([L.LSTMCell(2), L.GRUCell(3)])": SERIES, "RNN(L.SimpleRNNCell(2), return_state=True)": SERIES,
    "Bidirectional(L.LSTM(3), merge_mode='sum')": SERIES,
    "Bidirectional(L.LSTM(3), backward_layer=L.GRU(3, go_backwards=True))": SERIES,
    "TimeDistributed(L.Dense(2), input_shape=(7, 4))": SERIES, "TimeDistributed(L.Conv2D(2, 2))": [2, 3, 4, 5, 2],
    "LSTMCell(2)": None, "GRUCell(2)": None, "SimpleRNNCell(2)": None,
    "StackedRNNCells([L.LSTMCell(2), L.GRUCell(3)])": None, "InputLayer((3,))": None, "Layer()": None,
    "Conv1DTranspose(2, 3, 2)": SERIES, "MultiHeadAttention(2, 3)": None,
    "EinsumDense('abc,cd->abd', (None, 3), bias_axes='d')": None,
}
# fmt: on


def plain(value: Any) -> Any:
    """`value` as JSON gives it back."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def shape_of(tf: Any, shape: Any) -> Any:
    """A TensorShape, or several, as lists."""
    if isinstance(shape, list) and not all(isinstance(n, (int, type(None))) for n in shape):
        return [shape_of(tf, each) for each in shape]
    return tf.TensorShape(shape).as_list()


def asked(tf: Any, call: str, shapes: Any) -> dict[str, Any]:
    """What a layer says of itself: its configuration; names, shapes and first values of its variables; shapes."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(7)
        layer = eval("L." + call, {"tf": tf, "L": tf.keras.layers})
        found: dict[str, Any] = {"config": plain(layer.get_config())}
        again = plain(type(layer).from_config(layer.get_config()).get_config())
        found["again"] = again == found["config"]
        if shapes is None:
            return found
        several = isinstance(shapes[0], list)
        inputs = [tf.ones(shape) for shape in shapes] if several else tf.ones(shapes)
        outputs = layer(inputs)
        found["shape"] = [t.shape.as_list() for t in tf.nest.flatten(outputs)]
        unknown = [tf.TensorShape([None, *s[1:]]) for s in (shapes if several else [shapes])]
        with contextlib.suppress(NotImplementedError):
            made = layer.compute_output_shape(unknown if several else unknown[0])
            found["computed"] = shape_of(tf, list(made) if isinstance(made, (list, tuple)) else made)
        found["weights"] = [[v.name, v.shape.as_list(), v.trainable] for v in layer.weights]
        found["size"] = layer.count_params()
        if "CuDNN" in call:  # the reference has no kernel
            return found
        with tf.Session(graph=graph) as session:
            session.run(tf.global_variables_initializer())
            values = [np.ravel(value)[:3].tolist() for value in session.run(list(layer.weights))]
        found["values"] = [[round(v, 5) for v in some] for some in values]
        return found
