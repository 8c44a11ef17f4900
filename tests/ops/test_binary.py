"""Rows of elementwise functions of two arguments: arithmetic, comparisons, logic, bits, and operator overloads."""

from tests.cases import (
    COMPLEX,
    FLOATS,
    INTS,
    REALS,
    SIGNED,
    UNSIGNED,
    Case,
    arr,
    b,
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
    strings,
    u8,
    u16,
)
from tests.runner import run_cases

NAN, INF = float("nan"), float("inf")
COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
# every pair of these values is tried
CORNERS = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.5, -2.5]


def pairs(dtype="float32"):
    """All ordered pairs of corner values, as a column and a row that broadcast."""
    return arr([[v] for v in CORNERS], dtype), arr(CORNERS, dtype)


CASES = [
    # broadcasting
    *[
        Case(f, f32(3, 1, 5), f32(4, 1, salt=1))
        for f in ("add", "subtract", "multiply", "maximum", "squared_difference")
    ],
    Case("add", f32(2, 3), f32(2, 3, salt=1)),
    Case("add", f32(2, 3), f32(), name="sum"),
    Case("add", f32(0, 3), f32(1, 3)),
    Case("add", f32(1, 3), f32(0, 1)),
    Case("add", f32(2, 3), f32(2, 4), raises=("ValueError", "Dimensions must be equal")),
    Case("add", f32(2, 3), f64(2, 3), raises="TypeError"),
    Case("add", f32(2, 3), i32(2, 3), raises="TypeError"),
    expr(
        "tf.add(tf.placeholder_with_default(x, [None, 3]), y)", x=f32(2, 3), y=f32(4, 3), raises="InvalidArgumentError"
    ),
    Case("add", x=f32(2, 3), y=[1.0, 2.0, 3.0]),
    Case("add", 2, f32(2, 3), raises="TypeError"),
    Case("add", strings("a", "b"), strings("x", "")),
    Case("math.add", f32(2), f32(2, salt=1)),
    # arithmetic by dtype
    *[
        case
        for f in ("add", "subtract", "multiply")
        for case in by_dtype((*FLOATS, *INTS, *COMPLEX), lambda t, f=f: Case(f, t(2, 3), t(2, 1, salt=1)))
    ],
    *by_dtype((*FLOATS, *COMPLEX), lambda t: Case("divide", t(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype(INTS, lambda t: Case("divide", t(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype((*FLOATS, *COMPLEX), lambda t: Case("realdiv", t(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype((*FLOATS, *INTS, *COMPLEX), lambda t: Case("div", t(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype(REALS, lambda t: Case("floordiv", t(2, 5), t.positive(2, 5, salt=1))),
    *by_dtype(INTS, lambda t: Case("truncatediv", t(2, 5), t.positive(2, 5, salt=1))),
    *by_dtype(REALS, lambda t: Case("floormod", t(2, 5), t.positive(2, 5, salt=1))),
    *by_dtype((f32, f64, i32, i64), lambda t: Case("truncatemod", t(2, 5), t.positive(2, 5, salt=1))),
    *by_dtype((*FLOATS, i8, i16, i32, i64), lambda t: Case("pow", t.positive(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype(COMPLEX, lambda t: Case("pow", t(2, 3), t(2, 3, salt=1))),
    *by_dtype(REALS, lambda t: Case("maximum", t(2, 3), t(2, 3, salt=1))),
    *by_dtype(REALS, lambda t: Case("minimum", t(2, 3), t(2, 3, salt=1))),
    *by_dtype((*FLOATS, i32, i64, *COMPLEX), lambda t: Case("squared_difference", t(2, 3), t(2, 3, salt=1))),
    *by_dtype(FLOATS, lambda t: Case("atan2", t(2, 3), t(2, 3, salt=1))),
    *by_dtype((*FLOATS, *COMPLEX), lambda t: Case("div_no_nan", t(2, 3), t(2, 3, salt=1))),
    *by_dtype((*FLOATS, *COMPLEX), lambda t: Case("math.multiply_no_nan", t(2, 3), t(2, 3, salt=1))),
    *by_dtype(FLOATS, lambda t: Case("math.xlogy", t(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype(FLOATS, lambda t: Case("math.xdivy", t(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype(FLOATS, lambda t: Case("math.xlog1py", t(2, 3), t.positive(2, 3, salt=1))),
    # corner values
    *[
        Case(f, *pairs(), label="corners", grad2=False)
        for f in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "div_no_nan", "atan2", "floordiv")
    ],
    Case("pow", *pairs(), label="corners", grad=False),
    Case("floormod", *pairs("float64"), label="corners", grad=False),
    Case("truncatemod", *pairs(), label="corners", grad=False),
    Case("math.xlogy", *pairs(), label="corners", grad=False),
    Case("math.xdivy", *pairs(), label="corners", grad=False),
    Case("math.multiply_no_nan", *pairs(), label="corners", grad=False),
    Case("math.nextafter", arr([1.0, -1.0, 2.0, 3.0]), arr([2.0, -2.0, 1.0, 3.0])),
    *[
        Case(
            "math.nextafter",
            arr([[1.0, -1.0, 0.75, -4.0, 1e30, 3e-30, INF, -INF, NAN, 3.0]], dtype),
            arr([[2.0], [-INF], [NAN], [0.0]], dtype),
            label="corners",
            grad=False,
            tol=0.0,
        )
        for dtype in ("float32", "float64")
    ],
    Case("math.nextafter", arr([1.0, -1.0, 2.0, 3.0], "float64"), arr([2.0, -2.0, 1.0, 3.0], "float64")),
    Case("floordiv", f32(3, 5), f32(3, 5, salt=1)),
    Case("floormod", f32(3, 5), f32(3, 5, salt=1)),
    Case("mod", f32(3, 5), f32(3, 5, salt=1)),
    Case("floordiv", arr([7, -7, 7, -7], "int32"), arr([2, 2, -2, -2], "int32")),
    Case("floormod", arr([7, -7, 7, -7], "int32"), arr([2, 2, -2, -2], "int32")),
    Case("truncatediv", arr([7, -7, 7, -7], "int64"), arr([2, 2, -2, -2], "int64")),
    Case("truncatemod", arr([7, -7, 7, -7], "int64"), arr([2, 2, -2, -2], "int64")),
    Case("div", arr([7, -7, 7, -7], "int32"), arr([2, 2, -2, -2], "int32")),
    Case("floordiv", arr([-2147483648, 5], "int32"), arr([-1, -1], "int32")),
    Case("floordiv", arr([9007199254740993, -9007199254740993], "int64"), arr([2, 2], "int64")),
    Case("floordiv", i32(3), arr([1, 0, 2], "int32"), raises=("InvalidArgumentError", "Integer division by zero")),
    Case("floormod", i32(3), arr([1, 0, 2], "int32"), raises=("InvalidArgumentError", "Integer division by zero")),
    Case("floordiv", u8(3), arr([1, 0, 2], "uint8"), raises="InvalidArgumentError"),
    Case("add", arr([120, -120], "int8"), arr([100, -100], "int8")),
    Case("multiply", arr([65536, -65536], "int32"), arr([65536, 32768], "int32")),
    Case("multiply", arr([1 << 62], "int64"), arr([4], "int64")),
    Case("subtract", arr([0, 5], "uint8"), arr([1, 7], "uint8")),
    Case("pow", arr([2, 3, -2, 0], "int32"), arr([31, 21, 31, 0], "int32")),
    Case("pow", arr([3, -7, 10], "int64"), arr([39, 22, 18], "int64")),
    Case("pow", arr([2, 3], "int32"), arr([-1, 2], "int32"), raises=("InvalidArgumentError", "negative")),
    Case("pow", f32.positive(3, 5), 2.0),
    Case("pow", f32(3, 5), 2.0),
    Case("pow", f32(3, 5), 3),
    Case("pow", arr([0.0, 1.0, 2.0]), arr([0.0, 0.0, 0.5])),
    Case("atan2", arr([0.0, -0.0, 0.0, -0.0]), arr([1.0, 1.0, -1.0, -1.0])),
    Case("divide", f32(2, 3), 2),
    Case("divide", i32(2, 3), 4),
    Case("div_no_nan", arr([1.0, -1.0, 0.0]), arr([0.0, 2.0, 0.0])),
    Case("divide", f32(2, 3), f64(2, 3), raises="TypeError"),
    # comparisons
    *[Case(f, f32(3, 1, 5), f32(4, 1, salt=1)) for f in COMPARISONS],
    *[Case(f, *pairs(), label="corners") for f in COMPARISONS],
    *[
        case
        for f in COMPARISONS
        for case in by_dtype(
            (*REALS, *(COMPLEX if "equal" in f and "_" not in f else ())), lambda t, f=f: Case(f, t(3, 4), t(4, salt=1))
        )
    ],
    Case("not_equal", c64(3), c64(1)),
    Case("equal", b(2, 3), arr([True, False, True], "bool")),
    Case("not_equal", b(2, 3), arr([True, False, True], "bool")),
    Case("equal", strings("a", "b", ""), strings("a", "c", "")),
    Case("not_equal", strings("a", "b\0", ""), strings("b\0")),
    Case("equal", arr([9007199254740993], "int64"), arr([9007199254740992], "int64")),
    Case("less", arr([9007199254740992], "int64"), arr([9007199254740993], "int64")),
    Case("greater", arr([18446744073709551615], "uint64"), arr([1], "uint64")),
    Case("equal", i32(4), 3, name="is_three"),
    Case("equal", i32(4), 3.5, raises="TypeError"),
    Case("raw_ops.ApproximateEqual", x=arr([1.0, 1.0, NAN]), y=arr([1.000001, 1.1, NAN])),
    Case("raw_ops.ApproximateEqual", x=arr([1.0, 2.0], "float64"), y=arr([1.5, 2.9], "float64"), tolerance=0.6),
    expr("tf.equal(x, y, name='same')", x=i64(2, 3), y=i64(3)),
    # logic
    *[Case(f, b(3, 1), arr([True, False], "bool")) for f in ("logical_and", "logical_or", "logical_xor")],
    Case("logical_and", b(2), f32(2), raises="TypeError"),
    Case("math.logical_and", b(2, 3), True),
    # bits
    *[
        case
        for f in ("bitwise_and", "bitwise_or", "bitwise_xor")
        for case in by_dtype(INTS, lambda t, f=f: Case(f"bitwise.{f}", t(2, 3), t(2, 3, salt=1)))
    ],
    *[
        case
        for f in ("left_shift", "right_shift")
        for case in by_dtype(INTS, lambda t, f=f: Case(f"bitwise.{f}", t(2, 3), t(2, 3, lo=0, hi=7, salt=1)))
    ],
    # operators
    *[expr(f"x {op} y", x=f32(2, 3), y=f32.positive(3, salt=1)) for op in ("+", "-", "*", "/", "//", "%")],
    *[expr(f"x {op} 2", x=f32(2, 3)) for op in ("+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=")],
    *[expr(f"2 {op} x", x=f32.positive(2, 3)) for op in ("+", "-", "*", "/", "//", "%", "**")],
    *[expr(f"x {op} 3", x=i32(2, 3)) for op in ("+", "-", "*", "/", "//", "%", "<", ">=")],
    *[expr(f"7 {op} x", x=i32.positive(2, 3)) for op in ("-", "/", "//", "%")],
    *[expr(f"x {op} y", x=b(2, 3), y=b(1, 3)) for op in ("&", "|", "^")],
    *[expr(f"x {op} y", x=i32(2, 3), y=i32(3)) for op in ("&", "|", "^")],
    expr("x ** 2", x=i32(3)),
    expr("x ** y", x=f32.positive(3), y=f32(3)),
    expr("np.float32(2) * x", x=f32(3)),
    expr("np.ones(3, np.float32) * x", x=f32(3)),
    expr("x + [1.0, 2.0, 3.0]", x=f32(2, 3)),
    expr("x * 1.5", x=i32(3), raises="TypeError"),
    expr("x + np.float64(1.5)", x=f32(3)),
    expr("x + 'a'", x=strings("x", "y")),
    expr("'a' + x", x=strings("x", "y")),
    expr("x == y", x=f32(2), y=f32(2, salt=1)),
    expr("(1.0 - x) * 0.5 + x / 3.0", x=f32(2, 3)),
    expr("x @ y", x=f32(2, 3), y=f32(3, 4)),
    # functions of mathematics of two or more arguments
    Case("igamma", f32.positive(2, 3), f32.positive(2, 3, salt=1), grad=False),
    Case("igammac", f64.positive(2, 3), f64.positive(2, 3, salt=1), grad=False),
    Case("zeta", f32(3, lo=1.5, hi=4), f32.positive(3), grad=False),
    Case("polygamma", arr([0.0, 1.0, 2.0, 3.0]), f32.positive(4), grad=False),
    Case("betainc", f32.positive(3), f32.positive(3, salt=1), f32(3, lo=0.05, hi=0.95), grad=False),
    Case("betainc", f64.positive(3), f64.positive(3, salt=1), f64(3, lo=0.05, hi=0.95), grad=False),
    *by_dtype((f16, f32, f64, *SIGNED, *UNSIGNED), lambda t: Case("cross", t(2, 3), t(2, 3, salt=1))),
    Case("math.lbeta", f32.positive(2, 3)),
    Case("sigmoid", special() * 2, label="special_times_two"),
    Case("multiply", f32(2, 3), const([[1.0], [2.0]])),
    Case("multiply", f64(2, 3), const([[1.0], [2.0]])),
    *by_dtype((i8, u16), lambda t: Case("truediv", t(2, 3), t.positive(2, 3, salt=1))),
    *by_dtype((i16, i64), lambda t: Case("math.truediv", t(2, 3), t.positive(2, 3, salt=1))),
    # operators of sparse tensors
    expr("tf.SparseTensor([[0, 1], [2, 0]], x, [3, 4]) * y", x=f32(2), y=f32(3, 4)),
    expr("tf.SparseTensor([[0, 1], [2, 0]], x, [3, 4]) / y", x=f32(2), y=f32.positive(3, 4)),
    expr("y * tf.SparseTensor([[0, 1], [2, 0]], x, [3, 4])", x=f32(2), y=f32(4)),
    expr("3 & x", x=i32(2, 3)),
    expr("x ^ True", x=b(2, 3)),
    expr("x % [2, 3, 4]", x=i32(2, 3)),
    expr("2.5 ** x", x=i32(2, 3), raises="TypeError"),
    expr("x // 0.5", x=i32(2, 3), raises="TypeError"),
    expr("tf.divide([1, 2], x)", x=i32(2)),
    expr("tf.divide(4, 2) + x", x=f64(2)),
    Case("truediv", i8(3), i8(3, lo=1, hi=5, salt=1)),
    Case("truediv", i32(3), f32(3), raises=("TypeError", "same dtype")),
    Case("bitwise.left_shift", arr([1, -1, 5, 1 << 30], "int32"), arr([31, 40, -3, 1], "int32")),
    Case("bitwise.right_shift", arr([-8, 8, -1, -(1 << 31)], "int32"), arr([1, 40, -3, 31], "int32")),
    Case("bitwise.right_shift", arr([-8, 100, -128], "int8"), arr([1, 3, 9], "int8")),
    Case("pow", arr([2, -3, 7, 0], "int64"), 5),
    Case("pow", arr([2, -3], "int32"), arr([0, 3], "int32")),
    Case("pow", i32(2), -1, raises=("InvalidArgumentError", "negative integer powers")),
    *[
        Case(f"raw_ops.{f}", x=arr([-7, 7, -7, 7, -2147483648], "int32"), y=arr([2, -2, -2, 3, -1], "int32"))
        for f in ("Div", "Mod", "TruncateDiv", "FloorDiv", "FloorMod", "TruncateMod")
    ],
    *[
        Case(f"raw_ops.{f}", x=arr([-7.5, 7.5, -0.0, 1e30]), y=arr([2.0, -2.0, 3.0, 3.0]), grad=False)
        for f in ("Div", "Mod", "TruncateMod", "FloorDiv")
    ],
    Case("raw_ops.ApproximateEqual", x=arr([1.0, 2.0]), y=arr([1.000001, 2.1])),
    Case("raw_ops.Equal", x=f32(2), y=f32(3), incompatible_shape_error=False, unknown_batch=False, unknown_rank=False),
]

test_rows = run_cases("binary", CASES)
