"""Records graphs with control flow of version 1 and 2 and what TensorFlow answers: tests/data/control_flow/NAME.npz.

    path/to/tensorflow/bin/python scripts/record_control_flow.py [NAME ...]

Each file has the frozen GraphDef ("graph"), the inputs ("in:<tensor>") and the outputs ("out:<position>:<tensor>").
"""

import pathlib
import sys

import numpy as np
import tensorflow as tf2

tf = tf2.compat.v1
tf.disable_v2_behavior()
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "control_flow"
RNG = np.random.RandomState(7)
CASES = {}


def case(*kinds):
    """Registers a case for "v1" and "v2" control flow; a case makes outputs and gives their feeds."""

    def register(make):
        for kind in kinds or ("v1", "v2"):
            CASES[f"{make.__name__}_{kind}"] = (make, kind)
        return make

    return register


def loop_of(limit, body, start):
    """A while_loop with a counter that ends at `limit`; its results as a tuple."""
    return tuple(tf.while_loop(lambda i, a: i < limit, lambda i, a: (i + 1, body(a)), [tf.constant(0), start]))


def floats(*shape):
    return RNG.uniform(-1, 1, shape).astype(np.float32)


@case()
def nested_while():
    x = tf.placeholder(tf.float32, [None, 3], "x")
    n = tf.placeholder(tf.int32, [], "n")

    def outer(i, a):
        _, inner = tf.while_loop(lambda j, b: j < i + 1, lambda j, b: (j + 1, tf.tanh(b + x)), [0, a])
        return i + 1, inner * 0.5

    i, a = tf.while_loop(lambda i, a: i < n, outer, [0, x])
    return [i, a], {x: floats(2, 3), n: np.int32(4)}


@case()
def cond_in_while():
    x = tf.placeholder(tf.float32, [None], "x")

    def body(i, a, c):
        even = tf.equal(i % 2, 0)
        a, c = tf.cond(even, lambda: (a + x, c + 1), lambda: (a * 0.5, c))
        a = tf.cond(tf.reduce_sum(a) > 3.0, lambda: a - 1.0, lambda: a)
        return i + 1, a, c

    return tf.while_loop(lambda i, a, c: i < 7, body, [0, x, 0]), {x: floats(3)}


@case()
def while_in_cond():
    x = tf.placeholder(tf.float32, [None, 2], "x")
    p = tf.placeholder(tf.bool, [], "p")
    i, a = tf.cond(p, lambda: loop_of(3, lambda a: a + x, x), lambda: (tf.constant(9), x * 2.0))
    b = tf.cond(p, lambda: a + 1.0, lambda: tf.cond(i > 3, lambda: a - 1.0, lambda: a))
    return [i, b], {x: floats(3, 2), p: np.bool_(False)}


@case()
def gradient_while():
    x = tf.placeholder(tf.float32, [None, 3], "x")
    w = tf.constant(floats(3, 3))
    _, y = tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, tf.tanh(tf.matmul(a, w)) + a), [0, x])
    return [y, *tf.gradients(tf.reduce_sum(y * y), [x, w])], {x: floats(2, 3)}


@case()
def gradient_cond_in_while():
    x = tf.placeholder(tf.float32, [None], "x")

    def body(i, a):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: tf.sin(a) * x, lambda: a * a)

    _, y = tf.while_loop(lambda i, a: i < 5, body, [0, x])
    return [y, *tf.gradients(y, [x])], {x: floats(4)}


@case()
def gradient_nested_while():
    x = tf.placeholder(tf.float32, [3], "x")

    def outer(i, a):
        _, b = tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, tf.sin(b) * a), [0, a])
        return i + 1, b + x

    _, y = tf.while_loop(lambda i, a: i < 3, outer, [0, x])
    return [y, *tf.gradients(y, [x])], {x: floats(3)}


@case()
def gradient_while_in_cond():
    x = tf.placeholder(tf.float32, [3], "x")
    p = tf.placeholder(tf.bool, [], "p")
    y = tf.cond(p, lambda: loop_of(3, lambda a: a * x, x)[1], lambda: x * 3.0)
    return [y, *tf.gradients(y, [x])], {x: floats(3), p: np.bool_(True)}


