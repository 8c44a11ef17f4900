"""Records protocol messages, TensorProtos and record files from the reference, as goldens of the tests.

    python scripts/record_protos.py

Run with a Python that has TensorFlow 2.15. Writes tests/golden/protos (messages as bytes and as text, TensorProtos of
every type) and tests/golden/io (record and event files). The tests read these files and never need TensorFlow.
"""

import json
import os
import pathlib
import shutil
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow.compat.v1 as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import queue_runner_pb2, saved_model_pb2

GOLDEN = pathlib.Path(__file__).parent.parent / "tests" / "golden"
FLOATS = ("float16", "bfloat16", "float32", "float64", "float8_e5m2", "float8_e4m3fn")
INTS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "int4", "uint4")
OTHERS = ("bool", "complex64", "complex128", "qint8", "quint8", "qint16", "quint16", "qint32", "string")
EXPERIMENTAL = ("float8_e5m2", "float8_e4m3fn", "int4", "uint4")


def graph_with_a_bit_of_everything() -> tf.Graph:
    """A graph whose GraphDef and MetaGraphDef use most kinds of fields."""
    graph = tf.Graph()
    with graph.as_default(), graph.device("/cpu:0"):
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        w = tf.get_variable("w", [3, 2], initializer=tf.zeros_initializer())
        y = tf.nn.relu(tf.matmul(x, w) + tf.constant([0.5, -0.5]), name="y")
        tf.reshape(y, tf.stack([tf.shape(y)[0], 2]))
        tf.constant([b"a", b"\xff\x00"], name="text")
        tf.constant(True)
        tf.summary.scalar("loss", tf.reduce_mean(y))
        queue = tf.FIFOQueue(4, [tf.int64, tf.string], [[], []])
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue((1, b"x"))]))
        tf.add_to_collection("numbers", 3)
    return graph


def example() -> tf.train.Example:
    """An Example with all three kinds of features."""
    result = tf.train.Example()
    result.features.feature["ints"].int64_list.value.extend([1, -1, 2**62])
    result.features.feature["floats"].float_list.value.extend([0.5, -3.0e30])
    result.features.feature["bytes"].bytes_list.value.extend([b"", b"\x00\xfe"])
    result.features.feature["empty"].SetInParent()
    return result


def sequence_example() -> tf.train.SequenceExample:
    """A SequenceExample with context and two steps."""
    result = tf.train.SequenceExample()
    result.context.feature["length"].int64_list.value.append(2)
    for step in (1.0, 2.0):
        result.feature_lists.feature_list["steps"].feature.add().float_list.value.append(step)
    return result


def config() -> tf.ConfigProto:
    """A ConfigProto with nested options, maps and enums."""
    return tf.ConfigProto(
        allow_soft_placement=True,
        device_count={"CPU": 2, "GPU": 0},
        intra_op_parallelism_threads=3,
        gpu_options=tf.GPUOptions(per_process_gpu_memory_fraction=0.25, allow_growth=True, visible_device_list="0"),
        graph_options=tf.GraphOptions(
            optimizer_options=tf.OptimizerOptions(
                opt_level=tf.OptimizerOptions.L0, global_jit_level=tf.OptimizerOptions.ON_1
            )
        ),
    )


def event() -> tf.Event:
    """An Event with a summary of every kind of value."""
    summary = tf.Summary()
    summary.value.add(tag="scalar", simple_value=1.5)
    summary.value.add(tag="image", image=tf.Summary.Image(height=1, width=2, colorspace=3, encoded_image_string=b"png"))
    summary.value.add(tag="histo", histo=tf.HistogramProto(min=-1, max=2, num=3, bucket_limit=[0, 2], bucket=[1, 2]))
    value = summary.value.add(tag="tensor", tensor=tf.make_tensor_proto([1, 2]))
    value.metadata.plugin_data.plugin_name = "scalars"
    return tf.Event(wall_time=1700000000.25, step=7, summary=summary)


