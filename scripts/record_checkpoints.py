"""Records checkpoints of the real TensorFlow 2.15.1 into tests/data/checkpoints.

python scripts/record_checkpoints.py        (with a Python that has TensorFlow 2.15)
"""

import pathlib
import shutil

import numpy as np
import tensorflow.compat.v1 as tf

TARGET = pathlib.Path(__file__).parent.parent / "tests" / "data" / "checkpoints"


def build() -> None:
    rng = np.random.RandomState(0)
    values = {
        "float": rng.randn(3, 4).astype(np.float32), "ints": np.arange(5), "double": np.float64(2.5),
        "text": np.array([b"x", b"\xff\x00" * 49 + b"\xff", b""]), "half": np.ones((2,), np.float16),
        "empty": np.zeros((0, 3), np.float32), "flags": np.array([True, False]),
        "bytes": np.arange(300, dtype=np.uint8),
    }  # fmt: skip
    for i in range(20):
        values[f"layer_{i}/kernel/Adam"] = rng.randn(2, 2).astype(np.float32)
    for name, value in values.items():
        tf.get_variable(name, initializer=value)
    tf.get_variable("resource", initializer=np.float32(7), use_resource=True)
    with tf.variable_scope("part", partitioner=tf.fixed_size_partitioner(3)):
        tf.get_variable("w", shape=[20, 3], initializer=tf.random_uniform_initializer(seed=1))


def main() -> None:
    tf.disable_v2_behavior()
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    with tf.Graph().as_default(), tf.Session() as sess:
        build()
        tf.set_random_seed(1)
        sess.run(tf.global_variables_initializer())
        tf.train.Saver().save(sess, str(TARGET / "v2"), global_step=7)
        tf.train.Saver(write_version=tf.train.SaverDef.V1).save(sess, str(TARGET / "v1"), write_meta_graph=False)
    (TARGET / "checkpoint").unlink()


if __name__ == "__main__":
    main()
