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


def tensors() -> dict:
    """One tensor of each type that needs care, by name; those called q... hold the bits of quantized types."""
    return {
        "bf": np.arange(5).astype(tf.bfloat16.as_numpy_dtype), "c64": np.array([1 + 2j, 3], np.complex64),
        "c128": np.array([1 + 2j]), "u16": np.array([1, 65535], np.uint16), "u32": np.array([1, 2**32 - 1], np.uint32),
        "u64": np.array([1, 2**64 - 1], np.uint64), "i8": np.array([-1], np.int8), "i16": np.array([-300], np.int16),
        "s": np.array([b"", b"x" * 300, b"\0"], object), "scalar": np.array(b"scalar", object),
        "qint8": np.array([-3, 4], np.int8), "quint8": np.array([3, 4], np.uint8), "qint16": np.array([-3], np.int16),
        "quint16": np.array([3], np.uint16), "qint32": np.array([-3], np.int32),
    }  # fmt: skip


def save_tensors(sess, prefix: str) -> None:
    """Writes `tensors`, and a matrix in three slices."""
    names, values = list(tensors()), []
    for name, value in tensors().items():
        if value.dtype == object:
            values.append(tf.constant(value.tolist()))
        else:
            given = tf.placeholder_with_default(value, value.shape)
            values.append(tf.bitcast(given, getattr(tf, name)) if name.startswith("q") else given)
    matrix = tf.constant(np.arange(24, dtype=np.int32).reshape(4, 6))
    parts = [(matrix[:2], "0,2:-"), (matrix[2:, :3], "2,2:0,3"), (matrix[2:, 3:], "2,2:3,3")]
    sess.run(
        tf.raw_ops.SaveV2(
            prefix=prefix,
            tensor_names=[*names, "w", "w", "w"],
            shape_and_slices=[""] * len(names) + [f"4 6 {s}" for _, s in parts],
            tensors=values + [p for p, _ in parts],
        )
    )


def save_shards(prefix: str) -> None:
    """Writes a checkpoint of two shards."""
    config = tf.ConfigProto(device_count={"CPU": 2})
    with tf.Graph().as_default(), tf.Session(config=config) as sess:
        for index in range(2):
            with tf.device(f"/cpu:{index}"):
                tf.get_variable(f"v{index}", initializer=np.arange(3.0 + index))
        sess.run(tf.global_variables_initializer())
        tf.train.Saver(sharded=True).save(sess, prefix, write_meta_graph=False, write_state=False)


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
        save_tensors(sess, str(TARGET / "types"))
    save_shards(str(TARGET / "shards"))
    (TARGET / "checkpoint").unlink()


if __name__ == "__main__":
    main()
