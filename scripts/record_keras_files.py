"""Records files of models of the real TensorFlow 1.15.5 and 2.15.1 into tests/data/keras_files.

python scripts/record_keras_files.py        (with a Python that has one of them and h5py; the syntax is Python 3.7's)

Each version writes the variables of a trained model as a checkpoint, the model as an HDF5 file, and what the model
predicts, what its next step of training gives, and what it predicts then.
"""

import pathlib
import shutil

import numpy as np
import tensorflow
from tensorflow.core.protobuf import saved_model_pb2

tf = tensorflow.compat.v1
TARGET = pathlib.Path(__file__).parent.parent / "tests" / "data" / "keras_files"


def model_and_data():
    """A model with a branch and moving averages, inputs and labels."""
    layers = tf.keras.layers
    x = tf.keras.Input((4,), name="x")
    hidden = layers.BatchNormalization()(layers.Dense(3, activation="relu")(x))
    model = tf.keras.Model(x, layers.Dense(1)(layers.concatenate([hidden, x])))
    model.compile("adam", "mse")
    inputs = np.sin(np.arange(80)).reshape(20, 4).astype(np.float32)
    return model, inputs, inputs[:, :1]


def drop_graphs(path):
    """Leaves of a SavedModel what describes the objects."""
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for graph in saved.meta_graphs:
        graph.ClearField("graph_def")
    path.write_bytes(saved.SerializeToString())


def main() -> None:
    tf.disable_v2_behavior()
    folder = TARGET / tensorflow.__version__
    shutil.rmtree(str(folder), ignore_errors=True)
    folder.mkdir(parents=True)
    model, inputs, labels = model_and_data()
    model.fit(inputs, labels, epochs=3, shuffle=False, verbose=0)
    model.save_weights(str(folder / "values"))
    (folder / "checkpoint").unlink()
    model.save(str(folder / "model.h5"))
    model.save(str(folder / "saved_model"), save_format="tf")
    drop_graphs(folder / "saved_model" / "saved_model.pb")
    before, loss = model.predict(inputs), model.train_on_batch(inputs, labels)
    np.savez(str(folder / "answers.npz"), before=before, loss=loss, after=model.predict(inputs))


if __name__ == "__main__":
    main()
