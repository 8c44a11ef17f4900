"""ONNX forms of spectrograms and mel frequency cepstral coefficients, in float64 as the reference computes them."""

from __future__ import annotations

import numpy as np

from converters.builder import Builder, Value
from converters.padding import pad
from converters.registry import NotConvertible, converts
from tfcompat.graph import dtypes
from tfcompat.graph.mel_filters import LEAST_ENERGY, cepstral_matrices, periodic_hann
from tfcompat.graph.operation import Operation


@converts("AudioSpectrogram")
def _spectrogram(b: Builder, op: Operation, samples: Value) -> Value:
    """[samples, channels] -> [channels, frames, bins]: windows, padded to a power of two, and their transform."""
    window, stride = op.attrs["window_size"], op.attrs["stride"]
    if samples.rank != 2 or window < 2 or stride < 1:
        raise NotConvertible(f"windows of {window} every {stride} in samples of rank {samples.rank}")
    length = 1 << (window - 1).bit_length()
    count = b.Squeeze(b.Shape(samples, start=0, end=1), [0])
    starts = b.Range(b.const(np.int64(0)), b.Sub(count, window - 1), b.const(np.int64(stride)))
    places = b.Add(b.Unsqueeze(starts, [1]), b.const(np.arange(window)))
    frames = b.Gather(b.cast(b.Transpose(samples, perm=[1, 0]), dtypes.float64), places, axis=1)
    weighted = pad(b, b.Mul(frames, b.const(periodic_hann(window))), 3, [2], [0], [length - window])
    spectrum = b.DFT(b.Unsqueeze(weighted, [3]), None, b.const(np.int64(2)), onesided=1)
    energy = b.ReduceSumSquare(spectrum, [3], keepdims=0)
    return b.cast(energy if op.attrs["magnitude_squared"] else b.Sqrt(energy), dtypes.float32)


@converts("Mfcc")
def _mfcc(b: Builder, op: Operation, spectrogram: Value, sample_rate: Value) -> Value:
    """log(sqrt(spectrogram) @ filters) @ cosines."""
    attrs = op.attrs
    bins = spectrogram.shape[2] if spectrogram.rank == 3 and spectrogram.shape else None
    channels, coefficients = attrs["filterbank_channel_count"], attrs["dct_coefficient_count"]
    if bins is None or bins < 2 or channels < 1 or not 1 <= coefficients <= channels:
        raise NotConvertible(f"{coefficients} coefficients of {channels} channels of {bins} bins")
    rate = int(b.constant(sample_rate, "the sample rate"))
    limits = attrs["lower_frequency_limit"], attrs["upper_frequency_limit"]
    filters, cosines = cepstral_matrices(bins, rate, channels, coefficients, *limits)
    energies = b.MatMul(b.Sqrt(b.cast(spectrogram, dtypes.float64)), b.const(filters))
    logs = b.Log(b.Max(energies, LEAST_ENERGY))
    return b.cast(b.MatMul(logs, b.const(cosines)), dtypes.float32)