@case("v1")
def gradient_while_after_cond():
    x = tf.placeholder(tf.float32, [3], "x")
    p = tf.placeholder(tf.bool, [], "p")
    w = tf.constant(floats(3))
    start = tf.cond(p, lambda: x * w, lambda: x + w)
    _, y = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * w), [0, start])
    z = tf.cond(p, lambda: tf.sin(y) * w, lambda: y - w)
    return [z, *tf.gradients(z, [x, w])], {x: floats(3), p: np.bool_(True)}


def rnn(cell, x, lengths=None, time_major=False):
    outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, time_major=time_major)
    flat = tf.nest.flatten(state)
    return [outputs, *flat]


@case()
def gradient_rnn():
    x = tf.placeholder(tf.float32, [None, None, 3], "x")
    y, _ = rnn(tf.nn.rnn_cell.GRUCell(2), x)
    kernel = tf.trainable_variables()[0]
    return [y, *tf.gradients(tf.reduce_sum(y * y), [x, kernel])], {x: floats(2, 4, 3)}


@case()
def lstm_lengths():
    x = tf.placeholder(tf.float32, [None, None, 3], "x")
    n = tf.placeholder(tf.int32, [None], "n")
    return rnn(tf.nn.rnn_cell.BasicLSTMCell(4), x, n), {x: floats(3, 5, 3), n: np.array([2, 5, 0], np.int32)}


@case()
def lstm_peepholes():
    x = tf.placeholder(tf.float32, [None, None, 3], "x")
    n = tf.placeholder(tf.int32, [None], "n")
    cell = tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True, forget_bias=0.5)
    return rnn(cell, x, n), {x: floats(3, 5, 3), n: np.array([4, 1, 3], np.int32)}


@case()
def lstm_projection():
    x = tf.placeholder(tf.float32, [None, None, 3], "x")
    cell = tf.nn.rnn_cell.LSTMCell(4, num_proj=2, cell_clip=0.1, proj_clip=0.3)
    return rnn(cell, x), {x: floats(2, 5, 3)}


@case()
def gru_time_major():
    x = tf.placeholder(tf.float32, [None, None, 3], "x")
    n = tf.placeholder(tf.int32, [None], "n")
    return rnn(tf.nn.rnn_cell.GRUCell(4), x, n, True), {x: floats(5, 2, 3), n: np.array([3, 5], np.int32)}


@case()
def basic_rnn():
    x = tf.placeholder(tf.float32, [None, 4, 3], "x")
    return rnn(tf.nn.rnn_cell.BasicRNNCell(4), x), {x: floats(2, 4, 3)}


@case()
def stacked_lstm():
    x = tf.placeholder(tf.float32, [2, None, 3], "x")
    cells = [tf.nn.rnn_cell.BasicLSTMCell(4), tf.nn.rnn_cell.GRUCell(3)]
    return rnn(tf.nn.rnn_cell.MultiRNNCell(cells), x), {x: floats(2, 3, 3)}


@case()
def bidirectional():
    x = tf.placeholder(tf.float32, [None, None, 3], "x")
    n = tf.placeholder(tf.int32, [None], "n")
    cells = [tf.nn.rnn_cell.LSTMCell(3), tf.nn.rnn_cell.LSTMCell(3)]
    outputs, states = tf.nn.bidirectional_dynamic_rnn(*cells, x, n, dtype=tf.float32)
    return [*outputs, *tf.nest.flatten(states)], {x: floats(2, 4, 3), n: np.array([4, 2], np.int32)}


@case()
def map_fn_several():
    x = tf.placeholder(tf.float32, [None, 3], "x")
    k = tf.placeholder(tf.int32, [None], "k")
    return list(tf.map_fn(lambda e: (e[0] * tf.cast(e[1], tf.float32), e[1] + 1), (x, k))), {
        x: floats(4, 3),
        k: np.arange(4, dtype=np.int32),
    }


@case()
def scan_and_folds():
    x = tf.placeholder(tf.float32, [None, 3], "x")
    scanned = tf.scan(lambda a, e: (a[0] + e, a[1] * 0.5 + e), x, (tf.zeros([3]), tf.ones([3])), reverse=True)
    return [*scanned, tf.foldl(lambda a, e: a * 0.5 + e, x), tf.foldr(lambda a, e: a - e * e, x)], {x: floats(4, 3)}