def messages() -> dict[str, object]:
    """Name of the golden -> message."""
    graph = graph_with_a_bit_of_everything()
    meta_graph = tf.train.export_meta_graph(graph=graph)
    meta_graph.meta_info_def.any_info.Pack(sequence_example().context.feature["length"])
    saved_model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    saved_model.meta_graphs.add().meta_info_def.tags.append("serve")
    runner = queue_runner_pb2.QueueRunnerDef(
        queue_name="q", enqueue_op_name=["a", "b"], queue_closed_exception_types=[11, 1]
    )
    run_metadata = tf.RunMetadata()
    with tf.Session(graph=graph) as session:
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        session.run("w/Initializer/zeros:0", options=options, run_metadata=run_metadata)
    return {
        "graph": graph.as_graph_def(add_shapes=True),
        "meta_graph": meta_graph,
        "saved_model": saved_model,
        "config": config(),
        "example": example(),
        "sequence_example": sequence_example(),
        "event": event(),
        "queue_runner": runner,
        "run_metadata": run_metadata,
    }


def record_messages(folder: pathlib.Path) -> None:
    """Every message as bytes (maps in the order of their keys) and as text."""
    for name, message in messages().items():
        full_name = message.DESCRIPTOR.full_name
        (folder / f"{name}.{full_name}.pb").write_bytes(message.SerializeToString(deterministic=True))
        (folder / f"{name}.{full_name}.pbtxt").write_text(text_format.MessageToString(message))


def dtype_named(name: str) -> tf.DType:
    """The DType of a name."""
    return getattr(tf.dtypes.experimental if name in EXPERIMENTAL else tf, name)


def sample(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array of a type with a few telling values."""
    low = 0 if name.startswith(("u", "qu")) else -8
    values = np.random.RandomState(len(name)).randint(low, 8, shape)
    dtype = dtype_named(name).as_numpy_dtype
    if name.startswith("q"):
        array = np.empty(shape, dtype)
        array[name] = values
        return array
    if name == "string":
        return np.asarray(values).astype("S").astype(object)
    if name.startswith("complex"):
        return np.asarray(values + 0.5j * values).astype(dtype)
    return np.asarray(values).astype(dtype)


def to_json(array: np.ndarray) -> list:
    """The elements: hex of each string, or hex of the whole array's bytes."""
    return [v.hex() for v in array.ravel().tolist()] if array.dtype == object else array.tobytes().hex()


def record_tensors(path: pathlib.Path) -> None:
    """TensorProtos of every type, as JSON lines: array, the shape asked for, bytes of the message."""
    lines = []
    for name in FLOATS + INTS + OTHERS:
        for array_shape, shape in (((0,), None), ((), None), ((1,), None), ((2, 3), None), ((), [4]), ((3,), [2, 3])):
            array = sample(name, array_shape)
            dtype = dtype_named(name)
            proto = tf.make_tensor_proto(array, dtype=dtype, shape=shape)
            row = {"dtype": name, "enum": dtype.as_datatype_enum, "array_shape": array_shape, "array": to_json(array)}
            lines.append(json.dumps(row | {"shape": shape, "proto": proto.SerializeToString().hex()}))
    path.write_text("\n".join(lines) + "\n")


def record_files(folder: pathlib.Path) -> None:
    """Record files of every compression and an event file."""
    records = [b"", b"a", b"bc" * 300, bytes(range(256)), example().SerializeToString(deterministic=True)]
    for compression in ("", "GZIP", "ZLIB"):
        options = tf.io.TFRecordOptions(compression_type=compression)
        path = folder / f"records{compression and '.' + compression.lower()}.tfrecord"
        with tf.io.TFRecordWriter(str(path), options) as writer:
            for record in records:
                writer.write(record)
    with tempfile.TemporaryDirectory() as logdir:
        with tf.Graph().as_default():
            writer = tf.summary.FileWriter(logdir, filename_suffix=".suffix")
        writer.add_event(event())
        writer.add_summary(event().summary, 8)
        writer.close()
        (written,) = pathlib.Path(logdir).iterdir()
        shutil.copy(written, folder / "events.tfevents")


def main() -> None:
    tf.disable_v2_behavior()
    for folder in (GOLDEN / "protos", GOLDEN / "io"):
        folder.mkdir(parents=True, exist_ok=True)
    record_messages(GOLDEN / "protos")
    record_tensors(GOLDEN / "protos" / "tensors.jsonl")
    record_files(GOLDEN / "io")


if __name__ == "__main__":
    main()
