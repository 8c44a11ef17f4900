"""Rows of segment reductions: sorted, unsorted and sparse."""

from tests.cases import COMPLEX, FLOATS, INTS, REALS, Case, arr, by_dtype, f16, f32, f64, i32
from tests.runner import run_cases

IDS = arr([0, 0, 2, 3, 3], "int32")
UNSORTED = arr([3, 0, 3, -1, 1], "int32")
NUMBERS = (*FLOATS, *INTS, *COMPLEX)
SORTED_SUMS = ("segment_sum", "segment_mean", "segment_prod")
SORTED_EXTREMES = ("segment_max", "segment_min")
UNSORTED_SUMS = ("unsorted_segment_sum", "unsorted_segment_mean", "unsorted_segment_prod", "unsorted_segment_sqrt_n")
UNSORTED_EXTREMES = ("unsorted_segment_max", "unsorted_segment_min")
SPARSE = ("sparse_segment_sum", "sparse_segment_mean", "sparse_segment_sqrt_n")
TIES = arr([[1.0, 2.0], [1.0, 3.0], [5.0, 0.0], [2.0, 2.0], [2.0, -2.0]])

CASES = [
    # ids in order: a gap at 1, several rows at 0 and 3
    *[Case(f, f32(5, 2), IDS) for f in (*SORTED_SUMS, *SORTED_EXTREMES)],
    *[Case(f, f32(5, 2, 3), arr([0, 1, 1, 1, 2], "int64"), name="groups") for f in (*SORTED_SUMS, *SORTED_EXTREMES)],
    *[Case(f"math.{f}", f32(5), IDS) for f in (*SORTED_SUMS, *SORTED_EXTREMES)],
    *[Case(f, TIES, IDS) for f in (*SORTED_SUMS, *SORTED_EXTREMES)],
    *[Case(f, f32(0, 2), arr([], "int32")) for f in (*SORTED_SUMS, *SORTED_EXTREMES)],
    *[case for f in SORTED_SUMS for case in by_dtype(NUMBERS, lambda t, f=f: Case(f, t(5, 2), IDS))],
    *[case for f in SORTED_EXTREMES for case in by_dtype(REALS, lambda t, f=f: Case(f, t(5, 2), IDS))],
    Case(
        "segment_sum",
        f32(3),
        arr([0, 2, 1], "int32"),
        raises=("InvalidArgumentError", "segment ids are not increasing"),
    ),
    Case("segment_sum", f32(3), arr([-1, 0, 1], "int32"), raises="InvalidArgumentError"),
    Case(
        "segment_sum",
        f32(4),
        arr([0, 1, 2, 0], "int32"),
        raises=("InvalidArgumentError", r"Segment id 1 out of range \[0, 1\), possibly because"),
    ),
    Case("segment_sum", f32(3), arr([0, 0, -1], "int32"), raises=("InvalidArgumentError", "segment ids must be >= 0")),
    Case("segment_sum", f32(3), arr([0, 1], "int32"), raises=("InvalidArgumentError", "should be the same size")),
    Case("segment_prod", arr([2.0, 0.0, 3.0, 0.0, 5.0]), IDS, grad2=False),
    # ids in any order, negative ones dropped
    *[Case(f, f32(5, 2), UNSORTED, 5) for f in (*UNSORTED_SUMS, *UNSORTED_EXTREMES)],
    *[
        Case(f"math.{f}", f32(5, 2), UNSORTED, num_segments=4, name="groups")
        for f in (*UNSORTED_SUMS, *UNSORTED_EXTREMES)
    ],
    *[Case(f, f32(2, 3), arr([[0, 2, 0], [1, -1, 2]], "int64"), 3) for f in (*UNSORTED_SUMS, *UNSORTED_EXTREMES)],
    *[Case(f, f32(5, 2), UNSORTED, arr(4, "int32")) for f in ("unsorted_segment_sum", "unsorted_segment_max")],
    *[Case(f, TIES, UNSORTED, 4) for f in UNSORTED_EXTREMES],
    *[Case(f, f32(0, 2), arr([], "int32"), 3) for f in (*UNSORTED_SUMS, *UNSORTED_EXTREMES)],
    *[
        case
        for f in ("unsorted_segment_sum", "unsorted_segment_prod")
        for case in by_dtype(NUMBERS, lambda t, f=f: Case(f, t(5, 2), UNSORTED, 4))
    ],
    *[case for f in UNSORTED_EXTREMES for case in by_dtype(REALS, lambda t, f=f: Case(f, t(5, 2), UNSORTED, 4))],
    *by_dtype((f16, f64), lambda t: Case("unsorted_segment_mean", t(5, 2), UNSORTED, 4)),
    Case(
        "unsorted_segment_sum", f32(3), arr([0, 4, 1], "int32"), 3, raises=("InvalidArgumentError", "is out of range")
    ),
    Case("unsorted_segment_prod", arr([2.0, 0.0, 3.0, 0.0, 5.0]), UNSORTED, 4, grad2=False),
    Case("unsorted_segment_sum", i32(5), arr([2, 2, 2, 2, 2], "int32"), 3),
    # rows picked by indices first
    *[Case(f, f32(4, 2), arr([1, 3, 1, 0], "int32"), arr([0, 0, 1, 3], "int32")) for f in SPARSE],
    *[
        Case(f"sparse.{f[7:]}", f32(4, 2), arr([1, 3, 1], "int32"), arr([0, 0, 2], "int32"), num_segments=4)
        for f in SPARSE
    ],
    *[
        case
        for f in SPARSE
        for case in by_dtype(FLOATS, lambda t, f=f: Case(f, t(4, 2), arr([1, 3, 1], "int32"), arr([0, 0, 1], "int32")))
    ],
    Case("sparse_segment_sum", f32(4, 2), arr([1, 4], "int32"), arr([0, 0], "int32"), raises="InvalidArgumentError"),
]

test_rows = run_cases("segment", CASES)
