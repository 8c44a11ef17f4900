"""Rows of quantized numbers."""

from tests.cases import Case, arr, expr, f32, f64, u8
from tests.runner import run_cases

OFF = {"unknown_rank": False, "unknown_batch": False, "grad": False}
X = f32(3, 5) * 3
RANGES = ((-2.0, 3.0), (0.0, 4.0), (-5.0, -1.0), (1.0, 1.0), (-1.0, 0.5))
TYPES = ("qint8", "quint8", "qint16", "quint16", "qint32")
MODES = ("MIN_COMBINED", "MIN_FIRST", "SCALED")
QX = "tf.quantization.quantize(x, -2.0, 3.0, tf.quint8)[0]"
QY = "tf.quantization.quantize(y, -1.0, 2.5, tf.quint8)[0]"


def quantized(call: str, **inputs):
    """A row on quint8 inputs x in [-2, 3] and y in [-1, 2.5]; results as plain integers."""
    source = call.replace("QX", QX).replace("QY", QY)
    return expr(f"(lambda r: [tf.cast(r[0], tf.int32), *r[1:]])({source})", graph=False, static=False, **inputs, **OFF)


CASES = [
    expr("tf.quantization.quantize(x, -2.0, 3.0, tf.qint8)[0]", x=X, graph=False, label="fetched", **OFF),
    *[expr(f"(lambda q: [tf.cast(q[0], tf.int32), q[1], q[2]])(tf.quantization.quantize(x, {low}, {high}, tf.{t}, "
           f"mode='{mode}'{rest}))", x=X, graph=False, **OFF)
      for t in TYPES for mode in MODES for low, high in (RANGES if t in ("qint8", "quint8") else RANGES[:1])
      for rest in (("", ", round_mode='HALF_TO_EVEN', narrow_range=True") if mode == "SCALED" else ("",))
      if t != "qint32"],
    expr("tf.cast(tf.quantize(x, l, h, tf.qint8, mode='SCALED', axis=1)[0], tf.int32)", x=X,
         l=arr([-1, -2, -3, -0.5, -4]), h=arr([1, 2, 3, 0.5, 4]), graph=False, **OFF),
    *[expr(f"tf.quantization.dequantize(tf.bitcast(x, tf.quint8), {low}, {high}, mode='{mode}')",
           x=u8(3, 5, lo=0, hi=256), **OFF) for mode in MODES for low, high in RANGES],
    *[expr(f"tf.dequantize(tf.quantize(x, -2.0, 3.0, tf.{t}, mode='{mode}')[0], -2.0, 3.0, mode='{mode}')", x=X,
           graph=False, **OFF) for t in TYPES[:4] for mode in MODES],
    *[Case("quantization.quantize_and_dequantize", t(3, 5), low, high, label=f"{options}", unknown_rank=False,
           grad2=False, **options)
      for t in (f32, f64) for low, high in RANGES[:3]
      for options in ({"range_given": True}, {"range_given": True, "signed_input": False, "num_bits": 4},
                      {"round_mode": "HALF_UP"}, {"narrow_range": True, "range_given": True})
      if not (high < 0 and not options.get("signed_input", True))],
    Case("quantization.quantize_and_dequantize", X, arr([-1, -2, -3, -0.5, -4]), arr([1, 2, 3, 0.5, 4]), axis=1,
         range_given=True, **OFF),
    Case("quantization.quantize_and_dequantize_v2", X, -2.0, 3.0, range_given=True, unknown_rank=False, grad2=False),
    Case("quantization.quantize_and_dequantize", X, 1.0, -1.0, range_given=True, raises="InvalidArgumentError", **OFF),
    quantized("tf.raw_ops.QuantizedMatMul(a=QX, b=QY, min_a=-2.0, max_a=3.0, min_b=-1.0, max_b=2.5)", x=f32(3, 5),
              y=f32(5, 4)),
    quantized("tf.raw_ops.QuantizedMatMul(a=QX, b=QY, min_a=-2.0, max_a=3.0, min_b=-1.0, max_b=2.5, transpose_a=True)",
              x=f32(5, 3), y=f32(5, 4)),
    *[quantized("tf.raw_ops.QuantizedConv2D(input=QX, filter=QY, min_input=-2.0, max_input=3.0, min_filter=-1.0, "
                f"max_filter=2.5, strides=[1, {stride}, {stride}, 1], padding='{padding}')", x=f32(2, 5, 6, 2),
                y=f32(3, 2, 2, 3)) for stride in (1, 2) for padding in ("SAME", "VALID")],
    *[quantized(f"tf.raw_ops.Quantized{name}(features=QX, min_features=-2.0, max_features=3.0, out_type=tf.quint8)",
                x=X) for name in ("Relu", "Relu6")],
    *[quantized(f"tf.raw_ops.Quantized{name}Pool(input=QX, min_input=-2.0, max_input=3.0, ksize=[1, 2, 3, 1], "
                f"strides=[1, 2, 2, 1], padding='{padding}')", x=f32(1, 5, 6, 2))
      for name in ("Max", "Avg") for padding in ("SAME", "VALID")],
    *[quantized("(lambda m: tf.raw_ops.QuantizeDownAndShrinkRange(input=m[0], input_min=m[1], input_max=m[2], "
                "out_type=tf.quint8))(tf.raw_ops.QuantizedMatMul(a=QX, b=QY, min_a=-2.0, max_a=3.0, min_b=-1.0, "
                "max_b=2.5))", x=f32(3, 5), y=f32(5, 4)),
      quantized("(lambda m: tf.raw_ops.Requantize(input=m[0], input_min=m[1], input_max=m[2], "
                "requested_output_min=-4.0, requested_output_max=6.0, out_type=tf.quint8))(tf.raw_ops.QuantizedMatMul("
                "a=QX, b=QY, min_a=-2.0, max_a=3.0, min_b=-1.0, max_b=2.5))", x=f32(3, 5), y=f32(5, 4))],
]  # fmt: skip

test_rows = run_cases("quantized", CASES)
