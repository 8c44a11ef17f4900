"""Rows of reductions, cumulative sums, argmax and histograms of integers."""

from tests.cases import (
    COMPLEX,
    FLOATS,
    INTS,
    REALS,
    Case,
    arr,
    b,
    by_dtype,
    expr,
    f16,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    sym,
    u8,
    u32,
    u64,
)
from tests.runner import run_cases

NAN, INF = float("nan"), float("inf")
SUMS = ("reduce_sum", "reduce_mean", "reduce_prod")
EXTREMES = ("reduce_max", "reduce_min")
FLOAT_ONLY = ("reduce_logsumexp", "math.reduce_euclidean_norm", "math.reduce_std", "math.reduce_variance")
ANY_REDUCTION = (*SUMS, *EXTREMES, *FLOAT_ONLY)
WITH_HOLES = arr(
    [[1.0, NAN, 3.0], [NAN, NAN, NAN], [INF, 1.0, -INF], [INF, INF, 2.0], [-INF, -INF, -INF], [0.0, -0.0, 0.0]]
)
TIES = arr([[1.0, 3.0, 3.0], [NAN, 1.0, 0.0], [1.0, NAN, 2.0], [INF, INF, -INF]])
NUMBERS = (*FLOATS, *INTS, *COMPLEX)
CUMULATIVE = ("cumsum", "cumprod")

