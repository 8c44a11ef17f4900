"""Smaller rewrites of exported files, what `strict` keeps, and how compact files are."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest

import tfcompat.compat.v1 as tf
from converters.builder import Builder, Node, Subgraph, Value
from converters.passes.choices import as_logic
from tests.cases import f32, i32, i64
from tests.converters.test_sizes import counts_of, exported
from tfcompat import onnx as tfonnx
from tfcompat.graph import dtypes


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def run(model, feed):
    plain = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return plain.run(None, feed)


def test_what_changes_nothing_goes_and_what_broadcasts_stays():
    x = tf.placeholder(tf.float32, [None, 3])
    y = (x + 0.0) * 1.0 / 1.0 - 0.0
    assert exported([tf.exp(y)], {x: f32(2, 3)}) == {"Exp": 1}
    assert exported([tf.exp(x * tf.ones([1, 3]))], {x: f32(2, 3)}) == {"Exp": 1}
    assert exported([tf.exp(x + tf.zeros([2, 1, 1]))], {x: f32(2, 3)})["Add"] == 1
    assert exported([tf.exp(x[:, :1] * tf.ones([3]))], {x: f32(2, 3)})["Mul"] == 1
    assert exported([tf.exp(0.0 - x), tf.exp(1.0 / x)], {x: f32(2, 3)}) == {"Exp": 2, "Sub": 1, "Div": 1}


def test_a_single_element_is_gathered():
    x = tf.placeholder(tf.float32, [None, 3])
    counts = exported([x[0] * 2.0, x[:, -1] * 2.0, x[:, 1] * 2.0, x[:, :2] * 2.0], {x: f32(2, 3)})
    assert counts == {"Gather": 3, "Slice": 1, "Mul": 4}


def test_casts_to_a_wider_type_and_back_go_and_others_stay():
    x = tf.placeholder(tf.int32, [3])
    assert exported([tf.cast(tf.cast(x, tf.int64), tf.int32) + 1], {x: i32(3)}) == {"Add": 1}
    y = tf.placeholder(tf.float32, [3])
    there_and_back = tf.cast(tf.cast(y, tf.int32), tf.float32)
    assert exported([there_and_back + 1.0], {y: f32(3) * 3})["Cast"] == 2


def test_a_mean_is_one_operator_and_a_long_sum_is_staged():
    x = tf.placeholder(tf.float32, [None, 30, 30, 4])
    assert exported([tf.reduce_mean(x, [1, 2])], {x: f32(2, 30, 30, 4)}) == {"ReduceMean": 1}
    y = tf.placeholder(tf.float32, [1 << 17])
    value = np.random.RandomState(0).uniform(size=1 << 17).astype(np.float32)
    assert exported([tf.reduce_sum(y)], {y: value}, 1e-6)["ReduceSum"] > 1


def test_strict_files_keep_what_sessions_do():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    i = tf.placeholder(tf.int32, [None], name="i")
    outputs = [tf.reduce_max(x, 1), tf.argmax(x, 1), tf.gather(x, i)]
    value = np.array([[1, np.nan, 2], [3, 1, 2]], np.float32)
    with tf.Session() as session:
        strict = tfonnx.export(outputs, [x, i], session, strict=True)
        lean = tfonnx.export(outputs, [x, i], session)
    assert counts_of(lean.graph) == {"ReduceMax": 1, "ArgMax": 1, "Gather": 1}
    largest, places, rows = run(strict, {"x:0": value, "i:0": i32(1) * 0})
    np.testing.assert_array_equal(largest, [np.nan, 3])
    assert (places.tolist(), rows.shape) == ([2, 0], (1, 3))
    with pytest.raises(Exception, match="Gather"):
        run(strict, {"x:0": value, "i:0": np.array([-1], np.int32)})


def test_guards_of_strict_files_survive_the_passes():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    start = tf.placeholder(tf.int32, [2], name="start")
    outputs = [tf.slice(x, start, [1, 2]), tf.pad(x, tf.stack([start, start]))]
    feed = {"x:0": f32(2, 3), "start:0": np.array([0, 1], np.int32)}
    with tf.Session() as session:
        for output in outputs:
            strict = tfonnx.export(output, [x, start], session, strict=True)
            assert run(strict, feed)[0].size
            with pytest.raises(Exception, match="Reshape"):
                run(strict, {**feed, "start:0": np.array([0, -2], np.int32)})


def test_float16_stays_in_files_and_gives_the_same():
    x = tf.placeholder(tf.float16, [None, 4], name="x")
    y = tf.nn.softmax(tf.nn.relu(tf.matmul(x, tf.constant(f32(4, 8), tf.float16))) + tf.constant(1.5, tf.float16))
    y = tf.reduce_mean(tf.sigmoid(y), 1)
    assert exported([y], {x: f32(3, 4).astype(np.float16)}, 2e-3)["Cast"] == 0


def test_integer_quotients_round_down():
    x = tf.placeholder(tf.int64, [None])
    value = np.array([-7, -6, -1, 0, 1, 6, 7, 2**40 + 1, -(2**40)], np.int64)
    counts = exported([x // 3, x // -3, x % 3, x % -3], {x: value})
    assert counts["Mod"] >= 2


def test_images_are_resized_by_one_operator_where_that_picks_the_same_pixels():
    x = tf.placeholder(tf.float32, [None, 6, 7, 2])
    feed = {x: f32(2, 6, 7, 2)}
    legacy = [tf.image.resize_bilinear(x, [9, 4]), tf.image.resize_nearest_neighbor(x, [12, 14])]
    assert exported(legacy, feed)["Resize"] == 2
    corners = [tf.image.resize_bilinear(x, [11, 3], align_corners=True), tf.image.resize_bilinear(x, [1, 9], True)]
    assert exported(corners, feed)["Resize"] == 2
    halves = [tf.image.resize_bilinear(x, [13, 5], half_pixel_centers=True)]
    assert exported(halves, feed)["Resize"] == 1
    for size in ([4, 5], [9, 10], [5, 21], [1, 1], [13, 2]):
        exported(
            [
                tf.image.resize_nearest_neighbor(x, size),
                tf.image.resize_nearest_neighbor(x, size, align_corners=True),
                tf.image.resize_nearest_neighbor(x, size, half_pixel_centers=True),
            ],
            feed,
        )


def test_images_of_unknown_size_are_doubled_by_one_operator():
    x = tf.placeholder(tf.float32, [None, None, None, 2])
    y = tf.image.resize_nearest_neighbor(x, tf.shape(x)[1:3] * 2)
    assert exported([y], {x: f32(2, 3, 5, 2)}) == {"Transpose": 2, "Resize": 1}
    other = tf.image.resize_nearest_neighbor(x, [6, 4])
    assert exported([other], {x: f32(2, 3, 5, 2)})["Resize"] == 0


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
def test_mirroring_is_a_pad(mode):
    x = tf.placeholder(tf.float32, [2, None, 4])
    counts = exported([tf.pad(x, [[0, 0], [1, 1], [0, 1]], mode)], {x: f32(2, 3, 4)})
    assert counts == {"Pad": 1}
    wide = exported([tf.pad(x, [[0, 0], [2, 1], [0, 3]], mode)], {x: f32(2, 3, 4)})
    assert wide == {"Pad": 1} if mode == "REFLECT" else wide["Pad"] == 0


def test_blocks_of_depth_are_one_operator_with_the_channels_first():
    x = tf.placeholder(tf.float32, [None, 4, 6, 12])
    y = tf.nn.depth_to_space(x, 2)
    outputs = [tf.nn.relu(y), tf.nn.space_to_depth(tf.exp(y), 4)]
    counts = exported(outputs, {x: f32(2, 4, 6, 12)})
    assert (counts["DepthToSpace"], counts["SpaceToDepth"]) == (1, 1)
    assert counts["Transpose"] <= 3


def test_choices_between_truth_values_are_logic():
    def value(name, const=None):
        return Value(name, dtypes.bool, (), None if const is None else np.array(const))

    def branch(name, source):
        result = value(name)
        return Subgraph([], [result], [Node("Identity", "", [source], [result], {}, name)])

    c, x, true, false = value("c"), value("x"), value("true", True), value("false", False)
    for then, otherwise, wanted in [(true, false, []), (false, true, ["Not"]), (x, false, ["And"]), (true, x, ["Or"])]:
        bodies = {"then_branch": branch("then", then), "else_branch": branch("else", otherwise)}
        y, z = value("y"), value("z")
        nodes = [Node("If", "", [c], [y], {}, "if", bodies), Node("Not", "", [y], [z], {}, "last")]
        assert [n.op_type for n in as_logic(nodes, ["z"])] == [*wanted, "Not"]
    bodies = {"then_branch": branch("then", x), "else_branch": branch("else", c)}
    nodes = [Node("If", "", [c], [value("y")], {}, "if", bodies)]
    assert as_logic(nodes, ["y"]) == nodes


def test_loops_with_conditions_of_their_own():
    n = tf.placeholder(tf.int32, [])
    x = tf.placeholder(tf.float32, [3])

    def step(i, v):
        return i + 1, tf.cond(tf.logical_and(tf.reduce_sum(v) > 1.0, i > 0), lambda: v * 0.5, lambda: v + 1.0)

    outputs = tf.while_loop(lambda i, v: tf.logical_and(i < n, tf.reduce_sum(v) < 9.0), step, [0, x])
    for count in (0, 1, 7):
        exported(list(outputs), {n: np.array(count, np.int32), x: f32(3)})


def test_files_name_users_tensors_and_number_the_rest():
    x = tf.placeholder(tf.float32, [None, 8, 8, 3], name="x")
    y = tf.nn.relu(tf.nn.conv2d(x, f32(3, 3, 3, 4), 1, "SAME"), name="wide_scope_of_a_name/relu")
    z = tf.reduce_mean(y, [1, 2], name="y") + tf.constant(f32(4))
    with tf.Session() as session:
        model = tfonnx.export([z], [x], session)
    names = {name for node in model.graph.node for name in node.output}
    assert "y:0" in names
    assert all(name.endswith(":0") or len(name) <= 3 for name in names)
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    assert {a.name for a in conv.attribute} <= {"kernel_shape", "pads", "auto_pad"}
    onnx.checker.check_model(model, full_check=True)


def test_equal_constants_are_one_in_bodies_too():
    x = tf.placeholder(tf.float32, [4, 4], name="x")
    table = f32(4, 4)

    def step(i, v):
        return i + 1, tf.matmul(v, tf.constant(table)) + tf.constant(table)

    y = tf.while_loop(lambda i, v: i < 3, step, [0, tf.matmul(x, tf.constant(table))])[1]
    with tf.Session() as session:
        model = tfonnx.export([y], [x], session)
    kept = [i for i in model.graph.initializer if list(i.dims) == [4, 4]]
    assert len(kept) == 1
    assert all(not a.g.initializer for node in model.graph.node for a in node.attribute)


def test_attributes_that_are_defaults_are_left_out_and_others_kept():
    b = Builder()
    x = Value("x", dtypes.float32, (2, 3))
    b.Softmax(x, axis=-1)
    y = tf.placeholder(tf.int64, [2, 3], name="y")
    with tf.Session() as session:
        model = tfonnx.export([tf.reduce_sum(y, 1), tf.reduce_sum(y, 1, keepdims=True)], [y], session)
    keeps = [{a.name: a.i for a in node.attribute} for node in model.graph.node if node.op_type == "ReduceSum"]
    assert {"keepdims": 0} in keeps
    assert {} in keeps
    run(model, {"y:0": i64(2, 3)})


def dilated(x, filters, rate, padding):
    return tf.nn.with_space_to_batch(
        x, rate, padding, lambda v, _, p: tf.nn.conv2d(v, filters, 1, "VALID"), filter_shape=[3, 2]
    )


@pytest.mark.parametrize("sizes", [(8, 9), (None, None)])
@pytest.mark.parametrize("padding", ["VALID", "SAME"])
def test_a_convolution_between_batches_of_blocks_has_dilations(sizes, padding):
    x = tf.placeholder(tf.float32, [None, *sizes, 3])
    y = dilated(x, f32(3, 2, 3, 4), [2, 3], padding)
    counts = exported([y], {x: f32(2, 8, 9, 3)}, 1e-4)
    assert counts == {"Transpose": 2, "Conv": 1}


def test_what_is_no_convolution_stays_between_batches_of_blocks():
    x = tf.placeholder(tf.float32, [None, 8, 8, 3])
    blocks = tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]])
    strided = tf.nn.conv2d(blocks, f32(2, 2, 3, 3), 2, "VALID")
    padded = tf.nn.conv2d(blocks, f32(3, 3, 3, 3), 1, "SAME")
    outputs = [tf.batch_to_space_nd(v, [2, 2], [[0, 0], [1, 0]]) for v in (strided, padded, tf.nn.relu(blocks), blocks)]
    exported([*outputs, blocks], {x: f32(2, 8, 8, 3)}, 1e-4)


def test_concats_of_concats_along_one_axis_are_one():
    x = tf.placeholder(tf.float32, [None, 3])
    inner = tf.concat([x, x * 2.0], 1)
    assert exported([tf.concat([x, inner, inner], 1)], {x: f32(2, 3)})["Concat"] == 2
    once = tf.concat([x, tf.concat([x * 2.0, tf.concat([x, x], 1)], 1)], 1)
    assert exported([once], {x: f32(2, 3)})["Concat"] == 1
    across = tf.concat([tf.concat([x, x], 0), tf.concat([x, x * 3.0], 0)], 1)
    assert exported([across], {x: f32(2, 3)})["Concat"] == 3


def test_simulated_quantization_is_a_pair_and_constant_for_weights():
    x = tf.placeholder(tf.float32, [None, 6, 6, 2])
    weights = tf.fake_quant_with_min_max_args(f32(3, 3, 2, 4), -0.7, 0.7)
    y = tf.fake_quant_with_min_max_args(tf.nn.conv2d(x, weights, 1, "SAME"), -6.0, 6.0)
    y = tf.fake_quant_with_min_max_args(tf.nn.max_pool2d(y, 2, 2, "SAME"), 0.0, 6.0)
    counts = exported([y], {x: f32(2, 6, 6, 2) * 3}, 0.05)
    assert counts == {"Transpose": 2, "Conv": 1, "MaxPool": 1, "QuantizeLinear": 2, "DequantizeLinear": 2}


@pytest.mark.parametrize("end", [6.0, 4.0, 1.0, 0.5, 3.3])
def test_ends_of_ranges_are_quantized_as_in_a_session(end):
    x = tf.placeholder(tf.float32, [5])
    y = tf.fake_quant_with_min_max_args(x, -end, end)
    value = np.array([-end, end, 2 * end, -2 * end, 0.1], np.float32)
    counts = exported([y], {x: value}, 1e-6)
    assert counts == {"QuantizeLinear": 1, "DequantizeLinear": 1}
