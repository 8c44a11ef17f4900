"""Records checkpoints of objects of the real TensorFlow 2.15.1 into tests/data/object_checkpoints.

python scripts/record_object_checkpoints.py        (with a Python that has TensorFlow 2.15)
"""

import pathlib
import shutil

import numpy as np
import tensorflow as tf

TARGET = pathlib.Path(__file__).parent.parent / "tests" / "data" / "object_checkpoints"


class Net(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = {"w": tf.Variable(np.arange(6, dtype=np.float32).reshape(2, 3)), "b": tf.Variable([0.5, 1.5, 2.5])}
        self.rest = [tf.Variable(np.float64(7)), tf.Variable([b"a", b"bc"])]


def main() -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    tf.train.Checkpoint(net=Net(), step=tf.Variable(3, dtype=tf.int64)).save(str(TARGET / "module"))
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, use_bias=True, input_shape=(3,))])
    model.set_weights([np.arange(6, dtype=np.float32).reshape(3, 2), np.float32([1, -1])])
    tf.train.Checkpoint(model=model).write(str(TARGET / "keras"))
    (TARGET / "checkpoint").unlink()


if __name__ == "__main__":
    main()