CASES = [
    # axes: all, one, negative, several, none, as a tensor; dimensions kept or not
    *[Case(f, f32(3, 4, 5)) for f in ANY_REDUCTION],
    *[Case(f, f32(3, 4, 5), 1) for f in ANY_REDUCTION],
    *[Case(f, f32(3, 4, 5), -1, True) for f in ANY_REDUCTION],
    *[Case(f, f32(3, 4, 5), [0, 2]) for f in ANY_REDUCTION],
    *[Case(f, f32(3, 4, 5), axis=[0, -1], keepdims=True, name="reduced") for f in ANY_REDUCTION],
    *[Case(f, f32(3, 4), axis=[]) for f in ANY_REDUCTION],
    *[Case(f, f32()) for f in ANY_REDUCTION],
    *[Case(f, f32(3, 4), keep_dims=True) for f in (*SUMS, *EXTREMES, "reduce_logsumexp")],
    *[Case(f, f32(3, 4), reduction_indices=[1]) for f in (*SUMS, *EXTREMES, "reduce_logsumexp")],
    *[Case(f, f32(3, 4), reduction_indices=0, keep_dims=True) for f in ("reduce_sum", "reduce_mean", "reduce_max")],
    Case("reduce_sum", f32(3, 4), 1, reduction_indices=1, raises="ValueError"),
    Case("reduce_sum", f32(3, 4), arr([0], "int32")),
    Case("reduce_sum", f32(3, 4, 5), arr([1, 2], "int64"), True),
    Case("reduce_mean", f32(3, 4, 5), arr(-1, "int32")),
    expr("tf.reduce_sum(x, tf.range(1, tf.rank(x)))", x=f32(3, 4, 5)),
    expr("tf.reduce_mean(x, axis=tf.constant([0, 1]))", x=f32(3, 4, 5)),
    Case("reduce_sum", f32(3, 4), 2, raises=("ValueError", "Invalid reduction dimension")),
    Case("reduce_sum", f32(3, 4), -3, raises=("ValueError", "Invalid reduction dimension")),
    Case("reduce_sum", f32(3, 4), [1, 1], raises="InvalidArgumentError"),
    Case("reduce_sum", f32(3, 4), arr([5], "int32"), raises=("InvalidArgumentError", "Invalid reduction dimension")),
    Case("reduce_sum", [[1, 2], [3, 4]]),
    Case("reduce_mean", [1.0, 2.0, 4.0]),
    Case("reduce_mean", [1, 2, 4]),
    Case("math.reduce_sum", f32(3, 4), axis=1, keepdims=True),
    Case("math.reduce_mean", f32(3, 4), axis=0),
    # by dtype
    *[case for f in SUMS for case in by_dtype((*FLOATS, *INTS, *COMPLEX), lambda t, f=f: Case(f, t(2, 3), 1))],
    *[case for f in EXTREMES for case in by_dtype(REALS, lambda t, f=f: Case(f, t(3, 4), 0))],
    *[case for f in FLOAT_ONLY for case in by_dtype(FLOATS, lambda t, f=f: Case(f, t(3, 4), 0))],
    *by_dtype((i32, i64, *COMPLEX), lambda t: Case("math.reduce_euclidean_norm", t(3, 4), 0)),
    *by_dtype(COMPLEX, lambda t: Case("math.reduce_std", t(3, 4), 0)),
    # numbers that overflow, cancel or need more bits than a careless accumulator has
    Case("reduce_sum", arr([2147483647, 1, 5], "int32")),
    Case("reduce_sum", arr([[9007199254740993, 1], [-4, 1 << 62]], "int64"), 1),
    Case("reduce_prod", arr([3037000499, 3037000501], "int64")),
    Case("reduce_prod", arr([65536, 65537], "int32")),
    Case("reduce_mean", arr([9007199254740993, 9007199254740995], "int64")),
    Case("reduce_mean", arr([[7, -8, 0], [-7, 0, 0]], "int32"), 1),
    Case("reduce_sum", arr([120, 100], "int8")),
    Case("reduce_sum", arr([[1 << 63, 1 << 63, 7]], "uint64"), 1),
    Case("reduce_max", arr([18446744073709551615, 1], "uint64")),
    Case("reduce_max", arr([9007199254740993, 9007199254740992], "int64")),
    expr("tf.reduce_mean(tf.fill([1 << 20], x))", x=arr(0.1), tol=1e-5, grad=False),
    # the reference adds the gradient of tile one by one in float32
    expr("tf.reduce_sum(tf.tile(x, [300000]))", x=arr([0.1, 0.3, -0.2]), tol=1e-5, grad=False),
    expr("tf.reduce_sum(tf.fill([3000], x))", x=arr(1.0, "float16"), grad=False),
    Case("reduce_sum", arr([[2147483647] * 5, [-2147483648] * 5], "int32")),
    Case("reduce_mean", arr([[2147483647] * 5, [-2147483648] * 5], "int32"), 1),
    Case("reduce_mean", arr([[9223372036854775807, 9223372036854775807, 5]], "int64"), 1),
    Case("reduce_mean", arr([[-7, 5, -3]], "int64"), 1),
    Case("reduce_mean", i32(0, 3), 0),
    Case("reduce_prod", arr([[65536, 65537, 3], [2, 3, 4]], "int32"), [0, 1]),
    Case("reduce_prod", arr([[1 << 40, 1 << 30, 3], [5, 7, 1]], "int64"), 1, True),
    Case("reduce_prod", arr([100, 100, 3], "int8")),
    Case("reduce_prod", i32(0, 3), 0),
    Case("reduce_logsumexp", arr([[1000.0, 1000.0], [-1000.0, -1000.0], [0.0, -INF], [-INF, -INF], [INF, 1.0]]), 1),
    *[Case(f, WITH_HOLES, 1, grad=False) for f in (*SUMS, *EXTREMES, "reduce_logsumexp", "math.reduce_euclidean_norm")],
    *[Case(f, WITH_HOLES, 0, grad=False) for f in EXTREMES],
    # extremes share their gradient between ties; products pass zeros
    *[Case(f, arr([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), 1) for f in EXTREMES],
    Case("reduce_prod", arr([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 4.0]]), 1),
    Case("reduce_prod", f32(2, 3, 4), [0, 2]),
    Case("math.reduce_std", arr([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]]), 1, grad=False),
    # nothing to reduce
    *[Case(f, f32(0, 3), 0) for f in (*SUMS, *EXTREMES, "reduce_logsumexp", "math.reduce_euclidean_norm")],
    *[Case(f, f32(0, 3), 1) for f in (*SUMS, *EXTREMES)],
    Case("reduce_max", i32(0, 3), 0),
    Case("reduce_min", i64(0, 3), 0),
    Case("reduce_sum", f32(2, 0, 3), [0, 2], True),
    # logic
    *[Case(f, b(3, 4), axis) for f in ("reduce_all", "reduce_any") for axis in (None, 0, [0, 1], [])],
    *[Case(f, b(3, 4), axis=1, keepdims=True) for f in ("reduce_all", "reduce_any")],
    *[Case(f, b(0, 4), 0) for f in ("reduce_all", "reduce_any")],
    Case("reduce_all", b(3, 4), reduction_indices=[0], keep_dims=True),
    Case("reduce_all", f32(3, 4), raises="TypeError"),
    Case("count_nonzero", f32(3, 4)),
    Case("count_nonzero", arr([[0, 1, 0], [2, 0, 3]], "int32"), axis=1),
    Case("count_nonzero", arr([0.0, -0.0, NAN, 1.0]), keepdims=True, dtype=sym("int32")),
    Case("count_nonzero", arr(["", "a", "b"], "string")),
    # positions of extremes
    *[case for f in ("argmax", "argmin") for case in by_dtype((*REALS, b), lambda t, f=f: Case(f, t(3, 5), 1))],
    *[Case(f, f32(3, 4, 5)) for f in ("argmax", "argmin")],
    *[Case(f, f32(3, 4, 5), axis=-1) for f in ("argmax", "argmin")],
    *[Case(f, f32(3, 4, 5), 1, output_type=sym("int32"), name="best") for f in ("argmax", "argmin")],
    *[Case(f, f32(3, 4), dimension=1) for f in ("argmax", "argmin")],
    *[
        Case(f, arr([[1.0, 3.0, 3.0], [NAN, 1.0, 0.0], [1.0, NAN, 2.0], [INF, INF, -INF]]), 1)
        for f in ("argmax", "argmin")
    ],
    Case("math.argmax", f32(3, 4), axis=1),
    Case("argmax", f32(3, 4), 2, raises=("ValueError", "must be in the range")),
    Case("argmax", f32(3, 0), 1, raises=("InvalidArgumentError", "Reduction axis 1 is empty")),
    Case("argmax", f32(0, 3), 1),
    Case("arg_max", f32(3, 4), 1),
    Case("arg_min", f32(3, 4), dimension=0),
    # cumulative
    *[
        Case(f, f32(3, 4), axis, exclusive, reverse)
        for f in CUMULATIVE
        for axis in (0, -1)
        for exclusive in (False, True)
        for reverse in (False, True)
    ],
    *[case for f in CUMULATIVE for case in by_dtype(NUMBERS, lambda t, f=f: Case(f, t(2, 4), 1))],
    Case("cumsum", f32(4), name="running"),
    Case("cumsum", f32(3, 4), arr(1, "int32")),
    Case("cumsum", f32(3, 4), 2, raises="InvalidArgumentError"),
    Case("cumsum", f32(0, 3)),
    Case("cumsum", arr([2147483647, 1], "int32")),
    Case("cumprod", arr([2.0, 0.0, 3.0]), grad2=False),
    Case("math.cumulative_logsumexp", f32(3, 4), axis=1),
    Case("math.cumulative_logsumexp", f64(3, 4), 0, True, True),
    Case("math.cumulative_logsumexp", arr([-1000.0, 1000.0, 0.0])),
    # histograms of integers
    Case("bincount", arr([1, 1, 3, 0, 5], "int32")),
    Case("bincount", arr([1, 1, 3, 0, 5], "int32"), minlength=8),
    Case("bincount", arr([1, 1, 3, 0, 5], "int32"), maxlength=4),
    Case("bincount", arr([1, 1, 3], "int32"), arr([0.5, 1.5, -1.0])),
    Case("math.bincount", arr([[1, 1], [3, 0]], "int32"), dtype=sym("int64")),
    Case("histogram_fixed_width", f32(20), [-1.0, 1.0], 5),
    Case("histogram_fixed_width", f64(20), [-1.0, 1.0], nbins=7, dtype=sym("int64")),
    Case("histogram_fixed_width_bins", f32(20), [-1.0, 1.0], 5),
    *by_dtype((i8, i16, u8, u32, u64, f16), lambda t: Case("reduce_max", t(3, 4), keepdims=True)),
]

test_rows = run_cases("reduction", CASES)
