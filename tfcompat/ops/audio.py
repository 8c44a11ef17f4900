"""Sounds: WAV files, spectrograms and cepstral coefficients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tfcompat.graph.export import export_internal
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.shape_checks import exact_rank

F = TypeVar("F", bound=Callable[..., Any])

_MODULES = ("python.ops.gen_audio_ops", "contrib.framework.python.ops.audio_ops")


def _offered(function: F) -> F:
    """Offers a function under the internal modules that programs import it from."""
    for module in _MODULES:
        export_internal(f"{module}.{function.__name__}", function)
    return function


@_offered
def audio_spectrogram(
    input: Any, window_size: int, stride: int, magnitude_squared: bool = False, name: str | None = None
) -> Tensor:
    """Magnitudes of the frequencies in windows of sounds.

    Args:
        input: float32 [samples, channels].
        window_size: samples of a window, at least 2.
        stride: samples from one window to the next.
        magnitude_squared: whether the magnitudes are squared.
        name: name of the operation.

    Returns:
        float32 [channels, windows, bins], half the next power of two from `window_size` and one more bins.
    """
    return raw_ops.AudioSpectrogram(  # type: ignore[no-any-return]
        input=input, window_size=window_size, stride=stride, magnitude_squared=magnitude_squared, name=name
    )


@_offered
def mfcc(
    spectrogram: Any,
    sample_rate: Any,
    upper_frequency_limit: float = 4000,
    lower_frequency_limit: float = 20,
    filterbank_channel_count: int = 40,
    dct_coefficient_count: int = 13,
    name: str | None = None,
) -> Tensor:
    """Mel frequency cepstral coefficients: the cosine transform of logarithms of energies in mel-spaced channels.

    Args:
        spectrogram: float32 [channels, windows, bins], squared magnitudes.
        sample_rate: int32 scalar, samples a second of the sound.
        upper_frequency_limit: in Hz, where the last channel ends.
        lower_frequency_limit: in Hz, where the first one begins.
        filterbank_channel_count: number of mel channels.
        dct_coefficient_count: number of coefficients.
        name: name of the operation.

    Returns:
        float32 [channels, windows, dct_coefficient_count].
    """
    return raw_ops.Mfcc(  # type: ignore[no-any-return]
        spectrogram=spectrogram,
        sample_rate=sample_rate,
        upper_frequency_limit=upper_frequency_limit,
        lower_frequency_limit=lower_frequency_limit,
        filterbank_channel_count=filterbank_channel_count,
        dct_coefficient_count=dct_coefficient_count,
        name=name,
    )


@_offered
def decode_wav(contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None) -> Any:
    """The samples of a WAV file of 16 bits; see `tf.audio.decode_wav`."""
    return raw_ops.DecodeWav(
        contents=contents, desired_channels=desired_channels, desired_samples=desired_samples, name=name
    )


@_offered
def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> Tensor:
    """A WAV file of 16 bits; see `tf.audio.encode_wav`."""
    return raw_ops.EncodeWav(audio=audio, sample_rate=sample_rate, name=name)  # type: ignore[no-any-return]


@shape_of("DecodeWav")
def _decoded_shape(c: InferenceContext, contents: TensorShape) -> list[TensorShape]:
    exact_rank(contents, 0)
    channels, samples = c.attr("desired_channels"), c.attr("desired_samples")
    if channels < -1:
        raise ValueError(f"channels must be non-negative, got {channels}")
    if samples < -1:
        raise ValueError(f"samples must be non-negative, got {samples}")
    return [TensorShape([None if samples == -1 else samples, None if channels == -1 else channels]), TensorShape([])]


@shape_of("EncodeWav")
def _encoded_shape(c: InferenceContext, audio: TensorShape, sample_rate: TensorShape) -> list[TensorShape]:
    exact_rank(audio, 2)
    exact_rank(sample_rate, 0)
    return [TensorShape([])]


@shape_of("AudioSpectrogram")
def _spectrogram_shape(c: InferenceContext, samples: TensorShape) -> list[TensorShape]:
    count, channels = exact_rank(samples, 2).as_list()
    window, stride = c.attr("window_size"), c.attr("stride")
    frames = None if count is None else (0 if count < window else 1 + (count - window) // stride)
    bins = 1 + (1 << max(window - 1, 0).bit_length()) // 2
    return [TensorShape([channels, frames, bins])]


@shape_of("Mfcc")
def _mfcc_shape(c: InferenceContext, spectrogram: TensorShape, sample_rate: TensorShape) -> list[TensorShape]:
    exact_rank(sample_rate, 0)
    channels, frames, _ = exact_rank(spectrogram, 3).as_list()
    return [TensorShape([channels, frames, c.attr("dct_coefficient_count")])]
