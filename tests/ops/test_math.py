"""Rows of elementwise functions of one argument, clipping, and functions over lists of tensors."""

from tests.cases import (
    COMPLEX,
    FLOATS,
    INTS,
    SIGNED,
    Case,
    arr,
    b,
    bf16,
    by_dtype,
    c64,
    const,
    expr,
    f16,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    special,
    sym,
    u8,
    u16,
)
from tests.runner import run_cases

# functions of any real number
ANYWHERE = (
    "exp", "expm1", "sin", "cos", "atan", "sinh", "cosh", "tanh", "asinh", "sigmoid", "softplus", "softsign", "erf",
    "erfc",
)  # fmt: skip
PREFIX = {"softplus": "math.softplus", "softsign": "nn.softsign"}
POSITIVE = ("sqrt", "rsqrt", "log", "log1p", "lgamma", "digamma", "reciprocal")
WITHIN_ONE = ("asin", "acos", "atanh", "math.erfinv", "tan")
COMPLEX_TOO = (
    "sqrt", "rsqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos",
    "atan", "asinh", "acosh", "atanh", "sigmoid", "reciprocal", "square", "negative", "sign", "abs",
)  # fmt: skip
INF = float("inf")
NARROW = (f16, bf16, f64)


def name_of(function: str) -> str:
    return PREFIX.get(function, function)


