"""The matrices of mel frequency cepstral coefficients: shared by converters and host kernels."""

from __future__ import annotations

import numpy as np

LEAST_ENERGY = 1e-12
"""What smaller energies of a channel count as before the logarithm."""


def mel(hertz: np.ndarray | float) -> np.ndarray:
    """Frequencies in mel."""
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)  # type: ignore[no-any-return]


def filter_matrix(bins: int, sample_rate: float, channels: int, lowest: float, highest: float) -> np.ndarray:
    """Weights [bins, channels] of triangular filters, evenly spaced in mel between two frequencies.

    Args:
        bins: size of the spectrum, from 0 Hz to half the sample rate.
        sample_rate: in Hz.
        channels: number of filters.
        lowest: where the first filter begins, in Hz.
        highest: where the last one ends.
    """
    low = mel(lowest)
    centers = low + (mel(highest) - low) / (channels + 1) * np.arange(1, channels + 2)
    width = 0.5 * sample_rate / (bins - 1)
    first, last = int(1.5 + lowest / width), int(highest / width)
    weights = np.zeros((bins, channels))
    for index in range(max(first, 0), min(last, bins - 1) + 1):
        position = mel(index * width)
        channel = min(int(np.searchsorted(centers, position, "left")), channels) - 1
        begin = centers[channel] if channel >= 0 else low
        share = (centers[channel + 1] - position) / (centers[channel + 1] - begin)
        if channel >= 0:
            weights[index, channel] += share
        if channel + 1 < channels:
            weights[index, channel + 1] += 1 - share
    return weights


def cepstral_matrices(
    bins: int, sample_rate: float, channels: int, coefficients: int, lowest: float, highest: float
) -> tuple[np.ndarray, np.ndarray]:
    """The filters [bins, channels] and the cosine transform [channels, coefficients] of `Mfcc`.

    The transform is zero where the last filter ends above half the sample rate: the reference then gives zeros.
    """
    filters = filter_matrix(bins, sample_rate, channels, lowest, highest)
    cosines = cosine_matrix(channels, coefficients)
    return filters, cosines if int(highest / (0.5 * sample_rate / (bins - 1))) < bins else np.zeros_like(cosines)


def cosine_matrix(channels: int, coefficients: int) -> np.ndarray:
    """The cosine transform [channels, coefficients] of the logarithms."""
    angles = np.outer(np.arange(channels) + 0.5, np.arange(coefficients)) * (np.pi / channels)
    return np.sqrt(2.0 / channels) * np.cos(angles)  # type: ignore[no-any-return]


def periodic_hann(size: int) -> np.ndarray:
    """The window 0.5 - 0.5 cos(2 pi i / size)."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)  # type: ignore[no-any-return]
