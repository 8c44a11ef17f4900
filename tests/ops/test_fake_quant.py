"""Rows of simulated quantization."""

from tests.cases import Case, arr, const, f32, f64
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

RANGES = ((-6.0, 6.0), (-3.2, 4.7), (0.0, 5.0), (1.0, 5.0), (-5.0, -1.0), (0.0, 0.0), (-0.1, 0.2))
CHANNELS = arr([-6.0, -3.2, 0.0, 1.0, 0.0]), arr([6.0, 4.7, 5.0, 5.0, 0.0])
OFF = {"grad2": False, "unknown_rank": False}

CASES += [
    *[Case(f"quantization.fake_quant_with_min_max_vars{suffix}", *first, arr(low), arr(high), label=f"{low} {high}",
           num_bits=bits, narrow_range=bits == 4, **(OFF | ({"grad": False} if suffix else {})))
      for suffix, first in (("", (SPREAD,)), ("_gradient", (f32(3, 5, salt=1), SPREAD)))
      for low, high in RANGES for bits in (8, 4)],
    Case("fake_quant_with_min_max_vars", SPREAD, -3.2, 4.7, label="constants", **OFF),
    Case("fake_quant_with_min_max_vars", SPREAD, -3.2, 4.7, narrow_range=True, label="narrow", **OFF),
    Case("fake_quant_with_min_max_vars", arr([float("nan"), float("inf"), -float("inf"), -0.0]), -1.0, 1.0,
         label="special", **OFF),
    Case("fake_quant_with_min_max_vars", f32(0, 3), -1.0, 1.0, **OFF),
    *[Case("fake_quant_with_min_max_vars_per_channel", x, *CHANNELS, narrow_range=narrow, label=f"{x.shape}", **OFF)
      for x in (SPREAD, f32(2, 3, 4, 5) * 8, f32(5) * 8, f32(0, 5)) for narrow in (False, True)],
    Case("fake_quant_with_min_max_vars_per_channel", SPREAD, const(CHANNELS[0][:, None][:4, 0]), const(CHANNELS[1][:4]),
         raises="ValueError", **OFF),
    Case("fake_quant_with_min_max_vars_per_channel", SPREAD[:, :4], const(CHANNELS[0][:4]), const(CHANNELS[1][:4]),
         label="constants", **OFF),
    Case("fake_quant_with_min_max_vars_per_channel_gradient", f32(3, 5, salt=1), SPREAD, *CHANNELS, grad=False, **OFF),
    Case("fake_quant_with_min_max_vars_per_channel_gradient", f32(5, salt=1), SPREAD[0], *CHANNELS, grad=False, **OFF),
    Case("fake_quant_with_min_max_vars", f32(3), -1.0, 1.0, num_bits=17, raises="InvalidArgumentError", **OFF),
    Case("fake_quant_with_min_max_vars", f32(3), arr([-1.0]), 1.0, raises="ValueError", **OFF),
]  # fmt: skip

test_rows = run_cases("fake_quant", CASES)