CASES = [
    *[Case(name_of(f), f32(3, 5)) for f in ANYWHERE],
    *[case for f in ANYWHERE for case in by_dtype(NARROW, lambda t, f=f: Case(name_of(f), t(2, 3)))],
    *[Case(name_of(f), special(), label="special") for f in ANYWHERE if f not in ("expm1", "sinh", "cosh", "asinh")],
    *[Case(name_of(f), special("float64"), label="special64") for f in ANYWHERE if f not in ("sinh", "cosh", "asinh")],
    *[Case(f, f32.positive(2, 3)) for f in POSITIVE],
    *[
        case
        for f in POSITIVE
        for case in by_dtype((f16, f64) if "gamma" in f else NARROW, lambda t, f=f: Case(f, t.positive(2, 3)))
    ],
    *[Case(f, special(), label="special") for f in ("sqrt", "rsqrt", "log", "log1p", "reciprocal")],
    *[Case(f, f32(2, 3, lo=-0.9, hi=0.9)) for f in WITHIN_ONE],
    *[
        case
        for f in WITHIN_ONE
        for case in by_dtype((f64,) if "erf" in f else NARROW, lambda t, f=f: Case(f, t(2, 3, lo=-0.9, hi=0.9)))
    ],
    *[Case(f, arr([1.0, -1.0, 1.5, -2.0, 0.0, -0.0])) for f in ("asin", "acos", "atanh")],
    *by_dtype((f32, *NARROW), lambda t: Case("acosh", t(2, 3, lo=1.1, hi=4.0))),
    *[case for f in COMPLEX_TOO for case in by_dtype(COMPLEX, lambda t, f=f: Case(f, t(2, 3)))],
    # sigmoid and its relatives where a careless formula gives 0, inf or NaN
    Case("sigmoid", arr([-18.1, -30.0, -50.0, -80.0]), tol=1e-4),
    Case("sigmoid", arr([-38.0, -100.0, -300.0], "float64")),
    Case("log_sigmoid", arr([-100.0, -20.0, -1.0, 0.0, 1.0, 20.0, 100.0])),
    *by_dtype((f16, bf16, f64), lambda t: Case("math.log_sigmoid", t(2, 3))),
    Case("math.softplus", arr([-100.0, -20.0, -1.0, 0.0, 1.0, 20.0, 100.0])),
    Case("log1p", arr([1e-7, -1e-7, 3e-5, 1e-3])),
    Case("expm1", arr([1e-7, -1e-7, 3e-5, 1e-3, -50.0])),
    Case("erfc", arr([1.0, 2.0, 4.0, 6.0]), tol=1e-4),
    Case("exp", arr([88.0, 89.0, -87.0, 709.0])),
    Case("tanh", arr([1e-4, -1e-4, 1e-6, 5.0, 9.0, 12.0]), tol=1e-3),
    Case("lgamma", arr([-0.5, -1.5, -2.5, 0.5, 1.0, 2.0, 100.0, 1e-3])),
    Case("lgamma", arr([0.0, -1.0, INF, float("nan")]), grad=False),
    Case("digamma", arr([-0.5, -1.5, 0.5, 1.0, 2.0, 100.0])),
    Case("math.ndtri", f32(2, 3, lo=0.05, hi=0.95)),
    Case("math.ndtri", arr([0.0, 1.0, 0.5, 1e-4], "float64"), grad=False),
    Case("math.erfinv", arr([0.999, -0.999, 0.0, 1.0, -1.0]), grad=False),
    *[Case(f"math.bessel_{k}", f32(2, 3)) for k in ("i0", "i1", "i0e", "i1e")],
    *[Case(f"math.bessel_{k}", arr([0.0, 10.0, -10.0, 30.0], "float64")) for k in ("i0e", "i1e")],
    # absolute value, sign, negation, square
    Case("abs", special(), label="special"),
    Case("sign", special(), label="special"),
    Case("negative", special(), label="special"),
    Case("square", special(), label="special"),
    *[
        case
        for f in ("abs", "negative", "sign")
        for case in by_dtype((f32, *NARROW, *SIGNED), lambda t, f=f: Case(f, t(2, 3)))
    ],
    *by_dtype((f32, *NARROW, *INTS), lambda t: Case("square", t(2, 3))),
    Case("abs", arr([-128, 127, 0, -1], "int8")),
    Case("abs", arr([-2147483648, 2147483647, 0, -1], "int32")),
    Case("negative", arr([-9223372036854775808, 5], "int64")),
    Case("square", arr([46341, -46341, 65536], "int32")),
    Case("square", arr([3037000500, -4294967296], "int64")),
    Case("abs", f32(0, 3)),
    Case("abs", f32()),
    expr("-x", x=f32(2, 3)),
    expr("abs(x)", x=f32(2, 3)),
    expr("~x", x=b(2, 3)),
    # rounding
    *[
        case
        for f in ("floor", "ceil", "round")
        for case in by_dtype((f32, *NARROW), lambda t, f=f: Case(f, t(3, 4) * t.dtype.type(3)))
    ],
    *by_dtype((f32, f64), lambda t: Case("rint", t(3, 4) * 3)),
    *[Case(f, special(), label="special") for f in ("floor", "ceil", "round", "rint")],
    Case("round", arr([0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 8388609.0, 1e10])),
    *by_dtype((i32, i64), lambda t: Case("round", t(2, 3))),
    # tests of numbers
    *[
        case
        for f in ("is_nan", "is_inf", "is_finite")
        for case in by_dtype((f32, *NARROW), lambda t, f=f: Case(f, special(t.name)))
    ],
    Case("debugging.is_nan", arr([[1.0, float("nan")]])),
    Case("debugging.is_finite", arr([[1.0, float("nan")]])),
    *by_dtype(INTS, lambda t: Case("bitwise.invert", t(2, 3))),
    Case("raw_ops.PopulationCount", x=arr([0, 1, 255, -1, 12345], "int32")),
    Case("logical_not", b(2, 3)),
    Case("logical_not", f32(2, 3), raises="TypeError"),
    # names, aliases, arguments
    Case("exp", f32(2), name="my_exp"),
    Case("exp", x=f32(2)),
    Case("exp", 1.5),
    Case("exp", [1.0, 2.0]),
    Case("exp", const([1.0, 2.0])),
    Case("exp", 1, raises="TypeError"),
    Case("exp", i32(2), raises="TypeError"),
    Case("math.exp", f32(2)),
    Case("nn.sigmoid", f32(2, 3)),
    Case("nn.tanh", f32(2, 3)),
    Case("nn.softplus", f32(2, 3)),
    Case("math.sqrt", f32.positive(2)),
    Case("math.rsqrt", f32.positive(2)),
    Case("math.square", f32(2)),
    Case("math.reciprocal_no_nan", arr([0.0, -0.0, 2.0, -4.0, float("nan"), INF])),
    Case("math.polyval", [2.0, -1.0, 3.0], f32(2, 3)),
    Case("identity", f32(2, 3), name="same"),
    Case("identity", i8(2)),
    Case("stop_gradient", f32(2, 3)),
    expr("x * tf.stop_gradient(x)", x=f32(2, 3)),
    Case("zeros_like", f32(2, 3)),
    Case("ones_like", f32(2, 3)),
    # complex parts
    *by_dtype(COMPLEX, lambda t: Case("real", t(2, 3))),
    *by_dtype(COMPLEX, lambda t: Case("imag", t(2, 3))),
    *by_dtype(COMPLEX, lambda t: Case("conj", t(2, 3))),
    *by_dtype(COMPLEX, lambda t: Case("angle", t(2, 3))),
    *by_dtype((f32, f64), lambda t: Case("complex", t(2, 3), t(2, 3, salt=1))),
    Case("complex", f32(3), f64(3), raises="TypeError"),
    Case("real", f32(2, 3)),
    Case("conj", f32(2, 3)),
    Case("angle", f32(2, 3)),
    Case("abs", arr([3 + 4j, 0j, -2j], "complex64")),
    expr("abs(x * x)", x=c64(3)),
    # clipping
    expr("tf.clip_by_global_norm([x, y, None], 3.0, use_norm=tf.constant(10.0))", x=f32(2, 3), y=f64(2)),
    Case("clip_by_value", f32(3, 5), -0.5, 0.7),
    Case("clip_by_value", f32(3, 5), clip_value_min=-0.5, clip_value_max=0.7, name="clipped"),
    Case("clip_by_value", f32(3, 5), f32(3, 5, lo=-2, hi=0), f32(3, 5, lo=0, hi=2)),
    Case("clip_by_value", f32(3, 5), f32(5, lo=-2, hi=0), 1.0),
    Case("clip_by_value", special(), -1.0, 1.0),
    Case("clip_by_value", arr([0.0, 1.0, 2.0]), 1.0, 0.5),
    *by_dtype((*NARROW, *SIGNED, u8, u16), lambda t: Case("clip_by_value", t(2, 3), 1, 3)),
    Case("clip_by_value", i32(3), 0.5, 1.5, raises="TypeError"),
    Case("clip_by_norm", f32(3, 5), 1.5),
    Case("clip_by_norm", f32(3, 5), 100.0),
    Case("clip_by_norm", f32(3, 5), clip_norm=0.5, axes=[1]),
    Case("clip_by_norm", f32(2, 3, 4), 0.5, axes=[0, 2]),
    Case("clip_by_norm", arr([0.0, 0.0]), 0.5),
    *by_dtype(NARROW, lambda t: Case("clip_by_norm", t(2, 3), 0.5)),
    Case("clip_by_average_norm", f32(3, 5), 0.1),
    Case("clip_by_global_norm", [f32(3, 5), f32(4), None], 2.0),
    Case("clip_by_global_norm", [f32(3, 5), f32(4)], clip_norm=100.0, name="clip"),
    Case("clip_by_global_norm", [f32(3), arr([INF])], 1.0, grad=False),
    Case("global_norm", [f32(3, 5), f32(4)]),
    Case("global_norm", [f64(3, 5), f64(4)]),
    expr("tf.clip_by_global_norm([x, y], 1.0, use_norm=tf.constant(4.0))", x=f32(2), y=f32(3)),
    # sums of lists
    Case("add_n", [f32(3, 5), f32(3, 5, salt=1), f32(3, 5, salt=2)]),
    Case("add_n", [f32(3, 5)]),
    Case("add_n", [f32(3, 5), f32(3, 5, salt=1)], name="total"),
    *by_dtype((*NARROW, *INTS, *COMPLEX), lambda t: Case("add_n", [t(2, 3), t(2, 3, salt=1), t(2, 3, salt=2)])),
    Case("add_n", [f32(3), f32(4)], raises="ValueError"),
    Case("add_n", [], raises="ValueError"),
    Case("accumulate_n", [f32(3, 5), f32(3, 5, salt=1)]),
    Case("accumulate_n", [f32(3, 5), f32(3, 5, salt=1)], shape=[3, 5]),
    *by_dtype(FLOATS, lambda t: Case("scalar_mul", 2.5, t(2, 3))),
    Case("scalar_mul", f32(), f32(2, 3)),
    Case("scalar_mul", i16(), i16(2, 3)),
    Case("math.polygamma", f32.positive(3), f32.positive(3, salt=1), label="real_order", grad=False),
    Case("cast", f32(2, 3), sym("float64")),
    # values of sparse tensors and slices
    *[
        expr(f"tf.{f}(tf.SparseTensor([[0, 1], [2, 0]], x, [3, 4]))", x=f32(2))
        for f in ("abs", "negative", "sign", "square", "tanh", "math.erf")
    ],
    expr("tf.cast(tf.SparseTensor([[0, 1], [2, 0]], x, [3, 4]), tf.int32)", x=f32(2) * 9),
    expr(
        "tf.cast(tf.IndexedSlices(x, tf.constant([3, 1]), tf.constant([5, 3])), tf.float64, name='wide')", x=f32(2, 3)
    ),
    expr("tf.scalar_mul(2.0, tf.IndexedSlices(x, tf.constant([3, 1]), tf.constant([5, 3])))", x=f32(2, 3)),
    expr("tf.clip_by_value(tf.IndexedSlices(x, tf.constant([3, 1]), tf.constant([5, 3])), -0.5, 0.5)", x=f32(2, 3)),
    expr("tf.clip_by_norm(tf.IndexedSlices(x, tf.constant([3, 1]), tf.constant([5, 3])), 0.5)", x=f32(2, 3)),
    expr(
        "tf.clip_by_global_norm([tf.IndexedSlices(x, tf.constant([3, 1]), tf.constant([5, 3])), y], 1.0)",
        x=f32(2, 3),
        y=f32(4),
    ),
    expr("tf.convert_to_tensor(tf.IndexedSlices(x, tf.constant([3, 1]), tf.constant([5, 3])))", x=f32(2, 3)),
    expr("tf.SparseTensor.from_value(tf.SparseTensor([[0, 1], [2, 0]], x, [3, 4])).with_values(-x)", x=f32(2)),
    expr("tf.convert_to_tensor_or_sparse_tensor(tf.SparseTensorValue([[0, 1]], [2.0], [2, 3]))", x=f32(2)),
    expr("tf.math.polyval([], x)", x=f32(2)),
    Case("saturate_cast", c64(3), "float32"),
    Case("saturate_cast", arr([1e300 + 1e300j, -1e300 + 2j], "complex128"), "complex64", grad=False),
    *[Case("saturate_cast", arr([70000, -70000, 5], "int32"), t) for t in ("float16", "uint16", "int64")],
    *[Case("saturate_cast", arr([1e30, -1e30, 5.5]), t, grad=False) for t in ("int64", "float16", "bfloat16")],
    *by_dtype((i64,), lambda t: Case("abs", t(2, 3) * 10**12)),
]

test_rows = run_cases("math", CASES)
