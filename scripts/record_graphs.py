"""Records graphs of the real TensorFlow 2.15.1, as files of all kinds, into tests/data/graphs.

python scripts/record_graphs.py        (with a Python that has TensorFlow 2.15)
"""

import pathlib
import shutil

import numpy as np
import tensorflow.compat.v1 as tf

TARGET = pathlib.Path(__file__).parent.parent / "tests" / "data" / "graphs"


def build() -> None:
    """A small model with both kinds of variables, functional control flow, and strings."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.get_variable("w", initializer=np.arange(6, dtype=np.float32).reshape(3, 2))
    r = tf.get_variable("r", initializer=np.float32([1, -1]), use_resource=True)
    y = tf.nn.relu(tf.matmul(x, w) + r, name="y")
    z = tf.cond(tf.reduce_sum(y) > 0, lambda: y * r, lambda: y - r * r)
    loop = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + r), [0, z])
    tf.identity(tf.check_numerics(loop[1], "not a number"), name="out")
    tf.constant([b"a", b"\xff\x00x", b"text"], name="texts")


def main() -> None:
    tf.disable_v2_behavior()
    tf.enable_control_flow_v2()
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        build()
        sess.run(tf.global_variables_initializer())
        tf.io.write_graph(graph, str(TARGET), "model.pb", as_text=False)
        tf.io.write_graph(graph, str(TARGET), "model.pbtxt")
        frozen = tf.graph_util.convert_variables_to_constants(sess, graph.as_graph_def(), ["out"])
        tf.io.write_graph(frozen, str(TARGET), "frozen.pb", as_text=False)
        values = {"x": np.float32([[1, 2, 3], [-4, 0, 1]])}
        np.savez(TARGET / "values.npz", out=sess.run("out:0", {"x:0": values["x"]}), **values)
        writer = tf.summary.FileWriter(str(TARGET))
        metadata = tf.RunMetadata()
        sess.run("y:0", {"x:0": values["x"]}, tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), metadata)
        metadata.ClearField("step_stats")
        writer.add_graph(graph)
        writer.add_run_metadata(metadata, "run 1", 1)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 1)
        writer.close()
    for path in TARGET.glob("events.*"):
        path.rename(TARGET / "events.tfevents")


if __name__ == "__main__":
    main()
