"""Rows of simulated quantization with fixed ranges."""

from tests.cases import Case, arr, f32, f64
from tests.runner import run_cases

GRADIENT = "fake_quant_with_min_max_args_gradient"
SPREAD = f32(3, 5) * 8
EDGES = arr([-6.1, -6.03, -6.0, -5.99, -0.024, -0.023, 0.0, 0.0235, 0.0236, 5.97, 5.98, 6.0, 6.1])

CASES = [
    Case("quantization.fake_quant_with_min_max_args", SPREAD),
    Case("fake_quant_with_min_max_args", EDGES, label="edges"),
    Case("fake_quant_with_min_max_args", SPREAD, min=-3.2, max=4.7, num_bits=4),
    Case("fake_quant_with_min_max_args", SPREAD, min=-3.2, max=4.7, num_bits=4, narrow_range=True),
    Case("fake_quant_with_min_max_args", SPREAD, min=-1, max=3, num_bits=16, narrow_range=True, name="wide"),
    Case("fake_quant_with_min_max_args", SPREAD, min=0.0, max=5.0, num_bits=2),
    Case("fake_quant_with_min_max_args", SPREAD, min=1.0, max=5.0, label="range above zero is moved"),
    Case("fake_quant_with_min_max_args", SPREAD, min=-5.0, max=-1.0, label="range below zero is moved"),
    Case("fake_quant_with_min_max_args", arr([float("nan"), float("inf"), -float("inf"), -0.0]), label="special"),
    Case("fake_quant_with_min_max_args", f32(0, 3)),
    Case("fake_quant_with_min_max_args", f32()),
    Case(f"quantization.{GRADIENT}", f32(3, 5, salt=1), SPREAD),
    Case(GRADIENT, f32(13), EDGES, -3.2, 4.7, 4, True, grad=False),
    Case(GRADIENT, f32(2), arr([float("nan"), float("inf")]), label="special", grad=False),
    Case(GRADIENT, f32(4), arr([-0.01, 0.0, 15.0, 15.01]), 0.0, 15.0, 4, label="ends belong to the range", grad=False),
    # refused
    Case("fake_quant_with_min_max_args", f64(3), raises="TypeError"),
    Case(
        "fake_quant_with_min_max_args",
        f32(3),
        min=6.0,
        raises=("InvalidArgumentError", "min has to be smaller than max"),
    ),
    Case("fake_quant_with_min_max_args", f32(3), num_bits=1, raises=("InvalidArgumentError", "between 2 and 16")),
    Case("fake_quant_with_min_max_args", f32(3), num_bits=17, raises=("InvalidArgumentError", "between 2 and 16")),
    Case(GRADIENT, f32(3), f32(4), raises="InvalidArgumentError"),
]

test_rows = run_cases("fake_quant", CASES)
