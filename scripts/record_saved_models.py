"""Records the SavedModels of tests/data/saved_models and what they answer, with the reference.

    path/to/tensorflow/bin/python scripts/record_saved_models.py

A model is a directory; `NAME.npz` beside it has `in:<signature>:<input>` and `out:<signature>:<output>`.
"""

from __future__ import annotations

import collections
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "saved_models"
V1 = tf.compat.v1


def words(folder: str, *lines: str) -> str:
    path = pathlib.Path(folder) / "words.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


class Module(tf.Module):
    """Several functions, a table from an asset, control flow, a function that counts its calls."""

    def __init__(self, folder: str):
        super().__init__()
        start = np.arange(12, dtype=np.float32).reshape(4, 3) / 10
        self.w = tf.Variable(start, name="w")
        self.count = tf.Variable(0, dtype=tf.int64)
        self.layers = [tf.Variable([1.0, 2.0, 3.0]), tf.Variable([0.5], shape=[None])]
        initializer = tf.lookup.TextFileInitializer(words(folder, "cat", "dog", "fish"), tf.string, -2, tf.int64, -1)
        self.table = tf.lookup.StaticVocabularyTable(initializer, 2)
        pairs = tf.lookup.KeyValueTensorInitializer([3, 1, 2], ["three", "one", "two"], tf.int64, tf.string)
        self.names = tf.lookup.StaticHashTable(pairs, "?")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def embed(self, words):
        ids = self.table(words) if callable(self.table) else self.table.lookup(words)
        return {"ids": ids, "rows": tf.gather(self.w, ids % 4), "names": self.names.lookup(ids)}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec([], tf.int32)])
    def loop(self, x, n):
        for i in tf.range(n):
            if i % 2 == 0:
                x = x * self.layers[0]
            else:
                x = self.inner(x) - tf.cast(i, tf.float32)
        return {"y": x, "top": tf.reduce_max(x)}

    @tf.function
    def inner(self, x):
        return x + self.layers[1]

    @tf.function(input_signature=[])
    def tick(self):
        self.count.assign_add(2)
        return {"count": self.count.read_value()}


def module() -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Module(folder)
        signatures = {"serving_default": model.embed, "loop": model.loop, "tick": model.tick}
        record("module", lambda path: tf.saved_model.save(model, path, signatures), {
            "serving_default": {"words": np.array([b"dog", b"bird", b"fish", b""])},
            "loop": {"x": np.array([[1, -2, 3], [0, 5, 0.25]], np.float32), "n": np.array(3, np.int32)},
            "tick": {},
        })  # fmt: skip


def keras() -> None:
    """A model with its optimizer's slots."""
    tf.keras.utils.set_random_seed(3)
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, "relu", input_shape=(4,)), tf.keras.layers.Dense(2)])
    model.compile(tf.keras.optimizers.legacy.Adam(0.1), "mse")
    x = np.linspace(-1, 1, 12).astype(np.float32).reshape(3, 4)
    model.fit(x, np.ones((3, 2), np.float32), verbose=0)
    record("keras", model.save, {"serving_default": {"dense_input": x}})


def checkpoint() -> None:
    """A model that holds a checkpoint object, and lists and dictionaries of variables."""
    root = tf.Module()
    root.parts = {"a": tf.Variable([1.0, 2.0]), "b": [tf.Variable(3.0), tf.Variable(np.float16(4))]}
    root.checkpoint = tf.train.Checkpoint(step=tf.Variable(7, dtype=tf.int64), parts=root.parts)

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, name="x")])
    def call(x):
        half = tf.cast(root.parts["b"][1], tf.float32)
        return x * root.parts["a"] + root.parts["b"][0] + half, root.checkpoint.step

    root.call = call
    record("checkpoint", lambda path: tf.saved_model.save(root, path), {
        "serving_default": {"x": np.array([5, -6], np.float32)}
    })  # fmt: skip


def version1() -> None:
    """Variables in parts, tables, an asset, two sets of tags, a main operation, devices."""
    with tempfile.TemporaryDirectory() as folder, V1.Graph().as_default(), V1.Session() as session:
        ids = V1.placeholder(tf.int64, [None], name="ids")
        text = V1.placeholder(tf.string, [None], name="text")
        table = V1.get_variable("table", initializer=tf.reshape(tf.range(12.0), [6, 2]),
                                partitioner=V1.fixed_size_partitioner(3))  # fmt: skip
        scale = V1.get_variable("scale", initializer=2.0, use_resource=True)
        rows = tf.nn.embedding_lookup(table, ids) * scale
        initializer = tf.lookup.TextFileInitializer(words(folder, "x", "yy"), tf.string, -2, tf.int64, -1)
        numbers = tf.lookup.StaticHashTable(initializer, -5).lookup(text)
        session.run([V1.global_variables_initializer(), V1.tables_initializer()])
        signatures = {
            "serving_default": V1.saved_model.predict_signature_def({"ids": ids}, {"rows": rows}),
            "words": V1.saved_model.predict_signature_def({"text": text}, {"numbers": numbers}),
        }

        def save(path: str) -> None:
            builder = V1.saved_model.builder.SavedModelBuilder(path)
            builder.add_meta_graph_and_variables(
                session, ["serve"], signatures, V1.get_collection(V1.GraphKeys.ASSET_FILEPATHS),
                main_op=V1.tables_initializer())  # fmt: skip
            builder.save()

        record("version1", save, {
            "serving_default": {"ids": np.array([5, 0, 3])},
            "words": {"text": np.array([b"yy", b"z", b"x"])},
        })  # fmt: skip