@case()
def growing_array():
    n = tf.placeholder(tf.int32, [], "n")
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False)

    def body(i, v, a):
        a = tf.cond(i > 0, lambda: a.write(i - 1, tf.fill([2], v)), lambda: a)
        return i + 1, v * 1.5, a

    _, _, array = tf.while_loop(lambda i, v, a: i < n, body, [0, 1.0, array])
    return [array.stack(), array.size()], {n: np.int32(5)}


@case()
def split_and_concat():
    x = tf.placeholder(tf.float32, [6, 2], "x")
    array = tf.TensorArray(tf.float32, 3, infer_shape=False, clear_after_read=False).split(x, [1, 3, 2])
    out = tf.TensorArray(tf.float32, 3, infer_shape=False, clear_after_read=False)
    _, out = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, array.read(2 - i) * 2.0)), [0, out])
    return [out.concat(), out.read(1)], {x: floats(6, 2)}


@case()
def assert_guard():
    x = tf.placeholder(tf.float32, [None], "x")
    with tf.control_dependencies([tf.Assert(tf.reduce_sum(x) > -10.0, [x], name="low")]):
        y = x + 1.0
    cases = [(y[0] > 5.0, lambda: tf.constant(1.0)), (y[0] > 0.0, lambda: tf.constant(2.0))]
    chosen = tf.case(cases, lambda: tf.constant(3.0))
    return [y, chosen], {x: np.array([0.5, -2], np.float32)}


@case("v1")
def raw_switch():
    x = tf.placeholder(tf.float32, [None], "x")
    p = tf.placeholder(tf.bool, [], "p")
    low, high = tf.raw_ops.Switch(data=x, pred=p)
    y, which = tf.raw_ops.Merge(inputs=[low * 2.0, tf.identity(high) + 1.0])
    z, _ = tf.raw_ops.Merge(inputs=[tf.raw_ops.Switch(data=y, pred=p)[1], low + 5.0])
    return [y, which, z], {x: floats(3), p: np.bool_(True)}


@case()
def attention_decoder():
    memory = tf.placeholder(tf.float32, [None, None, 4], "memory")
    steps = tf.placeholder(tf.int32, [], "steps")
    cell = tf.nn.rnn_cell.GRUCell(4)
    embedding = tf.constant(floats(6, 3))
    projection = tf.constant(floats(4, 6))
    batch = tf.shape(memory)[0]
    ids = tf.TensorArray(tf.int32, 0, dynamic_size=True)

    def body(i, token, state, context, finished, ids):
        step = tf.concat([tf.nn.embedding_lookup(embedding, token), context], 1)
        output, state = cell(step, state)
        scores = tf.nn.softmax(tf.reduce_sum(memory * output[:, None], -1))
        context = tf.reduce_sum(scores[..., None] * memory, 1)
        chosen = tf.argmax(tf.matmul(context + output, projection), -1, output_type=tf.int32)
        chosen = tf.where(finished, tf.zeros_like(chosen), chosen)
        return i + 1, chosen, state, context, finished | tf.equal(chosen, 5), ids.write(i, chosen)

    first = [
        0,
        tf.zeros([batch], tf.int32),
        tf.zeros([batch, 4]),
        tf.zeros([batch, 4]),
        tf.zeros([batch], tf.bool),
        ids,
    ]
    i, _, state, context, _, ids = tf.while_loop(
        lambda i, t, s, c, finished, ids: (i < steps) & ~tf.reduce_all(finished), body, first
    )
    return [i, state, context, ids.stack()], {memory: floats(2, 3, 4), steps: np.int32(5)}


@case()
def growing_shape():
    x = tf.placeholder(tf.float32, [None, None], "x")
    shapes = [tf.TensorShape([]), tf.TensorShape([None, None])]
    _, y = tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, tf.concat([a, x * tf.cast(i, tf.float32)], 1)), [0, x], shapes
    )
    return [y], {x: floats(2, 2)}


