"""Rows of windows, frames, cosine transforms and mel filters."""

from tests.cases import Case, arr, c64, c128, expr, f32, f64, i32, sym
from tests.runner import run_cases

OFF = {"graph": False, "grad2": False}
SIGNAL = f32(2, 23)
STEP, LENGTH = i32(lo=3, hi=4), i32(lo=8, hi=9)

CASES = [
    *[Case(f"signal.{name}_window", length, **options, **OFF)
      for name in ("hann", "hamming") for length in (1, 2, 7, 8)
      for options in ({}, {"periodic": False}, {"dtype": sym("float64")})],
    Case("signal.hann_window", LENGTH, static=False, **OFF),
    Case("signal.hann_window", 5, dtype=sym("int32"), raises=("ValueError", "floating point type"), **OFF),
    *[Case(f"signal.{name}", length, **options, **OFF)
      for name, lengths in (("kaiser_window", (1, 2, 9)), ("kaiser_bessel_derived_window", (2, 12)))
      for length in lengths
      for options in ({}, {"beta": 3.5}, {"dtype": sym("float64")})],
    *[Case("signal.vorbis_window", length, **OFF) for length in (1, 8, 9)],
    # frames
    *[Case("signal.frame", SIGNAL, length, step, pad_end=end, pad_value=3.0, **OFF)
      for length, step in ((5, 2), (4, 4), (3, 7), (24, 5)) for end in (False, True)],
    Case("signal.frame", f32(3, 9, 2), 4, 3, axis=1, **OFF),
    Case("signal.frame", f32(3, 9, 2), 4, 3, axis=0, pad_end=True, unknown_batch=False, **OFF),
    Case("signal.frame", SIGNAL, LENGTH, STEP, static=False, **OFF),
    Case("signal.frame", c64(2, 9), 4, 3, **OFF),
    Case("signal.frame", f32(), 4, 3, raises="ValueError", **OFF),
    Case("signal.frame", SIGNAL, 4, 3, pad_end=True, pad_value=[1.0], raises="ValueError", **OFF),
    *[Case("signal.overlap_and_add", f32(2, 3, 5, salt=step), step, **OFF) for step in (1, 2, 5, 7)],
    Case("signal.overlap_and_add", f32(4, 6), STEP, static=False, **OFF),
    Case("signal.overlap_and_add", f32(4), 2, raises="ValueError", **OFF),
    Case("signal.overlap_and_add", f32(4, 3), 2.0, raises=("ValueError", "must be an integer"), **OFF),
    # transforms of frames
    *[Case("signal.stft", x, 8, 3, **options, **OFF)
      for x in (SIGNAL, f64(2, 23)) for options in ({}, {"fft_length": 11}, {"window_fn": None, "pad_end": True})],
    Case("signal.stft", SIGNAL, 10, 5, label="power of two", **OFF),
    Case("signal.stft", SIGNAL, LENGTH, STEP, static=False, export="matrices of unknown length", grad=False, **OFF),
    *[Case("signal.inverse_stft", x, 8, 3, **options, **OFF)
      for x in (c64(2, 4, 5), c128(2, 4, 5)) for options in ({}, {"fft_length": 9}, {"window_fn": None})],
    Case("signal.inverse_stft", c64(2, 4, 5), 8, 3, fft_length=6, grad=False, **OFF),
    expr("tf.signal.inverse_stft(tf.signal.stft(x, 8, 2), 8, 2, window_fn=tf.signal.inverse_stft_window_fn(2))",
         x=SIGNAL, **OFF),
    *[Case("signal.mdct", SIGNAL, 8, norm=norm, pad_end=end, **OFF) for norm in (None, "ortho")
      for end in (False, True)],
    *[Case("signal.inverse_mdct", f32(2, 3, 4), norm=norm, window_fn=fn, **OFF) for norm in (None, "ortho")
      for fn in (None,)],
    Case("signal.inverse_mdct", f32(2, 3, 6), **OFF),
    Case("signal.mdct", SIGNAL, 6, raises=("ValueError", "multiple of 4"), **OFF),
    # cosine transforms
    *[Case(f"signal.{name}", x, type=kind, norm=norm, n=n, **OFF)
      for name in ("dct", "idct") for kind in (1, 2, 3, 4) for norm in (None, "ortho") if not (norm and kind == 1)
      for x, n in ((f32(2, 7), None), (f64(3, 4), None), (f32(2, 6), 4), (f32(2, 6), 9))
      if n is None or name == "dct"],
    Case("spectral.dct", f32(5), **OFF),
    *[Case("signal.dct", f32(2, 4), raises=error, **options)
      for options, error in (
          ({"type": 5}, "ValueError"), ({"axis": 0}, "NotImplementedError"), ({"n": 0}, "ValueError"),
          ({"norm": "x"}, "ValueError"), ({"type": 1, "norm": "ortho"}, "ValueError"))],
    # shifts
    *[Case(f"signal.{name}", f32(3, 4, 5), axes=axes, **OFF)
      for name in ("fftshift", "ifftshift") for axes in (None, 1, -1, [0, 2], [-1])],
    Case("signal.fftshift", c64(4, 3), **OFF),
    # mel
    *[Case("signal.linear_to_mel_weight_matrix", *args, **OFF)
      for args in ((), (10, 65, 16000, 20.0, 7000.0), (4, 9, 8000.0, 0.0, 4000.0),
                   (5, 17, 8000, 125.0, 3800.0, sym("float64")))],
    Case("signal.linear_to_mel_weight_matrix", 6, 33, arr(8000.0), **OFF),
    *[Case("signal.linear_to_mel_weight_matrix", raises="ValueError", **options)
      for options in ({"num_mel_bins": 0}, {"sample_rate": -1}, {"lower_edge_hertz": -1.0}, {"upper_edge_hertz": 1e5},
                      {"upper_edge_hertz": 100.0}, {"dtype": sym("int32")})],
    Case("signal.mfccs_from_log_mel_spectrograms", f32(2, 3, 7), **OFF),
    Case("signal.mfccs_from_log_mel_spectrograms", f32(3, 0), raises="ValueError", **OFF),
    # lengths and gradients of real transforms
    *[Case(f"signal.{name}", x, **options, **OFF)
      for name, x, lengths in (
          ("rfft", f32(2, 7), ([7], [12])), ("rfft", f64(3, 8), ([8],)), ("rfft2d", f32(2, 4, 5), ([4, 5], [4, 8])),
          ("irfft", c64(2, 5), ([8], [9], [14])), ("irfft", c128(5), ()), ("irfft2d", c64(2, 3, 5), ([3, 8], [4, 9])))
      for options in ({}, *({"fft_length": n} for n in lengths))],
    # what the reference gives no gradient, or a wrong one, where samples are cut off
    *[Case(f"signal.{name}", x, fft_length=lengths, grad=False, **OFF)
      for name, x, lengths in (
          ("rfft", f32(2, 7), [6]), ("rfft", f32(2, 7), [1]), ("rfft2d", f32(2, 4, 5), [3, 8]),
          ("irfft", c64(2, 5), [6]), ("irfft", c128(5), [1]), ("irfft2d", c64(2, 3, 5), [2, 5]))],
    Case("signal.rfft3d", f32(3, 4, 5), [3, 4, 6], **OFF),
    Case("signal.irfft3d", c64(3, 2, 4), [3, 2, 6], **OFF),
    Case("signal.rfft", SIGNAL, i32(1, lo=9, hi=10), static=False, grad=False, **OFF),
    Case("signal.irfft", c64(2, 5), i32(1, lo=9, hi=10), static=False, grad=False, **OFF),
]  # fmt: skip

test_rows = run_cases("signal_frames", CASES)