Pair = collections.namedtuple("Pair", "a b")


class Objects(tf.Module):
    """What `load_v2` makes anew: containers, an asset, tables, constants, functions of all kinds of arguments."""

    def __init__(self, folder: str):
        super().__init__()
        self.w = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="w")
        self.layers = [tf.Variable(3.0, trainable=False, name="k"), tf.Variable([0.5], name="k")]
        self.named = {"one": tf.Variable(1, name="one")}
        self.pair = (tf.Variable(5.0, name="five"),)
        self.words = tf.saved_model.Asset(words(folder, "cat", "dog"))
        initializer = tf.lookup.TextFileInitializer(self.words, tf.string, -2, tf.int64, -1)
        self.table = tf.lookup.StaticHashTable(initializer, -1)
        self.changing = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -7)
        self.changing.insert(tf.constant(["a", "b"]), tf.constant([10, 20], tf.int64))
        self.constant = tf.constant([7.0, 8.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def __call__(self, x):
        return tf.matmul(x, self.w) + self.constant * self.layers[0]

    @tf.function
    def choose(self, x, k=2, mode="times", both=False):
        y = x * k if mode == "times" else x - k
        return {"y": y, "z": [y, Pair(y, (x,))]} if both else y

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="s")])
    def look(self, s):
        return {"fixed": self.table.lookup(s), "changing": self.changing.lookup(s)}

    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
    def rows(self, r):
        return tf.reduce_sum(r, 1), r * 2.0

    @tf.function(input_signature=[])
    def tick(self):
        self.named["one"].assign_add(1)
        return self.named["one"].read_value()


def objects() -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Objects(folder)
        model.choose(tf.constant([1.0]))
        model.choose(tf.constant(1.0), k=3, mode="minus")
        model.choose(tf.constant([1, 2]), both=True)
        model.choose(tf.constant([1.0]), tf.constant(4.0))
        signatures = {"serving_default": model.__call__, "look": model.look}
        record("objects", lambda path: tf.saved_model.save(model, path, signatures), {
            "serving_default": {"x": np.array([[1, -2]], np.float32)},
            "look": {"s": np.array([b"dog", b"a", b""])},
        })  # fmt: skip


def references() -> None:
    """Variables of the ref kind, a condition of version 1, a signature that counts."""
    with V1.Graph().as_default(), V1.Session() as session:
        V1.disable_control_flow_v2()
        x = V1.placeholder(tf.float32, [None, 2], name="x")
        with V1.variable_scope("dense", use_resource=False):
            w = V1.get_variable("w", initializer=np.array([[1, 2], [3, 4]], np.float32))
            step = V1.get_variable("step", initializer=np.int64(4))
        y = tf.matmul(x, w)
        chosen = V1.cond(tf.reduce_sum(x) > 0, lambda: y * 2, lambda: y - tf.cast(step, tf.float32))
        count = tf.identity(V1.assign_add(step, 1))
        session.run(V1.global_variables_initializer())
        info = V1.saved_model.build_tensor_info
        signatures = {
            "serving_default": V1.saved_model.predict_signature_def({"x": x}, {"y": y, "chosen": chosen}),
            "count": V1.saved_model.build_signature_def({}, {"count": info(count)}, "tensorflow/serving/predict"),
        }

        def save(path: str) -> None:
            builder = V1.saved_model.builder.SavedModelBuilder(path)
            builder.add_meta_graph_and_variables(session, ["serve"], signatures)
            builder.save()

        record("references", save, {"serving_default": {"x": np.array([[1, -2]], np.float32)}, "count": {}})


def record(name: str, save, feeds) -> None:
    """Saves a model, loads it through a Session of version 1, and keeps what its signatures answer."""
    path = FOLDER / name
    shutil.rmtree(path, ignore_errors=True)
    save(str(path))
    for extra in ("fingerprint.pb", "keras_metadata.pb"):
        (path / extra).unlink(missing_ok=True)
    arrays = {}
    with V1.Graph().as_default(), V1.Session() as session:
        meta = V1.saved_model.loader.load(session, ["serve"], str(path))
        for key, given in feeds.items():
            signature = meta.signature_def[key]
            fetches = {k: v.name for k, v in signature.outputs.items()}
            found = session.run(fetches, {signature.inputs[k].name: v for k, v in given.items()})
            arrays |= {f"in:{key}:{k}": v for k, v in given.items()}
            arrays |= {f"out:{key}:{k}": v.astype("S") if v.dtype == object else v for k, v in found.items()}
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)
    print(name, {k: v.tolist() for k, v in arrays.items()})


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    module()
    keras()
    checkpoint()
    version1()
    objects()
    references()
