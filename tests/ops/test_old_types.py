"""Op types of old graphs and of optimized ones, which programs no longer record: each against what replaced it."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tests.cases import f32, i32
from tfcompat.onnx import export

SYMMETRIC = f32(2, 4, 4) + f32(2, 4, 4).transpose(0, 2, 1)
IMAGES, FILTERS = f32(1, 5, 6, 2), f32(3, 3, 2, 4)
MARGINS = np.array([[0, 0], [1, 2], [2, 1], [0, 0]], np.int32)
VECTORS = [f32(4, salt=1), f32.positive(4), f32(4, salt=2), f32(4, salt=3)]
VOLUMES, WINDOWS, BACK = f32(1, 4, 5, 5, 2), f32(2, 3, 3, 2, 3), f32(1, 2, 3, 3, 3)
SLIDES = {"strides": [1, 1, 1, 1], "padding": b"SAME"}
STEPS = {"strides": [1, 2, 2, 2, 1], "padding": b"SAME"}
EPSILON = 0.01


def _eigen(matrix):
    values, vectors = tf.linalg.eigh(matrix)
    return tf.concat([values[..., None, :], vectors], -2)


def _normalized(scaled):
    def successor(t, m, v, beta, gamma):
        return tf.nn.batch_normalization(t, m, v, beta, gamma if scaled else None, EPSILON)

    return successor


def _normalized_gradient(scaled):
    def successor(t, m, v, gamma, backprop):
        beta = tf.zeros_like(m)
        y = tf.nn.batch_normalization(t, m, v, beta, gamma if scaled else None, EPSILON)
        found = tf.gradients(y, [t, m, v, beta, gamma], backprop, unconnected_gradients="zero")
        return [tf.convert_to_tensor(g) for g in found]

    return successor


def _rows(change):
    return lambda x, i, v: change(x, i[:, None], v)


def _mirrored(x, filter, mode, resize=None):
    x = x if resize is None else tf.image.resize_bilinear(x, resize)
    return tf.nn.conv2d(tf.pad(x, MARGINS, mode), filter, [1, 1, 1, 1], "SAME")


def _gelu(x, gate):
    return 0.5 * x * (1 + gate(x))


# fmt: off
TYPES = [
    ("BatchMatrixBandPart", [f32(2, 4, 5), np.int64(1), np.int64(0)], {}, tf.linalg.band_part),
    ("BatchMatrixDiag", [f32(2, 3)], {}, tf.linalg.diag),
    ("BatchMatrixDiagPart", [f32(2, 3, 3)], {}, tf.linalg.diag_part),
    ("BatchMatrixSetDiag", [f32(2, 3, 3), f32(2, 3, salt=1)], {}, tf.linalg.set_diag),
    ("SelfAdjointEig", [SYMMETRIC[0]], {}, _eigen),
    ("BatchSelfAdjointEig", [SYMMETRIC], {}, _eigen),
    ("InplaceUpdate", [f32(4, 3), i32(2, lo=1, hi=2), f32(2, 3, salt=1)], {}, _rows(tf.tensor_scatter_nd_update)),
    ("InplaceAdd", [f32(4, 3), i32(2, lo=1, hi=2), f32(2, 3, salt=1)], {}, _rows(tf.tensor_scatter_nd_add)),
    ("InplaceSub", [f32(4, 3), i32(2, lo=1, hi=2), f32(2, 3, salt=1)], {}, _rows(tf.tensor_scatter_nd_sub)),
    *[("BatchNormWithGlobalNormalization", [f32(2, 3, 3, 4), *VECTORS],
       {"variance_epsilon": EPSILON, "scale_after_normalization": scaled}, _normalized(scaled))
      for scaled in (True, False)],
    *[("BatchNormWithGlobalNormalizationGrad", [f32(2, 3, 3, 4), *VECTORS[:3], f32(2, 3, 3, 4, salt=4)],
       {"variance_epsilon": EPSILON, "scale_after_normalization": scaled}, _normalized_gradient(scaled))
      for scaled in (True, False)],
    ("Conv3DBackpropInput", [VOLUMES, WINDOWS, BACK], STEPS,
     lambda x, w, g: tf.gradients(tf.nn.conv3d(x, w, [1, 2, 2, 2, 1], "SAME"), x, g)[0]),
    ("Conv3DBackpropFilter", [VOLUMES, WINDOWS, BACK], STEPS,
     lambda x, w, g: tf.gradients(tf.nn.conv3d(x, w, [1, 2, 2, 2, 1], "SAME"), w, g)[0]),
    ("FusedPadConv2D", [IMAGES, MARGINS, FILTERS], {"mode": b"REFLECT", **SLIDES},
     lambda x, _, w: _mirrored(x, w, "REFLECT")),
    ("FusedResizeAndPadConv2D", [IMAGES, np.array([7, 9], np.int32), MARGINS, FILTERS],
     {"mode": b"SYMMETRIC", **SLIDES},
     lambda x, size, _, w: _mirrored(x, w, "SYMMETRIC", [7, 9])),
    ("_FusedConv2D", [IMAGES, FILTERS, VECTORS[0]],
     {**SLIDES, "num_args": 1, "TArgs": [1], "fused_ops": [b"BiasAdd", b"LeakyRelu"], "leakyrelu_alpha": 0.3},
     lambda x, w, b: tf.nn.leaky_relu(tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME") + b, 0.3)),
    ("_FusedConv2D", [IMAGES, FILTERS, VECTORS[0], VECTORS[2], VECTORS[3], VECTORS[1]],
     {**SLIDES, "num_args": 4, "TArgs": [1] * 4, "fused_ops": [b"FusedBatchNorm", b"Relu6"], "epsilon": EPSILON},
     lambda x, w, scale, offset, mean, variance: tf.nn.relu6(tf.nn.batch_normalization(
         tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME"), mean, variance, offset, scale, EPSILON))),
    ("_FusedDepthwiseConv2dNative", [IMAGES, f32(3, 3, 2, 2), VECTORS[0]],
     {**SLIDES, "num_args": 1, "fused_ops": [b"BiasAdd", b"Relu"]},
     lambda x, w, b: tf.nn.relu(tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME") + b)),
    ("_FusedMatMul", [f32(4, 3), f32(4, 5), f32(5)],
     {"transpose_a": True, "num_args": 1, "fused_ops": [b"BiasAdd", b"Elu"]},
     lambda a, w, b: tf.nn.elu(tf.matmul(a, w, transpose_a=True) + b)),
    ("_FusedMatMul", [f32(3, 4), f32(4, 5), f32(5)], {"num_args": 1, "fused_ops": [b"BiasAdd", b"GeluExact"]},
     lambda a, w, b: _gelu(tf.matmul(a, w) + b, lambda x: tf.erf(x / 2**0.5))),
    ("_FusedMatMul", [f32(3, 4), f32(4, 5), f32(5)], {"num_args": 1, "fused_ops": [b"BiasAdd", b"GeluApproximate"]},
     lambda a, w, b: _gelu(tf.matmul(a, w) + b, lambda x: tf.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))),
]
# fmt: on


@pytest.fixture(autouse=True)
def _fresh_graph():
    with tf.Graph().as_default():
        yield


def _set(attribute, value):
    first = value[0] if isinstance(value, list) else value
    place = attribute.list if isinstance(value, list) else attribute
    field = {bool: "b", int: "i", float: "f", bytes: "s"}[type(first)]
    if isinstance(value, list):
        getattr(place, field).extend(value)
    else:
        setattr(place, field, value)


def _imported(op_type, inputs, attributes):
    """The operation, imported from a graph of an old producer; integers are constants."""
    graph_def = tf.GraphDef()
    graph_def.versions.producer = 1000 if op_type.startswith("_") else 5
    names = []
    for index, value in enumerate(map(np.asarray, inputs)):
        constant = value.dtype.kind == "i" and value.dtype == np.int32
        node = graph_def.node.add(name=f"x{index}", op="Const" if constant else "Placeholder")
        node.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
        if constant:
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        else:
            node.attr["shape"].shape.CopyFrom(tf.TensorShape(value.shape).as_proto())
        names.append(node.name)
    node = graph_def.node.add(name="y", op=op_type, input=names)
    node.attr["T"].type = tf.float32.as_datatype_enum
    for key, value in attributes.items():
        if key == "TArgs":
            node.attr[key].list.type.extend(value)
        else:
            _set(node.attr[key], value)
    tf.import_graph_def(graph_def, name="")
    return tf.get_default_graph().get_operation_by_name("y")


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "successor"), TYPES, ids=[f"{t[0]}-{i}" for i, t in enumerate(TYPES)]
)
def test_gives_what_its_successor_gives(op_type, inputs, attributes, successor):
    op = _imported(op_type, inputs, attributes)
    expected = successor(*(tf.constant(x) for x in inputs))
    expected = expected if isinstance(expected, list) else [expected]
    feeds = {t: v for t, v in ((op.inputs[i], v) for i, v in enumerate(inputs)) if t.op.type == "Placeholder"}
    with tf.Session() as session:
        found, wanted = session.run([op.outputs[: len(expected)], expected], feeds)
    for one, other, tensor in zip(found, wanted, op.outputs, strict=False):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-5)
        assert tensor.shape.is_compatible_with(one.shape)


def test_a_convolution_with_what_follows_it_is_exported(tmp_path):
    import onnxruntime

    op = _imported(*TYPES[-6][:3])
    with tf.Session() as session:
        feeds = dict(zip(op.inputs, TYPES[-6][1], strict=True))
        wanted = session.run(op.outputs[0], feeds)
        export([op.outputs[0]], list(op.inputs), session, tmp_path / "model.onnx")
    model = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    names = [i.name for i in model.get_inputs()]
    found = model.run(None, dict(zip(names, TYPES[-6][1], strict=True)))[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_an_unknown_fusion_is_refused():
    op = _imported("_FusedMatMul", [f32(3, 4), f32(4, 5)], {"num_args": 0, "fused_ops": [b"Cube"]})
    with tf.Session() as session, pytest.raises(tf.errors.OpError, match="fused with Cube"):
        session.run(op.outputs[0], {op.inputs[0]: f32(3, 4), op.inputs[1]: f32(4, 5)})
