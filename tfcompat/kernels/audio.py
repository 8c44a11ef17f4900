"""Host kernels of sounds: WAV files, and cepstral coefficients where the sample rate is computed."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.mel_filters import LEAST_ENERGY, cepstral_matrices
from tfcompat.graph.registry import kernel
from tfcompat.kernels.media_files import encode_wav

Array = np.ndarray


@kernel("Mfcc")
def _mfcc(k: KernelContext, spectrogram: Array, sample_rate: Array) -> Array:
    channels, coefficients = k.attr("filterbank_channel_count"), k.attr("dct_coefficient_count")
    if spectrogram.ndim != 3:
        raise InvalidArgumentError(None, k.op, f"spectrogram must be 3-dimensional {list(spectrogram.shape)}")
    bins = spectrogram.shape[2]
    if bins < 2 or channels < 1 or not 1 <= coefficients <= channels:
        problem = f"Mfcc initialization failed for channel count {bins}, sample rate {int(sample_rate)}"
        raise InvalidArgumentError(None, k.op, problem)
    limits = k.attr("lower_frequency_limit"), k.attr("upper_frequency_limit")
    filters, cosines = cepstral_matrices(bins, int(sample_rate), channels, coefficients, *limits)
    energies = np.sqrt(spectrogram.astype(np.float64)) @ filters
    logs = np.log(np.maximum(energies, LEAST_ENERGY))
    return (logs @ cosines).astype(np.float32)  # type: ignore[no-any-return]


@kernel("EncodeWav")
def _encode_wav(k: KernelContext, audio: Array, sample_rate: Array) -> Array:
    if audio.ndim != 2:
        raise InvalidArgumentError(None, k.op, f"audio must be 2-dimensional {list(audio.shape)}")
    if sample_rate.ndim:
        raise InvalidArgumentError(
            None, k.op, f"Input sample_rate should be a scalar tensor but got {sample_rate.ndim}"
        )
    if audio.shape[1] == 0:
        raise InvalidArgumentError(None, k.op, f"audio must have at least one channel, got {list(audio.shape)}")
    return np.array(encode_wav(audio, int(sample_rate)), object)


@kernel("DecodeWav")
def _decode_wav(k: KernelContext, contents: Array) -> tuple[Array, Array]:
    if contents.ndim:
        raise InvalidArgumentError(None, k.op, f"contents must be scalar {list(contents.shape)}")
    try:
        samples, rate = _wav_samples(contents.item())
    except _BadWav as error:
        raise InvalidArgumentError(None, k.op, str(error)) from None
    channels, count = k.attr("desired_channels"), k.attr("desired_samples")
    if channels > 0:
        samples = samples[:, np.minimum(np.arange(channels), samples.shape[1] - 1)]
    if count >= 0:
        missing = max(0, count - len(samples))
        samples = np.concatenate([samples[:count], np.zeros((missing, samples.shape[1]), np.float32)])
    return samples, np.array(rate, np.int32)


class _BadWav(ValueError):
    """The bytes are no WAV file of 16 bits."""


def _wav_samples(data: bytes) -> tuple[Array, int]:
    """float32 [frames, channels] in [-1, 1), and the sample rate."""
    for name, at in ((b"RIFF", 0), (b"WAVE", 8)):
        if data[at : at + 4] != name:
            raise _BadWav(f"Header mismatch: Expected {name.decode()} but found {_text(data[at : at + 4])}")
    form: Any = None
    at = 12
    while at + 8 <= len(data):
        kind, (size,) = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])
        at += 8
        if form is None:
            if kind != b"fmt ":
                raise _BadWav(f"Header mismatch: Expected fmt  but found {_text(kind)}")
            if size not in (16, 18) or at + size > len(data):
                raise _BadWav(f"Bad format chunk size for WAV: Expected 16 or 18, but got {size}")
            form = struct.unpack("<HHIIHH", data[at : at + 16])
            _check_form(form)
        elif kind == b"data":
            _, channels, rate, _, frame, _ = form
            if at + size > len(data):
                raise _BadWav(f"Data too short when trying to read {size} bytes")
            whole = np.frombuffer(data, "<i2", size // frame * channels, at).reshape(-1, channels)
            return whole.astype(np.float32) / np.float32(32768), rate
        at += size
    raise _BadWav("Data too short when trying to read string: no data chunk" if form is None else "No data chunk found")


def _check_form(form: tuple[int, ...]) -> None:
    kind, channels, rate, per_second, frame, bits = form
    if kind != 1:
        raise _BadWav(f"Bad audio format for WAV: Expected 1 (PCM), but got{kind}")
    if bits != 16:
        raise _BadWav(f"Can only read 16-bit WAV files, but received {bits}")
    if channels < 1 or frame != 2 * channels:
        raise _BadWav(f"Bad bytes per sample in WAV header: Expected {2 * channels} but got {frame}")
    if per_second != frame * rate:
        raise _BadWav(f"Bad bytes per second in WAV header: Expected {frame * rate} but got {per_second}")


def _text(data: bytes) -> str:
    return data.decode("latin-1")
