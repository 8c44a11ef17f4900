"""Rows of Fourier transforms."""

from tests.cases import Case, c64, c128, f32, f64
from tests.runner import run_cases

CASES = [
    *[Case(f"signal.{name}", t(2, 3, 4), graph=False) for name in ("fft", "ifft", "fft2d", "ifft2d", "fft3d")
      for t in (c64, c128)],
    *[Case(f"signal.{name}", t(2, 3, 4), grad=False, unknown_batch=False, unknown_rank=False)
      for name in ("rfft", "rfft2d", "rfft3d") for t in (f32, f64)],
    Case("signal.rfft", f32(2, 4), [6], grad=False, unknown_rank=False),
    Case("signal.irfft", c64(2, 4), [9], grad=False, unknown_rank=False),
    Case("signal.irfft2d", c128(2, 3, 4), grad=False, unknown_rank=False),
    Case("signal.rfft2d", f32(4, 4), [3], raises="ValueError", unknown_rank=False),
]  # fmt: skip

test_rows = run_cases("signal", CASES)