@case("v1")
def function():
    """Version 1 control flow in a function of the library."""
    from tensorflow.python.framework.function import Defun

    @Defun(tf.float32, tf.int32)
    def power(x, n):
        _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * x), [0, tf.ones_like(x)])
        return tf.cond(n > 3, lambda: y + 1.0, lambda: y)

    x = tf.placeholder(tf.float32, [None], "x")
    return [power(x, 2), power(x, 4)], {x: floats(3)}


@case()
def detector():
    images = tf.placeholder(tf.float32, [None, None, None, 1], "images")
    boxes = tf.placeholder(tf.float32, [None, 4], "boxes")
    scores = tf.placeholder(tf.float32, [None], "scores")
    resized = [
        tf.map_fn(lambda image: tf.image.resize_images(image, [3, 5]), images),
        tf.map_fn(lambda image: tf.image.resize_images(image, [3, 5], align_corners=True), images),
        tf.map_fn(lambda image: tf.image.resize_images(image, [3, 5], 1), images),
    ]
    same = tf.image.resize_bilinear(images, tf.shape(images)[1:3] * 2, half_pixel_centers=True)
    kept = tf.image.non_max_suppression(boxes, scores, 3, 0.4, 0.2)
    padded, count = tf.image.non_max_suppression_padded(boxes, scores, 5, 0.4, 0.2, pad_to_max_output_size=True)
    corner = RNG.uniform(0, 1, (8, 2))
    feeds = {images: floats(2, 4, 7, 1), boxes: np.concatenate([corner, corner + 0.5], 1).astype(np.float32)}
    return [*resized, same, kept, padded, count], {**feeds, scores: np.linspace(0, 1, 8, dtype=np.float32)}


@case("v1")
def optimized():
    """What the graph optimizer leaves of a loop and a condition."""
    outputs, feeds = nested_while()
    more, others = cond_again()
    return [*outputs, *more], {**feeds, **others}


def cond_again():
    y = tf.placeholder(tf.float32, [2], "y")
    small = tf.constant(2.0) * tf.constant(3.0)
    return [tf.cond(y[0] > 0.0, lambda: y * small + tf.ones([2]), lambda: tf.zeros([2]) - small)], {y: floats(2)}


def grappler(graph_def, outputs):
    from tensorflow.core.protobuf import config_pb2, meta_graph_pb2
    from tensorflow.python.grappler import tf_optimizer

    meta = tf.train.export_meta_graph(graph_def=graph_def, graph=tf.get_default_graph())
    fetch = meta_graph_pb2.CollectionDef()
    fetch.node_list.value.extend(t.op.name for t in outputs)
    meta.collection_def["train_op"].CopyFrom(fetch)
    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.optimizers.extend(
        ["constfold", "arithmetic", "dependency", "loop", "function"]
    )
    config.graph_options.rewrite_options.min_graph_nodes = -1
    return tf_optimizer.OptimizeGraph(config, meta)


def record(name):
    make, kind = CASES[name]
    (tf.enable_control_flow_v2 if kind == "v2" else tf.disable_control_flow_v2)()
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.set_random_seed(3)
        outputs, feeds = make()
        outputs = [tf.convert_to_tensor(t) for t in outputs]
        session.run(tf.global_variables_initializer())
        values = session.run(outputs, feeds)
        graph_def = tf.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), [t.op.name for t in outputs]
        )
        if name.startswith("optimized"):
            graph_def = grappler(graph_def, outputs)
        for node in graph_def.node:
            for key in [k for k in node.attr if k.startswith("_") and k not in ("_class",)]:
                del node.attr[key]
        arrays = {"graph": np.frombuffer(graph_def.SerializeToString(), np.uint8)}
        arrays.update({f"in:{t.name}": np.asarray(v) for t, v in feeds.items()})
        arrays.update(
            {f"out:{i}:{t.name}": np.asarray(v) for i, (t, v) in enumerate(zip(outputs, values, strict=True))}
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)
    print(name, {n.op for n in graph_def.node} & {"While", "Merge", "Exit", "StackPopV2", "If", "StatelessWhile"})


if __name__ == "__main__":
    for wanted in sys.argv[1:] or CASES:
        record(wanted)
